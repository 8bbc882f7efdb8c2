//! Where a value came from, so that whoever finds fault with it can say what to change.

use std::fmt;
use std::path::PathBuf;

use crate::failure::Kind;

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    pub origin: Origin,
}

/// Where a value came from; as text, what a person would look for: `--profile`, `AWS_PROFILE`,
/// `/home/alice/.aws/config:12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// A line of one of the two files, counted from 1.
    File { path: PathBuf, line: usize },
    /// Nobody said anything, so the rule for that case holds.
    Default,
    /// Recorded in a section of ours when it was written.
    Section(String),
}

impl Origin {
    /// Whose fault a bad value from here is: the command line's, or the configuration's.
    pub fn kind(&self) -> Kind {
        match self {
            Origin::Flag(_) => Kind::Usage,
            _ => Kind::Configuration,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) | Origin::Environment(name) => f.write_str(name),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Default => f.write_str("default"),
            Origin::Section(name) => write!(f, "[{name}]"),
        }
    }
}

impl<T> Sourced<T> {
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The same origin with another form of the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced {
            value: change(self.value),
            origin: self.origin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_as_the_thing_to_look_for() {
        let file = Origin::File {
            path: PathBuf::from("aws/config"),
            line: 12,
        };
        assert_eq!(file.to_string(), "aws/config:12");
        assert_eq!(Origin::Flag("--profile").to_string(), "--profile");
        assert_eq!(Origin::Section("work-mfa".into()).to_string(), "[work-mfa]");
    }
}
