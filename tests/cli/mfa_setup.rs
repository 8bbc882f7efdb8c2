//! `mfa setup`: from nothing to a device that is enabled, in the profile, and signed in with.

use std::fs;

use serde_json::{Value, json};

use crate::local_aws::{Fault, Key, Lag, New, Preset, UserHandle, When, totp};
use crate::prompt::wait_for;
use crate::pty::{Session, Stream};
use crate::world::{World, section};

pub(super) const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

/// A user without a device who may look after their own affairs, key under `[default]`.
pub(super) fn newcomer(world: &World, policy: Preset) -> (UserHandle, Key) {
    let user = world.aws.user("alice").policy(policy);
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    (user, key)
}

/// `mfa setup` on a terminal that is large enough for the QR code.
pub(super) fn setup(world: &World, arguments: &[&str]) -> Session {
    let arguments = ["mfa", "setup"].iter().chain(arguments);
    world.terminal(arguments).size(40, 100).start()
}

/// Types the code of the step before, and then this one's: the app shows the second already, so
/// nobody has to wait for it.
pub(super) fn type_codes(world: &World, session: &mut Session) {
    session.expect("First code: ");
    let (first, second) = world.aws.code_pair(SERIAL);
    session.send_line(&first);
    session.expect("Second code: ");
    session.send_line(&second);
}

/// Lets AWS's clock go on by a step once the device is enabled, so that the next code is there.
pub(super) fn next_step_after_enabling(world: &World) {
    world.aws.fault("EnableMFADevice", Fault::WrongDate(30));
}

#[test]
fn a_newcomer_is_signed_in_with_a_new_device_that_the_profile_names() {
    let world = World::new();
    newcomer(&world, Preset::DenyWithoutMfa);
    world.write_config("# mine\n[default]\nregion = eu-west-1\n\n[profile other]\n");
    next_step_after_enabling(&world);
    let mut session = setup(&world, &[]);
    session.expect("scan this with an authenticator app:");
    type_codes(&world, &mut session);
    session.expect("is enabled for alice");
    session.expect("Write `mfa_serial` of profile default into");
    session.expect("[y/N] ");
    session.send_line("y");
    session.expect(&format!("MFA code for {SERIAL} (profile default): "));
    session.send_line(&world.aws.code_at(SERIAL, 1));
    session.expect("signed in: [default-mfa] is arn:aws:iam::123456789012:user/alice");
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(
        fs::read_to_string(world.config_path()).unwrap(),
        format!(
            "# mine\n[default]\nregion = eu-west-1\nmfa_serial = {SERIAL}\n\n[profile other]\n"
        )
    );
    assert_eq!(
        world.issued_to("default-mfa").as_deref(),
        Some("arn:aws:iam::123456789012:user/alice")
    );
    assert_eq!(
        world.value("default-mfa", "awsmfa_mfa_serial").as_deref(),
        Some(SERIAL)
    );
}

/// The seed of the device as it is now, which no run may print by accident.
pub(super) fn seed(world: &World) -> String {
    world
        .aws
        .with_device(SERIAL, |device| totp::base32(&device.seed))
}

#[test]
fn a_device_left_over_is_replaced_only_if_the_person_agrees() {
    for agreed in [false, true] {
        let world = World::new();
        newcomer(&world, Preset::SelfService);
        world.aws.account().unassigned_mfa("alice");
        let before = seed(&world);
        let mut session = setup(&world, &["--no-login"]);
        session.expect(&format!("Replace device {SERIAL}, which was created before and never enabled, by a new one? [y/N] "));
        session.send_line(if agreed { "y" } else { "n" });
        if !agreed {
            let finished = world.finish(session);
            assert_eq!(finished.code, 3, "{}", finished.shown);
            assert!(finished.shown.contains("--code1 CODE --code2 CODE"));
            assert_eq!(seed(&world), before);
            assert_eq!(world.aws.count("DeleteVirtualMFADevice"), 0);
            continue;
        }
        session.expect("is deleted");
        type_codes(&world, &mut session);
        session.expect("[y/N] ");
        session.send_line("");
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
        assert_ne!(seed(&world), before);
        // No was no: the line to write is shown, and not written.
        assert!(finished.shown.contains(&format!("mfa_serial = {SERIAL}")));
        assert!(!world.config_path().exists());
        assert!(!finished.shown.contains("signed in"));
    }
}

