//! The credentials that AWS tools would use for a profile as things are now.
//!
//! Their order: keys of the environment where no profile was named; the profile's own keys,
//! temporary or not; its `credential_process`. Where the profile leads to a role, they would ask
//! for a code; what answers here is the section that was signed in to for it. Nothing is signed in
//! to, and no command is run.

use super::choose::{KEY_ID, environment_key, is_implied, profile};
use super::settings::{Part, Settings, Shared};
use super::target::{Target, ignored, shadow_of};
use super::{
    Endpoints, Files, Held, Marks, Origin, Purpose, Request, Source, Sourced, endpoint, key,
    region, resolve, served, shadowing,
};
use crate::arn::Arn;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::secret::{AccessKey, Secret};
use crate::spelled::word;

/// Credentials, how they were found, and how AWS is reached with them.
#[derive(Debug)]
pub struct Usable {
    /// The profile they are used for; none for keys of the environment.
    pub profile: Option<String>,
    pub key: UsableKey,
    pub origin: Origin,
    pub region: Option<String>,
    /// Of AWS, as far as the section tells: it matters where there is no region.
    pub partition: Option<String>,
    pub endpoints: Endpoints,
    /// What the person should know, one sentence each.
    pub warnings: Vec<String>,
}

/// What kind of credentials they are.
#[derive(Debug)]
pub enum UsableKey {
    /// Temporary ones in a section.
    Held { held: Box<Held>, key: AccessKey },
    /// Long-term ones in a section, or whatever the environment has.
    Plain(AccessKey),
    /// What the command prints; it may have a secret among its arguments.
    Process { profile: String, command: Secret },
}

/// Finds them.
///
/// # Errors
///
/// Configuration or file where profiles and settings do not add up; [`Kind::Code`] where the
/// profile has to be signed in to first.
pub fn usable(context: &Context, files: &Files, request: &Request) -> Result<Usable> {
    let env = &context.env;
    let shared = Shared::new(files);
    let chosen = profile(env, request)?;
    let name = chosen.value.as_str();
    let settings = shared.profile(name);
    if is_implied(&chosen.origin)
        && let Some(key) = environment_key(env)?
    {
        let found = (UsableKey::Plain(key), Origin::Environment(KEY_ID));
        let nodes: Vec<_> = settings.into_iter().collect();
        return usable_with(context, &shared, request, None, found, &nodes);
    }
    if let Some(settings) = settings
        && let Some(found) = own(&settings)?
    {
        let mut nodes = vec![settings];
        nodes.extend(behind(&shared, &found.0));
        let mut usable = usable_with(context, &shared, request, Some(name), found, &nodes)?;
        usable.warnings = shared.into_doubts();
        usable.warnings.extend(shadowing(env, name));
        return Ok(usable);
    }
    signed_in(context, files, request, &chosen)
}

/// The profile's own credentials, if AWS tools would use them.
fn own(settings: &Settings<'_>) -> Result<Option<(UsableKey, Origin)>> {
    settings.check()?;
    if shadow_of(settings).is_some() {
        return Ok(None);
    }
    let process = settings.has("credential_process");
    let config = settings.config.as_ref().filter(|_| !process);
    for part in settings.credentials.iter().chain(config) {
        if let Some(held) = Held::read(&part.section).filter(|held| !held.key_id.is_empty()) {
            return held_key(part, held).map(Some);
        }
    }
    // They would get what signing in to that profile has written.
    if served::stands_for(settings).is_some() {
        return Ok(None);
    }
    let Some(source) = key::of(settings, Purpose::SignIn)? else {
        return Ok(None);
    };
    let origin = source.origin();
    let key = match source {
        Source::Profile { key, .. } | Source::Environment { key } => UsableKey::Plain(key),
        Source::Process { name, command, .. } => UsableKey::Process {
            profile: name,
            command,
        },
    };
    Ok(Some((key, origin)))
}

