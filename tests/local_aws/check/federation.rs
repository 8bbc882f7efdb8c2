//! GetFederationToken and the console's sign-in endpoint.

use serde_json::{Value, json};

use super::client::{Credentials, Draft, Reply, STS, iam, sts};
use crate::local_aws::{LocalAws, Login, Preset, Trust};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const REFUSED: &str = "400 Invalid credentials parameter";

struct Scene {
    aws: LocalAws,
    key: Credentials,
}

/// An administrator.
fn scene() -> Scene {
    let aws = LocalAws::start();
    let alice = aws.user("alice").policy(Preset::Admin);
    Scene {
        key: Credentials::from(&alice.key()),
        aws,
    }
}

impl Scene {
    fn federated(&self, parameters: &[(&str, &str)]) -> Reply {
        sts(&self.aws, &self.key, "GetFederationToken", parameters)
    }

    fn session(&self) -> Credentials {
        sts(&self.aws, &self.key, "GetSessionToken", &[]).credentials()
    }

    /// A role that anybody in the account may assume, assumed by these credentials.
    fn role(&self, name: &str, with: &Credentials) -> Credentials {
        let role = self
            .aws
            .role(name)
            .trusts(Trust::new("arn:aws:iam::123456789012:root"))
            .policy(Preset::Admin);
        let parameters = [("RoleArn", role.arn.as_str()), ("RoleSessionName", "alice")];
        sts(&self.aws, with, "AssumeRole", &parameters).credentials()
    }

    fn endpoint(&self, method: &str, form: &str) -> Reply {
        let mut draft = Draft::new(&self.aws, STS, "-", &[]);
        draft.request.method = method.to_owned();
        if method == "GET" {
            draft.request.target = format!("/federation?{form}");
            draft.request.body.clear();
        } else {
            draft.request.target = "/federation".to_owned();
            draft.request.body = form.into();
        }
        draft.send(&self.aws)
    }

    fn token(&self, session: &Value, more: &str) -> Reply {
        let session = encoded(&session.to_string());
        let form = format!("Action=getSigninToken&Session={session}{more}");
        self.endpoint("POST", &form)
    }

    /// The way into the console, and who is in it then.
    fn login(&self, with: &Credentials, more: &str) -> Login {
        let reply = self.token(&session(with), more);
        let reply = self.open(&token(&reply), DESTINATION);
        assert_eq!(reply.status, 302, "{}", reply.body);
        self.aws.logins().pop().unwrap()
    }

    fn open(&self, token: &str, destination: &str) -> Reply {
        let (token, destination) = (encoded(token), encoded(destination));
        let form = format!("Action=login&Issuer=me&Destination={destination}&SigninToken={token}");
        self.endpoint("GET", &form)
    }
}

const DESTINATION: &str = "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1";

fn session(with: &Credentials) -> Value {
    json!({ "sessionId": with.id, "sessionKey": with.secret, "sessionToken": with.token })
}

fn token(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    body["SigninToken"].as_str().unwrap().to_owned()
}

/// `200`, or the status and the page's sentence.
fn verdict(reply: &Reply) -> String {
    match reply.status {
        200 => "200".to_owned(),
        status => format!("{status} {}", reply.text("p")),
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_federated_user_is_named_and_lasts_as_aws_says() {
    let scene = scene();
    let long = "a".repeat(33);
    for (parameters, expected) in [
        (vec![("Name", "al")], "200"),
        (
            vec![("Name", &long[..32]), ("DurationSeconds", "129600")],
            "200",
        ),
        (
            vec![],
            "400 ValidationError: 1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
        ),
        (
            vec![("Name", "a"), ("DurationSeconds", "899")],
            "400 ValidationError: 2 validation errors detected: Value 'a' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
        ),
        (
            vec![("Name", "a/b"), ("DurationSeconds", "129601")],
            "400 ValidationError: 2 validation errors detected: Value 'a/b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*; Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
        ),
        (
            vec![
                ("Name", "al"),
                ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/Nothing"),
            ],
            "400 ValidationError: The policy arn:aws:iam::aws:policy/Nothing does not exist",
        ),
        (
            vec![("Name", "al"), ("Policy", "[]")],
            "400 MalformedPolicyDocument: a policy is a JSON object",
        ),
    ] {
        let reply = scene.federated(&parameters);
        assert_eq!(reply.verdict(), expected, "{parameters:?}");
    }
    let too_long = scene.federated(&[("Name", &long)]).verdict();
    assert!(too_long.contains("less than or equal to 32"), "{too_long}");
    let names: Vec<String> = (1..=11)
        .map(|n| format!("PolicyArns.member.{n}.arn"))
        .collect();
    let mut many: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), READ_ONLY))
        .collect();
    many.push(("Name", "alice"));
    let reply = scene.federated(&many);
    assert!(reply.verdict().contains("'policyArns'"), "{}", reply.body);
}

