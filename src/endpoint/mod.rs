//! A container-credentials endpoint on the loopback interface: credentials for whoever knows where
//! to ask and with which token.
//!
//! The protocol is that of AWS's containers (AWS SDKs and Tools Reference Guide, "Container
//! credential provider"): `GET` with an `Authorization` header that is the token, answered with
//! `AccessKeyId`, `SecretAccessKey`, `Token` and `Expiration`.
//!
//! 1. [`Endpoint::bind`] takes the port, before anybody is asked for a code.
//! 2. [`Endpoint::open`] adds a path with a token of its own and a [`Source`] to renew from.
//! 3. [`Endpoint::serve`] answers: `gate` says who is let in, `cache` what they get and when that is
//!    renewed, `answer` how it is spelled.
//!
//! It knows neither files nor profiles nor AWS, only credentials for a path. It listens on
//! 127.0.0.1 and nowhere else, and gives nothing to a browser.

mod answer;
mod cache;
mod gate;
mod listen;
mod token;

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use jiff::Timestamp;

use crate::context::Clock;
use crate::failure::{Failure, Kind, Result};
use crate::secret::{AccessKey, Secret};
use cache::Cache;
pub use cache::EARLY;
use gate::Gate;
use token::Token;

/// Clients that may wait until they are accepted, if the system allows as many.
#[cfg(unix)]
const BACKLOG: i32 = 4096;

/// What a client is given.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub key: AccessKey,
    pub expiration: Timestamp,
}

/// Where new credentials come from once the old ones go out of date.
pub trait Source: Send + Sync {
    /// Gets them. May take its time: it runs on a thread of its own, and never twice at once.
    ///
    /// # Errors
    ///
    /// Why there are none. Clients are told what happened and what to do next.
    fn renew(&self) -> Result<Credentials>;
}

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct Pass {
    /// For `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    pub uri: String,
    /// For `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
    pub token: Secret,
}

/// A port of 127.0.0.1, and what can be had there.
#[derive(Debug)]
pub struct Endpoint {
    listener: TcpListener,
    port: u16,
    doors: Vec<Door>,
}

/// A path, who may take it, and what is behind it.
#[derive(Debug)]
struct Door {
    path: String,
    token: Token,
    cache: Arc<Cache>,
}

impl Endpoint {
    /// Takes the port; with 0, any that is free. From here on clients can connect; they wait until
    /// they are served.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if the port is in use or not to be had.
    pub fn bind(port: u16) -> Result<Self> {
        let taken = || -> std::io::Result<_> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            // The 128 of the standard library are soon full when a local program floods the port.
            #[cfg(unix)]
            rustix::net::listen(&listener, BACKLOG)?;
            listener.set_nonblocking(true)?;
            let port = listener.local_addr()?.port();
            Ok((listener, port))
        };
        let (listener, port) = taken().map_err(|error| not_listening(port, error))?;
        Ok(Self {
            listener,
            port,
            doors: Vec::new(),
        })
    }

    /// Offers `credentials` under a path made from `name`, to be renewed from `source`.
    ///
    /// # Errors
    ///
    /// [`Kind::Internal`] if the system has no random numbers for a token.
    pub fn open(
        &mut self,
        name: &str,
        credentials: Credentials,
        source: Arc<dyn Source>,
        clock: Clock,
    ) -> Result<Pass> {
        let token = Token::new()?;
        let path = path(name);
        let pass = Pass {
            uri: format!("http://{}:{}{path}", Ipv4Addr::LOCALHOST, self.port),
            token: token.secret().clone(),
        };
        self.doors.push(Door {
            path,
            token,
            cache: Arc::new(Cache::new(credentials, source, clock)),
        });
        Ok(pass)
    }

    /// Answers until the future is dropped.
    ///
    /// # Errors
    ///
    /// [`Kind::Internal`] if the runtime does not take the listener.
    pub async fn serve(self) -> Result<Infallible> {
        let Self {
            listener,
            port,
            doors,
        } = self;
        listen::serve(listener, Gate::new(port, doors)).await
    }
}

/// The path for a name: one segment, with every byte escaped that is not unreserved in a URI
/// (RFC 3986, section 2.3). Its first word keeps clients from taking a name such as `..` for a
/// step up.
fn path(name: &str) -> String {
    let mut path = "/profile=".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path += &format!("%{byte:02X}");
        }
    }
    path
}

fn not_listening(port: u16, error: std::io::Error) -> Failure {
    let next = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "end the program that has it, or leave out --port and take a free one"
        }
        std::io::ErrorKind::PermissionDenied => "choose a port from 1024 on, or leave out --port",
        _ => "leave out --port and take a free one",
    };
    Failure::new(
        Kind::Configuration,
        format!("port {port} cannot be listened on"),
    )
    .at(format!("{}:{port}", Ipv4Addr::LOCALHOST))
    .because(error)
    .next(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_segment_of_plain_characters() {
        for (name, wanted) in [
            ("default", "/profile=default"),
            ("a.b_c-d~e", "/profile=a.b_c-d~e"),
            ("..", "/profile=.."),
            ("team/dev", "/profile=team%2Fdev"),
            ("a b?c#d%e", "/profile=a%20b%3Fc%23d%25e"),
            ("é", "/profile=%C3%A9"),
        ] {
            assert_eq!(path(name), wanted);
        }
    }
}
