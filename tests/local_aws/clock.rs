//! The server's clock: real time plus an offset that a test may move, and its spellings on the
//! wire (`Date`, `X-Amz-Date`, XML timestamps).
//!
//! Everything that depends on time (signature age, one-time codes, expiry) asks this clock and no
//! other, so that moving it moves all of AWS. It does not tick by itself in jumps and never sleeps.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug, Default)]
pub struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    /// Seconds since the epoch, as this AWS sees it.
    pub fn now(&self) -> u64 {
        let real = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("the machine's clock is after 1970")
            .as_secs();
        real.saturating_add_signed(self.offset_seconds.load(Ordering::SeqCst))
    }

    pub fn advance(&self, seconds: i64) {
        self.offset_seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn set_offset(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::SeqCst);
    }

    pub fn offset(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }
}

/// A moment split into its UTC calendar fields.
struct Civil {
    year: i64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
    weekday: usize,
}

/// Days to a date in the proleptic Gregorian calendar, by counting years from March so that the
/// leap day comes last.
fn civil(epoch: u64) -> Civil {
    let (days, seconds) = (epoch / 86_400, epoch % 86_400);
    let shifted = days as i64 + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12 + 1;
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: month as u64,
        day: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u64,
        hour: seconds / 3_600,
        minute: seconds % 3_600 / 60,
        second: seconds % 60,
        weekday: ((days + 4) % 7) as usize,
    }
}

/// `2026-11-21T21:04:00Z`, as in the replies' `Expiration` and `EnableDate`.
pub fn iso8601(epoch: u64) -> String {
    let at = civil(epoch);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    )
}

/// `20261121T210400Z`, as in `X-Amz-Date`.
pub fn basic(epoch: u64) -> String {
    iso8601(epoch).replace(['-', ':'], "")
}

/// `Sat, 21 Nov 2026 21:04:00 GMT`, as in the `Date` header (RFC 9110, IMF-fixdate).
pub fn http_date(epoch: u64) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let at = civil(epoch);
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        DAYS[at.weekday],
        at.day,
        MONTHS[at.month as usize - 1],
        at.year,
        at.hour,
        at.minute,
        at.second
    )
}

/// Reads `20261121T210400Z` and nothing else: no zone, no separators, no day that does not exist.
pub fn parse_basic(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != 16 || bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| -> Option<u64> {
        let digits = text.get(range)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let (year, month, day) = (number(0..4)? as i64, number(4..6)?, number(6..8)?);
    let seconds = number(9..11)? * 3_600 + number(11..13)? * 60 + number(13..15)?;
    let year_from_march = year - i64::from(month <= 2);
    let era = year_from_march.div_euclid(400);
    let year_of_era = year_from_march.rem_euclid(400);
    let day_of_year = (153 * ((month as i64 + 9) % 12) + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    let epoch = u64::try_from(days).ok()? * 86_400 + seconds;
    // Writing it again catches the 31st of June and the 25th hour.
    (basic(epoch) == text).then_some(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_spelled_as_aws_spells_them() {
        for (epoch, iso, basic_form, http) in [
            (
                0,
                "1970-01-01T00:00:00Z",
                "19700101T000000Z",
                "Thu, 01 Jan 1970 00:00:00 GMT",
            ),
            (
                951_826_154,
                "2000-02-29T12:09:14Z",
                "20000229T120914Z",
                "Tue, 29 Feb 2000 12:09:14 GMT",
            ),
            (
                1_795_295_040,
                "2026-11-21T21:04:00Z",
                "20261121T210400Z",
                "Sat, 21 Nov 2026 21:04:00 GMT",
            ),
            (
                4_107_542_399,
                "2100-02-28T23:59:59Z",
                "21000228T235959Z",
                "Sun, 28 Feb 2100 23:59:59 GMT",
            ),
        ] {
            assert_eq!(iso8601(epoch), iso);
            assert_eq!(basic(epoch), basic_form);
            assert_eq!(http_date(epoch), http);
            assert_eq!(parse_basic(basic_form), Some(epoch));
        }
    }

    #[test]
    fn a_date_that_is_not_quite_one_is_refused() {
        for text in [
            "",
            "20261121T210400",
            "2026-11-21T21:04:00Z",
            "20260631T000000Z",
            "20250229T000000Z",
            "20261121T240000Z",
            "20261121T216000Z",
            "20261121 210400Z",
            "20261121T2104é0Z",
            "+0261121T210400Z",
        ] {
            assert_eq!(parse_basic(text), None, "{text:?}");
        }
    }
}
