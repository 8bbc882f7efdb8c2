//! Into the console: from credentials to the URL that signs in whoever has it.
//!
//! [`look_up`] says what a profile is, so that whatever cannot open the console is refused before a
//! code is spent. [`enter`] gets the sign-in token, for a role's credentials or for those of a
//! federated user, which it asks for itself: they are used for this alone and written nowhere.
//! The console's addresses are [`crate::console`]'s; opening one is the command's.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::caller::Caller;
use super::ways::Ways;
use super::{circle, read_files, signals};
use crate::arn::Arn;
use crate::aws::{CHECK_POLICIES, Denial, Federation, Issued, Known, SignIn, Situation, Trace};
use crate::console::{Console, login_url};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::host::partition_of;
use crate::profile::{self, Plan, Request, Source};
use crate::secret::{AccessKey, Secret};
use crate::ui::Ui;

/// What is wanted.
#[derive(Debug)]
pub struct Visit<'a> {
    pub plan: &'a Plan,
    pub with: With<'a>,
    /// The page to show, by its service; the console's first one where none is given.
    pub service: Option<&'a str>,
    /// How long the console session shall last; none is as long as the credentials.
    pub duration: Option<Duration>,
    /// How long to try to reach AWS.
    pub limit: Duration,
}

/// Whose console it will be.
#[derive(Clone, Copy, Debug)]
pub enum With<'a> {
    /// A role's, by its credentials.
    Role {
        key: &'a AccessKey,
        expiration: Timestamp,
    },
    /// A federated user's with these session policies, by the source's long-term key.
    Policies(&'a [String]),
}

/// The way in.
#[derive(Debug)]
pub struct Entrance {
    /// Signs in whoever has it.
    pub url: Secret,
    /// The page it leads to.
    pub page: String,
    /// The federated user's ARN.
    pub federated_user: Option<String>,
    /// When the console session ends.
    pub end: Timestamp,
    /// AWS has not granted the duration that was asked for.
    pub cut: bool,
}

/// What the profile is. Reads the files and nothing else.
///
/// # Errors
///
/// As for [`super::prepare`]; also if AWS has no documented console where the profile belongs.
pub fn look_up(context: &Context, request: &Request) -> Result<Plan> {
    let plan = profile::resolve(context, &read_files(context)?, request)?;
    locate(&plan, None)?;
    Ok(plan)
}

/// Asks AWS for the token.
///
/// # Errors
///
/// [`Kind::Aws`] and [`Kind::Network`] as AWS or the network says; what a key's
/// `credential_process` comes to; [`Kind::Interrupted`].
pub fn enter(context: &Context, ui: &Ui, visit: &Visit<'_>) -> Result<Entrance> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Kind::Internal, "no runtime could be started").because(error)
        })?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            biased;
            () = signals::interrupted() => Err(Failure::new(Kind::Interrupted, "interrupted")),
            entrance = approach(context, ui, visit) => entrance,
        }
    });
    runtime.shutdown_background();
    outcome
}

async fn approach(context: &Context, ui: &Ui, visit: &Visit<'_>) -> Result<Entrance> {
    let _working = ui.working("asking AWS to open the console");
    let plan = visit.plan;
    match visit.with {
        With::Role { key, expiration } => {
            let console = locate(plan, None)?;
            let known = Known {
                profile: Some(&plan.profile.value),
                ..Known::default()
            };
            let desk = sign_in(context, ui, visit, &console)?;
            let (token, cut) = token(&desk, key, visit.duration, &known).await?;
            let end = match visit.duration {
                Some(duration) if !cut => after(context.clock.now(), duration),
                _ => expiration,
            };
            Ok(entrance(&console, visit, &token, None, (end, cut)))
        }
        With::Policies(policies) => {
            let (federated, partition) = federate(context, ui, visit, policies).await?;
            let console = locate(plan, Some(&partition))?;
            let desk = sign_in(context, ui, visit, &console)?;
            let (token, _) = token(&desk, &federated.key, None, &Known::default()).await?;
            let end = (federated.expiration, false);
            Ok(entrance(&console, visit, &token, federated.arn, end))
        }
    }
}

fn entrance(
    console: &Console,
    visit: &Visit<'_>,
    token: &Secret,
    federated_user: Option<String>,
    (end, cut): (Timestamp, bool),
) -> Entrance {
    let page = console.page(visit.service);
    Entrance {
        url: login_url(endpoint(console, visit.plan), &page, token),
        page,
        federated_user,
        end,
        cut,
    }
}

