//! AssumeRole: trust policies, identity policies, durations, chaining.

use super::client::{Credentials, Reply, iam, sts};
use crate::local_aws::{LocalAws, Mfa, Preset, RoleHandle, Trust, UserHandle, clock};

struct Scene {
    aws: LocalAws,
    alice: UserHandle,
    key: Credentials,
    device: Mfa,
}

fn scene() -> Scene {
    let aws = LocalAws::start();
    let alice = aws.user("alice");
    Scene {
        key: Credentials::from(&alice.key()),
        device: alice.virtual_mfa(),
        alice,
        aws,
    }
}

impl Scene {
    fn assume(&self, with: &Credentials, arn: &str, more: &[(&str, &str)]) -> Reply {
        let mut parameters = vec![("RoleArn", arn)];
        if !more.iter().any(|(name, _)| *name == "RoleSessionName") {
            parameters.push(("RoleSessionName", "alice"));
        }
        parameters.extend_from_slice(more);
        sts(&self.aws, with, "AssumeRole", &parameters)
    }

    fn with_code(&self, arn: &str, more: &[(&str, &str)]) -> Reply {
        self.aws.advance(30);
        let code = self.aws.code(&self.device.serial);
        let mut parameters = vec![
            ("SerialNumber", self.device.serial.as_str()),
            ("TokenCode", code.as_str()),
        ];
        parameters.extend_from_slice(more);
        self.assume(&self.key, arn, &parameters)
    }

    fn session(&self) -> Credentials {
        self.aws.advance(30);
        let code = self.aws.code(&self.device.serial);
        let parameters = [
            ("SerialNumber", self.device.serial.as_str()),
            ("TokenCode", code.as_str()),
        ];
        sts(&self.aws, &self.key, "GetSessionToken", &parameters).credentials()
    }

    fn denied(&self, arn: &str) -> String {
        format!(
            "403 AccessDenied: User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            self.alice.arn
        )
    }

    fn role(&self, name: &str, shape: impl FnOnce(Trust) -> Trust) -> RoleHandle {
        let trust = shape(Trust::new(&self.alice.arn));
        self.aws.role(name).trusts(trust)
    }
}

#[test]
fn a_powerless_user_puts_on_a_role_with_a_code() {
    let scene = scene();
    let role = scene
        .role("team/Hands-on", Trust::mfa)
        .policy(Preset::Admin);
    let arn = role.arn.as_str();
    assert_eq!(arn, "arn:aws:iam::123456789012:role/team/Hands-on");
    assert_eq!(
        scene.assume(&scene.key, arn, &[]).verdict(),
        scene.denied(arn)
    );
    let reply = scene.with_code(arn, &[]);
    assert_eq!(
        reply.text("Arn"),
        "arn:aws:sts::123456789012:assumed-role/Hands-on/alice"
    );
    let id = reply.text("AssumedRoleId");
    assert!(id.starts_with("AROA") && id.ends_with(":alice"), "{id}");
    let expected = clock::iso8601(scene.aws.now() + 3_600);
    assert!(reply.text("Expiration") <= expected);
    let credentials = reply.credentials();
    let identity = sts(&scene.aws, &credentials, "GetCallerIdentity", &[]);
    assert_eq!(identity.text("Arn"), reply.text("Arn"));
    assert_eq!(identity.text("UserId"), id);
    let user = iam(
        &scene.aws,
        &credentials,
        "GetUser",
        &[("UserName", "alice")],
    );
    assert_eq!(user.verdict(), "200");
}

