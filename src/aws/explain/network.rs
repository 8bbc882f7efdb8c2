//! The sentences for what happened on the way to AWS: the proxy, TLS, the network.

use super::advice::Told;
use super::{Refusal, Situation};
use crate::failure::Kind;

impl Refusal {
    pub(super) fn about_the_way(&self) -> Told {
        let check = "check HTTPS_PROXY (for an http endpoint HTTP_PROXY), ALL_PROXY and NO_PROXY";
        let told = match self.situation {
            Situation::ProxyUnreachable => {
                Told::new(Kind::Network, "the proxy cannot be reached").next(check)
            }
            Situation::ProxyPassword => {
                Told::new(Kind::Network, "the proxy wants a user name and a password").next(
                    "put them into HTTPS_PROXY (for an http endpoint HTTP_PROXY): `http://user:password@proxy.example.com:8080`",
                )
            }
            Situation::ProxyRefused => {
                Told::new(Kind::Network, "the proxy does not connect to AWS").next(check)
            }
            Situation::Foreign { status: 500.., .. } => {
                Told::new(Kind::Network, "a gateway on the way to AWS failed")
                    .next("try again in a while")
            }
            Situation::Foreign { page: true, .. } => {
                Told::new(Kind::Network, "a web page came back in AWS's place")
                    .next("open a browser: this network may want you to sign in first")
                    .next("behind a corporate proxy, set HTTPS_PROXY")
            }
            _ => Told::new(Kind::Network, "what answered is not AWS")
                .next("check the endpoint URL (--endpoint-url, AWS_ENDPOINT_URL) and the proxy"),
        };
        told.place(Some(&self.host))
    }

    pub(super) fn about_tls(&self) -> Told {
        let told = match self.situation {
            Situation::Untrusted => Told::new(
                Kind::Network,
                "the server's certificate is signed by nobody this computer trusts",
            )
            .next("if your company inspects TLS, set AWS_CA_BUNDLE to the PEM file of its CA")
            .next(
                "if this system has no root certificates, install them (package ca-certificates)",
            ),
            Situation::WrongName => Told::new(
                Kind::Network,
                "the server's certificate is for another name",
            )
            .next("check the endpoint URL and the network: this may not be AWS"),
            Situation::CertificateDates => {
                let told = Told::new(
                    Kind::Network,
                    "the server's certificate has expired or is not valid yet",
                );
                match self.drift() {
                    Some(drift) => {
                        told.next(format!("set the clock of this computer: it is {drift}"))
                    }
                    None => told.next("check the clock of this computer"),
                }
            }
            _ => Told::new(Kind::Network, "no secure connection can be made")
                .next("check the endpoint URL and the proxy; AWS_CA_BUNDLE names a private CA"),
        };
        told.place(Some(&self.host))
    }

    pub(super) fn about_the_network(&self) -> Told {
        let told = match self.situation {
            Situation::NameNotFound => Told::new(
                Kind::Network,
                "the name of the AWS endpoint cannot be resolved",
            )
            .next("check the network connection")
            .next("check the region: it is part of the name"),
            Situation::Unreachable => Told::new(Kind::Network, "AWS cannot be reached")
                .next("check the network connection; behind a corporate proxy, set HTTPS_PROXY"),
            Situation::TimedOut => Told::new(Kind::Network, "AWS did not answer in time")
                .next("check the network connection, then try again; --timeout gives it longer"),
            Situation::BrokenOff => Told::new(Kind::Network, "the connection to AWS broke off")
                .next("check the network connection, then try again"),
            _ => Told::new(
                Kind::Configuration,
                format!("{} cannot be sent", self.operation),
            )
            .next("check the region, and the endpoint, FIPS and dual-stack settings"),
        };
        told.place(Some(&self.host))
    }
}
