//! A section that is named before it is there: `AWS_PROFILE=work-mfa` stands in the shell's
//! start-up file, and this is the first sign-in on a new machine.
//!
//! Such a name means the profile that will write it: the one whose `awsmfa_profile` it is, or the
//! one that it is called after. A profile that is there and has anything to sign in with is never
//! taken for a promise; one with a region and an output format alone is. And a section of ours is no
//! profile that another could be called after.

use super::follow::marks;
use super::names::LONG_TERM;
use super::settings::{Found, Settings, Shared};
use super::{Sourced, key, standing};
use crate::failure::{Failure, Kind, Result};

/// What the section is called where nothing else names it.
pub(super) const SUFFIX: &str = "-mfa";

/// What comes behind that for the session of a profile's key.
pub(super) const APART: &str = "-session";

/// What the section is called for the session of a profile's key, where the profile has a role
/// itself: the other name is that role's.
pub(super) fn session_of(profile: &str) -> String {
    format!("{profile}{SUFFIX}{APART}")
}

/// The profile whose key will have its session in `section`, apart from the profile's role.
fn with_session<'a>(shared: &Shared<'_>, section: &'a str) -> Option<&'a str> {
    let name = section.strip_suffix(APART)?.strip_suffix(SUFFIX)?;
    let has_role = |holder: &str| {
        let holder = shared.profile(holder)?;
        holder
            .get("role_arn")
            .or_else(|| holder.get("assume_role").filter(|_| holder.name != name))
    };
    let holder = standing::holder(shared, name)?;
    (has_role(name).is_some() || has_role(&holder).is_some()).then_some(name)
}

/// The profile whose section `at` will be, if it is only going to be one, and whether the profile's
/// own role is left out.
///
/// # Errors
///
/// [`Kind::Configuration`] if several profiles write that section.
pub(super) fn by(
    shared: &Shared<'_>,
    at: &Sourced<String>,
    settings: Option<&Settings<'_>>,
) -> Result<Option<(Sourced<String>, bool)>> {
    if settings.is_some_and(signs_in) {
        return Ok(None);
    }
    let section = at.value.as_str();
    let mut writers = shared
        .files
        .config
        .document
        .profile_names()
        .filter_map(|name| {
            let found = named_section(&shared.profile(name)?)?;
            (name != section && found.text == section).then(|| (name, found.origin()))
        });
    match (writers.next(), writers.next()) {
        (Some((name, origin)), None) => Ok(Some((Sourced::new(name.to_owned(), origin), false))),
        (Some((one, origin)), Some((other, _))) => Err(Failure::new(
            Kind::Configuration,
            format!("section [{section}] is not there, and both profile `{one}` and profile `{other}` write it"),
        )
        .at(origin)
        .next(format!("name one of them with `--profile {one}`"))),
        (None, _) => {
            let session = with_session(shared, section);
            let role = section
                .strip_suffix(SUFFIX)
                .filter(|name| shared.profile(name).is_some_and(|own| writes_by_its_name(&own)));
            let name = session.or(role);
            let profile = name.map(|name| Sourced::new(name.to_owned(), at.origin.clone()));
            Ok(profile.map(|profile| (profile, session.is_some())))
        }
    }
}

/// The profile, another than the one called `section`, whose sign-in writes that section.
pub(super) fn writer(shared: &Shared<'_>, section: &str) -> Option<String> {
    let names_it = |name: &&str| {
        let found = shared
            .profile(name)
            .and_then(|own| Some(named_section(&own)?.text == section));
        *name != section && found == Some(true)
    };
    let is_named_after = |name: &str| {
        let own = shared.profile(name);
        own.is_some_and(|own| writes_by_its_name(&own))
            && shared.profile(&format!("{name}{LONG_TERM}")).is_none()
    };
    let long_term = format!("{section}{LONG_TERM}");
    let before_suffix = section.strip_suffix(SUFFIX);
    let named = shared.names().into_iter().find(names_it);
    named
        .or_else(|| before_suffix.filter(|name| is_named_after(name)))
        .or_else(|| with_session(shared, section))
        .map(str::to_owned)
        .or_else(|| shared.profile(&long_term).map(|_| long_term))
}

/// Whether it is a profile whose section is called after it.
fn writes_by_its_name(settings: &Settings<'_>) -> bool {
    named_section(settings).is_none() && marks(settings).is_none()
}

/// The section that the profile itself names.
pub(super) fn named_section<'f>(settings: &Settings<'f>) -> Option<Found<'f>> {
    settings.get("awsmfa_profile")
}

fn signs_in(settings: &Settings<'_>) -> bool {
    key::has_static(settings)
        || settings.has("role_arn")
        || settings.has("credential_process")
        || key::other_way(settings).is_some()
}
