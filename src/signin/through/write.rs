//! The sections of the roles: proved beforehand, and written together.

use super::open::Session;
use super::{Member, Party, State};
use crate::failure::Result;
use crate::profile::{Learned, Target};
use crate::signin::issue;
use crate::signin::save::{self, Contents, Entry};

impl Party<'_> {
    /// Proves that the sections of the members can be written; what fits no section is told before
    /// anything is asked.
    pub(super) async fn rehearse(&mut self) -> Result<()> {
        let (ui, file) = (self.desk.ui, &self.files.credentials);
        let timeout = self.desk.wanted.timeout;
        let plans = self.members.iter().map(|member| &member.plan);
        let Err(failure) = save::rehearse(ui, file, plans, timeout).await else {
            return Ok(());
        };
        if self.members.len() == 1 && !self.own {
            return Err(failure);
        }
        for member in &mut self.members {
            if let Err(failure) = save::rehearse(ui, file, [&member.plan], timeout).await {
                member.fail(failure);
            }
        }
        match self.own || self.members.iter().any(Member::is_waiting) {
            true => Ok(()),
            false => Err(failure),
        }
    }

    /// Writes what was granted, all in one go. Where that fails, each by itself, so that one that
    /// must not be written any more keeps no other from it.
    pub(super) async fn write(&mut self, session: &Session) {
        self.write_all(session).await;
        self.desk.has_unsaved(false);
    }

    async fn write_all(&mut self, session: &Session) {
        let all: Vec<usize> = (0..self.members.len()).collect();
        let Err(failure) = self.write_these(session, &all).await else {
            return;
        };
        let mut granted = (self.members.iter_mut()).filter(|member| member.is_granted());
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
                            user_arn: member.user_arn(session),
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
        save::write(
            desk.context,
            desk.ui,
            &mut self.files,
            &entries,
            desk.wanted.timeout,
        )
        .await?;
        let section = |entry: &Entry<'_>| entry.plan.section.value.clone();
        desk.wrote(entries.iter().map(section));
        for index in which {
            self.members[*index].is_written();
        }
        Ok(())
    }
}

impl Member {
    /// The user, where the next renewal would otherwise have to ask.
    fn user_arn<'a>(&'a self, session: &'a Session) -> Option<&'a str> {
        let noted = match &self.plan.target {
            Target::Ours(role) if role.is_from(&self.plan.source) => role.marks.user_arn.as_deref(),
            _ => None,
        };
        let known = session.caller.user_arn();
        known
            .filter(|_| issue::needs_identity(&self.plan.roles))
            .or(noted)
    }
}
