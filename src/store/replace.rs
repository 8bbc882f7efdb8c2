//! Putting a new file in the place of an old one, so that nobody ever sees half of it: a temporary
//! file in the same directory, on the disk before it gets the name.
//!
//! Everything that can be refused is refused before the first byte: a write-protected file, one
//! that belongs to somebody else, one that is a mount of its own, a file-size limit. So a rehearsal
//! that stops after the last byte has proved all but the rename, and for the rename it has proved
//! that names can be made in and removed from the directory.

use std::ffi::OsString;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};

use tempfile::NamedTempFile;

use super::existing::check_size;
use super::stamp::Stamp;
use super::target::Target;
#[cfg(unix)]
use super::target::hand_over;
use super::{failure, refusal};
use crate::failure::{Failure, Result};

/// What makes a temporary file of ours recognisable: `.credentials.awsmfa-Xy12zA`.
pub(super) const MARK: &str = ".awsmfa-";
pub(super) const RANDOM: usize = 6;

/// What a rehearsal writes where it has to.
static FILLER: [u8; 4 << 10] = [b'#'; 4 << 10];

/// Everything that [`commit`] does with a file of `size` bytes, up to the point where it would
/// become visible; then it is removed.
pub(super) fn rehearse(target: &Target, existing: Option<&Metadata>, size: usize) -> Result<()> {
    let mut file = prepare(target, existing, size)?;
    occupy(&mut file, size).map_err(|error| unwritten(target, error))?;
    file.close()
        .map_err(|error| failure("the directory cannot be written", target, error))
}

/// Takes up room on the disk. Not with the contents, so that a kill leaves no copy of them.
fn occupy(file: &mut NamedTempFile, size: usize) -> io::Result<()> {
    if reserve(file.as_file(), size)? {
        return Ok(());
    }
    let mut left = size;
    while left > 0 {
        let piece = left.min(FILLER.len());
        file.write_all(&FILLER[..piece])?;
        left -= piece;
    }
    Ok(())
}

/// Asks the file system for the room without writing; false where it cannot be asked.
#[cfg(target_os = "linux")]
fn reserve(file: &fs::File, size: usize) -> io::Result<bool> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    match fallocate(file, FallocateFlags::empty(), 0, size.max(1) as u64) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_file: &fs::File, _size: usize) -> io::Result<bool> {
    Ok(false)
}

pub(super) fn commit(target: &Target, existing: Option<&Metadata>, bytes: &[u8]) -> Result<()> {
    let mut file = prepare(target, existing, bytes.len())?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| unwritten(target, error))?;
    // Once more and as late as can be: to bring the bytes to the disk has taken its time.
    check_unchanged(target, existing)?;
    rename(file, target).map_err(|error| failure("the file cannot be replaced", target, error))?;
    sync_directory(target)
}

pub(super) fn remove(target: &Target, existing: &Metadata) -> Result<()> {
    check_unchanged(target, Some(existing))?;
    fs::remove_file(&target.file)
        .map_err(|error| failure("the file cannot be removed", target, error))?;
    sync_directory(target)
}

/// An empty file beside a target that does not exist.
pub(super) fn prepared(target: &Target, size: usize) -> Result<NamedTempFile> {
    prepare(target, None, size)
}

/// An empty file beside the target, with the mode and the owner it is going to have.
fn prepare(target: &Target, existing: Option<&Metadata>, size: usize) -> Result<NamedTempFile> {
    check_size(target, size)?;
    within_limit(size).map_err(|error| unwritten(target, error))?;
    check_unchanged(target, existing)?;
    if existing.is_some() {
        check_replaceable(target)?;
    }
    let mut builder = tempfile::Builder::new();
    let prefix = prefix(target);
    builder.prefix(&prefix).rand_bytes(RANDOM);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode(existing)));
    let file = builder.tempfile_in(target.directory()).map_err(|error| {
        failure(
            "no file can be created in this directory",
            target.directory().display(),
            error,
        )
    })?;
    #[cfg(unix)]
    match existing {
        Some(existing) => {
            keep_mode(target, file.as_file(), existing)?;
            keep_owner(target, file.as_file(), existing)?;
        }
        None => hand_over(file.as_file(), &target.file),
    }
    Ok(file)
}

pub(super) fn prefix(target: &Target) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(target.name());
    prefix.push(MARK);
    prefix
}

/// The old mode without any right of group and others, and without set-id bits.
#[cfg(unix)]
fn mode(existing: Option<&Metadata>) -> u32 {
    use std::os::unix::fs::MetadataExt;

    existing.map_or(0o600, |metadata| metadata.mode() & 0o700)
}

/// A umask that takes rights from the owner is for new files, and this is none.
#[cfg(unix)]
fn keep_mode(target: &Target, file: &fs::File, existing: &Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    file.set_permissions(fs::Permissions::from_mode(mode(Some(existing))))
        .map_err(|error| failure("the mode of the file cannot be kept", target, error))
}

/// Gives the new file the old one's owner. Somebody else's file is not taken over in silence.
/// The group only matters to rights that the new file does not give, so it is kept where possible.
#[cfg(unix)]
fn keep_owner(target: &Target, file: &fs::File, existing: &Metadata) -> Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let cannot = |error| failure("the owner of the file cannot be kept", target, error);
    let new = file.metadata().map_err(cannot)?;
    if new.uid() != existing.uid() {
        fchown(file, Some(existing.uid()), None).map_err(cannot)?;
    }
    if new.gid() != existing.gid() {
        let _ = fchown(file, None, Some(existing.gid()));
    }
    Ok(())
}

