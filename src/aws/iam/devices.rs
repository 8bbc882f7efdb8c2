//! MFA devices: those of a user, the account's virtual ones, and the life of a virtual one.
//!
//! A virtual device is created for nobody, enabled for a user with two codes in a row, and has to be
//! deactivated before it can be deleted. Its seed is in the answer to its creation and nowhere else
//! (IAM API Reference, CreateVirtualMFADevice).

use aws_sdk_iam::types::{AssignmentStatusType, MfaDevice, VirtualMfaDevice};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{IamSituation, Pages, Tag, sdk_tags, tags_of};
use crate::arn::Arn;
use crate::aws::explain::Refusal;
use crate::aws::retry::Missing;
use crate::aws::sts::{required, timestamp};
use crate::aws::{Aws, Call, Situation};
use crate::secret::{AccessKey, Secret};

/// An MFA device, as IAM lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// An ARN, or for most hardware tokens the number printed on them.
    pub serial: String,
    pub enabled: Timestamp,
    pub kind: DeviceKind,
}

/// What a serial number tells about its device (IAM User Guide, "AWS Multi-factor authentication
/// in IAM").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// An authenticator application.
    Virtual,
    /// A token that shows codes.
    Hardware,
    Passkey,
    U2f,
}

impl Device {
    /// Passkeys and U2F keys answer challenges in a browser; STS takes codes alone.
    pub fn can_make_codes(&self) -> bool {
        matches!(self.kind, DeviceKind::Virtual | DeviceKind::Hardware)
    }
}

impl DeviceKind {
    /// The name in `--output json`.
    pub const fn name(self) -> &'static str {
        match self {
            DeviceKind::Virtual => "virtual",
            DeviceKind::Hardware => "hardware",
            DeviceKind::Passkey => "passkey",
            DeviceKind::U2f => "u2f",
        }
    }

    pub fn of_serial(serial: &str) -> Self {
        let kind = Arn::parse(serial).map(|arn| arn.kind_and_name().0);
        match kind {
            Some("mfa") => Self::Virtual,
            Some("u2f") => Self::U2f,
            Some("passkey") => Self::Passkey,
            _ => Self::Hardware,
        }
    }
}

/// A virtual device, whosever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualDevice {
    pub serial: String,
    /// `None` for one that is assigned to nobody.
    pub enabled: Option<Timestamp>,
    /// The ARN of the user, or of the account's root user.
    pub user_arn: Option<String>,
}

/// A virtual device that has just been created; this is the only time its seed is told.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub serial: String,
    /// In base32 (RFC 4648, section 6), as authenticator applications take it.
    pub seed: Secret,
}

impl Aws {
    /// All devices of the user whose key it is, in AWS's order. Needs `iam:ListMFADevices`.
    pub async fn mfa_devices(&self, key: &AccessKey) -> Result<Vec<Device>, Refusal> {
        self.mfa_devices_of(key, None).await
    }

