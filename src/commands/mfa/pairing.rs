//! The request with two codes that enables a device, or tells AWS anew how far its clock is off.
//!
//! It is carried out once however often it is made. An answer can be lost after that, or AWS fail later
//! than that, and then the codes are spent and every other request is refused: for the codes, because
//! the device is enabled already, or because whoever has one must show it. So after a doubt the lists
//! are looked at, then the same codes are sent again, and what AWS refuses then is looked up for as long
//! as the lists may lag behind. Whether other codes may do better is for the caller to say.

use super::create::is;
use crate::aws::{Aws, Denial, IamSituation, Situation};
use crate::code::Code;
use crate::commands::news::pause;
use crate::errand::Errand;
use crate::pauses::Pauses;
use crate::secret::AccessKey;
use crate::signin::{Obstacle, Operator};
use crate::ui::Ui;

/// How often the request is made while nobody can tell what became of it.
const TRIES: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Deed {
    Enable,
    Resync,
}

impl Deed {
    fn doing(self) -> &'static str {
        match self {
            Deed::Enable => "enabling",
            Deed::Resync => "resynchronizing",
        }
    }

    pub(super) fn done(self) -> &'static str {
        match self {
            Deed::Enable => "enabled",
            Deed::Resync => "resynchronized",
        }
    }
}

/// One device and one pair of codes.
pub(in crate::commands) struct Pairing<'a> {
    pub(in crate::commands) operator: &'a Operator<'a>,
    pub(in crate::commands) ui: &'a Ui,
    pub(in crate::commands) errand: &'a Errand<'a>,
    pub(in crate::commands) deed: Deed,
    pub(in crate::commands) user: &'a str,
    pub(in crate::commands) serial: &'a str,
    pub(in crate::commands) codes: &'a [Code; 2],
    /// How long AWS may take to know a device that was created a moment ago.
    pub(in crate::commands) new_device: Pauses,
    /// How long its lists may lag behind.
    pub(in crate::commands) lists: Pauses,
}

/// What AWS said last.
pub(in crate::commands) struct Refused {
    pub(in crate::commands) obstacle: Obstacle,
    /// It may be done all the same.
    pub(super) in_doubt: bool,
}

impl Pairing<'_> {
    /// # Errors
    ///
    /// [`Refused`] where it is not done, or nobody can tell.
    pub(in crate::commands) async fn make(mut self) -> Result<(), Refused> {
        let created = format!("AWS does not know device {} everywhere yet", self.serial);
        let mut doubts = 0;
        loop {
            let in_doubt = doubts > 0;
            let obstacle = match self.send(in_doubt).await {
                Ok(()) => return Ok(()),
                Err(obstacle) => obstacle,
            };
            if obstacle.may_be_done() {
                doubts += 1;
                self.note(&obstacle);
                if self.is_listed().await == Some(true) {
                    return Ok(());
                }
                if doubts < TRIES {
                    continue;
                }
                self.errand.left_open();
            } else if in_doubt && may_be_because_it_is_done(&obstacle) {
                if self.appears().await {
                    return Ok(());
                }
            } else if is(&obstacle, IamSituation::NoSuchEntity)
                && pause(self.ui, &mut self.new_device, &created).await
            {
                continue;
            }
            return Err(Refused {
                obstacle,
                in_doubt: doubts > 0,
            });
        }
    }

    /// In doubt, a denial is no reason to sign in: whoever has just enabled a device is denied this.
    async fn send(&self, in_doubt: bool) -> Result<(), Obstacle> {
        let Self { user, serial, .. } = *self;
        let codes = self.codes.each_ref().map(Code::secret);
        let call = async |aws: &Aws, key: &AccessKey| match self.deed {
            Deed::Enable => aws.enable_mfa_device(key, user, serial, codes).await,
            Deed::Resync => aws.resync_mfa_device(key, user, serial, codes).await,
        };
        let doing = format!("{} device {serial}", self.deed.doing());
        match in_doubt {
            false => self.errand.step(&doing, self.operator.call(call)).await,
            true => self.errand.step(&doing, self.operator.look(call)).await,
        }
    }

    fn note(&self, obstacle: &Obstacle) {
        let what = match obstacle.situation() {
            Some(Situation::Unavailable) => "AWS has failed",
            _ => "AWS's answer was lost",
        };
        let next = match self.deed {
            Deed::Enable => "looking what became of it",
            Deed::Resync => "sending the codes again",
        };
        self.ui.note(&format!("{what}; {next}"));
    }

    /// Whether the list shows the device as the user's; `None` where it cannot tell.
    async fn is_listed(&self) -> Option<bool> {
        if self.deed == Deed::Resync {
            return None;
        }
        let listed = self
            .operator
            .look(async |aws, key| aws.mfa_devices_of(key, Some(self.user)).await);
        let devices = listed.await.ok()?;
        Some(devices.iter().any(|device| device.serial == self.serial))
    }

    /// Whether the list comes to show it.
    async fn appears(&mut self) -> bool {
        let enabled = format!("AWS does not show device {} as enabled yet", self.serial);
        loop {
            match self.is_listed().await {
                Some(true) => return true,
                Some(false) if pause(self.ui, &mut self.lists, &enabled).await => {}
                _ => return false,
            }
        }
    }
}

fn may_be_because_it_is_done(obstacle: &Obstacle) -> bool {
    matches!(
        obstacle.situation(),
        Some(
            Situation::WrongCode
                | Situation::Iam(IamSituation::AlreadyExists)
                | Situation::Denied(Denial::WithoutMfa)
        )
    )
}
