//! `awsmfa mfa setup`: from nothing to a device that is enabled, in the profile, and signed in with.
//!
//! Here are the arguments and the result; [`super::course`] goes from step to step, and the sign-in at
//! the end is [`crate::commands::login`]'s.

use std::cell::Cell;

use clap::{Args, ValueHint};

use super::codes::GivenCodes;
use super::course::Course;
use super::hand::Handing;
use super::progress::Progress;
use super::which::serial_of;
use crate::commands::whose::Whose;
use crate::commands::{Target, login};
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Kind, Result};
use crate::iam_name::Named;
use crate::profile::Purpose;
use crate::signin::Operator;
use crate::spelled::Spelled;
use crate::ui::Ui;

/// Create a virtual MFA device, enable it, write it into the profile, and sign in
///
/// Shows a QR code, asks for the first code and, half a minute later, for the second, enables the
/// device with them, writes `mfa_serial` into the profile (if you agree, or with `--yes`), and signs
/// in with the code after those. Cut off at any point, the same command goes on: a device that was
/// enabled is used, and one that was created and whose seed is lost is replaced, if you agree. For
/// somebody else (`--user`) it stops after enabling.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The device's name [default: the user's]
    #[arg(long, visible_alias = "virtual-mfa-device-name", value_name = "NAME", value_hint = ValueHint::Other)]
    name: Option<String>,

    #[command(flatten)]
    handing: Handing,

    #[command(flatten)]
    codes: GivenCodes,

    /// Stop after enabling the device and writing it into the profile
    #[arg(long)]
    no_login: bool,

    /// Agree to what would be asked: replacing a device that was never enabled, writing `mfa_serial`
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        name,
        handing,
        codes,
        no_login,
        yes,
        whose,
    } = arguments;
    if let Some(name) = &name {
        Named::Device.check(name, "--name")?;
    }
    let given = codes.parse()?;
    let spelled = Spelled {
        name: name.clone(),
        ..whose.spelled(&target)
    };
    let (mut orders, user) = whose.orders(target.clone())?;
    if user.is_none() {
        orders.request.purpose = match no_login {
            true => Purpose::LongTerm,
            false => Purpose::SignIn,
        };
    }
    let (setup, login) = (spelled.command("mfa setup"), spelled.login());
    let errand = Errand::new(ui, format!("run `{setup}` again: it goes on from there"));
    let progress = Progress::default();
    let outcome = errand.run(async {
        let named = orders.request.clone();
        let operator = Operator::new(context, ui, orders).await?;
        let own = user.is_none();
        let user = operator.user(user.as_deref()).await?;
        let identity = operator.identity().await?;
        let serial = serial_of(identity, name.as_deref().unwrap_or(&user));
        progress.is_about(&serial, &user);
        let course = Course {
            context,
            ui,
            errand: &errand,
            progress: &progress,
            operator: &operator,
            account: identity.account.clone(),
            request: own.then_some(named),
            user,
            serial,
            spelled,
            handing,
            given,
            yes,
            no_login: no_login || !own,
            timeout: target.timeout,
            next_code: Cell::new(None),
            has_another: Cell::new(false),
            sees_all: Cell::new(true),
        };
        course.run().await
    });
    let outcome = outcome.map_err(|failure| progress.report_before(ui, failure))?;
    if outcome.sign_in {
        let text = ui.as_text();
        let serial = outcome.serial.clone();
        let arguments = login::Arguments::with_device(serial, outcome.codes_are_typed);
        login::run(context, &text, target, Vec::new(), arguments).map_err(|failure| {
            let mut failure = failure.done(format!("device {} is enabled", outcome.serial));
            if let Some(file) = progress.file() {
                failure = failure.done(format!("mfa_serial = {} is in {file}", outcome.serial));
            }
            let failure = match failure.kind() {
                Kind::Aws => failure.next(format!("sign in with `{login}` in a while: AWS may not know the new device everywhere yet")),
                Kind::Interrupted => failure.next(format!("sign in later with `{login}`")),
                _ => failure,
            };
            progress.report_before(ui, failure)
        })?;
    }
    progress.report(ui, outcome.unchanged, outcome.sign_in)
}
