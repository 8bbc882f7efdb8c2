//! Where the record of a rotation is, and when it goes.

use std::time::Duration;

use serde::de::IgnoredAny;

use crate::aws::UserKey;
use crate::context::Context;
use crate::failure::Result;
use crate::journal::Journal;
use crate::rotation::{self, Record};
use crate::ui::Ui;

const PREFIX: &str = "key-";

/// The name of the journal for a profile and the user whose key it holds: case does not tell files
/// apart everywhere, and most signs that names can have are not for files.
pub(super) fn name(profile: &str, user: &str) -> String {
    format!("{PREFIX}{}@{}", spell(profile), spell(user))
}

/// As a part of a file's name.
pub(super) fn spell(text: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let mut spelled = String::new();
    for byte in text.bytes() {
        match plain(byte) {
            true => spelled.push(char::from(byte)),
            false => spelled += &format!("%{byte:02x}"),
        }
    }
    spelled
}

/// The record that is about the profile and the key in it, and the name of its journal. One that is
/// open comes before one that is over.
///
/// # Errors
///
/// [`crate::failure::Kind::File`] if a record cannot be read.
pub(super) fn find(
    context: &Context,
    profile: &str,
    key_id: &str,
) -> Result<Option<(String, Record)>> {
    let found: Vec<(String, Record)> = Journal::peek(context, PREFIX)?;
    let about = found
        .into_iter()
        .filter(|(_, record)| record.is_about(profile, key_id));
    Ok(about.min_by_key(|(_, record)| !record.is_open()))
}

/// Whether a record names the key called `id`, or its secret is kept.
///
/// # Errors
///
/// [`crate::failure::Kind::File`] if a record cannot be read.
pub(super) fn keeps(context: &Context, id: &str) -> Result<bool> {
    let records = Journal::peek::<Record>(context, PREFIX)?;
    let names = |record: &Record| record.old.access_key_id == id || record.new_id() == Some(id);
    Ok(records.iter().any(|(_, record)| names(record)) || keeps_secret(context, id)?)
}

fn keeps_secret(context: &Context, id: &str) -> Result<bool> {
    let secret = rotation::secret_name(id);
    let kept = Journal::peek::<IgnoredAny>(context, &secret)?;
    Ok(kept.iter().any(|(name, _)| *name == secret))
}

/// A key whose secret is kept here, whatever AWS may have of it.
pub(super) struct Kept {
    pub(super) id: String,
    /// Whose it is, and the key that took its place, as far as it is noted.
    pub(super) user: Option<String>,
    successor: Option<String>,
}

impl Kept {
    /// Whether these keys, of which it is none, are certainly those of its user in its account.
    pub(super) fn was_beside(&self, keys: &[UserKey]) -> bool {
        let successor = self.successor.as_deref();
        keys.iter().any(|key| Some(key.id.as_str()) == successor)
    }
}

/// What is kept of the key that `given` is the whole id of.
///
/// # Errors
///
/// [`crate::failure::Kind::File`] if a record cannot be read.
pub(super) fn kept(context: &Context, given: &str) -> Result<Option<Kept>> {
    let id = given.to_ascii_uppercase();
    let records = Journal::peek::<Record>(context, PREFIX)?.into_iter();
    let mut about = records.filter(|(_, record)| record.old.access_key_id == id);
    Ok(match about.next() {
        Some((_, record)) => Some(Kept {
            successor: record.new_id().map(str::to_owned),
            user: Some(record.user),
            id,
        }),
        None => keeps_secret(context, &id)?.then_some(Kept {
            id,
            user: None,
            successor: None,
        }),
    })
}

/// The key called `id` is deleted: what keeps its secret has nothing to restore any more.
///
/// # Errors
///
/// [`crate::failure::Kind::File`] if the record cannot be read or removed.
pub(in crate::commands) async fn forget(
    context: &Context,
    ui: &Ui,
    id: &str,
    wait: Duration,
) -> Result<()> {
    let about = |record: &Record| record.old.access_key_id == id;
    for (name, record) in Journal::peek::<Record>(context, PREFIX)? {
        if !about(&record) {
            continue;
        }
        let journal = Journal::open(context, ui, &name, wait).await?;
        if journal.read::<Record>()?.as_ref().is_some_and(about) {
            journal.remove()?;
        }
    }
    if keeps_secret(context, id)? {
        let secret = rotation::secret_name(id);
        Journal::open(context, ui, &secret, wait).await?.remove()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_have_other_files() {
        for (profile, user, expected) in [
            ("default", "alice", "key-default@alice"),
            ("work-long-term", "alice", "key-work-long-term@alice"),
            ("Work", "Alice", "key-%57ork@%41lice"),
            ("a/b", "x", "key-a%2fb@x"),
            ("..", "..", "key-..@.."),
            ("a%2fb", "a@b", "key-a%252fb@a%40b"),
        ] {
            assert_eq!(name(profile, user), expected);
        }
    }
}
