//! One request from its bytes to its reply: form, signature, credentials, action.
//!
//! The service named in the credential scope decides between STS and IAM; both live on one port.
//! The actions themselves are in [`super::sts`] and [`super::iam`]; faults and the request log are
//! [`super::server`]'s.

use super::form::Form;
use super::http::Request;
use super::model::{Account, Caller, World};
use super::refusal::Refusal;
use super::sigv4::Authorization;
use super::xml::Xml;
use super::{iam, sts};

/// One of AWS's APIs.
#[derive(Debug)]
pub struct Api {
    /// As in the credential scope.
    pub service: &'static str,
    /// As AWS names it in errors.
    pub name: &'static str,
    pub version: &'static str,
    pub namespace: &'static str,
    pub actions: &'static [Action],
}

#[derive(Debug)]
pub struct Action {
    pub name: &'static str,
    /// Everything it takes besides Action and Version.
    pub parameters: &'static [&'static str],
    pub run: fn(&mut Call<'_>) -> Result<Xml, Refusal>,
}

/// What an action works with.
#[derive(Debug)]
pub struct Call<'a> {
    pub world: &'a mut World,
    pub caller: &'a Caller,
    pub form: &'a Form,
    pub now: u64,
}

impl Action {
    pub const fn new(
        name: &'static str,
        parameters: &'static [&'static str],
        run: fn(&mut Call<'_>) -> Result<Xml, Refusal>,
    ) -> Self {
        Self {
            name,
            parameters,
            run,
        }
    }
}

impl Call<'_> {
    /// The caller's account.
    pub fn account(&self) -> &Account {
        self.world.account(&self.caller.account)
    }

    pub fn account_mut(&mut self) -> &mut Account {
        self.world.account_mut(&self.caller.account)
    }
}

const APIS: [&Api; 2] = [&sts::API, &iam::API];

/// A request taken apart as far as possible before anything is believed.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub request: &'a Request,
    pub form: Result<Form, Refusal>,
    pub authorization: Result<Authorization, Refusal>,
}

impl<'a> Incoming<'a> {
    pub fn read(request: &'a Request) -> Self {
        Self {
            request,
            form: read_form(request),
            authorization: Authorization::read(request),
        }
    }

    /// The action's name, or `-` where there is none.
    pub fn operation(&self) -> &str {
        let named = self.form.as_ref().ok().and_then(|form| form.get("Action"));
        named.unwrap_or("-")
    }

    /// The API meant: by the signature's scope, else by the version, else STS.
    pub fn api(&self) -> &'static Api {
        let by_scope =
            self.authorization.as_ref().ok().and_then(|authorization| {
                APIS.iter().find(|api| api.service == authorization.service)
            });
        let by_version = || {
            let version = self.form.as_ref().ok()?.get("Version")?;
            APIS.iter().find(|api| api.version == version)
        };
        by_scope.or_else(by_version).unwrap_or(&APIS[0])
    }

    /// The refusal of a caller whose policies do not allow the action, whatever they say.
    pub fn denied(&self, world: &World) -> Refusal {
        let key_id = self.authorization.as_ref().map(|it| it.key_id.as_str());
        let credential = key_id.ok().and_then(|id| world.credential(id));
        let who = credential.map_or("anonymous".to_owned(), |credential| {
            let caller = credential.caller;
            let account = world.account(&caller.account);
            account.principal_arn(&caller.principal)
        });
        let action = format!("{}:{}", self.api().service, self.operation());
        Refusal::access_denied(format!(
            "User: {who} is not authorized to perform: {action} on resource: * \
             because no identity-based policy allows the {action} action"
        ))
    }

    /// Carries the request out.
    pub fn answer(&self, world: &mut World, now: u64, request_id: &str) -> Result<String, Refusal> {
        let authorization = self.authorization.as_ref().map_err(Clone::clone)?;
        let caller = authenticate(world, self.request, authorization, now)?;
        world.used(&caller, &authorization.service, &authorization.region, now);
        let form = self.form.as_ref().map_err(Clone::clone)?;
        let api = self.api();
        let action = action(api, form)?;
        form.only(action.parameters)?;
        let result = (action.run)(&mut Call {
            world,
            caller: &caller,
            form,
            now,
        })?;
        Ok(reply(api, action, &result, request_id))
    }
}

