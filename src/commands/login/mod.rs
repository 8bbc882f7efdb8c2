//! `awsmfa [CODE]` and `awsmfa login [CODE]`: sign in and write the section.
//!
//! Turns the command line into what [`crate::signin`] wants, and its outcome into words on stderr
//! or one JSON document on stdout. The steps themselves are [`crate::signin`]'s.

mod many;
mod report;

use std::time::Duration;

use clap::{Args, ValueHint};

use super::ready::explain;
use super::{Target, slip, wire};
use crate::code::{Code, Given};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{Chosen, Purpose, Request, parse_duration};
use crate::secret::Secret;
use crate::signin::{self, Renewed, Wanted};
use crate::spelled::Spelled;
use crate::ui::Ui;
use report::{Place, renewed, reused};

pub(super) use report::{how_to_use, remarks, say_not_applied};

/// What `--min-ttl` is where it is not given.
const MIN_TTL: Duration = Duration::from_secs(300);

/// Get temporary credentials with an MFA code and write them into the profile's section (default)
///
/// For a profile without a role this is STS GetSessionToken (12 hours unless asked otherwise). For
/// one with `role_arn` the code makes the session of its source too, and the role is assumed with
/// that (1 hour): every further role of the source then needs no code. A role that shall last
/// longer, or with `--no-session`, is assumed with the code itself. The section is `<profile>-mfa`
/// unless `--to` or `awsmfa_profile` in the profile names another. A section that is still good is
/// left alone, unless a code or `--force` is given. A code is asked for on the terminal where none
/// is given. With several `-p`, or `--all`, one code fills all their sections.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The six digits from the MFA device; `-` reads them from standard input
    // What it excludes is said here alone, because completion scripts are made without it.
    #[arg(value_name = "CODE", value_hint = ValueHint::Other, conflicts_with_all = ["token_code", "unwire"])]
    code: Option<Secret>,

    /// The other half of a code that was given as `123 456`.
    // Of an argument with several values the parser would take a command after it for one of them.
    #[arg(value_name = "CODE", hide = true, value_hint = ValueHint::Other)]
    half: Option<Secret>,

    /// The same as CODE
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    token_code: Option<Secret>,

    /// Every role profile of the profile's source
    #[arg(long)]
    all: bool,

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

    /// Assume the role with the code itself, without a session for further roles
    #[arg(long)]
    no_session: bool,

    /// Agree without being asked: to replacing what another tool wrote, to changing the config file
    #[arg(short, long)]
    yes: bool,

    /// The device was set up a moment ago.
    #[arg(skip)]
    new_device: bool,

    /// `mfa_process` makes codes of another device.
    #[arg(skip)]
    codes_are_typed: bool,

    #[command(flatten)]
    wiring: wire::Flags,
}

impl Arguments {
    /// What signs in with a device that was set up a moment ago.
    pub(super) fn with_device(serial: String, codes_are_typed: bool) -> Self {
        Self {
            code: None,
            half: None,
            token_code: None,
            all: false,
            to: None,
            serial_number: Some(serial),
            role_arn: None,
            role_session_name: None,
            external_id: None,
            duration_seconds: None,
            min_ttl: MIN_TTL,
            force: false,
            no_session: false,
            yes: false,
            new_device: true,
            codes_are_typed,
            wiring: wire::Flags::default(),
        }
    }
}

/// The result is the exit code: of several profiles some may have failed.
pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    more: Vec<String>,
    arguments: Arguments,
) -> Result<u8> {
    if let Some(word) = arguments.code.as_ref().map(Secret::expose)
        && Code::parse(word).is_none()
        && slip::is_profile(context, word)
    {
        let what = format!("`{word}` is neither a command nor a code");
        let login = Spelled::of(word).login();
        return Err(Failure::new(Kind::Usage, what)
            .at(Given::Positional)
            .next(format!("sign in to it: `{login}`")));
    }
    if let Some(asked) = arguments.wiring.asked() {
        let chosen = Chosen {
            names: target.profile.iter().cloned().chain(more).collect(),
            all: arguments.all,
        };
        let wanted = wanted(ui, target, arguments);
        return wire::run(context, ui, asked, &chosen, wanted).map(|()| 0);
    }
    if arguments.all || !more.is_empty() {
        return many::run(context, ui, target, more, arguments);
    }
    one(context, ui, &wanted(ui, target, arguments)).map(|()| 0)
}

fn one(context: &Context, ui: &Ui, wanted: &Wanted) -> Result<()> {
    let mut prepared = signin::prepare(context, wanted)?;
    explain(ui, &prepared);
    if let Some(warning) = &prepared.plan.shadowed {
        ui.warn(warning);
    }
    let place = Place {
        profile: prepared.plan.profile.value.clone(),
        section: prepared.plan.section.value.clone(),
        file: prepared.files.credentials.path.clone(),
    };
    loop {
        match prepared.good(context.clock.now(), wanted) {
            Ok(good) => return reused(context, ui, &place, &good, wanted),
            Err(why) => ui.trace(format_args!("renewing: {why}")),
        }
        match signin::renew(context, ui, prepared, wanted)? {
            Renewed::Here(fresh) => return renewed(context, ui, &place, &fresh),
            Renewed::Elsewhere(found) => prepared = *found,
        }
    }
}

fn wanted(ui: &Ui, target: Target, arguments: Arguments) -> Wanted {
    let Arguments {
        code,
        half,
        token_code,
        all: _,
        to,
        serial_number,
        role_arn,
        role_session_name,
        external_id,
        duration_seconds,
        min_ttl,
        force,
        no_session,
        yes,
        new_device,
        codes_are_typed,
        wiring: _,
    } = arguments;
    let Target {
        profile,
        region,
        endpoint_url,
        timeout,
    } = target;
    let code = match (token_code, code, half) {
        (Some(code), _, _) => Some((code, Given::Flag)),
        (None, Some(first), Some(half)) => {
            let whole = format!("{} {}", first.expose(), half.expose());
            Some((Secret::new(whole), Given::Positional))
        }
        (None, code, _) => code.map(|code| (code, Given::Positional)),
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
            purpose: Purpose::SignIn,
        },
        code,
        force,
        no_session,
        yes,
        min_ttl,
        timeout,
        identify: !ui.is_quiet(),
        new_device,
        codes_are_typed,
        distrusted: None,
        attended: true,
    }
}
