//! Whether what is printed on standard output is seen by nobody: where the starter has closed it, or
//! sent it to the null device. The runtime opens that device in the place of a stream that is closed,
//! so writing succeeds in both.

/// As far as the system tells: a reader that throws it away is a reader.
#[cfg(unix)]
pub(super) fn leads_nowhere() -> bool {
    use rustix::fs::{FileType, fstat, stat};

    let Ok(stdout) = fstat(rustix::stdio::stdout()) else {
        return true;
    };
    let is_device = FileType::from_raw_mode(stdout.st_mode) == FileType::CharacterDevice;
    is_device && stat("/dev/null").is_ok_and(|null| null.st_rdev == stdout.st_rdev)
}

/// The null device is one for characters, as a console is; a stream that is closed is nothing.
#[cfg(windows)]
pub(super) fn leads_nowhere() -> bool {
    use std::io::IsTerminal;

    use winapi_util::{HandleRef, file};

    #[expect(clippy::disallowed_methods, reason = "it is only looked at")]
    let is_console = std::io::stdout().is_terminal();
    match file::typ(HandleRef::stdout()) {
        Ok(found) => found.is_char() && !is_console,
        Err(_) => true,
    }
}
