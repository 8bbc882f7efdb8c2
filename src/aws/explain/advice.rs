//! From a refusal to a failure: who speaks about which situation ([`super::account`],
//! [`super::iam`], [`super::network`]), and what is said in every one of them.

use anyhow::anyhow;
use jiff::SignedDuration;

use super::{Refusal, Situation, iam};
use crate::failure::{Failure, Kind};

/// What the caller knows about a call, to name the right things in the right places.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    pub profile: Option<&'a str>,
    /// The id of the access key that signed.
    pub key_id: Option<&'a str>,
    /// Where the key came from: `~/.aws/credentials:12`, `AWS_ACCESS_KEY_ID`.
    pub key_origin: Option<&'a str>,
    pub serial: Option<&'a str>,
    pub serial_origin: Option<&'a str>,
    pub role_arn: Option<&'a str>,
    /// Whether an external id was sent.
    pub external_id: bool,
    /// Whether it was the role before this one that asked, and not the key itself.
    pub chained: bool,
    /// Whether the key is that of a session made with a code.
    pub session: bool,
    /// What an IAM call was about, with its kind: `device arn:aws:iam::…`, `access key AKIA…`.
    pub subject: Option<&'a str>,
    /// The IAM user whose it is.
    pub user: Option<&'a str>,
}

impl Refusal {
    /// The refusal as the person is told it.
    pub fn failure(&self, known: &Known<'_>) -> Failure {
        let told = self.told(known);
        let mut failure = Failure::new(told.kind, told.what);
        if let Some(place) = told.place {
            failure = failure.at(place);
        }
        for advice in told.next {
            failure = failure.next(advice);
        }
        for note in told.notes {
            failure = failure.note(note);
        }
        if self.code_may_be_spent {
            failure = failure.next("wait for the next code: this one may be used up");
        }
        match (&self.code, self.message.is_empty()) {
            (Some(code), false) => failure.because(anyhow!("{code}: {}", self.message)),
            (Some(code), true) => failure.because(anyhow!("{code}")),
            (None, false) => failure.because(anyhow!("{}", self.message)),
            (None, true) => failure,
        }
    }

    fn told(&self, known: &Known<'_>) -> Told {
        if let Some(told) = iam::told(self, known) {
            return told;
        }
        match &self.situation {
            Situation::WrongCode
            | Situation::WrongSerial
            | Situation::ClockOff
            | Situation::NeedsLongTermKey => self.about_the_device(known),
            Situation::RoleRefused(_)
            | Situation::RootUser
            | Situation::DurationOverRole
            | Situation::DurationOverChain
            | Situation::DurationOutOfRange
            | Situation::BadValue
            | Situation::Denied(_) => self.about_permission(known),
            Situation::KeyNotAccepted
            | Situation::SessionNotAccepted
            | Situation::SecretWrong
            | Situation::SessionExpired
            | Situation::KeyGarbled
            | Situation::SigninRefused
            | Situation::RegionDisabled
            | Situation::WrongScope => self.about_the_key(known),
            Situation::Iam(situation) => iam::generally(self, *situation, known),
            Situation::Throttled | Situation::Unavailable | Situation::Other => self.about_aws(),
            Situation::ProxyUnreachable
            | Situation::ProxyPassword
            | Situation::ProxyRefused
            | Situation::Foreign { .. } => self.about_the_way(),
            Situation::Untrusted
            | Situation::WrongName
            | Situation::CertificateDates
            | Situation::Tls => self.about_tls(),
            Situation::NameNotFound
            | Situation::Unreachable
            | Situation::TimedOut
            | Situation::BrokenOff
            | Situation::Unsent => self.about_the_network(),
        }
    }

    /// How far our clock is off, where that can matter to a code or a signature.
    pub(super) fn drift(&self) -> Option<String> {
        let skew = self.skew?;
        (skew.abs() >= SignedDuration::from_secs(20)).then(|| {
            let seconds = skew.abs().as_secs();
            let amount = match seconds {
                0..120 => format!("{seconds} seconds"),
                120..7200 => format!("{} minutes", (seconds + 30) / 60),
                _ => format!("{} hours", (seconds + 1800) / 3600),
            };
            match skew.is_positive() {
                true => format!("{amount} behind AWS's"),
                false => format!("{amount} ahead of AWS's"),
            }
        })
    }
}

/// A failure in the making.
pub(super) struct Told {
    kind: Kind,
    what: String,
    place: Option<String>,
    next: Vec<String>,
    notes: Vec<String>,
}

impl Told {
    pub(super) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            place: None,
            next: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn place(mut self, place: Option<&str>) -> Self {
        self.place = place.filter(|place| !place.is_empty()).map(str::to_owned);
        self
    }

    pub(super) fn next(mut self, advice: impl Into<String>) -> Self {
        self.next.push(advice.into());
        self
    }

    pub(super) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    pub(super) fn note_if(self, wanted: bool, text: &str) -> Self {
        match wanted {
            true => self.note(text),
            false => self,
        }
    }

    pub(super) fn next_if(self, wanted: bool, advice: &str) -> Self {
        match wanted {
            true => self.next(advice),
            false => self,
        }
    }

