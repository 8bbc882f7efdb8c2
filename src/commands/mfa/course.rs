//! The course of a set-up: a loop that carries out what [`crate::device::next`] says.
//!
//! What AWS shows is looked at before the first step and after every one whose outcome is in doubt.
//! What a later step needs is tried out before the first deed.

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;

use super::codes::{Clerk, Source, other_device};
use super::create::{
    ANOTHER_NAME, about, create, delete_if_any, hand_over, is, is_deleted, not_deleted,
};
use super::hand::{Handing, Hands};
use super::pairing::{Deed, Pairing};
use super::progress::Progress;
use crate::aws::{IamSituation, Situation};
use crate::code::Code;
use crate::context::Context;
use crate::device::{self, Observed, Seed, Seen, Step};
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::journal::Journal;
use crate::pauses::Pauses;
use crate::profile::Request;
use crate::signin::{Obstacle, Operator};
use crate::spelled::Spelled;
use crate::terminal::Terminal;
use crate::ui::Ui;

/// How often a step in doubt, or codes that a person typed, are tried.
const TRIES: usize = 3;

/// How far it came.
pub(super) struct Outcome {
    pub(super) serial: String,
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
    pub(super) progress: &'a Progress,
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
    /// Whether the devices that are assigned to nobody may be listed.
    pub(super) sees_all: Cell<bool>,
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
        let _turn = self.turn().await?;
        let mut equipment = None;
        let mut seed: Option<Seed> = None;
        let mut seen = None;
        let mut declined = false;
        // Whether a device that is waiting can only be one that this run has asked for.
        let mut asked_for = false;
        let (mut doubts, mut wrong) = (0, 0);
        loop {
            let device = match seen {
                Some(device) => device,
                None => self.look().await?,
            };
            seen = Some(device);
            let observed = Observed {
                device,
                seed_known: seed.is_some(),
                codes_given: self.given.is_some(),
                in_profile: declined
                    || self.progress.file().is_some()
                    || self.serial_line()?.is_none(),
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
                    seen = Some(self.delete().await?);
                }
                (Step::Create, Some(equipment)) => match self.create(equipment).await? {
                    Ok(new) => {
                        seed = Some(new);
                        seen = Some(Seen::Waiting);
                    }
                    Err(obstacle) => {
                        // The device that is called after its user is most likely an earlier run's.
                        let ours = asked_for || self.name() == self.user;
                        let there = ours && is(&obstacle, IamSituation::AlreadyExists);
                        asked_for |= obstacle.may_be_done();
                        seen = self.look_again(obstacle, there, &mut doubts).await?;
                    }
                },
                (Step::Enable, Some(equipment)) => {
                    let source = &equipment.source;
                    if self.enable(source, seed.as_ref(), &mut wrong).await? {
                        seen = Some(Seen::Enabled);
                    }
                }
                (Step::WriteSerial, _) => match self.write_serial().await? {
                    Some(file) => self.progress.written_to(&file),
                    None => declined = true,
                },
                (Step::SignIn | Step::Done, _) => {
                    let sign_in = step == Step::SignIn;
                    let unchanged = !sign_in && self.errand.has_done_nothing();
                    if unchanged && !declined {
                        self.nothing_to_do();
                    }
                    self.before_the_end(sign_in).await?;
                    return Ok(Outcome {
                        serial: self.serial.clone(),
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

    /// To another run at the same time the device that this one has created would be left over from
    /// before. Nothing is written into the journal, because AWS shows all that a later run has to
    /// know. Whoever sets up somebody else's device leaves no file of it.
    async fn turn(&self) -> Result<Option<Journal>> {
        if self.request.is_none() {
            return Ok(None);
        }
        let name = format!("setup-{}@{}", self.name(), self.account);
        let journal = Journal::open(self.context, self.ui, &name, self.timeout).await?;
        Ok(Some(journal))
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
        self.progress.created(hands, &seed);
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

    /// Deletes the device whose seed is lost; where it is then. One that AWS does not delete was enabled
    /// a moment ago, and the lists show it by and by. Policies that demand MFA may leave that to others.
    async fn delete(&self) -> Result<Seen> {
        let obstacle = match delete_if_any(self.operator, self.errand, &self.serial).await {
            Ok(_) => {
                self.errand.done(is_deleted(&self.serial));
                return Ok(Seen::Absent);
            }
            Err(obstacle) => obstacle,
        };
        let enabled = |seen| seen == Seen::Enabled;
        if is(&obstacle, IamSituation::DeleteConflict) && enabled(self.look_until(enabled).await?) {
            return Ok(Seen::Enabled);
        }
        let failure = not_deleted(self.operator, obstacle, &self.serial);
        Err(match failure.kind() {
            Kind::Aws => failure.next(format!(
                "`--name {}-2` sets up a device of another name beside it",
                self.name()
            )),
            _ => failure,
        })
    }

    fn name(&self) -> &str {
        device::name(&self.serial).unwrap_or(&self.serial)
    }

    /// Gets two codes and enables the device; false if other codes may do better.
    async fn enable(
        &self,
        source: &Source,
        seed: Option<&Seed>,
        wrong: &mut usize,
    ) -> Result<bool> {
        let codes = self.clerk().pair(source, seed).await?;
        // What a command has made is written down, and the sign-in looks there.
        if !matches!(source, Source::Command { .. }) {
            let now = self.operator.aws().now();
            self.next_code.set(Some(device::step_end(now)));
        }
        let (user, serial) = (&self.user, &self.serial);
        let pairing = Pairing {
            operator: self.operator,
            ui: self.ui,
            errand: self.errand,
            deed: Deed::Enable,
            user,
            serial,
            codes: &codes,
            new_device: match seed {
                Some(_) => Pauses::for_news(self.timeout),
                None => Pauses::none(),
            },
            lists: Pauses::for_news(self.timeout),
        };
        let obstacle = match pairing.make().await {
            Ok(()) => {
                self.is_enabled();
                return Ok(true);
            }
            Err(refused) => refused.obstacle,
        };
        if self.given.is_some() && is(&obstacle, IamSituation::NoSuchEntity) {
            return Err(self.nothing_to_enable());
        }
        *wrong += 1;
        let again = *wrong < TRIES
            && obstacle.situation() == Some(&Situation::WrongCode)
            && source.can_try_again();
        let failure = self
            .operator
            .explain(obstacle, about(&format!("device {serial}"), Some(user)));
        if !again {
            return Err(failure);
        }
        self.ui
            .warn(&format!("{}: two others, please", failure.what()));
        Ok(false)
    }

    fn is_enabled(&self) {
        let Self { serial, user, .. } = self;
        self.progress.enabled();
        self.errand
            .done(format!("device {serial} is enabled for {user}"));
    }

    /// The name is another's, or the answer was lost. What is `there` is most likely what this run or
    /// an earlier one has asked for, and the lists show it by and by.
    async fn look_again(
        &self,
        obstacle: Obstacle,
        there: bool,
        doubts: &mut usize,
    ) -> Result<Option<Seen>> {
        *doubts += 1;
        if *doubts < TRIES && obstacle.may_be_done() {
            self.ui
                .note("AWS's answer was lost; looking what became of it");
            return Ok(None);
        }
        if *doubts < TRIES && there {
            let seen = self.look_until(|seen| seen != Seen::Absent).await?;
            if seen != Seen::Absent {
                return Ok(Some(seen));
            }
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
