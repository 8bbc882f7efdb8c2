//! What AWS says: both services at once, in no more than the time
//! that was given.
//!
//! With a long-term key the questions are signed and answer for the key and its device too; temporary
//! credentials tell whose they are; without either they are not signed, which shows as much of the
//! way. Nothing here needs a code, a command of
//! the user's, or changes anything.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::finding::{Check, Finding};
use super::key::Listed;
use super::{clock, device, key};
use crate::aws::{Aws, Identity, Known, Refusal, Service, Settings, Situation};
use crate::context::Context;
use crate::profile::{Files, Plan};
use crate::secret::AccessKey;
use crate::session;
use crate::signin;
use crate::spelled::Spelled;
use crate::ui::Ui;

/// An answer of AWS's, and how long it took.
struct Answer<T> {
    outcome: Result<T, Refusal>,
    took: Duration,
}

/// Asks STS and IAM.
pub(super) async fn examine(
    context: &Context,
    ui: &Ui,
    settings: Settings,
    files: &Files,
    plan: Option<&Plan>,
    asked: &Spelled,
) -> Vec<Finding> {
    let limit = settings.budget;
    let voice = ui.clone();
    let trace = Arc::new(move |line: &str| voice.trace(line));
    let aws = match Aws::new(context, settings, trace) {
        Ok(aws) => aws,
        Err(failure) => return vec![Finding::of(Check::WayToAws, &failure)],
    };
    let key = plan.and_then(|plan| plan.source.key());
    match (plan, key) {
        (Some(plan), Some(key)) if key.is_temporary() => with_session(&aws, plan, key, limit).await,
        (Some(plan), Some(key)) => {
            let own = Own {
                key,
                session: session(context, files, plan),
            };
            with_key(&aws, plan, &own, limit, asked, files).await
        }
        _ => {
            let mut found = without_key(&aws, limit).await;
            if plan.is_some() {
                found.push(Finding::note(
                    Check::Key,
                    format!("the key comes from `credential_process`, which is not run for this; `{}` runs it", asked.command("whoami")),
                ));
            }
            found
        }
    }
}

async fn without_key(aws: &Aws, limit: Duration) -> Vec<Finding> {
    let (sts, iam) = tokio::join!(
        timed(limit, aws.reach(Service::Sts)),
        timed(limit, aws.reach(Service::Iam)),
    );
    let known = Known::default();
    let mut found = vec![
        reached(aws, Service::Sts, &sts, limit, &known).await,
        reached(aws, Service::Iam, &iam, limit, &known).await,
    ];
    found.extend(clock::examine(aws.skew()));
    found
}

/// Of temporary credentials nobody knows what they may look at, but they say whose they are.
async fn with_session(aws: &Aws, plan: &Plan, key: &AccessKey, limit: Duration) -> Vec<Finding> {
    let (sts, iam) = tokio::join!(
        timed(limit, aws.caller_identity(key)),
        timed(limit, aws.reach(Service::Iam)),
    );
    let origin = plan.source.origin().to_string();
    let known = Known {
        profile: plan.source.name(),
        key_id: Some(&key.id),
        key_origin: Some(&origin),
        ..Known::default()
    };
    let mut found = vec![
        reached(aws, Service::Sts, &sts, limit, &known).await,
        reached(aws, Service::Iam, &iam, limit, &known).await,
    ];
    found.extend(clock::examine(aws.skew()));
    found.extend(sts.and_then(|answer| key::of_identity(&answer.outcome, &known)));
    found
}

/// The user's credentials: the long-term key, and a good session where there is one.
struct Own<'a> {
    key: &'a AccessKey,
    session: Option<AccessKey>,
}

impl Own<'_> {
    /// Asks with the key alone, and once more with the session where a policy wants MFA.
    async fn ask<T>(
        &self,
        question: impl AsyncFn(&AccessKey) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        match (question(self.key).await, &self.session) {
            (Err(refusal), Some(session)) if refusal.is_denial() => question(session).await,
            (outcome, _) => outcome,
        }
    }
}

/// What the profile is signed in to as the user, as long as it is good.
fn session(context: &Context, files: &Files, plan: &Plan) -> Option<AccessKey> {
    let now = context.clock.now();
    session::decide(plan, now, Duration::ZERO, false).ok()?;
    let is_user = plan.roles.is_empty();
    is_user.then(|| signin::held_key(files, &plan.section.value).ok())?
}

