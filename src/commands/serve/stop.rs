//! The signals that end the server.
//!
//! What the starter has ignored stays ignored: `eval "$(trap '' INT; awsmfa serve &)"` means that
//! Ctrl-C in that shell shall not end it.

use crate::failure::{Failure, Kind, Result};
#[cfg(unix)]
use crate::signals::is_ignored;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, ctrl_break, ctrl_c};

#[cfg(unix)]
pub(super) struct Stop {
    interrupt: Option<Signal>,
    terminate: Signal,
}

#[cfg(unix)]
impl Stop {
    /// From here on the signals no longer end the process by themselves.
    ///
    /// # Errors
    ///
    /// [`Kind::Internal`] if the system does not allow it.
    pub(super) fn listen() -> Result<Self> {
        let interrupt = SignalKind::interrupt();
        let listened = || -> std::io::Result<_> {
            Ok(Self {
                interrupt: match is_ignored(interrupt.as_raw_value()) {
                    Some(true) => None,
                    _ => Some(signal(interrupt)?),
                },
                terminate: signal(SignalKind::terminate())?,
            })
        };
        listened().map_err(deaf)
    }

    pub(super) async fn asked_for(&mut self) {
        let Self {
            interrupt,
            terminate,
        } = self;
        let interrupted = async {
            match interrupt {
                Some(interrupt) => interrupt.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupted => {}
            _ = terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
pub(super) struct Stop {
    ctrl_c: CtrlC,
    ctrl_break: CtrlBreak,
}

#[cfg(windows)]
impl Stop {
    /// From here on neither key ends the process by itself.
    ///
    /// # Errors
    ///
    /// [`Kind::Internal`] if the system does not allow it.
    pub(super) fn listen() -> Result<Self> {
        let listened = || -> std::io::Result<_> {
            Ok(Self {
                ctrl_c: ctrl_c()?,
                ctrl_break: ctrl_break()?,
            })
        };
        listened().map_err(deaf)
    }

    pub(super) async fn asked_for(&mut self) {
        tokio::select! {
            _ = self.ctrl_c.recv() => {}
            _ = self.ctrl_break.recv() => {}
        }
    }
}

fn deaf(error: std::io::Error) -> Failure {
    Failure::new(Kind::Internal, "signals cannot be listened to").because(error)
}
