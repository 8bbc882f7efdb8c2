//! What one request brought back, as far as it can be told before the SDK reads the answer.
//!
//! STS and IAM answer with one XML document whose root is named after the operation, or
//! `ErrorResponse` (AWS Query protocol). Anything else under a status line was not written by
//! AWS: a captive portal, a proxy's error page, a load balancer's 502; or it was cut short. That
//! decides whether a code can be spent, so it is settled here and not left to an XML parser.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::explain::Situation;

/// One request and what came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) host: String,
    pub(super) took: Duration,
    /// A connection was there, so the request may have arrived. `false` is a proof that it did not.
    pub(super) connected: bool,
    pub(super) reused: bool,
    pub(super) status: Option<u16>,
    pub(super) date: Option<Timestamp>,
    pub(super) request_id: Option<String>,
    /// Why there is no answer of AWS's, in AWS's place told by the connection.
    pub(super) trouble: Option<Trouble>,
}

#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) situation: Situation,
    /// For a person: the system's words or ours.
    pub(super) detail: String,
    /// For the trace: those of the libraries, where they are what is known.
    pub(super) chain: Option<String>,
}

impl Seen {
    /// AWS itself answered, whatever it said.
    pub(super) fn answered(&self) -> bool {
        self.trouble.is_none() && self.status.is_some()
    }

    /// The request may have been carried out, and nobody can tell. A proxy that wants a password
    /// has passed nothing on.
    pub(super) fn in_doubt(&self) -> bool {
        let passed_on = |trouble: &Trouble| trouble.situation != Situation::ProxyPassword;
        self.connected && !self.answered() && self.trouble.as_ref().is_none_or(passed_on)
    }
}

/// Whose answer a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    Aws,
    /// A document of AWS's that breaks off.
    AwsCutShort,
    /// A web page.
    Page,
    Other,
}

/// Judges a body by its root element and its end.
pub(super) fn writer(body: &[u8]) -> Writer {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let Some(root) = root_name(text) else {
        return Writer::Other;
    };
    if root.eq_ignore_ascii_case("html") || root.eq_ignore_ascii_case("!doctype") {
        return Writer::Page;
    }
    if !root.ends_with("Response") {
        return Writer::Other;
    }
    let closed = text.ends_with(&format!("</{root}>")) || is_empty_element(text);
    match closed {
        true => Writer::Aws,
        false => Writer::AwsCutShort,
    }
}

/// Whether the root has no content and no end tag, as XML spells an answer that says nothing.
fn is_empty_element(text: &str) -> bool {
    let root = text.rsplit_once("?>").map_or(text, |(_, root)| root).trim();
    root.ends_with("/>") && root.matches('<').count() == 1
}

fn root_name(text: &str) -> Option<&str> {
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>")?.1.trim_start(),
        None => text,
    };
    let tag = text.strip_prefix('<')?;
    let end = tag.find(|c: char| c.is_whitespace() || c == '>' || c == '/')?;
    (end > 0).then(|| &tag[..end])
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, "Date/Time Formats").
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_known_by_its_root_and_its_end() {
        for (body, expected) in [
            (
                "<GetCallerIdentityResponse xmlns=\"x\"><a/></GetCallerIdentityResponse>",
                Writer::Aws,
            ),
            (
                "<?xml version=\"1.0\"?>\n<ErrorResponse><Error/></ErrorResponse>\n",
                Writer::Aws,
            ),
            ("\u{feff}<ErrorResponse></ErrorResponse>", Writer::Aws),
            ("<UpdateAccessKeyResponse xmlns=\"x\"/>", Writer::Aws),
            ("<?xml version=\"1.0\"?><TagUserResponse/>", Writer::Aws),
            ("<TagUserResponse><a/>", Writer::AwsCutShort),
            (
                "<GetSessionTokenResponse xmlns=\"x\"><GetSessionTok",
                Writer::AwsCutShort,
            ),
            ("<ListMFADevicesResponse>", Writer::AwsCutShort),
            ("<!DOCTYPE html><html></html>", Writer::Page),
            ("<HTML><body>Welcome</body></HTML>", Writer::Page),
            ("<GetSessionTok", Writer::Other),
            ("", Writer::Other),
            ("<", Writer::Other),
            ("{\"ok\":true}", Writer::Other),
            ("<Error><Code>AccessDenied</Code></Error>", Writer::Other),
        ] {
            assert_eq!(writer(body.as_bytes()), expected, "{body:?}");
        }
    }

    #[test]
    fn the_date_header_is_read() {
        assert_eq!(
            http_date("Sat, 21 Nov 2026 12:00:07 GMT"),
            Some("2026-11-21T12:00:07Z".parse().unwrap())
        );
        assert_eq!(http_date("yesterday"), None);
    }
}
