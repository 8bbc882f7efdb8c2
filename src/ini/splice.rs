//! New text put into the bytes of a file, everything around it copied as it is.
//!
//! Comes after [`super::edit`], which decides what to put where.

use std::ops::Range;

use zeroize::Zeroizing;

/// One place that changes.
#[derive(Debug)]
pub(super) struct Splice {
    range: Range<usize>,
    text: Zeroizing<Vec<u8>>,
    /// `text` is whole lines: a last line without terminator before it gets one.
    lines: bool,
}

impl Splice {
    /// Puts the parts, joined, in place of `range`. Joining allocates once, so that no copy of a
    /// secret stays behind in a buffer that was outgrown.
    pub(super) fn replace(range: Range<usize>, parts: &[&[u8]]) -> Self {
        Self {
            range,
            text: Zeroizing::new(parts.concat()),
            lines: false,
        }
    }

    /// Puts whole lines, terminators included, before the line that starts at `at`.
    pub(super) fn insert_lines(at: usize, parts: &[&[u8]]) -> Self {
        Self {
            lines: true,
            ..Self::replace(at..at, parts)
        }
    }

    pub(super) fn delete(range: Range<usize>) -> Self {
        Self::replace(range, &[])
    }
}

/// `bytes` with all the splices made; they do not overlap.
pub(super) fn apply(bytes: &[u8], mut splices: Vec<Splice>, eol: &str) -> Zeroizing<Vec<u8>> {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let room = bytes.len() + growth(&splices, eol);
    let mut output = Zeroizing::new(Vec::with_capacity(room));
    let mut copied = 0;
    for splice in &splices {
        output.extend_from_slice(&bytes[copied..splice.range.start]);
        if splice.lines && !at_line_start(&output, eol) {
            output.extend_from_slice(eol.as_bytes());
        }
        output.extend_from_slice(&splice.text);
        copied = splice.range.end;
    }
    output.extend_from_slice(&bytes[copied..]);
    output
}

/// How much longer the file can become.
pub(super) fn growth(splices: &[Splice], eol: &str) -> usize {
    let added = splices.iter().map(|splice| splice.text.len() + eol.len());
    added.sum()
}

/// A lone carriage return counts as a line end only in a file that knows no other.
fn at_line_start(output: &[u8], eol: &str) -> bool {
    match output {
        [] | [.., b'\n'] => true,
        [.., b'\r'] => eol == "\r",
        _ => output == super::BYTE_ORDER_MARK,
    }
}
