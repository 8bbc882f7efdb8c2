//! The [`Note`] of one hands-on user on the disk, in a journal that also makes two runs about the user
//! come one after the other.
//!
//! Users of two accounts may be called alike: the file is about a name, and what it holds is by account.

use std::cell::RefCell;
use std::time::Duration;

use crate::context::Context;
use crate::failure::Result;
use crate::handson::note::Note;
use crate::journal::Journal;
use crate::ui::Ui;

pub(super) struct Notes {
    journal: Journal,
    /// Each with the account that it is about; none is empty.
    all: RefCell<Vec<(String, Note)>>,
}

impl Notes {
    /// Opens the journal, after any other run about the user.
    ///
    /// # Errors
    ///
    /// As for [`Journal::open`] and [`Journal::read`].
    pub(super) async fn open(
        context: &Context,
        ui: &Ui,
        user: &str,
        timeout: Duration,
    ) -> Result<Self> {
        let journal = Journal::open(context, ui, &format!("handson-{user}"), timeout).await?;
        let all: Option<Vec<(String, Note)>> = journal.read()?;
        Ok(Self {
            journal,
            all: RefCell::new(all.unwrap_or_default()),
        })
    }

    /// What is noted of the user in this account.
    pub(super) fn of(&self, account: &str) -> Note {
        let all = self.all.borrow();
        let found = all.iter().find(|(other, _)| other == account);
        found.map(|(_, note)| note.clone()).unwrap_or_default()
    }

    /// Changes what is noted. When this returns, it is on the disk; where nothing is noted any more,
    /// there is no file.
    ///
    /// # Errors
    ///
    /// As for [`Journal::write`] and [`Journal::remove`].
    pub(super) fn revise(&self, account: &str, change: impl FnOnce(&mut Note)) -> Result<()> {
        let before = self.of(account);
        let mut note = before.clone();
        change(&mut note);
        if note == before {
            return Ok(());
        }
        let mut all = self.all.borrow_mut();
        all.retain(|(other, _)| other != account);
        if !note.is_empty() {
            all.push((account.to_owned(), note));
        }
        match all.is_empty() {
            true => self.journal.remove(),
            false => self.journal.write(&*all),
        }
    }
}
