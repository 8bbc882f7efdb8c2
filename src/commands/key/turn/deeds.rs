//! The steps of a rotation, one by one.

use super::Turn;
use crate::aws::{IamSituation, Situation};
use crate::commands::key::delete::delete;
use crate::commands::key::record;
use crate::commands::key::safe::{Maker, Unmade};
use crate::commands::key::settle::prove;
use crate::commands::key::switch::set_active;
use crate::failure::{Failure, Kind, Result};
use crate::journal::Journal;
use crate::pauses::Pauses;
use crate::profile;
use crate::rotation::{self, Pair, Parts, Phase, Record, Step, Way, Which};
use crate::secret::AccessKey;
use crate::signin::{self, Filled, Place, Room};

impl Turn<'_> {
    /// Creates the new key and writes it in the place of the old one. Where nobody can tell
    /// whether there is a key now, what to say if it is not tried again.
    pub(super) async fn create(
        &mut self,
        parts: &Parts,
        journal: &Journal,
    ) -> Result<Result<String, Failure>> {
        let maker = Maker {
            context: self.context,
            ui: self.ui,
            operator: &self.operator,
            errand: self.errand,
            user: &self.user,
            wait: self.wanted.wait,
        };
        let place = Place::InsteadOf(parts.old.clone());
        let full = Situation::Iam(IamSituation::LimitExceeded);
        match maker.make(&place).await {
            Ok((new, filled)) => {
                let id = new.key.id.clone();
                self.errand.done(format!(
                    "access key {id} of {} is created and written into {}",
                    self.user,
                    profiles(&filled)
                ));
                self.filled = filled;
                self.fresh = Some(new.key);
                Ok(Ok(id))
            }
            Err(Unmade::NoRoom(failure)) => Err(failure),
            Err(Unmade::Refused(obstacle))
                if obstacle.may_be_done() || obstacle.situation() == Some(&full) =>
            {
                self.errand.left_open();
                let in_doubt = obstacle.may_be_done();
                let failure = maker.explain(obstacle);
                self.ui
                    .note(&format!("{}; looking what there is now", failure.what()));
                Ok(Err(self.given_up(in_doubt, &failure)))
            }
            Err(Unmade::Refused(obstacle)) => Err(maker.explain(obstacle)),
            Err(Unmade::Unwritten {
                key,
                failure,
                written: true,
            }) => Err(failure.done(format!(
                "access key {} is created and written into one of the files",
                key.key.id
            ))),
            Err(Unmade::Unwritten { key, failure, .. }) => {
                let id = &key.key.id;
                let deleted = maker.delete(id).await.is_ok();
                Err(self.unwritten(deleted, &key.key, journal, failure))
            }
        }
    }

    /// The file did not take the new key: nobody has it but us.
    fn unwritten(
        &mut self,
        deleted: bool,
        key: &AccessKey,
        journal: &Journal,
        failure: Failure,
    ) -> Failure {
        let id = &key.id;
        if deleted {
            // The profile still holds the old key, so there is nothing to remember.
            let _ = journal.remove();
            return failure.done(format!("the new access key {id} is deleted again"));
        }
        self.errand.left_open();
        let kept = self.record.as_mut().map(|record| {
            record.new = Some(Pair::of(key));
            journal.write(record)
        });
        match kept {
            Some(Ok(())) => failure.done(format!(
                "access key {id} is created; its secret is kept in {}",
                journal.path().display()
            )),
            _ => failure.done(format!(
                "access key {id} is created, and its secret is lost; the next run deletes it"
            )),
        }
    }

    /// What to say if it was tried often enough: AWS takes no further key and does not show why, or
    /// nobody knows what it did.
    fn given_up(&self, in_doubt: bool, last: &Failure) -> Failure {
        let user = &self.user;
        match in_doubt {
            false => Failure::new(
                Kind::Aws,
                format!("AWS did not create an access key for {user}"),
            )
            .next("`awsmfa key list` shows what there is"),
            true => Failure::new(
                last.kind(),
                format!(
                    "AWS's answers were lost, and an access key of {user} whose secret nobody knows may be left"
                ),
            )
            .next(
                "`awsmfa key list` shows whether it is; the next run deletes it, if you agree",
            ),
        }
    }

    pub(super) async fn carry_out_step(
        &mut self,
        step: Step,
        parts: &mut Parts,
        journal: &Journal,
    ) -> Result<()> {
        let pauses = Pauses::for_news(self.wanted.wait);
        let (operator, errand, user) = (&self.operator, self.errand, self.user.as_str());
        let id = |which| match which {
            Which::Old => parts.old.clone(),
            Which::New => parts.new.clone().unwrap_or_default(),
        };
        match step {
            Step::MakeRoom => {
                let Some(other) = parts.other.take() else {
                    return Ok(());
                };
                delete(operator, errand, user, &other, Pauses::none()).await?;
                self.forget(&other, journal).await
            }
            Step::Discard => {
                delete(operator, errand, user, &id(Which::New), Pauses::none()).await?;
                parts.new = None;
                Ok(())
            }
            Step::Activate(which) => {
                set_active(operator, errand, user, &id(which), true, pauses).await
            }
            Step::Deactivate(which) => {
                set_active(operator, errand, user, &id(which), false, pauses).await
            }
            Step::DeleteOld => delete(operator, errand, user, &id(Which::Old), pauses).await,
            Step::Begin => self.begin(parts, journal),
            Step::Write(which) => {
                let (key, replaced) = match which {
                    Which::Old => (id(Which::Old), id(Which::New)),
                    Which::New => (id(Which::New), id(Which::Old)),
                };
                self.write(&self.pair(&key)?, replaced).await
            }
            Step::Prove(which) => {
                let key = self.pair(&id(which))?;
                prove(self.ui, errand, operator, &key, user, pauses).await?;
                if self.wanted.user.is_none() {
                    self.operator.acts_with(key);
                }
                Ok(())
            }
            Step::Finish => self.finish(parts, journal),
            Step::Create | Step::Done | Step::NothingToRestore => Ok(()),
        }
    }

    /// A key is deleted, and with it goes what was kept of it.
    async fn forget(&mut self, id: &str, journal: &Journal) -> Result<()> {
        let ours = |record: &Record| record.old.access_key_id == id;
        if self.record.as_ref().is_some_and(ours) {
            journal.remove()?;
            self.record = None;
            return Ok(());
        }
        record::forget(self.context, self.ui, id, self.wanted.wait).await
    }

    fn begin(&mut self, parts: &Parts, journal: &Journal) -> Result<()> {
        let old = Pair::of(&self.pair(&parts.old)?);
        let record = match (self.wanted.way, self.record.take()) {
            (Way::Back, Some(record)) => Record {
                phase: Phase::RollingBack,
                old,
                new: parts.new.as_deref().map(|id| match self.pair(id) {
                    Ok(key) => Pair::of(&key),
                    Err(_) => Pair::id_only(id),
                }),
                ..record
            },
            _ => Record {
                phase: Phase::Rotating,
                user: self.user.clone(),
                account: self.account.clone(),
                profile: self.wanted.profile.clone(),
                begun: self.operator.aws().now().as_second(),
                old,
                new: None,
            },
        };
        journal.write(&record)?;
        self.record = Some(record);
        Ok(())
    }

    async fn write(&mut self, key: &AccessKey, replaced: String) -> Result<()> {
        let place = Place::InsteadOf(replaced);
        let room = Room::make(self.context, self.ui, place, self.wanted.wait).await?;
        self.filled = room.fill(key)?;
        self.errand.done(format!(
            "access key {} is written into {}",
            key.id,
            profiles(&self.filled)
        ));
        Ok(())
    }

    fn finish(&mut self, parts: &Parts, journal: &Journal) -> Result<()> {
        let new = parts.new.as_deref().map(Pair::id_only);
        let record = match (self.wanted.way, self.record.take()) {
            (Way::Forward { .. }, Some(record))
                if parts.observed.old == rotation::Old::Inactive =>
            {
                Record {
                    phase: Phase::Rotated,
                    new,
                    ..record
                }
            }
            (Way::Back, Some(record)) => Record {
                phase: Phase::RolledBack,
                old: Pair::id_only(&parts.old),
                new,
                ..record
            },
            _ => {
                let was_there = self.keys.iter().any(|key| key.id == parts.old);
                if !was_there {
                    self.errand.done(format!(
                        "AWS has no access key {} of {} any more; what was kept of it here is removed, and its rotation is over",
                        parts.old, self.user
                    ));
                }
                return journal.remove();
            }
        };
        if profile::in_environment(&self.context.env, &parts.old) && self.wanted.way != Way::Back {
            self.ui.warn(&format!(
                "AWS_ACCESS_KEY_ID in the environment is still {}: set the new one, or unset it",
                parts.old
            ));
        }
        journal.write(&record)?;
        self.record = Some(record);
        Ok(())
    }

    /// The key with its secret, from wherever it is.
    fn pair(&self, id: &str) -> Result<AccessKey> {
        if let Some(fresh) = self.fresh.as_ref().filter(|fresh| fresh.id == id) {
            return Ok(fresh.clone());
        }
        let recorded = self.record.as_ref().and_then(|record| record.pair(id));
        let held = || profile::pair(&signin::read_files(self.context).ok()?, id);
        recorded.or_else(held).ok_or_else(|| {
            Failure::new(
                Kind::Configuration,
                format!("the secret of access key {id} is not in any profile any more"),
            )
            .next("`awsmfa key list` shows what is there, should another run have replaced it")
        })
    }
}

fn profiles(filled: &Filled) -> String {
    match filled.profiles.as_slice() {
        [only] => format!("profile `{only}`"),
        several => format!("profiles `{}`", several.join("`, `")),
    }
}
