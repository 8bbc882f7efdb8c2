//! The token that a client has to show: random, secret, and compared in constant time.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;

/// 256 bits, which nobody guesses.
const BYTES: usize = 32;

#[derive(Debug)]
pub(super) struct Token(Secret);

impl Token {
    /// A new one, in hexadecimal digits: they need no quoting in a header, a shell or a file.
    pub(super) fn new() -> Result<Self> {
        let mut random = Zeroizing::new([0; BYTES]);
        getrandom::fill(random.as_mut_slice()).map_err(|error| {
            Failure::new(Kind::Internal, "the system has no random numbers").because(error)
        })?;
        let mut digits = String::with_capacity(BYTES * 2);
        for byte in random.iter() {
            for half in [byte >> 4, byte & 15] {
                digits.push(char::from_digit(u32::from(half), 16).expect("half a byte is a digit"));
            }
        }
        Ok(Self(Secret::new(digits)))
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.0
    }

    /// Whether this is what was shown. How long that takes says nothing about where they differ.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        self.0.expose().as_bytes().ct_eq(shown).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_64_digits_and_never_the_same() {
        let [first, second] = [Token::new().unwrap(), Token::new().unwrap()];
        for token in [&first, &second] {
            let digits = token.secret().expose();
            assert_eq!(digits.len(), 64);
            assert!(digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
            assert!(token.is(digits.as_bytes()));
            assert!(!token.is(&digits.as_bytes()[..63]));
            assert!(!token.is(b""));
        }
        assert!(!first.is(second.secret().expose().as_bytes()));
        assert_eq!(format!("{first:?}"), "Token([redacted])");
    }
}
