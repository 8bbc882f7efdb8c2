//! The way through a session: one code, and every role that the source may assume.
//!
//! The session is the base's own ([`super::base`]): a good one is used as it is, else the code
//! makes one, which is written before any role is asked for. So whatever becomes of the roles, the
//! code was not spent for nothing. Then the roles are assumed all at once, and what was granted is
//! written in one go; one that is refused undoes no other.
//!
//! A session that looks good and that AWS does not take (the user is gone, the section was edited,
//! the clock was put back) is made anew, once. Rules of AWS's: a session assumes roles and asks who
//! it is, and calls nothing else of STS; it makes no other session and lasts as long as it was made
//! for; IAM takes it because it was made with MFA (AWS STS API Reference, GetSessionToken).

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::base::Base;
use super::caller::Caller;
use super::desk::{Desk, Errand, Stage, kept};
use super::issue::{self, Failed, Granted};
use super::save::{self, Contents, Entry};
use super::spend::{self, ASKING};
use super::{Fresh, catch_up, held_key, turn};
use crate::code::CodeSource;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, File, Files, Learned, Plan, Request};
use crate::session;

/// Roles of one source, and the session that opens them.
pub(super) struct Party<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) files: Files,
    pub(super) base: Base,
    pub(super) code: CodeSource,
    /// The profile that the person is told about when asked for the code.
    pub(super) profile: String,
    /// Make a new session even if there is a good one.
    pub(super) renew: bool,
    /// Prove the key before a code is asked for, and not meanwhile: a question that is given up
    /// swallows the answer to the next one.
    pub(super) prove_first: bool,
    pub(super) members: Vec<Member>,
}

/// A profile with a role.
pub(super) struct Member {
    pub(super) request: Request,
    pub(super) plan: Plan,
    pub(super) state: State,
}

/// How far a member has come.
pub(super) enum State {
    Waiting,
    Granted(Box<Granted>),
    Failed(Failure),
}

/// What the roles were assumed with.
pub(super) struct Session {
    pub(super) caller: Caller,
    /// The device whose code it was made with.
    pub(super) serial: Option<String>,
    /// The id of the long-term key that it was made with.
    source_key_id: Option<String>,
    /// Where it is kept; nowhere if the source's own key is temporary already.
    pub(super) kept: Option<Kept>,
    is_reused: bool,
}

/// A session in a section.
#[derive(Clone, Debug)]
pub struct Kept {
    pub section: String,
    pub expiration: Timestamp,
}

