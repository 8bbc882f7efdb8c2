//! The order in which a hands-on user is put up, as a step machine: what is seen says what is next.
//!
//! AWS shows what there is and, by its tags, whether it is ours; the user's files show whether the
//! key's secret is there. So nothing else has to be remembered: before a key is asked for, its section
//! is marked in the credentials file, and a key of which nobody has the secret is told from one that
//! a person has made by that mark, and beside a key whose reply came by the [`Note`] of when it was
//! asked for. The seed of a device is in memory alone; a device whose seed is
//! lost gives way to a new one ([`device::next`]).

#[cfg(test)]
mod tests;

use crate::aws::UserKey;
use crate::device::{self, Seen};
use crate::handson::note::Note;

/// A user or a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    Absent,
    Ours,
}

/// The access key, by what AWS lists and the files hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// There is none.
    Missing,
    /// AWS has made it, and its secret was in a reply that nobody got.
    Lost(String),
    /// The profile has it. Another may be lost: it was asked for before.
    Written {
        id: String,
        tagged: bool,
        lost: Option<String>,
    },
}

/// All that the next step depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    pub user: Entity,
    pub role: Entity,
    /// Policies that were asked for and are not attached.
    pub missing: Vec<String>,
    pub key: Key,
    /// AWS has accepted the key in this run.
    pub proven: bool,
    pub device: Seen,
    pub seed_known: bool,
    pub codes_given: bool,
    /// The config file has the profile with the role.
    pub wired: bool,
    /// The role is old enough to be known everywhere.
    pub settled: bool,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    CreateUser,
    CreateRole,
    Attach(Vec<String>),
    /// Mark the section, create the key and write it.
    CreateKey,
    /// Delete the key whose secret is lost.
    DeleteKey(String),
    /// Say on the user which key is ours.
    TagKey(String),
    /// Call AWS with the key until it is accepted.
    ProveKey,
    CreateDevice,
    /// Delete the device whose seed is lost.
    DeleteDevice,
    /// Get two codes and enable the device with them.
    EnableDevice,
    /// Write the profile with the role.
    Wire,
    /// Wait until the role can be assumed.
    Settle,
    Done,
    /// Codes were given and there is no device that they could be of.
    NothingToEnable,
}

/// The step that follows from what is seen.
pub fn next(observed: &Observed) -> Step {
    let device = device::next(&device::Observed {
        device: observed.device,
        seed_known: observed.seed_known,
        codes_given: observed.codes_given,
        in_profile: true,
        no_login: true,
    });
    if device == device::Step::NothingToEnable {
        return Step::NothingToEnable;
    }
    if observed.user == Entity::Absent {
        return Step::CreateUser;
    }
    if observed.role == Entity::Absent {
        return Step::CreateRole;
    }
    if !observed.missing.is_empty() {
        return Step::Attach(observed.missing.clone());
    }
    match &observed.key {
        Key::Missing => return Step::CreateKey,
        Key::Lost(id) => return Step::DeleteKey(id.clone()),
        Key::Written { lost: Some(id), .. } => return Step::DeleteKey(id.clone()),
        Key::Written { id, tagged, .. } if !tagged => return Step::TagKey(id.clone()),
        Key::Written { .. } if !observed.proven => return Step::ProveKey,
        Key::Written { .. } => {}
    }
    match device {
        device::Step::Create => Step::CreateDevice,
        device::Step::Delete => Step::DeleteDevice,
        device::Step::Enable => Step::EnableDevice,
        _ if !observed.wired => Step::Wire,
        _ if !observed.settled => Step::Settle,
        _ => Step::Done,
    }
}

/// Why a key is in the way, with its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Neither the tags nor the files say that it is ours.
    Strange(Vec<String>),
    /// It is ours, and its secret is on another computer, or lost.
    Elsewhere(String),
    /// The profile holds it, and AWS does not know it.
    Gone(String),
}

/// What to think of the user's keys. `listed` is what AWS lists, `tagged` what the user's tag says,
/// `held` the id in the profile; `marked` is whether the profile's section was made ready for a key,
/// `note` knows when one was asked for.
///
/// # Errors
///
/// A key is in the way that this command must not touch.
pub fn key(
    listed: &[UserKey],
    tagged: Option<&str>,
    marked: bool,
    held: Option<&str>,
    note: &Note,
) -> Result<Key, Trouble> {
    let lost = note.lost(listed, held);
    let first_lost = lost.first().map(|id| (*id).to_owned());
    if let Some(held) = held {
        return match listed.iter().any(|key| key.id == held) {
            true => Ok(Key::Written {
                id: held.to_owned(),
                tagged: tagged == Some(held),
                lost: first_lost,
            }),
            false => Err(Trouble::Gone(held.to_owned())),
        };
    }
    if let Some(ours) = listed.iter().find(|key| tagged == Some(key.id.as_str())) {
        return Err(Trouble::Elsewhere(ours.id.clone()));
    }
    match (listed, first_lost) {
        ([], _) => Ok(Key::Missing),
        ([only], _) if marked => Ok(Key::Lost(only.id.clone())),
        (all, Some(first)) if marked && lost.len() == all.len() => Ok(Key::Lost(first)),
        (strange, _) => Err(Trouble::Strange(
            strange.iter().map(|key| key.id.clone()).collect(),
        )),
    }
}
