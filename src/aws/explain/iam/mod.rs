//! What IAM says about the things it looks after, and the sentences for it.
//!
//! IAM uses the same few error codes for everything. [`generally`] says what holds for all things;
//! where the operation makes more of it, the file of that area speaks first ([`AREAS`]).

mod devices;
mod identities;
mod keys;
mod passwords;
mod report;

use super::advice::{Known, Told};
use super::{Denial, Refusal, Situation};
use crate::failure::Kind;

/// What the account, the user or the thing itself does not allow (IAM API Reference, "Errors" of
/// each action).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IamSituation {
    /// There are as many as AWS allows.
    LimitExceeded,
    AlreadyExists,
    /// Something that hangs on it has to go first.
    DeleteConflict,
    NoSuchEntity,
    /// The user is there and has no password.
    NoPassword,
    /// The password does not meet the account's password policy.
    PasswordPolicy,
    /// What was given as the password that is to be changed is not it.
    OldPassword,
    /// Nobody but an IAM user has such a thing.
    UserType,
    /// A name was given up or taken a moment ago; it passes.
    TemporarilyUnmodifiable,
    /// Somebody else is changing the same thing; it passes.
    ConcurrentModification,
    PolicyMalformed,
    /// Only the service that owns the thing may change it.
    Unmodifiable,
    /// Nobody has asked for a credential report yet.
    ReportMissing,
    /// The last report is older than four hours.
    ReportExpired,
    ReportInProgress,
}

impl IamSituation {
    /// What it is that does not exist, the user or the password, AWS tells in words alone ("Login
    /// Profile for User alice cannot be found."); whoever changes their own password exists.
    pub(super) fn of(operation: &str, code: &str, message: &str) -> Option<Self> {
        let no_password = || {
            let words = message.to_ascii_lowercase();
            operation == "ChangePassword"
                || operation.ends_with("LoginProfile") && words.starts_with("login profile")
        };
        Some(match code {
            "LimitExceeded" => Self::LimitExceeded,
            "EntityAlreadyExists" => Self::AlreadyExists,
            "DeleteConflict" => Self::DeleteConflict,
            "NoSuchEntity" if no_password() => Self::NoPassword,
            "NoSuchEntity" => Self::NoSuchEntity,
            "PasswordPolicyViolation" => Self::PasswordPolicy,
            "InvalidUserType" => Self::UserType,
            "EntityTemporarilyUnmodifiable" => Self::TemporarilyUnmodifiable,
            "ConcurrentModification" => Self::ConcurrentModification,
            "MalformedPolicyDocument" => Self::PolicyMalformed,
            "UnmodifiableEntity" => Self::Unmodifiable,
            "ReportNotPresent" => Self::ReportMissing,
            "ReportExpired" => Self::ReportExpired,
            "ReportInProgress" => Self::ReportInProgress,
            _ => return None,
        })
    }

    /// AWS has not done it and will in a moment.
    pub(in crate::aws) fn passes(self) -> bool {
        matches!(
            self,
            Self::TemporarilyUnmodifiable | Self::ConcurrentModification
        )
    }
}

