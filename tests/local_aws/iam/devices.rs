//! MFA devices, from CreateVirtualMFADevice to DeleteVirtualMFADevice.
//!
//! A code is spent when both codes of a pair are accepted, and counts as spent for signing in too.

use super::super::base64;
use super::super::device::{Device, Kind};
use super::super::form::{Check, Text};
use super::super::lag::New;
use super::super::model::{Principal, Tags};
use super::super::quota;
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::totp;
use super::super::xml::Xml;
use super::names::{self, SERIAL_NUMBER};
use super::{png, subject, tags};

const fn code(parameter: &'static str) -> Text {
    Text {
        parameter,
        length: 6..=6,
        pattern: "[\\d]+",
        allows: |letter| letter.is_ascii_digit(),
    }
}

const FIRST_CODE: Text = code("AuthenticationCode1");
const SECOND_CODE: Text = code("AuthenticationCode2");

pub fn create(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let path = check.path("Path");
    let name = check.required_name("VirtualMFADeviceName", 226);
    let tags = tags::read(call.form, &mut check);
    check.done()?;
    let tags = tags?;
    let resource = format!("mfa{path}{name}");
    subject::allowed_to_make(
        call,
        "iam:CreateVirtualMFADevice",
        "iam:TagMFADevice",
        &resource,
        &tags,
    )?;
    let account = call.account();
    let serial = account.arn(&resource);
    let taken = |device: &&Device| device.serial.eq_ignore_ascii_case(&serial);
    if account.devices.values().any(|device| taken(&device)) {
        return Err(subject::already_exists("MFA device already exists."));
    }
    let virtual_ones = account
        .devices
        .values()
        .filter(|device| device.kind == Kind::Virtual);
    quota::check(
        "VirtualMFADevicesPerAccount",
        virtual_ones.count(),
        account.quotas.virtual_devices,
    )?;
    let seed = call.world.random.bytes(40);
    let mut device = Device::new(serial.clone(), Kind::Virtual, seed);
    device.in_iam.name = call.world.lags.start(New::VirtualDevice, call.now);
    tags::put(&mut device.tags, tags)?;
    let mut result = Xml::default();
    result.within("VirtualMFADevice", |xml| describe_new(xml, &device, name));
    device.appear_after(call.world.lags.start(New::DeviceListing, call.now));
    call.account_mut().devices.insert(serial, device);
    Ok(result)
}

/// Seed and picture are blobs: base64 of base32 text, and of a PNG.
fn describe_new(xml: &mut Xml, device: &Device, name: &str) {
    let seed = totp::base32(&device.seed);
    let picture = png::of(&format!("otpauth://totp/{name}?secret={seed}"));
    xml.text("SerialNumber", &device.serial)
        .text("Base32StringSeed", base64::encode(seed.as_bytes()))
        .text("QRCodePNG", base64::encode(&picture));
    tags::describe(xml, &device.tags);
}

/// What EnableMFADevice and ResyncMFADevice take.
struct Pair {
    user: String,
    serial: String,
    first: String,
    second: String,
}

impl Pair {
    fn read(call: &Call<'_>, action: &str) -> Result<Self, Refusal> {
        let mut check = Check::new(call.form);
        let user = check.required_name("UserName", names::USER);
        let serial = check.required(&SERIAL_NUMBER);
        let first = check.required(&FIRST_CODE);
        let second = check.required(&SECOND_CODE);
        check.done()?;
        Ok(Self {
            user: subject::user(call, Some(user), action)?.name.clone(),
            serial: serial.to_owned(),
            first: first.to_owned(),
            second: second.to_owned(),
        })
    }

    /// Spends both codes, or says that they are no pair.
    fn synchronise(&self, call: &mut Call<'_>) -> Result<(), Refusal> {
        let now = call.now;
        let device = call.account_mut().devices.get_mut(&self.serial);
        let device = device.ok_or_else(|| no_such_device(&self.serial))?;
        let step = device
            .accepts_pair(&self.first, &self.second, now)
            .ok_or_else(|| {
                let message = "Authentication code for device is not valid.";
                Refusal::new(403, "InvalidAuthenticationCode", message)
            })?;
        device.synchronise(step, now);
        Ok(())
    }
}

