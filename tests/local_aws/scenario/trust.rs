//! Trust policies in a few words.

use serde_json::{Value, json};

/// A trust policy with one statement.
#[derive(Clone, Debug)]
pub struct Trust {
    principal: String,
    conditions: Value,
}

impl Trust {
    /// Trusts a user, a role, an account (`arn:aws:iam::123456789012:root`) or `*`.
    pub fn new(principal: &str) -> Self {
        Self {
            principal: principal.to_owned(),
            conditions: json!({}),
        }
    }

    /// `Bool aws:MultiFactorAuthPresent = true`.
    #[must_use]
    pub fn mfa(self) -> Self {
        self.condition("Bool", "aws:MultiFactorAuthPresent", "true")
    }

    /// `NumericLessThan aws:MultiFactorAuthAge`.
    #[must_use]
    pub fn mfa_younger_than(self, seconds: u64) -> Self {
        let seconds = seconds.to_string();
        self.condition("NumericLessThan", "aws:MultiFactorAuthAge", &seconds)
    }

    #[must_use]
    pub fn external_id(self, id: &str) -> Self {
        self.condition("StringEquals", "sts:ExternalId", id)
    }

    /// `*` and `?` are wildcards; `${aws:username}` is the caller's name.
    #[must_use]
    pub fn session_name(self, pattern: &str) -> Self {
        self.condition("StringLike", "sts:RoleSessionName", pattern)
    }

    #[must_use]
    pub fn condition(mut self, operator: &str, key: &str, value: &str) -> Self {
        self.conditions[operator][key] = Value::from(value);
        self
    }

    pub fn document(&self) -> Value {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": self.principal },
                "Action": "sts:AssumeRole",
                "Condition": self.conditions,
            }],
        })
    }
}
