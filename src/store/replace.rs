//! Putting a new file in the place of an old one, so that nobody ever sees half of it: a temporary
//! file in the same directory, on the disk before it gets the name.
//!
//! Everything that can be refused is refused before the first byte: a write-protected file, one
//! that belongs to somebody else, one that is a mount of its own, a file-size limit. So a rehearsal
//! that stops after the last byte has proved all but the rename, and for the rename it has proved
//! that names can be made in and removed from the directory.

use std::ffi::OsString;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read, Write};

use tempfile::NamedTempFile;

use super::existing::check_size;
use super::look::access;
use super::stamp::Stamp;
use super::target::Target;
#[cfg(unix)]
use super::target::hand_over;
use super::{failure, refusal};
use crate::failure::{Failure, Result};
use crate::ui::Ui;

/// What makes a temporary file of ours recognisable: `.credentials.awsmfa-Xy12zA`.
pub(super) const MARK: &str = ".awsmfa-";
pub(super) const RANDOM: usize = 6;

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
    #[cfg(target_os = "linux")]
    if reserve(file.as_file(), size)? {
        return Ok(());
    }
    io::copy(&mut io::repeat(b'#').take(size as u64), file).map(drop)
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

pub(super) fn commit(
    target: &Target,
    existing: Option<&Metadata>,
    bytes: &[u8],
    ui: &Ui,
) -> Result<()> {
    let mut file = prepare(target, existing, bytes.len())?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(|error| unwritten(target, error))?;
    // Once more and as late as can be: to bring the bytes to the disk has taken its time.
    check_unchanged(target, existing)?;
    let placed = put(file, target, existing)
        .map_err(|error| failure("the file cannot be replaced", target, error))?;
    if !placed {
        return Err(changed(target));
    }
    #[cfg(unix)]
    if existing.is_some_and(|existing| std::os::unix::fs::MetadataExt::nlink(existing) > 1) {
        ui.warn(&format!(
            "another hard link to {target} keeps the old contents"
        ));
    }
    sync_directory(target, ui);
    Ok(())
}

