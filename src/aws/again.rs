//! Whether a request may be sent again.
//!
//! | what happened | nothing at stake | a code | a creation |
//! | --- | --- | --- | --- |
//! | the connection was never made, and a moment later it might be | again | again | again |
//! | AWS answers that it is throttling, or that the thing is just being changed | again | again | again |
//! | AWS answers that the service is unavailable (503) | again | again | never |
//! | AWS answers with another 5xx error document | again | again, twice | never |
//! | AWS refuses the signature for its time | signed with AWS's time, once | the same | the same |
//! | the reply was lost, broke off, or took too long | again | never | never |
//! | a gateway's 5xx | again | never | never |
//! | any other answer, a certificate or a proxy that says no | never | never | never |
//!
//! "A code" is stricter because AWS accepts a code once: where the first request may have
//! arrived, the second would be refused for the code, and the person told something untrue. What
//! creates something would do so twice, or be told that it is there already while its secret was in
//! the reply that was lost; "ServiceFailure" is an unknown error and "ServiceUnavailable" a failure of the
//! server (IAM API Reference, "Common Error Types"), after which it may be there.
//! Pauses are spread at random (AWS Architecture Blog, "Exponential Backoff And Jitter").

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::Stake;
use super::explain::Situation;
use super::reply::Seen;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    WithAwsTime,
    /// After about this long, twice as long the next time.
    After(Duration),
}

pub(super) fn again(situation: &Situation, seen: &Seen, stake: Stake) -> Again {
    const MOMENT: Again = Again::After(Duration::from_millis(100));
    const WHILE: Again = Again::After(Duration::from_millis(400));
    if seen.answered() {
        return match situation {
            Situation::ClockOff => Again::WithAwsTime,
            Situation::Throttled => WHILE,
            Situation::Iam(situation) if situation.passes() => WHILE,
            Situation::Unavailable if stake == Stake::Creation => Again::Never,
            Situation::Unavailable => MOMENT,
            _ => Again::Never,
        };
    }
    if stake != Stake::Nothing && seen.connected {
        return Again::Never;
    }
    match situation {
        Situation::NameNotFound
        | Situation::Unreachable
        | Situation::TimedOut
        | Situation::BrokenOff
        | Situation::ProxyUnreachable
        | Situation::ProxyRefused
        | Situation::Foreign { status: 500.., .. } => MOMENT,
        _ => Again::Never,
    }
}

/// Between half of `pause` and all of it.
pub(super) fn spread(pause: Duration) -> Duration {
    let share = RandomState::new().hash_one(()) % 512 + 512;
    pause.mul_f64(share as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_between_half_and_whole() {
        for _ in 0..100 {
            let pause = spread(Duration::from_millis(1000));
            assert!((500..=1000).contains(&pause.as_millis()));
        }
    }

    #[test]
    fn what_creates_is_not_sent_again_after_a_failure_of_aws_s_own() {
        for status in [500, 503] {
            let seen = Seen {
                connected: true,
                status: Some(status),
                ..Seen::default()
            };
            let sent = |stake| again(&Situation::Unavailable, &seen, stake) != Again::Never;
            assert!(sent(Stake::Nothing) && sent(Stake::Code), "{status}");
            assert!(!sent(Stake::Creation), "{status}");
        }
    }

    #[test]
    fn a_code_is_sent_again_only_where_the_first_cannot_have_been_spent() {
        let never_made = Seen::default();
        let lost = Seen {
            connected: true,
            ..Seen::default()
        };
        for (situation, seen, without, with) in [
            (Situation::Unreachable, &never_made, true, true),
            (Situation::NameNotFound, &never_made, true, true),
            (Situation::TimedOut, &never_made, true, true),
            (Situation::BrokenOff, &never_made, true, true),
            (Situation::ProxyRefused, &never_made, true, true),
            (Situation::TimedOut, &lost, true, false),
            (Situation::BrokenOff, &lost, true, false),
            (
                Situation::Foreign {
                    status: 502,
                    page: true,
                },
                &lost,
                true,
                false,
            ),
            (
                Situation::Foreign {
                    status: 200,
                    page: true,
                },
                &lost,
                false,
                false,
            ),
            (
                Situation::Foreign {
                    status: 302,
                    page: true,
                },
                &lost,
                false,
                false,
            ),
            (Situation::Untrusted, &never_made, false, false),
            (Situation::ProxyPassword, &never_made, false, false),
        ] {
            let mut seen = seen.clone();
            seen.trouble = Some(super::super::reply::Trouble {
                situation: situation.clone(),
                detail: String::new(),
                chain: None,
            });
            let sent = |stake| again(&situation, &seen, stake) != Again::Never;
            assert_eq!(sent(Stake::Nothing), without, "{situation:?}");
            assert_eq!(sent(Stake::Code), with, "{situation:?} with a code");
            assert_eq!(sent(Stake::Creation), with, "{situation:?} creating");
        }
    }
}
