//! Names and secrets in the shapes AWS gives them: key ids, unique ids, secrets, session tokens,
//! request ids.
//!
//! Different in every process, but no cryptography: nothing here protects anything.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub fn new() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn letters(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count)
            .map(|_| char::from(alphabet[(self.next() % alphabet.len() as u64) as usize]))
            .collect()
    }

    /// `prefix` (`AKIA`, `ASIA`, `AIDA`, `AROA` …) and capitals and digits, `length` in all
    /// (IAM User Guide, "IAM identifiers": 20 for a key id, 21 for a user or role).
    pub fn id(&mut self, prefix: &str, length: usize) -> String {
        let rest = self.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length - prefix.len());
        format!("{prefix}{rest}")
    }

    /// Forty letters of base64; `/` and `+` occur, as they do in real ones.
    pub fn secret(&mut self) -> String {
        format!("{}/+{}", self.letters(BASE64, 19), self.letters(BASE64, 19))
    }

    /// As long as real ones are, and with the padding that makes careless readers stumble.
    pub fn session_token(&mut self) -> String {
        format!("IQoJb3JpZ2luX2Vj{}==", self.letters(BASE64, 338))
    }

    pub fn request_id(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 56) as u8).collect()
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
