use super::*;
use crate::secret::{AccessKey, Secret};

const WAYS: [Way; 3] = [
    Way::Forward { delete_old: false },
    Way::Forward { delete_old: true },
    Way::Back,
];
const OLD: [Old; 3] = [Old::Absent, Old::Inactive, Old::Active];
const NEW: [New; 4] = [New::Absent, New::Orphan, New::Inactive, New::Active];
const HELD: [Held; 3] = [Held::Old, Held::New, Held::Both];

/// Everything that can be seen, the impossible included: a profile that holds a key that is not
/// there, say, because somebody has deleted it.
fn all() -> impl Iterator<Item = Observed> {
    WAYS.into_iter().flat_map(|way| {
        OLD.into_iter().flat_map(move |old| {
            NEW.into_iter().flat_map(move |new| {
                HELD.into_iter().flat_map(move |held| {
                    (0..16).map(move |bits| Observed {
                        way,
                        old,
                        new,
                        other: bits & 1 > 0,
                        held,
                        begun: bits & 2 > 0,
                        proven: bits & 4 > 0,
                        over: bits & 8 > 0,
                    })
                })
            })
        })
    })
}

/// One key, in a profile, that works.
fn start(way: Way) -> Observed {
    let (new, held) = match way {
        Way::Forward { .. } => (New::Absent, Held::Old),
        Way::Back => (New::Active, Held::New),
    };
    Observed {
        way,
        old: match way {
            Way::Forward { .. } => Old::Active,
            Way::Back => Old::Inactive,
        },
        new,
        other: false,
        held,
        begun: false,
        proven: false,
        over: false,
    }
}

/// What is seen before each step of the plan, and at its end.
fn stages(from: Observed) -> Vec<(Observed, Step)> {
    let mut seen = from;
    let mut stages = Vec::new();
    for step in plan(&from) {
        stages.push((seen, step));
        seen = seen.after(step);
    }
    stages.push((seen, Step::Done));
    stages
}

#[test]
fn the_usual_ways() {
    use Step::*;
    for (way, steps) in [
        (
            Way::Forward { delete_old: false },
            &[
                Begin,
                Create,
                Prove(Which::New),
                Deactivate(Which::Old),
                Finish,
            ][..],
        ),
        (
            Way::Forward { delete_old: true },
            &[
                Begin,
                Create,
                Prove(Which::New),
                Deactivate(Which::Old),
                DeleteOld,
                Finish,
            ],
        ),
        (
            Way::Back,
            &[
                Begin,
                Activate(Which::Old),
                Write(Which::Old),
                Prove(Which::Old),
                Deactivate(Which::New),
                Finish,
            ],
        ),
    ] {
        assert_eq!(plan(&start(way)), steps);
    }
    let crowded = Observed {
        other: true,
        ..start(WAYS[0])
    };
    assert_eq!(plan(&crowded)[..2], [MakeRoom, Begin]);
}

#[test]
fn from_whatever_is_seen_there_is_an_end() {
    for observed in all() {
        let steps = plan(&observed);
        assert!(steps.len() <= 8, "{observed:?}: {steps:?}");
        let nothing = steps.contains(&Step::NothingToRestore);
        let gone = observed.way == Way::Back && observed.old == Old::Absent && !observed.over;
        assert_eq!(nothing, gone, "{observed:?}");
    }
}

#[test]
fn no_key_is_taken_away_before_the_other_is_in_the_file_and_works() {
    for observed in all() {
        for (seen, step) in stages(observed) {
            match step {
                Step::Deactivate(Which::Old) | Step::DeleteOld => {
                    assert_eq!((seen.new, seen.held), (New::Active, Held::New), "{seen:?}");
                    assert!(seen.proven, "{seen:?}");
                }
                Step::Deactivate(Which::New) => {
                    assert_eq!((seen.old, seen.held), (Old::Active, Held::Old), "{seen:?}");
                    assert!(seen.proven, "{seen:?}");
                }
                Step::Discard => assert_eq!(seen.new, New::Orphan, "{seen:?}"),
                // A key that is off must not be put where it is used.
                Step::Write(Which::New) => assert_eq!(seen.new, New::Active, "{seen:?}"),
                Step::Write(Which::Old) => assert_eq!(seen.old, Old::Active, "{seen:?}"),
                Step::Create => assert!(seen.begun && !seen.other, "{seen:?}"),
                _ => {}
            }
            if step == Step::DeleteOld {
                assert_eq!(seen.old, Old::Inactive, "{seen:?}");
            }
        }
    }
}

