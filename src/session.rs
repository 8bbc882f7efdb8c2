//! Temporary credentials as a section holds them, and whether they are still good enough.
//!
//! [`decide`] is pure: it is handed the time, the section as [`crate::profile`] found it and the
//! plan. It never looks at a secret, only at whether one is there. When it says renew, a code is
//! needed next; when it says reuse, nothing is asked of anybody.

use std::fmt;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::arn::Arn;
use crate::ini::Profile;
use crate::profile::{Marks, Plan, Source, Target};

/// Where an expiry may stand, ours first: saml2aws and gimme-aws-creds write
/// `x_security_token_expires`, dcoker's awsmfa `awsmfa_expiration`.
const EXPIRY_KEYS: [&str; 5] = [
    "expiration",
    "x_security_token_expires",
    "awsmfa_expiration",
    "aws_expiration",
    "aws_session_expiration",
];

/// The longest AWS grants (GetSessionToken, "DurationSeconds"). An expiry further away was not
/// written by anybody who asked AWS.
const LONGEST: SignedDuration = SignedDuration::from_hours(36);

/// What a section of ours holds, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The id of the temporary key; empty if the section has none.
    pub key_id: String,
    /// Until when it is good.
    pub expiration: Option<Timestamp>,
    /// Whether id, secret and token are all there.
    pub complete: bool,
    /// What the section says about itself.
    pub marks: Marks,
}

impl Session {
    /// Reads a section of the credentials file; none if it is not ours.
    pub fn read(section: &Profile<'_>) -> Option<Self> {
        let present = |key| section.get(key).is_some_and(|value| !value.text.is_empty());
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
            .all(present),
        })
    }

    /// Whether the key of `source` made it.
    pub fn is_from(&self, source: &Source) -> bool {
        same_source(&self.marks, source).is_ok()
    }
}

/// When the credentials of a section expire, whoever wrote it.
pub fn expiration(section: &Profile<'_>) -> Option<Timestamp> {
    EXPIRY_KEYS
        .iter()
        .find_map(|key| section.get(key))
        .and_then(|value| parse_expiration(&value.text))
}

/// RFC 3339 with any offset, or the same without one, which aws-mfa writes and means UTC by.
fn parse_expiration(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

/// What is to be done about a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Leave it alone: it is good for this long.
    Reuse { remaining: SignedDuration },
    /// Get new credentials.
    Renew { why: Why },
}

/// Why new credentials are needed; as text, the end of a sentence that begins with "renewing:".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The person asked for it.
    Forced,
    /// The section does not exist, or holds no credentials.
    Nothing,
    /// Somebody else's credentials are in the way.
    Foreign,
    /// A part is missing, or the expiry cannot be read or cannot be true.
    Damaged,
    /// Made with the key of another profile.
    OtherSource,
    /// Made with a key that the source no longer holds.
    OtherKey,
    /// Good for another role, or for none.
    OtherRole,
    /// Made with another MFA device.
    OtherDevice,
    /// No longer good.
    Expired,
    /// Good, but not for long enough.
    ExpiresSoon,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Forced => "asked to",
            Why::Nothing => "there are no credentials yet",
            Why::Foreign => "the credentials were written by another tool",
            Why::Damaged => "the section is incomplete or was edited",
            Why::OtherSource => "the credentials were made with another profile's key",
            Why::OtherKey => "the access key of the source has changed",
            Why::OtherRole => "the credentials are for another role",
            Why::OtherDevice => "the credentials were made with another MFA device",
            Why::Expired => "the credentials have expired",
            Why::ExpiresSoon => "the credentials expire soon",
        })
    }
}

/// Reuse what is there if it is good for at least `min_ttl`, for the same source, role and
/// device; renew otherwise, or if `force` says so.
pub fn decide(
    existing: &Target,
    wanted: &Plan,
    now: Timestamp,
    min_ttl: Duration,
    force: bool,
) -> Decision {
    match good_for(existing, wanted, now, min_ttl, force) {
        Ok(remaining) => Decision::Reuse { remaining },
        Err(why) => Decision::Renew { why },
    }
}

fn good_for(
    existing: &Target,
    wanted: &Plan,
    now: Timestamp,
    min_ttl: Duration,
    force: bool,
) -> Result<SignedDuration, Why> {
    let session = match existing {
        _ if force => return Err(Why::Forced),
        Target::Absent | Target::Free => return Err(Why::Nothing),
        Target::Foreign { .. } => return Err(Why::Foreign),
        Target::Ours(session) => session,
    };
    let marks = &session.marks;
    same_source(marks, &wanted.source)?;
    let role = wanted.roles.last().map(|role| role.arn.as_str());
    if !same_role(marks.role_arn.as_deref(), role) {
        return Err(Why::OtherRole);
    }
    // A plan without a device leaves the choice to AWS; what the section was made with will do.
    if let Some(serial) = &wanted.serial
        && marks.serial.as_ref() != Some(&serial.value)
    {
        return Err(Why::OtherDevice);
    }
    let expiration = match session.expiration {
        Some(expiration) if session.complete => expiration,
        _ => return Err(Why::Damaged),
    };
    let remaining = expiration.duration_since(now);
    if remaining > LONGEST {
        Err(Why::Damaged)
    } else if !remaining.is_positive() {
        Err(Why::Expired)
    } else if remaining < SignedDuration::try_from(min_ttl).unwrap_or(SignedDuration::MAX) {
        Err(Why::ExpiresSoon)
    } else {
        Ok(remaining)
    }
}

fn same_source(marks: &Marks, source: &Source) -> Result<(), Why> {
    let (name, key_id) = match source {
        Source::Profile { name, key, .. } => (Some(name), Some(&key.id)),
        Source::Environment { key } => (None, Some(&key.id)),
        // Its key is known only after running the command, which a reuse must not need.
        Source::Process { name, .. } => (Some(name), None),
    };
    if marks.source.as_ref() != name {
        return Err(Why::OtherSource);
    }
    match (&marks.source_key_id, key_id) {
        (Some(recorded), Some(present)) if recorded != present => Err(Why::OtherKey),
        _ => Ok(()),
    }
}

/// A bare name means a role of the caller's own account, and so does the recorded ARN it led to.
fn same_role(recorded: Option<&str>, wanted: Option<&str>) -> bool {
    match (recorded, wanted) {
        (None, None) => true,
        (Some(recorded), Some(wanted)) => {
            recorded == wanted
                || Arn::parse(recorded).is_some_and(|arn| arn.kind_and_name() == ("role", wanted))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
