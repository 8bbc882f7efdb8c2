//! Who holds a lock, for the message to whoever waits.
//!
//! A holder writes its process id and command into the lock file; where it did not, the system is
//! asked. Nothing is decided by the answer. `lock` comes before: it found that it has to wait.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// No holder writes more than this.
const LONGEST_TEXT: u64 = 256;

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
    /// Whoever the text names, else whom the system knows: a program that takes the lock without
    /// a word, such as `flock(1)`.
    pub(super) fn of(path: &Path) -> Self {
        match Self::signed(path) {
            Self::Unknown => kernel::holder(path).unwrap_or(Self::Unknown),
            named => named,
        }
    }

    fn signed(path: &Path) -> Self {
        match signed_text(path) {
            Some(text) => Self::parse(&text),
            None => Self::Unknown,
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

/// What the last holder wrote; nothing once it has released the lock by itself.
pub(super) fn signed_text(path: &Path) -> Option<String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_TEXT).read_to_string(&mut text));
    read.is_ok().then_some(text)
}

/// The command's name only: its arguments may hold a code.
pub(super) fn signature() -> String {
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

/// What Linux tells of every lock.
#[cfg(target_os = "linux")]
mod kernel {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use super::Holder;

    /// The process that holds an `flock` on this file, if it is one that can be seen from here.
    pub(super) fn holder(path: &Path) -> Option<Holder> {
        let lock = fs::metadata(path).ok()?;
        let (major, minor) = (rustix::fs::major(lock.dev()), rustix::fs::minor(lock.dev()));
        let file = format!("{major:02x}:{minor:02x}:{}", lock.ino());
        let pid = pid(&fs::read_to_string("/proc/locks").ok()?, &file)?;
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        let command = name.chars().filter(char::is_ascii_graphic).collect();
        Some(Holder::Process { pid, command })
    }

    /// A line is `1: FLOCK  ADVISORY  WRITE 5920 fe:00:6287873 0 EOF` (proc_locks(5)); that of a
    /// process that waits has `->` before its kind.
    pub(super) fn pid(locks: &str, file: &str) -> Option<u32> {
        locks.lines().find_map(|line| {
            let mut fields = line.split_ascii_whitespace().skip(1);
            let flock = fields.next()? == "FLOCK";
            let pid = fields.nth(2)?;
            (flock && fields.next()? == file).then(|| pid.parse().ok())?
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use std::path::Path;

    use super::Holder;

    /// Other systems tell it only to unsafe code.
    pub(super) fn holder(_path: &Path) -> Option<Holder> {
        None
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Write;

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

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_names_who_holds_the_lock_and_not_who_waits() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 fe:00:62 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 8 fe:00:6 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 9 fe:00:62 0 EOF\n\
                     3: -> FLOCK  ADVISORY  WRITE 10 fe:00:61 0 EOF\n";
        for (file, pid) in [
            ("fe:00:62", Some(9)),
            ("fe:00:6", Some(8)),
            ("fe:00:61", None),
            ("fe:01:62", None),
        ] {
            assert_eq!(kernel::pid(locks, file), pid, "{file}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_holder_without_a_word_is_named_all_the_same() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().lock().unwrap();
        // Not where the file system tells the kernel another device than us.
        if let Holder::Process { pid, .. } = Holder::of(file.path()) {
            assert_eq!(pid, std::process::id());
        }
        file.as_file().unlock().unwrap();
        assert_eq!(Holder::of(file.path()), Holder::Unknown);
    }
}