/// Says more than [`generally`] about some operations and situations.
type Area = fn(&Refusal, &Known<'_>) -> Option<Told>;

const AREAS: &[Area] = &[
    devices::told,
    identities::told,
    keys::told,
    passwords::told,
    report::told,
];

/// What the area that the operation belongs to has to say.
pub(super) fn told(refusal: &Refusal, known: &Known<'_>) -> Option<Told> {
    AREAS.iter().find_map(|area| area(refusal, known))
}

/// What holds for any operation.
pub(super) fn generally(refusal: &Refusal, situation: IamSituation, known: &Known<'_>) -> Told {
    let subject = subject(known);
    let whose = known.user.map(|user| format!("user {user}"));
    let told = |what: String| Told::new(Kind::Aws, what).place(whose.as_deref());
    match situation {
        IamSituation::LimitExceeded => {
            told(format!("{} would be one more than AWS allows", refusal.operation))
                .next("remove one that is not needed any more; some quotas can be raised (Service Quotas console, IAM)")
        }
        IamSituation::AlreadyExists => told(format!("{subject} exists already"))
            .next("choose another name, or remove what is there"),
        IamSituation::DeleteConflict => told(format!("{subject} cannot be deleted while something depends on it"))
            .next("remove first what AWS's own words name"),
        IamSituation::NoSuchEntity => told(format!("AWS knows no {subject}"))
            .next("check the name; `awsmfa whoami` shows which account was asked"),
        IamSituation::NoPassword => told(format!("{} has no password", known.user.unwrap_or("the user"))),
        IamSituation::PasswordPolicy => told("the password does not meet the account's password policy".to_owned())
            .next("choose a longer one, with more kinds of characters, that was not used before"),
        IamSituation::OldPassword => told("the old password is not the right one".to_owned())
            .next("type it again; whoever has forgotten it needs a new one from an administrator"),
        IamSituation::UserType => told(format!("AWS does {} for IAM users only", refusal.operation))
            .next("name a profile with the key of an IAM user"),
        IamSituation::TemporarilyUnmodifiable => told(format!("{} was created or deleted a moment ago and cannot be changed yet", known.subject.unwrap_or("this")))
            .next("wait a minute, then run the same again"),
        IamSituation::ConcurrentModification => told(format!("somebody else is changing {subject} at this moment"))
            .next("wait a moment, then run the same again"),
        IamSituation::PolicyMalformed => told("AWS does not understand the policy".to_owned())
            .next("check the document; AWS's own words name the part"),
        IamSituation::Unmodifiable => told(format!("{subject} belongs to an AWS service, which alone may change it"))
            .next("change it where that service is set up"),
        IamSituation::ReportMissing => told("the account has no credential report yet".to_owned())
            .next("have one made: `awsmfa report`"),
        IamSituation::ReportExpired => told("the account's last credential report is older than four hours".to_owned())
            .next("have a new one made: `awsmfa report`"),
        IamSituation::ReportInProgress => told("AWS is still making the credential report".to_owned())
            .next("try again in a minute"),
    }
}

/// What it was about, as the end or the beginning of a sentence.
fn subject<'a>(known: &Known<'a>) -> &'a str {
    known.subject.unwrap_or("such thing")
}

/// Whether AWS denied it without a policy that says Deny.
fn lacks_permission(refusal: &Refusal) -> bool {
    match refusal.situation {
        Situation::Denied(reason) => reason != Denial::Explicit,
        _ => false,
    }
}

/// Whether it is one of these operations in this situation.
fn is(refusal: &Refusal, operations: &[&str], situation: &Situation) -> bool {
    operations.contains(&refusal.operation) && refusal.situation == *situation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_situation_has_a_sentence_of_its_own_and_a_way_on() {
        let codes = [
            "LimitExceeded",
            "EntityAlreadyExists",
            "DeleteConflict",
            "NoSuchEntity",
            "PasswordPolicyViolation",
            "InvalidUserType",
            "EntityTemporarilyUnmodifiable",
            "ConcurrentModification",
            "MalformedPolicyDocument",
            "UnmodifiableEntity",
            "ReportNotPresent",
            "ReportExpired",
            "ReportInProgress",
        ];
        let known = Known {
            subject: Some("role Admin"),
            user: Some("alice"),
            ..Known::default()
        };
        let mut told = Vec::new();
        for code in codes {
            let situation = IamSituation::of("DeleteRole", code, "").unwrap();
            let refusal = Refusal::new("DeleteRole", Situation::Iam(situation), String::new());
            let failure = refusal.failure(&known);
            assert_eq!(failure.kind(), Kind::Aws, "{code}");
            assert_eq!(failure.place(), Some("user alice"), "{code}");
            assert!(!failure.advice().is_empty(), "{code}");
            told.push(failure.what().to_owned());
        }
        told.sort();
        told.dedup();
        assert_eq!(told.len(), codes.len());
    }
}
