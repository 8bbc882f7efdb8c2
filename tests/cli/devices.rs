//! Which device makes the code: named, listed, guessed, chosen, replaced.

use crate::local_aws::{Fault, Key, Preset, Trust, UserHandle};
use crate::world::{NOTHING, World, section};

/// A user who may list their own devices, key under `[default]`, and has none yet.
fn user_who_may_list(world: &World) -> (UserHandle, Key) {
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    (user, key)
}

/// The serial number that went along with the only code that was sent.
fn serial_sent(world: &World) -> Option<String> {
    let log = world.aws.log();
    let mut calls = log
        .iter()
        .filter(|entry| entry.parameter("TokenCode").is_some());
    let serial = calls.next()?.parameter("SerialNumber").map(str::to_owned);
    assert!(calls.next().is_none(), "more than one code was sent");
    serial
}

#[test]
fn the_device_is_the_strongest_that_was_named() {
    let places = ["flag", "variable", "own", "source"];
    for (strongest, expected) in places.iter().enumerate() {
        let mut world = World::new();
        let user = world.aws.user("alice");
        world.write_credentials(section("default", &world.key(&user)));
        let devices = places.map(|place| user.virtual_mfa_named(place));
        // Named in every place from the strongest one on.
        let named = |place: usize| (place >= strongest).then(|| devices[place].serial.clone());
        let line =
            |place| named(place).map_or(String::new(), |serial| format!("mfa_serial = {serial}\n"));
        let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
        world.write_config(format!(
            "[default]\n{}[profile work]\nrole_arn = {}\nsource_profile = default\n{}",
            line(3),
            role.arn,
            line(2),
        ));
        if let Some(serial) = named(1) {
            world.set("AWS_MFA_SERIAL", &serial);
        }
        let mut arguments = vec!["-p".to_owned(), "work".to_owned()];
        if let Some(serial) = named(0) {
            arguments.extend(["--serial-number".to_owned(), serial]);
        }
        world.sign_in(&devices[strongest], arguments).succeeded();
        let used = Some(devices[strongest].serial.clone());
        assert_eq!(serial_sent(&world), used, "{expected}");
        assert_eq!(world.value("work-mfa", "awsmfa_mfa_serial"), used);
        // Somebody said it, so nobody is asked.
        assert_eq!(world.aws.count("ListMFADevices"), 0);
    }
}

#[test]
fn of_several_devices_none_is_taken_without_asking() {
    let world = World::new();
    let (user, _) = user_who_may_list(&world);
    let (one, two) = (
        user.virtual_mfa_named("phone"),
        user.virtual_mfa_named("tablet"),
    );
    let code = world.aws.code(&one.serial);
    let run = world
        .run([&code])
        .failed(3, "several MFA devices")
        .said(&format!("next: --serial-number {}", one.serial))
        .said(&format!("next: --serial-number {}", two.serial))
        .code;
    assert_eq!(run, 3);
    assert_eq!(serial_sent(&world), None);
    // The advice works.
    world
        .run(["--serial-number", &one.serial, &code])
        .succeeded();
}

#[cfg(unix)]
#[test]
fn of_several_devices_a_person_chooses() {
    let world = World::new();
    let (user, _) = user_who_may_list(&world);
    let (one, two) = (
        user.virtual_mfa_named("phone"),
        user.virtual_mfa_named("tablet"),
    );
    let mut session = world.terminal(NOTHING).start();
    let question = session.expect("number (1-2): ");
    for (number, device) in [(1, &one), (2, &two)] {
        assert!(
            question.contains(&format!("{number}) {}\n", device.serial)),
            "{question}"
        );
    }
    session.send_line("3");
    session.expect("that is no number from 1 to 2");
    session.expect("number (1-2): ");
    session.send_line("2");
    session.expect(&format!("MFA code for {} (profile default): ", two.serial));
    session.send_line(&world.aws.code(&two.serial));
    assert_eq!(world.finish(session).code, 0);
    assert_eq!(serial_sent(&world), Some(two.serial.clone()));
    // It is remembered: nobody is asked which device again.
    let mut session = world.terminal(["--force"]).start();
    session.expect(&format!("MFA code for {} (profile default): ", two.serial));
    session.send_line(&world.aws.code(&two.serial));
    assert_eq!(world.finish(session).code, 0);
}

#[test]
fn passkeys_are_left_out_and_named() {
    let world = World::new();
    let (user, _) = user_who_may_list(&world);
    let passkey = user.passkey("yubi");
    let mfa = world.virtual_mfa(&user);
    world
        .sign_in(&mfa, NOTHING)
        .succeeded()
        .said(&format!("note: {passkey} is left out"));
    assert_eq!(serial_sent(&world), Some(mfa.serial));
}

#[test]
fn without_a_device_that_makes_codes_the_code_is_not_even_looked_at() {
    for (passkey, told) in [
        (
            true,
            "all passkeys or security keys, which cannot make codes",
        ),
        (false, "this user has no MFA device"),
    ] {
        let world = World::new();
        let (user, _) = user_who_may_list(&world);
        if passkey {
            user.passkey("yubi");
        }
        let before = world.credentials();
        world.run(["123456"]).failed(3, told).said("next: register");
        assert_eq!(serial_sent(&world), None);
        assert_eq!(world.credentials(), before);
    }
}

