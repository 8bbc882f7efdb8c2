//! Ages, which for credentials are told in days.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// A number of days of 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days(pub u32);

/// A hundred years; more is a slip of the hand.
const MOST: u32 = 36_500;

impl Days {
    /// How many whole days have gone by since `then`; none where that is yet to come.
    pub fn since(then: Timestamp, now: Timestamp) -> Self {
        let days = now.duration_since(then).as_hours() / 24;
        Self(u32::try_from(days).unwrap_or_default())
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 day"),
            days => write!(f, "{days} days"),
        }
    }
}

impl FromStr for Days {
    type Err = &'static str;

    /// `90d`. A bare number is refused: elsewhere it means seconds.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "write a number of days, such as 90d";
        let digits = text.strip_suffix('d').ok_or(FORM)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FORM);
        }
        match digits.parse() {
            Ok(days) if days <= MOST => Ok(Self(days)),
            _ => Err("that is more than a hundred years"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_nothing_else() {
        for (text, days) in [("90d", 90), ("0d", 0), ("036500d", 36_500)] {
            assert_eq!(text.parse(), Ok(Days(days)));
        }
        for text in [
            "", "d", "90", "90h", "-1d", "+1d", "1.5d", "90 d", "36501d", "9d9d", "９d",
        ] {
            assert!(text.parse::<Days>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_day_has_gone_by_after_24_hours() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (then, days) in [
            ("2026-11-22T12:00:00Z", 0),
            ("2026-11-20T12:00:01Z", 0),
            ("2026-11-20T12:00:00Z", 1),
            ("2025-11-21T12:00:00Z", 365),
        ] {
            assert_eq!(
                Days::since(then.parse().unwrap(), now),
                Days(days),
                "{then}"
            );
        }
    }
}
