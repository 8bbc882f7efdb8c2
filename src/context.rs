//! The outside world, captured once: environment, home directory, clock.
//!
//! Nothing below [`crate::run`] reads a variable, asks for the time or looks for the home
//! directory by itself; it is handed a [`Context`]. So a test can build the world it wants, and a
//! reader can see from a signature what a function depends on. The one exception is
//! [`system_zone`], for whoever reads a time that is written without its zone. Files and the network are not
//! here: the files belong to [`crate::store`], the network to [`crate::aws`], the terminal to
//! [`crate::terminal`].

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::failure::{Failure, Kind, Result};

/// Everything a command may know about where it runs.
#[derive(Debug)]
pub struct Context {
    pub env: Env,
    pub home: Option<PathBuf>,
    pub clock: Clock,
}

impl Context {
    /// Reads the real world. Called once, by `main`.
    pub fn capture() -> Self {
        let env = Env::capture();
        Self {
            home: home(&env),
            env,
            clock: Clock::system(),
        }
    }

    /// The zone to show times in; UTC with a fixed clock, so that tests do not depend on the
    /// machine.
    pub fn zone(&self) -> TimeZone {
        if self.clock.fixed.is_some() {
            return TimeZone::UTC;
        }
        system_zone()
    }

    /// The AWS config and credentials files: `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`
    /// where set (a leading `~` is the home directory, as in the AWS CLI), else `~/.aws/…`
    /// (AWS SDKs and Tools Reference Guide, "Location of the shared files").
    pub fn aws_file(&self, variable: &'static str, name: &str) -> Result<PathBuf> {
        if let Some(path) = self.env.raw(variable) {
            return Ok(self.expand_home(path));
        }
        match &self.home {
            Some(home) => Ok(home.join(".aws").join(name)),
            None => Err(Failure::new(
                Kind::Configuration,
                format!("there is no home directory to look for the AWS {name} file in"),
            )
            .next(format!("set {variable} to the file's path"))),
        }
    }

    /// `~` and `~/rest` as a shell expands them; any other path as it is.
    pub fn expand_home(&self, path: &OsStr) -> PathBuf {
        let given = PathBuf::from(path);
        match (&self.home, given.strip_prefix("~")) {
            (Some(home), Ok(rest)) => home.join(rest),
            _ => given,
        }
    }
}

/// On Windows `USERPROFILE` decides, as it does for the AWS CLI and the SDKs, and not what the
/// system knows without asking the environment.
fn home(env: &Env) -> Option<PathBuf> {
    let profile = env.raw("USERPROFILE").filter(|_| cfg!(windows));
    profile.map(PathBuf::from).or_else(dirs::home_dir)
}

/// The environment as it was at the start.
///
/// An empty variable counts as unset: so the SDKs read most of theirs. Not all do: to botocore an
/// empty `AWS_PROFILE` names a profile that is not there.
///
/// Windows does not tell `Path` from `PATH`, so there all names are kept in capitals.
#[derive(Clone, Default)]
pub struct Env(Vec<(OsString, OsString)>);

impl Env {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    fn capture() -> Self {
        std::env::vars_os().collect()
    }

    /// The same environment less one variable.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let others = self.0.iter().filter(|(other, _)| other != name);
        Self(others.cloned().collect())
    }

    /// The names of all variables, empty ones included.
    pub fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.0.iter().map(|(name, _)| name.as_os_str())
    }

    /// The variable's bytes, if it is set and not empty.
    pub fn raw(&self, name: &str) -> Option<&OsStr> {
        // Of a name that is there twice, the C library and botocore take the first.
        let (_, value) = self.0.iter().find(|(other, _)| other == name)?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }

    /// The variable as text, if it is set and not empty.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if it is not Unicode; the value is not quoted.
    pub fn text(&self, name: &str) -> Result<Option<&str>> {
        match self.raw(name).map(OsStr::to_str) {
            None => Ok(None),
            Some(Some(text)) => Ok(Some(text)),
            Some(None) => Err(Failure::new(
                Kind::Configuration,
                "the value of an environment variable is not valid Unicode",
            )
            .at(name)),
        }
    }
}

/// Names only: the environment holds other people's secrets.
impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pair = |(name, value): (K, V)| {
            let mut name = name.into();
            if cfg!(windows) {
                name.make_ascii_uppercase();
            }
            (name, value.into())
        };
        Self(pairs.into_iter().map(pair).collect())
    }
}

/// What time it is by this computer; for AWS it may be another.
#[derive(Clone, Debug)]
pub struct Clock {
    fixed: Option<Timestamp>,
}

impl Clock {
    pub const fn system() -> Self {
        Self { fixed: None }
    }

    /// A clock that stands still, for tests.
    pub const fn fixed(now: Timestamp) -> Self {
        Self { fixed: Some(now) }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    pub fn now(&self) -> Timestamp {
        self.fixed.unwrap_or_else(Timestamp::now)
    }
}

/// The zone of this computer, which is also that of a time without one that a file holds. It is
/// looked up when it is asked for: that takes longer than all the rest is captured.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn system_zone() -> TimeZone {
    let named = std::env::var_os("TZ").is_some_and(|zone| !zone.is_empty());
    let local = if named || cfg!(windows) {
        None
    } else {
        local_zone()
    };
    local.unwrap_or_else(TimeZone::system)
}

/// The zone that `/etc/localtime` holds. jiff would look for its name too, through all of the time
/// zone database, which takes longer than the rest of a run that has nothing to do.
fn local_zone() -> Option<TimeZone> {
    let rules = std::fs::read("/etc/localtime").ok()?;
    TimeZone::tzif("local", &rules).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> Context {
        Context {
            env: pairs.iter().copied().collect(),
            home: Some(PathBuf::from("/home/alice")),
            clock: Clock::fixed(Timestamp::UNIX_EPOCH),
        }
    }

    #[test]
    fn an_empty_variable_is_an_unset_one() {
        let context = context(&[("AWS_PROFILE", "")]);
        assert_eq!(context.env.text("AWS_PROFILE").unwrap(), None);
    }

    #[test]
    fn the_case_of_a_name_matters_but_on_windows() {
        let context = context(&[("Path", "C:\\Windows"), ("aws_profile", "x")]);
        for name in ["PATH", "AWS_PROFILE"] {
            let env = &context.env;
            assert_eq!(env.raw(name).is_some(), cfg!(windows), "{name}");
            assert_eq!(env.names().any(|other| other == name), cfg!(windows));
            assert_eq!(env.without(name).raw(name), None);
        }
    }

    #[test]
    fn the_files_are_where_the_aws_cli_looks() {
        let plain = context(&[]);
        assert_eq!(
            plain.aws_file("AWS_CONFIG_FILE", "config").unwrap(),
            PathBuf::from("/home/alice/.aws/config")
        );
        let moved = context(&[("AWS_CONFIG_FILE", "~/elsewhere/aws.ini")]);
        assert_eq!(
            moved.aws_file("AWS_CONFIG_FILE", "config").unwrap(),
            PathBuf::from("/home/alice/elsewhere/aws.ini")
        );
    }

    #[test]
    fn debug_shows_names_and_no_values() {
        let context = context(&[("AWS_SECRET_ACCESS_KEY", "hunter2")]);
        let debug = format!("{context:?}");
        assert!(debug.contains("AWS_SECRET_ACCESS_KEY"));
        assert!(!debug.contains("hunter2"));
    }
}
