//! Which MFA device the code comes from, where neither flag nor environment nor file says it.
//!
//! `iam:ListMFADevices` first. Passkeys and security keys cannot make codes, so they are left out
//! and named; of several devices the person chooses. A user who may not even list devices, or whose
//! AWS cannot, gets `mfa/<user name>`, which is what the console and most walk-throughs name a first
//! device, and it is said to be a guess. Nothing here spends a code.

use super::caller::Caller;
use crate::arn::Arn;
use crate::aws::{Device, Refusal, Situation};
use crate::failure::{Failure, Kind, Result};
use crate::profile::Plan;
use crate::terminal::Terminal;
use crate::ui::Ui;

/// The serial number of a device of the caller's that can make codes.
pub(super) async fn discover(
    caller: &mut Caller,
    terminal: Option<&Terminal>,
    ui: &Ui,
    plan: &Plan,
) -> Result<String> {
    match caller.aws().mfa_devices(caller.key()).await {
        Ok(devices) => choose(devices, terminal, ui).await,
        Err(refusal) if cannot_list(&refusal) => guess(caller, &refusal, ui, plan).await,
        Err(refusal) => Err(caller.explain(&refusal, plan, None, None)),
    }
}

/// AWS, or what stands in for it, knows the caller and does not list the devices.
fn cannot_list(refusal: &Refusal) -> bool {
    refusal.is_denial()
        || refusal.knows_no_such_thing()
        || matches!(refusal.situation, Situation::Other | Situation::BadValue)
}

async fn choose(devices: Vec<Device>, terminal: Option<&Terminal>, ui: &Ui) -> Result<String> {
    let (able, unable): (Vec<_>, Vec<_>) = devices.into_iter().partition(Device::can_make_codes);
    for device in &unable {
        ui.note(&format!(
            "{} is left out: a passkey or security key cannot make codes",
            device.serial
        ));
    }
    let serials: Vec<String> = able.into_iter().map(|device| device.serial).collect();
    match (serials.as_slice(), terminal) {
        ([], _) => Err(none(!unable.is_empty())),
        ([only], _) => Ok(only.clone()),
        (_, Some(terminal)) => {
            let items = serials.clone();
            let chosen = terminal
                .aside(move |terminal| terminal.choose("Which MFA device?", &items))
                .await?;
            Ok(serials[chosen].clone())
        }
        (several, None) => Err(undecided(several)),
    }
}

/// Every user may ask who they are, so the guess needs no permission.
async fn guess(caller: &mut Caller, refusal: &Refusal, ui: &Ui, plan: &Plan) -> Result<String> {
    let identity = match caller.identity().await {
        Ok(identity) => identity.clone(),
        Err(refusal) => return Err(caller.explain(&refusal, plan, None, None)),
    };
    let (Some(arn), Some(user)) = (Arn::parse(&identity.arn), identity.user_name()) else {
        return Err(caller
            .explain(refusal, plan, None, None)
            .next("name the device with --serial-number, or `mfa_serial` in the config file"));
    };
    let serial = format!("arn:{}:iam::{}:mfa/{user}", arn.partition, identity.account);
    let why = if refusal.is_denial() {
        "this user may not list MFA devices"
    } else {
        "this user's MFA devices could not be listed"
    };
    ui.note(&format!(
        "{why}, so {serial} is a guess; --serial-number or `mfa_serial` names another"
    ));
    Ok(serial)
}

fn none(has_keys: bool) -> Failure {
    let what = if has_keys {
        "this user's MFA devices are all passkeys or security keys, which cannot make codes"
    } else {
        "this user has no MFA device"
    };
    Failure::new(Kind::Configuration, what)
        .next("register an authenticator app: `awsmfa mfa setup`")
}

fn undecided(serials: &[String]) -> Failure {
    serials
        .iter()
        .fold(
            Failure::new(
                Kind::Configuration,
                "this user has several MFA devices, and there is no terminal to ask which one",
            ),
            |failure, serial| failure.next(format!("--serial-number {serial}")),
        )
        .next("or name one as `mfa_serial` in the config file")
}
