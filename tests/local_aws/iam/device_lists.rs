//! What there is of MFA devices: a user's, one, and all virtual ones of the account.

use super::super::clock;
use super::super::device::{Device, Kind, Listed};
use super::super::form::Check;
use super::super::model::Account;
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::xml::Xml;
use super::names::{self, SERIAL_NUMBER};
use super::page::Page;
use super::{devices, subject, tags, users};

pub fn of_user(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::USER);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let user = subject::user(call, named, "iam:ListMFADevices")?;
    let devices = call.account().devices.values();
    let devices: Vec<(&Device, Listed)> = devices
        .filter_map(|device| Some((device, device.listed(call.now)?)))
        .filter(|(_, listed)| listed.user.as_ref() == Some(&user.name))
        .collect();
    page?.write("MFADevices", &devices, |xml, (device, listed)| {
        xml.text("UserName", &user.name)
            .text("SerialNumber", &device.serial)
            .text("EnableDate", enabled(listed));
    })
}

pub fn virtual_ones(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let status = check.one_of("AssignmentStatus", &["Assigned", "Unassigned", "Any"]);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    subject::allowed(call, "iam:ListVirtualMFADevices", "mfa/")?;
    let account = call.account();
    let devices: Vec<(&Device, Listed)> = account
        .devices
        .values()
        .filter(|device| device.kind == Kind::Virtual && device.in_iam.name.settled(call.now))
        .filter_map(|device| Some((device, device.listed(call.now)?)))
        .filter(|(_, listed)| match status {
            Some("Assigned") => listed.enabled.is_some(),
            Some("Unassigned") => listed.enabled.is_none(),
            _ => true,
        })
        .collect();
    page?.write("VirtualMFADevices", &devices, |xml, (device, listed)| {
        xml.text("SerialNumber", &device.serial);
        if listed.enabled.is_some() {
            xml.text("EnableDate", enabled(listed));
            xml.within("User", |xml| describe_owner(xml, account, listed));
        }
    })
}

/// A device without a user is the root user's.
fn describe_owner(xml: &mut Xml, account: &Account, listed: &Listed) {
    let owner = listed
        .user
        .as_ref()
        .and_then(|name| account.users.get(name));
    match owner {
        Some(user) => users::describe(xml, account, user),
        None => {
            xml.text("UserId", &account.id)
                .text("Arn", account.arn("root"))
                .text("CreateDate", clock::iso8601(account.created));
        }
    }
}

/// Knows FIDO security keys and passkeys, and no device that makes codes.
pub fn get(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let serial = check.required(&SERIAL_NUMBER);
    let named = check.name("UserName", names::NEW_USER);
    check.done()?;
    let user = subject::user(call, named, "iam:GetMFADevice")?;
    let known = call.account().devices.get(serial);
    if !known.is_some_and(|device| device.kind == Kind::Passkey) {
        return Err(Refusal::validation(
            "The MFA device serial number sent in the request is invalid or not supported by this API. Currently, only hardware FIDO security keys are supported. Please use the compatible device or API.",
        ));
    }
    let device = call.account().devices_of(&user.name);
    let mut device = device.filter(|device| device.serial == serial);
    let device = device
        .next()
        .ok_or_else(|| devices::no_such_device(serial))?;
    let mut result = Xml::default();
    result
        .text("UserName", &user.name)
        .text("SerialNumber", serial)
        .text(
            "EnableDate",
            clock::iso8601(device.enabled.unwrap_or_default()),
        );
    Ok(result)
}

pub fn tags_of(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let serial = check.required(&SERIAL_NUMBER);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    subject::allowed_as(call, "iam:ListMFADeviceTags", serial, serial)?;
    let device = call.account().devices.get(serial);
    let device = device.ok_or_else(|| devices::no_such_device(serial))?;
    page?.write("Tags", &device.tags, tags::describe_one)
}

fn enabled(listed: &Listed) -> String {
    clock::iso8601(listed.enabled.unwrap_or_default())
}
