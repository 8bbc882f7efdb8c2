//! Where a person is asked, and what is known about the run: who can be asked, how AWS is reached,
//! and how far it has come.
//!
//! Everything here may wait: for a person, a command or AWS. Ctrl-C drops the future at any of
//! those points, unless there is something to save, and says what has happened by then
//! ([`Desk::until_interrupted`]). What the code buys is [`super::spend`]'s.

use std::cell::{Cell, RefCell};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::caller::Caller;
use super::ways::Ways;
use super::{Wanted, device, signals, step};
use crate::aws::Aws;
use crate::code::{self, Code, CodeSource, Prompt};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{File, Origin, Plan, Source, Sourced, Target};
use crate::terminal::Terminal;
use crate::ui::Ui;

pub(super) struct Desk<'a> {
    pub(super) context: &'a Context,
    pub(super) ui: &'a Ui,
    pub(super) wanted: &'a Wanted,
    /// Somebody who can be asked, or why there is nobody.
    terminal: io::Result<Terminal>,
    pub(super) ways: Ways,
    /// How long other runs have been waited for.
    pub(super) waited: Cell<Duration>,
    progress: RefCell<Progress>,
    /// Told when the run shall save what it has, and end.
    stop: Notify,
    is_stopped: Cell<bool>,
}

/// How far the run has come, for whoever interrupts it.
#[derive(Debug, Default)]
struct Progress {
    /// The code for what is not written yet.
    code: Spent,
    /// The section of the session that was made last.
    session: Option<String>,
    /// The other sections that were written.
    written: Vec<String>,
    /// Whether roles were granted whose credentials are not written yet.
    is_unsaved: bool,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Spent {
    #[default]
    No,
    /// It is on its way, and nobody can tell whether AWS has seen it.
    Perhaps,
    Yes,
}

/// What a code is needed for.
#[derive(Clone, Copy)]
pub(super) struct Errand<'a> {
    pub(super) plan: &'a Plan,
    /// The profile that the person named.
    pub(super) profile: &'a str,
    /// The credentials file; what is known about codes is kept beside it.
    pub(super) credentials: &'a Path,
}

impl<'a> Desk<'a> {
    pub(super) fn new(context: &'a Context, ui: &'a Ui, wanted: &'a Wanted) -> Self {
        Self {
            context,
            ui,
            wanted,
            terminal: match wanted.attended {
                true => Terminal::open(ui),
                false => Err(io::Error::other("nobody is asked in the background")),
            },
            ways: Ways::new(ui, wanted.timeout),
            waited: Cell::default(),
            progress: RefCell::default(),
            stop: Notify::new(),
            is_stopped: Cell::new(false),
        }
    }

    pub(super) fn aws(&self, plan: &Plan) -> Result<Arc<Aws>> {
        self.ways.of(self.context, plan)
    }

    /// Takes note of how far a code has gone whose credentials are not written yet.
    pub(super) fn code_is_spent(&self, spent: Spent) {
        self.progress.borrow_mut().code = spent;
    }

    /// Takes note that the session that a code has bought is in this section.
    pub(super) fn session_is_kept(&self, section: String) {
        let mut progress = self.progress.borrow_mut();
        progress.code = Spent::No;
        progress.session = Some(section);
    }

    /// Takes note of sections that were written beside.
    pub(super) fn wrote(&self, sections: impl IntoIterator<Item = String>) {
        let sections = sections.into_iter().map(|section| format!("[{section}]"));
        self.progress.borrow_mut().written.extend(sections);
    }

    /// Takes note that roles were granted and are not written yet, or that this is over.
    pub(super) fn has_unsaved(&self, is_unsaved: bool) {
        self.progress.borrow_mut().is_unsaved = is_unsaved;
    }

