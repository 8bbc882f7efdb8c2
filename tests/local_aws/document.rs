//! Policy documents, read: JSON to statements.
//!
//! Knows the elements and condition operators that MFA-related policies use and refuses a document
//! with anything else, so that a policy can never mean less than it says. Source: IAM User Guide,
//! "IAM JSON policy elements reference". What statements mean is [`super::policy`]'s.

use serde_json::Value;

use super::policy::{Condition, Operator, Statement};

/// Every statement of a policy.
///
/// # Errors
/// What is wrong with the document, or what the evaluator does not know.
pub fn statements(document: &Value) -> Result<Vec<Statement>, String> {
    let fields = document.as_object().ok_or("a policy is a JSON object")?;
    known(fields, &["Version", "Id", "Statement"])?;
    match fields.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().map(statement).collect(),
        Some(one) => statement(one).map(|one| vec![one]),
        None => Err("a policy needs a Statement".to_owned()),
    }
}

fn statement(value: &Value) -> Result<Statement, String> {
    let fields = value.as_object().ok_or("a statement is a JSON object")?;
    known(
        fields,
        &[
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Principal",
            "Condition",
        ],
    )?;
    let either = |positive: &str, negative: &str| -> Result<Option<(Vec<String>, bool)>, String> {
        match (fields.get(positive), fields.get(negative)) {
            (Some(list), None) => Ok(Some((strings(list)?, true))),
            (None, Some(list)) => Ok(Some((strings(list)?, false))),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(format!("{positive} and {negative} in one statement")),
        }
    };
    Ok(Statement {
        allow: match fields.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("Effect is Allow or Deny".to_owned()),
        },
        actions: either("Action", "NotAction")?.ok_or("a statement needs an Action")?,
        resources: either("Resource", "NotResource")?,
        principals: fields.get("Principal").map(principals).transpose()?,
        conditions: fields.get("Condition").map_or(Ok(Vec::new()), conditions)?,
    })
}

/// `"*"` or `{"AWS": …}`; an account id alone means the account's root, as AWS rewrites it.
fn principals(value: &Value) -> Result<Vec<String>, String> {
    if value == "*" {
        return Ok(vec!["*".to_owned()]);
    }
    let fields = value.as_object().ok_or("Principal is \"*\" or an object")?;
    known(fields, &["AWS"])?;
    strings(fields.get("AWS").ok_or("Principal names AWS identities")?)
}

fn conditions(value: &Value) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for (name, tests) in value.as_object().ok_or("Condition is an object")? {
        let bare = name.strip_suffix("IfExists");
        let operator = match bare.unwrap_or(name) {
            "StringEquals" | "ArnEquals" => Operator::StringEquals,
            "StringNotEquals" => Operator::StringNotEquals,
            "StringLike" | "ArnLike" => Operator::StringLike,
            "StringNotLike" => Operator::StringNotLike,
            "Bool" => Operator::Bool,
            "NumericLessThan" => Operator::NumericLessThan,
            "NumericLessThanEquals" => Operator::NumericLessThanEquals,
            "NumericGreaterThan" => Operator::NumericGreaterThan,
            "NumericGreaterThanEquals" => Operator::NumericGreaterThanEquals,
            "Null" => Operator::Null,
            _ => return Err(format!("the condition operator {name} is not known here")),
        };
        for (key, values) in tests.as_object().ok_or("a condition holds keys")? {
            conditions.push(Condition {
                operator,
                if_exists: bare.is_some(),
                key: key.clone(),
                values: strings(values)?,
            });
        }
    }
    Ok(conditions)
}

/// One string, boolean or number, or a list of them.
fn strings(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(items) => items
            .iter()
            .map(strings)
            .collect::<Result<Vec<_>, _>>()
            .map(|lists| lists.concat()),
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Bool(_) | Value::Number(_) => Ok(vec![value.to_string()]),
        _ => Err("expected a string or a list of strings".to_owned()),
    }
}

fn known(fields: &serde_json::Map<String, Value>, names: &[&str]) -> Result<(), String> {
    match fields.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(format!("the policy element {name} is not known here")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_that_is_not_fully_understood_is_refused() {
        for document in [
            json!({"Statement": {"Effect": "Allow", "Action": "*", "NotPrincipal": "*"}}),
            json!({"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"DateLessThan": {"a": "b"}}}}),
            json!({"Statement": {"Effect": "allow", "Action": "*"}}),
            json!({"Statement": {"Effect": "Allow"}}),
            json!({"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*"}}),
            json!({}),
        ] {
            assert!(statements(&document).is_err(), "{document}");
        }
    }
}
