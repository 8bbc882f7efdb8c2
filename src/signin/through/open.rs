//! The session: one that is there and good, or a new one for a code.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::{Fresh, Party};
use crate::aws::Identity;
use crate::code::CodeSource;
use crate::failure::{Failure, Result};
use crate::profile::{self, File, Learned, Plan, Target};
use crate::session;
use crate::signin::base;
use crate::signin::caller::Caller;
use crate::signin::desk::{Errand, kept};
use crate::signin::files::catch_up_from;
use crate::signin::issue::Granted;
use crate::signin::save::{self, Contents, Entry};
use crate::signin::turn::{self, Need};
use crate::signin::{held_key, spend};

/// What the roles were assumed with.
pub(in crate::signin) struct Session {
    pub(in crate::signin) caller: Caller,
    /// The device whose code it was made with.
    pub(super) serial: Option<String>,
    /// The id of the long-term key that it was made with.
    pub(super) source_key_id: Option<String>,
    /// Where it is kept; nowhere if the source's own key is temporary already.
    kept: Option<Kept>,
    pub(super) is_reused: bool,
}

/// A session in a section.
#[derive(Clone, Debug)]
pub struct Kept {
    pub section: String,
    pub expiration: Timestamp,
}

impl Party<'_> {
    /// A good session, or a new one. `distrusted` is the id of one that looks good and is not.
    pub(super) async fn session(&mut self, distrusted: Option<&str>) -> Result<Session> {
        if self.code.is_given() {
            return self.make(distrusted).await;
        }
        let replaced = self.replaced.take();
        let unwanted = distrusted.or(replaced.as_deref());
        loop {
            if let Some(session) = self.kept(unwanted)? {
                return Ok(session);
            }
            let (desk, section) = (self.desk, self.base.plan.section.value.clone());
            let credentials = self.files.credentials.path.clone();
            let look = || {
                self.catch_up()?;
                Ok(Need::code_unless(self.kept(unwanted)?.is_some()))
            };
            let turn = turn::take(desk, &credentials, &section, look);
            if let Some(_turn) = turn.await? {
                return self.make(distrusted).await;
            }
        }
    }

    /// The session in the base's section, if it is good and not the one with the id `unwanted`.
    fn kept(&self, unwanted: Option<&str>) -> Result<Option<Session>> {
        let (desk, plan) = (self.desk, &self.base.plan);
        let now = desk.context.clock.now();
        let least = match self.own {
            true => desk.wanted.min_ttl,
            false => base::least(desk.wanted),
        };
        let good = match session::decide(plan, now, least, false) {
            Ok(good) if Some(good.session.key_id.as_str()) != unwanted => good.session,
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
        let identity = self.noted_user();
        let source_key_id = plan.source.key_id().or(good.marks.source_key_id.as_deref());
        Ok(good.expiration.map(|expiration| Session {
            caller: Caller::with_session(
                aws,
                key,
                place(&self.files.credentials, section),
                identity,
            ),
            serial: good.marks.serial.clone(),
            source_key_id: source_key_id.map(str::to_owned),
            kept: Some(Kept {
                section: section.clone(),
                expiration,
            }),
            is_reused: true,
        }))
    }

    /// Whose session it is, where that was noted with a role that the same key opened before.
    fn noted_user(&self) -> Option<Identity> {
        self.members
            .iter()
            .find_map(|member| match &member.plan.target {
                Target::Ours(role) if role.is_from(&self.base.plan.source) => {
                    Identity::noted(role.marks.user_arn.as_deref()?)
                }
                _ => None,
            })
    }

    /// The profile by whose way AWS is reached for the session.
    fn first(&self) -> &Plan {
        let member = self.members.first();
        member.map_or(&self.base.plan, |member| &member.plan)
    }

    /// Looks again if another run has written the credentials file.
    fn catch_up(&mut self) -> Result<()> {
        if catch_up_from(&mut self.files, &mut self.seen)? {
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
        // Of a session that AWS does not take, the key may be the reason: that is told first.
        let prove_first = self.prove_first || distrusted.is_some();
        if distrusted.is_none() {
            desk.somebody_to_ask(plan, &code)?;
        }
        let waiting = self.members.iter().filter(|member| member.is_waiting());
        let plans = waiting.map(|member| &member.plan).chain([plan]);
        let timeout = desk.wanted.timeout;
        save::rehearse(desk.ui, &self.files.credentials, plans, timeout).await?;
        let mut caller = Caller::new(desk.context, &desk.ways, self.first()).await?;
        if caller.key().is_temporary() {
            return Ok(self.without_code(caller, &code));
        }
        if prove_first {
            caller.warm_up(plan).await?;
        }
        desk.somebody_there(&code)?;
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
    fn ask_who(&self, caller: &Caller) -> Option<JoinHandle<Option<Identity>>> {
        if caller.known_identity().is_some() || !self.needs_identity() {
            return None;
        }
        let (aws, key) = (Arc::clone(caller.aws()), caller.key().clone());
        Some(tokio::spawn(
            async move { aws.caller_identity(&key).await.ok() },
        ))
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
                    user_arn: None,
                    issued_key_id: &granted.issued.key.id,
                    serial: Some(serial),
                    role_arn: None,
                },
            },
        };
        save::write(
            desk.context,
            desk.ui,
            &mut self.files,
            &[entry],
            desk.wanted.timeout,
        )
        .await
        .map_err(|failure| failure.next(save::CODE_USED_UP))?;
        let section = self.base.plan.section.value.clone();
        desk.session_is_kept(section);
        Ok(())
    }
}

impl Session {
    /// What came of a role.
    pub(in crate::signin) fn report(&self, granted: Granted) -> Fresh {
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
    pub(in crate::signin) fn own_report(&self) -> Option<Fresh> {
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
    pub(super) fn with_advice(&self, failure: Failure) -> Failure {
        match &self.kept {
            Some(session) if !self.is_reused => failure.note(kept(&session.section)),
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
