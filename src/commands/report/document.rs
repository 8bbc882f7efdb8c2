//! The report as one JSON document.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Judged, verdict};
use crate::aws::Report;
use crate::profile::spell_expiration;
use crate::report::User;

/// What `--output json` prints.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    generated: String,
    users: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    user: &'a str,
    arn: &'a str,
    verdict: String,
    findings: Vec<Told>,
    /// Every column of the report in AWS's words.
    columns: Columns<'a>,
}

#[derive(Serialize)]
struct Told {
    /// `no_mfa`, `old_key` or `unused`.
    rule: &'static str,
    what: String,
}

impl<'a> Document<'a> {
    pub(super) fn new(made: &Report, judged: &[Judged<'a>]) -> Self {
        let entry = |(user, findings): &Judged<'a>| Entry {
            user: user.name(),
            arn: user.arn(),
            verdict: match findings.is_empty() {
                true => "ok".to_owned(),
                false => verdict(findings),
            },
            findings: findings
                .iter()
                .map(|finding| Told {
                    rule: finding.rule().name(),
                    what: finding.to_string(),
                })
                .collect(),
            columns: Columns(*user),
        };
        Self {
            generated: spell_expiration(made.generated),
            users: judged.iter().map(entry).collect(),
        }
    }
}

/// In the order of the report.
struct Columns<'a>(User<'a>);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (title, value) in self.0.columns() {
            map.serialize_entry(title, value)?;
        }
        map.end()
    }
}
