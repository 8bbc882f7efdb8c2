//! A small proxy: CONNECT, whole requests for http, a password, refusals.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::impostor::{Impostor, read_head, read_message};
use crate::world::World;

pub(super) const PASSWORD: &str = "s3cret-of-the-proxy";

/// What a proxy does with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Forward,
    /// Forwards what carries alice's [`PASSWORD`].
    Password,
    /// Answers with this status.
    Refuse(u16),
}

/// A proxy that takes every name for the local AWS.
pub(super) struct Proxy {
    impostor: Impostor,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(super) fn start(world: &World, manner: Manner) -> Self {
        let origin = SocketAddr::from(([127, 0, 0, 1], world.aws.port()));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        let impostor = Impostor::raw(move |stream, _| {
            // Whoever ends first ends it all.
            let _ = serve(stream, origin, manner, &seen);
        });
        Self { impostor, heads }
    }

    pub(super) fn url(&self) -> String {
        self.impostor.url()
    }

    pub(super) fn with_password(&self, password: &str) -> String {
        format!("http://alice:{password}@{}", self.impostor.address())
    }

    /// The first line of every request so far.
    pub(super) fn requests(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        heads
            .iter()
            .map(|head| head.lines().next().unwrap().to_owned())
            .collect()
    }

    /// Everything that the proxy was told in the clear.
    pub(super) fn overheard(&self) -> String {
        self.heads.lock().unwrap().join("\n")
    }
}

fn serve(
    client: &mut TcpStream,
    origin: SocketAddr,
    manner: Manner,
    seen: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut peeked = [0; 8];
    let tunnel = client.peek(&mut peeked)? >= 7 && peeked.starts_with(b"CONNECT");
    let (head, body) = match tunnel {
        true => (read_head(client), Vec::new()),
        false => match read_message(client) {
            Some((head, body)) => (Some(head), body),
            None => (None, Vec::new()),
        },
    };
    let Some(head) = head else { return Ok(()) };
    seen.lock().unwrap().push(head.clone());
    let allowed = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .any(|(name, value)| {
            name.eq_ignore_ascii_case("proxy-authorization")
                && value == format!("Basic {}", base64(&format!("alice:{PASSWORD}")))
        });
    let refusal = match manner {
        Manner::Forward => None,
        Manner::Password => (!allowed).then_some(407),
        Manner::Refuse(status) => Some(status),
    };
    if let Some(status) = refusal {
        return write!(
            client,
            "HTTP/1.1 {status} No\r\nproxy-authenticate: Basic realm=\"x\"\r\n\
             content-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>"
        );
    }
    let mut server = TcpStream::connect(origin)?;
    if tunnel {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        server.write_all(forwarded(&head).as_bytes())?;
        server.write_all(&body)?;
    }
    let (mut up_from, mut up_to) = (client.try_clone()?, server.try_clone()?);
    let up = thread::spawn(move || {
        let _ = io::copy(&mut up_from, &mut up_to);
        let _ = up_to.shutdown(Shutdown::Write);
    });
    let _ = io::copy(&mut server, client);
    client.shutdown(Shutdown::Both)?;
    up.join().unwrap();
    Ok(())
}

/// `POST http://host/path` as the origin wants it; one request per connection.
fn forwarded(head: &str) -> String {
    let (first, headers) = head.split_once("\r\n").unwrap();
    let mut words = first.split(' ');
    let (method, url) = (words.next().unwrap(), words.next().unwrap());
    let (_, rest) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let headers: String = headers
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("proxy-"))
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    format!("{method} /{rest} HTTP/1.1\r\n{headers}connection: close\r\n\r\n")
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, at| {
            bits << 8 | usize::from(group.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            match at <= group.len() {
                true => out.push(char::from(LETTERS[bits >> (18 - 6 * at) & 63])),
                false => out.push('='),
            }
        }
    }
    out
}
