//! Tables of keys set aside and put back: a file, and the exact bytes that it becomes.

use awsmfa::ini::Flavor::Config;
use awsmfa::ini::{Amend, Amendment, Document};
use zeroize::Zeroizing;

use crate::corpus::SAMPLES;
use crate::invariants;

const ASIDE: Amend = Amend::Prefix {
    key: "k",
    prefix: "own_",
};
const BACK: Amend = Amend::Strip {
    key: "own_k",
    prefix: "own_",
};

fn insert(above: &'static str) -> Amend {
    Amend::Insert {
        key: "k",
        value: "new".to_owned(),
        above,
    }
}

fn remove(value: &str) -> Amend {
    Amend::Remove {
        key: "k",
        value: value.to_owned(),
    }
}

fn parse(text: &str) -> Document {
    Document::parse(Zeroizing::new(text.as_bytes().to_vec()), Config).unwrap()
}

fn of(profile: &str, steps: &[Amend]) -> [Amendment; 1] {
    [Amendment {
        profile: profile.to_owned(),
        steps: steps.to_vec(),
    }]
}

#[track_caller]
fn check(steps: &[Amend], cases: &[(&str, &str)]) {
    for (before, expected) in cases {
        let after = parse(before).amend(&of("a", steps)).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&after),
            *expected,
            "from {before:?}"
        );
    }
}

#[test]
fn a_key_set_aside_keeps_everything_but_its_name() {
    check(
        &[ASIDE],
        &[
            ("[profile a]\nk = v\n", "[profile a]\nown_k = v\n"),
            ("[profile a]\nk=v", "[profile a]\nown_k=v"),
            (
                "[profile a]\r\n\tK\t: v ; c\r\n",
                "[profile a]\r\n\town_K\t: v ; c\r\n",
            ),
            (
                "[profile a]\nk = v\n  more\n\n  # c\n  still\nl = w\n",
                "[profile a]\nown_k = v\n  more\n\n  # c\n  still\nl = w\n",
            ),
            (
                "[profile a]\nkk = v\n[profile b]\nk = v\n",
                "[profile a]\nkk = v\n[profile b]\nk = v\n",
            ),
            (
                "[profile a]\nk = v\n[profile b]\n[profile a]\nk = w\n",
                "[profile a]\nown_k = v\n[profile b]\n[profile a]\nown_k = w\n",
            ),
            (
                "[ profile  'a' ] # c\nk = v\n",
                "[ profile  'a' ] # c\nown_k = v\n",
            ),
        ],
    );
}

#[test]
fn what_stands_in_is_as_deep_as_the_line_below_it() {
    check(
        &[ASIDE, insert("k")],
        &[
            ("[profile a]\nk = v", "[profile a]\nk = new\nown_k = v"),
            (
                "[profile a]\r\n  l = w\r\n  k = v\r\n    more\r\n",
                "[profile a]\r\n  l = w\r\n  k = new\r\n  own_k = v\r\n    more\r\n",
            ),
            // Of several the last counts.
            (
                "[profile a]\nk = v\n[profile a]\nk = w\n",
                "[profile a]\nown_k = v\n[profile a]\nk = new\nown_k = w\n",
            ),
        ],
    );
}

#[test]
fn a_line_of_ours_goes_and_a_persons_stays() {
    let both = "[profile a]\nk = new\nown_k = v\n  more\n";
    let before = "[profile a]\nk = v\n  more\n";
    check(&[BACK, remove("new")], &[(both, before)]);
    check(&[remove("other")], &[(both, both)]);
    check(
        &[remove("new")],
        &[(
            "[profile a]\nk = new ; c\nK=newer\n",
            "[profile a]\nK=newer\n",
        )],
    );
    check(
        &[Amend::CommentOut { key: "own_k" }],
        &[
            (both, "[profile a]\nk = new\n# own_k = v\n#   more\n"),
            ("[profile a]\r\n Own_K=v", "[profile a]\r\n#  Own_K=v"),
        ],
    );
}

#[test]
fn several_profiles_at_once() {
    let steps = [ASIDE, insert("k")];
    let all: Vec<Amendment> = ["b", "a", "c"]
        .iter()
        .flat_map(|name| of(name, &steps))
        .collect();
    let after = parse("[profile a]\nk = v\n[profile b]\nk = w\n").amend(&all);
    let expected = "[profile a]\nk = new\nown_k = v\n[profile b]\nk = new\nown_k = w\n";
    assert_eq!(String::from_utf8_lossy(&after.unwrap()), expected);
}

#[test]
fn what_is_not_certain_is_refused_with_its_line() {
    for (file, line) in [
        ("[profile a]\nk = v\nwhat is this\n", 3),
        ("[profile a]\nk = v\rl = w\n", 2),
        (
            "[default]\nk = v\n[profile a]\nk = v\n[profile  a]\nk = w\n",
            3,
        ),
    ] {
        let refused = parse(file).amend(&of("a", &[ASIDE])).unwrap_err();
        assert_eq!(refused.line, Some(line), "{file:?}: {}", refused.reason);
        // Elsewhere it is nobody's business.
        let nothing = parse(file).amend(&of("a", &[])).unwrap();
        assert_eq!(nothing[..], *file.as_bytes());
    }
    for value in ["a\nb", " a", "a # b", "a\\"] {
        let step = Amend::Insert {
            key: "k",
            value: value.to_owned(),
            above: "k",
        };
        let refused = parse("[profile a]\nk = v\n").amend(&of("a", &[step]));
        assert_eq!(refused.unwrap_err().line, None, "{value:?}");
    }
}

#[test]
fn every_key_of_the_corpus_can_be_set_aside_and_put_back() {
    let mut done = 0;
    for sample in SAMPLES {
        let bytes = Zeroizing::new(sample.bytes.to_vec());
        let document = Document::parse(bytes, sample.flavor).unwrap();
        for name in document.profile_names() {
            for key in invariants::KEYS {
                let there = document
                    .profile(name)
                    .is_some_and(|profile| profile.get(key).is_some());
                let kept = invariants::set_aside(sample.bytes, sample.flavor, name, key);
                done += usize::from(there && kept);
            }
        }
    }
    assert!(done > 50, "{done} keys");
}
