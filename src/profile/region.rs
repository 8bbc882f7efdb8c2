//! The region whose STS endpoint is asked, and the one the section shall say. Only a line that says
//! what its mark says is ours to change: any other is a person's.

use super::choose::first_variable;
use super::settings::{Found, Settings};
use super::{Marks, Origin, Request, Sourced};
use crate::context::Env;
use crate::failure::{Failure, Result};
use crate::host::is_region;
use crate::ini::Profile;

const REGION: &str = "region";

const NO_REGION: &str = "this is not the name of an AWS region";

/// flag > `AWS_REGION` > `AWS_DEFAULT_REGION` > the first that one of `nodes` has, group by group, the
/// nearest first. None is well: [`crate::aws`] then takes the partition's first region.
pub(super) fn resolve(
    env: &Env,
    request: &Request,
    nodes: &[&[Settings<'_>]],
) -> Result<Option<Sourced<String>>> {
    let region = if let Some(region) = &request.region {
        Some(Sourced::new(region.clone(), Origin::Flag("--region")))
    } else if let Some((region, origin)) =
        first_variable(env, &["AWS_REGION", "AWS_DEFAULT_REGION"])?
    {
        Some(Sourced::new(region.to_owned(), origin))
    } else {
        nodes.iter().find_map(|nodes| configured(nodes))
    };
    if let Some(region) = &region {
        check(region)?;
    }
    Ok(region)
}

/// The region that the section shall say if nobody else has said one: the files' region, unless AWS
/// tools would find one for the section in the config file. What a variable or a flag says is for
/// this run and is not written. It also makes a line in the files that is no region bearable, which
/// is then left out with a warning.
pub(super) fn to_write(
    existing: Option<&Settings<'_>>,
    nodes: &[Settings<'_>],
    warnings: &mut Vec<String>,
) -> Option<String> {
    let config = existing.and_then(|settings| settings.config.as_ref());
    let has_one = config.is_some_and(|part| part.get(REGION).is_some());
    let region = configured(nodes).filter(|_| !has_one)?;
    if is_region(&region.value) {
        return Some(region.value);
    }
    let credentials = existing.and_then(|settings| settings.credentials.as_ref());
    if credentials.is_none_or(|part| RegionLine::of(&part.section) != RegionLine::Theirs) {
        warnings.push(format!(
            "{}: {NO_REGION}, so the section gets none",
            region.origin
        ));
    }
    None
}

/// Whose the `region` of a section in the credentials file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionLine {
    Missing,
    /// Signing in has written it, and it says what it said then.
    Ours,
    /// A person's, or another tool's.
    Theirs,
}

impl RegionLine {
    pub const KEY: &'static str = REGION;

    pub fn of(section: &Profile<'_>) -> Self {
        let mut lines = section.assignments(REGION);
        let Some(line) = lines.next() else {
            return Self::Missing;
        };
        let written = section.get(Marks::REGION);
        let is_ours = written.is_some_and(|written| written.text == line.text);
        if is_ours && lines.next().is_none() {
            Self::Ours
        } else {
            Self::Theirs
        }
    }
}

fn configured(nodes: &[Settings<'_>]) -> Option<Sourced<String>> {
    nodes.iter().find_map(asked_for).map(Found::sourced)
}

/// The profile's region, which a line of ours repeats and does not say.
fn asked_for<'f>(node: &Settings<'f>) -> Option<Found<'f>> {
    let section = node.credentials.as_ref().map(|part| &part.section);
    if section.is_some_and(|section| RegionLine::of(section) == RegionLine::Ours) {
        let found = node.config.as_ref()?.get(REGION);
        return found.filter(|found| !found.text.is_empty());
    }
    node.get(REGION)
}

fn check(region: &Sourced<String>) -> Result<()> {
    if is_region(&region.value) {
        return Ok(());
    }
    Err(Failure::new(region.origin.kind(), NO_REGION)
        .at(&region.origin)
        .note("a region is written as eu-west-1"))
}
