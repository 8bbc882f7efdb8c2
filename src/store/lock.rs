//! The advisory lock: a file beside the one it protects, called `<name>.lock`.
//!
//! The lock is the operating system's, not the file's existence: it disappears with the process
//! that holds it, however that ends, and the file stays. Its holder writes its process id and
//! command into it, so that whoever waits can be told for whom. That text is only ever a message:
//! nothing is decided by it, and it is not believed when no such process lives.
//!
//! The lock file is never deleted. Deleting it would let two processes hold locks on two files of
//! the same name.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::holder::{Holder, signature};
#[cfg(unix)]
use super::target::hand_over;
use super::{failure, refusal, replace};
use crate::failure::{Failure, Result};

/// How long somebody waits before they want to know for what.
const NOTICEABLE: Duration = Duration::from_millis(333);

/// The time between two attempts grows from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// Released when dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// `None` if somebody holds it.
    pub(super) fn attempt(path: &Path) -> Result<Option<Self>> {
        match try_lock(path) {
            Ok(Some(file)) => Self::sign(file, path).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(unusable(path, error)),
        }
    }

    pub(super) fn acquire(
        path: &Path,
        wait: Duration,
        on_wait: &mut dyn FnMut(&Holder),
    ) -> Result<Self> {
        let begin = Instant::now();
        let mut pause = PAUSES.0;
        let mut told = false;
        loop {
            if let Some(lock) = Self::attempt(path)? {
                return Ok(lock);
            }
            let waited = begin.elapsed();
            if waited >= wait {
                return Err(timed_out(path, wait));
            }
            if !told && waited >= NOTICEABLE {
                told = true;
                on_wait(&Holder::of(path));
            }
            thread::sleep(pause.min(wait - waited));
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Says in the file who holds it. The text of a holder that was killed must go; that ours
    /// comes is not worth failing for (the disk may be full).
    fn sign(file: File, path: &Path) -> Result<Self> {
        file.set_len(0).map_err(|error| unusable(path, error))?;
        let text = signature();
        if replace::within_limit(text.len()).is_ok() {
            let _ = (&file).write_all(text.as_bytes());
        }
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
        // Closing would do, but for a child that is between its fork and its exec.
        #[cfg(unix)]
        let _ = self.0.unlock();
    }
}

/// The file, if nobody holds the lock.
#[cfg(unix)]
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    use std::fs::TryLockError;

    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

    // Nor is a link followed: awsmfa makes none here.
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits();
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(flags.cast_signed());
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            hand_over(&file, path);
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let file = options.open(path)?;
            let found = file.metadata()?;
            // What has another name as well may be anything, and is not written into.
            match found.is_file() && found.nlink() <= 1 {
                true => Ok(file),
                false => Err(io::Error::other("not a regular file with a single name")),
            }
        }
        Err(error) => Err(error),
    }
}

/// The file, if nobody holds it open for writing.
///
/// `File::try_lock` is no use here: what it locks, others cannot read, and so not learn who holds
/// it. A handle that lets others read but not write is as exclusive, and dies with its process too.
#[cfg(windows)]
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    use std::os::windows::fs::OpenOptionsExt;

    const FILE_SHARE_READ: u32 = 1;
    const ERROR_SHARING_VIOLATION: i32 = 32;

    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .share_mode(FILE_SHARE_READ)
        .open(path);
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
        Err(error) => Err(error),
    }
}

fn unusable(path: &Path, error: io::Error) -> Failure {
    let is_known = error.kind() == io::ErrorKind::PermissionDenied;
    let is_foreign = error.kind() == io::ErrorKind::Other;
    let failure = failure("the lock file cannot be used", path.display(), error);
    match path.symlink_metadata() {
        Ok(found) if is_foreign || !found.is_file() => {
            failure.next("move it away: awsmfa did not make it")
        }
        Ok(_) if !is_known => failure.next(
            "name a file elsewhere with AWS_SHARED_CREDENTIALS_FILE: this file system may know no locks",
        ),
        _ => failure,
    }
}

fn timed_out(path: &Path, wait: Duration) -> Failure {
    let holder = Holder::of(path);
    refusal(
        format!(
            "{holder} still holds the lock on this file after {} s",
            wait.as_secs_f32()
        ),
        path.display(),
    )
    .next("wait until it is done, or end it, and run this again")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_new_holder_leaves_nothing_of_the_text_before() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(255).unwrap();
        let _lock = Lock::acquire(file.path(), Duration::ZERO, &mut |_| {}).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(text, signature());
    }
}
