//! The sentences about access keys.

use super::super::advice::{Known, Told};
use super::super::{Refusal, Situation};
use super::{IamSituation, is};
use crate::failure::Kind;

pub(super) fn told(refusal: &Refusal, known: &Known<'_>) -> Option<Told> {
    let key = known.subject.unwrap_or("such access key");
    let user = known.user.unwrap_or("the user");
    let iam = |operations: &[&str], situation| is(refusal, operations, &Situation::Iam(situation));
    let told = |what: String| Told::new(Kind::Aws, what);
    if iam(&["CreateAccessKey"], IamSituation::LimitExceeded) {
        return Some(
            told(format!(
                "{user} has two access keys already, which is all that AWS allows"
            ))
            .next("`awsmfa key list` shows them; `awsmfa key delete ID` removes one"),
        );
    }
    if iam(
        &["UpdateAccessKey", "GetAccessKeyLastUsed"],
        IamSituation::NoSuchEntity,
    ) {
        return Some(
            told(format!("AWS knows no {key} of {user}"))
                .next("`awsmfa key list` shows the user's keys"),
        );
    }
    if iam(
        &["ListAccessKeys", "CreateAccessKey"],
        IamSituation::NoSuchEntity,
    ) {
        return Some(
            told(format!("AWS knows no user {user}"))
                .next("check the name; `awsmfa whoami` shows which account was asked"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_the_user_and_the_way_on_are_named() {
        let known = Known {
            subject: Some("access key AKIAIOSFODNN7EXAMPLE"),
            user: Some("alice"),
            ..Known::default()
        };
        use IamSituation::*;
        for (operation, situation, says) in [
            ("CreateAccessKey", LimitExceeded, "alice has two"),
            (
                "UpdateAccessKey",
                NoSuchEntity,
                "AKIAIOSFODNN7EXAMPLE of alice",
            ),
            ("ListAccessKeys", NoSuchEntity, "no user alice"),
        ] {
            let refusal = Refusal::new(operation, Situation::Iam(situation), String::new());
            let failure = refusal.failure(&known);
            let told = format!("{} {:?}", failure.what(), failure.advice());
            assert!(told.contains(says), "{says:?} in {told}");
        }
    }
}
