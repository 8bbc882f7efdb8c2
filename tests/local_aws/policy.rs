//! Policy documents, evaluated: identity policies and trust policies, by one small evaluator.
//!
//! Reading the JSON is [`document`]'s; who is asked about what is [`super::access`]'s. Source: IAM
//! User Guide, "IAM JSON policy elements reference" and "Policy evaluation logic".

use std::collections::BTreeMap;

use serde_json::Value;

use super::document;

/// What one policy, or all policies of an identity together, say about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing matched.
    Implicit,
    Allow,
    /// An explicit deny, which wins over every allow.
    Deny,
}

/// One request as policies see it.
#[derive(Clone, Debug, Default)]
pub struct Context {
    pub action: String,
    pub resource: String,
    /// Every spelling under which a `Principal` may name the caller.
    pub principals: Vec<String>,
    /// Condition keys in lower case, as AWS compares them.
    keys: BTreeMap<String, String>,
}

impl Context {
    pub fn new(action: &str, resource: &str) -> Self {
        Self {
            action: action.to_owned(),
            resource: resource.to_owned(),
            ..Self::default()
        }
    }

    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.keys.insert(key.to_ascii_lowercase(), value.into());
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.keys.get(&key.to_ascii_lowercase()).map(String::as_str)
    }

    /// `${aws:username}` and its like; a variable without a value matches nothing, as in AWS.
    fn substituted(&self, pattern: &str) -> Option<String> {
        let Some((before, rest)) = pattern.split_once("${") else {
            return Some(pattern.to_owned());
        };
        let (name, after) = rest.split_once('}')?;
        let value = match name {
            "*" | "?" | "$" => name,
            _ => self.get(name)?,
        };
        Some(format!("{before}{value}{}", self.substituted(after)?))
    }
}

#[derive(Clone, Debug)]
pub struct Policy {
    document: Value,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub allow: bool,
    /// The list, and whether it is the positive element (`Action`) or the negative (`NotAction`).
    pub actions: (Vec<String>, bool),
    pub resources: Option<(Vec<String>, bool)>,
    pub principals: Option<Vec<String>>,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug)]
