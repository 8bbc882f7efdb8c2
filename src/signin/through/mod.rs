//! The way through a session: one code, and every role that the source may assume.
//!
//! The session is the base's own ([`super::base`]): a good one is used as it is, else the code
//! makes one, which is written before any role is asked for (`open`). So whatever becomes of the
//! roles, the code was not spent for nothing. Then the roles are assumed all at once, and what was
//! granted is written in one go (`write`); one that is refused undoes no other, and one that AWS is
//! slow to answer keeps no other from being written.
//!
//! A session that looks good and that AWS does not take (the user is gone, the section was edited,
//! the clock was put back) is made anew, once. Rules of AWS's: a session assumes roles and asks who
//! it is, and calls nothing else of STS; it makes no other session and lasts as long as it was made
//! for; IAM takes it because it was made with MFA (AWS STS API Reference, GetSessionToken).

mod open;
mod write;

use std::time::Duration;

use tokio::task::JoinSet;

use super::Fresh;
use super::base::Base;
use super::desk::Desk;
use super::files::Seen;
use super::issue::{self, Failed, Granted};
use super::spend::ASKING;
use crate::code::CodeSource;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{Files, Plan, Request};

pub use open::Kept;

use open::Session;

/// Roles of one source, and the session that opens them.
pub(super) struct Party<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) files: Files,
    /// The credentials file that the base's plan was made from.
    pub(super) seen: Seen,
    pub(super) base: Base,
    pub(super) code: CodeSource,
    /// The profile that the person is told about when asked for the code.
    pub(super) profile: String,
    /// Whether the session itself was asked for, and not only the roles.
    pub(super) own: bool,
    /// The id of a session that is not used even if it is good: a new one was asked for.
    pub(super) replaced: Option<String>,
    /// Prove the key before a code is asked for, and not meanwhile: a question that is given up
    /// swallows the answer to the next one.
    pub(super) prove_first: bool,
    pub(super) members: Vec<Member>,
}

/// A profile with a role.
pub(super) struct Member {
    pub(super) request: Request,
    pub(super) plan: Plan,
    state: State,
}

/// How long AWS may leave a role unanswered until those that were granted are written without it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a member has come.
enum State {
    Waiting,
    Granted(Box<Granted>),
    Written(Box<Granted>),
    Failed(Failure),
}

impl Member {
    pub(super) fn new(request: Request, plan: Plan) -> Self {
        Self {
            request,
            plan,
            state: State::Waiting,
        }
    }

    /// What became of it in the end.
    pub(super) fn outcome(self) -> Result<Granted> {
        match self.state {
            State::Granted(granted) | State::Written(granted) => Ok(*granted),
            State::Failed(failure) => Err(failure),
            State::Waiting => Err(Failure::new(
                Kind::Internal,
                "a role was neither granted nor refused",
            )),
        }
    }

    fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    fn is_granted(&self) -> bool {
        matches!(self.state, State::Granted(_))
    }

    fn is_written(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Waiting) {
            State::Granted(granted) => State::Written(granted),
            other => other,
        };
    }

    fn fail(&mut self, failure: Failure) {
        self.state = State::Failed(failure);
    }
}

impl Party<'_> {
    /// Signs in to all members that wait.
    ///
    /// # Errors
    ///
    /// What stops all of them. What stops one is in its state.
    pub(super) async fn sign_in(&mut self) -> Result<Session> {
        if !self.members.is_empty() {
            self.rehearse().await?;
        }
        let mut session = self.session(None).await?;
        if self.assume(&mut session).await? == Verdict::NotAccepted {
            let id = session.caller.key().id.clone();
            // Ctrl-C at the question for a code is about nothing else.
            self.write(&session).await;
            let section = &self.base.plan.section.value;
            self.desk.ui.note(&issue::not_taken(section));
            session = self.session(Some(&id)).await?;
            self.assume(&mut session).await?;
        }
        self.write(&session).await;
        Ok(session)
    }

    fn needs_identity(&self) -> bool {
        let mut waiting = self.members.iter().filter(|member| member.is_waiting());
        waiting.any(|member| issue::needs_identity(&member.plan.roles))
    }

    /// Assumes the roles of all members that wait, at once.
    async fn assume(&mut self, session: &mut Session) -> Result<Verdict> {
        let desk = self.desk;
        let _working = desk.ui.working(ASKING);
        if self.needs_identity()
            && let Err(refusal) = session.caller.identity().await
        {
            let failed = Failed::before_any_role(refusal);
            if session.is_reused && failed.is_about_the_session() {
                return Ok(Verdict::NotAccepted);
            }
            let failure = failed.failure(&session.caller, &self.base.plan, None);
            return Err(session.with_advice(failure));
        }
        let mut calls = JoinSet::new();
        for (index, member) in self.members.iter_mut().enumerate() {
            if !member.is_waiting() {
                continue;
            }
            let mut caller = match desk.aws(&member.plan) {
                Ok(aws) => session.caller.by_way_of(aws),
                Err(failure) => {
                    member.fail(session.with_advice(failure));
                    continue;
                }
            };
            let roles = member.plan.roles.clone();
            calls.spawn(async move {
                let outcome = issue::assume_all(&mut caller, &roles, None).await;
                (index, caller, outcome)
            });
        }
        let mut verdict = Verdict::Accepted;
        let mut is_late = false;
        loop {
            let may_be_late = !is_late && self.members.iter().any(Member::is_granted);
            let call = tokio::select! {
                biased;
                () = desk.stopped() => {
                    self.give_up(session);
                    return Ok(Verdict::Accepted);
                }
                call = calls.join_next() => call,
                () = tokio::time::sleep(PATIENCE), if may_be_late => {
                    // Once: those that are late are written together.
                    is_late = true;
                    self.write(session).await;
                    continue;
                }
            };
            let Some(call) = call else { break };
            let (index, caller, outcome) = call.map_err(|error| {
                Failure::new(Kind::Internal, "a request ended early").because(error)
            })?;
            let member = &mut self.members[index];
            match outcome {
                Ok(granted) => {
                    member.state = State::Granted(Box::new(granted));
                    desk.has_unsaved(true);
                }
                Err(failed) if session.is_reused && failed.is_about_the_session() => {
                    verdict = Verdict::NotAccepted;
                }
                Err(failed) => {
                    let serial = member.plan.serial.as_ref();
                    let failure = failed.failure(&caller, &member.plan, serial);
                    // A session that AWS refuses although it is new is not good.
                    member.fail(if failed.is_about_the_session() {
                        failure
                    } else {
                        session.with_advice(failure)
                    });
                }
            }
        }
        Ok(verdict)
    }

    /// Whoever waits has waited in vain.
    fn give_up(&mut self, session: &Session) {
        for member in self.members.iter_mut().filter(|member| member.is_waiting()) {
            member.fail(session.with_advice(interrupted()));
        }
    }
}

/// What becomes of a profile that Ctrl-C was before.
pub(super) fn interrupted() -> Failure {
    Failure::new(Kind::Interrupted, "interrupted")
}

/// Whether AWS takes the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    NotAccepted,
}
