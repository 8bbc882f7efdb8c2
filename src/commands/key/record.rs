//! Where the record of a rotation is, and when it goes.
//!
//! One that cannot be read stops whoever it may be about, by its name: the user's, and everybody
//! where its name does not say whose it is.

use std::cmp::Reverse;
use std::time::Duration;

use serde::de::IgnoredAny;

use crate::aws::UserKey;
use crate::context::Context;
use crate::failure::Result;
use crate::journal::Journal;
use crate::rotation::{self, RECORD, Record};
use crate::ui::Ui;

/// The name of the journal for a profile and the user whose key it holds. The account is part of it
/// because one directory may serve several credentials files, in which profiles and users are called
/// alike.
pub(super) fn name(profile: &str, user: &str, account: &str) -> String {
    let [profile, user, account] = [profile, user, account].map(spell);
    format!("{RECORD}{profile}@{user}@{account}")
}

/// Whether the journal called `name` may be about a key of `user`.
fn may_concern(name: &str, user: &str) -> bool {
    let owner = name.split('@').nth(1);
    owner.is_none_or(|owner| owner == spell(user))
}

/// As a part of a file's name: case does not tell files apart everywhere, and most signs that names
/// can have are not for files.
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

/// The records that may be about the profile and the key in it, and the names of their journals. One
/// that is open comes before one that is over, and what was begun last before what was begun earlier.
/// What cannot be read is left out: see [`check`].
///
/// # Errors
///
/// [`crate::failure::Kind::Configuration`] if nothing says where the records are.
pub(super) fn find(
    context: &Context,
    profile: &str,
    key_id: &str,
) -> Result<Vec<(String, Record)>> {
    let mut found = readable(context)?;
    found.retain(|(_, record)| record.is_about(profile, key_id));
    found.sort_unstable_by_key(|(_, record)| (!record.is_open(), Reverse(record.begun)));
    Ok(found)
}

/// The rotation of a key of this user that is not finished, if any.
///
/// # Errors
///
/// As for [`check`].
pub(super) fn unfinished(
    context: &Context,
    user: &str,
    account: &str,
) -> Result<Option<(String, Record)>> {
    let mut records = all(context, user)?.into_iter();
    Ok(records.find(|(_, record)| record.is_open() && record.is_of(user, account)))
}

/// Refuses to go on where a record that cannot be read may be about a key of `user`.
///
/// # Errors
///
/// [`crate::failure::Kind::File`] if there is one.
pub(super) fn check(context: &Context, user: &str) -> Result<()> {
    all(context, user).map(drop)
}

fn all(context: &Context, user: &str) -> Result<Vec<(String, Record)>> {
    let records = Journal::peek::<Record>(context, RECORD)?.into_iter();
    let concern = |name: &str, read: &Result<Record>| read.is_ok() || may_concern(name, user);
    records
        .filter(|(name, read)| concern(name, read))
        .map(|(name, read)| Ok((name, read?)))
        .collect()
}

fn readable(context: &Context) -> Result<Vec<(String, Record)>> {
    let records = Journal::peek::<Record>(context, RECORD)?.into_iter();
    Ok(records
        .filter_map(|(name, read)| Some((name, read.ok()?)))
        .collect())
}

/// Whether a record names the key called `id`, which is one of `user`, or its secret is kept.
///
/// # Errors
///
/// As for [`check`].
pub(super) fn keeps(context: &Context, user: &str, id: &str) -> Result<bool> {
    let records = all(context, user)?;
    Ok(records.iter().any(|(_, record)| record.names(id)) || keeps_secret(context, id)?)
}

/// The rotation whose new key is, or may be, the one called `id`: what names it may be the only one
/// that knows. One whose secret was lost is known from AWS's list alone.
///
/// # Errors
///
/// As for [`check`].
pub(super) fn of_new(context: &Context, user: &str, id: &str) -> Result<Option<Record>> {
    let mut records = all(context, user)?.into_iter().map(|(_, record)| record);
    Ok(records.find(|record| record.user == user && record.may_have_made(id)))
}

/// Whether the secret of the key called `id` is in a file of its own.
pub(super) fn keeps_secret(context: &Context, id: &str) -> Result<bool> {
    let secret = rotation::secret_name(id);
    let kept = Journal::peek::<IgnoredAny>(context, &secret)?;
    Ok(kept.iter().any(|(name, _)| *name == secret))
}

/// A key whose secret is kept here, whatever AWS may have of it.
pub(super) struct Kept {
    pub(super) id: String,
    /// Whose it is, and in which account, and the key that took its place, as far as it is noted.
    pub(super) owner: Option<(String, String)>,
    successor: Option<String>,
}

impl Kept {
    /// Whether these keys, of which it is none, are certainly those of its user in its account.
    pub(super) fn was_beside(&self, keys: &[UserKey]) -> bool {
        let successor = self.successor.as_deref();
        keys.iter().any(|key| Some(key.id.as_str()) == successor)
    }
}

/// What is kept of the key that `given` is the whole id of, which should be one of `user`.
///
/// # Errors
///
/// As for [`check`].
pub(super) fn kept(context: &Context, user: &str, given: &str) -> Result<Option<Kept>> {
    let id = given.to_ascii_uppercase();
    let records = all(context, user)?.into_iter();
    let mut about = records.filter(|(_, record)| record.old.access_key_id == id);
    Ok(match about.next() {
        Some((_, record)) => Some(Kept {
            successor: record.new_id().map(str::to_owned),
            owner: Some((record.user, record.account)),
            id,
        }),
        None => keeps_secret(context, &id)?.then_some(Kept {
            id,
            owner: None,
            successor: None,
        }),
    })
}

/// The key called `id` is deleted: what keeps its secret has nothing to restore any more. Of what
/// cannot be read nobody can tell; it stays.
///
/// # Errors
///
/// [`crate::failure::Kind::File`] if the record cannot be removed.
pub(in crate::commands) async fn forget(
    context: &Context,
    ui: &Ui,
    id: &str,
    wait: Duration,
) -> Result<()> {
    let about = |record: &Record| record.old.access_key_id == id;
    for (name, record) in readable(context)? {
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
            ("default", "alice", "key-default@alice@1"),
            ("work-long-term", "alice", "key-work-long-term@alice@1"),
            ("Work", "Alice", "key-%57ork@%41lice@1"),
            ("a/b", "x", "key-a%2fb@x@1"),
            ("..", "..", "key-..@..@1"),
            ("a%2fb", "a@b", "key-a%252fb@a%40b@1"),
        ] {
            assert_eq!(name(profile, user, "1"), expected);
            assert!(may_concern(expected, user) && !may_concern(expected, "bob"));
        }
        assert!(may_concern("key-whatever", "bob"));
    }
}
