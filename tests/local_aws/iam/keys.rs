//! Access keys of users: CreateAccessKey to GetAccessKeyLastUsed.

use super::super::clock;
use super::super::form::Check;
use super::super::lag::New;
use super::super::model::{Account, Key, Principal};
use super::super::quota;
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::xml::Xml;
use super::names::{self, ACCESS_KEY_ID};
use super::page::Page;
use super::subject;

pub fn create(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::USER);
    check.done()?;
    let user = subject::user(call, named, "iam:CreateAccessKey")?;
    let (name, present) = (user.name.clone(), user.keys.len());
    let most = call.account().quotas.keys_per_user;
    quota::check("AccessKeysPerUser", present, most)?;
    let mut key = Key::new(&mut call.world.random, call.now);
    key.settling = call.world.lags.start(New::AccessKey, call.now);
    key.listed = call.world.lags.start(New::ListedKey, call.now);
    let mut result = Xml::default();
    result.within("AccessKey", |xml| {
        xml.text("UserName", &name)
            .text("AccessKeyId", &key.id)
            .text("Status", status(&key))
            .text("SecretAccessKey", &key.secret)
            .text("CreateDate", clock::iso8601(key.created));
    });
    let user = call.account_mut().users.get_mut(&name);
    user.expect("it was just found").keys.push(key);
    Ok(result)
}

pub fn list(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::USER);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let user = subject::user(call, named, "iam:ListAccessKeys")?;
    let keys = user.keys.iter();
    let keys: Vec<&Key> = keys.filter(|key| key.listed.settled(call.now)).collect();
    page?.write("AccessKeyMetadata", &keys, |xml, key| {
        xml.text("UserName", &user.name)
            .text("AccessKeyId", &key.id)
            .text("Status", status(key))
            .text("CreateDate", clock::iso8601(key.created));
    })
}

pub fn update(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::USER);
    let id = check.required(&ACCESS_KEY_ID);
    let status = check.required_one_of("Status", &["Active", "Inactive"]);
    check.done()?;
    let user = subject::user_mut(call, named, "iam:UpdateAccessKey")?;
    let key = user.keys.iter_mut().find(|key| key.id == id);
    key.ok_or_else(|| no_such_key(id))?.active = status == "Active";
    Ok(Xml::default())
}

pub fn delete(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::USER);
    let id = check.required(&ACCESS_KEY_ID);
    check.done()?;
    let user = subject::user_mut(call, named, "iam:DeleteAccessKey")?;
    let place = user.keys.iter().position(|key| key.id == id);
    user.keys.remove(place.ok_or_else(|| no_such_key(id))?);
    let name = user.name.clone();
    let removal = call.world.lags.start(New::Removal, call.now);
    if let Some(user) = call.account_mut().users.get_mut(&name) {
        user.in_iam.removal = removal;
    }
    Ok(Xml::default())
}

/// A key of nobody's in this account is refused like one that the caller has no permission for:
/// AWS does not say whose it is, or whether it is.
pub fn last_used(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    const ACTION: &str = "iam:GetAccessKeyLastUsed";
    let mut check = Check::new(call.form);
    let id = check.required(&ACCESS_KEY_ID);
    check.done()?;
    let account = call.account();
    let shown = format!("access key {id}");
    let Some((owner, key)) = owner(account, id) else {
        subject::allowed_as(call, ACTION, "*", &shown)?;
        let who = account.principal_arn(&call.caller.principal);
        return Err(Refusal::access_denied(format!(
            "User: {who} is not authorized to perform: {ACTION} on resource: {shown}"
        )));
    };
    let arn = account.principal_arn(&owner);
    subject::allowed_as(call, ACTION, &arn, &shown)?;
    let mut result = Xml::default();
    if let Principal::User { name } = &owner {
        result.text("UserName", name);
    }
    result.within("AccessKeyLastUsed", |xml| match &key.last_used {
        Some(used) => {
            xml.text("LastUsedDate", clock::iso8601(used.at))
                .text("ServiceName", &used.service)
                .text("Region", &used.region);
        }
        None => {
            xml.text("ServiceName", "N/A").text("Region", "N/A");
        }
    });
    Ok(result)
}

fn owner<'a>(account: &'a Account, id: &str) -> Option<(Principal, &'a Key)> {
    let users = account.users.values().flat_map(|user| {
        let name = user.name.clone();
        let owner = Principal::User { name };
        user.keys.iter().map(move |key| (owner.clone(), key))
    });
    let root = account.root_keys.iter().map(|key| (Principal::Root, key));
    users.chain(root).find(|(_, key)| key.id == id)
}

fn no_such_key(id: &str) -> Refusal {
    Refusal::no_such_entity(format!("The Access Key with id {id} cannot be found."))
}

pub fn status(key: &Key) -> &'static str {
    if key.active { "Active" } else { "Inactive" }
}
