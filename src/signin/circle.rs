//! A `credential_process` that starts us again, by whatever detour, for the profile that it is the
//! source of: without a word here each run would start the next.
//!
//! The plain case, a `credential_process` that is `awsmfa` itself, is [`crate::profile`]'s. This is
//! for scripts in between: such a command finds in its environment whose source it is.

use std::ffi::OsString;

use crate::context::Env;
use crate::failure::{Failure, Kind, Result};
use crate::profile::Origin;

/// The profiles whose `credential_process` is running, one per line.
const VARIABLE: &str = "AWSMFA_CREDENTIAL_PROCESS_OF";

/// What the `credential_process` of `profile` is told.
pub(super) fn variable(env: &Env, profile: &str) -> (&'static str, OsString) {
    let mut names = OsString::new();
    if let Some(outer) = env.raw(VARIABLE) {
        names.push(outer);
        names.push("\n");
    }
    names.push(profile);
    (VARIABLE, names)
}

/// Refuses to run a command that has led to this very run.
///
/// # Errors
///
/// [`Kind::Configuration`], where the `credential_process` of `profile`, which stands at `place`, is
/// running already.
pub(super) fn check(env: &Env, profile: &str, place: &Origin) -> Result<()> {
    let running = env.text(VARIABLE)?.unwrap_or_default();
    if running.lines().all(|other| other != profile) {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Configuration,
        format!("the credential_process of profile `{profile}` leads back to that profile"),
    )
    .at(place)
    .next("let it print the long-term key itself"))
}