#[test]
fn trust_conditions_decide() {
    let scene = scene();
    let external = scene.role("External", |trust| trust.external_id("42-x"));
    let named = scene.role("Named", |trust| trust.session_name("${aws:username}"));
    let young = scene.role("Young", |trust| trust.mfa().mfa_younger_than(600));
    let stranger = scene
        .aws
        .role("Stranger")
        .trusts(Trust::new("arn:aws:iam::123456789012:user/bob"));
    let ok = "200".to_owned();
    let no = |role: &RoleHandle| scene.denied(&role.arn);
    let plain = |role: &RoleHandle, more: &[(&str, &str)]| {
        scene.assume(&scene.key, &role.arn, more).verdict()
    };
    assert_eq!(plain(&external, &[]), no(&external));
    assert_eq!(plain(&external, &[("ExternalId", "42-y")]), no(&external));
    assert_eq!(plain(&external, &[("ExternalId", "42-x")]), ok);
    assert_eq!(plain(&named, &[("RoleSessionName", "bob")]), no(&named));
    assert_eq!(plain(&named, &[("RoleSessionName", "alice")]), ok);
    assert_eq!(plain(&stranger, &[]), no(&stranger));
    let session = scene.session();
    let by_session = || scene.assume(&session, &young.arn, &[]).verdict();
    scene.aws.advance(590);
    assert_eq!(by_session(), ok);
    scene.aws.advance(15);
    assert_eq!(by_session(), no(&young), "the code is too long ago");
    assert_eq!(scene.with_code(&young.arn, &[]).verdict(), ok);
}

#[test]
fn a_session_with_mfa_carries_it_one_without_does_not() {
    let scene = scene();
    let role = scene.role("Admin", Trust::mfa);
    let without = sts(&scene.aws, &scene.key, "GetSessionToken", &[]).credentials();
    let with = scene.session();
    assert_eq!(
        scene.assume(&without, &role.arn, &[]).verdict(),
        scene.denied(&role.arn)
    );
    assert_eq!(scene.assume(&with, &role.arn, &[]).verdict(), "200");
}

#[test]
fn a_trusted_account_still_has_to_allow_it() {
    let scene = scene();
    let root = "arn:aws:iam::123456789012:root";
    let role = scene.aws.role("Shared").trusts(Trust::new(root));
    let denied = scene.assume(&scene.key, &role.arn, &[]).verdict();
    assert_eq!(denied, scene.denied(&role.arn));
    let bob = scene.aws.user("bob").policy(Preset::Admin);
    let key = Credentials::from(&bob.key());
    assert_eq!(scene.assume(&key, &role.arn, &[]).verdict(), "200");
}

#[test]
fn across_accounts_both_sides_have_to_agree() {
    let scene = scene();
    let other = scene.aws.another_account("210987654321", "aws");
    let role = other.role("Guest").trusts(Trust::new(&scene.alice.arn));
    let denied = scene.assume(&scene.key, &role.arn, &[]).verdict();
    assert_eq!(denied, scene.denied(&role.arn));
    let _ = scene.alice.clone().policy(Preset::Admin);
    let reply = scene.assume(&scene.key, &role.arn, &[]);
    assert_eq!(
        reply.text("Arn"),
        "arn:aws:sts::210987654321:assumed-role/Guest/alice"
    );
}

#[test]
fn an_unknown_role_is_refused_like_a_closed_one_and_a_malformed_arn_otherwise() {
    let scene = scene();
    let verdict = |arn: &str| scene.assume(&scene.key, arn, &[]).verdict();
    for arn in [
        "arn:aws:iam::123456789012:role/Nobody",
        "arn:aws:iam::999999999999:role/Nobody",
    ] {
        assert_eq!(verdict(arn), scene.denied(arn));
    }
    for arn in [
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:s3::123456789012:role/Admin",
        "arn:aws:iam::12345678901:role/Admin",
        "arn:aws:iam::123456789012:role/",
        "this-is-no-arn-of-any-kind",
    ] {
        assert_eq!(
            verdict(arn),
            format!("400 ValidationError: {arn} is invalid")
        );
    }
    assert_eq!(
        verdict("Admin"),
        "400 ValidationError: 1 validation error detected: Value 'Admin' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"
    );
}

