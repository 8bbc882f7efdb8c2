//! The shared config and credentials files, read and edited without losing a byte.
//!
//! A [`Document`] keeps the file's bytes as they are and an index of its section headers, nothing
//! else. A profile is read out of it when asked for. It knows no file system and no
//! AWS call: bytes come from [`crate::store`] and go back there, and what the values mean is
//! [`crate::profile`]'s.
//!
//! What is read: whatever the AWS CLI (botocore) or an AWS SDK reads; where they disagree about a
//! value, the value says so. An oddity outside the sections asked for stops nobody. What is
//! refused: what is not lines of text at all, and, inside a section in use, a line that cannot be
//! understood.

mod amend;
mod edit;
mod entry;
mod line;
mod profile;
mod remove;
mod splice;
mod title;
mod warning;
mod writable;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

pub use amend::{Amend, Amendment};
pub use edit::{Change, Refused};
use line::{Classifier, Shape, lines, trim_end};
pub use profile::{Profile, Value};
pub use remove::Beside;
use title::{PROFILE, Title};
pub use warning::Warning;
pub use writable::is_safe_section;

/// Which of the two files: they name profiles differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// `~/.aws/config`: `[profile x]`, `[default]`.
    Config,
    /// `~/.aws/credentials`: `[x]`.
    Credentials,
}

/// Why a file or a section cannot be used. Quotes nothing from the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Counted from 1.
    pub line: usize,
    pub reason: String,
}

/// A shared file: its bytes, wiped when the last clone is dropped, and where its sections are.
#[derive(Clone)]
pub struct Document {
    bytes: Arc<Zeroizing<Vec<u8>>>,
    flavor: Flavor,
    /// What ends the lines we add.
    eol: &'static str,
    sections: Arc<[Section]>,
    /// Which sections a name may mean; see [`Document::expect_many`].
    index: OnceLock<Arc<HashMap<String, Vec<usize>>>>,
}

/// Where one section is. Offsets are kept in 32 bits: a file with a hundred thousand sections is
/// indexed in two megabytes.
#[derive(Debug)]
struct Section {
    number: u32,
    header: u32,
    /// Counted from the start of the header line.
    name: (u32, u32),
    body: u32,
    end: u32,
}

impl Section {
    /// Line of the header, counted from 1.
    fn number(&self) -> usize {
        self.number as usize
    }

    /// Where the header line starts.
    fn header(&self) -> usize {
        self.header as usize
    }

    /// Where in the header line the text between the brackets is.
    fn name(&self) -> Range<usize> {
        self.name.0 as usize..self.name.1 as usize
    }

    /// Where the lines below the header start.
    fn body(&self) -> usize {
        self.body as usize
    }

    /// Where the next section, or nothing, starts.
    fn end(&self) -> usize {
        self.end as usize
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Document {
    /// Finds the sections in one pass.
    ///
    /// # Errors
    /// What cannot be read as lines of text: UTF-16, NUL bytes, more than 4 GiB.
    pub fn parse(bytes: Zeroizing<Vec<u8>>, flavor: Flavor) -> Result<Self, Unreadable> {
        refuse_what_is_not_text(&bytes)?;
        let mut sections: Vec<Section> = Vec::new();
        let mut classifier = Classifier::default();
        let first = content_start(&bytes);
        for (number, line) in (1..).zip(lines(&bytes, first..bytes.len())) {
            if let Shape::Header(name) = classifier.shape(line.text(&bytes)) {
                if let Some(last) = sections.last_mut() {
                    last.end = offset(line.start);
                }
                sections.push(Section {
                    number,
                    header: offset(line.start),
                    name: (offset(name.start), offset(name.end)),
                    body: offset(line.next),
                    end: offset(bytes.len()),
                });
            }
        }
        Ok(Self {
            eol: line_ending(&bytes),
            bytes: Arc::new(bytes),
            flavor,
            sections: sections.into(),
            index: OnceLock::new(),
        })
    }

    /// A file that does not exist yet.
    pub fn empty(flavor: Flavor) -> Self {
        Self {
            bytes: Arc::default(),
            eol: "\n",
            flavor,
            sections: Arc::default(),
            index: OnceLock::new(),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes for somebody who is going to compare them with what the file holds later.
    pub fn shared_bytes(&self) -> &Arc<Zeroizing<Vec<u8>>> {
        &self.bytes
    }

    /// Profile `name`, its sections merged. `[profile x]` in the credentials file is not profile
    /// x, and `[x]` in the config file is none at all.
    pub fn profile(&self, name: &str) -> Option<Profile<'_>> {
        Profile::read(self, PROFILE, name)
    }

    /// All profiles in file order, in one pass: for whoever is going to look at every one.
    pub fn profiles(&self) -> impl Iterator<Item = Profile<'_>> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut found: Vec<Vec<(&Section, Title<'_>)>> = Vec::new();
        for (section, title) in self.titles().filter(|(_, title)| title.kind == PROFILE) {
            let place = *places.entry(title.name).or_insert(found.len());
            if place == found.len() {
                found.push(Vec::new());
            }
            found[place].push((section, title));
        }
        let profiles = found.into_iter();
        profiles.filter_map(|sections| Profile::of(self, sections))
    }

    /// The names of all profiles in file order, without repeats.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        let mut seen = HashSet::new();
        self.titles()
            .filter(|(_, title)| title.kind == PROFILE)
            .map(|(_, title)| title.name)
            .filter(move |name| seen.insert(*name))
    }

