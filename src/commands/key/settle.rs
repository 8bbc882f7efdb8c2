//! AWS takes some seconds to know a new key everywhere (IAM User Guide, "Changes that I make are not
//! always immediately visible"): how long to wait for that, and in which steps.

use std::time::Duration;

use crate::aws::Situation;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::secret::AccessKey;
use crate::signin::{Obstacle, Operator};
use crate::ui::Ui;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(4);

/// At least this long is waited for a new key; mostly it is some seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// From here on the person is told what is waited for, terminal or not.
const NOTABLE: Duration = Duration::from_secs(3);

/// The pauses between two tries: each twice as long as the one before, until the time is up.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct Pauses {
    next: Duration,
    spent: Duration,
    most: Duration,
}

impl Pauses {
    /// For a key that AWS knows: there is nothing to wait for.
    pub(in crate::commands) fn none() -> Self {
        Self::up_to(Duration::ZERO)
    }

    /// For a key that may be new. `timeout` is what the person said of trying in general.
    pub(in crate::commands) fn for_new_key(timeout: Duration) -> Self {
        Self::up_to(timeout.max(PATIENCE))
    }

    fn up_to(most: Duration) -> Self {
        Self {
            next: FIRST,
            spent: Duration::ZERO,
            most,
        }
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.spent >= self.most {
            return None;
        }
        let pause = self.next;
        self.spent += pause;
        self.next = (pause * 2).min(LONGEST);
        Some(pause)
    }
}

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
            if !told && pauses.spent > NOTABLE {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(Pauses::none().count(), 0);
        let pauses: Vec<Duration> = Pauses::for_new_key(Duration::from_secs(1)).collect();
        let millis: Vec<u128> = pauses.iter().take(6).map(Duration::as_millis).collect();
        assert_eq!(millis, [250, 500, 1000, 2000, 4000, 4000]);
        let all: Duration = pauses.iter().sum();
        assert!(all >= PATIENCE && all < PATIENCE + LONGEST, "{all:?}");
        let longer = Pauses::for_new_key(Duration::from_secs(300)).sum::<Duration>();
        assert!(longer >= Duration::from_secs(300));
    }
}
