//! Generated files, generated edits, and three readers: ours, the Rust SDK's and rust-ini.

use awsmfa::ini::{Change, Document, Flavor, Profile};
use ini::{Ini, ParseOption};
use proptest::prelude::*;
use proptest::sample::select;
use zeroize::Zeroizing;

use crate::invariants;
use crate::sdk;

/// A file as a row of sections: the text before the first header, then header by header.
#[derive(Clone, Debug)]
struct File {
    preamble: String,
    sections: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    name: &'static str,
    text: String,
}

impl File {
    fn bytes(&self) -> Vec<u8> {
        let texts = self.sections.iter().map(|block| &*block.text);
        let text: String = std::iter::once(&*self.preamble).chain(texts).collect();
        text.into_bytes()
    }
}

#[derive(Clone, Debug)]
struct Edit {
    section: &'static str,
    set: Vec<(&'static str, String)>,
    remove: Vec<&'static str>,
}

impl Edit {
    fn with<T>(&self, use_it: impl FnOnce(&Change<'_>) -> T) -> T {
        let set: Vec<(&str, &str)> = self
            .set
            .iter()
            .map(|(key, value)| (*key, &**value))
            .collect();
        use_it(&Change {
            section: self.section,
            set: &set,
            remove: &self.remove,
        })
    }
}

const NAMES: &[&str] = &["a", "b", "c", "a-mfa", "default"];
const KEYS: &[&str] = &["k", "l", "region", "aws_session_token"];

/// `tidy`: only what the AWS CLI and the SDKs both read, so that they can be asked.
fn file(flavor: Flavor, tidy: bool) -> impl Strategy<Value = File> {
    let eol = select(&["\n", "\n", "\r\n"][..]);
    (eol, any::<bool>()).prop_flat_map(move |(eol, final_eol)| {
        let comments = proptest::collection::vec(idle_line(eol), 0..3);
        let sections = proptest::collection::vec(block(flavor, tidy, eol), 0..6);
        (comments, sections).prop_map(move |(comments, mut sections)| {
            if let (false, Some(last)) = (final_eol, sections.last_mut()) {
                last.text.truncate(last.text.len() - eol.len());
            }
            let preamble = comments.concat();
            File { preamble, sections }
        })
    })
}

fn idle_line(eol: &'static str) -> impl Strategy<Value = String> {
    let texts = &[
        "",
        "",
        "  ",
        "# [z]",
        "; k = v",
        "#",
        "# aws_session_token = x",
    ][..];
    select(texts).prop_map(move |text| format!("{text}{eol}"))
}

fn block(flavor: Flavor, tidy: bool, eol: &'static str) -> impl Strategy<Value = Block> {
    let spellings = match (flavor, tidy) {
        (Flavor::Credentials, true) => &["[N]", "[N]", "[N] # c", "[N];c"][..],
        (Flavor::Credentials, false) => &["[N]", "[ N ]", "[N] # [z]", "[\"N\"]", "[N] junk"],
        (Flavor::Config, true) => &["[profile N]", "[profile N] # c"],
        (Flavor::Config, false) => &[
            "[profile N]",
            "[profile  N]",
            "[profile 'N']",
            "[ profile N]",
        ],
    };
    let lines = proptest::collection::vec(section_line(tidy, eol), 0..7);
    (select(NAMES), select(spellings), lines).prop_map(move |(name, spelling, lines)| Block {
        name,
        text: format!("{}{eol}{}", spelling.replace('N', name), lines.concat()),
    })
}

fn section_line(tidy: bool, eol: &'static str) -> impl Strategy<Value = String> {
    let delimiters = if tidy {
        &[" = ", "=", " \t=  "][..]
    } else {
        &[" = ", ": ", "="]
    };
    let ends = if tidy {
        &["", " "][..]
    } else {
        &["", " # c", "\t;c", "\u{3000}"]
    };
    let further = if tidy {
        &["", "", "", "EOL  more", "EOL\tx = 1EOL  y = 2"][..]
    } else {
        &[
            "",
            "",
            "EOL    # c",
            "EOLEOL    more",
            "EOL# cEOL    more",
            "EOL    [z]",
        ]
    };
    let indents = if tidy { &[""][..] } else { &["", "", "", "  "] };
    let key = (
        select(indents),
        select(KEYS),
        any::<bool>(),
        select(delimiters),
    );
    let value = ("[A-Za-z0-9/+=:]{0,6}", select(ends), select(further));
    let entry = (key, value).prop_map(
        move |((indent, key, upper, delimiter), (value, end, further))| {
            let key = if upper {
                key.to_uppercase()
            } else {
                key.to_owned()
            };
            let further = further.replace("EOL", eol);
            // An empty value opens a nested block, which has rules of its own.
            let value = if value.is_empty() && further.contains("more") {
                "v"
            } else {
                &value
            };
            format!("{indent}{key}{delimiter}{value}{end}{further}{eol}")
        },
    );
    prop_oneof![4 => entry, 1 => idle_line(eol)]
}

fn edit() -> impl Strategy<Value = Edit> {
    let value = "([A-Za-z0-9/+=:@.\"-][A-Za-z0-9/+=:@#;.\"-]{0,7})?";
    let set = proptest::collection::vec(value, KEYS.len());
    let keys = proptest::sample::subsequence(KEYS, 0..=KEYS.len());
    (select(NAMES), set, keys, 0..3usize).prop_map(|(section, values, keys, removed)| {
        let (remove, set) = keys.split_at(removed.min(keys.len()));
        Edit {
            section,
            set: set.iter().copied().zip(values).collect(),
            remove: remove.to_vec(),
        }
    })
}

/// Any short text made of what matters to a reader of lines.
fn noise() -> impl Strategy<Value = Noise> {
    let pieces: &[&[u8]] = &[
        b"[a]",
        b"[b]",
        b"[ a ]",
        b"[",
        b"]",
        b"\n",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"\t",
        b"k",
        b"l",
        b"=",
        b" = ",
        b":",
        b"#",
        b";",
        b"v",
        b"region",
        b"\\",
        b"\"",
        b"\xff",
        b"\xe3\x80\x80",
        b"\x0c",
        b"\xEF\xBB\xBF",
        b"[profile a]",
        b"[profile b]",
        b"[default]",
        b"k = v\n",
        b"\n[b]\n",
        b"\n  x = 1\n",
    ];
    proptest::collection::vec(select(pieces), 0..24).prop_map(|pieces| Noise(pieces.concat()))
}

#[derive(Clone)]
struct Noise(Vec<u8>);

impl std::fmt::Debug for Noise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

fn flavor() -> impl Strategy<Value = Flavor> {
    select(&[Flavor::Credentials, Flavor::Config][..])
}

fn parse(bytes: &[u8], flavor: Flavor) -> Document {
    Document::parse(Zeroizing::new(bytes.to_vec()), flavor).expect("generated files are text")
}

/// rust-ini without its own ideas of quotes and escapes, which the shared files do not have.
fn rust_ini(bytes: &[u8]) -> Option<Ini> {
    let option = ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        enabled_indented_mutiline_value: true,
        ..ParseOption::default()
    };
    Ini::load_from_str_opt(std::str::from_utf8(bytes).ok()?, option).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_the_section_named_changes(
        (flavor, file) in flavor().prop_flat_map(|flavor| (Just(flavor), file(flavor, false))),
        edit in edit(),
    ) {
        let before = file.bytes();
        let Some(after) = edit.with(|change| invariants::check(&before, flavor, change)) else {
            return Ok(());
        };
        // Everything before the first and after the last section of that name stands where it
        // stood; everything between them is found again in order.
        let mut rest = &after[..];
        let mut inside = false;
        let blocks = file.sections.iter().map(|block| (block.name, &*block.text));
        for (name, text) in std::iter::once(("", &*file.preamble)).chain(blocks) {
            if name == edit.section {
                inside = true;
                continue;
            }
            let at = find(rest, text.as_bytes());
            prop_assert!(at.is_some_and(|at| inside || at == 0), "{text:?} in {:?}", String::from_utf8_lossy(&after));
            rest = &rest[at.unwrap() + text.len()..];
            inside = false;
        }
        let ours_last = file.sections.last().is_some_and(|block| block.name == edit.section);
        let ours_new = file.sections.iter().all(|block| block.name != edit.section);
        prop_assert!(ours_last || ours_new || rest.is_empty());
    }

