//! The names that IAM takes, checked before anything is sent.
//!
//! AWS would refuse the others too, but only after a code was spent or a step before was done; and
//! a name that holds a slash or a line break could mean another thing altogether in an ARN. A name
//! that was refused is quoted as it is: it is no secret, and whoever prints it makes it safe.

use crate::failure::{Failure, Kind, Result};

/// What a name is for. The lengths are those that the consoles and "IAM and AWS STS quotas" (IAM
/// User Guide) state; the characters are the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    User,
    Role,
    /// A virtual MFA device: what follows `mfa/` in its ARN.
    Device,
}

impl Named {
    const fn noun(self) -> &'static str {
        match self {
            Named::User => "user",
            Named::Role => "role",
            Named::Device => "device",
        }
    }

    /// In characters. A device's is what is left of the 256 of a serial number once
    /// `arn:aws:iam::123456789012:mfa/` is taken off.
    pub const fn longest(self) -> usize {
        match self {
            Named::User | Named::Role => 64,
            Named::Device => 226,
        }
    }

    /// Checks `name`, which was given at `place`: a flag or a file and line.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] unless it is one to [`Named::longest`] letters, digits and `_+=,.@-`.
    pub fn check(self, name: &str, place: &str) -> Result<()> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if (1..=self.longest()).contains(&name.len()) && name.bytes().all(allowed) {
            return Ok(());
        }
        let noun = self.noun();
        Err(Failure::new(
            Kind::Usage,
            format!("{name:?} cannot be the name of a {noun}"),
        )
        .at(place)
        .note(format!(
            "a {noun}'s name has 1 to {} letters, digits and `_ + = , . @ -`",
            self.longest()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_iam_takes_them() {
        let longest = "a".repeat(64);
        for name in ["alice", "a", "team+x=1,2.3@example-com_", &longest] {
            Named::User.check(name, "--user").unwrap();
        }
        Named::Device.check(&"a".repeat(226), "--name").unwrap();
    }

    #[test]
    fn other_names_are_refused_with_their_place() {
        let too_long = "a".repeat(65);
        for name in ["", "a b", "a/b", "a:b", "é", "a\n", "*", &too_long] {
            let failure = Named::User.check(name, "--user").unwrap_err();
            assert_eq!(failure.kind(), Kind::Usage, "{name:?}");
            assert_eq!(failure.place(), Some("--user"));
        }
    }
}
