//! Which key plays which part: told from the record, what AWS shows and what the profile holds.

use super::{Held, New, Observed, Old, Phase, Record, Way};

/// How far AWS's clock, as we measure it, may be behind the one that dates keys, in seconds.
pub const TOLERANCE: i64 = 60;

/// A key as AWS shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub id: String,
    pub active: bool,
    /// In seconds since the epoch.
    pub created: i64,
    /// AWS says that it was used.
    pub used: bool,
    /// Its secret is in a file of ours or in the environment, or another record names it.
    pub known: bool,
}

/// Who is who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub old: String,
    pub new: Option<String>,
    /// Has nothing to do with it, and takes the place of a new key.
    pub other: Option<String>,
    pub observed: Observed,
}

/// Why nothing can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confusion {
    /// There is no rotation that could be taken back.
    NothingBegun,
    /// A rotation is being taken back, which has to be finished first.
    RollingBack,
    /// The profile holds neither the old nor the new key of the rotation.
    AnotherKey { old: String },
    /// The user has no such key at AWS.
    NotTheUsers,
}

impl Parts {
    /// `current` is the key that the profile holds; `held` says whether any profile holds a key.
    ///
    /// # Errors
    ///
    /// What does not fit together.
    pub fn tell(
        way: Way,
        record: Option<&Record>,
        keys: &[Seen],
        current: &str,
        held: impl Fn(&str) -> bool,
    ) -> Result<Self, Confusion> {
        let record = match (way, record) {
            (Way::Back, None) => return Err(Confusion::NothingBegun),
            (Way::Forward { .. }, Some(record)) if record.phase == Phase::RollingBack => {
                return Err(Confusion::RollingBack);
            }
            (Way::Forward { .. }, Some(record)) if !record.is_open() => None,
            (_, record) => record,
        };
        let Some(record) = record else {
            return Self::afresh(way, keys, current);
        };
        let old = record.old.access_key_id.as_str();
        let known = record.new_id();
        if current != old && known != Some(current) {
            let new = find(keys, current)?;
            // One that this rotation created and wrote, and then was cut off.
            if record.phase != Phase::Rotating || new.created < record.begun - TOLERANCE {
                return Err(Confusion::AnotherKey {
                    old: old.to_owned(),
                });
            }
        }
        let strangers = || keys.iter().filter(|key| key.id != old);
        // Where the record names the new key, none was lost.
        let lost = |key: &&Seen| {
            let appeared = key.created >= record.begun - TOLERANCE;
            known.is_none() && appeared && !key.used && !key.known
        };
        let new = match strangers().find(|key| known == Some(key.id.as_str())) {
            _ if current != old => Some(current),
            Some(known) => Some(known.id.as_str()),
            None => strangers().find(lost).map(|orphan| orphan.id.as_str()),
        };
        let other = strangers().find(|key| new != Some(key.id.as_str()));
        let secret_known = |id: &str| current == id || known == Some(id);
        let (old_held, new_held) = (held(old), new.is_some_and(&held));
        let observed = Observed {
            way,
            old: match find(keys, old) {
                Err(_) => Old::Absent,
                Ok(key) if key.active => Old::Active,
                Ok(_) => Old::Inactive,
            },
            new: match new.and_then(|id| find(keys, id).ok()) {
                None => New::Absent,
                Some(key) if !secret_known(&key.id) => New::Orphan,
                Some(key) if key.active => New::Active,
                Some(_) => New::Inactive,
            },
            other: other.is_some(),
            held: match (old_held, new_held) {
                (true, true) => Held::Both,
                (_, false) => Held::Old,
                (false, true) => Held::New,
            },
            begun: match way {
                Way::Forward { .. } => record.phase == Phase::Rotating,
                Way::Back => record.phase == Phase::RollingBack,
            },
            proven: false,
            over: way == Way::Back && record.phase == Phase::RolledBack && current == old,
        };
        Ok(Self {
            old: old.to_owned(),
            new: new.map(str::to_owned),
            other: other.map(|key| key.id.clone()),
            observed,
        })
    }

    /// Nothing was begun: the profile's key is the old one, and any other is in the way.
    fn afresh(way: Way, keys: &[Seen], current: &str) -> Result<Self, Confusion> {
        let old = find(keys, current)?;
        let other = keys.iter().find(|key| key.id != current);
        let observed = Observed {
            way,
            old: match old.active {
                true => Old::Active,
                false => Old::Inactive,
            },
            new: New::Absent,
            other: other.is_some(),
            held: Held::Old,
            begun: false,
            proven: false,
            over: false,
        };
        Ok(Self {
            old: current.to_owned(),
            new: None,
            other: other.map(|key| key.id.clone()),
            observed,
        })
    }
}

fn find<'k>(keys: &'k [Seen], id: &str) -> Result<&'k Seen, Confusion> {
    let key = keys.iter().find(|key| key.id == id);
    key.ok_or(Confusion::NotTheUsers)
}
