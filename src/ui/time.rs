//! Times and durations as a person says them.
//!
//! Nothing here reads a clock or a zone: both are handed in from [`crate::context`].

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// When something ends, in local time, and how long that is from `now`:
/// `18:04 (in 12 h)`, with the date where it is not today, or `18:04 (3 min ago)`.
///
/// From an hour on the length is rounded to the minute, as the clock time beside it is: what was
/// granted for 12 hours a second ago is good for 12 hours.
pub fn until(end: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = end.to_zoned(zone.clone());
    let today = now.to_zoned(zone.clone()).date();
    let clock = if local.date() == today {
        local.strftime("%H:%M")
    } else {
        local.strftime("%Y-%m-%d %H:%M")
    };
    let distance = end.duration_since(now);
    let length = in_words(to_the_minute(distance.unsigned_abs()));
    if distance.is_negative() {
        format!("{clock} ({length} ago)")
    } else {
        format!("{clock} (in {length})")
    }
}

fn to_the_minute(length: Duration) -> Duration {
    let seconds = length.as_secs();
    match (seconds + 30) / 60 * 60 {
        rounded @ 3600.. => Duration::from_secs(rounded),
        _ => length,
    }
}

/// A length of time in its two largest units, rounded down: `1 d 12 h`, `11 h 59 min`,
/// `4 min 10 s`, `12 s`. A second unit of zero is left out.
pub fn in_words(length: Duration) -> String {
    let seconds = length.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let (large, small) = match (days, hours, minutes) {
        (1.., ..) => ((days, "d"), (hours % 24, "h")),
        (_, 1.., _) => ((hours, "h"), (minutes % 60, "min")),
        (.., 1..) => ((minutes, "min"), (seconds % 60, "s")),
        _ => ((seconds, "s"), (0, "")),
    };
    match small {
        (0, _) => format!("{} {}", large.0, large.1),
        (count, unit) => format!("{} {} {count} {unit}", large.0, large.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_in_two_units_at_most() {
        for (seconds, words) in [
            (0, "0 s"),
            (12, "12 s"),
            (60, "1 min"),
            (250, "4 min 10 s"),
            (3_599, "59 min 59 s"),
            (3_600, "1 h"),
            (43_199, "11 h 59 min"),
            (43_200, "12 h"),
            (129_600, "1 d 12 h"),
            (172_799, "1 d 23 h"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn an_end_is_told_in_local_time_with_the_date_when_it_is_not_today() {
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        for (end, now, zone, told) in [
            (
                "2026-11-21T18:04:00Z",
                "2026-11-21T06:04:01Z",
                &TimeZone::UTC,
                "18:04 (in 12 h)",
            ),
            (
                "2026-11-21T18:04:00Z",
                "2026-11-21T06:04:31Z",
                &TimeZone::UTC,
                "18:04 (in 11 h 59 min)",
            ),
            (
                "2026-11-21T07:04:00Z",
                "2026-11-21T06:04:02Z",
                &TimeZone::UTC,
                "07:04 (in 1 h)",
            ),
            (
                "2026-11-21T07:04:00Z",
                "2026-11-21T06:04:31Z",
                &TimeZone::UTC,
                "07:04 (in 59 min 29 s)",
            ),
            (
                "2026-11-21T18:04:00Z",
                "2026-11-21T06:04:00Z",
                &tokyo,
                "2026-11-22 03:04 (in 12 h)",
            ),
            (
                "2026-11-21T15:30:00Z",
                "2026-11-21T15:10:00Z",
                &tokyo,
                "00:30 (in 20 min)",
            ),
            (
                "2026-11-21T06:00:00Z",
                "2026-11-21T06:03:20Z",
                &TimeZone::UTC,
                "06:00 (3 min 20 s ago)",
            ),
        ] {
            let (end, now) = (end.parse().unwrap(), now.parse().unwrap());
            assert_eq!(until(end, now, zone), told);
        }
    }
}
