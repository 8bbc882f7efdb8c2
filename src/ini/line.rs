//! One line of a shared file: where it ends, and what it is.
//!
//! The rules are the AWS CLI's, which are those of Python's `configparser`: `\n`, `\r\n` and a
//! lone `\r` end a line; a line indented deeper than the key above it continues that key's value;
//! `#` and `;` open a comment when they are the first thing on a line. Where keys are not
//! indented these are the SDKs' rules too. Nothing here looks inside an entry: that is
//! [`super::entry`]'s, and only for the sections somebody asks for.

use std::ops::Range;

use memchr::memchr2_iter;

/// The bytes `start..end` of a line and its terminator `end..next`, as offsets into the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) next: usize,
}

impl Line {
    pub(super) fn text(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.end]
    }

    /// Ended by a carriage return alone: a line end to the AWS CLI, part of the line to the SDKs.
    pub(super) fn ends_in_lone_cr(self, bytes: &[u8]) -> bool {
        self.next == self.end + 1 && bytes[self.end] == b'\r'
    }
}

/// The lines of `bytes[range]`; the range begins and ends where a line does.
pub(super) fn lines(bytes: &[u8], range: Range<usize>) -> impl Iterator<Item = Line> {
    let mut start = range.start;
    let bytes = &bytes[..range.end];
    let mut ends = memchr2_iter(b'\n', b'\r', &bytes[start..]).map(move |at| range.start + at);
    std::iter::from_fn(move || {
        if start == bytes.len() {
            return None;
        }
        // The line feed of a pair has been passed together with its carriage return.
        let end = ends.find(|end| *end >= start).unwrap_or(bytes.len());
        let terminator = match &bytes[end..] {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        let line = Line {
            start,
            end,
            next: end + terminator,
        };
        start = line.next;
        Some(line)
    })
}

/// What a line is, given the lines before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing, or spaces and tabs.
    Blank,
    /// A comment in column 0: every reader skips it.
    Comment,
    /// A comment that is indented. `attached`: deeper than the key above it, so that the SDKs
    /// take it for a part of that key's value.
    IndentedComment { attached: bool },
    /// A further line of the value above.
    Continuation,
    /// `[name]`; the range is the text between the brackets.
    Header(Range<usize>),
    /// Everything else: `key = value`, or what was meant to be something.
    Entry,
}

/// Tells what each line is, in order. Remembers how deep the last key was indented, which is all
/// that one line tells about the next.
#[derive(Debug, Default)]
pub(super) struct Classifier {
    in_section: bool,
    key_depth: Option<usize>,
}

impl Classifier {
    /// Starts right after a section header.
    pub(super) fn after_header() -> Self {
        Self {
            in_section: true,
            key_depth: None,
        }
    }

    pub(super) fn shape(&mut self, text: &[u8]) -> Shape {
        let Lead { length, depth } = Lead::of(text);
        let deeper = self.key_depth.is_some_and(|key| depth > key);
        match text.get(length) {
            None => Shape::Blank,
            Some(b'#' | b';') if length == 0 => Shape::Comment,
            Some(b'#' | b';') => Shape::IndentedComment { attached: deeper },
            Some(_) if deeper => Shape::Continuation,
            Some(b'[') => match header(&text[length..]) {
                Some(name) => {
                    *self = Self::after_header();
                    Shape::Header(name.start + length..name.end + length)
                }
                None => self.entry(depth),
            },
            Some(_) => self.entry(depth),
        }
    }

    fn entry(&mut self, depth: usize) -> Shape {
        if self.in_section {
            self.key_depth = Some(depth);
        }
        Shape::Entry
    }
}

/// The blanks a line starts with, as the AWS CLI counts them: in characters, and with every blank
/// Unicode knows.
pub(super) struct Lead {
    /// In bytes.
    pub(super) length: usize,
    /// In characters.
    pub(super) depth: usize,
}

