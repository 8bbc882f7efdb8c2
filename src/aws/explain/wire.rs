//! What went wrong between us and AWS, read from the chain of errors below a request.
//!
//! Most of those errors have public types. Two have only their words: hyper-util's "dns error",
//! and its "tunnel error", which is a proxy's answer to CONNECT.

use std::error::Error;
use std::io;
use std::iter::successors;

use aws_smithy_async::future::timeout::TimedOutError;
use rustls::CertificateError;

use super::Situation;

/// The situation that the innermost telling error stands for.
pub(in crate::aws) fn situation(error: &(dyn Error + 'static)) -> Situation {
    let mut tunnel = None;
    for error in links(error) {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return certificate(tls);
        }
        if error.is::<TimedOutError>() {
            return Situation::TimedOut;
        }
        let words = error.to_string();
        if words == "dns error" {
            return tunnel.unwrap_or(Situation::NameNotFound);
        }
        if let Some(words) = words.strip_prefix("tunnel error: ") {
            tunnel = Some(match words {
                "proxy authorization required" => Situation::ProxyPassword,
                "failed to create underlying connection" => Situation::ProxyUnreachable,
                _ => Situation::ProxyRefused,
            });
        }
        // What is wrapped in an I/O error tells more than its kind.
        if let Some(io) = error.downcast_ref::<io::Error>()
            && io.get_ref().is_none()
        {
            return tunnel.unwrap_or_else(|| connection(io.kind()));
        }
    }
    tunnel.unwrap_or(Situation::BrokenOff)
}

fn connection(kind: io::ErrorKind) -> Situation {
    use io::ErrorKind::*;
    match kind {
        ConnectionRefused | HostUnreachable | NetworkUnreachable | NetworkDown
        | AddrNotAvailable | PermissionDenied => Situation::Unreachable,
        TimedOut => Situation::TimedOut,
        _ => Situation::BrokenOff,
    }
}

fn certificate(error: &rustls::Error) -> Situation {
    let rustls::Error::InvalidCertificate(error) = error else {
        return Situation::Tls;
    };
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Situation::Untrusted,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Situation::WrongName
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Situation::CertificateDates,
        _ => Situation::Tls,
    }
}

/// What the system says, if it is the system that stands at the end of the chain.
pub(in crate::aws) fn said(error: &(dyn Error + 'static)) -> String {
    let system = links(error).filter_map(|error| error.downcast_ref::<io::Error>());
    let mut system = system.filter(|error| error.raw_os_error().is_some());
    system.next().map(ToString::to_string).unwrap_or_default()
}

/// The chain in one line, outermost first, each phrase once.
pub(in crate::aws) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for error in links(error) {
        let words = error.to_string();
        if text.contains(&words) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&words);
    }
    text
}

/// `error` and what is below it. An I/O error's payload is a link too, which `source` leaves out.
fn links<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<dyn Error>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref()
        }
    }

    fn over(words: &'static str, below: impl Error + 'static) -> Layer {
        Layer(words, Some(Box::new(below)))
    }

    fn bad_certificate(error: CertificateError) -> Layer {
        let tls = io::Error::other(rustls::Error::InvalidCertificate(error));
        over("client error (Connect)", io::Error::other(tls))
    }

    #[test]
    fn the_chain_tells_the_situation() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let table = [
            (over("tcp connect error", refused()), Situation::Unreachable),
            (
                over(
                    "tcp connect error",
                    io::Error::from(io::ErrorKind::NetworkUnreachable),
                ),
                Situation::Unreachable,
            ),
            (
                over(
                    "client error (SendRequest)",
                    io::Error::from(io::ErrorKind::ConnectionReset),
                ),
                Situation::BrokenOff,
            ),
            (
                over("HTTP connect timeout", TimedOutError),
                Situation::TimedOut,
            ),
            (
                over(
                    "dns error",
                    io::Error::other("failed to lookup address information"),
                ),
                Situation::NameNotFound,
            ),
            (
                over(
                    "tunnel error: failed to create underlying connection",
                    refused(),
                ),
                Situation::ProxyUnreachable,
            ),
            (
                Layer("tunnel error: proxy authorization required", None),
                Situation::ProxyPassword,
            ),
            (
                Layer("tunnel error: unsuccessful", None),
                Situation::ProxyRefused,
            ),
            (
                bad_certificate(CertificateError::UnknownIssuer),
                Situation::Untrusted,
            ),
            (
                bad_certificate(CertificateError::NotValidForName),
                Situation::WrongName,
            ),
            (
                bad_certificate(CertificateError::Expired),
                Situation::CertificateDates,
            ),
            (
                bad_certificate(CertificateError::NotValidYet),
                Situation::CertificateDates,
            ),
            (bad_certificate(CertificateError::Revoked), Situation::Tls),
            (
                Layer("connection closed before message completed", None),
                Situation::BrokenOff,
            ),
        ];
        for (error, expected) in table {
            let text = chain(&error);
            assert_eq!(situation(&error), expected, "{text}");
        }
    }

    #[test]
    fn a_phrase_is_said_once() {
        let error = over(
            "client error (Connect)",
            over("dns error", Layer("dns error", None)),
        );
        assert_eq!(chain(&error), "client error (Connect): dns error");
    }
}
