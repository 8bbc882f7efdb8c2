//! What a journal says: a procedure that was cut short, or a secret that is kept.
//!
//! A rotation of a key that came to its end leaves its journal, because the old key can be restored
//! from it; so does a new key that no profile took and AWS did not take back. Every other journal that
//! is still there is of a procedure that did not come so far.

use std::ffi::OsStr;
use std::path::Path;

use serde::de::IgnoredAny;

use super::finding::{Check, Finding};
use crate::journal;
use crate::rotation::{Phase, RECORD, Record, kept_secret};
use crate::spelled::Spelled;
use crate::store::{self, LockState};

/// Of a procedure that is under way, the lock is held. `asked` is about the profile that was asked for.
pub(super) fn examine(path: &Path, asked: &Spelled) -> Option<Finding> {
    let turn = path.with_extension("");
    let finding = match store::lock_state(&turn) {
        Some((_, LockState::Held(holder))) => {
            Finding::note(Check::Unfinished, format!("{holder} is at this now"))
        }
        _ => said(path, &turn, asked)?,
    };
    Some(finding.at(path.display()))
}

fn said(path: &Path, turn: &Path, asked: &Spelled) -> Option<Finding> {
    let is_record = |name: &str| name.starts_with(RECORD);
    let name = turn.file_name().and_then(OsStr::to_str);
    if name.is_some_and(is_record) {
        return match journal::glance(path) {
            Ok(record) => rotation(&record?),
            Err(failure) => Some(Finding::of(Check::Unfinished, &failure)),
        };
    }
    if let Some(id) = kept_secret(turn) {
        let what =
            format!("the secret of access key {id}, which could not be handed over, is kept");
        let delete = asked.command("key delete");
        return Some(Finding::note(Check::Kept, what).next(format!(
            "take it out of the file, or `{delete} {id}` deletes both"
        )));
    }
    Some(match journal::glance::<IgnoredAny>(path) {
        Err(failure) => Finding::of(Check::Unfinished, &failure),
        Ok(_) => Finding::warning(
            Check::Unfinished,
            "a procedure of several steps was cut short",
        )
        .next("run the same command again: it goes on from there"),
    })
}

fn rotation(record: &Record) -> Option<Finding> {
    let Record { user, profile, .. } = record;
    let old = &record.old.access_key_id;
    let spelled = Spelled {
        profile: Some(profile.clone()),
        ..Spelled::default()
    };
    let rotate = spelled.command("key rotate");
    let finding = match record.phase {
        Phase::Rotating => Finding::warning(
            Check::Unfinished,
            format!(
                "the rotation of access key {old} of {user} (profile `{profile}`) was cut short"
            ),
        )
        .next(format!(
            "`{rotate}` goes on from there; `{rotate} --rollback` takes it back"
        )),
        Phase::RollingBack => Finding::warning(
            Check::Unfinished,
            format!("bringing back access key {old} of {user} (profile `{profile}`) was cut short"),
        )
        .next(format!("`{rotate} --rollback` goes on from there")),
        Phase::Rotated => {
            let delete = Spelled {
                user: Some(user.clone()),
                ..spelled
            }
            .command("key delete");
            Finding::note(
                Check::Kept,
                format!("the secret of the rotated access key {old} of {user} (profile `{profile}`) is kept for a rollback"),
            )
            .next(format!("`{delete} {old}` deletes both, if nothing uses the key any more"))
        }
        // The secret is in the profile again, and in this file no more.
        Phase::RolledBack => return None,
    };
    Some(finding)
}