#[test]
fn only_a_long_term_key_with_the_permission_makes_a_federated_user() {
    let scene = scene();
    let name = [("Name", "alice")];
    let session = scene.session();
    let reply = sts(&scene.aws, &session, "GetFederationToken", &name);
    assert_eq!(
        reply.verdict(),
        "403 AccessDenied: Cannot call GetFederationToken with session credentials"
    );
    let bob = Credentials::from(&scene.aws.user("bob").key());
    let reply = sts(&scene.aws, &bob, "GetFederationToken", &name);
    assert_eq!(
        reply.verdict(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/bob is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::123456789012:federated-user/alice because no identity-based policy allows the sts:GetFederationToken action"
    );
}

#[test]
fn a_federated_user_may_call_get_caller_identity_and_neither_iam_nor_other_sts() {
    let scene = scene();
    let name = [("Name", "alice"), ("PolicyArns.member.1.arn", READ_ONLY)];
    let federated = scene.federated(&name).credentials();
    let identity = sts(&scene.aws, &federated, "GetCallerIdentity", &[]);
    assert_eq!(
        identity.text("Arn"),
        "arn:aws:sts::123456789012:federated-user/alice"
    );
    assert_eq!(identity.text("UserId"), "123456789012:alice");
    let role = scene.aws.role("Any").trusts(Trust::new("*"));
    let parameters = [("RoleArn", role.arn.as_str()), ("RoleSessionName", "x-")];
    let assumed = sts(&scene.aws, &federated, "AssumeRole", &parameters);
    assert_eq!(assumed.status, 403, "{}", assumed.body);
    for action in ["GetSessionToken", "GetFederationToken"] {
        let reply = sts(&scene.aws, &federated, action, &[]);
        assert_eq!(reply.status, 403, "{}", reply.body);
    }
    let listed = iam(&scene.aws, &federated, "ListMFADevices", &[]);
    assert_eq!(
        listed.verdict(),
        "403 InvalidClientTokenId: The security token included in the request is invalid."
    );
}

#[test]
fn both_the_user_s_policies_and_the_session_s_must_allow() {
    let scene = scene();
    let user = "arn:aws:iam::123456789012:user/alice";
    let inline =
        json!({ "Statement": { "Effect": "Allow", "Action": "s3:Put*", "Resource": "*" } });
    let inline = inline.to_string();
    for (parameters, reads, writes) in [
        (vec![], false, false),
        (vec![("PolicyArns.member.1.arn", READ_ONLY)], true, false),
        (
            vec![("PolicyArns.member.1.arn", READ_ONLY), ("Policy", &inline)],
            true,
            true,
        ),
    ] {
        let mut parameters = parameters;
        parameters.push(("Name", "alice"));
        let login = scene.login(&scene.federated(&parameters).credentials(), "");
        let may = |action| scene.aws.console_allows(&login, action, user);
        assert_eq!(
            (may("s3:GetObject"), may("s3:PutObject"), may("iam:GetUser")),
            (reads, writes, reads),
            "{parameters:?}"
        );
    }
}

#[test]
fn the_console_is_for_roles_and_federated_users() {
    let scene = scene();
    let federated = scene.federated(&[("Name", "alice")]).credentials();
    let role = scene.role("Direct", &scene.key);
    let only = "400 Only federation tokens or assume role tokens may be used for federated login.";
    let long_term = json!({
        "sessionId": scene.key.id, "sessionKey": scene.key.secret, "sessionToken": ""
    });
    let mixed = Credentials {
        secret: federated.secret.clone(),
        ..role.clone()
    };
    for (session, expected) in [
        (session(&federated), "200"),
        (session(&role), "200"),
        (session(&scene.session()), only),
        (long_term, REFUSED),
        (session(&mixed), REFUSED),
    ] {
        assert_eq!(verdict(&scene.token(&session, "")), expected, "{session}");
    }
    scene.aws.advance(3_601);
    assert_eq!(
        verdict(&scene.token(&session(&role), "")),
        REFUSED,
        "expired"
    );
    assert_eq!(scene.aws.violations(), Vec::<String>::new());
}

#[test]
fn only_a_role_that_was_assumed_with_a_long_term_key_gets_a_longer_session() {
    let scene = scene();
    let twelve = "&SessionDuration=43200";
    let role = scene.role("Direct", &scene.key);
    let before = scene.aws.now();
    let end = scene.login(&role, twelve).end;
    assert!((before + 43_200..before + 43_205).contains(&end));
    let end = scene.login(&role, "").end;
    assert_eq!(Some(end), scene.aws.expiry_of(&role.id), "the credentials'");
    for with in [
        scene.role("BySession", &scene.session()),
        scene.role("ByRole", &role),
        scene.federated(&[("Name", "alice")]).credentials(),
    ] {
        assert_eq!(verdict(&scene.token(&session(&with), twelve)), REFUSED);
        assert_eq!(verdict(&scene.token(&session(&with), "")), "200");
    }
    for seconds in ["899", "43201", "1h", "-900", ""] {
        let reply = scene.token(&session(&role), &format!("&SessionDuration={seconds}"));
        assert_eq!(verdict(&reply), "400 Invalid session duration");
    }
    assert_eq!(scene.aws.violations().len(), 5);
}

#[test]
fn a_token_is_good_once_within_fifteen_minutes_for_a_console() {
    let scene = scene();
    let role = scene.role("Direct", &scene.key);
    let fresh = || token(&scene.token(&session(&role), ""));
    let spent = fresh();
    assert_eq!(scene.open(&spent, DESTINATION).status, 302);
    let gone = "400 The token is invalid or has expired";
    assert_eq!(verdict(&scene.open(&spent, DESTINATION)), gone);
    assert_eq!(verdict(&scene.open("nonsense", DESTINATION)), gone);
    let late = fresh();
    scene.aws.advance(901);
    assert_eq!(verdict(&scene.open(&late, DESTINATION)), gone);
    for elsewhere in [
        "https://example.com/console.aws.amazon.com/",
        "https://eviconsole.aws.amazon.com/",
        "http://console.aws.amazon.com/",
        "https://console.amazonaws.cn/",
    ] {
        let reply = scene.open(&fresh(), elsewhere);
        assert_eq!(reply.status, 400, "{elsewhere}");
    }
    assert_eq!(scene.aws.violations().len(), 4);
}

#[test]
fn what_no_correct_client_sends_is_refused_and_remembered() {
    let scene = scene();
    let role = scene.role("Direct", &scene.key);
    let mut more = session(&role);
    more["region"] = "eu-west-1".into();
    for session in [
        json!({}),
        json!([]),
        json!({ "sessionId": role.id, "sessionKey": role.secret }),
        json!({ "sessionId": 1, "sessionKey": 2, "sessionToken": 3 }),
        more,
    ] {
        assert_eq!(scene.token(&session, "").status, 400, "{session}");
    }
    for (method, form) in [
        ("POST", "Action=getSigninToken"),
        ("POST", "Action=getSigninToken&Session=none"),
        ("POST", "Action=login&SigninToken=x"),
        ("GET", "Action=login&SigninToken=x"),
        ("GET", "Action=logout"),
        ("GET", ""),
    ] {
        assert_eq!(scene.endpoint(method, form).status, 400, "{method} {form}");
    }
    assert_eq!(scene.aws.violations().len(), 11);
}
