//! Wiring: role profiles arranged so that plain AWS tools assume and refresh the role by
//! themselves, from the session in a section of ours.
//!
//! AWS tools ask for a code wherever a role profile has `mfa_serial`. They ask for none where its
//! `source_profile` is the section that already holds a session made with the device. So a
//! profile is wired by three changes of its lines in the config file: `source_profile` names the
//! section, `mfa_serial` goes, and so does a `duration_seconds` over an hour, because AWS grants no
//! more to a role that is assumed with temporary credentials (IAM User Guide, "Roles terms and
//! concepts"). What goes is set aside ([`super::set_aside`]), so that the way back to the key stays the
//! same for us, and the lines can be put back.
//!
//! In a chain of roles only the profile next to the session gets another `source_profile`. Here it
//! is decided which profiles are meant and whose session theirs is; [`super::rewire`] plans their
//! lines. Pure: nothing is read or written.

use super::follow::follow;
use super::set_aside::{MFA_SERIAL, stands_for};
use super::settings::{Found, Settings, Shared};
use super::trail::Trail;
use super::{Origin, Purpose, Request, Source, Sourced, choose, device, rewire, target};
use crate::context::{Context, Env};
use crate::failure::{Failure, Kind, Result};
use crate::ini::Amendment;

/// The session that wired profiles take their credentials from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The profile to sign in to for it, or the section where that profile has a role itself.
    pub profile: String,
    /// The section that this writes.
    pub section: String,
    /// The device, where only a role profile names it.
    pub serial: Option<Sourced<String>>,
}

/// What is going to happen to the config file.
#[derive(Debug, Default)]
pub struct Wiring {
    /// Every profile that was meant, also where there is nothing to do.
    pub profiles: Vec<Rewired>,
    /// What the person should know, one sentence each.
    pub notes: Vec<String>,
    /// Values that AWS tools disagree about, one sentence each.
    pub warnings: Vec<String>,
}

/// One profile of them.
#[derive(Debug)]
pub struct Rewired {
    /// Its name, and what happens to its lines.
    pub amendment: Amendment,
    /// The keys that are set aside or put back.
    pub keys: Vec<&'static str>,
    /// Its `source_profile` from now on.
    pub source_profile: Option<String>,
}

impl Rewired {
    pub fn name(&self) -> &str {
        &self.amendment.profile
    }

    pub fn changes(&self) -> bool {
        !self.amendment.steps.is_empty()
    }
}

/// Which profiles are meant.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// By name; none means the one that a command without `--profile` uses.
    pub names: Vec<String>,
    /// Every role profile with the same source instead.
    pub all: bool,
}

impl Chosen {
    fn profiles(&self, env: &Env) -> Result<Vec<Sourced<String>>> {
        let named = |name: Option<&String>| {
            let request = Request {
                profile: name.cloned(),
                ..Request::default()
            };
            choose::profile(env, &request)
        };
        if self.names.is_empty() {
            return Ok(vec![named(None)?]);
        }
        self.names.iter().map(|name| named(Some(name))).collect()
    }
}

