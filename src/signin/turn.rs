//! Single flight: of all runs that need one section, one signs in and the others wait for it.
//!
//! The turn is a lock of its own for each section, in the directory `awsmfa` beside the credentials
//! file; the credentials file itself stays free meanwhile, for a person may take minutes. It is
//! the operating system's lock, so whoever dies or gives up lets the next one ask. A run that got
//! its turn looks at the file again before it does anything, and one that waits looks whenever the
//! file has changed: so all that wait go on at once when one has signed in, and somebody who types
//! the code on another command line ends the waiting of all. That also holds for a role, where the
//! code has made the session that opens it: whoever has the turn may be about to assume the role,
//! and gets a moment for that, but a question that somebody left open keeps nobody.
//!
//! A run that has a code on its own command line asks nobody and waits for nobody.

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha1::{Digest, Sha1};

use super::Wanted;
use super::desk::Desk;
use crate::failure::{Failure, Kind, Result};
use crate::store::{self, Lease, Stamp};
use crate::terminal::Terminal;
use crate::ui::Ui;

/// How long one waits who has no terminal, if `--timeout` is not longer: a program that hangs
/// for ever helps nobody, and who is asked for a code mostly answers within a minute.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long somebody waits before they want to know for what.
const NOTICEABLE: Duration = Duration::from_millis(333);

/// How long whoever has the turn of a role has to assume it, once there is a session for it.
/// Afterwards the role is assumed by each for itself, which costs a request and no code.
const GRACE: Duration = Duration::from_secs(3);

/// The time between two attempts grows from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));

/// The longest name of a lock, in bytes, that every file system takes.
const LONGEST: usize = 120;

/// The turn of a section, which ends when this is dropped; without the lock where what is left to
/// do needs no code and somebody else keeps the turn.
#[must_use]
pub(super) struct Turn(#[expect(dead_code, reason = "it is held, not looked at")] Option<Lease>);

/// What a section needs, as far as the file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    /// A role, for which there is a session, so that it takes no code.
    Role,
    Code,
}

impl Need {
    pub(super) fn code_unless(done: bool) -> Self {
        match done {
            true => Self::Nothing,
            false => Self::Code,
        }
    }
}

/// Waits for the turn to renew `section`; none where another run has renewed it. `look` looks at
/// the file again and says what is needed; it is asked whenever the file has changed, and once
/// the turn is ours.
///
/// # Errors
///
/// [`Kind::Code`] if another run keeps the turn for too long; [`Kind::File`] if the lock cannot be
/// used; those of `look`.
pub(super) async fn take(
    desk: &Desk<'_>,
    credentials: &Path,
    section: &str,
    mut look: impl FnMut() -> Result<Need>,
) -> Result<Option<Turn>> {
    let path = place(desk.ui, credentials, "section", section)?;
    let what = format!("sign-in to [{section}]");
    let mut queue = Queue::new(desk.ui, desk.wanted, &desk.waited, what);
    let mut seen = None;
    let mut free = None;
    let lease = loop {
        if let Some(lease) = store::try_lock(&path)? {
            break lease;
        }
        let now = Some(Stamp::at(credentials));
        if now != seen {
            seen = now;
            free = match look()? {
                Need::Nothing => return Ok(None),
                Need::Role => free.or_else(|| Some(Instant::now())),
                Need::Code => None,
            };
        }
        let is_over = |since: Instant| since.elapsed() >= GRACE || queue.is_over();
        if free.is_some_and(is_over) {
            return Ok(Some(Turn(None)));
        }
        queue.pause(&path).await?;
    };
    Ok((look()? != Need::Nothing).then_some(Turn(Some(lease))))
}

/// Where the lock and the state of something are that runs with the same credentials file share.
/// Two names never share it, for a run that needs both would wait for itself: so upper case is
/// spelled out, which some file systems do not tell from lower case, and a name that has to be cut
/// ends in a hash of the whole.
///
/// # Errors
///
/// As for [`store::lock()`] on the credentials file; [`Kind::File`] for a symbolic link.
pub(super) fn place(ui: &Ui, credentials: &Path, kind: &str, name: &str) -> Result<PathBuf> {
    let mut file = format!("{kind}-");
    for byte in name.bytes() {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte) {
            file.push(char::from(byte));
        } else {
            write!(file, "%{byte:02X}").expect("a String takes everything");
        }
    }
    if file.len() > LONGEST {
        let hash = Sha1::digest(&file)
            .iter()
            .fold("-".to_owned(), |hash, byte| hash + &format!("{byte:02x}"));
        file.truncate(LONGEST - hash.len());
        file += &hash;
    }
    let directory = directory(credentials)?;
    store::make_own_directory(&directory, ui)?;
    let path = directory.join(file);
    store::refuse_link(&path)?;
    Ok(path)
}

/// The directory of what runs with the same credentials file share.
///
/// # Errors
///
/// As for [`place()`].
pub(super) fn directory(credentials: &Path) -> Result<PathBuf> {
    Ok(store::directory_of(credentials)?.join("awsmfa"))
}

/// One run among others that want the same.
pub(super) struct Queue<'a> {
    ui: &'a Ui,
    /// What the others are doing, as a noun.
    what: String,
    /// None: as long as it takes.
    patience: Option<Duration>,
    /// How long the run has waited in all its queues, whose patience is one.
    waited: &'a Cell<Duration>,
    begin: Instant,
    pause: Duration,
    /// Whom the person was told about.
    told: Option<String>,
}