/// The partition is that of the key's owner, where AWS has said it; else of what is named, else of
/// the region.
fn locate(plan: &Plan, partition: Option<&str>) -> Result<Console> {
    let region = plan.region.as_ref().map(|region| region.value.as_str());
    let last = plan.roles.last().map(|role| role.arn.as_str());
    let serial = plan.serial.as_ref().map(|serial| serial.value.as_str());
    let named = [last, serial].into_iter().flatten();
    let partition = partition
        .or_else(|| named.filter_map(Arn::parse).map(|arn| arn.partition).next())
        .unwrap_or_else(|| region.map_or("aws", partition_of));
    Console::locate(partition, region).ok_or_else(|| {
        Failure::new(
            Kind::Configuration,
            format!("AWS documents no console for partition `{partition}`"),
        )
        .next("open the console at the address that you were given for it")
    })
}

/// Where the sign-in endpoint is: the configured address, or AWS's own.
fn endpoint<'a>(console: &'a Console, plan: &'a Plan) -> &'a str {
    plan.endpoints.signin.as_deref().unwrap_or(&console.signin)
}

fn sign_in(context: &Context, ui: &Ui, visit: &Visit<'_>, console: &Console) -> Result<SignIn> {
    let voice = ui.clone();
    let trace: Trace = Arc::new(move |line: &str| voice.trace(line));
    SignIn::new(
        context,
        endpoint(console, visit.plan),
        visit.plan.endpoints.ca_bundle.clone(),
        visit.limit,
        trace,
    )
}

/// AWS refuses to lengthen the session of a role that was assumed with temporary credentials, in
/// the same words in which it refuses everything else. Nothing is spent by asking, so what is
/// refused with a duration is asked for without; `true` if that was needed.
async fn token(
    desk: &SignIn,
    key: &AccessKey,
    duration: Option<Duration>,
    known: &Known<'_>,
) -> Result<(Secret, bool)> {
    match desk.token(key, duration).await {
        Ok(token) => return Ok((token, false)),
        Err(refusal) if refusal.situation == Situation::SigninRefused && duration.is_some() => {}
        Err(refusal) => return Err(refusal.failure(known)),
    }
    match desk.token(key, None).await {
        Ok(token) => Ok((token, true)),
        Err(refusal) => Err(refusal.failure(known)),
    }
}

/// A federated user's credentials, and the partition it belongs to.
async fn federate(
    context: &Context,
    ui: &Ui,
    visit: &Visit<'_>,
    policies: &[String],
) -> Result<(Issued, String)> {
    let plan = visit.plan;
    if let Source::Process { name, .. } = &plan.source {
        circle::check(&context.env, name, &plan.source.origin())?;
    }
    let mut caller = Caller::new(context, &Ways::new(ui, visit.limit), plan).await?;
    let identity = match caller.identity().await {
        Ok(identity) => identity.clone(),
        Err(refusal) => return Err(caller.explain(&refusal, plan, None, None)),
    };
    let federation = Federation {
        name: &name_for(identity.user_name().unwrap_or("root")),
        policies,
        duration: visit.duration,
    };
    let asked = caller
        .aws()
        .federation_token(caller.key(), &federation)
        .await;
    match asked {
        Ok(issued) => Ok((issued, identity.partition().unwrap_or("aws").to_owned())),
        Err(refusal) => {
            let failure = caller.explain(&refusal, plan, None, None);
            Err(match refusal.situation {
                Situation::Denied(Denial::Explicit) => failure
                    .next("name a role profile with -p: where a policy wants MFA only a role opens the console"),
                Situation::Denied(_) => {
                    failure.next("ask an administrator for `sts:GetFederationToken`, or name a role profile, which does without: -p NAME")
                }
                Situation::Other => failure.next(CHECK_POLICIES),
                _ => failure,
            })
        }
    }
}

/// The federated user is named after the user, for CloudTrail (AWS STS API Reference,
/// GetFederationToken, "Name": 2 to 32 of these characters, which all that IAM allows are among).
fn name_for(user: &str) -> String {
    let name: String = user.chars().take(32).collect();
    match name.chars().count() {
        0..2 => format!("awsmfa-{name}"),
        _ => name,
    }
}

fn after(now: Timestamp, duration: Duration) -> Timestamp {
    let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    now.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_federated_user_has_the_user_s_name_as_far_as_aws_takes_it() {
        let long = "a".repeat(64);
        for (user, name) in [
            ("alice", "alice"),
            ("a+b=c,d.e@f-g_h", "a+b=c,d.e@f-g_h"),
            ("x", "awsmfa-x"),
            (long.as_str(), &long[..32]),
        ] {
            assert_eq!(name_for(user), name);
        }
    }
}
