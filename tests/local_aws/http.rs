//! HTTP/1.1 as far as AWS's clients use it: a head, a body of a stated length, connections that
//! stay open.
//!
//! Whatever a correct client never sends (chunked bodies, two lengths, a huge head, pipelining
//! tricks) is refused rather than interpreted. What the request means is decided elsewhere.

use std::io::{self, Read, Write};

const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub struct Request {
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// Names and values as sent, in order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The client asked for the connection to be closed after the reply.
    pub close: bool,
}

impl Request {
    /// The values of every header of that name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(sent, _)| sent.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The value of a header that occurs exactly once.
    pub fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into(),
        }
    }

    pub fn header(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value.into()));
    }

    /// The whole reply in one piece, so that it leaves in one packet.
    pub fn bytes(&self, close: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if close {
            head.push_str("Connection: close\r\n");
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

/// Why no request could be read.
#[derive(Debug)]
pub enum Unread {
    /// The client closed the connection between two requests.
    Closed,
    /// The connection broke, or ended inside a request.
    Broken,
    /// The client sent what this server refuses to interpret.
    Refused(u16, &'static str),
}

impl From<io::Error> for Unread {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// One connection's reading side: bytes that arrived and were not yet used.
#[derive(Debug, Default)]
pub struct Incoming {
    buffer: Vec<u8>,
}

impl Incoming {
    /// Reads one whole request from `wire`.
    pub fn request(&mut self, wire: &mut impl Read) -> Result<Request, Unread> {
        let (mut request, head_length) = loop {
            if let Some(parsed) = head(&self.buffer)? {
                break parsed;
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Err(Unread::Refused(431, "the request head is too large"));
            }
            let started = !self.buffer.is_empty();
            if self.fill(wire)? == 0 {
                return Err(if started {
                    Unread::Broken
                } else {
                    Unread::Closed
                });
            }
        };
        let length = body_length(&request)?;
        while self.buffer.len() < head_length + length {
            if self.fill(wire)? == 0 {
                return Err(Unread::Broken);
            }
        }
        request.body = self.buffer[head_length..head_length + length].to_vec();
        self.buffer.drain(..head_length + length);
        Ok(request)
    }

    fn fill(&mut self, wire: &mut impl Read) -> io::Result<usize> {
        let mut chunk = [0; 16 * 1024];
        let count = wire.read(&mut chunk)?;
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(count)
    }
}

/// The head at the start of `buffer` and its length, once all of it is there.
fn head(buffer: &[u8]) -> Result<Option<(Request, usize)>, Unread> {
    let mut storage = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut storage);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Unread::Refused(400, "this is not an HTTP/1.1 request")),
    };
    if parsed.version != Some(1) {
        return Err(Unread::Refused(400, "only HTTP/1.1 is spoken here"));
    }
    let mut headers = Vec::with_capacity(parsed.headers.len());
    for header in parsed.headers.iter() {
        let value = std::str::from_utf8(header.value)
            .map_err(|_| Unread::Refused(400, "a header value is not UTF-8"))?;
        headers.push((header.name.to_owned(), value.to_owned()));
    }
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        close: headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close")
        }),
        headers,
        body: Vec::new(),
    };
    Ok(Some((request, length)))
}

fn body_length(request: &Request) -> Result<usize, Unread> {
    if request.all("transfer-encoding").next().is_some() {
        return Err(Unread::Refused(501, "Transfer-Encoding is not spoken here"));
    }
    let stated: Vec<&str> = request.all("content-length").collect();
    let length = match stated.as_slice() {
        [] => 0,
        [one] if !one.is_empty() && one.bytes().all(|byte| byte.is_ascii_digit()) => one
            .parse()
            .map_err(|_| Unread::Refused(413, "the body is too large"))?,
        _ => return Err(Unread::Refused(400, "the body's length is not clear")),
    };
    if length > BODY_LIMIT {
        return Err(Unread::Refused(413, "the body is too large"));
    }
    Ok(length)
}

/// Sends the reply, or only its first half.
pub fn send(wire: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes)?;
    wire.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Request, Unread> {
        Incoming::default().request(&mut text.as_bytes())
    }

    #[test]
    fn two_requests_in_one_packet_are_read_one_after_the_other() {
        let text =
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nA=1GET /x?y HTTP/1.1\r\n\r\n";
        let (mut incoming, mut wire) = (Incoming::default(), text.as_bytes());
        let first = incoming.request(&mut wire).unwrap();
        assert_eq!(
            (first.one("HOST"), first.body.as_slice()),
            (Some("a"), &b"A=1"[..])
        );
        let second = incoming.request(&mut wire).unwrap();
        assert_eq!((second.path(), second.query()), ("/x", "y"));
        assert!(matches!(incoming.request(&mut wire), Err(Unread::Closed)));
    }

    #[test]
    fn what_a_correct_client_never_sends_is_refused() {
        for (text, status) in [
            ("POST / HTTP/1.0\r\n\r\n", 400),
            ("\x16\x03\x01\x02\x00\x01\x00\x01\x03\x03", 400),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                501,
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                400,
            ),
            ("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\na", 400),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        ] {
            let answer = read(text);
            assert!(
                matches!(answer, Err(Unread::Refused(got, _)) if got == status),
                "{text:?}: {answer:?}"
            );
        }
        let endless = format!(
            "POST / HTTP/1.1\r\nX: {}",
            "x".repeat(HEAD_LIMIT + 32 * 1024)
        );
        assert!(matches!(read(&endless), Err(Unread::Refused(431, _))));
    }

    #[test]
    fn a_body_that_ends_early_is_a_broken_connection() {
        let text = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nA";
        assert!(matches!(read(text), Err(Unread::Broken)));
    }
}
