//! The steps of a device's life on their own: create, enable, list, resync, deactivate, delete.

use serde_json::json;

use crate::local_aws::{Fault, LocalAws, Preset, When};
use crate::mfa_setup::{SERIAL, devices, newcomer, seed};
use crate::world::{World, section};

const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";

/// Whether the device is enabled for somebody.
fn is_enabled(aws: &LocalAws, serial: &str) -> bool {
    aws.with_device(serial, |device| device.enabled.is_some())
}

/// Two codes in a row as arguments.
fn codes(world: &World, serial: &str) -> [String; 4] {
    let (first, second) = world.aws.code_pair(serial);
    ["--code1".to_owned(), first, "--code2".to_owned(), second]
}

fn with_codes<'a>(arguments: &[&'a str], codes: &'a [String; 4]) -> Vec<&'a str> {
    let codes = codes.iter().map(String::as_str);
    arguments.iter().copied().chain(codes).collect()
}

#[test]
fn a_device_is_created_enabled_resynchronized_deactivated_and_deleted() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let run = world.run_for_secrets(["mfa", "create", "--show-seed"]);
    assert_eq!(run.succeeded().stdout, format!("{}\n", seed(&world)));
    assert!(!is_enabled(&world.aws, SERIAL));

    let pair = codes(&world, SERIAL);
    let run = world.run(with_codes(&["mfa", "enable", "--output", "json"], &pair));
    let expected = json!({ "action": "enabled", "serial_number": SERIAL, "user": "alice" });
    assert_eq!(run.succeeded().json(), expected);
    assert!(is_enabled(&world.aws, SERIAL));

    // Again, as after a run that was killed: no code is needed, and none is sent.
    world.aws.clear_log();
    let run = world.run(with_codes(&["mfa", "enable"], &pair)).succeeded();
    run.said(&format!(
        "nothing to do: device {SERIAL} of alice is enabled already"
    ));
    let log = world.aws.log();
    assert!(log.iter().all(|entry| entry.operation != "EnableMFADevice"));

    world.aws.advance(60);
    let pair = codes(&world, SERIAL);
    let run = world.run(with_codes(&["mfa", "resync"], &pair)).succeeded();
    run.said(&format!("device {SERIAL} of alice is resynchronized"));

    world
        .run(["mfa", "deactivate"])
        .failed(3, "is the last device of alice that makes codes");
    // Whoever has a device is to show it.
    world
        .run(["mfa", "deactivate", "--force"])
        .failed(4, "an MFA code is needed")
        .said("AWS wants MFA for DeactivateMFADevice from who has a device");
    let code = world.aws.code(SERIAL);
    world
        .run(["mfa", "deactivate", "--force", "-t", &code])
        .succeeded();
    assert!(!is_enabled(&world.aws, SERIAL));
    world
        .run(["mfa", "deactivate", "--force"])
        .failed(3, "alice has no MFA device for this");

    let run = world.run(["mfa", "delete"]).succeeded();
    run.said(&format!("device {SERIAL} is deleted"));
    assert!(devices(&world).is_empty());
}

#[test]
fn where_there_is_no_device_to_delete_nothing_is_said_to_be_deleted() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let typo = ["mfa", "delete", "--name", "tpyo"];
    for (arguments, serial) in [
        (&typo[..], SERIAL.replace("alice", "tpyo")),
        (&["mfa", "delete"], SERIAL.to_owned()),
    ] {
        let run = world.run(arguments).succeeded();
        assert_eq!(
            run.stderr,
            format!("nothing to do: there is no device {serial}\n")
        );
    }
    let run = world.run(typo.iter().chain(&["--output", "json"]));
    assert_eq!(run.succeeded().json()["action"], "unchanged");
    // One whose answer was lost was there, and this run has deleted it.
    world.aws.account().unassigned_mfa("tpyo");
    let lost = Fault::Close(When::After);
    world.aws.fault("DeleteVirtualMFADevice", lost);
    world.run(typo).succeeded().said("mfa/tpyo is deleted");
    assert!(devices(&world).is_empty());
}

#[test]
fn the_seed_is_in_a_document_only_where_it_was_asked_for() {
    for (arguments, shown) in [(&["--show-seed"][..], true), (&["--qr", "aws.svg"], false)] {
        let world = World::new();
        newcomer(&world, Preset::SelfService);
        let arguments = ["mfa", "create", "--output", "json"]
            .iter()
            .chain(arguments);
        let run = world.run_for_secrets(arguments).succeeded();
        assert_eq!(run.json()["serial_number"], SERIAL);
        assert_eq!(run.stdout.contains(&seed(&world)), shown);
    }
}

