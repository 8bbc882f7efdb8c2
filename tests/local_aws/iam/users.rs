//! Users: made, shown, listed, tagged, deleted.

use super::super::clock;
use super::super::form::Check;
use super::super::lag::New;
use super::super::model::{Account, User};
use super::super::quota;
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::xml::Xml;
use super::names::{self, PATH_PREFIX};
use super::page::Page;
use super::{subject, tags};

pub fn create(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let path = check.path("Path");
    let name = check.required_name("UserName", names::NEW_USER);
    let tags = tags::read(call.form, &mut check);
    check.done()?;
    let tags = tags?;
    subject::allowed_to_make(
        call,
        "iam:CreateUser",
        "iam:TagUser",
        &format!("user{path}{name}"),
        &tags,
    )?;
    let account = call.account();
    if account
        .users
        .keys()
        .any(|taken| taken.eq_ignore_ascii_case(name))
    {
        return Err(subject::already_exists(format!(
            "User with name {name} already exists."
        )));
    }
    quota::check("UsersPerAccount", account.users.len(), account.quotas.users)?;
    let id = call.world.random.id("AIDA", 21);
    let mut user = User::new(id, path, name, call.now);
    tags::put(&mut user.tags, tags)?;
    user.settling = call.world.lags.start(New::User, call.now);
    user.in_iam.name = call.world.lags.start(New::UserName, call.now);
    user.in_iam.tags = call.world.lags.start(New::Tags, call.now);
    let account = call.account_mut();
    let mut result = Xml::default();
    result.within("User", |xml| {
        describe(xml, account, &user);
        tags::describe(xml, &user.tags);
    });
    account.users.insert(name.to_owned(), user);
    Ok(result)
}

pub fn get(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::USER);
    check.done()?;
    let user = subject::user(call, named, "iam:GetUser")?;
    let mut result = Xml::default();
    result.within("User", |xml| {
        describe(xml, call.account(), user);
        if user.in_iam.tags.settled(call.now) {
            tags::describe(xml, &user.tags);
        }
    });
    Ok(result)
}

pub fn list(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let prefix = check.optional(&PATH_PREFIX).unwrap_or("/");
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    subject::allowed(call, "iam:ListUsers", &format!("user{prefix}"))?;
    let account = call.account();
    let users = account.users.values();
    let users: Vec<&User> = users.filter(|user| user.path.starts_with(prefix)).collect();
    page?.write("Users", &users, |xml, user| describe(xml, account, user))
}

/// What lists show of a user; tags are shown by GetUser alone.
pub fn describe(xml: &mut Xml, account: &Account, user: &User) {
    xml.text("Path", &user.path)
        .text("UserName", &user.name)
        .text("UserId", &user.id)
        .text("Arn", account.user_arn(user))
        .text("CreateDate", clock::iso8601(user.created));
    if let Some(used) = user.login.as_ref().and_then(|login| login.last_used) {
        xml.text("PasswordLastUsed", clock::iso8601(used));
    }
}

/// Refuses while anything of the user's is left. AWS's order is not documented; this one is what
/// people meet (keys, password, device, policies, groups).
pub fn delete(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("UserName", names::USER);
    check.done()?;
    let user = subject::user(call, Some(name), "iam:DeleteUser")?;
    let account = call.account();
    let left = [
        (!user.keys.is_empty(), "must delete access keys first"),
        (user.login.is_some(), "must delete login profile first"),
        (
            account.devices_of(name).next().is_some(),
            "must remove tokens from principal first",
        ),
        (
            !user.grants.attached.is_empty(),
            "must detach all policies first",
        ),
        (!user.grants.inline.is_empty(), "must delete policies first"),
        (
            account.groups_of(name).next().is_some(),
            "must remove users from group first",
        ),
        (
            !user.belongings.is_empty(),
            "must remove referenced objects first",
        ),
        (
            !user.in_iam.removal.settled(call.now),
            "must delete access keys first",
        ),
    ];
    if let Some((_, what)) = left.into_iter().find(|(left, _)| *left) {
        return Err(subject::delete_conflict(&format!(
            "Cannot delete entity, {what}."
        )));
    }
    call.world.remove_user(&call.caller.account, name);
    Ok(Xml::default())
}

pub fn tag(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("UserName", names::USER);
    let new = tags::read(call.form, &mut check);
    check.done()?;
    let new = new?;
    let user = subject::user_mut(call, Some(name), "iam:TagUser")?;
    tags::put(&mut user.tags, new)?;
    Ok(Xml::default())
}

pub fn untag(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("UserName", names::USER);
    let keys = tags::read_keys(call.form, &mut check);
    check.done()?;
    let keys = keys?;
    let user = subject::user_mut(call, Some(name), "iam:UntagUser")?;
    tags::remove(&mut user.tags, &keys);
    Ok(Xml::default())
}

pub fn list_tags(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("UserName", names::USER);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let user = subject::user(call, Some(name), "iam:ListUserTags")?;
    page?.write("Tags", &user.tags, tags::describe_one)
}
