//! STS: who the key belongs to, a session for a code, a role's credentials.
//!
//! Rules of AWS's that callers must know: GetCallerIdentity needs no permission; GetSessionToken
//! takes 900 to 129600 seconds and only a long-term key; AssumeRole takes 900 seconds to the
//! role's maximum, and at most 3600 when the key is temporary (AWS STS API Reference).

use std::time::Duration;

use aws_sdk_sts::operation::get_session_token::GetSessionTokenOutput;
use aws_sdk_sts::types::Credentials;
use jiff::Timestamp;

use super::explain::Refusal;
use super::retry::Missing;
use super::{Aws, Call};
use crate::arn::Arn;
use crate::secret::{AccessKey, Secret};

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub arn: String,
    pub account: String,
    pub user_id: String,
}

impl Identity {
    /// The user of whom no more was noted than the ARN; none if it is no user's.
    pub fn noted(arn: &str) -> Option<Self> {
        let identity = Self {
            account: Arn::parse(arn)?.account_id()?.to_owned(),
            arn: arn.to_owned(),
            user_id: String::new(),
        };
        identity.user_name().is_some().then_some(identity)
    }

    pub fn partition(&self) -> Option<&str> {
        Arn::parse(&self.arn).map(|arn| arn.partition)
    }

    /// The user's friendly name, without its path; `None` for a role or the root user.
    pub fn user_name(&self) -> Option<&str> {
        let arn = Arn::parse(&self.arn)?;
        (arn.service == "iam" && arn.kind_and_name().0 == "user").then(|| arn.name())
    }
}

/// Temporary credentials, fresh from AWS.
#[derive(Clone, Debug)]
pub struct Issued {
    pub key: AccessKey,
    pub expiration: Timestamp,
    /// Who one is with them: the assumed role; `None` for a session of the user's own.
    pub arn: Option<String>,
}

/// What to ask of AssumeRole.
#[derive(Clone, Debug)]
pub struct AssumeRole<'a> {
    pub role_arn: &'a str,
    pub session_name: &'a str,
    pub external_id: Option<&'a str>,
    pub duration: Duration,
    /// The device's serial number and its code.
    pub mfa: Option<(&'a str, &'a Secret)>,
}

impl Aws {
    /// Needs no permission, proves the key, tells the time, and opens the connection that the
    /// next call will use.
    pub async fn caller_identity(&self, key: &AccessKey) -> Result<Identity, Refusal> {
        let call = Call::new("GetCallerIdentity", key);
        self.send(
            &call,
            |wire| self.sts(key, wire).get_caller_identity().send(),
            |output| {
                Ok(Identity {
                    arn: required("Arn", output.arn)?,
                    account: required("Account", output.account)?,
                    user_id: required("UserId", output.user_id)?,
                })
            },
        )
        .await
    }

    /// Spends `code`.
    pub async fn session_token(
        &self,
        key: &AccessKey,
        serial: &str,
        code: &Secret,
        duration: Duration,
    ) -> Result<Issued, Refusal> {
        let call = Call::new("GetSessionToken", key).spends([code]);
        let attempt = |wire| {
            self.sts(key, wire)
                .get_session_token()
                .serial_number(serial)
                .token_code(code.expose())
                .duration_seconds(seconds(duration))
                .send()
        };
        let read = |output: GetSessionTokenOutput| {
            issued(output.credentials, None).and_then(|issued| self.lasting(issued))
        };
        self.send(&call, attempt, read).await
    }

    /// Spends the code in `role.mfa`, if there is one.
    pub async fn assume_role(
        &self,
        key: &AccessKey,
        role: &AssumeRole<'_>,
    ) -> Result<Issued, Refusal> {
        let call = Call::new("AssumeRole", key).spends(role.mfa.map(|(_, code)| code));
        let attempt = |wire| {
            self.sts(key, wire)
                .assume_role()
                .role_arn(role.role_arn)
                .role_session_name(role.session_name)
                .set_external_id(role.external_id.map(str::to_owned))
                .duration_seconds(seconds(role.duration))
                .set_serial_number(role.mfa.map(|(serial, _)| serial.to_owned()))
                .set_token_code(role.mfa.map(|(_, code)| code.expose().to_owned()))
                .send()
        };
        self.send(&call, attempt, |output| {
            let arn = output.assumed_role_user.map(|user| user.arn);
            let issued = issued(output.credentials, Some(required("AssumedRoleUser", arn)?))?;
            self.lasting(issued)
        })
        .await
    }

    /// Credentials that were over when they came are no success. One of the two clocks may be wrong.
    fn lasting(&self, issued: Issued) -> Result<Issued, Missing> {
        let ours = self.now() - self.skew().unwrap_or_default();
        match issued.expiration > self.now().min(ours) {
            true => Ok(issued),
            false => Err(Missing("Expiration in the future")),
        }
    }
}

pub(super) fn issued(
    credentials: Option<Credentials>,
    arn: Option<String>,
) -> Result<Issued, Missing> {
    let found = credentials.ok_or(Missing("Credentials"))?;
    let secret = part_of_key("SecretAccessKey", found.secret_access_key)?;
    let token = part_of_key("SessionToken", found.session_token)?;
    Ok(Issued {
        key: AccessKey {
            id: part_of_key("AccessKeyId", found.access_key_id)?,
            secret: Secret::new(secret),
            token: Some(Secret::new(token)),
        },
        expiration: timestamp(&found.expiration).ok_or(Missing("Expiration"))?,
        arn,
    })
}

/// AWS makes keys of letters, digits and a few signs; a line break in one is somebody else's idea.
pub(super) fn part_of_key(name: &'static str, value: String) -> Result<String, Missing> {
    let sound = value.bytes().all(|byte| byte.is_ascii_graphic());
    required(name, sound.then_some(value))
}

/// The SDK reads a missing text as none or as an empty one.
pub(super) fn required(name: &'static str, value: Option<String>) -> Result<String, Missing> {
    value.filter(|text| !text.is_empty()).ok_or(Missing(name))
}

/// AWS refuses what is out of range; nothing here may wrap around on the way.
pub(super) fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// `None` for the epoch too, which is how the SDK reads a missing date.
pub(super) fn timestamp(date: &aws_smithy_types::DateTime) -> Option<Timestamp> {
    let nanos = i32::try_from(date.subsec_nanos()).ok()?;
    Timestamp::new(date.secs(), nanos)
        .ok()
        .filter(|time| *time > Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_user_has_a_user_name() {
        for (arn, expected) in [
            ("arn:aws:iam::123456789012:user/alice", Some("alice")),
            ("arn:aws-cn:iam::123456789012:user/team/bob", Some("bob")),
            ("arn:aws:iam::123456789012:root", None),
            ("arn:aws:sts::123456789012:assumed-role/Admin/alice", None),
            ("nonsense", None),
        ] {
            let identity = Identity {
                arn: arn.to_owned(),
                account: String::new(),
                user_id: String::new(),
            };
            assert_eq!(identity.user_name(), expected, "{arn}");
        }
    }
}