#[test]
fn all_kinds_are_listed_and_which_make_codes() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    world
        .run(["mfa", "list"])
        .succeeded()
        .said("there is no MFA device");
    user.virtual_mfa();
    let passkey = user.passkey("yubi");
    user.hardware_mfa("GAHT12345678");
    world.write_config(format!("[default]\nmfa_serial = {SERIAL}\n"));
    let run = world.run(["mfa", "list"]).succeeded();
    let lines: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(lines[0], ["DEVICE", "KIND", "CODES", "ENABLED"]);
    for (device, kind, makes_codes) in [
        ("GAHT12345678", "hardware", "yes"),
        (&format!("{SERIAL} (in the profile)"), "virtual", "yes"),
        (&passkey, "u2f", "no"),
    ] {
        let row = lines.iter().find(|line| line[0] == device).unwrap();
        assert_eq!(row[1..3], [kind, makes_codes], "{device}");
    }
    let rows = world
        .run(["mfa", "list", "--output", "json"])
        .succeeded()
        .json();
    assert_eq!(rows.as_array().unwrap().len(), 3);
    assert!(
        rows.as_array()
            .unwrap()
            .iter()
            .all(|row| row["user"] == "alice")
    );
}

#[test]
fn the_account_s_virtual_devices_are_listed_with_their_users_page_by_page() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    user.virtual_mfa();
    world.aws.user("bob").virtual_mfa();
    world.aws.account().unassigned_mfa("phone");
    world.aws.account().root_mfa();
    world.aws.set_page_size(1);
    let run = world.run(["mfa", "list", "--all"]).succeeded();
    for (serial, user) in [(SERIAL, "alice"), (PHONE, "(nobody)")] {
        let line = run
            .stdout
            .lines()
            .find(|line| line.starts_with(serial))
            .unwrap();
        assert!(line.ends_with(user), "{line}");
    }
    assert_eq!(world.aws.count("ListVirtualMFADevices"), 4);
    let rows = world
        .run(["mfa", "list", "--all", "--output", "json"])
        .succeeded()
        .json();
    let rows = rows.as_array().unwrap();
    let phone = rows
        .iter()
        .find(|row| row["serial_number"] == PHONE)
        .unwrap();
    assert!(phone["user"].is_null() && phone["enabled"].is_null());
}

#[test]
fn what_stops_working_is_said_and_force_does_it() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    let mfa = user.virtual_mfa();
    user.virtual_mfa_named("phone");
    world.sign_in(&mfa, ["--serial-number", SERIAL]).succeeded();
    for command in [&["deactivate"][..], &["delete", "--deactivate"]] {
        let arguments = ["mfa"].iter().chain(command).chain(&["--name", "alice"]);
        let run = world
            .run(arguments)
            .failed(3, "a session that is in use was made with");
        run.said("section [default-mfa] stays good until it expires");
        run.said("`--force` does it all the same");
    }
    assert_eq!(world.aws.count("DeactivateMFADevice"), 0);
    // The other one is of no consequence.
    world
        .run(["mfa", "deactivate", "--name", "phone"])
        .succeeded();
    let run = world.run(["mfa", "delete", "--deactivate"]);
    let run = run.failed(3, "is the last device of alice that makes codes");
    run.said("section [default-mfa] stays good");
    world
        .run(["mfa", "delete", "--deactivate", "--force"])
        .succeeded();
    assert_eq!(devices(&world), [PHONE]);
}

#[test]
fn a_device_that_is_enabled_is_deleted_only_if_it_may_be_deactivated() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    let mfa = user.virtual_mfa();
    user.virtual_mfa_named("phone");
    world.sign_in(&mfa, ["--serial-number", SERIAL]).succeeded();
    world
        .run(["mfa", "delete", "--name", "phone"])
        .failed(3, &format!("device {PHONE} is enabled for alice"))
        .said("`--deactivate`");
    world
        .run(["mfa", "delete", "--name", "phone", "--deactivate"])
        .succeeded();
    assert_eq!(devices(&world), [SERIAL]);
    // Somebody else's is not ours to deactivate.
    world.aws.user("bob").virtual_mfa();
    world
        .run(["mfa", "delete", "--name", "bob", "--deactivate"])
        .failed(5, "is enabled, and AWS deletes none that is")
        .said("next: `awsmfa mfa list --all` shows for whom")
        .said("next: say whose it is with `--user`, and take it from them first with `--deactivate`: it is none of alice's devices");
    // And what is no virtual device has no end.
    user.hardware_mfa("GAHT12345678");
    world
        .run(["mfa", "delete", "--serial-number", "GAHT12345678"])
        .failed(3, "is no virtual device");
}

#[test]
fn a_device_that_aws_takes_for_enabled_a_moment_longer_is_deleted_all_the_same() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    let mfa = user.virtual_mfa();
    world.sign_in(&mfa, ["--serial-number", SERIAL]).succeeded();
    let enabled = Fault::Error {
        status: 409,
        code: "DeleteConflict",
        message: "MFA VirtualDevice in use. Must deactivate first.",
    };
    world
        .aws
        .fault_rule("DeleteVirtualMFADevice", enabled, 0, Some(2));
    world
        .run(["mfa", "delete", "--deactivate", "--force"])
        .succeeded()
        .said(&format!("device {SERIAL} is deleted"));
    assert!(devices(&world).is_empty());
    assert_eq!(world.aws.count("DeactivateMFADevice"), 2);
}

