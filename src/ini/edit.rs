//! The change of one section, planned as places in the file's own bytes.
//!
//! What we write is in everybody's safe subset: an unindented `[name]`, `key = value` in lower
//! case without comment or continuation, one assignment per key. Everything else in the section,
//! its comments and foreign keys, and every byte outside it stays. Comes after [`super::profile`]
//! has read the section and before [`super::splice`] makes the new bytes; writing them is
//! [`crate::store`]'s.
//!
//! Where a profile has several sections, the last one that all readers see under this name becomes
//! its home, and the others lose the keys that are set there. An edit made twice is the edit made
//! once, and one that changes nothing returns the same bytes.

use zeroize::Zeroizing;

use super::entry::{BLANKS, Entry};
use super::line::{Lead, indent, lines};
use super::profile::{Part, Profile};
use super::splice::{Splice, apply, growth};
use super::title::{ends_cleanly, spell};
use super::writable::is_safe_section;
use super::{Document, content_start, writable};

/// What one section is to say.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The profile's name: `x` for `[x]` in the credentials file and for `[profile x]` in the
    /// config file. The section is added where there is none and something is to be set; one that is
    /// there may be called anything.
    pub section: &'a str,
    /// Keys, in lower case, and their values.
    pub set: &'a [(&'a str, &'a str)],
    /// Keys to drop, however they are spelled, with their continuation lines but not with comments.
    pub remove: &'a [&'a str],
}

/// Why the section was not changed. Quotes no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Counted from 1; `None` when the change itself is at fault.
    pub line: Option<usize>,
    pub reason: String,
}

impl Document {
    /// The bytes of the file with `change` made.
    ///
    /// # Errors
    /// Keys or values, or the name of a new section, that not every reader would read back as they are;
    /// a section that has a line nobody understands, or whose lines do not end in the same place for all readers.
    pub fn edit(&self, change: &Change<'_>) -> Result<Zeroizing<Vec<u8>>, Refused> {
        Ok(apply(self.bytes(), self.splices(change)?, self.eol))
    }

    /// By how many bytes at most the file would grow if `change` were made.
    ///
    /// # Errors
    /// As for [`Document::edit`].
    pub fn growth(&self, change: &Change<'_>) -> Result<usize, Refused> {
        Ok(growth(&self.splices(change)?, self.eol))
    }

    fn splices(&self, change: &Change<'_>) -> Result<Vec<Splice>, Refused> {
        writable::check(change)?;
        let eol = self.eol;
        Ok(match self.profile(change.section) {
            Some(profile) => {
                refuse_what_is_not_certain(self.bytes(), &profile, eol)?;
                Edit::new(self, &profile, change, eol).plan()
            }
            None if change.set.is_empty() => Vec::new(),
            None => {
                writable::section(change.section)?;
                vec![self.new_section(change, eol)]
            }
        })
    }

    fn new_section(&self, change: &Change<'_>, eol: &str) -> Splice {
        let header = spell(change.section, self.flavor);
        // Whatever the file ends in: taking the section out again takes one empty line with it.
        let separator = if self.bytes().len() == content_start(self.bytes()) {
            ""
        } else {
            eol
        };
        let mut parts: Vec<&[u8]> = vec![separator.as_bytes(), header.as_bytes(), eol.as_bytes()];
        for (key, value) in change.set {
            parts.extend(assignment("", key, value, eol));
        }
        Splice::insert_lines(self.bytes().len(), &parts)
    }
}

/// One edit of a profile that has a section already.
struct Edit<'e, 'd> {
    document: &'d Document,
    profile: &'e Profile<'d>,
    change: &'e Change<'e>,
    eol: &'static str,
    splices: Vec<Splice>,
}

impl<'e, 'd> Edit<'e, 'd> {
    fn new(
        document: &'d Document,
        profile: &'e Profile<'d>,
        change: &'e Change<'e>,
        eol: &'static str,
    ) -> Self {
        Self {
            document,
            profile,
            change,
            eol,
            splices: Vec::new(),
        }
    }

    fn plan(mut self) -> Vec<Splice> {
        let home = self.profile.home();
        // No spelling has all readers read a name that is none for some of them.
        let can_be_read = is_safe_section(home.title.name);
        if !home.title.agreed && can_be_read && !self.change.set.is_empty() {
            self.respell(home);
        }
        let kept: Vec<Option<&Entry<'d>>> = self
            .change
            .set
            .iter()
            .map(|(key, _)| home.body.entries.iter().rfind(|entry| entry.is(key)))
            .collect();
        for entry in self.profile.entries() {
            let place = self.change.set.iter().position(|(key, _)| entry.is(key));
            match place {
                Some(index) if kept[index].is_some_and(|kept| std::ptr::eq(kept, entry)) => {
                    let (key, value) = self.change.set[index];
                    self.replace(entry, key, value);
                }
                Some(_) => self.delete(entry),
                None if self.change.remove.iter().any(|key| entry.is(key)) => self.delete(entry),
                None => {}
            }
        }
        let missing = self.change.set.iter().zip(&kept);
        let missing: Vec<_> = missing
            .filter(|(_, kept)| kept.is_none())
            .map(|(pair, _)| *pair)
            .collect();
        self.add(home, &missing);
        self.splices
    }

