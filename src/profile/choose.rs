//! Which profile was meant, and whether anybody said so.
//!
//! Keys in the environment count as a source only when nobody named a profile: who names one
//! wants that one, although many AWS tools would let the environment win.

use super::names::check_profile;
use super::{Origin, Request, Sourced};
use crate::context::{Context, Env};
use crate::failure::{Failure, Kind, Result};
use crate::secret::{AccessKey, Secret};

pub(super) const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// The second is what boto 2 called it; botocore still reads both.
const SESSION_TOKENS: [&str; 2] = ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"];

/// The variables that name a profile, the strongest first.
const VARIABLES: [&str; 3] = ["AWSMFA_PROFILE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// The profile to sign in with, and the key of the environment if that is to be the source.
pub(super) struct Choice {
    pub(super) profile: Sourced<String>,
    pub(super) environment_key: Option<AccessKey>,
}

pub(super) fn choose(context: &Context, request: &Request) -> Result<Choice> {
    let profile = profile(&context.env, request)?;
    let environment_key = match profile.origin {
        // To sign in, temporary keys are most likely what an earlier sign-in exported: not a source.
        Origin::Default => environment_key(&context.env)?
            .filter(|key| request.purpose.takes_temporary() || !key.is_temporary()),
        _ => None,
    };
    Ok(Choice {
        profile,
        environment_key,
    })
}

pub(super) fn profile(env: &Env, request: &Request) -> Result<Sourced<String>> {
    let named = match &request.profile {
        Some(name) => Some((name.as_str(), Origin::Flag("--profile"))),
        None => first_variable(env, &VARIABLES)?,
    };
    let (name, origin) = named.unwrap_or(("default", Origin::Default));
    check_profile(name, &origin)?;
    Ok(Sourced::new(name.to_owned(), origin))
}

/// The first of the variables that is set and not empty.
pub(super) fn first_variable<'e>(
    env: &'e Env,
    variables: &[&'static str],
) -> Result<Option<(&'e str, Origin)>> {
    for &variable in variables {
        if let Some(text) = env.text(variable)? {
            return Ok(Some((text, Origin::Environment(variable))));
        }
    }
    Ok(None)
}

/// The key pair of the environment, with its token if there is one.
///
/// # Errors
///
/// [`Kind::Configuration`] if only half a pair is set, or the id cannot be one.
pub fn environment_key(env: &Env) -> Result<Option<AccessKey>> {
    let half = |set: &str, missing: &str| {
        Failure::new(
            Kind::Configuration,
            format!("{set} is set in the environment and {missing} is not"),
        )
        .at(missing)
        .next(format!("set both, or unset {set}"))
    };
    let (id, secret) = match (env.text(KEY_ID)?, env.text(SECRET_KEY)?) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(half(KEY_ID, SECRET_KEY)),
        (None, Some(_)) => return Err(half(SECRET_KEY, KEY_ID)),
        (Some(id), Some(secret)) => (id, secret),
    };
    if !super::key::looks_like_key_id(id) {
        return Err(Failure::new(
            Kind::Configuration,
            "the value of AWS_ACCESS_KEY_ID does not look like an access key id",
        )
        .at(KEY_ID));
    }
    let token = first_variable(env, &SESSION_TOKENS)?;
    Ok(Some(AccessKey {
        id: id.to_owned(),
        secret: Secret::new(secret),
        token: token.map(|(token, _)| Secret::new(token)),
    }))
}
