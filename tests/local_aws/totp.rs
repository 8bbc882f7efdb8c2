//! One-time codes as AWS's virtual and hardware devices make them: RFC 6238 over RFC 4226 with
//! SHA-1, six digits and steps of thirty seconds; and base32 (RFC 4648) for the seed.
//!
//! Whether a code was already spent is the device's business ([`super::model`]), not this file's.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

pub const STEP_SECONDS: u64 = 30;

/// The time step that `epoch` (seconds) lies in.
pub fn step(epoch: u64) -> u64 {
    epoch / STEP_SECONDS
}

/// The six digits of one time step.
pub fn code(seed: &[u8], step: u64) -> String {
    format!("{:06}", truncated(seed, step) % 1_000_000)
}

/// RFC 4226, section 5.3: the 31 bits that the last nibble of the MAC points at.
fn truncated(seed: &[u8], step: u64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).expect("HMAC takes a key of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 0x0f);
    let word = [
        digest[offset],
        digest[offset + 1],
        digest[offset + 2],
        digest[offset + 3],
    ];
    u32::from_be_bytes(word) & 0x7fff_ffff
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 without padding, as `CreateVirtualMFADevice` returns the seed.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut group = [0; 5];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = group
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let letters = (chunk.len() * 8).div_ceil(5);
        text.extend(
            (0..letters)
                .map(|place| char::from(ALPHABET[(bits >> (35 - 5 * place)) as usize & 31])),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_rfc_6238_appendix_b() {
        // The RFC prints eight digits; the last six are the six-digit code.
        for (epoch, eight) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let seed = b"12345678901234567890";
            assert_eq!(truncated(seed, step(epoch)) % 100_000_000, eight);
            assert_eq!(
                code(seed, step(epoch)),
                format!("{:06}", eight % 1_000_000),
                "at {epoch}"
            );
        }
    }

    #[test]
    fn codes_of_rfc_4226_appendix_d() {
        let expected = ["755224", "287082", "359152", "969429", "338314", "254676"];
        for (counter, code_text) in expected.iter().enumerate() {
            assert_eq!(code(b"12345678901234567890", counter as u64), *code_text);
        }
    }

    #[test]
    fn base32_of_rfc_4648_section_10() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
