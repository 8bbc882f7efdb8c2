use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;

use super::*;
use crate::secret::{AccessKey, Secret};

const NOW: i64 = 1_800_000_000;

/// What renewing comes to.
#[derive(Clone, Copy, Debug)]
enum Renewed {
    /// Good for so many seconds.
    Good(i64),
    Fails,
    TakesLong,
}

struct Fake {
    renewed: Renewed,
    count: AtomicUsize,
}

impl Source for Fake {
    fn renew(&self) -> Result<Credentials> {
        self.count.fetch_add(1, Ordering::SeqCst);
        match self.renewed {
            Renewed::Good(left) => Ok(credentials("new", left)),
            Renewed::Fails => Err(Failure::new(Kind::Code, "no code")),
            Renewed::TakesLong => {
                thread::sleep(Duration::from_secs(5));
                Ok(credentials("late", 3600))
            }
        }
    }
}

fn credentials(id: &str, left: i64) -> Credentials {
    Credentials {
        key: AccessKey {
            id: id.to_owned(),
            secret: Secret::default(),
            token: None,
        },
        expiration: Timestamp::from_second(NOW + left).unwrap(),
    }
}

fn cache(left: i64, renewed: Renewed) -> (Arc<Cache>, Arc<Fake>) {
    let source = Arc::new(Fake {
        renewed,
        count: AtomicUsize::new(0),
    });
    let clock = Clock::fixed(Timestamp::from_second(NOW).unwrap());
    let shared: Arc<dyn Source> = Arc::clone(&source) as _;
    let cache = Cache::new(credentials("old", left), shared, clock);
    (Arc::new(cache), source)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

async fn id(cache: &Arc<Cache>) -> String {
    match cache.get().await {
        Ok(credentials) => credentials.key.id.clone(),
        Err(failure) => failure.what().to_owned(),
    }
}

#[test]
fn what_is_left_decides_who_waits_for_what() {
    use Renewed::{Fails, Good, TakesLong};

    let expired = "the new credentials have expired by this computer's clock";
    for (left, renewed, first, next, renewals) in [
        (3600, Good(3600), "old", "old", 0),
        (1201, Good(3600), "old", "old", 0),
        (1200, Good(3600), "old", "new", 1),
        (300, Good(3600), "old", "new", 1),
        (300, Fails, "old", "old", 1),
        (299, Good(3600), "new", "new", 1),
        (299, Fails, "old", "old", 1),
        (299, TakesLong, "old", "old", 1),
        (1, Fails, "old", "old", 1),
        (0, Good(900), "new", "new", 1),
        (0, Good(2), "new", "new", 1),
        (0, Good(0), expired, expired, 1),
        (-99, Fails, "no code", "no code", 1),
    ] {
        let (cache, source) = cache(left, renewed);
        run(async {
            assert_eq!(id(&cache).await, first, "{left} {renewed:?}");
            if !matches!(renewed, TakesLong) {
                let renewal = cache.state().renewal.clone();
                if let Some(renewal) = renewal {
                    ended(renewal).await;
                }
            }
            assert_eq!(id(&cache).await, next, "{left} {renewed:?}");
        });
        assert_eq!(
            source.count.load(Ordering::SeqCst),
            renewals,
            "{left} {renewed:?}"
        );
    }
}

#[test]
fn one_renewal_is_for_all_who_ask_and_for_those_who_leave() {
    let (cache, source) = cache(-1, Renewed::Good(3600));
    run(async {
        let mut impatient = Box::pin(cache.get());
        let begun = poll_fn(|context| Poll::Ready(impatient.as_mut().poll(context)));
        assert!(begun.await.is_pending());
        drop(impatient);
        let all: Vec<_> = (0..32)
            .map(|_| {
                let cache = Arc::clone(&cache);
                tokio::spawn(async move { id(&cache).await })
            })
            .collect();
        for one in all {
            assert_eq!(one.await.unwrap(), "new");
        }
    });
    assert_eq!(source.count.load(Ordering::SeqCst), 1);
}

/// What is good for 15 minutes from the start would otherwise be renewed with every request.
#[test]
fn what_lives_shortly_is_renewed_half_way() {
    for (left, due) in [(900, 450), (3600, 2400), (43_200, 42_000)] {
        let (cache, _) = cache(-1, Renewed::Good(left));
        run(async { id(&cache).await });
        let due = Timestamp::from_second(NOW + due).unwrap();
        assert_eq!(cache.state().due, due, "{left}");
    }
}