/// Renaming would replace a write-protected file without a word, where every other AWS tool stops.
/// Opening it for writing, without writing, asks the only authority (mode, access list, immutable
/// flag, read-only mount).
pub(super) fn check_replaceable(target: &Target) -> Result<()> {
    OpenOptions::new()
        .write(true)
        .open(&target.file)
        .map_err(|error| {
            failure("the file is write-protected", target, error)
                .next("make it writable for yourself (chmod u+w)")
        })?;
    if is_mount(target) {
        return Err(refusal(
            "the file is a mount of its own, so it cannot be replaced in one step",
            target,
        )
        .next("mount its directory instead of the single file"));
    }
    Ok(())
}

/// As containers are given a single file (`docker run -v ~/.aws/credentials:…`).
#[cfg(target_os = "linux")]
fn is_mount(target: &Target) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

    statx(CWD, &target.file, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|status| status.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(not(target_os = "linux"))]
fn is_mount(_target: &Target) -> bool {
    false
}

/// Whether the process may write a file of `size` bytes. To write past RLIMIT_FSIZE would not be
/// an error but a signal, SIGXFSZ, that kills.
#[cfg(unix)]
pub(super) fn within_limit(size: usize) -> io::Result<()> {
    use rustix::process::{Resource, getrlimit};

    match getrlimit(Resource::Fsize).current {
        Some(limit) if limit < size as u64 => Err(io::ErrorKind::FileTooLarge.into()),
        _ => Ok(()),
    }
}

#[cfg(windows)]
pub(super) fn within_limit(_size: usize) -> io::Result<()> {
    Ok(())
}

/// Not everybody knows our lock: the AWS CLI and editors write without it.
fn check_unchanged(target: &Target, existing: Option<&Metadata>) -> Result<()> {
    let now = match fs::metadata(&target.file) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failure("the file cannot be reached", target, error)),
    };
    let unchanged = match (existing, &now) {
        (None, None) => true,
        (Some(then), Some(now)) => Stamp::of(then) == Stamp::of(now),
        _ => false,
    };
    if unchanged {
        return Ok(());
    }
    Err(refusal(
        "another program has changed the file in the meantime, so nothing was written",
        target,
    )
    .next("run this again"))
}

#[cfg(unix)]
fn rename(file: NamedTempFile, target: &Target) -> io::Result<()> {
    file.persist(&target.file)?;
    Ok(())
}

/// On Windows a virus scanner or an indexer that has the old file open stops the rename for a
/// moment.
#[cfg(windows)]
fn rename(mut file: NamedTempFile, target: &Target) -> io::Result<()> {
    use std::time::Duration;

    const PASSING: [i32; 3] = [
        5,  // ERROR_ACCESS_DENIED
        32, // ERROR_SHARING_VIOLATION
        33, // ERROR_LOCK_VIOLATION
    ];
    const PAUSES: [u64; 8] = [1, 5, 10, 25, 50, 100, 250, 500];

    for pause in PAUSES {
        match file.persist(&target.file) {
            Ok(_) => return Ok(()),
            Err(refused)
                if refused
                    .error
                    .raw_os_error()
                    .is_some_and(|code| PASSING.contains(&code)) =>
            {
                file = refused.file;
            }
            Err(refused) => return Err(refused.error),
        }
        std::thread::sleep(Duration::from_millis(pause));
    }
    file.persist(&target.file)?;
    Ok(())
}

/// Makes the new name survive a power cut. A file system that cannot do this for a directory, or a
/// directory that may be entered but not opened, is no reason to fail.
#[cfg(unix)]
pub(super) fn sync_directory(target: &Target) -> Result<()> {
    let Ok(directory) = fs::File::open(target.directory()) else {
        return Ok(());
    };
    match directory.sync_all() {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Err(failure(
                "the new file is in place, but may not survive a power cut",
                target,
                error,
            ))
        }
        _ => Ok(()),
    }
}

/// Windows has nothing of the kind for a directory; NTFS keeps a journal of names by itself.
#[cfg(windows)]
pub(super) fn sync_directory(_target: &Target) -> Result<()> {
    Ok(())
}

fn unwritten(target: &Target, error: io::Error) -> Failure {
    failure("the new file cannot be written", target, error)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    #[test]
    fn the_temporary_file_is_beside_the_old_one_and_never_open_to_others() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials");
        for (before, expected) in [(None, 0o600), (Some(0o666), 0o600), (Some(0o777), 0o700)] {
            let existing = before.map(|mode| {
                let _ = fs::File::create_new(&path);
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                fs::metadata(&path).unwrap()
            });
            let target = Target::of(&path).unwrap();
            let temporary = prepare(&target, existing.as_ref(), 3).unwrap();
            let metadata = temporary.as_file().metadata().unwrap();
            assert_eq!(metadata.mode() & 0o7777, expected);
            assert_eq!(temporary.path().parent(), Some(home.path()));
            let name = temporary.path().file_name().unwrap().to_str().unwrap();
            assert!(name.starts_with(".credentials.awsmfa-"), "{name}");
        }
    }
}