pub fn enable(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let pair = Pair::read(call, "iam:EnableMFADevice")?;
    self_management(call, &pair.user)?;
    let account = call.account();
    let device = account.devices.get(&pair.serial);
    let device = device.filter(|device| device.in_iam.name.settled(call.now));
    let device = device.ok_or_else(|| no_such_device(&pair.serial))?;
    if device.user.as_ref() == Some(&pair.user) {
        let user = &pair.user;
        return Err(subject::already_exists(format!(
            "MFA Device for user {user} already exists."
        )));
    }
    if device.enabled.is_some() {
        return Err(subject::already_exists("MFA Device is already in use."));
    }
    quota::check(
        "MFADevicesPerUser",
        account.devices_of(&pair.user).count(),
        account.quotas.devices_per_user,
    )?;
    pair.synchronise(call)?;
    let (now, settling) = (call.now, call.world.lags.start(New::Device, call.now));
    let listing = call.world.lags.start(New::DeviceListing, call.now);
    if let Some(device) = call.account_mut().devices.get_mut(&pair.serial) {
        device.lag_behind(listing, now);
        device.user = Some(pair.user);
        device.enabled = Some(now);
        device.settling = settling;
    }
    Ok(Xml::default())
}

pub fn resync(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let pair = Pair::read(call, "iam:ResyncMFADevice")?;
    own(call, &pair.serial, &pair.user)?;
    pair.synchronise(call)?;
    Ok(Xml::default())
}

pub fn deactivate(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let user = check.name("UserName", names::USER);
    let serial = check.required(&SERIAL_NUMBER);
    check.done()?;
    let user = subject::user(call, user, "iam:DeactivateMFADevice")?;
    self_management(call, &user.name)?;
    let kind = own(call, serial, &user.name)?.kind;
    let (removal, listing) = (
        call.world.lags.start(New::Removal, call.now),
        call.world.lags.start(New::DeviceListing, call.now),
    );
    let now = call.now;
    let devices = &mut call.account_mut().devices;
    match (kind, devices.get_mut(serial)) {
        // A passkey is nobody's device but the user's, and goes with being theirs.
        (Kind::Passkey, _) => drop(devices.remove(serial)),
        (_, Some(device)) => {
            device.lag_behind(listing, now);
            device.release();
            device.in_iam.removal = removal;
        }
        (_, None) => (),
    }
    Ok(Xml::default())
}

pub fn delete(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let serial = check.required(&SERIAL_NUMBER);
    check.done()?;
    subject::allowed_as(call, "iam:DeleteVirtualMFADevice", serial, serial)?;
    let now = call.now;
    let devices = &mut call.account_mut().devices;
    let device = devices
        .get(serial)
        .filter(|device| device.kind == Kind::Virtual);
    let device = device.ok_or_else(|| no_such_device(serial))?;
    if device.enabled.is_some() || !device.in_iam.removal.settled(now) {
        return Err(subject::delete_conflict(
            "MFA VirtualDevice in use. Must deactivate first.",
        ));
    }
    devices.remove(serial);
    Ok(Xml::default())
}

pub fn tag(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let serial = check.required(&SERIAL_NUMBER);
    let new = tags::read(call.form, &mut check);
    check.done()?;
    let new = new?;
    tags::put(tags_mut(call, serial, "iam:TagMFADevice")?, new)?;
    Ok(Xml::default())
}

pub fn untag(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let serial = check.required(&SERIAL_NUMBER);
    let keys = tags::read_keys(call.form, &mut check);
    check.done()?;
    let keys = keys?;
    tags::remove(tags_mut(call, serial, "iam:UntagMFADevice")?, &keys);
    Ok(Xml::default())
}

fn tags_mut<'c>(
    call: &'c mut Call<'_>,
    serial: &str,
    action: &str,
) -> Result<&'c mut Tags, Refusal> {
    subject::allowed_as(call, action, serial, serial)?;
    let device = call.account_mut().devices.get_mut(serial);
    device
        .map(|device| &mut device.tags)
        .ok_or_else(|| no_such_device(serial))
}

/// Who has a device may add to and take from their own devices only after signing in with one,
/// whatever their policies allow (AWS security bulletin AWS-2023-001).
fn self_management(call: &Call<'_>, user: &str) -> Result<(), Refusal> {
    let own = matches!(&call.caller.principal, Principal::User { name } if name == user);
    let has_one = call.account().devices_of(user).next().is_some();
    if own && has_one && call.caller.mfa_at.is_none() {
        return Err(Refusal::access_denied(
            "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user.",
        ));
    }
    Ok(())
}

/// A device that is enabled for this user.
fn own<'c>(call: &'c Call<'_>, serial: &str, user: &str) -> Result<&'c Device, Refusal> {
    let device = call.account().devices.get(serial);
    device
        .filter(|device| device.enabled.is_some() && device.user.as_deref() == Some(user))
        .ok_or_else(|| Refusal::no_such_entity("MFA Device invalid for user."))
}

pub fn no_such_device(serial: &str) -> Refusal {
    Refusal::no_such_entity(format!(
        "VirtualMFADevice with serial number {serial} doesn't exist."
    ))
}
