//! Tables of edits: a file, a change, and the exact bytes that come out.

use awsmfa::ini::Flavor::{self, Config, Credentials};
use awsmfa::ini::{Change, Document};
use zeroize::Zeroizing;

use crate::invariants;

/// Sets `k = new` and `t = tok`, removes `old`, in profile `a`.
const CHANGE: Change<'_> = Change {
    section: "a",
    set: &[("k", "new"), ("t", "tok")],
    remove: &["old"],
};

fn check(flavor: Flavor, cases: &[(&str, &str)]) {
    for (before, expected) in cases {
        let after = invariants::check(before.as_bytes(), flavor, &CHANGE)
            .unwrap_or_else(|| panic!("refused: {before:?}"));
        let after = String::from_utf8(after).unwrap();
        assert_eq!(after, *expected, "from {before:?}");
    }
}

#[test]
fn a_new_section_is_appended_after_one_blank_line() {
    check(
        Credentials,
        &[
            ("", "[a]\nk = new\nt = tok\n"),
            ("\u{feff}", "\u{feff}[a]\nk = new\nt = tok\n"),
            ("[b]\nx = 1\n", "[b]\nx = 1\n\n[a]\nk = new\nt = tok\n"),
            ("[b]\nx = 1\n\n", "[b]\nx = 1\n\n\n[a]\nk = new\nt = tok\n"),
            (
                "[b]\nx = 1\n\n\n\n",
                "[b]\nx = 1\n\n\n\n\n[a]\nk = new\nt = tok\n",
            ),
            (
                "[b]\nx = 1\n \t\n",
                "[b]\nx = 1\n \t\n\n[a]\nk = new\nt = tok\n",
            ),
            ("[b]\nx = 1", "[b]\nx = 1\n\n[a]\nk = new\nt = tok\n"),
            (
                "[b]\nx = 1\n  ",
                "[b]\nx = 1\n  \n\n[a]\nk = new\nt = tok\n",
            ),
            (
                "[b]\nx = 1\n# end",
                "[b]\nx = 1\n# end\n\n[a]\nk = new\nt = tok\n",
            ),
            (
                "[b]\nx =\n  y = 1",
                "[b]\nx =\n  y = 1\n\n[a]\nk = new\nt = tok\n",
            ),
            ("[b]\nx = 1\\\n", "[b]\nx = 1\\\n\n[a]\nk = new\nt = tok\n"),
            (
                "[profile a]\nk = 1\n",
                "[profile a]\nk = 1\n\n[a]\nk = new\nt = tok\n",
            ),
            ("[A]\nk = 1\n", "[A]\nk = 1\n\n[a]\nk = new\nt = tok\n"),
            ("\n", "\n\n[a]\nk = new\nt = tok\n"),
        ],
    );
}

#[test]
fn the_files_own_line_ending_is_used() {
    check(
        Credentials,
        &[
            (
                "[b]\r\nx = 1\r\n",
                "[b]\r\nx = 1\r\n\r\n[a]\r\nk = new\r\nt = tok\r\n",
            ),
            (
                "[b]\r\nx = 1",
                "[b]\r\nx = 1\r\n\r\n[a]\r\nk = new\r\nt = tok\r\n",
            ),
            ("[b]\nx = 1\r\n", "[b]\nx = 1\r\n\n[a]\nk = new\nt = tok\n"),
            ("[b]\rx = 1\r", "[b]\rx = 1\r\r[a]\rk = new\rt = tok\r"),
            ("[b]\nx = 1\r", "[b]\nx = 1\r\n\n[a]\nk = new\nt = tok\n"),
            (
                "[a]\r\nk = 1\r\n[b]\r\n",
                "[a]\r\nk = new\r\nt = tok\r\n[b]\r\n",
            ),
            ("[a]\rk = 1\r[b]\r", "[a]\rk = new\rt = tok\r[b]\r"),
        ],
    );
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    check(
        Credentials,
        &[
            ("[a]\nk = 1\nt = 2\n", "[a]\nk = new\nt = tok\n"),
            ("[a]\nk=1\nt  =\t2\n", "[a]\nk=new\nt  =\ttok\n"),
            ("[a]\nt = 2\nx = y\nk = 1", "[a]\nt = tok\nx = y\nk = new"),
            ("[a]\nk = 1  \nt =\n", "[a]\nk = new  \nt = tok\n"),
            ("[a]\nk=\nt = 2\n", "[a]\nk=new\nt = tok\n"),
            ("[a]\nk =1\nt= 2\n", "[a]\nk =new\nt= tok\n"),
            ("[a]\nk = \nt = 2\n", "[a]\nk = new\nt = tok\n"),
            (
                "[a]\n# c1\nk = 1\n; c2\n\nx = y\nt = 2\n# c3\n",
                "[a]\n# c1\nk = new\n; c2\n\nx = y\nt = tok\n# c3\n",
            ),
            // Spelled anew where not every reader reads the spelling.
            ("[a]\nK = 1\nT=2\n", "[a]\nk = new\nt = tok\n"),
            ("[a]\nk: 1\nt : 2\n", "[a]\nk = new\nt = tok\n"),
            // A comment behind the value is a part of it to the AWS CLI.
            (
                "[a]\nk = 1 # c\nt = 2\t; d \n",
                "[a]\n# c\nk = new\n; d\nt = tok\n",
            ),
            ("[a]\nt = tok # c\nk = new", "[a]\n# c\nt = tok\nk = new"),
            ("[a]\nk = # c\nt = tok\n", "[a]\n# c\nk = new\nt = tok\n"),
            ("[a]\nk = 1#c\nt = tok\n", "[a]\nk = new\nt = tok\n"),
            // The indentation stays: without it the next line would continue the value.
            (
                "[a]\n  k = 1\n  x = y\n  t = 2\n",
                "[a]\n  k = new\n  x = y\n  t = tok\n",
            ),
        ],
    );
}

