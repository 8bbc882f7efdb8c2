//! Which device is meant: by its serial number, by its name, or because there is no other.

use clap::{Args, ValueHint};

use crate::arn::Arn;
use crate::aws::{Device, Identity};
use crate::device;
use crate::failure::{Failure, Kind, Result};
use crate::iam_name::Named;
use crate::signin::{About, Operator};
use crate::terminal::Terminal;
use crate::ui::Ui;

#[derive(Args, Debug)]
pub(super) struct Which {
    /// The device: its ARN, or what is printed on a hardware device
    #[arg(long, value_name = "ARN|SERIAL", value_hint = ValueHint::Other, conflicts_with = "name")]
    pub(super) serial_number: Option<String>,

    /// The virtual device of this name
    #[arg(long, visible_alias = "virtual-mfa-device-name", value_name = "NAME", value_hint = ValueHint::Other)]
    pub(super) name: Option<String>,
}

impl Which {
    /// Looks at what was given, before anything is sent.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] for what can be no serial number (IAM API Reference, "SerialNumber") or no
    /// name.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(name) = &self.name {
            return Named::Device.check(name, "--name");
        }
        let Some(serial) = &self.serial_number else {
            return Ok(());
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&byte);
        let well_formed = (9..=256).contains(&serial.len()) && serial.bytes().all(allowed);
        let arn = !serial.starts_with("arn:")
            || Arn::parse(serial).is_some_and(|arn| {
                arn.service == "iam" && matches!(arn.kind_and_name().0, "mfa" | "u2f" | "passkey")
            });
        if well_formed && arn {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Usage,
            "this is not the serial number of an MFA device",
        )
        .at("--serial-number")
        .note("it is an ARN such as arn:aws:iam::123456789012:mfa/alice, or what is printed on a hardware device; `--name alice` is shorter"))
    }

    /// The serial number that was given, if one was.
    pub(super) async fn given(&self, operator: &Operator<'_>) -> Result<Option<String>> {
        match (&self.serial_number, &self.name) {
            (Some(serial), _) => Ok(Some(serial.clone())),
            (None, Some(name)) => Ok(Some(serial_of(operator.identity().await?, name))),
            (None, None) => Ok(None),
        }
    }

    /// The one that was given, else the only one among these; of several a person chooses.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if there is none, or there are several and nobody to ask.
    pub(super) async fn among(
        &self,
        operator: &Operator<'_>,
        ui: &Ui,
        devices: &[&Device],
        user: &str,
    ) -> Result<String> {
        if let Some(serial) = self.given(operator).await? {
            return Ok(serial);
        }
        let serials: Vec<String> = devices.iter().map(|device| device.serial.clone()).collect();
        match (serials.as_slice(), Terminal::open(ui)) {
            ([], _) => Err(Failure::new(
                Kind::Configuration,
                format!("{user} has no MFA device for this"),
            )
            .next("`awsmfa mfa list` shows the devices")),
            ([only], _) => Ok(only.clone()),
            (_, Ok(terminal)) => {
                let items = serials.clone();
                let chosen = terminal
                    .aside(move |terminal| terminal.choose("Which MFA device?", &items))
                    .await?;
                Ok(serials[chosen].clone())
            }
            (several, Err(_)) => Err(several.iter().fold(
                Failure::new(
                    Kind::Configuration,
                    format!(
                        "{user} has several MFA devices, and there is no terminal to ask which one"
                    ),
                ),
                |failure, serial| failure.next(format!("--serial-number {serial}")),
            )),
        }
    }
}

/// The ARN of the account's virtual device of this name.
pub(in crate::commands) fn serial_of(identity: &Identity, name: &str) -> String {
    let partition = identity.partition().unwrap_or("aws");
    device::arn(partition, &identity.account, name)
}

/// The devices that a user has enabled; without a name, the one whose key it is.
pub(super) async fn devices_of(operator: &Operator<'_>, user: Option<&str>) -> Result<Vec<Device>> {
    let listed = operator.call(async |aws, key| aws.mfa_devices_of(key, user).await);
    listed.await.map_err(|obstacle| {
        let about = About {
            user,
            ..About::default()
        };
        operator.explain(obstacle, about)
    })
}
