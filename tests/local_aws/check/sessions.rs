//! GetSessionToken: codes, durations, and what its credentials may do.

use super::client::{Credentials, Reply, iam, sts};
use crate::local_aws::{LocalAws, Mfa, Preset, Trust, clock};

struct Scene {
    aws: LocalAws,
    key: Credentials,
    device: Mfa,
}

fn scene() -> Scene {
    let aws = LocalAws::start();
    let alice = aws.user("alice").policy(Preset::SelfService);
    Scene {
        key: Credentials::from(&alice.key()),
        device: alice.virtual_mfa(),
        aws,
    }
}

impl Scene {
    fn session(&self, serial: &str, code: &str) -> Reply {
        let parameters = [("SerialNumber", serial), ("TokenCode", code)];
        sts(&self.aws, &self.key, "GetSessionToken", &parameters)
    }
}

const WRONG_CODE: &str =
    "403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ";
const WRONG_DEVICE: &str = "403 AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";

#[test]
fn a_code_is_good_once_and_one_step_either_side() {
    let scene = scene();
    let serial = scene.device.serial.as_str();
    // The middle of a step, so that no step ends during the test.
    let into_step = i64::try_from(scene.aws.now() % 30).unwrap();
    scene.aws.advance(35 - into_step);
    let codes: Vec<String> = (-2..=2)
        .map(|steps| scene.aws.code_at(serial, steps))
        .collect();
    for (code, expected) in codes
        .iter()
        .zip([WRONG_CODE, "200", "200", "200", WRONG_CODE])
    {
        assert_eq!(scene.session(serial, code).verdict(), expected);
    }
    for code in &codes {
        assert_eq!(scene.session(serial, code).verdict(), WRONG_CODE);
    }
    scene.aws.advance(30);
    assert_eq!(scene.session(serial, &codes[4]).verdict(), "200");
}

#[test]
fn each_call_for_a_code_gives_one_that_is_still_good() {
    let scene = scene();
    let serial = scene.device.serial.as_str();
    let into_step = i64::try_from(scene.aws.now() % 30).unwrap();
    scene.aws.advance(35 - into_step);
    for _ in 0..3 {
        let code = scene.aws.code(serial);
        assert_eq!(scene.aws.code(serial), code, "asking spends nothing");
        assert_eq!(scene.session(serial, &code).verdict(), "200");
    }
    let wrong = scene.aws.wrong_code(serial);
    assert_eq!(scene.session(serial, &wrong).verdict(), WRONG_CODE);
}

#[test]
fn only_ones_own_device_that_makes_codes_will_do() {
    let scene = scene();
    let bob = scene.aws.user("bob");
    let others = bob.virtual_mfa();
    let passkey = bob.passkey("key-");
    let code = scene.aws.code(&others.serial);
    for serial in [
        others.serial.as_str(),
        &passkey,
        "arn:aws:iam::123456789012:mfa/nobody",
        "GAHT00000000",
    ] {
        assert_eq!(scene.session(serial, &code).verdict(), WRONG_DEVICE);
    }
    let bobs = Credentials::from(&bob.key());
    let parameters = [
        ("SerialNumber", others.serial.as_str()),
        ("TokenCode", &code),
    ];
    let reply = sts(&scene.aws, &bobs, "GetSessionToken", &parameters);
    assert_eq!(reply.verdict(), "200", "the refusals above spent nothing");
}

#[test]
fn a_hardware_device_is_named_by_its_serial() {
    let scene = scene();
    let carol = scene.aws.user("carol");
    let device = carol.hardware_mfa("GAHT12345678");
    let code = scene.aws.code(&device.serial);
    let parameters = [("SerialNumber", "GAHT12345678"), ("TokenCode", &code)];
    let key = Credentials::from(&carol.key());
    let reply = sts(&scene.aws, &key, "GetSessionToken", &parameters);
    assert_eq!(reply.verdict(), "200");
}