#[test]
fn a_comment_at_a_value_outlives_it_in_column_0() {
    check(
        Credentials,
        &[
            (
                "[a]\nk = 1\n  # c\nt = tok\n",
                "[a]\nk = new\n# c\nt = tok\n",
            ),
            (
                "[a]\nk = 1\n\t; c\n  2\nt = tok",
                "[a]\nk = new\n; c\nt = tok",
            ),
            (
                "[a]\nold = 1\n  # c\nx = y",
                "[a]\n# c\nx = y\nk = new\nt = tok\n",
            ),
            (
                "[a]\nk = 1\nOLD: 2\t# c \n  3\nt = 3\n",
                "[a]\nk = new\n# c\nt = tok\n",
            ),
            (
                "[a]\nk = 0\nk = 1 ; c\n  # d\nt = tok\n",
                "[a]\n; c\nk = new\n# d\nt = tok\n",
            ),
        ],
    );
}

#[test]
fn what_continues_a_replaced_value_goes_with_it() {
    check(
        Credentials,
        &[
            ("[a]\nk = 1\n  2\n\t3\nt = tok\n", "[a]\nk = new\nt = tok\n"),
            ("[a]\nt = tok\nk = 1\n  2", "[a]\nt = tok\nk = new\n"),
            (
                "[a]\nk = 1\n# c\n  2\n\nt = tok\n",
                "[a]\nk = new\n# c\n\nt = tok\n",
            ),
            ("[a]\nk =\n  x = 1\nt = tok\n", "[a]\nk = new\nt = tok\n"),
            ("[a]\nk = new\n  2\nt = tok\n", "[a]\nk = new\nt = tok\n"),
        ],
    );
}

#[test]
fn missing_keys_come_after_the_last_one() {
    check(
        Credentials,
        &[
            (
                "[a]\nx = y\n\n# about b\n[b]\n",
                "[a]\nx = y\nk = new\nt = tok\n\n# about b\n[b]\n",
            ),
            (
                "[a]\nx = y\n# about b\n[b]\n",
                "[a]\nx = y\nk = new\nt = tok\n# about b\n[b]\n",
            ),
            (
                "[a]\nt = 2\nx = y\n[b]\n",
                "[a]\nt = tok\nx = y\nk = new\n[b]\n",
            ),
            ("[a]\nx = y", "[a]\nx = y\nk = new\nt = tok\n"),
            ("[a]\r\nx = y", "[a]\r\nx = y\r\nk = new\r\nt = tok\r\n"),
            ("[a]\nx = y\n  z", "[a]\nx = y\n  z\nk = new\nt = tok\n"),
            (
                "[a]\nx = y\n  # z\n[b]\n",
                "[a]\nx = y\n  # z\nk = new\nt = tok\n[b]\n",
            ),
            ("[a]\nk = 1", "[a]\nk = new\nt = tok\n"),
            ("[a]\n[b]\n", "[a]\nk = new\nt = tok\n[b]\n"),
            ("[a]", "[a]\nk = new\nt = tok\n"),
            ("[a] # c", "[a] # c\nk = new\nt = tok\n"),
            ("[a]\n\n\n[b]\n", "[a]\nk = new\nt = tok\n\n\n[b]\n"),
            ("[a]\n# c\n\n[b]\n", "[a]\nk = new\nt = tok\n# c\n\n[b]\n"),
            ("[a]\n  # c\n[b]\n", "[a]\n  # c\nk = new\nt = tok\n[b]\n"),
            (
                "[a]\n  x = y\n[b]\n",
                "[a]\n  x = y\nk = new\nt = tok\n[b]\n",
            ),
            // An unindented key would make the next header a part of its value.
            (
                "  [b]\n  [a]\n    x = y\n  [c]\n",
                "  [b]\n[a]\n    x = y\n  k = new\n  t = tok\n  [c]\n",
            ),
        ],
    );
}

