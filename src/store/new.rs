//! A file that must not be there yet, for its owner alone.
//!
//! It appears whole or not at all, and never in the place of another. There is nothing to lock:
//! whoever comes second is refused.

use std::fs;
use std::io;
use std::path::Path;

use super::target::Target;
use super::{failure, refusal, replace};
use crate::failure::Result;
use crate::ui::Ui;

/// Proves that [`write_new`] can put `room` bytes there, and leaves nothing behind.
///
/// # Errors
///
/// [`Kind::File`](crate::failure::Kind::File) if something is there, a dangling link included, or
/// the directory cannot be written.
pub fn rehearse_new(path: &Path, room: usize) -> Result<()> {
    let target = vacant(path)?;
    replace::rehearse(&target, None, room)
}

/// Makes the file, mode 0600, with `bytes` in it. When this returns it is on the disk, or the person
/// was warned that it may not be.
///
/// # Errors
///
/// As for [`rehearse_new`]. There is no file then.
pub fn write_new(path: &Path, bytes: &[u8], ui: &Ui) -> Result<()> {
    let target = vacant(path)?;
    replace::commit(&target, None, bytes, ui)
}

fn vacant(path: &Path) -> Result<Target> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(occupied(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Target::of(path),
        Err(error) => Err(failure("the file cannot be made", path.display(), error)),
    }
}

fn occupied(path: &Path) -> crate::failure::Failure {
    refusal("there is a file of this name already", path.display())
        .next("choose another name, or remove that file if it is of no use any more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_whole_and_its_owner_s_and_takes_nobody_s_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("qr.png");
        let ui = Ui::into_sink(crate::ui::Manner::default(), Box::new(io::sink()));
        rehearse_new(&path, 1 << 20).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        write_new(&path, b"whole", &ui).unwrap();
        for outcome in [rehearse_new(&path, 1), write_new(&path, b"other", &ui)] {
            assert!(outcome.unwrap_err().what().contains("already"));
        }
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_that_is_not_there_is_not_made() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("none/qr.png");
        assert!(rehearse_new(&path, 1).is_err());
        assert!(!path.parent().unwrap().exists());
    }
}
