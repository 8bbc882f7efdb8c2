//! A key that AWS does not know everywhere yet is waited for.

use crate::aws::Situation;
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
    mut pauses: Pauses,
) -> Result<()> {
    let id = &key.id;
    let trying = async {
        let mut told = false;
        loop {
            let refusal = match operator.aws().caller_identity(key).await {
                Ok(identity) => return Ok(identity),
                Err(refusal) if refusal.situation == Situation::KeyNotAccepted => refusal,
                Err(refusal) => return Err(refusal),
            };
            let Some(pause) = pauses.next() else {
                return Err(refusal);
            };
            if !told && pauses.are_notable() {
                told = true;
                ui.note(&format!(
                    "AWS does not accept access key {id} yet; with a new one that takes some seconds"
                ));
            }
            tokio::time::sleep(pause).await;
        }
    };
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
