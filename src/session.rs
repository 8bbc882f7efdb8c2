//! Whether the credentials that a section holds are still good enough.
//!
//! [`decide`] is pure: it is handed the time and the plan, with the section in it as
//! [`crate::profile`] found it. It never looks at a secret, only at whether one is there. When it
//! says renew, a code is needed next; when it says reuse, nothing is asked of anybody.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::arn::Arn;
use crate::profile::{Plan, Session, Target, can_be_left};

/// Credentials that can be left as they are.
#[derive(Debug)]
pub struct Good<'a> {
    pub session: &'a Session,
    /// How long they are still good.
    pub remaining: SignedDuration,
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
    /// A part is missing, or the expiry cannot be read.
    Damaged,
    /// AWS grants nothing that lasts this long.
    Implausible,
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
    /// Good as far as it says, and AWS does not take it.
    NotTaken,
}

impl Why {
    /// Whether the section was made for something else than its profile says now.
    pub fn is_misfit(self) -> bool {
        matches!(
            self,
            Why::OtherSource | Why::OtherKey | Why::OtherRole | Why::OtherDevice
        )
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Forced => "asked to",
            Why::Nothing => "there are no credentials yet",
            Why::Foreign => "the credentials were written by another tool",
            Why::Damaged => "the section is incomplete or was edited",
            Why::Implausible => {
                "their end is later than AWS grants: the section was edited, or the clock was put back"
            }
            Why::OtherSource => "the credentials were made with another profile's key",
            Why::OtherKey => "the access key of the source has changed",
            Why::OtherRole => "the credentials are for another role",
            Why::OtherDevice => "the credentials were made with another MFA device",
            Why::Expired => "the credentials have expired",
            Why::ExpiresSoon => "the credentials expire soon",
            Why::NotTaken => "AWS does not take the credentials any more",
        })
    }
}

/// Reuse what is there if it is good for at least `min_ttl`, for the same source, role and
/// device; renew otherwise, or if `force` says so.
///
/// # Errors
///
/// Why new credentials are needed.
pub fn decide(
    wanted: &Plan,
    now: Timestamp,
    min_ttl: Duration,
    force: bool,
) -> Result<Good<'_>, Why> {
    let session = match &wanted.target {
        _ if force => return Err(Why::Forced),
        Target::Absent | Target::Free | Target::LongTerm { .. } => return Err(Why::Nothing),
        Target::Foreign { .. } => return Err(Why::Foreign),
        Target::Ours(session) => session,
    };
    let marks = &session.marks;
    if !session.is_of(&wanted.source) {
        return Err(Why::OtherSource);
    }
    if !session.is_from(&wanted.source) {
        return Err(Why::OtherKey);
    }
    let role = wanted.roles.last().map(|role| role.arn.as_str());
    if !same_role(marks.role_arn.as_deref(), role) {
        return Err(Why::OtherRole);
    }
    // A plan without a device leaves the choice to AWS; what the section was made with will do.
    // A section that does not say its device, like one that does not say its key, is believed.
    if let (Some(wanted), Some(recorded)) = (&wanted.serial, &marks.serial)
        && *recorded != wanted.value
    {
        return Err(Why::OtherDevice);
    }
    let expiration = match session.expiration {
        Some(expiration) if session.complete => expiration,
        _ => return Err(Why::Damaged),
    };
    let remaining = expiration.duration_since(now);
    if !remaining.is_positive() {
        Err(Why::Expired)
    } else if !can_be_left(marks, remaining) {
        Err(Why::Implausible)
    } else if remaining < SignedDuration::try_from(min_ttl).unwrap_or(SignedDuration::MAX) {
        Err(Why::ExpiresSoon)
    } else {
        Ok(Good { session, remaining })
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