#[test]
fn of_several_devices_none_is_taken_without_asking() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    let mfa = user.virtual_mfa();
    user.virtual_mfa_named("phone");
    world.sign_in(&mfa, ["--serial-number", SERIAL]).succeeded();
    for command in ["deactivate", "delete"] {
        let run = world
            .run(["mfa", command])
            .failed(3, "alice has several MFA devices");
        run.said(&format!("next: --serial-number {SERIAL}"))
            .said(&format!("next: --serial-number {PHONE}"));
    }
    let mut session = world.terminal(["mfa", "deactivate"]).start();
    session.expect("number (1-2): ");
    session.send_line("2");
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert!(is_enabled(&world.aws, SERIAL) != is_enabled(&world.aws, PHONE));
}

#[test]
fn a_command_for_one_device_makes_no_codes_of_another() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    user.virtual_mfa();
    user.virtual_mfa_named("phone");
    let process = "mfa_process = touch run";
    world.write_config(format!("[default]\nmfa_serial = {SERIAL}\n{process}\n"));
    world
        .run(["mfa", "resync", "--serial-number", PHONE])
        .failed(4, "two codes of the device are needed")
        .said(&format!("makes codes of {SERIAL}"))
        .said("--code1");
    assert!(!world.path("run").exists());
}

#[test]
fn a_lost_answer_is_looked_up_and_not_asked_for_again() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let lost = || Fault::Close(When::After);
    world.aws.fault("CreateVirtualMFADevice", lost());
    world
        .run(["mfa", "create", "--qr", "aws.png"])
        .failed(6, "the connection to AWS broke off")
        .said("may be there all the same")
        .said("`awsmfa mfa delete` removes the device");
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 1);
    assert!(!world.path("aws.png").exists());
    world.aws.fault("EnableMFADevice", lost());
    let pair = codes(&world, SERIAL);
    world
        .run(with_codes(&["mfa", "enable"], &pair))
        .succeeded()
        .said("is enabled");
    assert_eq!(world.aws.count("EnableMFADevice"), 1);
    // To deactivate or delete twice is to do it once.
    world
        .aws
        .fault_rule("DeactivateMFADevice", lost(), 1, Some(1));
    world.aws.fault("DeleteVirtualMFADevice", lost());
    let code = world.aws.code(SERIAL);
    world
        .run(["mfa", "delete", "--deactivate", "--force", "-t", &code])
        .succeeded();
    // With the key alone, with the session, and once more after its answer was lost.
    assert_eq!(world.aws.count("DeactivateMFADevice"), 3);
    assert_eq!(world.aws.count("DeleteVirtualMFADevice"), 2);
    assert!(devices(&world).is_empty());
}

#[test]
fn quotas_and_names_that_are_taken_are_explained() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    world.aws.user("bob").virtual_mfa();
    world
        .run(["mfa", "create", "--name", "bob", "--qr", "aws.png"])
        .failed(
            5,
            "there is device arn:aws:iam::123456789012:mfa/bob already",
        )
        .said("`--name` chooses another name")
        .said("if it was never enabled, `awsmfa mfa setup --name bob` replaces it, and `awsmfa mfa delete --name bob` removes it");
    world.aws.account().unassigned_mfa("phone");
    let wrong = ["--code1", "111111", "--code2", "222222"];
    world
        .run(["mfa", "enable", "--name", "phone"].iter().chain(&wrong))
        .failed(4, "AWS did not accept the codes")
        .said(&format!("give codes of device {PHONE}, two in a row"));
    let mfa = user.virtual_mfa();
    world.sign_in(&mfa, ["--serial-number", SERIAL]).succeeded();
    for number in 0..7 {
        user.passkey(&format!("key{number}"));
    }
    let pair = codes(&world, PHONE);
    world
        .run(with_codes(&["mfa", "enable", "--name", "phone"], &pair))
        .failed(5, "alice has 8 MFA devices already");
    world
        .aws
        .account()
        .quotas(|quotas| quotas.virtual_devices = 1);
    world
        .run(["mfa", "create", "--name", "more", "--qr", "aws.png"])
        .failed(
            5,
            "the account has as many virtual MFA devices as AWS allows",
        );
    world
        .run(with_codes(&["mfa", "enable", "--name", "none"], &pair))
        .failed(
            5,
            "AWS knows no device arn:aws:iam::123456789012:mfa/none of alice",
        );
}

#[test]
fn a_key_that_is_no_user_s_needs_the_user_s_name() {
    let world = World::new();
    world.write_credentials(section("default", &{
        let key = world.aws.account().root_key();
        world.plant(key.secret.as_str());
        key
    }));
    world
        .run(["mfa", "list"])
        .failed(3, "arn:aws:iam::123456789012:root is no IAM user")
        .said("name the user with `--user`");
}
