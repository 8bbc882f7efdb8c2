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

type Rule = (fn(char) -> bool, &'static str);

const UPPERCASE: Rule = (|letter| letter.is_ascii_uppercase(), "uppercase letter");
const LOWERCASE: Rule = (|letter| letter.is_ascii_lowercase(), "lowercase letter");
const NUMBER: Rule = (|letter| letter.is_ascii_digit(), "number");
const SYMBOL: Rule = (|letter| SYMBOLS.contains(letter), "symbol");

fn has(password: &str, (kind, _): Rule) -> bool {
    password.chars().any(kind)
}

impl PasswordPolicy {
    /// AWS does not say which rule of an account's own policy is broken.
    pub fn check(&self, password: &str) -> Result<(), Refusal> {
        let kept = password.chars().count() >= self.minimum_length
            && (!self.uppercase || has(password, UPPERCASE))
            && (!self.lowercase || has(password, LOWERCASE))
            && (!self.numbers || has(password, NUMBER))
            && (!self.symbols || has(password, SYMBOL));
        if kept {
            return Ok(());
        }
        Err(violation(
            "Password does not conform to the account password policy.",
        ))
    }
}

/// The default policy of an account that has set none, which no call shows: eight characters,
/// three of the four kinds, and not the user's name (same place, "Default password policy").
pub fn check_default(password: &str, user: &str) -> Result<(), Refusal> {
    if password.chars().count() < 8 {
        return Err(violation("Password should have a minimum length of 8"));
    }
    let missing: Vec<String> = [UPPERCASE, LOWERCASE, NUMBER, SYMBOL]
        .into_iter()
        .filter(|kind| !has(password, *kind))
        .map(|(_, name)| format!("Password should have at least one {name}"))
        .collect();
    if missing.len() > 1 {
        return Err(violation(format!(
            "Password should meet {} more of the following requirements: {}",
            missing.len() - 1,
            missing.join(", ")
        )));
    }
    if password == user {
        return Err(violation(
            "Password should not be the same as the user name",
        ));
    }
    Ok(())
}

pub fn violation(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "PasswordPolicyViolation", message)
}
