//! What a journal says: a procedure that was cut short, or a secret that is kept.
//!
//! A rotation of a key that came to its end leaves its journal, because the old key can be restored
//! from it; so does a new key that no profile took and AWS did not take back. Every other journal that
//! is still there is of a procedure that did not come so far.

use std::path::Path;

use super::finding::{Check, Finding};
use crate::journal;
use crate::rotation::{Phase, Record, kept_secret};
use crate::store::{self, LockState};

/// Of a procedure that is under way, the lock is held.
pub(super) fn examine(path: &Path) -> Option<Finding> {
    let turn = path.with_extension("");
    let finding = match store::lock_state(&turn) {
        Some((_, LockState::Held(holder))) => {
            Finding::note(Check::Unfinished, format!("{holder} is at this now"))
        }
        _ => match (journal::glance::<Record>(path), kept_secret(&turn)) {
            (Some(record), _) => rotation(&record)?,
            (None, Some(id)) => Finding::note(
                Check::Kept,
                format!("the secret of access key {id}, which could not be handed over, is kept"),
            )
            .next(format!(
                "take it out of the file, or `awsmfa key delete {id}` deletes both"
            )),
            (None, None) => Finding::warning(
                Check::Unfinished,
                "a procedure of several steps was cut short",
            )
            .next("run the same command again: it goes on from there"),
        },
    };
    Some(finding.at(path.display()))
}

fn rotation(record: &Record) -> Option<Finding> {
    let Record { user, profile, .. } = record;
    let old = &record.old.access_key_id;
    let finding = match record.phase {
        Phase::Rotating => Finding::warning(
            Check::Unfinished,
            format!("the rotation of access key {old} of {user} (profile `{profile}`) was cut short"),
        )
        .next("run the same `awsmfa key rotate` again: it goes on from there; `--rollback` takes it back"),
        Phase::RollingBack => Finding::warning(
            Check::Unfinished,
            format!("bringing back access key {old} of {user} (profile `{profile}`) was cut short"),
        )
        .next("run the same `awsmfa key rotate --rollback` again: it goes on from there"),
        Phase::Rotated => Finding::note(
            Check::Kept,
            format!("the secret of the rotated access key {old} of {user} (profile `{profile}`) is kept for a rollback"),
        )
        .next(format!(
            "`awsmfa key delete --user {user} {old}` deletes both, if nothing uses the key any more"
        )),
        // The secret is in the profile again, and in this file no more.
        Phase::RolledBack => return None,
    };
    Some(finding)
}
