//! The keys of a user, which of them is meant, and when each was last used.

use jiff::Timestamp;

use crate::aws::{IamSituation, LastUse, UserKey};
use crate::commands::mfa::create::is;
use crate::failure::{Failure, Kind, Result};
use crate::signin::{About, Operator};
use crate::together;
use crate::ui::in_words;

/// The fewest characters of an id's end that can stand for it.
const LEAST: usize = 4;

/// Looks at an id as it was given, before anything is sent.
///
/// # Errors
///
/// [`Kind::Usage`] for what can be no id, nor the end of one (IAM API Reference, "AccessKeyId").
pub(super) fn check(given: &str) -> Result<()> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (LEAST..=128).contains(&given.len()) && given.bytes().all(word) {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Usage,
        "this is no access key id, nor the end of one",
    )
    .at("ID")
    .note("it is letters and digits, such as AKIAIOSFODNN7EXAMPLE, or at least its last four: MPLE"))
}

/// The access keys of `user`.
///
/// # Errors
///
/// What AWS says.
pub(super) async fn of(operator: &Operator<'_>, user: &str) -> Result<Vec<UserKey>> {
    let listed = operator.call(async |aws, key| aws.access_keys(key, user).await);
    let listed = listed.await;
    listed.map_err(|obstacle| operator.explain(obstacle, of_user(user)))
}

/// The same where the user may be gone, and the keys with it.
///
/// # Errors
///
/// What AWS says.
pub(super) async fn left_of(operator: &Operator<'_>, user: &str) -> Result<Vec<UserKey>> {
    let listed = operator.call(async |aws, key| aws.access_keys(key, user).await);
    match listed.await {
        Err(obstacle) if is(&obstacle, IamSituation::NoSuchEntity) => Ok(Vec::new()),
        listed => listed.map_err(|obstacle| operator.explain(obstacle, of_user(user))),
    }
}

/// The one that `given` names: its id, or the end of it if no other ends so. Ids of one account
/// begin alike, so a beginning is no name.
///
/// # Errors
///
/// [`Kind::Usage`] if several end so, [`Kind::Aws`] if none does.
pub(super) fn find<'k>(keys: &'k [UserKey], given: &str, user: &str) -> Result<&'k UserKey> {
    let given = given.to_ascii_uppercase();
    if let Some(exact) = keys.iter().find(|key| key.id.eq_ignore_ascii_case(&given)) {
        return Ok(exact);
    }
    let ends = |key: &&UserKey| key.id.to_ascii_uppercase().ends_with(&given);
    let found: Vec<&UserKey> = keys.iter().filter(ends).collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let failure = Failure::new(Kind::Aws, format!("{user} has no access key {given}"));
            Err(match keys {
                [] => failure.note(format!("{user} has no access key at all")),
                keys => keys.iter().fold(failure, |failure, key| {
                    failure.note(format!("{user} has {}", key.id))
                }),
            })
        }
        several => Err(several.iter().fold(
            Failure::new(Kind::Usage, format!("several access keys end in {given}")).at("ID"),
            |failure, key| failure.next(format!("write {}", key.id)),
        )),
    }
}

/// What AWS says about the last use of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Never,
    Last(LastUse),
    /// It may not be asked.
    Unknown,
}

impl Use {
    /// `3 h ago: s3 in eu-west-1`.
    pub(super) fn in_words(&self, now: Timestamp) -> String {
        match self {
            Use::Never => "never".to_owned(),
            Use::Unknown => "unknown".to_owned(),
            Use::Last(last) => {
                let place = match last.region.as_str() {
                    "" | "N/A" => last.service.clone(),
                    region => format!("{} in {region}", last.service),
                };
                format!("{} ago: {place}", age(last.at, now))
            }
        }
    }
}

/// How long ago that was, in words; nothing of AWS's is from the future.
pub(super) fn age(then: Timestamp, now: Timestamp) -> String {
    let length = now.duration_since(then);
    match length.is_positive() {
        true => in_words(length.unsigned_abs()),
        false => in_words(std::time::Duration::ZERO),
    }
}

/// When each of the keys was last used; all are asked for at once. That AWS does not tell is a word
/// of warning and stops nobody.
///
/// # Errors
///
/// Another than AWS's denial.
pub(super) async fn last_uses(
    operator: &Operator<'_>,
    ui: &crate::ui::Ui,
    keys: &[UserKey],
    user: &str,
) -> Result<Vec<Use>> {
    let asked = keys.iter().map(async |of| {
        let asked = operator.call(async |aws, key| aws.access_key_last_used(key, &of.id).await);
        match asked.await {
            Ok(None) => Ok(Use::Never),
            Ok(Some(last)) => Ok(Use::Last(last)),
            Err(obstacle) if obstacle.is_denial() => Ok(Use::Unknown),
            Err(obstacle) => {
                let subject = format!("access key {}", of.id);
                Err(operator.explain(obstacle, about(&subject, user)))
            }
        }
    });
    let answers: Result<Vec<Use>> = together::all(asked).await.into_iter().collect();
    let answers = answers?;
    if answers.contains(&Use::Unknown) {
        ui.warn(
            "AWS does not tell when the keys were last used: iam:GetAccessKeyLastUsed is denied",
        );
    }
    Ok(answers)
}

fn of_user(user: &str) -> About<'_> {
    About {
        user: Some(user),
        ..About::default()
    }
}

pub(super) fn about<'a>(subject: &'a str, user: &'a str) -> About<'a> {
    About {
        subject: Some(subject),
        user: Some(user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> UserKey {
        UserKey {
            id: id.to_owned(),
            active: true,
            created: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_key_is_named_by_its_id_or_the_end_of_it() {
        let keys = [
            "AKIAAAAAAAAAAAAA1234",
            "AKIAAAAAAAAAAAAB1234",
            "AKIAXXXX5678",
        ]
        .map(key);
        for (given, expected) in [
            ("AKIAAAAAAAAAAAAA1234", Ok("AKIAAAAAAAAAAAAA1234")),
            ("akiaaaaaaaaaaaab1234", Ok("AKIAAAAAAAAAAAAB1234")),
            ("b1234", Ok("AKIAAAAAAAAAAAAB1234")),
            ("5678", Ok("AKIAXXXX5678")),
            ("1234", Err(Kind::Usage)),
            ("AKIA", Err(Kind::Aws)),
            ("9999", Err(Kind::Aws)),
        ] {
            let found = find(&keys, given, "alice").map(|key| key.id.as_str());
            assert_eq!(found.map_err(|failure| failure.kind()), expected, "{given}");
        }
    }

    #[test]
    fn what_can_be_no_id_is_refused_before_aws_is_asked() {
        for given in ["", "123", "AKIA-1234", "a b c", "../..", &"A".repeat(129)] {
            assert_eq!(check(given).unwrap_err().kind(), Kind::Usage, "{given}");
        }
        check("MPLE").unwrap();
    }
}
