//! The user's files: read whole, and replaced whole or not at all.
//!
//! 1. [`read`] hands out the bytes of a file, for looking only.
//! 2. [`lock()`] is for whoever is going to write. It follows symbolic links to the file that is
//!    meant, takes the advisory lock beside it, and clears what killed runs left behind.
//! 3. [`Lease::rehearse`] proves, before a one-time code is spent, that a write will work.
//! 4. [`Lease::read`] reads under the lock. What it returns is the permission to write.
//! 5. [`Locked::commit`] consumes the lock: the new bytes go to a temporary file in the same
//!    directory, which is brought to the disk and then renamed over the old one.
//!
//! [`look()`] tells what there is to say about a file without touching it.
//!
//! Killed at any instant, or with the disk full, the file is the old one or the new one, complete.
//! What may be left is a lock that the operating system has already released, and a temporary file
//! that the next run under the lock removes.
//!
//! This module knows no INI and no AWS: what the bytes mean is [`crate::ini`]'s. It refuses
//! whatever is not a regular file, is larger than [`LARGEST`], or cannot be read; it never takes an
//! unreadable file for an empty one. The new file has the old one's mode, owner and, on Linux, its
//! access list and the user's extended attributes; further hard links keep the old contents.

mod existing;
mod holder;
mod lock;
mod look;
mod new;
mod replace;
mod stamp;
mod sweep;
mod target;

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::failure::{Failure, Kind, Result};
use crate::ui::Ui;

pub use holder::Holder;
pub use replace::was_changed;
pub use stamp::Stamp;
pub use sweep::{leftovers, sweep, sweep_directory};

use existing::{Existing, check, metadata, size_of};
use lock::Lock;
pub use look::{Access, LockState, Look, directory_access, lock_state, look};
pub use new::{rehearse_new, write_new};
use target::{Target, check_way};

/// The largest file that is read or written, in bytes: a hundred times what a large company's
/// credentials file holds, and small enough to be kept in memory.
pub const LARGEST: usize = 64 << 20;

const NULL_DEVICE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// The bytes of the file at `path`, or `None` if there is no such file.
///
/// A symbolic link is followed; one whose target does not exist counts as no file. So does the
/// null device, which is how scripts say that there is none (`AWS_CONFIG_FILE=/dev/null`). No lock
/// is needed, because files are only ever replaced whole.
///
/// # Errors
///
/// [`Kind::File`] for whatever exists and is not a readable regular file of at most [`LARGEST`].
pub fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let target = Target::of(path)?;
    if target.file == Path::new(NULL_DEVICE) {
        return Ok(None);
    }
    let existing = Existing::read(&target, &Arc::default())?;
    Ok(existing.map(|existing| Arc::unwrap_or_clone(existing.bytes)))
}

/// Takes the lock on the file at `path`, waiting for at most `wait`.
///
/// The file's directory is created where it is missing, for its owner alone. When the wait becomes
/// noticeable (a third of a second), `on_wait` is told, once, who holds the lock.
///
/// # Errors
///
/// [`Kind::File`] for whatever exists and is not a regular file of at most [`LARGEST`]; if the lock
/// cannot be had, naming its holder; if the directory cannot be created or not be written.
pub fn lock(path: &Path, wait: Duration, on_wait: &mut dyn FnMut(&Holder)) -> Result<Lease> {
    let target = lockable(path)?;
    let lock = Lock::acquire(&target.lock_file(), wait, on_wait)?;
    Ok(Lease::new(target, lock))
}

/// Takes the lock if it can be had at once; `None` if somebody holds it.
///
/// # Errors
///
/// As for [`lock()`].
pub fn try_lock(path: &Path) -> Result<Option<Lease>> {
    let target = lockable(path)?;
    let lock = Lock::attempt(&target.lock_file())?;
    Ok(lock.map(|lock| Lease::new(target, lock)))
}

/// Whether two paths mean one file, be it there or not: by links, or by another way to its
/// directory.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path| {
        let target = Target::of(path).ok()?;
        let directory = target.directory().canonicalize().ok()?;
        Some(directory.join(target.name()))
    };
    one == other || place(one).is_some_and(|place_of_one| place(other) == Some(place_of_one))
}

/// Who holds the lock on the file at `path`, as far as they have said so.
///
/// # Errors
///
/// [`Kind::File`] if the path leads nowhere.
pub fn holder(path: &Path) -> Result<Holder> {
    Ok(Holder::of(&Target::of(path)?.lock_file()))
}

/// The directory of the file that is meant by `path`; created where it is missing, as for a lock.
///
/// # Errors
///
/// As for [`lock()`].
pub fn directory_of(path: &Path) -> Result<PathBuf> {
    Ok(lockable(path)?.directory().to_owned())
}

/// Makes a directory for files of our own, and keeps them out of the git repository that it may lie
/// in, such as one of dotfiles: `git add` does not find them.
///
/// # Errors
///
/// As for [`lock()`]. That there can be no `.gitignore` is none: the first lock there fails, too.
pub fn make_own_directory(directory: &Path, ui: &Ui) -> Result<()> {
    let target = lockable(&directory.join(".gitignore"))?;
    if !target.file.exists() {
        let _ = replace::commit(&target, None, b"*\n", ui);
    }
    Ok(())
}

