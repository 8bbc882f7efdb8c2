//! The course of a set-up: a loop that carries out what [`crate::device::next`] says.
//!
//! What AWS shows is looked at before the first step and after every one whose outcome is in doubt.
//! What a later step needs is tried out before the first deed.

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;

use super::codes::{Clerk, Source, other_device};
use super::create::{ANOTHER_NAME, DEVICE_FIRST, about, create, delete, hand_over, is};
use super::hand::{Handing, Hands};
use crate::aws::{Device, IamSituation, Situation};
use crate::code::Code;
use crate::commands::spelled::Spelled;
use crate::context::Context;
use crate::device::{self, Observed, Seed, Seen, Step};
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::pauses::Pauses;
use crate::profile::Request;
use crate::secret::Secret;
use crate::signin::{Obstacle, Operator};
use crate::terminal::Terminal;
use crate::ui::Ui;

/// How often a step in doubt, or codes that a person typed, are tried.
const TRIES: usize = 3;

/// How far it came.
pub(super) struct Outcome {
    pub(super) serial: String,
    pub(super) user: String,
    pub(super) qr_file: Option<String>,
    pub(super) shown_seed: Option<Secret>,
    pub(super) written_to: Option<String>,
    pub(super) sign_in: bool,
    /// All was there before this run, and no sign-in follows.
    pub(super) unchanged: bool,
    /// `mfa_process` makes codes of another device.
    pub(super) codes_are_typed: bool,
}

/// One set-up on its way.
pub(super) struct Course<'a> {
    pub(super) context: &'a Context,
    pub(super) ui: &'a Ui,
    pub(super) errand: &'a Errand<'a>,
    pub(super) operator: &'a Operator<'a>,
    pub(super) account: String,
    /// The request for the person's own profile; none for somebody else's device.
    pub(super) request: Option<Request>,
    pub(super) user: String,
    pub(super) serial: String,
    pub(super) spelled: Spelled,
    pub(super) handing: Handing,
    pub(super) given: Option<[Code; 2]>,
    pub(super) yes: bool,
    pub(super) no_login: bool,
    pub(super) timeout: Duration,
    /// When the device shows a code that this run has not spent.
    pub(super) next_code: Cell<Option<Timestamp>>,
    /// Whether the user has enabled a device besides this one.
    pub(super) has_another: Cell<bool>,
}

/// What a new device needs: whoever takes its seed, and whoever makes its codes.
struct Equipment<'a> {
    /// None where the codes were given, and the seed was taken before.
    hands: Option<Hands<'a>>,
    source: Source,
}

