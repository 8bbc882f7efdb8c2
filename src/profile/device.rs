//! Which MFA device makes the code, where somebody said so.
//!
//! The code is presented by the long-term key, so the device is its user's, whichever profile of
//! the way names it. Where nobody does, AWS is asked later on.

use super::choose::first_variable;
use super::settings::Found;
use super::trail::Trail;
use super::{Marks, Origin, Request, Source, Sourced, key, set_aside};
use crate::arn::Arn;
use crate::context::Env;
use crate::failure::{Failure, Result};

/// flag > `AWS_MFA_SERIAL` > the profile's `mfa_serial`, the next one's and so on to the
/// source's (aws-mfa calls it `aws_mfa_device`) > what the section was made with.
pub(super) fn resolve(
    env: &Env,
    request: &Request,
    trail: &Trail<'_>,
    recorded: Option<(&str, &Marks)>,
) -> Result<Option<Sourced<String>>> {
    let serial = if let Some(serial) = &request.serial_number {
        Some(Sourced::new(
            serial.clone(),
            Origin::Flag("--serial-number"),
        ))
    } else if let Some((serial, origin)) = first_variable(env, &["AWS_MFA_SERIAL"])? {
        Some(Sourced::new(serial.to_owned(), origin))
    } else {
        configured(trail).or_else(|| {
            let (section, marks) = recorded?;
            let origin = Origin::Section(section.to_owned());
            Some(Sourced::new(marks.serial.clone()?, origin))
        })
    };
    if let Some(serial) = &serial {
        check(serial)?;
    }
    Ok(serial)
}

fn configured(trail: &Trail<'_>) -> Option<Sourced<String>> {
    trail
        .nodes
        .iter()
        .filter(|node| {
            // A device belongs to the user whose key stands beside it. A key from the
            // environment may be another user's.
            match &trail.source {
                Source::Environment { key } => key::static_id(node).is_none_or(|id| id == key.id),
                _ => true,
            }
        })
        .find_map(|node| {
            node.get("mfa_serial")
                .or_else(|| node.aside(&set_aside::MFA_SERIAL))
                .or_else(|| node.get("aws_mfa_device"))
        })
        .map(Found::sourced)
}

/// Refuses what cannot be a device that makes codes.
///
/// 9 to 256 of `[\w+=/:,.@-]` (STS API Reference, GetSessionToken, "SerialNumber"), and if it is
/// an ARN, that of a device that makes codes. Hardware serials are no ARNs.
pub(super) fn check(serial: &Sourced<String>) -> Result<()> {
    let text = &serial.value;
    let well_formed = (9..=256).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&byte));
    let refuse = |what: String| Failure::new(serial.origin.kind(), what).at(&serial.origin);
    let form = "it is an ARN such as arn:aws:iam::123456789012:mfa/alice, or what is printed on a hardware device";
    if !well_formed {
        return Err(refuse("this is not the serial number of an MFA device".into()).note(form));
    }
    if !text.starts_with("arn:") {
        return Ok(());
    }
    let Some(arn) = Arn::parse(text).filter(|arn| arn.service == "iam") else {
        return Err(refuse("this is not the ARN of an MFA device".into()).note(form));
    };
    match arn.kind_and_name().0 {
        "mfa" | "sms-mfa" => Ok(()),
        "u2f" | "fido" | "passkey" => Err(refuse(
            "this MFA device is a passkey or a security key, which cannot make codes".into(),
        )
        .next("use a virtual device or a hardware token; a user may have several devices")),
        kind => {
            Err(refuse(format!("this is the ARN of a {kind}, not of an MFA device")).note(form))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Kind;

    fn checked(serial: &str) -> Result<()> {
        check(&Sourced::new(
            serial.to_owned(),
            Origin::Flag("--serial-number"),
        ))
    }

    #[test]
    fn devices_that_make_codes() {
        for serial in [
            "arn:aws:iam::123456789012:mfa/alice",
            "arn:aws-us-gov:iam::123456789012:mfa/team/alice",
            "arn:aws:iam::123456789012:mfa/root-account-mfa-device",
            "GAHT12345678",
            "123456789",
        ] {
            checked(serial).unwrap();
        }
    }

    #[test]
    fn what_cannot_be_one_is_refused_before_anything_is_asked() {
        let long = "a".repeat(257);
        for serial in [
            "",
            "12345678",
            "GAHT 12345678",
            "GAHT12345678\n",
            "arn:aws:iam::123456789012:user/alice",
            "arn:aws:sts::123456789012:mfa/alice",
            "arn:aws:iam::123456789012",
            "arn:aws:iam::123456789012:u2f/user/alice/key-ABC",
            &long,
        ] {
            assert_eq!(
                checked(serial).unwrap_err().kind(),
                Kind::Usage,
                "{serial:?}"
            );
        }
    }

    #[test]
    fn a_security_key_is_called_one() {
        let failure = checked("arn:aws:iam::123456789012:u2f/user/alice/key-ABC").unwrap_err();
        assert!(failure.what().contains("cannot make codes"));
    }
}
