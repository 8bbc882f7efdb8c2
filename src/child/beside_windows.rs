//! Staying beside a program on Windows: Ctrl-C and Ctrl-Break are the program's affair, and its exit
//! code becomes ours.

use std::io;
use std::process::{Child, Command};

use tokio::signal::windows::{CtrlBreak, CtrlC, ctrl_break, ctrl_c};

use crate::aside::detached;
use crate::failure::{Failure, Kind, Result};

/// A program that is running.
pub(super) struct Beside {
    child: Child,
    _listening: (CtrlC, CtrlBreak),
}

pub(super) fn start(mut command: Command) -> io::Result<Beside> {
    Ok(Beside {
        _listening: (ctrl_c()?, ctrl_break()?),
        child: command.spawn()?,
    })
}

impl Beside {
    /// Waits for the end of the program, and ends with it.
    pub(super) async fn end(mut self) -> Result<u8> {
        let waited = detached("program", move || {
            self.child.wait().map_err(|error| {
                Failure::new(Kind::Internal, "the program could not be waited for").because(error)
            })
        });
        super::end_like(waited.await?)
    }
}