pub struct Condition {
    pub operator: Operator,
    pub if_exists: bool,
    pub key: String,
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub enum Operator {
    StringEquals,
    StringNotEquals,
    StringLike,
    StringNotLike,
    Bool,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    Null,
}

impl Policy {
    /// # Errors
    /// What is wrong with the document, or what this evaluator does not know.
    pub fn parse(document: Value) -> Result<Self, String> {
        Ok(Self {
            statements: document::statements(&document)?,
            document,
        })
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Everybody whom a `Principal` names.
    pub fn principals(&self) -> impl Iterator<Item = &str> {
        self.statements
            .iter()
            .flat_map(|statement| statement.principals.iter().flatten())
            .map(String::as_str)
    }

    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    pub fn verdict(&self, context: &Context) -> Verdict {
        self.statements
            .iter()
            .filter(|statement| statement.applies(context))
            .map(|statement| {
                if statement.allow {
                    Verdict::Allow
                } else {
                    Verdict::Deny
                }
            })
            .max()
            .unwrap_or(Verdict::Implicit)
    }
}

impl Statement {
    fn applies(&self, context: &Context) -> bool {
        let action = matches_any(
            &self.actions.0,
            &context.action.to_ascii_lowercase(),
            |pattern| Some(pattern.to_ascii_lowercase()),
        );
        let resource = self.resources.as_ref().is_none_or(|(patterns, positive)| {
            matches_any(patterns, &context.resource, |pattern| {
                context.substituted(pattern)
            }) == *positive
        });
        let principal = self.principals.as_ref().is_none_or(|named| {
            named
                .iter()
                .any(|name| name == "*" || context.principals.contains(name))
        });
        action == self.actions.1
            && resource
            && principal
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(context))
    }
}

impl Condition {
    fn holds(&self, context: &Context) -> bool {
        let present = context.get(&self.key);
        if let Operator::Null = self.operator {
            let absent = present.is_none().to_string();
            return self.values.contains(&absent);
        }
        let Some(actual) = present else {
            let negative = matches!(
                self.operator,
                Operator::StringNotEquals | Operator::StringNotLike
            );
            return self.if_exists || negative;
        };
        let any = |test: fn(&str, &str) -> bool| {
            self.values.iter().any(|value| {
                context
                    .substituted(value)
                    .is_some_and(|value| test(actual, &value))
            })
        };
        match self.operator {
            Operator::StringEquals => any(|actual, value| actual == value),
            Operator::StringNotEquals => !any(|actual, value| actual == value),
            Operator::StringLike => any(|actual, value| like(value, actual)),
            Operator::StringNotLike => !any(|actual, value| like(value, actual)),
            Operator::Bool => any(|actual, value| actual.eq_ignore_ascii_case(value)),
            Operator::NumericLessThan => any(|actual, value| numbers(actual, value, |a, b| a < b)),
            Operator::NumericLessThanEquals => {
                any(|actual, value| numbers(actual, value, |a, b| a <= b))
            }
            Operator::NumericGreaterThan => {
                any(|actual, value| numbers(actual, value, |a, b| a > b))
            }
            Operator::NumericGreaterThanEquals => {
                any(|actual, value| numbers(actual, value, |a, b| a >= b))
            }
            Operator::Null => unreachable!("answered above"),
        }
    }
}

fn matches_any(patterns: &[String], text: &str, prepare: impl Fn(&str) -> Option<String>) -> bool {
    patterns
        .iter()
        .filter_map(|pattern| prepare(pattern))
        .any(|pattern| like(&pattern, text))
}

/// `*` stands for any text, `?` for one character.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[place] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((star_at, star_place)) => {
                    star = Some((star_at, star_place + 1));
                    at = star_at + 1;
                    place = star_place + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

fn numbers(actual: &str, value: &str, test: fn(f64, f64) -> bool) -> bool {
    match (actual.parse(), value.parse()) {
        (Ok(actual), Ok(value)) => test(actual, value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::presets::{deny_without_mfa, self_service};
    use super::*;

    fn verdict(document: &Value, context: &Context) -> Verdict {
        Policy::parse(document.clone()).unwrap().verdict(context)
    }

    #[test]
    fn patterns_match_as_in_aws() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("iam:*", "iam:getuser", true),
            ("iam:*accesskey*", "iam:createaccesskey", true),
            ("iam:*accesskey*", "iam:createuser", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*ab", "aab", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_condition_on_mfa_tells_false_from_absent() {
        let with = |operator: &str, value: &str| {
            json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {operator: {"aws:MultiFactorAuthPresent": value}}}})
        };
        for (operator, value, present, expected) in [
            ("Bool", "true", Some("true"), Verdict::Allow),
            ("Bool", "true", Some("false"), Verdict::Implicit),
            ("Bool", "true", None, Verdict::Implicit),
            ("BoolIfExists", "true", None, Verdict::Allow),
            ("BoolIfExists", "false", None, Verdict::Allow),
            ("Bool", "false", None, Verdict::Implicit),
            ("Null", "true", None, Verdict::Allow),
            ("Null", "true", Some("false"), Verdict::Implicit),
        ] {
            let mut context = Context::new("s3:ListAllMyBuckets", "*");
            if let Some(present) = present {
                context.set("aws:multifactorauthpresent", present);
            }
            assert_eq!(
                verdict(&with(operator, value), &context),
                expected,
                "{operator} {value} {present:?}"
            );
        }
    }

    #[test]
    fn an_age_is_compared_as_a_number() {
        let document = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
            "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}});
        for (age, expected) in [
            ("900", Verdict::Allow),
            ("3600", Verdict::Implicit),
            ("20000", Verdict::Implicit),
        ] {
            let mut context = Context::new("sts:AssumeRole", "*");
            context.set("aws:MultiFactorAuthAge", age);
            assert_eq!(verdict(&document, &context), expected, "{age}");
        }
    }

    #[test]
    fn self_service_reaches_only_ones_own_user() {
        for (resource, expected) in [
            ("arn:aws:iam::123456789012:user/alice", Verdict::Allow),
            ("arn:aws:iam::123456789012:user/bob", Verdict::Implicit),
        ] {
            let mut context = Context::new("iam:ListMFADevices", resource);
            context.set("aws:username", "alice");
            assert_eq!(verdict(&self_service(), &context), expected, "{resource}");
        }
        let nobody = Context::new("iam:GetUser", "arn:aws:iam::123456789012:user/");
        assert_eq!(verdict(&self_service(), &nobody), Verdict::Implicit);
    }

    #[test]
    fn without_mfa_all_but_the_way_to_it_is_denied() {
        for (action, mfa, expected) in [
            ("iam:ListMFADevices", None, Verdict::Allow),
            ("sts:GetSessionToken", None, Verdict::Allow),
            ("iam:ListUsers", None, Verdict::Deny),
            ("iam:ListUsers", Some("false"), Verdict::Deny),
            ("iam:ListUsers", Some("true"), Verdict::Allow),
        ] {
            let mut context = Context::new(action, "*");
            if let Some(mfa) = mfa {
                context.set("aws:MultiFactorAuthPresent", mfa);
            }
            assert_eq!(
                verdict(&deny_without_mfa(), &context),
                expected,
                "{action} {mfa:?}"
            );
        }
    }
}
