//! Clients of a container-credentials endpoint, all at once: what they wait, and what goes wrong.
//!
//! ```text
//! awsmfa exec --serve -- target/release/examples/load [REQUESTS [CLIENTS]]
//! ```
//!
//! Each client asks again as soon as it has been answered, on a new connection each time, as a
//! program does that has just been started. The time is from before the connection until the last
//! byte. Prints one line of JSON, times in seconds.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program of its own: it reads its environment, and stdout carries its one line"
)]

use std::env;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What the variables of an SDK say.
struct Endpoint {
    address: String,
    request: String,
}

fn main() -> Result<()> {
    let mut numbers = env::args().skip(1).map(|number| number.parse());
    let requests: usize = numbers.next().transpose()?.unwrap_or(10_000);
    let clients: usize = numbers.next().transpose()?.unwrap_or(32);
    let endpoint = Endpoint::from_environment()?;
    let begin = Instant::now();
    let outcomes: Vec<Result<Duration>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|client| {
                let endpoint = &endpoint;
                // The remainder goes to the first ones.
                let share = requests / clients + usize::from(client < requests % clients);
                scope.spawn(move || (0..share).map(|_| endpoint.ask()).collect::<Vec<_>>())
            })
            .collect();
        let outcomes = threads.into_iter().map(|thread| thread.join());
        outcomes
            .flat_map(std::result::Result::unwrap_or_default)
            .collect()
    });
    let took = begin.elapsed();
    let mut waits = Vec::new();
    let mut errors = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(wait) => waits.push(wait.as_secs_f64()),
            Err(error) => errors.push(error.to_string()),
        }
    }
    waits.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        let index = (waits.len() as f64 * share).ceil() as usize;
        waits.get(index.saturating_sub(1)).copied()
    };
    let report = json!({
        "answered": waits.len(),
        "errors": errors.len(),
        "first_error": errors.first(),
        "p50": quantile(0.5),
        "p99": quantile(0.99),
        "longest": quantile(1.0),
        "took": took.as_secs_f64(),
    });
    println!("{report}");
    Ok(())
}

impl Endpoint {
    fn from_environment() -> Result<Self> {
        let uri = env::var("AWS_CONTAINER_CREDENTIALS_FULL_URI")?;
        let token = env::var("AWS_CONTAINER_AUTHORIZATION_TOKEN")?;
        let rest = uri
            .strip_prefix("http://")
            .ok_or("not an http:// address")?;
        let (address, path) = rest.split_once('/').ok_or("no path")?;
        Ok(Self {
            address: address.to_owned(),
            request: format!(
                "GET /{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {token}\r\n\
                 Accept: application/json\r\nConnection: close\r\n\r\n"
            ),
        })
    }

    /// How long an answer with credentials took.
    fn ask(&self) -> Result<Duration> {
        let begin = Instant::now();
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(self.request.as_bytes())?;
        let mut answer = String::with_capacity(4096);
        stream.read_to_string(&mut answer)?;
        let took = begin.elapsed();
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        if !head.starts_with("HTTP/1.1 200 ") || !body.contains("\"SecretAccessKey\"") {
            return Err(head.lines().next().unwrap_or("an empty answer").into());
        }
        Ok(took)
    }
}
