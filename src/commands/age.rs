//! Ages as people write them: `90d`.

use std::time::Duration;

use crate::profile::parse_duration;

const DAY: u64 = 86_400;

/// Days (`90d`), or whatever [`parse_duration`] reads.
pub(super) fn parse_age(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "write days (90d), or a shorter time (12h)";
    let days = text
        .strip_suffix('d')
        .filter(|days| !days.is_empty() && days.bytes().all(|byte| byte.is_ascii_digit()));
    match days {
        Some(days) => {
            let days: u64 = days.parse().map_err(|_| FORM)?;
            days.checked_mul(DAY).map(Duration::from_secs).ok_or(FORM)
        }
        None => parse_duration(text).map_err(|_| FORM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_shorter_times() {
        for (text, seconds) in [("90d", 90 * DAY), ("0d", 0), ("12h", 43_200), ("60", 60)] {
            assert_eq!(parse_age(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "d",
            "-1d",
            "1.5d",
            "9999999999999999999999d",
            "999999999999999999d",
            "1d2h",
        ] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }
}
