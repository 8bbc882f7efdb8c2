//! Where a code comes from: the command line, standard input, the environment, a command, or the
//! person at the terminal, in this order.
//!
//! [`CodeSource::decide`] is pure and comes early: what is already there and is no code fails before
//! anything is asked of AWS. [`CodeSource::obtain`] comes last, and may take as long as a person
//! does. What is refused here is never quoted: a mistyped code or a pasted password is not for
//! logs.

use std::fmt;
use std::io;
use std::time::Duration;

use anyhow::anyhow;

use super::{Code, output};
use crate::aside::detached;
use crate::context::Env;
use crate::failure::{Failure, Kind, Result};
use crate::process::{self, Setting};
use crate::secret::Secret;
use crate::stdin;
use crate::terminal::{Line, Terminal};
use crate::ui::Ui;

/// The environment variable that holds a code.
const VARIABLE: &str = "AWSMFA_TOKEN_CODE";

/// How often somebody at the terminal may type what is no code.
const TRIES: usize = 3;

/// Where on the command line a code was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// `--token-code`, `-t`.
    Flag,
    /// `awsmfa 123456`.
    Positional,
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Given::Flag => "--token-code",
            Given::Positional => "CODE",
        })
    }
}

/// Where the code is to be had.
#[derive(Clone, Debug)]
pub enum CodeSource {
    /// The command line, which has it.
    Given { code: Code, place: Given },
    /// The first line of standard input, because the command line said `-`.
    Stdin,
    /// `AWSMFA_TOKEN_CODE`, which has it.
    Environment { code: Code },
    /// What a command of the profile prints, perhaps with the seed among its arguments; `origin`
    /// says where it is configured.
    Command { command: Secret, origin: String },
    /// The person at the terminal.
    Terminal,
}

impl CodeSource {
    /// Which source applies: the command line, `AWSMFA_TOKEN_CODE`, the profile's `mfa_process`
    /// (with where it is configured), else the terminal.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] or [`Kind::Code`] if the command line or the variable holds something else
    /// than a code.
    pub fn decide(
        given: Option<(&str, Given)>,
        env: &Env,
        mfa_process: Option<(&str, &dyn fmt::Display)>,
    ) -> Result<Self> {
        if let Some((text, place)) = given {
            if text.trim() == "-" {
                return Ok(Self::Stdin);
            }
            return match Code::parse(text) {
                Some(code) => Ok(Self::Given { code, place }),
                None => Err(no_code_given(text, place)),
            };
        }
        if let Some(text) = env.text(VARIABLE)? {
            return match Code::parse(text) {
                Some(code) => Ok(Self::Environment { code }),
                None => Err(Failure::new(Kind::Code, NO_CODE)
                    .at(VARIABLE)
                    .next(format!("unset {VARIABLE} to be asked for the code"))),
            };
        }
        Ok(match mfa_process {
            Some((command, origin)) => Self::Command {
                command: Secret::new(command),
                origin: origin.to_string(),
            },
            None => Self::Terminal,
        })
    }

    /// Whether the command line asks for a code to be spent.
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Given { .. } | Self::Stdin)
    }

    /// Gets the code. Whatever takes time does so aside: the future can be dropped at any moment.
    ///
    /// # Errors
    ///
    /// [`Kind::Code`] if there is none to be had, or what came is none; [`Kind::Interrupted`] if
    /// the person ended the input.
    pub async fn obtain(self, ui: &Ui, prompt: &Prompt<'_>, limit: Duration) -> Result<Code> {
        match self {
            Self::Given { code, .. } | Self::Environment { code } => Ok(code),
            Self::Stdin => detached("standard input", from_stdin).await,
            Self::Command { command, origin } => {
                // The command may ask for a touch or a PIN on the terminal.
                let _quiet = ui.question();
                from_command(command.expose(), &origin, limit).await
            }
            Self::Terminal => {
                let terminal = Terminal::open(ui).map_err(|error| nobody_to_ask(&error))?;
                ask(&terminal, prompt, None).await
            }
        }
    }
}