    /// What a sign-in appends, signing out takes away again. Only whether the last line had a line
    /// end cannot be told afterwards.
    #[test]
    fn a_section_that_was_appended_can_be_taken_out_again(
        bytes in prop_oneof![
            file(Flavor::Credentials, false).prop_map(|file| Noise(file.bytes())),
            noise(),
        ],
        more in select(&["", "\n", "\r\n", "\r", "\n\n", "\r\n\n", "\n \n"][..]),
    ) {
        let change = Change { section: "new-mfa", set: &[("k", "v"), ("l", "w")], remove: &[] };
        let before = [&bytes.0, more.as_bytes()].concat();
        let flavor = Flavor::Credentials;
        let Ok(document) = Document::parse(Zeroizing::new(before.clone()), flavor) else {
            return Ok(());
        };
        let Ok(added) = document.edit(&change) else {
            return Ok(());
        };
        let Ok(after) = parse(&added, flavor).without(&["new-mfa"]) else {
            return Ok(());
        };
        let kept = after.strip_prefix(&before[..]);
        prop_assert!(kept.is_some(), "{:?}", String::from_utf8_lossy(&after));
        let ended = before.is_empty() || before.ends_with(b"\n");
        prop_assert!(kept == Some(b"") || !ended, "{:?}", String::from_utf8_lossy(&after));
        prop_assert!(matches!(kept, Some(b"" | b"\n" | b"\r\n" | b"\r")));
    }

