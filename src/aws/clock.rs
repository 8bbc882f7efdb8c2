//! AWS's clock and ours.
//!
//! AWS refuses a signature that is more than five minutes off. The SDK signs with the
//! [`TimeSource`] it is given, so ours can be corrected from outside: that is what happens once
//! AWS has refused a signature for its time, and not before, because until then the `Date` of a
//! reply is only a measurement (right to about a second), and a fine clock needs no correction.
//! (The SDK of old did not sign with the correction it measured, aws-sdk-rust#1033; today's does,
//! but only for its own repetitions, which are switched off here.)

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};

use crate::context::Clock;

/// Shared by everything that signs.
#[derive(Clone, Debug)]
pub(super) struct AwsClock {
    ours: Clock,
    skew: Arc<Mutex<Skew>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Skew {
    measured: Option<SignedDuration>,
    signing: SignedDuration,
}

impl AwsClock {
    pub(super) fn new(ours: Clock) -> Self {
        Self {
            ours,
            skew: Arc::default(),
        }
    }

    pub(super) fn skew(&self) -> Option<SignedDuration> {
        self.state().measured
    }

    pub(super) fn aws_now(&self) -> Timestamp {
        shifted(self.ours.now(), self.skew().unwrap_or_default())
    }

    /// Takes the `Date` of a reply that came `took` after its request was sent, just now.
    ///
    /// The header tells the second in which AWS wrote the reply, which was about half of `took`
    /// ago: so half a second is added, and half of `took` (RFC 9110, "Date").
    pub(super) fn measure(&self, date: Timestamp, took: Duration) {
        let age = SignedDuration::try_from(took / 2).unwrap_or_default();
        let written = shifted(date, SignedDuration::from_millis(500));
        let skew = written.duration_since(shifted(self.ours.now(), -age));
        self.state().measured = Some(skew);
    }

    /// How far from our clock signatures are dated now.
    pub(super) fn signing(&self) -> SignedDuration {
        self.state().signing
    }

    /// From now on signs with AWS's time. `false` when that would change nothing for a request that
    /// was signed `with`: no reply has told the time, or it is what was signed with already. Of
    /// several that are sent at once the first that is refused changes it for all.
    pub(super) fn sign_as_measured(&self, with: SignedDuration) -> bool {
        let mut state = self.state();
        let Some(measured) = state.measured else {
            return false;
        };
        let change = (measured - with).abs();
        state.signing = measured;
        change > SignedDuration::from_secs(60)
    }

    fn state(&self) -> MutexGuard<'_, Skew> {
        self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TimeSource for AwsClock {
    fn now(&self) -> SystemTime {
        let signing = self.state().signing;
        shifted(self.ours.now(), signing).into()
    }
}

/// `time + by`, or `time` where that would leave the calendar.
fn shifted(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_measured_skew_is_signed_with_only_after_a_refusal() {
        let ours = at("2026-11-21T12:00:00Z");
        let clock = AwsClock::new(Clock::fixed(ours));
        clock.measure(at("2026-11-21T12:09:59Z"), Duration::from_secs(1));
        assert_eq!(clock.skew(), Some(SignedDuration::from_secs(600)));
        assert_eq!(clock.now(), SystemTime::from(ours));
        let before = clock.signing();
        assert!(clock.sign_as_measured(before));
        assert_eq!(
            clock.now(),
            SystemTime::from(ours) + Duration::from_secs(600)
        );
        assert!(
            clock.sign_as_measured(before),
            "another request was signed before that"
        );
        assert!(
            !clock.sign_as_measured(clock.signing()),
            "signing again changes nothing"
        );
    }

    #[test]
    fn nothing_to_correct_without_a_date_or_with_a_right_clock() {
        let clock = AwsClock::new(Clock::fixed(at("2026-11-21T12:00:00Z")));
        assert!(!clock.sign_as_measured(clock.signing()));
        clock.measure(at("2026-11-21T12:00:01Z"), Duration::ZERO);
        assert!(!clock.sign_as_measured(clock.signing()));
    }
}
