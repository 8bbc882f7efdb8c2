//! This computer's clock beside AWS's, as the `Date` of its answers tells it.

use jiff::SignedDuration;

use super::finding::{Check, Finding};
use crate::ui::in_words;

/// From here on AWS refuses signatures (IAM User Guide, "Troubleshoot SigV4 signing").
const REFUSED: SignedDuration = SignedDuration::from_mins(5);

/// From here on a code that this computer makes is of another step than AWS's (RFC 6238).
const OTHER_CODE: SignedDuration = SignedDuration::from_secs(30);

/// `skew` is AWS's clock minus ours; none if no answer told the time.
pub(super) fn examine(skew: Option<SignedDuration>) -> Option<Finding> {
    let skew = skew?;
    let off = skew.abs();
    let side = if skew.is_positive() {
        "behind"
    } else {
        "ahead of"
    };
    let told = format!(
        "this computer's clock is {} {side} AWS's",
        in_words(off.unsigned_abs())
    );
    let finding = if off >= REFUSED {
        Finding::problem(
            Check::Clock,
            format!("{told}: AWS refuses what other tools sign"),
        )
    } else if off >= OTHER_CODE {
        Finding::warning(
            Check::Clock,
            format!("{told}: codes that this computer makes may be refused"),
        )
    } else if off >= SignedDuration::from_secs(2) {
        return Some(Finding::ok(Check::Clock, told));
    } else {
        return Some(Finding::ok(Check::Clock, "this computer's clock is right"));
    };
    Some(finding.next("set the clock, and have it kept by NTP"))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn a_clock_matters_from_half_a_minute_and_stops_tools_from_five_minutes() {
        for (seconds, severity, said) in [
            (0, Severity::Ok, "is right"),
            (-1, Severity::Ok, "is right"),
            (29, Severity::Ok, "29 s behind"),
            (-29, Severity::Ok, "29 s ahead of"),
            (30, Severity::Warning, "30 s behind AWS's: codes"),
            (-299, Severity::Warning, "4 min 59 s ahead of"),
            (300, Severity::Problem, "5 min behind AWS's: AWS refuses"),
            (-7200, Severity::Problem, "2 h ahead of"),
        ] {
            let finding = examine(Some(SignedDuration::from_secs(seconds))).unwrap();
            assert_eq!(finding.severity, severity, "{seconds}");
            assert!(finding.what.contains(said), "{}", finding.what);
        }
        assert_eq!(examine(None), None);
    }
}
