//! `awsmfa mfa deactivate` and `awsmfa mfa delete`: the end of a device.

use clap::Args;
use serde::Serialize;

use super::create::{about, delete_if_any, is, is_deleted, not_deleted};
use super::which::{Which, devices_of, serial_of};
use crate::aws::{Device, IamSituation};
use crate::commands::Target;
use crate::commands::news::pause;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::device::{self, Loss, losses};
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::pauses::Pauses;
use crate::profile::{Held, State};
use crate::signin::{self, Operator};
use crate::ui::{Output, Ui};

/// Deactivate an MFA device: the user cannot sign in with it any more
///
/// A virtual device stays, assigned to nobody; `awsmfa mfa enable` brings it back. Without a name it
/// is the user's only device. The last device that makes codes, and one whose session is in use,
/// need `--force`.
#[derive(Args, Debug)]
pub(super) struct Deactivate {
    #[command(flatten)]
    which: Which,

    /// Do it even if something stops working
    #[arg(short, long)]
    force: bool,

    #[command(flatten)]
    whose: Whose,
}

/// Delete a virtual MFA device
///
/// One that is enabled has to be deactivated first, which `--deactivate` does. Without a name it is
/// the user's only virtual device, or else the one that is called as the user and was never enabled.
#[derive(Args, Debug)]
pub(super) struct Delete {
    #[command(flatten)]
    which: Which,

    /// Deactivate it first
    #[arg(long)]
    deactivate: bool,

    /// Do it even if something stops working
    #[arg(short, long)]
    force: bool,

    #[command(flatten)]
    whose: Whose,
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// `deactivated`, `deleted`, or `unchanged` where there was nothing to do.
    action: &'static str,
    serial_number: &'a str,
    user: &'a str,
}

pub(super) fn deactivate(
    context: &Context,
    ui: &Ui,
    target: Target,
    arguments: Deactivate,
) -> Result<()> {
    let Deactivate {
        which,
        force,
        whose,
    } = arguments;
    which.check()?;
    let (orders, user) = whose.orders(target)?;
    let errand = Errand::new(ui, "`awsmfa mfa list` shows what became of it");
    let removal = errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let devices = devices_of(&operator, Some(&user)).await?;
        let all: Vec<&Device> = devices.iter().collect();
        let serial = which.among(&operator, ui, &all, &user).await?;
        let removal = Removal::new(context, &operator, &errand, user, serial, devices);
        if !removal.is_enabled() {
            return Err(removal.not_enabled());
        }
        removal.guard(force)?;
        removal.deactivate().await?;
        removal.still_named(ui);
        Ok((removal.serial, removal.user))
    });
    let (serial, user) = removal?;
    report(ui, "deactivated", &serial, &user)
}

pub(super) fn delete(context: &Context, ui: &Ui, target: Target, arguments: Delete) -> Result<()> {
    let Delete {
        which,
        deactivate,
        force,
        whose,
    } = arguments;
    which.check()?;
    let timeout = target.timeout;
    let (orders, user) = whose.orders(target)?;
    let errand = Errand::new(ui, "run the same again: it goes on from there");
    let (action, serial, user) = errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let devices = devices_of(&operator, Some(&user)).await?;
        let virtual_ones: Vec<&Device> = devices
            .iter()
            .filter(|device| device::name(&device.serial).is_some())
            .collect();
        let serial = match (which.given(&operator).await?, virtual_ones.is_empty()) {
            (Some(serial), _) => serial,
            (None, true) => serial_of(operator.identity().await?, &user),
            (None, false) => which.among(&operator, ui, &virtual_ones, &user).await?,
        };
        let removal = Removal::new(context, &operator, &errand, user, serial, devices);
        if device::name(&removal.serial).is_none() {
            return Err(removal.not_virtual());
        }
        let was_enabled = removal.is_enabled();
        let mut pauses = Pauses::none();
        if was_enabled {
            if !deactivate {
                return Err(removal.enabled());
            }
            removal.guard(force)?;
            removal.deactivate().await?;
            pauses = Pauses::for_news(timeout);
        }
        let deleted = removal.delete(ui, pauses).await?;
        let serial = &removal.serial;
        let action = if deleted || was_enabled {
            errand.done(is_deleted(serial));
            "deleted"
        } else {
            ui.say(&format!("nothing to do: there is no device {serial}"));
            "unchanged"
        };
        removal.still_named(ui);
        Ok((action, removal.serial, removal.user))
    })?;
    report(ui, action, &serial, &user)
}

fn report(ui: &Ui, action: &'static str, serial: &str, user: &str) -> Result<()> {
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action,
            serial_number: serial,
            user,
        });
    }
    Ok(())
}

/// One device on its way out.
struct Removal<'a> {
    context: &'a Context,
    operator: &'a Operator<'a>,
    errand: &'a Errand<'a>,
    user: String,
    serial: String,
    /// All that the user has enabled.
    devices: Vec<Device>,
}

