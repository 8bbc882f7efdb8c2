//! Temporary credentials in the file, whoever wrote them: what their section says about itself.
//!
//! This is for looking and for telling; whether a section of ours does for a plan is
//! [`crate::session::decide`]'s. It never looks at a secret, only at whether one is there.

use jiff::{SignedDuration, Timestamp};

use super::duration::can_be_left;
use super::session::{expiration, is_part};
use super::{Marks, key};
use crate::ini::Profile;

/// The role, as aws-mfa and saml2aws record it.
const ROLE_KEYS: [&str; 2] = ["assumed_role_arn", "x_principal_arn"];

/// The parts of temporary credentials. The last is what boto 2 called the token; botocore still
/// reads both.
const ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";
const TOKENS: [&str; 2] = ["aws_session_token", "aws_security_token"];

/// A section with temporary credentials, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub section: String,
    /// Of its header, counted from 1.
    pub line: usize,
    /// Empty if there is none.
    pub key_id: String,
    /// Until when they are good, if the section says so.
    pub expiration: Option<Timestamp>,
    /// Whether every part is there and every line of the section is understood.
    pub complete: bool,
    /// What we wrote about them; none if another tool did.
    pub marks: Option<Marks>,
    pub role_arn: Option<String>,
}

/// What can be said of them at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Good for this long.
    Good(SignedDuration),
    /// No longer good for this long.
    Expired(SignedDuration),
    /// The section does not say until when, or it is ours and says what AWS cannot have granted.
    Unknown,
    /// A part is missing, or a line cannot be understood.
    Damaged,
}

impl State {
    /// The name in `--output json`.
    pub const fn name(self) -> &'static str {
        match self {
            State::Good(_) => "good",
            State::Expired(_) => "expired",
            State::Unknown => "unknown",
            State::Damaged => "damaged",
        }
    }
}

impl Held {
    /// Reads a section of the credentials file; none if it holds a long-term key, or no
    /// credentials at all and nothing of ours.
    pub fn read(section: &Profile<'_>) -> Option<Self> {
        if key::long_term_line(section).is_some() {
            return None;
        }
        let text = |key: &str| {
            let value = section.get(key).filter(|value| !value.text.is_empty())?;
            Some(value.text.into_owned())
        };
        let present = |key: &str| section.get(key).is_some_and(|value| !value.text.is_empty());
        let marks = Marks::read(section);
        let empty = !TOKENS.into_iter().any(present) && !present(ID);
        if marks.is_none() && empty {
            return None;
        }
        let whole = |key: &str| section.get(key).is_some_and(|value| is_part(&value.text));
        let token = TOKENS.into_iter().any(whole);
        let complete = whole(ID) && whole(SECRET) && token && section.broken().is_none();
        Some(Self {
            section: section.name().to_owned(),
            line: section.line(),
            key_id: text(ID).unwrap_or_default(),
            expiration: expiration(section),
            complete,
            // What another tool left behind in a section of ours says nothing about us.
            role_arn: match &marks {
                Some(marks) => marks.role_arn.clone(),
                None => ROLE_KEYS.into_iter().find_map(text),
            },
            marks,
        })
    }

    pub fn state(&self, now: Timestamp) -> State {
        if !self.complete {
            return State::Damaged;
        }
        let Some(expiration) = self.expiration else {
            return State::Unknown;
        };
        let left = expiration.duration_since(now);
        let ours = self.marks.as_ref();
        if ours.is_some_and(|marks| !can_be_left(marks, left)) {
            return State::Unknown;
        }
        if left.is_positive() {
            State::Good(left)
        } else {
            State::Expired(-left)
        }
    }

    /// The profile that was signed in to, as far as the section says.
    pub fn profile(&self) -> Option<&str> {
        let marks = self.marks.as_ref()?;
        marks.profile.as_deref().or(marks.source.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::ini::{Document, Flavor};

    fn held(body: &str) -> Option<Held> {
        let bytes = Zeroizing::new(format!("[a]\n{body}").into_bytes());
        let document = Document::parse(bytes, Flavor::Credentials).unwrap();
        Held::read(&document.profile("a").unwrap())
    }

    const KEYS: &str =
        "aws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t\n";

    #[test]
    fn temporary_credentials_are_told_from_long_term_ones_and_from_none() {
        for (body, expected) in [
            (KEYS, true),
            ("aws_access_key_id = ASIA1\n", true),
            (
                "aws_access_key_id = x\naws_secret_access_key = s\naws_security_token = t\n",
                true,
            ),
            ("awsmfa_source = default\n", true),
            (
                "aws_access_key_id = AKIA1\naws_secret_access_key = s\n",
                false,
            ),
            (
                "aws_access_key_id = AKIA1\naws_secret_access_key = s\nawsmfa_source = b\n",
                false,
            ),
            (
                "aws_access_key_id = test\naws_secret_access_key = test\n",
                false,
            ),
            ("region = eu-west-1\n", false),
            ("aws_access_key_id =\n", false),
        ] {
            assert_eq!(held(body).is_some(), expected, "{body}");
        }
    }

    #[test]
    fn what_a_section_says_of_its_end_is_believed() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let hour = SignedDuration::from_hours(1);
        for (line, expected) in [
            ("expiration = 2026-01-01T01:00:00Z", State::Good(hour)),
            (
                "x_security_token_expires = 2026-01-01T10:00:00+09:00",
                State::Good(hour),
            ),
            ("aws_expiration = 2026-01-01 01:00:00", State::Good(hour)),
            ("expiration = 2025-12-31T23:00:00Z", State::Expired(hour)),
            (
                "expiration = 2026-01-01T00:00:00Z",
                State::Expired(SignedDuration::ZERO),
            ),
            ("expiration = 2026-01-03T00:00:00Z", State::Good(hour * 48)),
            ("expiration = tomorrow", State::Unknown),
            ("expiration =", State::Unknown),
            ("region = eu-west-1", State::Unknown),
            ("what is this", State::Damaged),
        ] {
            let held = held(&format!("{KEYS}{line}\n")).unwrap();
            assert_eq!(held.state(now), expected, "{line}");
        }
        let half = held("aws_access_key_id = ASIA1\nexpiration = 2026-01-01T01:00:00Z\n").unwrap();
        assert_eq!(half.state(now), State::Damaged);
    }

    #[test]
    fn an_end_that_aws_cannot_have_granted_is_unknown_where_it_is_ours() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let role = "awsmfa_source = d\nawsmfa_role_arn = arn:aws:iam::123456789012:role/x\n";
        for (marks, most) in [("awsmfa_source = d\n", 36), (role, 12)] {
            let most = SignedDuration::from_hours(most) + SignedDuration::from_mins(10);
            for (left, expected) in [
                (most, State::Good(most)),
                (most + SignedDuration::from_secs(1), State::Unknown),
            ] {
                let held = held(&format!("{KEYS}{marks}expiration = {}\n", now + left)).unwrap();
                assert_eq!(held.state(now), expected, "{marks}");
            }
        }
    }

    #[test]
    fn roles_recorded_by_other_tools_are_read() {
        let role = "arn:aws:sts::123456789012:assumed-role/Admin/alice";
        let by_saml2aws = held(&format!("{KEYS}x_principal_arn = {role}\n")).unwrap();
        assert_eq!(by_saml2aws.role_arn.as_deref(), Some(role));
        assert_eq!(by_saml2aws.profile(), None);
    }
}
