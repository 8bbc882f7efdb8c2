//! The change of a file as a unified diff: what is going to be written, shown before it is.
//!
//! Only the lines that change are shown, each group with the section it stands in behind the `@@`,
//! as `git` does it. Lines around them are left out: in a file of AWS settings they may be secrets.

use std::fmt;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{DiffOp, DiffTag};

use super::text::printable;

const FILE: Style = Style::new().bold();
const PLACE: Style = AnsiColor::Cyan.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const ADDED: Style = AnsiColor::Green.on_default();

/// What changes in one file. As text it is the diff without colour.
#[derive(Debug)]
pub struct Diff(Vec<(Style, String)>);

impl Diff {
    pub fn of(path: &Path, before: &[u8], after: &[u8]) -> Self {
        let (before, after) = (
            String::from_utf8_lossy(before),
            String::from_utf8_lossy(after),
        );
        let (before, after) = (lines(&before), lines(&after));
        let path = path.display();
        let mut lines = vec![(FILE, format!("--- {path}")), (FILE, format!("+++ {path}"))];
        let changes = changes(&before, &after).into_iter();
        for change in changes.filter(|op| op.tag() != DiffTag::Equal) {
            let (old, new) = (change.old_range(), change.new_range());
            let heading = before[..old.start].iter().rev();
            let heading = heading
                .map(|line| line.trim())
                .find(|line| line.starts_with('['));
            let place = format!(
                "@@ -{} +{} @@ {}",
                spell(old.start, old.len()),
                spell(new.start, new.len()),
                heading.unwrap_or_default()
            );
            lines.push((PLACE, place.trim_end().to_owned()));
            let removed = before[old].iter();
            lines.extend(removed.map(|line| (REMOVED, format!("-{}", shown(line)))));
            let added = after[new].iter();
            lines.extend(added.map(|line| (ADDED, format!("+{}", shown(line)))));
        }
        Self(lines)
    }

    /// The lines, ready for a terminal.
    pub(super) fn lines(&self, colour: bool) -> String {
        let line = |(style, text): &(Style, String)| {
            let text = printable(text);
            match colour {
                true => format!("{style}{text}{style:#}\n"),
                false => format!("{text}\n"),
            }
        };
        self.0.iter().map(line).collect()
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines(false))
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// By Myers' algorithm alone, for the others are several kilobytes of code.
fn changes(before: &[&str], after: &[&str]) -> Vec<DiffOp> {
    let mut changes = Compact::new(Replace::new(Capture::new()), before, after);
    let Ok(()) = myers::diff(&mut changes, before, 0..before.len(), after, 0..after.len());
    changes.into_inner().into_inner().into_ops()
}

fn shown(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

/// First line and number of lines, as `diff` counts them: of no lines, the one before.
fn spell(start: usize, count: usize) -> String {
    match count {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{count}", start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: &str) -> String {
        Diff::of(Path::new("config"), before.as_bytes(), after.as_bytes()).to_string()
    }

    #[test]
    fn changed_lines_alone_are_shown_with_their_section() {
        let before = "[a]\nsecret = hunter2\nk = v\n[b]\nsecret = hunter2\nk = v\nl = w\n";
        let after = "[a]\nsecret = hunter2\nk = w\n[b]\nsecret = hunter2\nl = w\nm = x\n";
        assert_eq!(
            diff(before, after),
            "--- config\n+++ config\n@@ -3 +3 @@ [a]\n-k = v\n+k = w\n\
             @@ -6 +5,0 @@ [b]\n-k = v\n@@ -7,0 +7 @@ [b]\n+m = x\n"
        );
    }

    #[test]
    fn line_ends_and_what_is_no_text_are_no_obstacle() {
        let shown = diff("[a]\r\nk = v\r\n", "[a]\r\nk = \u{1b}[2J\r\n");
        assert!(shown.ends_with("-k = v\n+k = \\u{1b}[2J\n"), "{shown}");
        let (before, after) = (b"[a]\n# \xff\nk = v".as_slice(), b"[a]\n# \xff\nk = w");
        let shown = Diff::of(Path::new("config"), before, after).to_string();
        assert!(
            shown.ends_with("@@ -3 +3 @@ [a]\n-k = v\n+k = w\n"),
            "{shown}"
        );
    }

    #[test]
    fn colour_is_for_terminals() {
        let diff = Diff::of(Path::new("config"), b"k = v\n", b"k = w\n");
        assert!(!diff.lines(false).contains('\u{1b}'));
        assert!(diff.lines(true).contains("\u{1b}[32m+k = w\u{1b}[0m\n"));
    }
}
