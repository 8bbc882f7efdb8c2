//! What is read, and where a doubt is raised: tables of files and the answers to them.

use awsmfa::ini::Flavor::{self, Config, Credentials};
use awsmfa::ini::{Change, Document};
use zeroize::Zeroizing;

fn document(text: &[u8], flavor: Flavor) -> Document {
    Document::parse(Zeroizing::new(text.to_vec()), flavor).unwrap()
}

/// File, profile, key, then value, line and whether it is in doubt.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    Option<(&'static str, usize, bool)>,
);

fn check(flavor: Flavor, cases: &[Case]) {
    for (text, name, key, expected) in cases {
        let document = document(text.as_bytes(), flavor);
        let profile = document.profile(name);
        let found = profile.as_ref().and_then(|profile| profile.get(key));
        let found = found
            .as_ref()
            .map(|value| (&*value.text, value.line, value.doubt.is_some()));
        assert_eq!(found, *expected, "{key} of {name} in {text:?}");
    }
}

#[test]
fn values_of_the_credentials_file() {
    check(
        Credentials,
        &[
            ("[a]\nk = v\n", "a", "k", Some(("v", 2, false))),
            ("[a]\nk=v", "a", "k", Some(("v", 2, false))),
            ("[a]\r\nk = v\r\n", "a", "k", Some(("v", 2, false))),
            ("\u{feff}[a]\nk = v\n", "a", "k", Some(("v", 2, false))),
            ("[a]\rk = v\rl = w\r", "a", "l", Some(("w", 3, false))),
            (
                "[a]\n\n# c\n; c\nk\t=  v \t\n",
                "a",
                "k",
                Some(("v", 5, false)),
            ),
            ("[a]\nK = v\n", "a", "k", Some(("v", 2, false))),
            ("[a]\nk = v\n", "a", "K", Some(("v", 2, false))),
            ("[a]\nk =\n", "a", "k", Some(("", 2, false))),
            (
                "[a]\nk = v = w: x\n",
                "a",
                "k",
                Some(("v = w: x", 2, false)),
            ),
            ("[a]\nk = v#w;x\n", "a", "k", Some(("v#w;x", 2, false))),
            (
                "[a]\nk = v\n  w\n\tx\n",
                "a",
                "k",
                Some(("v\nw\nx", 2, false)),
            ),
            ("[a]\nk = v\n# c\n  w\n", "a", "k", Some(("v\nw", 2, false))),
            ("[a] # c\nk = v\n", "a", "k", Some(("v", 2, false))),
            ("[ a ]\nk = v\n", "a", "k", Some(("v", 2, false))),
            (
                "[\"my prof\"]\nk = v\n",
                "my prof",
                "k",
                Some(("v", 2, false)),
            ),
            ("[my prof]\nk = v\n", "my prof", "k", Some(("v", 2, false))),
            ("  [a]\n  k = v\n  l = w\n", "a", "l", Some(("w", 3, false))),
            (
                "[a]\nk = v\n[b]\nk = w\n[a]\nl = x\n",
                "a",
                "l",
                Some(("x", 6, false)),
            ),
            ("[a]\nk = v\n  [b]\n", "a", "k", Some(("v\n[b]", 2, false))),
            // Where readers disagree.
            ("[a]\nk = v # c\n", "a", "k", Some(("v", 2, true))),
            ("[a]\nk = v\t;c\n", "a", "k", Some(("v", 2, true))),
            ("[a]\nk: v\n", "a", "k", Some(("v", 2, true))),
            ("[a]\nk : v = w\n", "a", "k", Some(("v = w", 2, true))),
            ("[a]\nk = v\nk = w\n", "a", "k", Some(("w", 3, true))),
            (
                "[a]\nk = v\n[b]\n[a]\nK = w\n",
                "a",
                "k",
                Some(("w", 5, true)),
            ),
            ("[a]\nk = v\n  # c\n", "a", "k", Some(("v", 2, true))),
            ("[a]\nk = v\n\n  w\n", "a", "k", Some(("v\nw", 2, true))),
            ("[a]\nk = v\rl = w\n", "a", "k", Some(("v", 2, true))),
            (
                "[a]\nk = v\u{3000}\n",
                "a",
                "k",
                Some(("v\u{3000}", 2, true)),
            ),
            ("[a]\nk = v\n[ a ]\nk = w\n", "a", "k", Some(("v", 2, true))),
            ("[ a ]\nk = v\n[a]\nl = w\n", "a", "k", Some(("v", 2, true))),
            (
                "[ a ]\nk = v\n[a]\nl = w\n",
                "a",
                "l",
                Some(("w", 4, false)),
            ),
            // What is not there.
            ("[a]\nk = v\n", "A", "k", None),
            ("[profile a]\nk = v\n", "a", "k", None),
            ("[a]\n# k = v\n", "a", "k", None),
            ("[a]\ns3 =\n  k = v\n", "a", "k", None),
            ("k = v\n[a]\n", "a", "k", None),
            ("[]\nk = v\n", "", "k", None),
        ],
    );
}

