//! Whom the role trusts: exactly one user, and only with MFA (IAM User Guide, "Configure MFA-protected
//! API access").

use serde_json::{Value, json};

/// The trust policy that lets `user_arn` assume the role with a code, and nobody else.
pub fn policy(user_arn: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": user_arn },
            "Action": "sts:AssumeRole",
            "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } },
        }],
    })
    .to_string()
}

/// Whether a role's trust policy, percent-encoded as IAM shows it, is [`policy`] for this user.
///
/// It is not any more once the user was deleted: AWS then shows the unique id of who is gone, and a
/// new user of the same name is somebody else (IAM User Guide, "IAM JSON policy elements:
/// Principal").
pub fn is_for(encoded: &str, user_arn: &str) -> bool {
    let shown: Option<Value> =
        percent_decoded(encoded).and_then(|text| serde_json::from_slice(&text).ok());
    let ours: Option<Value> = serde_json::from_str(&policy(user_arn)).ok();
    shown.is_some() && shown == ours
}

/// RFC 3986, section 2.1; `None` for what is no such text.
fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                after
            }
            (b'%', _) => return None,
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

    fn encoded(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }

    #[test]
    fn one_user_is_named_by_arn_and_must_have_shown_a_code() {
        let document: Value = serde_json::from_str(&policy(ALICE)).unwrap();
        let statement = &document["Statement"][0];
        assert_eq!(statement["Principal"], json!({ "AWS": ALICE }));
        assert_eq!(
            statement["Condition"],
            json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } })
        );
    }

    #[test]
    fn a_policy_is_recognised_as_iam_shows_it_and_no_other() {
        assert!(is_for(&encoded(&policy(ALICE)), ALICE));
        assert!(is_for(&policy(ALICE), ALICE), "encoding is IAM's affair");
        for other in [
            encoded(&policy("AIDAEXAMPLEEXAMPLE")),
            encoded(&policy(ALICE).replace("true", "false")),
            "%7".to_owned(),
            "%zz".to_owned(),
            String::new(),
        ] {
            assert!(!is_for(&other, ALICE), "{other}");
        }
    }
}
