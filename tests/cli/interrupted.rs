//! Ctrl-C and Ctrl-D: nothing is written, the terminal is left as it was, and nobody goes on behind
//! the person's back.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::local_aws::{Fault, Preset, When};
use crate::prompt::{PROMPT, asked, user, wait_for};
use crate::pty::Stream;
use crate::world::{AWSMFA, World, section};

/// A code is on its way, and nobody knows how far it got.
const SENT: &str = "interrupted; nothing was written\n  \
    next: sign in with the next code: the last one was sent and may be used up\n";

#[test]
fn ctrl_c_at_the_prompt_ends_the_line_and_writes_nothing() {
    let world = World::new();
    user(&world);
    let before = world.files();
    for typed in ["", "123"] {
        let mut session = asked(&world);
        session.send(typed);
        session.ctrl_c();
        let finished = world.finish(session);
        assert_eq!(finished.code, 130, "{}", finished.shown);
        assert!(
            finished
                .shown
                .ends_with("error: interrupted; nothing was written\n"),
            "{}",
            finished.shown
        );
        assert!(
            finished.shown.contains("^C\nerror: "),
            "{:?}",
            finished.shown
        );
        assert_eq!(world.files(), before);
        assert_eq!(world.codes_sent(), Vec::<String>::new());
    }
}

#[test]
fn ctrl_c_while_aws_is_silent_ends_it_at_once() {
    for (fault, typed) in [("GetCallerIdentity", false), ("GetSessionToken", true)] {
        let world = World::new();
        let mfa = user(&world);
        let before = world.files();
        world.aws.fault_always(fault, Fault::Hang(When::Before));
        let started = Instant::now();
        let mut session = asked(&world);
        if typed {
            session.send_line(&world.aws.code(&mfa.serial));
        }
        wait_for(|| world.aws.count(fault) == 1);
        session.ctrl_c();
        let finished = world.finish(session);
        assert_eq!(finished.code, 130, "{}", finished.shown);
        let said = match typed {
            true => format!("error: {SENT}"),
            false => "error: interrupted; nothing was written\n".to_owned(),
        };
        assert!(finished.shown.ends_with(&said), "{}", finished.shown);
        assert!(started.elapsed() < Duration::from_secs(20));
        assert_eq!(world.files(), before);
    }
}

#[test]
fn ctrl_c_while_another_has_the_lock_ends_it_at_once() {
    let world = World::new();
    user(&world);
    let before = world.files();
    let lock = fs::File::create(world.path(".aws/credentials.lock")).unwrap();
    lock.lock().unwrap();
    let mut session = world.terminal(["123456"]).start();
    session.expect("the credentials file is locked");
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    assert!(
        finished
            .shown
            .ends_with("interrupted; nothing was written\n"),
        "{}",
        finished.shown
    );
    assert_eq!(world.files(), before);
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn ctrl_c_with_nobody_at_a_terminal_is_the_same() {
    let world = World::new();
    let mfa = user(&world);
    world.aws.fault_always("*", Fault::Hang(When::Before));
    let before = world.files();
    let mut session = world
        .terminal([world.aws.code(&mfa.serial)])
        .stdin(Stream::Null)
        .stdout(Stream::pipe())
        .stderr(Stream::pipe())
        .start();
    wait_for(|| world.aws.log().len() == 1);
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.stderr);
    assert_eq!(finished.stderr, format!("error: {SENT}"));
    assert_eq!(world.files(), before);
}

#[test]
fn ctrl_d_is_no_answer() {
    let world = World::new();
    user(&world);
    let before = world.files();
    let mut session = asked(&world);
    session.ctrl_d();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    assert_eq!(
        finished.shown,
        format!("{PROMPT}\nerror: no answer was given\n")
    );
    assert_eq!(world.files(), before);
}

#[test]
fn the_terminal_s_settings_are_what_they_were() {
    let world = World::new();
    user(&world);
    let arguments = [
        "-c",
        "trap : INT; stty -g >before; \"$0\"; code=$?; stty -g >after; echo ended with $code",
        AWSMFA,
    ];
    for end in [b"\x03".as_slice(), b"\x04", b"12\r\r\r"] {
        let mut session = world.shell(arguments).start();
        session.expect(PROMPT);
        session.send(end);
        session.expect("ended with ");
        world.finish(session);
        let settings = |name| fs::read_to_string(world.path(name)).unwrap();
        assert!(!settings("before").is_empty());
        assert_eq!(settings("before"), settings("after"));
    }
}

#[test]
fn ctrl_c_at_the_choice_of_a_device_is_the_same() {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    world.virtual_mfa(&user);
    user.virtual_mfa_named("alice-tablet");
    world.write_credentials(section("default", &key));
    let before = world.files();
    let mut session = world.terminal([] as [&str; 0]).start();
    session.expect("number (1-2): ");
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
fn ctrl_c_ends_a_command_for_the_code_even_if_it_does_not_listen() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let alive = world.path("alive");
    world.write_config(format!(
        "[default]\nmfa_serial = {}\nmfa_process = trap '' INT; echo ready >&2; sleep 2; echo x > {}\n",
        mfa.serial,
        alive.display()
    ));
    let before = world.files();
    let mut session = world.terminal([] as [&str; 0]).start();
    session.expect("ready");
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    assert_eq!(world.files(), before);
    thread::sleep(Duration::from_millis(2_300));
    assert!(!alive.exists(), "the command has gone on without us");
}
