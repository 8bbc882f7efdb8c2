//! From two files, an environment and a command line to a [`Plan`]: what will be signed in to,
//! with which key, through which roles, into which section.
//!
//! Resolution is pure: it asks no network, opens no file and writes nothing. The caller has read
//! the two files ([`crate::store`], [`crate::ini`]); what only AWS can tell (the device where none
//! is configured, the account of a bare role name) is left open in the plan. Every value
//! remembers where it came from, so that a failure later on can name the line to change.
//!
//! 1. `choose`: which profile was meant.
//! 2. `follow`: from that profile back to the long-term key, over sections of ours (`promised`:
//!    also before they are there), aws-mfa's `-long-term` names and `source_profile`, collecting
//!    the roles on the way.
//! 3. `key`: the key at the end of that way; `served`: what looks like one and leads back here.
//! 4. `roles`, `device`, `duration`, `region`, `endpoint`: the settings, checked as far
//!    as they can be without asking AWS.
//! 5. `target`: the section to write, and whether it may be.
//!
//! Beside it, `wire` and `rewire` plan other lines for role profiles, and `set_aside` is where
//! the steps above find what those lines were.
//!
//! After it, [`crate::session`] decides whether anything has to be done at all.

mod choose;
mod credential_source;
mod device;
mod duration;
mod endpoint;
mod follow;
mod given;
mod held;
mod holders;
mod key;
mod kin;
mod lost;
mod marks;
mod names;
mod origin;
mod promised;
mod purpose;
mod region;
mod rewire;
mod roles;
mod served;
mod session;
mod set_aside;
mod settings;
mod standing;
mod target;
#[cfg(test)]
mod tests;
mod trail;
mod unnamed;
mod usable;
mod ways;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use crate::context::{Context, Env};
use crate::failure::Result;
use crate::ini::Document;
use crate::secret::{AccessKey, Secret};

pub use choose::{SECTION_VARIABLE, environment_key, uses_environment};
pub use duration::{
    ROLE_DEFAULT, SESSION_DEFAULT, can_be_left, grants, parse_duration, spell as spell_duration,
};
pub use endpoint::Endpoints;
pub use held::{Held, State};
pub use holders::{Holder, holders, in_environment, key_of, made_with, pair, vacant};
pub use kin::kin;
pub use marks::{Learned, Marks};
pub use names::near;
pub use origin::{Origin, Sourced};
pub use purpose::Purpose;
pub use region::RegionLine;
pub use roles::{Role, session_name_for};
pub use session::{EXPIRY_KEYS, Session, expiration, spell_expiration};
pub use standing::{Open, chosen, keys_named_as_ours, section, unsigned};
pub use target::{Target, shadow};
pub use unnamed::{Unnamed, unnamed};
pub use usable::{Usable, UsableKey, usable};
pub use ways::{Means, Nearest, Way, doubts, nearest, ways};
pub use wire::{Base, Chosen, Rewired, Wiring, unwire, wire};

use settings::Shared;
use trail::Trail;

/// The two files of the AWS CLI, as they are now.
#[derive(Clone, Debug)]
pub struct Files {
    pub config: File,
    pub credentials: File,
}

/// One of them. A file that does not exist is an empty document.
#[derive(Clone, Debug)]
pub struct File {
    pub path: PathBuf,
    pub document: Document,
}

/// What the command line said; everything may be left out.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `--profile`
    pub profile: Option<String>,
    /// `--to`
    pub section: Option<String>,
    /// `--serial-number`
    pub serial_number: Option<String>,
    /// `--role-arn`: an ARN, or the bare name of a role in the caller's account.
    pub role_arn: Option<String>,
    /// `--role-session-name`
    pub role_session_name: Option<String>,
    /// `--external-id`
    pub external_id: Option<String>,
    /// `--duration-seconds`, through [`parse_duration`].
    pub duration: Option<Duration>,
    /// `--region`
    pub region: Option<String>,
    /// `--endpoint-url`
    pub endpoint_url: Option<String>,
    /// No flag says it: the command does.
    pub purpose: Purpose,
}