impl<'a> Removal<'a> {
    fn new(
        context: &'a Context,
        operator: &'a Operator<'a>,
        errand: &'a Errand<'a>,
        user: String,
        serial: String,
        devices: Vec<Device>,
    ) -> Self {
        Self {
            context,
            operator,
            errand,
            user,
            serial,
            devices,
        }
    }

    fn is_enabled(&self) -> bool {
        self.devices
            .iter()
            .any(|device| device.serial == self.serial)
    }

    /// Refuses what would hurt, unless it is wanted.
    fn guard(&self, force: bool) -> Result<()> {
        let lost = losses(&self.serial, &self.devices, &self.good_sections()?);
        if force || lost.is_empty() {
            return Ok(());
        }
        let (user, serial) = (&self.user, &self.serial);
        let what = match lost.contains(&Loss::LastOne) {
            true => format!("{serial} is the last device of {user} that makes codes"),
            false => format!("a session that is in use was made with {serial}"),
        };
        let failure = lost.iter().fold(
            Failure::new(Kind::Configuration, what),
            |failure, loss| match loss {
                Loss::LastOne => failure.note(format!(
                    "without it {user} cannot sign in with a code, and whatever a policy allows with MFA alone is denied, until another device is set up"
                )),
                Loss::Section(section) => failure.note(format!(
                    "section [{section}] stays good until it expires, and cannot be renewed with this device"
                )),
            },
        );
        Err(failure.next("`--force` does it all the same"))
    }

    /// The sections that are good now, with the devices they were made with.
    fn good_sections(&self) -> Result<Vec<(String, String)>> {
        let files = signin::read_files(self.context)?;
        let now = self.context.clock.now();
        let sections = files.credentials.document.profiles();
        let good = sections
            .filter_map(|section| Held::read(&section))
            .filter(|held| matches!(held.state(now), State::Good(_)));
        Ok(good
            .filter_map(|held| Some((held.section, held.marks?.serial?)))
            .collect())
    }

    /// A device that is gone already is as good as deactivated: it was there a moment ago.
    async fn deactivate(&self) -> Result<()> {
        let (user, serial) = (&self.user, &self.serial);
        let call = self
            .operator
            .call(async |aws, key| aws.deactivate_mfa_device(key, user, serial).await);
        match self
            .errand
            .step(&format!("deactivating device {serial}"), call)
            .await
        {
            Ok(()) => {}
            Err(obstacle) if is(&obstacle, IamSituation::NoSuchEntity) => {}
            Err(obstacle) => {
                let subject = format!("device {serial}");
                return Err(self.operator.explain(obstacle, about(&subject, Some(user))));
            }
        }
        self.errand
            .done(format!("device {serial} of {user} is deactivated"));
        Ok(())
    }

    /// Deletes the device; false if there was none. As long as there are pauses, one that was
    /// deactivated a moment ago may be enabled still for a part of AWS.
    async fn delete(&self, ui: &Ui, mut pauses: Pauses) -> Result<bool> {
        let (operator, serial) = (self.operator, self.serial.as_str());
        loop {
            let obstacle = match delete_if_any(operator, self.errand, serial).await {
                Ok(deleted) => return Ok(deleted),
                Err(obstacle) => obstacle,
            };
            let conflict = is(&obstacle, IamSituation::DeleteConflict);
            let waiting =
                format!("AWS does not know everywhere yet that device {serial} is deactivated");
            if conflict && pause(ui, &mut pauses, waiting).await {
                continue;
            }
            let failure = not_deleted(operator, obstacle, serial);
            return Err(match conflict && !pauses.have_begun() {
                true => self.not_the_user_s(failure),
                false => failure,
            });
        }
    }

    /// AWS says that the device is enabled, and its list does not say for this user.
    fn not_the_user_s(&self, failure: Failure) -> Failure {
        failure
            .next(format!(
                "say whose it is with `--user`, and take it from them first with `--deactivate`: it is none of {}'s devices",
                self.user
            ))
            .next("if it was enabled a moment ago, run the same again: it may not be in the lists yet")
    }

    /// What would look for the device in vain from now on.
    fn still_named(&self, ui: &Ui) {
        if let Some(named) = &self.operator.plan().serial
            && named.value == self.serial
        {
            ui.note(&format!("{} still names it", named.origin));
        }
    }

    fn not_enabled(&self) -> Failure {
        Failure::new(
            Kind::Configuration,
            format!("{} has not enabled device {}", self.user, self.serial),
        )
        .next("`awsmfa mfa list` shows the devices; `--user` names somebody else")
    }

    fn enabled(&self) -> Failure {
        Failure::new(
            Kind::Configuration,
            format!("device {} is enabled for {}", self.serial, self.user),
        )
        .next("`--deactivate` deactivates it first")
    }

    fn not_virtual(&self) -> Failure {
        Failure::new(
            Kind::Configuration,
            format!(
                "{} is no virtual device, and no other can be deleted",
                self.serial
            ),
        )
        .next("`awsmfa mfa deactivate` takes it from the user")
    }
}
