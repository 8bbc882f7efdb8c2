//! A password that meets every policy, out of the system's randomness.

use zeroize::Zeroizing;

use super::policy::{LONGEST, Policy};
use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;

/// 64 characters, so that a byte chooses one of them evenly. Letters and digits that look alike
/// are left out, and of AWS's symbols those that a shell, a spreadsheet or a URL would take for
/// something else.
const ALPHABET: &[u8; 64] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789!#%*+-=_";

/// In characters of six bits each: 144 bits, where the policy does not ask for more.
const LENGTH: usize = 24;

/// A new password with letters of both cases, digits and symbols, which begins with a letter: no
/// program takes it for an option or a formula. Where the policy is unknown it is as long as any
/// can ask for: nobody types it, and a shorter one might be refused.
///
/// # Errors
///
/// [`Kind::Internal`] if the system has no randomness.
pub fn generate(policy: &Policy) -> Result<Secret> {
    let length = match policy {
        Policy::Unknown => LONGEST,
        known => LENGTH.max(known.least()),
    };
    let mut bytes = Zeroizing::new(vec![0; length]);
    // About every second draw is taken; none of them tells anything about the next.
    loop {
        getrandom::fill(&mut bytes).map_err(|error| {
            Failure::new(
                Kind::Internal,
                "the system has no randomness for a password",
            )
            .because(error)
        })?;
        // The full capacity at once: text that grows would leave copies behind.
        let mut drawn = Zeroizing::new(String::with_capacity(length));
        drawn.extend(bytes.iter().map(character));
        if has_everything(&drawn) {
            return Ok(Secret::new(drawn.as_str()));
        }
    }
}

fn character(byte: &u8) -> char {
    char::from(ALPHABET[usize::from(byte % 64)])
}

fn has_everything(password: &str) -> bool {
    let kinds: [fn(&u8) -> bool; 4] = [
        u8::is_ascii_uppercase,
        u8::is_ascii_lowercase,
        u8::is_ascii_digit,
        u8::is_ascii_punctuation,
    ];
    password.starts_with(|first: char| first.is_ascii_alphabetic())
        && kinds
            .iter()
            .all(|kind| password.bytes().any(|byte| kind(&byte)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::policy::tests::strict;
    use super::*;
    use crate::aws::PasswordPolicy;

    proptest! {
        #[test]
        fn it_meets_any_policy(
            length in 6usize..=128,
            [symbols, numbers, uppercase, lowercase] in any::<[bool; 4]>(),
        ) {
            let policy = PasswordPolicy {
                minimum_length: Some(length),
                symbols,
                numbers,
                uppercase,
                lowercase,
                ..strict()
            };
            let own = Policy::Own(policy);
            for (known, policy) in [
                (&own, &own),
                (&Policy::Default, &Policy::Default),
                (&Policy::Unknown, &own),
            ] {
                let password = generate(known).unwrap();
                prop_assert_eq!(policy.broken(password.expose(), None), []);
                prop_assert!(password.expose().len() >= LENGTH);
                prop_assert!(password.expose().starts_with(|c: char| c.is_ascii_alphabetic()));
            }
        }
    }

    #[test]
    fn the_alphabet_has_64_different_characters_and_no_two_passwords_are_alike() {
        let different: BTreeSet<&u8> = ALPHABET.iter().collect();
        assert_eq!(different.len(), 64);
        let drawn = |_| generate(&Policy::Default).unwrap().expose().to_owned();
        let passwords: BTreeSet<String> = (0..1000).map(drawn).collect();
        assert_eq!(passwords.len(), 1000);
        let used: BTreeSet<char> = passwords.iter().flat_map(|it| it.chars()).collect();
        assert_eq!(used.len(), 64);
    }
}
