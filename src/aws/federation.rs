//! Into the console: a sign-in token for temporary credentials, and the credentials of a federated
//! user, the only ones besides a role's that the console takes.
//!
//! The sign-in endpoint is neither STS nor IAM: nothing is signed, the credentials themselves are
//! the request, in the body of a POST so that no log on the way has them in an address. It answers
//! in JSON, and what it refuses with a web page and status 400. It goes over the same HTTP client
//! as everything else, for the proxy, the private CA, the repetitions and the trace.
//!
//! Rules of AWS's that callers must know (IAM User Guide, "Enable custom identity broker access to
//! the AWS console"; AWS STS API Reference, GetFederationToken): a token is good for 15 minutes;
//! a console session ends with the credentials unless a duration of 900 to 43200 seconds is asked
//! for, which is only granted for a role that was assumed with a long-term key, never for a
//! federated user. GetFederationToken takes a long-term key only, no MFA, 900 to 129600 seconds
//! (the root user: 3600), and grants nothing without session policies.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_sts::types::PolicyDescriptorType;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::explain::Refusal;
use super::http::Wire;
use super::reply::{self, Writer};
use super::retry::Missing;
use super::sts::{issued, required, seconds};
use super::{Aws, Call, Issued, Settings, Trace};
use crate::console::{encoded, federation};
use crate::context::Context;
use crate::failure::Result as Checked;
use crate::secret::{AccessKey, Secret};

/// What the request wants back, and by which [`super::http`] knows who judges the reply.
pub(super) const ACCEPT: &str = "application/json";

pub(super) const GET_FEDERATION_TOKEN: &str = "GetFederationToken";
pub(super) const GET_SIGNIN_TOKEN: &str = "getSigninToken";

/// Stands for an error code, which the endpoint has none of: HTTP's own name of status 400.
pub(super) const BAD_REQUEST: &str = "BadRequest";

/// What to do where AWS does not like what GetFederationToken was asked for.
pub const CHECK_POLICIES: &str = "check the policies that --policy-arn names";

/// What to ask of GetFederationToken.
#[derive(Clone, Copy, Debug)]
pub struct Federation<'a> {
    /// 2 to 32 characters out of `[A-Za-z0-9_+=,.@-]`.
    pub name: &'a str,
    /// ARNs of managed policies, ten at most.
    pub policies: &'a [String],
    /// AWS's default of twelve hours where none is given.
    pub duration: Option<Duration>,
}

impl Aws {
    /// `issued.arn` is the federated user's.
    pub async fn federation_token(
        &self,
        key: &AccessKey,
        federation: &Federation<'_>,
    ) -> Result<Issued, Refusal> {
        let call = Call::new(GET_FEDERATION_TOKEN, key);
        let policies: Vec<_> = federation
            .policies
            .iter()
            .map(|arn| PolicyDescriptorType::builder().arn(arn).build())
            .collect();
        let attempt = |wire| {
            self.sts(key, wire)
                .get_federation_token()
                .name(federation.name)
                .set_policy_arns(Some(policies.clone()))
                .set_duration_seconds(federation.duration.map(seconds))
                .send()
        };
        self.send(&call, attempt, |output| {
            let arn = output.federated_user.map(|user| user.arn);
            issued(output.credentials, Some(required("FederatedUser", arn)?))
        })
        .await
    }
}

/// One sign-in endpoint, as one computer reaches it.
#[derive(Debug)]
pub struct SignIn {
    aws: Aws,
    url: String,
}

impl SignIn {
    /// `signin` is the address of the sign-in service. Opens no connection.
    ///
    /// # Errors
    ///
    /// As for [`Aws::new`].
    pub fn new(
        context: &Context,
        signin: &str,
        ca_bundle: Option<PathBuf>,
        budget: Duration,
        trace: Trace,
    ) -> Checked<Self> {
        // No other service is called by it, so no other address may decide whether TLS is needed.
        let settings = Settings {
            sts_endpoint: Some(signin.to_owned()),
            iam_endpoint: Some(signin.to_owned()),
            ca_bundle,
            budget,
            ..Settings::default()
        };
        Ok(Self {
            aws: Aws::new(context, settings, trace)?,
            url: federation(signin),
        })
    }

    /// A token that opens the console within 15 minutes. `duration` is the console session's.
    pub async fn token(
        &self,
        key: &AccessKey,
        duration: Option<Duration>,
    ) -> Result<Secret, Refusal> {
        let call = Call::new(GET_SIGNIN_TOKEN, key);
        let body = form(key, duration);
        let attempt = |wire| exchange(wire, &self.url, &body);
        self.aws.send(&call, attempt, token).await
    }
}

/// The credentials in the endpoint's own words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    session_id: &'a str,
    session_key: &'a str,
    session_token: &'a str,
}

fn form(key: &AccessKey, duration: Option<Duration>) -> Zeroizing<String> {
    let session = Session {
        session_id: &key.id,
        session_key: key.secret.expose(),
        session_token: key.token.as_ref().map_or("", Secret::expose),
    };
    // Room from the start: growing would leave copies that nobody wipes.
    let length = 64 + key.id.len() + session.session_key.len() + session.session_token.len();
    let mut json = Zeroizing::new(Vec::with_capacity(2 * length));
    serde_json::to_writer(&mut *json, &session).expect("three texts make a JSON object");
    let json = std::str::from_utf8(&json).expect("JSON is UTF-8");
    let session = Zeroizing::new(encoded(json));
    let duration = duration.map_or(String::new(), |duration| {
        format!("&SessionDuration={}", duration.as_secs())
    });
    Zeroizing::new(["Action=getSigninToken", &duration, "&Session=", &session].concat())
}

