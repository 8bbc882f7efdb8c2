//! The commands that are named to go on with are about the same profile, user and device: followed to
//! the letter by an administrator they would else be about the administrator.

use serde_json::json;

use crate::local_aws::{Fault, Preset, When};
use crate::mfa_setup::{SERIAL, newcomer};
use crate::passwords::{NEW, OLD, office};
use crate::world::{World, section};

/// An administrator under `[admin]`, and bob; nothing under `[default]`.
fn admin(world: &World) {
    let admin = world.aws.user("root-of-all").policy(Preset::Admin);
    world.aws.user("bob");
    world.write_credentials(section("admin", &world.key(&admin)));
}

#[test]
fn the_steps_of_somebody_else_s_device_lead_to_each_other() {
    let world = World::new();
    admin(&world);
    let flags = ["-p", "admin", "--user", "bob", "--name", "phone"];
    let mfa = |words: &[&'static str]| [&["mfa"], words, &flags].concat();
    world
        .run(mfa(&["create", "--qr", "aws.png"]))
        .succeeded()
        .said("next: `awsmfa -p admin mfa enable --user bob --name phone` with two codes");
    let wrong = ["--code1", "111111", "--code2", "222222"];
    let setup = mfa(&["setup"]);
    let mut session = world.terminal(&setup).size(40, 100).start();
    session.expect("[y/N] ");
    session.send_line("n");
    let shown = world.finish(session).shown;
    let next =
        "`awsmfa -p admin mfa setup --user bob --name phone --code1 CODE --code2 CODE` enables it";
    assert!(shown.contains(next), "{shown}");
    world.run(mfa(&["delete"])).succeeded();
    world
        .run(setup.iter().chain(&wrong))
        .failed(3, "there is no device")
        .said("create it with `awsmfa -p admin mfa create --user bob --name phone`");
    let lost = || Fault::Close(When::After);
    world.aws.fault("CreateVirtualMFADevice", lost());
    world
        .run(mfa(&["create", "--qr", "new.png"]))
        .failed(6, "the connection to AWS broke off")
        .said("next: `awsmfa -p admin mfa setup --user bob --name phone` goes on from there, or `awsmfa -p admin mfa delete --user bob --name phone` removes the device");
    world
        .run(["-p", "admin", "mfa", "list", "--user", "bob"])
        .succeeded()
        .said("`awsmfa -p admin mfa setup --user bob` makes one");
}

#[test]
fn a_set_up_that_fails_names_itself_with_its_flags() {
    let world = World::new();
    admin(&world);
    let arguments = [
        "-p", "admin", "mfa", "setup", "--user", "bob", "--name", "phone",
    ];
    let mut session = world.terminal(arguments).size(40, 100).start();
    session.expect("First code: ");
    session.ctrl_c();
    let finished = world.finish(session);
    let next = "next: run `awsmfa -p admin mfa setup --user bob --name phone` again";
    assert!(finished.shown.contains(next), "{}", finished.shown);
}

#[test]
fn a_device_that_may_not_be_seen_is_removed_by_its_name() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::Admin);
    let _user = user.policy_document(json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Deny", "Action": "iam:ListVirtualMFADevices", "Resource": "*" },
    }));
    world.aws.account().unassigned_mfa("phone");
    let arguments = ["mfa", "setup", "--yes", "--name", "phone"];
    let session = world.terminal(arguments).size(40, 100).start();
    let finished = world.finish(session);
    let next = "if it was never enabled, `awsmfa mfa delete --name phone` removes it";
    assert!(finished.shown.contains(next), "{}", finished.shown);
}

#[test]
fn of_a_device_that_is_deleted_again_there_is_nothing_to_go_on_with() {
    for command in ["create", "setup"] {
        let world = World::new();
        newcomer(&world, Preset::SelfService);
        let arguments = ["mfa", command, "--seed-command", "exit 3"];
        let finished = world.finish(world.terminal(arguments).start());
        let shown = finished.shown;
        assert_eq!(finished.code, 3, "{shown}");
        assert!(shown.contains(&format!("done: device {SERIAL} is deleted")));
        for advice in ["from there", "removes the device"] {
            assert!(!shown.contains(advice), "{shown}");
        }
    }
    // One that could not be deleted is still there.
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::Admin);
    let _user = user.policy_document(json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Deny", "Action": "iam:DeleteVirtualMFADevice", "Resource": "*" },
    }));
    let arguments = ["mfa", "create", "--name", "phone", "--seed-command"];
    let run = world.run(arguments.iter().chain(&["exit 3"]));
    run.failed(3, "ended with exit status 3")
        .said("`awsmfa mfa delete --name phone` removes the device");
}

#[test]
fn another_password_is_the_same_user_s() {
    let reset = "`awsmfa password reset --user alice`";
    let world = World::new();
    let alice = office(&world);
    let arguments = ["password", "create", "--user", "alice", "--generate"];
    // The lookup is denied, so it is AWS that says no.
    let deny = |world: &World| {
        world.aws.fault_always(
            "GetLoginProfile",
            Fault::Error {
                status: 403,
                code: "AccessDenied",
                message: "no",
            },
        );
    };
    deny(&world);
    world
        .run(["password", "reset", "--user", "alice", "--generate"])
        .failed(5, "alice has no password")
        .said("next: `awsmfa password create --user alice` makes a first one");
    let _alice = alice.password(OLD);
    world
        .run(arguments)
        .failed(5, "alice has a password already")
        .said(&format!("next: {reset} replaces it"));
    // Every answer is lost.
    let world = World::new();
    office(&world);
    let lost = Fault::Close(When::Before);
    world.aws.fault_always("CreateLoginProfile", lost);
    world
        .run(arguments)
        .failed(6, "the connection to AWS broke off")
        .said("`awsmfa password show --user alice` tells whether there is one")
        .said(&format!("{reset} sets another"));
}

#[test]
fn whoever_needs_an_administrator_is_told_what_to_ask_them_for() {
    let world = World::new();
    let carol = world.aws.user("carol").policy(Preset::SelfService);
    world.write_credentials(section("default", &world.key(&carol)));
    let change = ["password", "change", "--password-stdin"];
    let lines = format!("{OLD}\n{NEW}\n");
    let run = world.run_with_stdin(change, &lines);
    run.failed(5, "carol has no password").said(
        "ask an administrator for a first one: `awsmfa -p ADMIN password create --user carol`",
    );
    let _carol = carol.password(NEW);
    world
        .run_with_stdin(change, &lines)
        .failed(5, "that is not the old password of carol")
        .said("ask an administrator: `awsmfa -p ADMIN password reset --user carol`");
}