#[test]
fn values_of_the_config_file() {
    check(
        Config,
        &[
            ("[default]\nk = v\n", "default", "k", Some(("v", 2, false))),
            (
                "[profile default]\nk = v\n",
                "default",
                "k",
                Some(("v", 2, false)),
            ),
            ("[profile a]\nk = v\n", "a", "k", Some(("v", 2, false))),
            ("[profile  a ]\nk = v\n", "a", "k", Some(("v", 2, false))),
            (
                "[profile \"my prof\"]\nk = v\n",
                "my prof",
                "k",
                Some(("v", 2, false)),
            ),
            (
                "[profile 'my prof']\nk = v\n",
                "my prof",
                "k",
                Some(("v", 2, false)),
            ),
            ("[ profile a ]\nk = v\n", "a", "k", Some(("v", 2, false))),
            // [profile default] replaces [default] as a whole; the CLI takes the later of them.
            (
                "[default]\nk = v\n[profile default]\nl = w\n",
                "default",
                "l",
                Some(("w", 4, false)),
            ),
            (
                "[default]\nk = v\n[profile default]\nl = w\n",
                "default",
                "k",
                None,
            ),
            (
                "[profile default]\nl = w\n[default]\nk = v\n",
                "default",
                "l",
                Some(("w", 2, true)),
            ),
            // Spelled in two ways the CLI takes the later, the SDKs both.
            (
                "[profile a]\nk = v\n[profile  a]\nk = w\n",
                "a",
                "k",
                Some(("w", 4, true)),
            ),
            ("[a]\nk = v\n", "a", "k", None),
            ("[profile my prof]\nk = v\n", "my prof", "k", None),
            ("[sso-session a]\nk = v\n", "a", "k", None),
        ],
    );
}

#[test]
fn a_nested_block_is_read_by_its_outer_key() {
    let text = b"[default]\ns3 =\n  region = a # b\n  # c\n  x = 1\n  region = us-east-1\nregion = eu-west-1\n";
    let document = document(text, Config);
    let profile = document.profile("default").unwrap();
    let nested = profile.nested("s3", "region").unwrap();
    assert_eq!((&*nested.text, nested.line), ("us-east-1", 6));
    assert!(nested.doubt.is_some(), "the indented comment");
    assert_eq!(profile.nested("s3", "x").unwrap().line, 5);
    assert_eq!(profile.nested("region", "x"), None);
    assert_eq!(profile.get("region").unwrap().text, "eu-west-1");
    assert_eq!(profile.keys().collect::<Vec<_>>(), ["s3", "region"]);
}

#[test]
fn other_sections_of_the_config_file_are_found_by_kind_and_name() {
    let text =
        b"[services local]\nsts =\n  endpoint_url = http://x\n[sso-session s]\nsso_region = r\n";
    let document = document(text, Config);
    let services = document.section("services", "local").unwrap();
    assert_eq!(services.name(), "local");
    assert_eq!(
        services.nested("sts", "endpoint_url").unwrap().text,
        "http://x"
    );
    assert_eq!(document.section("sso-session", "s").unwrap().line(), 4);
    assert!(document.section("services", "s").is_none());
    assert_eq!(document.profile_names().count(), 0);
}

#[test]
fn names_come_in_file_order_without_repeats() {
    let text = b"[b]\n[a]\n[ b ]\n[\xff]\n[b]\n[my prof]\n";
    let document = document(text, Credentials);
    let names: Vec<&str> = document.profile_names().collect();
    assert_eq!(names, ["b", "a", "my prof"]);
}

#[test]
fn every_assignment_can_be_seen_for_what_an_edit_would_destroy() {
    let text = b"[a]\nk = AKIA1\n[b]\nk = x\n[a]\nk = ASIA2\n[ a ]\nK = AKIA3\n";
    let document = document(text, Credentials);
    let profile = document.profile("a").unwrap();
    let found: Vec<_> = profile
        .assignments("k")
        .map(|value| (value.text.into_owned(), value.line))
        .collect();
    let expected = [("AKIA1", 2), ("ASIA2", 6), ("AKIA3", 8)];
    assert_eq!(found, expected.map(|(text, line)| (text.to_owned(), line)));
    assert_eq!(profile.get("k").unwrap().text, "ASIA2");
}

