//! Passwords typed at a terminal: nothing of them is shown, and the terminal is as it was after every
//! way that a prompt can end.

use std::fs;
use std::process::Command;

use crate::local_aws::{Fault, Preset, When};
use crate::passwords::{NEW, OLD, alice, strict};
use crate::prompt::wait_for;
use crate::pty::{Session, Stream};
use crate::world::{AWSMFA, World, section};

const OLD_PROMPT: &str = "Old password of alice: ";

fn asked(world: &World) -> Session {
    let mut session = world.terminal(["password", "change"]).start();
    session.expect(OLD_PROMPT);
    session
}

/// A shell that runs the binary, then says how it ended and whether the terminal echoes. It outlives
/// the keys that are meant for the binary, whose process id it writes into `pid`.
fn in_shell(world: &World) -> Session {
    let script = r#"trap : INT QUIT; sh -c 'echo $$ >pid; exec "$0" password change' "$0"
        echo "code $?"; stty -a | grep -o -w -e -echo -e echo; echo end"#;
    let mut session = world.shell(["-c", script, AWSMFA]).start();
    session.expect(OLD_PROMPT);
    session
}

#[test]
fn a_change_is_typed_unseen_and_the_rules_are_named_before() {
    let world = World::new();
    let alice = alice(&world);
    world.aws.account().password_policy(Some(strict()));
    let mut session = asked(&world);
    session.send_line(OLD);
    session.expect("the password must have at least 14 characters, among them");
    session.expect("none of the last 5 may be chosen again; it expires after 90 days");
    session.expect("New password: ");
    session.send_line("too-short");
    world.plant("too-short");
    session.expect("the password must have at least 14 characters\r\n");
    session.expect("the password must have an upper-case letter (A-Z)\r\n");
    session.expect("New password: ");
    session.send_line(NEW);
    session.expect("The same again: ");
    session.send_line("another-Password-1");
    world.plant("another-Password-1");
    session.expect("the two are not the same");
    session.expect("New password: ");
    session.send_line(NEW);
    session.expect("The same again: ");
    session.send_line(NEW);
    session.expect("the password of alice is changed");
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
}

#[test]
fn lines_pasted_at_once_are_not_shown_between_two_questions() {
    let world = World::new();
    let alice = alice(&world);
    let mut session = asked(&world);
    session.send(format!("{OLD}\r{NEW}\r{NEW}\r"));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
}

#[test]
fn a_mistyped_old_password_is_asked_for_again_without_the_new_one() {
    let world = World::new();
    let alice = alice(&world);
    let mut session = asked(&world);
    world.plant("Wrong-Horse-4242");
    session.send(format!("Wrong-Horse-4242\r{NEW}\r{NEW}\r"));
    session.expect("that is not the old password");
    session.expect(OLD_PROMPT);
    session.send_line(OLD);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
    assert_eq!(world.aws.count("ChangePassword"), 2);
}

#[test]
fn three_tries_are_enough() {
    let world = World::new();
    let alice = alice(&world);
    world.aws.account().password_policy(Some(strict()));
    let mut session = asked(&world);
    session.send(format!("{OLD}\rtoo-short\rtoo-short\rtoo-short\r"));
    session.expect("error: the new password breaks the account's rules, so it was not sent");
    let finished = world.finish(session);
    assert_eq!(finished.code, 5);
    assert_eq!(alice.current_password().as_deref(), Some(OLD));
}

#[test]
fn the_prompt_is_on_the_terminal_while_the_streams_are_elsewhere() {
    let world = World::new();
    let alice = alice(&world);
    let mut session = world
        .terminal(["password", "change", "--output", "json"])
        .stdin(Stream::Null)
        .stdout(Stream::pipe())
        .stderr(Stream::pipe())
        .start();
    session.expect(OLD_PROMPT);
    session.send(format!("{OLD}\r{NEW}\r{NEW}\r"));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0);
    assert!(finished.stdout.contains("\"action\": \"changed\""));
    assert!(
        !finished.stderr.contains("password:"),
        "{}",
        finished.stderr
    );
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
}