impl Member {
    pub(super) fn new(request: Request, plan: Plan) -> Self {
        Self {
            request,
            plan,
            state: State::Waiting,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting)
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
            self.desk.ui.note(&format!(
                "AWS does not take the session in [{}] any more, so a new one is made",
                self.base.plan.section.value
            ));
            session = self.session(Some(&id)).await?;
            self.assume(&mut session).await?;
        }
        self.write(&session).await;
        Ok(session)
    }

    /// A good session, or a new one. `distrusted` is the id of one that looks good and is not.
    async fn session(&mut self, distrusted: Option<&str>) -> Result<Session> {
        if self.code.is_given() {
            return self.make(distrusted).await;
        }
        let renew = self.renew;
        loop {
            if let Some(session) = self.kept(distrusted)?.filter(|_| !renew) {
                return Ok(session);
            }
            let (desk, section) = (self.desk, self.base.plan.section.value.clone());
            let credentials = self.files.credentials.path.clone();
            let is_done = || {
                self.catch_up()?;
                Ok(!renew && self.kept(distrusted)?.is_some())
            };
            let turn = turn::take(desk.ui, desk.wanted, &credentials, &section, is_done);
            if let Some(_turn) = turn.await? {
                return self.make(distrusted).await;
            }
        }
    }

    /// The session in the base's section, if it is good.
    fn kept(&self, distrusted: Option<&str>) -> Result<Option<Session>> {
        let (desk, plan) = (self.desk, &self.base.plan);
        let now = desk.context.clock.now();
        let good = match session::decide(plan, now, desk.wanted.min_ttl, false) {
            Ok(good) if Some(good.session.key_id.as_str()) != distrusted => good.session,
            Ok(_) => return Ok(None),
            Err(why) => {
                desk.ui.trace(format_args!(
                    "no session in [{}]: {why}",
                    plan.section.value
                ));
                return Ok(None);
            }
        };
        let section = &plan.section.value;
        let key = held_key(&self.files, section)?;
        let aws = desk.aws(self.first())?;
        let source_key_id = plan.source.key_id().or(good.marks.source_key_id.as_deref());
        Ok(good.expiration.map(|expiration| Session {
            caller: Caller::with_session(aws, key, place(&self.files.credentials, section), None),
            serial: good.marks.serial.clone(),
            source_key_id: source_key_id.map(str::to_owned),
            kept: Some(Kept {
                section: section.clone(),
                expiration,
            }),
            is_reused: true,
        }))
    }

    /// The profile by whose way AWS is reached for the session.
    fn first(&self) -> &Plan {
        let member = self.members.first();
        member.map_or(&self.base.plan, |member| &member.plan)
    }

    /// Looks again if another run has written the credentials file.
    fn catch_up(&mut self) -> Result<()> {
        if catch_up(&mut self.files)? {
            let Self {
                desk,
                files,
                base,
                members,
                ..
            } = self;
            if let Some(member) = members.first() {
                base.catch_up(desk.context, files, &member.plan)?;
            } else {
                base.plan = profile::resolve(desk.context, files, &base.request)?;
            }
        }
        Ok(())
    }

    /// Spends a code on a session and writes it.
    async fn make(&mut self, distrusted: Option<&str>) -> Result<Session> {
        let (desk, plan) = (self.desk, &self.base.plan);
        let code = std::mem::replace(&mut self.code, CodeSource::Terminal);
        desk.somebody_to_ask(plan, &code)?;
        let waiting = self.members.iter().filter(|member| member.is_waiting());
        let plans = waiting.map(|member| &member.plan).chain([plan]);
        let timeout = desk.wanted.timeout;
        save::rehearse(desk.ui, &self.files.credentials, plans, timeout).await?;
        let mut caller = Caller::new(desk, self.first()).await?;
        if caller.key().is_temporary() {
            return Ok(self.without_code(caller, &code));
        }
        desk.somebody_there(&code)?;
        if self.prove_first || distrusted.is_some() {
            // The key may be what AWS does not take any more: that costs no code.
            caller.warm_up(plan).await?;
        }
        let errand = Errand {
            plan,
            profile: &self.profile,
            credentials: &self.files.credentials.path,
        };
        let proof = spend::proof(desk, &mut caller, errand, code).await?;
        let asked = self.ask_who(&caller);
        let (granted, serial) = spend::spend(desk, &mut caller, errand, proof).await?;
        self.keep(&caller, &granted, &serial).await?;
        if let Some(asked) = asked {
            caller.learn(asked.await.ok().flatten());
        }
        let section = self.base.plan.section.value.clone();
        Ok(Session {
            source_key_id: Some(caller.key().id.clone()),
            caller: Caller::with_session(
                Arc::clone(caller.aws()),
                granted.issued.key,
                format!("[{section}]"),
                caller.known_identity().cloned(),
            ),
            serial: Some(serial),
            kept: Some(Kept {
                section,
                expiration: granted.issued.expiration,
            }),
            is_reused: false,
        })
    }

    /// A source whose credentials are temporary assumes its roles with them.
    fn without_code(&self, caller: Caller, code: &CodeSource) -> Session {
        if code.is_given() {
            self.desk
                .ui
                .note("the code was not used: the source's credentials are temporary already");
        }
        Session {
            source_key_id: Some(caller.key().id.clone()),
            caller,
            serial: None,
            kept: None,
            is_reused: false,
        }
    }

    /// Asks who the user is, beside the request that carries the code, where a role will need it.
    fn ask_who(
        &self,
        caller: &Caller,
    ) -> Option<tokio::task::JoinHandle<Option<crate::aws::Identity>>> {
        if caller.known_identity().is_some() || !self.needs_identity() {
            return None;
        }
        let (aws, key) = (Arc::clone(caller.aws()), caller.key().clone());
        Some(tokio::spawn(
            async move { aws.caller_identity(&key).await.ok() },
        ))
    }

    fn needs_identity(&self) -> bool {
        let mut waiting = self.members.iter().filter(|member| member.is_waiting());
        waiting.any(|member| issue::needs_identity(&member.plan.roles))
    }

    /// Writes the new session into the base's section.
    async fn keep(&mut self, caller: &Caller, granted: &Granted, serial: &str) -> Result<()> {
        let desk = self.desk;
        let entry = Entry {
            request: &self.base.request,
            plan: &self.base.plan,
            agreed: desk.wanted.yes,
            contents: Contents {
                key: &granted.issued.key,
                expiration: granted.issued.expiration,
                learned: Learned {
                    source_key_id: Some(&caller.key().id),
                    issued_key_id: &granted.issued.key.id,
                    serial: Some(serial),
                    role_arn: None,
                },
            },
        };
        save::write(desk.context, desk.ui, &mut self.files, &[entry])
            .await
            .map_err(|failure| failure.next(save::CODE_USED_UP))?;
        let section = self.base.plan.section.value.clone();
        desk.is_at(Stage::SessionKept(section));
        Ok(())
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
        for (index, member) in self.members.iter().enumerate() {
            if member.is_waiting() {
                let mut caller = session.caller.by_way_of(desk.aws(&member.plan)?);
                let roles = member.plan.roles.clone();
                calls.spawn(async move {
                    let outcome = issue::assume_all(&mut caller, &roles, None).await;
                    (index, caller, outcome)
                });
            }
        }
        let mut verdict = Verdict::Accepted;
        while let Some(call) = calls.join_next().await {
            let (index, caller, outcome) = call.map_err(|error| {
                Failure::new(Kind::Internal, "a request ended early").because(error)
            })?;
            let member = &mut self.members[index];
            match outcome {
                Ok(granted) => member.state = State::Granted(Box::new(granted)),
                Err(failed) if session.is_reused && failed.is_about_the_session() => {
                    verdict = Verdict::NotAccepted;
                }
                Err(failed) => {
                    let serial = member.plan.serial.as_ref();
                    let failure = failed.failure(&caller, &member.plan, serial);
                    member.fail(session.with_advice(failure));
                }
            }
        }
        Ok(verdict)
    }

    /// Proves that the sections of the members can be written; what fits no section is told before
    /// anything is asked.
    async fn rehearse(&mut self) -> Result<()> {
        let (ui, file) = (self.desk.ui, &self.files.credentials);
        let timeout = self.desk.wanted.timeout;
        let plans = self.members.iter().map(|member| &member.plan);
        let Err(failure) = save::rehearse(ui, file, plans, timeout).await else {
            return Ok(());
        };
        if self.members.len() == 1 {
            return Err(failure);
        }
        for member in &mut self.members {
            if let Err(failure) = save::rehearse(ui, file, [&member.plan], timeout).await {
                member.fail(failure);
            }
        }
        match self.members.iter().any(Member::is_waiting) {
            true => Ok(()),
            false => Err(failure),
        }
    }

    /// Writes what was granted, all in one go. Where that fails, each by itself, so that one that
    /// must not be written any more keeps no other from it.
    async fn write(&mut self, session: &Session) {
        let all: Vec<usize> = (0..self.members.len()).collect();
        let Err(failure) = self.write_these(session, &all).await else {
            return;
        };
        let mut granted =
            (self.members.iter_mut()).filter(|member| matches!(member.state, State::Granted(_)));
        if let (Some(only), None) = (granted.next(), granted.next()) {
            return only.fail(session.with_advice(failure));
        }
        for index in all {
            if let Err(failure) = self.write_these(session, &[index]).await {
                self.members[index].fail(session.with_advice(failure));
            }
        }
    }

    async fn write_these(&mut self, session: &Session, which: &[usize]) -> Result<()> {
        let desk = self.desk;
        let entries: Vec<Entry<'_>> = which
            .iter()
            .filter_map(|index| {
                let member = &self.members[*index];
                let State::Granted(granted) = &member.state else {
                    return None;
                };
                Some(Entry {
                    request: &member.request,
                    plan: &member.plan,
                    agreed: desk.wanted.yes,
                    contents: Contents {
                        key: &granted.issued.key,
                        expiration: granted.issued.expiration,
                        learned: Learned {
                            source_key_id: session.source_key_id.as_deref(),
                            issued_key_id: &granted.issued.key.id,
                            serial: session.serial.as_deref(),
                            role_arn: granted.role_arn.as_deref(),
                        },
                    },
                })
            })
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        save::write(desk.context, desk.ui, &mut self.files, &entries).await
    }
}