impl<'a> Queue<'a> {
    pub(super) fn new(
        ui: &'a Ui,
        wanted: &Wanted,
        waited: &'a Cell<Duration>,
        what: String,
    ) -> Self {
        // A person sees why it takes long, and has Ctrl-C.
        let alone = !wanted.attended || Terminal::open(ui).is_err();
        Self {
            ui,
            what,
            patience: alone.then(|| wanted.timeout.max(PATIENCE)),
            waited,
            begin: Instant::now(),
            pause: PAUSES.0,
            told: None,
        }
    }

    /// Whether it has been too long.
    fn is_over(&self) -> bool {
        self.patience
            .is_some_and(|patience| self.waited.get() >= patience)
    }

    /// Waits a little for the lock at `path`; says for whom, and gives up when it has been too long.
    pub(super) async fn pause(&mut self, path: &Path) -> Result<()> {
        if let Some(patience) = self.patience.filter(|_| self.is_over()) {
            return Err(self.too_long(&store::holder(path)?.to_string(), patience));
        }
        if self.told.is_none() && self.begin.elapsed() >= NOTICEABLE {
            let holder = store::holder(path)?.to_string();
            self.ui
                .note(&format!("waiting for the {} of {holder}", self.what));
            self.told = Some(holder);
        }
        let begin = Instant::now();
        tokio::time::sleep(self.pause).await;
        self.waited.set(self.waited.get() + begin.elapsed());
        self.pause = (self.pause * 2).min(PAUSES.1);
        Ok(())
    }

    /// One run has kept us all the time, or several have, one after the other.
    fn too_long(&self, holder: &str, patience: Duration) -> Failure {
        let (what, seconds) = (&self.what, patience.as_secs());
        let is_another = self.told.as_deref().is_some_and(|told| told != holder);
        let (what, next) = match is_another {
            true => (
                format!(
                    "others were before this run for {seconds} s, and {holder} still is with its {what}"
                ),
                "run this again when they have finished",
            ),
            false => (
                format!("{holder} has not finished its {what} after {seconds} s"),
                "answer it or end it, and run this again",
            ),
        };
        Failure::new(Kind::Code, what).next(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Manner;

    fn now<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().build().unwrap().block_on(future)
    }

    fn silent() -> Ui {
        Ui::into_sink(Manner::default(), Box::new(std::io::sink()))
    }

    #[test]
    fn a_lock_is_named_after_its_section_in_a_way_that_every_file_system_takes() {
        let home = tempfile::tempdir().unwrap();
        let credentials = home.path().join("credentials");
        for (section, name) in [
            ("default-mfa", "section-default-mfa".to_owned()),
            ("a b/../c", "section-a%20b%2F..%2Fc".to_owned()),
            ("日", "section-%E6%97%A5".to_owned()),
            ("Dev-mfa", "section-%44ev-mfa".to_owned()),
        ] {
            let path = place(&silent(), &credentials, "section", section).unwrap();
            assert_eq!(path.file_name().unwrap().to_str(), Some(name.as_str()));
            assert_eq!(
                path.parent(),
                Some(home.path().join("awsmfa")).as_deref(),
                "{section}"
            );
        }
    }

    /// Also where the file system does not tell upper case from lower case.
    #[test]
    fn no_two_names_share_a_lock() {
        let credentials = Path::new("credentials");
        let long = "x".repeat(300);
        let names = ["dev", "Dev", "dev%", "%44ev", "dév", "DÉV", &long].map(str::to_owned);
        let longer = ["y", "Y", "yy"].map(|end| format!("{long}{end}"));
        let mut taken = std::collections::HashSet::new();
        for name in names.iter().chain(&longer) {
            let path = place(&silent(), credentials, "section", name).unwrap();
            let file = path.file_name().unwrap().to_str().unwrap();
            assert!(file.len() <= LONGEST, "{file}");
            assert!(taken.insert(file.to_ascii_lowercase()), "{name}");
        }
    }

    /// What would be a minute for a program without a terminal is a moment here.
    #[test]
    fn patience_ends_with_the_name_of_the_holder() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("section-x");
        let _held = store::try_lock(&path).unwrap().unwrap();
        let ui = silent();
        let wanted = Wanted {
            attended: false,
            ..Wanted::default()
        };
        let waited = Cell::default();
        let mut queue = Queue::new(&ui, &wanted, &waited, "sign-in to [x]".to_owned());
        assert_eq!(queue.patience, Some(PATIENCE));
        let mut pause = || now(queue.pause(&path));
        pause().unwrap();
        assert!(waited.get() >= PAUSES.0);
        let long = Wanted {
            timeout: PATIENCE * 2,
            ..wanted
        };
        let longer = Queue::new(&ui, &long, &waited, String::new());
        assert_eq!(longer.patience, Some(PATIENCE * 2));
        // Where that was, does not matter.
        waited.set(PATIENCE);
        let failure = pause().unwrap_err();
        assert_eq!(failure.kind(), Kind::Code);
        let us = format!("process {} (", std::process::id());
        if cfg!(unix) {
            assert!(failure.what().starts_with(&us), "{failure}");
        }
        assert!(
            failure
                .what()
                .ends_with("has not finished its sign-in to [x] after 60 s"),
            "{failure}"
        );
        // Nobody is blamed for the time that others took.
        queue.told = Some("process 1 (awsmfa)".to_owned());
        let failure = now(queue.pause(&path)).unwrap_err();
        assert!(
            failure
                .what()
                .starts_with("others were before this run for 60 s, and "),
            "{failure}"
        );
    }
}
