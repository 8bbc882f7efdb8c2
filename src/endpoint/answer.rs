//! Answers as the SDKs read them: a document with credentials, or one with `code` and `message`.
//!
//! The status says whether asking again may help: SDKs repeat a request after 5xx, and give up
//! after 4xx.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use zeroize::Zeroizing;

use super::Credentials;
use crate::failure::{Failure, Kind};

/// Room for the document with a long session token: growing would leave copies that nobody wipes.
const ROOM: usize = 8 << 10;

/// What `Expiration` looks like everywhere in AWS: RFC 3339 in UTC, whole seconds.
const SPELLED: &str = "%Y-%m-%dT%H:%M:%SZ";

/// As from the containers of ECS (Amazon ECS Developer Guide, "Task IAM role").
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: String,
}

#[derive(Serialize)]
struct Refused<'a> {
    code: &'a str,
    message: &'a str,
}

/// Why there are no credentials.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// What kept the source from delivering, and what the person can do about it.
    pub(super) fn from_failure(failure: &Failure) -> Self {
        let (status, code) = match failure.kind() {
            Kind::Network => (StatusCode::BAD_GATEWAY, "AwsNotReached"),
            Kind::Aws => (StatusCode::FORBIDDEN, "AwsRefused"),
            Kind::Code => (StatusCode::FORBIDDEN, "SignInNeeded"),
            Kind::Usage | Kind::Configuration => (StatusCode::FORBIDDEN, "Configuration"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "NotAvailable"),
        };
        let mut message = failure.to_string();
        for advice in failure.advice() {
            message += &format!("; {advice}");
        }
        Self::new(status, code, message)
    }
}

pub(super) fn credentials(credentials: &Credentials) -> Response<Full<Bytes>> {
    let key = &credentials.key;
    let document = Document {
        access_key_id: &key.id,
        secret_access_key: key.secret.expose(),
        token: key.token.as_ref().map_or("", |token| token.expose()),
        expiration: credentials.expiration.strftime(SPELLED).to_string(),
    };
    response(StatusCode::OK, &document)
}

pub(super) fn refusal(refusal: &Refusal) -> Response<Full<Bytes>> {
    let document = Refused {
        code: refusal.code,
        message: &refusal.message,
    };
    let mut response = response(refusal.status, &document);
    if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET"));
    }
    response
}

fn response(status: StatusCode, document: &impl Serialize) -> Response<Full<Bytes>> {
    let mut body = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut body, document).expect("text goes into a Vec");
    let mut response = Response::new(Full::new(Bytes::from_owner(Zeroizing::new(body))));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asking_again_may_mend_is_5xx_and_the_advice_is_told() {
        for (kind, status) in [
            (Kind::Code, 403),
            (Kind::Configuration, 403),
            (Kind::Usage, 403),
            (Kind::Aws, 403),
            (Kind::Network, 502),
            (Kind::File, 503),
            (Kind::Interrupted, 503),
            (Kind::Internal, 503),
        ] {
            let failure = Failure::new(kind, "what").at("where").next("do this");
            let refusal = Refusal::from_failure(&failure);
            assert_eq!(refusal.status.as_u16(), status, "{kind:?}");
            assert_eq!(refusal.message, "what (where); do this");
        }
    }
}
