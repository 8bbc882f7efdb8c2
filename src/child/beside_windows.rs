//! Staying beside a program on Windows: Ctrl-C and Ctrl-Break are the program's affair, and its exit
//! code becomes ours.

use std::io;
use std::process::{Child, Command, ExitStatus};

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
    /// Waits for the end of the program.
    pub(super) async fn end(mut self) -> Result<End> {
        detached("program", move || {
            self.child.wait().map(End).map_err(|error| {
                Failure::new(Kind::Internal, "the program could not be waited for").because(error)
            })
        })
        .await
    }
}

/// How a program has ended.
#[derive(Clone, Copy, Debug)]
#[must_use = "its end is to be ours"]
pub struct End(ExitStatus);

impl End {
    /// Ends this process with the program's exit code.
    pub fn make_ours(self) -> u8 {
        super::end_like(self.0)
    }
}
