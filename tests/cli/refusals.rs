//! AWS says no for another reason than the code: the device, the role, the key, the duration.

use std::fs;

use serde_json::json;

use crate::local_aws::{Fault, Key, Mfa, Trust, UserHandle};
use crate::told::Told;
use crate::world::{World, section};

/// One refusal: what is wrong in this world, the arguments besides the code, what is told, and
/// how often the code was sent.
type Case = (
    &'static str,
    fn(&World, &UserHandle, &Key) -> Vec<String>,
    Told<'static>,
    usize,
);

fn given(arguments: &[&str]) -> Vec<String> {
    arguments
        .iter()
        .map(|argument| (*argument).to_owned())
        .collect()
}

/// A role that trusts the user under these conditions.
fn role(
    world: &World,
    name: &str,
    trust: impl FnOnce(Trust) -> Trust,
    user: &UserHandle,
) -> String {
    world
        .aws
        .role(name)
        .trusts(trust(Trust::new(&user.arn)))
        .arn
}

#[track_caller]
fn refused(cases: &[Case]) {
    for &(what, prepare, told, sent) in cases {
        let world = World::new();
        let (user, key, mfa) = world.default_user("alice");
        let mut arguments = prepare(&world, &user, &key);
        if !arguments
            .iter()
            .any(|argument| argument == "--serial-number")
        {
            arguments.extend(given(&["--serial-number", &mfa.serial]));
        }
        let code = world.aws.code(&mfa.serial);
        arguments.extend(given(&["--timeout", "2s", &code]));
        println!("{what}");
        world.fails(&arguments, told);
        assert_eq!(world.codes_sent(), vec![code; sent], "{what}");
        let carried_out = |entry: &crate::local_aws::Entry| {
            entry.parameter("TokenCode").is_some() && entry.carried_out
        };
        assert!(!world.aws.log().iter().any(carried_out), "{what}");
    }
}

#[test]
fn a_device_that_is_not_the_user_s_is_named_with_where_it_was_named() {
    refused(&[
        (
            "no such device",
            |_, _, _| given(&["--serial-number", "arn:aws:iam::123456789012:mfa/nobody"]),
            Told(
                5,
                "AWS knows no MFA device arn:aws:iam::123456789012:mfa/nobody of this user",
                "--serial-number",
                "name the device with --serial-number",
            ),
            1,
        ),
        (
            "another user's device",
            |world, _, _| {
                let bob = world.aws.user("bob");
                let theirs = world.virtual_mfa(&bob);
                given(&["--serial-number", &theirs.serial])
            },
            Told(
                5,
                "AWS knows no MFA device arn:aws:iam::123456789012:mfa/bob of this user",
                "--serial-number",
                "`mfa_serial` in the config file",
            ),
            1,
        ),
    ]);
}

#[test]
fn a_device_in_the_config_file_is_named_with_its_line() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config("[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/old\n");
    world.fails(
        [world.aws.code(&mfa.serial)],
        Told(
            5,
            "no MFA device arn:aws:iam::123456789012:mfa/old",
            "config:2",
            "--serial-number",
        ),
    );
}

