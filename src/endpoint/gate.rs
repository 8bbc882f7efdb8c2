//! Who is let in.
//!
//! Everything on this computer can connect, and so can every page that a browser here shows. So a
//! request has to name us as its host (a name that somebody has pointed at 127.0.0.1 is not ours:
//! DNS rebinding), must not come from a browser, and has to carry the token of the path it asks
//! for. Whoever has no token does not even learn which paths there are.

use std::net::Ipv4Addr;
use std::sync::Arc;

use hyper::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

use super::Door;
use super::answer::Refusal;
use super::cache::Cache;

/// Set by browsers, and by scripts in them never (Fetch Metadata Request Headers).
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// HTTP's own port, which clients leave out of `Host`.
const HTTP: u16 = 80;

#[derive(Debug)]
pub(super) struct Gate {
    hosts: Vec<String>,
    doors: Vec<Door>,
}

impl Gate {
    pub(super) fn new(port: u16, doors: Vec<Door>) -> Self {
        let names = [&Ipv4Addr::LOCALHOST.to_string(), "localhost", "[::1]"];
        let mut hosts: Vec<String> = names.map(|name| format!("{name}:{port}")).into();
        if port == HTTP {
            hosts.extend(names.map(str::to_owned));
        }
        Self { hosts, doors }
    }

    /// What the request may have.
    pub(super) fn admit(&self, request: &Parts) -> Result<Arc<Cache>, Refusal> {
        if !self.is_for_us(request) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "ForeignHost",
                "this endpoint answers under its own address only",
            ));
        }
        if request.headers.contains_key(ORIGIN) || request.headers.contains_key(FETCH_SITE) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "Browser",
                "this endpoint does not answer browsers",
            ));
        }
        let path = request.uri.path();
        let mut shown = request.headers.get_all(AUTHORIZATION).iter();
        let (Some(shown), None) = (shown.next(), shown.next()) else {
            return Err(unauthorized());
        };
        let mut known = false;
        let mut asked = None;
        for door in &self.doors {
            let is_its_token = door.token.is(shown.as_bytes());
            known |= is_its_token;
            if is_its_token && door.path == path {
                asked = Some(door);
            }
        }
        if !known {
            return Err(unauthorized());
        }
        let (Some(door), None) = (asked, request.uri.query()) else {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "NotFound",
                "there is nothing for this token under this path",
            ));
        };
        if request.method != Method::GET {
            return Err(Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "credentials are there to GET",
            ));
        }
        Ok(Arc::clone(&door.cache))
    }

    /// A target in absolute form names its host, too (RFC 9112, section 3.2.2).
    fn is_for_us(&self, request: &Parts) -> bool {
        let ours = |name: &[u8]| {
            let mut hosts = self.hosts.iter();
            hosts.any(|host| host.as_bytes().eq_ignore_ascii_case(name))
        };
        let mut named = request.headers.get_all(HOST).iter();
        let (Some(host), None) = (named.next(), named.next()) else {
            return false;
        };
        let target = request.uri.authority();
        ours(host.as_bytes()) && target.is_none_or(|target| ours(target.as_str().as_bytes()))
    }
}

fn unauthorized() -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "Unauthorized",
        "the Authorization header has to be the value of AWS_CONTAINER_AUTHORIZATION_TOKEN",
    )
}