#[test]
fn a_nested_block_is_never_the_place() {
    check(
        Config,
        &[
            (
                "[profile a]\ns3 =\n  k = 1\n  t = 2\n  old = 3\nx = y\n",
                "[profile a]\ns3 =\n  k = 1\n  t = 2\n  old = 3\nx = y\nk = new\nt = tok\n",
            ),
            (
                "[profile a]\ns3 =\n  k = 1\n\n[profile b]\n",
                "[profile a]\ns3 =\n  k = 1\nk = new\nt = tok\n\n[profile b]\n",
            ),
        ],
    );
}

#[test]
fn stale_keys_go_and_no_duplicate_stays() {
    check(
        Credentials,
        &[
            ("[a]\nk = 1\nold = 2\nt = 3\n", "[a]\nk = new\nt = tok\n"),
            (
                "[a]\nk = 1\nOLD: 2\n  3\nt = 3\n",
                "[a]\nk = new\nt = tok\n",
            ),
            ("[a]\nk = 1\nt = 2\nold = 3", "[a]\nk = new\nt = tok\n"),
            ("[a]\nold = 3", "[a]\nk = new\nt = tok\n"),
            (
                "[a]\nold = 1\n# c\n[b]\nold = 2\n",
                "[a]\nk = new\nt = tok\n# c\n[b]\nold = 2\n",
            ),
            (
                "[a]\nk = 1\nK = 2\nt = tok\nk = 3\n",
                "[a]\nt = tok\nk = new\n",
            ),
            (
                "[a]\nk = 1\nt = 2\n[b]\nk = 3\n[a]\nx = y\n",
                "[a]\n[b]\nk = 3\n[a]\nx = y\nk = new\nt = tok\n",
            ),
            (
                "[a]\nk = 1\nx = y\n[a]\nk = 2\nt = tok\n",
                "[a]\nx = y\n[a]\nk = new\nt = tok\n",
            ),
            (
                "[a]\nk = 1\n[ a ]\nk = 2\nx = y\nold = 3\n",
                "[a]\nk = new\nt = tok\n[ a ]\nx = y\n",
            ),
        ],
    );
}

#[test]
fn a_header_some_reader_does_not_understand_is_spelled_anew() {
    check(
        Credentials,
        &[
            ("[ a ]\nk = 1\n", "[a]\nk = new\nt = tok\n"),
            ("[a\t] # c\nk = 1\n", "[a] # c\nk = new\nt = tok\n"),
            ("[\"a\"]\nk = 1\n", "[a]\nk = new\nt = tok\n"),
            ("  [a]\nk = 1\n", "[a]\nk = new\nt = tok\n"),
            (
                "[a] # see [b]\nk = 1\n",
                "[a]\n# see [b]\nk = new\nt = tok\n",
            ),
            ("[a] junk\nk = 1\n", "[a]\n# junk\nk = new\nt = tok\n"),
            ("[a] junk", "[a]\n# junk\nk = new\nt = tok\n"),
        ],
    );
    check(
        Config,
        &[
            (
                "[profile \"a\"]\nk = 1\n",
                "[profile a]\nk = new\nt = tok\n",
            ),
            ("[ profile a]\nk = 1\n", "[profile a]\nk = new\nt = tok\n"),
            (
                "[profile  a ]\nk = 1\n",
                "[profile  a ]\nk = new\nt = tok\n",
            ),
            (
                "[a]\nk = 1\n",
                "[a]\nk = 1\n\n[profile a]\nk = new\nt = tok\n",
            ),
        ],
    );
}

#[test]
fn what_is_already_so_is_left_alone() {
    for same in [
        "[a]\nk = new\nt = tok\n",
        "[a]\nt=tok\n\n# c\nk  =  new  \nx: y # z\n[b]\nold = 1",
        "\u{feff}[b]\r\n[a]\r\nk = new\r\nt = tok",
    ] {
        check(Credentials, &[(same, same)]);
    }
    let remove_only = Change { set: &[], ..CHANGE };
    for same in ["", "[ a ]\nk = 1 # c\n", "[b]\nold = 1"] {
        let after = invariants::check(same.as_bytes(), Credentials, &remove_only).unwrap();
        assert_eq!(after, same.as_bytes());
    }
}

