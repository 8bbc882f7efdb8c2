//! Whether a terminal shows what is typed: the one setting of it that is ever changed here.

use std::fs::File;
use std::io;

pub(super) use platform::{Mode, mode, set, without_echo};

#[cfg(unix)]
mod platform {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    use super::{File, io};

    pub(in super::super) type Mode = Termios;

    pub(in super::super) fn mode(input: &File) -> io::Result<Mode> {
        Ok(tcgetattr(input)?)
    }

    /// The same without echo. What signals and line editing do stays.
    pub(in super::super) fn without_echo(mode: &Mode) -> Mode {
        let mut hidden = mode.clone();
        hidden
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL);
        hidden
    }

    /// Stops the program if it is in the background, as the terminal's driver has it.
    pub(in super::super) fn set(input: &File, mode: &Mode) -> io::Result<()> {
        Ok(tcsetattr(input, OptionalActions::Now, mode)?)
    }
}

#[cfg(windows)]
mod platform {
    use winapi_util::HandleRef;
    use winapi_util::console;

    use super::{File, io};

    pub(in super::super) type Mode = u32;

    /// Windows Console Documentation, "SetConsoleMode".
    const ENABLE_ECHO_INPUT: Mode = 0x4;

    pub(in super::super) fn mode(input: &File) -> io::Result<Mode> {
        console::mode(HandleRef::from_file(input))
    }

    pub(in super::super) fn without_echo(mode: &Mode) -> Mode {
        mode & !ENABLE_ECHO_INPUT
    }

    pub(in super::super) fn set(input: &File, mode: &Mode) -> io::Result<()> {
        console::set_mode(HandleRef::from_file(input), *mode)
    }
}