async fn with_key(
    aws: &Aws,
    plan: &Plan,
    own: &Own<'_>,
    limit: Duration,
    asked: &Spelled,
    files: &Files,
) -> Vec<Finding> {
    let begin = Instant::now();
    let user = async {
        let identity = timed(limit, aws.caller_identity(own.key)).await;
        let left = limit.saturating_sub(begin.elapsed());
        let keys = match identity.as_ref().map(|answer| &answer.outcome) {
            Some(Ok(identity)) => timed(left, keys(aws, own, identity)).await,
            _ => None,
        };
        (identity, keys)
    };
    let devices = own.ask(async |key| aws.mfa_devices(key).await);
    let ((sts, keys), iam) = tokio::join!(user, timed(limit, devices));
    let origin = plan.source.origin().to_string();
    let known = Known {
        profile: plan.profile_of_key(),
        key_id: Some(&own.key.id),
        key_origin: Some(&origin),
        ..Known::default()
    };
    let mut found = vec![
        reached(aws, Service::Sts, &sts, limit, &known).await,
        reached(aws, Service::Iam, &iam, limit, &known).await,
    ];
    found.extend(clock::examine(aws.skew()));
    let identity = sts.as_ref().map(|answer| &answer.outcome);
    let told = identity.and_then(|identity| key::of_identity(identity, &known));
    let refused = told
        .as_ref()
        .is_some_and(|told| told.check == Check::KeyRefused);
    found.extend(told);
    match (identity, &keys) {
        (_, Some(keys)) => {
            let own = &own.key.id;
            found.extend(key::of_keys(
                own,
                &origin,
                &keys.outcome,
                aws.now(),
                asked,
                files,
            ));
        }
        (Some(Ok(_)), None) => found.push(key::unanswered(&origin)),
        _ => {}
    }
    // IAM says of the key what STS has said.
    if let (false, Some(devices)) = (refused, iam) {
        found.extend(device::examine(
            devices.outcome,
            plan.serial.as_ref(),
            asked,
        ));
    }
    found
}

/// The user's keys as far as they may be seen, the others than `own` with their last use.
async fn keys(aws: &Aws, own: &Own<'_>, identity: &Identity) -> Result<Vec<Listed>, Refusal> {
    let Some(user) = identity.user_name() else {
        return Ok(Vec::new());
    };
    let mut listed = Vec::new();
    for key in own
        .ask(async |key| aws.access_keys(key, user).await)
        .await?
    {
        let used = match key.id == own.key.id {
            true => None,
            false => {
                let asked = own.ask(async |with| aws.access_key_last_used(with, &key.id).await);
                asked.await.ok().flatten()
            }
        };
        listed.push((key, used));
    }
    Ok(listed)
}

/// `None` if there is no outcome within the limit.
async fn timed<T>(
    limit: Duration,
    question: impl Future<Output = Result<T, Refusal>>,
) -> Option<Answer<T>> {
    let begin = Instant::now();
    let outcome = tokio::time::timeout(limit, question).await.ok()?;
    Some(Answer {
        outcome,
        took: begin.elapsed(),
    })
}

/// Whether the service answered at all, and at which address.
async fn reached<T>(
    aws: &Aws,
    service: Service,
    answer: &Option<Answer<T>>,
    limit: Duration,
    known: &Known<'_>,
) -> Finding {
    let finding = answered(service, answer, limit, known);
    match aws.address(service).await {
        Some(address) => finding.at(address),
        None => finding,
    }
}

fn answered<T>(
    service: Service,
    answer: &Option<Answer<T>>,
    limit: Duration,
    known: &Known<'_>,
) -> Finding {
    let name = service.name();
    let check = match service {
        Service::Sts => Check::Sts,
        Service::Iam => Check::Iam,
    };
    let Some(Answer { outcome, took }) = answer else {
        let what = format!("{name} did not answer within {} s", limit.as_secs());
        return Finding::problem(check, what)
            .why("timed-out")
            .next("check the network connection, then try again; --timeout gives it longer");
    };
    let told = |refusal: &Refusal| {
        let finding = Finding::of(check, &refusal.failure(known));
        let what = format!("{name}: {}", finding.what);
        Finding { what, ..finding }
    };
    match outcome {
        Err(refusal) if !refusal.is_answer() => told(refusal).why(reason(&refusal.situation)),
        Err(refusal) if is_out_of_service(&refusal.situation) => told(refusal),
        _ => Finding::ok(check, format!("{name} answers in {} ms", took.as_millis())),
    }
}

fn is_out_of_service(situation: &Situation) -> bool {
    matches!(
        situation,
        Situation::Throttled
            | Situation::Unavailable
            | Situation::RegionDisabled
            | Situation::WrongScope
    )
}

/// Why a service was not reached, in a word for scripts.
fn reason(situation: &Situation) -> &'static str {
    match situation {
        Situation::NameNotFound => "name-not-found",
        Situation::Unreachable => "unreachable",
        Situation::TimedOut => "timed-out",
        Situation::BrokenOff => "broken-off",
        Situation::ProxyUnreachable | Situation::ProxyPassword | Situation::ProxyRefused => "proxy",
        Situation::Untrusted
        | Situation::WrongName
        | Situation::CertificateDates
        | Situation::Tls => "tls",
        Situation::Foreign { .. } => "not-aws",
        _ => "unsent",
    }
}
