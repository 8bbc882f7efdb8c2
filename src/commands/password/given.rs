//! Where a new password comes from: the flags that `create` and `reset` share.

use clap::Args;

use crate::commands::whose::Whose;
use crate::failure::{Failure, Kind, Result};
use crate::password::{self, New};
use crate::ui::Ui;

#[derive(Args, Debug)]
pub(super) struct Given {
    /// Make a password that meets the account's rules, and print it on standard output
    #[arg(long, conflicts_with = "password_stdin")]
    generate: bool,

    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,

    /// Have the user choose another one at the next sign-in
    #[arg(long)]
    pub(super) reset_required: bool,
}

impl Given {
    /// # Errors
    ///
    /// [`Kind::Configuration`] if somebody would have to be asked, and nobody can be.
    pub(super) fn source(&self, ui: &Ui) -> Result<New> {
        match self {
            Given { generate: true, .. } => Ok(New::Generated),
            Given {
                password_stdin: true,
                ..
            } => Ok(New::Stdin),
            _ => password::terminal(
                ui,
                "make one with `--generate`, or give it on standard input with `--password-stdin`",
            )
            .map(New::Typed),
        }
    }

    pub(super) fn one_reader(&self, whose: &Whose) -> Result<()> {
        one_reader(self.password_stdin, whose)
    }
}

/// Standard input has one reader: which of two comes first would be a guess.
///
/// # Errors
///
/// [`Kind::Usage`] if both a code and a password are to be read from it.
pub(super) fn one_reader(password_stdin: bool, whose: &Whose) -> Result<()> {
    let code = whose.token_code.as_ref();
    if password_stdin && code.is_some_and(|code| code.expose().trim() == "-") {
        return Err(Failure::new(
            Kind::Usage,
            "a code and a password cannot both be read from standard input",
        )
        .at("--token-code")
        .next("give the code itself, or set AWSMFA_TOKEN_CODE"));
    }
    Ok(())
}