/// Everything there is to know before AWS is asked.
#[derive(Debug)]
pub struct Plan {
    /// The profile to sign in with; where a section of ours was named, the one it was made for.
    pub profile: Sourced<String>,
    /// The long-term key; where the purpose allows it, perhaps temporary credentials.
    pub source: Source,
    pub purpose: Purpose,
    /// In the order they are assumed; none means GetSessionToken.
    pub roles: Vec<Role>,
    /// The profile at the end of the way to the key, which signs in with that alone: its session
    /// opens the roles. None where the environment has the key.
    pub base: Option<String>,
    /// The MFA device, if anybody named one.
    pub serial: Option<Sourced<String>>,
    /// How long the credentials shall be good; none means AWS's default ([`SESSION_DEFAULT`],
    /// [`ROLE_DEFAULT`]).
    pub duration: Option<Sourced<Duration>>,
    /// The region whose STS endpoint is asked.
    pub region: Option<Sourced<String>>,
    /// The `region` line for the section, if that has none or one of ours ([`RegionLine`]). None
    /// where the files have no region for the profile, or the config file one for the section.
    pub region_to_write: Option<String>,
    /// The section to write.
    pub section: Sourced<String>,
    /// What is in that section now.
    pub target: Target,
    /// `mfa_process`: a command that prints a code, perhaps with the seed among its arguments.
    pub mfa_process: Option<Sourced<Secret>>,
    pub endpoints: Endpoints,
    /// The `awsmfa_*` lines for the section, as far as they are known; see [`Marks::lines`].
    pub marks: Marks,
    /// What the person should know though it stops nobody, one sentence each.
    pub warnings: Vec<String>,
    /// A warning for those who will name the section in `AWS_PROFILE`: a variable is stronger.
    pub shadowed: Option<String>,
}

impl Plan {
    /// The profile that leads to the key; none where the key is in the environment, whatever
    /// profile was chosen beside it.
    pub fn profile_of_key(&self) -> Option<&str> {
        self.source.name().map(|_| self.profile.value.as_str())
    }

    /// Whether this is about the session of a profile's key, though the profile has a role itself.
    pub fn is_apart_from_role(&self) -> bool {
        self.roles.is_empty() && self.section.value == promised::session_of(&self.profile.value)
    }

    /// What [`resolve`] leaves for later where a section is not written in any case.
    ///
    /// # Errors
    ///
    /// Usage or configuration if some AWS tool would not read the section; configuration if a
    /// long-term key is in it, which would be destroyed.
    pub fn check_section(&self) -> Result<()> {
        target::check_name(&self.section, &self.profile)?;
        target::check_state(&self.target, &self.section.value)
    }
}

/// Where the key is.
#[derive(Debug)]
pub enum Source {
    /// In one of the two files; `line` is the key id's.
    Profile {
        name: String,
        key: AccessKey,
        path: PathBuf,
        line: usize,
    },
    /// In `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    Environment { key: AccessKey },
    /// Printed by the profile's `credential_process`; `line` is that setting's. The command may
    /// have a secret among its arguments.
    Process {
        name: String,
        command: Secret,
        path: PathBuf,
        line: usize,
    },
}

impl Source {
    /// The profile that has the key; none if the environment has it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Source::Profile { name, .. } | Source::Process { name, .. } => Some(name),
            Source::Environment { .. } => None,
        }
    }

    /// The key; none where only running the command tells it.
    pub fn key(&self) -> Option<&AccessKey> {
        match self {
            Source::Profile { key, .. } | Source::Environment { key } => Some(key),
            Source::Process { .. } => None,
        }
    }

    /// The key's id, as far as [`Source::key`] goes.
    pub fn key_id(&self) -> Option<&str> {
        self.key().map(|key| key.id.as_str())
    }

    /// Where a person finds the key, or the setting that leads to it.
    pub fn origin(&self) -> Origin {
        match self {
            Source::Profile { path, line, .. } | Source::Process { path, line, .. } => {
                Origin::File {
                    path: path.clone(),
                    line: *line,
                }
            }
            Source::Environment { .. } => Origin::Environment(choose::KEY_ID),
        }
    }
}

