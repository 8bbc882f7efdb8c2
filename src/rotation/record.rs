//! What must survive a rotation that is cut short: the content of its journal.
//!
//! It holds the secret of the key that is not in the profile any more, which is the point: it is the
//! only copy from which the key can be restored. The file is the owner's alone, as the credentials
//! file is, and goes when the key goes. The profile itself would be the wrong place: AWS tools would
//! read a second pair as a profile of its own, or refuse the file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::secret::{AccessKey, Secret};

/// How the name of the journal begins that holds a [`Record`].
pub const RECORD: &str = "key-";

/// How the journal begins that keeps the secret of a new key which no profile took and AWS did not
/// take back.
const SECRET: &str = "secret-";

/// The name of the journal that keeps the secret of the new key `id`.
pub fn secret_name(id: &str) -> String {
    format!("{SECRET}{id}")
}

/// The id of the key whose secret the journal called `name` keeps; `None` for another journal.
pub fn kept_secret(name: &Path) -> Option<&str> {
    name.file_name()?.to_str()?.strip_prefix(SECRET)
}

/// One rotation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub phase: Phase,
    pub user: String,
    /// The id of the user's account: users of two accounts may be called alike.
    pub account: String,
    /// The profile whose key is rotated.
    pub profile: String,
    /// When it was begun, by AWS's clock, in seconds since the epoch.
    pub begun: i64,
    pub old: Pair,
    /// As soon as it is known.
    pub new: Option<Pair>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Rotating,
    /// The new key is in the profile and the old one can be restored.
    Rotated,
    RollingBack,
    /// The old key is in the profile again.
    RolledBack,
}

/// A key, with its secret if no profile holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pair {
    pub access_key_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "in_the_open")]
    pub secret_access_key: Option<Secret>,
}

impl Record {
    /// Whether something is left to be done.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Rotating | Phase::RollingBack)
    }

    pub fn new_id(&self) -> Option<&str> {
        self.new.as_ref().map(|new| new.access_key_id.as_str())
    }

    /// The key called `id`, if its secret is here.
    pub fn pair(&self, id: &str) -> Option<AccessKey> {
        [Some(&self.old), self.new.as_ref()]
            .into_iter()
            .flatten()
            .find(|pair| pair.access_key_id == id)?
            .key()
    }

    /// Whether it may be about the profile's present key, or was broken off at that profile. A
    /// profile of that name may be another one, in another file: [`Record::is_of`] tells.
    pub fn is_about(&self, profile: &str, key_id: &str) -> bool {
        self.names(key_id) || self.is_open() && self.profile == profile
    }

    /// Whether one of its keys is the one called `id`.
    pub fn names(&self, id: &str) -> bool {
        self.old.access_key_id == id || self.new_id() == Some(id)
    }

    /// Whether it has made the key called `id`, or may have, and that may still be there.
    pub fn may_have_made(&self, id: &str) -> bool {
        match self.phase {
            Phase::RolledBack => false,
            Phase::Rotated => self.new_id() == Some(id),
            Phase::Rotating | Phase::RollingBack => match &self.new {
                Some(new) => new.access_key_id == id && new.secret_access_key.is_some(),
                None => self.old.access_key_id != id,
            },
        }
    }

    /// Whether it is about the keys of this user.
    pub fn is_of(&self, user: &str, account: &str) -> bool {
        self.user == user && self.account == account
    }
}

impl Pair {
    pub fn of(key: &AccessKey) -> Self {
        Self {
            access_key_id: key.id.clone(),
            secret_access_key: Some(key.secret.clone()),
        }
    }

    /// The same without the secret.
    pub fn id_only(id: &str) -> Self {
        Self {
            access_key_id: id.to_owned(),
            secret_access_key: None,
        }
    }

    fn key(&self) -> Option<AccessKey> {
        Some(AccessKey {
            id: self.access_key_id.clone(),
            secret: self.secret_access_key.clone()?,
            token: None,
        })
    }
}

/// The one place where a secret is written other than into a profile.
mod in_the_open {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::secret::Secret;

    pub(super) fn serialize<S: Serializer>(
        secret: &Option<Secret>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(Secret::expose).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Secret>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.map(Secret::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_whose_secret_is_somewhere_may_be_there_unseen() {
        use Phase::*;
        let with_secret = || Pair {
            secret_access_key: Some(Secret::new("s")),
            ..Pair::id_only("N")
        };
        for (phase, new, expected) in [
            (Rotating, None, [false, true, true]),
            (Rotating, Some(with_secret()), [false, true, false]),
            // AWS has listed it.
            (RollingBack, Some(Pair::id_only("N")), [false; 3]),
            (RollingBack, Some(with_secret()), [false, true, false]),
            (Rotated, Some(Pair::id_only("N")), [false, true, false]),
            (RolledBack, Some(Pair::id_only("N")), [false; 3]),
        ] {
            let told = format!("{phase:?} {new:?}");
            let record = Record {
                phase,
                user: "alice".to_owned(),
                account: "123456789012".to_owned(),
                profile: "default".to_owned(),
                begun: 1,
                old: Pair::id_only("O"),
                new,
            };
            let found = ["O", "N", "X"].map(|id| record.may_have_made(id));
            assert_eq!(found, expected, "{told}");
        }
    }

    #[test]
    fn a_record_reads_back_as_it_was_and_shows_no_secret() {
        let key = AccessKey {
            id: "AKIA1".to_owned(),
            secret: Secret::new("only-copy"),
            token: None,
        };
        let record = Record {
            phase: Phase::Rotated,
            user: "alice".to_owned(),
            account: "123456789012".to_owned(),
            profile: "default".to_owned(),
            begun: 1,
            old: Pair::of(&key),
            new: Some(Pair::id_only("AKIA2")),
        };
        let text = serde_json::to_string(&record).unwrap();
        let read: Record = serde_json::from_str(&text).unwrap();
        assert_eq!(read.pair("AKIA1").unwrap().secret.expose(), "only-copy");
        assert!(read.pair("AKIA2").is_none());
        assert_eq!((read.new_id(), read.phase), (Some("AKIA2"), Phase::Rotated));
        assert!(!format!("{read:?}").contains("only-copy"));
    }
}
