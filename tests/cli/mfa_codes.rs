//! The codes of a new device: from a command, no two of one half minute, whoever sends them; and
//! sent to an AWS that does not know the device everywhere yet.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use crate::local_aws::{Fault, Lag, New, Preset, When};
use crate::mfa_setup::{SERIAL, newcomer, next_step_after_enabling, seed, setup, type_codes};
use crate::prompt::wait_for;
use crate::pty::Session;
use crate::single_flight::with_time_left_in_this_step;
use crate::world::{NOTHING, World};

/// What STS says where it does not know the device.
const UNKNOWN: Fault = Fault::Error {
    status: 403,
    code: "AccessDenied",
    message: "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
};

const PROMPT: &str = "(profile default): ";

/// The profile has its codes from a command, which notes when it is run and waits until there is
/// one.
fn with_command(world: &World) {
    let script = "date +%s >> runs\nwhile [ ! -s next ]; do sleep 0.02; done\ncat next; rm next\n";
    fs::write(world.path("code.sh"), script).unwrap();
    world.write_config(format!(
        "[default]\nmfa_serial = {SERIAL}\nmfa_process = sh code.sh\n"
    ));
}

/// The steps in which the command was run.
fn runs(world: &World) -> Vec<i64> {
    let runs = fs::read_to_string(world.path("runs")).unwrap_or_default();
    let steps = runs.lines().map(|line| line.parse::<i64>().unwrap() / 30);
    steps.collect()
}

/// Waits for the run of this number, which may be half a minute away, and has it print the code of
/// that moment.
fn print(world: &World, number: usize) -> String {
    for _ in 0..4_500 {
        if runs(world).len() == number {
            break;
        }
        sleep(Duration::from_millis(10));
    }
    assert_eq!(runs(world).len(), number);
    let code = world.aws.code_at(SERIAL, 0);
    fs::write(world.path("new"), &code).unwrap();
    fs::rename(world.path("new"), world.path("next")).unwrap();
    wait_for(|| !world.path("next").exists());
    code
}

/// The file with the step of the code that was sent last.
fn last_step(world: &World) -> std::path::PathBuf {
    let device = SERIAL.replace(':', "%3A").replace('/', "%2F");
    world.path(&format!(".aws/awsmfa/device-{device}"))
}

fn this_step() -> i64 {
    jiff::Timestamp::now().as_second() / 30
}

#[track_caller]
fn interrupt(world: &World, mut session: Session) -> String {
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    finished.shown
}

/// Two codes and the sign-in's are of three half minutes, and the last is sent until AWS knows the
/// device.
#[test]
fn with_commands_for_the_seed_and_the_codes_nobody_has_to_be_there() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    with_command(&world);
    world.write_config("[default]\nmfa_process = sh code.sh\n");
    world.aws.set_lag(New::Device, Some(Lag::Requests(2)));
    with_time_left_in_this_step(5);
    let child = world.start([
        "mfa",
        "setup",
        "--yes",
        "--output",
        "json",
        "--seed-command",
        "cat > seed",
    ]);
    let codes = [1, 2, 3].map(|number| print(&world, number));
    let run = world.outcome(child).succeeded();
    run.said(&format!(
        "note: the code that {SERIAL} shows now was sent before: waiting "
    ));
    let steps = runs(&world);
    assert_eq!(steps[1..], [steps[0] + 1, steps[0] + 2]);
    let last = fs::read_to_string(last_step(&world)).unwrap();
    assert_eq!(last, format!("{}\n", steps[2]));
    assert_eq!(world.codes_sent(), vec![codes[2].as_str(); 3]);

    let seed = seed(&world);
    assert_eq!(
        fs::read_to_string(world.path("seed")).unwrap(),
        format!(
            "otpauth://totp/Amazon%20Web%20Services:alice@123456789012?secret={seed}&issuer=Amazon%20Web%20Services\n"
        )
    );
    let report = run.json();
    assert_eq!(report["serial_number"], SERIAL);
    assert_eq!(report["signed_in"], true);
    assert_eq!(report["written_to"], world.config_path().to_str().unwrap());
    assert!(world.issued_to("default-mfa").is_some());
}

#[test]
fn a_half_minute_in_which_a_code_was_sent_is_waited_out() {
    for command in ["enable", "resync"] {
        let world = World::new();
        let (user, _) = newcomer(&world, Preset::SelfService);
        if command == "resync" {
            user.virtual_mfa();
        }
        with_command(&world);
        fs::create_dir(world.path(".aws/awsmfa")).unwrap();
        with_time_left_in_this_step(3);
        fs::write(last_step(&world), format!("{}\n", this_step())).unwrap();
        let arguments = ["mfa", command].into_iter();
        let mut session = world.terminal(arguments).start();
        session.expect(&format!(
            "the code that {SERIAL} shows now was sent before: waiting "
        ));
        interrupt(&world, session);
        assert_eq!(runs(&world).len(), 0, "{command}");
    }
}

