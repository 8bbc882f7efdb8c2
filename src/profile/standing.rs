//! Which section belongs to a profile, and which profiles have none yet: for the commands that
//! look at sections and leave them as they are.
//!
//! A section with temporary keys that is named itself is the one that is meant, whoever wrote it.
//! Any other name means the section that signing in would write. What only signing in needs, a
//! region or a duration, is not looked at: the section is as good as it is.

use std::collections::HashSet;

use super::choose::{choose, profile};
use super::follow::follow;
use super::key::{holds_long_term, long_term_line};
use super::names::LONG_TERM;
use super::promised::SUFFIX;
use super::settings::Shared;
use super::target::{self, Target, ignored, shadow};
use super::{Files, Held, Plan, Request, Source, Sourced, resolve};
use crate::context::Context;
use crate::failure::Result;

/// A profile that could be signed in to and is not, or that holds a key and cannot be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Open {
    pub profile: String,
    /// The section that signing in would write.
    pub section: Option<String>,
    /// Why signing in would be refused; there is no section then.
    pub refused: Option<String>,
    /// The profile with the long-term key; none if the environment has it.
    pub source: Option<String>,
    /// As it is configured: an ARN, or a name.
    pub role_arn: Option<String>,
    pub serial: Option<String>,
}

/// The profile that was meant; its origin says whether anybody chose it.
///
/// # Errors
///
/// A name that cannot be one.
pub fn chosen(context: &Context, request: &Request) -> Result<Sourced<String>> {
    profile(&context.env, request)
}

/// The section of the chosen profile.
///
/// # Errors
///
/// As for finding the key and the section that [`resolve`] finds, of which a section that is in use
/// needs nothing; configuration if AWS tools would not use it.
pub fn section(context: &Context, files: &Files, request: &Request) -> Result<String> {
    let name = chosen(context, request)?.value;
    let section = files.credentials.document.profile(&name);
    if section.as_ref().and_then(Held::read).is_some() && shadow(files, &name).is_none() {
        return Ok(name);
    }
    to_write(context, files, request).map_err(|failure| ignored(files, &name).unwrap_or(failure))
}

fn to_write(context: &Context, files: &Files, request: &Request) -> Result<String> {
    let shared = Shared::new(files);
    let choice = choose(context, request)?;
    let trail = follow(&shared, &context.env, request, choice)?;
    let section = target::name(request, &trail)?;
    let existing = shared.profile(&section.value);
    target::state(existing.as_ref(), &trail, request.purpose, &mut Vec::new())?;
    Ok(section.value)
}

/// The profiles that could be signed in to, and whose section holds no credentials; in file order.
/// What cannot be resolved is of interest where it holds a key that somebody meant to use.
pub fn unsigned(context: &Context, files: &Files) -> Vec<Open> {
    files.config.document.expect_many();
    files.credentials.document.expect_many();
    let shared = Shared::new(files);
    let (mut sections, mut refused) = (HashSet::new(), HashSet::new());
    let ours: HashSet<String> = files
        .credentials
        .document
        .profiles()
        .filter_map(|section| Held::read(&section))
        .filter(|held| held.marks.is_some())
        .map(|held| held.section)
        .collect();
    let names = shared.names().into_iter();
    names
        .filter(|name| !ours.contains(*name))
        .filter_map(|name| {
            let name = name.strip_suffix(LONG_TERM).unwrap_or(name);
            open(context, &shared, name)
        })
        .filter(|open| match &open.section {
            Some(section) => sections.insert(section.clone()),
            None => refused.insert(open.profile.clone()),
        })
        .collect()
}

fn open(context: &Context, shared: &Shared<'_>, name: &str) -> Option<Open> {
    let files = shared.files;
    let request = Request {
        profile: Some(name.to_owned()),
        ..Request::default()
    };
    let plan: Plan = match resolve(context, files, &request) {
        Ok(plan) => plan,
        Err(failure) => {
            return holder(shared, name).map(|source| Open {
                profile: name.to_owned(),
                refused: Some(failure.what().to_owned()),
                source: Some(source),
                ..Open::default()
            });
        }
    };
    if plan.profile.value != name || !matches!(plan.target, Target::Absent | Target::Free) {
        return None;
    }
    let section = files.credentials.document.profile(&plan.section.value);
    if section.as_ref().and_then(Held::read).is_some() {
        return None;
    }
    Some(Open {
        profile: plan.profile.value,
        section: Some(plan.section.value),
        refused: None,
        source: match plan.source {
            Source::Profile { name, .. } | Source::Process { name, .. } => Some(name),
            Source::Environment { .. } => None,
        },
        role_arn: plan.roles.into_iter().next_back().map(|role| role.arn),
        serial: plan.serial.map(|serial| serial.value),
    })
}

/// Long-term keys in sections that are called like one of ours, `work-mfa`, while there is no key
/// under `work`: the section, its line, and the name that it should have.
pub fn keys_named_as_ours(files: &Files) -> Vec<(String, usize, String)> {
    let shared = Shared::new(files);
    let sections = files.credentials.document.profiles();
    let found = sections.filter_map(|section| {
        let name = section
            .name()
            .strip_suffix(SUFFIX)
            .filter(|name| !name.is_empty())?;
        let is_key = long_term_line(&section).is_some() && holder(&shared, name).is_none();
        is_key.then(|| (section.name().to_owned(), section.line(), name.to_owned()))
    });
    found.collect()
}

/// Where the profile's own long-term key is, if it has one.
pub(super) fn holder(shared: &Shared<'_>, name: &str) -> Option<String> {
    let mut places = [name.to_owned(), format!("{name}{LONG_TERM}")].into_iter();
    places.find(|place| {
        let settings = shared.profile(place);
        settings.is_some_and(|settings| settings.parts().any(holds_long_term))
    })
}
