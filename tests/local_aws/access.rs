//! Who may do what: the caller's identity policies, a role's trust policy, and the two together.
//!
//! Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic".
//! Refusals come back in AWS's words; which resource an action is checked against is the action's
//! to say.

use super::model::{Account, Caller, Principal, Role, World};
use super::policy::{Context, Verdict};
use super::refusal::Refusal;

/// What IAM checks before it carries out an action.
#[derive(Debug)]
pub struct Request<'a> {
    /// `iam:ListMFADevices`.
    pub action: &'a str,
    /// The ARN that policies match.
    pub resource: &'a str,
    /// How AWS's message names it: `user alice` rather than the ARN for users.
    pub shown: &'a str,
}

/// Refuses unless the caller's identity policies allow the action.
pub fn allow(
    world: &World,
    caller: &Caller,
    now: u64,
    request: &Request<'_>,
) -> Result<(), Refusal> {
    allow_with(world, caller, now, request, &[])
}

/// The same with condition keys of the request's own: `iam:PolicyARN`, `aws:ResourceTag/…`.
pub fn allow_with(
    world: &World,
    caller: &Caller,
    now: u64,
    request: &Request<'_>,
    keys: &[(String, String)],
) -> Result<(), Refusal> {
    let mut context = context(world, caller, now, request);
    for (key, value) in keys {
        context.set(key, value);
    }
    let why = match identity_verdict(world, caller, now, &context) {
        Verdict::Allow => return Ok(()),
        Verdict::Deny => " with an explicit deny in an identity-based policy".to_owned(),
        Verdict::Implicit => format!(
            " because no identity-based policy allows the {} action",
            request.action
        ),
    };
    Err(denied(world, caller, request, &why))
}

/// Refuses only where a policy says so explicitly: for actions that need no permission.
pub fn not_denied(
    world: &World,
    caller: &Caller,
    now: u64,
    request: &Request<'_>,
) -> Result<(), Refusal> {
    match identity_verdict(world, caller, now, &context(world, caller, now, request)) {
        Verdict::Deny => Err(denied(
            world,
            caller,
            request,
            " with an explicit deny in an identity-based policy",
        )),
        Verdict::Allow | Verdict::Implicit => Ok(()),
    }
}

/// What an AssumeRole request adds to the context.
#[derive(Debug)]
pub struct RoleRequest<'a> {
    pub role_arn: &'a str,
    pub session_name: &'a str,
    pub external_id: Option<&'a str>,
    /// A code came with the request itself and was right.
    pub proven: bool,
}

/// Refuses unless both sides agree: the role's trust policy, and the caller's own policies where
/// the trust policy names the caller's account rather than the caller, or another account.
pub fn assume(
    world: &World,
    caller: &Caller,
    now: u64,
    role: Option<(&Account, &Role)>,
    request: &RoleRequest<'_>,
) -> Result<(), Refusal> {
    let described = Request {
        action: "sts:AssumeRole",
        resource: request.role_arn,
        shown: request.role_arn,
    };
    let refuse = |why: &str| Err(denied(world, caller, &described, why));
    let mut context = context(world, caller, now, &described);
    context.set("sts:RoleSessionName", request.session_name);
    if let Some(external_id) = request.external_id {
        context.set("sts:ExternalId", external_id);
    }
    if request.proven {
        set_mfa(&mut context, now, now);
    }
    let own = identity_verdict(world, caller, now, &context);
    if own == Verdict::Deny {
        return refuse(" with an explicit deny in an identity-based policy");
    }
    // A role that does not exist is refused in the same words as one that does not trust you.
    let Some((account, role)) = role else {
        return refuse("");
    };
    if !role.settling.settled(now) {
        return refuse("");
    }
    let trust = role.trust_at(now);
    let directly = trust.verdict(&context, &own_names(world, caller));
    let by_account = trust.verdict(&context, &account_names(world, caller));
    let same_account = account.id == caller.account;
    let trusted = match directly.max(by_account) {
        Verdict::Deny => return refuse(" with an explicit deny in a resource-based policy"),
        Verdict::Allow => own == Verdict::Allow || (same_account && directly == Verdict::Allow),
        Verdict::Implicit => false,
    };
    if trusted { Ok(()) } else { refuse("") }
}

/// The spellings by which a `Principal` names this very caller, with the unique id behind each.
fn own_names(world: &World, caller: &Caller) -> Vec<(String, String)> {
    let account = world.account(&caller.account);
    let arn = account.principal_arn(&caller.principal);
    let mut names = vec![(arn, account.principal_id(&caller.principal))];
    if let Principal::Role { name, .. } = &caller.principal {
        let role = &account.roles[name];
        names.push((account.role_arn(role), role.id.clone()));
    }
    names
}

/// The spellings by which a `Principal` names the caller's whole account.
fn account_names(world: &World, caller: &Caller) -> Vec<(String, String)> {
    let id = || caller.account.clone();
    vec![
        (world.account(&caller.account).arn("root"), id()),
        (id(), id()),
    ]
}

fn identity_verdict(world: &World, caller: &Caller, now: u64, context: &Context) -> Verdict {
    let account = world.account(&caller.account);
    match &caller.principal {
        Principal::Root => Verdict::Allow,
        Principal::User { name } => account
            .groups_of(name)
            .map(|group| &group.grants)
            .chain([&account.users[name].grants])
            .map(|grants| grants.verdict(context, now))
            .max()
            .unwrap_or(Verdict::Implicit),
        Principal::Role { name, .. } => account.roles[name].grants.verdict(context, now),
    }
}

/// The MFA keys exist only for temporary credentials (IAM User Guide, "AWS global condition
/// context keys"), and role sessions never carry MFA.
fn context(world: &World, caller: &Caller, now: u64, request: &Request<'_>) -> Context {
    let mut context = Context::new(request.action, request.resource);
    let account = world.account(&caller.account);
    context.set("aws:PrincipalArn", account.principal_arn(&caller.principal));
    context.set("aws:PrincipalAccount", &caller.account);
    context.set("aws:userid", account.principal_id(&caller.principal));
    if let Principal::User { name } = &caller.principal {
        context.set("aws:username", name);
    }
    if caller.temporary {
        context.set("aws:MultiFactorAuthPresent", "false");
    }
    if let Some(since) = caller.mfa_at {
        set_mfa(&mut context, since, now);
    }
    context
}

fn set_mfa(context: &mut Context, since: u64, now: u64) {
    context.set("aws:MultiFactorAuthPresent", "true");
    context.set(
        "aws:MultiFactorAuthAge",
        now.saturating_sub(since).to_string(),
    );
}

fn denied(world: &World, caller: &Caller, request: &Request<'_>, why: &str) -> Refusal {
    let who = world
        .account(&caller.account)
        .principal_arn(&caller.principal);
    Refusal::access_denied(format!(
        "User: {who} is not authorized to perform: {} on resource: {}{why}",
        request.action, request.shown
    ))
}
