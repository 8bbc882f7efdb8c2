//! IAM: the MFA devices of the key's own user.

use aws_sdk_iam::types::MfaDevice;
use jiff::Timestamp;

use super::explain::Refusal;
use super::retry::Missing;
use super::sts::{required, timestamp};
use super::{Aws, Call};
use crate::arn::Arn;
use crate::secret::AccessKey;

/// AWS allows eight devices for a user, so more pages than this are an answer in a circle.
const MOST_PAGES: usize = 100;

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

impl Aws {
    /// All devices of the user whose key it is, in AWS's order. Needs `iam:ListMFADevices`.
    pub async fn mfa_devices(&self, key: &AccessKey) -> Result<Vec<Device>, Refusal> {
        let call = Call {
            operation: "ListMFADevices",
            key,
            code: None,
        };
        let mut devices = Vec::new();
        let mut marker = None;
        for page in 1..=MOST_PAGES {
            let attempt = |wire| {
                self.iam(key, wire)
                    .list_mfa_devices()
                    .set_marker(marker.clone())
                    .send()
            };
            let (found, next) = self
                .send(&call, attempt, |output| {
                    let found: Result<Vec<_>, _> =
                        output.mfa_devices.into_iter().map(device).collect();
                    match (output.is_truncated, output.marker) {
                        (false, _) => Ok((found?, None)),
                        (true, None) => Err(Missing("Marker")),
                        (true, _) if page == MOST_PAGES => Err(Missing("end")),
                        (true, next) => Ok((found?, next)),
                    }
                })
                .await?;
            devices.extend(found);
            marker = next;
            if marker.is_none() {
                break;
            }
        }
        Ok(devices)
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
