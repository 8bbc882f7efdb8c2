//! AWS says no for another reason than the code: the device, the role, the key, the duration.

use std::fs;

use serde_json::json;

use crate::local_aws::{Fault, Key, Mfa, Trust, UserHandle};
use crate::told::Told;
use crate::world::{World, section};

/// One refusal: what is wrong in this world, the arguments besides the code, what is told, and
/// how often the code was sent.
pub(super) type Case = (
    &'static str,
    fn(&World, &UserHandle, &Key) -> Vec<String>,
    Told<'static>,
    usize,
);

pub(super) fn given(arguments: &[&str]) -> Vec<String> {
    arguments
        .iter()
        .map(|argument| (*argument).to_owned())
        .collect()
}

/// A role that trusts the user under these conditions.
pub(super) fn role(
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
pub(super) fn refused(cases: &[Case]) {
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
            "the temporary credentials of profile `source` have expired",
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

#[test]
fn a_code_is_left_out_of_what_aws_says_but_not_out_of_longer_numbers() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let message = "123456 is no code of arn:aws:iam::123456789012:user/alice, says '123456'.";
    let fault = Fault::Error {
        status: 400,
        code: "SomethingNew",
        message,
    };
    world.aws.fault_always("GetSessionToken", fault);
    let run = world.run(["--serial-number", &mfa.serial, "123456"]);
    run.failed(
        5,
        "[redacted] is no code of arn:aws:iam::123456789012:user/alice, says '[redacted]'.",
    );
}
