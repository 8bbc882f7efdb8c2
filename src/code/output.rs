//! A code in what a command prints.
//!
//! Most commands print the code and nothing else. Some add a name or a hint, as
//! `ykman oath accounts code` does (`AWS:alice  123456`), so six digits that stand alone are
//! understood too, if there is no doubt which.

use super::Code;

/// The code in `output`, or why there is none. The reason is fit to follow "the command" and
/// quotes nothing of the output.
pub(super) fn find(output: &[u8]) -> Result<Code, &'static str> {
    let output = output.trim_ascii();
    if output.is_empty() {
        return Err("printed nothing");
    }
    if let Some(code) = parse(output) {
        return Ok(code);
    }
    let mut codes = output
        .split(|&byte| !is_word(byte))
        .filter(|word| word.len() == 6)
        .filter_map(parse);
    let code = codes.next().ok_or("printed no six-digit code")?;
    if codes.all(|other| other.is_same(&code)) {
        Ok(code)
    } else {
        Err("printed more than one six-digit code")
    }
}

fn parse(text: &[u8]) -> Option<Code> {
    std::str::from_utf8(text).ok().and_then(Code::parse)
}

/// Digits beside one of these are part of a name, a number or a date. Bytes of other scripts are
/// not among them: Japanese needs no blank before a number.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_what_authenticators_print() {
        for output in [
            "123456",
            "123456\r\n",
            "123 456\n",
            "AWS:alice@123456789012  123456\n",
            "alice-000001  123456",
            "Touch your YubiKey...\nAmazon:alice  123456\n",
            "123456 lasts 15s |------------------|\n",
            "code: \"123456\".",
            "認証コード123456です",
            "123456\n123456\n",
        ] {
            let code = find(output.as_bytes()).unwrap_or_else(|why| panic!("{output:?}: {why}"));
            assert_eq!(code.secret().expose(), "123456", "{output:?}");
        }
        assert!(find(b"\xff\xfe 123456").is_ok());
    }

    #[test]
    fn doubt_is_not_resolved_by_guessing() {
        for (output, why) in [
            ("", "printed nothing"),
            (" \n\n", "printed nothing"),
            ("no such account", "printed no six-digit code"),
            ("12345 1234567", "printed no six-digit code"),
            ("a123456", "printed no six-digit code"),
            ("id_123456", "printed no six-digit code"),
            ("2026-123456", "printed no six-digit code"),
            (
                "alice 123456\nbob 654321",
                "printed more than one six-digit code",
            ),
        ] {
            assert_eq!(find(output.as_bytes()).unwrap_err(), why, "{output:?}");
        }
    }
}
