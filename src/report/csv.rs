//! Comma-separated values (RFC 4180), strictly: what is broken is told, not guessed at.
//!
//! A field without quotes is taken as it is; in one with quotes two of them stand for one. Lines end
//! with LF or CRLF, the last one perhaps with nothing; a line without anything is none. Every line
//! has as many fields as the first one.

use std::borrow::Cow;
use std::ops::Range;

/// Where the values cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Counted from 1.
    pub line: usize,
    pub why: &'static str,
}

/// A line: its fields, and its bytes with the line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) fields: Vec<Cow<'a, str>>,
    pub(super) bytes: Range<usize>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Record<'_>>, Broken> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes[..error.valid_up_to()].iter();
        Broken {
            line: before.filter(|byte| **byte == b'\n').count() + 1,
            why: "it is not UTF-8",
        }
    })?;
    let mut reader = Reader {
        text,
        at: usize::from(text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8(),
        line: 1,
    };
    let mut records: Vec<Record<'_>> = Vec::new();
    while reader.at < text.len() {
        if reader.line_end() {
            continue;
        }
        let line = reader.line;
        let record = reader.record()?;
        if let Some(first) = records.first()
            && first.fields.len() != record.fields.len()
        {
            let why = "it has more or fewer fields than the first line";
            return Err(Broken { line, why });
        }
        records.push(record);
    }
    Ok(records)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes a line end, if there is one here.
    fn line_end(&mut self) -> bool {
        let length = match self.rest().as_bytes() {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return false,
        };
        self.at += length;
        self.line += 1;
        true
    }

    fn record(&mut self) -> Result<Record<'a>, Broken> {
        let start = self.at;
        let mut fields = Vec::new();
        loop {
            fields.push(match self.rest().strip_prefix('"') {
                Some(_) => self.quoted()?,
                None => Cow::Borrowed(self.plain()?),
            });
            if self.rest().starts_with(',') {
                self.at += 1;
            } else if self.at == self.text.len() || self.line_end() {
                let bytes = start..self.at;
                return Ok(Record { fields, bytes });
            } else {
                return Err(self.broken("something follows the quotes of a field"));
            }
        }
    }

    fn plain(&mut self) -> Result<&'a str, Broken> {
        let rest = self.rest();
        let end = rest.find([',', '\n', '"']).unwrap_or(rest.len());
        if rest[end..].starts_with('"') {
            return Err(self.broken("there are quotes within a field"));
        }
        let field = match rest[end..].starts_with('\n') {
            true => rest[..end].strip_suffix('\r').unwrap_or(&rest[..end]),
            false => &rest[..end],
        };
        self.at += field.len();
        Ok(field)
    }

    fn quoted(&mut self) -> Result<Cow<'a, str>, Broken> {
        let opened = self.line;
        let inside = &self.rest()[1..];
        let mut end = 0;
        loop {
            let Some(quote) = inside[end..].find('"') else {
                return Err(Broken {
                    line: opened,
                    why: "the quotes of a field are not closed",
                });
            };
            end += quote;
            if !inside[end + 1..].starts_with('"') {
                break;
            }
            end += 2;
        }
        let field = &inside[..end];
        self.at += end + 2;
        self.line += field.matches('\n').count();
        Ok(match field.contains('"') {
            true => Cow::Owned(field.replace("\"\"", "\"")),
            false => Cow::Borrowed(field),
        })
    }

    fn broken(&self, why: &'static str) -> Broken {
        Broken {
            line: self.line,
            why,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        let records = parse(text.as_bytes()).unwrap();
        let owned = |record: Record<'_>| record.fields.iter().map(|it| it.to_string()).collect();
        records.into_iter().map(owned).collect()
    }

    #[test]
    fn fields_with_and_without_quotes() {
        for (text, expected) in [
            ("", vec![]),
            ("\n", vec![]),
            ("a", vec![vec!["a"]]),
            ("a,b\nc,d", vec![vec!["a", "b"], vec!["c", "d"]]),
            ("a,b\r\nc,d\r\n", vec![vec!["a", "b"], vec!["c", "d"]]),
            ("\u{feff}a,b\n", vec![vec!["a", "b"]]),
            ("a,\n,b\n\n", vec![vec!["a", ""], vec!["", "b"]]),
            ("\"a,b\",\"c\"\"d\"\n", vec![vec!["a,b", "c\"d"]]),
            ("\"two\r\nlines\",\"\"\n", vec![vec!["two\r\nlines", ""]]),
            ("é,日本\n", vec![vec!["é", "日本"]]),
            ("a\rb,c\n", vec![vec!["a\rb", "c"]]),
        ] {
            assert_eq!(fields(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_broken_is_told_with_its_line() {
        for (bytes, line, why) in [
            (&b"a,b\nc\n"[..], 2, "fewer"),
            (b"a,b\nc,d,e\n", 2, "more"),
            (b"\"a\nb\",c\nd\n", 3, "fewer"),
            (b"a,b\n\"c,d\n", 2, "not closed"),
            (b"a,b\nc,d\"e\n", 2, "within"),
            (b"a,b\n\"c\"d,e\n", 2, "follows"),
            (b"a,b\nc,\xff\n", 2, "UTF-8"),
        ] {
            let broken = parse(bytes).unwrap_err();
            assert_eq!(broken.line, line, "{broken:?}");
            assert!(broken.why.contains(why), "{broken:?}");
        }
    }

    #[test]
    fn a_record_knows_its_bytes() {
        let text = "user,arn\r\n\"a\"\"b\",x\r\n\nlast,y";
        let records = parse(text.as_bytes()).unwrap();
        let lines: Vec<&str> = records.iter().map(|it| &text[it.bytes.clone()]).collect();
        assert_eq!(lines, ["user,arn\r\n", "\"a\"\"b\",x\r\n", "last,y"]);
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_read_back(
            rows in prop::collection::vec(
                prop::collection::vec("[a\",\r\n é]{0,6}", 3), 1..5,
            ),
        ) {
            let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
            let text: Vec<String> = rows.iter().map(line).collect();
            prop_assert_eq!(fields(&text.join("\r\n")), rows);
        }

        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&bytes);
        }
    }
}
