//! The steps from whatever is there to the end, and whose a key is.

use jiff::Timestamp;

use super::*;
use crate::handson::note::Made;

const ID: &str = "AKIA1";

fn nothing() -> Observed {
    Observed {
        user: Entity::Absent,
        role: Entity::Absent,
        missing: vec!["arn:a".to_owned(), "arn:b".to_owned()],
        key: Key::Missing,
        proven: false,
        device: Seen::Absent,
        seed_known: false,
        codes_given: false,
        wired: false,
        settled: false,
    }
}

fn written(tagged: bool) -> Key {
    Key::Written {
        id: ID.to_owned(),
        tagged,
        lost: None,
    }
}

/// What a step changes if it is carried out.
fn after(observed: &Observed, step: &Step) -> Observed {
    let mut next = observed.clone();
    match step {
        Step::CreateUser => next.user = Entity::Ours,
        Step::CreateRole => next.role = Entity::Ours,
        Step::Attach(_) => next.missing.clear(),
        Step::CreateKey => next.key = written(false),
        Step::DeleteKey(lost) => {
            next.key = match &observed.key {
                Key::Written { id, .. } if id != lost => written(false),
                _ => Key::Missing,
            }
        }
        Step::TagKey(_) => next.key = written(true),
        Step::ProveKey => next.proven = true,
        Step::CreateDevice => {
            next.device = Seen::Waiting;
            next.seed_known = true;
        }
        Step::DeleteDevice => {
            next.device = Seen::Absent;
            next.seed_known = false;
        }
        Step::EnableDevice => next.device = Seen::Enabled,
        Step::Wire => next.wired = true,
        Step::Settle => next.settled = true,
        Step::Done | Step::NothingToEnable => {}
    }
    next
}

/// What a new run sees of it: it knows no seed and has proven nothing.
fn again(observed: &Observed) -> Observed {
    Observed {
        seed_known: false,
        proven: false,
        ..observed.clone()
    }
}

fn run(mut observed: Observed) -> (Observed, Vec<Step>) {
    let mut steps = Vec::new();
    loop {
        let step = next(&observed);
        if matches!(step, Step::Done | Step::NothingToEnable) {
            return (observed, steps);
        }
        observed = after(&observed, &step);
        steps.push(step);
        assert!(steps.len() < 30, "{steps:?}");
    }
}

#[test]
fn from_nothing_everything_is_made_in_the_order_of_what_needs_what() {
    let (end, steps) = run(nothing());
    let policies = vec!["arn:a".to_owned(), "arn:b".to_owned()];
    assert_eq!(
        steps,
        [
            Step::CreateUser,
            Step::CreateRole,
            Step::Attach(policies),
            Step::CreateKey,
            Step::TagKey(ID.to_owned()),
            Step::ProveKey,
            Step::CreateDevice,
            Step::EnableDevice,
            Step::Wire,
            Step::Settle,
        ]
    );
    assert_eq!(run(again(&end)).1, [Step::ProveKey], "and not twice");
}

#[test]
fn cut_off_before_or_after_any_step_the_next_run_ends_in_the_same_state() {
    let undisturbed = again(&run(nothing()).0);
    let mut observed = nothing();
    loop {
        let step = next(&observed);
        if step == Step::Done {
            break;
        }
        let carried_out = after(&observed, &step);
        let mut left = vec![observed.clone(), carried_out.clone()];
        if step == Step::CreateKey {
            // AWS has made it, and the reply was lost.
            let key = Key::Lost(ID.to_owned());
            left.push(Observed {
                key,
                ..observed.clone()
            });
            // And shown after the next one was made.
            let key = Key::Written {
                id: ID.to_owned(),
                tagged: false,
                lost: Some("AKIA0".to_owned()),
            };
            left.push(Observed {
                key,
                ..observed.clone()
            });
        }
        for left in left {
            assert_eq!(again(&run(again(&left)).0), undisturbed, "{left:?}");
        }
        observed = carried_out;
    }
}

#[test]
fn codes_without_a_device_are_told_before_anything_is_made() {
    let given = |device| Observed {
        codes_given: true,
        device,
        ..nothing()
    };
    assert_eq!(next(&given(Seen::Absent)), Step::NothingToEnable);
    let (_, steps) = run(given(Seen::Waiting));
    assert!(!steps.contains(&Step::DeleteDevice), "{steps:?}");
}

#[test]
fn a_key_is_ours_by_the_tag_or_by_the_file_and_otherwise_in_the_way() {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let at = |second| Timestamp::from_second(second).unwrap();
    // In the order of the alphabet, a day apart; a key was asked for when B was made.
    let keys = |ids: &[&str]| {
        let key = |id: &&str| UserKey {
            id: (*id).to_owned(),
            active: true,
            created: at(i64::from(id.as_bytes()[0]) * 86_400),
        };
        ids.iter().map(key).collect::<Vec<_>>()
    };
    let mut note = Note::default();
    note.ask(Made::Key, at(i64::from(b'B') * 86_400));
    let written = |id: &str, tagged, lost: Option<&str>| {
        Ok(Key::Written {
            id: id.to_owned(),
            tagged,
            lost: lost.map(str::to_owned),
        })
    };
    let strange = |all: &[&str]| Err(Trouble::Strange(ids(all)));
    let lost = |id: &str| Ok(Key::Lost(id.to_owned()));
    for (listed, tagged, marked, held, expected) in [
        (&[][..], None, false, None, Ok(Key::Missing)),
        (&[], None, true, None, Ok(Key::Missing)),
        (&[], Some("A"), true, None, Ok(Key::Missing)),
        (&["A"], None, true, Some("A"), written("A", false, None)),
        (&["A"], Some("A"), true, Some("A"), written("A", true, None)),
        (
            &["A", "B"],
            Some("A"),
            true,
            Some("A"),
            written("A", true, None),
        ),
        (
            &["A"],
            Some("B"),
            true,
            Some("A"),
            written("A", false, None),
        ),
        (&["A"], None, true, None, lost("A")),
        (&["A"], None, false, None, strange(&["A"])),
        (&["A", "B"], None, true, None, strange(&["A", "B"])),
        // Both were asked for and their replies lost, or one before the other.
        (&["B", "C"], None, true, None, lost("B")),
        (
            &["B", "C"],
            None,
            true,
            Some("C"),
            written("C", false, Some("B")),
        ),
        (
            &["B", "C"],
            None,
            true,
            Some("B"),
            written("B", false, None),
        ),
        (
            &["A"],
            Some("A"),
            true,
            None,
            Err(Trouble::Elsewhere("A".to_owned())),
        ),
        (
            &["B"],
            Some("A"),
            true,
            Some("A"),
            Err(Trouble::Gone("A".to_owned())),
        ),
    ] {
        assert_eq!(
            key(&keys(listed), tagged, marked, held, &note),
            expected,
            "{listed:?} {tagged:?} {marked} {held:?}"
        );
    }
}
