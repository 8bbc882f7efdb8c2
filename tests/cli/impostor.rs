//! Something that listens where AWS should be, and is not AWS.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) struct Impostor {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Impostor {
    /// Reads one request of each connection and lets `answer` do as it likes with the rest.
    pub(crate) fn start(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::raw(move |stream, requests| {
            if read_request(stream) {
                requests.fetch_add(1, Ordering::SeqCst);
                answer(stream);
            }
        })
    }

    /// Answers every request with these bytes and closes.
    pub(crate) fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |stream| {
            // A client that has seen enough goes away.
            let _ = stream.write_all(&answer);
        })
    }

    /// Is handed each connection as it comes, and where to count requests.
    pub(crate) fn raw(
        serve: impl Fn(&mut TcpStream, &AtomicUsize) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (serve, counter) = (Arc::clone(&serve), Arc::clone(&counter));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    stream
                        .set_read_timeout(Some(Duration::from_secs(30)))
                        .unwrap();
                    serve(&mut stream, &counter);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, requests }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests were read so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// An address of this machine on which nobody listens. Of the ports that the system gives out, any may
/// be given to another test, or to the very connection that is tried; the first port never is.
pub(crate) fn closed_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1))
}

/// Whether a whole request came.
fn read_request(stream: &mut TcpStream) -> bool {
    read_message(stream).is_some()
}

/// The head of a request, without its empty line, and its body.
pub(crate) fn read_message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let head = read_head(stream)?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Up to the first empty line, and no byte more.
pub(crate) fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    head.truncate(head.len() - 4);
    Some(String::from_utf8(head).unwrap())
}
