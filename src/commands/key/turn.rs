//! One rotation, carried out as [`crate::rotation`] says, or taken back.
//!
//! First everything is looked at, the write rehearsed, and consent obtained; then the journal is
//! opened, and one step is done after the other. Calls are made with the profile's key: once the new
//! one is proven, with that.

use std::path::PathBuf;
use std::time::Duration;

use super::delete::delete;
use super::keys::{self, Use};
use super::plan::Planned;
use super::record;
use super::safe::{Maker, Unmade};
use super::settle::{Pauses, prove};
use super::switch::set_active;
use super::uses::Uses;
use crate::aws::{IamSituation, Situation, UserKey};
use crate::consent;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::journal::Journal;
use crate::profile;
use crate::rotation::{self, Confusion, Pair, Parts, Phase, Record, Seen, Step, Way, Which};
use crate::secret::AccessKey;
use crate::signin::{self, Filled, Operator, Orders, Place, Room};
use crate::ui::Ui;

/// How long ago a key must have been used for the last time to count as unused.
const UNUSED: jiff::SignedDuration = jiff::SignedDuration::from_hours(90 * 24);

/// How often AWS may be asked for a new key, where it can be told what became of the last one.
const TRIES: u32 = 3;

const A_WHILE: Duration = Duration::from_secs(1);

/// What the command line said.
pub(super) struct Wanted {
    pub(super) way: Way,
    /// The profile whose key it is about.
    pub(super) profile: String,
    pub(super) yes: bool,
    pub(super) wait: Duration,
    /// For whom an administrator does it.
    pub(super) user: Option<String>,
}

/// How it came out.
pub(super) struct Outcome {
    pub(super) changed: bool,
    pub(super) user: String,
    pub(super) old: String,
    pub(super) new: Option<String>,
    pub(super) filled: Filled,
    /// The file that keeps the old key's secret.
    pub(super) kept_in: Option<PathBuf>,
}

pub(super) struct Turn<'a> {
    context: &'a Context,
    ui: &'a Ui,
    errand: &'a Errand<'a>,
    wanted: Wanted,
    operator: Operator<'a>,
    user: String,
    /// The record, and the name of its journal.
    record: Option<Record>,
    name: String,
    keys: Vec<UserKey>,
    uses: Vec<Use>,
    /// The new key, where it was created by this run.
    fresh: Option<AccessKey>,
    /// The key that may be deleted.
    agreed: Option<String>,
    filled: Filled,
}

impl<'a> Turn<'a> {
    pub(super) async fn new(
        context: &'a Context,
        ui: &'a Ui,
        errand: &'a Errand<'a>,
        wanted: Wanted,
        orders: Orders,
        found: Option<(String, Record)>,
    ) -> Result<Self> {
        let mut operator = Operator::new(context, ui, orders).await?;
        if let (None, Some((_, record))) = (&wanted.user, &found) {
            act_with_what_works(&mut operator, record).await;
        }
        let user = operator.user(wanted.user.as_deref()).await?;
        let (name, record) = match found.filter(|(_, record)| record.user == user) {
            Some((name, record)) => (name, Some(record)),
            None => (record::name(&wanted.profile, &user), None),
        };
        Ok(Self {
            context,
            ui,
            errand,
            record,
            wanted,
            operator,
            user,
            name,
            keys: Vec::new(),
            uses: Vec::new(),
            fresh: None,
            agreed: None,
            filled: Filled::default(),
        })
    }

    /// What would be done; nothing is.
    pub(super) async fn planned(&mut self) -> Result<Planned> {
        let parts = self.look().await?;
        let steps = rotation::plan(&parts.observed);
        if steps.contains(&Step::NothingToRestore) {
            return Err(gone(&parts.old));
        }
        if let Some(other) = parts
            .other
            .as_ref()
            .filter(|_| steps.contains(&Step::MakeRoom))
        {
            self.check_unused(other)?;
        }
        let mut profiles = Vec::new();
        if let Some(replaced) = replaced(&parts, &steps) {
            self.room(replaced).await?;
            profiles = Uses::of(self.context, &signin::read_files(self.context)?, replaced).names();
        }
        Ok(Planned {
            user: self.user.clone(),
            parts,
            steps,
            profiles,
        })
    }

