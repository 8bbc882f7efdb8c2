//! Which profiles, and what goes together: one session for the roles of one source and device.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Group, Outcome, Plans, Row, Which, failed};
use crate::code::CodeSource;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, Files, Plan, ROLE_DEFAULT, Request, Source};
use crate::session;
use crate::signin::base::{self, Base, Way};
use crate::signin::{Wanted, circle, read_files};
use crate::spelled::word;
use crate::ui::Ui;

/// Reads, resolves and checks.
///
/// # Errors
///
/// [`Kind::Usage`], [`Kind::Configuration`], [`Kind::File`] or [`Kind::Code`]; nothing has been
/// sent or written.
pub fn plan_all(context: &Context, ui: &Ui, wanted: &Wanted, which: &Which) -> Result<Plans> {
    wanted.check_code(context)?;
    let files = read_files(context)?;
    let found = match which {
        Which::Named(names) => named(context, &files, wanted, names)?,
        Which::AllOf(names) => all_of(context, &files, wanted, names)?,
    };
    refuse_same_section(&found, which)?;
    let mut plans = Plans {
        files,
        warnings: Vec::new(),
        groups: Vec::new(),
        rows: Vec::new(),
    };
    for (name, plan) in found {
        plans.add(context, wanted, &name, plan)?;
    }
    for row in &plans.rows {
        let section = row.section.as_deref().unwrap_or("-");
        ui.trace(format_args!(
            "profile {} (section [{section}])",
            row.profile
        ));
    }
    plans.refuse_one_code_for_many(wanted, context.clock.now())?;
    Ok(plans)
}

fn request(wanted: &Wanted, profile: &str) -> Request {
    Request {
        profile: Some(profile.to_owned()),
        ..wanted.request.clone()
    }
}

/// A profile as it was named, and its plan.
type Found = (String, Result<Plan>);

/// Who names a profile that is not there means another one, so that ends the run, like any other
/// mistake on the command line. What is wrong with one profile is told in its row.
fn named(
    context: &Context,
    files: &Files,
    wanted: &Wanted,
    names: &[String],
) -> Result<Vec<Found>> {
    let mut found: Vec<Found> = Vec::new();
    for name in names {
        let plan = match profile::resolve(context, files, &request(wanted, name)) {
            Err(failure) if failure.kind() == Kind::Usage || !is_there(files, name) => {
                return Err(failure);
            }
            plan => plan,
        };
        // A profile and the section of it are one.
        let known = found.iter().any(|known| match (known, &plan) {
            ((_, Ok(known)), Ok(plan)) => {
                known.profile.value == plan.profile.value
                    && known.section.value == plan.section.value
            }
            ((known, Err(_)), Err(_)) => known == name,
            _ => false,
        });
        if !known {
            found.push((name.clone(), plan));
        }
    }
    Ok(found)
}

fn is_there(files: &Files, name: &str) -> bool {
    let mut both = [&files.config, &files.credentials].into_iter();
    both.any(|file| file.document.profile(name).is_some())
}

fn all_of(
    context: &Context,
    files: &Files,
    wanted: &Wanted,
    names: &[String],
) -> Result<Vec<Found>> {
    let chosen = match names {
        [] => vec![wanted.request.clone()],
        names => names.iter().map(|name| request(wanted, name)).collect(),
    };
    let mut bases: Vec<String> = Vec::new();
    for request in &chosen {
        let plan = profile::resolve(context, files, request)?;
        bases.extend(plan.base.filter(|base| !bases.contains(base)));
    }
    let found: Vec<Found> = bases
        .iter()
        .flat_map(|base| profile::kin(context, files, base, &wanted.request))
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let Some(source) = bases.first() else {
        return Err(Failure::new(
            Kind::Configuration,
            "the environment has the key, and only a profile can be the source of others",
        )
        .at("AWS_ACCESS_KEY_ID")
        .next("name a profile of the source's with `--profile`"));
    };
    Err(Failure::new(
        Kind::Configuration,
        format!("there is no role profile whose source is `{source}`"),
    )
    .at(files.config.path.display())
    .note(format!(
        "a role profile is [profile NAME] with `role_arn = arn:aws:iam::ACCOUNT:role/ROLE` and `source_profile = {source}`"
    )))
}

fn refuse_same_section(found: &[Found], which: &Which) -> Result<()> {
    let mut writers: HashMap<&str, &str> = HashMap::new();
    for (name, plan) in found {
        let Ok(plan) = plan else { continue };
        let section = plan.section.value.as_str();
        let Some(other) = writers.insert(section, name) else {
            continue;
        };
        let kind = match which {
            Which::Named(_) => Kind::Usage,
            Which::AllOf(_) => Kind::Configuration,
        };
        return Err(Failure::new(
            kind,
            format!("profiles `{other}` and `{name}` both write section [{section}]"),
        )
        .at(&plan.section.origin)
        .next("give one of them another section with `awsmfa_profile`"));
    }
    Ok(())
}

