//! The way to AWS as it is configured: region, endpoints, proxy, CA bundle. AWS is not asked yet;
//! that is [`super::network`]'s, where nothing here stands in its way.

use std::time::Duration;

use super::finding::{Check, Finding};
use crate::aws::{self, Obstacles, Settings};
use crate::context::{Context, Env};
use crate::profile::{self, Files, Plan, Request};
use crate::signin;

/// How AWS is to be reached; none where it cannot even be asked.
pub(super) fn examine(
    context: &Context,
    files: &Files,
    request: &Request,
    plan: Option<&Plan>,
    limit: Duration,
    found: &mut Vec<Finding>,
) -> Option<Settings> {
    let settings = match settings(context, files, request, plan, limit) {
        Ok((settings, region)) => {
            found.push(region);
            settings
        }
        Err(finding) => {
            found.push(finding);
            return None;
        }
    };
    let Obstacles {
        endpoints,
        proxy,
        ca_bundle,
    } = aws::obstacles(context, &settings);
    let clear = endpoints.is_none() && proxy.is_none() && ca_bundle.is_none();
    if proxy.is_none() {
        found.extend(proxies(&context.env));
    }
    if let (None, Some(path)) = (&ca_bundle, &settings.ca_bundle) {
        let what = "a CA bundle replaces the system's root certificates";
        found.push(Finding::note(Check::CaBundle, what).at(path.display()));
    }
    let told = [
        (Check::WayToAws, endpoints),
        (Check::Proxy, proxy),
        (Check::CaBundle, ca_bundle),
    ];
    for (check, failure) in told {
        found.extend(failure.map(|failure| Finding::of(check, &failure)));
    }
    clear.then_some(settings)
}

/// How AWS is reached for the plan, else as far as the profile alone tells.
fn settings(
    context: &Context,
    files: &Files,
    request: &Request,
    plan: Option<&Plan>,
    limit: Duration,
) -> Result<(Settings, Finding), Finding> {
    let (settings, region) = match plan {
        Some(plan) => (signin::settings(plan, limit), plan.region.clone()),
        None => {
            let nearest = profile::nearest(context, files, request)
                .map_err(|failure| Finding::of(Check::WayToAws, &failure))?;
            let endpoints = nearest.endpoints;
            let settings = Settings {
                region: nearest.region.as_ref().map(|region| region.value.clone()),
                partition: None,
                sts_endpoint: endpoints.sts,
                iam_endpoint: endpoints.iam,
                fips: endpoints.fips,
                dual_stack: endpoints.dual_stack,
                ca_bundle: endpoints.ca_bundle,
                budget: limit,
            };
            (settings, nearest.region)
        }
    };
    let region = match region {
        Some(region) => {
            Finding::ok(Check::Region, format!("the region is {}", region.value)).at(region.origin)
        }
        None => Finding::note(
            Check::Region,
            "no region is configured: awsmfa takes the partition's first, many AWS tools want one",
        ),
    };
    Ok((settings, region))
}

/// A proxy's address may hold a password.
fn proxies(env: &Env) -> Vec<Finding> {
    const NAMES: [&str; 6] = [
        "https_proxy",
        "HTTPS_PROXY",
        "http_proxy",
        "HTTP_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ];
    let set = NAMES.into_iter().filter(|name| env.raw(name).is_some());
    set.map(|name| {
        let what = format!("{name} names a proxy, used for what NO_PROXY does not exempt");
        Finding::note(Check::Proxy, what).at(name)
    })
    .collect()
}
