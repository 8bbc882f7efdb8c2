//! What holds for every file and every change. Shared with the fuzz target, so it stands on the
//! crate and the standard library alone.

use std::collections::BTreeMap;

use awsmfa::ini::{Amend, Amendment, Change, Document, Flavor};
use zeroize::Zeroizing;

/// Parses, reads everything, edits, and checks the result against the promises of
/// `docs/design.md`. Returns the edited bytes, unless the file or the change was refused.
pub(crate) fn check(bytes: &[u8], flavor: Flavor, change: &Change<'_>) -> Option<Vec<u8>> {
    let before = parse(bytes, flavor)?;
    assert_eq!(before.bytes(), bytes);
    assert!(before.warnings().is_sorted_by_key(|warning| warning.line));

    let nothing = Change {
        set: &[],
        remove: &[],
        ..*change
    };
    if let Ok(same) = before.edit(&nothing) {
        assert_eq!(same[..], bytes[..], "an empty change changes nothing");
    }

    let edited = before.edit(change).ok()?;
    let after = parse(&edited, flavor).expect("what was written can be read");
    reads_back(&after, change);
    leaves_the_rest(&before, &after, change);
    let mut kept = comments(&edited);
    for comment in comments(bytes) {
        let at = kept.iter().position(|kept| *kept == comment);
        kept.remove(at.expect("every line of comment is still there"));
    }

    let again = after.edit(change).expect("what was written can be edited");
    assert_eq!(
        again[..],
        edited[..],
        "the same change twice is the change once"
    );
    Some(edited.to_vec())
}

/// Keys to set aside.
pub(crate) const KEYS: [&str; 4] = ["k", "region", "aws_access_key_id", "aws_session_token"];

/// Sets a key aside, puts another line in its place, undoes both, and checks that the bytes are
/// the same again and that nothing else has changed meanwhile. Whether it was not refused.
pub(crate) fn set_aside(bytes: &[u8], flavor: Flavor, profile: &str, key: &'static str) -> bool {
    const PREFIX: &str = "awsmfa_";
    let aside: &'static str = match key {
        "k" => "awsmfa_k",
        "region" => "awsmfa_region",
        "aws_access_key_id" => "awsmfa_aws_access_key_id",
        "aws_session_token" => "awsmfa_aws_session_token",
        _ => panic!("{key} is none of the keys"),
    };
    let steps = |steps: Vec<Amend>| {
        [Amendment {
            profile: profile.to_owned(),
            steps,
        }]
    };
    let value = "stands-in".to_owned();
    let Some(before) = parse(bytes, flavor) else {
        return false;
    };
    let there = |document: &Document, key| {
        let profile = document.profile(profile);
        profile.map_or(0, |profile| profile.assignments(key).count())
    };
    if there(&before, aside) > 0 {
        return false;
    }
    let there_before = there(&before, key);
    let changed = before.amend(&steps(vec![
        Amend::Prefix {
            key,
            prefix: PREFIX,
        },
        Amend::Insert {
            key,
            value: value.clone(),
            above: key,
        },
    ]));
    let Ok(changed) = changed else {
        return false;
    };
    let wired = parse(&changed, flavor).expect("what was written can be read");
    assert_eq!(there(&wired, aside), there_before);
    assert_eq!(there(&wired, key), there_before.min(1));
    let changes = Change {
        section: profile,
        set: &[],
        remove: &[key, aside],
    };
    leaves_the_rest(&before, &wired, &changes);
    let back = wired.amend(&steps(vec![
        Amend::Strip {
            key: aside,
            prefix: PREFIX,
        },
        Amend::Remove { key, value },
    ]));
    let back = back.expect("what was set aside can be put back");
    assert_eq!(back[..], *bytes, "every byte is as it was");
    true
}

fn parse(bytes: &[u8], flavor: Flavor) -> Option<Document> {
    Document::parse(Zeroizing::new(bytes.to_vec()), flavor).ok()
}

/// The lines of comment, wherever they begin.
fn comments(bytes: &[u8]) -> Vec<&[u8]> {
    let lines = bytes.split(|byte| matches!(byte, b'\r' | b'\n'));
    lines
        .map(<[u8]>::trim_ascii)
        .filter(|text| matches!(text, [b'#' | b';', ..]))
        .collect()
}

fn reads_back(after: &Document, change: &Change<'_>) {
    let profile = after.profile(change.section);
    for (key, value) in change.set {
        let profile = profile.as_ref().expect("the section is there");
        assert_eq!(profile.broken(), None);
        let found = profile.get(key).expect("the key is there");
        assert_eq!(found.text, *value, "{key}");
        assert_eq!(found.doubt, None, "{key}");
        assert_eq!(profile.assignments(key).count(), 1, "no stale {key}");
    }
    for key in change.remove {
        let left = profile.as_ref().and_then(|profile| profile.get(key));
        assert!(left.is_none(), "{key} is gone");
    }
}

/// Other profiles read as before in every value; so do the foreign keys of the one changed.
fn leaves_the_rest(before: &Document, after: &Document, change: &Change<'_>) {
    let others = |document: &Document| -> Vec<String> {
        let names = document.profile_names();
        let others = names.filter(|name| *name != change.section);
        others.map(str::to_owned).collect()
    };
    assert_eq!(others(before), others(after), "no section comes or goes");
    for name in others(before) {
        assert_eq!(
            values(before, &name, &[]),
            values(after, &name, &[]),
            "{name}"
        );
    }
    let mut changed: Vec<&str> = change.remove.to_vec();
    changed.extend(change.set.iter().map(|(key, _)| key));
    assert_eq!(
        values(before, change.section, &changed),
        values(after, change.section, &changed),
        "foreign keys of the section"
    );
}

/// Every assignment of a profile, except those of the keys left out.
fn values(document: &Document, name: &str, except: &[&str]) -> BTreeMap<String, Vec<String>> {
    let Some(profile) = document.profile(name) else {
        return BTreeMap::new();
    };
    let changed = |key: &str| except.iter().any(|other| other.eq_ignore_ascii_case(key));
    profile
        .keys()
        .filter(|key| !changed(key))
        .map(|key| {
            let texts = profile
                .assignments(key)
                .map(|value| value.text.into_owned());
            (key.to_ascii_lowercase(), texts.collect())
        })
        .collect()
}
