//! AWS's answers, and the network's, as the situation a person is in.
//!
//! [`answer`] reads what AWS said, [`wire`] what went wrong on the way; [`account`], [`iam`] and
//! [`network`] write the sentences, [`advice`] puts them together. A [`Refusal`] keeps AWS's own words, made
//! safe to print; it never holds a code, a token or a secret key. Whether to send a request again
//! was decided before ([`super::retry`]); whether to ask for another code, lower a duration or
//! guess a serial is the caller's.

mod account;
mod advice;
pub(super) mod answer;
mod iam;
mod network;
pub(super) mod wire;

use jiff::{SignedDuration, Timestamp};

use super::Call;
use crate::ui::printable;

pub use advice::Known;
pub use iam::IamSituation;

/// How long AWS's devices show one code, in seconds (RFC 6238, section 4.1, and IAM User Guide,
/// "Assign a virtual MFA device in the AWS Management Console").
const STEP: i64 = 30;

/// Why there is no result, told from where the person stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Situation {
    /// AWS says the same of a mistyped, a spent and a drifted code.
    WrongCode,
    /// No such device, or another user's.
    WrongSerial,
    /// AssumeRole was denied.
    RoleRefused(Denial),
    /// The root user cannot assume roles.
    RootUser,
    /// More than the role's maximum session duration.
    DurationOverRole,
    /// More than the hour of a role assumed with temporary credentials.
    DurationOverChain,
    /// Outside of what the operation takes at all.
    DurationOutOfRange,
    /// AWS does not take another value as it is.
    BadValue,
    /// Any other operation was denied.
    Denied(Denial),
    /// The long-term key is deleted or inactive, or of another partition; AWS does not say which.
    KeyNotAccepted,
    /// The temporary key is unknown: ended, of another partition, or not valid in this region.
    SessionNotAccepted,
    /// The key id exists, the secret is another's.
    SecretWrong,
    /// The temporary key has expired.
    SessionExpired,
    /// GetSessionToken was called with temporary credentials.
    NeedsLongTermKey,
    /// The sign-in endpoint does not take these credentials, or not for so long.
    SigninRefused,
    /// STS or the whole region is switched off for the account.
    RegionDisabled,
    /// The endpoint takes signatures for another region, or another service.
    WrongScope,
    /// The signature's time is too far from AWS's.
    ClockOff,
    /// IAM says what the account, the user or the thing itself does not allow.
    Iam(IamSituation),
    Throttled,
    /// AWS itself failed.
    Unavailable,
    /// AWS said something this program does not know.
    Other,

    /// The endpoint's name cannot be resolved.
    NameNotFound,
    /// No connection: refused, or no route.
    Unreachable,
    /// No connection, or no answer, in time.
    TimedOut,
    /// The connection ended, or the answer broke off.
    BrokenOff,
    ProxyUnreachable,
    /// The proxy wants a user name and a password.
    ProxyPassword,
    /// The proxy does not connect us to AWS.
    ProxyRefused,
    /// The certificate is signed by nobody we trust.
    Untrusted,
    /// The certificate is for another name.
    WrongName,
    /// The certificate is not valid now.
    CertificateDates,
    /// TLS failed in another way.
    Tls,
    /// Somebody else answered: `page` for a web page or a redirection (a captive portal).
    Foreign {
        status: u16,
        page: bool,
    },
    /// The key's id or token cannot be sent: a character is no key's.
    KeyGarbled,
    /// The request could not even be made.
    Unsent,
}

/// What a denial says of its reason (IAM User Guide, "Troubleshoot access denied error messages").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// A policy says Deny.
    Explicit,
    /// The caller's own policies do not say Allow.
    NotAllowed,
    /// The role's trust policy does not say Allow.
    NotTrusted,
    /// Whoever has an MFA device changes their own devices only after signing in with one, whatever
    /// the policies say (AWS security bulletin AWS-2023-001).
    WithoutMfa,
    /// AWS does not say.
    Unsaid,
}

/// A call that brought no result.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub situation: Situation,
    pub operation: &'static str,
    /// AWS's error code, like `AccessDenied`.
    pub code: Option<String>,
    /// AWS's own words, or what the network said; safe to print.
    pub message: String,
    pub request_id: Option<String>,
    pub status: Option<u16>,
    /// Host and port that were called.
    pub host: String,
    /// How often the request was sent, without one refused for its signature's time.
    pub attempts: u32,
    /// A code was sent and nobody can tell whether it was accepted.
    pub code_may_be_spent: bool,
    /// The request creates something or spends a code, and nobody can tell whether it was carried
    /// out: look before asking again.
    pub may_be_done: bool,
    /// AWS's clock minus ours.
    pub skew: Option<SignedDuration>,
    /// When, by AWS's clock.
    pub at: Timestamp,
}

