//! The temporary files that killed runs leave behind: found, and removed.
//!
//! One that is being written and one that nobody writes any more look alike. So nothing is removed
//! but under the lock of the file that it was to become.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::replace::{MARK, RANDOM, prefix};
use super::target::Target;
use super::try_lock;

/// Removes what killed runs have left beside the file at `path`, unless somebody is writing it now.
/// Taking the lock does that; where nothing is left, no lock is taken and nothing is made.
pub fn sweep(path: &Path) {
    if !leftovers(path).is_empty() {
        // Tidying up is no reason to fail.
        drop(try_lock(path));
    }
}

/// The same for every file of a directory, be the file itself there or not.
pub fn sweep_directory(directory: &Path) {
    for name in targets_of_leftovers(directory) {
        sweep(&directory.join(name));
    }
}

/// The temporary files beside `path`: of a run that is writing it now, or of one that was killed.
pub fn leftovers(path: &Path) -> Vec<PathBuf> {
    let Ok(target) = Target::of(path) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = beside(&target).collect();
    found.sort_unstable();
    found
}

/// Removes the temporary files of runs that were killed. Only under the lock, where no living run
/// can have one. What cannot be removed is left: if it is in the way, the write will say so.
pub(super) fn clear_leftovers(target: &Target) {
    for path in beside(target) {
        let _ = fs::remove_file(path);
    }
}

/// The temporary files of living and of killed runs.
fn beside(target: &Target) -> impl Iterator<Item = PathBuf> {
    let prefix = prefix(target);
    let entries = fs::read_dir(target.directory()).into_iter().flatten();
    entries.flatten().filter_map(move |entry| {
        let name = entry.file_name();
        let ours = name
            .as_encoded_bytes()
            .strip_prefix(prefix.as_encoded_bytes())
            .is_some_and(is_random);
        ours.then(|| entry.path())
    })
}

/// The names of the files that temporary files in this directory are for, each once.
fn targets_of_leftovers(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter_map(|name| Some(target_of(&name)?.to_owned()))
        .collect()
}

fn target_of(name: &str) -> Option<&str> {
    let (target, random) = name.strip_prefix('.')?.rsplit_once(MARK)?;
    (!target.is_empty() && is_random(random.as_bytes())).then_some(target)
}

fn is_random(text: &[u8]) -> bool {
    text.len() == RANDOM && text.iter().all(u8::is_ascii_alphanumeric)
}
