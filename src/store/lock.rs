//! The advisory lock: a file beside the one it protects, called `<name>.lock`.
//!
//! The lock is the operating system's, not the file's existence: it disappears with the process
//! that holds it, however that ends, and the file stays. Its holder writes its process id and
//! command into it, so that whoever waits can be told for whom. That text is only ever a message:
//! nothing is decided by it, and it is not believed when no such process lives.
//!
//! The lock file is never deleted. Deleting it would let two processes hold locks on two files of
//! the same name.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{failure, refusal, replace};
use crate::failure::{Failure, Result};

/// How long somebody waits before they want to know for what.
const NOTICEABLE: Duration = Duration::from_millis(333);

/// The time between two attempts grows from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// No holder writes more than this.
const LONGEST_TEXT: u64 = 256;

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

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    Process {
        pid: u32,
        command: String,
    },
    /// Somebody who has not said so, or on another machine or in another container.
    Unknown,
}

impl Holder {
    fn of(path: &Path) -> Self {
        let mut text = String::new();
        let read =
            File::open(path).and_then(|file| file.take(LONGEST_TEXT).read_to_string(&mut text));
        match read {
            Ok(_) => Self::parse(&text),
            Err(_) => Self::Unknown,
        }
    }

    fn parse(text: &str) -> Self {
        let fields = text
            .strip_suffix('\n')
            .and_then(|line| line.split_once(' '));
        match fields {
            Some((pid, command)) if command.bytes().all(|byte| byte.is_ascii_graphic()) => {
                match pid.parse() {
                    Ok(pid) if is_alive(pid) => Self::Process {
                        pid,
                        command: command.to_owned(),
                    },
                    _ => Self::Unknown,
                }
            }
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, command } => write!(f, "process {pid} ({command})"),
            Self::Unknown => f.write_str("another process"),
        }
    }
}

/// The command's name only: its arguments may hold a code.
fn signature() -> String {
    let name: String = std::env::current_exe()
        .ok()
        .as_deref()
        .and_then(Path::file_stem)
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_graphic)
        .take(64)
        .collect();
    format!("{} {name}\n", std::process::id())
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
    use std::os::unix::fs::OpenOptionsExt;

    // A link here was not made by us, and what it leads to is not ours to truncate.
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
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}

/// What the superuser makes in somebody's directory (`sudo`, a container with `~/.aws` mounted)
/// must not lock that person out afterwards. Anybody else owns the directory, or may not give the
/// file away.
#[cfg(unix)]
fn hand_over(file: &File, path: &Path) {
    use std::os::unix::fs::{MetadataExt, fchown};

    let owner = path.parent().and_then(|parent| parent.metadata().ok());
    if let (Some(owner), Ok(own)) = (owner, file.metadata())
        && owner.uid() != own.uid()
    {
        let _ = fchown(file, Some(owner.uid()), Some(owner.gid()));
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

/// Whether a process of this number runs, ours to signal or not.
#[cfg(unix)]
fn is_alive(pid: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM)))
}

/// Windows cannot be asked without unsafe code; there, only a text that its writer had no time to
/// clear, seen within microseconds after the next holder came, could be out of date.
#[cfg(windows)]
fn is_alive(_pid: u32) -> bool {
    true
}

fn unusable(path: &Path, error: io::Error) -> Failure {
    failure("the lock file cannot be used", path.display(), error)
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

    fn holder_of(text: &str) -> Holder {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Holder::of(file.path())
    }

    #[test]
    fn a_living_holder_is_named_without_its_arguments() {
        let Holder::Process { pid, command } = holder_of(&signature()) else {
            panic!("not named");
        };
        assert_eq!(pid, std::process::id());
        assert!(command.starts_with("awsmfa-"), "{command}");
    }

    #[test]
    fn a_new_holder_leaves_nothing_of_the_text_before() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(LONGEST_TEXT - 1).unwrap();
        let _lock = Lock::acquire(file.path(), Duration::ZERO, &mut |_| {}).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(text, signature());
    }

    #[test]
    fn the_text_of_a_dead_holder_is_not_believed() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let dead = child.id();
        child.wait().unwrap();
        assert_eq!(holder_of(&format!("{dead} awsmfa\n")), Holder::Unknown);
    }

    #[test]
    fn a_text_that_no_holder_wrote_names_nobody() {
        let pid = std::process::id();
        for text in [
            String::new(),
            "awsmfa\n".to_owned(),
            format!("{pid} awsmfa"),
            format!("{pid} \x1b[31m\n"),
            format!("{pid} {}\n", "a".repeat(300)),
            "0 awsmfa\n".to_owned(),
            "-1 awsmfa\n".to_owned(),
            "4294967295 awsmfa\n".to_owned(),
        ] {
            assert_eq!(holder_of(&text), Holder::Unknown, "{text:?}");
        }
    }
}
