//! One profile as AWS tools see it: the credentials file's section over the config file's.
//!
//! For one key the credentials file wins (botocore's `full_config`, the SDKs' merge). A key pair
//! is never put together from two files: that is [`super::key`]'s to respect. Values that AWS
//! readers disagree about are reported once they are used, through [`Doubts`].

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::Path;

use super::{File, Files, Origin, Sourced};
use crate::failure::{Failure, Kind, Result};
use crate::ini;

/// Both files, and the doubts about what was read from them.
pub(super) struct Shared<'f> {
    pub(super) files: &'f Files,
    doubts: Doubts,
}

/// Sentences about values whose meaning depends on the reader, in the order they were used.
#[derive(Default)]
struct Doubts(RefCell<Vec<String>>);

impl Doubts {
    fn note(&self, sentence: String) {
        let mut sentences = self.0.borrow_mut();
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
}

impl<'f> Shared<'f> {
    pub(super) fn new(files: &'f Files) -> Self {
        Self {
            files,
            doubts: Doubts::default(),
        }
    }

    /// The profile of that name, if either file has one.
    pub(super) fn profile(&self, name: &str) -> Option<Settings<'_>> {
        let part = |file: &'f File| {
            file.document.profile(name).map(|section| Part {
                path: &file.path,
                section,
            })
        };
        let settings = Settings {
            name: name.to_owned(),
            credentials: part(&self.files.credentials),
            config: part(&self.files.config),
            doubts: &self.doubts,
        };
        (settings.credentials.is_some() || settings.config.is_some()).then_some(settings)
    }

    /// The names of both files, credentials first, without repeats.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.files.credentials.document.profile_names().collect();
        let known: std::collections::HashSet<&str> = names.iter().copied().collect();
        let more: Vec<&str> = self.files.config.document.profile_names().collect();
        names.extend(more.into_iter().filter(|name| !known.contains(name)));
        names
    }

    /// `[services name]` of the config file.
    pub(super) fn services(&self, name: &str) -> Option<Part<'_>> {
        let file = &self.files.config;
        file.document.section("services", name).map(|section| Part {
            path: &file.path,
            section,
        })
    }

    /// Why `failure` may have come about: a value that was used is spelled in a way that is easy to
    /// overlook.
    pub(super) fn explain(&self, failure: Failure) -> Failure {
        let doubts = self.doubts.0.borrow();
        let spelling = doubts
            .iter()
            .filter(|doubt| doubt.ends_with(QUOTED) || doubt.ends_with(INVISIBLE));
        spelling.fold(failure, |failure, doubt| failure.next(doubt))
    }

    pub(super) fn into_doubts(self) -> Vec<String> {
        self.doubts.0.into_inner()
    }
}

/// One section of one file.
pub(super) struct Part<'f> {
    pub(super) path: &'f Path,
    pub(super) section: ini::Profile<'f>,
}

impl<'f> Part<'f> {
    /// The value as it stands, empty or not.
    pub(super) fn get(&self, key: &str) -> Option<Found<'f>> {
        self.section.get(key).map(|value| self.found(key, value))
    }

    /// The value of `subkey` in the indented block below `key`.
    pub(super) fn nested(&self, key: &str, subkey: &str) -> Option<Found<'f>> {
        self.section
            .nested(key, subkey)
            .map(|value| self.found(subkey, value))
    }

    fn found(&self, key: &str, value: ini::Value<'f>) -> Found<'f> {
        let doubt = value.doubt.or_else(|| misspelling(key, &value.text));
        Found {
            text: trimmed(value.text),
            path: self.path,
            line: value.line,
            doubt,
        }
    }

    /// `path:line` of the section's header.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.path.display(), self.section.line())
    }

    /// # Errors
    ///
    /// [`Kind::File`] with path, line and reason if a line of the section cannot be understood.
    pub(super) fn check(&self) -> Result<()> {
        match self.section.broken() {
            None => Ok(()),
            Some(unreadable) => Err(Failure::new(
                Kind::File,
                format!(
                    "a line of section [{}] cannot be understood: {}",
                    self.section.name(),
                    unreadable.reason
                ),
            )
            .at(format!("{}:{}", self.path.display(), unreadable.line))
            .next("correct or remove that line; nothing was changed")),
        }
    }
}

const QUOTED: &str = "remove the quotes around the value: AWS tools take them as a part of it";
const INVISIBLE: &str =
    "type the value again: it holds a character that cannot be seen, such as a no-break space";

/// What is easy to overlook in a value. A command may well begin and end with a quote.
fn misspelling(key: &str, text: &str) -> Option<&'static str> {
    let invisible = |c| {
        matches!(c, '\u{a0}' | '\u{ad}' | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}')
    };
    let quoted = ['"', '\''].iter().any(|quote| {
        let inside = text
            .strip_prefix(*quote)
            .and_then(|text| text.strip_suffix(*quote));
        inside.is_some()
    });
    if quoted && !key.ends_with("_process") {
        return Some(QUOTED);
    }
    text.contains(invisible).then_some(INVISIBLE)
}

/// Without the blanks that Python's `str.strip`, and so the AWS CLI, takes off either end.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() < text.len() => Cow::Owned(text.trim().to_owned()),
        owned => owned,
    }
}

/// The settings of one profile over both files.
pub(super) struct Settings<'f> {
    pub(super) name: String,
    pub(super) credentials: Option<Part<'f>>,
    pub(super) config: Option<Part<'f>>,
    doubts: &'f Doubts,
}

impl<'f> Settings<'f> {
    /// # Errors
    ///
    /// As [`Part::check`], for either file.
    pub(super) fn check(&self) -> Result<()> {
        self.parts().try_for_each(Part::check)
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Part<'f>> {
        self.credentials.iter().chain(&self.config)
    }

    /// The value AWS tools use. An empty one counts as unset, as an empty variable does.
    pub(super) fn get(&self, key: &str) -> Option<Found<'f>> {
        let found = self
            .parts()
            .find_map(|part| part.get(key))
            .filter(|found| !found.text.is_empty())?;
        self.note(key, &found);
        Some(found)
    }

    /// Whether the key is there at all: for the rules of botocore that ask only that.
    pub(super) fn has(&self, key: &str) -> bool {
        self.parts().any(|part| part.get(key).is_some())
    }

    /// Remembers, if AWS readers disagree about a value that is used, that they do.
    pub(super) fn note(&self, key: &str, found: &Found<'_>) {
        if let Some(doubt) = found.doubt {
            self.doubts
                .note(format!("{}: `{key}`: {doubt}", found.origin()));
        }
    }

    /// Where the profile begins: in the file that says how to sign in, if it is in both.
    pub(super) fn place(&self) -> String {
        self.config
            .as_ref()
            .or(self.credentials.as_ref())
            .map(Part::place)
            .unwrap_or_default()
    }
}

/// A value and where it stands. It may be a secret, so it has no `Debug`.
pub(super) struct Found<'f> {
    pub(super) text: Cow<'f, str>,
    pub(super) path: &'f Path,
    pub(super) line: usize,
    pub(super) doubt: Option<&'static str>,
}

impl Found<'_> {
    pub(super) fn origin(&self) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line: self.line,
        }
    }

    pub(super) fn sourced(self) -> Sourced<String> {
        Sourced {
            origin: self.origin(),
            value: self.text.into_owned(),
        }
    }
}
