//! The actions of AWS STS, version 2011-06-15.
//!
//! One function per action; each takes the request apart in AWS's order: constraints of the
//! service model, the one-time code, permissions, limits that depend on the role. A code is spent
//! when credentials are issued or the trust policy refuses; a duration over the role's maximum
//! leaves it unspent. Source: STS API Reference.

use super::access::{self, RoleRequest};
use super::clock;
use super::federation;
use super::form::{Check, Text, is_word_or};
use super::model::{Account, Kind, Principal, Role, Session, World};
use super::refusal::Refusal;
use super::service::{Action, Api, Call};
use super::xml::Xml;

pub const API: Api = Api {
    service: "sts",
    name: "AWSSecurityTokenService",
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    actions: &[
        Action {
            name: "GetCallerIdentity",
            parameters: &[],
            run: get_caller_identity,
        },
        Action {
            name: "GetSessionToken",
            parameters: &["DurationSeconds", "SerialNumber", "TokenCode"],
            run: get_session_token,
        },
        Action {
            name: "AssumeRole",
            parameters: &[
                "RoleArn",
                "RoleSessionName",
                "DurationSeconds",
                "ExternalId",
                "SerialNumber",
                "TokenCode",
            ],
            run: assume_role,
        },
        federation::GET_FEDERATION_TOKEN,
    ],
};

const ROLE_ARN: Text = Text {
    parameter: "RoleArn",
    length: 20..=2048,
    pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+",
    allows: |letter| matches!(letter, '\t' | '\n' | '\r' | '\u{85}') || !letter.is_control(),
};

const ROLE_SESSION_NAME: Text = Text {
    parameter: "RoleSessionName",
    length: 2..=64,
    pattern: "[\\w+=,.@-]*",
    allows: |letter| is_word_or(letter, "+=,.@-"),
};

const EXTERNAL_ID: Text = Text {
    parameter: "ExternalId",
    length: 2..=1224,
    pattern: "[\\w+=,.@:\\/-]*",
    allows: |letter| is_word_or(letter, "+=,.@:/-"),
};

const SERIAL_NUMBER: Text = Text {
    parameter: "SerialNumber",
    length: 9..=256,
    pattern: "[\\w+=/:,.@-]*",
    allows: |letter| is_word_or(letter, "+=/:,.@-"),
};

const TOKEN_CODE: Text = Text {
    parameter: "TokenCode",
    length: 6..=6,
    pattern: "[\\d]*",
    allows: |letter| letter.is_ascii_digit(),
};

/// Needs no permission, and no policy can deny it.
fn get_caller_identity(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let account = call.world.account(&call.caller.account);
    let mut result = Xml::default();
    result
        .text("Arn", account.principal_arn(&call.caller.principal))
        .text("UserId", account.principal_id(&call.caller.principal))
        .text("Account", &account.id);
    Ok(result)
}

/// Needs no permission; an explicit deny is honoured, which is why AWS's own "deny without MFA"
/// policy leaves this action out of the deny.
fn get_session_token(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    if call.caller.temporary {
        return Err(Refusal::access_denied(
            "Cannot call GetSessionToken with session credentials",
        ));
    }
    let root = call.caller.principal == Principal::Root;
    let mut check = Check::new(call.form);
    let default = if root { 3_600 } else { 43_200 };
    let duration = check.number("DurationSeconds", 900..=129_600, default);
    let serial = check.optional(&SERIAL_NUMBER);
    let code = check.optional(&TOKEN_CODE);
    check.done()?;
    let proof = proof(serial, code)?;
    let arn = call
        .world
        .account(&call.caller.account)
        .principal_arn(&call.caller.principal);
    let request = access::Request {
        action: "sts:GetSessionToken",
        resource: &arn,
        shown: &arn,
    };
    access::not_denied(call.world, call.caller, call.now, &request)?;
    if let Some(proof) = &proof {
        let step = step_proven(call, proof)?;
        spend(call, proof, step);
    }
    // Longer sessions of the root user are cut to an hour, not refused.
    let duration = if root { duration.min(3_600) } else { duration };
    let session = Session {
        secret: call.world.random.secret(),
        token: call.world.random.session_token(),
        expires: call.now + duration,
        principal: call.caller.principal.clone(),
        account: call.caller.account.clone(),
        mfa_at: proof.map(|_| call.now),
        chained: false,
        policies: None,
    };
    let mut result = Xml::default();
    issue(call.world, session, &mut result);
    Ok(result)
}