#[test]
fn without_a_terminal_what_needs_consent_is_refused_and_nothing_is_done() {
    for (leftover, arguments, said) in [
        (
            false,
            &["--qr", "aws.png"][..],
            "to write `mfa_serial` into profile default needs consent",
        ),
        (
            true,
            &["--code1", "111111", "--code2", "222222"],
            "to write `mfa_serial` into profile default needs consent",
        ),
    ] {
        let world = World::new();
        newcomer(&world, Preset::SelfService);
        if leftover {
            world.aws.account().unassigned_mfa("alice");
        }
        let files = world.files();
        let arguments = ["mfa", "setup"].iter().chain(arguments);
        world
            .run(arguments)
            .failed(3, said)
            .said("next: agree with `--yes`");
        assert_eq!(world.files(), files);
        let changes = [
            "CreateVirtualMFADevice",
            "DeleteVirtualMFADevice",
            "EnableMFADevice",
        ];
        for operation in changes {
            assert_eq!(world.aws.count(operation), 0);
        }
    }
}

#[test]
fn without_a_terminal_nothing_is_created_that_nobody_could_enable() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    for (arguments, code, said) in [
        (&[][..], 3, "there is no terminal to show the QR code on"),
        (
            &["--qr", "aws.png"],
            4,
            "there is no terminal to ask for them",
        ),
        (
            &["--seed-command", "cat"],
            4,
            "there is no terminal to ask for them",
        ),
    ] {
        let arguments = ["mfa", "setup", "--yes"].iter().chain(arguments);
        world.run(arguments).failed(code, said);
    }
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
    assert!(!world.path("aws.png").exists());
}

#[test]
fn who_has_as_many_devices_as_aws_allows_is_told_before_there_is_one_more() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    for number in 0..8 {
        user.passkey(&format!("key{number}"));
    }
    for leftover in [false, true] {
        if leftover {
            world.aws.account().unassigned_mfa("phone");
        }
        world
            .run([
                "mfa", "setup", "--name", "phone", "--qr", "aws.png", "--yes",
            ])
            .failed(5, "alice has 8 MFA devices already, which is all that AWS")
            .said("next: `awsmfa mfa list` shows them; `awsmfa mfa delete --deactivate` removes");
    }
    for operation in ["CreateVirtualMFADevice", "DeleteVirtualMFADevice"] {
        assert_eq!(world.aws.count(operation), 0);
    }
}

#[test]
fn codes_on_the_command_line_enable_a_device_that_is_waiting() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world.aws.account().unassigned_mfa("alice");
    let (first, second) = world.aws.code_pair(SERIAL);
    let codes = [
        "mfa", "setup", "--yes", "--code1", &first, "--code2", &second,
    ];
    let run = world.run(codes).succeeded();
    run.said("is enabled for alice");
    // Nobody can be asked for a third one.
    run.said("there is nobody to ask for the next code: `awsmfa -p default CODE` signs in");
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
    let config = fs::read_to_string(world.config_path()).unwrap();
    assert_eq!(config, format!("[default]\nmfa_serial = {SERIAL}\n"));
    world.run([&world.aws.code(SERIAL)]).succeeded();
}

#[test]
fn codes_for_a_device_that_is_not_there_are_told_to_be() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world
        .run([
            "mfa", "setup", "--yes", "--code1", "111111", "--code2", "222222",
        ])
        .failed(3, "there is no device arn:aws:iam::123456789012:mfa/alice")
        .said("leave them out");
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
}

