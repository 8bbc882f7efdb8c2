//! Setting a device up where AWS does not know everywhere yet what was done, or fails after it was
//! done: each step is carried out once, and no code is asked for twice.

use std::time::Duration;

use crate::local_aws::{Fault, Lag, LocalAws, New, Preset, When};
use crate::mfa_setup::{SERIAL, newcomer, setup, type_codes};
use crate::world::World;

/// A newcomer; the lists of devices lag behind for so many looks at one of them.
fn world(looks: u32) -> World {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world
        .aws
        .set_lag(New::DeviceListing, Some(Lag::Requests(looks)));
    world
}

fn is_enabled(aws: &LocalAws) -> bool {
    aws.with_device(SERIAL, |device| device.user.as_deref() == Some("alice"))
}

/// Two codes in a row as arguments, after these.
fn with_codes(world: &World, arguments: &[&str]) -> Vec<String> {
    let (first, second) = world.aws.code_pair(SERIAL);
    let codes = ["--code1", &first, "--code2", &second];
    let all = arguments.iter().chain(&codes);
    all.map(|argument| (*argument).to_owned()).collect()
}

#[test]
fn a_device_whose_enabling_came_to_no_answer_is_enabled_once_and_with_the_same_codes() {
    for (fault, looks, requests) in [
        // Carried out: the list tells, or lags behind, and AWS refuses the second request.
        (Fault::FailureAfter, 0, 1),
        (Fault::FailureAfter, 3, 2),
        (Fault::Close(When::After), 3, 2),
        // Not carried out.
        (Fault::SERVICE_FAILURE, 0, 2),
        (Fault::Gateway(502), 3, 2),
    ] {
        let named = format!("{fault:?} {looks}");
        let aws = |world: &World| {
            world.aws.fault("EnableMFADevice", fault.clone());
        };
        let made = |world: &World| {
            assert!(is_enabled(&world.aws), "{named}");
            assert_eq!(world.aws.count("EnableMFADevice"), requests, "{named}");
            assert_eq!(world.aws.count("CreateVirtualMFADevice"), 1, "{named}");
            assert_eq!(world.aws.count("GetSessionToken"), 0, "{named}");
        };
        let asked = world(looks);
        aws(&asked);
        let mut session = setup(&asked, &["--yes", "--no-login"]);
        type_codes(&asked, &mut session);
        let finished = asked.finish(session);
        assert_eq!(finished.code, 0, "{named}: {}", finished.shown);
        assert_eq!(finished.shown.matches("First code").count(), 1, "{named}");
        made(&asked);
        for command in [&["mfa", "enable"][..], &["mfa", "setup", "--yes"]] {
            let given = world(looks);
            given.run(["mfa", "create", "--qr", "aws.png"]).succeeded();
            aws(&given);
            let run = given.run(with_codes(&given, command));
            run.succeeded_for(&named).said("is enabled");
            made(&given);
        }
    }
}

#[test]
fn a_resynchronization_that_came_to_no_answer_is_made_again() {
    for (fault, code) in [
        (Fault::SERVICE_FAILURE, 0),
        (Fault::FailureAfter, 4),
        (Fault::Close(When::After), 4),
    ] {
        let world = World::new();
        let (user, _) = newcomer(&world, Preset::SelfService);
        user.virtual_mfa();
        world.aws.fault("ResyncMFADevice", fault.clone());
        let run = world.run(with_codes(&world, &["mfa", "resync"]));
        assert_eq!(world.aws.count("ResyncMFADevice"), 2, "{fault:?}");
        match code {
            0 => run.succeeded().said("is resynchronized"),
            _ => run
                .failed(code, "AWS did not accept the codes")
                .said("next: see whether the next code of the device signs in"),
        };
    }
}

#[test]
fn a_device_whose_creation_was_lost_is_replaced_once_the_lists_show_it() {
    let world = world(4);
    let lost = Fault::Close(When::After);
    world.aws.fault("CreateVirtualMFADevice", lost);
    let mut session = setup(&world, &["--no-login"]);
    session.expect("AWS's answer was lost; looking what became of it");
    session.expect("is deleted");
    type_codes(&world, &mut session);
    session.expect("[y/N] ");
    session.send_line("y");
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert!(is_enabled(&world.aws));
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 3);
}

#[test]
fn a_device_that_aws_does_not_know_everywhere_yet_is_neither_given_up_nor_made_twice() {
    let unknown = Fault::Error {
        status: 404,
        code: "NoSuchEntity",
        message: "VirtualMFADevice with serial number arn:aws:iam::123456789012:mfa/alice doesn't exist.",
    };
    let world = world(100);
    world.aws.fault_rule("EnableMFADevice", unknown, 0, Some(3));
    let mut session = setup(&world, &["--yes", "--no-login"]);
    type_codes(&world, &mut session);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(finished.shown.matches("scan this").count(), 1);
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 1);
    assert_eq!(world.aws.count("EnableMFADevice"), 4);
    assert!(is_enabled(&world.aws));
}

#[test]
fn codes_of_a_device_that_is_in_no_list_yet_enable_it() {
    let world = world(100);
    world.run(["mfa", "create", "--qr", "aws.png"]).succeeded();
    let setup = with_codes(&world, &["mfa", "setup", "--yes"]);
    world.run(setup).succeeded().said("is enabled for alice");
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 1);
}

/// `mfa setup`, killed after it has created the device, or enabled it; the lists lag behind for so many
/// looks.
fn cut_off(created: u32, enabled: Option<u32>) -> World {
    let world = world(created);
    let operation = match enabled {
        Some(_) => "EnableMFADevice",
        None => "CreateVirtualMFADevice",
    };
    let stop = world.aws.stop(operation, 0, When::After);
    let mut session = setup(&world, &["--yes", "--no-login"]);
    if let Some(looks) = enabled {
        session.expect("scan this with an authenticator app:");
        let lag = Some(Lag::Requests(looks));
        world.aws.set_lag(New::DeviceListing, lag);
        type_codes(&world, &mut session);
    }
    assert!(stop.wait(Duration::from_secs(60)).is_some());
    session.kill();
    stop.abandon();
    world
}

#[test]
fn the_device_of_a_run_that_was_cut_off_is_replaced_once_the_lists_show_it() {
    let world = cut_off(4, None);
    let mut session = setup(&world, &["--no-login"]);
    // Whose it is, is not known for certain.
    session.expect("which was created before and never enabled, by a new one? [y/N] ");
    session.send_line("y");
    session.expect("is deleted");
    type_codes(&world, &mut session);
    session.expect("[y/N] ");
    session.send_line("y");
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert!(is_enabled(&world.aws));
    assert_eq!(world.aws.count("DeleteVirtualMFADevice"), 1);
}

#[test]
fn a_device_that_a_run_has_enabled_before_it_was_cut_off_is_used() {
    // The lists show no device, or one that nobody has enabled: AWS knows better.
    for (created, refused) in [(6, "CreateVirtualMFADevice"), (0, "DeleteVirtualMFADevice")] {
        let world = cut_off(created, Some(6));
        world.aws.clear_log();
        let session = setup(&world, &["--yes", "--no-login"]);
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{refused}: {}", finished.shown);
        assert!(is_enabled(&world.aws));
        for operation in [
            "CreateVirtualMFADevice",
            "DeleteVirtualMFADevice",
            "EnableMFADevice",
        ] {
            let most = usize::from(operation == refused);
            assert_eq!(world.aws.count(operation), most, "{refused}");
        }
        let config = std::fs::read_to_string(world.config_path()).unwrap();
        assert!(config.contains(SERIAL), "{config}");
    }
}
