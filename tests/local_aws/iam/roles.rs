//! Roles: made, shown, listed, changed, tagged, deleted.

use super::super::clock;
use super::super::form::{Check, Text};
use super::super::lag::New;
use super::super::model::{Account, Role};
use super::super::quota;
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::sigv4::percent_encoded;
use super::super::world::World;
use super::super::xml::Xml;
use super::names::{self, PATH_PREFIX, POLICY_DOCUMENT, TRUST_DOCUMENT};
use super::page::Page;
use super::{documents, subject, tags};

const DESCRIPTION: Text = Text {
    parameter: "Description",
    length: 0..=1000,
    pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
    allows: |letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}'),
};

pub fn create(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let path = check.path("Path");
    let name = check.required_name("RoleName", names::ROLE);
    let document = check.required(&TRUST_DOCUMENT);
    let description = check.optional(&DESCRIPTION);
    let duration = check.number("MaxSessionDuration", 3_600..=43_200, 3_600);
    let tags = tags::read(call.form, &mut check);
    check.done()?;
    let tags = tags?;
    subject::allowed_to_make(
        call,
        "iam:CreateRole",
        "iam:TagRole",
        &format!("role{path}{name}"),
        &tags,
    )?;
    let account = call.account();
    if account
        .roles
        .keys()
        .any(|taken| taken.eq_ignore_ascii_case(name))
    {
        return Err(subject::already_exists(format!(
            "Role with name {name} already exists."
        )));
    }
    quota::check("RolesPerAccount", account.roles.len(), account.quotas.roles)?;
    fits(call, document)?;
    let trust = documents::trust(call, document)?;
    let id = call.world.random.id("AROA", 21);
    let mut role = Role::new(id, path, name, call.now, trust);
    role.description = description.map(str::to_owned);
    role.max_duration = duration;
    tags::put(&mut role.tags, tags)?;
    role.settling = call.world.lags.start(New::Role, call.now);
    role.in_iam.name = call.world.lags.start(New::RoleName, call.now);
    role.in_iam.tags = call.world.lags.start(New::Tags, call.now);
    let mut result = Xml::default();
    result.within("Role", |xml| {
        describe(xml, call.world, call.account(), &role);
        tags::describe(xml, &role.tags);
    });
    call.account_mut().roles.insert(name.to_owned(), role);
    Ok(result)
}

fn fits(call: &Call<'_>, document: &str) -> Result<(), Refusal> {
    let most = call.account().quotas.trust_policy_length;
    let length = documents::length(document);
    quota::check("ACLSizePerRole", length.saturating_sub(1), most)
}

pub fn get(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("RoleName", names::ROLE);
    check.done()?;
    let role = subject::role(call, name, "iam:GetRole")?;
    let mut result = Xml::default();
    result.within("Role", |xml| {
        describe(xml, call.world, call.account(), role);
        if role.in_iam.tags.settled(call.now) {
            tags::describe(xml, &role.tags);
        }
        xml.within("RoleLastUsed", |xml| {
            if let Some(used) = &role.last_used {
                xml.text("LastUsedDate", clock::iso8601(used.at))
                    .text("Region", &used.region);
            }
        });
    });
    Ok(result)
}

pub fn list(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let prefix = check.optional(&PATH_PREFIX).unwrap_or("/");
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    subject::allowed(call, "iam:ListRoles", &format!("role{prefix}"))?;
    let account = call.account();
    let roles = account.roles.values();
    let roles: Vec<&Role> = roles.filter(|role| role.path.starts_with(prefix)).collect();
    page?.write("Roles", &roles, |xml, role| {
        describe(xml, call.world, account, role);
    })
}

/// What lists show of a role; tags and the last use are shown by GetRole alone.
fn describe(xml: &mut Xml, world: &World, account: &Account, role: &Role) {
    let document = role.trust.document(world).to_string();
    xml.text("Path", &role.path)
        .text("RoleName", &role.name)
        .text("RoleId", &role.id)
        .text("Arn", account.role_arn(role))
        .text("CreateDate", clock::iso8601(role.created))
        .text(
            "AssumeRolePolicyDocument",
            percent_encoded(document.as_bytes()),
        );
    if let Some(description) = &role.description {
        xml.text("Description", description);
    }
    xml.text("MaxSessionDuration", role.max_duration.to_string());
}

pub fn update(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("RoleName", names::ROLE);
    let description = check.optional(&DESCRIPTION);
    let present = call.form.get("MaxSessionDuration").is_some();
    let duration = check.number("MaxSessionDuration", 3_600..=43_200, 3_600);
    check.done()?;
    let role = subject::role_mut(call, name, "iam:UpdateRole")?;
    if let Some(description) = description {
        role.description = Some(description.to_owned());
    }
    if present {
        role.max_duration = duration;
    }
    Ok(Xml::default())
}

pub fn update_trust(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("RoleName", names::ROLE);
    let document = check.required(&POLICY_DOCUMENT);
    check.done()?;
    subject::role(call, name, "iam:UpdateAssumeRolePolicy")?;
    fits(call, document)?;
    let trust = documents::trust(call, document)?;
    let settling = call.world.lags.start(New::TrustPolicy, call.now);
    if let Some(role) = call.account_mut().roles.get_mut(name) {
        role.former_trust = Some(std::mem::replace(&mut role.trust, trust));
        role.trust_settling = settling;
    }
    Ok(Xml::default())
}

pub fn delete(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("RoleName", names::ROLE);
    check.done()?;
    let role = subject::role(call, name, "iam:DeleteRole")?;
    let left = [
        (
            !role.instance_profiles.is_empty(),
            "must remove roles from instance profile first",
        ),
        (
            !role.grants.attached.is_empty(),
            "must detach all policies first",
        ),
        (!role.grants.inline.is_empty(), "must delete policies first"),
        (
            !role.in_iam.removal.settled(call.now),
            "must detach all policies first",
        ),
    ];
    if let Some((_, what)) = left.into_iter().find(|(left, _)| *left) {
        return Err(subject::delete_conflict(&format!(
            "Cannot delete entity, {what}."
        )));
    }
    call.world.remove_role(&call.caller.account, name);
    Ok(Xml::default())
}

pub fn tag(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("RoleName", names::ROLE);
    let new = tags::read(call.form, &mut check);
    check.done()?;
    let new = new?;
    let role = subject::role_mut(call, name, "iam:TagRole")?;
    tags::put(&mut role.tags, new)?;
    Ok(Xml::default())
}

pub fn untag(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("RoleName", names::ROLE);
    let keys = tags::read_keys(call.form, &mut check);
    check.done()?;
    let keys = keys?;
    let role = subject::role_mut(call, name, "iam:UntagRole")?;
    tags::remove(&mut role.tags, &keys);
    Ok(Xml::default())
}

pub fn list_tags(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("RoleName", names::ROLE);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let role = subject::role(call, name, "iam:ListRoleTags")?;
    page?.write("Tags", &role.tags, tags::describe_one)
}
