//! Which file a path means: symbolic links are followed to the end, because the file there is the
//! one to lock and to replace. Replacing the link itself would cut the user's dotfiles in two.
//!
//! A link may dangle as long as the directory it leads to exists. Directories reached without a
//! link are created; behind a link a missing directory is more likely a disk that is not mounted.
//!
//! Nothing on the way may be another user's in a directory where everyone can make files, such as
//! `/tmp`: the user who was first there would choose what is read, and own what is written. Linux
//! protects links and files there in the same way, where it is told to (`fs.protected_symlinks`).

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::{failure, refusal};
use crate::failure::Result;

/// What Linux allows in one path.
const MOST_LINKS: usize = 40;

/// The file that a path leads to, whether it exists or not.
#[derive(Debug)]
pub(super) struct Target {
    given: PathBuf,
    pub(super) file: PathBuf,
}

impl Target {
    pub(super) fn of(path: &Path) -> Result<Self> {
        check_way(path, MOST_LINKS)?;
        let mut target = Self {
            given: path.to_path_buf(),
            file: path.to_path_buf(),
        };
        for _ in 0..=MOST_LINKS {
            match next_link(&target.file) {
                Ok(Some(next)) => target.file = next,
                Ok(None) if target.file.file_name().is_none() => {
                    return Err(refusal("this is a directory, not a file", &target));
                }
                Ok(None) if names_a_directory(&target.file) => {
                    return Err(refusal("this path names a directory, not a file", &target));
                }
                Ok(None) => return Ok(target),
                Err(error) => return Err(failure("the file cannot be reached", &target, error)),
            }
        }
        Err(refusal(
            "the symbolic links lead in a circle",
            path.display(),
        ))
    }

    pub(super) fn is_link(&self) -> bool {
        self.file != self.given
    }

    pub(super) fn directory(&self) -> &Path {
        directory_of(&self.file)
    }

    pub(super) fn name(&self) -> &OsStr {
        self.file
            .file_name()
            .expect("a path without a name was refused")
    }

    /// The file whose lock is the target's.
    pub(super) fn lock_file(&self) -> PathBuf {
        self.beside("", ".lock")
    }

    /// A file in the same directory, called as this one with something around its name.
    pub(super) fn beside(&self, before: &str, after: &str) -> PathBuf {
        let mut name = OsString::from(before);
        name.push(self.name());
        name.push(after);
        self.directory().join(name)
    }

    /// As `aws configure` does it, every missing directory is created; unlike there, for the owner
    /// alone.
    pub(super) fn create_directory(&self) -> Result<()> {
        let directory = self.directory();
        match fs::metadata(directory) {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failure("the directory cannot be reached", self, error)),
        }
        if self.is_link() {
            return Err(refusal(
                "this is a symbolic link into a directory that does not exist",
                self,
            )
            .next(format!(
                "mount or create {}, or remove the link",
                directory.display()
            )));
        }
        if let Some(link) = directory.ancestors().find(|path| is_dangling(path)) {
            let there = next_link(link).ok().flatten().unwrap_or_default();
            return Err(refusal(
                "this is a symbolic link to a directory that does not exist",
                link.display(),
            )
            .next(format!(
                "mount or create {}, or remove the link",
                there.display()
            )));
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory).map_err(|error| {
            failure(
                "the directory cannot be created",
                directory.display(),
                error,
            )
        })?;
        #[cfg(unix)]
        hand_over_directory(directory);
        Ok(())
    }
}

/// What the superuser makes in somebody's directory (`sudo`, a container with `~/.aws` mounted)
/// must not lock that person out afterwards. Anybody else owns the directory, or may not give the
/// file away.
#[cfg(unix)]
pub(super) fn hand_over(file: &fs::File, path: &Path) {
    use std::os::unix::fs::{MetadataExt, fchown};

    let owner = path.parent().and_then(|parent| parent.metadata().ok());
    if let (Some(owner), Ok(own)) = (owner, file.metadata())
        && owner.uid() != own.uid()
    {
        let _ = fchown(file, Some(owner.uid()), Some(owner.gid()));
    }
}

/// The same for a directory that was just made: never for what somebody has put in its place.
#[cfg(unix)]
fn hand_over_directory(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;

    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::DIRECTORY).bits();
    let mut options = fs::OpenOptions::new();
    options.read(true).custom_flags(flags.cast_signed());
    if let Ok(directory) = options.open(path) {
        hand_over(&directory, path);
    }
}

/// The path, and where it leads if that is somewhere else; written as `ls -l` writes it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.given.display())?;
        if self.is_link() {
            write!(f, " -> {}", self.file.display())?;
        }
        Ok(())
    }
}

/// `keys/` and `keys/.` have a file name for [`Path`], but no file can be given such a name.
fn names_a_directory(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let separator = |byte: u8| std::path::is_separator(char::from(byte));
    matches!(bytes, [.., last] if separator(*last))
        || matches!(bytes, [.., last, b'.'] if separator(*last))
}

fn is_dangling(path: &Path) -> bool {
    path.is_symlink() && !path.exists()
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Checks everything that the path leads through, of every link the path that it names, too.
pub(super) fn check_way(path: &Path, links: usize) -> Result<()> {
    for part in path.ancestors() {
        let Ok(found) = fs::symlink_metadata(part) else {
            continue;
        };
        check_owner(part, &found)?;
        if links > 0
            && found.is_symlink()
            && let Ok(Some(next)) = next_link(part)
        {
            check_way(&next, links - 1)?;
        }
    }
    Ok(())
}

/// Refuses what another user has put into a directory where everyone can make files. The
/// directory's owner could replace anything there anyway.
#[cfg(unix)]
pub(super) fn check_owner(path: &Path, found: &Metadata) -> Result<()> {
    use std::os::unix::fs::MetadataExt;

    /// Writable for all, and sticky.
    const FOR_EVERYONE: u32 = 0o1002;

    if found.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    match fs::metadata(directory_of(path)) {
        Ok(directory)
            if directory.mode() & FOR_EVERYONE == FOR_EVERYONE
                && directory.uid() != found.uid() =>
        {
            Err(refusal(
                "another user has put this into a directory that everyone can write to",
                path.display(),
            )
            .next("use a directory that only you can write to"))
        }
        _ => Ok(()),
    }
}

#[cfg(windows)]
pub(super) fn check_owner(_path: &Path, _found: &Metadata) -> Result<()> {
    Ok(())
}

/// Where the link at `path` points, or `None` if there is no link at `path`.
fn next_link(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            let points_to = fs::read_link(path)?;
            let from = path.parent().unwrap_or(Path::new(""));
            Ok(Some(from.join(points_to)))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_a_directory_is_in_this_one() {
        let target = Target::of(Path::new("credentials-of-nobody")).unwrap();
        assert_eq!(target.directory(), Path::new("."));
        assert_eq!(
            target.beside("", ".lock"),
            Path::new("./credentials-of-nobody.lock")
        );
    }
}