/// Whether AWS takes the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    NotAccepted,
}

impl Session {
    /// What came of a role.
    pub(super) fn report(&self, granted: Granted) -> Fresh {
        let aws = self.caller.aws();
        Fresh {
            arn: granted.issued.arn,
            key: granted.issued.key,
            expiration: granted.issued.expiration,
            aws_now: aws.now(),
            skew: aws.skew(),
            serial: self.serial.clone(),
            role_arn: granted.role_arn,
            lowered: granted.lowered,
            session: self.kept.clone(),
            warnings: Vec::new(),
        }
    }

    /// What came of the session itself; none if it was there already, or is kept nowhere.
    pub(super) fn own_report(&self) -> Option<Fresh> {
        let kept = self.kept.as_ref().filter(|_| !self.is_reused)?;
        let aws = self.caller.aws();
        let identity = self.caller.known_identity();
        Some(Fresh {
            arn: identity.map(|identity| identity.arn.clone()),
            key: self.caller.key().clone(),
            expiration: kept.expiration,
            aws_now: aws.now(),
            skew: aws.skew(),
            serial: self.serial.clone(),
            role_arn: None,
            lowered: None,
            session: None,
            warnings: Vec::new(),
        })
    }

    /// A failure after a code was spent on the session says that this was not for nothing.
    fn with_advice(&self, failure: Failure) -> Failure {
        match &self.kept {
            Some(session) if !self.is_reused => failure.next(kept(&session.section)),
            _ => failure,
        }
    }
}

/// `path:line` of a section.
fn place(file: &File, section: &str) -> String {
    let line = file.document.profile(section).map(|found| found.line());
    match line {
        Some(line) => format!("{}:{line}", file.path.display()),
        None => format!("[{section}]"),
    }
}