#[test]
fn cut_off_before_or_after_any_step_it_ends_in_the_same_state() {
    for way in WAYS {
        for other in [false, true] {
            let start = Observed {
                other: other && way != Way::Back,
                ..start(way)
            };
            let end = stages(start).pop().unwrap().0;
            for (seen, step) in stages(start) {
                let mut left = vec![seen, seen.after(step)];
                if step == Step::Create {
                    // The reply was lost, or the file did not take it.
                    left.push(Observed {
                        new: New::Orphan,
                        ..seen
                    });
                    left.push(Observed {
                        held: Held::Old,
                        ..seen.after(step)
                    });
                }
                for left in left {
                    // What was proven is not remembered.
                    let again = Observed {
                        proven: false,
                        ..left
                    };
                    let found = stages(again).pop().unwrap().0;
                    let forget = |observed: Observed| Observed {
                        proven: false,
                        ..observed
                    };
                    assert_eq!(forget(found), forget(end), "{left:?}");
                }
            }
        }
    }
}

#[test]
fn a_rotation_that_was_cut_off_anywhere_can_be_taken_back() {
    for delete_old in [false, true] {
        for (seen, _) in stages(start(Way::Forward { delete_old })) {
            let back = Observed {
                way: Way::Back,
                begun: false,
                proven: false,
                over: false,
                ..seen
            };
            let end = stages(back).pop().unwrap().0;
            if seen.old == Old::Absent {
                assert_eq!(plan(&back), [Step::NothingToRestore]);
            } else {
                assert_eq!((end.old, end.held), (Old::Active, Held::Old), "{seen:?}");
                assert!(matches!(end.new, New::Absent | New::Inactive), "{seen:?}");
            }
        }
    }
}

fn seen(id: &str, active: bool) -> Seen {
    Seen {
        id: id.to_owned(),
        active,
        created: 1000,
        used: false,
        known: false,
    }
}

fn pair(id: &str) -> Pair {
    Pair::of(&AccessKey {
        id: id.to_owned(),
        secret: Secret::new("s"),
        token: None,
    })
}

fn record(phase: Phase, new: Option<Pair>) -> Record {
    Record {
        phase,
        user: "alice".to_owned(),
        account: "123456789012".to_owned(),
        profile: "default".to_owned(),
        begun: 1000,
        old: pair("O"),
        new,
    }
}

