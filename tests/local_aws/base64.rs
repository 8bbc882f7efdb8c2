//! Base64 (RFC 4648, section 4) with padding, as the Query protocol writes blobs.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = group
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..4 {
            text.push(if place <= chunk.len() {
                char::from(ALPHABET[bits >> (18 - 6 * place) & 63])
            } else {
                '='
            });
        }
    }
    text
}

/// `None` for anything that is not well-formed, padding included.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let whole = text.as_bytes().chunks(4);
    let count = whole.len();
    for (number, chunk) in whole.enumerate() {
        let letters = chunk.iter().take_while(|letter| **letter != b'=').count();
        let padded = chunk[letters..].iter().all(|letter| *letter == b'=');
        if chunk.len() != 4 || letters < 2 || !padded || (letters < 4 && number + 1 != count) {
            return None;
        }
        let mut bits = 0_u32;
        for letter in &chunk[..letters] {
            let value = ALPHABET.iter().position(|known| known == letter)?;
            bits = bits << 6 | value as u32;
        }
        bits <<= 6 * (4 - letters);
        bytes.extend_from_slice(&bits.to_be_bytes()[1..letters]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648_section_10() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        for bad in ["Z", "Zg", "Zg=", "Zg==Zg==", "Z===", "Z*==", "=Zg="] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
