//! `awsmfa doctor`: everything that keeps a sign-in, or AWS tools after it, from working, each with
//! its remedy.
//!
//! Every check stands alone: where one finds something broken, the others go on with as much as
//! there is, because broken things are what this is for. A check is facts in, [`Finding`]s out, in a
//! file of its own; what has to be read or asked comes through the modules that own it
//! ([`crate::store`], [`crate::profile`], [`crate::aws`]), and the remedies of what they refuse are
//! theirs.
//!
//! It changes no file, takes no lock, runs no command, asks nobody anything and needs no code.

mod clock;
mod device;
mod environment;
mod files;
mod finding;
mod journals;
mod key;
mod leftovers;
mod network;
mod profile;
mod programs;
mod sections;
mod way;

use std::time::Duration;

pub use finding::{Check, Finding, Severity, Subject};

use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::Request;
use crate::signin::interrupted;
use crate::spelled::Spelled;
use crate::ui::Ui;

/// What the command line said.
#[derive(Debug)]
pub struct Orders {
    pub request: Request,
    /// How long AWS may take, all questions together.
    pub limit: Duration,
    pub offline: bool,
}

/// Looks at everything; the findings are in the order of their subjects.
///
/// # Errors
///
/// [`Kind::Interrupted`], and nothing else: what is wrong is what is being looked for.
pub fn examine(context: &Context, ui: &Ui, orders: &Orders) -> Result<Vec<Finding>> {
    let Orders {
        request,
        limit,
        offline,
    } = orders;
    let asked = Spelled {
        profile: request.profile.clone(),
        ..Spelled::default()
    };
    let mut found = Vec::new();
    let files = files::examine(context, &mut found);
    found.extend(leftovers::examine(&files, &asked));
    found.extend(programs::examine(context, &files));
    found.extend(environment::examine(context));
    let plan = profile::examine(context, &files, request, &mut found);
    let plan = plan.as_ref();
    found.extend(sections::examine(context, &files, plan));
    let way = way::examine(context, &files, request, plan, *limit, &mut found);
    if *offline {
        let what = "AWS was not asked: no word on network, clock, key and device";
        found.push(Finding::note(Check::Offline, what).at("--offline"));
    } else if let Some(settings) = way {
        let _working = ui.working("asking AWS");
        let other = profile::without_sign_in(context, &files, request, plan);
        let plan = plan.or(other.as_ref());
        found.extend(wait(network::examine(
            context, ui, settings, &files, plan, &asked,
        ))?);
    }
    tidy(&mut found);
    Ok(found)
}

fn wait(asking: impl Future<Output = Vec<Finding>>) -> Result<Vec<Finding>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Kind::Internal, "no runtime could be started").because(error)
        })?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            biased;
            () = interrupted() => Err(Failure::new(Kind::Interrupted, "interrupted")),
            found = asking => Ok(found),
        }
    });
    // A name that is being looked up is looked up on a thread.
    runtime.shutdown_background();
    outcome
}

/// In the order of subjects, and what two checks have come upon told once.
fn tidy(found: &mut Vec<Finding>) {
    let refused: Vec<Option<String>> = found
        .iter()
        .filter(|finding| matches!(finding.check, Check::FileRefused | Check::SectionBroken))
        .map(|finding| finding.place.clone())
        .collect();
    let again = |finding: &Finding| {
        matches!(finding.check, Check::ReadersDisagree | Check::Profile)
            && finding.severity >= Severity::Warning
            && refused.contains(&finding.place)
    };
    found.retain(|finding| !again(finding));
    let mut seen: Vec<(String, Option<String>)> = Vec::new();
    found.retain(|finding| {
        let key = (finding.what.clone(), finding.place.clone());
        let new = !seen.contains(&key);
        seen.push(key);
        new
    });
    found.sort_by_key(|finding| finding.check.subject());
}
