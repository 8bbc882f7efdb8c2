//! What a run notes down about one hands-on user before it asks AWS, should it be cut short.
//!
//! Only what AWS cannot be asked for afterwards: a device that was taken from the user carries no tag of
//! ours if somebody else has made it, and whether a request whose reply was lost was carried out may
//! not be seen for some seconds. All of it is over when the run is, and there is no secret in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::UserKey;
use crate::rotation::TOLERANCE;

/// For how long, in seconds, what was asked for may be made and not be shown (IAM User Guide, "Changes
/// that I make are not always immediately visible"; mostly it is a few).
const NEW: i64 = 300;

/// For how long, in seconds, it is waited for before it counts as never made.
const AWAITED: i64 = 60;

/// What `up` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    User,
    Role,
    Key,
    Device,
}

/// What is noted of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// What was asked for, each once, and when: by AWS's clock, in seconds since the epoch.
    asked: Vec<(Made, i64)>,
    /// How many of the requests for a key nobody has seen the outcome of.
    open: u32,
    /// Serial numbers of virtual devices that `down` was about to take from the user, to delete them.
    taken: Vec<String>,
}

impl Note {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// It is going to be asked for. A key may be asked for again before it is known what became of the
    /// first one, so its first time stays.
    pub fn ask(&mut self, made: Made, now: Timestamp) {
        if made == Made::Key {
            self.open += 1;
        } else {
            self.forget(made);
        }
        if self.time(made).is_none() {
            self.asked.push((made, now.as_second()));
        }
    }

    /// What came of a request is known.
    pub fn settle(&mut self, made: Made) {
        if made == Made::Key {
            self.open = self.open.saturating_sub(1);
        }
        if made != Made::Key || self.open == 0 {
            self.forget(made);
        }
    }

    fn forget(&mut self, made: Made) {
        self.asked.retain(|(other, _)| *other != made);
    }

    /// Of what was asked for a moment ago the first that is not shown: `shown` says how many of it are.
    pub fn late(&self, now: Timestamp, shown: impl Fn(Made) -> usize) -> Option<Made> {
        let mut asked = self.asked.iter().map(|(made, _)| *made);
        asked.find(|made| {
            let expected = match made {
                Made::Key => self.open as usize,
                _ => 1,
            };
            self.is_awaited(*made, now) && shown(*made) < expected
        })
    }

    /// AWS shows all that was asked for, and it is going to be removed. By when a key was asked for it is
    /// told from others until it is gone.
    pub fn all_shown(&mut self) {
        self.asked.retain(|(made, _)| *made == Made::Key);
        self.open = 0;
    }

    /// Everything is there that was asked for. The device is not one that was taken from the user any
    /// more.
    pub fn all_made(&mut self, serial: &str) {
        self.asked.clear();
        self.open = 0;
        self.taken.retain(|other| other != serial);
    }

    /// When it was asked for first.
    pub fn asked(&self, made: Made) -> Option<Timestamp> {
        Timestamp::from_second(self.time(made)?).ok()
    }

    fn time(&self, made: Made) -> Option<i64> {
        let mut asked = self.asked.iter();
        let (_, time) = asked.find(|(other, _)| *other == made)?;
        Some(*time)
    }

    /// Whether it was asked for so short a time ago that AWS may not know it everywhere.
    pub fn is_new(&self, made: Made, now: Timestamp) -> bool {
        self.time(made)
            .is_some_and(|time| now.as_second() - time < NEW)
    }

    /// Whether it was asked for so short a time ago that it may be made although AWS does not show it.
    pub fn is_awaited(&self, made: Made, now: Timestamp) -> bool {
        self.time(made)
            .is_some_and(|time| now.as_second() - time < AWAITED)
    }

    /// These devices are going to be taken from the user.
    pub fn take(&mut self, serials: impl IntoIterator<Item = String>) {
        for serial in serials {
            if !self.has_taken(&serial) {
                self.taken.push(serial);
            }
        }
    }

    /// Whether the device was the user's when a run began to remove it.
    pub fn has_taken(&self, serial: &str) -> bool {
        self.taken.iter().any(|taken| taken == serial)
    }

