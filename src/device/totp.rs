//! The codes that a seed makes (RFC 6238 over RFC 4226): HMAC-SHA-1, six digits, thirty seconds.
//!
//! For a device that was created a moment ago the seed is known, so a mistyped code can be told
//! before AWS refuses it. Time is handed in.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::code::Code;
use crate::secret::Secret;

/// How long AWS's devices show one code, in seconds (IAM User Guide, "Assign a virtual MFA device
/// in the AWS Management Console").
const STEP: i64 = 30;

/// Steps by which a device's clock may be off for its codes to be recognised here.
const DRIFT: i64 = 20;

/// The step that `time` is in, counted from the Unix epoch (RFC 6238, section 4.2).
pub(super) fn step_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(STEP)
}

/// When the step that `time` is in ends, and the next code is shown.
pub fn step_end(time: Timestamp) -> Timestamp {
    start_of(step_of(time) + 1)
}

/// When a step begins.
pub(super) fn start_of(step: i64) -> Timestamp {
    Timestamp::from_second(step.saturating_mul(STEP)).unwrap_or(Timestamp::MAX)
}

/// What a device makes its codes from.
#[derive(Clone, Debug)]
pub struct Seed(Secret);

impl Seed {
    /// `None` if it is not base32 (RFC 4648, section 6); padding may be left out.
    pub fn from_base32(text: &Secret) -> Option<Self> {
        let trimmed = text.expose().trim_end_matches('=');
        decode(trimmed)?;
        Some(Self(Secret::new(trimmed)))
    }

    /// In base32, as authenticators take it.
    pub fn base32(&self) -> &Secret {
        &self.0
    }

    /// The step near `now` whose code this is. Of several, which is one in tens of thousands, the
    /// nearest.
    pub fn step_of_code(&self, code: &Code, now: Timestamp) -> Option<i64> {
        let current = step_of(now);
        let ahead_and_behind = (0..=DRIFT).flat_map(|off| [current + off, current - off]);
        let text = code.secret().expose();
        ahead_and_behind
            .into_iter()
            .find(|step| *self.code(*step) == text)
    }

    /// RFC 4226, section 5.3: the last four bits say which 31 bits to take.
    fn code(&self, step: i64) -> Zeroizing<String> {
        let key = decode(self.0.expose()).expect("it was decoded before");
        let mut mac = Hmac::<Sha1>::new_from_slice(&key).expect("HMAC takes a key of any length");
        mac.update(&step.to_be_bytes());
        let digest = Zeroizing::new(<[u8; 20]>::from(mac.finalize().into_bytes()));
        let offset = usize::from(digest[19] & 15);
        let taken = digest[offset..offset + 4]
            .iter()
            .fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
        Zeroizing::new(format!("{:06}", (taken & 0x7fff_ffff) % 1_000_000))
    }
}

/// What is left of the last letter's bits is dropped, as authenticators do.
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8 + 1));
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the ASCII text `12345678901234567890`, of eight digits the last six.
    #[test]
    fn the_codes_of_the_rfc() {
        let text = Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let seed = Seed::from_base32(&text).unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_second(seconds).unwrap();
            assert_eq!(*seed.code(step_of(now)), code, "{seconds}");
            let code = Code::parse(code).unwrap();
            assert_eq!(seed.step_of_code(&code, now), Some(step_of(now)));
            let later = Timestamp::from_second(seconds + 300).unwrap();
            assert_eq!(seed.step_of_code(&code, later), Some(step_of(now)));
            let much_later = Timestamp::from_second(seconds + 3600).unwrap();
            assert_eq!(seed.step_of_code(&code, much_later), None);
        }
    }

    #[test]
    fn base32_is_what_the_rfc_says_and_nothing_else() {
        // RFC 4648, section 10.
        for (text, bytes) in [("MY", "f"), ("MZXW6", "foo"), ("MZXW6YTBOI", "foobar")] {
            assert_eq!(decode(text).unwrap().as_slice(), bytes.as_bytes());
        }
        for text in ["", "mzxw6", "MZXW 6", "M1", "é"] {
            assert!(Seed::from_base32(&Secret::new(text)).is_none(), "{text:?}");
        }
    }

    #[test]
    fn padding_is_left_out_and_a_seed_is_not_shown_by_debug() {
        let seed = Seed::from_base32(&Secret::new("MZXW6YTBOI======")).unwrap();
        assert_eq!(seed.base32().expose(), "MZXW6YTBOI");
        assert_eq!(format!("{seed:?}"), "Seed([redacted])");
    }
}
