//! The section to write: what it is called, what is in it now, and whether it may be written.
//!
//! Refused, because nothing later can repair it: a section that holds a long-term key, which
//! would be destroyed, and one whose keys AWS tools would ignore.

use std::path::PathBuf;

use jiff::Timestamp;

use super::names::is_long_term_of;
use super::promised::{SUFFIX, session_of};
use super::session::expiration;
use super::settings::{Settings, Shared};
use super::trail::Trail;
use super::{Files, Held, Origin, Purpose, Request, Session, Source, Sourced, key};
use crate::failure::{Failure, Kind, Result};
use crate::ini::is_safe_section;

/// What is in the section now. Settings that would make AWS tools ignore what we write are a failure
/// and never get here; nor does a long-term key where the section is written in any case.
#[derive(Debug)]
pub enum Target {
    /// There is no such section.
    Absent,
    /// There is one without credentials, or with ones that aws-mfa wrote for the same source.
    Free,
    /// We wrote it.
    Ours(Box<Session>),
    /// Temporary credentials that somebody else wrote: replaced only with consent. `line` is the
    /// section's first.
    Foreign {
        line: usize,
        expires: Option<Timestamp>,
    },
    /// A long-term key, at `line`, so that it is not ours to write: [`super::Plan::check_section`].
    LongTerm { path: PathBuf, line: usize },
}

/// Whoever runs another command than `login` has no `--to` there.
const ELSEWHERE: &str =
    "choose another section: `awsmfa login --to NAME`, or `awsmfa_profile` in the profile";

/// Settings that every AWS tool prefers to keys in the same profile.
pub(super) const SHADOWS: [&str; 7] = [
    "role_arn",
    "web_identity_token_file",
    "sso_session",
    "sso_account_id",
    "sso_role_name",
    "sso_start_url",
    "sso_region",
];

/// Settings that some SDKs prefer to keys, and the AWS CLI does not.
pub(super) const RIVALS: [&str; 3] = ["credential_process", "login_session", "credential_source"];

/// `--to` > the section of ours that was named > that of a profile's session apart from its role >
/// `awsmfa_profile` > the section beside a `-long-term` one > `<profile>-mfa`.
pub(super) fn name(request: &Request, trail: &Trail<'_>) -> Result<Sourced<String>> {
    let section = if let Some(name) = &request.section {
        Sourced::new(name.clone(), Origin::Flag("--to"))
    } else if let Some((section, _)) = &trail.followed {
        section.clone()
    } else if trail.without_role {
        Sourced::new(session_of(&trail.profile.value), Origin::Default)
    } else if let Some(found) = trail.own().find_map(|node| node.get("awsmfa_profile")) {
        found.sourced()
    } else if trail.convention {
        trail.profile.clone()
    } else {
        Sourced::new(format!("{}{SUFFIX}", trail.profile.value), Origin::Default)
    };
    if request.purpose.writes() {
        check_name(&section, &trail.profile)?;
    }
    check_source(&section, trail)?;
    Ok(section)
}

/// Whether every AWS tool would read a section of that name; `profile` is what the name was made
/// of, unless somebody gave it.
pub(super) fn check_name(section: &Sourced<String>, profile: &Sourced<String>) -> Result<()> {
    if is_safe_section(&section.value) {
        return Ok(());
    }
    let (what, place) = match section.origin {
        Origin::Default => (
            "the profile's name does not make a section name that every AWS tool reads",
            &profile.origin,
        ),
        _ => (
            "this is not a section name that every AWS tool reads",
            &section.origin,
        ),
    };
    Err(Failure::new(section.origin.kind(), what)
        .at(place)
        .next("choose a name of letters, digits and `_.@:+%/-`: `awsmfa_profile = NAME` in the profile, or `awsmfa login --to NAME`"))
}