    /// A section of the config file that is no profile: `[services x]`, `[sso-session x]`.
    pub fn section(&self, kind: &str, name: &str) -> Option<Profile<'_>> {
        Profile::read(self, kind, name)
    }

    /// Prepares for being asked for profile after profile: each is then found at once. For a few
    /// of them looking through the headers is cheaper.
    pub fn expect_many(&self) {
        self.index.get_or_init(|| {
            let mut index: HashMap<String, Vec<usize>> = HashMap::new();
            for (place, section) in self.sections.iter().enumerate() {
                if let Some((_, title)) = self.title(section) {
                    index.entry(title.name.to_owned()).or_default().push(place);
                }
            }
            Arc::new(index)
        });
    }

    /// Headers that no AWS tool reads as the profile they were meant for, with the profile's name:
    /// `[dev]` in the config file, `[profile dev]` in the credentials file.
    pub fn misnamed(&self) -> impl Iterator<Item = (usize, &str)> {
        self.sections.iter().filter_map(|section| {
            let raw = std::str::from_utf8(&self.header(section)[section.name()]).ok()?;
            let raw = raw.trim();
            let name = match self.flavor {
                Flavor::Credentials => raw.strip_prefix("profile ")?.trim(),
                Flavor::Config if raw.contains(char::is_whitespace) => return None,
                Flavor::Config => raw,
            };
            let is_none = ["", "default", "plugins", "preview"].contains(&name);
            (!is_none).then_some((section.number(), name))
        })
    }

    fn titles(&self) -> impl Iterator<Item = (&Section, Title<'_>)> {
        self.sections
            .iter()
            .filter_map(|section| self.title(section))
    }

    /// The sections of this kind and name, in file order.
    fn titled(&self, kind: &str, name: &str) -> Vec<(&Section, Title<'_>)> {
        let is_meant = |(_, title): &(&Section, Title<'_>)| title.is(kind, name);
        match self.index.get() {
            Some(index) => {
                let places = index.get(name).map_or(&[][..], Vec::as_slice);
                let sections = places.iter().map(|place| &self.sections[*place]);
                let titles = sections.filter_map(|section| self.title(section));
                titles.filter(is_meant).collect()
            }
            None => {
                let sections = self.sections.iter();
                let alike = sections.filter(|section| self.may_end_in(section, name));
                let titles = alike.filter_map(|section| self.title(section));
                titles.filter(is_meant).collect()
            }
        }
    }

    fn title<'d>(&'d self, section: &'d Section) -> Option<(&'d Section, Title<'d>)> {
        Title::read(self.header(section), section.name(), self.flavor).map(|title| (section, title))
    }

    /// A cheap look that spares most headers being understood.
    fn may_end_in(&self, section: &Section, name: &str) -> bool {
        let raw = trim_end(&self.header(section)[section.name()]);
        let unquoted = raw.strip_suffix(b"\"").or(raw.strip_suffix(b"'"));
        let ends = |raw: &[u8]| raw.ends_with(name.as_bytes());
        ends(raw) || unquoted.is_some_and(ends)
    }

    fn header(&self, section: &Section) -> &[u8] {
        &self.bytes[section.header()..section.body()]
    }
}

/// Shows nothing of the bytes.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("flavor", &self.flavor)
            .field("bytes", &self.bytes.len())
            .field("sections", &self.sections.len())
            .finish()
    }
}

fn refuse_what_is_not_text(bytes: &[u8]) -> Result<(), Unreadable> {
    let refuse = |line, reason: &str| {
        Err(Unreadable {
            line,
            reason: reason.to_owned(),
        })
    };
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return refuse(1, "the file is UTF-16, AWS tools want UTF-8");
    }
    if bytes.contains(&0) {
        let before = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        let line = lines(bytes, 0..before.len() + 1).count();
        return refuse(line, "there is a NUL byte: this is not a text file");
    }
    if u32::try_from(bytes.len()).is_err() {
        return refuse(1, "the file is larger than 4 GiB");
    }
    Ok(())
}

/// A byte order mark is no part of the first line.
fn content_start(bytes: &[u8]) -> usize {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("the length of the file was checked")
}

/// What ends the lines of this file: the first line feed decides, with or without its carriage
/// return; a lone carriage return only where there is no line feed at all.
fn line_ending(bytes: &[u8]) -> &'static str {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) if bytes[..at].ends_with(b"\r") => "\r\n",
        None if bytes.contains(&b'\r') => "\r",
        _ => "\n",
    }
}
