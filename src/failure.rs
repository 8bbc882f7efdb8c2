//! How anything that goes wrong is told: what happened, where, what was done before, and what to do
//! next.
//!
//! Every fallible function of this crate ends in a [`Failure`]. Its [`Kind`] is the person's
//! situation and decides the exit code; the text is written where the situation is known, never
//! here. A failure holds no secret: values that came from a file or a terminal are not quoted in
//! it. Printing is [`crate::ui`]'s, exiting is `main`'s.

use std::fmt;

/// Why the program stops, and with it the exit code.
///
/// The numbers are part of the interface (README, "Exit codes") and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fault in `awsmfa` itself.
    Internal,
    /// The command line cannot be understood, or asks for what cannot be.
    Usage,
    /// Profiles, settings or environment do not add up.
    Configuration,
    /// There is no code, or AWS did not accept it.
    Code,
    /// AWS answered, and the answer was no.
    Aws,
    /// AWS was not reached, or what answered was not AWS.
    Network,
    /// A file could not be read, understood, locked or written.
    File,
    /// What was looked for is there: a rule is broken. Everything went well otherwise.
    Findings,
    /// The command of `exec` is there, but cannot be run.
    CannotRun,
    /// The command of `exec` is not there, or what its first line names.
    NotFound,
    /// The person, or a signal, stopped it.
    Interrupted,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::Internal,
        Kind::Usage,
        Kind::Configuration,
        Kind::Code,
        Kind::Aws,
        Kind::Network,
        Kind::File,
        Kind::Findings,
        Kind::CannotRun,
        Kind::NotFound,
        Kind::Interrupted,
    ];

    /// The exit code: 0 is success, 2 is what clap and the shell use for usage, 126, 127
    /// and 130 (128 plus SIGINT) are what a shell reports.
    pub const fn exit_code(self) -> u8 {
        match self {
            Kind::Internal => 1,
            Kind::Usage => 2,
            Kind::Configuration => 3,
            Kind::Code => 4,
            Kind::Aws => 5,
            Kind::Network => 6,
            Kind::File => 7,
            Kind::Findings => 8,
            Kind::CannotRun => 126,
            Kind::NotFound => 127,
            Kind::Interrupted => 130,
        }
    }
}

/// What happened, where, and what to do next.
///
/// ```
/// use awsmfa::failure::{Failure, Kind};
///
/// let failure = Failure::new(Kind::Configuration, "profile `dev` has no source_profile")
///     .at("~/.aws/config:12")
///     .next("add `source_profile = default` below that line");
/// assert_eq!(failure.kind().exit_code(), 3);
/// ```
#[derive(Debug)]
pub struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: Kind,
    subject: Option<String>,
    what: String,
    place: Option<String>,
    done: Vec<String>,
    next: Vec<String>,
    notes: Vec<String>,
    cause: Option<anyhow::Error>,
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// `what` is one short sentence in lower case without a full stop.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            subject: None,
            what: what.into(),
            place: None,
            done: Vec::new(),
            next: Vec::new(),
            notes: Vec::new(),
            cause: None,
        }))
    }

    /// Whom it is about, where several are done at once: before the sentence.
    #[must_use]
    pub fn about(mut self, subject: impl fmt::Display) -> Self {
        self.0.subject = Some(subject.to_string());
        self
    }

    /// Where: a path, `path:line`, a flag, an environment variable or an endpoint.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.0.place = Some(place.to_string());
        self
    }

    /// What was done before and stays done; may be called more than once, in that order.
    #[must_use]
    pub fn done(mut self, deed: impl Into<String>) -> Self {
        self.0.done.push(deed.into());
        self
    }

    /// What is good to know and nothing to do; may be called more than once.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.0.notes.push(text.into());
        self
    }

    /// What to do next; may be called more than once, most promising first.
    #[must_use]
    pub fn next(mut self, advice: impl Into<String>) -> Self {
        self.0.next.push(advice.into());
        self
    }

    /// The error below, shown after the sentence.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    pub fn what(&self) -> &str {
        &self.0.what
    }

    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }

    pub fn deeds(&self) -> &[String] {
        &self.0.done
    }

    pub fn advice(&self) -> &[String] {
        &self.0.next
    }

    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// The chain of causes in one line, outermost first; what the system says is without its number.
    pub fn cause(&self) -> Option<String> {
        let cause = format!("{:#}", self.0.cause.as_ref()?);
        let words = cause.split(" (os error ").next()?;
        Some(words.to_owned())
    }
}

/// One line, for logs and tests; a person is shown the parts by [`crate::ui`].
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(subject) = self.subject() {
            write!(f, "{subject}: ")?;
        }
        f.write_str(self.what())?;
        if let Some(cause) = self.cause() {
            write!(f, ": {cause}")?;
        }
        if let Some(place) = self.place() {
            write!(f, " ({place})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_distinct_and_none_means_success() {
        let mut codes: Vec<u8> = Kind::ALL.iter().map(|kind| kind.exit_code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Kind::ALL.len());
        assert!(!codes.contains(&0));
    }
}
