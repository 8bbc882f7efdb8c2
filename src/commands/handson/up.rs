//! `awsmfa handson up`: its arguments, and what is told at the end.

use std::time::Duration;

use clap::{Args, ValueHint};
use serde::Serialize;

use super::look::Wanted;
use super::raise::{Raised, Raising};
use crate::arn::Arn;
use crate::commands::Target;
use crate::commands::mfa::codes::GivenCodes;
use crate::commands::mfa::hand::Handing;
use crate::commands::policy;
use crate::commands::whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::handson::files::Places;
use crate::handson::tags;
use crate::iam_name::Named;
use crate::profile::{parse_duration, spell_expiration};
use crate::secret::Secret;
use crate::shell;
use crate::signin::{Acting, Operator};
use crate::spelled::Spelled;
use crate::ui::{Output, Ui, until};

/// How many policies a role may have at most (IAM User Guide, "IAM and AWS STS quotas").
const MOST_POLICIES: usize = 20;

/// Create a user without permissions and a role that it can put on with a code
///
/// Creates the user, the role that trusts nobody but this user and only with MFA, an access key,
/// which goes into a profile, and a virtual MFA device: it shows the QR code, asks for two codes in a
/// row, and enables the device. Then it writes the profile to sign in with and shows how. You are
/// asked before anything is made. Cut off at any point, the same command goes on.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The user to create
    #[arg(long, required_unless_present = "print_policy", value_name = "NAME", value_hint = ValueHint::Other)]
    user: Option<String>,

    /// The role to create [default: the user's name and `-role`]
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    role: Option<String>,

    /// A policy for the role; may be given more than once
    #[arg(long = "policy-arn", required_unless_present = "print_policy", value_name = "ARN", value_hint = ValueHint::Other)]
    policies: Vec<String>,

    /// For how long it is wanted (`8h`, `3d`); `list` shows what is overdue
    #[arg(long, value_name = "TIME", value_hint = ValueHint::Other, value_parser = parse_lifetime)]
    expires: Option<Duration>,

    /// The profile to put the access key into [default: the user's name]
    #[arg(long, value_name = "PROFILE", value_hint = ValueHint::Other)]
    to: Option<String>,

    /// The profile to sign in with, which names the role [default: the role's name]
    #[arg(long, value_name = "PROFILE", value_hint = ValueHint::Other)]
    role_profile: Option<String>,

    /// The section for the role's credentials
    #[arg(long, value_name = "SECTION", value_hint = ValueHint::Other, default_value = "session-token")]
    section: String,

    #[command(flatten)]
    handing: Handing,

    #[command(flatten)]
    codes: GivenCodes,

    /// A command that prints a code of the new device; it goes into the profile, too
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    mfa_process: Option<Secret>,

    /// Agree to all of it
    #[arg(short, long)]
    yes: bool,

    /// A code of your own to sign in with, should AWS want MFA for it; `-` reads it from standard input
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    token_code: Option<Secret>,
}

impl Arguments {
    /// What is known of the names, for the policy that allows to run it.
    ///
    /// # Errors
    ///
    /// As for running it.
    pub(super) fn named(&self) -> Result<policy::Named> {
        let role = self.role.clone();
        let role = role.or_else(|| self.user.as_deref().map(role_of));
        if let Some(user) = &self.user {
            Named::User.check(user, "--user")?;
        }
        if let Some(role) = &role {
            Named::Role.check(role, "--role")?;
        }
        Ok(policy::Named {
            user: self.user.clone(),
            role,
            policies: check_policies(self.policies.clone())?,
        })
    }
}

/// What the role is called where nobody says.
fn role_of(user: &str) -> String {
    format!("{user}-role")
}

/// What `--output json` prints. The seed is part of it only where `--show-seed` asks for it.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    user: &'a str,
    user_arn: &'a str,
    role_arn: &'a str,
    policies: &'a [String],
    serial_number: &'a str,
    access_key_id: &'a str,
    key_profile: &'a str,
    role_profile: &'a str,
    section: &'a str,
    expires: Option<String>,
    qr_file: Option<String>,
    base32_string_seed: Option<&'a str>,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        user,
        role,
        policies,
        expires,
        to,
        role_profile,
        section,
        handing,
        codes,
        mfa_process,
        yes,
        token_code,
    } = arguments;
    let user = user.expect("the parser asks for it");
    Named::User.check(&user, "--user")?;
    let role = role.unwrap_or_else(|| role_of(&user));
    Named::Role.check(&role, "--role")?;
    let policies = check_policies(policies)?;
    let places = Places {
        key: to.unwrap_or_else(|| user.clone()),
        role: role_profile.unwrap_or_else(|| role.clone()),
        section,
    };
    places.check()?;
    let given = codes.parse()?;
    let timeout = target.timeout;
    let down = Spelled {
        profile: target.profile.clone(),
        user: Some(user.clone()),
        endpoint: target.endpoint_url.clone(),
        ..Spelled::default()
    };
    let orders = whose::orders(target, Acting::ForOthers, token_code);
    let errand = Errand::new(
        ui,
        format!(
            "run the same again: it goes on from there; `{}` removes what there is",
            down.command("handson down")
        ),
    );
    let wanted = Wanted {
        user,
        role,
        policies,
        spelled: down.clone(),
    };
    let raised = errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let raising = Raising {
            context,
            ui,
            errand: &errand,
            operator: &operator,
            wanted: &wanted,
            places: &places,
            lifetime: expires,
            handing: &handing,
            given: given.as_ref(),
            mfa_process: mfa_process.as_ref(),
            yes,
            timeout,
        };
        raising.run().await
    })?;
    tell(context, ui, &wanted, &places, &raised, down)
}

