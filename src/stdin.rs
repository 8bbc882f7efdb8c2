//! Standard input, read when the command line asks for it and at no other time.
//!
//! It is read without a buffer, a line at a time: what follows is there for the next reader, be it
//! a child. What was read is a secret until somebody says otherwise.

use std::fs::File;
use std::io;

use crate::terminal::{LONGEST, Line, read_line};

/// The next line, without its line feed.
///
/// # Errors
///
/// The system's own.
pub(crate) fn line() -> io::Result<Line> {
    read_line(&mut open()?, LONGEST)
}

/// Standard input without the buffer of `std::io::stdin`, which would take more than the line.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads standard input"
)]
fn open() -> io::Result<File> {
    let stdin = io::stdin();
    #[cfg(unix)]
    let duplicate = std::os::fd::AsFd::as_fd(&stdin).try_clone_to_owned()?;
    #[cfg(windows)]
    let duplicate = std::os::windows::io::AsHandle::as_handle(&stdin).try_clone_to_owned()?;
    Ok(File::from(duplicate))
}