    /// All devices of `user`, in AWS's order; without one, of the user whose key it is. Needs
    /// `iam:ListMFADevices`.
    pub async fn mfa_devices_of(
        &self,
        key: &AccessKey,
        user: Option<&str>,
    ) -> Result<Vec<Device>, Refusal> {
        let call = Call::new("ListMFADevices", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                self.iam(key, wire)
                    .list_mfa_devices()
                    .set_user_name(user.map(str::to_owned))
                    .set_marker(marker.clone())
                    .send()
            };
            let page = self.send(&call, attempt, |output| {
                let found: Result<Vec<_>, _> = output.mfa_devices.into_iter().map(device).collect();
                pages.page(found?, output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// The virtual devices of the account, all or those that are assigned to nobody, in AWS's
    /// order. Needs `iam:ListVirtualMFADevices`.
    pub async fn virtual_mfa_devices(
        &self,
        key: &AccessKey,
        unassigned_only: bool,
    ) -> Result<Vec<VirtualDevice>, Refusal> {
        let status = match unassigned_only {
            true => AssignmentStatusType::Unassigned,
            false => AssignmentStatusType::Any,
        };
        let call = Call::new("ListVirtualMFADevices", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                self.iam(key, wire)
                    .list_virtual_mfa_devices()
                    .assignment_status(status.clone())
                    .set_marker(marker.clone())
                    .send()
            };
            let page = self.send(&call, attempt, |output| {
                let found = output.virtual_mfa_devices.into_iter().map(virtual_device);
                let found: Result<Vec<_>, _> = found.collect();
                pages.page(found?, output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// Creates a virtual device that is assigned to nobody yet. Needs
    /// `iam:CreateVirtualMFADevice`, and with tags `iam:TagMFADevice`.
    pub async fn create_virtual_mfa_device(
        &self,
        key: &AccessKey,
        name: &str,
        tags: &[Tag],
    ) -> Result<NewDevice, Refusal> {
        let call = Call::new("CreateVirtualMFADevice", key).creates();
        let tags = sdk_tags(tags);
        let attempt = |wire| {
            self.iam(key, wire)
                .create_virtual_mfa_device()
                .virtual_mfa_device_name(name)
                .set_tags(tags.clone())
                .send()
        };
        self.send(&call, attempt, |output| {
            let found = output
                .virtual_mfa_device
                .ok_or(Missing("VirtualMFADevice"))?;
            let seed = found
                .base32_string_seed
                .ok_or(Missing("Base32StringSeed"))?;
            let seed = Zeroizing::new(seed.into_inner());
            Ok(NewDevice {
                serial: required("SerialNumber", Some(found.serial_number))?,
                seed: base32(&seed).ok_or(Missing("Base32StringSeed"))?,
            })
        })
        .await
    }

    /// Assigns the device to the user; spends both codes, which must follow one another. It is made
    /// like something that is created: a second request would be refused for what the first has
    /// done, so the caller is told of the doubt and looks. Needs `iam:EnableMFADevice`.
    pub async fn enable_mfa_device(
        &self,
        key: &AccessKey,
        user: &str,
        serial: &str,
        codes: [&Secret; 2],
    ) -> Result<(), Refusal> {
        let call = Call::new("EnableMFADevice", key).creates().hides(codes);
        let attempt = |wire| {
            self.iam(key, wire)
                .enable_mfa_device()
                .user_name(user)
                .serial_number(serial)
                .authentication_code1(codes[0].expose())
                .authentication_code2(codes[1].expose())
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// Tells AWS anew how far the device's clock is off; spends both codes, which must follow one
    /// another. The same holds for a second request. Needs `iam:ResyncMFADevice`.
    pub async fn resync_mfa_device(
        &self,
        key: &AccessKey,
        user: &str,
        serial: &str,
        codes: [&Secret; 2],
    ) -> Result<(), Refusal> {
        let call = Call::new("ResyncMFADevice", key).creates().hides(codes);
        let attempt = |wire| {
            self.iam(key, wire)
                .resync_mfa_device()
                .user_name(user)
                .serial_number(serial)
                .authentication_code1(codes[0].expose())
                .authentication_code2(codes[1].expose())
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// Takes the device from the user; a virtual one is then assigned to nobody. Needs
    /// `iam:DeactivateMFADevice`.
    pub async fn deactivate_mfa_device(
        &self,
        key: &AccessKey,
        user: &str,
        serial: &str,
    ) -> Result<(), Refusal> {
        let call = Call::new("DeactivateMFADevice", key);
        let attempt = |wire| {
            self.iam(key, wire)
                .deactivate_mfa_device()
                .user_name(user)
                .serial_number(serial)
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// The tags of a virtual device, whether it is enabled or not; `None` if there is no such
    /// device. Needs `iam:ListMFADeviceTags`.
    pub async fn mfa_device_tags(
        &self,
        key: &AccessKey,
        serial: &str,
    ) -> Result<Option<Vec<Tag>>, Refusal> {
        let call = Call::new("ListMFADeviceTags", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                self.iam(key, wire)
                    .list_mfa_device_tags()
                    .serial_number(serial)
                    .set_marker(marker.clone())
                    .send()
            };
            let page = self.send(&call, attempt, |output| {
                let found = tags_of(Some(output.tags));
                pages.page(found, output.is_truncated, output.marker)
            });
            match page.await {
                Err(refusal) if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) => {
                    return Ok(None);
                }
                page => pages.add(page?),
            }
        }
        Ok(Some(pages.found))
    }

    /// Deletes a virtual device that is assigned to nobody. Needs `iam:DeleteVirtualMFADevice`.
    pub async fn delete_virtual_mfa_device(
        &self,
        key: &AccessKey,
        serial: &str,
    ) -> Result<(), Refusal> {
        let call = Call::new("DeleteVirtualMFADevice", key);
        let attempt = |wire| {
            self.iam(key, wire)
                .delete_virtual_mfa_device()
                .serial_number(serial)
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }
}

fn device(found: MfaDevice) -> Result<Device, Missing> {
    let serial = required("SerialNumber", Some(found.serial_number))?;
    Ok(Device {
        kind: DeviceKind::of_serial(&serial),
        serial,
        enabled: timestamp(&found.enable_date).ok_or(Missing("EnableDate"))?,
    })
}

fn virtual_device(found: VirtualMfaDevice) -> Result<VirtualDevice, Missing> {
    Ok(VirtualDevice {
        serial: required("SerialNumber", Some(found.serial_number))?,
        enabled: found.enable_date.as_ref().and_then(timestamp),
        user_arn: found.user.map(|user| user.arn),
    })
}

/// What is no base32 is no seed, whoever says so.
fn base32(seed: &[u8]) -> Option<Secret> {
    let text = std::str::from_utf8(seed).ok()?.trim_end_matches('=');
    let letter = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
    (!text.is_empty() && text.bytes().all(letter)).then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serial_tells_the_kind() {
        for (serial, kind, codes) in [
            (
                "arn:aws:iam::123456789012:mfa/alice",
                DeviceKind::Virtual,
                true,
            ),
            ("GAHT12345678", DeviceKind::Hardware, true),
            (
                "arn:aws:iam::123456789012:u2f/user/alice/key-ABC",
                DeviceKind::U2f,
                false,
            ),
            (
                "arn:aws:iam::123456789012:passkey/user/alice/x",
                DeviceKind::Passkey,
                false,
            ),
        ] {
            let device = Device {
                serial: serial.to_owned(),
                enabled: Timestamp::UNIX_EPOCH,
                kind: DeviceKind::of_serial(serial),
            };
            assert_eq!(device.kind, kind, "{serial}");
            assert_eq!(device.can_make_codes(), codes, "{serial}");
        }
    }
}
