//! One profile as the file tells it: its sections merged, its values with the line they stand on
//! and a word where AWS's own readers disagree.
//!
//! Only the sections of the profile asked for are read; what the values mean is
//! [`crate::profile`]'s business.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::entry::{Body, Entry};
use super::title::Title;
use super::{Document, Flavor, Section, Unreadable};

const TWO_DEFAULTS: &str = "the AWS CLI reads the later of [default] and [profile default], the SDKs read [profile default]";
const TWO_SPELLINGS: &str = "the headers of this profile are spelled in two ways, which the AWS CLI keeps apart and the SDKs do not";
const TWO_SPELLINGS_IN_CONFIG: &str = "the headers of this profile are spelled in two ways, of which the AWS CLI reads the later and the SDKs both";

/// The sections of one name, in file order; never empty.
pub struct Profile<'d> {
    document: &'d Document,
    name: &'d str,
    parts: Vec<Part<'d>>,
    /// Every value is in doubt, and why.
    doubt: Option<&'static str>,
}

pub(super) struct Part<'d> {
    pub(super) section: &'d Section,
    pub(super) title: Title<'d>,
    pub(super) body: Body<'d>,
}

/// One value, with the line it stands on.
#[derive(Clone, PartialEq, Eq)]
pub struct Value<'d> {
    /// Without blanks at its ends and inline comment; continuation lines follow a line feed each.
    pub text: Cow<'d, str>,
    /// Counted from 1.
    pub line: usize,
    /// AWS's readers disagree about this value, and how: one clause for a message.
    pub doubt: Option<&'static str>,
}

impl<'d> Profile<'d> {
    /// `None` when there is no such section.
    pub(super) fn read(document: &'d Document, kind: &str, name: &str) -> Option<Self> {
        Self::of(document, document.titled(kind, name))
    }

    /// The sections of one name as one profile; `None` when there is none.
    pub(super) fn of(
        document: &'d Document,
        mut found: Vec<(&'d Section, Title<'d>)>,
    ) -> Option<Self> {
        let mut doubt = None;
        if found.iter().any(|(_, title)| title.prefixed_default) {
            let all = found.len();
            let last = found[all - 1].1;
            // `[profile default]` replaces `[default]` in the SDKs; in the AWS CLI the later one
            // does.
            found.retain(|(_, title)| title.prefixed_default);
            if found.len() < all && !(last.prefixed_default && last.agreed) {
                doubt = Some(TWO_DEFAULTS);
            }
        }
        let raw = found.first()?.1.raw;
        if document.flavor == Flavor::Config && found.iter().any(|(_, title)| title.raw != raw) {
            doubt = doubt.or(Some(TWO_SPELLINGS_IN_CONFIG));
        }
        let name = found.first()?.1.name;
        let parts = found.into_iter().map(|(section, title)| Part {
            section,
            title,
            body: Body::read(document, section),
        });
        Some(Self {
            document,
            name,
            parts: parts.collect(),
            doubt,
        })
    }

    /// The file's bytes, of which values are slices where they can be.
    pub fn shared_bytes(&self) -> &'d Arc<Zeroizing<Vec<u8>>> {
        self.document.shared_bytes()
    }

    /// Without the word `profile` and without quotes.
    pub fn name(&self) -> &'d str {
        self.name
    }

    /// Line of the first header.
    pub fn line(&self) -> usize {
        self.parts[0].section.number()
    }

    /// The value of `key`, in whatever case it is spelled: the last assignment wins.
    pub fn get(&self, key: &str) -> Option<Value<'d>> {
        self.winner(key)
            .map(|entry| self.value(key, entry, entry.number, entry.value()))
    }

    /// Every assignment of `key` in file order, also those that `get` passes over. An edit that
    /// sets `key` removes all of them.
    pub fn assignments(&self, key: &str) -> impl Iterator<Item = Value<'d>> {
        self.entries()
            .filter(move |entry| entry.is(key))
            .map(|entry| Value {
                text: entry.value(),
                line: entry.number,
                doubt: entry.doubt(),
            })
    }

    /// The keys as they are spelled, in file order; one assigned twice comes twice.
    pub fn keys(&self) -> impl Iterator<Item = &'d str> {
        self.entries().map(Entry::key)
    }

    /// `region` of `s3` in
    ///
    /// ```ini
    /// s3 =
    ///   region = eu-west-1
    /// ```
    pub fn nested(&self, key: &str, subkey: &str) -> Option<Value<'d>> {
        let entry = self.winner(key)?;
        let (line, text) = entry.nested(subkey)?;
        Some(self.value(key, entry, line, Cow::Borrowed(text)))
    }

    /// The first line of this profile's sections that cannot be understood. What such a section
    /// seems to say must not be used: a key may belong to another section.
    pub fn broken(&self) -> Option<Unreadable> {
        self.parts.iter().find_map(|part| part.body.broken.clone())
    }

    /// Why there is no section that all readers would take for this profile's after an edit.
    pub(super) fn homeless(&self) -> Option<&'static str> {
        let ambiguous = self.parts.len() > 1 && !self.home().title.agreed;
        self.doubt.or(ambiguous.then_some(TWO_SPELLINGS))
    }

    pub(super) fn bytes(&self) -> &'d [u8] {
        self.document.bytes()
    }

    pub(super) fn parts(&self) -> &[Part<'d>] {
        &self.parts
    }

    /// The section all readers take for this profile, as far as there is one: the last whose
    /// header they all understand.
    pub(super) fn home(&self) -> &Part<'d> {
        let agreed = self.parts.iter().rfind(|part| part.title.agreed);
        agreed.unwrap_or(&self.parts[self.parts.len() - 1])
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<'d>> {
        self.parts.iter().flat_map(|part| &part.body.entries)
    }

    /// Last assignment wins, but a section spelled as all readers want it beats one that only
    /// some of them see.
    pub(super) fn winner(&self, key: &str) -> Option<&Entry<'d>> {
        let last = |agreed: bool| {
            let parts = self.parts.iter().rev();
            parts
                .filter(|part| part.title.agreed == agreed)
                .flat_map(|part| part.body.entries.iter().rev())
                .find(|entry| entry.is(key))
        };
        last(true).or_else(|| last(false))
    }

    fn value(&self, key: &str, entry: &Entry<'d>, line: usize, text: Cow<'d, str>) -> Value<'d> {
        let home = self.home().title.raw;
        let elsewhere = || {
            let mut others = self.parts.iter().filter(|part| part.title.raw != home);
            let stray = others.any(|part| part.body.entries.iter().any(|entry| entry.is(key)));
            stray.then_some(TWO_SPELLINGS)
        };
        let twice = || {
            let assignments = self.entries().filter(|entry| entry.is(key)).count();
            (assignments > 1).then_some(
                "it is assigned more than once: the AWS CLI refuses the file, the SDKs take the last",
            )
        };
        Value {
            text,
            line,
            doubt: self
                .doubt
                .or_else(elsewhere)
                .or_else(twice)
                .or_else(|| entry.doubt()),
        }
    }
}

/// Names and keys may be shown, values may not.
impl fmt::Debug for Profile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("name", &self.name)
            .field("line", &self.line())
            .field("keys", &self.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value")
            .field("text", &"[redacted]")
            .field("line", &self.line)
            .field("doubt", &self.doubt)
            .finish()
    }
}
