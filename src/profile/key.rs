//! The long-term key at the end of the way, or why there is none.
//!
//! Only a long-term key can ask for a session with MFA, so temporary credentials found here are
//! refused with the way out, unless the [`Purpose`] is another. No value is quoted in a failure: what stands in the place of a key
//! id may be a secret.

use super::served::{self, runs_awsmfa};
use super::settings::{Found, Part, Settings};
use super::{Marks, Purpose, Source};
use crate::failure::{Failure, Kind, Result};
use crate::ini;
use crate::secret::{AccessKey, Secret};
use crate::spelled::word;

pub(super) const ID: &str = "aws_access_key_id";
pub(super) const SECRET: &str = "aws_secret_access_key";
/// The second is what boto 2 called it; botocore still reads both.
const TOKENS: [&str; 2] = ["aws_session_token", "aws_security_token"];

/// What profiles have that sign in without a long-term key, and what to use for them.
const OTHER_WAYS: [(&str, &str, &str); 7] = [
    (
        "sso_session",
        "signs in through IAM Identity Center",
        "use `aws sso login`",
    ),
    (
        "sso_account_id",
        "signs in through IAM Identity Center",
        "use `aws sso login`",
    ),
    (
        "sso_start_url",
        "signs in through IAM Identity Center",
        "use `aws sso login`",
    ),
    (
        "login_session",
        "signs in with the console's credentials",
        "use `aws login`",
    ),
    (
        "web_identity_token_file",
        "signs in with a web identity token",
        "AWS tools use such a profile directly; there is no code to give",
    ),
    (
        "source_profile",
        "has a source_profile but no role_arn",
        NO_ROLE,
    ),
    (
        "credential_source",
        "has a credential_source but no role_arn",
        NO_ROLE,
    ),
];

const NO_ROLE: &str = "add `role_arn` to it, or give `--role-arn`";

/// `AKIA…`: word characters, 128 at most (IAM API Reference, "AccessKey"). AWS's own have 16 at
/// least; the stand-ins for AWS that people test against are content with `test`.
pub(super) fn looks_like_key_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether either file has a part of a key pair for the profile.
pub(super) fn has_static(settings: &Settings<'_>) -> bool {
    settings.parts().any(part_has_static)
}

fn part_has_static(part: &Part<'_>) -> bool {
    filled(part, ID).is_some() || filled(part, SECRET).is_some()
}

/// The key id the profile's own key pair has, if it has one.
pub(super) fn static_id(settings: &Settings<'_>) -> Option<String> {
    settings
        .parts()
        .find(|part| part_has_static(part))
        .and_then(|part| filled(part, ID))
        .map(|found| found.text.into_owned())
}

/// Where this section holds a long-term key, or half of one, which writing over it would destroy.
/// A key that is neither plainly long-term (`AKIA…`) nor plainly temporary (`ASIA…`, IAM User
/// Guide, "IAM identifiers") is told by its session token. Every assignment counts, also those
/// that a later one overrides: an edit leaves one of each.
pub(super) fn long_term_line(section: &ini::Profile<'_>) -> Option<usize> {
    let all = |key| {
        let values = section.assignments(key);
        values
            .filter(|value| !value.text.is_empty())
            .collect::<Vec<_>>()
    };
    let issued = Marks::read(section).and_then(|marks| marks.issued_key_id);
    let is_issued = |id: &str| id.starts_with("ASIA") || issued.as_deref() == Some(id);
    let (ids, secrets) = (all(ID), all(SECRET));
    let mut others = ids.iter().filter(|id| !is_issued(&id.text));
    if let Some(plain) = others.clone().find(|id| id.text.starts_with("AKIA")) {
        return Some(plain.line);
    }
    // A token speaks for the one key beside it, not for what else is there.
    let has_token = TOKENS
        .iter()
        .any(|key| section.get(key).is_some_and(|value| !value.text.is_empty()));
    if has_token && ids.len() <= 1 && secrets.len() <= 1 {
        return None;
    }
    // More secrets than ids: one of them belongs to nothing that is shown here.
    others
        .next()
        .or(secrets.get(ids.len()))
        .map(|found| found.line)
}

/// Whether there is one.
pub(super) fn holds_long_term(part: &Part<'_>) -> bool {
    long_term_line(&part.section).is_some()
}

/// Whether the section holds any credentials.
pub(super) fn holds_any(part: &Part<'_>) -> bool {
    part_has_static(part) || token(part).is_some()
}

pub(super) fn filled<'f>(part: &Part<'f>, key: &str) -> Option<Found<'f>> {
    part.get(key).filter(|found| !found.text.is_empty())
}

pub(super) fn token<'f>(part: &Part<'f>) -> Option<Found<'f>> {
    TOKENS.iter().find_map(|key| filled(part, key))
}

