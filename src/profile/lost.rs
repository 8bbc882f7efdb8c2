//! What to say where the way to the key ends without one: at a profile that is not there, in a
//! circle, at a role that nobody assumes.

use super::choose::environment_key;
use super::names::near;
use super::promised::{APART, SUFFIX};
use super::settings::{Settings, Shared};
use super::{File, Origin, Sourced, key};
use crate::context::Env;
use crate::failure::{Failure, Kind};
use crate::spelled::word;

const ANOTHER_SHELL: &str = "use awsmfa in another shell: AWS tools in this one ask the endpoint that AWS_CONTAINER_CREDENTIALS_FULL_URI names";

/// A profile that is not there, with what was probably meant. Where a file names it, `link` is the
/// setting.
pub(super) fn missing(shared: &Shared<'_>, env: &Env, at: &Sourced<String>, link: &str) -> Failure {
    let name = at.value.as_str();
    let names = shared.names();
    let mut failure = not_there(shared, at, link);
    if has_endpoint(env) {
        failure = failure.next(ANOTHER_SHELL);
    }
    // A section made from what is not there leads back here.
    let from = |candidate: &str| matches!(&at.origin, Origin::Section(from) if from == candidate);
    for near in near(name, &names).into_iter().filter(|near| !from(near)) {
        failure = failure.next(format!("did you mean `{near}`?"));
    }
    let meant = name
        .strip_prefix("profile ")
        .filter(|meant| names.contains(meant));
    if let Some(meant) = meant {
        failure = failure.next(format!("leave out the word `profile`: `--profile {meant}`"));
    }
    let prefixed = format!("profile {name}");
    let credentials = &shared.files.credentials;
    if let Some(prefixed) = credentials.document.profile(&prefixed) {
        failure = failure.next(format!(
            "{}:{}: in the credentials file the section is [{name}], without the word `profile`",
            credentials.path.display(),
            prefixed.line()
        ));
    }
    let config = &shared.files.config;
    if let Some((line, _)) = config.document.misnamed().find(|(_, other)| *other == name) {
        failure = failure.next(format!(
            "{}:{line}: in the config file the section is [profile {name}]",
            config.path.display()
        ));
    }
    let environment = environment_key(env).ok().flatten();
    if matches!(at.origin, Origin::Default) && environment.is_some_and(|key| key.is_temporary()) {
        failure = failure.note(
            "the credentials in the environment are temporary, and this takes a long-term key",
        );
    }
    if !names.is_empty() {
        failure = failure.next(format!("name a profile with `--profile`: {}", some(&names)));
    }
    if (matches!(at.origin, Origin::Default) || names.is_empty()) && !has_endpoint(env) {
        failure = failure.next(match credentials.document.mistaken() {
            Some((line, what)) => format!(
                "{}:{line}: {what}; {}",
                credentials.path.display(),
                by_hand(name)
            ),
            None => configure(name, credentials),
        });
    }
    failure
}

/// The first few names, and how many more there are.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A profile without a key. In a shell that has an endpoint to ask, the key was left out on
/// purpose, and storing one is not what helps.
pub(super) fn no_key(env: &Env, settings: &Settings<'_>) -> Failure {
    if !has_endpoint(env) || key::other_way(settings).is_some() {
        return key::no_key(settings);
    }
    Failure::new(
        Kind::Configuration,
        format!("profile `{}` has no access key here", settings.name),
    )
    .at(settings.place())
    .next(ANOTHER_SHELL)
}

fn has_endpoint(env: &Env) -> bool {
    env.raw("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some()
}

/// Who sent us there decides what to say and where to look.
fn not_there(shared: &Shared<'_>, at: &Sourced<String>, link: &str) -> Failure {
    let name = &at.value;
    let config = shared.files.config.path.display();
    let credentials = shared.files.credentials.path.display();
    let failure = |what: String| Failure::new(Kind::Configuration, what);
    match &at.origin {
        Origin::File { .. } => failure(match link {
            "source_profile" => format!("the source_profile `{name}` does not exist"),
            link => format!("profile `{name}`, which the {link} names, does not exist"),
        })
        .at(&at.origin),
        Origin::Section(section) => failure(format!(
            "section [{section}] was made from profile `{name}`, which is not there any more"
        ))
        .at(credentials)
        .next("name the profile to sign in with: `--profile NAME`"),
        Origin::Default => failure(format!(
            "there is no profile `{name}`, and no other was named"
        ))
        .at(format!("{config}, {credentials}")),
        named => failure(format!("there is no profile `{name}`, which {named} names"))
            .at(format!("{config}, {credentials}")),
    }
}

/// `way` has come back to where it was before, by what stands at `at`.
pub(super) fn in_circle(way: &[String], at: &Sourced<String>) -> Failure {
    let first = way.iter().position(|name| *name == at.value);
    let circle = &way[first.unwrap_or_default()..];
    Failure::new(
        Kind::Configuration,
        format!("these profiles lead in a circle: {}", spell(circle)),
    )
    .at(&at.origin)
    .next("give one of them an access key of its own")
}

/// A role without source_profile, in a profile without a key.
pub(super) fn no_source(settings: &Settings<'_>) -> Failure {
    Failure::new(
        Kind::Configuration,
        format!(
            "profile `{}` has a role and nothing that says whose key assumes it",
            settings.name
        ),
    )
    .at(settings.place())
    .next("add `source_profile = NAME` with the profile that holds the key")
}

/// How to store a key: never under the name of a section that a sign-in writes. `--profile` is
/// always there, because AWS_PROFILE may name such a section.
pub(super) fn configure(name: &str, credentials: &File) -> String {
    format!(
        "store an access key: `aws configure --profile {}`, or in {}: {}",
        word(holder_of(name)),
        credentials.path.display(),
        by_hand(name)
    )
}

fn by_hand(name: &str) -> String {
    format!(
        "write the lines `[{}]`, `aws_access_key_id = AKIA…`, `aws_secret_access_key = …`",
        holder_of(name)
    )
}

/// `work` where `work-mfa` was meant to be the section with temporary keys.
fn holder_of(name: &str) -> &str {
    let name = name.strip_suffix(APART).unwrap_or(name);
    name.strip_suffix(SUFFIX)
        .filter(|name| !name.is_empty())
        .unwrap_or(name)
}

/// `a → b → a`, the middle left out of a long one.
fn spell(round: &[String]) -> String {
    const SHOWN: usize = 12;
    if round.len() <= SHOWN {
        return round.join(" → ");
    }
    let (first, last) = (&round[..SHOWN / 2], &round[round.len() - SHOWN / 2..]);
    format!("{} → … → {}", first.join(" → "), last.join(" → "))
}
