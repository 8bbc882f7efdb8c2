//! `awsmfa key delete`: the end of a key.

use clap::{Args, ValueHint};
use serde::Serialize;

use super::keys::{self, about};
use super::late;
use super::record::{self, Kept};
use super::settle::patiently;
use super::uses::Uses;
use crate::aws::{Aws, Situation, UserKey};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::consent;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::pauses::Pauses;
use crate::secret::AccessKey;
use crate::signin::{self, Operator};
use crate::ui::{Output, Ui};

/// Delete an access key; it cannot be brought back
///
/// One that is active, or the user's only one, is deleted only if you agree. One that a profile of
/// yours holds needs `--force`; the profile itself is not changed. `deactivate` is the way to try
/// what stops working.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The key: its id, or the end of it, at least four characters
    #[arg(required_unless_present = "print_policy", value_name = "ID", value_hint = ValueHint::Other)]
    id: Option<String>,

    /// Do it even if something stops working
    #[arg(short, long)]
    force: bool,

    /// Delete an active or the only key without asking
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    whose: Whose,
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// `deleted`, or `forgotten` where only its secret was left, and that here.
    action: &'static str,
    user_name: &'a str,
    access_key_id: &'a str,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        id: given,
        force,
        yes,
        whose,
    } = arguments;
    let given = given.expect("the parser asks for it");
    keys::check(&given)?;
    let wait = target.timeout;
    let (orders, user) = whose.orders(target)?;
    let named = user.is_some();
    let errand = Errand::new(ui, "`awsmfa key list` shows what became of it");
    let (action, user, id) = errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let kept = record::kept(context, &user, &given)?;
        let keys = match kept {
            Some(_) => keys::left_of(&operator, &user).await?,
            None => keys::of(&operator, &user).await?,
        };
        let id = given.to_ascii_uppercase();
        let keys = late::shown(context, ui, &operator, &user, wait, keys, &id).await?;
        if let Some(kept) = kept.filter(|kept| keys.iter().all(|key| key.id != kept.id)) {
            may_be_forgotten(ui, yes, &kept, &keys, &operator, &user).await?;
            record::forget(context, ui, &kept.id, wait).await?;
            errand.done(format!(
                "AWS has no access key {} of {user} any more; what was kept of it here is removed",
                kept.id
            ));
            return Ok(("forgotten", user, kept.id));
        }
        let key = keys::find(&keys, &given, &user)?;
        let uses = Uses::of(context, &signin::read_files(context)?, &key.id);
        uses.guard(&key.id, force, !named)?;
        if let Some(what) = needs_consent(key, &keys, &user) {
            consent::obtain(ui, yes, &what).await?;
        }
        let id = key.id.clone();
        delete(&operator, &errand, &user, &id, Pauses::none()).await?;
        record::forget(context, ui, &id, wait).await?;
        for holder in &uses.holders {
            ui.warn(&format!(
                "{}: profile `{}` still holds it",
                holder.origin(),
                holder.profile
            ));
        }
        Ok(("deleted", user, id))
    })?;
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action,
            user_name: &user,
            access_key_id: &id,
        });
    }
    Ok(())
}

/// Looks whether the only copy of a secret may go though AWS shows no such key: it may be another
/// user's or another account's that AWS was asked for.
///
/// # Errors
///
/// [`Kind::Aws`] if it is another user's; [`Kind::Configuration`] if nothing tells that AWS has it no
/// more, and the person does not agree; as for [`Operator::account`].
async fn may_be_forgotten(
    ui: &Ui,
    yes: bool,
    kept: &Kept,
    keys: &[UserKey],
    operator: &Operator<'_>,
    user: &str,
) -> Result<()> {
    let id = &kept.id;
    if kept.was_beside(keys) {
        return Ok(());
    }
    if let Some((owner, account)) = &kept.owner {
        let not_here = || Failure::new(Kind::Aws, format!("{user} has no access key {id}"));
        if owner != user {
            let delete = format!("awsmfa key delete --user {owner} {id}");
            return Err(not_here().next(format!("delete it as one of {owner}: `{delete}`")));
        }
        let here = operator.account().await?;
        if account != here {
            return Err(not_here().next(format!(
                "name another profile with `--profile`: it is one of {owner} in account {account}, and this is account {here}"
            )));
        }
    }
    let what = format!(
        "remove the secret of access key {id}, which {user} does not have in this account any more"
    );
    consent::obtain(ui, yes, &what).await
}

/// What has to be agreed to, if anything: an inactive key that is not the last is missed by nobody.
fn needs_consent(key: &UserKey, all: &[UserKey], user: &str) -> Option<String> {
    let id = &key.id;
    match (all.len(), key.active) {
        (1, true) => Some(format!(
            "delete access key {id} of {user} (active, and the only one)"
        )),
        (1, false) => Some(format!("delete access key {id} of {user} (the only one)")),
        (_, true) => Some(format!("delete access key {id} of {user} (active)")),
        (_, false) => None,
    }
}

/// Deletes the key, and says so. A key that deletes itself cannot hear the answer twice: if it is
/// not accepted any more, it is gone.
///
/// # Errors
///
/// What AWS says.
pub(super) async fn delete(
    operator: &Operator<'_>,
    errand: &Errand<'_>,
    user: &str,
    id: &str,
    pauses: Pauses,
) -> Result<()> {
    let call = patiently(pauses, async || {
        let call = async |aws: &Aws, key: &AccessKey| aws.delete_access_key(key, user, id).await;
        operator.call(call).await
    });
    match errand
        .step(&format!("deleting access key {id}"), call)
        .await
    {
        Ok(()) => {}
        Err(obstacle)
            if operator.source_key().id == id
                && obstacle.situation() == Some(&Situation::KeyNotAccepted) => {}
        Err(obstacle) => {
            let subject = format!("access key {id}");
            return Err(operator.explain(obstacle, about(&subject, user)));
        }
    }
    errand.done(format!("access key {id} of {user} is deleted"));
    Ok(())
}
