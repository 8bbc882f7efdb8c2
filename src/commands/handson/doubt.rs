//! What is not known for certain while a hands-on user is put up: a request whose reply was lost, and a
//! thing that AWS has made and does not show everywhere yet.
//!
//! What is asked for is noted before. So neither this run nor the next takes what it has asked for
//! for somebody else's, or makes it twice.

use std::time::Duration;

use jiff::SignedDuration;

use super::look::{Looked, look};
use super::raise::{Memory, Raising, TRIES};
use crate::aws::IamSituation;
use crate::commands::mfa::create::is;
use crate::failure::{Failure, Kind, Result};
use crate::handson::files::Found;
use crate::handson::note::{Made, Note};
use crate::pauses::Pauses;
use crate::signin::Obstacle;

/// So long after it was asked for a key is listed, if it was made.
const LISTED: SignedDuration = SignedDuration::from_secs(15);

impl Memory<'_> {
    pub(super) fn note(&self) -> Note {
        self.notes.of(&self.home.account)
    }

    /// # Errors
    ///
    /// As for [`super::notes::Notes::revise`].
    pub(super) fn revise(&self, change: impl FnOnce(&mut Note)) -> Result<()> {
        self.notes.revise(&self.home.account, change)
    }
}

impl Raising<'_> {
    /// Looks at everything, for as long as something that was asked for is shown without its tags; what
    /// was seen before is there still.
    ///
    /// # Errors
    ///
    /// As for [`Looked::check`].
    pub(super) async fn look(&self, memory: &Memory<'_>) -> Result<Looked> {
        let _working = self.ui.working("looking what is there");
        let mut pauses = Pauses::for_news(self.timeout);
        loop {
            let looked = look(self.operator, self.wanted, &memory.serial).await?;
            let looked = looked.or_before(&memory.looked);
            let (note, now) = (memory.note(), self.operator.aws().now());
            let Some(late) = looked.late(|made| note.is_new(made, now)) else {
                looked.check(self.wanted, &memory.serial, &note)?;
                return Ok(looked);
            };
            match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(not_shown(&self.subject(memory, late))),
            }
        }
    }

    /// Notes that it is going to be asked for; whether it was asked for before, a moment ago.
    pub(super) fn ask(&self, memory: &Memory<'_>, made: Made) -> Result<bool> {
        let now = self.operator.aws().now();
        let before = memory.note().is_new(made, now);
        memory.revise(|note| note.ask(made, now))?;
        Ok(before)
    }

    /// What a request has created; `None` if its reply was lost, or that of one before it (`again`), and
    /// AWS was looked at again.
    pub(super) async fn made<T>(
        &self,
        memory: &mut Memory<'_>,
        outcome: Result<T, Obstacle>,
        made: Made,
        again: bool,
    ) -> Result<Option<T>> {
        let obstacle = match outcome {
            Ok(made) => return Ok(Some(made)),
            Err(obstacle) => obstacle,
        };
        let is_there = again && is(&obstacle, IamSituation::AlreadyExists);
        if !is_there && !obstacle.may_be_done() {
            if !again {
                memory.revise(|note| note.settle(made))?;
            }
            return Err(self.explain(obstacle, &self.subject(memory, made)));
        }
        self.in_doubt(memory, obstacle, made, is_there).await?;
        Ok(None)
    }

    /// Looks what became of a request that may have been carried out.
    async fn in_doubt(
        &self,
        memory: &mut Memory<'_>,
        obstacle: Obstacle,
        made: Made,
        is_there: bool,
    ) -> Result<()> {
        self.count_doubt(memory, obstacle, &self.subject(memory, made))?;
        // The next step that asks for a key waits for this one.
        if made == Made::Key || self.is_shown(memory, made, is_there).await? || !is_there {
            return Ok(());
        }
        self.errand.left_open();
        Err(not_shown(&self.subject(memory, made)))
    }

    /// # Errors
    ///
    /// The obstacle, where there were too many.
    pub(super) fn count_doubt(
        &self,
        memory: &mut Memory<'_>,
        obstacle: Obstacle,
        subject: &str,
    ) -> Result<()> {
        memory.doubts += 1;
        if memory.doubts >= TRIES {
            self.errand.left_open();
            return Err(self.explain(obstacle, subject));
        }
        self.ui
            .note("AWS's answer was lost; looking what became of it");
        Ok(())
    }

    /// Waits until AWS shows it; false if it was not made, as far as one can tell. What `is_there` for
    /// certain is waited for longer.
    pub(super) async fn is_shown(
        &self,
        memory: &mut Memory<'_>,
        made: Made,
        is_there: bool,
    ) -> Result<bool> {
        let pauses = match is_there {
            true => Pauses::for_news(self.timeout),
            false => Pauses::for_doubt(),
        };
        for pause in pauses {
            tokio::time::sleep(pause).await;
            memory.looked = self.look(memory).await?;
            if memory.looked.shows(made) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether every key that was asked for is known. One whose reply was lost may be listed late; it is
    /// waited for, and deleted by the next step.
    pub(super) async fn nothing_is_in_doubt(&self, memory: &mut Memory<'_>) -> Result<bool> {
        let user = self.wanted.user.as_str();
        while let Some(asked) = memory.note().asked(Made::Key) {
            let now = self.operator.aws().now();
            let listed = self
                .operator
                .call(async |aws, key| aws.access_keys(key, user).await)
                .await
                .map_err(|obstacle| self.explain(obstacle, "access keys"))?;
            let found = Found::read(&self.files()?, &memory.user_arn);
            let held = found.key_in(&self.places.key).flatten();
            if !memory.note().lost(&listed, held).is_empty() {
                memory.looked.keys = listed;
                return Ok(false);
            }
            if now.duration_since(asked) >= LISTED {
                break;
            }
            let _working = self
                .ui
                .working("making sure that no access key was made twice");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(true)
    }

    /// What it is, with its name.
    pub(super) fn subject(&self, memory: &Memory<'_>, made: Made) -> String {
        match made {
            Made::User => format!("user {}", self.wanted.user),
            Made::Role => format!("role {}", self.wanted.role),
            Made::Key => "access key".to_owned(),
            Made::Device => format!("device {}", memory.serial),
        }
    }
}

/// It was asked for and is there, and is not, or not yet, what was asked for.
fn not_shown(subject: &str) -> Failure {
    Failure::new(
        Kind::Aws,
        format!("AWS does not show {subject} yet as it was asked for"),
    )
    .next("wait a minute, then run the same again: it goes on from there")
}