/// The profile's key: from the credentials file, else its `credential_process`, else from the
/// config file (botocore's order). None if it has nothing of the kind. A `credential_process` that
/// is this program is how other tools get here, and no key to start from: the one beside it in
/// the config file is.
///
/// # Errors
///
/// [`Kind::Configuration`] with path and line if what is there cannot be a long-term key, nor
/// anything else that serves the purpose.
pub(super) fn of(settings: &Settings<'_>, purpose: Purpose) -> Result<Option<Source>> {
    if let Some(part) = settings
        .credentials
        .as_ref()
        .filter(|part| part_has_static(part))
    {
        return pair(settings, part, purpose).map(Some);
    }
    let beside = settings
        .config
        .as_ref()
        .filter(|part| part_has_static(part));
    match (settings.get("credential_process"), beside) {
        (Some(command), Some(part)) if runs_awsmfa(&command.text) => {
            pair(settings, part, purpose).map(Some)
        }
        (Some(command), _) => process(settings, command).map(Some),
        (None, Some(part)) => pair(settings, part, purpose).map(Some),
        (None, None) => Ok(None),
    }
}

fn pair(settings: &Settings<'_>, part: &Part<'_>, purpose: Purpose) -> Result<Source> {
    let name = &settings.name;
    let half = |there: Found<'_>, key: &str, missing: &str| {
        Failure::new(
            Kind::Configuration,
            format!("profile `{name}` has {key} and no {missing}"),
        )
        .at(there.origin())
        .next("write both into the same file")
    };
    let (id, secret) = match (filled(part, ID), filled(part, SECRET)) {
        (Some(id), Some(secret)) => (id, secret),
        (Some(id), None) => return Err(half(id, ID, SECRET)),
        (None, Some(secret)) => return Err(half(secret, SECRET, ID)),
        (None, None) => return Err(no_key(settings)),
    };
    settings.note(ID, &id);
    settings.note(SECRET, &secret);
    check_id(name, &id)?;
    check_secret(name, &secret)?;
    let token = token(part);
    if let Some(token) = &token {
        settings.note(TOKENS[0], token);
    }
    check_kind(name, &id, token.as_ref(), purpose)?;
    let shared = |text: &str| Secret::part_of(part.section.shared_bytes(), text);
    Ok(Source::Profile {
        name: name.clone(),
        path: id.path.to_owned(),
        line: id.line,
        key: AccessKey {
            id: id.text.into_owned(),
            secret: shared(&secret.text),
            token: token.map(|token| shared(&token.text)),
        },
    })
}

fn check_id(name: &str, id: &Found<'_>) -> Result<()> {
    if looks_like_key_id(&id.text) {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Configuration,
        format!("the aws_access_key_id of profile `{name}` does not look like one"),
    )
    .at(id.origin())
    .note("it is letters and digits without quotes, such as AKIA…"))
}

fn check_secret(name: &str, secret: &Found<'_>) -> Result<()> {
    let clean = secret
        .text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\'');
    if clean {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Configuration,
        format!("the aws_secret_access_key of profile `{name}` holds blanks, quotes or other characters that no secret key has"),
    )
    .at(secret.origin())
    .next("write it without quotes, and nothing after it on its line"))
}

fn check_kind(
    name: &str,
    id: &Found<'_>,
    token: Option<&Found<'_>>,
    purpose: Purpose,
) -> Result<()> {
    let long_term_id = id.text.starts_with("AKIA");
    let (what, place, next) = match token {
        Some(token) if long_term_id => (
            format!("profile `{name}` holds a long-term key and the session token of another"),
            token.origin(),
            "remove that line: AWS refuses a long-term key with a session token",
        ),
        Some(_) if purpose.takes_temporary() => return Ok(()),
        Some(_) => (
            format!(
                "profile `{name}` holds temporary credentials, and only a long-term key can sign in with a code"
            ),
            id.origin(),
            "name the profile that holds the long-term key (AKIA…)",
        ),
        None if id.text.starts_with("ASIA") => (
            format!("profile `{name}` holds a temporary key without its session token"),
            id.origin(),
            "name the profile that holds the long-term key (AKIA…)",
        ),
        None => return Ok(()),
    };
    Err(Failure::new(Kind::Configuration, what).at(place).next(next))
}

fn process(settings: &Settings<'_>, command: Found<'_>) -> Result<Source> {
    if runs_awsmfa(&command.text) {
        return Err(served::no_source(settings, &command));
    }
    Ok(Source::Process {
        name: settings.name.clone(),
        path: command.path.to_owned(),
        line: command.line,
        command: Secret::new(command.text),
    })
}

/// The other way in which a profile signs in, if it has one, told as the reason why it is no
/// source.
pub(super) fn other_way(settings: &Settings<'_>) -> Option<Failure> {
    let name = &settings.name;
    OTHER_WAYS.iter().find_map(|(key, what, next)| {
        let found = settings.get(key)?;
        let failure = Failure::new(
            Kind::Configuration,
            format!("profile `{name}` {what}, so it has no key that a code could go with"),
        );
        Some(failure.at(found.origin()).next(*next))
    })
}

/// Why a profile has no long-term key, and what to use instead.
pub(super) fn no_key(settings: &Settings<'_>) -> Failure {
    if let Some(failure) = other_way(settings) {
        return failure;
    }
    let name = &settings.name;
    Failure::new(
        Kind::Configuration,
        format!("profile `{name}` has no access key"),
    )
    .at(settings.place())
    .next(format!(
        "`aws configure --profile {}` stores one",
        word(name)
    ))
}
