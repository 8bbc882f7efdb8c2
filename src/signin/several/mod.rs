//! Several profiles in one run: one code for each source, its roles assumed at once.
//!
//! 1. [`plan_all`] reads the files, finds and resolves the profiles, and refuses what cannot go
//!    together. It writes nothing and sends nothing.
//! 2. [`sign_in_all`] goes through the sources one after the other, each as [`mod@super::through`]
//!    does: what is still good is left alone, and one profile that fails undoes no other.

mod plan;

use std::rc::Rc;
use std::sync::Arc;

use super::base::Base;
use super::desk::Desk;
use super::files::{Seen, catch_up_from};
use super::through::{self, Member, Party};
use super::turn::{self, Need, Turn};
use super::{Fresh, Wanted, caller, held_id, in_a_runtime, survey};
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
    /// Whether it asks for more than AWS grants with a session.
    lowered: bool,
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

impl Group {
    /// The rows of all its profiles.
    fn indices(&self) -> Vec<usize> {
        let roles = self.roles.iter().map(|(index, ..)| *index);
        self.own.into_iter().chain(roles).collect()
    }
}

fn failed(profile: &str, failure: Failure) -> Outcome {
    Outcome::Failed(Rc::new(failure.about(format!("profile `{profile}`"))))
}

/// Signs in to all of them.
///
/// # Errors
///
/// [`Kind::Interrupted`] for Ctrl-C, which ends the run as a whole, unless there are roles to save
/// that were granted by then. Every other failure is in the row of its profile.
pub fn sign_in_all(context: &Context, ui: &Ui, plans: Plans, wanted: &Wanted) -> Result<Done> {
    in_a_runtime(async {
        let desk = Desk::new(context, ui, wanted);
        let survey = survey(&plans.files);
        let signing_in = Box::pin(sign_in(&desk, plans));
        let rows = desk.until_interrupted(signing_in).await?;
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
    let seen = Arc::clone(files.credentials.document.shared_bytes());
    let prove_first = groups.len() > 1;
    let mut stopped: Option<Outcome> = None;
    for group in groups {
        let indices = group.indices();
        let source = group.base.plan.profile.value.clone();
        let outcome = match &stopped {
            Some(outcome) => outcome.clone(),
            None => {
                match sign_in_group(desk, &mut files, &seen, group, prove_first, &mut rows).await {
                    Ok(()) if desk.is_stopped() => {
                        stopped = Some(failed(&source, through::interrupted()));
                        continue;
                    }
                    Ok(()) => continue,
                    Err(failure) => {
                        let interrupted = failure.kind() == Kind::Interrupted;
                        let outcome = failed(&source, failure);
                        stopped = interrupted.then(|| outcome.clone());
                        outcome
                    }
                }
            }
        };
        for index in indices {
            if matches!(rows[index].outcome, Outcome::Open) {
                rows[index].outcome = outcome.clone();
            }
        }
    }
    Ok(rows)
}

/// One source: its session, and the roles that are not good any more. The plans were made from what
/// was `seen` of the file.
async fn sign_in_group(
    desk: &Desk<'_>,
    files: &mut Files,
    seen: &Seen,
    group: Group,
    prove_first: bool,
    rows: &mut [Row],
) -> Result<()> {
    let Group {
        mut base,
        own,
        roles,
        code,
    } = group;
    let replaced = held_id(&base.plan).filter(|_| own.is_some() && desk.wanted.force);
    let replaced = replaced.map(str::to_owned);
    let (indices, members, _turns) =
        open_roles(desk, files, seen, &mut base, roles, code.is_given(), rows).await?;
    if members.is_empty() && own.is_none() {
        return Ok(());
    }
    tell_lowered(desk, indices.iter().map(|index| &rows[*index]));
    if own.is_some() {
        desk.consent(&base.plan, &files.credentials).await?;
    }
    let mut party = Party {
        desk,
        files: files.clone(),
        seen: Arc::clone(seen),
        profile: base.plan.profile.value.clone(),
        base,
        code,
        prove_first,
        own: own.is_some(),
        replaced,
        members,
    };
    let session = party.sign_in().await;
    *files = party.files;
    let session = session?;
    if let Some(own) = own {
        let row = &mut rows[own];
        row.outcome = match (session.own_report(), &party.base.plan.target) {
            (None, Target::Ours(session)) => Outcome::Reused(session.clone()),
            (Some(fresh), _) => Outcome::Renewed(Rc::new(fresh)),
            (None, _) => failed(&row.profile, caller::temporary(&row.profile)),
        };
    }
    for (index, member) in indices.into_iter().zip(party.members) {
        let row = &mut rows[index];
        row.outcome = match member.outcome() {
            Ok(granted) => Outcome::Renewed(Rc::new(session.report(granted))),
            Err(failure) => failed(&row.profile, failure),
        };
    }
    Ok(())
}

/// Says which of the roles that are going to be assumed will be good for less than they ask.
fn tell_lowered<'a>(desk: &Desk<'_>, rows: impl Iterator<Item = &'a Row>) {
    let lowered = rows.filter(|row| row.lowered);
    let lowered: Vec<&str> = lowered.map(|row| row.profile.as_str()).collect();
    if !lowered.is_empty() {
        desk.ui.note(&format!(
            "AWS grants one hour at most to a role that is assumed with a session, so one hour is asked for: {}",
            lowered.join(", ")
        ));
    }
}

/// The roles that have to be assumed, each with its row, and the turns of their sections, taken in
/// the order of the names so that no two runs wait for each other. What is good already, or must
/// not be replaced, is settled here.
async fn open_roles(
    desk: &Desk<'_>,
    files: &mut Files,
    seen: &Seen,
    base: &mut Base,
    mut roles: Vec<(usize, Request, Plan)>,
    given: bool,
    rows: &mut [Row],
) -> Result<(Vec<usize>, Vec<Member>, Vec<Turn>)> {
    let is_good = |plan: &Plan, before: Option<&str>| {
        let now = desk.context.clock.now();
        let force = given || desk.wanted.replaces(plan, before);
        session::decide(plan, now, desk.wanted.min_ttl, force).is_ok()
    };
    roles
        .sort_unstable_by(|(_, _, one), (_, _, other)| one.section.value.cmp(&other.section.value));
    let (mut indices, mut members, mut turns) = (Vec::new(), Vec::new(), Vec::new());
    for (index, request, mut plan) in roles {
        let before = held_id(&plan).map(str::to_owned);
        let before = before.as_deref();
        if !given && !is_good(&plan, before) {
            let credentials = files.credentials.path.clone();
            let section = plan.section.value.clone();
            let mut seen = Arc::clone(seen);
            let look = || {
                if catch_up_from(files, &mut seen)? {
                    plan = profile::resolve(desk.context, files, &request)?;
                    rows[index].lowered = lower(&mut plan);
                    base.catch_up(desk.context, files, &plan)?;
                }
                Ok(match is_good(&plan, before) {
                    true => Need::Nothing,
                    false if base.is_good(desk.context, desk.wanted) => Need::Role,
                    false => Need::Code,
                })
            };
            match turn::take(desk, &credentials, &section, look).await {
                Ok(turn) => turns.extend(turn),
                Err(failure) if failure.kind() == Kind::Interrupted => return Err(failure),
                Err(failure) => {
                    let row = &mut rows[index];
                    row.outcome = failed(&row.profile, failure);
                    continue;
                }
            }
        }
        let row = &mut rows[index];
        if let (true, Target::Ours(session)) = (is_good(&plan, before), &plan.target) {
            row.outcome = Outcome::Reused(session.clone());
            continue;
        }
        match desk.consent(&plan, &files.credentials).await {
            Ok(()) => {
                indices.push(index);
                members.push(Member::new(request, plan));
            }
            Err(failure) if failure.kind() == Kind::Interrupted => return Err(failure),
            Err(failure) => row.outcome = failed(&row.profile, failure),
        }
    }
    Ok((indices, members, turns))
}
