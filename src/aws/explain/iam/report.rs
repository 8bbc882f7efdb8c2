//! The sentences about the credential report.

use super::super::advice::{Known, Told};
use super::super::{IamSituation, Refusal, Situation};
use super::lacks_permission;
use crate::failure::Kind;

/// An explicit denial is left to others: it is often about MFA, and not about these permissions.
pub(super) fn told(refusal: &Refusal, known: &Known<'_>) -> Option<Told> {
    if !refusal.operation.ends_with("CredentialReport") {
        return None;
    }
    if refusal.situation == Situation::Iam(IamSituation::LimitExceeded) {
        let told = Told::new(Kind::Aws, "AWS makes no further credential report now");
        return Some(told.next("wait a while: AWS makes one every four hours at most"));
    }
    if !lacks_permission(refusal) {
        return None;
    }
    let what = match refusal.operation {
        "GenerateCredentialReport" => "this key may not have a credential report made",
        _ => "this key may not read the credential report",
    };
    let told = Told::new(Kind::Aws, what).place(known.key_origin);
    Some(told.next(
        "ask an administrator for `iam:GenerateCredentialReport` and `iam:GetCredentialReport`: the report is for administrators and auditors",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::Denial;
    use super::*;

    #[test]
    fn there_is_nothing_to_remove_for_another_report() {
        let situation = Situation::Iam(IamSituation::LimitExceeded);
        let refusal = Refusal::new("GenerateCredentialReport", situation, String::new());
        let advice = refusal.failure(&Known::default()).advice().join(" ");
        assert!(
            advice.contains("wait") && !advice.contains("remove"),
            "{advice}"
        );
    }

    #[test]
    fn a_denial_names_both_permissions() {
        for operation in ["GenerateCredentialReport", "GetCredentialReport"] {
            let situation = Situation::Denied(Denial::NotAllowed);
            let refusal = Refusal::new(operation, situation, String::new());
            let failure = refusal.failure(&Known::default());
            let advice = failure.advice().join(" ");
            assert!(advice.contains("`iam:GetCredentialReport`"), "{advice}");
            let situation = Situation::Denied(Denial::Explicit);
            let refusal = Refusal::new(operation, situation, String::new());
            let advice = refusal.failure(&Known::default()).advice().join(" ");
            assert!(advice.contains("MFA"), "{advice}");
        }
    }
}
