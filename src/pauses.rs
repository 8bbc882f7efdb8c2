//! AWS takes some seconds to know a new key or device everywhere (IAM User Guide, "Changes that I make
//! are not always immediately visible"): how long to wait for that, and in which steps.
//!
//! Only the lengths of the pauses are here; who waits makes them, and knows whether the same request
//! may be made again after one.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(4);

/// At least this long is waited for something new; mostly it is some seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// So long it takes mostly until what was made is shown: after a look that has found nothing for as
/// long, it was not made.
const DOUBT: Duration = Duration::from_secs(5);

/// From here on the person is told what is waited for, terminal or not.
const NOTABLE: Duration = Duration::from_secs(3);

/// The pauses between two tries: each twice as long as the one before, until the time is up.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    next: Duration,
    spent: Duration,
    most: Duration,
}

impl Pauses {
    /// For what AWS has known for long: there is nothing to wait for.
    pub fn none() -> Self {
        Self::up_to(Duration::ZERO)
    }

    /// For what may be new. `timeout` is what the person said of trying in general.
    pub fn for_news(timeout: Duration) -> Self {
        Self::up_to(timeout.max(PATIENCE))
    }

    /// For what may be made or not.
    pub fn for_doubt() -> Self {
        Self::up_to(DOUBT)
    }

    fn up_to(most: Duration) -> Self {
        Self {
            next: FIRST,
            spent: Duration::ZERO,
            most,
        }
    }

    /// Whether there was a pause.
    pub fn have_begun(&self) -> bool {
        !self.spent.is_zero()
    }

    /// Whether it takes so long that the person should know what for.
    pub fn are_notable(&self) -> bool {
        self.spent > NOTABLE
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.spent >= self.most {
            return None;
        }
        let pause = self.next;
        self.spent += pause;
        self.next = (pause * 2).min(LONGEST);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(Pauses::none().count(), 0);
        assert!(Pauses::for_doubt().sum::<Duration>() >= DOUBT);
        let pauses: Vec<Duration> = Pauses::for_news(Duration::from_secs(1)).collect();
        let millis: Vec<u128> = pauses.iter().take(6).map(Duration::as_millis).collect();
        assert_eq!(millis, [250, 500, 1000, 2000, 4000, 4000]);
        let all: Duration = pauses.iter().sum();
        assert!(all >= PATIENCE && all < PATIENCE + LONGEST, "{all:?}");
        let longer = Pauses::for_news(Duration::from_secs(300)).sum::<Duration>();
        assert!(longer >= Duration::from_secs(300));
    }

    #[test]
    fn the_person_is_told_when_it_takes_longer_than_a_moment() {
        let mut pauses = Pauses::for_news(Duration::ZERO);
        assert!(!pauses.have_begun());
        let told: Vec<bool> = (0..5)
            .map(|_| pauses.next().is_some() && pauses.are_notable())
            .collect();
        assert_eq!(told, [false, false, false, true, true]);
        assert!(pauses.have_begun());
    }
}
