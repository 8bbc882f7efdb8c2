//! The one HTTP client behind all calls.
//!
//! It wraps the SDK's own connector (hyper, rustls on ring) for what that leaves open: the proxy
//! comes from our environment ([`super::proxy`]), the roots from a bundle or, off-thread and only
//! once an `https` request is really sent, from the system (3 ms on Linux, a tenth of a second
//! and more on macOS); each reply is read to its end, which puts the connection back into the
//! pool and shows what was cut short; and each request leaves behind what was [`Seen`] of it. It
//! sends a request once. Whether to send it again is [`super::retry`]'s.
//!
//! Once, that is, as far as AWS can notice: when a kept connection turns out to be closed, hyper
//! takes another, but only for a request it had not begun to write (`TrySendError` hands the
//! request back from the queue; one that was taken out of it comes back as an error).

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::sync::OnceCell;

use super::explain::{Situation, wire};
use super::federation;
use super::proxy::{Proxies, Proxy};
use super::reply::{Seen, Trouble, Writer, http_date, writer};
use crate::host::has_scheme;

/// No answer of STS or IAM comes near this; what is longer is somebody else's.
const LONGEST_REPLY: usize = 16 << 20;

/// A connection that was idle for longer may have been dropped on the way without a word, and
/// the code sent into it would be lost; a new one costs two round trips.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// How soon after a reply a server has closed the connection, if it does so without announcing it
/// (`Connection: close`). Waiting this long is cheaper than a lost code.
const CLOSING: Duration = Duration::from_millis(5);

/// The connectors, one for each scheme that is used, and their pools.
pub(super) struct Http {
    proxies: Proxies,
    bundle: Option<Vec<u8>>,
    connect_limit: Duration,
    plain: OnceCell<SharedHttpConnector>,
    secure: OnceCell<SharedHttpConnector>,
    /// Our end of every connection so far, to tell a reused one.
    known: Mutex<BTreeSet<SocketAddr>>,
    /// When the last reply came to its end.
    replied: Mutex<Option<Instant>>,
}

impl Http {
    /// `bundle` is checked PEM that replaces the system's roots.
    pub(super) fn new(proxies: Proxies, bundle: Option<Vec<u8>>, connect_limit: Duration) -> Self {
        Self {
            proxies,
            bundle,
            connect_limit,
            plain: OnceCell::new(),
            secure: OnceCell::new(),
            known: Mutex::default(),
            replied: Mutex::default(),
        }
    }

    /// A kept connection that AWS has closed, while the person was typing or right after its last
    /// reply, must be known to be closed before a code is written to it: then nobody could tell
    /// whether the code was used up. One turn lets the runtime hear of it, the other lets the
    /// connection do so.
    pub(super) async fn notice_closed_connections(&self) {
        let since = locked(&self.replied).map(|at| at.elapsed());
        let pause = since.map_or(Duration::ZERO, |since| CLOSING.saturating_sub(since));
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
    }

    #[cfg(test)]
    pub(super) fn has_tls(&self) -> bool {
        self.secure.initialized()
    }

    async fn connector(&self, https: bool) -> Result<&SharedHttpConnector, Trouble> {
        let (cell, proxy) = match https {
            true => (&self.secure, &self.proxies.https),
            false => (&self.plain, &self.proxies.http),
        };
        let tls = https || proxy.as_ref().is_some_and(|proxy| proxy.secure);
        cell.get_or_try_init(|| self.build(proxy.as_ref(), tls))
            .await
    }

    /// Building a connector with the system's roots reads files and parses a hundred
    /// certificates, which must not hold up the prompt.
    async fn build(
        &self,
        proxy: Option<&Proxy>,
        tls: bool,
    ) -> Result<SharedHttpConnector, Trouble> {
        let roots = match (&self.bundle, tls) {
            (_, false) => TrustStore::empty(),
            (Some(pem), true) => TrustStore::empty().with_pem_certificate(pem.as_slice()),
            (None, true) => TrustStore::default(),
        };
        let proxy = proxy.map_or_else(ProxyConfig::disabled, |proxy| proxy.config.clone());
        let limit = self.connect_limit;
        if !tls {
            return Ok(connector(proxy, roots, limit));
        }
        tokio::task::spawn_blocking(move || connector(proxy, roots, limit))
            .await
            .map_err(|_| Trouble {
                situation: Situation::Tls,
                detail: "the root certificates of this system cannot be loaded".to_owned(),
                chain: None,
            })
    }