impl<'a> Course<'a> {
    /// Goes from what is seen to the end.
    ///
    /// # Errors
    ///
    /// The first step that fails; what was done before it, the errand tells.
    pub(super) async fn run(&self) -> Result<Outcome> {
        self.consent_can_be_had()?;
        let mut equipment = None;
        let mut seed: Option<Seed> = None;
        let mut seen = None;
        let mut written_to = None;
        let mut declined = false;
        // Whether a device that is waiting can only be one that this run has asked for.
        let mut asked_for = false;
        // Whether a device that is enabled may be one that this run has enabled.
        let mut in_doubt = false;
        let mut doubts = 0;
        loop {
            let device = match seen {
                Some(device) => device,
                None => self.look().await?,
            };
            if device == Seen::Enabled && std::mem::take(&mut in_doubt) {
                self.is_enabled();
            }
            seen = Some(device);
            let observed = Observed {
                device,
                seed_known: seed.is_some(),
                codes_given: self.given.is_some(),
                in_profile: declined || written_to.is_some() || self.serial_line()?.is_none(),
                no_login: self.no_login || !self.can_sign_in(),
            };
            let step = device::next(&observed);
            // Before the first deed everything is tried out that a later one needs.
            if matches!(step, Step::Delete | Step::Create | Step::Enable) && equipment.is_none() {
                equipment = Some(self.equip(device)?);
                self.show_the_other_device().await?;
            }
            match (step, &mut equipment) {
                (Step::Delete, _) => {
                    if !asked_for {
                        self.consent_to_replace().await?;
                    }
                    self.delete().await?;
                    seen = Some(Seen::Absent);
                }
                (Step::Create, Some(equipment)) => match self.create(equipment).await? {
                    Ok(new) => {
                        seed = Some(new);
                        seen = Some(Seen::Waiting);
                    }
                    Err(obstacle) => {
                        self.look_again(obstacle, &mut doubts)?;
                        asked_for = true;
                        seen = None;
                    }
                },
                (Step::Enable, Some(equipment)) => {
                    let source = &equipment.source;
                    seen = match self.enable(source, seed.as_ref(), &mut doubts).await? {
                        true => Some(Seen::Enabled),
                        false => {
                            in_doubt = true;
                            None
                        }
                    };
                }
                (Step::WriteSerial, _) => match self.write_serial().await? {
                    Some(file) => written_to = Some(file),
                    None => declined = true,
                },
                (Step::SignIn | Step::Done, equipment) => {
                    let sign_in = step == Step::SignIn;
                    let unchanged = !sign_in && self.errand.has_done_nothing();
                    if unchanged && !declined {
                        self.nothing_to_do();
                    }
                    self.before_the_end(sign_in).await?;
                    let hands = equipment.as_ref().and_then(|all| all.hands.as_ref());
                    return Ok(Outcome {
                        serial: self.serial.clone(),
                        user: self.user.clone(),
                        qr_file: hands.and_then(Hands::file),
                        shown_seed: seed
                            .zip(hands)
                            .and_then(|(seed, hands)| hands.shown(&seed).cloned()),
                        written_to,
                        sign_in,
                        unchanged,
                        codes_are_typed: !self.command_may_know(),
                    });
                }
                (Step::NothingToEnable | Step::Create | Step::Enable, _) => {
                    return Err(self.nothing_to_enable());
                }
            }
        }
    }

