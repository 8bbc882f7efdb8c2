//! The six digits of a virtual or hardware MFA device.
//!
//! [`Code`] is the shape: nothing else than six digits can be made into one, so nothing else
//! reaches AWS. `source` says where it comes from and gets it there, `output` finds it in what a
//! command prints. Whether a code is right, AWS alone knows; how often to ask again after it said
//! no is [`crate::signin`]'s to decide.

mod output;
mod source;

pub use source::{CodeSource, Given, Prompt, ask, ask_plainly, nobody_to_ask};

use crate::secret::Secret;
use crate::terminal::narrow;

/// Six digits; a one-time code that may be spent once.
#[derive(Clone, Debug)]
pub struct Code(Secret);

impl Code {
    /// Six digits as a person types or pastes them: white space around them is ignored, one blank
    /// or hyphen may part them in the middle as apps show them, and full-width digits of an input
    /// method are digits.
    pub fn parse(text: &str) -> Option<Self> {
        // Taken out or wiped, never left behind.
        let mut digits = zeroize::Zeroizing::new(String::with_capacity(6));
        let mut parted = false;
        for character in text.trim().chars().map(narrow) {
            match character {
                '0'..='9' if digits.len() < 6 => digits.push(character),
                '-' | ' ' | '\u{a0}' if digits.len() == 3 && !parted => parted = true,
                _ => return None,
            }
        }
        (digits.len() == 6).then(|| Self(Secret::new(std::mem::take(&mut *digits))))
    }

    /// The digits, for the one request they are spent on.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Whether both are the same six digits: a code that AWS has refused as spent will be refused
    /// again, so it need not be sent.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.expose() == other.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_in_the_ways_people_write_them() {
        for text in [
            "123456",
            " 123456\r\n",
            "123 456",
            "123-456",
            "123\u{a0}456",
            "１２３４５６",
            "１２３\u{3000}４５６",
            "\u{3000}123456",
        ] {
            let code = Code::parse(text).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!(code.secret().expose(), "123456", "{text:?}");
        }
    }

    #[test]
    fn nothing_else_is_a_code() {
        for text in [
            "",
            " ",
            "-",
            "12345",
            "1234567",
            "12345a",
            "abcdef",
            "-123456",
            "123456-",
            "123--456",
            "123  456",
            "123 45 6",
            "12 34 56",
            "1234 56",
            "123\n456",
            "123.456",
            "+12345",
            "0x1234",
            "123456\0",
            "١٢٣٤٥٦",
            "12345６７",
            "123456 123456",
        ] {
            assert!(Code::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_code_is_not_shown_by_debug() {
        let code = Code::parse("123456").unwrap();
        assert_eq!(format!("{code:?}"), "Code([redacted])");
    }

    #[test]
    fn the_same_digits_are_the_same_code() {
        let code = Code::parse("123456").unwrap();
        assert!(code.is_same(&Code::parse("123 456").unwrap()));
        assert!(!code.is_same(&Code::parse("123457").unwrap()));
    }
}
