//! A code that AWS does not accept: what is said, who is asked again, and how often.

use crate::local_aws::{Mfa, Trust};
use crate::told::Told;
use crate::world::World;

const NOT_ACCEPTED: &str = "AWS did not accept the code";

/// A user whose device is known to the profile.
fn user(world: &World) -> Mfa {
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    mfa
}

#[test]
fn with_nobody_to_ask_one_refusal_is_the_end() {
    let world = World::new();
    let mfa = user(&world);
    let wrong = world.aws.wrong_code(&mfa.serial);
    let run = world.fails(
        [&wrong],
        Told(4, NOT_ACCEPTED, "", "the next code comes in "),
    );
    run.said("check that the code is of device arn:aws:iam::123456789012:mfa/alice")
        .said("set the clock of the device");
    assert_eq!(world.codes_sent(), [wrong]);
    let seconds = run
        .stderr
        .split_once("the next code comes in ")
        .and_then(|(_, rest)| rest.split_once(" s\n"))
        .map(|(seconds, _)| seconds.parse::<u64>().unwrap());
    assert!(
        seconds.is_some_and(|seconds| (1..=30).contains(&seconds)),
        "{}",
        run.stderr
    );
}

#[test]
fn a_code_that_was_spent_before_is_refused_with_that_among_the_reasons() {
    let world = World::new();
    let mfa = user(&world);
    let code = world.aws.code(&mfa.serial);
    world.run([&code]).succeeded();
    world.fails(
        [&code],
        Told(4, NOT_ACCEPTED, "", "if it was used before, wait"),
    );
    assert_eq!(world.codes_sent(), [code.clone(), code]);
}

#[test]
fn a_drifted_device_is_told_by_its_clock() {
    for steps in [-20, 3] {
        let world = World::new();
        let mfa = user(&world);
        let code = world.aws.code_at(&mfa.serial, steps);
        world.fails(
            [&code],
            Told(4, NOT_ACCEPTED, "", "resynchronize the device"),
        );
    }
}

#[test]
fn this_computer_s_clock_is_blamed_only_when_it_is_off() {
    let world = World::new();
    let mfa = user(&world);
    world.aws.set_clock_offset(200);
    let run = world.fails(
        [world.aws.code_at(&mfa.serial, -7)],
        Told(4, NOT_ACCEPTED, "", "it is 3 minutes behind AWS's"),
    );
    assert!(!run.stderr.contains("resynchronize"), "{}", run.stderr);
}

#[test]
fn a_role_s_refusal_of_a_code_is_the_same() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Dev").trusts(Trust::new(&user.arn).mfa());
    let wrong = world.aws.wrong_code(&mfa.serial);
    world.fails(
        ["--role-arn", "Dev", "--serial-number", &mfa.serial, &wrong],
        Told(4, NOT_ACCEPTED, "", "the next code comes in "),
    );
    assert_eq!(world.codes_sent(), [wrong]);
    assert_eq!(
        world.aws.log().last().unwrap().parameter("RoleArn"),
        Some(role.arn.as_str())
    );
}

#[test]
fn a_code_from_the_environment_or_from_standard_input_is_not_asked_for_again_by_itself() {
    let mut world = World::new();
    let mfa = user(&world);
    let wrong = world.aws.wrong_code(&mfa.serial);
    let run = world.run_with_stdin(["-"], &format!("{wrong}\n123456\n"));
    Told(4, NOT_ACCEPTED, "", "the next code").assert(run.code, &run.stderr);
    assert_eq!(world.codes_sent(), [wrong.as_str()]);

    world.aws.clear_log();
    world.set("AWSMFA_TOKEN_CODE", &wrong);
    world.fails::<&str>([], Told(4, NOT_ACCEPTED, "", "the next code"));
    assert_eq!(world.codes_sent(), [wrong]);
}

/// A user whose codes are the lines of the file `codes`, one after the other, the last one ever
/// again.
fn user_with_codes(world: &World) -> Mfa {
    let (_, _, mfa) = world.default_user("alice");
    let process = r#"echo x >> runs; (head -n "$(wc -l < runs)" codes | tail -n 1)"#;
    world.write_config(format!(
        "[default]\nmfa_serial = {}\nmfa_process = {process}\n",
        mfa.serial
    ));
    mfa
}

fn runs(world: &World) -> usize {
    let runs = std::fs::read_to_string(world.path("runs")).unwrap_or_default();
    runs.lines().count()
}

/// It was typed a moment ago, or sent by a run that keeps another credentials file.
#[test]
fn a_command_s_code_that_was_spent_elsewhere_gives_way_to_that_of_the_next_step() {
    let world = World::new();
    let mfa = user_with_codes(&world);
    let codes = [0, 1].map(|step| world.aws.code_at(&mfa.serial, step));
    std::fs::write(world.path("codes"), codes.join("\n") + "\n").unwrap();
    world.run(["-t", &codes[0]]).succeeded();
    let run = world.run(["login", "--to", "other"]).succeeded();
    run.said("note: AWS did not accept the code: check it for a typo; if it was used before, wait: the next code comes in ");
    assert_eq!(
        world.codes_sent(),
        [0, 0, 1].map(|code| codes[code].clone())
    );
    assert_eq!(runs(&world), 2);
    assert!(world.issued_to("other").is_some());
}