    /// Makes the header one that all readers read. What stood behind it and confused some of them
    /// becomes a comment of its own.
    fn respell(&mut self, home: &Part<'d>) {
        let bytes = self.document.bytes();
        let section = home.section;
        let header = section.header();
        let line = lines(bytes, header..section.body()).next();
        let end = line.expect("a section has a header line").end;
        let close = header + section.name().end + 1;
        let spelled = home.title.respell(self.document.flavor);
        let rest = &bytes[close..end];
        if ends_cleanly(rest) {
            let splice = Splice::replace(header..close, &[spelled.as_bytes()]);
            self.splices.push(splice);
            return;
        }
        let rest = rest.trim_ascii();
        let mark = if rest.starts_with(b"#") || rest.starts_with(b";") {
            ""
        } else {
            "# "
        };
        let parts = [
            spelled.as_bytes(),
            self.eol.as_bytes(),
            mark.as_bytes(),
            rest,
        ];
        self.splices.push(Splice::replace(header..end, &parts));
    }

    /// Puts a value in the place of another. Spacing stays as it is unless the key or the
    /// delimiter must be spelled anew; a comment behind the value moves to a line above, because
    /// the AWS CLI would take it for a part of the value.
    fn replace(&mut self, entry: &Entry<'d>, key: &str, value: &str) {
        let spelled = entry.key() == key && entry.text.as_bytes()[entry.delimiter] == b'=';
        let same = &entry.text[entry.value.clone()] == value;
        if spelled && same && entry.more.is_empty() && entry.doubt().is_none() {
            return;
        }
        let at = entry.line.start;
        let mut end = entry.value.end;
        if let Some(comment) = entry.comment.clone() {
            end = comment.end;
            let text = entry.text[comment].trim_end_matches(BLANKS);
            let parts = [text.as_bytes(), self.eol.as_bytes()];
            self.splices.push(Splice::insert_lines(at, &parts));
        }
        let splice = if spelled {
            // `key =` without a value has a blank on one side only.
            let lopsided = entry.value == (entry.delimiter + 1..entry.delimiter + 1)
                && entry.key.end < entry.delimiter;
            let space = if lopsided { " " } else { "" };
            let range = at + entry.value.start..at + end;
            Splice::replace(range, &[space.as_bytes(), value.as_bytes()])
        } else {
            let range = at + entry.key.start..at + end;
            Splice::replace(range, &[key.as_bytes(), b" = ", value.as_bytes()])
        };
        self.splices.push(splice);
        self.delete_continuation(entry);
    }

    /// Takes an assignment out. A comment behind it becomes a line of its own.
    fn delete(&mut self, entry: &Entry<'d>) {
        let line = entry.line;
        self.splices.push(match entry.comment.clone() {
            Some(comment) => {
                let text = entry.text[comment].trim_end_matches(BLANKS);
                Splice::replace(line.start..line.end, &[text.as_bytes()])
            }
            None => Splice::delete(line.start..line.next),
        });
        self.delete_continuation(entry);
    }

    /// Takes out the lines that continue a value. A comment among them moves to column 0: the SDKs
    /// would take an indented one for a part of the value above it.
    fn delete_continuation(&mut self, entry: &Entry<'d>) {
        let bytes = self.document.bytes();
        self.splices.extend(entry.more.iter().map(|more| {
            let line = more.line;
            if more.is_comment {
                Splice::delete(line.start..line.start + indent(line.text(bytes)))
            } else {
                Splice::delete(line.start..line.next)
            }
        }));
    }

    /// Adds keys after the last one. They are as deep as the next header, which would continue
    /// their value if it were deeper.
    fn add(&mut self, part: &Part<'d>, missing: &[(&str, &str)]) {
        if missing.is_empty() {
            return;
        }
        let bytes = self.document.bytes();
        let next = lines(bytes, part.section.end()..bytes.len()).next();
        let next = next.map_or(&[][..], |line| line.text(bytes));
        let depth = " ".repeat(Lead::of(next).depth);
        let parts: Vec<&[u8]> = missing
            .iter()
            .flat_map(|(key, value)| assignment(&depth, key, value, self.eol))
            .collect();
        self.splices
            .push(Splice::insert_lines(part.body.tail, &parts));
    }
}

pub(super) fn assignment<'a>(
    depth: &'a str,
    key: &'a str,
    value: &'a str,
    eol: &'a str,
) -> [&'a [u8]; 5] {
    [depth, key, " = ", value, eol].map(str::as_bytes)
}

/// A section is edited only where every line is understood and where its lines end is not in
/// question.
pub(super) fn refuse_what_is_not_certain(
    bytes: &[u8],
    profile: &Profile<'_>,
    eol: &str,
) -> Result<(), Refused> {
    let refuse = |line, reason: &str| {
        Err(Refused {
            line: Some(line),
            reason: reason.to_owned(),
        })
    };
    if let Some(broken) = profile.broken() {
        return refuse(broken.line, &broken.reason);
    }
    if let Some(reason) = profile.homeless() {
        return refuse(profile.line(), reason);
    }
    if eol == "\r" {
        return Ok(());
    }
    for section in profile.parts().iter().map(|part| part.section) {
        let lone_cr = "a lone carriage return ends the line for the AWS CLI, not for the SDKs";
        if bytes[..section.header()].ends_with(b"\r") {
            return refuse(section.number() - 1, lone_cr);
        }
        let range = section.header()..section.end();
        let mut lines = (section.number()..).zip(lines(bytes, range));
        if let Some((number, _)) = lines.find(|(_, line)| line.ends_in_lone_cr(bytes)) {
            return refuse(number, lone_cr);
        }
    }
    Ok(())
}

/// Keys may be shown, values may not.
impl std::fmt::Debug for Change<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<&str> = self.set.iter().map(|(key, _)| *key).collect();
        f.debug_struct("Change")
            .field("section", &self.section)
            .field("set", &keys)
            .field("remove", &self.remove)
            .finish()
    }
}
