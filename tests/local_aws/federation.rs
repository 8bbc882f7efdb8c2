//! GetFederationToken, and the sign-in endpoint at `/federation`: getSigninToken and login.
//!
//! The endpoint is unsigned: what it is sent are the credentials themselves. It takes those of a
//! role or of a federated user; a user's own session and a long-term key open no console. A longer
//! session is granted to a role that was assumed with a long-term key, and to nobody else. A token
//! is good for 15 minutes, and once: AWS documents the former only, and no client may need more.
//! Refusals are web pages with status 400.
//!
//! Sources: IAM User Guide, "Enable custom identity broker access to the AWS console" and "Compare
//! AWS STS credentials"; STS API Reference, GetFederationToken. What AWS says of a session policy
//! that does not exist is not documented; the words here are a guess.

use serde_json::{Value, json};

use super::LocalAws;
use super::access;
use super::form::{Check, Form, Text, is_word_or};
use super::http::{Request, Response};
use super::model::{Caller, Principal, Session, World};
use super::policy::Policy;
use super::presets;
use super::refusal::Refusal;
use super::service::{Action, Call};
use super::sts;
use super::xml::Xml;

/// Where the sign-in endpoint listens.
pub const PATH: &str = "/federation";

/// How long a token is good, in seconds.
const TOKEN_LIFE: u64 = 900;

pub const GET_FEDERATION_TOKEN: Action = Action {
    name: "GetFederationToken",
    parameters: &[
        "Name",
        "Policy",
        "PolicyArns.member.N.arn",
        "DurationSeconds",
    ],
    run: get_federation_token,
};

const NAME: Text = Text {
    parameter: "Name",
    length: 2..=32,
    pattern: "[\\w+=,.@-]*",
    allows: |letter| is_word_or(letter, "+=,.@-"),
};

const POLICY: Text = Text {
    parameter: "Policy",
    length: 1..=2048,
    pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    allows: |letter| matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{ff}'),
};

/// A sign-in token.
#[derive(Clone, Debug)]
pub struct Token {
    text: String,
    key_id: String,
    issued: u64,
    session_end: u64,
    used: bool,
}

/// Somebody who has come into the console.
#[derive(Clone, Debug)]
pub struct Login {
    pub arn: String,
    pub destination: String,
    pub issuer: Option<String>,
    /// When the console session ends.
    pub end: u64,
    key_id: String,
}

/// What the endpoint remembers.
#[derive(Debug, Default)]
pub struct Desk {
    tokens: Vec<Token>,
    logins: Vec<Login>,
}

fn get_federation_token(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    if call.caller.temporary {
        return Err(Refusal::access_denied(
            "Cannot call GetFederationToken with session credentials",
        ));
    }
    let user = match &call.caller.principal {
        Principal::User { name } => Some(name.clone()),
        _ => None,
    };
    let mut check = Check::new(call.form);
    let name = check.required(&NAME).to_owned();
    let inline = check.optional(&POLICY);
    let default = if user.is_some() { 43_200 } else { 3_600 };
    let duration = check.number("DurationSeconds", 900..=129_600, default);
    check.done()?;
    let partition = call.caller.partition.clone();
    let mut policies = inline.map(inline_policy).transpose()?.into_iter().collect();
    managed_policies(call.form, &partition, &mut policies)?;
    let principal = Principal::Federated { user, name };
    let account = call.world.account(&call.caller.account);
    let arn = account.principal_arn(&principal);
    let request = access::Request {
        action: "sts:GetFederationToken",
        resource: &arn,
        shown: &arn,
    };
    access::allow(call.world, call.caller, call.now, &request)?;
    // Longer sessions of the root user are cut to an hour, not refused.
    let duration = match call.caller.principal {
        Principal::Root => duration.min(3_600),
        _ => duration,
    };
    let session = Session {
        secret: call.world.random.secret(),
        token: call.world.random.session_token(),
        expires: call.now + duration,
        principal: principal.clone(),
        account: call.caller.account.clone(),
        mfa_at: None,
        chained: false,
        policies: Some(policies),
    };
    let mut result = Xml::default();
    sts::issue(call.world, session, &mut result);
    let id = call
        .world
        .account(&call.caller.account)
        .principal_id(&principal);
    result
        .within("FederatedUser", |xml| {
            xml.text("FederatedUserId", id).text("Arn", arn);
        })
        .text("PackedPolicySize", "6");
    Ok(result)
}

