//! `awsmfa [CODE]` and `awsmfa login [CODE]`: sign in and write the section.
//!
//! Turns the command line into what [`crate::signin`] wants, and its outcome into words on stderr
//! or one JSON document on stdout. The steps themselves are [`crate::signin`]'s.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::SignedDuration;
use serde::Serialize;

use super::Target;
use super::ready::explain;
use crate::code::Given;
use crate::context::Context;
use crate::failure::Result;
use crate::profile::{Request, parse_duration, spell_expiration};
use crate::secret::Secret;
use crate::session::Good;
use crate::signin::{self, Fresh, Wanted};
use crate::ui::{Output, Ui, in_words, until};

/// From this difference on a clock is worth a word; AWS refuses signatures from five minutes on.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What `--min-ttl` is where it is not given.
const MIN_TTL: Duration = Duration::from_secs(300);

/// Get temporary credentials with an MFA code and write them into the profile's section (default)
///
/// For a profile without a role this is STS GetSessionToken (12 hours unless asked otherwise), for
/// one with `role_arn` AssumeRole (1 hour). The section is `<profile>-mfa` unless `--to` or
/// `awsmfa_profile` in the profile names another. A section that is still good is left alone,
/// unless a code or `--force` is given. A code is asked for on the terminal where none is given.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The six digits from the MFA device; `-` reads them from standard input
    #[arg(value_name = "CODE", num_args = 1..=2, value_hint = ValueHint::Other, conflicts_with = "token_code")]
    code: Vec<Secret>,

    /// The same as CODE
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    token_code: Option<Secret>,

    /// Write the credentials into this section of the credentials file
    #[arg(long, value_name = "SECTION", value_hint = ValueHint::Other)]
    to: Option<String>,

    /// The MFA device: its ARN, or the serial number of a hardware device
    #[arg(long, value_name = "ARN|SERIAL", value_hint = ValueHint::Other)]
    serial_number: Option<String>,

    /// The role to assume: its ARN, or its name where it is in the caller's own account
    #[arg(long, value_name = "ARN|NAME", value_hint = ValueHint::Other)]
    role_arn: Option<String>,

    /// The name of the role session, as CloudTrail shows it [default: the user's name]
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    role_session_name: Option<String>,

    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID", value_hint = ValueHint::Other)]
    external_id: Option<String>,

    /// How long the credentials should last: seconds, or `1h`, `90m`
    #[arg(short, long, value_name = "TIME", value_hint = ValueHint::Other, value_parser = parse_duration)]
    duration_seconds: Option<Duration>,

    /// Renew a section that has less than this left
    #[arg(long, value_name = "TIME", value_hint = ValueHint::Other, default_value = "5m", value_parser = parse_duration)]
    min_ttl: Duration,

    /// Renew the section even if it is still good
    #[arg(short, long)]
    force: bool,

    /// Replace temporary credentials that another tool wrote, without asking
    #[arg(short, long)]
    yes: bool,
}

impl Arguments {
    /// What signs in with a device that was set up a moment ago.
    pub(super) fn with_device(serial: String) -> Self {
        Self {
            code: Vec::new(),
            token_code: None,
            to: None,
            serial_number: Some(serial),
            role_arn: None,
            role_session_name: None,
            external_id: None,
            duration_seconds: None,
            min_ttl: MIN_TTL,
            force: false,
            yes: false,
        }
    }
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let wanted = wanted(ui, target, arguments);
    let prepared = signin::prepare(context, &wanted)?;
    explain(ui, &prepared);
    if let Some(warning) = &prepared.plan.shadowed {
        ui.warn(warning);
    }
    let place = Place {
        profile: prepared.plan.profile.value.clone(),
        section: prepared.plan.section.value.clone(),
        file: prepared.files.credentials.path.clone(),
    };
    match prepared.good(context.clock.now(), &wanted) {
        Ok(good) => reused(context, ui, &place, &good),
        Err(why) => {
            ui.trace(format_args!("renewing: {why}"));
            let fresh = signin::renew(context, ui, prepared, &wanted)?;
            renewed(context, ui, &place, &fresh)
        }
    }
}