    /// Whether the run was told to save what it has, and end.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.get()
    }

    /// Resolves when that happens.
    pub(super) async fn stopped(&self) {
        self.stop.notified().await;
    }

    /// Does `work` until Ctrl-C. What was granted by then is written first, unless Ctrl-C is pressed
    /// again. The work is large, so it is expected in a box.
    pub(super) async fn until_interrupted<T>(
        &self,
        mut work: Pin<Box<impl Future<Output = Result<T>>>>,
    ) -> Result<T> {
        loop {
            tokio::select! {
                // The signal is listened to before anything is waited for.
                biased;
                () = signals::interrupted() => {}
                done = &mut work => return done,
            }
            if self.is_stopped() || !self.progress.borrow().is_unsaved {
                return Err(self.interrupted());
            }
            self.ui
                .note("writing what was granted; Ctrl-C again ends it at once");
            self.is_stopped.set(true);
            self.stop.notify_one();
        }
    }

    /// What to tell whoever pressed Ctrl-C.
    fn interrupted(&self) -> Failure {
        let progress = self.progress.borrow();
        let nothing = match self.wanted.new_device {
            // The set-up of a device has its line in the config file by then.
            true => "no credentials were written",
            false => "nothing was written",
        };
        let is_nothing = progress.session.is_none() && progress.written.is_empty();
        let what = match progress.code {
            Spent::Yes if is_nothing => format!("interrupted; the code is used up and {nothing}"),
            _ if is_nothing => format!("interrupted; {nothing}"),
            _ if progress.written.is_empty() => "interrupted".to_owned(),
            _ => format!(
                "interrupted; written before: {}",
                progress.written.join(", ")
            ),
        };
        let mut failure = Failure::new(Kind::Interrupted, what);
        if let Some(section) = &progress.session {
            failure = failure.note(kept(section));
        }
        match progress.code {
            Spent::No => failure,
            Spent::Yes if is_nothing => failure,
            _ => {
                failure.next("sign in with the next code: the last one was sent and may be used up")
            }
        }
    }

    /// Temporary keys that somebody else wrote are replaced only with consent.
    pub(super) async fn consent(&self, plan: &Plan, file: &File) -> Result<()> {
        let Target::Foreign { line, .. } = &plan.target else {
            return Ok(());
        };
        if self.wanted.yes {
            return Ok(());
        }
        let section = &plan.section.value;
        let place = format!("{}:{line}", file.path.display());
        let refused = |what: String| {
            Failure::new(Kind::Configuration, what)
                .at(&place)
                .next("agree with `awsmfa login --yes`")
                .next("or choose another section with `awsmfa login --to NAME`")
        };
        let Ok(terminal) = &self.terminal else {
            return Err(refused(format!(
                "section [{section}] holds temporary credentials that another tool wrote"
            )));
        };
        let question = format!(
            "[{section}] holds temporary credentials that another tool wrote. Replace them?"
        );
        if terminal
            .aside(move |terminal| terminal.confirm(&question))
            .await?
        {
            Ok(())
        } else {
            Err(refused(format!("section [{section}] was not replaced")))
        }
    }

    /// Fails early where a code will be needed and there is nobody to ask for it. A temporary key
    /// needs no code, and a command may print one.
    pub(super) fn somebody_to_ask(&self, plan: &Plan, code: &CodeSource) -> Result<()> {
        match &plan.source {
            Source::Profile { key, .. } | Source::Environment { key } if !key.is_temporary() => {
                self.somebody_there(code)
            }
            _ => Ok(()),
        }
    }

    /// The same, now that the key is known to be long-term.
    pub(super) fn somebody_there(&self, code: &CodeSource) -> Result<()> {
        match (code, &self.terminal) {
            (CodeSource::Terminal, Err(error)) => Err(code::nobody_to_ask(error)),
            _ => Ok(()),
        }
    }

    /// Who can be asked for another code.
    pub(super) fn terminal(&self) -> Option<&Terminal> {
        self.terminal.as_ref().ok()
    }

    /// The device that AWS lists.
    pub(super) async fn discover(
        &self,
        caller: &mut Caller,
        plan: &Plan,
    ) -> Result<Sourced<String>> {
        let _working = self.ui.working("looking for the MFA device");
        let value = device::discover(caller, self.terminal(), self.ui, plan).await?;
        Ok(Sourced::new(value, Origin::Default))
    }

    /// Where a person or a command takes a while, the connection is made and the key is proved
    /// meanwhile: DNS, TCP, TLS and the root certificates are then out of the way of the request
    /// that carries the code.
    pub(super) async fn first_code(
        &self,
        source: CodeSource,
        caller: &mut Caller,
        errand: Errand<'_>,
        serial: &str,
    ) -> Result<Code> {
        let waits = matches!(source, CodeSource::Terminal | CodeSource::Command { .. });
        let code = self.code_from(source, errand, serial);
        if !waits {
            return code.await;
        }
        let (code, ()) = tokio::try_join!(code, caller.warm_up(errand.plan))?;
        Ok(code)
    }

    /// A code from a command waits until the device has one that was not sent before.
    pub(super) async fn code_from(
        &self,
        source: CodeSource,
        errand: Errand<'_>,
        serial: &str,
    ) -> Result<Code> {
        let timeout = self.wanted.timeout;
        let prompt = prompt(errand, serial);
        if !matches!(source, CodeSource::Command { .. }) {
            return source.obtain(self.ui, &prompt, timeout).await;
        }
        let file = errand.credentials;
        let permit = step::permit(self.context, self.ui, self.wanted, file, serial, false).await?;
        let code = source.obtain(self.ui, &prompt, timeout).await?;
        permit.used()?;
        Ok(code)
    }

    /// The next code, after the line `why`; none of those that were refused.
    pub(super) async fn another_code(
        &self,
        terminal: &Terminal,
        errand: Errand<'_>,
        serial: &str,
        mut why: &str,
        refused: &[Code],
    ) -> Result<Code> {
        loop {
            let code = code::ask(terminal, &prompt(errand, serial), Some(why)).await?;
            if !refused.iter().any(|other| other.is_same(&code)) {
                return Ok(code);
            }
            why = "that code was sent before and will not be accepted again: wait for the next one";
        }
    }
}

/// What is gained although the run failed.
pub(super) fn kept(section: &str) -> String {
    format!("the session in [{section}] is good: no new code is needed")
}

fn prompt<'p>(errand: Errand<'p>, serial: &'p str) -> Prompt<'p> {
    Prompt {
        device: serial,
        profile: errand.profile,
    }
}
