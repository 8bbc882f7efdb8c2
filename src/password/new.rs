//! Where a password comes from: generated, the terminal, or standard input.

use anyhow::anyhow;

use super::generate;
use super::policy::{Policy, Rule};
use crate::aside::detached;
use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;
use crate::stdin;
use crate::terminal::{Hidden, Line, Terminal};
use crate::ui::Ui;

/// How often somebody at the terminal may try.
const TRIES: usize = 3;

/// Where a new password comes from.
#[derive(Debug)]
pub enum New {
    Generated,
    /// The next line of standard input.
    Stdin,
    /// The person at the terminal, asked twice.
    Typed(Terminal),
}

impl New {
    /// Gets a password for `user` that keeps the policy's rules.
    ///
    /// # Errors
    ///
    /// [`Kind::Aws`] if it breaks a rule of the account; [`Kind::Configuration`] if there is none,
    /// or two that differ; [`Kind::Interrupted`] if the input ends.
    pub async fn obtain(&self, policy: &Policy, user: &str) -> Result<Secret> {
        match self {
            New::Generated => generate(policy),
            New::Stdin => {
                let password = from_stdin("new password").await?;
                keeps_the_rules(policy, &password, None)?;
                Ok(password)
            }
            New::Typed(terminal) => {
                let prompt = format!("New password for {user}: ");
                typed(&terminal.hidden()?, &prompt, policy, None).await
            }
        }
    }
}

/// The terminal to ask on.
///
/// # Errors
///
/// [`Kind::Configuration`] if there is none; `other_ways` says how else to give a password.
pub fn terminal(ui: &Ui, other_ways: &str) -> Result<Terminal> {
    Terminal::open(ui).map_err(|error| {
        Failure::new(
            Kind::Configuration,
            "a password is needed and there is no terminal to ask for it",
        )
        .because(anyhow!("{error}"))
        .next(other_ways)
    })
}

/// What was given as a password at the terminal under `prompt`; white space is a part of it.
///
/// # Errors
///
/// [`Kind::Configuration`] if nothing is typed; [`Kind::Interrupted`] if the input ends.
pub async fn present(hidden: &Hidden, prompt: &str) -> Result<Secret> {
    for _ in 0..TRIES {
        let password = hidden.ask(prompt).await?;
        if !password.expose().is_empty() {
            return Ok(password);
        }
    }
    Err(nothing_typed())
}

/// A new password, typed twice as the successor of `old` where that is known. Broken rules are
/// named, and it is asked for again, twice.
///
/// # Errors
///
/// As for [`New::obtain`].
pub async fn typed(
    hidden: &Hidden,
    prompt: &str,
    policy: &Policy,
    old: Option<&Secret>,
) -> Result<Secret> {
    if let Some(asked) = policy.in_words() {
        hidden.show(&asked)?;
    }
    let mut failure = nothing_typed();
    for _ in 0..TRIES {
        let password = hidden.ask(prompt).await?;
        let broken = policy.broken(password.expose(), old.map(Secret::expose));
        if !broken.is_empty() {
            for rule in &broken {
                hidden.show(&format!("the password must {rule}"))?;
            }
            failure = refused(&broken);
            continue;
        }
        let again = hidden.ask("The same again: ").await?;
        if again.expose() == password.expose() {
            return Ok(password);
        }
        hidden.show("the two are not the same")?;
        failure = Failure::new(Kind::Configuration, "the password was typed in two ways");
    }
    Err(failure)
}

fn nothing_typed() -> Failure {
    Failure::new(Kind::Configuration, "no password was typed")
}

/// # Errors
///
/// [`Kind::Aws`] with every rule that the password breaks: AWS would refuse it.
pub fn keeps_the_rules(policy: &Policy, password: &Secret, old: Option<&Secret>) -> Result<()> {
    let broken = policy.broken(password.expose(), old.map(Secret::expose));
    match broken.is_empty() {
        true => Ok(()),
        false => Err(refused(&broken)),
    }
}

fn refused(broken: &[Rule]) -> Failure {
    let failure = Failure::new(
        Kind::Aws,
        "the new password breaks the account's rules, so it was not sent",
    );
    broken.iter().fold(failure, |failure, rule| {
        failure.note(format!("it must {rule}"))
    })
}

/// The next line of standard input: `what` it should be is for the message.
///
/// # Errors
///
/// [`Kind::Configuration`] if there is none.
pub async fn from_stdin(what: &'static str) -> Result<Secret> {
    detached("standard input", move || read(what)).await
}

fn read(what: &str) -> Result<Secret> {
    let failure = |what: String| Failure::new(Kind::Configuration, what).at("standard input");
    let broken = |error| failure(format!("the {what} could not be read")).because(error);
    let line = match stdin::line().map_err(broken)? {
        Line::Text(line) => line,
        Line::TooLong => return Err(failure(format!("the {what} is far too long"))),
        Line::End => Secret::default(),
    };
    // Windows ends lines with both, and PowerShell begins what it pipes with a byte order mark.
    let text = line.expose();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(failure(format!("there is no {what}"))
            .next("`--password-stdin` reads one password to a line"));
    }
    Ok(Secret::new(text))
}
