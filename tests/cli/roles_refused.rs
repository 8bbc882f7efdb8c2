//! A role that AWS does not let one assume, and the reasons in the order of their likelihood.

use serde_json::json;

use crate::local_aws::Trust;
use crate::refusals::{given, refused, role};
use crate::told::Told;
use crate::world::{World, section};

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
                "give an external id with --external-id",
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
                "check the ARN: there may be no such role",
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
        ["-p", "second", "--no-session", &code],
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

/// Nobody documents whether AWS counts a code as used where it refuses the duration. Where it does,
/// the next code is not spent on the same duration again.
#[test]
fn a_code_that_is_used_up_by_a_duration_is_the_only_one() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    let config = format!(
        "[profile admin]\nrole_arn = {}\nsource_profile = default\nmfa_serial = {}\nduration_seconds = 43200\n",
        role.arn, mfa.serial
    );
    world.write_config(config);
    world.aws.count_code_before_duration();
    let run = world.sign_in(&mfa, ["-p", "admin"]);
    let run = run.failed(
        4,
        "the role does not allow 12h, and AWS counted the code as used",
    );
    run.said("ask for less with the next code: `");
    assert!(run.stderr.contains("-d 1h"), "{}", run.stderr);
    world.sign_in(&mfa, ["-p", "admin", "-d", "1h"]).succeeded();
    assert!(world.issued_to("admin-mfa").is_some());
}

#[cfg(unix)]
#[test]
fn at_the_terminal_the_next_code_is_asked_for_an_hour() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    world.aws.count_code_before_duration();
    let mut session = world
        .terminal(["--role-arn", &role.arn, "-d", "12h"])
        .start();
    session.expect("MFA code for ");
    session.send_line(&world.aws.code(&mfa.serial));
    let why = session.expect("MFA code for ");
    assert!(why.contains("the role does not allow 12h"), "{why}");
    session.send_line(&world.aws.code(&mfa.serial));
    session.expect("signed in: [default-mfa]");
    assert_eq!(world.finish(session).code, 0);
    let mut codes = world.codes_sent();
    codes.dedup();
    assert_eq!(codes.len(), 2);
}
