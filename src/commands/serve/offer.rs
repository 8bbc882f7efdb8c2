//! One profile on the endpoint: signed in to, with its address, its token and the variables that
//! name them.

use std::sync::Arc;

use super::renewal::{Renewal, Told};
use crate::commands::Target;
use crate::commands::ready::{Access, Ready, ready};
use crate::context::Context;
use crate::endpoint::{Credentials, Endpoint};
use crate::failure::{Failure, Kind, Result};
use crate::profile::{Origin, Unnamed, unnamed};
use crate::secret::Secret;
use crate::signin;
use crate::ui::Ui;
use crate::variables::{Assignment, endpoint_assignments};

/// A file that has nothing in it.
const NOTHING: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// What a client of the endpoint is told.
pub(in crate::commands) struct Offer {
    pub(in crate::commands) ready: Ready,
    /// The variables to set, with their values.
    pub(in crate::commands) assignments: Vec<Assignment>,
    /// What the person should know about them, one sentence each.
    pub(in crate::commands) notes: Vec<String>,
}

/// Signs in if that is needed, and opens the endpoint for the profile.
///
/// # Errors
///
/// As for a sign-in.
pub(in crate::commands) fn offer(
    context: &Context,
    ui: &Ui,
    endpoint: &mut Endpoint,
    target: Target,
    access: Access,
    told: Told,
) -> Result<Offer> {
    let ready = ready(context, ui, target.clone(), access)?;
    let credentials = Credentials {
        key: ready.key.clone(),
        expiration: ready.expiration,
    };
    let renewal = Renewal::new(context, ui, target, &ready, told);
    let clock = context.clock.clone();
    let pass = endpoint.open(&ready.profile, credentials, Arc::new(renewal), clock)?;
    let mut assignments = endpoint_assignments(&pass.uri, &pass.token, ready.region.as_deref());
    let mut notes = Vec::new();
    for (variable, origin) in hidden(&unnamed(&signin::read_files(context)?)) {
        assignments.push((variable, Secret::new(NOTHING)));
        notes.push(format!(
            "AWS tools prefer [default] ({origin}) to an endpoint, so {variable} hides that file from them"
        ));
    }
    Ok(Offer {
        ready,
        assignments,
        notes,
    })
}

fn hidden(unnamed: &Unnamed) -> impl Iterator<Item = (&'static str, &Origin)> {
    let credentials = unnamed.credentials.iter();
    let credentials = credentials.map(|origin| ("AWS_SHARED_CREDENTIALS_FILE", origin));
    let config = unnamed
        .config
        .iter()
        .map(|origin| ("AWS_CONFIG_FILE", origin));
    credentials.chain(config)
}

/// What the endpoint runs on.
///
/// # Errors
///
/// [`Kind::Internal`] if the system has no room for it.
pub(in crate::commands) fn runtime() -> Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .map_err(|error| Failure::new(Kind::Internal, "no runtime could be started").because(error))
}