    fn equip(&self, device: Seen) -> Result<Equipment<'a>> {
        let hands = match self.given {
            Some(_) => None,
            None => {
                let hands = self.handing.prepare(self.context, self.ui, self.timeout);
                let mut hands = hands.map_err(|failure| match device {
                    Seen::Waiting => self.with_file_of_before(failure),
                    _ => failure,
                })?;
                hands.measure(self.name(), &self.account)?;
                Some(hands)
            }
        };
        let source = Source::choose(self.given.clone(), self.operator, self.ui)?;
        let source = match self.command_may_know() {
            true => source,
            false => source.for_device(&self.serial, self.operator, self.ui)?,
        };
        Ok(Equipment { hands, source })
    }

    /// Whether `mfa_process` makes codes of this device: of the one that the profile names it does, and
    /// of one whose seed goes to a command.
    fn command_may_know(&self) -> bool {
        self.handing.is_automatic() || other_device(self.operator, &self.serial).is_none()
    }

    /// Creates the device and hands its seed over.
    async fn create(&self, equipment: &mut Equipment<'_>) -> Result<Result<Seed, Obstacle>> {
        let Some(hands) = &equipment.hands else {
            return Err(self.nothing_to_enable());
        };
        let seed = match create(self.operator, self.errand, self.name(), &self.serial).await {
            Ok(seed) => seed,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        hand_over(self.operator, self.errand, hands, &seed, &self.serial).await?;
        // A command that was not told the new seed makes codes of another device.
        if let (Source::Command { .. }, false, Ok(terminal)) = (
            &equipment.source,
            self.handing.is_automatic(),
            Terminal::open(self.ui),
        ) {
            equipment.source = Source::Terminal(terminal);
        }
        Ok(Ok(seed))
    }

    /// Deletes the device whose seed is lost. Policies that demand MFA may leave that to others.
    async fn delete(&self) -> Result<()> {
        let deleted = delete(self.operator, self.errand, &self.serial).await;
        deleted.map_err(|failure| match failure.kind() {
            Kind::Aws => failure.next(format!(
                "`--name {}-2` sets up a device of another name beside it",
                self.name()
            )),
            _ => failure,
        })
    }

    /// Whoever has a device is to sign in with it before they enable another (AWS security bulletin
    /// AWS-2023-001). That is done before there are two codes that grow old meanwhile.
    async fn show_the_other_device(&self) -> Result<()> {
        if self.request.is_none() || !self.has_another.get() {
            return Ok(());
        }
        self.operator.sign_in_first(DEVICE_FIRST).await
    }

    fn name(&self) -> &str {
        device::name(&self.serial).unwrap_or(&self.serial)
    }

    /// Where the device is, by AWS's two lists. Who may not see those that are assigned to nobody
    /// learns from the attempt to create one, or to enable the one whose codes were given.
    async fn look(&self) -> Result<Seen> {
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
        let waiting = match waiting {
            Err(obstacle) if matches!(obstacle.situation(), Some(Situation::Denied(_))) => {
                return Ok(match self.given {
                    Some(_) => Seen::Waiting,
                    None => Seen::Absent,
                });
            }
            waiting => waiting.map_err(explain)?,
        };
        match waiting.iter().any(|device| device.serial == self.serial) {
            true => Ok(Seen::Waiting),
            false => Ok(Seen::Absent),
        }
    }

    /// Gets two codes and enables the device; false if what came of it has to be looked at, or
    /// other codes may do better.
    async fn enable(
        &self,
        source: &Source,
        seed: Option<&Seed>,
        doubts: &mut usize,
    ) -> Result<bool> {
        let clerk = self.clerk();
        let codes = clerk.pair(source, seed).await?;
        // What a command has made is written down, and the sign-in looks there.
        if !matches!(source, Source::Command { .. }) {
            let now = self.operator.aws().now();
            self.next_code.set(Some(device::step_end(now)));
        }
        let (user, serial) = (&self.user, &self.serial);
        // One that was there before is known everywhere.
        let pauses = match seed {
            Some(_) => Pauses::for_news(self.timeout),
            None => Pauses::none(),
        };
        let enabling = clerk.enable(user, &codes, pauses);
        let doing = format!("enabling device {serial}");
        let obstacle = match self.errand.step(&doing, enabling).await {
            Ok(()) => {
                self.is_enabled();
                return Ok(true);
            }
            Err(obstacle) => obstacle,
        };
        if self.given.is_some() && is(&obstacle, IamSituation::NoSuchEntity) {
            return Err(self.nothing_to_enable());
        }
        *doubts += 1;
        let doubt = obstacle.may_be_done();
        let wrong = obstacle.situation() == Some(&Situation::WrongCode);
        let again = *doubts < TRIES && (doubt || wrong && source.can_try_again());
        let failure = self
            .operator
            .explain(obstacle, about(&format!("device {serial}"), Some(user)));
        if !again {
            return Err(failure);
        }
        if doubt {
            self.ui
                .note("AWS's answer was lost; looking what became of it");
        } else {
            self.ui
                .warn(&format!("{}: two others, please", failure.what()));
        }
        Ok(false)
    }

    fn is_enabled(&self) {
        let Self { serial, user, .. } = self;
        self.errand
            .done(format!("device {serial} is enabled for {user}"));
    }

    /// The name is another's, or the answer was lost.
    fn look_again(&self, obstacle: Obstacle, doubts: &mut usize) -> Result<()> {
        *doubts += 1;
        if obstacle.may_be_done() && *doubts < TRIES {
            self.ui
                .note("AWS's answer was lost; looking what became of it");
            return Ok(());
        }
        let taken = is(&obstacle, IamSituation::AlreadyExists);
        let doubt = obstacle.may_be_done();
        if doubt {
            self.errand.left_open();
        }
        let subject = format!("a device {}", self.serial);
        let failure = self.operator.explain(obstacle, about(&subject, None));
        Err(match taken {
            true => failure.next(ANOTHER_NAME).next(format!(
                "if it was never enabled, `{}` removes it",
                self.spelled.command("mfa delete")
            )),
            false => failure,
        })
    }

    pub(super) fn clerk(&self) -> Clerk<'_> {
        Clerk {
            operator: self.operator,
            ui: self.ui,
            serial: &self.serial,
            timeout: self.timeout,
        }
    }

    fn nothing_to_enable(&self) -> Failure {
        Failure::new(
            Kind::Configuration,
            format!(
                "codes were given, and there is no device {} that they could be of",
                self.serial
            ),
        )
        .at("--code1")
        .next("leave them out: the device is created first, and its codes are asked for then")
        .next(format!(
            "or create it with `{}`, and give its codes to this command",
            self.spelled.command("mfa create")
        ))
    }
}
