//! `Tags.member.N.Key` and `.Value`, `TagKeys.member.N`: read, checked, put on, taken off.
//!
//! Source: IAM User Guide, "Tags for IAM resources": fifty at most, keys compared without case.

use super::super::form::{Check, Form, Text};
use super::super::model::Tags;
use super::super::refusal::Refusal;
use super::super::xml::Xml;
use super::subject;

/// Tags one entity may have.
const MOST: usize = 50;

const KEY: Text = Text {
    parameter: "Key",
    length: 1..=128,
    pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
    allows,
};

const VALUE: Text = Text {
    parameter: "Value",
    length: 0..=256,
    pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
    allows,
};

fn allows(letter: char) -> bool {
    letter.is_alphanumeric() || letter == ' ' || "_.:/=+-@".contains(letter)
}

/// `Tags` in the order given; constraints go to `check`.
pub fn read(form: &Form, check: &mut Check<'_>) -> Result<Tags, Refusal> {
    let mut tags = Tags::new();
    for number in 1.. {
        let (key, value) = (
            format!("Tags.member.{number}.Key"),
            format!("Tags.member.{number}.Value"),
        );
        if form.get(&key).is_none() && form.get(&value).is_none() {
            break;
        }
        let key = check.required_text(&key, &KEY);
        let value = check.required_text(&value, &VALUE);
        tags.push((key.to_owned(), value.to_owned()));
    }
    gapless(form, "Tags.member.", tags.len())?;
    let doubled = tags.iter().enumerate().any(|(place, (key, _))| {
        let before = &tags[..place];
        before.iter().any(|(other, _)| same(other, key))
    });
    if doubled {
        return Err(subject::invalid_input(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ));
    }
    if tags
        .iter()
        .any(|(key, _)| key.to_lowercase().starts_with("aws:"))
    {
        return Err(subject::invalid_input(
            "Your request contains a tag key that starts with aws:, which is reserved.",
        ));
    }
    Ok(tags)
}

/// `TagKeys`.
pub fn read_keys(form: &Form, check: &mut Check<'_>) -> Result<Vec<String>, Refusal> {
    let mut keys = Vec::new();
    for number in 1.. {
        let parameter = format!("TagKeys.member.{number}");
        let Some(key) = check.text(&parameter, &KEY) else {
            break;
        };
        keys.push(key.to_owned());
    }
    gapless(form, "TagKeys.member.", keys.len())?;
    Ok(keys)
}

/// A list whose numbers do not run from 1 without a gap is no client's.
fn gapless(form: &Form, prefix: &str, count: usize) -> Result<(), Refusal> {
    let beyond = form.pairs().iter().any(|(name, _)| {
        let number = name
            .strip_prefix(prefix)
            .and_then(|rest| rest.split('.').next())
            .map(str::parse::<usize>);
        number.is_some_and(|number| !number.is_ok_and(|number| (1..=count).contains(&number)))
    });
    if beyond {
        return Err(Refusal::new(400, "MalformedInput", "A list has a gap").violation());
    }
    Ok(())
}

/// Puts tags on, over those of the same key.
pub fn put(present: &mut Tags, new: Tags) -> Result<(), Refusal> {
    let mut all = present.clone();
    for (key, value) in new {
        match all.iter_mut().find(|(other, _)| same(other, &key)) {
            Some(tag) => *tag = (key, value),
            None => all.push((key, value)),
        }
    }
    if all.len() > MOST {
        return Err(Refusal::new(
            409,
            "LimitExceeded",
            "The number of tags has reached the maximum limit.",
        ));
    }
    *present = all;
    Ok(())
}

/// Takes tags off; those that are not there do not matter.
pub fn remove(present: &mut Tags, keys: &[String]) {
    present.retain(|(key, _)| !keys.iter().any(|gone| same(gone, key)));
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// `<Tags>`, where there are any.
pub fn describe(xml: &mut Xml, tags: &Tags) {
    if tags.is_empty() {
        return;
    }
    xml.within("Tags", |xml| {
        for tag in tags {
            xml.within("member", |xml| describe_one(xml, tag));
        }
    });
}

pub fn describe_one(xml: &mut Xml, (key, value): &(String, String)) {
    xml.text("Key", key).text("Value", value);
}