#[test]
fn a_duration_over_the_roles_maximum_leaves_the_code_unspent() {
    let scene = scene();
    let role = scene.role("Admin", Trust::mfa).max_duration(7_200);
    scene.aws.advance(30);
    let code = scene.aws.code(&scene.device.serial);
    let assume = |duration: &str| {
        let parameters = [
            ("SerialNumber", scene.device.serial.as_str()),
            ("TokenCode", code.as_str()),
            ("DurationSeconds", duration),
        ];
        scene.assume(&scene.key, &role.arn, &parameters).verdict()
    };
    assert_eq!(
        assume("7201"),
        "400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    );
    assert_eq!(assume("7200"), "200");
    assert_eq!(
        assume("7200"),
        "403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "
    );
    assert_eq!(
        assume("43201"),
        "400 ValidationError: 1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"
    );
}

#[test]
fn a_refused_trust_has_spent_the_code() {
    let scene = scene();
    let role = scene.role("External", |trust| trust.mfa().external_id("42"));
    scene.aws.advance(30);
    let code = scene.aws.code(&scene.device.serial);
    let assume = |id: &str| {
        let parameters = [
            ("SerialNumber", scene.device.serial.as_str()),
            ("TokenCode", code.as_str()),
            ("ExternalId", id),
        ];
        scene.assume(&scene.key, &role.arn, &parameters).verdict()
    };
    assert_eq!(assume("41"), scene.denied(&role.arn));
    assert_eq!(
        assume("42"),
        "403 AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. "
    );
}

#[test]
fn temporary_credentials_get_an_hour_at_most_and_roles_carry_no_mfa() {
    let scene = scene();
    let first = scene.role("First", Trust::mfa).max_duration(43_200);
    let second = scene.aws.role("Second").trusts(Trust::new(&first.arn));
    let third = scene.aws.role("Third").trusts(Trust::new(&first.arn).mfa());
    let role = scene
        .with_code(&first.arn, &[("DurationSeconds", "43200")])
        .credentials();
    let session = scene.session();
    let long = [("DurationSeconds", "3601")];
    let chained = "400 ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    assert_eq!(scene.assume(&session, &first.arn, &long).verdict(), chained);
    assert_eq!(scene.assume(&role, &second.arn, &long).verdict(), chained);
    assert_eq!(scene.assume(&session, &first.arn, &[]).verdict(), "200");
    assert_eq!(scene.assume(&role, &second.arn, &[]).verdict(), "200");
    assert_eq!(
        scene.assume(&role, &third.arn, &[]).verdict(),
        format!(
            "403 AccessDenied: User: arn:aws:sts::123456789012:assumed-role/First/alice is not authorized to perform: sts:AssumeRole on resource: {}",
            third.arn
        )
    );
    assert_eq!(
        sts(&scene.aws, &role, "GetSessionToken", &[]).verdict(),
        "403 AccessDenied: Cannot call GetSessionToken with session credentials"
    );
}

#[test]
fn the_root_user_assumes_no_role() {
    let scene = scene();
    let role = scene.aws.role("Open").trusts(Trust::new("*"));
    let root = Credentials::from(&scene.aws.account().root_key());
    assert_eq!(
        scene.assume(&root, &role.arn, &[]).verdict(),
        "403 AccessDenied: Roles may not be assumed by root accounts."
    );
    assert_eq!(scene.assume(&scene.key, &role.arn, &[]).verdict(), "200");
}

#[test]
fn an_explicit_deny_in_the_trust_policy_is_named() {
    let scene = scene();
    let role = scene.aws.role("Closed").trust_document(serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
             "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
        ],
    }));
    let _ = scene.alice.clone().policy(Preset::Admin);
    assert_eq!(
        scene.assume(&scene.key, &role.arn, &[]).verdict(),
        format!(
            "{} with an explicit deny in a resource-based policy",
            scene.denied(&role.arn)
        )
    );
    assert_eq!(scene.with_code(&role.arn, &[]).verdict(), "200");
}
