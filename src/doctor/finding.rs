//! What was looked at and what was found: the words that all checks share.

use clap::ValueEnum;
use serde::Serialize;

use crate::failure::Failure;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Good to know.
    Note,
    /// Works, and may surprise.
    Warning,
    /// Something does not work, or is in danger.
    Problem,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Problem => "problem",
        }
    }
}

/// What a finding is about; findings are shown in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Programs,
    Files,
    Environment,
    Profile,
    Sections,
    Network,
    Clock,
    Key,
    Device,
}

impl Subject {
    pub const fn name(self) -> &'static str {
        match self {
            Subject::Programs => "programs",
            Subject::Files => "files",
            Subject::Environment => "environment",
            Subject::Profile => "profile",
            Subject::Sections => "sections",
            Subject::Network => "network",
            Subject::Clock => "clock",
            Subject::Key => "key",
            Subject::Device => "device",
        }
    }
}

/// What was looked at. Its name in kebab case is a finding's id, which never changes its meaning
/// (`docs/doctor.md` lists them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    Awsmfa,
    AwsCli,
    Command,

    Home,
    File,
    FileUnreadable,
    FileLink,
    FileMode,
    FileOwner,
    FileProtected,
    FileRefused,
    SectionBroken,
    SectionName,
    Leftover,
    Lock,
    State,
    Unfinished,
    Kept,

    VariableEmpty,
    VariableUnknown,
    VariableUnreadable,
    KeyVariables,
    Profiles,
    Regions,
    CodeVariable,
    Settings,

    Profile,
    ProfileUse,
    ProfileShadow,
    RoleSource,
    SourceWired,
    ReadersDisagree,

    Section,
    SectionShadow,

    Offline,
    Region,
    Proxy,
    CaBundle,
    WayToAws,
    Sts,
    Iam,

    Clock,

    Key,
    KeyRefused,
    KeyAge,
    KeyOther,

    Device,
    DeviceGone,
    DeviceOther,
}

impl Check {
    pub const fn subject(self) -> Subject {
        use Check as C;
        match self {
            C::Awsmfa | C::AwsCli | C::Command => Subject::Programs,
            C::Home
            | C::File
            | C::FileUnreadable
            | C::FileLink
            | C::FileMode
            | C::FileOwner
            | C::FileProtected
            | C::FileRefused
            | C::SectionBroken
            | C::SectionName
            | C::Leftover
            | C::Lock
            | C::State
            | C::Unfinished
            | C::Kept => Subject::Files,
            C::VariableEmpty
            | C::VariableUnknown
            | C::VariableUnreadable
            | C::KeyVariables
            | C::Profiles
            | C::Regions
            | C::CodeVariable
            | C::Settings => Subject::Environment,
            C::Profile
            | C::ProfileUse
            | C::ProfileShadow
            | C::RoleSource
            | C::SourceWired
            | C::ReadersDisagree => Subject::Profile,
            C::Section | C::SectionShadow => Subject::Sections,
            C::Offline | C::Region | C::Proxy | C::CaBundle | C::WayToAws | C::Sts | C::Iam => {
                Subject::Network
            }
            C::Clock => Subject::Clock,
            C::Key | C::KeyRefused | C::KeyAge | C::KeyOther => Subject::Key,
            C::Device | C::DeviceGone | C::DeviceOther => Subject::Device,
        }
    }
}

/// One line of the diagnosis. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    pub severity: Severity,
    /// One short sentence in lower case without a full stop.
    pub what: String,
    /// Why AWS was not reached, in a word for scripts (`docs/doctor.md` lists them).
    pub reason: Option<&'static str>,
    /// A path, `path:line`, a variable or a host.
    pub place: Option<String>,
    /// What to do about it, most promising first.
    pub next: Vec<String>,
}

impl Finding {
    pub(super) fn new(check: Check, severity: Severity, what: impl Into<String>) -> Self {
        Self {
            check,
            severity,
            what: what.into(),
            reason: None,
            place: None,
            next: Vec::new(),
        }
    }

    pub(super) fn ok(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, Severity::Ok, what)
    }

    pub(super) fn note(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, Severity::Note, what)
    }

    pub(super) fn warning(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, Severity::Warning, what)
    }

    pub(super) fn problem(check: Check, what: impl Into<String>) -> Self {
        Self::new(check, Severity::Problem, what)
    }

    /// What a command would fail with, which is a problem.
    pub(super) fn of(check: Check, failure: &Failure) -> Self {
        Self::told(check, Severity::Problem, failure)
    }

    /// The same, where it matters less here than there.
    pub(super) fn told(check: Check, severity: Severity, failure: &Failure) -> Self {
        let what = match failure.cause() {
            Some(cause) => format!("{}: {cause}", failure.what()),
            None => failure.what().to_owned(),
        };
        Self {
            place: failure.place().map(str::to_owned),
            next: [failure.advice(), failure.notes()].concat(),
            ..Self::new(check, severity, what)
        }
    }

    #[must_use]
    pub(super) fn at(mut self, place: impl std::fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    #[must_use]
    pub(super) fn why(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    #[must_use]
    pub(super) fn next(mut self, advice: impl Into<String>) -> Self {
        self.next.push(advice.into());
        self
    }
}
