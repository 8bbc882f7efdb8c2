//! What a creation must remember, should it be cut short between AWS's new key and the place that
//! takes its secret: which keys were there before.
//!
//! It is on the disk before AWS is asked, and goes when the secret is where it belongs, or there is
//! certainly no key. The next creation for the user that finds it tells from it the key that nobody
//! can use; what becomes of that is [`super::create`]'s to ask. It holds no secret.

use serde::{Deserialize, Serialize};

use super::keys::{self, Use};
use super::late;
use super::record::{self, spell};
use super::uses::Uses;
use crate::aws::UserKey;
use crate::context::Context;
use crate::failure::Result;
use crate::journal::Journal;
use crate::rotation::TOLERANCE;
use crate::signin::{self, Operator};
use crate::ui::Ui;

/// One creation, which may have come to its end or not.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    user: String,
    /// By AWS's clock, in seconds since the epoch.
    begun: i64,
    /// The ids of the keys that were there.
    before: Vec<String>,
}

/// Whether a creation that is not known to be over may have made the key called `id`.
pub(super) fn may_have_made(context: &Context, id: &str) -> bool {
    let records = Journal::peek::<Begun>(context, "create-").unwrap_or_default();
    let mut records = records.iter().filter_map(|(_, read)| read.as_ref().ok());
    records.any(|begun| begun.before.iter().all(|other| other != id))
}

/// The name of the journal for a key of `user`: users of two accounts may be called alike. Whoever
/// creates a key has it open, a rotation too, so that nobody takes another's new key for a lost one.
pub(super) fn name(user: &str, account: &str) -> String {
    format!("create-{}@{}", spell(user), spell(account))
}

impl Begun {
    /// One of now, or, where nobody knows what became of the `earlier` one, of then.
    pub(super) fn new(
        operator: &Operator<'_>,
        user: &str,
        keys: &[UserKey],
        earlier: Option<&Self>,
    ) -> Self {
        let now = || operator.aws().now().as_second();
        Self {
            user: user.to_owned(),
            begun: earlier.map_or_else(now, |earlier| earlier.begun),
            before: keys.iter().map(|key| key.id.clone()).collect(),
        }
    }

    /// Whether AWS may not list yet what it has made.
    pub(super) fn is_new(&self, operator: &Operator<'_>) -> bool {
        late::is_new(operator, self.begun)
    }

    /// Those of `keys` that the creation may have left: they were not there before, were created
    /// since, were never used as far as AWS tells, and are in no file of ours.
    ///
    /// # Errors
    ///
    /// What AWS says; [`crate::failure::Kind::File`] if a file cannot be read.
    pub(super) async fn orphans(
        &self,
        context: &Context,
        ui: &Ui,
        operator: &Operator<'_>,
        keys: &[UserKey],
    ) -> Result<Vec<String>> {
        let files = signin::read_files(context)?;
        let mut unknown = Vec::new();
        for key in keys.iter().filter(|key| self.has_appeared(key)) {
            let in_use = Uses::of(context, &files, &key.id).is_used();
            if !in_use && !record::keeps(context, &self.user, &key.id)? {
                unknown.push(key.clone());
            }
        }
        let uses = keys::last_uses(operator, ui, &unknown, &self.user).await?;
        let both = unknown.into_iter().zip(uses);
        let unused = both.filter(|(_, last)| !matches!(last, Use::Last(_)));
        Ok(unused.map(|(key, _)| key.id).collect())
    }

    pub(super) fn has_appeared(&self, key: &UserKey) -> bool {
        !self.before.contains(&key.id) && key.created.as_second() >= self.begun - TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn only_what_was_not_there_before_and_is_new_has_appeared() {
        let begun = Begun {
            user: "alice".to_owned(),
            begun: 1000,
            before: vec!["AKIA1".to_owned()],
        };
        for (id, created, expected) in [
            ("AKIA1", 1001, false),
            ("AKIA2", 1001, true),
            ("AKIA2", 1000 - TOLERANCE, true),
            ("AKIA2", 999 - TOLERANCE, false),
        ] {
            let key = UserKey {
                id: id.to_owned(),
                active: true,
                created: Timestamp::from_second(created).unwrap(),
            };
            assert_eq!(begun.has_appeared(&key), expected, "{id} {created}");
        }
    }

    #[test]
    fn users_called_alike_have_files_of_their_own() {
        assert_eq!(name("Alice", "123456789012"), "create-%41lice@123456789012");
    }
}
