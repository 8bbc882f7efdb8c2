//! A look at a file and at what lies beside it, that changes nothing: no lock is taken, nothing is
//! created, not even for a moment.
//!
//! For whoever tells a person what is wrong. What it finds may be otherwise a moment later, so
//! nothing is decided by it.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use super::failure;
use super::holder::{Holder, signed_text};
use super::target::Target;
use super::{NULL_DEVICE, metadata, replace};
use crate::failure::{Failure, Result};

/// What can be told of a file without reading it.
#[derive(Debug)]
pub struct Look {
    /// Where the symbolic links end, if the path is one.
    pub leads_to: Option<PathBuf>,
    /// None if there is no such file.
    pub file: Option<Access>,
    pub directory: Option<Access>,
    /// Why it could not be replaced by a new one; looked at only where there is one.
    pub write_protected: Option<Failure>,
}

/// Who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The permission bits; none where the system has no such thing.
    pub mode: Option<u32>,
    /// The number of the user whose it is, if that is not this one.
    pub other_owner: Option<u32>,
}

/// What a lock file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockState {
    /// There is none, or nobody holds it.
    Free,
    Held(Holder),
    /// It names a process that is gone. The lock itself has ended with that process.
    Stale,
    /// It cannot be opened, so nobody can take it.
    Unusable,
}

/// Looks at the file at `path`, and at the directory it is in.
///
/// # Errors
///
/// [`Kind::File`](crate::failure::Kind::File) if it cannot be reached, or is no regular file.
pub fn look(path: &Path) -> Result<Look> {
    let target = Target::of(path)?;
    let file = match target.file == Path::new(NULL_DEVICE) {
        true => None,
        false => metadata(&target)?,
    };
    Ok(Look {
        leads_to: target.is_link().then(|| target.file.clone()),
        write_protected: file.as_ref().and_then(|_| write_protected(&target)),
        file: file.as_ref().map(access),
        directory: directory_access(target.directory()),
    })
}

/// Who may do what with a directory; none if it is not there.
pub fn directory_access(path: &Path) -> Option<Access> {
    let found = fs::metadata(path).ok()?;
    found.is_dir().then(|| access(&found))
}

fn write_protected(target: &Target) -> Option<Failure> {
    let checked = replace::check_replaceable(target);
    #[cfg(unix)]
    let checked = checked.and_then(|()| directory_writable(target));
    checked.err()
}

/// Windows has no such question.
#[cfg(unix)]
fn directory_writable(target: &Target) -> Result<()> {
    use rustix::fs::Access;

    let directory = target.directory();
    rustix::fs::access(directory, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| {
        let what = "no file can be created in this directory";
        failure(what, directory.display(), error.into())
    })
}

#[cfg(unix)]
pub(super) fn access(metadata: &Metadata) -> Access {
    use std::os::unix::fs::MetadataExt;

    let own = rustix::process::geteuid().as_raw();
    Access {
        mode: Some(metadata.mode() & 0o7777),
        other_owner: Some(metadata.uid()).filter(|owner| *owner != own),
    }
}

#[cfg(windows)]
pub(super) fn access(_: &Metadata) -> Access {
    Access {
        mode: None,
        other_owner: None,
    }
}

/// The lock file of the file at `path`, and what it says; none if there is no lock file.
pub fn lock_state(path: &Path) -> Option<(PathBuf, LockState)> {
    let lock = Target::of(path).ok()?.lock_file();
    let found = fs::symlink_metadata(&lock).ok()?;
    let state = if !found.is_file() || !is_openable(&lock) {
        LockState::Unusable
    } else {
        held(&lock)
    };
    Some((lock, state))
}

fn held(lock: &Path) -> LockState {
    match Holder::of(lock) {
        holder @ Holder::Process { .. } => LockState::Held(holder),
        Holder::Unknown if signed_text(lock).is_some_and(|text| !text.is_empty()) => {
            LockState::Stale
        }
        Holder::Unknown => LockState::Free,
    }
}

#[cfg(unix)]
fn is_openable(path: &Path) -> bool {
    use rustix::fs::Access;

    rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK).is_ok()
}

/// Whoever holds the lock keeps others from opening it, and there are no modes.
#[cfg(windows)]
fn is_openable(_: &Path) -> bool {
    true
}