#[test]
fn what_can_be_no_two_codes_is_refused_before_anything_is_sent() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    for (arguments, said) in [
        (
            &["--code1", "123456", "--code2", "123 456"][..],
            "both codes are the same",
        ),
        (
            &["--code1", "12345", "--code2", "123456"],
            "the MFA code is not six digits",
        ),
        (
            &["--code1", "123456", "--code2", "hunter2"],
            "the MFA code is not six digits",
        ),
        (&["--code1", "123456"], "--code2"),
        (&["--code2", "123456"], "--code1"),
    ] {
        for command in ["setup", "enable", "resync"] {
            let run = world.run(["mfa", command].iter().chain(arguments));
            let run = run.failed(2, said);
            assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
        }
    }
    assert_eq!(world.aws.log().len(), 0);
}

#[test]
fn a_mistyped_code_is_told_at_once_and_never_sent() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let mut session = setup(&world, &["--no-login", "--yes"]);
    session.expect("First code: ");
    session.send_line("12345");
    session.expect("a code is the six digits");
    session.expect("First code: ");
    session.send_line(&world.aws.wrong_code(SERIAL));
    session.expect("this is no code of the new device");
    session.expect("First code: ");
    let [older, first, second] = [-2, -1, 0].map(|steps| world.aws.code_at(SERIAL, steps));
    session.send_line(&first);
    session.expect("Second code: ");
    session.send_line(&first);
    session.expect("that is the first code again");
    session.expect("Second code: ");
    session.send_line(&older);
    session.expect("that is an older code than the first one");
    session.expect("Second code: ");
    assert_eq!(world.aws.count("EnableMFADevice"), 0);
    session.send_line(&second);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(world.aws.count("EnableMFADevice"), 1);
}

#[test]
fn three_wrong_codes_are_enough_and_it_is_said_what_was_done() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let mut session = setup(&world, &["--yes"]);
    for _ in 0..3 {
        session.expect("First code: ");
        session.send_line(&world.aws.wrong_code(SERIAL));
    }
    let finished = world.finish(session);
    assert_eq!(finished.code, 4, "{}", finished.shown);
    for line in [
        format!("done: device {SERIAL} is created"),
        "next: run `awsmfa mfa setup` again: it goes on from there".to_owned(),
    ] {
        assert!(finished.shown.contains(&line), "{}", finished.shown);
    }
}

#[test]
fn codes_that_aws_does_not_accept_are_asked_for_again() {
    let refused = Fault::Error {
        status: 403,
        code: "InvalidAuthenticationCode",
        message: "Authentication code for device is not valid.",
    };
    for (times, code) in [(1, 0), (3, 4)] {
        let world = World::new();
        newcomer(&world, Preset::SelfService);
        world
            .aws
            .fault_rule("EnableMFADevice", refused.clone(), 0, Some(times));
        let mut session = setup(&world, &["--no-login", "--yes"]);
        for attempt in 0..3.min(times + 1) {
            type_codes(&world, &mut session);
            if attempt < 2.min(times) {
                session.expect("AWS did not accept the codes: two others, please");
            }
        }
        let finished = world.finish(session);
        assert_eq!(finished.code, code, "{}", finished.shown);
    }
}

#[test]
fn where_the_seed_cannot_be_handed_over_the_device_is_deleted_again() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    for command in ["create", "setup"] {
        let mut session = world
            .terminal(["mfa", command, "--seed-command", "exit 3"])
            .start();
        session.expect("is created");
        session.expect("is deleted");
        let finished = world.finish(session);
        assert_eq!(finished.code, 3, "{}", finished.shown);
        assert!(
            finished
                .shown
                .contains("the --seed-command command ended with exit status 3")
        );
    }
    assert!(devices(&world).is_empty());
}

