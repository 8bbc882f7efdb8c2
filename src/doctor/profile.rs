//! What AWS tools really use for the profile, what that keeps from being used, and what awsmfa
//! makes of it.

use super::finding::{Check, Finding, Severity};
use crate::context::Context;
use crate::failure::Failure;
use crate::profile::{self, Files, Held, Means, Origin, Plan, Purpose, Request, Sourced, Way};
use crate::spelled::word;
use crate::store;

/// What signing in to the profile would do, if it can be done.
pub(super) fn examine(
    context: &Context,
    files: &Files,
    request: &Request,
    found: &mut Vec<Finding>,
) -> Option<Plan> {
    let chosen = match profile::chosen(context, request) {
        Ok(chosen) => chosen,
        Err(failure) => {
            found.push(Finding::of(Check::Profile, &failure));
            return None;
        }
    };
    let plan = profile::resolve(context, files, request);
    let unread = found.iter().any(|told| told.check == Check::FileUnreadable);
    found.push(match &plan {
        Ok(plan) => resolved(&chosen, plan),
        Err(failure) if unread => unread_before(failure),
        Err(failure) => Finding::of(Check::Profile, failure),
    });
    let ways = each_once(profile::ways(context, files, &chosen));
    found.extend(of_use(&chosen, &ways, plan.as_ref().err()));
    found.extend(shadowed(&ways));
    found.extend(ways.first().and_then(|way| source(files, &chosen, way)));
    for (origin, doubt) in profile::doubts(files, &chosen.value) {
        found.push(Finding::warning(Check::ReadersDisagree, doubt).at(origin));
    }
    plan.ok()
}

/// Where signing in cannot be done: what calls to AWS would be made with as it is, which may be
/// temporary credentials.
pub(super) fn without_sign_in(
    context: &Context,
    files: &Files,
    request: &Request,
    plan: Option<&Plan>,
) -> Option<Plan> {
    if plan.is_some() {
        return None;
    }
    let request = Request {
        purpose: Purpose::Call,
        ..request.clone()
    };
    let plan = profile::resolve(context, files, &request).ok()?;
    plan.source.key().is_some().then_some(plan)
}

fn resolved(chosen: &Sourced<String>, plan: &Plan) -> Finding {
    let name = &plan.profile.value;
    let by = match &chosen.origin {
        Origin::Default => "nobody names another".to_owned(),
        origin => format!("{origin} names it"),
    };
    let followed = match chosen.value == *name {
        true => String::new(),
        false => format!(" (from `{}`)", chosen.value),
    };
    let what = format!(
        "profile `{name}`{followed}, because {by}; signing in writes section [{}]",
        plan.section.value
    );
    Finding::ok(Check::Profile, what).at(plan.source.origin())
}

/// What is missing may stand in the file that cannot be read.
fn unread_before(failure: &Failure) -> Finding {
    let told = Finding::of(Check::Profile, failure);
    Finding {
        what: format!("as far as the files can be read: {}", told.what),
        next: vec!["have the file read first; its finding is above".to_owned()],
        ..told
    }
}

/// What AWS tools use. A failure to resolve the profile has been told.
fn of_use(chosen: &Sourced<String>, ways: &[Way], failure: Option<&Failure>) -> Option<Finding> {
    let name = &chosen.value;
    match ways.first() {
        // What AWS tools refuse is told by itself.
        Some(way) if matches!(way.means, Means::Role { source: None, .. }) => None,
        Some(way) => {
            let what = format!("for profile `{name}` AWS tools use {}", way.means);
            Some(Finding::ok(Check::ProfileUse, what).at(&way.origin))
        }
        None if failure.is_some() => None,
        None => Some(
            Finding::warning(
                Check::ProfileUse,
                format!(
                    "AWS tools find no credentials for profile `{name}` before it is signed in to"
                ),
            )
            .next(format!("`awsmfa -p {}` signs in", word(name))),
        ),
    }
}

/// One file may be config and credentials in one, and its lines are read twice then.
fn each_once(ways: Vec<Way>) -> Vec<Way> {
    let mut found: Vec<Way> = Vec::new();
    for way in ways {
        if !found.iter().any(|other| is_at(&other.origin, &way.origin)) {
            found.push(way);
        }
    }
    found
}

fn is_at(one: &Origin, other: &Origin) -> bool {
    match (one, other) {
        (
            Origin::File { path, line },
            Origin::File {
                path: also,
                line: at,
            },
        ) => line == at && store::is_same(path, also),
        _ => false,
    }
}

/// What is configured, and not used because something stronger is.
fn shadowed(ways: &[Way]) -> Vec<Finding> {
    let Some((first, others)) = ways.split_first() else {
        return Vec::new();
    };
    let others = others
        .iter()
        .filter(|way| !is_meant(&first.means, &way.means));
    let told = others.map(|way| {
        let what = format!(
            "{} is not used by AWS tools, because {} comes first",
            way.means, first.means
        );
        let finding = Finding::warning(Check::ProfileShadow, what).at(&way.origin);
        finding.next(format!(
            "remove the one that is not meant ({} has the other)",
            first.origin
        ))
    });
    told.collect()
}

/// The arrangements that are made on purpose: a role that is assumed with the profile's own key,
/// and a key in the config file that `credential_process` has awsmfa sign in with. A key in the
/// environment was told with the variables.
fn is_meant(first: &Means, other: &Means) -> bool {
    match (first, other) {
        (Means::EnvironmentKey(_), _) => true,
        (Means::Role { .. } | Means::Process { ours: true }, Means::Key { .. }) => true,
        (Means::Key { .. }, Means::Process { ours }) => *ours,
        _ => false,
    }
}

/// Whose credentials assume the role.
fn source(files: &Files, chosen: &Sourced<String>, way: &Way) -> Option<Finding> {
    let Means::Role { source, .. } = &way.means else {
        return None;
    };
    let Some(source) = source else {
        let what = format!(
            "AWS tools refuse profile `{}`: it has a role and neither source_profile nor credential_source",
            chosen.value
        );
        let finding = Finding::warning(Check::RoleSource, what).at(&way.origin);
        return Some(
            finding.next("add `source_profile = NAME` with the profile that holds the key"),
        );
    };
    let section = files.credentials.document.profile(source)?;
    let held = Held::read(&section)?;
    let what = match held.marks {
        Some(_) => format!(
            "AWS tools assume the role with section [{source}] of awsmfa, while that is good"
        ),
        None => format!("AWS tools assume the role with the temporary keys in section [{source}]"),
    };
    let place = format!("{}:{}", files.credentials.path.display(), held.line);
    Some(Finding::new(Check::SourceWired, Severity::Ok, what).at(place))
}
