//! Taking a hands-on user down, level by level, the deeds of a level at once, and then its sections
//! out of the files.

use std::time::Duration;

use super::survey::Survey;
use crate::aws::{Aws, Holder, IamSituation, Refusal, Situation};
use crate::commands::key::record;
use crate::commands::mfa::create::{about, is};
use crate::commands::news::patiently;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Result};
use crate::handson::down::{Deed, levels};
use crate::handson::files;
use crate::ini::{Document, Flavor};
use crate::pauses::Pauses;
use crate::secret::AccessKey;
use crate::signin::{self, Operator, Revising, Revision};
use crate::together;
use crate::ui::Ui;

pub(super) struct Razing<'a> {
    pub(super) context: &'a Context,
    pub(super) ui: &'a Ui,
    pub(super) errand: &'a Errand<'a>,
    pub(super) operator: &'a Operator<'a>,
    /// How long to wait for a lock.
    pub(super) timeout: Duration,
}

impl Razing<'_> {
    /// Removes everything; what was removed, in words.
    ///
    /// # Errors
    ///
    /// The first of a level; the others of that level are carried out all the same, and what is left
    /// is found by the next run.
    pub(super) async fn run(&self, survey: &Survey) -> Result<Vec<String>> {
        let user = survey.user.as_str();
        let mut removed = Vec::new();
        for level in levels(&survey.seen) {
            let outcomes = together::all(level.iter().map(|deed| self.one(deed, user))).await;
            let mut failed = None;
            for (deed, outcome) in level.iter().zip(outcomes) {
                match outcome {
                    Ok(()) => removed.extend(removal(deed, user)),
                    Err(failure) => failed = failed.or(Some(failure)),
                }
            }
            if let Some(failure) = failed {
                return Err(failure);
            }
        }
        removed.extend(self.clear_files(survey).await?);
        Ok(removed)
    }

    /// What the deeds before have removed may count for a while still.
    async fn one(&self, deed: &Deed, user: &str) -> Result<()> {
        let waiting = format!(
            "AWS does not delete {} yet: something of it was removed a moment ago",
            deed.thing(user)
        );
        let call = patiently(
            self.ui,
            Pauses::for_news(self.timeout),
            &waiting,
            |obstacle| is(obstacle, IamSituation::DeleteConflict),
            async || {
                self.operator
                    .call(async |aws, key| carry_out(aws, key, deed, user).await)
                    .await
            },
        );
        let outcome = self.errand.step(&deed.doing(user), call).await;
        outcome.map_err(|obstacle| {
            let thing = deed.thing(user);
            self.operator.explain(obstacle, about(&thing, Some(user)))
        })?;
        self.errand.done(deed.done(user));
        match deed {
            Deed::DeleteKey(id) => record::forget(self.context, self.ui, id, self.timeout).await,
            _ => Ok(()),
        }
    }

    /// The credentials file first: what is in the config file leads to it.
    async fn clear_files(&self, survey: &Survey) -> Result<Vec<String>> {
        let mut cleared = Vec::new();
        for flavor in [Flavor::Credentials, Flavor::Config] {
            let decide = |document: &Document| sections(document, flavor, survey);
            let both = signin::read_files(self.context)?;
            let file = match flavor {
                Flavor::Credentials => both.credentials,
                Flavor::Config => both.config,
            };
            let there = decide(&file.document);
            let revising = Revising {
                flavor,
                decide: Box::new(decide),
            };
            let stay = signin::revise(self.context, self.ui, &revising, self.timeout).await?;
            for revision in there {
                let (Revision::Clear(section, _) | Revision::SignOut(section)) = revision else {
                    continue;
                };
                let words = match stay.contains(&section) {
                    true => format!("section [{section}] keeps what is not of the hands-on user"),
                    false => format!(
                        "section [{section}] is removed from {}",
                        file.path.display()
                    ),
                };
                self.errand.done(&words);
                cleared.push(words);
            }
        }
        Ok(cleared)
    }
}

fn sections(document: &Document, flavor: Flavor, survey: &Survey) -> Vec<Revision> {
    let keys: Vec<&str> = survey.keys.iter().map(String::as_str).collect();
    let made = files::made(document, flavor, &survey.user_arn, &keys).into_iter();
    let made = made.map(|(section, lines)| Revision::Clear(section, lines));
    let sessions = match flavor {
        Flavor::Credentials => files::sessions(document, &keys),
        Flavor::Config => Vec::new(),
    };
    made.chain(sessions.into_iter().map(Revision::SignOut))
        .collect()
}

/// Deactivating is not removing where deleting follows.
fn removal(deed: &Deed, user: &str) -> Option<String> {
    match deed {
        Deed::Deactivate(serial) if crate::device::name(serial).is_some() => None,
        deed => Some(deed.done(user)),
    }
}

/// What is not there is removed: by somebody else, or by a request whose reply was lost.
async fn carry_out(aws: &Aws, key: &AccessKey, deed: &Deed, user: &str) -> Result<(), Refusal> {
    let outcome = match deed {
        Deed::DeleteKey(id) => aws.delete_access_key(key, user, id).await,
        Deed::Deactivate(serial) => aws.deactivate_mfa_device(key, user, serial).await,
        Deed::DeleteDevice(serial) => aws.delete_virtual_mfa_device(key, serial).await,
        Deed::DeleteLoginProfile => aws.delete_login_profile(key, user).await.map(|_| ()),
        Deed::DetachFromUser(arn) => aws.detach_policy(key, Holder::User(user), arn).await,
        Deed::DeleteFromUser(name) => {
            aws.delete_inline_policy(key, Holder::User(user), name)
                .await
        }
        Deed::TakeFromUser(belonging) => aws.take_away(key, user, belonging).await,
        Deed::DetachFromRole(role, arn) => aws.detach_policy(key, Holder::Role(role), arn).await,
        Deed::DeleteFromRole(role, name) => {
            aws.delete_inline_policy(key, Holder::Role(role), name)
                .await
        }
        Deed::TakeFromRole(role, belonging) => aws.take_away(key, role, belonging).await,
        Deed::DeleteRole(name) => aws.delete_role(key, name).await,
        Deed::DeleteUser => aws.delete_user(key, user).await,
    };
    match outcome {
        Err(refusal) if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) => Ok(()),
        outcome => outcome,
    }
}

/// What stands in the way of taking the user down, one line each.
pub(super) fn strangers(deeds: &[Deed], user: &str) -> Failure {
    let failure = Failure::new(
        crate::failure::Kind::Configuration,
        format!(
            "user {user} or its role has what `awsmfa handson up` did not make; nothing was removed"
        ),
    );
    let told = deeds.iter().fold(failure, |failure, deed| {
        failure.next(format!("look after {}", deed.thing(user)))
    });
    told.next("or remove all of it, too, with `--force`")
}
