//! Consent to what cannot be undone, or touches what is not ours: `--yes`, or a `y` at the terminal.
//!
//! Where neither is to be had the answer is no, and nothing is done: consent is asked for before
//! the first deed, and never taken from standard input. Words are the caller's; what is asked, and
//! what a no means, is the same everywhere.

use crate::failure::{Failure, Kind, Result};
use crate::terminal::Terminal;
use crate::ui::Ui;

/// Asks whether to do `what`: a verb with its object, such as `replace device x`.
///
/// The future may be dropped while the question is open.
///
/// # Errors
///
/// [`Kind::Configuration`] if the person says no, or there is nobody to ask;
/// [`Kind::Interrupted`] if the input ends.
pub async fn obtain(ui: &Ui, yes: bool, what: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    let Ok(terminal) = Terminal::open(ui) else {
        return Err(Failure::new(
            Kind::Configuration,
            format!("to {what} needs consent, and there is no terminal to ask for it"),
        )
        .next("agree with `--yes`"));
    };
    let mut question = format!("{what}?");
    // ASCII: the sentences are ours.
    if let Some(first) = question.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if terminal
        .aside(move |terminal| terminal.confirm(&question))
        .await?
    {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Configuration,
        format!("you did not agree to {what}"),
    ))
}
