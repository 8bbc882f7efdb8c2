//! Credentials for the commands that hand them on: what the profile's section holds, signed in to
//! only if that is needed.
//!
//! Says nothing unless there is a reason to: the command's own output is what was asked for.
//! Prompts reach the terminal even where stdin and stdout are pipes.

use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::Target;
use crate::code::Given;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::Request;
use crate::secret::{AccessKey, Secret};
use crate::signin::{self, Prepared, Wanted};
use crate::ui::Ui;

/// What is good for less than this is renewed before it is handed on.
const MIN_TTL: Duration = Duration::from_secs(300);

/// What a command that hands credentials on may be given to sign in with.
#[derive(Args, Debug)]
pub(super) struct Access {
    /// Renew the credentials with this MFA code; `-` reads it from standard input
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    token_code: Option<Secret>,
}

/// Credentials that are good now.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) profile: String,
    pub(super) section: String,
    pub(super) key: AccessKey,
    pub(super) expiration: Timestamp,
    /// The region that the profile or the environment names.
    pub(super) region: Option<String>,
}

/// Reads the section, or signs in where it is not good any more.
///
/// # Errors
///
/// As for a sign-in.
pub(super) fn ready(context: &Context, ui: &Ui, target: Target, access: Access) -> Result<Ready> {
    let Target {
        profile,
        region,
        endpoint_url,
        timeout,
    } = target;
    let Access { token_code } = access;
    let wanted = Wanted {
        request: Request {
            profile,
            region,
            endpoint_url,
            ..Request::default()
        },
        code: token_code.map(|code| (code, Given::Flag)),
        force: false,
        yes: false,
        min_ttl: MIN_TTL,
        timeout,
        identify: false,
    };
    let prepared = signin::prepare(context, &wanted)?;
    explain(ui, &prepared);
    let profile = prepared.plan.profile.value.clone();
    let section = prepared.plan.section.value.clone();
    let region = prepared
        .plan
        .region
        .as_ref()
        .map(|region| region.value.clone());
    let (key, expiration) = match prepared.good(context.clock.now(), &wanted) {
        Ok(good) => (
            signin::held_key(&prepared.files, &section)?,
            good.session.expiration,
        ),
        Err(why) => {
            ui.trace(format_args!("renewing: {why}"));
            let fresh = signin::renew(context, ui, prepared, &wanted)?;
            (fresh.key, Some(fresh.expiration))
        }
    };
    let expiration = expiration
        .ok_or_else(|| Failure::new(Kind::Internal, "a section without an expiry is not good"))?;
    Ok(Ready {
        profile,
        section,
        key,
        expiration,
        region,
    })
}

/// What is worth knowing before anything happens.
pub(super) fn explain(ui: &Ui, prepared: &Prepared) {
    let plan = &prepared.plan;
    ui.trace(format_args!(
        "profile {} ({})",
        plan.profile.value, plan.profile.origin
    ));
    ui.trace(format_args!("key from {}", plan.source.origin()));
    for role in &plan.roles {
        ui.trace(format_args!("role {}", role.arn));
    }
    if let Some(serial) = &plan.serial {
        ui.trace(format_args!("device {} ({})", serial.value, serial.origin));
    }
    if let Some(region) = &plan.region {
        ui.trace(format_args!("region {} ({})", region.value, region.origin));
    }
    ui.trace(format_args!(
        "section [{}] ({})",
        plan.section.value, plan.section.origin
    ));
    for warning in &plan.warnings {
        ui.warn(warning);
    }
}
