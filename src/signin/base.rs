//! Which session roles can be assumed with: that of the profile at the end of the way to the key.
//!
//! It is the session that signing in to that profile makes, in the section that this writes, so
//! one code does for the profile and all its roles; where that profile has a role itself, the session
//! of its key alone, in a section beside. Some roles are assumed directly with the code
//! instead: those that shall last longer than AWS lets credentials from a session last, and those
//! whose base has no session to keep or must not write one. Temporary credentials have none: AWS
//! makes no session of a session.

use std::time::Duration;

use jiff::Timestamp;

use super::Wanted;
use crate::context::Context;
use crate::failure::Result;
use crate::profile::{self, Files, Origin, Plan, Purpose, ROLE_DEFAULT, Request, Target};
use crate::secret::AccessKey;
use crate::session;

/// The profile whose session opens the roles.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) request: Request,
    /// What signing in to it would do, by the way on which the role's profile reaches AWS.
    pub(super) plan: Plan,
}

/// How the roles of a plan are come by.
pub(super) enum Way {
    /// With the code itself; why, where that is worth a word.
    Direct(Option<String>),
    Session(Box<Base>),
}

/// How long a session has to be good to open a role. `--min-ttl` is about the role, which lasts as
/// long as it lasts, whatever becomes of the session.
pub(super) fn least(wanted: &Wanted) -> Duration {
    wanted.min_ttl.min(Duration::from_secs(300))
}

/// Chooses the way to the roles of `plan`.
pub(super) fn choose(context: &Context, files: &Files, plan: &Plan, wanted: &Wanted) -> Way {
    let asked = plan.duration.as_ref().map(|asked| asked.value);
    let is_long = asked.is_some_and(|asked| asked > ROLE_DEFAULT);
    let is_temporary = plan.source.key().is_some_and(AccessKey::is_temporary);
    let is_direct = plan.roles.is_empty() || is_long || is_temporary || wanted.no_session;
    let Some(name) = plan.base.as_ref().filter(|_| !is_direct) else {
        return Way::Direct(None);
    };
    let mut request = Request {
        profile: Some(name.clone()),
        region: wanted.request.region.clone(),
        endpoint_url: wanted.request.endpoint_url.clone(),
        ..Request::default()
    };
    let base = match resolve(context, files, &mut request, plan) {
        Ok(Some(base)) => base,
        Ok(None) => return Way::Direct(None),
        Err(failure) => {
            return Way::Direct(Some(format!("no session is kept: {failure}")));
        }
    };
    if matches!(base.target, Target::Foreign { .. }) && !wanted.yes {
        let section = &base.section.value;
        return Way::Direct(Some(format!(
            "no session is kept: section [{section}] holds temporary credentials that another tool wrote; --yes replaces them"
        )));
    }
    Way::Session(Box::new(Base {
        request,
        plan: base,
    }))
}

impl Base {
    /// Whether its session is good to open a role now, so that this takes no code.
    pub(super) fn is_good(&self, context: &Context, wanted: &Wanted) -> bool {
        self.good(context, wanted).is_some()
    }

    /// Until when it is.
    pub(super) fn good(&self, context: &Context, wanted: &Wanted) -> Option<Timestamp> {
        let now = context.clock.now();
        let good = session::decide(&self.plan, now, least(wanted), false).ok()?;
        good.session.expiration
    }

    /// Looks again at files that have changed.
    ///
    /// # Errors
    ///
    /// As for [`profile::resolve`].
    pub(super) fn catch_up(&mut self, context: &Context, files: &Files, role: &Plan) -> Result<()> {
        if let Some(plan) = resolve(context, files, &mut self.request, role)? {
            self.plan = plan;
        }
        Ok(())
    }
}

/// The base's own plan; none if signing in to it makes no session that could be used for `role`.
fn resolve(
    context: &Context,
    files: &Files,
    request: &mut Request,
    role: &Plan,
) -> Result<Option<Plan>> {
    let mut plan = profile::resolve(context, files, request)?;
    if !plan.roles.is_empty() {
        // The profile with the key has a role itself, which other profiles have nothing to do with.
        request.purpose = Purpose::Session;
        plan = profile::resolve(context, files, request)?;
    }
    let elsewhere = plan.endpoints.sts != role.endpoints.sts;
    let other_key = plan.source.name() != role.source.name();
    let same_section = plan.section.value == role.section.value;
    if !plan.roles.is_empty() || elsewhere || other_key || same_section {
        return Ok(None);
    }
    let recorded = |origin: &Origin| matches!(origin, Origin::Section(_));
    if let Some(serial) = &role.serial
        && (plan.serial.is_none() || !recorded(&serial.origin))
    {
        plan.serial = Some(serial.clone());
    }
    plan.region.clone_from(&role.region);
    plan.endpoints = role.endpoints.clone();
    Ok(Some(plan))
}
