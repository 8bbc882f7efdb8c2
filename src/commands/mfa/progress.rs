//! How far a set-up has come, as `--output json` tells it at the end: also at an end that was not
//! meant, because a seed that no document has told yet would be lost with it.

use std::cell::RefCell;

use serde::Serialize;

use super::hand::Hands;
use crate::device::Seed;
use crate::failure::{Failure, Result};
use crate::secret::Secret;
use crate::ui::{Output, Ui};

/// What was done for the document to tell.
#[derive(Default)]
pub(super) struct Progress(RefCell<Done>);

#[derive(Default)]
struct Done {
    serial: String,
    user: String,
    qr_file: Option<String>,
    shown_seed: Option<Secret>,
    written_to: Option<String>,
    /// By this run: `created` or `enabled`.
    action: Option<&'static str>,
}

#[derive(Serialize)]
struct Report<'a> {
    /// `enabled`, or `unchanged` where there was nothing to do; `created` where a run that failed has
    /// come no further.
    action: &'a str,
    serial_number: &'a str,
    user: &'a str,
    qr_file: Option<&'a str>,
    /// Only where `--show-seed` asks for it, and this run has created the device.
    base32_string_seed: Option<&'a str>,
    /// The file into which `mfa_serial` was written.
    written_to: Option<&'a str>,
    signed_in: bool,
}

impl Progress {
    pub(super) fn is_about(&self, serial: &str, user: &str) {
        let mut done = self.0.borrow_mut();
        done.serial = serial.to_owned();
        done.user = user.to_owned();
    }

    /// The device is there, and `hands` has its seed.
    pub(super) fn created(&self, hands: &Hands<'_>, seed: &Seed) {
        let mut done = self.0.borrow_mut();
        done.qr_file = hands.file();
        done.shown_seed = hands.shown(seed).cloned();
        done.action = Some("created");
    }

    pub(super) fn enabled(&self) {
        self.0.borrow_mut().action = Some("enabled");
    }

    pub(super) fn written_to(&self, file: &str) {
        self.0.borrow_mut().written_to = Some(file.to_owned());
    }

    pub(super) fn file(&self) -> Option<String> {
        self.0.borrow().written_to.clone()
    }

    /// The end that was meant.
    ///
    /// # Errors
    ///
    /// [`Kind::File`](crate::failure::Kind::File) if standard output does not take all of it.
    pub(super) fn report(&self, ui: &Ui, unchanged: bool, signed_in: bool) -> Result<()> {
        let action = match unchanged {
            true => "unchanged",
            false => "enabled",
        };
        self.print(ui, action, signed_in)
    }

    /// The end with a failure, which is handed back.
    pub(super) fn report_before(&self, ui: &Ui, failure: Failure) -> Failure {
        let action = self.0.borrow().action;
        match action.map(|action| self.print(ui, action, false)) {
            None | Some(Ok(())) => failure,
            Some(Err(other)) => failure.next(format!("the document is lost: {other}")),
        }
    }

    fn print(&self, ui: &Ui, action: &str, signed_in: bool) -> Result<()> {
        if ui.output() != Output::Json {
            return Ok(());
        }
        let done = self.0.borrow();
        ui.document(&Report {
            action,
            serial_number: &done.serial,
            user: &done.user,
            qr_file: done.qr_file.as_deref(),
            base32_string_seed: done.shown_seed.as_ref().map(Secret::expose),
            written_to: done.written_to.as_deref(),
            signed_in,
        })
    }
}