/// Plans the wiring of the chosen role profiles to the session of their source.
///
/// # Errors
///
/// As for [`super::resolve`], as far as it is about the way to the key; configuration for a
/// profile without a role, or whose key has no profile to sign in to for a session; usage if the
/// profiles have different sources.
pub fn wire(context: &Context, files: &super::Files, chosen: &Chosen) -> Result<(Base, Wiring)> {
    let shared = Shared::new(files);
    let walk = Walk {
        shared: &shared,
        env: &context.env,
    };
    let mut base: Option<Base> = None;
    let mut names = Vec::new();
    for name in chosen.profiles(&context.env)? {
        let trail = walk.trail(&name, Purpose::SignIn)?;
        let found = match (trail.hops.last(), chosen.all) {
            (None, true) => walk.base(&trail, &name)?,
            (None, false) => return Err(no_role(&name)),
            (Some(_), _) => walk.base_of_roles(&trail)?,
        };
        if base
            .as_ref()
            .is_some_and(|base| base.section != found.section)
        {
            return Err(several_sources(&name));
        }
        names.extend(trail.hops.iter().rev().map(|hop| hop.profile.clone()));
        base.get_or_insert(found);
    }
    let mut base = base.expect("at least one profile is meant");
    if chosen.all {
        names = walk.all_of(&base);
        if names.is_empty() {
            return Err(nothing_to_wire(&base));
        }
    }
    let mut wiring = Wiring::default();
    for name in names {
        if wiring.profiles.iter().any(|done| done.name() == name) {
            continue;
        }
        let settings = walk.role_profile(&name)?;
        let serial = settings.get(MFA_SERIAL.name);
        let serial = serial.or_else(|| settings.aside(&MFA_SERIAL));
        let serial = serial.map(Found::sourced);
        let serial = serial.filter(|serial| device::check(serial).is_ok());
        base.serial = base.serial.or(serial);
        let next = walk.is_next_to(&settings, &base);
        let rewired = rewire::wired(&shared, &settings, next.then_some(&base), &mut wiring.notes)?;
        wiring.profiles.push(rewired);
    }
    wiring.warnings = shared.into_doubts();
    Ok((base, wiring))
}

/// Plans to put back what wiring has set aside, in the chosen profiles and the role profiles
/// between them and the session.
///
/// Needs neither key nor session: what they were may be gone by now.
///
/// # Errors
///
/// Configuration if a profile is not there; file if one has a line that cannot be understood.
pub fn unwire(context: &Context, files: &super::Files, chosen: &Chosen) -> Result<Wiring> {
    let shared = Shared::new(files);
    let walk = Walk {
        shared: &shared,
        env: &context.env,
    };
    let mut names: Vec<String> = Vec::new();
    for name in chosen.profiles(&context.env)? {
        let meant = match walk.trail(&name, Purpose::SignIn) {
            Ok(trail) => trail.profile.value,
            Err(_) if shared.profile(&name.value).is_some() => name.value,
            Err(failure) => return Err(failure),
        };
        let way = walk.way(&meant);
        if !chosen.all {
            names.extend(way);
            continue;
        }
        let root = way.last().unwrap_or(&meant);
        let same = |other: &str| {
            let way = walk.way(other);
            way.last().is_some_and(|last| {
                last == root || stands_for(&shared, last, root) || stands_for(&shared, root, last)
            })
        };
        names.extend(
            shared
                .names()
                .into_iter()
                .filter(|name| same(name))
                .map(str::to_owned),
        );
    }
    let mut wiring = Wiring::default();
    for name in names {
        let settings = shared.profile(&name).filter(Settings::is_wired);
        if let Some(settings) = settings
            && wiring.profiles.iter().all(|done| done.name() != name)
        {
            settings.check()?;
            let rewired = rewire::unwired(&shared, &settings, &mut wiring.notes);
            wiring.profiles.push(rewired);
        }
    }
    Ok(wiring)
}

struct Walk<'s> {
    shared: &'s Shared<'s>,
    env: &'s Env,
}

