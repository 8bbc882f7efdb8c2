//! Questions whose answers are not shown, and a terminal that is put right again whatever ends the
//! program or stops it.
//!
//! The echo is off from the first question to the last, so that a line typed or pasted ahead is not
//! shown between two of them. It is on again
//!
//! - when [`Hidden`] is dropped, which is what a Ctrl-C that was taken over comes to;
//! - when a signal ends the program (`kill`, Ctrl-\, a terminal that was closed) or stops it
//!   (Ctrl-Z): [`signals`] puts the terminal right before the signal does what it always does, and
//!   after `fg` hides the rest of the answer and shows the question again;
//! - when the program panics, be it that the panic aborts.
//!
//! What no program sees (`kill -9`) leaves the echo off; shells with line editing put it on again.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use super::{Device, Terminal, echo};
use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;
use crate::ui::printable;

/// The echo that is off in this process, if it is. A terminal is one for the whole process, and so
/// are signals.
static OFF: Mutex<Option<Off>> = Mutex::new(None);

struct Off {
    device: Arc<Device>,
    before: echo::Mode,
    /// The question that is open.
    prompt: String,
}

/// A terminal that shows nothing of what is typed, until this is dropped.
#[derive(Debug)]
#[must_use = "the echo is on again when this is dropped"]
pub struct Hidden(Terminal);

impl Terminal {
    /// Stops showing what is typed. Ctrl-C must have been taken over: see the contract.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if the terminal cannot hide it.
    pub fn hidden(&self) -> Result<Hidden> {
        self.hide().map_err(|error| {
            Failure::new(
                Kind::Configuration,
                "the terminal cannot be kept from showing what is typed",
            )
            .because(error)
        })
    }

    fn hide(&self) -> io::Result<Hidden> {
        put_right_at_the_end()?;
        let before = echo::mode(&self.device.input)?;
        echo::set(&self.device.input, &echo::without_echo(&before))?;
        *off() = Some(Off {
            device: Arc::clone(&self.device),
            before,
            prompt: String::new(),
        });
        Ok(Hidden(self.clone()))
    }
}

impl Hidden {
    /// Shows `prompt` and waits aside for an answer that nobody sees; [`Terminal::ask`] otherwise.
    pub fn ask(&self, prompt: &str) -> impl Future<Output = Result<Secret>> + use<> {
        let terminal = self.0.clone();
        let open = terminal.ui.question();
        if let Some(off) = &mut *off() {
            off.prompt = printable(prompt).into_owned();
        }
        let shown = terminal.write(&printable(prompt));
        let answer = shown.map(|()| terminal.aside(unseen_line));
        async move {
            let answer = answer?.await;
            if let Some(off) = &mut *off() {
                off.prompt.clear();
            }
            drop(open);
            answer
        }
    }

    /// Shows one line.
    pub fn show(&self, text: &str) -> Result<()> {
        self.0.show(text)
    }
}

/// The line feed was not shown either.
fn unseen_line(terminal: &Terminal) -> Result<Secret> {
    let line = terminal.line()?;
    terminal.write("\n")?;
    // A Windows console ends a line with both.
    let text = line.expose();
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(off) = off().take() {
            off.show();
        }
    }
}

impl Off {
    /// A terminal that has gone away need not be put right.
    fn show(&self) {
        let _ = echo::set(&self.device.input, &self.before);
    }
}

fn off() -> MutexGuard<'static, Option<Off>> {
    OFF.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sees to it, once for the process, that neither a signal nor a panic leaves the echo off.
fn put_right_at_the_end() -> io::Result<()> {
    static HOOKED: Once = Once::new();
    #[cfg(unix)]
    signals::watch()?;
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // The panic may have come while the lock was held.
            if let Ok(off) = OFF.try_lock()
                && let Some(off) = &*off
            {
                off.show();
            }
            before(panic);
        }));
    });
    Ok(())
}

#[cfg(unix)]
mod signals {
    //! From the first hidden question on, these signals come to a thread of their own, which puts
    //! the terminal right and then has them do what they do by default.

    use std::io::{self, Write};
    use std::sync::OnceLock;
    use std::thread;

    use nix::unistd::{getpgrp, getppid, getsid};
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGQUIT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::super::echo;
    use super::{Off, off};

    pub(super) fn watch() -> io::Result<()> {
        static WATCHED: OnceLock<()> = OnceLock::new();
        if WATCHED.get().is_some() {
            return Ok(());
        }
        let mut signals = Signals::new([SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT])?;
        let watch = move || signals.forever().for_each(come);
        thread::Builder::new()
            .name("terminal signals".to_owned())
            .spawn(watch)?;
        let _ = WATCHED.set(());
        Ok(())
    }

    fn come(signal: i32) {
        match signal {
            SIGCONT => hide_again(),
            // Nobody could continue it: the system would not stop it either.
            SIGTSTP if !has_shell() => {}
            _ => {
                if let Some(off) = &*off() {
                    off.show();
                    // What the shell says then starts on a line of its own.
                    say(off, if off.prompt.is_empty() { "" } else { "\n" });
                }
                let _ = emulate_default_handler(signal);
            }
        }
    }

    /// Whether somebody could continue us: a parent in our session that runs us as a job, in a group
    /// of its own (POSIX.1-2017, "Orphaned Process Group"). The session of somebody outside
    /// our container has the number 0.
    fn has_shell() -> bool {
        let session = getsid(None);
        getsid(Some(getppid())) == session && session != Ok(getpgrp())
    }

    /// The shell had the terminal meanwhile, and has made it its own.
    fn hide_again() {
        if let Some(off) = &*off() {
            let hidden = echo::without_echo(&off.before);
            let _ = echo::set(&off.device.input, &hidden);
            say(off, &off.prompt);
        }
    }

    /// To a terminal that may have gone away.
    fn say(off: &Off, text: &str) {
        let mut output = &off.device.output;
        let _ = output.write_all(text.as_bytes());
    }
}
