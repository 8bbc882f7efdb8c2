//! A server on loopback that reads requests and reacts to the n-th as it was told to.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::NOON_DATE;

/// What to do once a request was read.
#[derive(Clone, Debug)]
pub(super) enum Reaction {
    /// These bytes, and the connection stays open.
    Reply(String),
    /// These bytes, and the connection is closed.
    Last(String),
    /// The same, a millisecond later: as soon as the server comes to it.
    Late(String),
    /// No answer at all, within the patience of any test.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Received {
    /// Which connection it came over, from zero.
    pub(super) connection: usize,
    pub(super) head: String,
    pub(super) body: String,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

pub(super) struct Server {
    pub(super) port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(super) fn start(reactions: impl IntoIterator<Item = Reaction>) -> Self {
        Self::serve(reactions, |stream| stream)
    }

    pub(super) fn start_tls(
        certificate: &rcgen::CertifiedKey<rcgen::KeyPair>,
        reactions: impl IntoIterator<Item = Reaction>,
    ) -> Self {
        let chain = vec![CertificateDer::from(certificate.cert.der().to_vec())];
        let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let config = Arc::new(config);
        Self::serve(reactions, move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            StreamOwned::new(connection, stream)
        })
    }

    fn serve<S: Read + Write>(
        reactions: impl IntoIterator<Item = Reaction>,
        wrap: impl Fn(TcpStream) -> S + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let reactions: Arc<Mutex<VecDeque<_>>> =
            Arc::new(Mutex::new(reactions.into_iter().collect()));
        let wrap = Arc::new(wrap);
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (wrap, log, reactions) =
                    (Arc::clone(&wrap), Arc::clone(&log), Arc::clone(&reactions));
                thread::spawn(move || {
                    let stream = stream.unwrap();
                    let socket = stream.try_clone().unwrap();
                    let _ = converse(wrap(stream), connection, &log, &reactions);
                    let _ = socket.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, received }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

/// Reads and reacts until the connection ends or there is nothing left to say.
fn converse<S: Read + Write>(
    stream: S,
    connection: usize,
    log: &Mutex<Vec<Received>>,
    reactions: &Mutex<VecDeque<Reaction>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let Some((head, body)) = request(&mut stream)? else {
            return Ok(());
        };
        log.lock().unwrap().push(Received {
            connection,
            head,
            body,
        });
        let reaction = reactions.lock().unwrap().pop_front();
        match reaction.expect("a test tells how to react to each request") {
            Reaction::Reply(bytes) => {
                stream.get_mut().write_all(bytes.as_bytes())?;
                stream.get_mut().flush()?;
            }
            Reaction::Last(bytes) => {
                stream.get_mut().write_all(bytes.as_bytes())?;
                return stream.get_mut().flush();
            }
            Reaction::Late(bytes) => {
                stream.get_mut().write_all(bytes.as_bytes())?;
                stream.get_mut().flush()?;
                thread::sleep(Duration::from_millis(1));
                return Ok(());
            }
            Reaction::Hang => thread::sleep(Duration::from_secs(60)),
        }
    }
}

fn request(stream: &mut impl BufRead) -> io::Result<Option<(String, String)>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some((head, String::from_utf8(body).unwrap())))
}

/// A whole HTTP reply with a date.
pub(super) fn reply(status: &str, date: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nDate: {date}\r\nx-amzn-RequestId: req-1\r\n\
         Content-Type: text/xml\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

pub(super) fn ok(body: &str) -> Reaction {
    Reaction::Reply(reply("200 OK", NOON_DATE, body))
}

pub(super) fn refused(status: &str, code: &str, message: &str) -> Reaction {
    Reaction::Reply(reply(status, NOON_DATE, &error(code, message)))
}

pub(super) fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>"
    )
}

pub(super) fn identity() -> String {
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
     <Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>AIDA</UserId><Account>123456789012</Account>\
     </GetCallerIdentityResult></GetCallerIdentityResponse>"
        .to_owned()
}

pub(super) fn session() -> String {
    "<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetSessionTokenResult>\
     <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s3cr3t</SecretAccessKey>\
     <SessionToken>t0k3n</SessionToken><Expiration>2026-11-22T00:00:00Z</Expiration></Credentials>\
     </GetSessionTokenResult></GetSessionTokenResponse>"
        .to_owned()
}
