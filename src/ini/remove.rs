//! Whole sections taken out, as places in the file's own bytes.
//!
//! What goes is the header, the lines down to the last key, and one empty line before the header,
//! which [`super::edit`] puts there when it appends a section: taking a section out undoes putting
//! it in. What follows the last key (blank lines, comments in column 0) stays: it may belong to the
//! section below. A last line that had no line end keeps the one it was given: afterwards nothing
//! tells it from one that had it.
//!
//! It refuses what [`super::edit`] refuses, and a file whose other sections would not be what they
//! were. Whether a section may go is not known here; [`Profile::beside`] tells what would be lost.

use std::collections::HashSet;

use zeroize::Zeroizing;

use super::edit::{Refused, refuse_what_is_not_certain};
use super::line::{is_blank, lines};
use super::profile::{Part, Profile};
use super::splice::{Splice, apply};
use super::{Document, content_start};

/// What a profile holds beside some keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Other keys, as they are spelled.
    pub keys: Vec<String>,
    /// How many lines of comment stand among its lines.
    pub comments: usize,
}

impl Beside {
    pub fn is_nothing(&self) -> bool {
        self.keys.is_empty() && self.comments == 0
    }
}

impl Profile<'_> {
    /// What would be lost with the profile's sections that is none of `keys`.
    pub fn beside(&self, keys: &[&str]) -> Beside {
        let is_known = |spelled: &str| keys.iter().any(|key| spelled.eq_ignore_ascii_case(key));
        let others = self.keys().filter(|spelled| !is_known(spelled));
        let comments = self.parts().iter().map(|part| self.comments_of(part));
        Beside {
            keys: others.map(str::to_owned).collect(),
            comments: comments.sum(),
        }
    }

    /// Lines of comment down to the last key, and those behind a header or a value.
    fn comments_of(&self, part: &Part<'_>) -> usize {
        let bytes = self.bytes();
        let is_comment = |text: &[u8]| {
            let first = text.iter().find(|byte| !is_blank(**byte));
            matches!(first, Some(b'#' | b';'))
        };
        let header = &bytes[part.section.header() + part.section.name().end..part.section.body()];
        let whole = lines(bytes, part.section.body()..part.body.tail);
        let behind = part
            .body
            .entries
            .iter()
            .filter(|entry| entry.comment.is_some());
        whole.filter(|line| is_comment(line.text(bytes))).count()
            + behind.count()
            + usize::from(header.iter().any(|byte| matches!(byte, b'#' | b';')))
    }
}

impl Document {
    /// The bytes of the file without the sections of these profiles.
    ///
    /// # Errors
    /// A section that has a line nobody understands, or whose lines do not end in the same place
    /// for all readers; one without which another would be read differently.
    pub fn without(&self, profiles: &[&str]) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let mut splices = Vec::new();
        let mut gone = HashSet::new();
        let mut first_line = None;
        for profile in profiles.iter().filter_map(|name| self.profile(name)) {
            refuse_what_is_not_certain(self.bytes(), &profile, self.eol)?;
            first_line = first_line.or(Some(profile.line()));
            for part in profile.parts() {
                if gone.insert(part.section.header()) {
                    splices.push(self.removal(part));
                }
            }
        }
        let bytes = apply(self.bytes(), splices, self.eol);
        if self.others_stay(&gone, &bytes) {
            return Ok(bytes);
        }
        Err(Refused {
            line: first_line,
            reason: "without this section the lines below it would belong to another".to_owned(),
        })
    }

    fn removal(&self, part: &Part<'_>) -> Splice {
        let bytes = self.bytes();
        let header = part.section.header();
        let below = lines(bytes, part.body.tail..bytes.len()).next();
        let apart = below.is_none_or(|line| line.text(bytes).iter().all(|byte| is_blank(*byte)));
        let start = match self.separator(header) {
            Some(start) if apart => start,
            _ => header,
        };
        Splice::delete(start..part.body.tail)
    }

    /// Where the empty line begins that was put before the header at `header`, if there is one
    /// below anything. In a file of mixed line ends the line above may have another one.
    fn separator(&self, header: usize) -> Option<usize> {
        let text = &self.bytes()[content_start(self.bytes())..header];
        let above = text.strip_suffix(self.eol.as_bytes())?;
        matches!(above, [.., b'\n' | b'\r']).then_some(header - self.eol.len())
    }

    /// Whether every other section is still there with the lines it had.
    fn others_stay(&self, gone: &HashSet<usize>, bytes: &[u8]) -> bool {
        let Ok(after) = Document::parse(Zeroizing::new(bytes.to_vec()), self.flavor) else {
            return false;
        };
        let before = self.sections.iter();
        let stayed = before.filter(|section| !gone.contains(&section.header()));
        let header = |document: &Document, section: &super::Section| {
            document.bytes()[section.header()..section.body()].to_vec()
        };
        stayed
            .map(|section| header(self, section))
            .eq(after.sections.iter().map(|section| header(&after, section)))
    }
}
