//! The sentences about passwords.

use super::super::advice::{Known, Told};
use super::super::{Refusal, Situation};
use super::{IamSituation, is, lacks_permission};
use crate::failure::Kind;

/// The operations that set a password.
const SETTING: &[&str] = &["CreateLoginProfile", "UpdateLoginProfile", "ChangePassword"];

pub(super) fn told(refusal: &Refusal, known: &Known<'_>) -> Option<Told> {
    let user = known.user.unwrap_or("the user");
    let iam = |operations: &[&str], situation| is(refusal, operations, &Situation::Iam(situation));
    let told = |what: String| Told::new(Kind::Aws, what);
    if iam(SETTING, IamSituation::PasswordPolicy) {
        return Some(
            told("the account's password policy does not allow this password".to_owned()).note(
                "AWS's own words say which rule it breaks; a former password may count as one",
            ),
        );
    }
    if iam(&["CreateLoginProfile"], IamSituation::AlreadyExists) {
        return Some(told(format!("{user} has a password already")));
    }
    if refusal.operation.ends_with("LoginProfile")
        && refusal.situation == Situation::Iam(IamSituation::NoSuchEntity)
    {
        return Some(
            told(format!("AWS knows no user {user}"))
                .next("check the name; `awsmfa whoami` shows which account was asked"),
        );
    }
    if iam(&["ChangePassword"], IamSituation::OldPassword) {
        return Some(
            told(format!("that is not the old password of {user}"))
                .next("nothing was changed; run the same again with the right one")
                .next(format!(
                    "if it is forgotten, ask an administrator: `awsmfa -p ADMIN password reset --user {user}`"
                )),
        );
    }
    if refusal.operation == "ChangePassword" && lacks_permission(refusal) {
        return Some(
            told(format!("{user} may not change their own password"))
                .place(known.key_origin)
                .next("ask an administrator for `iam:ChangePassword`, or for a password policy that lets users change their own")
                .next(format!("or for a new password: `awsmfa -p ADMIN password reset --user {user}`")),
        );
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
                "alice has a password already",
            ),
            (
                "UpdateLoginProfile",
                Situation::Iam(NoPassword),
                "",
                "alice has no password",
            ),
            (
                "UpdateLoginProfile",
                Situation::Iam(NoSuchEntity),
                "The user with name alice cannot be found.",
                "AWS knows no user alice",
            ),
            (
                "ChangePassword",
                Situation::Iam(OldPassword),
                "",
                "nothing was changed",
            ),
            (
                "ChangePassword",
                Situation::Iam(OldPassword),
                "",
                "`awsmfa -p ADMIN password reset --user alice`",
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