#[test]
fn a_line_nobody_understands_breaks_its_own_section_only() {
    for (text, line) in [
        (&b"[a]\nk = v\njunk\n[b]\nk = v\n"[..], 3),
        (b"[a]\nk = v\n= w\n[b]\nk = v\n", 3),
        (b"[a]\nk = v\n[c # d\nl = w\n[b]\nk = v\n", 3),
        (b"[a]\nk = v\xff\n[b]\nk = v\n", 2),
        (b"[a]\nk = v\n  w\xff\n[b]\nk = v\n", 3),
        (b"[a]\ns3 =\n  junk\n[b]\nk = v\n", 3),
        (b"[b]\nk = v\n[a]\n[b]\n[a]\n\njunk\n", 7),
        ("[a]\n\u{3000}k = v\n[b]\nk = v\n".as_bytes(), 2),
        ("[a]\n\u{a0}k = v\n[b]\nk = v\n".as_bytes(), 2),
    ] {
        let document = document(text, Credentials);
        let broken = document.profile("a").unwrap().broken();
        assert_eq!(broken.map(|broken| broken.line), Some(line), "{text:?}");
        let other = document.profile("b").unwrap();
        assert_eq!(other.broken(), None, "{text:?}");
        assert_eq!(other.get("k").unwrap().text, "v", "{text:?}");
        let change = Change {
            section: "a",
            set: &[("k", "w")],
            remove: &[],
        };
        assert_eq!(
            document.edit(&change).unwrap_err().line,
            Some(line),
            "{text:?}"
        );
    }
}

#[test]
fn comments_and_other_sections_may_hold_any_bytes_but_nul() {
    let text = b"[\xff]\njunk \xfe\n[a]\n# \x96\x7b\nk = v\n  ; \x96\n";
    let document = document(text, Credentials);
    let profile = document.profile("a").unwrap();
    assert_eq!(profile.broken(), None);
    assert_eq!(profile.get("k").unwrap().text, "v");
}

#[test]
fn what_is_not_text_is_refused_with_its_line() {
    for (bytes, line) in [
        (&b"[a]\nk = v\nl = \0w\n"[..], 3),
        (b"\0", 1),
        (b"\xff\xfe[\0a\0]\0", 1),
        (b"\xfe\xff\0[\0a\0]", 1),
        (b"[\0a\0]\0\n\0", 1),
    ] {
        let refused = Document::parse(Zeroizing::new(bytes.to_vec()), Credentials).unwrap_err();
        assert_eq!(refused.line, line, "{bytes:?}");
    }
}

#[test]
fn debug_shows_no_value() {
    let text = b"[a]\nk = hunter2\nl = hunter2 # hunter2\n  hunter2\n";
    let document = document(text, Credentials);
    let profile = document.profile("a").unwrap();
    let change = Change {
        section: "a",
        set: &[("k", "hunter2")],
        remove: &[],
    };
    let shown = format!(
        "{document:?} {profile:?} {:?} {:?} {change:?}",
        profile.get("k"),
        profile.get("l")
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("redacted"), "{shown}");
}

#[test]
fn each_reason_for_refusing_a_file_is_told_once_at_its_first_line() {
    for (text, expected) in [
        (&b"[a]\nk = v\n"[..], &[][..]),
        (b"\xEF\xBB\xBF[a]\n", &[(1, "byte order mark")]),
        (b"[a]\nk = \xff\nl = \xff\n", &[(2, "not UTF-8")]),
        (b"[a]\nk = v\r", &[(2, "lone carriage return")]),
        (b"k = v\nl = w\n[a]\n", &[(1, "before the first section")]),
        (b"[a\n", &[(1, "before the first section")]),
        (b"[a]\n[b = c\n", &[(2, "no closing bracket")]),
        (b"[]\n", &[(1, "no name")]),
        (b"[a] junk\n", &[(1, "follows this section header")]),
        (b"[a#b]\n", &[(1, "follows this section header")]),
        (b"[a]\n[b]\n[a]\n[a]\n", &[(3, "earlier section")]),
        (b"[a]\n[ a ]\n", &[]),
        (b"[DEFAULT]\n[DEFAULT]\n", &[]),
        (b"[a]\njunk\n", &[(2, "neither a header")]),
        (b"[a]\n= v\n", &[(2, "no key"), (2, "no `=`")]),
        (b"[a]\nk: v\n", &[(2, "no `=`")]),
        (b"[a]\nk: v = w\n", &[]),
        (
            b"[a]\nk = v\n[b]\nk = v\nK = v\n",
            &[(5, "assigns this key before")],
        ),
        (b"[a]\n k = v\n", &[(2, "indented")]),
        (b"[a]\n [b]\n", &[(2, "indented")]),
        (b"[a]\n # c\n", &[(2, "indented")]),
        (b"[a]\nk = v\n # c\n", &[]),
        (
            b"[a]\ns3 =\n  x = 1\n\n  y\n",
            &[(5, "nested block has no `=`")],
        ),
        (b"[a]\ns3 =\n  # c\n  x = 1\n", &[(3, "indented comment")]),
    ] {
        let warnings = document(text, Credentials).warnings();
        let lines: Vec<usize> = warnings.iter().map(|warning| warning.line).collect();
        let expected_lines: Vec<usize> = expected.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, expected_lines, "{text:?}: {warnings:?}");
        for (_, reason) in expected {
            let told = warnings.iter().any(|warning| warning.text.contains(reason));
            assert!(told, "{reason} in {warnings:?}");
        }
    }
}
