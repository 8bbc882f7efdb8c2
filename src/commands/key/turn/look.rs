//! What a rotation is decided by: AWS's keys, the files, the record; and whether a key may go.

use jiff::SignedDuration;

use super::Turn;
use crate::aws::UserKey;
use crate::commands::key::keys::{self, Use};
use crate::commands::key::late;
use crate::commands::key::record;
use crate::commands::key::uses::Uses;
use crate::consent;
use crate::failure::{Failure, Kind, Result};
use crate::profile;
use crate::rotation::{self, Confusion, Parts, Seen, Step};
use crate::signin::{self, Place, Room};

/// How long ago a key must have been used for the last time to count as unused.
const UNUSED: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Turn<'_> {
    /// Asks AWS and the files who is who.
    pub(super) async fn look(&mut self) -> Result<Parts> {
        self.keys = self.listed().await?;
        let working = self.ui.working("asking AWS when they were last used");
        self.uses = match self.keys.len() {
            // Whoever is alone is nobody's orphan.
            0 | 1 => vec![Use::Unknown; self.keys.len()],
            _ => keys::last_uses(&self.operator, self.ui, &self.keys, &self.user).await?,
        };
        drop(working);
        let files = signin::read_files(self.context)?;
        let mut seen = Vec::new();
        for (key, used) in self.keys.iter().zip(&self.uses) {
            let in_use = Uses::of(self.context, &files, &key.id).is_used();
            seen.push(Seen {
                id: key.id.clone(),
                active: key.active,
                created: key.created.as_second(),
                used: matches!(used, Use::Last(_)),
                known: in_use || record::keeps(self.context, &self.user, &key.id)?,
            });
        }
        let current = self.current(&files)?;
        let held = |id: &str| !profile::holders(&files, id).is_empty();
        let (way, record) = (self.wanted.way, self.record.as_ref());
        Parts::tell(way, record, &seen, &current, held)
            .map_err(|confusion| self.confused(confusion, &current))
    }

    /// The user's keys, with those that the profile holds and that the record names, be they new.
    async fn listed(&self) -> Result<Vec<UserKey>> {
        let working = self.ui.working("asking AWS for the access keys");
        let mut keys = keys::of(&self.operator, &self.user).await?;
        drop(working);
        let current = self.current(&signin::read_files(self.context)?)?;
        let new = self.record.as_ref().and_then(|record| record.new_id());
        let new = new.filter(|id| *id != current);
        for id in std::iter::once(current.as_str()).chain(new) {
            let Self {
                context,
                ui,
                operator,
                user,
                wanted,
                ..
            } = self;
            keys = late::shown(context, ui, operator, user, wanted.wait, keys, id).await?;
        }
        Ok(keys)
    }

    /// The key that the profile holds now.
    fn current(&self, files: &profile::Files) -> Result<String> {
        let profile = &self.wanted.profile;
        profile::key_of(files, profile).ok_or_else(|| {
            let what = format!("profile `{profile}` holds no key any more");
            Failure::new(Kind::Configuration, what)
        })
    }

    /// Somebody else has rotated meanwhile: the key that this run began with may be off by now.
    pub(super) fn take_current_key(&mut self) -> Result<()> {
        if self.wanted.user.is_some() {
            return Ok(());
        }
        let files = signin::read_files(self.context)?;
        let current = self.current(&files)?;
        if let Some(key) = profile::pair(&files, &current) {
            self.operator.acts_with(key);
        }
        Ok(())
    }

    /// Proves that the key called `replaced` can be replaced in the files.
    pub(super) async fn room(&self, replaced: &str) -> Result<()> {
        let place = Place::InsteadOf(replaced.to_owned());
        Room::make(self.context, self.ui, place, self.wanted.wait).await?;
        Ok(())
    }

    /// Consent to the deletion of a key, if one has to go.
    pub(super) async fn agree(&mut self, parts: &Parts) -> Result<()> {
        let steps = rotation::plan(&parts.observed);
        let (id, what) = if steps.contains(&Step::MakeRoom)
            && let Some(other) = &parts.other
        {
            self.check_unused(other)?;
            let used = self.told(other);
            (
                other,
                format!(
                    "delete access key {other} of {} ({used}) to make room for a new one",
                    self.user
                ),
            )
        } else if steps.contains(&Step::Discard)
            && let Some(orphan) = &parts.new
        {
            let used = self.told(orphan);
            (
                orphan,
                format!(
                    "delete access key {orphan} of {} ({used}), whose secret was lost when it was created",
                    self.user
                ),
            )
        } else {
            return Ok(());
        };
        if self.agreed.as_ref() != Some(id) {
            consent::obtain(self.ui, self.wanted.yes, &what).await?;
            self.agreed = Some(id.clone());
        }
        Ok(())
    }

    /// `active, last used 3 h ago: s3 in eu-west-1`.
    fn told(&self, id: &str) -> String {
        let Some((key, used)) = self.key(id) else {
            return String::new();
        };
        let state = if key.active { "active" } else { "inactive" };
        let used = match used {
            Use::Never => "never used".to_owned(),
            Use::Unknown => "perhaps used".to_owned(),
            last => format!("last used {}", last.in_words(self.operator.aws().now())),
        };
        format!("{state}, {used}")
    }

    fn key(&self, id: &str) -> Option<(&UserKey, &Use)> {
        let mut both = self.keys.iter().zip(&self.uses);
        both.find(|(key, _)| key.id == id)
    }

    /// Refuses to make room by taking away what somebody uses.
    pub(super) fn check_unused(&self, id: &str) -> Result<()> {
        let uses = Uses::of(self.context, &signin::read_files(self.context)?, id);
        let now = self.operator.aws().now();
        let unused = match self.key(id) {
            Some((key, _)) if !key.active => true,
            Some((_, Use::Never)) | None => true,
            Some((_, Use::Last(last))) => now.duration_since(last.at) > UNUSED,
            Some((_, Use::Unknown)) => false,
        };
        if unused && !uses.is_used() {
            return Ok(());
        }
        let mut failure = Failure::new(
            Kind::Configuration,
            format!(
                "{} has two access keys, which is all that AWS allows, and the other one seems to be in use",
                self.user
            ),
        );
        if let Some(holder) = uses.holders.first() {
            failure = failure.at(holder.origin());
        }
        for key in &self.keys {
            failure = failure.next(format!("{}: {}", key.id, self.told(&key.id)));
        }
        Err(failure.next(format!(
            "if nobody needs {id}: `awsmfa key deactivate {id}`, then run this again"
        )))
    }

    fn confused(&self, confusion: Confusion, current: &str) -> Failure {
        let profile = &self.wanted.profile;
        match confusion {
            Confusion::NothingBegun => Failure::new(
                Kind::Configuration,
                format!("there is no rotation of profile `{profile}` that could be taken back"),
            )
            .next("`awsmfa key list` shows the keys; `awsmfa key activate ID` switches one on"),
            Confusion::RollingBack => Failure::new(
                Kind::Configuration,
                format!("the last rotation of profile `{profile}` is being taken back, and that is not finished"),
            )
            .next("finish it: `awsmfa key rotate --rollback`"),
            Confusion::AnotherKey { old } => Failure::new(
                Kind::Configuration,
                format!("profile `{profile}` holds access key {current}, which has nothing to do with the rotation of {old} that was begun there"),
            )
            .next("put back the key that was there")
            .next(format!(
                "or move the file {}.json away, which keeps the secret of {old}, if that rotation is of no interest any more",
                self.name
            )),
            Confusion::NotTheUsers => Failure::new(
                Kind::Configuration,
                format!("access key {current}, which profile `{profile}` holds, is not one of {}", self.user),
            )
            .next("`awsmfa key list` shows the user's keys"),
        }
    }
}