fn held_key(part: &Part<'_>, held: Held) -> Result<(UsableKey, Origin)> {
    let value = |key: &str| {
        let found = part.get(key).filter(|found| !found.text.is_empty())?;
        Some(Secret::new(found.text))
    };
    let origin = Origin::File {
        path: part.path.to_owned(),
        line: held.line,
    };
    let token = value("aws_session_token").or_else(|| value("aws_security_token"));
    match (value("aws_secret_access_key"), token) {
        (Some(secret), Some(token)) if held.complete => {
            let key = AccessKey {
                id: held.key_id.clone(),
                secret,
                token: Some(token),
            };
            let held = Box::new(held);
            Ok((UsableKey::Held { held, key }, origin))
        }
        _ => Err(Failure::new(
            Kind::Configuration,
            format!("section [{}] is incomplete or was edited", held.section),
        )
        .at(origin)
        .next(format!(
            "`awsmfa -p {}` renews it, if awsmfa wrote it",
            word(&held.section)
        ))),
    }
}

/// The profiles that a section of ours was made from: their region and endpoints are its own.
fn behind<'s>(shared: &'s Shared<'_>, key: &UsableKey) -> Vec<Settings<'s>> {
    let UsableKey::Held { held, .. } = key else {
        return Vec::new();
    };
    let marks = held.marks.as_ref();
    let names = marks.into_iter().flat_map(
        |Marks {
             profile, source, ..
         }| [profile, source],
    );
    let names = names.flatten();
    names.filter_map(|name| shared.profile(name)).collect()
}

fn usable_with(
    context: &Context,
    shared: &Shared<'_>,
    request: &Request,
    profile: Option<&str>,
    (key, origin): (UsableKey, Origin),
    nodes: &[Settings<'_>],
) -> Result<Usable> {
    let region = region::resolve(&context.env, request, &[nodes])?;
    Ok(Usable {
        profile: profile.map(str::to_owned),
        partition: partition_of(&key),
        key,
        origin,
        region: region.map(|region| region.value),
        endpoints: endpoint::resolve(context, shared, request, nodes)?,
        warnings: Vec::new(),
    })
}

fn partition_of(key: &UsableKey) -> Option<String> {
    let UsableKey::Held { held, .. } = key else {
        return None;
    };
    let serial = held
        .marks
        .as_ref()
        .and_then(|marks| marks.serial.as_deref());
    let named = [held.role_arn.as_deref(), serial].into_iter().flatten();
    let mut arns = named.filter_map(Arn::parse);
    arns.next().map(|arn| arn.partition.to_owned())
}

/// The section that was signed in to for the profile.
fn signed_in(
    context: &Context,
    files: &Files,
    request: &Request,
    chosen: &Sourced<String>,
) -> Result<Usable> {
    let name = &chosen.value;
    let plan = resolve(context, files, request)
        .map_err(|failure| ignored(files, name).unwrap_or(failure))?;
    let section = &plan.section.value;
    let shared = Shared::new(files);
    let settings = shared.profile(section);
    let part = settings.as_ref().and_then(|own| own.credentials.as_ref());
    let (part, held) = match (part, &plan.target) {
        (Some(part), Target::Ours(_)) => (part, Held::read(&part.section)),
        _ => return Err(not_signed_in(name, section)),
    };
    let held = held.ok_or_else(|| not_signed_in(name, section))?;
    let (key, origin) = held_key(part, held)?;
    Ok(Usable {
        profile: Some(name.clone()),
        partition: partition_of(&key),
        key,
        origin,
        region: plan.region.map(|region| region.value),
        endpoints: plan.endpoints,
        warnings: plan.warnings.into_iter().chain(plan.shadowed).collect(),
    })
}

fn not_signed_in(profile: &str, section: &str) -> Failure {
    Failure::new(
        Kind::Code,
        format!(
            "profile `{profile}` is not signed in to: there is no section [{section}] of awsmfa"
        ),
    )
    .next(format!("`awsmfa -p {}` signs in", word(profile)))
}
