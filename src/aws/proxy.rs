//! Which proxy stands between us and AWS, from the environment.
//!
//! `HTTPS_PROXY` for `https` endpoints and `HTTP_PROXY` for `http` ones, else `ALL_PROXY`, each
//! also in lower case, which wins as in the AWS CLI. A proxy without a scheme is an `http` one.
//! `NO_PROXY` is read the way curl reads it (domains with their subdomains, addresses, networks,
//! `*`). Nothing is exempt by itself, not even loopback: as in the AWS CLI, that takes
//! `NO_PROXY=127.0.0.1,localhost`.
//!
//! The SDK could read the variables itself, but from the process, not from [`Env`], and it would
//! silently go without a proxy it cannot understand. SOCKS cannot be spoken: in `HTTPS_PROXY` or
//! `HTTP_PROXY` that is an error; in `ALL_PROXY`, which the AWS CLI does not read, it is passed over.

use std::fmt;

use aws_smithy_http_client::proxy::ProxyConfig;

use crate::context::Env;
use crate::failure::{Failure, Kind, Result};
use crate::host::has_scheme;

#[derive(Debug)]
pub(super) struct Proxies {
    pub(super) http: Option<Proxy>,
    pub(super) https: Option<Proxy>,
}

/// A proxy for one scheme, its user name and password inside `config`.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) config: ProxyConfig,
    /// Reached over TLS itself.
    pub(super) secure: bool,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxy")
    }
}

impl Proxies {
    /// # Errors
    ///
    /// [`Kind::Configuration`] with the variable's name, never its value: it may hold a password.
    pub(super) fn from_env(env: &Env) -> Result<Self> {
        let bypass = first(env, ["no_proxy", "NO_PROXY"])?.map(|(_, rules)| rules);
        if bypass.is_some_and(|rules| rules.split(',').any(|rule| rule.trim() == "*")) {
            // The SDK takes the star for names only, not for addresses.
            return Ok(Self {
                http: None,
                https: None,
            });
        }
        let all = first(env, ["all_proxy", "ALL_PROXY"])?
            .filter(|(_, url)| !url.to_ascii_lowercase().starts_with("socks"));
        let http = first(env, ["http_proxy", "HTTP_PROXY"])?.or(all);
        let https = first(env, ["https_proxy", "HTTPS_PROXY"])?.or(all);
        Ok(Self {
            http: http
                .map(|(name, url)| proxy(name, url, bypass, ProxyConfig::http))
                .transpose()?,
            https: https
                .map(|(name, url)| proxy(name, url, bypass, ProxyConfig::https))
                .transpose()?,
        })
    }
}

/// The first of the variables that is set, with its name.
fn first<'e>(env: &'e Env, names: [&'static str; 2]) -> Result<Option<(&'static str, &'e str)>> {
    for name in names {
        if let Some(value) = env.text(name)? {
            return Ok(Some((name, value.trim())));
        }
    }
    Ok(None)
}

fn proxy<E: fmt::Display>(
    name: &'static str,
    url: &str,
    bypass: Option<&str>,
    build: impl FnOnce(String) -> std::result::Result<ProxyConfig, E>,
) -> Result<Proxy> {
    let url = match url.contains("://") {
        true => url.to_owned(),
        false => format!("http://{url}"),
    };
    let secure = has_scheme(&url, "https");
    // The SDK's error is left out because it may quote the address.
    let config = build(url).map_err(|_| {
        Failure::new(
            Kind::Configuration,
            "the proxy is not an `http://` or `https://` address",
        )
        .at(name)
        .next(format!(
            "set {name} to something like `http://proxy.example.com:8080`, or unset it"
        ))
    })?;
    let config = match bypass {
        Some(rules) => config.no_proxy(rules),
        None => config,
    };
    Ok(Proxy { config, secure })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(pairs: &[(&str, &str)]) -> Result<Proxies> {
        Proxies::from_env(&pairs.iter().copied().collect())
    }

    fn shown(proxy: &Option<Proxy>) -> String {
        format!("{:?}", proxy.as_ref().map(|proxy| &proxy.config))
    }

    #[test]
    fn each_scheme_has_its_variable_and_lower_case_wins() {
        let found = proxies(&[
            ("HTTPS_PROXY", "http://upper:1"),
            ("https_proxy", "http://lower:2"),
            ("ALL_PROXY", "http://all:3"),
            ("NO_PROXY", "localhost"),
        ])
        .unwrap();
        assert!(shown(&found.https).contains("lower"));
        assert!(shown(&found.https).contains("localhost"));
        assert!(shown(&found.http).contains("all"));
    }

    #[test]
    fn no_scheme_means_http() {
        let found = proxies(&[("HTTPS_PROXY", "proxy.example.com:8080")]).unwrap();
        assert!(shown(&found.https).contains("http://proxy.example.com:8080"));
        assert!(!found.https.unwrap().secure);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_its_password() {
        for url in [
            "socks5://alice:hunter2@proxy:1080",
            "http://alice:hunter2@",
            "ht tp://hunter2",
        ] {
            let failure = proxies(&[("HTTPS_PROXY", url)]).unwrap_err();
            assert_eq!(failure.kind(), Kind::Configuration, "{url}");
            assert_eq!(failure.place(), Some("HTTPS_PROXY"));
            assert!(!failure.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn socks_for_everything_is_passed_over_as_in_the_aws_cli() {
        let found = proxies(&[("ALL_PROXY", "socks5h://127.0.0.1:1080")]).unwrap();
        assert!(found.https.is_none());
    }

    #[test]
    fn debug_holds_no_password() {
        let found = proxies(&[("HTTPS_PROXY", "http://alice:hunter2@proxy:1")]).unwrap();
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}