/// The files in a directory; none where there is no such directory.
///
/// # Errors
///
/// [`Kind::File`] if it cannot be looked into.
pub fn files_in(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<PathBuf>> = fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let is_file = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    match entries {
        Ok(paths) => Ok(paths.into_iter().filter(is_file).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failure(
            "the directory cannot be read",
            directory.display(),
            error,
        )),
    }
}

/// Refuses a symbolic link where a file of our own belongs: we make none, so what it leads to is
/// somebody else's. The files that the user names may be links.
///
/// # Errors
///
/// [`Kind::File`] if `path` is one.
pub fn refuse_link(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(refusal(
            "this is a symbolic link, and awsmfa makes none here",
            path.display(),
        )
        .next("move it away: what it leads to is left as it is")),
        _ => Ok(()),
    }
}

/// What is going to be refused gets no lock file.
fn lockable(path: &Path) -> Result<Target> {
    let target = Target::of(path)?;
    if let Ok(metadata) = fs::metadata(&target.file) {
        check(&target, &metadata)?;
        if target.is_link() {
            replace::check_replaceable(&target)?;
        }
    }
    check_way(&target.lock_file(), 0)?;
    target.create_directory()?;
    Ok(target)
}

/// The lock on a file. Dropping it releases the lock and changes nothing.
#[derive(Debug)]
pub struct Lease {
    target: Target,
    lock: Lock,
}

impl Lease {
    fn new(target: Target, lock: Lock) -> Self {
        sweep::clear_leftovers(&target);
        Self { target, lock }
    }

    /// Proves that a file `room` bytes larger than the present one can be put here, by making one
    /// beside it and removing it again.
    ///
    /// Nothing is read and nothing is brought to the disk, so this costs microseconds.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if the file is write-protected or belongs to somebody else, the directory
    /// cannot be written, or there is no room (full disk, quota, file-size limit).
    pub fn rehearse(&self, room: usize) -> Result<()> {
        let existing = metadata(&self.target)?;
        let size = existing.as_ref().map_or(0, size_of).saturating_add(room);
        replace::rehearse(&self.target, existing.as_ref(), size)
    }

    /// Reads the file under the lock, which makes it possible to write it.
    ///
    /// # Errors
    ///
    /// As for [`read`].
    pub fn read(self) -> Result<Locked> {
        self.read_again(&Arc::default())
    }

    /// The same for a file that was read before: what has not changed is compared, and not held
    /// twice.
    ///
    /// # Errors
    ///
    /// As for [`read`].
    pub fn read_again(self, known: &Arc<Zeroizing<Vec<u8>>>) -> Result<Locked> {
        let existing = Existing::read(&self.target, known)?;
        Ok(Locked {
            target: self.target,
            existing,
            _lock: self.lock,
        })
    }
}

/// A file that is locked and has been read; the only way to write one.
///
/// Dropping it releases the lock and changes nothing.
pub struct Locked {
    target: Target,
    existing: Option<Existing>,
    _lock: Lock,
}

impl Locked {
    /// What the file held when the lock was taken; `None` if it did not exist.
    pub fn contents(&self) -> Option<&[u8]> {
        self.existing
            .as_ref()
            .map(|existing| existing.bytes.as_slice())
    }

    /// Makes `bytes` the contents of the file, in one step, and releases the lock.
    ///
    /// The mode of the old file is kept, less every right of group and others; a new file is 0600.
    /// So is its owner; what the superuser makes belongs to the owner of the directory. The
    /// person is warned if another hard link keeps the old contents, or the disk may not have the
    /// new file's name yet.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] as for [`Lease::rehearse`], or if somebody who does not know our lock has
    /// changed the file since it was read. The old file is then still there, untouched.
    pub fn commit(self, bytes: &[u8], ui: &Ui) -> Result<()> {
        replace::commit(&self.target, self.metadata(), bytes, ui)
    }

    /// Removes the file, and releases the lock.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if it cannot be removed, or somebody who does not know our lock has changed
    /// it since it was read.
    pub fn remove(self, ui: &Ui) -> Result<()> {
        match self.metadata() {
            Some(existing) => replace::remove(&self.target, existing, ui),
            None => Ok(()),
        }
    }

    fn metadata(&self) -> Option<&Metadata> {
        self.existing.as_ref().map(|existing| &existing.metadata)
    }
}

/// Where, but not what: the contents are secret.
impl fmt::Debug for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locked")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

fn refusal(what: impl Into<String>, place: impl fmt::Display) -> Failure {
    Failure::new(Kind::File, what).at(place)
}

/// A refusal by the operating system, with what can be done about it.
fn failure(what: &str, place: impl fmt::Display, error: io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::StorageFull => Some("free some space on that disk"),
        io::ErrorKind::QuotaExceeded => Some("free some space within your disk quota"),
        io::ErrorKind::FileTooLarge => Some("raise the file-size limit (ulimit -f)"),
        io::ErrorKind::ReadOnlyFilesystem => Some("make the file system writable"),
        io::ErrorKind::PermissionDenied => Some("check the owner and the mode with `ls -la`"),
        io::ErrorKind::NotADirectory => {
            Some("move that file away: a part of this path is a file, not a directory")
        }
        _ => None,
    };
    let failure = refusal(what, place).because(error);
    match advice {
        Some(advice) => failure.next(advice),
        None => failure,
    }
}
