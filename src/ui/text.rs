//! Foreign text made safe to show.
//!
//! Messages quote file contents, AWS replies and command lines. A terminal obeys what it is sent,
//! so such text could move the cursor, rewrite lines already shown or forge a line of ours. Here
//! every character that a terminal would obey, or not show, is written out.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` on one line: line breaks and tabs are blanks, other characters that steer a terminal
/// or the direction of writing are spelled out as `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => shown.push(' '),
            other if steers(other) => shown.extend(other.escape_unicode()),
            other => shown.push(other),
        }
    }
    Cow::Owned(shown)
}

/// The same for a JSON document, whose own line breaks stay: outside of strings JSON is ASCII, so
/// a steering character can only stand in a string, where `\u009b` means the same.
pub(super) fn printable_json(mut json: String) -> String {
    let escaped = |character: char| character != '\n' && steers(character);
    if json.contains(escaped) {
        let mut shown = String::with_capacity(json.len() + 16);
        for character in json.chars() {
            if escaped(character) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(shown, "\\u{unit:04x}");
                }
            } else {
                shown.push(character);
            }
        }
        json = shown;
    }
    json
}

/// Whether a terminal acts on `character` or shows nothing for it: the C0 and C1 controls with DEL,
/// the line and paragraph separators, the marks that turn the direction of writing around (Unicode
/// Standard Annex #9, "Explicit Directional Formatting Characters"), the zero-width characters and
/// other characters without a shape. Variation selectors stay: they are a part of emoji.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        for (given, shown) in [
            ("plain, 日本語 and é", "plain, 日本語 and é"),
            ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
            ("title\x1b]0;evil\x07", "title\\u{1b}]0;evil\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("over\rwritten", "over written"),
            ("two\nerror: lines", "two error: lines"),
            ("a\tb", "a b"),
            ("user\u{202e}nimda", "user\\u{202e}nimda"),
            ("a\u{200b}d\u{e0041}min", "a\\u{200b}d\\u{e0041}min"),
            ("back\x08\x7f", "back\\u{8}\\u{7f}"),
        ] {
            assert_eq!(printable(given), shown, "{given:?}");
        }
    }

    #[test]
    fn a_document_keeps_its_meaning_and_its_line_breaks() {
        let name = "a\u{9b}\u{7f}\u{202e}\u{e0041}b";
        let json = serde_json::to_string_pretty(&serde_json::json!({ "name": name })).unwrap();
        let shown = printable_json(json);
        assert_eq!(
            shown,
            "{\n  \"name\": \"a\\u009b\\u007f\\u202e\\udb40\\udc41b\"\n}"
        );
        let back: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(back["name"], name);
    }
}