    #[test]
    fn only_the_sections_named_are_taken_out(flavor in flavor(), Noise(bytes) in noise(), gone in select(NAMES)) {
        let Ok(before) = Document::parse(Zeroizing::new(bytes), flavor) else {
            return Ok(());
        };
        let Ok(after) = before.without(&[gone]) else {
            prop_assert!(before.profile(gone).is_some(), "nothing to take out, and refused");
            return Ok(());
        };
        if before.profile(gone).is_none() {
            prop_assert_eq!(&after[..], before.bytes());
        }
        let after = parse(&after, flavor);
        prop_assert!(after.profile(gone).is_none());
        let others = |document: &Document| -> Vec<String> {
            let others = document.profiles().filter(|profile| profile.name() != gone);
            let told = |profile: Profile<'_>| {
                let values = profile.keys().map(|key| {
                    let texts = profile.assignments(key).map(|value| value.text.into_owned());
                    format!("{key} {:?}", texts.collect::<Vec<_>>())
                });
                format!("{} {:?}", profile.name(), values.collect::<Vec<_>>())
            };
            others.map(told).collect()
        };
        prop_assert_eq!(others(&before), others(&after));
    }

    #[test]
    fn all_profiles_are_those_that_are_found_by_their_names(flavor in flavor(), Noise(bytes) in noise()) {
        let Ok(document) = Document::parse(Zeroizing::new(bytes), flavor) else {
            return Ok(());
        };
        let names: Vec<&str> = document.profile_names().collect();
        let told = |profile: &Profile<'_>| format!("{profile:?}");
        let one_by_one: Vec<String> =
            names.iter().map(|name| told(&document.profile(name).unwrap())).collect();
        let at_once: Vec<String> = document.profiles().map(|profile| told(&profile)).collect();
        prop_assert_eq!(at_once, one_by_one);
    }

    #[test]
    fn nothing_makes_it_panic_or_break_a_promise(
        flavor in flavor(),
        Noise(bytes) in noise(),
        edit in edit(),
    ) {
        edit.with(|change| invariants::check(&bytes, flavor, change));
    }

    #[test]
    fn what_is_set_aside_can_be_put_back(
        (flavor, file) in flavor().prop_flat_map(|flavor| (Just(flavor), file(flavor, false))),
        name in select(NAMES),
    ) {
        for key in invariants::KEYS {
            invariants::set_aside(&file.bytes(), flavor, name, key);
        }
    }

    #[test]
    fn noise_is_set_aside_and_put_back_or_refused(flavor in flavor(), Noise(bytes) in noise()) {
        for name in ["a", "b", "default"] {
            invariants::set_aside(&bytes, flavor, name, "k");
        }
    }

    /// Whatever the SDK reads out of a file, we read too, or say that there is a doubt.
    #[test]
    fn we_read_what_the_sdk_reads(
        flavor in flavor(),
        Noise(bytes) in noise(),
    ) {
        let Some(theirs) = sdk::read(&bytes, flavor) else {
            return Ok(());
        };
        let ours = parse(&bytes, flavor);
        if ours.warnings().iter().any(|warning| warning.text.contains("misread")) {
            return Ok(());
        }
        for name in theirs.profiles().filter(|name| !name.is_empty()) {
            let (ours, theirs) = (ours.profile(name), theirs.get_profile(name).unwrap());
            for key in ["k", "l", "region", "x"] {
                let Some(expected) = theirs.get(key) else { continue };
                let Some(ours) = &ours else {
                    return Err(TestCaseError::fail(format!("no profile {name}")));
                };
                let found = ours.get(key);
                let agreed = found.as_ref().is_some_and(|found| found.text == expected || found.doubt.is_some());
                prop_assert!(agreed || ours.broken().is_some(), "{key} of {name}: {found:?} {expected:?}");
            }
        }
    }

