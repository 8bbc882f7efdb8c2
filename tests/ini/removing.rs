//! Tables of sections taken out: a file, and the exact bytes that are left.

use awsmfa::ini::{Beside, Document, Flavor};
use zeroize::Zeroizing;

fn parse(text: &str) -> Document {
    let bytes = Zeroizing::new(text.as_bytes().to_vec());
    Document::parse(bytes, Flavor::Credentials).unwrap()
}

#[track_caller]
fn check(gone: &[&str], cases: &[(&str, &str)]) {
    for (before, expected) in cases {
        let after = parse(before).without(gone);
        let after = after.unwrap_or_else(|refused| panic!("{before:?}: {refused:?}"));
        assert_eq!(
            String::from_utf8_lossy(&after),
            *expected,
            "from {before:?}"
        );
    }
}

#[test]
fn a_section_goes_with_the_empty_line_that_was_put_before_it() {
    check(
        &["a"],
        &[
            ("[a]\nk = v\n", ""),
            ("\u{feff}[a]\nk = v\n", "\u{feff}"),
            ("[a]\n", ""),
            ("[a]", ""),
            ("[b]\nx = 1\n\n[a]\nk = v\n", "[b]\nx = 1\n"),
            ("[b]\r\nx = 1\r\n\r\n[a]\r\nk = v\r\n", "[b]\r\nx = 1\r\n"),
            ("[b]\nx = 1\n\n[a]\nk = v\n\n[c]\n", "[b]\nx = 1\n\n[c]\n"),
            ("[b]\nx = 1\n\n[a]\nk = v\n  more\n", "[b]\nx = 1\n"),
            ("[b]\nx = 1\n\n[a]\nk = v\n\n\n", "[b]\nx = 1\n\n\n"),
            ("[b]\nx = 1\n\n\n[a]\nk = v\n", "[b]\nx = 1\n\n"),
            ("[b]\nx = 1\r\n\n[a]\nk = v\n", "[b]\nx = 1\r\n"),
            ("[b]\r\nx = 1\n\r\n[a]\r\nk = v\r\n", "[b]\r\nx = 1\n"),
        ],
    );
}

#[test]
fn blank_lines_that_a_person_put_there_stay() {
    check(
        &["a"],
        &[
            ("\n[a]\nk = v\n", "\n"),
            ("[b]\nx = 1\n \t\n[a]\nk = v\n", "[b]\nx = 1\n \t\n"),
            ("[b]\nx = 1\n[a]\nk = v\n", "[b]\nx = 1\n"),
            // Nothing would be left between the sections around it.
            ("[b]\nx = 1\n\n[a]\nk = v\n[c]\n", "[b]\nx = 1\n\n[c]\n"),
        ],
    );
}

#[test]
fn what_stands_below_the_last_key_belongs_to_what_follows() {
    check(
        &["a"],
        &[
            (
                "[b]\n\n[a]\nk = v\n\n# about c\n[c]\nx = 1\n",
                "[b]\n\n# about c\n[c]\nx = 1\n",
            ),
            (
                "[b]\n\n[a]\nk = v\n# about c\n[c]\nx = 1\n",
                "[b]\n\n# about c\n[c]\nx = 1\n",
            ),
            ("[b]\n\n[a]\nk = v\n# the end", "[b]\n\n# the end"),
            ("# top\n\n[a]\nk = v\n", "# top\n"),
            ("# about a\n[a]\nk = v\n", "# about a\n"),
        ],
    );
}

#[test]
fn every_section_of_the_name_goes_and_several_names_at_once() {
    let file = "[a]\nk = v\n\n[b]\nx = 1\n\n[a]\nl = w\n\n[c]\ny = 2\n\n[b]\nz = 3\n";
    check(
        &["a"],
        &[(file, "\n[b]\nx = 1\n\n[c]\ny = 2\n\n[b]\nz = 3\n")],
    );
    check(
        &["b", "b"],
        &[(file, "[a]\nk = v\n\n[a]\nl = w\n\n[c]\ny = 2\n")],
    );
    check(&["a", "b"], &[(file, "\n[c]\ny = 2\n")]);
    check(&["c", "b", "a"], &[(file, "")]);
    check(&["nobody"], &[(file, file)]);
    check(&[], &[(file, file)]);
}

#[test]
fn what_is_not_certain_is_refused_with_its_line() {
    for (file, line) in [
        ("[a]\nk = v\nwhat is this\n", 3),
        ("[a]\nk = v\r[b]\nx = 1\n", 2),
        // Indented deeper than the key above it, the header below would be a part of that key.
        ("[b]\nx = 1\n[a]\n  k = v\n  [c]\ny = 2\n", 3),
    ] {
        let refused = parse(file).without(&["a"]).unwrap_err();
        assert_eq!(refused.line, Some(line), "{file:?}: {}", refused.reason);
    }
}

#[test]
fn what_would_be_lost_with_a_section_is_told() {
    let beside = |text: &str| parse(text).profile("a").unwrap().beside(&["k", "l"]);
    let told = |keys: &[&str], comments| Beside {
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        comments,
    };
    for (text, expected) in [
        ("[a]\nk = v\nL = w\n", told(&[], 0)),
        ("[a]\nk = v\nOutput = json\nl = w\n", told(&["Output"], 0)),
        ("[a]\n# mine\nk = v\n  ; mine too\nl = w\n", told(&[], 2)),
        ("[a] # mine\nk = v ; mine too\n", told(&[], 2)),
        ("[a]\nk = v\n\n# of b\n[b]\nx = 1\n", told(&[], 0)),
        ("[a]\nk = v\n[b]\nx = 1\n[a]\ny = 1\n", told(&["y"], 0)),
    ] {
        assert_eq!(beside(text), expected, "{text:?}");
        assert_eq!(beside(text).is_nothing(), expected == told(&[], 0));
    }
}
