//! `Marker`, `MaxItems` and `IsTruncated`, which every list action of IAM has.

use super::super::form::{Check, Text};
use super::super::refusal::Refusal;
use super::super::xml::Xml;

const MARKER: Text = Text {
    parameter: "Marker",
    length: 1..=320,
    pattern: "[\\u0020-\\u00FF]+",
    allows: |letter| ('\u{20}'..='\u{ff}').contains(&letter),
};

pub struct Page {
    start: usize,
    count: usize,
}

impl Page {
    /// The outer result is the marker's, to be looked at after the constraints.
    pub fn read(check: &mut Check<'_>, usual: u64) -> Result<Self, Refusal> {
        let count = check.number("MaxItems", 1..=1000, usual) as usize;
        let start = match check.optional(&MARKER) {
            None => 0,
            Some(marker) => marker
                .strip_prefix("AAMA")
                .and_then(|place| place.parse().ok())
                .ok_or_else(invalid)?,
        };
        Ok(Self { start, count })
    }

    /// This page of `items` as `<name><member>…`, and how to get the next one.
    pub fn write<T>(
        &self,
        name: &str,
        items: &[T],
        mut describe: impl FnMut(&mut Xml, &T),
    ) -> Result<Xml, Refusal> {
        self.write_members(name, items, |xml, item| {
            xml.within("member", |xml| describe(xml, item));
        })
    }

    /// The same for a list of plain texts.
    pub fn write_texts(&self, name: &str, items: &[&String]) -> Result<Xml, Refusal> {
        self.write_members(name, items, |xml, item| {
            xml.text("member", item);
        })
    }

    fn write_members<T>(
        &self,
        name: &str,
        items: &[T],
        mut member: impl FnMut(&mut Xml, &T),
    ) -> Result<Xml, Refusal> {
        let rest = items.get(self.start..).ok_or_else(invalid)?;
        let shown = &rest[..rest.len().min(self.count)];
        let end = self.start + shown.len();
        let mut result = Xml::default();
        result.within(name, |xml| {
            for item in shown {
                member(xml, item);
            }
        });
        let more = end < items.len();
        result.text("IsTruncated", more.to_string());
        if more {
            result.text("Marker", format!("AAMA{end}"));
        }
        Ok(result)
    }
}

fn invalid() -> Refusal {
    Refusal::validation("Invalid Marker.").violation()
}