/// Whose code is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'a> {
    /// The serial number or ARN of the device.
    pub device: &'a str,
    pub profile: &'a str,
}

impl fmt::Display for Prompt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MFA code for {} (profile {}): ",
            self.device, self.profile
        )
    }
}

/// Asks for a code, after the line `why` where it was asked for before, until what is typed has
/// the shape of one, three times at most.
///
/// # Errors
///
/// [`Kind::Code`] if it never has; [`Kind::Interrupted`] if the input ends.
pub async fn ask(terminal: &Terminal, prompt: &Prompt<'_>, why: Option<&str>) -> Result<Code> {
    if let Some(why) = why {
        terminal.show(why)?;
    }
    ask_plainly(terminal, &prompt.to_string()).await
}

/// The same with the caller's own prompt.
///
/// # Errors
///
/// As for [`ask`].
pub async fn ask_plainly(terminal: &Terminal, prompt: &str) -> Result<Code> {
    for left in (0..TRIES).rev() {
        let answer = terminal.ask(prompt).await?;
        if let Some(code) = Code::parse(answer.expose()) {
            return Ok(code);
        }
        if left > 0 {
            terminal.show("a code is the six digits that the MFA device shows now")?;
        }
    }
    Err(Failure::new(Kind::Code, "no six-digit code was typed"))
}

const NO_CODE: &str = "the MFA code is not six digits";

fn no_code_given(text: &str, place: Given) -> Failure {
    if place == Given::Positional && text.chars().any(char::is_alphabetic) {
        return Failure::new(
            Kind::Usage,
            "what was given for CODE is neither a command nor six digits",
        )
        .at(place)
        .next("see `awsmfa --help` for the commands");
    }
    Failure::new(Kind::Usage, NO_CODE)
        .at(place)
        .next("give the six digits that the MFA device shows now, or leave them out to be asked")
}

/// Nobody can be asked, and every other way to a code is named.
pub fn nobody_to_ask(error: &io::Error) -> Failure {
    Failure::new(
        Kind::Code,
        "an MFA code is needed and there is no terminal to ask for it",
    )
    .because(anyhow!("{error}"))
    .next("give the code with `--token-code`, or on standard input with `--token-code -`")
    .next(format!(
        "or set {VARIABLE}, or `mfa_process` in the profile"
    ))
}

fn from_stdin() -> Result<Code> {
    let failure = |what| Failure::new(Kind::Code, what).at("standard input");
    let broken =
        |error| failure("the MFA code could not be read from standard input").because(error);
    let code = match stdin::line().map_err(broken)? {
        Line::End => {
            return Err(failure("there is no MFA code on standard input")
                .next("give it in the first line, or leave out `-` to be asked"));
        }
        // Windows PowerShell begins what it pipes with a byte order mark, where it writes UTF-8.
        Line::Text(line) => Code::parse(line.expose().trim_start_matches('\u{feff}')),
        Line::TooLong => None,
    };
    code.ok_or_else(|| failure(NO_CODE).next("give the code alone in the first line"))
}

