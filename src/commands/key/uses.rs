//! What hangs on a key: the profiles that hold it, the environment, the sessions made with it.

use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, Files, Holder, State};

/// Where a key is in use on this computer.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    pub(super) holders: Vec<Holder>,
    /// `AWS_ACCESS_KEY_ID` is this key.
    pub(super) environment: bool,
    /// Sections of sessions that are good and were made with it.
    pub(super) sections: Vec<String>,
}

impl Uses {
    pub(super) fn of(context: &Context, files: &Files, id: &str) -> Self {
        let now = context.clock.now();
        let made = profile::made_with(files, id).into_iter();
        Self {
            holders: profile::holders(files, id),
            environment: profile::in_environment(&context.env, id),
            sections: made
                .filter(|held| matches!(held.state(now), State::Good(_)))
                .map(|held| held.section)
                .collect(),
        }
    }

    pub(super) fn is_used(&self) -> bool {
        self.environment || !self.holders.is_empty()
    }

    /// The names of the profiles, each once, and `(environment)`.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for holder in &self.holders {
            if !names.contains(&holder.profile) {
                names.push(holder.profile.clone());
            }
        }
        if self.environment {
            names.push("(environment)".to_owned());
        }
        names
    }

    /// Refuses to take away a key that is in use, unless that is wanted; says what stops working.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] with one piece of advice for each thing that stops.
    pub(super) fn guard(&self, id: &str, force: bool, rotates: bool) -> Result<()> {
        if force || !self.is_used() {
            return Ok(());
        }
        let mut failure = Failure::new(Kind::Configuration, format!("access key {id} is in use"));
        if let Some(holder) = self.holders.first() {
            failure = failure.at(holder.origin());
        }
        for line in self.losses() {
            failure = failure.note(line);
        }
        if rotates {
            failure = failure.next("`awsmfa key rotate` puts a new one in its place first");
        }
        Err(failure.next("`--force` does it all the same"))
    }

    /// What stops working without the key, one sentence each.
    pub(super) fn losses(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .holders
            .iter()
            .map(|holder| {
                format!(
                    "profile `{}` ({}) stops working, and nobody can sign in from it",
                    holder.profile,
                    holder.origin()
                )
            })
            .collect();
        if self.environment {
            lines.push(
                "AWS_ACCESS_KEY_ID in the environment is this key and stops working".to_owned(),
            );
        }
        lines.extend(self.sections.iter().map(|section| {
            format!("section [{section}] stays good until it expires, and cannot be renewed")
        }));
        lines
    }
}