/// Sends the request once. What is not an answer of the endpoint's has become an error on the way.
async fn exchange(
    wire: Wire,
    url: &str,
    body: &str,
) -> Result<Zeroizing<Vec<u8>>, SdkError<ErrorMetadata, HttpResponse>> {
    let request = request(url, body).map_err(SdkError::construction_failure)?;
    let response = wire
        .call(request)
        .await
        .map_err(SdkError::<ErrorMetadata, _>::dispatch_failure)?;
    let bytes = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return Ok(Zeroizing::new(bytes.to_vec()));
    }
    let refused = ErrorMetadata::builder()
        .code(match response.status().as_u16() {
            400 => BAD_REQUEST,
            _ => "Unexpected",
        })
        .message(words(&String::from_utf8_lossy(bytes)))
        .build();
    Err(SdkError::service_error(refused, response))
}

fn request(url: &str, body: &str) -> Result<HttpRequest, ConnectorError> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    let unfit = |error| ConnectorError::user(Box::new(error));
    request.set_method("POST").map_err(unfit)?;
    request.set_uri(url).map_err(unfit)?;
    let headers = request.headers_mut();
    headers.insert("accept", ACCEPT);
    headers.insert("content-type", "application/x-www-form-urlencoded");
    headers.insert("content-length", body.len().to_string());
    headers.insert("user-agent", concat!("awsmfa/", env!("CARGO_PKG_VERSION")));
    Ok(request)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    signin_token: Option<String>,
}

fn token(body: Zeroizing<Vec<u8>>) -> Result<Secret, Missing> {
    const NAME: &str = "SigninToken";
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| Missing(NAME))?;
    let sound = |token: &String| token.bytes().all(|byte| byte.is_ascii_graphic());
    required(NAME, answer.signin_token.filter(sound)).map(Secret::new)
}

/// Who has written a reply of the sign-in endpoint: a JSON object is AWS's, and so is whatever comes
/// with status 400, which nobody else on the way answers to a request that is in order. STS or
/// IAM in its place (an address given for all services) speaks XML.
pub(super) fn writer(status: u16, body: &[u8]) -> Writer {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if reply::writer(body) == Writer::Aws {
        Writer::Other
    } else if status == 400 || text.starts_with('{') && text.ends_with('}') {
        Writer::Aws
    } else if text.starts_with('{') {
        Writer::AwsCutShort
    } else if text.starts_with('<') {
        Writer::Page
    } else {
        Writer::Other
    }
}

/// What a person would read of a web page: its body without the tags. Text without any is itself.
fn words(page: &str) -> String {
    let body = page.split_once("<body").map_or(page, |(_, body)| body);
    let mut words = String::new();
    let mut inside = page.contains("<body");
    for letter in body.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                words.push(' ');
            }
            _ if inside => {}
            _ => words.push(letter),
        }
    }
    words.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_what_aws_documents() {
        let key = AccessKey {
            id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Secret::new("a/b+c"),
            token: Some(Secret::new("d==")),
        };
        let session = "%7B%22sessionId%22%3A%22ASIAIOSFODNN7EXAMPLE%22%2C%22sessionKey%22%3A%22a%2Fb%2Bc%22%2C%22sessionToken%22%3A%22d%3D%3D%22%7D";
        let plain = format!("Action=getSigninToken&Session={session}");
        assert_eq!(*form(&key, None), plain);
        let long = format!("Action=getSigninToken&SessionDuration=43200&Session={session}");
        assert_eq!(*form(&key, Some(Duration::from_secs(43_200))), long);
    }

    #[test]
    fn a_reply_is_judged_by_its_status_and_its_form() {
        for (status, body, expected) in [
            (200, "{\"SigninToken\":\"x\"}\n", Writer::Aws),
            (400, "<html>no</html>", Writer::Aws),
            (400, "", Writer::Aws),
            (429, "{}", Writer::Aws),
            (200, "{\"SigninTok", Writer::AwsCutShort),
            (200, "<html>Welcome</html>", Writer::Page),
            (502, "<html>Bad Gateway</html>", Writer::Page),
            (200, "", Writer::Other),
            (400, "<ErrorResponse></ErrorResponse>", Writer::Other),
            (403, "no", Writer::Other),
        ] {
            assert_eq!(writer(status, body.as_bytes()), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_token_is_taken_from_the_answer_or_missed() {
        let taken = |body: &str| token(Zeroizing::new(body.as_bytes().to_vec()));
        let found = taken("{\"SigninToken\":\"abc\",\"Other\":1}").unwrap();
        assert_eq!(found.expose(), "abc");
        for body in [
            "{}",
            "{\"SigninToken\":\"\"}",
            "{\"SigninToken\":null}",
            "{\"SigninToken\":\"a\\nb\"}",
            "[]",
        ] {
            assert!(taken(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_page_is_told_in_its_words() {
        for (page, expected) in [
            ("Invalid session", "Invalid session"),
            ("", ""),
            (
                "<html><head><style>b > i {}</style></head><body class=\"x\"><b>message</b> <u>Invalid credentials</u></body></html>",
                "message   Invalid credentials",
            ),
        ] {
            assert_eq!(words(page), expected);
        }
    }
}
