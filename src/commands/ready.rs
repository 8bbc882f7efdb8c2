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
use crate::signin::{self, Prepared, Renewed, Wanted};
use crate::ui::Ui;

/// What is good for less than this is renewed before it is handed on.
const MIN_TTL: Duration = Duration::from_secs(300);

/// What a command that hands credentials on may be given to sign in with.
#[derive(Args, Debug, Default)]
pub(super) struct Access {
    /// Renew the credentials with this MFA code; `-` reads it from standard input
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    token_code: Option<Secret>,

    /// For a program that works in the background: nobody at the terminal is asked.
    #[arg(skip)]
    unattended: bool,

    /// What is good for less is renewed, if that is not [`MIN_TTL`].
    #[arg(skip)]
    min_ttl: Option<Duration>,
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
    let wanted = wanted(target, access);
    let mut prepared = signin::prepare(context, &wanted)?;
    if wanted.attended {
        explain(ui, &prepared);
    }
    let place = Place::of(&prepared);
    let (key, expiration) = loop {
        match prepared.good(context.clock.now(), &wanted) {
            Ok(good) => break (place.held(&prepared)?, good.session.expiration),
            Err(why) => ui.trace(format_args!("renewing: {why}")),
        }
        match signin::renew(context, ui, prepared, &wanted)? {
            Renewed::Here(fresh) => break (fresh.key, Some(fresh.expiration)),
            Renewed::Elsewhere(found) => prepared = *found,
        }
    };
    place.with(key, expiration)
}

/// The same with nobody to ask, for a program that keeps credentials fresh: what is good for less
/// than `early` is renewed. Where that fails, what the section holds will do if it is good for
/// [`MIN_TTL`]; the failure is told all the same.
///
/// # Errors
///
/// As for a sign-in, if there is nothing in the section that is still good.
pub(super) fn refreshed(
    context: &Context,
    ui: &Ui,
    target: Target,
    early: Duration,
) -> Result<(Ready, Option<Failure>)> {
    let access = Access {
        unattended: true,
        min_ttl: Some(early),
        ..Access::default()
    };
    match ready(context, ui, target.clone(), access) {
        Ok(ready) => Ok((ready, None)),
        Err(failure) => match still_good(context, target)? {
            Some(ready) => Ok((ready, Some(failure))),
            None => Err(failure),
        },
    }
}

/// What the section holds, if that is good enough. Nothing is signed in to.
fn still_good(context: &Context, target: Target) -> Result<Option<Ready>> {
    let wanted = wanted(target, Access::default());
    let prepared = signin::prepare(context, &wanted)?;
    let Ok(good) = prepared.good(context.clock.now(), &wanted) else {
        return Ok(None);
    };
    let place = Place::of(&prepared);
    let key = place.held(&prepared)?;
    place.with(key, good.session.expiration).map(Some)
}

fn wanted(target: Target, access: Access) -> Wanted {
    let Target {
        profile,
        region,
        endpoint_url,
        timeout,
    } = target;
    let Access {
        token_code,
        unattended,
        min_ttl,
    } = access;
    Wanted {
        request: Request {
            profile,
            region,
            endpoint_url,
            ..Request::default()
        },
        code: token_code.map(|code| (code, Given::Flag)),
        force: false,
        no_session: false,
        yes: false,
        min_ttl: min_ttl.unwrap_or(MIN_TTL),
        timeout,
        identify: false,
        new_device: false,
        codes_are_typed: false,
        distrusted: None,
        attended: !unattended,
    }
}

/// Where credentials belong.
struct Place {
    profile: String,
    section: String,
    region: Option<String>,
}

impl Place {
    fn of(prepared: &Prepared) -> Self {
        let plan = &prepared.plan;
        Self {
            profile: plan.profile.value.clone(),
            section: plan.section.value.clone(),
            region: plan.region.as_ref().map(|region| region.value.clone()),
        }
    }

    /// The credentials in the section.
    fn held(&self, prepared: &Prepared) -> Result<AccessKey> {
        signin::held_key(&prepared.files, &self.section)
    }

    fn with(self, key: AccessKey, expiration: Option<Timestamp>) -> Result<Ready> {
        let Self {
            profile,
            section,
            region,
        } = self;
        let expiration = expiration.ok_or_else(|| {
            Failure::new(Kind::Internal, "a section without an expiry is not good")
        })?;
        Ok(Ready {
            profile,
            section,
            key,
            expiration,
            region,
        })
    }
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
