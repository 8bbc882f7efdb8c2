//! IAM: what a user, or whoever looks after users, does to identities. One file per kind of thing.
//!
//! Every call is one method of [`Aws`](super::Aws): a key, plain values, and back comes a plain type
//! or a [`Refusal`]. A call that creates something says so
//! ([`Call::creates`](super::Call::creates)) and is not sent again once it may have arrived; one
//! that deletes or sets something may be, and finds the work done. Names are checked by
//! [`crate::iam_name`] before they get here.

mod belongings;
mod devices;
mod keys;
mod passwords;
mod policies;
mod report;
mod roles;
mod tags;
mod users;

use super::explain::{IamSituation, Refusal, Situation};
use super::retry::Missing;

pub use belongings::Belonging;
pub use devices::{Device, DeviceKind, NewDevice, VirtualDevice};
pub use keys::{LastUse, NewKey, UserKey};
pub use passwords::{LoginProfile, PasswordPolicy};
pub use policies::Holder;
pub use report::{Making, Report};
pub use roles::{NewRole, Role};
pub use tags::Tag;
use tags::{sdk_tags, tags_of};
pub use users::User;

/// The longest list of AWS's has some thousand entries, and a page may hold fewer than were asked for,
/// so more pages than this are an answer in a circle.
const MOST_PAGES: usize = 5_000;

/// A list that AWS hands out in pages, as far as it has been read.
#[derive(Debug)]
struct Pages<T> {
    found: Vec<T>,
    read: usize,
    next: Option<Marker>,
}

/// Where the next page starts; the first one has no marker.
type Marker = Option<String>;

/// One page, and where the next one starts, if there is one.
type Page<T> = (Vec<T>, Option<Marker>);

impl<T> Pages<T> {
    fn new() -> Self {
        Self {
            found: Vec::new(),
            read: 0,
            next: Some(None),
        }
    }

    /// What to ask for next; `None` at the end of the list.
    fn next(&mut self) -> Option<Marker> {
        self.next.take()
    }

    /// What an answer says about itself.
    ///
    /// # Errors
    ///
    /// The answer promises a further page and does not say where it starts, or never ends.
    fn page(&self, found: Vec<T>, is_truncated: bool, marker: Marker) -> Result<Page<T>, Missing> {
        match (is_truncated, marker) {
            (false, _) => Ok((found, None)),
            (true, None) => Err(Missing("Marker")),
            (true, _) if self.read + 1 == MOST_PAGES => Err(Missing("end")),
            (true, marker) => Ok((found, Some(marker))),
        }
    }

    fn add(&mut self, (found, next): Page<T>) {
        self.found.extend(found);
        self.read += 1;
        self.next = next;
    }
}

/// What a deletion came to: what is not there is deleted.
async fn gone(deleting: impl Future<Output = Result<(), Refusal>>) -> Result<(), Refusal> {
    match deleting.await {
        Err(refusal) if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) => Ok(()),
        outcome => outcome,
    }
}