fn assume_role(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let arn = check.required(&ROLE_ARN);
    let session_name = check.required(&ROLE_SESSION_NAME);
    let duration = check.number("DurationSeconds", 900..=43_200, 3_600);
    let external_id = check.optional(&EXTERNAL_ID);
    let serial = check.optional(&SERIAL_NUMBER);
    let code = check.optional(&TOKEN_CODE);
    check.done()?;
    let account_id = role_account(arn)?.to_owned();
    if call.caller.principal == Principal::Root {
        return Err(Refusal::access_denied(
            "Roles may not be assumed by root accounts.",
        ));
    }
    if let Principal::Federated { .. } = call.caller.principal {
        return Err(Refusal::access_denied(
            "Cannot call AssumeRole with federation credentials",
        ));
    }
    if call.caller.temporary && duration > 3_600 {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    let proof = proof(serial, code)?;
    let step = proof
        .as_ref()
        .map(|proof| step_proven(call, proof))
        .transpose()?;
    let request = RoleRequest {
        role_arn: arn,
        session_name,
        external_id,
        proven: proof.is_some(),
    };
    let role = find_role(call.world, &account_id, arn);
    let verdict = access::assume(call.world, call.caller, call.now, role, &request);
    let limit = role.map(|(_, role)| role.max_duration);
    let name = role.map(|(_, role)| role.name.clone());
    if verdict.is_ok() && limit.is_some_and(|limit| duration > limit) {
        if let (true, Some((proof, step))) =
            (call.world.code_before_duration, proof.as_ref().zip(step))
        {
            spend(call, proof, step);
        }
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    if let Some((proof, step)) = proof.as_ref().zip(step) {
        spend(call, proof, step);
    }
    verdict?;
    let principal = Principal::Role {
        name: name.expect("only a role that exists is allowed"),
        session: session_name.to_owned(),
    };
    let session = Session {
        secret: call.world.random.secret(),
        token: call.world.random.session_token(),
        expires: call.now + duration,
        principal: principal.clone(),
        account: account_id.clone(),
        // AssumeRole's credentials carry no MFA of their own, however the role was assumed.
        mfa_at: None,
        chained: call.caller.temporary,
        policies: None,
    };
    let mut result = Xml::default();
    issue(call.world, session, &mut result);
    let account = call.world.account(&account_id);
    result.within("AssumedRoleUser", |xml| {
        xml.text("AssumedRoleId", account.principal_id(&principal))
            .text("Arn", account.principal_arn(&principal));
    });
    Ok(result)
}

/// The account in `arn:PARTITION:iam::ACCOUNT:role/NAME`.
fn role_account(arn: &str) -> Result<&str, Refusal> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", _, "iam", "", account, resource]
            if account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && resource
                    .strip_prefix("role/")
                    .is_some_and(|name| !name.is_empty()) =>
        {
            Ok(account)
        }
        _ => Err(Refusal::validation(format!("{arn} is invalid"))),
    }
}

fn find_role<'w>(world: &'w World, account: &str, arn: &str) -> Option<(&'w Account, &'w Role)> {
    let account = world.accounts.get(account)?;
    Some((account, account.role_by_arn(arn)?))
}

/// A serial number and the code to go with it.
struct Proof {
    serial: String,
    code: String,
}

fn proof(serial: Option<&str>, code: Option<&str>) -> Result<Option<Proof>, Refusal> {
    match (serial, code) {
        (None, None) => Ok(None),
        (Some(serial), Some(code)) => Ok(Some(Proof {
            serial: serial.to_owned(),
            code: code.to_owned(),
        })),
        _ => Err(Refusal::access_denied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
        )),
    }
}

/// The time step whose code was given, if the device is the caller's own and enabled.
fn step_proven(call: &Call<'_>, proof: &Proof) -> Result<u64, Refusal> {
    let own = match &call.caller.principal {
        Principal::User { name } => call
            .world
            .account(&call.caller.account)
            .devices
            .get(&proof.serial)
            .filter(|device| device.user.as_ref() == Some(name) && device.enabled.is_some())
            .filter(|device| device.settling.settled(call.now))
            .filter(|device| device.kind != Kind::Passkey),
        Principal::Root | Principal::Role { .. } | Principal::Federated { .. } => None,
    };
    let device = own.ok_or_else(|| {
        Refusal::access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  \
             Please verify your MFA serial number is valid and associated with this user.",
        )
    })?;
    device.accepts(&proof.code, call.now).ok_or_else(|| {
        Refusal::access_denied(
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        )
    })
}

fn spend(call: &mut Call<'_>, proof: &Proof, step: u64) {
    let account = call.world.account_mut(&call.caller.account);
    if let Some(device) = account.devices.get_mut(&proof.serial) {
        device.spend(step);
    }
}

/// Remembers the session and writes its `Credentials`.
pub(super) fn issue(world: &mut World, session: Session, result: &mut Xml) {
    let key_id = world.random.id("ASIA", 20);
    result.within("Credentials", |xml| {
        xml.text("AccessKeyId", &key_id)
            .text("SecretAccessKey", &session.secret)
            .text("SessionToken", &session.token)
            .text("Expiration", clock::iso8601(session.expires));
    });
    world.sessions.insert(key_id, session);
}
