//! `credential_source`: whose credentials assume a role where no profile has them.
//!
//! Only the environment can have an IAM user's key. What a machine has by itself is refused: no
//! code belongs to it. Comes after [`super::follow`] has seen that there is no `source_profile`.

use super::Source;
use super::choose::environment_key;
use super::settings::Found;
use crate::context::Env;
use crate::failure::{Failure, Kind, Result};

/// The key that `source` names for the role of profile `name`.
///
/// # Errors
///
/// [`Kind::Configuration`] at its line if there is none, or none that a code could go with.
pub(super) fn key(env: &Env, name: &str, source: &Found<'_>) -> Result<Source> {
    let refuse = |what: String| Failure::new(Kind::Configuration, what).at(source.origin());
    match source.text.as_ref() {
        "Environment" => match environment_key(env)? {
            Some(key) => Ok(Source::Environment { key }),
            None => Err(refuse(format!(
                "profile `{name}` takes its key from the environment, which has none"
            ))
            .next("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")),
        },
        "Ec2InstanceMetadata" | "EcsContainer" => Err(refuse(format!(
            "profile `{name}` takes its credentials from the machine it runs on, and a code belongs to a user's key"
        ))
        .next("name a profile whose source is an IAM user's key")),
        _ => Err(refuse(format!(
            "the credential_source of profile `{name}` is none that AWS tools know"
        ))
        .note("it can be Environment, Ec2InstanceMetadata or EcsContainer")),
    }
}
