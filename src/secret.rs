//! Text that must not be seen: secret access keys, session tokens, one-time codes, passwords.
//!
//! A [`Secret`] has no `Display`, a `Debug` that says `[redacted]`, no serialisation, and is wiped
//! when dropped. Reading it takes a call to [`Secret::expose`], so every place where a secret
//! leaves its wrapper can be found by that one name. It refuses to be compared or hashed: nothing
//! here needs that.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A piece of text that is redacted in `Debug` and wiped from memory when the last clone is
/// dropped: clones share the one copy.
#[derive(Clone, Default)]
pub struct Secret {
    /// Holds the text, perhaps among other text.
    bytes: Arc<Zeroizing<Vec<u8>>>,
    place: Range<usize>,
}

impl Secret {
    /// Wraps `text`; the caller's own copies stay the caller's to wipe.
    pub fn new(text: impl Into<String>) -> Self {
        let bytes = text.into().into_bytes();
        Self {
            place: 0..bytes.len(),
            bytes: Arc::new(Zeroizing::new(bytes)),
        }
    }

    /// Shares the copy that `bytes` hold, if `text` is a slice of them.
    pub fn part_of(bytes: &Arc<Zeroizing<Vec<u8>>>, text: &str) -> Self {
        let start = text.as_ptr().addr().wrapping_sub(bytes.as_ptr().addr());
        let place = start..start.wrapping_add(text.len());
        match bytes.get(place.clone()) {
            Some(part) if std::ptr::eq(part, text.as_bytes()) => Self {
                bytes: Arc::clone(bytes),
                place,
            },
            _ => Self::new(text),
        }
    }

    /// The text itself, for the signature, the file or the child that needs it.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.place.clone()]).expect("it was made from text")
    }
}

/// For the command line's parser, so that an argument is wrapped before anybody sees it.
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// An access key as AWS hands it out: long-term (`AKIA…`) or, with a session token, temporary
/// (`ASIA…`). The id may be shown; the rest may not.
#[derive(Clone, Debug)]
pub struct AccessKey {
    pub id: String,
    pub secret: Secret,
    pub token: Option<Secret>,
}

impl AccessKey {
    /// Temporary credentials come with a session token, long-term keys never do
    /// (IAM User Guide, "Managing access keys" and "Using temporary credentials").
    pub fn is_temporary(&self) -> bool {
        self.token.is_some()
    }
}

/// Keeps what this process holds in memory out of core dumps, and from debuggers of other programs
/// of the same user. A program that takes our place, or that we start, is not concerned: `execve`
/// undoes it. Elsewhere than on Linux, only a limit would do, and that would be passed on.
pub fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_of_the_bytes_shares_them_and_other_text_does_not() {
        let bytes = Arc::new(Zeroizing::new(b"key = value\n".to_vec()));
        let text = std::str::from_utf8(&bytes).unwrap();
        for (part, holders) in [(&text[6..11], 2), ("value", 1), (&text[12..], 2)] {
            let secret = Secret::part_of(&bytes, part);
            assert_eq!(secret.expose(), part);
            assert_eq!(Arc::strong_count(&bytes), holders, "{part}");
        }
    }
}