impl Plans {
    fn add(
        &mut self,
        context: &Context,
        wanted: &Wanted,
        asked: &str,
        plan: Result<Plan>,
    ) -> Result<()> {
        let index = self.rows.len();
        let checked = plan.and_then(|plan| {
            if let Source::Process { name, .. } = &plan.source {
                circle::check(&context.env, name, &plan.source.origin())?;
            }
            Ok(plan)
        });
        let mut plan = match checked {
            Ok(plan) => plan,
            Err(failure) => {
                self.rows.push(Row {
                    profile: asked.to_owned(),
                    section: None,
                    role_arn: None,
                    lowered: false,
                    outcome: failed(asked, failure),
                });
                return Ok(());
            }
        };
        for warning in plan.warnings.drain(..) {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self.rows.push(Row {
            profile: plan.profile.value.clone(),
            section: Some(plan.section.value.clone()),
            role_arn: plan.roles.last().map(|role| role.arn.clone()),
            lowered: lower(&mut plan),
            outcome: Outcome::Open,
        });
        let request = request(wanted, asked);
        let code = wanted.code_source(context, &plan)?;
        if plan.roles.is_empty() {
            self.group(Base { request, plan }, code).own = Some(index);
            return Ok(());
        }
        match base::choose(context, &self.files, &plan, wanted) {
            Way::Session(base) => self.group(*base, code).roles.push((index, request, plan)),
            Way::Direct(why) => {
                let force = wanted.force || code.is_given();
                let good = session::decide(&plan, context.clock.now(), wanted.min_ttl, force);
                let row = &mut self.rows[index];
                row.outcome = match good {
                    Ok(good) => Outcome::Reused(Box::new(good.session.clone())),
                    Err(_) => failed(&row.profile, not_shared(&row.profile, why)),
                };
            }
        }
        Ok(())
    }

    /// The group of this base and device. A device that nobody named is whichever AWS lists.
    fn group(&mut self, base: Base, code: CodeSource) -> &mut Group {
        let known = self.groups.iter().position(|group| {
            let (one, other) = (&group.base.plan, &base.plan);
            let same_device = match (device(one), device(other)) {
                (Some(one), Some(other)) => one == other,
                _ => true,
            };
            one.profile.value == other.profile.value && same_device
        });
        match known {
            Some(index) => {
                let group = &mut self.groups[index];
                let serial = &mut group.base.plan.serial;
                *serial = serial.take().or(base.plan.serial);
                group
            }
            None => {
                self.groups.push(Group {
                    base,
                    own: None,
                    roles: Vec::new(),
                    code,
                });
                self.groups.last_mut().expect("it was just added")
            }
        }
    }

    /// A code is of one device, and good once. One that is given is spent; one that only lies
    /// ready is where a session is needed.
    fn refuse_one_code_for_many(&self, wanted: &Wanted, now: Timestamp) -> Result<()> {
        let needy = |group: &&Group| group.code.is_given() || group.needs_code(wanted, now);
        let groups: Vec<&Group> = self.groups.iter().filter(needy).collect();
        let Some(first) = groups.first().filter(|_| groups.len() > 1) else {
            return Ok(());
        };
        let (kind, place) = match &first.code {
            CodeSource::Environment { .. } => (Kind::Configuration, "AWSMFA_TOKEN_CODE"),
            code if code.is_given() => (Kind::Usage, "CODE"),
            _ => return Ok(()),
        };
        let sources: Vec<String> = groups.iter().map(|group| group.in_words()).collect();
        Err(Failure::new(
            kind,
            format!(
                "one code is good for one source, and these profiles have {}: {}",
                sources.len(),
                sources.join("; ")
            ),
        )
        .at(place)
        .next("leave the code out to be asked for each, or sign in to one source at a time"))
    }
}

impl Group {
    /// Whether there is anything to do, and no good session to do it with.
    fn needs_code(&self, wanted: &Wanted, now: Timestamp) -> bool {
        let decide = |plan, least, force| session::decide(plan, now, least, force).is_ok();
        let (least, force) = match self.own {
            Some(_) => (wanted.min_ttl, wanted.force),
            None => (base::least(wanted), false),
        };
        let is_good = decide(&self.base.plan, least, force);
        let to_assume = |plan| !decide(plan, wanted.min_ttl, wanted.force);
        let mut roles = self.roles.iter();
        !is_good && (self.own.is_some() || roles.any(|(_, _, plan)| to_assume(plan)))
    }

    fn in_words(&self) -> String {
        let plan = &self.base.plan;
        match device(plan) {
            Some(serial) => format!("`{}` with {serial}", plan.profile.value),
            None => format!("`{}`", plan.profile.value),
        }
    }
}

fn device(plan: &Plan) -> Option<&str> {
    plan.serial.as_ref().map(|serial| serial.value.as_str())
}

/// AWS's limit for what is assumed with temporary credentials, where the file asks for more.
pub(super) fn lower(plan: &mut Plan) -> bool {
    match (&mut plan.duration, plan.roles.last_mut()) {
        (Some(asked), Some(role)) if asked.value > ROLE_DEFAULT => {
            asked.value = ROLE_DEFAULT;
            role.duration = Some(ROLE_DEFAULT);
            true
        }
        _ => false,
    }
}

/// A role that takes a code of its own.
fn not_shared(profile: &str, why: Option<String>) -> Failure {
    let why = why.unwrap_or_else(|| "no session that others share opens this role".to_owned());
    Failure::new(Kind::Configuration, why).next(format!(
        "sign in to it alone: `awsmfa -p {}`",
        word(profile)
    ))
}