impl<'s> Walk<'s> {
    fn trail(&self, name: &Sourced<String>, purpose: Purpose) -> Result<Trail<'s>> {
        let choice = choose::Choice {
            profile: name.clone(),
            environment_key: None,
        };
        let request = Request {
            purpose,
            ..Request::default()
        };
        follow(self.shared, self.env, &request, choice)
    }

    /// The session of the key at the end of a way without roles.
    fn base(&self, trail: &Trail<'_>, name: &Sourced<String>) -> Result<Base> {
        let profile = &trail.profile.value;
        if let Source::Profile { key, .. } = &trail.source
            && key.is_temporary()
        {
            return Err(Failure::new(
                Kind::Configuration,
                format!("profile `{profile}` holds temporary credentials, and a session is made with a long-term key"),
            )
            .at(trail.source.origin()));
        }
        let section = target::name(&Request::default(), trail)?.value;
        let by_section = trail.without_role.then(|| section.clone());
        Ok(Base {
            profile: by_section.unwrap_or_else(|| name.value.clone()),
            section,
            serial: None,
        })
    }

    /// The session behind the first of these roles to be assumed.
    fn base_of_roles(&self, trail: &Trail<'_>) -> Result<Base> {
        let first = trail.hops.last().expect("there is a role");
        let settings = self.role_profile(&first.profile)?;
        let found = rewire::base(self.shared, &settings).ok_or_else(|| own_source(&settings))?;
        self.base_by_name(&found.sourced())
    }

    /// The session of a profile that others name as their source: what its key opens is no affair of
    /// the role that it may have itself.
    fn base_by_name(&self, name: &Sourced<String>) -> Result<Base> {
        let mut trail = self.trail(name, Purpose::SignIn)?;
        if !trail.hops.is_empty() {
            trail = self.trail(name, Purpose::Session)?;
        }
        self.base(&trail, name)
    }

    /// A profile that has the role itself: one that only a flag named is in no config file.
    fn role_profile(&self, name: &str) -> Result<Settings<'s>> {
        let settings = self.shared.profile(name);
        let settings = settings.filter(|settings| settings.get("role_arn").is_some());
        let settings =
            settings.ok_or_else(|| no_role(&Sourced::new(name.to_owned(), Origin::Default)))?;
        settings.check()?;
        Ok(settings)
    }

    fn is_next_to(&self, settings: &Settings<'_>, base: &Base) -> bool {
        let Some(found) = rewire::base(self.shared, settings) else {
            return false;
        };
        let own = self.base_by_name(&found.sourced());
        own.is_ok_and(|own| own.section == base.section)
    }

    /// Every role profile that leads to this session, in file order.
    fn all_of(&self, base: &Base) -> Vec<String> {
        let names = self.shared.names().into_iter();
        names
            .filter(|name| {
                let named = Sourced::new((*name).to_owned(), Origin::Default);
                let trail = self.trail(&named, Purpose::SignIn);
                trail.is_ok_and(|trail| {
                    trail.profile.value == **name
                        && trail.hops.first().is_some_and(|hop| hop.profile == **name)
                        && self
                            .base_of_roles(&trail)
                            .is_ok_and(|own| own.section == base.section)
                })
            })
            .map(str::to_owned)
            .collect()
    }

    /// From a profile to where its roles' credentials come from, by the names alone.
    fn way(&self, start: &str) -> Vec<String> {
        let mut way = vec![start.to_owned()];
        while let Some(settings) = way.last().and_then(|name| self.shared.profile(name)) {
            if settings.get("role_arn").is_none() && !settings.is_wired() {
                break;
            }
            let Some(next) = rewire::base(self.shared, &settings) else {
                break;
            };
            let next = next.text.into_owned();
            if way.contains(&next) {
                break;
            }
            way.push(next);
        }
        way
    }
}

fn no_role(name: &Sourced<String>) -> Failure {
    let profile = &name.value;
    let failure = Failure::new(
        Kind::Configuration,
        format!("profile `{profile}` has no role_arn, so there is nothing to wire"),
    );
    let failure = match name.origin {
        Origin::Default => failure,
        _ => failure.at(&name.origin),
    };
    failure
        .next("name a role profile with `--profile`")
        .next("or wire every role profile of this source with `--all`")
}

fn nothing_to_wire(base: &Base) -> Failure {
    let profile = &base.profile;
    Failure::new(
        Kind::Configuration,
        format!("no role profile has the session of `{profile}` as its source"),
    )
    .next(format!(
        "give one a `source_profile = {profile}` in the config file"
    ))
    .next("or name another source with `--profile`")
}

fn several_sources(name: &Sourced<String>) -> Failure {
    Failure::new(
        Kind::Usage,
        format!(
            "profile `{}` has another source than the ones before it",
            name.value
        ),
    )
    .at(&name.origin)
    .next("wire the profiles of one source at a time")
}

fn own_source(settings: &Settings<'_>) -> Failure {
    let name = &settings.name;
    Failure::new(
        Kind::Configuration,
        format!("profile `{name}` has no other profile as its source, so there is no session to take its credentials from"),
    )
    .at(settings.place())
    .next("move the key into a profile of its own, and name that one as source_profile")
}
