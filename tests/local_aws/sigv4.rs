//! Signature Version 4, from the verifier's side: the signature is computed again from the request
//! as it arrived and compared.
//!
//! Source: IAM User Guide, "Create a signed AWS API request" and "Troubleshoot Signature Version 4
//! signing" (the messages). It decides nothing about who the key belongs to; the caller looks the
//! key up between [`Authorization::read`] and [`Authorization::verify`].

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::clock;
use super::http::Request;
use super::refusal::Refusal;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far the signature's date may be from the server's clock. AWS documents five minutes; STS
/// has been seen to grant fifteen. The narrower one is enforced here: a client has to be right.
const SKEW_SECONDS: u64 = 5 * 60;

/// What the `Authorization` header says, and the date that goes with it.
#[derive(Debug)]
pub struct Authorization {
    pub key_id: String,
    pub date: String,
    pub region: String,
    pub service: String,
    terminator: String,
    signed_headers: Vec<String>,
    signature: String,
    timestamp: String,
    signed_at: u64,
}

impl Authorization {
    /// Takes the header apart.
    ///
    /// # Errors
    /// `MissingAuthenticationToken` without one, `IncompleteSignature` where it is not what the
    /// documentation describes.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        if request.query().contains("X-Amz-Signature=") {
            return Err(Refusal::incomplete_signature(
                "presigned requests are not spoken here",
            ));
        }
        if request.all("authorization").next().is_none() {
            return Err(Refusal::missing_authentication());
        }
        let Some(header) = request.one("authorization") else {
            return Err(Refusal::incomplete_signature(
                "more than one Authorization header",
            ));
        };
        let Some(fields) = header.strip_prefix(ALGORITHM) else {
            let scheme = header.split(' ').next().unwrap_or_default();
            return Err(Refusal::incomplete_signature(format!(
                "Unsupported AWS 'algorithm': '{scheme}'. "
            )));
        };
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for field in fields.split(',').map(str::trim) {
            let (name, value) = field.split_once('=').ok_or_else(|| {
                Refusal::incomplete_signature(format!(
                    "'{field}' not a valid key=value pair (missing equal-sign) in Authorization header."
                ))
            })?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => {
                    return Err(Refusal::incomplete_signature(format!(
                        "unknown parameter '{name}' in Authorization header."
                    )));
                }
            };
            if place.replace(value).is_some() {
                return Err(Refusal::incomplete_signature(format!(
                    "'{name}' occurs twice in Authorization header."
                )));
            }
        }
        let required = |value: Option<&str>, name: &str| {
            value.map(str::to_owned).ok_or_else(|| {
                Refusal::incomplete_signature(format!(
                    "Authorization header requires '{name}' parameter."
                ))
            })
        };
        let credential = required(credential, "Credential")?;
        let signed_headers = required(signed_headers, "SignedHeaders")?;
        let signature = required(signature, "Signature")?;
        let parts: Vec<&str> = credential.split('/').collect();
        let &[key_id, date, region, service, terminator] = parts.as_slice() else {
            return Err(Refusal::incomplete_signature(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        let timestamp = request.one("x-amz-date").ok_or_else(|| {
            Refusal::incomplete_signature(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            )
        })?;
        let signed_at = clock::parse_basic(timestamp).ok_or_else(|| {
            Refusal::incomplete_signature(format!(
                "Date must be in ISO-8601 'basic format'. Got '{timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601"
            ))
        })?;
        Ok(Self {
            key_id: key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            terminator: terminator.to_owned(),
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            signature,
            timestamp: timestamp.to_owned(),
            signed_at,
        })
    }

    /// Checks scope, age, signed headers, payload and signature, in AWS's order.
    pub fn verify(&self, request: &Request, secret: &str, now: u64) -> Result<(), Refusal> {
        self.check_scope()?;
        self.check_age(now)?;
        self.check_signed_headers(request)?;
        check_payload_header(request)?;
        let expected = self.expected_signature(request, secret)?;
        if expected != self.signature {
            return Err(Refusal::signature(
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
            ));
        }
        Ok(())
    }

    fn check_scope(&self) -> Result<(), Refusal> {
        if self.terminator != "aws4_request" {
            return Err(Refusal::signature(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'. ",
                self.terminator
            ))
            .violation());
        }
        let day = &self.timestamp[..8];
        if self.date != day {
            return Err(Refusal::signature(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{}'.",
                self.date, self.timestamp
            ))
            .violation());
        }
        Ok(())
    }

    fn check_age(&self, now: u64) -> Result<(), Refusal> {
        let minutes = SKEW_SECONDS / 60;
        if self.signed_at + SKEW_SECONDS < now {
            return Err(Refusal::signature(format!(
                "Signature expired: {} is now earlier than {} ({} - {minutes} min.)",
                self.timestamp,
                clock::basic(now - SKEW_SECONDS),
                clock::basic(now)
            )));
        }
        if self.signed_at > now + SKEW_SECONDS {
            return Err(Refusal::signature(format!(
                "Signature not yet current: {} is still later than {} ({} + {minutes} min.)",
                self.timestamp,
                clock::basic(now + SKEW_SECONDS),
                clock::basic(now)
            )));
        }
        Ok(())
    }

    /// `host` and every `x-amz-*` header must be signed, and the list sorted and complete.
    fn check_signed_headers(&self, request: &Request) -> Result<(), Refusal> {
        if !self.signed_headers.is_sorted() {
            return Err(Refusal::signature("'SignedHeaders' is not sorted. ").violation());
        }
        if request.one("host").is_none() || !self.signs("host") {
            return Err(Refusal::signature(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            )
            .violation());
        }
        let unsigned = request
            .headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .find(|name| name.starts_with("x-amz-") && !self.signs(name));
        if let Some(name) = unsigned {
            return Err(Refusal::signature(format!(
                "There were headers present in the request which were not signed: {name}"
            ))
            .violation());
        }
        let absent = self
            .signed_headers
            .iter()
            .find(|name| request.all(name).next().is_none());
        if let Some(name) = absent {
            return Err(Refusal::signature(format!(
                "'{name}' is in 'SignedHeaders' but not in the request. "
            ))
            .violation());
        }
        Ok(())
    }

    fn signs(&self, header: &str) -> bool {
        self.signed_headers.iter().any(|name| name == header)
    }

    /// The signature this request ought to carry.
    pub fn expected_signature(&self, request: &Request, secret: &str) -> Result<String, Refusal> {
        let scope = format!(
            "{}/{}/{}/{}",
            self.date, self.region, self.service, self.terminator
        );
        let canonical = self.canonical_request(request)?;
        let string_to_sign = format!(
            "{ALGORITHM}\n{}\n{scope}\n{}",
            self.timestamp,
            hex(&Sha256::digest(canonical))
        );
        let steps = [&self.date, &self.region, &self.service, &self.terminator];
        let key = steps
            .iter()
            .fold(format!("AWS4{secret}").into_bytes(), |key, step| {
                mac(&key, step)
            });
        Ok(hex(&mac(&key, &string_to_sign)))
    }

    fn canonical_request(&self, request: &Request) -> Result<String, Refusal> {
        let mut headers = String::new();
        for name in &self.signed_headers {
            let values: Vec<String> = request.all(name).map(folded).collect();
            headers.push_str(&format!("{name}:{}\n", values.join(",")));
        }
        Ok(format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            request.method,
            request.path(),
            canonical_query(request.query())?,
            self.signed_headers.join(";"),
            hex(&Sha256::digest(&request.body))
        ))
    }
}

/// Where the client states the payload's hash, it has to be the payload's hash.
fn check_payload_header(request: &Request) -> Result<(), Refusal> {
    match request.one("x-amz-content-sha256") {
        Some(stated) if stated != hex(&Sha256::digest(&request.body)) => Err(Refusal::signature(
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
        .violation()),
        _ => Ok(()),
    }
}

/// Surrounding white space away, runs of spaces folded into one.
fn folded(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn canonical_query(query: &str) -> Result<String, Refusal> {
    let mut pairs = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let decoded = percent_decoded(name).zip(percent_decoded(value));
        let (name, value) = decoded.ok_or_else(|| {
            Refusal::new(
                404,
                "MalformedQueryString",
                "The query string contains a syntax error",
            )
            .violation()
        })?;
        pairs.push((percent_encoded(&name), percent_encoded(&value)));
    }
    pairs.sort();
    let joined: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Ok(joined.join("&"))
}

/// `%41` to `A`; nothing else is touched, `+` in particular.
pub fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push((high * 16 + low) as u8);
    }
    Some(bytes)
}

/// As RFC 3986 has it: everything but letters, digits and `-._~`.
pub fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