#[test]
fn parameters_are_held_to_the_service_model() {
    let scene = scene();
    let both = "403 AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    for (parameters, expected) in [
        (vec![("DurationSeconds", "900")], "200"),
        (vec![("DurationSeconds", "129600")], "200"),
        (
            vec![("DurationSeconds", "899")],
            "400 ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
        ),
        (
            vec![("DurationSeconds", "129601")],
            "400 ValidationError: 1 validation error detected: Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
        ),
        (vec![("SerialNumber", "GAHT12345678")], both),
        (vec![("TokenCode", "123456")], both),
        (
            vec![("SerialNumber", "GAHT12345678"), ("TokenCode", "12345")],
            "400 ValidationError: 1 validation error detected: Value '12345' at 'tokenCode' failed to satisfy constraint: Member must have length greater than or equal to 6",
        ),
        (
            vec![("SerialNumber", "GAHT 12345678"), ("TokenCode", "12345a")],
            "400 ValidationError: 2 validation errors detected: Value 'GAHT 12345678' at 'serialNumber' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=/:,.@-]*; Value '12345a' at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]*",
        ),
    ] {
        let reply = sts(&scene.aws, &scene.key, "GetSessionToken", &parameters);
        assert_eq!(reply.verdict(), expected, "{parameters:?}");
    }
}

#[test]
fn a_session_lasts_twelve_hours_unless_told_otherwise_and_then_expires() {
    let scene = scene();
    let before = scene.aws.now();
    let reply = sts(&scene.aws, &scene.key, "GetSessionToken", &[]);
    let expiration = reply.text("Expiration");
    assert!(
        [before + 43_200, before + 43_201]
            .map(clock::iso8601)
            .contains(&expiration),
        "{expiration}"
    );
    let session = reply.credentials();
    assert!(session.id.starts_with("ASIA") && session.id.len() == 20);
    scene.aws.advance(43_190);
    let identity = || sts(&scene.aws, &session, "GetCallerIdentity", &[]).verdict();
    assert_eq!(identity(), "200");
    scene.aws.advance(15);
    assert_eq!(
        identity(),
        "403 ExpiredToken: The security token included in the request is expired"
    );
}

#[test]
fn the_root_user_gets_an_hour_at_most() {
    let aws = LocalAws::start();
    let root = Credentials::from(&aws.account().root_key());
    let before = aws.now();
    let parameters = [("DurationSeconds", "43200")];
    let reply = sts(&aws, &root, "GetSessionToken", &parameters);
    let latest = clock::iso8601(before + 3_605);
    assert!(reply.text("Expiration") <= latest, "{}", reply.body);
    let identity = sts(&aws, &root, "GetCallerIdentity", &[]);
    assert_eq!(identity.text("Arn"), "arn:aws:iam::123456789012:root");
}

#[test]
fn what_session_credentials_may_do() {
    let scene = scene();
    let code = scene.aws.code(&scene.device.serial);
    let with_mfa = scene.session(&scene.device.serial, &code).credentials();
    let without = sts(&scene.aws, &scene.key, "GetSessionToken", &[]).credentials();
    for session in [&with_mfa, &without] {
        let identity = sts(&scene.aws, session, "GetCallerIdentity", &[]);
        assert_eq!(identity.text("Arn"), "arn:aws:iam::123456789012:user/alice");
        let again = sts(&scene.aws, session, "GetSessionToken", &[]);
        assert_eq!(
            again.verdict(),
            "403 AccessDenied: Cannot call GetSessionToken with session credentials"
        );
    }
    let list = |session| iam(&scene.aws, session, "ListMFADevices", &[]).verdict();
    assert_eq!(list(&with_mfa), "200");
    assert_eq!(
        list(&without),
        "403 InvalidClientTokenId: The security token included in the request is invalid."
    );
}

