//! Where AWS is asked: configured endpoints, FIPS and dual-stack variants, the private CA.
//!
//! Order and names: AWS SDKs and Tools Reference Guide, "Service-specific endpoints",
//! "Dual-stack and FIPS endpoints" and "General configuration" (`ca_bundle`).

use std::ffi::OsStr;
use std::path::PathBuf;

use super::choose::first_variable;
use super::settings::{Found, Settings, Shared};
use super::{Origin, Request, Sourced};
use crate::context::{Context, Env};
use crate::failure::{Failure, Kind, Result};
use crate::host::is_endpoint;

/// What is configured about the way to AWS. Unset means what the SDK does by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// The URL to reach STS under.
    pub sts: Option<String>,
    /// The URL to reach IAM under.
    pub iam: Option<String>,
    /// The URL to reach AWS's sign-in service under, where the console is entered.
    pub signin: Option<String>,
    pub fips: bool,
    pub dual_stack: bool,
    /// A file of certificates to trust, in PEM.
    pub ca_bundle: Option<PathBuf>,
}

pub(super) fn resolve(
    context: &Context,
    shared: &Shared<'_>,
    request: &Request,
    nodes: &[Settings<'_>],
) -> Result<Endpoints> {
    let env = &context.env;
    let url = |service, variable| url(env, shared, request, nodes, service, variable);
    Ok(Endpoints {
        sts: url("sts", "AWS_ENDPOINT_URL_STS")?,
        iam: url("iam", "AWS_ENDPOINT_URL_IAM")?,
        signin: url("signin", "AWS_ENDPOINT_URL_SIGNIN")?,
        fips: switch(env, nodes, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?,
        dual_stack: switch(
            env,
            nodes,
            "AWS_USE_DUALSTACK_ENDPOINT",
            "use_dualstack_endpoint",
        )?,
        ca_bundle: ca_bundle(context, nodes),
    })
}

/// flag > the service's variable > `AWS_ENDPOINT_URL` > `services` > `endpoint_url`, the last two
/// from the nearest profile that has either.
fn url(
    env: &Env,
    shared: &Shared<'_>,
    request: &Request,
    nodes: &[Settings<'_>],
    service: &str,
    variable: &'static str,
) -> Result<Option<String>> {
    let found = if let Some(url) = &request.endpoint_url {
        Some(Sourced::new(url.clone(), Origin::Flag("--endpoint-url")))
    } else if switch(
        env,
        nodes,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "ignore_configured_endpoint_urls",
    )? {
        None
    } else if let Some((url, origin)) = first_variable(env, &[variable, "AWS_ENDPOINT_URL"])? {
        Some(Sourced::new(url.to_owned(), origin))
    } else {
        configured(shared, nodes, service)?
    };
    found.map(|url| check(&url).map(|()| url.value)).transpose()
}

fn configured(
    shared: &Shared<'_>,
    nodes: &[Settings<'_>],
    service: &str,
) -> Result<Option<Sourced<String>>> {
    for node in nodes {
        if let Some(url) = of_service(shared, node, service)? {
            return Ok(Some(url));
        }
        if let Some(url) = node.get("endpoint_url") {
            return Ok(Some(url.sourced()));
        }
    }
    Ok(None)
}

/// `services = name` and, in `[services name]`, `sts =` with `endpoint_url` below it.
fn of_service(
    shared: &Shared<'_>,
    node: &Settings<'_>,
    service: &str,
) -> Result<Option<Sourced<String>>> {
    let Some(name) = node.get("services") else {
        return Ok(None);
    };
    let Some(services) = shared.services(&name.text) else {
        return Err(Failure::new(
            Kind::Configuration,
            format!(
                "profile `{}` uses the services section `{}`, which does not exist",
                node.name, name.text
            ),
        )
        .at(name.origin())
        .next("add that section to the config file, or remove the line"));
    };
    services.check()?;
    Ok(services.nested(service, "endpoint_url").map(Found::sourced))
}

fn check(url: &Sourced<String>) -> Result<()> {
    if is_endpoint(&url.value) {
        return Ok(());
    }
    Err(
        Failure::new(url.origin.kind(), "this is not the URL of an endpoint")
            .at(&url.origin)
            .note("an endpoint is written as https://host or http://host:port"),
    )
}

/// A yes or no, from a variable or the nearest profile that has it.
fn switch(env: &Env, nodes: &[Settings<'_>], variable: &'static str, key: &str) -> Result<bool> {
    let value = match first_variable(env, &[variable])? {
        Some((text, origin)) => Some(Sourced::new(text.to_owned(), origin)),
        None => nodes
            .iter()
            .find_map(|node| node.get(key))
            .map(Found::sourced),
    };
    let Some(value) = value else {
        return Ok(false);
    };
    if value.value.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if value.value.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err(Failure::new(
            Kind::Configuration,
            format!("the value of {key} is neither `true` nor `false`"),
        )
        .at(&value.origin))
    }
}

fn ca_bundle(context: &Context, nodes: &[Settings<'_>]) -> Option<PathBuf> {
    if let Some(path) = context.env.raw("AWS_CA_BUNDLE") {
        return Some(context.expand_home(path));
    }
    let found = nodes.iter().find_map(|node| node.get("ca_bundle"))?;
    Some(context.expand_home(OsStr::new(found.text.as_ref())))
}
