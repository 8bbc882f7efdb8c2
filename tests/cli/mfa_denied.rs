//! What AWS does not allow: at every step in turn, and what a policy allows with MFA alone.

use serde_json::json;

use crate::local_aws::{Preset, Trust, UserHandle};
use crate::mfa_setup::{SERIAL, newcomer, setup, type_codes};
use crate::world::{World, section};

/// May do everything with devices but this.
fn all_but(world: &World, action: &str) -> UserHandle {
    let (user, _) = newcomer(world, Preset::Admin);
    user.policy_document(json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Deny", "Action": action, "Resource": "*" },
    }))
}

#[test]
fn denied_at_any_step_it_is_said_what_was_done_and_what_was_not() {
    for (action, done) in [
        ("iam:ListMFADevices", false),
        ("iam:CreateVirtualMFADevice", false),
        ("iam:EnableMFADevice", true),
    ] {
        let world = World::new();
        all_but(&world, action);
        let mut session = setup(&world, &["--yes", "--no-login"]);
        if done {
            type_codes(&world, &mut session);
        }
        // There is no device yet, so nobody is asked for a code that might help.
        let finished = world.finish(session);
        let shown = finished.shown;
        assert_eq!(finished.code, 5, "{action}: {shown}");
        let operation = action.trim_start_matches("iam:");
        assert!(
            shown.contains(&format!("this key may not call {operation}")),
            "{shown}"
        );
        assert_eq!(
            shown.contains(&format!("done: device {SERIAL} is created")),
            done,
            "{shown}"
        );
        assert_eq!(shown.contains("run `awsmfa mfa setup` again"), done);
    }
}

#[test]
fn who_may_not_see_what_is_assigned_to_nobody_sets_up_a_device_all_the_same() {
    for leftover in [false, true] {
        let world = World::new();
        let user = world.aws.user("alice").policy_document(json!({
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": ["iam:ListMFADevices", "iam:CreateVirtualMFADevice", "iam:EnableMFADevice"],
                "Resource": "*",
            },
        }));
        world.write_credentials(section("default", &world.key(&user)));
        if leftover {
            world.aws.account().unassigned_mfa("alice");
        }
        let mut session = setup(&world, &["--yes", "--no-login"]);
        if !leftover {
            type_codes(&world, &mut session);
        }
        let finished = world.finish(session);
        // One that is there already is learnt of by trying.
        let code = if leftover { 5 } else { 0 };
        assert_eq!(finished.code, code, "{}", finished.shown);
        let advice = "`awsmfa mfa delete` removes it";
        assert_eq!(finished.shown.contains(advice), leftover);
    }
}

#[test]
fn what_a_policy_allows_with_mfa_alone_is_done_with_the_session() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::DenyWithoutMfa);
    let mfa = user.virtual_mfa();
    user.virtual_mfa_named("phone");
    world.write_config(format!("[default]\nmfa_serial = {SERIAL}\n"));
    // Nobody to ask: it says why, and how.
    world
        .run(["mfa", "deactivate", "--name", "phone"])
        .failed(
            4,
            "an MFA code is needed and there is no terminal to ask for it",
        )
        .said("AWS denies DeactivateMFADevice to the long-term key alone")
        .said("AWS has denied DeactivateMFADevice with the long-term key alone");
    assert_eq!(world.aws.count("GetSessionToken"), 0);
    // With a code it signs in, and asks again.
    let code = world.aws.code(&mfa.serial);
    world
        .run(["mfa", "deactivate", "--name", "phone", "-t", &code])
        .succeeded()
        .said("is deactivated");
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    // From then on the session is there, and nobody is asked.
    let run = world.run(["mfa", "delete", "--name", "phone"]).succeeded();
    assert!(!run.stderr.contains("code"), "{}", run.stderr);
    assert_eq!(world.aws.count("GetSessionToken"), 1);
}

#[test]
fn a_person_is_asked_for_a_code_and_told_why() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::DenyWithoutMfa);
    let mfa = user.virtual_mfa();
    user.virtual_mfa_named("phone");
    world.write_config(format!("[default]\nmfa_serial = {SERIAL}\n"));
    let mut session = world
        .terminal(["mfa", "deactivate", "--name", "phone"])
        .start();
    session.expect("a policy may want MFA, so a code is needed");
    session.expect(&format!("MFA code for {SERIAL} (profile default): "));
    session.send_line(&world.aws.code(&mfa.serial));
    session.expect("is deactivated");
    assert_eq!(world.finish(session).code, 0);
}

#[test]
fn an_administrator_s_role_is_assumed_for_it() {
    let world = World::new();
    let admin = world.aws.user("root-of-all");
    let mfa = world.virtual_mfa(&admin);
    let role = world.aws.role("Admin").policy(Preset::Admin);
    let role = role.trusts(Trust::new(&admin.arn).mfa());
    world.aws.user("alice").virtual_mfa();
    world.write_credentials(section("default", &world.key(&admin)));
    world.write_config(format!(
        "[profile admin]\nrole_arn = {}\nsource_profile = default\nmfa_serial = {}\n",
        role.arn, mfa.serial
    ));
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["-p", "admin", "mfa", "list", "--user", "alice", "-t", &code]);
    assert!(run.succeeded().stdout.contains(SERIAL));
    // The section is good now.
    let run = world.run([
        "-p",
        "admin",
        "mfa",
        "deactivate",
        "--user",
        "alice",
        "--force",
    ]);
    run.succeeded().said("of alice is deactivated");
    assert_eq!(world.aws.count("AssumeRole"), 1);
}

#[test]
fn the_devices_of_the_account_are_listed_by_the_role_of_the_profile() {
    let world = World::new();
    let admin = world.aws.user("root-of-all");
    let mfa = world.virtual_mfa(&admin);
    let role = world.aws.role("Admin").policy(Preset::Admin);
    let role = role.trusts(Trust::new(&admin.arn).mfa());
    world.aws.user("alice").virtual_mfa();
    world.write_credentials(section("default", &world.key(&admin)));
    world.write_config(format!(
        "[profile admin]\nrole_arn = {}\nsource_profile = default\nmfa_serial = {}\n",
        role.arn, mfa.serial
    ));
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["-p", "admin", "mfa", "list", "--all", "-t", &code]);
    let run = run.succeeded();
    for serial in [SERIAL, &mfa.serial] {
        assert!(run.stdout.contains(serial), "{}", run.stdout);
    }
    assert_eq!(world.aws.count("AssumeRole"), 1);
}

#[test]
fn codes_enable_a_device_that_is_waiting_also_for_who_may_not_see_it() {
    for waiting in [true, false] {
        let world = World::new();
        all_but(&world, "iam:ListVirtualMFADevices");
        if waiting {
            world.run(["mfa", "create", "--qr", "aws.png"]).succeeded();
        }
        let (first, second) = match waiting {
            true => world.aws.code_pair(SERIAL),
            false => ("111111".to_owned(), "222222".to_owned()),
        };
        let run = world.run([
            "mfa", "setup", "--yes", "--code1", &first, "--code2", &second,
        ]);
        match waiting {
            true => run.succeeded().said("is enabled for alice"),
            false => run
                .failed(
                    3,
                    &format!("there is no device {SERIAL} that they could be of"),
                )
                .said("leave them out"),
        };
        assert_eq!(world.aws.count("EnableMFADevice"), 1);
    }
}
