//! Two codes in a row: from the command line, from `mfa_process`, or from the person.

use std::io;
use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};

use crate::code::{Code, CodeSource, Prompt, ask_plainly};
use crate::device::{self, Pair, Seed, Wrong};
use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;
use crate::signin::Operator;
use crate::terminal::Terminal;
use crate::ui::Ui;

/// How often a person may be wrong, and a command may print the same code.
const TRIES: usize = 3;

/// Longer than this nobody waits for a code: a step, and a second for clocks that differ.
const LONGEST: Duration = Duration::from_secs(31);

/// How far from AWS's clock what a reply tells of it may be.
const UNCERTAINTY: SignedDuration = SignedDuration::from_secs(1);

/// How long a code is shown (RFC 6238, section 4.1).
const STEP: SignedDuration = SignedDuration::from_secs(30);

/// Codes on the command line, for where nobody can answer.
#[derive(Args, Debug)]
pub(super) struct GivenCodes {
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
    pub(super) fn parse(self) -> Result<Option<[Code; 2]>> {
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
pub(super) enum Source {
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
    pub(super) fn choose(
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

    /// Whether asking again may bring others.
    pub(super) fn can_try_again(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }
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
pub(super) struct Clerk<'a> {
    pub(super) operator: &'a Operator<'a>,
    pub(super) ui: &'a Ui,
    /// The device's serial number.
    pub(super) serial: &'a str,
    /// For how long a command may run.
    pub(super) timeout: Duration,
}

impl Clerk<'_> {
    /// Two codes, of which everything is true that can be known here; `seed` where this run has
    /// created the device.
    ///
    /// # Errors
    ///
    /// [`Kind::Code`] if they are wrong; [`Kind::Interrupted`].
    pub(super) async fn pair(&self, source: &Source, seed: Option<&Seed>) -> Result<[Code; 2]> {
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

    /// A command prints the same code for half a minute, so it is asked again in the next one.
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
        self.operator.await_unsent_code(self.serial).await?;
        self.wait_until(known_step(self.now()), None).await?;
        let first = self.run(command, origin).await?;
        let pair = Pair::begin(first, seed, self.now()).map_err(wrong)?;
        self.wait_until(pair.second_from(), None).await?;
        let mut second = self.run(command, origin).await?;
        for _ in 0..TRIES {
            if pair.check(&second, self.now()) != Err(Wrong::Same) {
                break;
            }
            // Its clock is a little behind AWS's.
            tokio::time::sleep(Duration::from_secs(1)).await;
            second = self.run(command, origin).await?;
        }
        pair.check(&second, self.now()).map_err(wrong)?;
        Ok([pair.into_first(), second])
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

    /// Waits with a countdown until AWS's clock surely says `time`, so that the code of the step
    /// before is not taken for that of the step which begins then.
    pub(super) async fn wait_until(
        &self,
        time: Timestamp,
        terminal: Option<&Terminal>,
    ) -> Result<()> {
        let mut told = false;
        loop {
            let Some(left) = left(time, self.now()) else {
                return Ok(());
            };
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

/// The begin of a step that `now` is surely in, or of the next where that may have begun already.
fn known_step(now: Timestamp) -> Timestamp {
    let sure = now.checked_add(UNCERTAINTY).unwrap_or(now);
    device::step_end(sure).checked_sub(STEP).unwrap_or(now)
}

/// How long to wait until AWS's clock, which seems to say `now`, surely says `time`.
fn left(time: Timestamp, now: Timestamp) -> Option<Duration> {
    let left = Duration::try_from(time.duration_since(now) + UNCERTAINTY).ok()?;
    (!left.is_zero()).then(|| left.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_waited_for_until_it_has_surely_begun() {
        let time: Timestamp = "2026-11-21T18:04:30Z".parse().unwrap();
        for (now, expected) in [
            ("2026-11-21T18:04:10Z", Some(21_000)),
            ("2026-11-21T18:04:30Z", Some(1_000)),
            ("2026-11-21T18:04:30.6Z", Some(400)),
            ("2026-11-21T18:04:31Z", None),
            ("2026-11-21T19:00:00Z", None),
            // No step is further away, whatever the clocks say.
            ("2026-11-21T17:00:00Z", Some(31_000)),
        ] {
            let left = left(time, now.parse().unwrap()).map(|left| left.as_millis());
            assert_eq!(left, expected, "{now}");
        }
    }

    #[test]
    fn around_the_begin_of_a_step_it_is_not_known_which_one_it_is() {
        for (now, expected) in [
            ("2026-11-21T18:04:10Z", "2026-11-21T18:04:00Z"),
            ("2026-11-21T18:04:28Z", "2026-11-21T18:04:00Z"),
            ("2026-11-21T18:04:29.6Z", "2026-11-21T18:04:30Z"),
            ("2026-11-21T18:04:30.4Z", "2026-11-21T18:04:30Z"),
        ] {
            let begin = known_step(now.parse().unwrap());
            assert_eq!(begin.to_string(), expected, "{now}");
        }
    }
}
