//! The sentences about MFA devices.

use super::super::advice::{Known, Told};
use super::super::{Refusal, Situation};
use super::{IamSituation, is};
use crate::device::MOST;
use crate::failure::Kind;

pub(super) fn told(refusal: &Refusal, known: &Known<'_>) -> Option<Told> {
    let device = known.subject.unwrap_or("the device");
    let user = known.user.unwrap_or("the user");
    let iam = |operations: &[&str], situation| is(refusal, operations, &Situation::Iam(situation));
    let told = |what: String| Told::new(Kind::Aws, what);
    if is(
        refusal,
        &["EnableMFADevice", "ResyncMFADevice"],
        &Situation::WrongCode,
    ) {
        return Some(wrong_codes(refusal, device));
    }
    if iam(&["EnableMFADevice"], IamSituation::LimitExceeded) {
        return Some(
            told(format!(
                "{user} has {MOST} MFA devices already, which is all that AWS allows"
            ))
            .next("`awsmfa mfa list` shows them; `awsmfa mfa delete --deactivate` removes one"),
        );
    }
    if iam(&["CreateVirtualMFADevice"], IamSituation::LimitExceeded) {
        return Some(told("the account has as many virtual MFA devices as AWS allows".to_owned())
            .next("`awsmfa mfa list --all` shows them; those that belong to nobody can be deleted: `awsmfa mfa delete`"));
    }
    if iam(&["CreateVirtualMFADevice"], IamSituation::AlreadyExists) {
        return Some(
            told(format!("there is {device} already"))
                .next("`awsmfa mfa list --all` shows whose it is"),
        );
    }
    if iam(&["EnableMFADevice"], IamSituation::AlreadyExists) {
        return Some(
            told(format!("{device} is enabled already"))
                .next("`awsmfa mfa list --all` shows for whom"),
        );
    }
    if iam(&["DeleteVirtualMFADevice"], IamSituation::DeleteConflict) {
        return Some(
            told(format!("{device} is enabled, and AWS deletes none that is"))
                .next("`awsmfa mfa list --all` shows for whom"),
        );
    }
    if refusal.operation.ends_with("MFADevice")
        && refusal.situation == Situation::Iam(IamSituation::NoSuchEntity)
    {
        return Some(
            told(format!("AWS knows no {device} of {user}"))
                .next("`awsmfa mfa list` shows the devices; `--all` those of everybody"),
        );
    }
    if iam(&["ListMFADevices"], IamSituation::NoSuchEntity) {
        return Some(match known.user {
            Some(user) => told(format!("AWS knows no user {user}"))
                .next("check the name; `awsmfa whoami` shows which account was asked"),
            None => told("AWS does not tell by the key alone whose MFA devices to list".to_owned())
                .next("name the user: `--user NAME`; `awsmfa whoami` shows who it is"),
        });
    }
    None
}

fn wrong_codes(refusal: &Refusal, device: &str) -> Told {
    Told::new(Kind::Code, "AWS did not accept the codes")
        .next(format!(
            "give codes of {device}, two in a row in the order it showed them, and neither used before"
        ))
        .next(format!(
            "try again with the next code, which comes in {} s, and the one after it",
            refusal.seconds_to_next_code()
        ))
        .next_if(
            refusal.drift().is_some(),
            "set the clock of this computer, which is off, if it made the codes",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_the_user_and_the_way_on_are_named() {
        let known = Known {
            subject: Some("device arn:aws:iam::123456789012:mfa/alice"),
            user: Some("alice"),
            ..Known::default()
        };
        use IamSituation::*;
        for (operation, situation, says) in [
            ("EnableMFADevice", Situation::WrongCode, "two in a row"),
            ("ResyncMFADevice", Situation::WrongCode, "mfa/alice"),
            (
                "EnableMFADevice",
                Situation::Iam(LimitExceeded),
                "alice has 8",
            ),
            (
                "CreateVirtualMFADevice",
                Situation::Iam(LimitExceeded),
                "the account",
            ),
            (
                "CreateVirtualMFADevice",
                Situation::Iam(AlreadyExists),
                "whose it is",
            ),
            (
                "EnableMFADevice",
                Situation::Iam(AlreadyExists),
                "enabled already",
            ),
            (
                "DeleteVirtualMFADevice",
                Situation::Iam(DeleteConflict),
                "shows for whom",
            ),
            (
                "DeactivateMFADevice",
                Situation::Iam(NoSuchEntity),
                "of alice",
            ),
            (
                "ListMFADevices",
                Situation::Iam(NoSuchEntity),
                "no user alice",
            ),
        ] {
            let refusal = Refusal::new(operation, situation.clone(), String::new());
            let failure = refusal.failure(&known);
            let told = format!("{} {:?}", failure.what(), failure.advice());
            assert!(told.contains(says), "{says:?} in {told}");
        }
    }
}
