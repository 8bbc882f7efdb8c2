//! Keys of a section put out of the readers' sight and back again, as places in the file's own
//! bytes.
//!
//! A key that is set aside gets a prefix before its name and keeps everything else: its spelling,
//! its spacing, the comment behind it, the lines that continue it. So taking the prefix away
//! again gives back the same bytes. What stands in for it is a line of its own above it, as deep
//! as it is, which changes for no line what that line is. Unlike [`super::edit`] this adds no
//! section, respells no header and tidies nothing.
//!
//! It refuses what [`super::edit`] refuses. What is to be set aside, and why, is not known here.

use zeroize::Zeroizing;

use super::edit::{Refused, assignment, refuse_what_is_not_certain};
use super::entry::{Entry, More};
use super::profile::Profile;
use super::splice::{Splice, apply};
use super::{Document, writable};

/// What is to happen in the sections of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// `x` for `[profile x]` in the config file.
    pub profile: String,
    /// All of them for the profile as it is now, in any order. No key may be in two of them,
    /// except as the place of an [`Amend::Insert`].
    pub steps: Vec<Amend>,
}

/// One thing that happens to the assignments of a key, of which there may be several. Keys are in
/// lower case and mean every spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amend {
    /// `key = v` becomes `PREFIXkey = v`.
    Prefix {
        key: &'static str,
        prefix: &'static str,
    },
    /// `PREFIXkey = v` becomes `key = v`; `key` is the name with the prefix.
    Strip {
        key: &'static str,
        prefix: &'static str,
    },
    /// `key = value` as a new line above the assignment of `above` that counts.
    Insert {
        key: &'static str,
        value: String,
        above: &'static str,
    },
    /// The assignments of `key` that have this value go, with the lines that continue them.
    Remove { key: &'static str, value: String },
    /// `key = v` becomes `# key = v`, and so does every line that continues it.
    CommentOut { key: &'static str },
}

impl Document {
    /// The bytes of the file with these amendments made, each profile named once.
    ///
    /// # Errors
    /// A value to insert that not every reader would read back; a section that has a line nobody
    /// understands, or whose lines do not end in the same place for all readers.
    pub fn amend(&self, amendments: &[Amendment]) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let mut splices = Vec::new();
        for Amendment { profile, steps } in amendments {
            let Some(profile) = self.profile(profile).filter(|_| !steps.is_empty()) else {
                continue;
            };
            refuse_what_is_not_certain(self.bytes(), &profile, self.eol)?;
            // A new line comes before what happens to the line that it is put above.
            for step in steps {
                splices.extend(self.insertion(&profile, step)?);
            }
            for step in steps {
                let entries = profile.entries();
                splices.extend(entries.flat_map(|entry| step.on(entry)));
            }
        }
        Ok(apply(self.bytes(), splices, self.eol))
    }

    fn insertion(&self, profile: &Profile<'_>, step: &Amend) -> Result<Option<Splice>, Refused> {
        let Amend::Insert { key, value, above } = step else {
            return Ok(None);
        };
        writable::assignment(key, value)?;
        Ok(profile.winner(above).map(|entry| {
            let depth = &entry.text[..entry.key.start];
            let parts = assignment(depth, key, value, self.eol);
            Splice::insert_lines(entry.line.start, &parts)
        }))
    }
}

impl Amend {
    /// What happens to this entry.
    fn on(&self, entry: &Entry<'_>) -> Vec<Splice> {
        let name = entry.line.start + entry.key.start;
        match self {
            Amend::Prefix { key, prefix } if entry.is(key) => {
                vec![Splice::replace(name..name, &[prefix.as_bytes()])]
            }
            Amend::Strip { key, prefix } if entry.is(key) => {
                vec![Splice::delete(name..name + prefix.len())]
            }
            Amend::Remove { key, value } if entry.is(key) && entry.value() == value.as_str() => {
                let lines = lines_of(entry);
                lines
                    .map(|line| Splice::delete(line.start..line.next))
                    .collect()
            }
            Amend::CommentOut { key } if entry.is(key) => {
                let lines = lines_of(entry);
                lines
                    .map(|line| Splice::replace(line.start..line.start, &[b"# "]))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The line of the assignment and those that continue it.
fn lines_of(entry: &Entry<'_>) -> impl Iterator<Item = super::line::Line> {
    std::iter::once(entry.line).chain(entry.more.iter().map(|More { line, .. }| *line))
}