fn inline_policy(text: &str) -> Result<Policy, Refusal> {
    let malformed = |why: String| Refusal::new(400, "MalformedPolicyDocument", why);
    let document: Value =
        serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    Policy::parse(document).map_err(malformed)
}

fn managed_policies(
    form: &Form,
    partition: &str,
    policies: &mut Vec<Policy>,
) -> Result<(), Refusal> {
    let named = form
        .pairs()
        .iter()
        .filter(|(name, _)| name.starts_with("PolicyArns."));
    let arns: Vec<&str> = named.map(|(_, arn)| arn.as_str()).collect();
    if arns.len() > 10 {
        return Err(Refusal::validation(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
        ));
    }
    for arn in arns {
        let policy = managed_policy(arn, partition)
            .ok_or_else(|| Refusal::validation(format!("The policy {arn} does not exist")))?;
        policies.push(policy);
    }
    Ok(())
}

/// AWS's own policies, as many as the scenarios need.
fn managed_policy(arn: &str, partition: &str) -> Option<Policy> {
    let prefix = format!("arn:{partition}:iam::aws:policy/");
    let document = match arn.strip_prefix(&prefix)? {
        "AdministratorAccess" => presets::admin(),
        "ReadOnlyAccess" => json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": ["*:Get*", "*:List*", "*:Describe*"],
                "Resource": "*",
            },
        }),
        _ => return None,
    };
    Some(Policy::parse(document).expect("the policies above can be read"))
}

/// Carries out a request to [`PATH`].
pub fn answer(
    world: &mut World,
    request: &Request,
    form: &Result<Form, Refusal>,
    now: u64,
) -> Result<Response, Refusal> {
    let form = form.as_ref().map_err(Clone::clone)?;
    match (form.get("Action"), request.method.as_str()) {
        (Some("getSigninToken"), "POST" | "GET") => get_signin_token(world, form, now),
        (Some("login"), "GET") => login(world, form, now),
        _ => Err(bad("Invalid action").violation()),
    }
}

/// The web page that says no.
pub fn page(refusal: &Refusal) -> Response {
    let body = format!(
        "<html><head><title>Error</title></head><body><h1>Bad Request</h1>\
         <p>{}</p></body></html>\n",
        refusal.message
    );
    Response::new(refusal.status, "text/html", body)
}

fn bad(message: &str) -> Refusal {
    Refusal::new(400, "BadRequest", message)
}

fn get_signin_token(world: &mut World, form: &Form, now: u64) -> Result<Response, Refusal> {
    form.only(&["Session", "SessionDuration"])?;
    let (key_id, session) = session(world, form, now)?;
    let session_end = match duration(form)? {
        None => session.expires,
        Some(duration) => {
            let lengthened =
                matches!(session.principal, Principal::Role { .. }) && !session.chained;
            if !lengthened {
                return Err(bad("Invalid credentials parameter"));
            }
            now + duration
        }
    };
    let text = format!(
        "{}{}",
        world.random.session_token(),
        world.random.session_token()
    );
    world.desk.tokens.push(Token {
        text: text.clone(),
        key_id,
        issued: now,
        session_end,
        used: false,
    });
    let body = json!({ "SigninToken": text }).to_string();
    Ok(Response::new(200, "application/json", body))
}

