//! The sentences about the credential report.

use super::super::advice::{Known, Told};
use super::super::{Refusal, Situation};
use crate::failure::Kind;

pub(super) fn told(refusal: &Refusal, known: &Known<'_>) -> Option<Told> {
    let denied = matches!(refusal.situation, Situation::Denied(_));
    if !denied || !refusal.operation.ends_with("CredentialReport") {
        return None;
    }
    let what = match refusal.operation {
        "GenerateCredentialReport" => "this key may not have a credential report made",
        _ => "this key may not read the credential report",
    };
    let told = Told::new(Kind::Aws, what).place(known.key_origin);
    Some(told.next(
        "the report is for administrators and auditors: it needs `iam:GenerateCredentialReport` and `iam:GetCredentialReport`",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::Denial;
    use super::*;

    #[test]
    fn a_denial_names_both_permissions() {
        for operation in ["GenerateCredentialReport", "GetCredentialReport"] {
            let situation = Situation::Denied(Denial::NotAllowed);
            let refusal = Refusal::new(operation, situation, String::new());
            let failure = refusal.failure(&Known::default());
            let advice = failure.advice().join(" ");
            assert!(advice.contains("`iam:GetCredentialReport`"), "{advice}");
        }
    }
}
