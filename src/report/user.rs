//! What the report says of one user (IAM User Guide, "Get credential reports for your AWS account").
//!
//! A field can hold `N/A` (there is no such thing), `no_information` (it was never used, or before
//! AWS began to record it) and `not_supported` (the root user has a password, of which AWS tells
//! little). Each is an absence here; the columns keep the words.

use std::borrow::Cow;

use jiff::Timestamp;

use super::csv::{self, Broken, Record};

/// How the report names the account's root user.
pub const ROOT: &str = "<root_account>";

/// The whole report.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    bytes: &'a [u8],
    head: Record<'a>,
    lines: Vec<Record<'a>>,
    known: Known,
}

/// One user's line.
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    report: &'a Report<'a>,
    line: &'a Record<'a>,
}

/// A password for the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Password {
    /// `None` where it was never used, as far as AWS knows.
    pub used: Option<Timestamp>,
    /// When it was set; `None` for the root user's.
    pub changed: Option<Timestamp>,
}

/// An access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// 1 or 2.
    pub number: usize,
    pub active: bool,
    /// When it was made, or its state changed.
    pub rotated: Option<Timestamp>,
    pub used: Option<Timestamp>,
}

/// Where the columns are that are looked into.
#[derive(Clone, Copy, Debug)]
struct Known {
    user: usize,
    arn: usize,
    created: Option<usize>,
    password: usize,
    password_used: Option<usize>,
    password_changed: Option<usize>,
    mfa: usize,
    keys: [KeyColumns; 2],
}

#[derive(Clone, Copy, Debug)]
struct KeyColumns {
    active: usize,
    rotated: Option<usize>,
    used: Option<usize>,
}

