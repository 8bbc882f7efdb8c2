//! A command that was started, shared by the thread that reads what it prints and by whoever waits
//! for that and may lose interest.

use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::group::Group;

/// One command, before, during and after its life.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    #[default]
    ToBeStarted,
    Started(Group, Child),
    /// Nobody waits for it any more.
    Unwanted,
}

impl Running {
    /// Starts the command, which prints into the pipe returned, and reads from the other one if it
    /// was given one.
    pub(super) fn start(
        &self,
        group: Group,
        command: &mut Command,
    ) -> io::Result<(Option<ChildStdin>, ChildStdout)> {
        let mut state = self.state();
        if let State::Unwanted = *state {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().expect("stdout was asked to be a pipe");
        *state = State::Started(group, child);
        Ok((input, output))
    }

    /// How it ended, once it has.
    pub(super) fn status(&self) -> Option<ExitStatus> {
        match &mut *self.state() {
            // Waiting for a child of our own that nobody else waits for cannot fail.
            State::Started(_, child) => child.try_wait().ok().flatten(),
            State::ToBeStarted | State::Unwanted => None,
        }
    }

    /// Ends it, unless it has ended: what runs on then is in the background, and its number may
    /// be another's.
    pub(super) fn end(&self) {
        if let State::Started(group, child) = &mut *self.state()
            && let Ok(None) = child.try_wait()
        {
            group.end(child);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the command when dropped.
#[derive(Default)]
pub(super) struct Leash(pub(super) Running);

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.end();
        let mut state = self.0.state();
        if let State::ToBeStarted = *state {
            *state = State::Unwanted;
        }
    }
}
