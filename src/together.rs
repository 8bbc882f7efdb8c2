//! Several questions asked at once, on one thread: the answers come in the order of the questions.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Waits for all of them, each making progress while the others wait.
pub async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut outcomes: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, outcome) in waiting.iter_mut().zip(&mut outcomes) {
            if outcome.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *outcome = Some(ready);
            }
        }
        match outcomes.iter().all(Option::is_some) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    outcomes.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use tokio::sync::Barrier;

    use super::*;

    #[test]
    fn all_wait_at_the_same_time_and_answer_in_order() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        // Nobody gets past it alone.
        let barrier = Barrier::new(3);
        let waiting = [3, 1, 2].map(async |number| {
            barrier.wait().await;
            number
        });
        assert_eq!(runtime.block_on(all(waiting)), [3, 1, 2]);
    }
}
