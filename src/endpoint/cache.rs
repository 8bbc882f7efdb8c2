//! The credentials behind one path, and when they are renewed.
//!
//! Renewed is when somebody asks, never by the clock alone: a command that makes codes may need a
//! touch, and nobody should be asked for one at night. By what is left:
//!
//! | left | answer |
//! | --- | --- |
//! | more than [`EARLY`] | what is there |
//! | less | what is there; a renewal begins |
//! | less than [`ENOUGH`] | what the renewal brings; if that fails or takes long, what is there |
//! | nothing | what the renewal brings |
//!
//! However many ask, one renewal goes on at a time, and it goes on when they have left. After one
//! that failed the next begins no earlier than [`PAUSE`] later; until then its failure is the
//! answer.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::{Credentials, Source};
use crate::aside::detached;
use crate::context::Clock;
use crate::failure::{Failure, Kind, Result};

/// Earlier than any SDK asks for new credentials: botocore is the first, with 15 minutes left
/// (`RefreshableCredentials`), and gets what was renewed meanwhile when it asks again.
pub const EARLY: Duration = Duration::from_secs(20 * 60);

/// What is good for less is worth waiting for better. AWS's own tools take no less, either.
const ENOUGH: SignedDuration = SignedDuration::from_mins(5);

/// How long a client is kept waiting that could be given something. The JavaScript SDK gives up
/// after a second.
const POLITE: Duration = Duration::from_millis(500);

/// How long a failure is believed.
const PAUSE: Duration = Duration::from_secs(5);

pub(super) struct Cache {
    source: Arc<dyn Source>,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    held: Arc<Credentials>,
    /// From when on new ones are wanted.
    due: Timestamp,
    /// The end of the renewal that is going on.
    renewal: Option<watch::Receiver<()>>,
    failed: Option<(Instant, Arc<Failure>)>,
}

/// What to do for whoever asks.
enum Step {
    Answer(Arc<Credentials>),
    /// Wait for the end of the renewal; with credentials, not for long.
    Wait(watch::Receiver<()>, Option<Arc<Credentials>>),
    Refuse(Arc<Failure>),
}

impl Cache {
    /// How long the credentials were good when they were made is not known, so they are renewed
    /// as if it had been long.
    pub(super) fn new(credentials: Credentials, source: Arc<dyn Source>, clock: Clock) -> Self {
        let due = before(credentials.expiration, EARLY);
        Self {
            source,
            clock,
            state: Mutex::new(State {
                held: Arc::new(credentials),
                due,
                renewal: None,
                failed: None,
            }),
        }
    }

    /// Credentials that are good now.
    ///
    /// # Errors
    ///
    /// Why the last renewal has failed.
    pub(super) async fn get(self: &Arc<Self>) -> Result<Arc<Credentials>, Arc<Failure>> {
        loop {
            match self.step() {
                Step::Answer(credentials) => return Ok(credentials),
                Step::Refuse(failure) => return Err(failure),
                Step::Wait(renewal, None) => ended(renewal).await,
                Step::Wait(renewal, Some(credentials)) => {
                    if timeout(POLITE, ended(renewal)).await.is_err() {
                        return Ok(credentials);
                    }
                }
            }
        }
    }

    fn step(self: &Arc<Self>) -> Step {
        let now = self.clock.now();
        let mut state = self.state();
        if now < state.due {
            return Step::Answer(Arc::clone(&state.held));
        }
        self.begin(&mut state);
        let left = state.held.expiration.duration_since(now);
        let held = || Arc::clone(&state.held);
        match (&state.renewal, &state.failed) {
            _ if left >= ENOUGH => Step::Answer(held()),
            (Some(renewal), _) => Step::Wait(renewal.clone(), left.is_positive().then(held)),
            (None, Some((_, failure))) if !left.is_positive() => Step::Refuse(Arc::clone(failure)),
            (None, _) => Step::Answer(held()),
        }
    }

    /// Begins a renewal, unless one is going on or has just failed.
    fn begin(self: &Arc<Self>, state: &mut State) {
        let believed = |failed: &(Instant, _)| failed.0.elapsed() < PAUSE;
        if state.renewal.is_some() || state.failed.as_ref().is_some_and(believed) {
            return;
        }
        let (done, end) = watch::channel(());
        state.renewal = Some(end);
        let cache = Arc::clone(self);
        let source = Arc::clone(&self.source);
        let renewed = detached("renewal", move || source.renew());
        tokio::spawn(async move {
            cache.settle(renewed.await);
            drop(done);
        });
    }

    fn settle(&self, renewed: Result<Credentials>) {
        let now = self.clock.now();
        let mut state = self.state();
        state.renewal = None;
        state.failed = None;
        match renewed {
            Ok(credentials) if credentials.expiration > now => {
                let left = credentials.expiration.duration_since(now);
                let half = left.unsigned_abs() / 2;
                state.due = before(credentials.expiration, half.min(EARLY));
                state.held = Arc::new(credentials);
            }
            Ok(_) => state.fail(Failure::new(
                Kind::Configuration,
                "the new credentials have expired by this computer's clock",
            )),
            Err(failure) => state.fail(failure),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fail(&mut self, failure: Failure) {
        self.failed = Some((Instant::now(), Arc::new(failure)));
    }
}

/// The sender says nothing; it is dropped when all is done.
async fn ended(mut renewal: watch::Receiver<()>) {
    while renewal.changed().await.is_ok() {}
}

/// The earliest time there is, where there is none so early.
fn before(end: Timestamp, length: Duration) -> Timestamp {
    end.checked_sub(length).unwrap_or(Timestamp::MIN)
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