    /// Of these keys the ones that nobody has the secret of: asked for, and their reply lost. They are
    /// older than the one whose reply came (`held`), which was asked for after them; where that is gone,
    /// nobody can tell.
    pub fn lost<'k>(&self, keys: &'k [UserKey], held: Option<&str>) -> Vec<&'k str> {
        let Some(asked) = self.time(Made::Key) else {
            return Vec::new();
        };
        let is_held = |key: &&UserKey| Some(key.id.as_str()) == held;
        let end = keys.iter().find(is_held).map(|key| key.created);
        if held.is_some() && end.is_none() {
            return Vec::new();
        }
        let lost = keys.iter().filter(|key| {
            !is_held(key)
                && key.created.as_second() >= asked - TOLERANCE
                && end.is_none_or(|end| key.created <= end)
        });
        lost.map(|key| key.id.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(id: &str, created: i64) -> UserKey {
        UserKey {
            id: id.to_owned(),
            active: true,
            created: at(created),
        }
    }

    #[test]
    fn what_was_asked_for_is_new_for_a_while_and_until_it_is_settled() {
        let mut note = Note::default();
        assert!(!note.is_new(Made::User, at(1000)));
        note.ask(Made::User, at(1000));
        assert!(note.is_new(Made::User, at(1000 + NEW - 1)));
        assert!(!note.is_new(Made::User, at(1000 + NEW)));
        note.ask(Made::User, at(2000));
        assert!(note.is_new(Made::User, at(2001)), "the last time counts");
        note.settle(Made::User);
        assert!(note.is_empty());
        // Of two requests for a key one is answered.
        note.ask(Made::Key, at(1));
        note.ask(Made::Key, at(2));
        note.settle(Made::Key);
        assert_eq!(note.asked(Made::Key), Some(at(1)));
        note.settle(Made::Key);
        assert!(note.is_empty());
        note.ask(Made::Key, at(1));
        note.take(["a".to_owned(), "b".to_owned()]);
        note.all_made("a");
        assert!(!note.has_taken("a") && note.has_taken("b"));
        assert_eq!(note.asked(Made::Key), None);
    }

    #[test]
    fn lost_keys_are_those_between_the_first_request_and_the_one_that_was_answered() {
        let keys = [
            key("BEFORE", 1000 - TOLERANCE - 1),
            key("LOST", 1003),
            key("HELD", 1010),
            key("AFTER", 1011),
        ];
        let mut note = Note::default();
        assert!(note.lost(&keys, None).is_empty());
        note.ask(Made::Key, at(1000));
        note.ask(Made::Key, at(1009));
        assert_eq!(
            note.asked(Made::Key),
            Some(at(1000)),
            "the first time counts"
        );
        assert_eq!(note.lost(&keys, Some("HELD")), ["LOST"]);
        assert_eq!(note.lost(&keys[..2], None), ["LOST"]);
        assert!(note.lost(&keys[..1], None).is_empty());
        assert!(note.lost(&keys, Some("GONE")).is_empty());
    }

    #[test]
    fn what_is_new_and_not_shown_is_late_until_it_was_shown() {
        let mut note = Note::default();
        assert_eq!(note.late(at(1000), |_| 0), None);
        note.ask(Made::User, at(1000));
        note.ask(Made::Key, at(1001));
        note.ask(Made::Key, at(1002));
        assert_eq!(note.late(at(1003), |_| 0), Some(Made::User));
        assert_eq!(note.late(at(1003), |_| 1), Some(Made::Key));
        assert_eq!(note.late(at(1003), |_| 2), None);
        assert_eq!(note.late(at(1001 + AWAITED), |_| 0), None);
        note.all_shown();
        assert_eq!(note.late(at(1003), |_| 0), None);
        assert_eq!(note.lost(&[key("LOST", 1001)], None), ["LOST"]);
    }

    #[test]
    fn it_survives_the_way_through_a_file() {
        let mut note = Note::default();
        note.ask(Made::Device, at(1));
        note.take(["arn:aws:iam::123456789012:mfa/phone".to_owned()]);
        let text = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<Note>(&text).unwrap(), note);
        assert!(note.has_taken("arn:aws:iam::123456789012:mfa/phone"));
        assert!(!note.has_taken("arn:aws:iam::123456789012:mfa/other"));
    }
}
