//! `awsmfa console`: the AWS Management Console in the browser, with a role's credentials.
//!
//! Refuses what AWS would refuse before a code is asked for: a user's own session opens no console.
//! Where no browser can be opened the URL is the result, as with `--no-open`. The URL signs in
//! whoever has it, so it is printed on standard output only, and never where it was not needed.

use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Target;
use super::ready::{Access, ready};
use crate::arn::Arn;
use crate::browser;
use crate::console::{TOKEN_MINUTES, is_service};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{Plan, Request, parse_duration, spell_expiration};
use crate::signin::{self, Entrance, Visit, With};
use crate::spelled::word;
use crate::ui::{Output, Ui, in_words, until};

/// Open the AWS console in the browser with the credentials of a role
///
/// Signs in only if it has to. The sign-in URL is a secret: for 15 minutes it signs in whoever has
/// it. BROWSER names the browser's command, as elsewhere.
///
/// AWS opens the console for roles, not for the session of a user. With --policy-arn a user's
/// long-term key opens it as a federated user (GetFederationToken): without a code, and so without
/// what your policies allow only with MFA; it may do what both your own and the named policies
/// allow.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    access: Access,

    /// The service whose page is shown, such as s3, ec2 or cloudformation
    #[arg(long, value_name = "SERVICE", value_hint = ValueHint::Other, value_parser = service)]
    service: Option<String>,

    /// Print the URL instead of opening it
    #[arg(long)]
    no_open: bool,

    /// How long the console session shall last [default: as long as the credentials]
    #[arg(short, long, visible_alias = "duration-seconds", value_name = "TIME", value_hint = ValueHint::Other, value_parser = parse_duration)]
    duration: Option<Duration>,

    /// For a user: open it as a federated user with this managed policy; up to ten
    #[arg(long, value_name = "ARN", value_hint = ValueHint::Other, value_parser = policy, conflicts_with = "token_code")]
    policy_arn: Vec<String>,
}

fn service(text: &str) -> Result<String, &'static str> {
    match is_service(text) {
        true => Ok(text.to_owned()),
        false => Err("a service is written in lower-case letters, digits and hyphens (s3)"),
    }
}

/// Of AWS's own policies (`arn:aws:iam::aws:policy/…`) or of the account's.
fn policy(text: &str) -> Result<String, &'static str> {
    let found =
        Arn::parse(text).filter(|arn| arn.service == "iam" && arn.resource.starts_with("policy/"));
    match found {
        Some(_) => Ok(text.to_owned()),
        None => Err("a policy is written as arn:aws:iam::aws:policy/ReadOnlyAccess"),
    }
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        access,
        service,
        no_open,
        duration,
        policy_arn,
    } = arguments;
    let request = Request {
        profile: target.profile.clone(),
        region: target.region.clone(),
        endpoint_url: target.endpoint_url.clone(),
        ..Request::default()
    };
    let plan = signin::look_up(context, &request)?;
    check(&plan, &policy_arn, duration)?;
    if plan.endpoints.fips && plan.endpoints.signin.is_none() {
        ui.warn("AWS documents no FIPS endpoint for signing in to the console, so the usual one is used");
    }
    let limit = target.timeout;
    let visit = |with| {
        let visit = Visit {
            plan: &plan,
            with,
            service: service.as_deref(),
            duration,
            limit,
        };
        signin::enter(context, ui, &visit)
    };
    let entrance = if policy_arn.is_empty() {
        let ready = ready(context, ui, target, access)?;
        visit(With::Role {
            key: &ready.key,
            expiration: ready.expiration,
        })?
    } else {
        for warning in &plan.warnings {
            ui.warn(warning);
        }
        visit(With::Policies(&policy_arn))?
    };
    let shown = Shown {
        plan: &plan,
        service: service.as_deref(),
        duration,
        entrance,
        now: context.clock.now(),
    };
    shown.explain(context, ui);
    let opened = !no_open && shown.open(context, ui);
    shown.report(context, ui, opened)
}

