//! What lies beside the files: temporary files of runs that were killed, locks, and the journals,
//! of which [`super::journals`] says what they mean.

use std::path::{Path, PathBuf};

use super::finding::{Check, Finding};
use super::journals;
use crate::journal;
use crate::profile::Files;
use crate::spelled::{Spelled, word};
use crate::store::{self, LockState};

pub(super) fn examine(files: &Files, asked: &Spelled) -> Vec<Finding> {
    let credentials = &files.credentials.path;
    let mut found = beside(credentials);
    if !store::is_same(&files.config.path, credentials) {
        found.extend(beside(&files.config.path));
    }
    found.extend(state(&journal::directory(credentials)));
    for path in journal::all(credentials) {
        found.extend(beside(&path));
        found.extend(journals::examine(&path, asked));
    }
    found
}

fn beside(path: &Path) -> Vec<Finding> {
    let lock = store::lock_state(path);
    let busy = matches!(lock, Some((_, LockState::Held(_))));
    let mut found: Vec<Finding> = lock.iter().filter_map(of_lock).collect();
    // Whoever holds the lock is using its temporary file.
    if !busy {
        found.extend(store::leftovers(path).iter().map(|path| leftover(path)));
    }
    found
}

fn of_lock((path, state): &(PathBuf, LockState)) -> Option<Finding> {
    let finding = match state {
        LockState::Free => return None,
        LockState::Held(holder) => {
            Finding::note(Check::Lock, format!("{holder} is writing this file now"))
        }
        LockState::Stale => Finding::note(
            Check::Lock,
            "the process that held this lock was killed; the lock has ended with it",
        ),
        LockState::Unusable => {
            Finding::problem(Check::Lock, "the lock file cannot be opened for writing").next(
                "check its owner and mode with `ls -la`; it may be removed while no awsmfa runs",
            )
        }
    };
    Some(finding.at(path.display()))
}

fn leftover(path: &Path) -> Finding {
    Finding::warning(
        Check::Leftover,
        "a run that was killed has left this temporary file, which may hold keys",
    )
    .at(path.display())
    .next("the next sign-in removes it; or remove it yourself")
}

/// The directory of the journals holds no secret by itself, but says what was done.
fn state(directory: &Path) -> Option<Finding> {
    let access = store::directory_access(directory)?;
    let open = access.mode.is_some_and(|mode| mode & 0o077 != 0);
    let finding = if let Some(owner) = access.other_owner {
        let what = format!("the state directory belongs to another user (number {owner})");
        Finding::warning(Check::State, what).next("have its owner changed: `chown -R`")
    } else if open {
        Finding::warning(Check::State, "the state directory is open to others")
            .next(format!("chmod 700 {}", word(&directory.to_string_lossy())))
    } else {
        Finding::ok(
            Check::State,
            "the state directory is there, for its owner alone",
        )
    };
    Some(finding.at(directory.display()))
}