/// The serial numbers of all virtual devices, whosever they are.
pub(super) fn devices(world: &World) -> Vec<String> {
    let run = world.run(["mfa", "list", "--all", "--output", "json"]);
    let devices = run.succeeded().json();
    let devices = devices.as_array().unwrap().iter();
    devices
        .map(|device| device["serial_number"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_administrator_sets_up_somebody_else_s_device_and_nothing_of_their_own_changes() {
    let world = World::new();
    let admin = world.aws.user("root-of-all").policy(Preset::Admin);
    world.aws.user("alice");
    world.write_credentials(section("default", &world.key(&admin)));
    let files = world.files();
    let mut session = setup(&world, &["--user", "alice"]);
    type_codes(&world, &mut session);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert!(finished.shown.contains("is enabled for alice"));
    assert_eq!(world.files(), files);
    assert_eq!(world.aws.count("GetSessionToken"), 0);
}

#[test]
fn names_outside_iam_s_rules_are_refused_before_anything_is_sent() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let long = "a".repeat(65);
    for (arguments, said) in [
        (
            ["setup", "--name", "a b"],
            "\"a b\" cannot be the name of a device",
        ),
        (
            ["create", "--name", "a/b"],
            "\"a/b\" cannot be the name of a device",
        ),
        (["list", "--user", ""], "\"\" cannot be the name of a user"),
        (["list", "--user", &long], "cannot be the name of a user"),
        (
            ["delete", "--serial-number", "arn:aws:iam::1:user/x"],
            "not the serial number",
        ),
        (
            ["deactivate", "--serial-number", "short"],
            "not the serial number",
        ),
    ] {
        world.run(["mfa"].iter().chain(&arguments)).failed(2, said);
    }
    assert_eq!(world.aws.log().len(), 0);
}

#[test]
fn ctrl_c_says_what_was_done_and_how_to_go_on() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let mut session = setup(&world, &["--yes"]);
    session.expect("First code: ");
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130);
    for line in [
        "^C\nerror: interrupted\n".to_owned(),
        format!("done: device {SERIAL} is created"),
        "next: run `awsmfa mfa setup` again".to_owned(),
    ] {
        assert!(finished.shown.contains(&line), "{}", finished.shown);
    }
    // In the midst of a request nobody can tell.
    world
        .aws
        .fault_always("DeleteVirtualMFADevice", Fault::Hang(When::Before));
    let mut session = setup(&world, &["--yes"]);
    wait_for(|| world.aws.count("DeleteVirtualMFADevice") > 0);
    session.ctrl_c();
    session.expect(&format!(
        "interrupted while deleting device {SERIAL}, which may be carried out or not"
    ));
    assert_eq!(world.finish(session).code, 130);
}

#[test]
fn ctrl_c_before_the_sign_in_says_that_the_profile_names_the_device() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    next_step_after_enabling(&world);
    let mut session = setup(&world, &["--yes"]);
    type_codes(&world, &mut session);
    session.expect(&format!("MFA code for {SERIAL} (profile default): "));
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130);
    let file = world.config_path();
    for line in [
        "^C\nerror: interrupted; no credentials were written\n".to_owned(),
        format!("done: device {SERIAL} is enabled\n"),
        format!("done: mfa_serial = {SERIAL} is in {}\n", file.display()),
        "next: sign in later with `awsmfa`".to_owned(),
    ] {
        assert!(finished.shown.contains(&line), "{}", finished.shown);
    }
}

/// To the second the device of the first would be one that was left over.
#[test]
fn two_set_ups_of_one_device_come_one_after_the_other() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let mut first = setup(&world, &["--yes", "--no-login"]);
    first.expect("First code: ");
    let impatient = setup(&world, &["--yes", "--no-login", "--timeout", "1s"]);
    let impatient = world.finish(impatient);
    assert_eq!(impatient.code, 7, "{}", impatient.shown);
    let mut patient = setup(&world, &["--yes", "--no-login"]);
    patient.expect("which is at the same thing");
    let (code, next) = world.aws.code_pair(SERIAL);
    first.send_line(&code);
    first.expect("Second code: ");
    first.send_line(&next);
    let first = world.finish(first);
    assert_eq!(first.code, 0, "{}", first.shown);
    patient.expect("nothing to do: ");
    assert_eq!(world.finish(patient).code, 0);
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 1);
    assert_eq!(world.aws.count("DeleteVirtualMFADevice"), 0);
}