/// Reads the files' meaning for one request.
///
/// # Errors
///
/// Usage where a flag cannot be, configuration where profiles and settings do not add up, file
/// where a section in use has a line that cannot be understood; each with its place.
pub fn resolve(context: &Context, files: &Files, request: &Request) -> Result<Plan> {
    let shared = Shared::new(files);
    let mut plan =
        resolve_in(context, &shared, request).map_err(|failure| shared.explain(failure))?;
    plan.warnings.splice(0..0, shared.into_doubts());
    Ok(plan)
}

fn resolve_in(context: &Context, shared: &Shared<'_>, request: &Request) -> Result<Plan> {
    let choice = choose::choose(context, request)?;
    let trail = follow::follow(shared, &context.env, request, choice)?;
    let mut warnings = Vec::new();

    let section = target::name(request, &trail)?;
    let existing = shared.profile(&section.value);
    let target = target::state(existing.as_ref(), &trail, request.purpose, &mut warnings)?;
    let recorded = recorded(&trail, &section.value, &target);
    let serial = device::resolve(&context.env, request, &trail, recorded)?;
    let duration = duration::resolve(request, &trail, &mut warnings)?;
    let roles = roles::resolve(request, &trail, duration.as_ref())?;
    let region = region::resolve(&context.env, request, &[&trail.named, &trail.nodes])?;
    let region_to_write = region::to_write(existing.as_ref(), &trail.nodes, &mut warnings);
    let endpoints = endpoint::resolve(context, shared, request, &trail.nodes)?;
    let mfa_process = trail.nodes.iter().find_map(|node| node.get("mfa_process"));
    let mfa_process = mfa_process.map(|found| found.sourced().map(Secret::new));
    let marks = marks_of(&trail, &section.value, serial.as_ref(), duration.as_ref());
    let shadowed = shadowing(&context.env, &section.value);
    drop(existing);

    let Trail {
        profile,
        source,
        base,
        ..
    } = trail;

    Ok(Plan {
        profile,
        source,
        purpose: request.purpose,
        roles,
        base,
        serial,
        duration,
        region,
        region_to_write,
        section,
        target,
        mfa_process,
        endpoints,
        marks,
        warnings,
        shadowed,
    })
}

/// What is remembered about the device: by the section that was named, else by the one that is
/// about to be renewed, if the same key made it.
fn recorded<'a>(
    trail: &'a Trail<'_>,
    section: &'a str,
    target: &'a Target,
) -> Option<(&'a str, &'a Marks)> {
    if let Some((name, marks)) = &trail.followed {
        return Some((&name.value, marks));
    }
    match target {
        Target::Ours(session) if session.is_from(&trail.source) => Some((section, &session.marks)),
        _ => None,
    }
}

fn marks_of(
    trail: &Trail<'_>,
    section: &str,
    serial: Option<&Sourced<String>>,
    duration: Option<&Sourced<Duration>>,
) -> Marks {
    let source = trail.source.name();
    let profile = &trail.profile.value;
    let told = source == Some(profile) || profile == section || trail.from_environment;
    // The hop to the profile's own role is the first of the way back.
    let role = trail.hops.first();
    let flag = |value: Option<&Sourced<String>>| {
        value
            .filter(|value| roles::was_flag(&value.origin))
            .map(|value| value.value.clone())
    };
    Marks {
        issued_key_id: None,
        user_arn: None,
        source: source.map(str::to_owned),
        source_key_id: trail.source.key_id().map(str::to_owned),
        profile: (!told).then(|| profile.clone()),
        role_arn: role.map(|role| role.arn.value.clone()),
        role_from_flag: role.is_some_and(|role| roles::was_flag(&role.arn.origin)),
        serial: serial.map(|serial| serial.value.clone()),
        external_id: flag(role.and_then(|role| role.external_id.as_ref())),
        session_name: flag(role.and_then(|role| role.session_name.as_ref())),
        duration: duration
            .filter(|duration| roles::was_flag(&duration.origin))
            .map(|duration| duration.value),
    }
}

/// Most AWS tools prefer a key in the environment to any profile that `AWS_PROFILE` names.
fn shadowing(env: &Env, section: &str) -> Option<String> {
    env.raw(choose::KEY_ID)?;
    Some(format!(
        "AWS_ACCESS_KEY_ID is set in the environment: most AWS tools use it instead of AWS_PROFILE={section}; unset it, or name the profile with `--profile {section}`"
    ))
}
