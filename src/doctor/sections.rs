//! The sections with temporary credentials: how long each is good for, and whether AWS tools look
//! at it.

use jiff::Timestamp;

use super::finding::{Check, Finding};
use crate::context::Context;
use crate::profile::{self, Files, Held, Plan, Request, State};
use crate::session::{self, Why};
use crate::spelled::word;
use crate::ui::until;

pub(super) fn examine(context: &Context, files: &Files, plan: Option<&Plan>) -> Vec<Finding> {
    let own = plan.map(|plan| plan.section.value.as_str());
    let sections = files.credentials.document.profiles();
    let held = sections.filter_map(|section| Held::read(&section));
    let held = held.flat_map(|held| {
        let wanted = own == Some(held.section.as_str());
        of_section(context, files, &held, wanted)
    });
    held.chain(keys_in_our_place(files)).collect()
}

/// Long-term keys under a name that is a section's of ours: `aws configure` puts one there while
/// AWS_PROFILE names that section. AWS tools then use the key without MFA.
fn keys_in_our_place(files: &Files) -> impl Iterator<Item = Finding> {
    let path = files.credentials.path.display();
    profile::keys_named_as_ours(files).into_iter().map(move |(section, line, right)| {
        let what = format!("[{section}] holds a long-term key under the name of a section for temporary ones, so AWS tools use it without MFA");
        Finding::warning(Check::SectionName, what)
            .at(format!("{path}:{line}"))
            .next(format!("write [{right}] in that line"))
    })
}

fn of_section(context: &Context, files: &Files, held: &Held, wanted: bool) -> Vec<Finding> {
    let place = format!("{}:{}", files.credentials.path.display(), held.line);
    let mut found = vec![of_state(context, held, wanted).at(&place)];
    if held.marks.is_some()
        && let Some(finding) = outdated(context, files, held)
    {
        found.push(finding.at(&place));
    }
    if let Some((key, origin)) = profile::shadow(files, &held.section) {
        let what = format!(
            "AWS tools ignore the keys in section [{}], because its profile has `{key}`",
            held.section
        );
        let finding = Finding::problem(Check::SectionShadow, what).at(origin);
        found
            .push(finding.next("remove that line, or sign in to another section with `--to NAME`"));
    }
    found
}

/// The chosen profile's section is the one that somebody is about to use.
fn of_state(context: &Context, held: &Held, wanted: bool) -> Finding {
    let section = &held.section;
    let now: Timestamp = context.clock.now();
    let when = |end| until(end, now, &context.zone());
    let renew = match held.marks {
        Some(_) => format!("`awsmfa -p {}` renews it", word(section)),
        None => "renew it with the tool that wrote it".to_owned(),
    };
    match (held.state(now), held.expiration) {
        (State::Good(_), Some(end)) => Finding::ok(
            Check::Section,
            format!("[{section}] is good until {}", when(end)),
        ),
        (State::Expired(_), Some(end)) => {
            let what = format!("[{section}] expired at {}", when(end));
            match wanted {
                true => Finding::warning(Check::Section, what).next(renew),
                false => Finding::note(Check::Section, what),
            }
        }
        (State::Damaged, _) => {
            let what = format!("[{section}] is incomplete or was edited");
            Finding::warning(Check::Section, what).next(renew)
        }
        _ => Finding::note(
            Check::Section,
            format!("[{section}] does not say until when it is good"),
        ),
    }
}

/// A section of ours that does not fit any more what it was made from.
fn outdated(context: &Context, files: &Files, held: &Held) -> Option<Finding> {
    let section = &held.section;
    let request = Request {
        profile: Some(section.clone()),
        ..Request::default()
    };
    let plan = match profile::resolve(context, files, &request) {
        Ok(plan) => plan,
        Err(failure) => {
            let what = format!("[{section}] cannot be renewed: {}", failure.what());
            let mut finding = Finding::warning(Check::Section, what);
            finding.next = [failure.advice(), failure.notes()].concat();
            return Some(finding);
        }
    };
    let why = session::decide(&plan, context.clock.now(), std::time::Duration::ZERO, false);
    match why.err()? {
        why @ (Why::OtherSource | Why::OtherKey | Why::OtherRole | Why::OtherDevice) => {
            let what = format!("[{section}] does not fit its profile: {why}");
            let finding = Finding::warning(Check::Section, what);
            Some(finding.next(format!("`awsmfa -p {}` renews it", word(section))))
        }
        _ => None,
    }
}