/// The session whose credentials, all three of them and nothing else, are in the request.
fn session(world: &World, form: &Form, now: u64) -> Result<(String, Session), Refusal> {
    let odd = |why| bad(why).violation();
    let text = form
        .get("Session")
        .ok_or_else(|| odd("Missing session parameter"))?;
    let parsed: Value =
        serde_json::from_str(text).map_err(|_| odd("Session parameter is not JSON"))?;
    let fields = parsed
        .as_object()
        .filter(|fields| fields.len() == 3)
        .ok_or_else(|| odd("Session parameter is not an object of three"))?;
    let field = |name| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| odd("Session parameter lacks a credential"))
    };
    let (id, secret, token) = (
        field("sessionId")?,
        field("sessionKey")?,
        field("sessionToken")?,
    );
    let known = world.credential(id).is_some();
    let session = world
        .sessions
        .get(id)
        .filter(|session| known && session.secret == secret && session.token == token)
        .filter(|session| now < session.expires)
        .ok_or_else(|| bad("Invalid credentials parameter"))?;
    match session.principal {
        Principal::Role { .. } | Principal::Federated { .. } => {
            Ok((id.to_owned(), session.clone()))
        }
        Principal::User { .. } | Principal::Root => Err(bad(
            "Only federation tokens or assume role tokens may be used for federated login.",
        )),
    }
}

fn duration(form: &Form) -> Result<Option<u64>, Refusal> {
    let Some(text) = form.get("SessionDuration") else {
        return Ok(None);
    };
    let seconds = text.parse::<u64>().ok();
    let seconds = seconds.filter(|seconds| (900..=43_200).contains(seconds));
    seconds
        .map(Some)
        .ok_or_else(|| bad("Invalid session duration").violation())
}

fn login(world: &mut World, form: &Form, now: u64) -> Result<Response, Refusal> {
    form.only(&["Issuer", "Destination", "SigninToken"])?;
    let destination = form
        .get("Destination")
        .ok_or_else(|| bad("Missing destination").violation())?;
    let wanted = form.get("SigninToken").unwrap_or_default();
    let token = world
        .desk
        .tokens
        .iter_mut()
        .find(|token| token.text == wanted && !token.used && now < token.issued + TOKEN_LIFE)
        .ok_or_else(|| bad("The token is invalid or has expired"))?;
    token.used = true;
    let (key_id, end) = (token.key_id.clone(), token.session_end);
    let caller = world
        .credential(&key_id)
        .ok_or_else(|| bad("Invalid credentials parameter"))?
        .caller;
    if !is_console(destination, &caller.partition) {
        return Err(bad("The destination is no console of this partition").violation());
    }
    let arn = world
        .account(&caller.account)
        .principal_arn(&caller.principal);
    world.desk.logins.push(Login {
        arn,
        destination: destination.to_owned(),
        issuer: form.get("Issuer").map(str::to_owned),
        end,
        key_id,
    });
    let mut response = Response::new(302, "text/html", "");
    response.header("Location", destination);
    Ok(response)
}

fn is_console(destination: &str, partition: &str) -> bool {
    let console = match partition {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    let host = destination
        .strip_prefix("https://")
        .and_then(|rest| rest.split('/').next());
    host.is_some_and(|host| host == console || host.ends_with(&format!(".{console}")))
}

impl LocalAws {
    /// Everybody who has come into the console so far.
    pub fn logins(&self) -> Vec<Login> {
        self.shared.world().desk.logins.clone()
    }

    /// Every sign-in token so far; each is a secret.
    pub fn signin_tokens(&self) -> Vec<String> {
        let world = self.shared.world();
        let tokens = world.desk.tokens.iter();
        tokens.map(|token| token.text.clone()).collect()
    }

    /// Whether a console session may do this.
    pub fn console_allows(&self, login: &Login, action: &str, resource: &str) -> bool {
        let now = self.now();
        let world = self.shared.world();
        let caller: Option<Caller> = world.credential(&login.key_id).map(|found| found.caller);
        let request = access::Request {
            action,
            resource,
            shown: resource,
        };
        now < login.end
            && caller.is_some_and(|caller| access::allow(&world, &caller, now, &request).is_ok())
    }
}