impl<'a> Report<'a> {
    /// Reads what AWS has made.
    ///
    /// # Errors
    ///
    /// The values are broken, or a column is missing without which nothing can be said.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Broken> {
        let mut records = csv::parse(bytes)?.into_iter();
        let lacking = |why| Broken { line: 1, why };
        let head = records.next().ok_or(lacking("there is nothing in it"))?;
        let known = Known::find(&head).ok_or(lacking("a column that it must have is missing"))?;
        Ok(Self {
            bytes,
            head,
            lines: records.collect(),
            known,
        })
    }

    pub fn users(&'a self) -> impl Iterator<Item = User<'a>> {
        self.lines.iter().map(|line| User { report: self, line })
    }

    /// The lines of some users under the titles, byte for byte as AWS has made them.
    pub fn csv(&self, users: &[User<'_>]) -> Vec<u8> {
        let mut kept = self.bytes[self.head.bytes.clone()].to_vec();
        for user in users {
            if !kept.ends_with(b"\n") {
                kept.push(b'\n');
            }
            kept.extend_from_slice(&self.bytes[user.line.bytes.clone()]);
        }
        kept
    }
}

impl Known {
    fn find(head: &Record<'_>) -> Option<Self> {
        let column = |title: &str| head.fields.iter().position(|field| field == title);
        let key = |number: usize| {
            let column = |rest: &str| column(&format!("access_key_{number}_{rest}"));
            Some(KeyColumns {
                active: column("active")?,
                rotated: column("last_rotated"),
                used: column("last_used_date"),
            })
        };
        Some(Self {
            user: column("user")?,
            arn: column("arn")?,
            created: column("user_creation_time"),
            password: column("password_enabled")?,
            password_used: column("password_last_used"),
            password_changed: column("password_last_changed"),
            mfa: column("mfa_active")?,
            keys: [key(1)?, key(2)?],
        })
    }
}

impl<'a> User<'a> {
    pub fn name(self) -> &'a str {
        self.field(self.report.known.user)
    }

    pub fn arn(self) -> &'a str {
        self.field(self.report.known.arn)
    }

    pub fn is_root(self) -> bool {
        self.name() == ROOT
    }

    pub fn created(self) -> Option<Timestamp> {
        self.time(self.report.known.created)
    }

    pub fn has_mfa(self) -> bool {
        self.is_true(self.report.known.mfa)
    }

    /// The password, if there is one. Of the root user's AWS says `not_supported`, and `false` where an
    /// organization has removed it (IAM User Guide, "Centralize root access for member accounts").
    pub fn password(self) -> Option<Password> {
        let known = self.report.known;
        let there = match self.is_root() {
            true => !self.field(known.password).eq_ignore_ascii_case("false"),
            false => self.is_true(known.password),
        };
        there.then(|| Password {
            used: self.time(known.password_used),
            changed: self.time(known.password_changed),
        })
    }

    /// The keys that are there. AWS writes a time for a key that was ever made, and `N/A` for one
    /// that was not.
    pub fn keys(self) -> impl Iterator<Item = Key> {
        let columns = self.report.known.keys.into_iter();
        columns.enumerate().filter_map(move |(index, columns)| {
            let key = Key {
                number: index + 1,
                active: self.is_true(columns.active),
                rotated: self.time(columns.rotated),
                used: self.time(columns.used),
            };
            (key.active || key.rotated.is_some()).then_some(key)
        })
    }

    /// Every column by its title, also those that mean nothing here, in AWS's words and order.
    pub fn columns(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let titles = self.report.head.fields.iter().map(Cow::as_ref);
        titles.zip(self.line.fields.iter().map(Cow::as_ref))
    }

    fn field(self, column: usize) -> &'a str {
        &self.line.fields[column]
    }

    fn is_true(self, column: usize) -> bool {
        self.field(column).eq_ignore_ascii_case("true")
    }

    fn time(self, column: Option<usize>) -> Option<Timestamp> {
        self.field(column?).parse().ok()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A report of these lines, with a column that is new to us.
    pub(in super::super) fn report(lines: &[&str]) -> String {
        let head = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info";
        [&[head], lines].concat().join("\n")
    }

    pub(in super::super) const ALICE: &str = "alice,arn:aws:iam::123456789012:user/alice,2024-01-01T00:00:00+00:00,true,2026-11-20T08:00:00+00:00,2026-01-01T00:00:00+00:00,N/A,true,true,2026-10-01T00:00:00+00:00,2026-11-21T10:00:00+00:00,us-east-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,\"x,y\"";
    pub(in super::super) const ROOT_LINE: &str = "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,no_information,not_supported,not_supported,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,";

    #[test]
    fn a_user_is_what_the_line_says() {
        let text = report(&[ROOT_LINE, ALICE]);
        let report = Report::parse(text.as_bytes()).unwrap();
        let [root, alice] = report.users().collect::<Vec<_>>()[..] else {
            panic!("two users");
        };
        let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!((alice.name(), alice.is_root()), ("alice", false));
        assert_eq!(alice.arn(), "arn:aws:iam::123456789012:user/alice");
        assert_eq!(alice.created(), time("2024-01-01T00:00:00Z"));
        assert!(alice.has_mfa());
        let password = alice.password().unwrap();
        assert_eq!(password.used, time("2026-11-20T08:00:00Z"));
        assert_eq!(password.changed, time("2026-01-01T00:00:00Z"));
        let [key] = alice.keys().collect::<Vec<_>>()[..] else {
            panic!("one key");
        };
        assert_eq!((key.number, key.active), (1, true));
        assert_eq!(key.rotated, time("2026-10-01T00:00:00Z"));
        assert_eq!(key.used, time("2026-11-21T10:00:00Z"));
        // Columns that are unknown here are kept.
        let last = alice.columns().last();
        assert_eq!(last, Some(("additional_credentials_info", "x,y")));
        assert_eq!(alice.columns().count(), 23);

        assert!(root.is_root() && !root.has_mfa());
        let none = Password {
            used: None,
            changed: None,
        };
        assert_eq!(root.password(), Some(none));
        assert_eq!(root.keys().count(), 0);
    }

    #[test]
    fn the_lines_of_some_are_byte_for_byte_what_they_were() {
        let text = report(&[ROOT_LINE, ALICE]);
        let report_ = Report::parse(text.as_bytes()).unwrap();
        let users: Vec<User<'_>> = report_.users().collect();
        assert_eq!(report_.csv(&users), text.as_bytes());
        assert_eq!(report_.csv(&users[1..]), report(&[ALICE]).as_bytes());
        let titles = text.lines().next().unwrap();
        assert_eq!(report_.csv(&[]), format!("{titles}\n").as_bytes());
    }

    #[test]
    fn without_a_column_that_matters_nothing_is_guessed() {
        for (text, why) in [
            ("", "nothing"),
            ("user,arn\nalice,x\n", "missing"),
            ("<html>\n", "missing"),
        ] {
            let broken = Report::parse(text.as_bytes()).unwrap_err();
            assert!(broken.why.contains(why), "{broken:?}");
        }
    }
}
