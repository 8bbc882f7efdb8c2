//! `awsmfa key rotate`: the key of a profile replaced by a new one, or a replacement taken back.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use serde::Serialize;

use super::turn::{Outcome, Turn, Wanted};
use super::{plan, record};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, Purpose, Request, Source};
use crate::rotation::Way;
use crate::signin;
use crate::ui::{Output, Ui};

/// Replace the access key of a profile by a new one, without interrupting whoever uses it
///
/// Creates a second key, writes it in the place of the old one, waits until AWS accepts it, and
/// deactivates the old one. Every profile that holds the old key gets the new one; sessions that were
/// made with it stay good. Cut off at any point, run it again: it goes on from there. The old key
/// stays, inactive, until you delete it, and `--rollback` puts it back.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Delete the old key in the end; it cannot be brought back then
    #[arg(long)]
    delete_old: bool,

    /// Take the rotation back: activate the old key, write it into the profile, deactivate the new one
    #[arg(long, conflicts_with = "delete_old")]
    rollback: bool,

    /// With --user: the profile that holds that user's key
    #[arg(long, value_name = "PROFILE", value_hint = ValueHint::Other, requires = "user")]
    to: Option<String>,

    /// Delete an unused second key, or one that nobody can use, without asking
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    whose: Whose,
}

/// What `--output json` prints. There is no secret in it.
#[derive(Serialize)]
struct Report<'a> {
    /// `rotated`, `rolled back`, or `unchanged` where there was nothing to do.
    action: &'static str,
    user_name: &'a str,
    old_access_key_id: &'a str,
    new_access_key_id: Option<&'a str>,
    /// The profiles that hold the key in use now.
    profiles: &'a [String],
    /// The sections of sessions that count as this key's now.
    sections: &'a [String],
    /// The file that keeps the old key's secret for a rollback.
    kept_in: Option<String>,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        dry_run,
        delete_old,
        rollback,
        to,
        yes,
        whose,
    } = arguments;
    let wait = target.timeout;
    let (mut orders, user) = whose.orders(target)?;
    if user.is_none() {
        orders.request.purpose = Purpose::LongTerm;
    }
    let request = match (&user, to) {
        (Some(user), None) => return Err(nowhere(user)),
        (Some(_), Some(to)) => Request {
            profile: Some(to),
            purpose: Purpose::LongTerm,
            ..Request::default()
        },
        (None, _) => orders.request.clone(),
    };
    let (profile, key_id) = held(context, &request)?;
    let way = match rollback {
        true => Way::Back,
        false => Way::Forward { delete_old },
    };
    let wanted = Wanted {
        way,
        profile,
        yes,
        wait,
        user,
    };
    let go_on = match (rollback, delete_old) {
        (true, _) => "run `awsmfa key rotate --rollback` again: it goes on from there",
        (_, true) => {
            "run `awsmfa key rotate --delete-old` again: it goes on from there; `--rollback` takes it back"
        }
        _ => "run `awsmfa key rotate` again: it goes on from there; `--rollback` takes it back",
    };
    let errand = Errand::new(ui, go_on);
    let records = record::find(context, &wanted.profile, &key_id)?;
    let outcome = errand.run(async {
        let mut turn = Turn::new(context, ui, &errand, wanted, orders, records).await?;
        if dry_run {
            let planned = turn.planned().await?;
            return plan::show(ui, &planned).map(|()| None);
        }
        turn.carry_out().await.map(Some)
    })?;
    match outcome {
        Some(outcome) => told(ui, way, &outcome),
        None => Ok(()),
    }
}

/// The profile whose key is meant, and the id of that key.
///
/// # Errors
///
/// [`Kind::Configuration`] if the key is in no file, so that nothing can be put in its place.
fn held(context: &Context, request: &Request) -> Result<(String, String)> {
    let files = signin::read_files(context)?;
    let plan = profile::resolve(context, &files, request)?;
    let origin = plan.source.origin();
    let elsewhere = |what: String| Failure::new(Kind::Configuration, what).at(origin);
    match plan.source {
        Source::Profile { name, key, .. } => Ok((name, key.id)),
        Source::Environment { .. } => Err(elsewhere(
            "the key is in the environment, where no other can be put in its place".to_owned(),
        )
        .next("name the profile whose key is to be rotated with `--profile`")
        .next("`awsmfa key create --to PROFILE` makes another key")),
        Source::Process { name, .. } => Err(elsewhere(format!(
            "the key of profile `{name}` comes from its credential_process, where no other can be put in its place"
        ))
        .next("rotate it where that command has it from")
        .next("`awsmfa key create --output json` makes another key and prints it")),
    }
}

fn nowhere(user: &str) -> Failure {
    Failure::new(
        Kind::Usage,
        format!("nobody said which profile holds the key of {user}"),
    )
    .at("--to")
    .next("`--to PROFILE` names it")
    .next("`awsmfa key create --output json` makes a key that is in no profile, and prints it")
}

fn told(ui: &Ui, way: Way, outcome: &Outcome) -> Result<()> {
    let Outcome {
        changed,
        user,
        old,
        new,
        filled,
        kept_in,
    } = outcome;
    if ui.output() == Output::Json {
        let action = match (changed, way) {
            (false, _) => "unchanged",
            (true, Way::Forward { .. }) => "rotated",
            (true, Way::Back) => "rolled back",
        };
        let spelled = |path: &PathBuf| path.display().to_string();
        return ui.document(&Report {
            action,
            user_name: user,
            old_access_key_id: old,
            new_access_key_id: new.as_deref(),
            profiles: &filled.profiles,
            sections: &filled.sections,
            kept_in: kept_in.as_ref().map(spelled),
        });
    }
    match (way, changed, kept_in) {
        (Way::Back, false, _) => ui.say(&format!(
            "nothing to do: access key {old} is in the profile again already"
        )),
        (Way::Back, true, _) => {
            if let Some(new) = new {
                ui.say(&format!("`awsmfa key delete {new}` deletes the other one"));
            }
        }
        (Way::Forward { .. }, _, Some(path)) => {
            ui.say(&format!(
                "if something still needs the old key: `awsmfa key rotate --rollback`; its secret is kept in {}",
                path.display()
            ));
            ui.say(&format!("if nothing does: `awsmfa key delete {old}`"));
        }
        (Way::Forward { .. }, _, None) => {}
    }
    Ok(())
}