    pub(super) async fn carry_out(&mut self) -> Result<Outcome> {
        let (mut parts, journal) = self.prepare().await?;
        let mut changed = false;
        let mut tries = 0;
        loop {
            let step = rotation::next(&parts.observed);
            match step {
                Step::Done => break,
                Step::NothingToRestore => return Err(gone(&parts.old)),
                Step::Create => {
                    tries += 1;
                    match self.create(&parts, &journal).await? {
                        Some(id) => parts.new = Some(id),
                        None if tries < TRIES => {
                            // Nobody can tell what became of it, but AWS may show, if not at once.
                            tokio::time::sleep(A_WHILE * (tries - 1)).await;
                            parts = self.look().await?;
                            self.agree(&parts).await?;
                            continue;
                        }
                        None => return Err(self.still_full()),
                    }
                }
                step => self.carry_out_step(step, &mut parts, &journal).await?,
            }
            changed = true;
            parts.observed = parts.observed.after(step);
        }
        let kept = self
            .record
            .as_ref()
            .is_some_and(|record| record.phase == Phase::Rotated);
        Ok(Outcome {
            changed,
            user: self.user.clone(),
            old: parts.old,
            new: parts.new,
            filled: std::mem::take(&mut self.filled),
            kept_in: kept.then(|| journal.path().to_owned()),
        })
    }

    /// Everything that can be refused without having done anything; then the journal, unless
    /// somebody else had it in the meantime.
    async fn prepare(&mut self) -> Result<(Parts, Journal)> {
        loop {
            let parts = self.look().await?;
            let steps = rotation::plan(&parts.observed);
            if let Some(replaced) = replaced(&parts, &steps) {
                self.room(replaced).await?;
            }
            self.agree(&parts).await?;
            let journal =
                Journal::open(self.context, self.ui, &self.name, self.wanted.wait).await?;
            let record: Option<Record> = journal.read()?;
            let same = |record: &Record| {
                let new = record.new_id().map(str::to_owned);
                (record.phase, record.old.access_key_id.clone(), new)
            };
            if record.as_ref().map(same) == self.record.as_ref().map(same) {
                return Ok((parts, journal));
            }
            self.record = record;
        }
    }

    /// Asks AWS and the files who is who.
    async fn look(&mut self) -> Result<Parts> {
        let working = self.ui.working("asking AWS for the access keys");
        self.keys = keys::of(&self.operator, &self.user).await?;
        self.uses = match self.keys.len() {
            // Whoever is alone is nobody's orphan.
            0 | 1 => vec![Use::Unknown; self.keys.len()],
            _ => keys::last_uses(&self.operator, self.ui, &self.keys, &self.user).await?,
        };
        drop(working);
        let seen: Vec<Seen> = self
            .keys
            .iter()
            .zip(&self.uses)
            .map(|(key, used)| Seen {
                id: key.id.clone(),
                active: key.active,
                created: key.created.as_second(),
                used: matches!(used, Use::Last(_)),
            })
            .collect();
        let files = signin::read_files(self.context)?;
        let current = self.current(&files)?;
        let held = |id: &str| !profile::holders(&files, id).is_empty();
        let (way, record) = (self.wanted.way, self.record.as_ref());
        Parts::tell(way, record, &seen, &current, held)
            .map_err(|confusion| self.confused(confusion, &current))
    }

    /// The key that the profile holds now.
    fn current(&self, files: &profile::Files) -> Result<String> {
        let profile = &self.wanted.profile;
        profile::key_of(files, profile).ok_or_else(|| {
            let what = format!("profile `{profile}` holds no key any more");
            Failure::new(Kind::Configuration, what)
        })
    }

    /// Proves that the key called `replaced` can be replaced in the files.
    async fn room(&self, replaced: &str) -> Result<()> {
        let place = Place::InsteadOf(replaced.to_owned());
        Room::make(self.context, self.ui, place, self.wanted.wait).await?;
        Ok(())
    }

