//! The question for the code, on a real pseudo-terminal: what happens while it is open, and every
//! way it can end.

use std::thread;
use std::time::{Duration, Instant};

use crate::local_aws::Mfa;
use crate::pty::{Session, Stream};
use crate::told::Told;
use crate::world::{World, section};

pub(super) const PROMPT: &str =
    "MFA code for arn:aws:iam::123456789012:mfa/alice (profile default): ";

/// A user whose device is in the config file, so that nothing else is asked of AWS.
pub(super) fn user(world: &World) -> Mfa {
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    mfa
}

pub(super) fn asked(world: &World) -> Session {
    let mut session = world.terminal([] as [&str; 0]).start();
    session.expect(PROMPT);
    session
}

#[track_caller]
pub(super) fn wait_for(what: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !what() {
        assert!(Instant::now() < deadline, "it never happened");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_key_is_proved_and_the_connection_made_while_the_person_types() {
    for world in [World::new(), World::tls()] {
        let mfa = user(&world);
        let mut session = asked(&world);
        wait_for(|| world.aws.count("GetCallerIdentity") == 1);
        assert_eq!(world.codes_sent(), Vec::<String>::new());
        session.send_line(&world.aws.code(&mfa.serial));
        session.expect("signed in: [default-mfa] is arn:aws:iam::123456789012:user/alice");
        assert_eq!(world.finish(session).code, 0);
        let log = world.aws.log();
        assert_eq!(
            world.aws.operations(),
            ["GetCallerIdentity", "GetSessionToken"]
        );
        assert_eq!(log[0].connection, log[1].connection);
        assert_eq!(world.aws.connections(), 1);
    }
}

#[test]
fn a_kept_connection_that_the_server_has_closed_meanwhile_costs_no_code() {
    let world = World::new();
    let mfa = user(&world);
    let mut session = asked(&world);
    wait_for(|| world.aws.count("GetCallerIdentity") == 1);
    thread::sleep(Duration::from_millis(50));
    world.aws.close_connections();
    thread::sleep(Duration::from_millis(50));
    session.send_line(&world.aws.code(&mfa.serial));
    session.expect("signed in: [default-mfa]");
    assert_eq!(world.finish(session).code, 0);
    assert_eq!(world.aws.connections(), 2);
    assert_eq!(world.codes_sent().len(), 1);
}

#[test]
fn a_key_that_cannot_work_ends_the_prompt_by_itself() {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    user.set_key_active(&key.id, false);
    let before = world.files();
    // Nothing is typed.
    let finished = world.finish(world.terminal([] as [&str; 0]).start());
    assert_eq!(finished.code, 5, "{}", finished.shown);
    let shown = finished.shown.strip_prefix(PROMPT).expect("a prompt");
    assert!(
        shown.starts_with("\nerror: AWS does not accept access key "),
        "{shown:?}"
    );
    assert!(
        shown.contains("\n  at: ") && shown.contains("\n  next: "),
        "{shown}"
    );
    assert_eq!(world.files(), before);
    assert_eq!(world.codes_sent(), Vec::<String>::new());
}

#[test]
fn a_network_that_is_down_ends_the_prompt_by_itself() {
    let mut world = World::new();
    user(&world);
    world.set(
        "AWS_ENDPOINT_URL",
        &format!("http://{}", crate::impostor::closed_port()),
    );
    let finished = world.finish(world.terminal(["--timeout", "1s"]).start());
    assert_eq!(finished.code, 6, "{}", finished.shown);
    assert!(
        finished.shown.contains(": \nerror: AWS cannot be reached"),
        "{}",
        finished.shown
    );
}

#[test]
fn a_clock_that_is_off_is_found_out_before_the_code_is_sent() {
    let world = World::new();
    let mfa = user(&world);
    world.aws.set_clock_offset(3_620);
    let mut session = asked(&world);
    wait_for(|| world.aws.count("GetCallerIdentity") == 2);
    session.send_line(&world.aws.code(&mfa.serial));
    session.expect("clock is 1 h");
    assert_eq!(world.finish(session).code, 0);
    assert_eq!(world.codes_sent().len(), 1);
}

#[test]
fn what_is_no_code_is_asked_for_again_without_aws_hearing_of_it() {
    let world = World::new();
    let mfa = user(&world);
    let mut session = asked(&world);
    for typed in ["12345", "hunter2"] {
        session.send_line(typed);
        session.expect("a code is the six digits that the MFA device shows now");
        session.expect(PROMPT);
    }
    let code = world.aws.code(&mfa.serial);
    session.send_line(&format!("  {} {} ", &code[..3], &code[3..]));
    session.expect("signed in: ");
    assert_eq!(world.finish(session).code, 0);
    assert_eq!(world.codes_sent(), [code]);
}

#[test]
fn three_answers_that_are_no_code_are_enough() {
    let world = World::new();
    user(&world);
    let before = world.files();
    let mut session = asked(&world);
    for typed in ["", "1234567", "abcdef"] {
        session.send_line(typed);
    }
    let finished = world.finish(session);
    assert_eq!(finished.code, 4, "{}", finished.shown);
    assert!(
        finished
            .shown
            .ends_with("error: no six-digit code was typed\n"),
        "{}",
        finished.shown
    );
    assert_eq!(world.files(), before);
    assert_eq!(world.codes_sent(), Vec::<String>::new());
}

#[test]
fn the_question_is_on_the_terminal_while_every_stream_is_a_pipe() {
    let world = World::new();
    let mfa = user(&world);
    let mut session = world
        .terminal(["--output", "json"])
        .stdin(Stream::Pipe(b"654321\n".to_vec()))
        .stdout(Stream::pipe())
        .stderr(Stream::pipe())
        .start();
    session.expect(PROMPT);
    let code = world.aws.code(&mfa.serial);
    session.send_line(&code);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(finished.shown, format!("{PROMPT}{code}\n"));
    assert_eq!(finished.stderr, "");
    let document: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(document["action"], "renewed");
    assert_eq!(world.codes_sent(), [code]);
}

#[test]
fn quiet_still_asks() {
    let world = World::new();
    let mfa = user(&world);
    let mut session = world.terminal(["-q"]).start();
    session.expect(PROMPT);
    let code = world.aws.code(&mfa.serial);
    session.send_line(&code);
    let finished = world.finish(session);
    assert_eq!(
        (finished.code, finished.shown),
        (0, format!("{PROMPT}{code}\n"))
    );
}

#[test]
fn with_no_terminal_every_other_way_is_named_and_nothing_is_sent() {
    let world = World::new();
    user(&world);
    let run = world.fails::<&str>(
        [],
        Told(
            4,
            "an MFA code is needed and there is no terminal",
            "",
            "give the code with `--token-code`",
        ),
    );
    run.said("on standard input with `--token-code -`")
        .said("AWSMFA_TOKEN_CODE")
        .said("`mfa_process` in the profile");
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn text_from_files_cannot_steer_the_terminal() {
    let world = World::new();
    let (_, key, mfa) = world.default_user("alice");
    let name = "w\u{202e}rk";
    world.write_credentials(section(name, &key));
    let mut session = world
        .terminal(["-p", name, "--to", "x", "--serial-number", &mfa.serial])
        .start();
    session.expect("MFA code for ");
    session.ctrl_c();
    let finished = world.finish(session);
    assert!(!finished.shown.contains('\u{202e}'), "{:?}", finished.shown);
}

mod consent {
    use super::*;

    const FOREIGN: &str = "[default-mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
         aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
         aws_session_token = made-by-another-tool\n";

    fn foreign(world: &World) -> Mfa {
        let (_, key, mfa) = world.default_user("alice");
        world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
        world.write_credentials(format!("{}{FOREIGN}", section("default", &key)));
        mfa
    }

    #[test]
    fn it_is_asked_for_before_the_code() {
        let world = World::new();
        let mfa = foreign(&world);
        let mut session = world.terminal([] as [&str; 0]).start();
        session.expect("[default-mfa] holds temporary credentials that another tool wrote. Replace them? [y/N] ");
        assert_eq!(world.aws.connections(), 0);
        session.send_line("y");
        session.expect(PROMPT);
        session.send_line(&world.aws.code(&mfa.serial));
        session.expect("signed in: ");
        assert_eq!(world.finish(session).code, 0);
        assert!(!world.credentials().contains("made-by-another-tool"));
    }

    #[test]
    fn anything_but_yes_is_no() {
        for answer in ["", "n", "nope"] {
            let world = World::new();
            foreign(&world);
            let before = world.files();
            let mut session = world.terminal([] as [&str; 0]).start();
            session.expect("[y/N] ");
            session.send_line(answer);
            let finished = world.finish(session);
            assert_eq!(finished.code, 3, "{}", finished.shown);
            assert!(
                finished
                    .shown
                    .contains("error: section [default-mfa] was not replaced")
            );
            assert_eq!(world.files(), before);
            assert_eq!(world.aws.connections(), 0);
        }
    }

    #[test]
    fn ctrl_c_is_130_and_ends_the_line() {
        let world = World::new();
        foreign(&world);
        let before = world.files();
        let mut session = world.terminal([] as [&str; 0]).start();
        session.expect("[y/N] ");
        session.ctrl_c();
        let finished = world.finish(session);
        assert_eq!(finished.code, 130, "{}", finished.shown);
        assert!(
            finished
                .shown
                .ends_with("^C\nerror: interrupted; nothing was written\n"),
            "{:?}",
            finished.shown
        );
        assert_eq!(world.files(), before);
    }

    #[test]
    fn with_nobody_to_ask_it_is_refused_and_yes_agrees() {
        let world = World::new();
        let mfa = foreign(&world);
        let code = world.aws.code(&mfa.serial);
        world.fails(
            [&code],
            Told(
                3,
                "section [default-mfa] holds temporary credentials that another tool wrote",
                "credentials:4",
                "--yes",
            ),
        );
        assert_eq!(world.aws.connections(), 0);
        world.run(["--yes", &code]).succeeded();
    }
}
