//! What a procedure of several steps has to remember, should it be cut short: one small file of its
//! own in `awsmfa/` beside the credentials file.
//!
//! It is written, and on the disk, before the remote step that it is about, and removed when the
//! procedure has come to its end and cannot be taken back. Only what AWS cannot be asked for belongs in it, and no secret
//! that can be helped. While a [`Journal`] is open no other process can open the same one: two
//! runs of a procedure come one after the other. Opening one clears what killed runs have left of
//! any, and beside the user's two files, which the procedure may have been writing. A file that is not understood is a failure, never
//! an empty one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::aside::detached;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::store::{self, Lease};
use crate::ui::Ui;

/// The directory of the journals, beside the credentials file.
const DIRECTORY: &str = "awsmfa";

const ENDING: &str = ".json";

/// Room for a state, so that what is secret in it is not moved about in memory.
const ROOM: usize = 4096;

/// An open journal; dropping it lets the next process have its turn.
#[derive(Debug)]
pub struct Journal {
    ui: Ui,
    path: PathBuf,
    _turn: Lease,
}

impl Journal {
    /// What the journals whose names begin with `prefix` say, with their names, without waiting for
    /// whoever has one open: for looking only. One that cannot be read, or holds something else, is a
    /// [`Kind::File`] in its place: whom that stops is the caller's to say.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if nothing says where the credentials file is.
    pub fn peek<T: DeserializeOwned>(
        context: &Context,
        prefix: &str,
    ) -> Result<Vec<(String, Result<T>)>> {
        let credentials = context.aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        let named = |path: PathBuf| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let state = name.starts_with(prefix).then(|| glance(&path).transpose());
            Some((name, state??))
        };
        Ok(all(&credentials).into_iter().filter_map(named).collect())
    }

    /// Opens the journal called `name`, which must be fit for a file's, after any other process that
    /// has it open, for which it waits as long as `wait`. The future may be dropped.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if the other process does not end in time, the directory cannot be written,
    /// or the journal is a symbolic link.
    pub async fn open(context: &Context, ui: &Ui, name: &str, wait: Duration) -> Result<Self> {
        let credentials = context.aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        let config = context.aws_file("AWS_CONFIG_FILE", "config")?;
        let directory = directory(&credentials);
        store::make_own_directory(&directory, ui)?;
        let place = directory.clone();
        // Not the journal's own lock: that one is taken and given back by every write.
        let turn = directory.join(name);
        let path = path(&directory, name);
        for own in [&turn, &path] {
            store::refuse_link(own)?;
        }
        let voice = ui.clone();
        let turn = detached("journal", move || {
            let turn = store::lock(&turn, wait, &mut |holder| {
                voice.note(&format!("waiting for {holder}, which is at the same thing"));
            })?;
            store::sweep_directory(&place);
            store::sweep(&credentials);
            store::sweep(&config);
            Ok(turn)
        });
        Ok(Self {
            ui: ui.clone(),
            path,
            _turn: turn.await?,
        })
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was written last; `None` where nothing was, or the procedure came to its end.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if the file cannot be read, or holds something else. What it holds is not
    /// quoted.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        glance(&self.path)
    }

    /// Writes `state` in the place of what was there. When this returns it is on the disk, or
    /// the person was warned that it may not be.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if it cannot be; what was there is there still.
    pub fn write(&self, state: &impl Serialize) -> Result<()> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        serde_json::to_writer_pretty(&mut *bytes, state).map_err(|error| {
            Failure::new(Kind::Internal, "the state could not be put into a document")
                .because(error)
        })?;
        self.lock()?.read()?.commit(&bytes, &self.ui)
    }

    /// Removes the file: the procedure has come to its end.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if it cannot be removed.
    pub fn remove(&self) -> Result<()> {
        self.lock()?.read()?.remove(&self.ui)
    }

    /// Nobody else writes here, so there is nothing to wait for.
    fn lock(&self) -> Result<Lease> {
        store::refuse_link(&self.path)?;
        store::lock(&self.path, Duration::from_secs(1), &mut |_| {})
    }
}

/// The directory of the journals beside the credentials file at `credentials`.
pub fn directory(credentials: &Path) -> PathBuf {
    credentials.with_file_name(DIRECTORY)
}

