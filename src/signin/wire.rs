//! Putting a wiring into the config file, which gets the same care as the credentials file.
//!
//! 1. [`Rewiring::of`] makes the bytes that the file is going to have, for looking at.
//! 2. [`Rewiring::rehearse`] proves that they can be written, before anybody is asked.
//! 3. [`Rewiring::write`] writes them, if the file still is what was looked at. Consent was given to
//!    that change and no other.

use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

use super::save::not_editable;
use crate::failure::{Failure, Kind, Result};
use crate::ini::Amendment;
use crate::profile::{File, Rewired};
use crate::store::{self, Lease};
use crate::ui::{Diff, Ui};

/// The config file with other lines in it, not written yet.
#[derive(Debug)]
pub struct Rewiring<'a> {
    file: &'a File,
    after: Zeroizing<Vec<u8>>,
}

impl<'a> Rewiring<'a> {
    /// None if nothing changes.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if a section cannot be edited, with its line.
    pub fn of(file: &'a File, profiles: &[Rewired]) -> Result<Option<Self>> {
        let amendments: Vec<Amendment> = profiles
            .iter()
            .map(|rewired| rewired.amendment.clone())
            .collect();
        let after = file.document.amend(&amendments);
        let after = after.map_err(|refused| not_editable(file, refused))?;
        let changed = after[..] != *file.document.bytes();
        Ok(changed.then_some(Self { file, after }))
    }

    pub fn path(&self) -> &Path {
        &self.file.path
    }

    pub fn diff(&self) -> Diff {
        Diff::of(self.path(), self.file.document.bytes(), &self.after)
    }

    /// # Errors
    ///
    /// [`Kind::File`] for whatever [`Rewiring::write`] would fail with, as far as it is there.
    pub fn rehearse(&self, ui: &Ui, wait: Duration) -> Result<()> {
        let before = self.file.document.bytes().len();
        let room = self.after.len().saturating_sub(before);
        self.lock(ui, wait)?.rehearse(room)
    }

    /// # Errors
    ///
    /// [`Kind::File`] if the file has changed meanwhile, or cannot be locked or written. It is
    /// then as it was.
    pub fn write(&self, ui: &Ui, wait: Duration) -> Result<()> {
        let lease = self.lock(ui, wait)?;
        let locked = lease.read_again(self.file.document.shared_bytes())?;
        if locked.contents().unwrap_or_default() != self.file.document.bytes() {
            return Err(Failure::new(
                Kind::File,
                "the config file has just been changed by somebody else; nothing was written",
            )
            .at(self.path().display())
            .next("run the command again, and look at the new change"));
        }
        locked.commit(&self.after, ui)
    }

    fn lock(&self, ui: &Ui, wait: Duration) -> Result<Lease> {
        store::lock(self.path(), wait, &mut |holder| {
            ui.note(&format!("the config file is locked, waiting for {holder}"));
        })
    }
}
