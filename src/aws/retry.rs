//! Sends a request, and again where that is safe: [`again`] knows where. Pauses double; everything
//! ends with the budget.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::again::{Again, again, spread};
use super::explain::{Refusal, Situation, answer, wire};
use super::http::{Wire, locked};
use super::reply::Seen;
use super::{Aws, Call, Stake};
use crate::secret::{AccessKey, Secret};

/// How often something is asked for that nobody answers: without a network, the person is told
/// so after a second or two.
const UNANSWERED: u32 = 5;

/// How often, where AWS answers that it cannot now: that passes, so the budget is used. With the
/// pauses doubling, the last attempt comes some thirteen seconds after the first.
const ANSWERED: u32 = 8;

/// One attempt, whatever the operation.
type Attempt<'a> = Pin<Box<dyn Future<Output = Result<(), Complaint>> + Send + 'a>>;

/// What the SDK's error says, whatever the operation.
struct Complaint {
    code: Option<String>,
    message: Option<String>,
    chain: String,
}

impl Complaint {
    fn of(metadata: &ErrorMetadata, error: &(dyn Error + 'static)) -> Self {
        Self {
            code: metadata.code().map(str::to_owned),
            message: metadata.message().map(str::to_owned),
            chain: wire::chain(error),
        }
    }
}

impl Aws {
    /// Calls `attempt` with a fresh wire until it succeeds or must not be repeated, and `read`s
    /// what came of it. `read` names what an answer lacks that it must hold.
    pub(super) async fn send<T, R, E, F>(
        &self,
        call: &Call<'_>,
        attempt: impl Fn(Wire) -> F + Sync,
        read: impl FnOnce(T) -> Result<R, Missing>,
    ) -> Result<R, Refusal>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: Error + ProvideErrorMetadata + 'static,
        T: Send,
    {
        let output = Mutex::new(None);
        let seen = {
            let once = |wire| -> Attempt<'_> {
                let outcome = attempt(wire);
                Box::pin(async {
                    let complaint = |error: SdkError<E, _>| Complaint::of(error.meta(), &error);
                    let answer = outcome.await.map_err(complaint)?;
                    *locked(&output) = Some(answer);
                    Ok(())
                })
            };
            self.repeat(call, &once).await?
        };
        let output = locked(&output).take();
        let output = output.expect("the last attempt has left it there");
        read(output).map_err(|missing| self.incomplete(call, missing, &seen))
    }

