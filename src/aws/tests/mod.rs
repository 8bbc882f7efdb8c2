//! The calls against a server on loopback that reacts as it is told: what is sent, how often, over
//! which connection, and what becomes of the answer.

mod calls;
mod connections;
mod repetition;
mod server;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use super::{Aws, Identity, Issued, Refusal, Settings};
use crate::context::{Clock, Context};
use crate::secret::{AccessKey, Secret};

const NOON: &str = "2026-11-21T12:00:00Z";
const NOON_DATE: &str = "Sat, 21 Nov 2026 12:00:00 GMT";
const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

/// An [`Aws`] whose clock stands at noon, and the lines of its trace.
struct Reached {
    aws: Aws,
    trace: Arc<Mutex<Vec<String>>>,
}

impl Reached {
    fn at(url: &str) -> Self {
        Self::with(settings(url), &[])
    }

    fn with(settings: Settings, env: &[(&str, &str)]) -> Self {
        let now: Timestamp = NOON.parse().unwrap();
        let context = Context {
            env: env.iter().copied().collect(),
            home: None,
            clock: Clock::fixed(now),
        };
        let trace = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&trace);
        let trace_line = Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()));
        let aws = Aws::new(&context, settings, trace_line).unwrap();
        Self { aws, trace }
    }

    async fn who(&self) -> Result<Identity, Refusal> {
        self.aws.caller_identity(&key()).await
    }

    /// Half a day for a code.
    async fn session(&self) -> Result<Issued, Refusal> {
        let half_a_day = Duration::from_secs(43200);
        self.aws
            .session_token(&key(), SERIAL, &code(), half_a_day)
            .await
    }

    fn trace(&self) -> Vec<String> {
        self.trace.lock().unwrap().clone()
    }
}

fn settings(url: &str) -> Settings {
    Settings {
        sts_endpoint: Some(url.to_owned()),
        iam_endpoint: Some(url.to_owned()),
        budget: Duration::from_secs(10),
        ..Settings::default()
    }
}

fn key() -> AccessKey {
    AccessKey {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        token: None,
    }
}

fn code() -> Secret {
    Secret::new("492039")
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
