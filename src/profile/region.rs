//! The region whose STS endpoint is asked, and the one the section shall say.

use super::choose::first_variable;
use super::settings::{Found, Settings};
use super::{Origin, Request, Sourced};
use crate::context::Env;
use crate::failure::{Failure, Result};
use crate::host::is_region;

const NO_REGION: &str = "this is not the name of an AWS region";

/// flag > `AWS_REGION` > `AWS_DEFAULT_REGION` > the profile's, the next one's and so on to the
/// source's. None is well: [`crate::aws`] then takes the partition's first region.
pub(super) fn resolve(
    env: &Env,
    request: &Request,
    nodes: &[Settings<'_>],
) -> Result<Option<Sourced<String>>> {
    let region = if let Some(region) = &request.region {
        Some(Sourced::new(region.clone(), Origin::Flag("--region")))
    } else if let Some((region, origin)) =
        first_variable(env, &["AWS_REGION", "AWS_DEFAULT_REGION"])?
    {
        Some(Sourced::new(region.to_owned(), origin))
    } else {
        configured(nodes)
    };
    if let Some(region) = &region {
        check(region)?;
    }
    Ok(region)
}

/// The `region` line for a section: the files' region, unless AWS tools would find one for the
/// section already. What a variable or a flag says is for this run and is not written. It also makes
/// a line in the files that is no region bearable, which is then left out with a warning.
pub(super) fn to_write(
    existing: Option<&Settings<'_>>,
    nodes: &[Settings<'_>],
    warnings: &mut Vec<String>,
) -> Option<String> {
    let has_one = existing.is_some_and(|settings| settings.has("region"));
    let region = configured(nodes).filter(|_| !has_one)?;
    if is_region(&region.value) {
        return Some(region.value);
    }
    warnings.push(format!(
        "{}: {NO_REGION}, so the section gets none",
        region.origin
    ));
    None
}

fn configured(nodes: &[Settings<'_>]) -> Option<Sourced<String>> {
    nodes
        .iter()
        .find_map(|node| node.get("region"))
        .map(Found::sourced)
}

fn check(region: &Sourced<String>) -> Result<()> {
    if is_region(&region.value) {
        return Ok(());
    }
    Err(Failure::new(region.origin.kind(), NO_REGION)
        .at(&region.origin)
        .next("a region is written as eu-west-1"))
}
