//! Everything said to a person, on standard error, and the one document or table asked for, on
//! standard output.
//!
//! - Standard error carries messages: plain lines, `note:`, `warning:`, `error:`, and with `-v`
//!   `trace:`. A failure is text whatever `--output` says, as in the AWS CLI; its kind is the
//!   exit code. `--quiet` silences plain lines, notes and the spinner; warnings and errors stay.
//! - Standard output carries a result document or nothing, so it can be piped and parsed.
//! - Nothing printed here can panic. Standard error that is closed or broken is ignored; standard
//!   output that cannot take the document is a failure, because a result was lost.
//! - Foreign text is neutralised ([`printable`]), so callers quote freely.
//! - Colour and the spinner are for terminals: see [`Ui::new`].
//!
//! Questions are [`crate::terminal`]'s; they tell this module when one is open ([`Ui::question`]).

mod diff;
mod nowhere;
mod out;
mod screen;
mod table;
mod text;
mod time;

use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

pub use diff::Diff;
pub use out::not_written;
pub use screen::{Question, Working};
pub use table::{Cell, Tone};
pub use text::printable;
pub use time::{in_words, until};

use crate::context::Env;
use crate::failure::Failure;
use out::look;
use screen::Screen;
use table::Look;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const FAINT: Style = Style::new().dimmed();

/// What the result is printed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For a person: what was done on standard error, what was asked for on standard output.
    #[default]
    Text,
    /// For a program: one JSON document on standard output.
    Json,
    /// For a spreadsheet: comma-separated values, as AWS has made them. Only the report takes
    /// and documents it.
    #[value(hide = true)]
    Csv,
}

/// How much to say, and in what form: `--quiet`, `--verbose`, `--output`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    pub quiet: bool,
    pub verbose: bool,
    pub output: Output,
}

/// Makes the commands in a message such as the person has to type.
#[derive(Clone)]
struct Complete(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl fmt::Debug for Complete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Complete")
    }
}

/// The voice of the program. Clones speak through the same standard error.
#[derive(Clone, Debug)]
pub struct Ui {
    manner: Manner,
    colour: bool,
    spinner: bool,
    /// Of standard output.
    look: Look,
    screen: Arc<Screen>,
    complete: Complete,
}

