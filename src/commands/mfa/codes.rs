//! Two codes in a row: from the command line, from `mfa_process`, or from the person; and a new device
//! enabled with them.

use std::io;
use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::create::is;
use crate::aws::IamSituation;
use crate::code::{Code, CodeSource, Prompt, ask_plainly};
use crate::commands::news::patiently;
use crate::device::{Pair, Seed, Wrong};
use crate::failure::{Failure, Kind, Result};
use crate::pauses::Pauses;
use crate::secret::Secret;
use crate::signin::{Obstacle, Operator, Permit};
use crate::terminal::Terminal;
use crate::ui::Ui;

/// How often a person may be wrong, and a command may print the same code.
const TRIES: usize = 3;

/// Longer than this nobody waits for a code: a step, and a second for clocks that differ.
const LONGEST: Duration = Duration::from_secs(31);

/// Codes on the command line, for where nobody can answer.
#[derive(Args, Debug)]
pub(in crate::commands) struct GivenCodes {
    /// The code that the device shows now [default: from `mfa_process`, or asked for]
    #[arg(long, visible_alias = "authentication-code1", value_name = "CODE", requires = "code2", value_hint = ValueHint::Other)]
    code1: Option<Secret>,

    /// The code right after it
    #[arg(long, visible_alias = "authentication-code2", value_name = "CODE", requires = "code1", value_hint = ValueHint::Other)]
    code2: Option<Secret>,
}

impl GivenCodes {
    /// # Errors
    ///
    /// [`Kind::Usage`] for what is no code, and for the same code twice.
    pub(in crate::commands) fn parse(self) -> Result<Option<[Code; 2]>> {
        let (Some(first), Some(second)) = (self.code1, self.code2) else {
            return Ok(None);
        };
        let parse = |text: &Secret, place| {
            Code::parse(text.expose()).ok_or_else(|| {
                Failure::new(Kind::Usage, "the MFA code is not six digits").at(place)
            })
        };
        let codes = [parse(&first, "--code1")?, parse(&second, "--code2")?];
        if codes[0].is_same(&codes[1]) {
            return Err(Failure::new(Kind::Usage, "both codes are the same")
                .at("--code2")
                .next("give two codes in a row, in the order in which the device shows them"));
        }
        Ok(Some(codes))
    }
}

/// Where two codes come from.
pub(in crate::commands) enum Source {
    Given([Code; 2]),
    /// `mfa_process`, and where it is configured.
    Command {
        command: Secret,
        origin: String,
    },
    Terminal(Terminal),
}

impl Source {
    /// # Errors
    ///
    /// [`Kind::Code`] if there is nobody who could answer.
    pub(in crate::commands) fn choose(
        given: Option<[Code; 2]>,
        operator: &Operator<'_>,
        ui: &Ui,
    ) -> Result<Self> {
        if let Some(codes) = given {
            return Ok(Self::Given(codes));
        }
        if let Some(setting) = &operator.plan().mfa_process {
            return Ok(Self::Command {
                command: setting.value.clone(),
                origin: setting.origin.to_string(),
            });
        }
        let terminal = Terminal::open(ui).map_err(nobody)?;
        Ok(Self::Terminal(terminal))
    }

    /// The same for the device called `serial`: a command that is set up for another device knows
    /// nothing of this one, so a person is asked.
    ///
    /// # Errors
    ///
    /// As for [`Source::choose`].
    pub(in crate::commands) fn for_device(
        self,
        serial: &str,
        operator: &Operator<'_>,
        ui: &Ui,
    ) -> Result<Self> {
        let (Self::Command { origin, .. }, Some(other)) = (&self, other_device(operator, serial))
        else {
            return Ok(self);
        };
        ui.note(&format!(
            "the mfa_process command ({origin}) makes codes of {other}, so it is not asked for those of {serial}"
        ));
        let terminal = Terminal::open(ui).map_err(nobody)?;
        Ok(Self::Terminal(terminal))
    }

    /// Whether asking again may bring others.
    pub(in crate::commands) fn can_try_again(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }
}

