//! What is to be seen to: three rules, and which of them a user breaks.
//!
//! - MFA is asked of who can sign in to the console, which takes a password; and of the root user with
//!   an active key too, which may do everything. One that has neither cannot be signed in as.
//! - An active key is old when it was made, or last switched on or off, longer ago than that.
//! - A password or an active key is unused when it was used longer ago than that; one that was never
//!   used counts from when it was set or made. The root user's password is best never used, so it
//!   is left out.
//!
//! Days are counted in full, as they are told: a key of 90 days and an hour is 90 days old, which is
//! not older than `90d`.

use std::fmt;

use jiff::Timestamp;

use super::days::Days;
use super::user::{Key, User};

/// A rule, in the words of its flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Mfa,
    OldKey,
    Unused,
}

impl Rule {
    pub const ALL: [Rule; 3] = [Rule::Mfa, Rule::OldKey, Rule::Unused];

    /// In `--output json`.
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Mfa => "no_mfa",
            Rule::OldKey => "old_key",
            Rule::Unused => "unused",
        }
    }
}

/// The rules that users are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub mfa: bool,
    pub keys_older_than: Option<Days>,
    pub unused_for: Option<Days>,
}

impl Rules {
    /// What is customary, where nothing was asked for: all three, with 90 days.
    pub const USUAL: Rules = Rules {
        mfa: true,
        keys_older_than: Some(Days(90)),
        unused_for: Some(Days(90)),
    };
}

/// One thing to be seen to. Displayed as a few words: `key 1 is 412 days old`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    NoMfa { root: bool },
    OldKey { number: usize, age: Days },
    UnusedPassword(Use),
    UnusedKey { number: usize, used: Use },
}

/// When something was used last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Ago(Days),
    /// Never, in all the days since it is there, if that is known.
    Never(Option<Days>),
}

impl Finding {
    pub fn rule(&self) -> Rule {
        match self {
            Finding::NoMfa { .. } => Rule::Mfa,
            Finding::OldKey { .. } => Rule::OldKey,
            Finding::UnusedPassword(_) | Finding::UnusedKey { .. } => Rule::Unused,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::NoMfa { root: true } => f.write_str("the root user has no MFA"),
            Finding::NoMfa { root: false } => f.write_str("a password without MFA"),
            Finding::OldKey { number, age } => write!(f, "key {number} is {age} old"),
            Finding::UnusedPassword(used) => write!(f, "password {used}"),
            Finding::UnusedKey { number, used } => write!(f, "key {number} {used}"),
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Use::Ago(days) => write!(f, "unused for {days}"),
            Use::Never(Some(days)) => write!(f, "never used in {days}"),
            Use::Never(None) => f.write_str("never used"),
        }
    }
}

impl Rules {
    /// Everything that breaks one of the rules, in their order.
    pub fn findings(&self, user: User<'_>, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        let password = user.password();
        let keys: Vec<Key> = user.keys().filter(|key| key.active).collect();
        let root = user.is_root();
        let can_do_harm = password.is_some() || root && !keys.is_empty();
        if self.mfa && can_do_harm && !user.has_mfa() {
            findings.push(Finding::NoMfa { root });
        }
        if let Some(limit) = self.keys_older_than {
            let old = |key: &Key| {
                let age = Days::since(key.rotated?, now);
                let number = key.number;
                (age > limit).then_some(Finding::OldKey { number, age })
            };
            findings.extend(keys.iter().filter_map(old));
        }
        if let Some(limit) = self.unused_for {
            let idle = |used, since| idle(limit, used, since, now);
            if let Some(password) = password.filter(|_| !root) {
                let since = password.changed.or(user.created());
                let unused = idle(password.used, since).map(Finding::UnusedPassword);
                findings.extend(unused);
            }
            findings.extend(keys.iter().filter_map(|key| {
                let number = key.number;
                idle(key.used, key.rotated).map(|used| Finding::UnusedKey { number, used })
            }));
        }
        findings
    }
}

/// Whether something that is there `since` then was not used for longer than `limit`.
fn idle(
    limit: Days,
    used: Option<Timestamp>,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Option<Use> {
    let days = |then| Days::since(then, now);
    match (used.map(days), since.map(days)) {
        (Some(ago), _) => (ago > limit).then_some(Use::Ago(ago)),
        (None, Some(since)) => (since > limit).then_some(Use::Never(Some(since))),
        (None, None) => Some(Use::Never(None)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Report;
    use super::super::user::tests::{ALICE, ROOT_LINE, report};
    use super::*;

    /// What is said of a user whose line is this.
    fn said(line: &str, rules: &Rules) -> Vec<String> {
        let text = report(&[line]);
        let report = Report::parse(text.as_bytes()).unwrap();
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let user = report.users().next().unwrap();
        let findings = rules.findings(user, now);
        findings.iter().map(Finding::to_string).collect()
    }

    #[test]
    fn each_rule_finds_what_it_is_for() {
        let key_old = ALICE.replace("2026-10-01", "2025-10-05");
        let no_mfa = ALICE.replace("N/A,true,true", "N/A,false,true");
        let idle = ALICE.replace("2026-11-20T08", "2026-07-20T08");
        let never = ALICE.replace("2026-11-20T08:00:00+00:00", "no_information");
        let key_idle = ALICE.replace("2026-11-21T10", "2026-07-21T10");
        let key_never = key_old.replace("2026-11-21T10:00:00+00:00", "N/A");
        let inactive = key_never.replace("N/A,true,true", "N/A,true,false");
        let removed = ROOT_LINE.replacen("not_supported", "false", 1);
        let root_key = removed.replace(
            "false,false,N/A,N/A,",
            "false,true,2026-11-01T00:00:00+00:00,2026-11-20T00:00:00+00:00,",
        );
        let only_key = no_mfa.replace("+00:00,true,", "+00:00,false,");
        for (line, expected) in [
            (ALICE, vec![]),
            (&key_old, vec!["key 1 is 412 days old"]),
            (&no_mfa, vec!["a password without MFA"]),
            // Who has no password does not sign in to the console.
            (&only_key, vec![]),
            (&idle, vec!["password unused for 124 days"]),
            (&never, vec!["password never used in 324 days"]),
            (&key_idle, vec!["key 1 unused for 123 days"]),
            (
                &key_never,
                vec!["key 1 is 412 days old", "key 1 never used in 412 days"],
            ),
            (&inactive, vec![]),
            (ROOT_LINE, vec!["the root user has no MFA"]),
            (&removed, vec![]),
            (&removed.replacen("false", "FALSE", 1), vec![]),
            (&root_key, vec!["the root user has no MFA"]),
        ] {
            assert_eq!(said(line, &Rules::USUAL), expected, "{line}");
        }
    }

    #[test]
    fn a_rule_that_is_not_asked_for_finds_nothing() {
        let none = Rules {
            mfa: false,
            keys_older_than: None,
            unused_for: None,
        };
        let bad = ALICE
            .replace("N/A,true,true", "N/A,false,true")
            .replace("2026-1", "2025-1");
        assert!(said(&bad, &none).is_empty());
        assert_eq!(said(&bad, &Rules::USUAL).len(), 4);
        for (limit, expected) in [(50, &["key 1 is 51 days old"][..]), (51, &[])] {
            let keys = Rules {
                keys_older_than: Some(Days(limit)),
                ..none
            };
            assert_eq!(said(ALICE, &keys), expected);
        }
    }
}
