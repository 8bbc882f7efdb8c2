//! The keys of one section: where each stands, how its value reads, and whether AWS's own
//! readers agree about it.
//!
//! Comes after [`super::line`], which says where a section is, and before [`super::profile`],
//! which merges sections, and [`super::edit`], which changes them. A line that cannot be
//! understood is remembered, not guessed at.

use std::borrow::Cow;
use std::ops::Range;

use super::line::{Classifier, Line, Shape, indent, is_blank, is_odd_blank, lines};
use super::{Document, Section, Unreadable};

/// One `key = value` with the lines that continue it. The ranges are offsets into `text`.
#[derive(Debug)]
pub(super) struct Entry<'d> {
    pub(super) number: usize,
    pub(super) line: Line,
    pub(super) text: &'d str,
    pub(super) key: Range<usize>,
    pub(super) delimiter: usize,
    pub(super) value: Range<usize>,
    /// From the `#` or `;` that ends the value for the SDKs.
    pub(super) comment: Option<Range<usize>>,
    pub(super) more: Vec<More<'d>>,
    /// A blank line stands before one of `more`.
    gap: bool,
    lone_cr: bool,
}

/// A line that continues the value above it.
#[derive(Debug)]
pub(super) struct More<'d> {
    pub(super) number: usize,
    pub(super) line: Line,
    pub(super) text: &'d str,
    pub(super) is_comment: bool,
}

/// All of one section below its header.
#[derive(Debug)]
pub(super) struct Body<'d> {
    pub(super) entries: Vec<Entry<'d>>,
    pub(super) broken: Option<Unreadable>,
    /// End of the last line that is neither blank nor a comment in column 0; further keys go here,
    /// so that nothing indented can become a part of them.
    pub(super) tail: usize,
}

impl<'d> Body<'d> {
    pub(super) fn read(document: &'d Document, section: &Section) -> Self {
        let bytes = document.bytes();
        let lone_cr = |line: Line| document.eol != "\r" && line.ends_in_lone_cr(bytes);
        let mut body = Body {
            entries: Vec::new(),
            broken: None,
            tail: section.body(),
        };
        let mut classifier = Classifier::after_header();
        let mut blank_before = false;
        for (index, line) in lines(bytes, section.body()..section.end()).enumerate() {
            let number = section.number() + 1 + index;
            let shape = classifier.shape(line.text(bytes));
            let (attached, is_comment) = match shape {
                Shape::Blank => {
                    blank_before = true;
                    continue;
                }
                Shape::Comment => continue,
                Shape::IndentedComment { attached } => (attached, true),
                Shape::Continuation => (true, false),
                // A header ends the section, so one cannot stand inside it.
                Shape::Entry | Shape::Header(_) => (false, false),
            };
            body.tail = line.next;
            let Ok(text) = std::str::from_utf8(line.text(bytes)) else {
                if !is_comment {
                    body.breaks(number, "the line is not UTF-8 text");
                }
                continue;
            };
            if !is_comment && text.trim_start_matches(BLANKS).starts_with(is_odd_blank) {
                body.breaks(
                    number,
                    "the line starts with a blank that is neither space nor tab",
                );
                continue;
            }
            match body.entries.last_mut() {
                Some(entry) if attached => {
                    entry.gap |= blank_before && !is_comment;
                    entry.lone_cr |= lone_cr(line);
                    let broken = !is_comment && entry.value.is_empty() && !text.contains('=');
                    entry.more.push(More {
                        number,
                        line,
                        text: text.trim_matches(BLANKS),
                        is_comment,
                    });
                    if broken {
                        body.breaks(number, "a line of a nested block has no `=`");
                    }
                }
                _ if is_comment => {}
                _ if attached => body.breaks(number, "the line continues one that is broken"),
                _ => match Entry::read(number, line, text) {
                    Ok(mut entry) => {
                        entry.lone_cr = lone_cr(line);
                        body.entries.push(entry);
                    }
                    Err(reason) => body.breaks(number, reason),
                },
            }
            blank_before &= is_comment;
        }
        body
    }

    fn breaks(&mut self, line: usize, reason: &str) {
        self.broken.get_or_insert_with(|| Unreadable {
            line,
            reason: reason.to_owned(),
        });
    }
}

