//! One connection's bytes, encrypted or not, and the ways it can end.
//!
//! [`super::server`] decides when it ends and how.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};

use super::tls::Tls;

/// A connection, encrypted or not.
#[derive(Debug)]
pub enum Wire {
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    /// # Errors
    /// TLS could not be set up.
    pub fn new(socket: TcpStream, tls: Option<&Tls>) -> io::Result<Self> {
        let Some(tls) = tls else {
            return Ok(Self::Plain(socket));
        };
        let connection =
            ServerConnection::new(Arc::clone(&tls.config)).map_err(io::Error::other)?;
        Ok(Self::Encrypted(Box::new(StreamOwned::new(
            connection, socket,
        ))))
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Encrypted(stream) => &stream.sock,
        }
    }

    /// An orderly end: close_notify, then FIN, then whatever the client still had to say, so that
    /// the reply is not overtaken by a reset.
    pub fn close(mut self) {
        if let Self::Encrypted(stream) = &mut self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
        let _ = self
            .socket()
            .set_read_timeout(Some(Duration::from_millis(500)));
        self.drain();
    }

    /// Ends the connection with RST, once its last handle is gone.
    pub fn reset(self) -> io::Result<()> {
        socket2::SockRef::from(self.socket()).set_linger(Some(Duration::ZERO))
    }

    /// Reads until the client goes away.
    pub fn drain(&mut self) {
        let mut sink = [0; 4096];
        while self.read(&mut sink).is_ok_and(|count| count > 0) {}
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Encrypted(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}