fn check_source(section: &Sourced<String>, trail: &Trail<'_>) -> Result<()> {
    let name = &section.value;
    if trail.source.name() != Some(name) {
        return Ok(());
    }
    Err(Failure::new(
        section.origin.kind(),
        format!("section [{name}] holds the key to sign in with, which would be overwritten"),
    )
    .at(&section.origin)
    .next(ELSEWHERE))
}

/// What is there now.
///
/// # Errors
///
/// [`Kind::File`] if the section cannot be understood, [`Kind::Configuration`] if it must not be
/// written.
pub(super) fn state(
    existing: Option<&Settings<'_>>,
    trail: &Trail<'_>,
    purpose: Purpose,
    warnings: &mut Vec<String>,
) -> Result<Target> {
    let Some(settings) = existing else {
        return Ok(Target::Absent);
    };
    settings.check()?;
    refuse_shadowed(settings)?;
    warn_of_rivals(settings, warnings);
    let Some(part) = &settings.credentials else {
        return Ok(Target::Absent);
    };
    if let Some(line) = key::long_term_line(&part.section) {
        let target = Target::LongTerm {
            path: part.path.to_owned(),
            line,
        };
        if purpose.writes() {
            check_state(&target, &settings.name)?;
        }
        return Ok(target);
    }
    if let Some(session) = Session::read(&part.section) {
        return Ok(Target::Ours(Box::new(session)));
    }
    let by_aws_mfa = matches!(
        &trail.source,
        Source::Profile { name, .. } if is_long_term_of(name, &settings.name)
    );
    if by_aws_mfa || !key::holds_any(part) {
        return Ok(Target::Free);
    }
    Ok(Target::Foreign {
        line: part.section.line(),
        expires: expiration(&part.section),
    })
}

/// The setting that makes AWS tools ignore keys in section `name`, and where it stands.
pub fn shadow(files: &Files, name: &str) -> Option<(&'static str, Origin)> {
    let shared = Shared::new(files);
    shared.profile(name).as_ref().and_then(shadow_of)
}

/// Why temporary keys that are there in section `name` are no answer, if AWS tools ignore them.
pub(super) fn ignored(files: &Files, name: &str) -> Option<Failure> {
    let section = files.credentials.document.profile(name)?;
    Held::read(&section)?;
    let (key, origin) = shadow(files, name)?;
    let what =
        format!("AWS tools ignore the keys in section [{name}], because its profile has `{key}`");
    let failure = Failure::new(Kind::Configuration, what).at(origin);
    Some(failure.next("remove that line, or name another profile"))
}

pub(super) fn shadow_of(settings: &Settings<'_>) -> Option<(&'static str, Origin)> {
    SHADOWS.into_iter().find_map(|key| {
        let found = settings.parts().find_map(|part| part.get(key))?;
        Some((key, found.origin()))
    })
}

fn refuse_shadowed(settings: &Settings<'_>) -> Result<()> {
    let name = &settings.name;
    match shadow_of(settings) {
        None => Ok(()),
        Some((key, origin)) => Err(Failure::new(
            Kind::Configuration,
            format!(
                "AWS tools would ignore keys in section [{name}], because its profile has `{key}`"
            ),
        )
        .at(origin)
        .next(ELSEWHERE)
        .next("or remove that line")),
    }
}

fn warn_of_rivals(settings: &Settings<'_>, warnings: &mut Vec<String>) {
    for key in RIVALS {
        if let Some(found) = settings.get(key) {
            warnings.push(format!(
                "{}: some AWS SDKs use `{key}` instead of the keys in section [{}]; the AWS CLI does not",
                found.origin(),
                settings.name
            ));
        }
    }
}

/// Refuses to write section `name` over a long-term key.
pub(super) fn check_state(target: &Target, name: &str) -> Result<()> {
    let Target::LongTerm { path, line } = target else {
        return Ok(());
    };
    Err(Failure::new(
        Kind::Configuration,
        format!("section [{name}] holds a long-term key, which writing there would destroy"),
    )
    .at(format!("{}:{line}", path.display()))
    .next(ELSEWHERE))
}
