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
/// The section whose credentials `env` and `exec` have put into this environment. They removed the
/// variables above, so it is what says which profile it was.
pub const SECTION_VARIABLE: &str = "AWSMFA_SECTION";

/// The profile to sign in with, and the key of the environment if that is to be the source.
pub(super) struct Choice {
    pub(super) profile: Sourced<String>,
    pub(super) environment_key: Option<AccessKey>,
}

pub(super) fn choose(context: &Context, request: &Request) -> Result<Choice> {
    let profile = profile(&context.env, request)?;
    let environment_key = match is_implied(&profile.origin) {
        // To sign in, temporary keys are most likely what an earlier sign-in exported: not a source.
        true => environment_key(&context.env)?
            .filter(|key| request.purpose.takes_temporary() || !key.is_temporary()),
        false => None,
    };
    Ok(Choice {
        profile,
        environment_key,
    })
}

pub(super) fn profile(env: &Env, request: &Request) -> Result<Sourced<String>> {
    let named = match &request.profile {
        Some(name) => Some((name.as_str(), Origin::Flag("--profile"))),
        None => match first_variable(env, &VARIABLES)? {
            Some(named) => Some(named),
            None => section_of_shell(env)?,
        },
    };
    let (name, origin) = named.unwrap_or(("default", Origin::Default));
    check_profile(name, &origin)?;
    Ok(Sourced::new(name.to_owned(), origin))
}

/// Whether a person has named no profile, so that the keys of the environment come first.
pub(super) fn is_implied(origin: &Origin) -> bool {
    matches!(
        origin,
        Origin::Default | Origin::Environment(SECTION_VARIABLE)
    )
}

/// Whether AWS tools take the keys of the environment, because no profile was named.
pub fn uses_environment(context: &Context, request: &Request) -> bool {
    let named = profile(&context.env, request);
    named.is_ok_and(|named| is_implied(&named.origin)) && context.env.raw(KEY_ID).is_some()
}

/// The section that this environment has its credentials from. A long-term key beside it was set
/// later, by hand, and is what is meant then.
fn section_of_shell(env: &Env) -> Result<Option<(&str, Origin)>> {
    let key = environment_key(env).ok().flatten();
    if key.is_some_and(|key| !key.is_temporary()) {
        return Ok(None);
    }
    first_variable(env, &[SECTION_VARIABLE])
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