#[test]
fn a_role_that_refuses_is_explained_by_what_was_sent() {
    refused(&[
        (
            "the trust policy wants an external id and none was sent",
            |world, user, _| {
                let arn = role(
                    world,
                    "Partner",
                    |trust| trust.external_id("tenant-42"),
                    user,
                );
                given(&["--role-arn", &arn])
            },
            Told(
                5,
                "this key may not assume arn:aws:iam::123456789012:role/Partner",
                "credentials:2",
                "its trust policy may ask for an external id: --external-id",
            ),
            1,
        ),
        (
            "the external id is another",
            |world, user, _| {
                let arn = role(
                    world,
                    "Partner",
                    |trust| trust.external_id("tenant-42"),
                    user,
                );
                given(&["--role-arn", &arn, "--external-id", "tenant-24"])
            },
            Told(
                5,
                "this key may not assume arn:aws:iam::123456789012:role/Partner",
                "credentials:2",
                "the external id may be another than its trust policy asks for",
            ),
            1,
        ),
        (
            "the session name is not the one asked for",
            |world, user, _| {
                let arn = role(world, "Named", |trust| trust.session_name("alice"), user);
                given(&["--role-arn", &arn, "--role-session-name", "build"])
            },
            Told(
                5,
                "this key may not assume arn:aws:iam::123456789012:role/Named",
                "credentials:2",
                "another session name (--role-session-name)",
            ),
            1,
        ),
        (
            "the user is not in the trust policy",
            |world, _, _| {
                let bob = world.aws.user("bob");
                let arn = role(world, "Bobs", |trust| trust, &bob);
                given(&["--role-arn", &arn])
            },
            Told(
                5,
                "this key may not assume arn:aws:iam::123456789012:role/Bobs",
                "credentials:2",
                "its trust policy may not name this user",
            ),
            1,
        ),
        (
            "there is no such role",
            |_, _, _| given(&["--role-arn", "arn:aws:iam::123456789012:role/Nowhere"]),
            Told(
                5,
                "this key may not assume arn:aws:iam::123456789012:role/Nowhere",
                "credentials:2",
                "or there is no such role: check the ARN",
            ),
            1,
        ),
        (
            "a policy of the user's denies it",
            |world, user, _| {
                let arn = role(world, "Denied", |trust| trust, user);
                let denied = json!({ "Statement": {
                    "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*",
                } });
                let _ = user.clone().policy_document(denied);
                given(&["--role-arn", &arn])
            },
            Told(
                5,
                "this key may not assume arn:aws:iam::123456789012:role/Denied",
                "credentials:2",
                "a policy denies it",
            ),
            1,
        ),
    ]);
}

#[test]
fn a_role_further_down_a_chain_that_wants_mfa_says_that_the_code_is_used_up() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let first = role(&world, "First", Trust::mfa, &user);
    let second = world
        .aws
        .role("Second")
        .trusts(Trust::new(&first).mfa())
        .arn;
    world.write_config(format!(
        "[profile first]\nrole_arn = {first}\nsource_profile = default\nmfa_serial = {}\n\
         [profile second]\nrole_arn = {second}\nsource_profile = first\n",
        mfa.serial
    ));
    let code = world.aws.code(&mfa.serial);
    let run = world.fails(
        ["-p", "second", &code],
        Told(
            5,
            "the role before it may not assume arn:aws:iam::123456789012:role/Second",
            "",
            "the code is used up by the roles before this one",
        ),
    );
    assert_eq!(world.codes_sent(), [code], "{}", run.stderr);
    run.said("AWS does not pass MFA on from role to role");
}

#[test]
fn a_key_that_is_not_accepted_is_named_with_profile_and_line() {
    refused(&[
        (
            "inactive",
            |_, user, key| {
                user.set_key_active(&key.id, false);
                Vec::new()
            },
            Told(
                5,
                "AWS does not accept access key AKIA",
                "credentials:2",
                "inactive",
            ),
            1,
        ),
        (
            "unknown",
            |world, _, key| {
                let mut other = key.clone();
                other.id = "AKIAIOSFODNN7EXAMPLE".to_owned();
                world.write_credentials(section("default", &other));
                Vec::new()
            },
            Told(
                5,
                "AWS does not accept access key AKIAIOSFODNN7EXAMPLE of profile `default`",
                "credentials:2",
                "look at the user's access keys",
            ),
            1,
        ),
        (
            "another's secret",
            |world, _, key| {
                let mut other = key.clone();
                other.secret = other.secret.chars().rev().collect();
                world.plant(other.secret.as_str());
                world.write_credentials(section("default", &other));
                Vec::new()
            },
            Told(
                5,
                "the secret does not belong to access key AKIA",
                "credentials:2",
                "copy `aws_secret_access_key` again",
            ),
            1,
        ),
    ]);
}

#[test]
fn a_policy_that_denies_the_session_is_explained() {
    refused(&[(
        "an explicit deny of GetSessionToken",
        |_, user, _| {
            let denied = json!({ "Statement": {
                "Effect": "Deny", "Action": "sts:*", "Resource": "*",
            } });
            let _ = user.clone().policy_document(denied);
            Vec::new()
        },
        Told(
            5,
            "this key may not call GetSessionToken",
            "credentials:2",
            "a policy denies it",
        ),
        1,
    )]);
}