/// The journals that are there: each is of a procedure that is under way, was cut short, or can be
/// taken back.
pub fn all(credentials: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory(credentials));
    let paths = entries.into_iter().flatten().flatten();
    let mut journals: Vec<PathBuf> = paths
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    journals.sort_unstable();
    journals
}

fn path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}{ENDING}"))
}

/// What the journal at `path` says. For whoever only tells of it.
///
/// # Errors
///
/// As for [`Journal::read`].
pub fn glance<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    store::refuse_link(path)?;
    let Some(bytes) = store::read(path)? else {
        return Ok(None);
    };
    let Ok(found) = serde_json::from_slice(&bytes) else {
        return Err(Failure::new(
            Kind::File,
            "this file should say how far an earlier run came, and does not",
        )
        .at(path.display())
        .next("move it away if no earlier run is to be continued"));
    };
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Clock;
    use crate::ui::Manner;

    fn now<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.build().unwrap().block_on(future)
    }

    fn context(home: &tempfile::TempDir) -> Context {
        Context {
            env: Default::default(),
            home: Some(home.path().to_owned()),
            clock: Clock::system(),
        }
    }

    fn open(home: &tempfile::TempDir, wait: u64) -> Result<Journal> {
        let context = context(home);
        let ui = Ui::into_sink(Manner::default(), Box::new(std::io::sink()));
        now(Journal::open(
            &context,
            &ui,
            "key-alice",
            Duration::from_millis(wait),
        ))
    }

    #[test]
    fn what_is_written_is_there_for_the_next_run_until_it_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let journal = open(&home, 1000).unwrap();
        assert_eq!(journal.read::<u32>().unwrap(), None);
        journal.write(&1).unwrap();
        journal.write(&2).unwrap();
        drop(journal);
        let journal = open(&home, 1000).unwrap();
        assert_eq!(journal.read::<u32>().unwrap(), Some(2));
        let context = context(&home);
        let seen = |prefix| -> Vec<(String, u32)> {
            let found = Journal::peek(&context, prefix).unwrap().into_iter();
            found.map(|(name, state)| (name, state.unwrap())).collect()
        };
        assert_eq!(seen("key-"), [("key-alice".to_owned(), 2)]);
        assert_eq!(seen("mfa-"), []);
        journal.remove().unwrap();
        journal.remove().unwrap();
        assert_eq!(journal.read::<u32>().unwrap(), None);
    }

    #[test]
    fn two_runs_do_not_have_it_open_at_once() {
        let home = tempfile::tempdir().unwrap();
        let journal = open(&home, 1000).unwrap();
        assert_eq!(open(&home, 20).unwrap_err().kind(), Kind::File);
        drop(journal);
        open(&home, 1000).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_journal_and_what_it_leads_to_stays() {
        let home = tempfile::tempdir().unwrap();
        let journal = open(&home, 1000).unwrap();
        let precious = home.path().join("precious");
        let lease = store::try_lock(&precious).unwrap().unwrap();
        lease.read().unwrap().commit(b"1", &journal.ui).unwrap();
        std::os::unix::fs::symlink(&precious, journal.path()).unwrap();
        let place = journal.path().display().to_string();
        let failures = [
            journal.write(&2).unwrap_err(),
            journal.read::<u32>().unwrap_err(),
            journal.remove().unwrap_err(),
        ];
        drop(journal);
        for failure in failures.into_iter().chain([open(&home, 1000).unwrap_err()]) {
            assert_eq!(failure.kind(), Kind::File);
            assert_eq!(failure.place(), Some(place.as_str()));
        }
        assert_eq!(fs::read_to_string(precious).unwrap(), "1");
    }

    #[test]
    fn what_is_not_understood_is_not_taken_for_nothing() {
        let home = tempfile::tempdir().unwrap();
        let journal = open(&home, 1000).unwrap();
        journal.write(&"text").unwrap();
        let failure = journal.read::<u32>().unwrap_err();
        assert_eq!(failure.kind(), Kind::File);
        assert!(failure.place().unwrap().ends_with("key-alice.json"));
    }
}
