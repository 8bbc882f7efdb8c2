//! What a command wants credentials for, which decides what it has to refuse.
//!
//! Signing in with a code takes a long-term key and writes a section. A call does with whatever AWS
//! takes: temporary credentials that some other tool has put into the environment or into a profile
//! are as good, and no section is needed.

/// What the credentials are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in with a code and to write the section.
    #[default]
    SignIn,
    /// The same with the key that a profile holds and without the profile's own role: for the
    /// session that opens that role and those of other profiles.
    Session,
    /// To call AWS with the user's long-term key and nothing else, because the command is about
    /// that or its profile; a section is written only if AWS wants MFA for the call.
    LongTerm,
    /// To call AWS with; a section is written only if AWS wants MFA for the call.
    Call,
}

impl Purpose {
    /// Whether credentials with a session token do.
    pub(crate) fn takes_temporary(self) -> bool {
        self == Purpose::Call
    }

    /// Whether a section is written in any case.
    pub(super) fn writes(self) -> bool {
        matches!(self, Purpose::SignIn | Purpose::Session)
    }
}
