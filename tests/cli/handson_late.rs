//! `handson` while IAM itself does not know everything yet: what was made a moment ago is not found, or
//! is shown without its tags, what was removed still counts, and the reply was lost on top of it.

use std::time::Duration;

use crate::handson::{ROLE, USER, account, administrator, start_up, up, up_by_command};
use crate::handson_interrupted::{drive, run};
use crate::local_aws::{Fault, Lag, New, When};
use crate::world::World;

fn world() -> World {
    let world = World::new();
    administrator(&world);
    world
}

fn punctual(world: &World) {
    for kind in [
        New::UserName,
        New::RoleName,
        New::VirtualDevice,
        New::ListedKey,
        New::Tags,
        New::Removal,
    ] {
        world.aws.set_lag(kind, None);
    }
}

/// Puts it up with a person at the terminal, whatever comes in between.
fn up_ends_well(world: &World, said: &[&str]) {
    let mut session = start_up(world, &["--yes"]);
    drive(world, &mut session, || false);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    for line in said {
        assert!(finished.shown.contains(line), "{line}: {}", finished.shown);
    }
}

/// It is there once and whole, and `down` finds nothing that `up` has not made.
fn is_whole_and_goes(world: &World, before: &serde_json::Value) {
    punctual(world);
    world.run(up(&[])).succeeded();
    let there = account(&world.aws);
    assert_eq!(there["users"][USER]["keys"], serde_json::json!(["Active"]));
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    assert_eq!(&account(&world.aws), before);
    let left = world
        .files()
        .into_iter()
        .filter(|(name, bytes)| name.contains("awsmfa/") && !bytes.is_empty());
    let left: Vec<_> = left.map(|(name, _)| name).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_new_is_asked_for_again_until_iam_knows_it() {
    for (kind, operation) in [
        (New::RoleName, "AttachRolePolicy"),
        (New::UserName, "CreateAccessKey"),
        (New::VirtualDevice, "EnableMFADevice"),
    ] {
        let world = world();
        let before = account(&world.aws);
        world.aws.set_lag(kind, Some(Lag::Requests(2)));
        up_by_command(&world, &[]).succeeded();
        assert_eq!(world.aws.count(operation), 3, "{kind:?}");
        is_whole_and_goes(&world, &before);
    }
    // The key is made, and its user not found for the tag.
    let world = world();
    let missing = Fault::Error {
        status: 404,
        code: "NoSuchEntity",
        message: "The user with name handson-cli-usr cannot be found.",
    };
    world.aws.fault_rule("TagUser", missing, 0, Some(2));
    up_by_command(&world, &[]).succeeded();
    assert_eq!(world.aws.count("TagUser"), 3);
}

#[test]
fn a_policy_that_cannot_be_attached_is_not_waited_for() {
    let world = world();
    let missing = Fault::Error {
        status: 404,
        code: "NoSuchEntity",
        message: "Policy arn:aws:iam::aws:policy/AdministratorAccess does not exist or is not attachable.",
    };
    world.aws.fault("AttachRolePolicy", missing);
    up_by_command(&world, &[]).failed(5, "that could be attached");
    assert_eq!(world.aws.count("AttachRolePolicy"), 1);
}

#[test]
fn what_was_removed_is_waited_for_until_it_counts_no_more() {
    let world = world();
    let before = account(&world.aws);
    up_by_command(&world, &[]).succeeded();
    world.aws.set_lag(New::Removal, Some(Lag::Requests(2)));
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    for operation in ["DeleteRole", "DeleteUser", "DeleteVirtualMFADevice"] {
        assert_eq!(world.aws.count(operation), 3, "{operation}");
    }
    assert_eq!(account(&world.aws), before);
}

#[test]
fn what_was_made_with_a_lost_reply_is_found_however_late_it_is_shown() {
    for (operation, kind, lag) in [
        ("CreateUser", New::UserName, Lag::Requests(6)),
        // So late that it is asked for again, and is there already.
        ("CreateUser", New::UserName, Lag::Requests(20)),
        ("CreateUser", New::Tags, Lag::Seconds(3)),
        ("CreateRole", New::RoleName, Lag::Requests(6)),
        ("CreateRole", New::Tags, Lag::Seconds(3)),
        (
            "CreateVirtualMFADevice",
            New::VirtualDevice,
            Lag::Requests(2),
        ),
        ("CreateAccessKey", New::ListedKey, Lag::Seconds(3)),
    ] {
        let world = world();
        let before = account(&world.aws);
        world.aws.set_lag(kind, Some(lag));
        world.aws.fault(operation, Fault::Close(When::After));
        up_ends_well(&world, &["AWS's answer was lost"]);
        is_whole_and_goes(&world, &before);
    }
}

#[test]
fn the_next_run_knows_what_the_one_before_has_asked_for() {
    for (operation, kind, lag) in [
        ("CreateUser", New::Tags, Lag::Seconds(3)),
        ("CreateUser", New::UserName, Lag::Requests(6)),
        ("CreateRole", New::Tags, Lag::Seconds(3)),
        ("CreateRole", New::UserName, Lag::Requests(6)),
    ] {
        let world = world();
        let before = account(&world.aws);
        world.aws.set_lag(kind, Some(lag));
        let stop = world.aws.stop(operation, 0, When::After);
        let mut session = start_up(&world, &["--yes"]);
        drive(&world, &mut session, || stop.reached().is_some());
        session.kill();
        stop.abandon();
        up_ends_well(&world, &[]);
        is_whole_and_goes(&world, &before);
    }
}

#[test]
fn a_key_whose_reply_was_lost_and_that_is_listed_late_is_deleted() {
    let world = world();
    let before = account(&world.aws);
    world.aws.set_lag(New::ListedKey, Some(Lag::Seconds(20)));
    world
        .aws
        .fault("CreateAccessKey", Fault::Close(When::After));
    let stop = world.aws.stop("CreateVirtualMFADevice", 0, When::Before);
    let mut session = start_up(&world, &["--yes"]);
    drive(&world, &mut session, || stop.reached().is_some());
    world.aws.advance(20);
    stop.release();
    drive(&world, &mut session, || false);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    let deleted = "whose secret was lost on the way, is deleted";
    assert!(finished.shown.contains(deleted), "{}", finished.shown);
    assert_eq!(world.aws.count("CreateAccessKey"), 2);
    is_whole_and_goes(&world, &before);
}

#[test]
fn both_keys_of_a_run_in_doubt_are_its_own_to_down() {
    let world = world();
    let before = account(&world.aws);
    world.aws.set_lag(New::ListedKey, Some(Lag::Seconds(20)));
    world
        .aws
        .fault("CreateAccessKey", Fault::Close(When::After));
    let stop = world.aws.stop("CreateVirtualMFADevice", 0, When::Before);
    let mut session = start_up(&world, &["--yes"]);
    drive(&world, &mut session, || stop.reached().is_some());
    session.kill();
    stop.abandon();
    // The device was asked for, too, and never made.
    world.aws.advance(60);
    let keys = &account(&world.aws)["users"][USER]["keys"];
    assert_eq!(keys, &serde_json::json!(["Active", "Active"]));
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    assert_eq!(account(&world.aws), before);
}

#[test]
fn what_is_not_shown_for_good_is_not_called_somebody_elses() {
    let world = world();
    world.aws.set_lag(New::Tags, Some(Lag::Seconds(3_600)));
    world.aws.fault("CreateUser", Fault::Close(When::After));
    let mut session = start_up(&world, &["--yes"]);
    let begin = std::time::Instant::now();
    while world.aws.count("GetUser") < 4 {
        assert!(begin.elapsed() < Duration::from_secs(30));
        assert!(!session.has_ended(), "{}", session.shown());
        std::thread::sleep(Duration::from_millis(10));
    }
    session.kill();
    punctual(&world);
    world.aws.advance(3_700);
    run(&world);
    assert!(account(&world.aws)["roles"][ROLE].is_object());
}