/// A wrong seed, say.
#[test]
fn a_command_is_asked_for_one_code_more_and_no_other() {
    let world = World::new();
    let mfa = user_with_codes(&world);
    let wrong = [10, 11, 12].map(|step| world.aws.code_at(&mfa.serial, step));
    std::fs::write(world.path("codes"), wrong.join("\n") + "\n").unwrap();
    let run = world.fails::<&str>([], Told(4, NOT_ACCEPTED, "", "the next code comes in "));
    run.said("check that the code is of device arn:aws:iam::123456789012:mfa/alice");
    assert_eq!(world.codes_sent(), wrong[..2]);
    assert_eq!(runs(&world), 2);
}

#[test]
fn a_code_that_a_command_prints_again_in_the_next_step_is_not_sent_again() {
    let world = World::new();
    let mfa = user_with_codes(&world);
    let wrong = world.aws.wrong_code(&mfa.serial);
    std::fs::write(world.path("codes"), format!("{wrong}\n")).unwrap();
    let again = "the command printed the same code again in the next step";
    world.fails::<&str>([], Told(4, NOT_ACCEPTED, "", again));
    assert_eq!(world.codes_sent(), [wrong]);
    assert_eq!(runs(&world), 2);
}

#[cfg(unix)]
mod on_a_terminal {
    use super::*;
    use crate::pty::Session;

    const PROMPT: &str = "MFA code for arn:aws:iam::123456789012:mfa/alice (profile default): ";

    fn started(world: &World, arguments: &[&str]) -> Session {
        world.terminal(arguments).start()
    }

    #[test]
    fn the_next_code_is_asked_for_with_the_seconds_until_it_comes() {
        let world = World::new();
        let mfa = user(&world);
        let mut session = started(&world, &[]);
        session.expect(PROMPT);
        session.send_line(&world.aws.wrong_code(&mfa.serial));
        let why = session.expect(PROMPT);
        assert!(
            why.contains("AWS did not accept the code: check it for a typo; if it was used before, wait: the next code comes in "),
            "{why}"
        );
        session.send_line(&world.aws.code(&mfa.serial));
        session.expect("signed in: [default-mfa]");
        assert_eq!(world.finish(session).code, 0);
        assert_eq!(world.codes_sent().len(), 2);
    }

    #[test]
    fn a_code_from_the_command_line_is_asked_for_again_where_somebody_can_answer() {
        let world = World::new();
        let mfa = user(&world);
        let mut session = started(&world, &[&world.aws.wrong_code(&mfa.serial)]);
        session.expect(PROMPT);
        session.send_line(&world.aws.code(&mfa.serial));
        session.expect("signed in: [default-mfa]");
        assert_eq!(world.finish(session).code, 0);
    }

    #[test]
    fn the_same_code_again_is_not_sent_again() {
        let world = World::new();
        let mfa = user(&world);
        let wrong = world.aws.wrong_code(&mfa.serial);
        let mut session = started(&world, &[]);
        session.expect(PROMPT);
        session.send_line(&wrong);
        session.expect(PROMPT);
        session.send_line(&wrong);
        session.expect("that code was sent before and will not be accepted again");
        session.expect(PROMPT);
        let spaced = format!("{} {}", &wrong[..3], &wrong[3..]);
        session.send_line(&spaced);
        session.expect("that code was sent before");
        session.expect(PROMPT);
        session.send_line(&world.aws.code(&mfa.serial));
        session.expect("signed in: [default-mfa]");
        assert_eq!(world.finish(session).code, 0);
        assert_eq!(world.codes_sent().len(), 2);
    }

    #[test]
    fn the_third_refusal_is_the_end() {
        let world = World::new();
        let mfa = user(&world);
        let before = world.files();
        let mut session = started(&world, &[]);
        let wrong = wrong_codes(&world, &mfa);
        for code in &wrong {
            session.expect(PROMPT);
            session.send_line(code);
        }
        let finished = world.finish(session);
        assert_eq!(finished.code, 4, "{}", finished.shown);
        assert!(
            finished
                .shown
                .contains("error: AWS did not accept the code")
        );
        assert!(finished.shown.ends_with('\n'));
        assert_eq!(world.codes_sent(), wrong);
        assert_eq!(world.files(), before);
    }

    /// Three different codes that the device does not show around now.
    fn wrong_codes(world: &World, mfa: &Mfa) -> Vec<String> {
        (10..13)
            .map(|steps| world.aws.code_at(&mfa.serial, steps))
            .collect()
    }

    #[test]
    fn a_command_s_code_is_not_replaced_by_a_typed_one() {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        let wrong = world.aws.wrong_code(&mfa.serial);
        world.write_config(format!(
            "[default]\nmfa_serial = {}\nmfa_process = echo {wrong}\n",
            mfa.serial
        ));
        let finished = world.finish(started(&world, &[]));
        assert_eq!(finished.code, 4, "{}", finished.shown);
        assert!(
            !finished.shown.contains("MFA code for"),
            "{}",
            finished.shown
        );
        assert_eq!(world.codes_sent(), [wrong]);
    }
}