impl Lead {
    pub(super) fn of(text: &[u8]) -> Self {
        let plain = indent(text);
        if text
            .get(plain)
            .is_none_or(|byte| (0x20..0x80).contains(byte))
        {
            return Self {
                length: plain,
                depth: plain,
            };
        }
        let chunk = text.utf8_chunks().next();
        let text = chunk.map_or("", |chunk| chunk.valid());
        let rest = text.trim_start_matches(is_space);
        let blanks = &text[..text.len() - rest.len()];
        Self {
            length: blanks.len(),
            depth: blanks.chars().count(),
        }
    }
}

/// What Python takes for white space: a full-width space among it, and four control characters.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// A blank to the AWS CLI but not to the SDKs, for which only space and tab are.
pub(super) fn is_odd_blank(character: char) -> bool {
    is_space(character) && !matches!(character, ' ' | '\t')
}

/// How many spaces and tabs a line starts with.
pub(super) fn indent(text: &[u8]) -> usize {
    text.iter()
        .position(|byte| !is_blank(*byte))
        .unwrap_or(text.len())
}

/// Space and tab are the only blanks all readers agree on.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Without the spaces and tabs at its end.
pub(super) fn trim_end(text: &[u8]) -> &[u8] {
    let last = text.iter().rposition(|byte| !is_blank(*byte));
    &text[..last.map_or(0, |at| at + 1)]
}

/// Where the name stands in `[name]`. The SDKs cut a comment off first and want the bracket last;
/// where that fails it is the AWS CLI's rule, which takes everything up to the last bracket.
fn header(text: &[u8]) -> Option<Range<usize>> {
    let comment = text
        .iter()
        .position(|byte| matches!(byte, b'#' | b';'))
        .unwrap_or(text.len());
    let visible = trim_end(&text[..comment]);
    let close = match visible {
        [.., b']'] => visible.len() - 1,
        _ => {
            let close = text.iter().rposition(|byte| *byte == b']');
            close.filter(|close| *close > 1)?
        }
    };
    Some(1..close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_terminator_ends_a_line_and_the_last_needs_none() {
        let bytes = b"a\nb\r\nc\r\r\n\nd";
        let found: Vec<(&[u8], usize, bool)> = lines(bytes, 0..bytes.len())
            .map(|line| {
                let terminator = line.next - line.end;
                (line.text(bytes), terminator, line.ends_in_lone_cr(bytes))
            })
            .collect();
        assert_eq!(
            found,
            [
                (&b"a"[..], 1, false),
                (b"b", 2, false),
                (b"c", 1, true),
                (b"", 2, false),
                (b"", 1, false),
                (b"d", 0, false),
            ]
        );
    }

    #[test]
    fn names_of_headers() {
        for (text, name) in [
            ("[a]", Some("a")),
            ("[ a ]", Some(" a ")),
            ("[a] # note", Some("a")),
            ("[a]#note", Some("a")),
            ("[a] # see [b]", Some("a")),
            ("[a] junk", Some("a")),
            ("[a]b]", Some("a]b")),
            ("[a#b]", Some("a#b")),
            ("[]", Some("")),
            ("[]b", None),
            ("[a", None),
            ("[a # b", None),
        ] {
            let found = header(text.as_bytes()).map(|range| &text[range]);
            assert_eq!(found, name, "{text}");
        }
    }

    #[test]
    fn only_what_is_deeper_than_the_key_above_continues_it() {
        let mut classifier = Classifier::default();
        let shapes: Vec<Shape> = [
            " [a]",
            "  k = v",
            "  l = v",
            "    more",
            "    # attached",
            "  # not attached",
            " [b]",
            "k = v",
            " [c]",
        ]
        .iter()
        .map(|text| classifier.shape(text.as_bytes()))
        .collect();
        assert_eq!(
            shapes,
            [
                Shape::Header(2..3),
                Shape::Entry,
                Shape::Entry,
                Shape::Continuation,
                Shape::IndentedComment { attached: true },
                Shape::IndentedComment { attached: false },
                Shape::Header(2..3),
                Shape::Entry,
                Shape::Continuation,
            ]
        );
    }
}
