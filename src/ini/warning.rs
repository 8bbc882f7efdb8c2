//! Why some AWS tool refuses a whole file, although we can read it.
//!
//! The AWS CLI gives up on one wrong line anywhere, the SDKs on another kind of wrong line. None
//! of that stops us, but whoever signs in and then sees `aws` fail wants to know which line it is.
//! Nothing here decides what we read ourselves.

use std::borrow::Cow;
use std::collections::HashSet;

use super::entry::comment;
use super::line::{Classifier, Lead, Shape, indent, lines, trim_end};
use super::{BYTE_ORDER_MARK, Document, content_start};

/// One reason, at the first line it applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Counted from 1.
    pub line: usize,
    /// One sentence in lower case without a full stop, such as "the AWS SDKs refuse this file: …".
    pub text: String,
}

/// Why a file is refused, by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Oddity {
    ByteOrderMark,
    NotUtf8,
    LoneCarriageReturn,
    NoSection,
    NoBracket,
    NoName,
    BehindBracket,
    TwoSections,
    NoDelimiter,
    NoKey,
    Colon,
    TwoKeys,
    Indented,
    OddBlank,
    NestedWithoutEquals,
    NestedWithoutKey,
    NestedComment,
}

impl Oddity {
    fn text(self) -> &'static str {
        match self {
            Self::ByteOrderMark => {
                "the AWS CLI and the SDKs refuse this file: it starts with a byte order mark"
            }
            Self::NotUtf8 => {
                "the AWS CLI refuses this file, and the SDKs take it for empty: this line is not UTF-8 text"
            }
            Self::LoneCarriageReturn => {
                "the AWS SDKs refuse or misread this file: a lone carriage return ends this line"
            }
            Self::NoSection => {
                "the AWS CLI and the SDKs refuse this file: this line comes before the first section"
            }
            Self::NoBracket => {
                "the AWS SDKs refuse this file: this section header has no closing bracket"
            }
            Self::NoName => "the AWS CLI refuses this file: this section header has no name",
            Self::BehindBracket => {
                "the AWS SDKs refuse this file: something other than a comment follows this section header"
            }
            Self::TwoSections => {
                "the AWS CLI refuses this file: there is an earlier section of this name"
            }
            Self::NoDelimiter => {
                "the AWS CLI and the SDKs refuse this file: this line is neither a header, a comment nor `key = value`"
            }
            Self::NoKey => {
                "the AWS CLI and the SDKs refuse this file: there is no key in this line"
            }
            Self::Colon => "the AWS SDKs refuse this file: this line has no `=`",
            Self::TwoKeys => "the AWS CLI refuses this file: this section assigns this key before",
            Self::Indented => {
                "the AWS SDKs refuse this file: this line is indented and continues no value"
            }
            Self::NestedWithoutEquals => {
                "the AWS CLI and the SDKs refuse this file: this line of a nested block has no `=`"
            }
            Self::NestedWithoutKey => {
                "the AWS SDKs refuse this file: there is no key in this line of a nested block"
            }
            Self::OddBlank => {
                "the AWS SDKs refuse or misread this file: this line starts with a blank that is neither space nor tab"
            }
            Self::NestedComment => {
                "the AWS SDKs refuse this file: there is an indented comment in this nested block"
            }
        }
    }
}

impl Document {
    /// What the file is, if it is something else than sections, and its line; as text, a clause.
    pub fn mistaken(&self) -> Option<(usize, &'static str)> {
        let bytes = &self.bytes()[content_start(self.bytes())..];
        let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let at = lines.position(|line| !line.is_empty() && !matches!(line[0], b'#' | b';'))?;
        let first = bytes.split(|byte| *byte == b'\n').nth(at)?.trim_ascii();
        let folded = String::from_utf8_lossy(first).to_ascii_lowercase();
        let what = match first[0] {
            b'{' => "this is a JSON document, not a credentials file",
            b'[' => return None,
            _ if folded.contains("access key id") && folded.contains(',') => {
                "this is the CSV file of the AWS console, not a credentials file"
            }
            _ if folded.starts_with("aws_") => {
                "the section header above this line is missing, such as `[default]`"
            }
            _ => return None,
        };
        Some((at + 1, what))
    }

    /// Why some AWS tool will refuse this file as a whole, in the order of lines; each reason once.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut survey = Survey::default();
        survey.read(self.bytes());
        let mut found = survey.found;
        found.sort_unstable_by_key(|(oddity, line)| (*line, *oddity));
        let mistaken = self.mistaken();
        let warnings = found.into_iter().map(|(oddity, line)| Warning {
            line,
            text: match mistaken {
                Some((at, what)) if at == line => {
                    format!("the AWS CLI and the SDKs refuse this file: {what}")
                }
                _ => oddity.text().to_owned(),
            },
        });
        warnings.collect()
    }
}

/// One walk over the file, remembering what the readers themselves remember.
#[derive(Default)]
struct Survey<'d> {
    /// Each with its first line.
    found: Vec<(Oddity, usize)>,
    sections: HashSet<&'d [u8]>,
    /// Of the section at hand, in lower case, with their lines.
    keys: Vec<(Cow<'d, [u8]>, usize)>,
    in_section: bool,
    /// The value above is empty for the AWS CLI, for the SDKs: indented lines nest.
    nests: (bool, bool),
}

