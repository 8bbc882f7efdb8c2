//! The sentences about users, roles and their policies.

use super::super::advice::{Known, Told};
use super::super::{Refusal, Situation};
use super::{IamSituation, is};
use crate::failure::Kind;

pub(super) fn told(refusal: &Refusal, known: &Known<'_>) -> Option<Told> {
    let subject = known.subject.unwrap_or("it");
    let iam = |operations: &[&str], situation| is(refusal, operations, &Situation::Iam(situation));
    let told = |what: String| Told::new(Kind::Aws, what);
    if iam(&["CreateUser"], IamSituation::LimitExceeded) {
        return Some(
            told("the account has as many users as AWS allows".to_owned()).next(
                "remove one that is not needed any more, or have the quota raised (Service Quotas console, IAM)",
            ),
        );
    }
    if iam(&["CreateRole"], IamSituation::LimitExceeded) {
        return Some(
            told("the account has as many roles as AWS allows, or the trust policy is too long".to_owned())
                .next("remove one that is not needed any more, or have the quota raised (Service Quotas console, IAM)"),
        );
    }
    if iam(&["AttachRolePolicy"], IamSituation::LimitExceeded) {
        return Some(
            told(format!("{subject} would be one more than a role may have"))
                .next("ask for fewer with `--policy-arn`, or have the quota raised (Service Quotas console, IAM)"),
        );
    }
    if iam(&["AttachRolePolicy"], IamSituation::NoSuchEntity) {
        return Some(
            told(format!("AWS knows no {subject} that could be attached"))
                .next("check the ARN: AWS's own policies are arn:aws:iam::aws:policy/NAME, some with a path before the name"),
        );
    }
    if is(
        refusal,
        &["GetPolicy", "AttachRolePolicy"],
        &Situation::BadValue,
    ) {
        return Some(
            told(format!("AWS does not take {subject} as it is"))
                .next("check the ARN: AWS's own policies are arn:aws:iam::aws:policy/NAME, some with a path before the name"),
        );
    }
    if iam(&["CreateRole"], IamSituation::PolicyMalformed) {
        return Some(
            told(format!("AWS does not take the trust policy of {subject}"))
                .next("wait a minute, then run the same again: a user who was created a moment ago may not be known everywhere yet"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_and_the_way_on_are_named() {
        let known = Known {
            subject: Some("policy arn:aws:iam::aws:policy/NoSuch"),
            ..Known::default()
        };
        use IamSituation::*;
        for (operation, situation, says) in [
            ("CreateUser", LimitExceeded, "as many users"),
            ("CreateRole", LimitExceeded, "as many roles"),
            ("CreateRole", PolicyMalformed, "trust policy"),
            ("AttachRolePolicy", LimitExceeded, "--policy-arn"),
            ("AttachRolePolicy", NoSuchEntity, "policy/NoSuch"),
        ] {
            let refusal = Refusal::new(operation, Situation::Iam(situation), String::new());
            let failure = refusal.failure(&known);
            let told = format!("{} {:?}", failure.what(), failure.advice());
            assert!(told.contains(says), "{says:?} in {told}");
        }
    }
}
