//! The MFA device: whether the one that is configured is the user's, and whether any makes codes.

use super::finding::{Check, Finding};
use crate::aws::{Device, Known, Refusal};
use crate::profile::Sourced;
use crate::spelled::Spelled;

pub(super) fn examine(
    devices: Result<Vec<Device>, Refusal>,
    configured: Option<&Sourced<String>>,
    asked: &Spelled,
) -> Vec<Finding> {
    match devices {
        Ok(devices) => of_devices(&devices, configured, &asked.command("mfa setup")),
        Err(refusal) if refusal.is_denial() => {
            vec![unlisted("the key may not list devices", configured)]
        }
        // An imitation of AWS does not look whose key it is.
        Err(refusal) if refusal.knows_no_such_thing() => {
            vec![unlisted("AWS does not list the key's devices", configured)]
        }
        Err(refusal) if refusal.is_answer() => {
            let failure = refusal.failure(&Known::default());
            vec![Finding::told(
                Check::Device,
                super::Severity::Note,
                &failure,
            )]
        }
        // The way to IAM was told.
        Err(_) => Vec::new(),
    }
}

fn unlisted(why: &str, configured: Option<&Sourced<String>>) -> Finding {
    match configured {
        Some(serial) => Finding::note(
            Check::Device,
            format!(
                "{} is configured; {why}, so nobody can tell whether it is there",
                serial.value
            ),
        )
        .at(&serial.origin),
        None => Finding::note(
            Check::Device,
            format!("no device is configured and {why}: awsmfa takes the one named after the user"),
        )
        .next("configure it: `mfa_serial = ARN` in the profile"),
    }
}

/// `setup` is the command that makes a device.
fn of_devices(
    devices: &[Device],
    configured: Option<&Sourced<String>>,
    setup: &str,
) -> Vec<Finding> {
    let usable: Vec<&Device> = devices
        .iter()
        .filter(|device| device.can_make_codes())
        .collect();
    let mut found = vec![match configured {
        Some(serial) => of_configured(devices, &usable, serial, setup),
        None => of_usable(devices, &usable, setup),
    }];
    let others = devices.iter().filter(|device| !device.can_make_codes());
    found.extend(others.map(|device| {
        let what = format!("{} makes no codes, so it is not for awsmfa", device.serial);
        Finding::note(Check::DeviceOther, what)
    }));
    found
}

fn of_configured(
    devices: &[Device],
    usable: &[&Device],
    serial: &Sourced<String>,
    setup: &str,
) -> Finding {
    let there = |device: &&Device| device.serial == serial.value;
    if let Some(device) = usable.iter().find(|device| there(device)) {
        let what = format!("{} is there and makes codes", device.serial);
        return Finding::ok(Check::Device, what).at(&serial.origin);
    }
    let what = match devices.iter().any(|device| there(&device)) {
        true => format!("{} makes no codes", serial.value),
        false => format!(
            "{} is configured, and the user has no such device",
            serial.value
        ),
    };
    let finding = Finding::problem(Check::DeviceGone, what).at(&serial.origin);
    match usable {
        [] => finding.next(format!("`{setup}` makes a device")),
        usable => usable.iter().fold(finding, |finding, device| {
            finding.next(format!("the user has {}: put that there", device.serial))
        }),
    }
}

fn of_usable(devices: &[Device], usable: &[&Device], setup: &str) -> Finding {
    match (usable, devices) {
        ([], []) => Finding::problem(Check::Device, "the user has no MFA device")
            .next(format!("`{setup}` makes one")),
        ([], _) => Finding::problem(
            Check::Device,
            "the user has no device that makes codes, passkeys and security keys alone",
        )
        .next(format!("`{setup}` makes one beside them")),
        ([device], _) => Finding::ok(
            Check::Device,
            format!("{} makes codes; awsmfa finds it by itself", device.serial),
        ),
        (several, _) => {
            let serials: Vec<&str> = several
                .iter()
                .map(|device| device.serial.as_str())
                .collect();
            let what = format!(
                "several devices make codes, so awsmfa has to ask: {}",
                serials.join(", ")
            );
            Finding::note(Check::Device, what)
                .next("configure one: `mfa_serial = ARN` in the profile")
        }
    }
}