    #[test]
    fn whoever_expects_many_finds_what_the_others_find(flavor in flavor(), Noise(bytes) in noise()) {
        let one_by_one = parse(&bytes, flavor);
        let many = parse(&bytes, flavor);
        many.expect_many();
        for name in one_by_one.profile_names().chain(NAMES.iter().copied()) {
            let values = |document: &Document| {
                let found = document.profile(name)?;
                let keys: Vec<String> = found.keys().map(str::to_owned).collect();
                let texts = keys.iter().map(|key| found.get(key).map(|value| value.text.into_owned()));
                Some((found.line(), texts.collect::<Vec<_>>(), keys.clone()))
            };
            prop_assert_eq!(values(&one_by_one), values(&many), "{}", name);
        }
    }

    #[test]
    fn a_file_the_sdk_refuses_has_a_warning(flavor in flavor(), Noise(bytes) in noise()) {
        if std::str::from_utf8(&bytes).is_ok() && sdk::read(&bytes, flavor).is_none() {
            let warnings = parse(&bytes, flavor).warnings();
            prop_assert!(warnings.iter().any(|warning| warning.text.contains("SDK")), "{warnings:?}");
        }
    }

    #[test]
    fn the_sdk_reads_what_was_written_and_the_rest_as_before(
        (flavor, file) in flavor().prop_flat_map(|flavor| (Just(flavor), file(flavor, true))),
        edit in edit(),
    ) {
        let bytes = file.bytes();
        let before = sdk::read(&bytes, flavor).expect("a tidy file");
        let Some(after) = edit.with(|change| invariants::check(&bytes, flavor, change)) else {
            return Err(TestCaseError::fail("refused"));
        };
        let after = sdk::read(&after, flavor).expect("a tidy file after the edit");
        for (key, value) in &edit.set {
            let found = after.get_profile(edit.section).and_then(|profile| profile.get(key));
            prop_assert_eq!(found, Some(&**value));
        }
        for key in &edit.remove {
            let found = after.get_profile(edit.section).and_then(|profile| profile.get(key));
            prop_assert_eq!(found, None);
        }
        for name in before.profiles().filter(|name| *name != edit.section) {
            prop_assert_eq!(before.get_profile(name), after.get_profile(name));
        }
    }

    #[test]
    fn rust_ini_reads_what_was_written_and_the_rest_as_before(
        file in file(Flavor::Credentials, true),
        edit in edit(),
    ) {
        let bytes = file.bytes();
        let Some(before) = rust_ini(&bytes) else {
            return Ok(());
        };
        let after = edit.with(|change| invariants::check(&bytes, Flavor::Credentials, change));
        let after = rust_ini(&after.unwrap()).expect("still readable");
        // rust-ini keeps sections of one name apart; the values are written to the last.
        let ours = after.section_all(Some(edit.section)).last();
        for (key, value) in &edit.set {
            prop_assert_eq!(ours.and_then(|section| section.get(key)), Some(&**value));
        }
        let others = |ini: &Ini| -> Vec<String> {
            let others = ini.iter().filter(|(name, _)| *name != Some(edit.section));
            others.map(|(name, section)| format!("{name:?} {section:?}")).collect()
        };
        prop_assert_eq!(others(&before), others(&after));
    }

    /// Asked for one profile, the document gives what a look at the whole file would.
    #[test]
    fn the_last_assignment_of_all_sections_wins(file in file(Flavor::Credentials, true)) {
        let document = parse(&file.bytes(), Flavor::Credentials);
        for name in NAMES {
            let profile = document.profile(name);
            let exists = file.sections.iter().any(|block| block.name == *name);
            prop_assert_eq!(profile.is_some(), exists);
            for key in KEYS {
                let last = profile.as_ref().and_then(|profile: &Profile<'_>| profile.assignments(key).last());
                let found = profile.as_ref().and_then(|profile| profile.get(key));
                prop_assert_eq!(last.map(|value| value.line), found.map(|value| value.line));
            }
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