#[test]
fn a_hardware_device_has_a_number_and_no_arn() {
    let world = World::new();
    let (user, _) = user_who_may_list(&world);
    let mfa = user.hardware_mfa("GAHT12345678");
    world.sign_in(&mfa, NOTHING).succeeded();
    assert_eq!(serial_sent(&world).as_deref(), Some("GAHT12345678"));
    world.aws.clear_log();
    world
        .sign_in(&mfa, ["--serial-number", "GAHT12345678"])
        .succeeded();
    assert_eq!(world.aws.count("ListMFADevices"), 0);
}

#[test]
fn a_list_in_pages_is_read_to_its_end() {
    let world = World::new();
    let (user, _) = user_who_may_list(&world);
    for name in ["a", "b", "c", "d"] {
        user.passkey(name);
    }
    // Sorted by serial number, `mfa/` comes before `u2f/`; a number without ARN comes first.
    let mfa = user.virtual_mfa_named("zebra");
    world.aws.set_page_size(2);
    world.sign_in(&mfa, NOTHING).succeeded();
    assert_eq!(world.aws.count("ListMFADevices"), 3);
    let more = user.hardware_mfa("ZZHT12345678");
    let run = world.run(["--to", "other", "123456"]).failed(3, "several");
    for device in [&mfa, &more] {
        run.said(&device.serial);
    }
}

#[test]
fn a_new_device_is_found_with_the_code_that_was_given() {
    for policy in [Preset::SelfService, Preset::None] {
        let world = World::new();
        let user = world.aws.user("alice").policy(policy);
        let key = world.key(&user);
        world.write_credentials(section("default", &key));
        let old = user.virtual_mfa_named("old");
        world
            .sign_in(&old, ["--serial-number", &old.serial])
            .succeeded();
        user.remove_device(&old.serial);
        let new = world.virtual_mfa(&user);
        world.aws.clear_log();
        world
            .sign_in(&new, NOTHING)
            .succeeded()
            .said(&format!("note: device {} is gone", old.serial));
        let recorded = world.value("default-mfa", "awsmfa_mfa_serial");
        assert_eq!(recorded, Some(new.serial.clone()), "{policy:?}");
        let log = world.aws.log();
        let codes: Vec<_> = log
            .iter()
            .filter_map(|entry| entry.parameter("TokenCode"))
            .collect();
        assert_eq!(codes.len(), 2);
        assert_eq!(codes[0], codes[1]);
    }
}

#[test]
fn a_device_that_somebody_named_is_not_replaced_by_another() {
    let world = World::new();
    let (user, _) = user_who_may_list(&world);
    let mfa = world.virtual_mfa(&user);
    let gone = mfa.serial.replace("alice", "gone");
    world.write_config(format!("[default]\nmfa_serial = {gone}\n"));
    let before = world.credentials();
    world
        .sign_in(&mfa, NOTHING)
        .failed(5, &format!("knows no MFA device {gone}"))
        .said(&format!("at: {}:2", world.config_path().display()));
    assert_eq!(world.credentials(), before);
    // That refusal has spent nothing.
    world
        .sign_in(&mfa, ["--serial-number", &mfa.serial])
        .succeeded();
}

#[test]
fn a_device_that_cannot_be_one_is_refused_before_anything_is_sent() {
    for (serial, told) in [
        ("short", "not the serial number of an MFA device"),
        (
            "arn:aws:iam::123456789012:u2f/user/alice/yubi",
            "cannot make codes",
        ),
        ("arn:aws:iam::123456789012:user/alice", "ARN of a user"),
        ("GAHT 12345678", "not the serial number of an MFA device"),
    ] {
        let mut world = World::new();
        world.default_user("alice");
        world
            .run(["--serial-number", serial, "123456"])
            .failed(2, told)
            .said("at: --serial-number");
        world.set("AWS_MFA_SERIAL", serial);
        world
            .run(["123456"])
            .failed(3, told)
            .said("at: AWS_MFA_SERIAL");
        assert_eq!(world.aws.log().len(), 0);
    }
}

#[test]
fn where_aws_does_not_know_whose_devices_to_list_the_users_name_is_taken() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    // As moto answers where no user is named.
    let unknown = Fault::Error {
        status: 404,
        code: "NoSuchEntity",
        message: "The user with name None cannot be found.",
    };
    world.aws.fault_always("ListMFADevices", unknown);
    world
        .sign_in(&mfa, NOTHING)
        .succeeded()
        .said("note: this user's MFA devices could not be listed, so ")
        .said(&format!("{} is a guess", mfa.serial));
    assert_eq!(serial_sent(&world), Some(mfa.serial));
    world
        .run(["mfa", "list"])
        .failed(5, "does not tell by the key alone whose MFA devices")
        .said("next: name the user: `--user NAME`");
    let run = world.run(["doctor", "--output", "json"]);
    let document = run.json();
    let findings = document["findings"].as_array().unwrap();
    let device = findings.iter().find(|found| found["id"] == "device");
    let what = device.unwrap()["what"].as_str().unwrap();
    assert!(
        what.contains("AWS does not list the key's devices"),
        "{what}"
    );
}
