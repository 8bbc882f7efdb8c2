//! Who one is with the credentials that AWS tools would use, as AWS answers it.
//!
//! One GetCallerIdentity, which needs no permission. Nothing is signed in to and nothing written;
//! credentials that have expired are not sent.

use std::sync::Arc;
use std::time::Duration;

use super::{caller, circle, in_a_runtime, read_files, signals};
use crate::aws::{Aws, Identity, Known, Settings};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, Held, Request, State, Usable, UsableKey};
use crate::secret::AccessKey;
use crate::spelled::word;
use crate::ui::{Ui, until};

/// AWS's answer, and what it was asked with.
#[derive(Debug)]
pub struct Answer {
    pub identity: Identity,
    pub usable: Usable,
    /// The id of the key that signed.
    pub key_id: String,
}

/// Asks AWS.
///
/// # Errors
///
/// As for [`profile::usable`]; [`Kind::Code`] if the credentials have expired; what AWS or the
/// network says.
pub fn identify(context: &Context, ui: &Ui, request: &Request, limit: Duration) -> Result<Answer> {
    let files = read_files(context)?;
    let usable = profile::usable(context, &files, request)?;
    for warning in &usable.warnings {
        ui.warn(warning);
    }
    match &usable.key {
        UsableKey::Held { held, .. } => refuse_expired(context, held, &usable)?,
        UsableKey::Process { profile, .. } => {
            circle::check(&context.env, profile, &usable.origin)?;
        }
        UsableKey::Plain(_) => {}
    }
    in_a_runtime(async {
        tokio::select! {
            biased;
            () = signals::interrupted() => Err(Failure::new(Kind::Interrupted, "interrupted")),
            answer = ask(context, ui, usable, limit) => answer,
        }
    })
}

fn refuse_expired(context: &Context, held: &Held, usable: &Usable) -> Result<()> {
    let now = context.clock.now();
    let (State::Expired(_), Some(expiration)) = (held.state(now), held.expiration) else {
        return Ok(());
    };
    let section = &held.section;
    let when = until(expiration, now, &context.zone());
    let failure = Failure::new(
        Kind::Code,
        format!("the credentials in section [{section}] expired at {when}"),
    )
    .at(&usable.origin);
    Err(match held.marks {
        Some(_) => failure.next(format!("`awsmfa -p {}` renews them", word(section))),
        None => failure.next("renew them with the tool that wrote them"),
    })
}

async fn ask(context: &Context, ui: &Ui, usable: Usable, limit: Duration) -> Result<Answer> {
    let voice = ui.clone();
    let trace = Arc::new(move |line: &str| voice.trace(line));
    let aws = Aws::new(context, settings(&usable, limit), trace)?;
    let _working = ui.working("asking AWS who this is");
    let key: AccessKey = match &usable.key {
        UsableKey::Held { key, .. } | UsableKey::Plain(key) => key.clone(),
        UsableKey::Process { profile, command } => {
            let (command, place) = (command.expose(), &usable.origin);
            caller::from_process(context, profile, command, place, limit).await?
        }
    };
    let origin = usable.origin.to_string();
    match aws.caller_identity(&key).await {
        Ok(identity) => Ok(Answer {
            identity,
            key_id: key.id,
            usable,
        }),
        Err(refusal) => Err(refusal.failure(&Known {
            profile: usable.profile.as_deref(),
            key_id: Some(&key.id),
            key_origin: Some(&origin),
            ..Known::default()
        })),
    }
}

fn settings(usable: &Usable, budget: Duration) -> Settings {
    let endpoints = &usable.endpoints;
    Settings {
        region: usable.region.clone(),
        partition: usable.partition.clone(),
        sts_endpoint: endpoints.sts.clone(),
        iam_endpoint: endpoints.iam.clone(),
        fips: endpoints.fips,
        dual_stack: endpoints.dual_stack,
        ca_bundle: endpoints.ca_bundle.clone(),
        budget,
    }
}
