//! A key that is in use here and that AWS's list does not show yet: it is waited for, so that it is
//! not taken for one that is gone, or for a stranger's.
//!
//! Only a key that may be new is: AWS answers for it, or it is in a profile, the environment or what
//! is kept here. An id that nobody here knows is wrong, and nobody waits for that.

use std::time::Duration;

use super::keys;
use super::record;
use crate::aws::UserKey;
use crate::commands::news::pause;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::pauses::Pauses;
use crate::profile;
use crate::secret::AccessKey;
use crate::signin::{self, Operator};
use crate::ui::Ui;

/// What was begun so many seconds ago may have made something that AWS does not show yet.
const NEW: i64 = 300;

/// Whether what was begun then, by AWS's clock, was begun a moment ago.
pub(super) fn is_new(operator: &Operator<'_>, begun: i64) -> bool {
    operator.aws().now().as_second() - begun < NEW
}

/// The user's keys, of which AWS has shown `keys`, once the one called `id` is among them; without
/// it if it is none of theirs, or gone.
///
/// # Errors
///
/// [`Kind::Aws`] if it is there and AWS does not show it in time; what else AWS says.
pub(super) async fn shown(
    context: &Context,
    ui: &Ui,
    operator: &Operator<'_>,
    user: &str,
    wait: Duration,
    mut keys: Vec<UserKey>,
    id: &str,
) -> Result<Vec<UserKey>> {
    let is_shown = |keys: &[UserKey]| keys.iter().any(|key| key.id == id);
    if is_shown(&keys) {
        return Ok(keys);
    }
    let record = record::of_new(context, user, id)?;
    let kept = record.as_ref().and_then(|record| record.pair(id));
    let is_named = record.as_ref().is_some_and(|record| record.names(id));
    let answer = match kept.map_or_else(|| pair(context, operator, id), |key| Ok(Some(key)))? {
        Some(key) => Some(operator.aws().caller_identity(&key).await),
        None if is_named || record::keeps_secret(context, id)? => None,
        None => return Ok(keys),
    };
    let is_there = match answer {
        Some(Ok(identity)) if identity.user_name() != Some(user) => return Ok(keys),
        Some(Ok(identity)) if identity.account != operator.account().await? => return Ok(keys),
        answer => matches!(answer, Some(Ok(_))),
    };
    let mut pauses = match is_there || record.is_some_and(|record| is_new(operator, record.begun)) {
        true => Pauses::for_news(wait),
        false => Pauses::for_doubt(),
    };
    let waiting = format!("AWS does not show access key {id} of {user} yet");
    while pause(ui, &mut pauses, &waiting).await {
        keys = keys::left_of(operator, user).await?;
        if is_shown(&keys) {
            return Ok(keys);
        }
    }
    match is_there {
        true => Err(Failure::new(Kind::Aws, waiting).next("run the same again in a minute")),
        false => Ok(keys),
    }
}

/// The key called `id` with its secret, from the environment or a profile.
fn pair(context: &Context, operator: &Operator<'_>, id: &str) -> Result<Option<AccessKey>> {
    let source = operator.source_key();
    if source.id == id {
        return Ok(Some(source.clone()));
    }
    if profile::in_environment(&context.env, id) {
        return profile::environment_key(&context.env);
    }
    Ok(profile::pair(&signin::read_files(context)?, id))
}
