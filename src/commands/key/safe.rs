//! A new key, created and written down in one go, so that its secret is not lost: AWS tells it once.
//!
//! The file is locked and the write rehearsed before the key is created; between AWS's answer and
//! the write nothing is waited for. Where the write fails all the same, the key is deleted again,
//! and where that fails too, its secret is kept in a file of its own.

use std::time::Duration;

use super::keys::about;
use crate::aws::NewKey;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Result};
use crate::profile;
use crate::signin::{self, Filled, Obstacle, Operator, Place, Room};
use crate::ui::Ui;

/// For whom a key is created.
pub(in crate::commands) struct Maker<'a> {
    pub(in crate::commands) context: &'a Context,
    pub(in crate::commands) ui: &'a Ui,
    pub(in crate::commands) operator: &'a Operator<'a>,
    pub(in crate::commands) errand: &'a Errand<'a>,
    pub(in crate::commands) user: &'a str,
    /// How long to wait for the lock of a file.
    pub(in crate::commands) wait: Duration,
}

/// Why there is no new key in the file.
pub(in crate::commands) enum Unmade {
    /// The files cannot take it; AWS was not asked.
    NoRoom(Failure),
    /// AWS or the network said no. If it may be done, somebody should look.
    Refused(Obstacle),
    /// The key is there, and could not be written. It is not in any file, or, if `written`, in some
    /// of those it should be in.
    Unwritten {
        key: NewKey,
        failure: Failure,
        written: bool,
    },
}

impl Maker<'_> {
    /// Creates the key and writes it to its place.
    pub(in crate::commands) async fn make(
        &self,
        place: &Place,
    ) -> Result<(NewKey, Filled), Unmade> {
        // Made anew for every try: signing in writes to the same file, and must find it unlocked.
        let call = self.operator.call(async |aws, key| {
            let room = Room::make(self.context, self.ui, place.clone(), self.wait).await;
            let room = match room {
                Ok(room) => room,
                Err(failure) => return Ok(Err(failure)),
            };
            let new = aws.create_access_key(key, self.user).await?;
            let filled = room.fill(&new.key);
            Ok(Ok((new, filled)))
        });
        let (new, filled) = match self.step(call).await {
            Err(obstacle) => return Err(Unmade::Refused(obstacle)),
            Ok(Err(failure)) => return Err(Unmade::NoRoom(failure)),
            Ok(Ok(made)) => made,
        };
        match filled {
            Ok(filled) => Ok((new, filled)),
            Err(failure) => Err(Unmade::Unwritten {
                written: self.is_in_a_file(&new.key.id),
                key: new,
                failure,
            }),
        }
    }

    /// Creates the key for whoever is going to take it at once.
    pub(in crate::commands) async fn make_for_hand(&self) -> Result<NewKey, Obstacle> {
        let call = self
            .operator
            .call(async |aws, key| aws.create_access_key(key, self.user).await);
        self.step(call).await
    }

    /// Deletes a key that nobody can use.
    pub(in crate::commands) async fn delete(&self, id: &str) -> Result<(), Obstacle> {
        let user = self.user;
        let call = self
            .operator
            .call(async |aws, key| aws.delete_access_key(key, user, id).await);
        self.errand
            .step(&format!("deleting access key {id}"), call)
            .await
    }

    pub(in crate::commands) fn explain(&self, obstacle: Obstacle) -> Failure {
        self.operator
            .explain(obstacle, about("access key", self.user))
    }

    async fn step<T>(&self, work: impl Future<Output = T>) -> T {
        let doing = format!("creating an access key for {}", self.user);
        self.errand.step(&doing, work).await
    }

    fn is_in_a_file(&self, id: &str) -> bool {
        let files = signin::read_files(self.context);
        files.is_ok_and(|files| profile::pair(&files, id).is_some())
    }
}