    pub(super) fn next_with(
        self,
        known: Option<&str>,
        advice: impl FnOnce(&str) -> String,
    ) -> Self {
        match known {
            Some(known) => self.next(advice(known)),
            None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Denial;
    use super::*;

    fn refusal(situation: Situation) -> Refusal {
        let mut refusal = Refusal::new("AssumeRole", situation, "as AWS put it".to_owned());
        refusal.host = "sts.eu-west-1.amazonaws.com".to_owned();
        refusal
    }

    fn known() -> Known<'static> {
        Known {
            profile: Some("work"),
            key_id: Some("AKIAIOSFODNN7EXAMPLE"),
            key_origin: Some("~/.aws/credentials:3"),
            role_arn: Some("arn:aws:iam::123456789012:role/admin"),
            ..Known::default()
        }
    }

    #[test]
    fn every_situation_has_a_sentence_a_place_or_a_way_on_and_an_exit_code() {
        use Situation::*;
        let table = [
            (WrongCode, Kind::Code),
            (WrongSerial, Kind::Aws),
            (RoleRefused(Denial::Explicit), Kind::Aws),
            (RoleRefused(Denial::NotAllowed), Kind::Aws),
            (RoleRefused(Denial::NotTrusted), Kind::Aws),
            (RoleRefused(Denial::Unsaid), Kind::Aws),
            (RootUser, Kind::Aws),
            (DurationOverRole, Kind::Aws),
            (DurationOverChain, Kind::Aws),
            (DurationOutOfRange, Kind::Aws),
            (BadValue, Kind::Aws),
            (Denied(Denial::Explicit), Kind::Aws),
            (Denied(Denial::WithoutMfa), Kind::Aws),
            (Denied(Denial::Unsaid), Kind::Aws),
            (KeyNotAccepted, Kind::Aws),
            (SessionNotAccepted, Kind::Aws),
            (SecretWrong, Kind::Aws),
            (SessionExpired, Kind::Aws),
            (NeedsLongTermKey, Kind::Aws),
            (RegionDisabled, Kind::Aws),
            (WrongScope, Kind::Aws),
            (SigninRefused, Kind::Aws),
            (ClockOff, Kind::Aws),
            (Throttled, Kind::Aws),
            (Unavailable, Kind::Aws),
            (NameNotFound, Kind::Network),
            (Unreachable, Kind::Network),
            (TimedOut, Kind::Network),
            (BrokenOff, Kind::Network),
            (ProxyUnreachable, Kind::Network),
            (ProxyPassword, Kind::Network),
            (ProxyRefused, Kind::Network),
            (Untrusted, Kind::Network),
            (WrongName, Kind::Network),
            (CertificateDates, Kind::Network),
            (Tls, Kind::Network),
            (
                Foreign {
                    status: 200,
                    page: true,
                },
                Kind::Network,
            ),
            (
                Foreign {
                    status: 502,
                    page: false,
                },
                Kind::Network,
            ),
            (KeyGarbled, Kind::Configuration),
            (Unsent, Kind::Configuration),
        ];
        let mut sentences = Vec::new();
        for (situation, kind) in table {
            let failure = refusal(situation.clone()).failure(&known());
            assert_eq!(failure.kind(), kind, "{situation:?}");
            assert!(!failure.what().ends_with('.'), "{situation:?}");
            assert!(!failure.advice().is_empty(), "{situation:?}");
            assert_eq!(failure.cause().as_deref(), Some("as AWS put it"));
            sentences.push(format!("{} {:?}", failure.what(), failure.advice()));
        }
        let told = sentences.len();
        sentences.sort();
        sentences.dedup();
        let doubles = told - sentences.len();
        assert_eq!(
            doubles, 1,
            "only the two unnamed refusals by a trust policy are told alike"
        );
    }

    #[test]
    fn a_refused_role_is_explained_by_what_was_not_sent_along() {
        let refused = refusal(Situation::RoleRefused(Denial::Unsaid));
        let bare = refused.failure(&known()).advice().join("\n");
        assert!(bare.contains("--serial-number"), "{bare}");
        assert!(bare.contains("--external-id"), "{bare}");
        let given = Known {
            serial: Some("arn:aws:iam::123456789012:mfa/alice"),
            external_id: true,
            ..known()
        };
        let failure = refused.failure(&given);
        let full = [failure.advice(), failure.notes()].concat().join("\n");
        assert!(!full.contains("--serial-number"), "{full}");
        assert!(full.contains("may be another"), "{full}");
    }

    #[test]
    fn the_key_and_where_it_stands_are_named() {
        let failure = refusal(Situation::KeyNotAccepted).failure(&known());
        assert!(failure.what().contains("AKIAIOSFODNN7EXAMPLE"));
        assert!(failure.what().contains("`work`"));
        assert_eq!(failure.place(), Some("~/.aws/credentials:3"));
    }

    #[test]
    fn a_code_in_doubt_is_said_to_be() {
        let mut lost = refusal(Situation::BrokenOff);
        lost.code_may_be_spent = true;
        let advice = lost.failure(&known()).advice().join("\n");
        assert!(advice.contains("wait for the next code"), "{advice}");
    }
}
