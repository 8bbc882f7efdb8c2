//! Whom or what an action is about: permission first, then existence, as in AWS.

use super::super::access;
use super::super::model::{Principal, Role, Tags, User};
use super::super::refusal::Refusal;
use super::super::service::Call;

/// Condition keys of a request's own.
pub type Keys = Vec<(String, String)>;

/// Refuses unless the caller may do `action` to `resource` (`mfa/alice`), an ARN without its
/// beginning; AWS's message shows the whole ARN.
pub fn allowed(call: &Call<'_>, action: &str, resource: &str) -> Result<(), Refusal> {
    let resource = call.account().arn(resource);
    check(call, action, &resource, &resource, &[])
}

/// The same for something that is to be made with these tags, which takes the permission to put them
/// on as well (IAM User Guide, "Tags for IAM users": permissions required).
pub fn allowed_to_make(
    call: &Call<'_>,
    action: &str,
    tagging: &str,
    resource: &str,
    tags: &Tags,
) -> Result<(), Refusal> {
    let (resource, keys) = (call.account().arn(resource), request_tags(tags));
    check(call, action, &resource, &resource, &keys)?;
    if tags.is_empty() {
        return Ok(());
    }
    check(call, tagging, &resource, &resource, &keys)
}

/// Refuses unless the caller may do `action` in the account as a whole.
pub fn allowed_at_all(call: &Call<'_>, action: &str) -> Result<(), Refusal> {
    check(call, action, "*", "*", &[])
}

/// `shown` is how AWS's message names the resource.
pub fn allowed_as(
    call: &Call<'_>,
    action: &str,
    resource: &str,
    shown: &str,
) -> Result<(), Refusal> {
    check(call, action, resource, shown, &[])
}

fn check(
    call: &Call<'_>,
    action: &str,
    resource: &str,
    shown: &str,
    keys: &[(String, String)],
) -> Result<(), Refusal> {
    let request = access::Request {
        action,
        resource,
        shown,
    };
    access::allow_with(call.world, call.caller, call.now, &request, keys)
}

/// `aws:RequestTag/…` of tags that are asked for.
fn request_tags(tags: &Tags) -> Keys {
    let key = |(key, value): &(String, String)| (format!("aws:RequestTag/{key}"), value.clone());
    tags.iter().map(key).collect()
}

/// `aws:ResourceTag/…`, and `iam:ResourceTag/…`, of tags that are there.
fn resource_tags(tags: &Tags) -> impl Iterator<Item = (String, String)> {
    tags.iter().flat_map(|(key, value)| {
        ["aws", "iam"].map(|vendor| (format!("{vendor}:ResourceTag/{key}"), value.clone()))
    })
}

/// The user's name: as given, or implied by the key.
pub fn user_name<'c>(call: &'c Call<'_>, named: Option<&'c str>) -> Result<&'c str, Refusal> {
    match (named, &call.caller.principal) {
        (Some(name), _) => Ok(name),
        (None, Principal::User { name }) => Ok(name),
        (None, _) => Err(Refusal::validation(
            "Must specify userName when calling with non-User credentials",
        )),
    }
}

/// The user a request is about, named or implied by the key, once the caller may do `action` to it.
pub fn user<'c>(
    call: &'c Call<'_>,
    named: Option<&'c str>,
    action: &str,
) -> Result<&'c User, Refusal> {
    user_with(call, named, action, Keys::new())
}

/// The same with condition keys of the request's own.
pub fn user_with<'c>(
    call: &'c Call<'_>,
    named: Option<&'c str>,
    action: &str,
    mut keys: Keys,
) -> Result<&'c User, Refusal> {
    let name = user_name(call, named)?;
    let account = call.account();
    let found = account.users.get(name);
    let resource = found.map_or_else(
        || account.arn(&format!("user/{name}")),
        |user| account.user_arn(user),
    );
    keys.extend(found.iter().flat_map(|user| resource_tags(&user.tags)));
    check(call, action, &resource, &format!("user {name}"), &keys)?;
    let found = found.filter(|user| user.in_iam.name.settled(call.now));
    found.ok_or_else(|| no_such_user(name))
}

/// The same for a change.
pub fn user_mut<'c>(
    call: &'c mut Call<'_>,
    named: Option<&str>,
    action: &str,
) -> Result<&'c mut User, Refusal> {
    let name = user(call, named, action)?.name.clone();
    let found = call.account_mut().users.get_mut(&name);
    found.ok_or_else(|| no_such_user(&name))
}

/// The role a request is about, once the caller may do `action` to it.
pub fn role<'c>(call: &'c Call<'_>, name: &'c str, action: &str) -> Result<&'c Role, Refusal> {
    role_with(call, name, action, Keys::new())
}

/// The same with condition keys of the request's own.
pub fn role_with<'c>(
    call: &'c Call<'_>,
    name: &'c str,
    action: &str,
    mut keys: Keys,
) -> Result<&'c Role, Refusal> {
    let account = call.account();
    let found = account.roles.get(name);
    let resource = found.map_or_else(
        || account.arn(&format!("role/{name}")),
        |role| account.role_arn(role),
    );
    keys.extend(found.iter().flat_map(|role| resource_tags(&role.tags)));
    check(call, action, &resource, &format!("role {name}"), &keys)?;
    let found = found.filter(|role| role.in_iam.name.settled(call.now));
    found.ok_or_else(|| no_such_role(name))
}

pub fn role_mut<'c>(
    call: &'c mut Call<'_>,
    name: &str,
    action: &str,
) -> Result<&'c mut Role, Refusal> {
    role(call, name, action)?;
    let found = call.account_mut().roles.get_mut(name);
    found.ok_or_else(|| no_such_role(name))
}

fn no_such_user(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("The user with name {name} cannot be found."))
}

fn no_such_role(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("The role with name {name} cannot be found."))
}

pub fn delete_conflict(message: &str) -> Refusal {
    Refusal::new(409, "DeleteConflict", message)
}

pub fn already_exists(message: impl Into<String>) -> Refusal {
    Refusal::new(409, "EntityAlreadyExists", message)
}

pub fn invalid_input(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidInput", message)
}