impl Refusal {
    pub(super) fn new(operation: &'static str, situation: Situation, message: String) -> Self {
        Self {
            situation,
            operation,
            code: None,
            message,
            request_id: None,
            status: None,
            host: String::new(),
            attempts: 1,
            code_may_be_spent: false,
            may_be_done: false,
            skew: None,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    /// Seconds, from 1 to 30, until a device whose clock agrees with AWS shows its next code
    /// (RFC 6238, section 4.2: steps count from the Unix epoch).
    pub(super) fn seconds_to_next_code(&self) -> u64 {
        (STEP - self.at.as_second().rem_euclid(STEP)).unsigned_abs()
    }

    /// AWS itself has answered, whatever it said.
    pub fn is_answer(&self) -> bool {
        self.code.is_some()
    }

    /// AWS understood the request and did not allow it to this caller.
    pub fn is_denial(&self) -> bool {
        matches!(
            self.situation,
            Situation::Denied(_) | Situation::RoleRefused(_)
        )
    }

    /// Whether IAM says that what was asked about is not there.
    pub fn knows_no_such_thing(&self) -> bool {
        self.situation == Situation::Iam(IamSituation::NoSuchEntity)
    }
}

/// A secret with fewer characters is found in words that have nothing to do with it, and could be
/// read off what is left of them.
const TELLING: usize = 6;

impl Call<'_> {
    /// What others wrote, fit to be shown. It is read before that: whatever a secret is, it does not
    /// change what an answer means.
    pub(super) fn redact(&self, text: &str) -> String {
        redact(text, self.secrets().filter(|secret| !is_short(secret)))
    }

    /// Whether what was typed is so short that AWS's words about it are better not shown at all.
    pub(super) fn has_short_secret(&self) -> bool {
        self.secrets()
            .any(|secret| !secret.is_empty() && is_short(secret))
    }

    /// What must not be found in anything printed, however AWS came to quote it.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        [Some(&self.key.secret), self.key.token.as_ref()]
            .into_iter()
            .flatten()
            .chain(self.secrets.iter().copied())
            .map(|secret| secret.expose())
    }
}

fn is_short(secret: &str) -> bool {
    secret.chars().count() < TELLING
}

/// The first lines of a message that others wrote, fit for a terminal: without `secrets` (AWS quotes
/// the values it finds invalid) and excess.
fn redact<'s>(message: &str, secrets: impl Iterator<Item = &'s str>) -> String {
    const LONGEST: usize = 500;
    let mut text = message.to_owned();
    for secret in secrets {
        text = without(&text, secret);
    }
    let mut shown: String = printable(&text).chars().take(LONGEST + 1).collect();
    if shown.chars().count() > LONGEST {
        shown.pop();
        shown.push('…');
    }
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A code is digits, and the same digits within a longer number, such as an account's, are not the
/// code.
fn without(text: &str, secret: &str) -> String {
    let is_number = secret.bytes().all(|byte| byte.is_ascii_digit());
    let goes_on = |c: char| is_number && c.is_ascii_digit();
    let mut shown = String::new();
    let mut rest = 0;
    for (start, found) in text.match_indices(secret) {
        let end = start + found.len();
        if !text[..start].ends_with(goes_on) && !text[end..].starts_with(goes_on) {
            shown = shown + &text[rest..start] + "[redacted]";
            rest = end;
        }
    }
    shown + &text[rest..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_made_safe_to_print() {
        let secrets = ["492039", "wJalrX"];
        let shown = redact(
            "Value '492039' at\n 'tokenCode'\u{1b}[31m is \u{202e}wrong, wJalrX  ",
            secrets.into_iter(),
        );
        assert_eq!(
            shown,
            "Value '[redacted]' at 'tokenCode'\\u{1b}[31m is \\u{202e}wrong, [redacted]"
        );
        let account = "arn:aws:iam::492039789012:user/a492039";
        let shown = redact(account, secrets.into_iter());
        assert_eq!(shown, "arn:aws:iam::492039789012:user/a[redacted]");
        let long = redact(&"x".repeat(10_000), std::iter::empty());
        assert_eq!(long.chars().count(), 501);
    }

    #[test]
    fn the_next_code_is_one_to_thirty_seconds_away() {
        let mut refusal = Refusal::new("GetSessionToken", Situation::WrongCode, String::new());
        for (now, seconds) in [
            ("1970-01-01T00:00:00Z", 30),
            ("1970-01-01T00:00:01Z", 29),
            ("2027-01-15T08:00:17Z", 13),
            ("2026-11-21T18:04:00Z", 30),
            ("2026-11-21T18:04:00.9Z", 30),
            ("2026-11-21T18:04:29Z", 1),
            ("2026-11-21T18:04:29.999Z", 1),
            ("2026-11-21T18:04:30Z", 30),
            ("2026-11-21T18:04:41Z", 19),
            ("1969-12-31T23:59:50Z", 10),
        ] {
            refusal.at = now.parse().unwrap();
            assert_eq!(refusal.seconds_to_next_code(), seconds, "{now}");
        }
    }
}
