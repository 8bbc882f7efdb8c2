//! `awsmfa key activate` and `awsmfa key deactivate`.

use clap::{Args, ValueHint};
use serde::Serialize;

use super::keys::{self, about};
use super::late;
use super::list::status;
use super::settle::patiently;
use super::uses::Uses;
use crate::aws::{Aws, Situation};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::Result;
use crate::pauses::Pauses;
use crate::secret::AccessKey;
use crate::signin::{self, Operator};
use crate::ui::{Output, Ui};

/// Switch an access key on again
#[derive(Args, Debug)]
pub(super) struct Activate {
    /// The key: its id, or the end of it, at least four characters
    #[arg(required_unless_present = "print_policy", value_name = "ID", value_hint = ValueHint::Other)]
    id: Option<String>,

    #[command(flatten)]
    whose: Whose,
}

/// Switch an access key off; `activate` switches it on again
///
/// Requests signed with it are refused from then on. Sessions that were made with it stay good until
/// they expire. A key that a profile of yours holds needs `--force`.
#[derive(Args, Debug)]
pub(super) struct Deactivate {
    /// The key: its id, or the end of it, at least four characters
    #[arg(required_unless_present = "print_policy", value_name = "ID", value_hint = ValueHint::Other)]
    id: Option<String>,

    /// Do it even if something stops working
    #[arg(short, long)]
    force: bool,

    #[command(flatten)]
    whose: Whose,
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// `activated` or `deactivated`, or `unchanged` where there was nothing to do.
    action: &'static str,
    user_name: &'a str,
    access_key_id: &'a str,
    status: &'static str,
}

pub(super) fn activate(
    context: &Context,
    ui: &Ui,
    target: Target,
    arguments: Activate,
) -> Result<()> {
    let Activate { id, whose } = arguments;
    switch(context, ui, target, whose, id, Wanted::Active)
}

pub(super) fn deactivate(
    context: &Context,
    ui: &Ui,
    target: Target,
    arguments: Deactivate,
) -> Result<()> {
    let Deactivate { id, force, whose } = arguments;
    switch(context, ui, target, whose, id, Wanted::Inactive { force })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Active,
    Inactive { force: bool },
}

fn switch(
    context: &Context,
    ui: &Ui,
    target: Target,
    whose: Whose,
    given: Option<String>,
    wanted: Wanted,
) -> Result<()> {
    let given = given.expect("the parser asks for it");
    keys::check(&given)?;
    let wait = target.timeout;
    let (orders, user) = whose.orders(target)?;
    let named = user.is_some();
    let active = wanted == Wanted::Active;
    let errand = Errand::new(ui, "`awsmfa key list` shows what became of it");
    let (user, id, changed) = errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let keys = keys::of(&operator, &user).await?;
        let id = given.to_ascii_uppercase();
        let keys = late::shown(context, ui, &operator, &user, wait, keys, &id).await?;
        let key = keys::find(&keys, &given, &user)?;
        let id = key.id.clone();
        if key.active == active {
            return Ok((user, id, false));
        }
        if let Wanted::Inactive { force } = wanted {
            let uses = Uses::of(context, &signin::read_files(context)?, &id);
            uses.guard(&id, force, !named)?;
        }
        set_active(&operator, &errand, &user, &id, active, Pauses::none()).await?;
        Ok((user, id, true))
    })?;
    let action = match (changed, active) {
        (false, _) => "unchanged",
        (true, true) => "activated",
        (true, false) => "deactivated",
    };
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action,
            user_name: &user,
            access_key_id: &id,
            status: status(active),
        });
    }
    if !changed {
        let state = if active { "active" } else { "inactive" };
        ui.say(&format!(
            "nothing to do: access key {id} of {user} is {state}"
        ));
    }
    Ok(())
}

/// Switches the key, and says so. A key that switches itself off cannot hear the answer twice: if it
/// is not accepted any more, it is off.
///
/// # Errors
///
/// What AWS says.
pub(super) async fn set_active(
    operator: &Operator<'_>,
    errand: &Errand<'_>,
    user: &str,
    id: &str,
    active: bool,
    pauses: Pauses,
) -> Result<()> {
    let (doing, deed) = match active {
        true => ("activating", "active again"),
        false => ("deactivating", "inactive"),
    };
    let call = patiently(pauses, async || {
        let call = async |aws: &Aws, key: &AccessKey| {
            aws.set_access_key_active(key, user, id, active).await
        };
        operator.call(call).await
    });
    match errand.step(&format!("{doing} access key {id}"), call).await {
        Ok(()) => {}
        Err(obstacle)
            if !active
                && operator.source_key().id == id
                && obstacle.situation() == Some(&Situation::KeyNotAccepted) => {}
        Err(obstacle) => {
            let subject = format!("access key {id}");
            return Err(operator.explain(obstacle, about(&subject, user)));
        }
    }
    errand.done(format!("access key {id} of {user} is {deed}"));
    Ok(())
}
