//! What an account asks of a password, and which of it a password lacks.
//!
//! The rules are those of the IAM User Guide, "Set an account password policy for IAM users": the
//! ones of the account, or AWS's default where it has none. What the guide counts as a letter or a
//! symbol is ASCII. Two things AWS alone can know: former passwords, and the account's name and
//! e-mail address, which the default policy does not allow.

use std::fmt;

use crate::aws::PasswordPolicy;

/// What AWS takes at all, in characters (IAM API Reference, "ChangePassword"), and the least that
/// any policy can ask for ("UpdateAccountPasswordPolicy").
pub(super) const LONGEST: usize = 128;
const LEAST: usize = 6;

/// The least of the default policy.
const DEFAULT_LEAST: usize = 8;

/// What counts as a symbol.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// What is known of the account's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    Own(PasswordPolicy),
    /// The account has none of its own.
    Default,
    /// It may not be read.
    Unknown,
}

/// What a password lacks, or has too much of. Displayed as what it must be: `have a number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    AtLeast(usize),
    AtMost(usize),
    /// A character that no password can have.
    Characters,
    Uppercase,
    Lowercase,
    Number,
    Symbol,
    ThreeKinds,
    /// It is the present one.
    New,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::AtLeast(length) => write!(f, "have at least {length} characters"),
            Rule::AtMost(length) => write!(f, "have at most {length} characters"),
            Rule::Characters => f.write_str(
                "have only characters of Latin-1 (letters, digits, symbols and accented letters)",
            ),
            Rule::Uppercase => f.write_str("have an upper-case letter (A-Z)"),
            Rule::Lowercase => f.write_str("have a lower-case letter (a-z)"),
            Rule::Number => f.write_str("have a number (0-9)"),
            Rule::Symbol => write!(f, "have a symbol: one of {SYMBOLS}"),
            Rule::ThreeKinds => f.write_str(
                "have three of these: upper-case letters, lower-case letters, numbers, symbols",
            ),
            Rule::New => f.write_str("be another than the present one"),
        }
    }
}

impl Policy {
    /// The fewest characters that a password must have.
    pub(super) fn least(&self) -> usize {
        match self {
            Policy::Own(policy) => policy.minimum_length.unwrap_or(LEAST).max(LEAST),
            Policy::Default => DEFAULT_LEAST,
            Policy::Unknown => LEAST,
        }
    }

    /// Whether it is known that a password is refused which is, or was, the user's.
    pub fn refuses_former(&self) -> bool {
        matches!(self, Policy::Own(policy) if policy.reuse_prevention.is_some())
    }

    /// Every rule that `password` breaks as the successor of `old`, as far as that can be known
    /// here.
    pub fn broken(&self, password: &str, old: Option<&str>) -> Vec<Rule> {
        let length = password.chars().count();
        let mut broken = Vec::new();
        let mut must = |kept: bool, rule: Rule| {
            if !kept {
                broken.push(rule);
            }
        };
        must(length >= self.least(), Rule::AtLeast(self.least()));
        must(length <= LONGEST, Rule::AtMost(LONGEST));
        must(password.chars().all(can_be_sent), Rule::Characters);
        let [upper, lower, number, symbol] = kinds(password);
        match self {
            Policy::Own(policy) => {
                must(upper || !policy.uppercase, Rule::Uppercase);
                must(lower || !policy.lowercase, Rule::Lowercase);
                must(number || !policy.numbers, Rule::Number);
                must(symbol || !policy.symbols, Rule::Symbol);
                let same = policy.reuse_prevention.is_some() && old == Some(password);
                must(!same, Rule::New);
            }
            Policy::Default => {
                let count = [upper, lower, number, symbol].map(usize::from);
                must(count.iter().sum::<usize>() >= 3, Rule::ThreeKinds);
            }
            Policy::Unknown => {}
        }
        broken
    }