pub(super) fn remove(target: &Target, existing: &Metadata, ui: &Ui) -> Result<()> {
    check_unchanged(target, Some(existing))?;
    fs::remove_file(&target.file)
        .map_err(|error| failure("the file cannot be removed", target, error))?;
    sync_directory(target, ui);
    Ok(())
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
        Some(existing) => keep(target, file.as_file(), existing).map_err(|error| {
            failure("owner and rights of the file cannot be kept", target, error)
        })?,
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

/// Gives the new file the old one's mode (a umask is for files that are new to the person), its owner,
/// so that somebody else's file is not taken over in silence, and its attributes. The group only
/// matters to rights that the new file does not give, so it is kept where possible.
#[cfg(unix)]
fn keep(target: &Target, file: &fs::File, existing: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    file.set_permissions(fs::Permissions::from_mode(mode(Some(existing))))?;
    let new = file.metadata()?;
    if new.uid() != existing.uid() {
        fchown(file, Some(existing.uid()), None)?;
    }
    if new.gid() != existing.gid() {
        let _ = fchown(file, None, Some(existing.gid()));
    }
    #[cfg(target_os = "linux")]
    keep_attributes(target, file)?;
    Ok(())
}

/// The user's own attributes, and the access list. The users and groups that it names were meant, so
/// they keep their rights; the file's group and all others lose theirs, as they do from the mode.
#[cfg(target_os = "linux")]
fn keep_attributes(target: &Target, file: &fs::File) -> io::Result<()> {
    use rustix::buffer::spare_capacity;
    use rustix::fs::{XattrFlags, fsetxattr, getxattr, listxattr};

    const ACCESS_LIST: &[u8] = b"system.posix_acl_access";
    /// As much as the kernel gives, of the names and of each value.
    const MOST: usize = 64 << 10;

    let mut names = Vec::with_capacity(MOST);
    // A file system that has none is no reason to fail.
    let _ = listxattr(&target.file, spare_capacity(&mut names));
    for name in names.split(|byte| *byte == 0) {
        if !name.starts_with(b"user.") && name != ACCESS_LIST {
            continue;
        }
        let mut value: Vec<u8> = Vec::with_capacity(MOST);
        getxattr(&target.file, name, spare_capacity(&mut value))?;
        if name == ACCESS_LIST {
            // acl(5): after the version, the tag, the rights and the id of each entry.
            for entry in value[4..].chunks_exact_mut(8) {
                if let [0x04 | 0x20, _, rights, ..] = entry {
                    *rights = 0;
                }
            }
        }
        fsetxattr(file, name, &value, XattrFlags::empty())?;
    }
    Ok(())
}

/// Renaming would replace a write-protected file without a word, where every other AWS tool stops.
/// Opening it for writing, without writing, asks the only authority (mode, access list, immutable
/// flag, read-only mount).
pub(super) fn check_replaceable(target: &Target) -> Result<()> {
    if let Err(error) = OpenOptions::new().write(true).open(&target.file) {
        return Err(match is_managed(target, &error) {
            true => refusal(
                "this link leads to a file that is managed elsewhere",
                target,
            )
            .because(error)
            .next("make the change where it is managed (home-manager, dotfiles, ...)"),
            false => failure("the file is write-protected", target, error)
                .next("make it writable for yourself (chmod u+w)"),
        });
    }
    #[cfg(target_os = "linux")]
    if is_mount(target) {
        return Err(refusal(
            "the file is a mount of its own, so it cannot be replaced in one step",
            target,
        )
        .next("mount its directory instead of the single file"));
    }
    Ok(())
}

/// Whether another program has put the link there, and keeps what it leads to from being changed.
fn is_managed(target: &Target, error: &io::Error) -> bool {
    let found = fs::metadata(&target.file);
    let is_others = found.is_ok_and(|found| access(&found).other_owner.is_some());
    target.is_link() && (is_others || error.kind() == io::ErrorKind::ReadOnlyFilesystem)
}

/// As containers are given a single file (`docker run -v ~/.aws/credentials:…`).
#[cfg(target_os = "linux")]
fn is_mount(target: &Target) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

    statx(CWD, &target.file, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|status| status.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
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
        Ok(metadata) => Some(Stamp::of(&metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failure("the file cannot be reached", target, error)),
    };
    if existing.map(Stamp::of) == now {
        return Ok(());
    }
    Err(changed(target))
}

const CHANGED: &str =
    "another program has changed the file in the meantime, so nothing was written";

/// Whether that is why a write failed: reading the file again and writing then may succeed.
pub fn was_changed(failure: &Failure) -> bool {
    failure.what() == CHANGED
}

fn changed(target: &Target) -> Failure {
    refusal(CHANGED, target).next("run this again")
}

/// Gives the new file its name; false where another program has written there since the last look.
fn put(file: NamedTempFile, target: &Target, existing: Option<&Metadata>) -> io::Result<bool> {
    if let Some(existing) = existing {
        return exchange(file, target, existing);
    }
    match file.persist_noclobber(&target.file) {
        Ok(_) => Ok(true),
        Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Not every file system can do it.
        Err(refused) => rename(refused.file, target).map(|()| true),
    }
}

/// The two files change places, and what comes out is looked at: if it is not what was read, it goes
/// back. What comes out then should be the new file; a third version, written in between, is the
/// later one and goes back, too.
///
/// Killed before the old file is removed, it stays as a temporary file. Only where a kill hits the
/// microseconds in which another program's version is out, that version is cleared with it.
#[cfg(target_os = "linux")]
fn exchange(file: NamedTempFile, target: &Target, existing: &Metadata) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;

    let place = file.path().to_owned();
    let look = || fs::symlink_metadata(&place).ok().as_ref().map(Stamp::of);
    let (mut expected, mut inside) = (Some(Stamp::of(existing)), look());
    let mut unchanged = true;
    loop {
        match renameat_with(CWD, &place, CWD, &target.file, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            Err(Errno::NOENT) if unchanged => return Ok(false),
            // Not every file system can do it.
            Err(_) => return rename(file, target).map(|()| unchanged),
        }
        let outside = look();
        if outside == expected {
            return Ok(unchanged);
        }
        (expected, inside, unchanged) = (inside, outside, false);
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(file: NamedTempFile, target: &Target, _existing: &Metadata) -> io::Result<bool> {
    rename(file, target).map(|()| true)
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
/// directory that may be entered but not opened, is not worth a word.
#[cfg(unix)]
fn sync_directory(target: &Target, ui: &Ui) {
    let synced = fs::File::open(target.directory()).map(|directory| directory.sync_all());
    if let Ok(Err(error)) = synced
        && !matches!(
            error.kind(),
            io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
        )
    {
        ui.warn(&format!(
            "{target} is written, but perhaps not on the disk yet: {error}"
        ));
    }
}

/// Windows has nothing of the kind for a directory; NTFS keeps a journal of names by itself.
#[cfg(windows)]
fn sync_directory(_target: &Target, _ui: &Ui) {}

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
