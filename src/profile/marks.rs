//! The `awsmfa_*` keys: how a section of ours is told from anybody else's, and how it is renewed.
//!
//! A section says which profile holds the key it was made with (`awsmfa_source`), which profile
//! was signed in to if that is another one (`awsmfa_for`), and which role and device it is good
//! for. What the profile's own configuration can say again is not repeated here, so a changed
//! configuration wins on renewal. What only the command line said is recorded; a role that it named
//! is told from the profile's own by `awsmfa_flags = role_arn`. So `AWS_PROFILE=work-mfa awsmfa
//! 123456` works whatever flags made the section. Nothing here is secret.

use std::time::Duration;

use super::promised::session_of;
use crate::ini::Profile;

const SOURCE: &str = "awsmfa_source";
const CREDENTIAL_SOURCE: &str = "awsmfa_credential_source";
const SOURCE_KEY_ID: &str = "awsmfa_source_key_id";
const FOR: &str = "awsmfa_for";
const USER_ARN: &str = "awsmfa_user_arn";
const ISSUED_KEY_ID: &str = "awsmfa_issued_key_id";
const ROLE_ARN: &str = "awsmfa_role_arn";
const MFA_SERIAL: &str = "awsmfa_mfa_serial";
const FLAGS: &str = "awsmfa_flags";
const EXTERNAL_ID: &str = "awsmfa_external_id";
const ROLE_SESSION_NAME: &str = "awsmfa_role_session_name";
const DURATION_SECONDS: &str = "awsmfa_duration_seconds";
const REGION: &str = "awsmfa_region";

/// The one word of `awsmfa_flags` so far.
const FLAG_ROLE_ARN: &str = "role_arn";

/// `awsmfa_credential_source` where the key came from the environment, in the words of the AWS
/// CLI's `credential_source`.
const ENVIRONMENT: &str = "Environment";

/// What a section of ours says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The profile that holds the long-term key; none if it came from the environment.
    pub source: Option<String>,
    /// The id of that key, so that a replaced key is noticed.
    pub source_key_id: Option<String>,
    /// Whose key that is, with a role that a session opened: roles are assumed in the user's name,
    /// and a renewal by the session need not ask again.
    pub user_arn: Option<String>,
    /// The id of the temporary key, where it does not show by itself that it is one.
    pub issued_key_id: Option<String>,
    /// The profile that was signed in to, where it is neither the source nor the section.
    pub profile: Option<String>,
    /// The last role assumed; a full ARN once AWS has answered.
    pub role_arn: Option<String>,
    /// Whether the role came from `--role-arn` and not from the profile.
    pub role_from_flag: bool,
    /// The MFA device.
    pub serial: Option<String>,
    /// `--external-id`, if given.
    pub external_id: Option<String>,
    /// `--role-session-name`, if given.
    pub session_name: Option<String>,
    /// `--duration-seconds`, if given.
    pub duration: Option<Duration>,
}

/// What only AWS, or the credential process, could tell.
#[derive(Clone, Copy, Debug)]
pub struct Learned<'a> {
    /// The id of the long-term key that signed, or made the session that did.
    pub source_key_id: Option<&'a str>,
    /// The user whose key it is, where AWS was asked.
    pub user_arn: Option<&'a str>,
    /// The id of the temporary key that was issued.
    pub issued_key_id: &'a str,
    /// The device the code was made by; none where the key was temporary already.
    pub serial: Option<&'a str>,
    /// The full ARN of the last role, where one was assumed.
    pub role_arn: Option<&'a str>,
}

impl Marks {
    /// The line that tells which key a section was made with.
    pub const SOURCE_KEY_ID: &'static str = SOURCE_KEY_ID;

    /// What the section's `region` says, where signing in has written that line.
    pub const REGION: &'static str = REGION;

    /// Every key this version writes. The ones that are not written are to be removed from a
    /// section that is rewritten.
    pub const NAMES: [&'static str; 13] = [
        SOURCE,
        CREDENTIAL_SOURCE,
        SOURCE_KEY_ID,
        USER_ARN,
        ISSUED_KEY_ID,
        FOR,
        ROLE_ARN,
        MFA_SERIAL,
        FLAGS,
        EXTERNAL_ID,
        ROLE_SESSION_NAME,
        DURATION_SECONDS,
        REGION,
    ];

    /// The marks of a section; none if it is not ours.
    pub fn read(section: &Profile<'_>) -> Option<Self> {
        let text = |key| {
            section
                .get(key)
                .map(|value| value.text.into_owned())
                .filter(|text| !text.is_empty())
        };
        let source = text(SOURCE);
        if source.is_none() && text(CREDENTIAL_SOURCE).is_none() {
            return None;
        }
        let flags = text(FLAGS).unwrap_or_default();
        Some(Self {
            source,
            source_key_id: text(SOURCE_KEY_ID),
            user_arn: text(USER_ARN),
            issued_key_id: text(ISSUED_KEY_ID),
            profile: text(FOR),
            role_arn: text(ROLE_ARN),
            role_from_flag: flags.split_whitespace().any(|flag| flag == FLAG_ROLE_ARN),
            serial: text(MFA_SERIAL),
            external_id: text(EXTERNAL_ID),
            session_name: text(ROLE_SESSION_NAME),
            duration: text(DURATION_SECONDS)
                .and_then(|seconds| seconds.parse().ok())
                .map(Duration::from_secs),
        })
    }

    /// Whether `section` is that of the session of a profile's key, apart from the profile's role.
    pub(super) fn is_session_in(&self, section: &str) -> bool {
        let profile = self.profile.as_ref().or(self.source.as_ref());
        let without_role = profile.filter(|_| self.role_arn.is_none());
        without_role.is_some_and(|profile| session_of(profile) == section)
    }

    /// The lines to write, completed by what was learned since the plan was made.
    pub fn lines(&self, learned: Learned<'_>) -> Vec<(&'static str, String)> {
        let source = match &self.source {
            Some(name) => (SOURCE, name.clone()),
            None => (CREDENTIAL_SOURCE, ENVIRONMENT.to_owned()),
        };
        let duration = self.duration.map(|duration| duration.as_secs().to_string());
        let flags = self.role_from_flag.then(|| FLAG_ROLE_ARN.to_owned());
        // Those of AWS begin so (IAM User Guide, "IAM identifiers"), those of its imitations may not.
        let unclear = !learned.issued_key_id.starts_with("ASIA");
        let rest = [
            (SOURCE_KEY_ID, learned.source_key_id.map(str::to_owned)),
            (USER_ARN, learned.user_arn.map(str::to_owned)),
            (
                ISSUED_KEY_ID,
                unclear.then(|| learned.issued_key_id.to_owned()),
            ),
            (FOR, self.profile.clone()),
            (ROLE_ARN, learned.role_arn.map(str::to_owned)),
            (MFA_SERIAL, learned.serial.map(str::to_owned)),
            (FLAGS, flags),
            (EXTERNAL_ID, self.external_id.clone()),
            (ROLE_SESSION_NAME, self.session_name.clone()),
            (DURATION_SECONDS, duration),
        ];
        std::iter::once(source)
            .chain(
                rest.into_iter()
                    .filter_map(|(name, value)| value.map(|value| (name, value))),
            )
            .collect()
    }
}
