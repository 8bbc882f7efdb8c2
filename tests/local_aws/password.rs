//! Passwords of users: the login profile and the account's password policy.
//!
//! What is set by whom is [`super::iam`]'s; the rules themselves are here (IAM User Guide, "Set an
//! account password policy for IAM users").

use super::lag::Settling;
use super::refusal::Refusal;

#[derive(Clone, Debug)]
pub struct LoginProfile {
    pub created: u64,
    /// When the password was last set.
    pub changed: u64,
    pub last_used: Option<u64>,
    pub reset_required: bool,
    /// The present password first, then its predecessors.
    pub passwords: Vec<String>,
    /// Until it can be modified.
    pub settling: Settling,
}

impl LoginProfile {
    pub fn password(&self) -> &str {
        &self.passwords[0]
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    pub minimum_length: usize,
    pub symbols: bool,
    pub numbers: bool,
    pub uppercase: bool,
    pub lowercase: bool,
    pub users_may_change: bool,
    /// Days; `None`: passwords do not expire.
    pub max_age: Option<u64>,
    /// Former passwords that must not be used again.
    pub reuse_prevention: Option<usize>,
    pub hard_expiry: Option<bool>,
}

impl Default for PasswordPolicy {
    /// What UpdateAccountPasswordPolicy sets where the request is silent.
    fn default() -> Self {
        Self {
            minimum_length: 6,
            symbols: false,
            numbers: false,
            uppercase: false,
            lowercase: false,
            users_may_change: false,
            max_age: None,
            reuse_prevention: None,
            hard_expiry: None,
        }
    }
}

/// What AWS counts as a symbol (IAM API Reference, UpdateAccountPasswordPolicy).
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

impl PasswordPolicy {
    /// The first rule that the password breaks.
    pub fn check(&self, password: &str) -> Result<(), Refusal> {
        let has = |test: fn(char) -> bool| password.chars().any(test);
        let least = self.minimum_length;
        let rules = [
            (
                password.chars().count() >= least,
                format!("have a minimum length of {least}"),
            ),
            (
                !self.uppercase || has(|letter| letter.is_ascii_uppercase()),
                "have at least one uppercase letter".to_owned(),
            ),
            (
                !self.lowercase || has(|letter| letter.is_ascii_lowercase()),
                "have at least one lowercase letter".to_owned(),
            ),
            (
                !self.numbers || has(|letter| letter.is_ascii_digit()),
                "have at least one number".to_owned(),
            ),
            (
                !self.symbols || has(|letter| SYMBOLS.contains(letter)),
                "have at least one symbol".to_owned(),
            ),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            None => Ok(()),
            Some((_, rule)) => Err(violation(format!("Password should {rule}"))),
        }
    }

    /// The default policy of an account that has set none, which no call shows: eight characters,
    /// three of the four kinds, and not the name of the user (same place, "Default password
    /// policy").
    pub fn check_default(password: &str, user: &str) -> Result<(), Refusal> {
        let least = Self {
            minimum_length: 8,
            ..Self::default()
        };
        least.check(password)?;
        let kinds: [fn(char) -> bool; 4] = [
            |letter| letter.is_ascii_uppercase(),
            |letter| letter.is_ascii_lowercase(),
            |letter| letter.is_ascii_digit(),
            |letter| SYMBOLS.contains(letter),
        ];
        let present = kinds.iter().filter(|kind| password.chars().any(**kind));
        if present.count() < 3 {
            return Err(violation(
                "Password should have at least three of the following: \
                 uppercase letters, lowercase letters, numbers, symbols",
            ));
        }
        if password == user {
            return Err(violation(
                "Password should not be identical to the user name",
            ));
        }
        Ok(())
    }
}

pub fn violation(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "PasswordPolicyViolation", message)
}
