//! The state of every account as a JSON value that two runs can be compared by.
//!
//! What differs from run to run is left out or named by what it is: unique ids, key ids and
//! secrets, seeds, moments. Keys are listed by status, oldest first. What a principal that is gone
//! has left in a trust policy, and a tag whose value is a moment, say so.

use serde_json::{Map, Value, json};

use super::grants::{Granted, Grants};
use super::model::{Account, Device, Role, Tags, User, World};

pub fn of(world: &World) -> Value {
    let accounts = world.accounts.iter();
    accounts
        .map(|(id, account)| (id.clone(), describe(world, account)))
        .collect::<Map<_, _>>()
        .into()
}

fn describe(world: &World, account: &Account) -> Value {
    let users = account.users.iter();
    let users = users.map(|(name, user)| (name.clone(), describe_user(user)));
    let roles = account.roles.iter();
    let roles = roles.map(|(name, role)| (name.clone(), describe_role(world, role)));
    let devices = account.devices.iter();
    let devices = devices.map(|(serial, device)| (serial.clone(), describe_device(device)));
    let groups = account.groups.iter();
    let groups = groups.map(|(name, group)| (name.clone(), json!(group.members)));
    json!({
        "users": users.collect::<Map<_, _>>(),
        "roles": roles.collect::<Map<_, _>>(),
        "devices": devices.collect::<Map<_, _>>(),
        "groups": groups.collect::<Map<_, _>>(),
        "policies": account.policies.keys().collect::<Vec<_>>(),
    })
}

fn describe_user(user: &User) -> Value {
    let status = |active| if active { "Active" } else { "Inactive" };
    let keys: Vec<&str> = user.keys.iter().map(|key| status(key.active)).collect();
    let login = user
        .login
        .as_ref()
        .map(|login| json!({ "reset_required": login.reset_required }));
    json!({
        "path": user.path,
        "keys": keys,
        "login_profile": login,
        "tags": describe_tags(&user.tags),
        "policies": describe_grants(&user.grants),
        "belongings": user.belongings.iter().map(|(_, id)| id).collect::<Vec<_>>(),
    })
}

fn describe_role(world: &World, role: &Role) -> Value {
    let mut trust = role.trust.document(world);
    forget_ids(&mut trust);
    json!({
        "path": role.path,
        "description": role.description,
        "max_duration": role.max_duration,
        "trust": trust,
        "tags": describe_tags(&role.tags),
        "policies": describe_grants(&role.grants),
        "instance_profiles": role.instance_profiles,
    })
}

fn describe_device(device: &Device) -> Value {
    json!({
        "kind": format!("{:?}", device.kind),
        "enabled": device.enabled.is_some(),
        "user": device.user,
        "tags": describe_tags(&device.tags),
    })
}

fn describe_grants(grants: &Grants) -> Value {
    let document =
        |(name, granted): (&String, &Granted)| (name.clone(), granted.policy.document().clone());
    json!({
        "attached": grants.attached.keys().collect::<Vec<_>>(),
        "inline": grants.inline.iter().map(document).collect::<Map<_, _>>(),
    })
}

fn describe_tags(tags: &Tags) -> Value {
    let tag = |(key, value): &(String, String)| {
        let shown = if is_moment(value) {
            "(a moment)"
        } else {
            value
        };
        (key.clone(), Value::from(shown))
    };
    tags.iter().map(tag).collect::<Map<_, _>>().into()
}

/// `2026-11-21T21:04:00Z` and its like, with any zone or fraction.
fn is_moment(text: &str) -> bool {
    let shape: String = text
        .chars()
        .take(16)
        .map(|letter| if letter.is_ascii_digit() { '9' } else { letter })
        .collect();
    shape == "9999-99-99T99:99"
}

fn forget_ids(value: &mut Value) {
    match value {
        Value::String(text) if text.starts_with("AIDA") || text.starts_with("AROA") => {
            *text = "(gone)".to_owned();
        }
        Value::Array(items) => items.iter_mut().for_each(forget_ids),
        Value::Object(fields) => fields.values_mut().for_each(forget_ids),
        _ => (),
    }
}
