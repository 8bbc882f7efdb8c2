//! Staying beside a program on Unix as if it had taken our place.
//!
//! The program stays in our process group, so that a pipeline around us is one job to the shell.
//!
//! - What the terminal sends reaches the whole group, the program too; we let it pass. What is sent
//!   to us alone is handed on. Nobody can tell one from the other, so SIGINT and SIGQUIT count as
//!   the terminal's while our group is in its foreground.
//! - A program that has been stopped stops us, so that the shell sees its job stopped. What lets us
//!   go on is sent to the group by every shell, and so to the program too; one that has left for a
//!   group of its own, as a shell does, is told by us. A program that takes Ctrl-Z for something
//!   else is not stopped, and nor are we.
//! - Its end becomes ours, by a signal too: a shell gives up a script on Ctrl-C only if the program
//!   that it waits for died of SIGINT.
//!
//! Signals that our caller ignores, or may ignore, are listened to once the program has been
//! started, so that it inherits that. If we are killed, the program goes on alone.

use std::io;
use std::process::Command;

use nix::unistd::{getpgid, getpgrp, tcgetpgrp};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, WaitStatus, getpid, kill_process, setrlimit,
    waitpid,
};
use signal_hook::low_level::emulate_default_handler;
use tokio::signal::unix::{SignalKind, signal};

use crate::aside::detached;
use crate::failure::{Failure, Kind, Result};
use crate::signals::is_ignored;

/// Everything that may be meant for the program.
const ALL: [Signal; 8] = [
    Signal::INT,
    Signal::QUIT,
    Signal::TSTP,
    Signal::CONT,
    Signal::HUP,
    Signal::TERM,
    Signal::USR1,
    Signal::USR2,
];

/// A program that is running.
pub(super) struct Beside {
    pid: Pid,
    signals: Vec<Heard>,
}

/// A signal, and where it arrives.
type Heard = (Signal, tokio::signal::unix::Signal);

pub(super) fn start(mut command: Command) -> io::Result<Beside> {
    let is_free = |signal: &Signal| is_ignored(signal.as_raw()) == Some(false);
    let (free, others): (Vec<_>, Vec<_>) = ALL.into_iter().partition(is_free);
    let mut signals = listen(&free)?;
    let pid = Pid::from_child(&command.spawn()?);
    signals.extend(listen(&others)?);
    Ok(Beside { pid, signals })
}

fn listen(signals: &[Signal]) -> io::Result<Vec<Heard>> {
    let listened = signals.iter().map(|heard| {
        let kind = SignalKind::from_raw(heard.as_raw());
        Ok((*heard, signal(kind)?))
    });
    listened.collect()
}

impl Beside {
    /// Hands signals on until the program has ended.
    pub(super) async fn end(self) -> Result<End> {
        let Self { pid, signals } = self;
        for (signal, mut received) in signals {
            tokio::spawn(async move {
                while received.recv().await.is_some() {
                    if is_for_us_alone(signal, pid) {
                        // It may have ended by now.
                        let _ = kill_process(pid, signal);
                    }
                }
            });
        }
        detached("program", move || wait(pid)).await
    }
}

fn wait(pid: Pid) -> Result<End> {
    loop {
        match waitpid(Some(pid), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => {
                let _ = kill_process(getpid(), Signal::STOP);
            }
            Ok(Some((_, status))) => return Ok(End(status)),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => {
                return Err(
                    Failure::new(Kind::Internal, "the program could not be waited for")
                        .because(io::Error::from(error)),
                );
            }
        }
    }
}

/// How a program has ended.
#[derive(Clone, Copy, Debug)]
#[must_use = "its end is to be ours"]
pub struct End(WaitStatus);

impl End {
    /// Ends this process by the signal that has ended the program, if one has, without a memory
    /// dump: that would hold secrets. The result is the exit code, where there is anything left of
    /// us to tell it; 128 and its number for a signal that cannot be had.
    pub fn make_ours(self) -> u8 {
        let Self(status) = self;
        if let Some(signal) = status.terminating_signal() {
            dump_nothing();
            // Returns where the signal is none of those that everybody knows.
            let _ = emulate_default_handler(signal);
        }
        let signal = || status.terminating_signal().map(|signal| 128 + signal);
        let code = status.exit_status().or_else(signal);
        // Exit codes have eight bits, and signals end before 128.
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
    }
}

/// On Linux, [`crate::secret::forbid_core_dumps`] has seen to it already.
fn dump_nothing() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
}

/// Whether the program has not had the signal by itself.
fn is_for_us_alone(signal: Signal, pid: Pid) -> bool {
    match signal {
        Signal::INT | Signal::QUIT => !in_foreground(),
        // What Ctrl-Z does is up to the program.
        Signal::TSTP => false,
        Signal::CONT => {
            let pid = nix::unistd::Pid::from_raw(pid.as_raw_pid());
            getpgid(Some(pid)).is_ok_and(|group| group != getpgrp())
        }
        _ => true,
    }
}

fn in_foreground() -> bool {
    let terminal = std::fs::File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(terminal) == Ok(getpgrp()))
}