/// Nobody can be told the seed again.
#[test]
fn the_document_with_the_seed_is_printed_also_where_setup_goes_no_further() {
    for (enabled, action) in [(false, "created"), (true, "enabled")] {
        let world = World::new();
        newcomer(&world, Preset::SelfService);
        next_step_after_enabling(&world);
        let setup = ["mfa", "setup", "--yes", "--show-seed", "--output", "json"];
        let launch = world.terminal(setup).size(40, 100);
        let mut session = launch.stdout(Stream::pipe()).start();
        if enabled {
            type_codes(&world, &mut session);
            session.expect(&format!("MFA code for {SERIAL} (profile default): "));
        } else {
            session.expect("First code: ");
        }
        session.ctrl_c();
        let finished = session.finish();
        world.search(&[&finished.shown]);
        assert_eq!(finished.code, 130, "{}", finished.shown);
        let file = world.config_path().display().to_string();
        let expected = json!({
            "action": action,
            "serial_number": SERIAL,
            "user": "alice",
            "qr_file": null,
            "base32_string_seed": seed(&world),
            "written_to": enabled.then_some(file),
            "signed_in": false,
        });
        let document: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(document, expected);
    }
}

#[test]
fn where_all_is_there_it_is_said_that_there_is_nothing_to_do() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    user.virtual_mfa();
    world.write_config(format!("[default]\nmfa_serial = {SERIAL}\n"));
    let setup = ["mfa", "setup", "--yes", "--no-login"];
    let said = format!("nothing to do: device {SERIAL} of alice is enabled already\n");
    assert_eq!(world.run(setup).succeeded().stderr, said);
    let run = world.run(setup.iter().chain(&["--output", "json"]));
    assert_eq!(run.succeeded().json()["action"], "unchanged");
}

#[test]
fn a_device_whose_enabling_lost_its_answer_is_said_to_be_enabled() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let lost = Fault::Close(When::After);
    world.aws.fault("EnableMFADevice", lost);
    let mut session = setup(&world, &["--yes", "--no-login"]);
    type_codes(&world, &mut session);
    session.expect("AWS's answer was lost; looking what became of it");
    session.expect(&format!("device {SERIAL} is enabled for alice"));
    assert_eq!(world.finish(session).code, 0);
}

#[test]
fn a_device_that_is_enabled_already_is_used_as_it_is() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    // Nothing but the profile is left to be done.
    world
        .run(["mfa", "setup", "--yes", "--no-login"])
        .failed(5, "may not call ListMFADevices");
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    assert_eq!(user.virtual_mfa().serial, mfa.serial);
    let run = world
        .run(["mfa", "setup", "--yes", "--no-login"])
        .succeeded();
    run.said("mfa_serial of profile default is in");
    let run = world.run(["mfa", "setup", "--yes", "--no-login", "--output", "json"]);
    assert_eq!(
        run.succeeded().json()["written_to"],
        serde_json::Value::Null
    );
    assert_eq!(world.aws.count("EnableMFADevice"), 0);
}

#[test]
fn a_device_left_over_that_a_policy_does_not_let_go_is_set_up_beside() {
    let world = World::new();
    newcomer(&world, Preset::DenyWithoutMfa);
    world.aws.account().unassigned_mfa("alice");
    let session = setup(&world, &["--yes"]);
    let finished = world.finish(session);
    assert_eq!(finished.code, 5, "{}", finished.shown);
    for said in [
        "this key may not call DeleteVirtualMFADevice",
        "`--name alice-2` sets up a device of another name beside it",
    ] {
        assert!(finished.shown.contains(said), "{}", finished.shown);
    }
    let second = format!("{SERIAL}-2");
    let mut session = setup(&world, &["--yes", "--no-login", "--name", "alice-2"]);
    session.expect("First code: ");
    let (first, next) = world.aws.code_pair(&second);
    session.send_line(&first);
    session.expect("Second code: ");
    session.send_line(&next);
    assert_eq!(world.finish(session).code, 0);
}

