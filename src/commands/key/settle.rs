//! A key that AWS does not know everywhere yet is waited for.

use crate::aws::{Refusal, Situation};
use crate::commands::news;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::pauses::Pauses;
use crate::secret::AccessKey;
use crate::signin::{Obstacle, Operator};
use crate::ui::Ui;

/// Makes a call again as long as AWS does not know the key that signs it.
pub(super) async fn patiently<T>(
    mut pauses: Pauses,
    call: impl AsyncFn() -> Result<T, Obstacle>,
) -> Result<T, Obstacle> {
    loop {
        let unknown = match call().await {
            Err(obstacle) if obstacle.situation() == Some(&Situation::KeyNotAccepted) => obstacle,
            outcome => return outcome,
        };
        match pauses.next() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(unknown),
        }
    }
}

/// Waits until AWS accepts the key, and makes sure that it is the user's.
///
/// # Errors
///
/// [`Kind::Aws`] if it does not in time, or the key is somebody else's; what else AWS says.
pub(in crate::commands) async fn prove(
    ui: &Ui,
    errand: &Errand<'_>,
    operator: &Operator<'_>,
    key: &AccessKey,
    user: &str,
    pauses: Pauses,
) -> Result<()> {
    let id = &key.id;
    let waiting = format!("AWS does not accept access key {id} yet");
    let is_unknown = |refusal: &Refusal| refusal.situation == Situation::KeyNotAccepted;
    let trying = news::patiently(ui, pauses, &waiting, is_unknown, async || {
        operator.aws().caller_identity(key).await
    });
    let doing = format!("waiting until AWS accepts access key {id}");
    let identity = errand.step(&doing, trying).await.map_err(|refusal| {
        let known = crate::aws::Known {
            key_id: Some(id),
            ..crate::aws::Known::default()
        };
        refusal.failure(&known)
    })?;
    if identity.user_name() == Some(user) {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Aws,
        format!(
            "access key {id} is not one of {user}, but of {}",
            identity.arn
        ),
    ))
}