async fn from_command(command: &str, origin: &str, limit: Duration) -> Result<Code> {
    let printed = process::run(Setting::MfaProcess, command, limit)
        .await
        .map_err(|failure| failure.at(origin))?;
    output::find(&printed).map_err(|why| {
        Failure::new(Kind::Code, format!("the mfa_process command {why}"))
            .at(origin)
            .next("run the command by hand: it must print the six digits and no others")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Manner;

    fn decide(given: Option<(&str, Given)>, variable: &str, process: bool) -> Result<CodeSource> {
        let env: Env = [(VARIABLE, variable)].into_iter().collect();
        let process: Option<(&str, &dyn fmt::Display)> =
            process.then_some(("oathtool", &"~/.aws/config:7"));
        CodeSource::decide(given, &env, process)
    }

    fn obtain(source: CodeSource) -> Result<Code> {
        let ui = Ui::into_sink(Manner::default(), Box::new(io::sink()));
        let prompt = Prompt {
            device: "GAHT12345678",
            profile: "default",
        };
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(source.obtain(&ui, &prompt, Duration::from_secs(10)))
    }

    #[test]
    fn the_command_line_beats_the_environment_beats_the_profile_beats_asking() {
        let flag = Some(("111 111", Given::Flag));
        let positional = Some(("111111", Given::Positional));
        let dash = Some(("-", Given::Flag));
        for (given, variable, process, expected) in [
            (
                flag,
                "222222",
                true,
                "Given { code: Code([redacted]), place: Flag }",
            ),
            (
                positional,
                "",
                false,
                "Given { code: Code([redacted]), place: Positional }",
            ),
            (dash, "222222", true, "Stdin"),
            (
                None,
                "222222",
                true,
                "Environment { code: Code([redacted]) }",
            ),
            (
                None,
                "",
                true,
                "Command { command: [redacted], origin: \"~/.aws/config:7\" }",
            ),
            (None, "", false, "Terminal"),
        ] {
            let source = decide(given, variable, process).unwrap();
            assert_eq!(format!("{source:?}"), expected);
            assert_eq!(source.is_given(), given.is_some());
        }
    }

    #[test]
    fn what_is_no_code_fails_at_once_and_is_not_quoted() {
        let (flag, positional) = (Given::Flag, Given::Positional);
        for (given, variable, kind, place, what) in [
            (
                Some(("13579", flag)),
                "",
                Kind::Usage,
                "--token-code",
                NO_CODE,
            ),
            (
                Some(("", flag)),
                "222222",
                Kind::Usage,
                "--token-code",
                NO_CODE,
            ),
            (
                Some(("1357924", positional)),
                "",
                Kind::Usage,
                "CODE",
                NO_CODE,
            ),
            (
                Some(("hunter2", positional)),
                "",
                Kind::Usage,
                "CODE",
                "what was given for CODE is neither a command nor six digits",
            ),
            (None, "hunter2", Kind::Code, VARIABLE, NO_CODE),
        ] {
            let failure = decide(given, variable, true).unwrap_err();
            assert_eq!(failure.kind(), kind);
            assert_eq!(failure.place(), Some(place));
            assert_eq!(failure.what(), what);
            let all = format!("{failure:?}");
            for secret in ["13579", "hunter2"] {
                assert!(!all.contains(secret), "{all}");
            }
        }
    }

    #[test]
    fn a_code_that_is_there_is_taken_as_it_is() {
        for (given, variable) in [(Some(("123456", Given::Flag)), ""), (None, "123456")] {
            let code = obtain(decide(given, variable, false).unwrap()).unwrap();
            assert_eq!(code.secret().expose(), "123456");
        }
    }

    #[test]
    fn a_command_s_output_is_a_code_or_a_failure_that_does_not_quote_it() {
        let command = |line: &str| CodeSource::Command {
            command: Secret::new(line),
            origin: "~/.aws/config:7".to_owned(),
        };
        let code = obtain(command("echo AWS:alice 123456")).unwrap();
        assert_eq!(code.secret().expose(), "123456");

        let failure = obtain(command("echo 111111 222222")).unwrap_err();
        assert_eq!(failure.kind(), Kind::Code);
        assert_eq!(failure.place(), Some("~/.aws/config:7"));
        assert!(!format!("{failure:?}").contains("111111"));

        let failure = obtain(command("exit 3")).unwrap_err();
        assert_eq!(failure.kind(), Kind::Code);
        assert_eq!(failure.place(), Some("~/.aws/config:7"));
    }

    #[test]
    fn the_prompt_names_the_device_and_the_profile() {
        let prompt = Prompt {
            device: "arn:aws:iam::123456789012:mfa/alice",
            profile: "work",
        };
        assert_eq!(
            prompt.to_string(),
            "MFA code for arn:aws:iam::123456789012:mfa/alice (profile work): "
        );
    }
}