#[test]
fn an_administrator_types_a_password_for_somebody_else() {
    let world = World::new();
    let admin = world.aws.user("admin").policy(Preset::Admin);
    world.write_credentials(section("default", &world.key(&admin)));
    let bob = world.aws.user("bob");
    world.plant(NEW);
    let create = ["password", "create", "--user", "bob"];
    let mut session = world.terminal(create).start();
    session.expect("the password must have at least 8 characters, of three kinds");
    session.expect("New password for bob: ");
    session.send(format!("{NEW}\r{NEW}\r"));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(bob.current_password().as_deref(), Some(NEW));
}

#[test]
fn the_echo_is_on_again_however_the_prompt_ends() {
    type End = fn(&World, &mut Session);
    let ends: [(End, &str); 6] = [
        (
            |_, session| session.send(format!("{OLD}\r{NEW}\r{NEW}\r")),
            "code 0",
        ),
        (|_, session| session.ctrl_d(), "code 130"),
        (|_, session| session.ctrl_c(), "code 130"),
        (|_, session| session.send([0x1c]), "code 131"),
        (|world, _| signal(world, "-TERM"), "code 143"),
        (|world, _| signal(world, "-HUP"), "code 129"),
    ];
    for (end, code) in ends {
        let world = World::new();
        alice(&world);
        let mut session = in_shell(&world);
        end(&world, &mut session);
        session.expect(code);
        session.expect("\necho\r\nend");
        world.finish(session);
    }
}

/// Sends the binary a signal.
fn signal(world: &World, signal: &str) {
    let pid = fs::read_to_string(world.path("pid")).unwrap();
    let sent = Command::new("kill").args([signal, pid.trim()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn ctrl_z_gives_the_shell_its_echo_and_fg_asks_again() {
    let world = World::new();
    let alice = alice(&world);
    let script = r#""$0" password change
        stty -a | grep -o -w -e -echo -e echo; echo stopped
        fg; echo "code $?"; stty -a | grep -o -w -e -echo -e echo; echo end"#;
    let mut session = world.shell(["-m", "-c", script, AWSMFA]).start();
    session.expect(OLD_PROMPT);
    // What was typed of the answer is gone, and was not shown.
    session.send("Correct-Hor");
    session.ctrl_z();
    session.expect("\necho\r\nstopped");
    session.expect(OLD_PROMPT);
    session.send_line(OLD);
    session.expect("New password: ");
    session.send(format!("{NEW}\r{NEW}\r"));
    session.expect("code 0");
    session.expect("\necho\r\nend");
    let finished = world.finish(session);
    assert!(
        !finished.shown.contains("Correct-Hor"),
        "{}",
        finished.shown
    );
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
}

/// The program as the first of its session, and started by a script that knows no jobs.
#[test]
fn without_a_shell_to_come_back_to_ctrl_z_stops_nothing() {
    let ways: [fn(&World) -> Session; 2] = [asked, |world| {
        let script = r#""$0" password change; exit $?"#;
        let mut session = world.shell(["-c", script, AWSMFA]).start();
        session.expect(OLD_PROMPT);
        session
    }];
    for start in ways {
        let world = World::new();
        let alice = alice(&world);
        let mut session = start(&world);
        session.ctrl_z();
        session.send(format!("{OLD}\r{NEW}\r{NEW}\r"));
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
        assert_eq!(alice.current_password().as_deref(), Some(NEW));
    }
}

/// The signals' ways stay what they were when no password is asked for any more.
#[test]
fn after_the_prompt_a_signal_ends_the_program_as_ever() {
    let world = World::new();
    alice(&world);
    world.aws.fault("ChangePassword", Fault::Hang(When::Before));
    let mut session = in_shell(&world);
    session.send(format!("{OLD}\r{NEW}\r{NEW}\r"));
    wait_for(|| world.aws.count("ChangePassword") == 1);
    signal(&world, "-TERM");
    session.expect("code 143");
    world.finish(session);
}

#[test]
fn an_interruption_while_it_is_being_changed_says_what_nobody_can_know() {
    let world = World::new();
    alice(&world);
    world.aws.fault("ChangePassword", Fault::Hang(When::Before));
    let mut session = asked(&world);
    session.send(format!("{OLD}\r{NEW}\r{NEW}\r"));
    wait_for(|| world.aws.count("ChangePassword") == 1);
    session.ctrl_c();
    session.expect(
        "interrupted while changing the password of alice, which may be carried out or not",
    );
    session.expect("next: run the same again to be sure: the new password counts if the change was carried out");
    assert_eq!(world.finish(session).code, 130);
}