impl<'d> Survey<'d> {
    fn read(&mut self, bytes: &'d [u8]) {
        if bytes.starts_with(BYTE_ORDER_MARK) {
            self.note(Oddity::ByteOrderMark, 1);
        }
        let readable =
            std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let mut classifier = Classifier::default();
        for (number, line) in (1..).zip(lines(bytes, content_start(bytes)..bytes.len())) {
            if line.start <= readable && readable < line.next {
                self.note(Oddity::NotUtf8, number);
            }
            if line.ends_in_lone_cr(bytes) {
                self.note(Oddity::LoneCarriageReturn, number);
            }
            let text = line.text(bytes);
            if Lead::of(text).length > indent(text) {
                self.note(Oddity::OddBlank, number);
            }
            match classifier.shape(text) {
                Shape::Blank | Shape::Comment => {}
                Shape::Header(name) => self.header(number, text, name.start),
                Shape::IndentedComment { attached: true } => self.indented_comment(number, text),
                Shape::IndentedComment { attached: false } => self.note(Oddity::Indented, number),
                Shape::Continuation => self.continuation(number, text),
                Shape::Entry => self.entry(number, text),
            }
        }
        self.compare_keys();
    }

    fn note(&mut self, oddity: Oddity, line: usize) {
        if !self.found.iter().any(|(other, _)| *other == oddity) {
            self.found.push((oddity, line));
        }
    }

    fn header(&mut self, number: usize, text: &'d [u8], name: usize) {
        self.in_section = true;
        self.compare_keys();
        if name > 1 {
            self.note(Oddity::Indented, number);
        }
        let visible = text.split(|byte| matches!(byte, b'#' | b';')).next();
        if !visible.is_some_and(|visible| trim_end(visible).ends_with(b"]")) {
            self.note(Oddity::BehindBracket, number);
        }
        // The AWS CLI's name reaches to the last bracket of the line.
        let close = text.iter().rposition(|byte| *byte == b']').unwrap_or(name);
        let name = &text[name..close];
        if name.is_empty() {
            self.note(Oddity::NoName, number);
        } else if name != b"DEFAULT" && !self.sections.insert(name) {
            self.note(Oddity::TwoSections, number);
        }
    }

    fn entry(&mut self, number: usize, text: &'d [u8]) {
        if !self.in_section {
            return self.note(Oddity::NoSection, number);
        }
        let lead = Lead::of(text).length;
        if lead > 0 {
            self.note(Oddity::Indented, number);
        }
        let text = &text[lead..];
        if text.starts_with(b"[") {
            self.note(Oddity::NoBracket, number);
        }
        let Some(delimiter) = text.iter().position(|byte| matches!(byte, b'=' | b':')) else {
            return self.note(Oddity::NoDelimiter, number);
        };
        let key = trim_end(&text[..delimiter]);
        if key.is_empty() {
            self.note(Oddity::NoKey, number);
        }
        let value = sdk_value(text);
        if value.is_none() {
            self.note(Oddity::Colon, number);
        }
        self.nests = (
            text[delimiter + 1..].trim_ascii().is_empty(),
            value.is_some_and(|empty| empty),
        );
        self.keys.push((lower_case(key), number));
    }

    /// Looks for a key assigned twice, and makes room for the next section's.
    fn compare_keys(&mut self) {
        self.keys.sort_unstable();
        let pairs = self.keys.windows(2);
        let repeats = pairs
            .filter(|pair| pair[0].0 == pair[1].0)
            .map(|pair| pair[1].1);
        if let Some(number) = repeats.min() {
            self.note(Oddity::TwoKeys, number);
        }
        self.keys.clear();
    }

    fn continuation(&mut self, number: usize, text: &[u8]) {
        let (cli, sdk) = self.nests;
        if cli && !text.contains(&b'=') {
            self.note(Oddity::NestedWithoutEquals, number);
        } else if sdk && sdk_value(&text[indent(text)..]).is_none() {
            self.note(Oddity::NestedWithoutKey, number);
        }
    }

    fn indented_comment(&mut self, number: usize, text: &[u8]) {
        if self.nests.1 && sdk_value(&text[indent(text)..]).is_none() {
            self.note(Oddity::NestedComment, number);
        }
    }
}

/// Whether the SDKs find an empty value in `key = value`; `None` where they find no such thing.
fn sdk_value(text: &[u8]) -> Option<bool> {
    if text.iter().any(|byte| matches!(byte, b'#' | b';')) {
        let text = String::from_utf8_lossy(text);
        let shown = &text[..comment(&text).unwrap_or(text.len())];
        return empty_value(shown.as_bytes());
    }
    empty_value(text)
}

fn empty_value(text: &[u8]) -> Option<bool> {
    let is_empty = |text: &[u8]| indent(text) == text.len();
    let equals = text.iter().position(|byte| *byte == b'=')?;
    (!is_empty(&text[..equals])).then(|| is_empty(&text[equals + 1..]))
}

fn lower_case(key: &[u8]) -> Cow<'_, [u8]> {
    if key.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(key.to_ascii_lowercase())
    } else {
        Cow::Borrowed(key)
    }
}
