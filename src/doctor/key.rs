//! The long-term key: whether AWS takes it, how old it is, and what other key the user has.

use jiff::{SignedDuration, Timestamp};

use super::finding::{Check, Finding};
use crate::aws::{Identity, Known, LastUse, Refusal, Situation, UserKey};
use crate::profile::{self, Files};
use crate::spelled::Spelled;

/// What AWS advises (IAM User Guide, "Update access keys"; Trusted Advisor and the CIS benchmark
/// measure by the same number of days).
const OLD: i64 = 90;

/// A key of the user's, and when it was last used if that was asked and is known.
pub(super) type Listed = (UserKey, Option<LastUse>);

/// Whether AWS takes the key, and whose it is.
pub(super) fn of_identity(
    identity: &Result<Identity, Refusal>,
    known: &Known<'_>,
) -> Option<Finding> {
    let place = known.key_origin.unwrap_or_default();
    let id = known.key_id.unwrap_or_default();
    let refusal = match identity {
        Ok(identity) if Some("root") == root(&identity.arn) => {
            let what = format!("{id} is a key of the account's root user, who should have none");
            let finding = Finding::warning(Check::Key, what).at(place);
            return Some(finding.next("sign in as an IAM user, and delete the root user's key"));
        }
        Ok(identity) => {
            return Some(Finding::ok(Check::Key, format!("{id} is {}", identity.arn)).at(place));
        }
        Err(refusal) => refusal,
    };
    match refusal.situation {
        // A matter of the clock's or the endpoint's, and not of the key's.
        Situation::ClockOff
        | Situation::WrongScope
        | Situation::Throttled
        | Situation::Unavailable => None,
        // An endpoint that is not quite AWS need not know the question.
        Situation::Other | Situation::Denied(_) | Situation::BadValue => None,
        _ if refusal.is_answer() => Some(Finding::of(Check::KeyRefused, &refusal.failure(known))),
        _ => None,
    }
}

fn root(arn: &str) -> Option<&str> {
    Some(crate::arn::Arn::parse(arn)?.resource)
}

/// The user's keys: the one that is used, and the other.
pub(super) fn of_keys(
    own: &str,
    origin: &str,
    keys: &Result<Vec<Listed>, Refusal>,
    now: Timestamp,
    asked: &Spelled,
    files: &Files,
) -> Vec<Finding> {
    let listed = match keys {
        Ok(listed) => listed,
        Err(refusal) if refusal.is_denial() => {
            let what = "the key's age is not known: it may not call ListAccessKeys";
            return vec![Finding::note(Check::KeyAge, what).at(origin)];
        }
        Err(refusal) if !refusal.is_answer() => return vec![unanswered(origin)],
        Err(refusal) => {
            let failure = refusal.failure(&Known::default());
            return vec![Finding::told(
                Check::KeyAge,
                super::Severity::Warning,
                &failure,
            )];
        }
    };
    let findings = listed.iter().map(|(key, used)| match key.id == own {
        true => age(key, now, asked).at(origin),
        false => other(key, used.as_ref(), now, asked, files),
    });
    findings.collect()
}

/// The time was up before the keys were listed.
pub(super) fn unanswered(origin: &str) -> Finding {
    let what = "the key's age is not known: ListAccessKeys was not answered in time";
    Finding::note(Check::KeyAge, what)
        .at(origin)
        .next("--timeout gives it longer")
}

fn days(since: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(since).as_secs().max(0) / SignedDuration::from_hours(24).as_secs()
}

fn spelled(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn age(key: &UserKey, now: Timestamp, asked: &Spelled) -> Finding {
    let days = days(key.created, now);
    let what = format!("{} is {} old", key.id, spelled(days));
    if days > OLD {
        return Finding::warning(Check::KeyAge, what)
            .next(format!("`{}` replaces it", asked.command("key rotate")));
    }
    Finding::ok(Check::KeyAge, what)
}

/// A second key is half of a rotation, or forgotten.
fn other(
    key: &UserKey,
    used: Option<&LastUse>,
    now: Timestamp,
    asked: &Spelled,
    files: &Files,
) -> Finding {
    let id = &key.id;
    let used = match used {
        Some(used) => format!("last used {} ago", spelled(days(used.at, now))),
        None => "never used as far as AWS tells".to_owned(),
    };
    let age = spelled(days(key.created, now));
    let (state, finding): (_, fn(Check, String) -> Finding) = match key.active {
        true => ("active", Finding::warning),
        false => ("inactive", Finding::note),
    };
    let what = format!("the user has a second key, {id}: {state}, {age} old, {used}");
    if let Some(holder) = profile::holders(files, id).first() {
        let what = format!("{what}; profile `{}` holds it", holder.profile);
        return Finding::note(Check::KeyOther, what);
    }
    finding(Check::KeyOther, what).next(format!(
        "`{} {id}`, if nothing uses it",
        asked.command("key delete")
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn a_key_is_old_after_ninety_days() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (created, days, severity) in [
            ("2026-11-21T11:59:59Z", 0, Severity::Ok),
            ("2026-11-21T12:00:05Z", 0, Severity::Ok),
            ("2026-11-20T12:00:00Z", 1, Severity::Ok),
            ("2026-08-23T12:00:00Z", 90, Severity::Ok),
            ("2026-08-22T12:00:00Z", 91, Severity::Warning),
            ("2021-11-21T12:00:00Z", 1826, Severity::Warning),
        ] {
            let key = UserKey {
                id: "AKIA1".to_owned(),
                active: true,
                created: created.parse().unwrap(),
            };
            let finding = age(&key, now, &Spelled::default());
            assert_eq!(finding.severity, severity, "{created}");
            assert!(finding.what.ends_with(&format!("is {} old", spelled(days))));
        }
    }
}
