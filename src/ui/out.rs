//! What was asked for, on standard output: a document, a table, or bytes as they are. A result that
//! standard output does not take is a failure, because it is lost.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use super::table::{self, Look};
use super::{Cell, Ui, nowhere, text, wants_colour};
use crate::context::Env;
use crate::failure::{Failure, Kind, Result};

impl Ui {
    /// Prints the result on standard output: indented JSON and a line break.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if standard output does not take all of it, be it that the disk is full or
    /// that the reader went away.
    pub fn document(&self, document: &impl Serialize) -> Result<()> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the document is what was asked for"
        )]
        let stdout = std::io::stdout();
        put(&mut stdout.lock(), document)
    }

    /// Prints the result as columns on standard output.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if standard output does not take all of it.
    pub fn table(&self, rows: &[Vec<Cell>]) -> Result<()> {
        self.print_table(rows, self.look)
    }

    /// The same with one line for each row, cut to the width of the terminal where it is one.
    ///
    /// # Errors
    ///
    /// As for [`Ui::table`].
    pub fn fitted_table(&self, rows: &[Vec<Cell>]) -> Result<()> {
        let width = width().filter(|_| self.look.terminal);
        self.print_table(rows, Look { width, ..self.look })
    }

    fn print_table(&self, rows: &[Vec<Cell>], look: Look) -> Result<()> {
        let lines = table::lines(rows, look);
        if !self.look.colour {
            return self.print(lines.as_bytes());
        }
        #[expect(clippy::disallowed_methods, reason = "the table is what was asked for")]
        let mut stdout = AutoStream::new(std::io::stdout(), ColorChoice::Always);
        let written = stdout.write_all(lines.as_bytes());
        taken(written.and_then(|()| stdout.flush()))
    }

    /// Prints what is not for a person but for a shell or a pager, as it is. A pager that goes away
    /// has seen enough.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if standard output does not take all of it.
    pub fn print(&self, bytes: &[u8]) -> Result<()> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the bytes are what was asked for"
        )]
        let stdout = std::io::stdout();
        let mut stdout = stdout.lock();
        taken(stdout.write_all(bytes).and_then(|()| stdout.flush()))
    }

    /// Lets go of standard output while the program goes on: whoever reads it there, such as a
    /// shell's `$(…)`, has it all. On Windows the reader waits for the end of the program.
    pub fn end_output(&self) {
        #[cfg(unix)]
        if let Ok(nothing) = std::fs::File::options().write(true).open("/dev/null") {
            // Where that fails, the reader waits as on Windows.
            let _ = rustix::stdio::dup2_stdout(nothing);
        }
    }

    /// To be asked before something is made that [`Ui::hand_over`] will print.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if standard output is closed or the null device, where `what` would be lost.
    pub fn check_handing_over(&self, what: &str) -> Result<()> {
        if !nowhere::leads_nowhere() {
            return Ok(());
        }
        Err(Failure::new(
            Kind::File,
            format!("{what} would be lost: standard output is closed, or leads to the null device"),
        )
        .at("standard output")
        .next("have it go to a terminal, a file or a program; nothing was done"))
    }

    /// Prints what nobody can be told again: here a reader that went away is a failure.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if standard output does not take all of it.
    pub fn hand_over(&self, bytes: &[u8]) -> Result<()> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the bytes are what was asked for"
        )]
        let stdout = std::io::stdout();
        let mut stdout = stdout.lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        written.map_err(not_written)
    }
}

fn put(out: &mut impl Write, document: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(document).map_err(|error| {
        Failure::new(
            Kind::Internal,
            "the result could not be put into a document",
        )
        .because(error)
    })?;
    let json = text::printable_json(json);
    out.write_all(format!("{json}\n").as_bytes())
        .and_then(|()| out.flush())
        .map_err(not_written)
}

/// A reader that goes away has seen enough.
fn taken(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(not_written(error)),
        _ => Ok(()),
    }
}

/// Standard output did not take a result.
pub fn not_written(error: io::Error) -> Failure {
    Failure::new(Kind::File, "the result could not be written")
        .at("standard output")
        .because(error)
}

pub(super) fn look(env: &Env) -> Look {
    #[expect(clippy::disallowed_methods, reason = "it is only looked at")]
    let terminal = std::io::stdout().is_terminal();
    Look {
        terminal,
        colour: wants_colour(env, terminal),
        width: None,
    }
}

/// Columns of the terminal, where one is among the standard streams.
pub(super) fn width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_indented_json_and_a_line_break() {
        let mut out = Vec::new();
        put(&mut out, &serde_json::json!({ "section": "work-mfa" })).unwrap();
        assert_eq!(out, b"{\n  \"section\": \"work-mfa\"\n}\n");
    }

    #[test]
    fn a_reader_that_went_away_is_a_failure_and_no_panic() {
        let (reader, mut writer) = io::pipe().unwrap();
        drop(reader);
        let failure = put(&mut writer, &"result").unwrap_err();
        assert_eq!(failure.kind(), Kind::File);
        assert_eq!(failure.place(), Some("standard output"));
    }
}