#[test]
fn nobody_gets_between_two_codes_of_a_command() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    user.virtual_mfa();
    with_command(&world);
    with_time_left_in_this_step(5);
    let first = world.terminal(["mfa", "resync"]).start();
    print(&world, 1);
    let mut second = world.terminal(NOTHING).start();
    second.expect(&format!("waiting for the code for {SERIAL} of process "));
    interrupt(&world, second);
    interrupt(&world, first);
    assert_eq!(runs(&world).len(), 1);
    // Nothing was sent, so nothing is written down, and the next one need not wait.
    assert!(!last_step(&world).exists());
    let third = world.start(NOTHING);
    print(&world, 2);
    world.outcome(third).succeeded();
}

#[test]
fn a_new_device_that_aws_does_not_know_everywhere_yet_is_waited_for_with_the_same_code() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world.aws.set_lag(New::Device, Some(Lag::Requests(4)));
    next_step_after_enabling(&world);
    let mut session = setup(&world, &["--yes"]);
    type_codes(&world, &mut session);
    session.expect(PROMPT);
    let code = world.aws.code_at(SERIAL, 1);
    session.send_line(&code);
    session.expect(&format!(
        "note: AWS does not know device {SERIAL} everywhere yet"
    ));
    session.expect("signed in: [default-mfa]");
    assert_eq!(world.finish(session).code, 0);
    assert_eq!(world.codes_sent(), vec![code.as_str(); 5]);
}

/// The first answer is that there is no such device, the second is lost: then nobody can tell
/// whether the code was spent, and it is not sent again.
#[test]
fn what_may_be_spent_is_not_sent_again_while_a_new_device_is_waited_for() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world.aws.set_lag(New::Device, Some(Lag::Requests(1)));
    let lost = Fault::Close(When::After);
    world.aws.fault_rule("GetSessionToken", lost, 1, Some(1));
    next_step_after_enabling(&world);
    let mut session = setup(&world, &["--yes"]);
    type_codes(&world, &mut session);
    session.expect(PROMPT);
    let first = world.aws.code_at(SERIAL, 1);
    session.send_line(&first);
    session.expect(PROMPT);
    session.send_line(&first);
    session.expect("that code was sent before");
    session.expect(PROMPT);
    world.aws.advance(30);
    let second = world.aws.code_at(SERIAL, 1);
    session.send_line(&second);
    session.expect("signed in: [default-mfa]");
    assert_eq!(world.finish(session).code, 0);
    assert_eq!(world.codes_sent(), [first.as_str(), &first, &second]);
}

/// The same with nobody there: the command is asked for the next one.
#[test]
fn a_command_makes_the_next_code_where_one_may_be_spent() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    user.virtual_mfa();
    with_command(&world);
    world
        .aws
        .fault("GetSessionToken", Fault::Close(When::After));
    with_time_left_in_this_step(3);
    let child = world.start(["mfa", "setup", "--yes"]);
    let codes = [1, 2].map(|number| print(&world, number));
    let run = world.outcome(child).succeeded();
    run.said("the code that").said("signed in: [default-mfa]");
    assert_eq!(world.codes_sent(), codes);
}

#[test]
fn a_code_that_is_refused_while_a_new_device_is_not_waited_for_ends_the_run() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    user.virtual_mfa();
    let wrong = world.aws.wrong_code(SERIAL);
    world.write_config(format!(
        "[default]\nmfa_serial = {SERIAL}\nmfa_process = echo {wrong}\n"
    ));
    world
        .run(["mfa", "setup", "--yes"])
        .failed(4, "AWS did not accept the code")
        .said(&format!("done: device {SERIAL} is enabled"));
    assert_eq!(world.codes_sent(), [wrong]);
}

#[test]
fn whoever_does_not_want_to_wait_for_a_new_device_is_told_how_to_go_on() {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world.aws.set_lag(New::Device, Some(Lag::Seconds(300)));
    next_step_after_enabling(&world);
    let mut session = setup(&world, &["--yes"]);
    type_codes(&world, &mut session);
    session.expect(PROMPT);
    session.send_line(&world.aws.code_at(SERIAL, 1));
    wait_for(|| world.codes_sent().len() > 1);
    let shown = interrupt(&world, session);
    for said in [
        format!("done: device {SERIAL} is enabled"),
        "next: sign in later with `awsmfa`".to_owned(),
    ] {
        assert!(shown.contains(&said), "{shown}");
    }
}

/// A device that is there for long, or is none, is told at once.
#[test]
fn only_a_device_that_was_set_up_a_moment_ago_is_waited_for() {
    let world = World::new();
    let (user, _) = newcomer(&world, Preset::SelfService);
    user.virtual_mfa();
    world.aws.fault_always("GetSessionToken", UNKNOWN);
    world
        .run(["--serial-number", SERIAL, "123456"])
        .failed(5, "AWS knows no MFA device");
    assert_eq!(world.codes_sent().len(), 1);
}
