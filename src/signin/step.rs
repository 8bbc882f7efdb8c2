//! Codes that a command makes: never two from the same half minute.
//!
//! A command makes the same code as often as it is asked within a step, and AWS takes each once.
//! So the step in which a device's code was made is written down before the code is sent, beside
//! the lock that lets one run at a time ask for it; whoever comes next waits for the next step. The
//! file holds a number and no secret. One that says anything else is taken for the present step and
//! written anew. A step that is to come within a minute is waited for, too: the clock was put back a
//! little. One that is further off says nothing. Two codes in a
//! row, for a device's set-up, are made under one [`Permit`], so that nobody takes the one between.
//!
//! Codes that a person types are theirs to choose and are not written down.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::Wanted;
use super::turn::{self, Queue};
use crate::context::Context;
use crate::failure::Result;
use crate::store::{self, Locked};
use crate::ui::Ui;

/// How long AWS's devices show one code, in seconds (RFC 6238, section 4.1, and IAM User Guide,
/// "Assign a virtual MFA device in the AWS Management Console").
const STEP: i64 = 30;

/// How many steps ahead a clock may have been that was put right since: what AWS takes for a drift,
/// and no more than is worth waiting for.
const AHEAD: i64 = 2;

/// What the names of these files begin with.
const KIND: &str = "device";

/// The permission to have codes made for a device; other runs wait for it.
#[derive(Debug)]
#[must_use]
pub struct Permit<'a> {
    context: &'a Context,
    ui: &'a Ui,
    locked: Locked,
    /// The step of the code that was sent last.
    last: Option<i64>,
}

/// Waits until a code of this device can be made that was not sent before; of a new one, that is now.
///
/// # Errors
///
/// As for a turn of [`turn`].
pub(super) async fn permit<'a>(
    context: &'a Context,
    ui: &'a Ui,
    wanted: &Wanted,
    credentials: &Path,
    serial: &str,
    is_new: bool,
) -> Result<Permit<'a>> {
    let path = turn::place(ui, credentials, KIND, serial)?;
    let waited = Cell::default();
    let mut queue = Queue::new(ui, wanted, &waited, format!("code for {serial}"));
    let locked = loop {
        match store::try_lock(&path)? {
            Some(lease) => break lease.read()?,
            None => queue.pause(&path).await?,
        }
    };
    let last = match locked.contents() {
        None => None,
        // What was sent before was another device's of that name.
        Some(_) if is_new => None,
        Some(bytes) => read(bytes).or_else(|| {
            ui.note(&format!(
                "{} does not hold what was written there, so a code may have been sent just now; it is written anew",
                path.display()
            ));
            Some(step_of(context.clock.now()))
        }),
    };
    if let Some(left) = to_wait(last, context.clock.now()) {
        let seconds = left.as_secs_f64().ceil();
        ui.note(&format!(
            "the code that {serial} shows now was sent before: waiting {seconds} s for the next one"
        ));
    }
    count_down(context, ui, last).await;
    Ok(Permit {
        context,
        ui,
        locked,
        last,
    })
}

impl Permit<'_> {
    /// The step that a code made now is of: by this computer's clock, as commands have it.
    pub fn step(&self) -> i64 {
        step_of(self.context.clock.now())
    }

    /// Waits until `step` is over, and the next code can be made. One that is yet to come is of a clock
    /// that is not this computer's, so there is nothing to wait for.
    pub async fn next(&self, step: i64) {
        let present = Some(step).filter(|step| *step == self.step());
        count_down(self.context, self.ui, present).await;
    }

    /// Writes down that codes were made up to now, which are going to be sent.
    ///
    /// # Errors
    ///
    /// [`crate::failure::Kind::File`] if it cannot be written.
    pub fn used(self) -> Result<()> {
        let step = self.step();
        self.used_up_to(step)
    }

    /// The same where it is known of which step the last code is. A later one that was sent before
    /// stays written down.
    ///
    /// # Errors
    ///
    /// [`crate::failure::Kind::File`] if it cannot be written.
    pub fn used_up_to(self, step: i64) -> Result<()> {
        let last = self.last.filter(|last| is_near(*last, step));
        let step = last.unwrap_or(step);
        self.locked.commit(format!("{step}\n").as_bytes(), self.ui)
    }
}

/// Removes what says nothing any more: files of ours whose step is over and that no run uses.
/// Locks stay, because another run may be about to take them; so does what we have not written.
///
/// # Errors
///
/// [`crate::failure::Kind::File`] if the directory or a file of ours cannot be read or removed.
pub(super) fn clear(ui: &Ui, credentials: &Path, now: Timestamp) -> Result<()> {
    for path in store::files_in(&turn::directory(credentials)?)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_ours = name
            .strip_prefix(KIND)
            .is_some_and(|rest| rest.starts_with('-') && !rest.ends_with(".lock"));
        let is_over = |bytes: &[u8]| read(bytes).is_some_and(|step| !is_near(step, step_of(now)));
        if !is_ours || !store::read(&path)?.is_some_and(|bytes| is_over(&bytes)) {
            continue;
        }
        if let Some(lease) = store::try_lock(&path)? {
            let locked = lease.read()?;
            if locked.contents().is_some_and(is_over) {
                locked.remove(ui)?;
            }
        }
    }
    Ok(())
}

/// Steps count from the Unix epoch (RFC 6238, section 4.2).
fn step_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(STEP)
}

fn read(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.strip_suffix('\n')?.parse().ok()
}

/// Whether `last` is the step `current`, or so little after it that the clock was put back. One that
/// is far off was written by a clock that was wrong, and says nothing about that code.
fn is_near(last: i64, current: i64) -> bool {
    (current..=current + AHEAD).contains(&last)
}

/// How long to wait if a code was made in step `last`: until that is over.
fn to_wait(last: Option<i64>, now: Timestamp) -> Option<Duration> {
    let last = last.filter(|last| is_near(*last, step_of(now)))?;
    let next = Timestamp::from_second((last + 1) * STEP).ok()?;
    Duration::try_from(next.duration_since(now)).ok()
}

async fn count_down(context: &Context, ui: &Ui, last: Option<i64>) {
    while let Some(left) = to_wait(last, context.clock.now()) {
        let seconds = left.as_secs_f64().ceil();
        let _working = ui.working(&format!("waiting {seconds} s for the next code"));
        tokio::time::sleep(left.min(Duration::from_secs(1))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_waited_for_until_its_step_is_over() {
        let now = "2026-11-21T18:04:41.5Z".parse().unwrap();
        let step = step_of(now);
        for (last, milliseconds) in [
            (None, None),
            (Some(step), Some(18_500)),
            (Some(step - 1), None),
            (Some(step + 1), Some(48_500)),
            (Some(step + 2), Some(78_500)),
            (Some(step + 3), None),
            (Some(0), None),
            (Some(i64::MAX), None),
            (Some(i64::MIN), None),
        ] {
            let left = to_wait(last, now).map(|left| left.as_millis());
            assert_eq!(left, milliseconds, "{last:?}");
        }
    }

    #[test]
    fn only_what_is_written_here_is_read() {
        assert_eq!(read(b"59644944\n"), Some(59_644_944));
        for text in ["", "59644944", "x\n", "596\n4\n", "99999999999999999999\n"] {
            assert_eq!(read(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(read(b"\xff\n"), None);
    }
}
