//! The sentences about passwords.

use super::super::advice::{Known, Told};
use super::super::{Refusal, Situation};
use super::{IamSituation, is};
use crate::failure::Kind;

/// The operations that set a password.
const SETTING: &[&str] = &["CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"];

pub(super) fn told(refusal: &Refusal, known: &Known<'_>) -> Option<Told> {
    let user = known.user.unwrap_or("the user");
    let iam = |operations: &[&str], situation| is(refusal, operations, &Situation::Iam(situation));
    let told = |what: String| Some(Told::new(Kind::Aws, what));
    if iam(SETTING, IamSituation::PasswordPolicy) {
        return told("the account's password policy does not allow this password".to_owned()).map(
            |told| {
                told.next("AWS's own words say which rule it breaks; a former password may not be chosen again")
            },
        );
    }
    if iam(&["CreateLoginProfile"], IamSituation::AlreadyExists) {
        return told(format!("{user} has a password already"))
            .map(|told| told.next("`awsmfa password reset` replaces it"));
    }
    if iam(&["UpdateLoginProfile"], IamSituation::NoSuchEntity)
        && refusal
            .message
            .to_ascii_lowercase()
            .contains("login profile")
    {
        return told(format!("{user} has no password"))
            .map(|told| told.next("`awsmfa password create` makes a first one"));
    }
    if iam(&["ChangePassword"], IamSituation::OldPassword) {
        return told(format!("the old password is not that of {user}"))
            .map(|told| told.next("nothing was changed; who has forgotten it asks an administrator for `awsmfa password reset`"));
    }
    if refusal.operation == "ChangePassword" && matches!(refusal.situation, Situation::Denied(_)) {
        return told(format!("{user} may not change the own password")).map(|told| {
            told.place(known.key_origin)
                .next("ask an administrator for `iam:ChangePassword`, or for a password policy that lets users change their own")
                .next("or for a new password: `awsmfa password reset`")
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::Denial;
    use super::*;

    #[test]
    fn the_user_and_the_way_on_are_named() {
        let known = Known {
            user: Some("alice"),
            ..Known::default()
        };
        use IamSituation::*;
        for (operation, situation, message, says) in [
            (
                "ChangePassword",
                Situation::Iam(PasswordPolicy),
                "Password should have at least one number",
                "does not allow this password",
            ),
            (
                "CreateLoginProfile",
                Situation::Iam(AlreadyExists),
                "",
                "password reset",
            ),
            (
                "UpdateLoginProfile",
                Situation::Iam(NoSuchEntity),
                "Login Profile for User alice cannot be found.",
                "alice has no password",
            ),
            (
                "UpdateLoginProfile",
                Situation::Iam(NoSuchEntity),
                "The user with name alice cannot be found.",
                "AWS knows no",
            ),
            (
                "ChangePassword",
                Situation::Iam(OldPassword),
                "",
                "nothing was changed",
            ),
            (
                "ChangePassword",
                Situation::Denied(Denial::NotAllowed),
                "",
                "ask an administrator",
            ),
        ] {
            let refusal = Refusal::new(operation, situation, message.to_owned());
            let failure = refusal.failure(&known);
            let told = format!("{} {:?}", failure.what(), failure.advice());
            assert!(told.contains(says), "{says:?} in {told}");
            assert_eq!(failure.kind(), Kind::Aws);
        }
    }
}