fn wanted(ui: &Ui, target: Target, arguments: Arguments) -> Wanted {
    let Arguments {
        code,
        token_code,
        to,
        serial_number,
        role_arn,
        role_session_name,
        external_id,
        duration_seconds,
        min_ttl,
        force,
        yes,
    } = arguments;
    let Target {
        profile,
        region,
        endpoint_url,
        timeout,
    } = target;
    let code = match (token_code, code.is_empty()) {
        (Some(code), _) => Some((code, Given::Flag)),
        (None, false) => {
            let halves: Vec<&str> = code.iter().map(Secret::expose).collect();
            Some((Secret::new(halves.join(" ")), Given::Positional))
        }
        (None, true) => None,
    };
    Wanted {
        request: Request {
            profile,
            section: to,
            serial_number,
            role_arn,
            role_session_name,
            external_id,
            duration: duration_seconds,
            region,
            endpoint_url,
        },
        code,
        force,
        yes,
        min_ttl,
        timeout,
        identify: !ui.is_quiet(),
    }
}

/// Where the credentials are.
struct Place {
    profile: String,
    section: String,
    file: PathBuf,
}

/// What `--output json` prints. A secret is never part of it.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    profile: &'a str,
    section: &'a str,
    file: String,
    arn: Option<&'a str>,
    role_arn: Option<&'a str>,
    serial_number: Option<&'a str>,
    access_key_id: &'a str,
    expiration: Option<String>,
    remaining_seconds: i64,
}

fn reused(context: &Context, ui: &Ui, place: &Place, good: &Good<'_>) -> Result<()> {
    let Good { session, remaining } = good;
    let now = context.clock.now();
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action: "reused",
            profile: &place.profile,
            section: &place.section,
            file: place.file.display().to_string(),
            arn: None,
            role_arn: session.marks.role_arn.as_deref(),
            serial_number: session.marks.serial.as_deref(),
            access_key_id: &session.key_id,
            expiration: session.expiration.map(spell_expiration),
            remaining_seconds: remaining.as_secs(),
        });
    }
    ui.say(&format!(
        "[{}] is still good until {}; --force renews it",
        place.section,
        until(session.expiration.unwrap_or(now), now, &context.zone())
    ));
    how_to_use(context, ui, &place.section);
    Ok(())
}

fn renewed(context: &Context, ui: &Ui, place: &Place, fresh: &Fresh) -> Result<()> {
    if let Some((asked, granted)) = fresh.lowered {
        ui.note(&format!(
            "the role's maximum is less than {}: AWS granted {}",
            in_words(asked),
            in_words(granted)
        ));
    }
    if let Some(skew) = fresh.skew.filter(|skew| skew.abs() >= NOTABLE_SKEW) {
        ui.warn(&format!(
            "this computer's clock is {} {} AWS's; other AWS tools may be refused until it is set",
            in_words(skew.unsigned_abs()),
            if skew.is_positive() {
                "behind"
            } else {
                "ahead of"
            }
        ));
    }
    for warning in &fresh.warnings {
        ui.warn(warning);
    }
    let remaining = fresh.expiration.duration_since(fresh.aws_now);
    if ui.output() == Output::Json {
        let report = Report {
            action: "renewed",
            profile: &place.profile,
            section: &place.section,
            file: place.file.display().to_string(),
            arn: fresh.arn.as_deref(),
            role_arn: fresh.role_arn.as_deref(),
            serial_number: fresh.serial.as_deref(),
            access_key_id: &fresh.key.id,
            expiration: Some(spell_expiration(fresh.expiration)),
            remaining_seconds: remaining.as_secs(),
        };
        return ui
            .document(&report)
            .map_err(|lost| lost.next(format!("[{}] is written all the same", place.section)));
    }
    let who = match &fresh.arn {
        Some(arn) => format!("[{}] is {arn}", place.section),
        None => format!("[{}] is good", place.section),
    };
    ui.say(&format!(
        "signed in: {who} until {}",
        until(fresh.expiration, fresh.aws_now, &context.zone())
    ));
    how_to_use(context, ui, &place.section);
    Ok(())
}

/// The next thing to type, unless the shell is set up already.
fn how_to_use(context: &Context, ui: &Ui, section: &str) {
    let set = context
        .env
        .raw("AWS_PROFILE")
        .is_some_and(|profile| profile == section);
    if set || section == "default" {
        return;
    }
    if cfg!(windows) {
        ui.say(&format!("use it: $Env:AWS_PROFILE = \"{section}\""));
    } else {
        ui.say(&format!("use it: export AWS_PROFILE={section}"));
    }
}