/// What AWS would refuse only after a code was spent.
fn check(plan: &Plan, policies: &[String], duration: Option<Duration>) -> Result<()> {
    let profile = &plan.profile.value;
    let is_role = !plan.roles.is_empty();
    if !is_role && policies.is_empty() {
        let (who, role) = if plan.is_apart_from_role() {
            let section = &plan.section.value;
            let who = format!(
                "section [{section}] is the session of profile `{profile}` without its role"
            );
            (who, profile.as_str())
        } else {
            (format!("profile `{profile}` is no role"), "NAME")
        };
        return Err(Failure::new(
            Kind::Configuration,
            format!("{who}, and AWS does not open the console with the session of a user"),
        )
        .next(format!("name a role profile: `awsmfa console -p {}`", word(role)))
        .next("or `--policy-arn ARN` opens it as a federated user with that policy, but without MFA: what your policies allow only with MFA stays closed")
        .next("or sign in to the console with the user's own password and MFA device"));
    }
    if is_role && !policies.is_empty() {
        return Err(Failure::new(
            Kind::Usage,
            format!("--policy-arn is for the key of a user, and profile `{profile}` is a role"),
        )
        .at("--policy-arn")
        .next("leave it out: the role opens the console by itself"));
    }
    if policies.len() > 10 {
        return Err(
            Failure::new(Kind::Usage, "AWS takes ten session policies at most").at("--policy-arn"),
        );
    }
    let (who, hours) = if is_role {
        ("of a role", 12)
    } else {
        ("of a federated user", 36)
    };
    let range = Duration::from_secs(900)..=Duration::from_secs(hours * 3600);
    if duration.is_some_and(|duration| !range.contains(&duration)) {
        return Err(Failure::new(
            Kind::Usage,
            format!("the console session {who} lasts 15 minutes to {hours} hours"),
        )
        .at("--duration"));
    }
    Ok(())
}

/// What is told about the way in, and by which way it is taken.
struct Shown<'a> {
    plan: &'a Plan,
    service: Option<&'a str>,
    duration: Option<Duration>,
    entrance: Entrance,
    now: Timestamp,
}

impl Shown<'_> {
    /// Whose console it is.
    fn who(&self) -> &str {
        let role = self.plan.roles.last().map(|role| role.arn.as_str());
        let federated = self.entrance.federated_user.as_deref();
        federated.or(role).unwrap_or("the profile's user")
    }

    fn explain(&self, context: &Context, ui: &Ui) {
        let end = until(self.entrance.end, self.now, &context.zone());
        if let (true, Some(duration)) = (self.entrance.cut, self.duration) {
            ui.warn(&format!(
                "AWS does not let the console session last {}: the role was assumed with temporary credentials, so it ends with them at {end}",
                in_words(duration)
            ));
            if self.plan.roles.len() == 1 {
                ui.note(&format!(
                    "`awsmfa -p {} --no-session` takes a code for the role itself, whose console session may last longer",
                    word(&self.plan.profile.value)
                ));
            }
        }
        if self.entrance.federated_user.is_some() {
            ui.note("this session may do what both your own policies and --policy-arn allow; it has no MFA, so what is allowed only with MFA is denied");
        }
    }

    /// Whether a browser has taken the address.
    fn open(&self, context: &Context, ui: &Ui) -> bool {
        match browser::open(self.entrance.url.expose(), &context.env) {
            Ok(program) => {
                ui.trace(format_args!("opened with {program}"));
                true
            }
            Err(why) => {
                ui.warn(&format!("no browser could be opened: {why}"));
                false
            }
        }
    }

    fn report(&self, context: &Context, ui: &Ui, opened: bool) -> Result<()> {
        let end = until(self.entrance.end, self.now, &context.zone());
        if opened {
            ui.say(&format!(
                "opened the AWS console of {} until {end}",
                self.who()
            ));
        } else {
            ui.note(&format!(
                "keep this URL secret: for {TOKEN_MINUTES} minutes it lets anybody into the console, as {} until {end}",
                self.who()
            ));
        }
        match (ui.output(), opened) {
            (Output::Json, _) => ui.document(&self.document(opened)),
            (Output::Text | Output::Csv, true) => Ok(()),
            (Output::Text | Output::Csv, false) => {
                let mut line = zeroize::Zeroizing::new(self.entrance.url.expose().to_owned());
                line.push('\n');
                ui.print(line.as_bytes())
            }
        }
    }

    fn document(&self, opened: bool) -> Document<'_> {
        let url = (!opened).then(|| self.entrance.url.expose());
        let token_end = self
            .now
            .checked_add(SignedDuration::from_mins(TOKEN_MINUTES));
        Document {
            profile: &self.plan.profile.value,
            role_arn: self.plan.roles.last().map(|role| role.arn.as_str()),
            federated_user: self.entrance.federated_user.as_deref(),
            service: self.service,
            destination: &self.entrance.page,
            opened,
            url,
            url_expiration: url.and(token_end.ok()).map(spell_expiration),
            session_expiration: spell_expiration(self.entrance.end),
        }
    }
}

/// What `--output json` prints. The URL is a secret, and in it only where it is what was asked for.
#[derive(Serialize)]
struct Document<'a> {
    profile: &'a str,
    /// As it is configured.
    role_arn: Option<&'a str>,
    /// The ARN of `--policy-arn`'s session.
    federated_user: Option<&'a str>,
    service: Option<&'a str>,
    destination: &'a str,
    opened: bool,
    url: Option<&'a str>,
    url_expiration: Option<String>,
    session_expiration: String,
}