#[test]
fn who_is_who() {
    use Phase::*;
    let forward = Way::Forward { delete_old: false };
    let old = || seen("O", true);
    let used = || Seen {
        used: true,
        ..seen("X", true)
    };
    let known = || Seen {
        known: true,
        ..seen("X", true)
    };
    let older = || Seen {
        created: 900,
        ..seen("X", true)
    };
    let rotating = || Some(record(Rotating, None));
    // The way, the record, what AWS shows, what the profile holds: the new key and its state, the
    // other one.
    for (way, record, keys, current, new, other) in [
        (forward, None, vec![old()], "O", (None, New::Absent), None),
        (
            forward,
            None,
            vec![old(), seen("X", true)],
            "O",
            (None, New::Absent),
            Some("X"),
        ),
        // Over: the profile's key is the old one of the next rotation.
        (
            forward,
            Some(record(Rotated, Some(pair("N")))),
            vec![seen("O", false), seen("N", true)],
            "N",
            (None, New::Absent),
            Some("O"),
        ),
        (
            forward,
            rotating(),
            vec![old()],
            "O",
            (None, New::Absent),
            None,
        ),
        (
            forward,
            rotating(),
            vec![old(), seen("X", true)],
            "O",
            (Some("X"), New::Orphan),
            None,
        ),
        // Somebody has its secret.
        (
            forward,
            rotating(),
            vec![old(), used()],
            "O",
            (None, New::Absent),
            Some("X"),
        ),
        // Somebody has its secret.
        (
            forward,
            rotating(),
            vec![old(), known()],
            "O",
            (None, New::Absent),
            Some("X"),
        ),
        (
            Way::Back,
            rotating(),
            vec![old(), known()],
            "O",
            (None, New::Absent),
            Some("X"),
        ),
        // None was lost: the new key is the record's, and somebody has deleted it.
        (
            Way::Back,
            Some(record(Rotated, Some(Pair::id_only("N")))),
            vec![seen("O", false), seen("X", true)],
            "O",
            (None, New::Absent),
            Some("X"),
        ),
        // It was there before.
        (
            forward,
            rotating(),
            vec![old(), older()],
            "O",
            (None, New::Absent),
            Some("X"),
        ),
        (
            forward,
            rotating(),
            vec![old(), seen("X", true)],
            "X",
            (Some("X"), New::Active),
            None,
        ),
        (
            forward,
            rotating(),
            vec![seen("X", true)],
            "X",
            (Some("X"), New::Active),
            None,
        ),
        // Its secret was kept.
        (
            forward,
            Some(record(Rotating, Some(pair("X")))),
            vec![old(), seen("X", true)],
            "O",
            (Some("X"), New::Active),
            None,
        ),
        (
            forward,
            Some(record(Rotating, Some(pair("X")))),
            vec![old()],
            "O",
            (None, New::Absent),
            None,
        ),
        (
            Way::Back,
            Some(record(Rotated, Some(Pair::id_only("N")))),
            vec![seen("O", false), seen("N", true)],
            "N",
            (Some("N"), New::Active),
            None,
        ),
        // The new key was deleted, and the profile still holds it.
        (
            Way::Back,
            Some(record(Rotated, Some(Pair::id_only("N")))),
            vec![seen("O", false)],
            "N",
            (Some("N"), New::Absent),
            None,
        ),
        (
            Way::Back,
            rotating(),
            vec![old(), seen("X", true)],
            "O",
            (Some("X"), New::Orphan),
            None,
        ),
        (
            Way::Back,
            rotating(),
            vec![old()],
            "O",
            (None, New::Absent),
            None,
        ),
        (
            Way::Back,
            Some(record(RollingBack, Some(pair("N")))),
            vec![old(), seen("N", true)],
            "O",
            (Some("N"), New::Active),
            None,
        ),
    ] {
        let told = format!("{way:?} {record:?} {keys:?} {current}");
        let parts = Parts::tell(way, record.as_ref(), &keys, current, |id| id == current).unwrap();
        assert_eq!((parts.new.as_deref(), parts.observed.new), new, "{told}");
        assert_eq!(parts.other.as_deref(), other, "{told}");
        assert_eq!(parts.observed.other, other.is_some(), "{told}");
        let holds_new = parts.new.as_deref() == Some(current);
        assert_eq!(parts.observed.held == Held::New, holds_new, "{told}");
    }
}

#[test]
fn what_does_not_fit_together_is_told() {
    use Phase::*;
    let forward = Way::Forward { delete_old: false };
    let another = || Confusion::AnotherKey {
        old: "O".to_owned(),
    };
    let older = || Seen {
        created: 900,
        ..seen("X", true)
    };
    let rotated = || Some(record(Rotated, Some(Pair::id_only("N"))));
    for (way, record, keys, current, expected) in [
        (
            Way::Back,
            None,
            vec![seen("O", true)],
            "O",
            Confusion::NothingBegun,
        ),
        (
            forward,
            Some(record(RollingBack, None)),
            vec![seen("O", true)],
            "O",
            Confusion::RollingBack,
        ),
        (
            forward,
            None,
            vec![seen("O", true)],
            "X",
            Confusion::NotTheUsers,
        ),
        (
            forward,
            Some(record(Rotating, None)),
            vec![seen("O", true)],
            "X",
            Confusion::NotTheUsers,
        ),
        (
            forward,
            Some(record(Rotating, None)),
            vec![seen("O", true), older()],
            "X",
            another(),
        ),
        (
            Way::Back,
            rotated(),
            vec![seen("O", false), seen("X", true)],
            "X",
            another(),
        ),
    ] {
        let told = format!("{way:?} {record:?} {keys:?} {current}");
        let found = Parts::tell(way, record.as_ref(), &keys, current, |id| id == current);
        assert_eq!(found.unwrap_err(), expected, "{told}");
    }
    // What is over is over.
    let over = record(RolledBack, Some(Pair::id_only("N")));
    let keys = [seen("O", true), seen("N", false)];
    let parts = Parts::tell(Way::Back, Some(&over), &keys, "O", |id| id == "O").unwrap();
    assert_eq!(plan(&parts.observed), []);
}
