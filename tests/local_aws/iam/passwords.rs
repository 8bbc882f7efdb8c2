//! Login profiles: a user's password for the console, and the rules for it.

use super::super::clock;
use super::super::form::Check;
use super::super::lag::New;
use super::super::model::{Account, Principal, User};
use super::super::password::{self, LoginProfile};
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::xml::Xml;
use super::{names, subject};

pub fn create(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::NEW_USER);
    let password = check.optional(&names::password("Password"));
    let reset_required = check.boolean("PasswordResetRequired").unwrap_or(false);
    check.done()?;
    let user = subject::user(call, named, "iam:CreateLoginProfile")?;
    if user.login.is_some() {
        return Err(subject::already_exists(format!(
            "Login Profile for user {} already exists.",
            user.name
        )));
    }
    // The model lets the password be absent; the service does not.
    let password = password.ok_or_else(|| {
        Refusal::validation("Password is required to create a login profile.").violation()
    })?;
    acceptable(call.account(), user, password)?;
    let profile = LoginProfile {
        created: call.now,
        changed: call.now,
        last_used: None,
        reset_required,
        passwords: vec![password.to_owned()],
        settling: call.world.lags.start(New::LoginProfile, call.now),
    };
    let name = user.name.clone();
    let mut result = Xml::default();
    result.within("LoginProfile", |xml| describe(xml, &name, &profile));
    let user = call.account_mut().users.get_mut(&name);
    user.expect("it was just found").login = Some(profile);
    Ok(result)
}

pub fn get(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::NEW_USER);
    check.done()?;
    let user = subject::user(call, named, "iam:GetLoginProfile")?;
    let profile = user.login.as_ref();
    let profile = profile.ok_or_else(|| no_profile(&user.name))?;
    let mut result = Xml::default();
    result.within("LoginProfile", |xml| describe(xml, &user.name, profile));
    Ok(result)
}

fn describe(xml: &mut Xml, user: &str, profile: &LoginProfile) {
    xml.text("UserName", user)
        .text("CreateDate", clock::iso8601(profile.created))
        .text("PasswordResetRequired", profile.reset_required.to_string());
}

pub fn update(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("UserName", names::NEW_USER);
    let password = check.optional(&names::password("Password"));
    let reset_required = check.boolean("PasswordResetRequired");
    check.done()?;
    let user = subject::user(call, Some(name), "iam:UpdateLoginProfile")?;
    modifiable(user, call.now)?;
    if let Some(password) = password {
        acceptable(call.account(), user, password)?;
    }
    let now = call.now;
    let profile = profile_mut(call, name);
    if let Some(password) = password {
        set(profile, password, now);
    }
    if let Some(reset_required) = reset_required {
        profile.reset_required = reset_required;
    }
    Ok(Xml::default())
}

pub fn delete(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::NEW_USER);
    check.done()?;
    let now = call.now;
    let user = subject::user_mut(call, named, "iam:DeleteLoginProfile")?;
    modifiable(user, now)?;
    user.login = None;
    Ok(Xml::default())
}

/// One's own password, by knowing the old one.
pub fn change(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let old = check.required(&names::password("OldPassword"));
    let new = check.required(&names::password("NewPassword"));
    check.done()?;
    let Principal::User { name } = &call.caller.principal else {
        return Err(Refusal::new(
            400,
            "InvalidUserType",
            "Only IAM Users can change their own password.",
        ));
    };
    let user = permitted(call, name)?;
    modifiable(user, call.now)?;
    let present = user.login.as_ref().map(LoginProfile::password);
    if present != Some(old) {
        return Err(Refusal::access_denied("The old password was incorrect."));
    }
    acceptable(call.account(), user, new)?;
    let now = call.now;
    let profile = profile_mut(call, name);
    set(profile, new, now);
    profile.reset_required = false;
    Ok(Xml::default())
}

/// A password policy that lets users change their passwords stands in for the permission (IAM User
/// Guide, "Permit IAM users to change their own passwords"); an explicit deny still wins.
fn permitted<'c>(call: &'c Call<'_>, name: &'c str) -> Result<&'c User, Refusal> {
    let account = call.account();
    let by_policy = account.password_policy.as_ref();
    let refused = match subject::user(call, Some(name), "iam:ChangePassword") {
        Ok(user) => return Ok(user),
        Err(refused) => refused,
    };
    let open = by_policy.is_some_and(|policy| policy.users_may_change);
    if open && !refused.message.contains("explicit deny") {
        return Ok(&account.users[name]);
    }
    Err(refused)
}

pub fn policy(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    subject::allowed_at_all(call, "iam:GetAccountPasswordPolicy")?;
    let account = call.account();
    let policy = account.password_policy.as_ref().ok_or_else(|| {
        Refusal::no_such_entity(format!(
            "The Password Policy with domain name {} cannot be found.",
            account.id
        ))
    })?;
    let mut result = Xml::default();
    result.within("PasswordPolicy", |xml| {
        xml.text("MinimumPasswordLength", policy.minimum_length.to_string())
            .text("RequireSymbols", policy.symbols.to_string())
            .text("RequireNumbers", policy.numbers.to_string())
            .text("RequireUppercaseCharacters", policy.uppercase.to_string())
            .text("RequireLowercaseCharacters", policy.lowercase.to_string())
            .text(
                "AllowUsersToChangePassword",
                policy.users_may_change.to_string(),
            )
            .text("ExpirePasswords", policy.max_age.is_some().to_string());
        if let Some(days) = policy.max_age {
            xml.text("MaxPasswordAge", days.to_string());
        }
        if let Some(count) = policy.reuse_prevention {
            xml.text("PasswordReusePrevention", count.to_string());
        }
        if let Some(hard) = policy.hard_expiry {
            xml.text("HardExpiry", hard.to_string());
        }
    });
    Ok(result)
}

/// Whether the account's policy, or the default one, lets this be the user's next password.
fn acceptable(account: &Account, user: &User, password: &str) -> Result<(), Refusal> {
    let Some(policy) = &account.password_policy else {
        return password::check_default(password, &user.name);
    };
    policy.check(password)?;
    let former = user.login.iter().flat_map(|login| &login.passwords);
    let remembered = policy.reuse_prevention.unwrap_or(0);
    if former.take(remembered).any(|former| former == password) {
        return Err(password::violation(
            "Policy constraint violation with password reuse prevention during password change.",
        ));
    }
    Ok(())
}

/// A login profile that is there, and has been for long enough.
fn modifiable(user: &User, now: u64) -> Result<(), Refusal> {
    let profile = user.login.as_ref();
    let profile = profile.ok_or_else(|| no_profile(&user.name))?;
    if profile.settling.settled(now) {
        return Ok(());
    }
    Err(Refusal::new(
        409,
        "EntityTemporarilyUnmodifiable",
        format!(
            "Login Profile for User {} cannot be modified while login profile is being created.",
            user.name
        ),
    ))
}

fn profile_mut<'c>(call: &'c mut Call<'_>, name: &str) -> &'c mut LoginProfile {
    let user = call.account_mut().users.get_mut(name);
    let profile = user.and_then(|user| user.login.as_mut());
    profile.expect("the profile was just found")
}

fn set(profile: &mut LoginProfile, password: &str, now: u64) {
    profile.passwords.insert(0, password.to_owned());
    profile.changed = now;
}

fn no_profile(user: &str) -> Refusal {
    Refusal::no_such_entity(format!("Login Profile for User {user} cannot be found."))
}