#[test]
fn a_session_needs_its_own_token() {
    let scene = scene();
    let first = sts(&scene.aws, &scene.key, "GetSessionToken", &[]).credentials();
    let second = sts(&scene.aws, &scene.key, "GetSessionToken", &[]).credentials();
    let invalid =
        "403 InvalidClientTokenId: The security token included in the request is invalid.";
    for token in [None, second.token.clone(), Some("x".to_owned())] {
        let wrong = Credentials {
            token,
            ..first.clone()
        };
        assert_eq!(
            sts(&scene.aws, &wrong, "GetCallerIdentity", &[]).verdict(),
            invalid
        );
    }
}

#[test]
fn a_session_outlives_its_key_but_not_its_user() {
    let aws = LocalAws::start();
    let alice = aws.user("alice");
    let key = alice.key();
    let session = sts(&aws, &Credentials::from(&key), "GetSessionToken", &[]).credentials();
    alice.set_key_active(&key.id, false);
    let identity = || sts(&aws, &session, "GetCallerIdentity", &[]).verdict();
    assert_eq!(identity(), "200");
    alice.delete();
    assert_eq!(
        identity(),
        "403 InvalidClientTokenId: The security token included in the request is invalid."
    );
}

#[test]
fn an_explicit_deny_reaches_get_session_token_but_not_get_caller_identity() {
    let aws = LocalAws::start();
    let alice = aws.user("alice").policy_document(serde_json::json!({
        "Statement": {"Effect": "Deny", "Action": "sts:*", "Resource": "*"}
    }));
    let key = Credentials::from(&alice.key());
    assert_eq!(sts(&aws, &key, "GetCallerIdentity", &[]).verdict(), "200");
    assert_eq!(
        sts(&aws, &key, "GetSessionToken", &[]).verdict(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetSessionToken on resource: arn:aws:iam::123456789012:user/alice with an explicit deny in an identity-based policy"
    );
}

#[test]
fn mfa_opens_what_deny_without_mfa_closes() {
    let aws = LocalAws::start();
    let bob = aws.user("bob").policy(Preset::DenyWithoutMfa);
    let role = aws
        .role("Open")
        .trusts(Trust::new("arn:aws:iam::123456789012:root"));
    let device = bob.virtual_mfa();
    let key = Credentials::from(&bob.key());
    let code = aws.code(&device.serial);
    let parameters = [
        ("SerialNumber", device.serial.as_str()),
        ("TokenCode", &code),
    ];
    let session = sts(&aws, &key, "GetSessionToken", &parameters).credentials();
    let assume = [("RoleArn", role.arn.as_str()), ("RoleSessionName", "bob")];
    assert_eq!(
        sts(&aws, &key, "AssumeRole", &assume).verdict(),
        format!(
            "403 AccessDenied: User: {} is not authorized to perform: sts:AssumeRole on resource: {} with an explicit deny in an identity-based policy",
            bob.arn, role.arn
        )
    );
    assert_eq!(sts(&aws, &session, "AssumeRole", &assume).verdict(), "200");
    // The code may also come with the request itself.
    aws.advance(30);
    let code = aws.code(&device.serial);
    let direct = [
        assume[0],
        assume[1],
        ("SerialNumber", device.serial.as_str()),
        ("TokenCode", &code),
    ];
    assert_eq!(sts(&aws, &key, "AssumeRole", &direct).verdict(), "200");
}

#[test]
fn without_mfa_the_condition_key_is_false_for_a_session_and_absent_for_a_key() {
    let aws = LocalAws::start();
    let alice = aws.user("alice").policy_document(serde_json::json!({
        "Statement": {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    }));
    let role = aws.role("Open").trusts(Trust::new(&alice.arn));
    let key = Credentials::from(&alice.key());
    let session = sts(&aws, &key, "GetSessionToken", &[]).credentials();
    let assume = [("RoleArn", role.arn.as_str()), ("RoleSessionName", "alice")];
    assert_eq!(sts(&aws, &key, "AssumeRole", &assume).verdict(), "200");
    assert_eq!(sts(&aws, &session, "AssumeRole", &assume).status, 403);
}
