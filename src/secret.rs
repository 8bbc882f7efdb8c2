//! Text that must not be seen: secret access keys, session tokens, one-time codes, passwords.
//!
//! A [`Secret`] has no `Display`, a `Debug` that says `[redacted]`, no serialisation, and is wiped
//! when dropped. Reading it takes a call to [`Secret::expose`], so every place where a secret
//! leaves its wrapper can be found by that one name. It refuses to be compared or hashed: nothing
//! here needs that.

use std::fmt;

use zeroize::Zeroizing;

/// A piece of text that is redacted in `Debug` and wiped from memory when dropped.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps `text`; the caller's own copies stay the caller's to wipe.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the signature, the file or the child that needs it.
    pub fn expose(&self) -> &str {
        &self.0
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
