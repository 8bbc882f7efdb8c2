//! Where the device of a set-up is, by what AWS shows.

use super::course::Course;
use super::create::{DEVICE_FIRST, about};
use crate::aws::{Device, Situation};
use crate::commands::news::pause;
use crate::device::{self, Seen};
use crate::failure::{Failure, Kind, Result};
use crate::pauses::Pauses;
use crate::spelled::Spelled;

impl Course<'_> {
    /// Where the device is, by AWS's two lists. Who may not see those that are assigned to nobody
    /// learns from the attempt to create one. What the codes were given of was created before, be it
    /// in a list already or not: the attempt to enable it tells.
    ///
    /// # Errors
    ///
    /// What AWS or the network says; [`Kind::Aws`] if the user can have no further device.
    pub(super) async fn look(&self) -> Result<Seen> {
        let user = self.user.as_str();
        let (enabled, waiting) = {
            let _working = self.ui.working("looking for the device");
            let enabled = self
                .operator
                .call(async |aws, key| aws.mfa_devices_of(key, Some(user)).await);
            let waiting = self
                .operator
                .call(async |aws, key| aws.virtual_mfa_devices(key, true).await);
            tokio::join!(enabled, waiting)
        };
        let explain = |obstacle| self.operator.explain(obstacle, about("device", Some(user)));
        let enabled = enabled.map_err(explain)?;
        let mut others = enabled.iter().filter(|device| device.serial != self.serial);
        self.has_another.set(others.any(Device::can_make_codes));
        if enabled.iter().any(|device| device.serial == self.serial) {
            return Ok(Seen::Enabled);
        }
        if enabled.len() >= device::MOST {
            return Err(self.no_room());
        }
        let waiting = match waiting {
            Err(obstacle) if matches!(obstacle.situation(), Some(Situation::Denied(_))) => None,
            waiting => Some(waiting.map_err(explain)?),
        };
        self.sees_all.set(waiting.is_some());
        let mut waiting = waiting.iter().flatten();
        match self.given.is_some() || waiting.any(|device| device.serial == self.serial) {
            true => Ok(Seen::Waiting),
            false => Ok(Seen::Absent),
        }
    }

    /// Where the device is, as soon as the lists show what AWS says otherwise (`shown`); what they show
    /// at last, if they do not.
    pub(super) async fn look_until(&self, shown: fn(Seen) -> bool) -> Result<Seen> {
        let mut pauses = match self.sees_all.get() {
            true => Pauses::for_news(self.timeout),
            false => Pauses::none(),
        };
        let news = format!("AWS does not show device {} everywhere yet", self.serial);
        loop {
            let seen = self.look().await?;
            if shown(seen) || !pause(self.ui, &mut pauses, &news).await {
                return Ok(seen);
            }
        }
    }

    /// Whoever has a device is to sign in with it before they enable another (AWS security bulletin
    /// AWS-2023-001). That is done before there are two codes that grow old meanwhile.
    pub(super) async fn show_the_other_device(&self) -> Result<()> {
        if self.request.is_none() || !self.has_another.get() {
            return Ok(());
        }
        self.operator.sign_in_first(DEVICE_FIRST).await
    }

    fn no_room(&self) -> Failure {
        // The name is that of the new one.
        let spelled = Spelled {
            name: None,
            ..self.spelled.clone()
        };
        Failure::new(
            Kind::Aws,
            format!(
                "{} has {} MFA devices already, which is all that AWS allows",
                self.user,
                device::MOST
            ),
        )
        .next(format!(
            "`{}` shows them; `{}` removes one",
            spelled.command("mfa list"),
            spelled.command("mfa delete --deactivate")
        ))
    }
}
