//! `awsmfa mfa create`: a virtual device that nobody has enabled yet, and its seed handed over.

use clap::{Args, ValueHint};
use serde::Serialize;

use super::hand::{Handing, Hands};
use super::which::serial_of;
use crate::aws::{IamSituation, Situation};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::device::Seed;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::iam_name::Named;
use crate::secret::Secret;
use crate::signin::{About, Obstacle, Operator};
use crate::spelled::Spelled;
use crate::ui::{Output, Ui};

/// Create a virtual MFA device and hand its seed over, without enabling it
///
/// Shows the QR code on the terminal, or what `--qr`, `--seed-command` and `--show-seed` say. The
/// seed is told this one time. `awsmfa mfa enable` comes next.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The device's name [default: the user's]
    #[arg(long, visible_alias = "virtual-mfa-device-name", value_name = "NAME", value_hint = ValueHint::Other)]
    name: Option<String>,

    #[command(flatten)]
    handing: Handing,

    #[command(flatten)]
    whose: Whose,
}

/// Why whoever has a device signs in with it before they enable another (AWS security bulletin
/// AWS-2023-001).
pub(super) const DEVICE_FIRST: &str = "AWS lets nobody who has an MFA device enable another without signing in with it, so its code is needed first";

/// The way on where the name is taken.
pub(super) const ANOTHER_NAME: &str = "`--name` chooses another name";

/// What `--output json` prints. The seed is part of it only where `--show-seed` asks for it.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    serial_number: &'a str,
    qr_file: Option<String>,
    base32_string_seed: Option<&'a str>,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        name,
        handing,
        whose,
    } = arguments;
    if let Some(name) = &name {
        Named::Device.check(name, "--name")?;
    }
    let mut hands = handing.prepare_to_end(context, ui, target.timeout)?;
    let spelled = Spelled {
        name: name.clone(),
        ..whose.spelled(&target)
    };
    let (orders, user) = whose.orders(target)?;
    let go_on = format!(
        "`{}` goes on from there, or `{}` removes the device",
        spelled.command("mfa setup"),
        spelled.command("mfa delete")
    );
    let errand = Errand::new(ui, go_on);
    errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let name = match name {
            Some(name) => name,
            None => operator.user(user.as_deref()).await?,
        };
        let identity = operator.identity().await?.clone();
        hands.measure(&name, &identity.account)?;
        let serial = serial_of(&identity, &name);
        let seed = match create(&operator, &errand, &name, &serial).await {
            Ok(seed) => seed,
            Err(obstacle) => {
                return Err(not_created(&operator, &errand, obstacle, &serial, &spelled));
            }
        };
        hand_over(&operator, &errand, &hands, &seed, &serial).await?;
        if ui.output() == Output::Json {
            return ui.document(&Report {
                action: "created",
                serial_number: &serial,
                qr_file: hands.file(),
                base32_string_seed: hands.shown(&seed).map(Secret::expose),
            });
        }
        let enable = spelled.command("mfa enable");
        ui.say(&format!("next: `{enable}` with two codes in a row"));
        Ok(())
    })
}

/// Creates the device.
pub(super) async fn create(
    operator: &Operator<'_>,
    errand: &Errand<'_>,
    name: &str,
    serial: &str,
) -> Result<Seed, Obstacle> {
    let creating =
        operator.call(async |aws, key| aws.create_virtual_mfa_device(key, name, &[]).await);
    let doing = format!("creating device {serial}");
    let created = errand.step(&doing, creating).await?;
    errand.done(format!("device {} is created", created.serial));
    Seed::from_base32(&created.seed).ok_or_else(|| {
        Obstacle::Failure(Failure::new(
            Kind::Aws,
            "the seed that AWS made for the device is none",
        ))
    })
}

fn not_created(
    operator: &Operator<'_>,
    errand: &Errand<'_>,
    obstacle: Obstacle,
    serial: &str,
    spelled: &Spelled,
) -> Failure {
    let doubt = obstacle.may_be_done();
    let taken = is(&obstacle, IamSituation::AlreadyExists);
    let failure = operator.explain(obstacle, about(&format!("device {serial}"), None));
    if doubt {
        errand.left_open();
        return failure.note(format!(
            "device {serial} may be there all the same, without anybody knowing its seed"
        ));
    }
    match taken {
        true => failure.next(ANOTHER_NAME).next(format!(
            "if it was never enabled, `{}` replaces it, and `{}` removes it",
            spelled.command("mfa setup"),
            spelled.command("mfa delete")
        )),
        false => failure,
    }
}

/// Hands the seed over. Where that fails nobody can use the device, so it is deleted again.
pub(in crate::commands) async fn hand_over(
    operator: &Operator<'_>,
    errand: &Errand<'_>,
    hands: &Hands<'_>,
    seed: &Seed,
    serial: &str,
) -> Result<()> {
    let identity = operator.identity().await?;
    let name = crate::device::name(serial).unwrap_or(serial);
    let Err(failure) = hands.take(seed, name, &identity.account).await else {
        return Ok(());
    };
    if failure.kind() == Kind::Interrupted {
        return Err(failure);
    }
    match delete_if_any(operator, errand, serial).await {
        Ok(_) => {
            errand.taken_back(is_deleted(serial));
            Err(failure)
        }
        Err(obstacle) => {
            let other = not_deleted(operator, obstacle, serial);
            Err(failure.next(format!("device {serial} is left: {other}")))
        }
    }
}

/// Deletes a device that nobody has enabled; one that is gone is as good as deleted.
pub(in crate::commands) async fn delete(
    operator: &Operator<'_>,
    errand: &Errand<'_>,
    serial: &str,
) -> Result<()> {
    let deleted = delete_if_any(operator, errand, serial).await;
    deleted.map_err(|obstacle| not_deleted(operator, obstacle, serial))?;
    errand.done(is_deleted(serial));
    Ok(())
}

pub(super) fn is_deleted(serial: &str) -> String {
    format!("device {serial} is deleted")
}

/// Deletes a device that nobody has enabled; false if there was none before.
pub(super) async fn delete_if_any(
    operator: &Operator<'_>,
    errand: &Errand<'_>,
    serial: &str,
) -> Result<bool, Obstacle> {
    let deleting = operator.call(async |aws, key| aws.delete_virtual_mfa_device(key, serial).await);
    let doing = format!("deleting device {serial}");
    match errand.step(&doing, deleting).await {
        Ok(()) => Ok(true),
        // One that is gone at a second attempt may have gone with the first, whose answer was lost.
        Err(Obstacle::Refusal(refusal))
            if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) =>
        {
            Ok(refusal.attempts > 1)
        }
        Err(obstacle) => Err(obstacle),
    }
}

pub(super) fn not_deleted(operator: &Operator<'_>, obstacle: Obstacle, serial: &str) -> Failure {
    operator.explain(obstacle, about(&format!("device {serial}"), None))
}

pub(in crate::commands) fn is(obstacle: &Obstacle, situation: IamSituation) -> bool {
    obstacle.situation() == Some(&Situation::Iam(situation))
}

pub(in crate::commands) fn about<'a>(subject: &'a str, user: Option<&'a str>) -> About<'a> {
    About {
        subject: Some(subject),
        user,
    }
}