    /// Consent to the deletion of a key, if one has to go.
    async fn agree(&mut self, parts: &Parts) -> Result<()> {
        let steps = rotation::plan(&parts.observed);
        let (id, what) = if steps.contains(&Step::MakeRoom)
            && let Some(other) = &parts.other
        {
            self.check_unused(other)?;
            let used = self.told(other);
            (
                other,
                format!(
                    "delete access key {other} of {}, {used}, to make room for a new one",
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
                    "delete access key {orphan} of {}, {used}, whose secret was lost when it was created",
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

    /// `which is active and was last used 3 h ago: s3 in eu-west-1`.
    fn told(&self, id: &str) -> String {
        let Some((key, used)) = self.key(id) else {
            return String::new();
        };
        let state = if key.active { "active" } else { "inactive" };
        let used = match used {
            Use::Never => "was never used".to_owned(),
            Use::Unknown => "may have been used".to_owned(),
            last => format!("was last used {}", last.in_words(self.operator.aws().now())),
        };
        format!("which is {state} and {used}")
    }

    fn key(&self, id: &str) -> Option<(&UserKey, &Use)> {
        let mut both = self.keys.iter().zip(&self.uses);
        both.find(|(key, _)| key.id == id)
    }

    /// Refuses to make room by taking away what somebody uses.
    fn check_unused(&self, id: &str) -> Result<()> {
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
            failure = failure.next(format!("{}, {}", key.id, self.told(&key.id)));
        }
        Err(failure.next(format!(
            "if nobody needs {id}: `awsmfa key deactivate {id}`, then run this again"
        )))
    }

    /// Creates the new key and writes it in the place of the old one. None where nobody can tell
    /// whether there is a key now.
    async fn create(&mut self, parts: &Parts, journal: &Journal) -> Result<Option<String>> {
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
                Ok(Some(id))
            }
            Err(Unmade::NoRoom(failure)) => Err(failure),
            Err(Unmade::Refused(obstacle))
                if obstacle.may_be_done() || obstacle.situation() == Some(&full) =>
            {
                self.errand.left_open();
                let failure = maker.explain(obstacle);
                self.ui
                    .note(&format!("{}; looking what there is now", failure.what()));
                Ok(None)
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

    /// AWS takes no further key, and does not show why.
    fn still_full(&self) -> Failure {
        Failure::new(
            Kind::Aws,
            format!("AWS did not create an access key for {}", self.user),
        )
        .next("`awsmfa key list` shows what there is")
    }

    async fn carry_out_step(
        &mut self,
        step: Step,
        parts: &mut Parts,
        journal: &Journal,
    ) -> Result<()> {
        let pauses = Pauses::for_new_key(self.wanted.wait);
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
            _ => return journal.remove(),
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
        let held = || Some(profile::pair(&signin::read_files(self.context).ok()?, id)?);
        recorded.or_else(held).ok_or_else(|| {
            Failure::new(
                Kind::Configuration,
                format!("the secret of access key {id} is not in any profile any more"),
            )
        })
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

/// While a new key is not accepted yet, the other one of the rotation may be.
async fn act_with_what_works(operator: &mut Operator<'_>, record: &Record) {
    let current = operator.source_key();
    let Err(refusal) = operator.aws().caller_identity(current).await else {
        return;
    };
    let ids = [Some(record.old.access_key_id.as_str()), record.new_id()];
    let mut others = ids.into_iter().flatten().filter(|id| *id != current.id);
    let other = others.find_map(|id| record.pair(id));
    if let (Situation::KeyNotAccepted, Some(other)) = (refusal.situation, other) {
        operator.acts_with(other);
    }
}

/// The key whose place in the files is going to be taken, if any step does that.
fn replaced<'p>(parts: &'p Parts, steps: &[Step]) -> Option<&'p str> {
    steps.iter().find_map(|step| match step {
        Step::Create | Step::Write(Which::New) => Some(parts.old.as_str()),
        Step::Write(Which::Old) => parts.new.as_deref(),
        _ => None,
    })
}

fn profiles(filled: &Filled) -> String {
    match filled.profiles.as_slice() {
        [only] => format!("profile `{only}`"),
        several => format!("profiles `{}`", several.join("`, `")),
    }
}

fn gone(old: &str) -> Failure {
    Failure::new(
        Kind::Aws,
        format!("the old access key {old} is deleted and cannot be brought back"),
    )
    .next("`awsmfa key rotate` makes another key")
}
