//! How long the credentials shall be good: reading durations, and AWS's limits for them.
//!
//! Limits: GetSessionToken and AssumeRole, "DurationSeconds" (AWS STS API Reference); role
//! chaining (IAM User Guide, "Roles terms and concepts"). A role's own maximum is known to AWS
//! alone.

use std::time::Duration;

use jiff::SignedDuration;

use super::settings::Settings;
use super::trail::Trail;
use super::{Marks, Origin, Plan, Request, Sourced, set_aside};
use crate::failure::{Failure, Kind, Result};

/// What GetSessionToken grants when nothing is asked for: twelve hours.
pub const SESSION_DEFAULT: Duration = hours(12);
/// What AssumeRole grants when nothing is asked for: one hour.
pub const ROLE_DEFAULT: Duration = hours(1);

const LEAST: Duration = Duration::from_secs(900);
const SESSION_MOST: Duration = hours(36);
const ROLE_MOST: Duration = hours(12);
/// The most for a role that is assumed with another role's credentials. Every role allows it,
/// so it is also what the roles before the last are asked for.
pub(super) const CHAINED: Duration = hours(1);

/// How far the clocks may be apart, and still what a section of ours says of its end is believed.
const SLACK: SignedDuration = SignedDuration::from_mins(10);

/// Whether credentials that we have written can still be good for this long. AWS grants none for
/// longer than that, so their section was edited, or the clock put back, and nothing is known of
/// their end.
pub fn can_be_left(marks: &Marks, left: SignedDuration) -> bool {
    let most = match marks.role_arn {
        Some(_) => ROLE_MOST,
        None => SESSION_MOST,
    };
    left.saturating_sub(SLACK) <= SignedDuration::try_from(most).unwrap_or(SignedDuration::MAX)
}

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

/// Seconds as the AWS CLI takes them (`3600`), or hours, minutes and seconds in that order
/// (`1h`, `90m`, `1h30m`).
///
/// # Errors
///
/// How a duration is written, if this is not one. Whether AWS grants it is not looked at.
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "write seconds (3600) or hours and minutes (1h, 90m, 1h30m)";
    if let Some(seconds) = number(text) {
        return Ok(Duration::from_secs(seconds));
    }
    let mut rest = text;
    let mut total: u64 = 0;
    for (unit, seconds) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((count, after)) = rest.split_once(unit) {
            let count = number(count).ok_or(FORM)?;
            total = count
                .checked_mul(seconds)
                .and_then(|part| total.checked_add(part))
                .ok_or(FORM)?;
            rest = after;
        }
    }
    if text.is_empty() || !rest.is_empty() {
        return Err(FORM);
    }
    Ok(Duration::from_secs(total))
}

/// Digits only; `str::parse` would take a sign.
fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// The duration to ask for: flag, what the followed section was made with, `duration_seconds`.
///
/// A flag that cannot be is refused. A setting too long for chained roles is cut to what AWS
/// grants, with a warning: the AWS CLI's own users set it for the role, not for this way to it.
pub(super) fn resolve(
    request: &Request,
    trail: &Trail<'_>,
    warnings: &mut Vec<String>,
) -> Result<Option<Sourced<Duration>>> {
    let Some(mut duration) = wanted(request, trail)? else {
        return Ok(None);
    };
    let (what, most) = match trail.hops.len() {
        0 => ("a session", SESSION_MOST),
        _ => ("role credentials", ROLE_MOST),
    };
    check(&duration, what, most)?;
    if trail.hops.len() > 1 && duration.value > CHAINED {
        if matches!(duration.origin, Origin::Flag(_)) {
            check(
                &duration,
                "credentials of a role that is assumed through another role",
                CHAINED,
            )?;
        }
        warnings.push(format!(
            "{}: AWS grants one hour at most to a role that is assumed through another role, so one hour is asked for instead of {}",
            duration.origin,
            spell(duration.value)
        ));
        duration.value = CHAINED;
    }
    Ok(Some(duration))
}

fn wanted(request: &Request, trail: &Trail<'_>) -> Result<Option<Sourced<Duration>>> {
    if let Some(duration) = request.duration {
        let origin = Origin::Flag("--duration-seconds");
        return Ok(Some(Sourced::new(duration, origin)));
    }
    if let Some((section, marks)) = &trail.followed
        && let Some(duration) = marks.duration
    {
        let origin = Origin::Section(section.value.clone());
        return Ok(Some(Sourced::new(duration, origin)));
    }
    let set =
        |node| Settings::get(node, "duration_seconds").or_else(|| node.aside(&set_aside::DURATION));
    // Beside a role it is about the role.
    let mut own = trail.own().filter(|_| !trail.without_role);
    let Some(found) = own.find_map(set) else {
        return Ok(None);
    };
    match parse_duration(&found.text) {
        Ok(duration) => Ok(Some(Sourced::new(duration, found.origin()))),
        Err(form) => Err(Failure::new(
            Kind::Configuration,
            "the value of duration_seconds is not a duration",
        )
        .at(found.origin())
        .note(form)),
    }
}

fn check(duration: &Sourced<Duration>, what: &str, most: Duration) -> Result<()> {
    if (LEAST..=most).contains(&duration.value) {
        return Ok(());
    }
    Err(Failure::new(
        duration.origin.kind(),
        format!(
            "{} is not a duration that AWS grants for {what}",
            spell(duration.value)
        ),
    )
    .at(&duration.origin)
    .next(format!(
        "choose from {} ({}) to {} ({})",
        spell(LEAST),
        LEAST.as_secs(),
        spell(most),
        most.as_secs()
    )))
}

/// What new credentials are good for if nothing else is said, and the most that can be asked for;
/// the role itself may allow less.
pub fn grants(plan: &Plan) -> (Duration, Duration) {
    let (usual, most) = match plan.roles.len() {
        0 => (SESSION_DEFAULT, SESSION_MOST),
        1 => (ROLE_DEFAULT, ROLE_MOST),
        _ => (ROLE_DEFAULT, CHAINED),
    };
    let set = plan.duration.as_ref();
    (set.map_or(usual, |duration| duration.value), most)
}

/// `1h30m`: in the form [`parse_duration`] reads.
pub fn spell(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 3600, 'h'),
        (seconds / 60 % 60, 'm'),
        (seconds % 60, 's'),
    ];
    let spelled: String = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if spelled.is_empty() {
        "0s".to_owned()
    } else {
        spelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_the_forms_people_write() {
        for (text, seconds) in [
            ("3600", 3600),
            ("900", 900),
            ("1h", 3600),
            ("90m", 5400),
            ("1h30m", 5400),
            ("1h30m15s", 5415),
            ("45s", 45),
            ("0", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_a_duration() {
        for text in [
            "",
            "h",
            "1x",
            "-1",
            "+1",
            "1.5h",
            " 1h",
            "1h ",
            "30m1h",
            "1h1h",
            "1hm",
            "１h",
            "99999999999999999999",
            "9999999999999999h",
        ] {
            assert!(parse_duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_spelled_duration_reads_back_as_itself() {
        for seconds in [0, 1, 59, 60, 900, 3600, 5400, 129_600, 129_599] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(parse_duration(&spell(duration)), Ok(duration));
        }
    }
}