/// The device that the profile names, if it is not the one called `serial`.
pub(super) fn other_device<'a>(operator: &'a Operator<'_>, serial: &str) -> Option<&'a str> {
    let named = operator.plan().serial.as_ref()?;
    (named.value != serial).then_some(named.value.as_str())
}

fn nobody(error: io::Error) -> Failure {
    Failure::new(
        Kind::Code,
        "two codes of the device are needed, and there is no terminal to ask for them",
    )
    .because(error)
    .next("give them with `--code1` and `--code2`, or set `mfa_process` in the profile")
}

/// Gets two codes of one device.
pub(in crate::commands) struct Clerk<'a> {
    pub(in crate::commands) operator: &'a Operator<'a>,
    pub(in crate::commands) ui: &'a Ui,
    /// The device's serial number.
    pub(in crate::commands) serial: &'a str,
    /// For how long a command may run.
    pub(in crate::commands) timeout: Duration,
}

impl Clerk<'_> {
    /// Two codes, of which everything is true that can be known here; `seed` where this run has
    /// created the device.
    ///
    /// # Errors
    ///
    /// [`Kind::Code`] if they are wrong; [`Kind::Interrupted`].
    pub(in crate::commands) async fn pair(
        &self,
        source: &Source,
        seed: Option<&Seed>,
    ) -> Result<[Code; 2]> {
        match source {
            Source::Given([first, second]) => {
                let now = self.operator.aws().now();
                let wrong = |wrong: Wrong| Failure::new(Kind::Code, wrong.words()).at("--code2");
                let pair = Pair::begin(first.clone(), seed, now).map_err(wrong)?;
                pair.check(second, now).map_err(wrong)?;
                Ok([first.clone(), second.clone()])
            }
            Source::Command { command, origin } => self.printed(command, origin, seed).await,
            Source::Terminal(terminal) => self.typed(terminal, seed).await,
        }
    }

    /// Enables the device for `user`, again as long as AWS does not know it everywhere; `pauses` are none
    /// for one that is not new.
    pub(in crate::commands) async fn enable(
        &self,
        user: &str,
        codes: &[Code; 2],
        pauses: Pauses,
    ) -> Result<(), Obstacle> {
        let serial = self.serial;
        let waiting = format!("AWS does not know device {serial} everywhere yet");
        let is_unknown = |obstacle: &Obstacle| is(obstacle, IamSituation::NoSuchEntity);
        let codes = codes.each_ref().map(Code::secret);
        patiently(self.ui, pauses, &waiting, is_unknown, async || {
            self.operator
                .call(async |aws, key| aws.enable_mfa_device(key, user, serial, codes).await)
                .await
        })
        .await
    }

    async fn typed(&self, terminal: &Terminal, seed: Option<&Seed>) -> Result<[Code; 2]> {
        let mut pair = self.first(terminal, seed).await?;
        let mut left = TRIES;
        while left > 0 {
            self.wait_until(pair.second_from(), Some(terminal)).await?;
            let second = ask_plainly(terminal, "Second code: ").await?;
            match pair.check(&second, self.now()) {
                Ok(()) => return Ok([pair.into_first(), second]),
                // Whoever was slow is not wrong.
                Err(Wrong::TooLate) => {
                    terminal.show(
                        "that is not the code right after the first one, so it counts as the first one now",
                    )?;
                    pair = Pair::begin(second, seed, self.now()).map_err(refused)?;
                }
                Err(wrong) => {
                    terminal.show(wrong.words())?;
                    left -= 1;
                }
            }
        }
        Err(Failure::new(Kind::Code, "no two codes in a row were typed"))
    }

    async fn first<'s>(&self, terminal: &Terminal, seed: Option<&'s Seed>) -> Result<Pair<'s>> {
        for left in (0..TRIES).rev() {
            let code = ask_plainly(terminal, "First code: ").await?;
            match Pair::begin(code, seed, self.now()) {
                Ok(pair) => return Ok(pair),
                Err(wrong) if left == 0 => return Err(refused(wrong)),
                Err(wrong) => terminal.show(wrong.words())?,
            }
        }
        Err(refused(Wrong::OtherDevice))
    }

    /// A command prints the same code for half a minute, so it is asked again in the next one. Both
    /// halves obey the rule of a sign-in: no code of a half minute in which one was sent before, and
    /// none is sent that is not written down. Where the seed is known, so is the step of each.
    async fn printed(
        &self,
        command: &Secret,
        origin: &str,
        seed: Option<&Seed>,
    ) -> Result<[Code; 2]> {
        let wrong = |wrong: Wrong| {
            let what = match wrong {
                Wrong::OtherDevice => "the mfa_process command printed a code of another device",
                Wrong::Same => "the mfa_process command printed the same code again",
                Wrong::Before | Wrong::TooLate => {
                    "the mfa_process command printed codes that do not follow one another"
                }
            };
            Failure::new(Kind::Code, what)
                .at(origin)
                .next("have `--seed-command` store the new seed where `mfa_process` finds it")
        };
        let permit = self.operator.permit(self.serial, seed.is_some()).await?;
        let (first, step) = self.first_printed(command, origin, &permit).await?;
        let pair = Pair::begin(first, seed, self.now()).map_err(wrong)?;
        let known = pair.second_step();
        match known {
            Some(second) => {
                self.wait_until(pair.second_from(), None).await?;
                // AWS's clock is known to the second only, and the command has this computer's.
                permit.next(second - 1).await;
            }
            None => permit.next(step).await,
        }
        let mut second = self.run(command, origin).await?;
        for _ in 0..TRIES {
            if pair.check(&second, self.now()) != Err(Wrong::Same) {
                break;
            }
            // Its clock is a little behind ours.
            tokio::time::sleep(Duration::from_secs(1)).await;
            second = self.run(command, origin).await?;
        }
        pair.check(&second, self.now()).map_err(wrong)?;
        match known {
            Some(step) => permit.used_up_to(step)?,
            None => permit.used()?,
        }
        Ok([pair.into_first(), second])
    }

    /// A code, and the step that it is of. If a step ended while the command ran, nobody can tell
    /// of which of the two the code is, so the command is asked again.
    async fn first_printed(
        &self,
        command: &Secret,
        origin: &str,
        permit: &Permit<'_>,
    ) -> Result<(Code, i64)> {
        let mut step = permit.step();
        let mut code = self.run(command, origin).await?;
        for _ in 1..TRIES {
            let now = permit.step();
            if now == step {
                break;
            }
            step = now;
            code = self.run(command, origin).await?;
        }
        Ok((code, step))
    }

    async fn run(&self, command: &Secret, origin: &str) -> Result<Code> {
        let source = CodeSource::Command {
            command: command.clone(),
            origin: origin.to_owned(),
        };
        let prompt = Prompt {
            device: self.serial,
            profile: &self.operator.plan().profile.value,
        };
        source.obtain(self.ui, &prompt, self.timeout).await
    }

    /// Waits with a countdown until AWS's clock says `time`.
    pub(in crate::commands) async fn wait_until(
        &self,
        time: Timestamp,
        terminal: Option<&Terminal>,
    ) -> Result<()> {
        let mut told = false;
        loop {
            let left = time.duration_since(self.now());
            let Ok(left) = Duration::try_from(left) else {
                return Ok(());
            };
            let left = left.min(LONGEST);
            if left.is_zero() {
                return Ok(());
            }
            let seconds = left.as_secs_f64().ceil();
            if let (false, Some(terminal)) = (told, terminal) {
                told = true;
                terminal.show(&format!("the next code comes in {seconds} s"))?;
            }
            let _working = self
                .ui
                .working(&format!("the next code comes in {seconds} s"));
            tokio::time::sleep(left.min(Duration::from_secs(1))).await;
        }
    }

    fn now(&self) -> Timestamp {
        self.operator.aws().now()
    }
}

fn refused(wrong: Wrong) -> Failure {
    Failure::new(Kind::Code, wrong.words())
}
