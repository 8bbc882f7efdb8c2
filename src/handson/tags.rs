//! The tags that say at AWS what `handson up` has made, and until when.
//!
//! The user's tag names its role, the role's and the device's name their user, so each leads to the
//! others. What is there beside is found by what the tags leave out: the user's name the one access
//! key, the role's the policies that were asked for. Policy names may hold signs that a value of a tag
//! may not (IAM User Guide, "Tags for IAM resources"); those are written as `=` and two hexadecimal
//! digits.

use jiff::Timestamp;

use crate::aws::Tag;
use crate::profile::spell_expiration;

/// On the user: the role. On the role and the device: the user.
pub const HANDSON: &str = "awsmfa:handson";

/// Until when it is wanted, in UTC (RFC 3339).
pub const EXPIRES: &str = "awsmfa:expires";

/// On the user: the id of the access key.
pub const ACCESS_KEY: &str = "awsmfa:access-key";

/// On the role: a policy that was asked for, followed by a number from 1.
pub const POLICY: &str = "awsmfa:policy-";

/// How many characters the value of a tag may have.
const LONGEST: usize = 256;

/// What the tags of one thing say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    pub partner: String,
    pub expires: Option<Timestamp>,
    pub access_key: Option<String>,
    pub policies: Vec<String>,
}

impl Tags {
    /// `None` if it is not ours.
    pub fn read(tags: &[Tag]) -> Option<Self> {
        let value = |key: &str| {
            let found = tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
            found.map(|(_, value)| value.as_str())
        };
        let numbered = |number| value(&format!("{POLICY}{number}"));
        Some(Self {
            partner: value(HANDSON)?.to_owned(),
            expires: value(EXPIRES).and_then(|time| time.parse().ok()),
            access_key: value(ACCESS_KEY).map(str::to_owned),
            policies: (1..).map_while(numbered).map(decoded).collect(),
        })
    }

    /// As they are put on.
    pub fn lines(&self) -> Vec<Tag> {
        let text = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let mut tags = vec![text(HANDSON, &self.partner)];
        tags.extend(
            self.expires
                .map(|time| text(EXPIRES, &spell_expiration(time))),
        );
        tags.extend(self.access_key.as_deref().map(|id| text(ACCESS_KEY, id)));
        let policies = (1..).zip(&self.policies);
        tags.extend(policies.map(|(number, arn)| (format!("{POLICY}{number}"), encoded(arn))));
        tags
    }
}

/// Whether the ARN of a policy can be written into a tag.
pub fn fits(arn: &str) -> bool {
    encoded(arn).len() <= LONGEST
}

fn encoded(arn: &str) -> String {
    let sign = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() || " _.:/+-@".contains(letter) => {
            letter.to_string()
        }
        other => {
            let mut bytes = [0; 4];
            let bytes = other.encode_utf8(&mut bytes).bytes();
            bytes.map(|byte| format!("={byte:02X}")).collect()
        }
    };
    arn.chars().map(sign).collect()
}

/// What was not encoded by us stays as it is.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match (first, tail) {
            (b'=', [high, low, after @ ..]) => {
                let digits = std::str::from_utf8(&[*high, *low])
                    .ok()
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                digits.map(|byte| (byte, after))
            }
            _ => None,
        };
        let (byte, after) = code.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_on_is_read_again() {
        let tags = Tags {
            partner: "Myhandson-cli-role".to_owned(),
            expires: Some("2026-11-21T21:04:00Z".parse().unwrap()),
            access_key: Some("AKIAIOSFODNN7EXAMPLE".to_owned()),
            policies: vec![
                "arn:aws:iam::aws:policy/AdministratorAccess".to_owned(),
                "arn:aws:iam::123456789012:policy/team/a+b=c,d.@-_".to_owned(),
            ],
        };
        let lines = tags.lines();
        assert_eq!(Tags::read(&lines), Some(tags));
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || " _.:/=+-@".contains(letter);
        assert!(
            lines
                .iter()
                .all(|(key, value)| { key.chars().all(allowed) && value.chars().all(allowed) })
        );
        assert_eq!(
            lines[1].1, "2026-11-21T21:04:00Z",
            "as the sections spell it"
        );
    }

    #[test]
    fn what_carries_other_tags_is_not_ours() {
        let other = ("owner".to_owned(), "alice".to_owned());
        assert_eq!(Tags::read(&[]), None);
        assert_eq!(Tags::read(std::slice::from_ref(&other)), None);
        let ours = (HANDSON.to_owned(), "role".to_owned());
        assert_eq!(Tags::read(&[other, ours]).unwrap().partner, "role");
    }

    #[test]
    fn a_value_that_was_edited_by_hand_is_no_reason_to_fail() {
        for (value, expected) in [("a=", "a="), ("a=4", "a=4"), ("=ZZ", "=ZZ"), ("=FF", "=FF")] {
            assert_eq!(decoded(value), expected);
        }
        let tags = [
            (HANDSON.to_owned(), "role".to_owned()),
            (EXPIRES.to_owned(), "tomorrow".to_owned()),
        ];
        assert_eq!(Tags::read(&tags).unwrap().expires, None);
    }
}
