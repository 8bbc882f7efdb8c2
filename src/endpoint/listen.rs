//! Connections: how many, how long, how large.
//!
//! A client that says nothing, or says it slowly, has its connection closed: after a time-out, or as
//! soon as a new client needs the place. So a local program without the token cannot keep others
//! out by holding connections open. Nothing is read beyond the head of a request.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};

use super::answer::{self, Refusal};
use super::gate::Gate;
use crate::failure::{Failure, Kind, Result};

/// Connections at once. Where all of them are being answered, the next ones wait in the system's
/// queue. macOS lets a program have 256 file descriptors, and a renewal needs some, too.
const MOST_CONNECTIONS: usize = 192;

/// The largest head of a request, in bytes, and the least that hyper can be told.
const LARGEST_HEAD: usize = 8 << 10;

/// How long a client has for the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before connections are accepted again, where the system had no more room.
const BREATH: Duration = Duration::from_millis(100);

pub(super) async fn serve(listener: TcpListener, gate: Gate) -> Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| {
        Failure::new(Kind::Internal, "the endpoint could not be started").because(error)
    })?;
    let gate = Arc::new(gate);
    let mut connections = JoinSet::new();
    // Those whose head is incomplete, the oldest first.
    let mut unheard: VecDeque<(Arc<AtomicBool>, AbortHandle)> = VecDeque::new();
    loop {
        let accepted = listener.accept().await;
        while connections.try_join_next().is_some() {}
        unheard.retain(|(heard, task)| !heard.load(Ordering::Relaxed) && !task.is_finished());
        if accepted.is_err() || connections.len() >= MOST_CONNECTIONS {
            match unheard.pop_front() {
                Some((_, oldest)) => oldest.abort(),
                None if accepted.is_err() => tokio::time::sleep(BREATH).await,
                None => {}
            }
            connections.join_next().await;
        }
        if let Ok((stream, _)) = accepted {
            let heard = Arc::new(AtomicBool::new(false));
            let task = connections.spawn(converse(stream, Arc::clone(&gate), Arc::clone(&heard)));
            unheard.push_back((heard, task));
        }
        // Reads the heads that have arrived, before the next connection could push one out.
        tokio::task::yield_now().await;
    }
}

async fn converse(stream: TcpStream, gate: Arc<Gate>, heard: Arc<AtomicBool>) {
    let service = service_fn(move |request| {
        heard.store(true, Ordering::Relaxed);
        let gate = Arc::clone(&gate);
        async move { Ok::<_, Infallible>(respond(&gate, request).await) }
    });
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        // Credentials are asked for so seldom that a kept connection would only be in the way.
        .keep_alive(false)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away, or that speaks no HTTP, is the client's affair.
    let _ = conversation.await;
}

async fn respond(gate: &Gate, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let answered = async {
        let cache = gate.admit(&parts)?;
        if !body.is_end_stream() {
            return Err(Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PayloadTooLarge",
                "the request must not have a body",
            ));
        }
        let credentials = cache.get().await;
        credentials.map_err(|failure| Refusal::from_failure(&failure))
    };
    match answered.await {
        Ok(credentials) => answer::credentials(&credentials),
        Err(refusal) => answer::refusal(&refusal),
    }
}
