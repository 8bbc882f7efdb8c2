//! `handson down` cut off between taking a device from the user and deleting it, where nothing at AWS
//! says any more whose it was; right after an `up` that was cut off; and by whom it is not to be run.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::handson::{ROLE, SERIAL, USER, account, administrator, up, up_by_command};
use crate::local_aws::{Fault, Lag, New, When};
use crate::world::World;

const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";

/// With a hands-on user; and what there was before.
fn standing() -> (World, Value) {
    let world = World::new();
    administrator(&world);
    let before = account(&world.aws);
    up_by_command(&world, &[]).succeeded();
    (world, before)
}

/// One device of the user's that `up` has not made.
fn with_a_phone() -> (World, Value) {
    let (world, before) = standing();
    let user = world.aws.account().existing_user(USER).unwrap();
    user.virtual_mfa_named("phone");
    (world, before)
}

/// The user's device was made anew by somebody else, so it has no tags.
fn with_an_untagged_device() -> (World, Value) {
    let (world, before) = standing();
    let user = world.aws.account().existing_user(USER).unwrap();
    user.remove_device(SERIAL);
    user.virtual_mfa_named(USER);
    (world, before)
}

const HANDING: [&str; 4] = ["--seed-command", "cat", "--mfa-process", "cat"];

fn down<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["handson", "down", "--user", USER, "--yes"][..], more].concat()
}

/// Is killed when the device is nobody's any more.
fn cut_off(world: &World, more: &[&str]) {
    let stop = world.aws.stop("DeleteVirtualMFADevice", 0, When::Before);
    let mut child = world.start(down(more));
    assert!(stop.wait(Duration::from_secs(60)).is_some());
    child.kill().unwrap();
    world.outcome(child);
    stop.abandon();
}

#[track_caller]
fn is_gone(world: &World, before: &Value) {
    assert_eq!(&account(&world.aws), before);
    let files = world.files().into_iter();
    let mut journals = files.filter(|(name, bytes)| name.contains("handson-") && !bytes.is_empty());
    assert_eq!(journals.next(), None);
}

#[test]
fn a_device_that_force_has_taken_from_the_user_is_deleted_by_the_next_run() {
    let (world, before) = with_a_phone();
    cut_off(&world, &["--force"]);
    assert!(account(&world.aws)["devices"][PHONE].is_object());
    // What was agreed to once is not a stranger any more.
    world
        .run(down(&[]))
        .succeeded()
        .said(&format!("device {PHONE} is deleted"));
    is_gone(&world, &before);
}

#[test]
fn a_device_that_could_not_be_deleted_is_deleted_once_that_is_allowed() {
    let (world, before) = with_a_phone();
    world
        .aws
        .fault_always("DeleteVirtualMFADevice", Fault::AccessDenied);
    for _ in 0..2 {
        world
            .run(down(&["--force"]))
            .failed(5, "may not call DeleteVirtualMFADevice");
    }
    world.aws.clear_faults();
    world.run(down(&[])).succeeded();
    is_gone(&world, &before);
}

#[test]
fn a_device_that_was_given_to_somebody_else_meanwhile_stays() {
    let (world, _) = with_a_phone();
    cut_off(&world, &["--force"]);
    let bob = world.aws.user("bob");
    bob.remove_device(PHONE);
    bob.virtual_mfa_named("phone");
    world.run(down(&[])).succeeded();
    assert_eq!(account(&world.aws)["devices"][PHONE]["user"], "bob");
}

#[test]
fn an_own_device_without_tags_is_deleted_by_the_next_run() {
    let (world, before) = with_an_untagged_device();
    cut_off(&world, &[]);
    // It is not taken for somebody else's by `up` either.
    world
        .run([&up(&["--yes"])[..], &HANDING].concat())
        .failed(3, "which AWS does not know as one of user")
        .said("next: take it down first");
    world.run(down(&[])).succeeded();
    is_gone(&world, &before);
}

#[test]
fn the_hands_on_role_does_not_take_itself_down() {
    let (mut world, _) = standing();
    world.aws.advance(30);
    world.run(["-p", ROLE, &world.aws.code(SERIAL)]).succeeded();
    let there = account(&world.aws);
    // In the environment, and in a profile that says nothing of where it is from.
    let own = world.credentials_of(USER);
    let key = [
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
    ]
    .map(|key| world.value("session-token", key).unwrap());
    let [id, secret, token] = &key;
    world.write_credentials(format!(
        "{}\n[pasted]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = {token}\n[own]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        world.credentials(), own.id, own.secret
    ));
    let refused = |world: &World, more: &[&str]| {
        world.run(down(more)).failed(
            3,
            "these credentials are those of hands-on user handson-cli-usr or of its role",
        );
        assert_eq!(account(&world.aws), there);
    };
    refused(&world, &["-p", "pasted"]);
    world.set("AWS_ACCESS_KEY_ID", id);
    world.set("AWS_SECRET_ACCESS_KEY", secret);
    world.set("AWS_SESSION_TOKEN", token);
    refused(&world, &[]);
    world.run(down(&["-p", "default"])).succeeded();
}

/// `up`, killed before or after this request.
fn with_up_cut_off(operation: &str, lag: Option<New>, when: When) -> (World, Value) {
    let world = World::new();
    administrator(&world);
    let before = account(&world.aws);
    if let Some(kind) = lag {
        world.aws.set_lag(kind, Some(Lag::Seconds(4)));
    }
    let stop = world.aws.stop(operation, 0, when);
    let mut child = world.start([&up(&["--yes"])[..], &HANDING].concat());
    assert!(stop.wait(Duration::from_secs(60)).is_some(), "{operation}");
    child.kill().unwrap();
    world.outcome(child);
    stop.abandon();
    world.aws.clear_log();
    (world, before)
}

#[test]
fn what_up_has_asked_for_a_moment_ago_is_removed_once_it_is_shown() {
    let cases = [
        ("CreateUser", New::UserName),
        ("CreateUser", New::Tags),
        ("CreateRole", New::RoleName),
        ("CreateRole", New::Tags),
        ("CreateAccessKey", New::ListedKey),
        ("CreateVirtualMFADevice", New::VirtualDevice),
    ];
    std::thread::scope(|scope| {
        for (operation, lag) in cases {
            scope.spawn(move || {
                let (world, before) = with_up_cut_off(operation, Some(lag), When::After);
                let run = world.run(down(&[]));
                run.succeeded_for(&format!("{operation} {lag:?}"))
                    .said(&format!("user {USER} is removed"));
                is_gone(&world, &before);
                assert!(!world.credentials().contains(USER), "{operation}");
            });
        }
    });
}

#[test]
fn what_is_shown_is_removed_without_waiting() {
    for operation in ["CreateRole", "CreateAccessKey", "CreateVirtualMFADevice"] {
        let (world, before) = with_up_cut_off(operation, None, When::After);
        world.run(down(&[])).succeeded();
        assert_eq!(world.aws.count("GetUser"), 1, "{operation}");
        is_gone(&world, &before);
    }
}

#[test]
fn what_is_not_shown_for_long_was_never_made() {
    let (world, before) = with_up_cut_off("CreateUser", None, When::Before);
    let child = world.start(down(&[]));
    let begin = Instant::now();
    while world.aws.count("GetUser") < 2 {
        assert!(begin.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
    world.aws.advance(60);
    let run = world.outcome(child).succeeded();
    run.said(&format!("nothing is left of hands-on user {USER}"));
    is_gone(&world, &before);
}