impl Ui {
    /// The voice on the real standard error.
    ///
    /// Colour is decided here, once: no where `NO_COLOR` is set, else yes where `CLICOLOR_FORCE`
    /// is set and not `0`, else only on a terminal that is not `TERM=dumb` and without
    /// `CLICOLOR=0` (no-color.org, bixense.com/clicolors). The spinner needs such a terminal too,
    /// but is no colour.
    pub fn new(manner: Manner, env: &Env) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the voice is on standard error")]
        let stderr = std::io::stderr();
        let terminal = stderr.is_terminal();
        let colour = wants_colour(env, terminal);
        let sink: Box<dyn Write + Send> = if colour {
            // Consoles before Windows 10 do not know the sequences; anstream translates.
            Box::new(AutoStream::new(stderr, ColorChoice::Always))
        } else {
            Box::new(stderr)
        };
        Self {
            manner,
            colour,
            spinner: terminal && !manner.quiet && !is_dumb(env),
            look: look(env),
            screen: Screen::new(sink, terminal),
            complete: Complete(Arc::new(str::to_owned)),
        }
    }

    /// The same voice, with the commands in messages completed by `complete`.
    #[must_use]
    pub fn completing(self, complete: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let complete = Complete(Arc::new(complete));
        Self { complete, ..self }
    }

    /// A voice without colour and spinner that speaks into `sink`, for tests.
    #[cfg(test)]
    pub(crate) fn into_sink(manner: Manner, sink: Box<dyn Write + Send>) -> Self {
        Self {
            manner,
            colour: false,
            spinner: false,
            look: Look::default(),
            screen: Screen::new(sink, false),
            complete: Complete(Arc::new(str::to_owned)),
        }
    }

    /// The same as [`Ui::into_sink`], with `sink` standing for the terminal that questions use.
    #[cfg(test)]
    pub(crate) fn beside_terminal(sink: Box<dyn Write + Send>) -> Self {
        Self {
            manner: Manner::default(),
            colour: false,
            spinner: true,
            look: Look::default(),
            screen: Screen::new(sink, true),
            complete: Complete(Arc::new(str::to_owned)),
        }
    }

    /// The same voice without plain lines, notes and the spinner, for what happens while somebody
    /// else has the terminal.
    #[must_use]
    pub fn hushed(&self) -> Self {
        let mut hushed = self.clone();
        hushed.manner.quiet = true;
        hushed.spinner = false;
        hushed
    }

    pub fn is_quiet(&self) -> bool {
        self.manner.quiet
    }

    pub fn is_verbose(&self) -> bool {
        self.manner.verbose
    }

    pub fn output(&self) -> Output {
        self.manner.output
    }

    /// The same voice for a step whose result is part of another's document.
    #[must_use]
    pub fn as_text(&self) -> Self {
        let mut ui = self.clone();
        ui.manner.output = Output::Text;
        ui
    }

    /// One plain line.
    pub fn say(&self, text: &str) {
        if !self.manner.quiet {
            let text = (self.complete.0)(text);
            self.screen.print(&format!("{}\n", printable(&text)));
        }
    }

    /// Columns among what is said.
    pub fn say_table(&self, rows: &[Vec<Cell>]) {
        if !self.manner.quiet {
            let look = Look {
                terminal: self.spinner,
                colour: self.colour,
                width: out::width().filter(|_| self.spinner),
            };
            self.screen.print(&table::lines(rows, look));
        }
    }

    /// Something good to know that asks for no action.
    pub fn note(&self, text: &str) {
        if !self.manner.quiet {
            self.screen
                .print(&self.line("", NOTE, "note:", &(self.complete.0)(text)));
        }
    }

    /// Something that worked, but may surprise later.
    pub fn warn(&self, text: &str) {
        self.screen
            .print(&self.line("", WARNING, "warning:", &(self.complete.0)(text)));
    }

    /// Whether standard error is a terminal, so that who is asked there sees what is said here.
    pub fn is_on_terminal(&self) -> bool {
        self.screen.is_terminal()
    }

    /// What is going to change in a file. Whoever is asked about it has to see it, so `--quiet` does
    /// not silence it.
    pub fn diff(&self, diff: &Diff) {
        self.screen.print(&diff.lines(self.colour));
    }

    /// A step, for `--verbose`. The caller leaves secrets out; formatting costs nothing unless
    /// asked for.
    pub fn trace(&self, step: impl fmt::Display) {
        if self.manner.verbose {
            self.screen
                .print(&self.line("", FAINT, "trace:", &step.to_string()));
        }
    }

    /// What went wrong, where, and what to do next, one per line. An open question is given up.
    pub fn failure(&self, failure: &Failure) {
        let sentence = match failure.subject() {
            Some(subject) => format!("{subject}: {}", failure.what()),
            None => failure.what().to_owned(),
        };
        let mut lines = self.line("", ERROR, "error:", &sentence);
        if let Some(cause) = failure.cause() {
            lines += &self.line("  ", FAINT, "cause:", &cause);
        }
        if let Some(place) = failure.place() {
            lines += &self.line("  ", FAINT, "at:", place);
        }
        for deed in failure.deeds() {
            lines += &self.line("  ", FAINT, "done:", deed);
        }
        for advice in failure.advice() {
            lines += &self.line("  ", NOTE, "next:", &(self.complete.0)(advice));
        }
        for note in failure.notes() {
            lines += &self.line("  ", NOTE, "note:", &(self.complete.0)(note));
        }
        self.screen.insist(&lines);
    }

    /// Says on a terminal that `text` is going on, should it take longer than a third of a
    /// second, until the guard is dropped.
    pub fn working(&self, text: &str) -> Working {
        if self.spinner {
            Working::shown(&self.screen, &printable(text))
        } else {
            Working::unseen()
        }
    }

    /// To be held from before a prompt is shown until its answer is read: the spinner rests and
    /// messages wait.
    pub fn question(&self) -> Question {
        Question::open(&self.screen)
    }

    /// Whether a question is open whose line has not been ended.
    pub fn has_question(&self) -> bool {
        self.screen.has_question()
    }

    /// Gives up open questions, their line ended by the caller: what waited for them is said.
    pub fn give_up_question(&self) {
        self.screen.give_up_question();
    }

    fn line(&self, indent: &str, style: Style, label: &str, text: &str) -> String {
        let text = printable(text);
        if self.colour {
            format!("{indent}{style}{label}{style:#} {text}\n")
        } else {
            format!("{indent}{label} {text}\n")
        }
    }
}

fn wants_colour(env: &Env, terminal: bool) -> bool {
    if env.raw("NO_COLOR").is_some() {
        return false;
    }
    if env.raw("CLICOLOR_FORCE").is_some_and(|force| force != "0") {
        return true;
    }
    terminal && !is_dumb(env) && env.raw("CLICOLOR").is_none_or(|colour| colour != "0")
}

/// On Unix a terminal names itself in `TERM`; on Windows nothing does.
fn is_dumb(env: &Env) -> bool {
    env.raw("TERM")
        .map_or(cfg!(unix), |terminal| terminal == "dumb")
}

#[cfg(test)]
mod tests;
