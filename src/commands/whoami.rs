//! `awsmfa whoami`: whose credentials AWS tools would use, as AWS answers it.

use clap::Args;
use serde::Serialize;

use super::Target;
use super::ready::{Access, ready};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, Request, State, UsableKey, spell_expiration};
use crate::signin::{self, Answer, Outlook, Wanted};
use crate::ui::{Cell, Output, Tone, Ui, until};

/// Show who you are for AWS, and where the credentials were found
///
/// Uses what AWS tools would use for the profile: keys of the environment where no profile is
/// named, else the profile's own keys or its `credential_process`; for a role, the section that
/// was signed in to. AWS is asked once (GetCallerIdentity). No code is asked for: a role whose session
/// is good is assumed again first, and other credentials that have expired are told, with exit code 4.
#[derive(Args, Debug)]
pub(super) struct Arguments {}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    Arguments {}: &Arguments,
) -> Result<()> {
    let Target {
        profile,
        region,
        endpoint_url,
        timeout,
    } = target.clone();
    let request = Request {
        profile,
        region,
        endpoint_url,
        ..Request::default()
    };
    let wanted = Wanted {
        request: request.clone(),
        ..Wanted::default()
    };
    let of_profile = !profile::uses_environment(context, &request);
    let prepared = signin::prepare(context, &wanted)
        .ok()
        .filter(|_| of_profile);
    match prepared.map(|prepared| (prepared.outlook(context, &wanted), prepared.plan)) {
        Some((Outlook::NoCode { .. }, _)) => {
            ready(context, ui, target, Access::default())?;
        }
        Some((Outlook::Code(why), plan)) if why.is_misfit() => {
            let section = plan.section.value;
            let what = format!("section [{section}] does not fit its profile: {why}");
            let next = format!("`awsmfa -p {section}` signs in");
            return Err(Failure::new(Kind::Code, what).next(next));
        }
        _ => {}
    }
    let answer = signin::identify(context, ui, &request, timeout)?;
    let report = Report::new(&answer);
    if ui.output() == Output::Json {
        return ui.document(&report);
    }
    let found = found(context, &answer);
    let rows = [
        ("account", report.account),
        ("arn", report.arn),
        ("user id", report.user_id),
        ("key id", report.access_key_id),
        ("found in", &found),
    ];
    let line = |(name, value): (&str, &str)| {
        vec![Cell::new(name, Tone::Faint), Cell::new(value, Tone::Plain)]
    };
    ui.table(&rows.map(line))
}

/// Where the credentials were found, in words.
fn found(context: &Context, answer: &Answer) -> String {
    let usable = &answer.usable;
    let origin = &usable.origin;
    match &usable.key {
        UsableKey::Held { held, .. } => {
            let now = context.clock.now();
            let end = held
                .expiration
                .filter(|_| held.state(now) != State::Unknown);
            let good = end.map_or("no expiry known".to_owned(), |end| {
                format!("good until {}", until(end, now, &context.zone()))
            });
            format!("section [{}], {good} ({origin})", held.section)
        }
        UsableKey::Process { .. } => format!("credential_process ({origin})"),
        UsableKey::Plain(_) => match &usable.profile {
            Some(profile) => format!("profile {profile} ({origin})"),
            None => format!("environment ({origin})"),
        },
    }
}

/// What `--output json` prints. A secret is never part of it.
#[derive(Serialize)]
struct Report<'a> {
    account: &'a str,
    arn: &'a str,
    user_id: &'a str,
    access_key_id: &'a str,
    /// None for keys of the environment where no profile was named.
    profile: Option<&'a str>,
    /// `section`, `key`, `environment` or `credential_process`.
    found_in: &'static str,
    section: Option<&'a str>,
    /// `path:line`, or a variable.
    place: String,
    expiration: Option<String>,
}

impl<'a> Report<'a> {
    fn new(answer: &'a Answer) -> Self {
        let usable = &answer.usable;
        let (found_in, held) = match &usable.key {
            UsableKey::Held { held, .. } => ("section", Some(held)),
            UsableKey::Process { .. } => ("credential_process", None),
            UsableKey::Plain(_) if usable.profile.is_none() => ("environment", None),
            UsableKey::Plain(_) => ("key", None),
        };
        Self {
            account: &answer.identity.account,
            arn: &answer.identity.arn,
            user_id: &answer.identity.user_id,
            access_key_id: &answer.key_id,
            profile: usable.profile.as_deref(),
            found_in,
            section: held.map(|held| held.section.as_str()),
            place: usable.origin.to_string(),
            expiration: held.and_then(|held| held.expiration).map(spell_expiration),
        }
    }
}