#[test]
fn the_default_profile_of_the_config_file() {
    let change = Change {
        section: "default",
        set: &[("k", "new")],
        remove: &[],
    };
    for (before, expected) in [
        ("", Some("[default]\nk = new\n")),
        ("[default]\nk = 1\n", Some("[default]\nk = new\n")),
        (
            "[profile default]\nk = 1\n",
            Some("[profile default]\nk = new\n"),
        ),
        (
            "[default]\nk = 1\n[profile default]\nx = y\n",
            Some("[default]\nk = 1\n[profile default]\nx = y\nk = new\n"),
        ),
        // The AWS CLI reads the one, the SDKs the other: no edit can please both.
        ("[profile default]\nx = y\n[default]\nk = 1\n", None),
    ] {
        let after = invariants::check(before.as_bytes(), Config, &change);
        assert_eq!(
            after.as_deref(),
            expected.map(str::as_bytes),
            "from {before:?}"
        );
    }
}

#[test]
fn a_section_whose_lines_end_differently_for_different_readers_is_refused() {
    for (before, line) in [
        ("[a]\nk = 1\rx = y\nt = 2\n", 2),
        ("[b]\nx = y\r[a]\nk = 1\n", 2),
        ("[a]\r\r\nk = 1\r\r\n", 1),
        ("[a]\nk = 1\r", 2),
    ] {
        let bytes = Zeroizing::new(before.as_bytes().to_vec());
        let document = Document::parse(bytes, Credentials).unwrap();
        let refused = document.edit(&CHANGE).unwrap_err();
        assert_eq!(refused.line, Some(line), "{before:?}");
    }
    check(
        Credentials,
        &[(
            "[b]\nx = 1\ry = 2\n[a]\nk = 1\n",
            "[b]\nx = 1\ry = 2\n[a]\nk = new\nt = tok\n",
        )],
    );
}

#[test]
fn a_profile_no_one_section_of_which_all_readers_would_take_is_refused() {
    for (flavor, before) in [
        (Credentials, "[ a ]\nk = 1\n[a] junk\nk = 2\n"),
        (Config, "[profile a]\nk = 1\n[profile 'a']\nx = y\n"),
        (Config, "[profile a]\nk = 1\n[profile  a]\nx = y\n"),
    ] {
        let bytes = Zeroizing::new(before.as_bytes().to_vec());
        let document = Document::parse(bytes, flavor).unwrap();
        let refused = document.edit(&CHANGE).unwrap_err();
        assert!(refused.line.is_some(), "{before:?}");
        assert!(refused.reason.contains("two ways"), "{refused:?}");
    }
}

#[test]
fn names_keys_and_values_not_every_reader_reads_back_are_refused() {
    let document = Document::empty(Credentials);
    let edit = |section: &str, key: &str, value: &str| {
        document.edit(&Change {
            section,
            set: &[(key, value)],
            remove: &[],
        })
    };
    for name in ["a", "A.b_c@d:e+f%g/h-i", "profile", "default", "0"] {
        assert!(edit(name, "k", "v").is_ok(), "{name:?}");
    }
    for name in [
        "",
        " ",
        "a b",
        "profile x",
        "a]",
        "[a",
        "a\n[b]",
        "a\0",
        "a\t",
        "a#b",
        "a;b",
        "é",
        "\"a\"",
        "a\\b",
        "a=b",
        "DEFAULT",
        "a\r",
        "a'b",
    ] {
        assert!(edit(name, "k", "v").is_err(), "{name:?}");
    }
    for key in ["", "K", "a b", "a=b", "a:b", "#a", "[a]", "a\nb", "é", "a]"] {
        assert!(edit("a", key, "v").is_err(), "{key:?}");
    }
    for value in [
        "", "v", "a=b:c", "a#b;c", "a  b", "ü", "\"v\"", "[v]", "\\v", "/+==",
    ] {
        assert!(edit("a", "k", value).is_ok(), "{value:?}");
    }
    for value in [
        " v",
        "v ",
        "v\t",
        "v\n",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\x1bb",
        "\u{7f}",
        "\u{85}v",
        "\u{3000}v",
        "a #b",
        "a\t;b",
        "a\u{3000}#b",
        "#v",
        ";v",
        "v\\",
        " ",
    ] {
        assert!(edit("a", "k", value).is_err(), "{value:?}");
    }
}

#[test]
fn a_refusal_quotes_no_value() {
    let document = Document::empty(Credentials);
    let change = Change {
        section: "a",
        set: &[("k", "hunter2\n[evil]")],
        remove: &[],
    };
    let refused = document.edit(&change).unwrap_err();
    assert!(!format!("{refused:?}").contains("hunter2"), "{refused:?}");
    assert!(refused.reason.contains("`k`"), "{refused:?}");
}

#[test]
fn a_key_cannot_be_changed_twice_in_one_edit() {
    let document = Document::empty(Credentials);
    for (set, remove) in [
        (&[("k", "1"), ("k", "2")][..], &[][..]),
        (&[("k", "1")], &["K"]),
    ] {
        let change = Change {
            section: "a",
            set,
            remove,
        };
        assert!(document.edit(&change).is_err(), "{set:?} {remove:?}");
    }
}
