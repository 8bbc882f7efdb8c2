//! What a section holds: temporary credentials without their secrets, who made them, and until
//! when they are good.
//!
//! Whether that is good enough is [`crate::session`]'s to decide.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Marks, Source};
use crate::context::system_zone;
use crate::ini::Profile;

/// Where an expiry may stand, ours first: saml2aws and gimme-aws-creds write
/// `x_security_token_expires`, dcoker's awsmfa `awsmfa_expiration`.
pub const EXPIRY_KEYS: [&str; 7] = [
    "expiration",
    "x_security_token_expires",
    "awsmfa_expiration",
    "aws_expiration",
    "aws_session_expiration",
    "aws_session_expiration_timestamp",
    "aws_credential_expiration",
];

/// What a section of ours holds, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The id of the temporary key; empty if the section has none.
    pub key_id: String,
    /// Until when it is good.
    pub expiration: Option<Timestamp>,
    /// Whether id, secret and token are all there, and could be what AWS has issued.
    pub complete: bool,
    /// What the section says about itself.
    pub marks: Marks,
}

impl Session {
    /// Reads a section of the credentials file; none if it is not ours.
    pub fn read(section: &Profile<'_>) -> Option<Self> {
        let whole = |key| section.get(key).is_some_and(|value| is_part(&value.text));
        Some(Self {
            marks: Marks::read(section)?,
            key_id: section
                .get("aws_access_key_id")
                .map(|value| value.text.into_owned())
                .unwrap_or_default(),
            expiration: expiration(section),
            complete: [
                "aws_access_key_id",
                "aws_secret_access_key",
                "aws_session_token",
            ]
            .into_iter()
            .all(whole),
        })
    }

    /// Whether it was made with a key of `source`, be it the one that is there now or not.
    pub fn is_of(&self, source: &Source) -> bool {
        self.marks.source.as_deref() == source.name()
    }

    /// Whether the very key of `source` made it, as far as both are known.
    pub fn is_from(&self, source: &Source) -> bool {
        let other_key = match (&self.marks.source_key_id, source.key_id()) {
            (Some(recorded), Some(present)) => recorded != present,
            _ => false,
        };
        self.is_of(source) && !other_key
    }
}

/// Whether this can be a part of credentials. None of them has a blank or a line break in it, as a
/// value has that somebody has broken in two, and none such could be sent.
pub(super) fn is_part(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// When the credentials of a section expire, whoever wrote it.
pub fn expiration(section: &Profile<'_>) -> Option<Timestamp> {
    let value = EXPIRY_KEYS.iter().find_map(|key| section.get(key))?;
    let zone = || match is_by_awsume(section) {
        true => system_zone(),
        false => TimeZone::UTC,
    };
    parse_expiration(&value.text, zone)
}

/// awsume marks the sections that it may overwrite, and those that it renews by itself.
fn is_by_awsume(section: &Profile<'_>) -> bool {
    let says = |key, text| section.get(key).is_some_and(|value| value.text == text);
    says("manager", "awsume") || says("autoawsume", "true")
}

/// RFC 3339 with any offset, or the same without one, by which aws-mfa means UTC, and awsume this
/// computer's zone; or seconds or milliseconds since 1970.
fn parse_expiration(text: &str, zone: impl FnOnce() -> TimeZone) -> Option<Timestamp> {
    /// As seconds this is in the year 5138; as milliseconds in 1973.
    const MILLISECONDS: i64 = 100_000_000_000;
    if let Ok(number) = text.parse::<i64>() {
        return match number.abs() < MILLISECONDS {
            true => Timestamp::from_second(number).ok(),
            false => Timestamp::from_millisecond(number).ok(),
        };
    }
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(zone()).ok()?.timestamp())
    })
}

/// An expiry as it is written: RFC 3339 in UTC, to the second.
pub fn spell_expiration(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::ini::{Document, Flavor};

    #[test]
    fn every_tools_way_to_write_an_expiry_is_read() {
        for line in [
            "expiration = 2026-11-21T21:04:00Z",
            "expiration = 2026-11-21 21:04:00",
            "expiration = 2026-11-21T21:04:00",
            "Expiration = 2026-11-22T06:04:00+09:00",
            "x_security_token_expires = 2026-11-21T22:04:00+01:00",
            "awsmfa_expiration = 2026-11-21T21:04:00+00:00",
            "aws_expiration = 2026-11-21T21:04:00.000Z",
            "aws_session_expiration = 2026-11-21T21:04:00+0000",
            "aws_session_expiration = 2026-11-21 21:04:00+00:00",
            "aws_credential_expiration = 2026-11-21T21:04:00Z",
            "aws_session_expiration_timestamp = 1795295040",
            "aws_expiration = 1795295040000",
        ] {
            let text = Zeroizing::new(format!("[x]\n{line}\n").into_bytes());
            let document = Document::parse(text, Flavor::Credentials).unwrap();
            assert_eq!(
                expiration(&document.profile("x").unwrap()),
                Some("2026-11-21T21:04:00Z".parse().unwrap()),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let time: Timestamp = "2026-11-21T21:04:00Z".parse().unwrap();
        assert_eq!(spell_expiration(time), "2026-11-21T21:04:00Z");
        let tokyo = || TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(parse_expiration(&spell_expiration(time), tokyo), Some(time));
        assert_eq!(parse_expiration("2026-11-22 06:04:00", tokyo), Some(time));
    }
}
