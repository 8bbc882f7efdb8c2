//! What a section header names: a profile, or something else.
//!
//! The two files differ: `[x]` is profile x in the credentials file only, `[profile x]` in the
//! config file only, `[default]` in both (AWS SDKs and Tools Reference Guide, "Shared config and
//! credentials files"). A header is read wherever the AWS CLI or an SDK reads it, and [`Title`]
//! says whether both do; the headers we write are those both read.

use std::ops::Range;

use super::Flavor;
use super::line::{indent, is_blank};

/// What stands between the brackets of a header, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Title<'d> {
    /// As it is spelled between the brackets.
    pub(super) raw: &'d str,
    /// `profile`, `sso-session`, `services`, …
    pub(super) kind: &'d str,
    pub(super) name: &'d str,
    /// The AWS CLI and the SDKs both read this name out of this spelling.
    pub(super) agreed: bool,
    /// `[profile default]`, which outranks `[default]` (config only).
    pub(super) prefixed_default: bool,
}

pub(super) const PROFILE: &str = "profile";
const DEFAULT: &str = "default";

impl<'d> Title<'d> {
    /// Reads header `line`, whose name stands at `name`. `None`: no reader finds a name in it, or
    /// it is not UTF-8.
    pub(super) fn read(line: &'d [u8], name: Range<usize>, flavor: Flavor) -> Option<Self> {
        let bare = name.start == 1 && ends_cleanly(&line[name.end + 1..]);
        let raw = std::str::from_utf8(&line[name]).ok()?;
        let inner = raw.trim_matches(BLANKS);
        let title = match flavor {
            Flavor::Credentials => {
                let name = unquote(inner).unwrap_or(inner);
                Title {
                    raw,
                    kind: PROFILE,
                    name,
                    agreed: name == raw,
                    prefixed_default: false,
                }
            }
            Flavor::Config => config(raw, inner)?,
        };
        (!title.name.is_empty()).then_some(Title {
            agreed: title.agreed && bare,
            ..title
        })
    }

    pub(super) fn is(&self, kind: &str, name: &str) -> bool {
        self.kind == kind && self.name == name
    }

    /// The same header, spelled for every reader.
    pub(super) fn respell(&self, flavor: Flavor) -> String {
        if self.prefixed_default {
            format!("[{PROFILE} {DEFAULT}]")
        } else {
            spell(self.name, flavor)
        }
    }
}

fn config<'d>(raw: &'d str, inner: &'d str) -> Option<Title<'d>> {
    if inner == DEFAULT {
        return Some(Title {
            raw,
            kind: PROFILE,
            name: DEFAULT,
            agreed: raw == DEFAULT,
            prefixed_default: false,
        });
    }
    let (kind, rest) = inner.split_once(BLANKS)?;
    let rest = rest.trim_matches(BLANKS);
    let name = match unquote(rest) {
        Some(name) => name,
        None if rest.contains(['"', '\'', '\\', ' ', '\t']) => return None,
        None => rest,
    };
    Some(Title {
        raw,
        kind,
        name,
        agreed: name == rest && raw.starts_with(kind),
        prefixed_default: kind == PROFILE && name == DEFAULT,
    })
}

/// Whether what follows a header's closing bracket confuses no reader: nothing, or a comment in
/// which the AWS CLI finds no further bracket.
pub(super) fn ends_cleanly(rest: &[u8]) -> bool {
    let rest = rest.strip_suffix(b"\n").unwrap_or(rest);
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    match &rest[indent(rest)..] {
        [] => true,
        [b'#' | b';', comment @ ..] => !comment.contains(&b']'),
        _ => false,
    }
}

/// The text inside a pair of quotes, as far as it needs no further unquoting.
fn unquote(text: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        let name = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!name.contains([quote, '\\'])).then_some(name)
    })
}

/// The header line that names profile `name` to every reader.
pub(super) fn spell(name: &str, flavor: Flavor) -> String {
    match flavor {
        Flavor::Config if name != DEFAULT => format!("[{PROFILE} {name}]"),
        Flavor::Config | Flavor::Credentials => format!("[{name}]"),
    }
}

const BLANKS: fn(char) -> bool = |character| u8::try_from(character).is_ok_and(is_blank);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str, flavor: Flavor) -> Option<(&'static str, &'static str, bool)> {
        let line = format!("[{raw}]").leak();
        Title::read(line.as_bytes(), 1..line.len() - 1, flavor)
            .map(|title| (title.kind, title.name, title.agreed))
    }

    #[test]
    fn what_a_header_names_in_each_file() {
        use Flavor::{Config, Credentials};
        for (raw, flavor, expected) in [
            ("a", Credentials, Some(("profile", "a", true))),
            (" a ", Credentials, Some(("profile", "a", false))),
            ("my prof", Credentials, Some(("profile", "my prof", true))),
            (
                "\"my prof\"",
                Credentials,
                Some(("profile", "my prof", false)),
            ),
            (
                "profile x",
                Credentials,
                Some(("profile", "profile x", true)),
            ),
            ("", Credentials, None),
            (" ", Credentials, None),
            ("a", Config, None),
            ("default", Config, Some(("profile", "default", true))),
            (
                "profile default",
                Config,
                Some(("profile", "default", true)),
            ),
            ("profile x", Config, Some(("profile", "x", true))),
            ("profile\t x ", Config, Some(("profile", "x", true))),
            (" profile x", Config, Some(("profile", "x", false))),
            (
                "profile \"my prof\"",
                Config,
                Some(("profile", "my prof", false)),
            ),
            ("profile 'x'", Config, Some(("profile", "x", false))),
            ("profile my prof", Config, None),
            ("profile", Config, None),
            ("sso-session s", Config, Some(("sso-session", "s", true))),
        ] {
            assert_eq!(read(raw, flavor), expected, "{raw:?} {flavor:?}");
        }
    }
}
