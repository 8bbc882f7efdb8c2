//! The way from a profile to the long-term key, as [`super::follow`] has found it.

use super::names::is_long_term_of;
use super::settings::Settings;
use super::{Marks, Source, Sourced};

/// The way that was found.
pub(super) struct Trail<'s> {
    /// The profile signed in to: the first that is no section of ours.
    pub(super) profile: Sourced<String>,
    /// What was named in the profile's place, section or stand-in, the first first: AWS tools that are
    /// told that name take its region.
    pub(super) named: Vec<Settings<'s>>,
    /// The profiles whose settings apply, the nearest first. Those that only stand for another
    /// come last: they fill in what it leaves out.
    pub(super) nodes: Vec<Settings<'s>>,
    /// The roles, the last to be assumed first.
    pub(super) hops: Vec<Hop>,
    pub(super) source: Source,
    /// The profile at the end of the way, by the name that one signs in to it with; none where the
    /// environment has the key.
    pub(super) base: Option<String>,
    /// The section of ours that was named, and what it says: nothing if it is not there yet.
    pub(super) followed: Option<(Sourced<String>, Marks)>,
    /// Whether the profile is the section of a `-long-term` one.
    pub(super) convention: bool,
    /// Whether the profile's own role was left out: what is meant is the session of its key.
    pub(super) without_role: bool,
    /// Whether the key is the environment's without a profile saying so.
    pub(super) from_environment: bool,
}

impl<'s> Trail<'s> {
    /// The settings of the profile signed in to: with aws-mfa's convention, two sections.
    pub(super) fn own(&self) -> impl Iterator<Item = &Settings<'s>> {
        let count = if self.convention { 2 } else { 1 };
        self.nodes.iter().take(count).filter(|node| {
            node.name == self.profile.value
                || (self.convention && is_long_term_of(&node.name, &self.profile.value))
        })
    }
}

/// A role as it was named.
pub(super) struct Hop {
    pub(super) arn: Sourced<String>,
    pub(super) profile: String,
    pub(super) external_id: Option<Sourced<String>>,
    pub(super) session_name: Option<Sourced<String>>,
}