    /// What it asks for, in one sentence; `None` where that is not known.
    pub fn in_words(&self) -> Option<String> {
        let policy = match self {
            Policy::Own(policy) => policy,
            Policy::Default => {
                return Some(format!(
                    "the password must have at least {DEFAULT_LEAST} characters, of three kinds: upper-case and lower-case letters, numbers, symbols"
                ));
            }
            Policy::Unknown => return None,
        };
        let mut words = format!(
            "the password must have at least {} characters",
            self.least()
        );
        let wanted = [
            (policy.uppercase, "an upper-case letter"),
            (policy.lowercase, "a lower-case letter"),
            (policy.numbers, "a number"),
            (policy.symbols, "a symbol"),
        ];
        let wanted: Vec<&str> = wanted
            .into_iter()
            .filter_map(|(wanted, what)| wanted.then_some(what))
            .collect();
        if !wanted.is_empty() {
            words += &format!(", among them {}", wanted.join(", "));
        }
        match policy.reuse_prevention {
            Some(1) => words += "; it must be another than the present one",
            Some(count) => words += &format!("; none of the last {count} may be chosen again"),
            None => {}
        }
        if let Some(days) = policy.max_age {
            words += &format!("; it expires after {days} days");
            if policy.hard_expiry {
                words += ", and then only an administrator can set a new one";
            }
        }
        Some(words)
    }
}

/// `[\u0009\u000A\u000D\u0020-\u00FF]` without what ends a line, which nobody could type.
fn can_be_sent(character: char) -> bool {
    character == '\t' || ('\u{20}'..='\u{ff}').contains(&character)
}

/// Whether there are upper-case letters, lower-case letters, numbers and symbols.
fn kinds(password: &str) -> [bool; 4] {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    [
        has(|character| character.is_ascii_uppercase()),
        has(|character| character.is_ascii_lowercase()),
        has(|character| character.is_ascii_digit()),
        has(|character| SYMBOLS.contains(character)),
    ]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn strict() -> PasswordPolicy {
        PasswordPolicy {
            minimum_length: Some(14),
            symbols: true,
            numbers: true,
            uppercase: true,
            lowercase: true,
            users_may_change: true,
            max_age: Some(90),
            reuse_prevention: Some(5),
            hard_expiry: true,
        }
    }

    #[test]
    fn every_broken_rule_is_named() {
        let own = Policy::Own(strict());
        let long = "x".repeat(129);
        use Rule::*;
        for (policy, password, broken) in [
            (&own, "Correct-Horse-42", vec![]),
            (
                &own,
                "",
                vec![AtLeast(14), Uppercase, Lowercase, Number, Symbol],
            ),
            (&own, "Correct-Horse-4", vec![]),
            (&own, "Correct-Horse", vec![AtLeast(14), Number]),
            (&own, "correct-horse-42", vec![Uppercase]),
            (&own, "CORRECT-HORSE-42", vec![Lowercase]),
            (&own, "Correct~Horse~42", vec![Symbol]),
            (&own, "Correct-Horse-4２", vec![Characters]),
            (&own, "Ünter-den-linden-1", vec![Uppercase]),
            (&Policy::Default, "abcdefgH", vec![ThreeKinds]),
            (&Policy::Default, "abcdeH7", vec![AtLeast(8)]),
            (&Policy::Default, "abcdef-7", vec![]),
            (&Policy::Unknown, "abcdef", vec![]),
            (&Policy::Unknown, "abcde", vec![AtLeast(6)]),
            (&Policy::Unknown, &long, vec![AtMost(128)]),
            (&Policy::Unknown, "with\u{7}bell", vec![Characters]),
            (&Policy::Unknown, "from a file\u{fffd}", vec![Characters]),
        ] {
            assert_eq!(policy.broken(password, None), broken, "{password:?}");
        }
    }

    #[test]
    fn the_present_password_is_no_new_one_where_former_ones_are_refused() {
        let password = "Correct-Horse-42";
        let old = Some(password);
        assert_eq!(Policy::Own(strict()).broken(password, old), [Rule::New]);
        let mut lax = strict();
        lax.reuse_prevention = None;
        assert_eq!(Policy::Own(lax).broken(password, old), []);
    }

    #[test]
    fn what_the_account_asks_for_is_one_sentence() {
        assert_eq!(
            Policy::Own(strict()).in_words().unwrap(),
            "the password must have at least 14 characters, among them an upper-case letter, \
             a lower-case letter, a number, a symbol; none of the last 5 may be chosen again; \
             it expires after 90 days, and then only an administrator can set a new one"
        );
        assert!(Policy::Default.in_words().unwrap().contains("three kinds"));
        assert_eq!(Policy::Unknown.in_words(), None);
    }
}
