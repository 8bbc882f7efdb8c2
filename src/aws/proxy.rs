//! Which proxy stands between us and AWS, from the environment.
//!
//! `HTTPS_PROXY` for `https` endpoints and `HTTP_PROXY` for `http` ones, else `ALL_PROXY`, each
//! also in lower case, which wins as in the AWS CLI. A proxy without a scheme is an `http` one.
//! `NO_PROXY` is read the way curl reads it (domains with their subdomains, addresses, networks,
//! `*`). Nothing is exempt by itself, not even loopback: as in the AWS CLI, that takes
//! `NO_PROXY=127.0.0.1,localhost`.
//!
//! The SDK could read the variables itself, but from the process, not from [`Env`], and it would
//! silently go without a proxy it cannot understand. SOCKS is not supported: a SOCKS address is an
//! error wherever it would be used. `ALL_PROXY` is not used beside `HTTPS_PROXY`; the AWS CLI does
//! not read it at all.

use std::collections::BTreeSet;
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
        let https = first(env, ["https_proxy", "HTTPS_PROXY"])?;
        let is_socks = |url: &str| url.to_ascii_lowercase().starts_with("socks");
        // Beside HTTPS_PROXY, a SOCKS address could only be meant for other programs.
        let all = first(env, ["all_proxy", "ALL_PROXY"])?
            .filter(|(_, url)| https.is_none() || !is_socks(url));
        let http = first(env, ["http_proxy", "HTTP_PROXY"])?.or(all);
        let https = https.or(all);
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
    if secure || has_scheme(&url, "http") {
        check_user(name, &url)?;
    }
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

/// Refuses a user name or a password in which a character is not encoded that a URL cannot hold
/// there. The SDK would take part of the password for the host, and show it.
fn check_user(name: &str, url: &str) -> Result<()> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let Some((user, _)) = rest.rsplit_once('@') else {
        return Ok(());
    };
    let may_stay = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:%".contains(c);
    let reserved: BTreeSet<char> = user.chars().filter(|c| !may_stay(*c)).collect();
    if reserved.is_empty() {
        return Ok(());
    }
    let mut shown = Vec::new();
    let mut encoded = Vec::new();
    for c in reserved {
        let mut bytes = [0; 4];
        let code = c.encode_utf8(&mut bytes).bytes();
        let code: String = code.map(|byte| format!("%{byte:02X}")).collect();
        shown.push(format!("`{c}`"));
        encoded.push(format!("`{c}` as `{code}`"));
    }
    let what = format!(
        "the user name or the password of the proxy contains {}, which must be percent-encoded",
        shown.join(", ")
    );
    let remedy = format!("in {name}, write {}", encoded.join(", "));
    Err(Failure::new(Kind::Configuration, what)
        .at(name)
        .next(remedy))
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

    /// To Windows, the two are one variable.
    #[cfg(not(windows))]
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
    fn debug_holds_no_password() {
        let found = proxies(&[("HTTPS_PROXY", "http://alice:hunter2@proxy:1")]).unwrap();
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}
