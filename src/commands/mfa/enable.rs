//! `awsmfa mfa enable` and `awsmfa mfa resync`: two codes in a row.

use clap::Args;
use serde::Serialize;

use super::codes::{Clerk, GivenCodes, Source};
use super::create::{DEVICE_FIRST, about};
use super::pairing::{Deed, Pairing, Refused};
use super::which::{Which, devices_of, serial_of};
use crate::aws::Device;
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Result};
use crate::pauses::Pauses;
use crate::signin::Operator;
use crate::ui::{Output, Ui};

/// Enable an MFA device with two codes in a row
///
/// For a device that `awsmfa mfa create` has made, or a hardware device (`--serial-number`). Both
/// codes are asked for, half a minute apart, unless `mfa_process` makes them or they are given.
#[derive(Args, Debug)]
pub(super) struct Enable {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    codes: GivenCodes,

    #[command(flatten)]
    whose: Whose,
}

/// Tell AWS anew how far an MFA device's clock is off, with two codes in a row
///
/// For a device whose codes are right and not accepted any more. Without a name it is the user's
/// only device that makes codes.
#[derive(Args, Debug)]
pub(super) struct Resync {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    codes: GivenCodes,

    #[command(flatten)]
    whose: Whose,
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// `enabled`, `resynchronized`, or `unchanged` where there was nothing to do.
    action: &'static str,
    serial_number: &'a str,
    user: &'a str,
}

pub(super) fn enable(context: &Context, ui: &Ui, target: Target, enable: Enable) -> Result<()> {
    let Enable {
        which,
        codes,
        whose,
    } = enable;
    act(context, ui, target, (which, codes, whose), Deed::Enable)
}

pub(super) fn resync(context: &Context, ui: &Ui, target: Target, resync: Resync) -> Result<()> {
    let Resync {
        which,
        codes,
        whose,
    } = resync;
    act(context, ui, target, (which, codes, whose), Deed::Resync)
}

fn act(
    context: &Context,
    ui: &Ui,
    target: Target,
    (which, codes, whose): (Which, GivenCodes, Whose),
    deed: Deed,
) -> Result<()> {
    which.check()?;
    let given = codes.parse()?;
    let timeout = target.timeout;
    let (orders, user) = whose.orders(target)?;
    let errand = Errand::new(ui, "`awsmfa mfa list` shows what became of it");
    let (serial, user, action) = errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let source = Source::choose(given, &operator, ui)?;
        let own = user.is_none();
        let user = operator.user(user.as_deref()).await?;
        let serial = match deed {
            Deed::Enable => {
                let serial = match which.given(&operator).await? {
                    Some(serial) => serial,
                    None => serial_of(operator.identity().await?, &user),
                };
                // Who may not look learns the rest from AWS.
                let enabled = devices_of(&operator, Some(&user)).await.unwrap_or_default();
                if enabled.iter().any(|device| device.serial == serial) {
                    ui.say(&format!(
                        "nothing to do: device {serial} of {user} is enabled already"
                    ));
                    return Ok((serial, user, "unchanged"));
                }
                // Before there are two codes that would grow old meanwhile.
                if own && enabled.iter().any(Device::can_make_codes) {
                    operator.sign_in_first(DEVICE_FIRST).await?;
                }
                serial
            }
            Deed::Resync => {
                let devices = devices_of(&operator, Some(&user)).await?;
                let able: Vec<&Device> = devices
                    .iter()
                    .filter(|device| device.can_make_codes())
                    .collect();
                which.among(&operator, ui, &able, &user).await?
            }
        };
        let source = source.for_device(&serial, &operator, ui)?;
        let clerk = Clerk {
            operator: &operator,
            ui,
            serial: &serial,
            timeout,
        };
        let codes = clerk.pair(&source, None).await?;
        let pairing = Pairing {
            operator: &operator,
            ui,
            errand: &errand,
            deed,
            user: &user,
            serial: &serial,
            codes: &codes,
            new_device: Pauses::none(),
            lists: Pauses::for_news(timeout),
        };
        let made = pairing.make().await;
        made.map_err(|refused| refusal(&operator, refused, deed, &user, &serial))?;
        errand.done(format!("device {serial} of {user} is {}", deed.done()));
        Ok((serial, user, deed.done()))
    })?;
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action,
            serial_number: &serial,
            user: &user,
        });
    }
    Ok(())
}

fn refusal(
    operator: &Operator<'_>,
    refused: Refused,
    deed: Deed,
    user: &str,
    serial: &str,
) -> Failure {
    let Refused { obstacle, in_doubt } = refused;
    let failure = operator.explain(obstacle, about(&format!("device {serial}"), Some(user)));
    match (deed, in_doubt) {
        // It is in no list.
        (Deed::Resync, true) => failure.next(
            "see whether the next code of the device signs in: the request before may have done it",
        ),
        _ => failure,
    }
}