#[test]
fn an_expired_session_as_a_source_is_told_apart_from_a_wrong_key() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let arn = role(&world, "Target", |trust| trust, &user);
    world.aws.set_clock_offset(-50_000);
    world.run([world.aws.code(&mfa.serial)]).succeeded();
    world.aws.set_clock_offset(0);
    let key = |name| world.value("default-mfa", name).unwrap();
    let printed = serde_json::json!({
        "Version": 1,
        "AccessKeyId": key("aws_access_key_id"),
        "SecretAccessKey": key("aws_secret_access_key"),
        "SessionToken": key("aws_session_token"),
    });
    fs::write(world.path("printed.json"), printed.to_string()).unwrap();
    world.write_config(format!(
        "[profile source]\ncredential_process = cat printed.json\n\
         [profile target]\nrole_arn = {arn}\nsource_profile = source\n"
    ));
    world.aws.clear_log();
    world.fails(
        ["-p", "target"],
        Told(
            5,
            "the temporary credentials of profile `target` have expired",
            "config:2",
            "sign in again where these credentials come from",
        ),
    );
}

#[test]
fn temporary_credentials_are_no_source_of_a_session_and_aws_is_not_asked() {
    let world = World::new();
    world.write_credentials(
        "[default]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
         aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
         aws_session_token = IQoJb3JpZ2luX2VjEXAMPLE\n",
    );
    let run = world.run(["123456"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn a_duration_over_the_role_s_maximum_is_lowered_with_the_same_code() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let arn = world
        .aws
        .role("Short")
        .trusts(Trust::new(&user.arn).mfa())
        .max_duration(7_200)
        .arn;
    let code = world.aws.code(&mfa.serial);
    let run = world
        .run([
            "--role-arn",
            &arn,
            "--serial-number",
            &mfa.serial,
            "-d",
            "4h",
            &code,
        ])
        .succeeded();
    run.said("AWS granted 2 h");
    let asked: Vec<_> = world
        .aws
        .log()
        .iter()
        .filter(|entry| entry.operation == "AssumeRole")
        .map(|entry| entry.parameter("DurationSeconds").unwrap().to_owned())
        .collect();
    assert_eq!(asked, ["14400", "10800", "7200"]);
    assert!(world.codes_sent().iter().all(|sent| *sent == code));
}

#[test]
fn the_root_user_is_told_that_it_cannot_assume_a_role() {
    let world = World::new();
    let key = world.aws.account().root_key();
    world.plant(key.secret.as_str());
    world.write_credentials(section("default", &key));
    world.fails(
        [
            "--role-arn",
            "arn:aws:iam::123456789012:role/Any",
            "--serial-number",
            "arn:aws:iam::123456789012:mfa/root-account-mfa-device",
            "123456",
        ],
        Told(
            5,
            "the root user cannot assume a role",
            "credentials:2",
            "use the key of an IAM user",
        ),
    );
}

#[test]
fn errors_that_need_no_policy_have_their_sentences_too() {
    let error = |status, code, message| Fault::Error {
        status,
        code,
        message,
    };
    for (fault, told) in [
        (
            Fault::THROTTLING,
            Told(
                5,
                "too many requests from this account",
                "",
                "wait a minute",
            ),
        ),
        (
            Fault::SERVICE_UNAVAILABLE,
            Told(5, "a fault of its own", "127.0.0.1", "try again in a while"),
        ),
        (
            error(
                403,
                "RegionDisabledException",
                "STS is not activated in this region for account:123456789012.",
            ),
            Told(
                5,
                "STS is switched off in this region",
                "127.0.0.1",
                "--region",
            ),
        ),
        (
            error(400, "SomethingNew", "Nobody \u{202e}has heard\nof this."),
            Told(5, "AWS refused GetSessionToken", "127.0.0.1", ""),
        ),
        (
            error(
                403,
                "AccessDenied",
                "Cannot call GetSessionToken with session credentials",
            ),
            Told(
                5,
                "a session cannot be made from temporary credentials",
                "credentials:2",
                "--profile",
            ),
        ),
    ] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.aws.fault_always("GetSessionToken", fault);
        let run = world.fails(command(&mfa, &world), told);
        assert!(!run.stderr.contains('\u{202e}'), "{}", run.stderr);
    }
}

fn command(mfa: &Mfa, world: &World) -> Vec<String> {
    let code = world.aws.code(&mfa.serial);
    given(&["--timeout", "1s", "--serial-number", &mfa.serial, &code])
}
