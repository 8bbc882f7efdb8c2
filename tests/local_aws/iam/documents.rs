//! Policy documents as they come in: what IAM refuses about them before it keeps them.
//!
//! What the evaluator does not know is refused as well, and remembered as a violation: a policy
//! must never mean less here than it says.

use serde_json::Value;

use super::super::policy::{Policy, Statement};
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::trust::TrustPolicy;
use super::super::world::World;

/// Characters as IAM counts them against its quotas: white space does not.
pub fn length(text: &str) -> usize {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .count()
}

/// A policy of a user, a role or a group.
pub fn identity(text: &str) -> Result<Policy, Refusal> {
    let document = json(text).ok_or_else(|| malformed("Syntax errors in policy."))?;
    if document["Version"] != "2012-10-17" {
        return Err(malformed(
            "Policy document must be version 2012-10-17 or greater.",
        ));
    }
    for statement in statements(&document) {
        let has = |name: &str| !statement[name].is_null();
        let wrong = if has("Principal") {
            "Policy document should not specify a principal."
        } else if !has("Action") && !has("NotAction") {
            "Policy statement must contain actions."
        } else if !has("Resource") && !has("NotResource") {
            "Policy statement must contain resources."
        } else {
            continue;
        };
        return Err(malformed(wrong));
    }
    let policy = understood(document)?;
    let actions = |statement: &Statement| statement.actions.0.clone();
    for action in policy.statements().iter().flat_map(actions) {
        if action != "*" && !action.contains(':') {
            return Err(malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ));
        }
    }
    Ok(policy)
}

/// A role's trust policy, whose principals must exist.
pub fn trust(call: &Call<'_>, text: &str) -> Result<TrustPolicy, Refusal> {
    let mut document = json(text).ok_or_else(|| malformed("This policy contains invalid Json"))?;
    for statement in statements(&document) {
        let has = |name: &str| !statement[name].is_null();
        if has("Resource") || has("NotResource") {
            return Err(malformed("Has prohibited field Resource"));
        }
        if !has("Principal") {
            return Err(malformed("Missing required field Principal"));
        }
    }
    root_arns(&mut document, &call.caller.partition);
    let policy = understood(document)?;
    let actions = |statement: &Statement| statement.actions.0.clone();
    for action in policy.statements().iter().flat_map(actions) {
        let known = ["sts:assumerole", "sts:tagsession", "sts:setsourceidentity"];
        if !known.contains(&action.to_ascii_lowercase().as_str()) {
            return Err(malformed(
                "AssumeRole policy may only specify STS AssumeRole actions.",
            ));
        }
    }
    for principal in policy.principals() {
        if !exists(call.world, principal, &call.caller.partition, call.now) {
            return Err(malformed(&format!(
                "Invalid principal in policy: \"AWS\":\"{principal}\""
            )));
        }
    }
    Ok(TrustPolicy::bind(policy, call.world))
}

/// AWS keeps an account's number as the ARN of its root.
fn root_arns(document: &mut Value, partition: &str) {
    match document {
        Value::String(text) if is_account(text) => {
            *text = format!("arn:{partition}:iam::{text}:root");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| root_arns(item, partition)),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| ["Statement", "Principal", "AWS"].contains(&name.as_str()))
            .for_each(|(_, item)| root_arns(item, partition)),
        _ => (),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn exists(world: &World, principal: &str, partition: &str, now: u64) -> bool {
    if principal == "*" {
        return true;
    }
    let fields: Vec<&str> = principal.splitn(6, ':').collect();
    let ["arn", theirs, service, "", account, resource] = fields.as_slice() else {
        return false;
    };
    let Some(account) = world.accounts.get(*account) else {
        return false;
    };
    if *theirs != partition || account.partition != partition {
        return false;
    }
    let role_settled = |name: &str| {
        let role = account.roles.get(name);
        role.is_some_and(|role| role.settling.settled(now))
    };
    match (*service, *resource) {
        ("iam", "root") => true,
        ("iam", _) => {
            let mut users = account.users.values();
            let user = users.find(|user| account.user_arn(user) == principal);
            let role = account.role_by_arn(principal);
            user.is_some_and(|user| user.settling.settled(now))
                || role.is_some_and(|role| role.settling.settled(now))
        }
        ("sts", session) => session
            .strip_prefix("assumed-role/")
            .and_then(|rest| rest.split('/').next())
            .is_some_and(role_settled),
        _ => false,
    }
}

fn json(text: &str) -> Option<Value> {
    let document: Value = serde_json::from_str(text).ok()?;
    let whole = document.is_object()
        && (document["Statement"].is_object() || document["Statement"].is_array());
    whole.then_some(document)
}

fn statements(document: &Value) -> &[Value] {
    match &document["Statement"] {
        Value::Array(statements) => statements,
        one => std::slice::from_ref(one),
    }
}

fn understood(document: Value) -> Result<Policy, Refusal> {
    Policy::parse(document).map_err(|why| malformed(&why).violation())
}

fn malformed(message: &str) -> Refusal {
    Refusal::new(400, "MalformedPolicyDocument", message)
}