    /// The repeating of all operations; it returns what was seen of the attempt that succeeded.
    async fn repeat<'a>(
        &self,
        call: &Call<'_>,
        attempt: &(dyn Fn(Wire) -> Attempt<'a> + Sync),
    ) -> Result<Seen, Refusal> {
        if !can_be_sent(call.key) {
            let message = "a character in it is none that AWS uses".to_owned();
            return Err(self.told(call, Situation::KeyGarbled, message, &Seen::default()));
        }
        let deadline = Instant::now() + self.budget;
        let mut attempts = 0;
        let mut signed_again = false;
        let mut in_doubt = false;
        let mut before: Option<Refusal> = None;
        loop {
            attempts += 1;
            if call.stake != Stake::Nothing {
                self.http.notice_closed_connections().await;
            }
            let wire = Wire::new(&self.http, self.limit(deadline, call));
            let signed_with = self.clock.signing();
            let outcome = attempt(wire.clone()).await;
            let seen = wire.seen();
            self.note(call, &seen);
            let Err(complaint) = outcome else {
                return Ok(seen);
            };
            let mut refusal = self.refusal(call, complaint, &seen);
            in_doubt |= seen.in_doubt()
                || matches!(refusal.situation, Situation::Foreign { .. })
                || call.stake == Stake::Creation && refusal.situation == Situation::Unavailable
                || failed_late(call, &seen);
            if refusal.situation == Situation::TimedOut
                && let Some(before) = before.take()
            {
                // The time ran out on a repetition: what it was for says more.
                refusal = before;
            }
            refusal.attempts = attempts;
            refusal.code_may_be_spent = call.stake == Stake::Code && in_doubt;
            refusal.may_be_done = call.stake != Stake::Nothing && in_doubt;
            match again(&refusal.situation, &seen, call.stake) {
                Again::Never => return Err(refusal),
                Again::WithAwsTime => {
                    if signed_again || !self.clock.sign_as_measured(signed_with) {
                        return Err(refusal);
                    }
                    signed_again = true;
                    attempts -= 1;
                }
                Again::After(first) => {
                    let pause = spread(first * 2u32.pow(attempts - 1));
                    let most = match seen.answered() {
                        true if failed_late(call, &seen) => 3,
                        true => ANSWERED,
                        false => UNANSWERED,
                    };
                    if attempts >= most || Instant::now() + pause >= deadline {
                        return Err(refusal);
                    }
                    before = Some(refusal);
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// How long to wait for one reply: a lost one should leave time to ask again, unless asking
    /// again is out of the question.
    fn limit(&self, deadline: Instant, call: &Call<'_>) -> Duration {
        let left = deadline.saturating_duration_since(Instant::now());
        match call.stake {
            Stake::Nothing => left.min(self.budget / 2),
            Stake::Code | Stake::Creation => left,
        }
    }

    /// Tells the trace, and the clock where AWS told the time.
    fn note(&self, call: &Call<'_>, seen: &Seen) {
        if seen.answered()
            && let Some(date) = seen.date
        {
            self.clock.measure(date, seen.took);
        }
        (self.trace)(&line(call, seen));
    }

    fn refusal(&self, call: &Call<'_>, complaint: Complaint, seen: &Seen) -> Refusal {
        let temporary = call.key.is_temporary();
        let (situation, message) = match (&seen.trouble, seen.status) {
            (Some(trouble), _) => (trouble.situation.clone(), trouble.detail.clone()),
            (None, Some(status)) => {
                let message = complaint.message.unwrap_or_default();
                match &complaint.code {
                    Some(code) => {
                        let asked = answer::Asked {
                            operation: call.operation,
                            temporary,
                        };
                        (answer::situation(&asked, status, code, &message), message)
                    }
                    None => {
                        let page = false;
                        (
                            Situation::Foreign { status, page },
                            self.unread(call, &complaint.chain),
                        )
                    }
                }
            }
            (None, None) => (Situation::Unsent, self.unread(call, &complaint.chain)),
        };
        let message = match call.has_short_secret() {
            true => String::new(),
            false => call.redact(&message),
        };
        Refusal {
            code: complaint.code.map(|code| call.redact(&code)),
            ..self.told(call, situation, message, seen)
        }
    }

    /// What the SDK says is for the trace alone.
    fn unread(&self, call: &Call<'_>, chain: &str) -> String {
        (self.trace)(&call.redact(chain));
        String::new()
    }

    /// An answer that reads as a success and lacks what a success must hold.
    fn incomplete(&self, call: &Call<'_>, missing: Missing, seen: &Seen) -> Refusal {
        let situation = Situation::Foreign {
            status: seen.status.unwrap_or_default(),
            page: false,
        };
        let message = format!("the answer has no {}", missing.0);
        Refusal {
            code_may_be_spent: call.stake == Stake::Code,
            may_be_done: call.stake != Stake::Nothing,
            ..self.told(call, situation, message, seen)
        }
    }

    fn told(&self, call: &Call<'_>, situation: Situation, message: String, seen: &Seen) -> Refusal {
        Refusal {
            status: seen.status,
            request_id: seen.request_id.as_deref().map(|id| call.redact(id)),
            host: seen.host.clone(),
            skew: self.clock.skew(),
            at: self.clock.aws_now(),
            ..Refusal::new(call.operation, situation, message)
        }
    }
}

/// Whether AWS may have taken the code before it failed: an InternalFailure does not say when.
fn failed_late(call: &Call<'_>, seen: &Seen) -> bool {
    call.stake == Stake::Code && seen.answered() && seen.status == Some(500)
}

/// What an answer should hold and does not, by AWS's name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Missing(pub(super) &'static str);

/// The key's id and token travel in headers, and the SDK panics on what does not fit there.
fn can_be_sent(key: &AccessKey) -> bool {
    [
        Some(key.id.as_str()),
        key.token.as_ref().map(Secret::expose),
    ]
    .into_iter()
    .flatten()
    .all(|text| text.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// Of this only what others wrote can hold a secret.
fn line(call: &Call<'_>, seen: &Seen) -> String {
    let Seen { method, host, .. } = seen;
    let operation = call.operation;
    let took = seen.took.as_secs_f64() * 1000.0;
    let outcome = match (&seen.trouble, seen.status) {
        (Some(trouble), _) => call.redact(trouble.chain.as_ref().unwrap_or(&trouble.detail)),
        (None, Some(status)) => status.to_string(),
        (None, None) => return format!("{operation}: not sent"),
    };
    let connection = match (seen.connected, seen.reused) {
        (false, _) => "no connection",
        (true, false) => "new connection",
        (true, true) => "kept connection",
    };
    let id = call.redact(seen.request_id.as_deref().unwrap_or("none"));
    format!("{method} {host} {operation}: {outcome} ({took:.1} ms, {connection}, request id {id})")
}
