//! Several profiles in one run: one code for each source, its roles assumed at once.
//!
//! 1. [`plan_all`] reads the files, finds and resolves the profiles, and refuses what cannot go
//!    together. It writes nothing and sends nothing.
//! 2. [`sign_in_all`] goes through the sources one after the other, each as [`mod@super::through`]
//!    does: what is still good is left alone, and one profile that fails undoes no other.

mod plan;

use std::rc::Rc;

use super::base::Base;
use super::desk::Desk;
use super::through::{Member, Party};
use super::turn::{self, Turn};
use super::{Fresh, Wanted, caller, in_a_runtime, signals, survey};
use crate::code::CodeSource;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, Files, Plan, Request, Target};
use crate::session;
use crate::ui::Ui;

pub use plan::plan_all;

use plan::lower;

/// The profiles of a run.
#[derive(Debug)]
pub enum Which {
    Named(Vec<String>),
    /// Every role profile of the source of these; none: of the chosen profile's.
    AllOf(Vec<String>),
}

/// Everything known before anything is sent.
#[derive(Debug)]
pub struct Plans {
    pub files: Files,
    /// What the person should know though it stops nobody, one sentence each.
    pub warnings: Vec<String>,
    groups: Vec<Group>,
    /// In the order in which they were named, or stand in the files.
    rows: Vec<Row>,
}

/// A profile and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    pub profile: String,
    /// None where the profile does not add up.
    pub section: Option<String>,
    /// As it is configured.
    pub role_arn: Option<String>,
    pub outcome: Outcome,
}

/// What became of a profile.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Nothing yet.
    Open,
    /// Its section was still good.
    Reused(Box<profile::Session>),
    Renewed(Rc<Fresh>),
    /// Several may fail for one reason.
    Failed(Rc<Failure>),
}

impl Row {
    /// What is new, if the profile was signed in to now.
    pub fn fresh(&self) -> Option<&Fresh> {
        match &self.outcome {
            Outcome::Renewed(fresh) => Some(fresh),
            _ => None,
        }
    }
}

/// What came of all of them.
#[derive(Debug)]
pub struct Done {
    pub rows: Vec<Row>,
    /// Why some AWS tool will not read the file at all.
    pub warnings: Vec<String>,
}

/// Profiles that one session opens.
#[derive(Debug)]
struct Group {
    base: Base,
    /// The row of the profile that the session itself is for, if it was named.
    own: Option<usize>,
    /// The roles' rows, each with what was asked for.
    roles: Vec<(usize, Request, Plan)>,
    code: CodeSource,
}

fn failed(profile: &str, failure: Failure) -> Outcome {
    Outcome::Failed(Rc::new(failure.about(format!("profile `{profile}`"))))
}

/// Signs in to all of them.
///
/// # Errors
///
/// What ends the run as a whole: an interruption. Every other failure is in the row of its
/// profile.
pub fn sign_in_all(context: &Context, ui: &Ui, plans: Plans, wanted: &Wanted) -> Result<Done> {
    in_a_runtime(async {
        let desk = Desk::new(context, ui, wanted);
        let survey = survey(&plans.files.credentials);
        let rows = tokio::select! {
            biased;
            () = signals::interrupted() => return Err(desk.interrupted()),
            rows = sign_in(&desk, plans) => rows?,
        };
        let mut warnings = Vec::new();
        if rows
            .iter()
            .any(|row| matches!(row.outcome, Outcome::Renewed(_)))
        {
            warnings = survey.await.unwrap_or_default();
        }
        Ok(Done { rows, warnings })
    })
}

async fn sign_in(desk: &Desk<'_>, plans: Plans) -> Result<Vec<Row>> {
    let Plans {
        mut files,
        groups,
        mut rows,
        ..
    } = plans;
    let prove_first = groups.len() > 1;
    for group in groups {
        let indices: Vec<usize> = (group.own.into_iter())
            .chain(group.roles.iter().map(|(index, ..)| *index))
            .collect();
        let source = group.base.plan.profile.value.clone();
        let Err(failure) = sign_in_group(desk, &mut files, group, prove_first, &mut rows).await
        else {
            continue;
        };
        if failure.kind() == Kind::Interrupted {
            return Err(failure);
        }
        let failure = failure.about(format!("profile `{source}`"));
        let shared = Outcome::Failed(Rc::new(failure));
        for index in indices {
            if matches!(rows[index].outcome, Outcome::Open) {
                rows[index].outcome = shared.clone();
            }
        }
    }
    Ok(rows)
}

async fn sign_in_group(
    desk: &Desk<'_>,
    files: &mut Files,
    group: Group,
    prove_first: bool,
    rows: &mut [Row],
) -> Result<()> {
    let Group {
        base,
        own,
        mut roles,
        code,
    } = group;
    let given = code.is_given();
    roles.sort_by(|(_, _, one), (_, _, other)| one.section.value.cmp(&other.section.value));
    let mut turns: Vec<Turn> = Vec::new();
    let mut members = Vec::new();
    let mut indices = Vec::new();
    for (index, request, mut plan) in roles {
        let is_good = |plan: &Plan| {
            let now = desk.context.clock.now();
            let force = desk.wanted.force || given;
            session::decide(plan, now, desk.wanted.min_ttl, force).is_ok()
        };
        if !given && !is_good(&plan) {
            let (credentials, section) =
                (files.credentials.path.clone(), plan.section.value.clone());
            let is_done = || {
                if super::catch_up(files)? {
                    plan = profile::resolve(desk.context, files, &request)?;
                    lower(&mut plan);
                }
                Ok(is_good(&plan))
            };
            turns.extend(turn::take(desk.ui, desk.wanted, &credentials, &section, is_done).await?);
        }
        if let (true, Target::Ours(session)) = (is_good(&plan), &plan.target) {
            rows[index].outcome = Outcome::Reused(session.clone());
        } else if let Err(failure) = desk.consent(&plan, &files.credentials).await {
            if failure.kind() == Kind::Interrupted {
                return Err(failure);
            }
            rows[index].outcome = failed(&rows[index].profile, failure);
        } else {
            members.push(Member::new(request, plan));
            indices.push(index);
        }
    }
    if members.is_empty() && own.is_none() {
        return Ok(());
    }
    if own.is_some() {
        desk.consent(&base.plan, &files.credentials).await?;
    }
    let mut party = Party {
        desk,
        files: files.clone(),
        profile: base.plan.profile.value.clone(),
        base,
        code,
        prove_first,
        renew: own.is_some() && desk.wanted.force,
        members,
    };
    let session = party.sign_in().await;
    *files = party.files;
    let session = session?;
    if let Some(own) = own {
        rows[own].outcome = match (session.own_report(), &party.base.plan.target) {
            (None, Target::Ours(session)) => Outcome::Reused(session.clone()),
            (Some(fresh), _) => Outcome::Renewed(Rc::new(fresh)),
            (None, _) => failed(&rows[own].profile, caller::temporary(&rows[own].profile)),
        };
    }
    for (index, member) in indices.into_iter().zip(party.members) {
        rows[index].outcome = match member.outcome() {
            Ok(granted) => Outcome::Renewed(Rc::new(session.report(granted))),
            Err(failure) => failed(&rows[index].profile, failure),
        };
    }
    Ok(())
}
