//! One rotation, carried out as [`crate::rotation`] says, or taken back.
//!
//! First everything is looked at, the write rehearsed, and consent obtained; then the journal is
//! opened, and one step is done after the other. Calls are made with the profile's key: once the new
//! one is proven, with that.

mod deeds;
mod look;

use std::path::PathBuf;
use std::time::Duration;

use super::begun;
use super::keys::{self, Use};
use super::plan::Planned;
use super::record;
use super::uses::Uses;
use crate::aws::{Situation, UserKey};
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::journal::Journal;
use crate::rotation::{self, Parts, Phase, Record, Step, Way, Which};
use crate::secret::AccessKey;
use crate::signin::{self, Filled, Operator, Orders};
use crate::ui::Ui;

/// How often AWS may be asked for a new key, where it can be told what became of the last one.
const TRIES: u32 = 3;

/// What a list may be behind by.
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
    /// The id of the user's account.
    account: String,
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
        records: Vec<(String, Record)>,
    ) -> Result<Self> {
        let mut operator = Operator::new(context, ui, orders).await?;
        if let (None, Some((_, record))) = (&wanted.user, records.first()) {
            act_with_what_works(&mut operator, record).await;
        }
        let user = operator.user(wanted.user.as_deref()).await?;
        let account = operator.account().await?.to_owned();
        record::check(context, &user)?;
        let mut records = records.into_iter();
        let (name, record) = match records.find(|(_, record)| record.is_of(&user, &account)) {
            Some((name, record)) => (name, Some(record)),
            None => (record::name(&wanted.profile, &user, &account), None),
        };
        Ok(Self {
            context,
            ui,
            errand,
            record,
            wanted,
            operator,
            user,
            account,
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
        let (mut parts, journal, _creation) = self.prepare().await?;
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
                        Ok(id) => parts.new = Some(id),
                        Err(_) if tries < TRIES => {
                            // Nobody can tell what became of it, but AWS may show, if not at once.
                            tokio::time::sleep(A_WHILE * (tries - 1)).await;
                            parts = self.look().await?;
                            self.agree(&parts).await?;
                            continue;
                        }
                        Err(given_up) => return Err(given_up),
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

    /// Everything that can be refused without having done anything; then the journal, and that of
    /// creations, so that nobody else's new key is taken for ours. If somebody else had one of them
    /// in the meantime, all of it again.
    async fn prepare(&mut self) -> Result<(Parts, Journal, Journal)> {
        let creation = begun::name(&self.user, &self.account);
        loop {
            let parts = self.look().await?;
            let steps = rotation::plan(&parts.observed);
            if let Some(replaced) = replaced(&parts, &steps) {
                self.room(replaced).await?;
            }
            self.agree(&parts).await?;
            let creation = self.open(&creation).await?;
            let journal = self.open(&self.name).await?;
            let record: Option<Record> = journal.read()?;
            let same = |record: &Record| {
                let new = record.new_id().map(str::to_owned);
                (record.phase, record.old.access_key_id.clone(), new)
            };
            let is_ours = record.as_ref().map(same) == self.record.as_ref().map(same);
            if is_ours && keys::of(&self.operator, &self.user).await? == self.keys {
                return Ok((parts, journal, creation));
            }
            self.record = record;
            self.take_current_key()?;
        }
    }

    async fn open(&self, name: &str) -> Result<Journal> {
        Journal::open(self.context, self.ui, name, self.wanted.wait).await
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

fn gone(old: &str) -> Failure {
    Failure::new(
        Kind::Aws,
        format!("the old access key {old} is deleted and cannot be brought back"),
    )
    .next("`awsmfa key rotate` makes another key")
}