fn read_form(request: &Request) -> Result<Form, Refusal> {
    let odd = |status, message: &str| Refusal::new(status, "MalformedInput", message).violation();
    if request.path() != "/" {
        return Err(odd(404, "there is nothing at this path"));
    }
    match request.method.as_str() {
        "GET" if request.body.is_empty() => Form::parse(request.query()),
        "POST" if request.query().is_empty() => {
            let media_type = request.one("content-type").unwrap_or_default();
            let (essence, parameter) = media_type.split_once(';').unwrap_or((media_type, ""));
            let charset = parameter.trim().to_ascii_lowercase();
            if essence != "application/x-www-form-urlencoded"
                || !["", "charset=utf-8"].contains(&charset.as_str())
            {
                return Err(odd(
                    400,
                    "the content type is not application/x-www-form-urlencoded",
                ));
            }
            let body = std::str::from_utf8(&request.body)
                .map_err(|_| odd(400, "the body is not UTF-8"))?;
            Form::parse(body)
        }
        "GET" => Err(odd(400, "a GET request with a body")),
        "POST" => Err(odd(400, "a POST request with a query")),
        _ => Err(odd(405, "the Query protocol knows GET and POST")),
    }
}

/// Who signed the request, in AWS's order: key, scope, token, age, signature.
fn authenticate(
    world: &World,
    request: &Request,
    authorization: &Authorization,
    now: u64,
) -> Result<Caller, Refusal> {
    let Some(api) = APIS.iter().find(|api| api.service == authorization.service) else {
        return Err(
            Refusal::signature("Credential should be scoped to correct service: 'sts'. ")
                .violation(),
        );
    };
    let credential = world
        .credential(&authorization.key_id)
        .filter(|credential| credential.active)
        .filter(|credential| {
            let key = world.key(&credential.caller.key_id);
            key.is_none_or(|key| key.settling.settled(now))
        })
        .ok_or_else(Refusal::invalid_token)?;
    check_region(api, &credential.caller.partition, &authorization.region)?;
    if request.one("x-amz-security-token") != credential.token.as_deref() {
        return Err(Refusal::invalid_token());
    }
    authorization.verify(request, &credential.secret, now)?;
    if credential.expires.is_some_and(|expires| expires <= now) {
        return Err(Refusal::expired_token());
    }
    let caller = credential.caller;
    // GetSessionToken's credentials may call IAM only if they were made with MFA.
    let unproven_session = caller.temporary
        && caller.mfa_at.is_none()
        && !matches!(caller.principal, super::model::Principal::Role { .. });
    if api.service == "iam" && unproven_session {
        return Err(Refusal::invalid_token());
    }
    Ok(caller)
}

/// IAM is signed for one region per partition, STS for any region of the partition.
fn check_region(api: &Api, partition: &str, region: &str) -> Result<(), Refusal> {
    let (home, belongs) = match partition {
        "aws-cn" => ("cn-north-1", region.starts_with("cn-")),
        "aws-us-gov" => ("us-gov-west-1", region.starts_with("us-gov-")),
        _ => (
            "us-east-1",
            !region.starts_with("cn-") && !region.starts_with("us-gov-"),
        ),
    };
    if api.service == "iam" && region != home {
        return Err(Refusal::signature(format!(
            "Credential should be scoped to a valid region, not '{region}'. "
        ))
        .violation());
    }
    if !belongs || !looks_like_a_region(region) {
        return Err(
            Refusal::signature("Credential should be scoped to a valid region. ").violation(),
        );
    }
    Ok(())
}

/// `eu-central-1`: words and a number.
fn looks_like_a_region(region: &str) -> bool {
    let steps: Vec<&str> = region.split('-').collect();
    let Some((number, words)) = steps.split_last() else {
        return false;
    };
    words.len() >= 2
        && words
            .iter()
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn action(api: &'static Api, form: &Form) -> Result<&'static Action, Refusal> {
    let (Some(name), Some(version)) = (form.get("Action"), form.get("Version")) else {
        return Err(Refusal::new(
            400,
            "MissingAction",
            "The request is missing an action or a version.",
        )
        .violation());
    };
    if version != api.version {
        return Err(Refusal::new(
            400,
            "NoSuchVersion",
            format!(
                "The requested version ({version}) of service {} does not exist",
                api.name
            ),
        )
        .violation());
    }
    let found = api.actions.iter().find(|action| action.name == name);
    found.ok_or_else(|| {
        Refusal::new(
            400,
            "InvalidAction",
            format!("Could not find operation {name} for version {version}"),
        )
        .violation()
    })
}

fn reply(api: &Api, action: &Action, result: &Xml, request_id: &str) -> String {
    let name = action.name;
    Xml::root(&format!("{name}Response"), api.namespace, |xml| {
        if !result.is_empty() {
            xml.within(&format!("{name}Result"), |xml| {
                xml.nested(result);
            });
        }
        xml.within("ResponseMetadata", |xml| {
            xml.text("RequestId", request_id);
        });
    })
}