impl<'d> Entry<'d> {
    fn read(number: usize, line: Line, text: &'d str) -> Result<Self, &'static str> {
        let start = indent(text.as_bytes());
        if text[start..].starts_with('[') {
            return Err("a section header has no closing bracket");
        }
        let delimiter = text
            .find(['=', ':'])
            .ok_or("the line is neither a header, a comment nor `key = value`")?;
        let key = start..text[..delimiter].trim_end_matches(BLANKS).len();
        if key.start >= key.end {
            return Err("there is no key before the `=`");
        }
        if text[key.clone()].ends_with(is_odd_blank) {
            return Err("the key ends in a blank that is neither space nor tab");
        }
        let comment = comment(&text[delimiter + 1..]).map(|at| delimiter + 1 + at..text.len());
        let end = comment.as_ref().map_or(text.len(), |range| range.start);
        let shown = &text[delimiter + 1..end];
        let value_start = delimiter + 1 + indent(shown.as_bytes());
        let value_end = (delimiter + 1 + shown.trim_end_matches(BLANKS).len()).max(value_start);
        Ok(Self {
            number,
            line,
            text,
            key,
            delimiter,
            value: value_start..value_end,
            comment,
            more: Vec::new(),
            gap: false,
            lone_cr: false,
        })
    }

    pub(super) fn key(&self) -> &'d str {
        &self.text[self.key.clone()]
    }

    pub(super) fn is(&self, key: &str) -> bool {
        self.key().eq_ignore_ascii_case(key)
    }

    /// The value as both kinds of reader see it, as far as they agree: continuation lines are
    /// joined with line feeds, comments are left out.
    pub(super) fn value(&self) -> Cow<'d, str> {
        let first = &self.text[self.value.clone()];
        let mut further = self.more.iter().filter(|more| !more.is_comment).peekable();
        if further.peek().is_none() {
            return Cow::Borrowed(first);
        }
        let mut joined = first.to_owned();
        for more in further {
            joined.push('\n');
            joined.push_str(more.text);
        }
        Cow::Owned(joined)
    }

    /// `subkey = value` in the indented block below an empty value; the last one wins.
    pub(super) fn nested(&self, subkey: &str) -> Option<(usize, &'d str)> {
        if !self.value.is_empty() {
            return None;
        }
        let lines = self.more.iter().filter(|more| !more.is_comment).rev();
        lines.into_iter().find_map(|more| {
            let (key, value) = more.text.split_once('=')?;
            let value = value.trim_matches(BLANKS);
            (key.trim_matches(BLANKS) == subkey).then_some((more.number, value))
        })
    }

    /// How AWS's readers disagree about this value, taken by itself.
    pub(super) fn doubt(&self) -> Option<&'static str> {
        let first = &self.text[self.value.clone()];
        let mut texts = std::iter::once(first).chain(self.more.iter().map(|more| more.text));
        if self.comment.is_some() {
            Some(
                "the AWS CLI takes the comment behind this value for a part of it, the SDKs do not",
            )
        } else if self.text.as_bytes()[self.delimiter] == b':' {
            Some("the AWS CLI reads `key: value`, the SDKs do not")
        } else if self.more.iter().any(|more| more.is_comment) {
            Some(
                "the SDKs take the indented comment below this value for a part of it, the AWS CLI does not",
            )
        } else if self.lone_cr {
            Some("a lone carriage return ends this line for the AWS CLI, not for the SDKs")
        } else if self.gap {
            Some("the AWS CLI keeps the blank line inside this value, the SDKs do not")
        } else if texts.any(|text| text.starts_with(is_odd_blank) || text.ends_with(is_odd_blank)) {
            Some(
                "the AWS CLI drops the blank at the edge of this value that is neither space nor tab, the SDKs keep it",
            )
        } else {
            None
        }
    }
}

/// Where an inline comment starts: at a `#` or `;` with white space before it.
pub(super) fn comment(text: &str) -> Option<usize> {
    let bytes = text.bytes().enumerate();
    bytes
        .filter(|(_, byte)| matches!(byte, b'#' | b';'))
        .map(|(at, _)| at)
        .find(|at| text[..*at].ends_with(char::is_whitespace))
}

pub(super) const BLANKS: fn(char) -> bool = |character| u8::try_from(character).is_ok_and(is_blank);
