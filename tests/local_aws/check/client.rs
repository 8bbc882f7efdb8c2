//! A client that signs a request correctly and then lets the test spoil it.
//!
//! It signs with the server's own [`Authorization`], which `vectors` and the real clients pin down.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::local_aws::http::Request;
use crate::local_aws::sigv4::Authorization;
use crate::local_aws::{Key, LocalAws, clock};

pub const STS: &str = "2011-06-15";
pub const IAM: &str = "2010-05-08";

/// What to sign with.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

impl From<&Key> for Credentials {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id.clone(),
            secret: key.secret.clone(),
            token: None,
        }
    }
}

/// A request in the making.
pub struct Draft {
    pub request: Request,
    pub region: String,
    pub service: String,
    pub date: String,
}

impl Draft {
    pub fn new(aws: &LocalAws, version: &str, action: &str, parameters: &[(&str, &str)]) -> Self {
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            body.push_str(&format!("&{name}={}", encoded(value)));
        }
        let headers = [
            ("Host", format!("127.0.0.1:{}", aws.port())),
            (
                "Content-Type",
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            ),
        ];
        Self {
            request: Request {
                method: "POST".to_owned(),
                target: "/".to_owned(),
                headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
                body: body.into_bytes(),
                close: false,
            },
            region: "us-east-1".to_owned(),
            service: if version == IAM { "iam" } else { "sts" }.to_owned(),
            date: clock::basic(aws.now()),
        }
    }

    pub fn header(&mut self, name: &str, value: &str) {
        self.request
            .headers
            .push((name.to_owned(), value.to_owned()));
    }

    /// Adds date, token and signature; every header present so far is signed.
    pub fn signed(mut self, credentials: &Credentials) -> Self {
        let date = self.date.clone();
        self.header("X-Amz-Date", &date);
        if let Some(token) = &credentials.token {
            self.header("X-Amz-Security-Token", &token.clone());
        }
        let mut names: Vec<String> = self
            .request
            .headers
            .iter()
            .map(|(name, _)| name.to_lowercase())
            .collect();
        names.sort();
        let authorization = |signature: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={}/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={signature}",
                credentials.id,
                &date[..8],
                self.region,
                self.service,
                names.join(";")
            )
        };
        let unsigned = authorization("none");
        let mut probe = Request {
            method: self.request.method.clone(),
            target: self.request.target.clone(),
            headers: self.request.headers.clone(),
            body: self.request.body.clone(),
            close: false,
        };
        probe.headers.push(("Authorization".to_owned(), unsigned));
        let signature = Authorization::read(&probe)
            .and_then(|read| read.expected_signature(&probe, &credentials.secret))
            .unwrap_or_default();
        let header = authorization(&signature);
        self.header("Authorization", &header);
        self
    }

    /// Replaces text in the value of a header, after signing.
    pub fn spoil(&mut self, name: &str, from: &str, to: &str) {
        for (sent, value) in &mut self.request.headers {
            if sent.eq_ignore_ascii_case(name) {
                assert!(value.contains(from), "{name}: {value} has no {from}");
                *value = value.replace(from, to);
            }
        }
    }

    pub fn drop_header(&mut self, name: &str) {
        self.request
            .headers
            .retain(|(sent, _)| !sent.eq_ignore_ascii_case(name));
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\n",
            self.request.method, self.request.target
        );
        for (name, value) in &self.request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "Content-Length: {}\r\n\r\n",
            self.request.body.len()
        ));
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.request.body);
        bytes
    }

    pub fn send(&self, aws: &LocalAws) -> Reply {
        Connection::open(aws)
            .send(self)
            .expect("the server answers")
    }
}

pub struct Connection(TcpStream);

impl Connection {
    pub fn open(aws: &LocalAws) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", aws.port())).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self(stream)
    }

    /// `Err` with what had arrived when the connection ended before a whole reply.
    pub fn send(&mut self, draft: &Draft) -> Result<Reply, Ended> {
        self.0.write_all(&draft.bytes()).map_err(|error| Ended {
            kind: Some(error.kind()),
            received: Vec::new(),
        })?;
        let mut received = Vec::new();
        loop {
            if let Some(reply) = Reply::parse(&received) {
                return Ok(reply);
            }
            let mut chunk = [0; 4096];
            match self.0.read(&mut chunk) {
                Ok(0) => {
                    return Err(Ended {
                        kind: None,
                        received,
                    });
                }
                Ok(count) => received.extend_from_slice(&chunk[..count]),
                Err(error) => {
                    return Err(Ended {
                        kind: Some(error.kind()),
                        received,
                    });
                }
            }
        }
    }

    pub fn give_up_after(&self, time: Duration) {
        self.0.set_read_timeout(Some(time)).unwrap();
    }
}

/// How a connection ended: by an error, or (`None`) in good order.
#[derive(Debug)]
pub struct Ended {
    pub kind: Option<std::io::ErrorKind>,
    pub received: Vec<u8>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut storage = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Response::new(&mut storage);
        let httparse::Status::Complete(length) = head.parse(bytes).unwrap() else {
            return None;
        };
        let headers: Vec<(String, String)> = head
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8(header.value.to_vec()).unwrap();
                (header.name.to_owned(), value)
            })
            .collect();
        let body = &bytes[length..];
        let (_, expected) = headers.iter().find(|(name, _)| name == "Content-Length")?;
        (body.len() == expected.parse::<usize>().unwrap()).then(|| Self {
            status: head.code.unwrap(),
            body: String::from_utf8(body.to_vec()).unwrap(),
            headers,
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(sent, _)| sent.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The texts of every element of that name.
    pub fn all(&self, element: &str) -> Vec<String> {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        self.body
            .split(&open)
            .skip(1)
            .filter_map(|rest| rest.split(&close).next())
            .map(|text| text.replace("&quot;", "\"").replace("&amp;", "&"))
            .collect()
    }

    /// The text of the first element of that name.
    pub fn text(&self, element: &str) -> String {
        self.all(element).into_iter().next().unwrap_or_default()
    }

    /// `200`, or `403 AccessDenied: the message`.
    pub fn verdict(&self) -> String {
        if self.status == 200 {
            return "200".to_owned();
        }
        let (code, message) = (self.text("Code"), self.text("Message"));
        format!("{} {code}: {message}", self.status)
    }

    /// The temporary credentials in the reply.
    pub fn credentials(&self) -> Credentials {
        assert_eq!(self.status, 200, "{}", self.body);
        Credentials {
            id: self.text("AccessKeyId"),
            secret: self.text("SecretAccessKey"),
            token: Some(self.text("SessionToken")),
        }
    }
}

/// Signs and sends an STS request.
pub fn sts(
    aws: &LocalAws,
    credentials: &Credentials,
    action: &str,
    parameters: &[(&str, &str)],
) -> Reply {
    Draft::new(aws, STS, action, parameters)
        .signed(credentials)
        .send(aws)
}

/// Signs and sends an IAM request.
pub fn iam(
    aws: &LocalAws,
    credentials: &Credentials,
    action: &str,
    parameters: &[(&str, &str)],
) -> Reply {
    Draft::new(aws, IAM, action, parameters)
        .signed(credentials)
        .send(aws)
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