    async fn exchange(
        &self,
        mut request: HttpRequest,
        limit: Duration,
        seen: &Mutex<Seen>,
    ) -> Result<HttpResponse, Trouble> {
        let capture = CaptureSmithyConnection::new();
        request.add_extension(capture.clone());
        let https = has_scheme(request.uri(), "https");
        let judge = judge(&request);
        let whole = async {
            let connector = self.connector(https).await?;
            let response = connector
                .call(request)
                .await
                .map_err(|error| trouble(&error))?;
            {
                let mut seen = locked(seen);
                seen.status = Some(response.status().as_u16());
                seen.date = response.headers().get("date").and_then(http_date);
                seen.request_id = response
                    .headers()
                    .get("x-amzn-requestid")
                    .map(str::to_owned);
            }
            read(response, judge).await
        };
        let outcome = tokio::time::timeout(limit, whole).await;
        *locked(&self.replied) = Some(Instant::now());
        let connection = capture.get();
        {
            let mut seen = locked(seen);
            seen.connected = connection.is_some();
            if let Some(address) = connection.and_then(|found| found.local_addr()) {
                seen.reused = !locked(&self.known).insert(address);
            }
        }
        outcome.unwrap_or_else(|_| {
            Err(Trouble {
                situation: Situation::TimedOut,
                detail: format!("no answer within {limit:.1?}"),
                chain: None,
            })
        })
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("proxies", &self.proxies)
            .field("private_ca", &self.bundle.is_some())
            .finish_non_exhaustive()
    }
}

fn connector(proxy: ProxyConfig, roots: TrustStore, limit: Duration) -> SharedHttpConnector {
    let context = TlsContext::builder()
        .with_trust_store(roots)
        .build()
        .expect("a trust store alone is always a TLS context");
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(limit)
        .build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .proxy_config(proxy)
        .pool_idle_timeout(LONGEST_IDLE)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build();
    SharedHttpConnector::new(connector)
}

/// Tells by status and body who has written a reply.
type Judge = fn(u16, &[u8]) -> Writer;

/// A reply has the form that was asked for: XML, unless the request says that it wants JSON.
fn judge(request: &HttpRequest) -> Judge {
    match request.headers().get("accept") {
        Some(federation::ACCEPT) => federation::writer,
        _ => |_, body| writer(body),
    }
}

/// The whole reply, if AWS wrote it.
async fn read(mut response: HttpResponse, judge: Judge) -> Result<HttpResponse, Trouble> {
    let status = response.status().as_u16();
    let mut stream = ByteStream::new(response.take_body());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Trouble {
            situation: Situation::BrokenOff,
            detail: wire::said(&error),
            chain: Some(wire::chain(&error)),
        })?;
        if body.len() + chunk.len() > LONGEST_REPLY {
            return Err(foreign(status, false));
        }
        body.extend_from_slice(&chunk);
    }
    match judge(status, &body) {
        Writer::Aws => {
            *response.body_mut() = SdkBody::from(body);
            Ok(response)
        }
        Writer::AwsCutShort => Err(Trouble {
            situation: Situation::BrokenOff,
            detail: format!("the answer breaks off after {} bytes", body.len()),
            chain: None,
        }),
        Writer::Page => Err(foreign(status, true)),
        Writer::Other => Err(foreign(status, false)),
    }
}

fn foreign(status: u16, page: bool) -> Trouble {
    let redirect = (300..400).contains(&status);
    Trouble {
        situation: match status {
            407 => Situation::ProxyPassword,
            _ => Situation::Foreign {
                status,
                page: page || redirect,
            },
        },
        detail: match (redirect, page) {
            (true, _) => format!("status {status}, a redirection"),
            (false, true) => format!("status {status} with a web page"),
            (false, false) => format!("status {status} with something that AWS does not write"),
        },
        chain: None,
    }
}

fn trouble(error: &ConnectorError) -> Trouble {
    Trouble {
        situation: wire::situation(error),
        detail: wire::said(error),
        chain: Some(wire::chain(error)),
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// [`Http`] for one request: what the SDK is given as its HTTP client, and what tells us
/// afterwards how it went.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    http: Arc<Http>,
    limit: Duration,
    seen: Arc<Mutex<Seen>>,
}

impl Wire {
    pub(super) fn new(http: &Arc<Http>, limit: Duration) -> Self {
        Self {
            http: Arc::clone(http),
            limit,
            seen: Arc::default(),
        }
    }

    pub(super) fn seen(&self) -> Seen {
        locked(&self.seen).clone()
    }

    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        {
            let mut seen = locked(&self.seen);
            seen.method = request.method().to_owned();
            seen.host = host(request.uri()).to_owned();
        }
        let started = Instant::now();
        let outcome = self.http.exchange(request, self.limit, &self.seen).await;
        let mut seen = locked(&self.seen);
        seen.took = started.elapsed();
        outcome.map_err(|trouble| {
            let error = ConnectorError::io(trouble.detail.clone().into());
            seen.trouble = Some(trouble);
            error
        })
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().send(request))
    }
}

/// Host and port of a URL that was checked before.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}
