//! Names of profiles and sections: what may be one; and what was probably meant, which holds for
//! other names, too.

use super::Origin;
use crate::failure::{Failure, Result};

/// What aws-mfa appends to the name of the section that holds the long-term key.
pub(super) const LONG_TERM: &str = "-long-term";

/// Whether the first is aws-mfa's name for the section with the key of the second.
pub(super) fn is_long_term_of(long_term: &str, name: &str) -> bool {
    long_term.strip_suffix(LONG_TERM) == Some(name)
}

/// Refuses a profile name that could not stand in a section header, or could end one.
///
/// AWS tools take almost anything as a name, so only what cannot be looked up or recorded safely
/// is refused here: control characters, `]`, blanks at either end, and a comment sign after a
/// blank, which some readers would cut off.
///
/// # Errors
///
/// Usage or configuration, after where the name came from.
pub(super) fn check_profile(name: &str, origin: &Origin) -> Result<()> {
    let reason = if name.is_empty() {
        "is empty"
    } else if name.chars().any(char::is_control) {
        "contains a control character or a line break"
    } else if name.contains(']') {
        "contains `]`, which ends a section's name"
    } else if name.trim() != name {
        "begins or ends with a blank"
    } else if [" #", " ;", "\u{a0}#"]
        .iter()
        .any(|sign| name.contains(sign))
    {
        "contains a comment sign after a blank"
    } else {
        return Ok(());
    };
    Err(Failure::new(origin.kind(), format!("the profile name {reason}")).at(origin))
}

/// The names that `wanted` is most probably a slip of, best first, three at most.
pub fn near<'n>(wanted: &str, names: &[&'n str]) -> Vec<&'n str> {
    let wanted_folded = fold(wanted);
    let limit = (wanted_folded.len() / 3).max(1);
    let mut scored: Vec<(usize, &str)> = names
        .iter()
        .filter_map(|&name| {
            let folded = fold(name);
            let distance = distance(&wanted_folded, &folded);
            let related = distance <= limit
                || (wanted_folded.len() >= 3
                    && (folded.starts_with(&wanted_folded) || wanted_folded.starts_with(&folded)));
            related.then_some((distance, name))
        })
        .collect();
    scored.sort_unstable();
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Case and the separators between words are what people get wrong first.
fn fold(name: &str) -> Vec<char> {
    name.chars()
        .flat_map(char::to_lowercase)
        .map(|letter| {
            if matches!(letter, '_' | ' ' | '.') {
                '-'
            } else {
                letter
            }
        })
        .take(128)
        .collect()
}

/// Edits to get from one to the other: insert, delete, replace, swap two neighbours (optimal
/// string alignment).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (i, &a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in to.iter().enumerate() {
            let mut best = (above[j] + usize::from(a != b))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && a == to[j - 1] && from[i - 1] == b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Kind;

    #[test]
    fn a_name_that_could_open_another_section_is_refused() {
        let flag = Origin::Flag("--profile");
        for name in [
            "", "a]", "a]\n[b", "a\nb", "a\rb", "a\0b", "a\tb", " a", "a ", "a #b", "a ;b",
            "\u{7f}",
        ] {
            let failure = check_profile(name, &flag).unwrap_err();
            assert_eq!(failure.kind(), Kind::Usage, "{name:?}");
            assert_eq!(failure.place(), Some("--profile"), "{name:?}");
        }
        let variable = Origin::Environment("AWS_PROFILE");
        assert_eq!(
            check_profile("a\nb", &variable).unwrap_err().kind(),
            Kind::Configuration
        );
    }

    #[test]
    fn what_aws_tools_take_as_a_profile_name_is_taken() {
        for name in [
            "default",
            "my prof",
            "profile x",
            "é",
            "a#b",
            "a[b",
            "a/b@c",
        ] {
            check_profile(name, &Origin::Default).unwrap();
        }
    }

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let names = ["default", "work", "work-admin", "home", "Prod"];
        let table: [(&str, &[&str]); 7] = [
            ("wrok", &["work"]),
            ("defualt", &["default"]),
            ("WORK", &["work", "work-admin"]),
            ("prod", &["Prod"]),
            ("work_admin", &["work-admin", "work"]),
            ("homes", &["home"]),
            ("something-else", &[]),
        ];
        for (wanted, expected) in table {
            assert_eq!(near(wanted, &names), expected, "{wanted}");
        }
    }
}