/// How a lifetime is written.
const LIFETIME: &str = "write a time from a minute to a year: days (3d), hours and minutes (8h, 90m), or seconds (3600)";

/// At least a minute: what is over before it is there is a slip.
fn parse_lifetime(text: &str) -> Result<Duration, &'static str> {
    let (number, unit) = text.split_at(text.len() - usize::from(text.ends_with('d')));
    let lifetime = match (unit, number.parse::<u32>()) {
        ("d", Ok(days)) => Duration::from_secs(86_400) * days,
        _ => parse_duration(text).map_err(|_| LIFETIME)?,
    };
    let most = Duration::from_secs(86_400 * 366);
    match (Duration::from_secs(60)..=most).contains(&lifetime) {
        true => Ok(lifetime),
        false => Err(LIFETIME),
    }
}

/// Each policy once, in the order given.
///
/// # Errors
///
/// [`Kind::Usage`] for what can be no managed policy's ARN (IAM User Guide, "IAM identifiers").
fn check_policies(given: Vec<String>) -> Result<Vec<String>> {
    let mut policies: Vec<String> = Vec::new();
    for arn in given {
        let parsed = Arn::parse(&arn);
        let owned = |parsed: &Arn<'_>| parsed.account == "aws" || parsed.account_id().is_some();
        let sound = parsed.is_some_and(|parsed| {
            let (kind, name) = parsed.kind_and_name();
            parsed.service == "iam" && owned(&parsed) && kind == "policy" && !name.is_empty()
        });
        if !sound {
            return Err(Failure::new(
                Kind::Usage,
                format!("{arn:?} is not the ARN of a managed policy"),
            )
            .at("--policy-arn")
            .note("it looks like arn:aws:iam::aws:policy/ReadOnlyAccess"));
        }
        if !tags::fits(&arn) {
            return Err(Failure::new(
                Kind::Usage,
                "the ARN of the policy is longer than a tag of the role may be",
            )
            .at("--policy-arn")
            .next("choose a policy with a shorter path or name"));
        }
        if !policies.contains(&arn) {
            policies.push(arn);
        }
    }
    if policies.len() > MOST_POLICIES {
        return Err(Failure::new(
            Kind::Usage,
            format!("a role may have {MOST_POLICIES} policies at most"),
        )
        .at("--policy-arn"));
    }
    Ok(policies)
}

fn tell(
    context: &Context,
    ui: &Ui,
    wanted: &Wanted,
    places: &Places,
    raised: &Raised,
    down: Spelled,
) -> Result<()> {
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action: "up",
            user: &wanted.user,
            user_arn: &raised.user_arn,
            role_arn: &raised.role_arn,
            policies: &wanted.policies,
            serial_number: &raised.serial,
            access_key_id: &raised.key_id,
            key_profile: &places.key,
            role_profile: &places.role,
            section: &places.section,
            expires: raised.expires.map(spell_expiration),
            qr_file: raised.qr_file.clone(),
            base32_string_seed: raised.shown_seed.as_ref().map(Secret::expose),
        });
    }
    let user = &wanted.user;
    match raised.expires {
        Some(end) => {
            let end = until(end, context.clock.now(), &context.zone());
            ui.say(&format!(
                "hands-on user {user} is ready; wanted until {end}"
            ));
        }
        None => ui.say(&format!("hands-on user {user} is ready")),
    }
    let login = Spelled {
        profile: Some(places.role.clone()),
        ..down.clone()
    };
    ui.say(&format!(
        "sign in with the next code: {} 123456",
        login.login()
    ));
    ui.say(&format!(
        "then use it: {}",
        shell::at_hand(&context.env).setting("AWS_PROFILE", &places.section)
    ));
    // With AWS_PROFILE set as above the administrator has to be named. A key of the environment has no
    // name, and counts only where no profile is named.
    let where_to = match &raised.administrator {
        Some(_) => "",
        None => ", where AWS_PROFILE is not set",
    };
    let down = Spelled {
        profile: raised.administrator.clone(),
        ..down
    };
    ui.say(&format!(
        "and at the end{where_to}: {}",
        down.command("handson down")
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_time_or_a_number_of_days() {
        for (text, seconds) in [
            ("8h", 28_800),
            ("90m", 5_400),
            ("3d", 259_200),
            ("3600", 3_600),
        ] {
            assert_eq!(parse_lifetime(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "d", "0d", "30", "1000d", "soon", "-1d", "4294967296d"] {
            assert!(parse_lifetime(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_policy_is_named_by_a_whole_arn() {
        let arn = |text: &str| check_policies(vec![text.to_owned()]);
        for text in [
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws-cn:iam::aws:policy/job-function/Billing",
            "arn:aws:iam::123456789012:policy/team/x",
        ] {
            assert_eq!(arn(text).unwrap(), [text]);
            assert_eq!(check_policies(vec![text.to_owned(); 2]).unwrap(), [text]);
        }
        for text in [
            "AdministratorAccess",
            "arn:aws:iam::aws:policy/",
            "arn:aws:iam::aws:role/x",
            "arn:aws:s3:::policy/x",
            "arn:aws:iam::1:policy/x",
            &format!("arn:aws:iam::aws:policy/{}", "x".repeat(256)),
        ] {
            assert_eq!(arn(text).unwrap_err().kind(), Kind::Usage, "{text}");
        }
        let many = (0..21).map(|number| format!("arn:aws:iam::aws:policy/p{number}"));
        assert!(check_policies(many.collect()).is_err());
    }
}