#[test]
fn another_device_in_the_profile_is_named_before_it_is_replaced() {
    let mut world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    user.virtual_mfa();
    let old = SERIAL.replace("alice", "old");
    world.write_config(format!("[default]\nmfa_serial = {old}\n"));
    world.set("AWS_MFA_SERIAL", &old);
    let mut session = setup(&world, &["--no-login"]);
    session.expect(&format!(
        "Replace `mfa_serial = {old}` of profile default in "
    ));
    session.send_line("y");
    session.expect("warning: AWS_MFA_SERIAL names another device and outranks the line in ");
    assert_eq!(world.finish(session).code, 0);
    let config = fs::read_to_string(world.config_path()).unwrap();
    assert_eq!(config, format!("[default]\nmfa_serial = {SERIAL}\n"));
}

#[test]
fn a_config_file_that_cannot_be_edited_is_told_before_there_is_a_device() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world.write_config("[default]\nregion = eu-west-1\nnonsense\n");
    let session = setup(&world, &["--yes"]);
    let finished = world.finish(session);
    assert_eq!(finished.code, 7, "{}", finished.shown);
    assert!(finished.shown.contains("config:3"), "{}", finished.shown);
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
}

#[test]
fn whoever_is_slow_goes_on_with_the_codes_that_follow() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    let mut session = setup(&world, &["--no-login", "--yes"]);
    session.expect("First code: ");
    let codes = [-3, -1, 0].map(|steps| world.aws.code_at(SERIAL, steps));
    session.send_line(&codes[0]);
    session.expect("Second code: ");
    session.send_line(&codes[1]);
    session.expect("so it counts as the first one now");
    session.expect("Second code: ");
    session.send_line(&codes[2]);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(world.aws.count("EnableMFADevice"), 1);
}

#[test]
fn a_command_that_makes_codes_of_another_device_is_not_asked_for_those_of_the_new_one() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    let old = user.virtual_mfa_named("old").serial;
    let script = format!("echo run >>runs\necho {}\n", world.aws.code(&old));
    fs::write(world.path("code.sh"), script).unwrap();
    world.write_config(format!(
        "[default]\nmfa_serial = {old}\nmfa_process = sh code.sh\n"
    ));
    next_step_after_enabling(&world);
    let mut session = setup(&world, &["--yes"]);
    session.expect(&format!("makes codes of {old}, so it is not asked"));
    type_codes(&world, &mut session);
    session.expect("is enabled for alice");
    session.expect(&format!("MFA code for {SERIAL} (profile default): "));
    session.send_line(&world.aws.code_at(SERIAL, 1));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    // Once, because whoever has a device signs in with it first.
    assert_eq!(fs::read_to_string(world.path("runs")).unwrap(), "run\n");
}

#[test]
fn whoever_has_a_device_is_asked_for_its_code_before_another_is_set_up() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    let old = user.virtual_mfa_named("old");
    let mut session = setup(&world, &["--yes"]);
    session.expect("so its code is needed first");
    session.expect(&format!("MFA code for {} (profile default): ", old.serial));
    assert_eq!(world.aws.count("CreateVirtualMFADevice"), 0);
    session.send_line(&world.aws.code(&old.serial));
    next_step_after_enabling(&world);
    type_codes(&world, &mut session);
    session.expect(&format!("MFA code for {SERIAL} (profile default): "));
    session.send_line(&world.aws.code_at(SERIAL, 1));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    // The session that the old device made has given way to one of the new device.
    let serial = world.value("default-mfa", "awsmfa_mfa_serial");
    assert_eq!(serial.as_deref(), Some(SERIAL));
    // Where nobody can show it, nothing is created.
    let run = world.run([
        "mfa", "enable", "--name", "none", "--code1", "111111", "--code2", "222222",
    ]);
    run.failed(5, "AWS knows no device");
    world.run(["logout"]).succeeded();
    world
        .run([
            "mfa", "enable", "--name", "none", "--code1", "111111", "--code2", "222222",
        ])
        .failed(4, "an MFA code is needed");
}

#[test]
fn a_device_that_aws_does_not_know_everywhere_yet_is_enabled_with_the_same_codes() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world
        .aws
        .set_lag(New::VirtualDevice, Some(Lag::Requests(2)));
    let mut session = setup(&world, &["--no-login", "--yes"]);
    type_codes(&world, &mut session);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(world.aws.count("EnableMFADevice"), 3);
}
