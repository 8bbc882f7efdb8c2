//! `awsmfa exec --serve`: the program beside the endpoint, as if there were nothing between it and
//! its shell.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;

use rustix::process::{Pid, Signal, kill_process};

use crate::env::{about_aws, signed_in};
use crate::prompt::PROMPT;
use crate::pty::Stream;
use crate::served::{Pass, is_ignored};
use crate::told::Told;
use crate::world::{AWSMFA, NOTHING, World};

/// `env`, which the program has written.
fn pass(world: &World) -> Pass {
    let lines = about_aws(world, "env");
    let value = |name: &str| {
        let mut lines = lines.iter();
        lines
            .find_map(|line| line.strip_prefix(&format!("{name}=")))
            .unwrap()
    };
    let token = value("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    world.plant(token);
    Pass::new(value("AWS_CONTAINER_CREDENTIALS_FULL_URI"), token)
}

#[test]
fn the_program_can_ask_for_credentials_and_has_none_itself() {
    let (mut world, _) = signed_in();
    for name in [
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_CREDENTIAL_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    ] {
        world.set(name, "default");
    }
    world.set("BOTO_CONFIG", "boto.cfg");
    world.set("AWS_MAX_ATTEMPTS", "7");
    let mut child = world.start(["exec", "--serve", "sh", "-c", "env >env; echo up; read _"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let pass = pass(&world);
    let whole = std::fs::read_to_string(world.path("env")).unwrap();
    assert!(!whole.contains("BOTO_CONFIG="), "{whole}");
    let names: Vec<String> = about_aws(&world, "env")
        .iter()
        .map(|line| line.split('=').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "AWSMFA_SECTION",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_DEFAULT_REGION",
            "AWS_MAX_ATTEMPTS",
            "AWS_REGION",
            "AWS_SHARED_CREDENTIALS_FILE",
        ]
    );
    let held = world.value("default-mfa", "aws_access_key_id").unwrap();
    assert_eq!(pass.key_id(), held);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let run = world.outcome(child).succeeded();
    assert_eq!(run.stderr, "");
    // It went with the program.
    assert!(TcpStream::connect(("127.0.0.1", pass.port)).is_err());
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn in_a_shell_that_asks_the_endpoint_awsmfa_asks_for_another_shell() {
    let (world, _) = signed_in();
    let config = std::fs::read_to_string(world.config_path()).unwrap();
    let advice = "next: use awsmfa in another shell: AWS tools in this one ask the endpoint";
    for (config, what) in [
        (config.as_str(), "profile `default` has no access key here"),
        (
            "",
            "there is no profile `default-mfa`, which AWSMFA_SECTION names",
        ),
    ] {
        world.write_config(config);
        let nested = ["exec", "--serve", AWSMFA, "whoami"];
        let run = world.run(nested).failed(3, what);
        run.said(advice);
        let misled = run.stderr.contains("no access key") && run.stderr.contains("aws configure");
        assert!(!misled, "{}", run.stderr);
    }
}

#[test]
fn the_end_of_the_program_is_ours() {
    let (world, _) = signed_in();
    for code in [0, 1, 3, 126, 127, 130, 255] {
        let run = world.run(["exec", "--serve", "sh", "-c", &format!("exit {code}")]);
        assert_eq!((run.code, run.stderr.as_str()), (code, ""));
    }
    let run = world.run(["exec", "--serve", "sh", "-c", "kill -9 $$"]);
    assert_eq!((run.code, run.stderr.as_str()), (137, ""));
    let run = world.run_with_stdin(["exec", "--serve", "cat"], "to the last byte\n");
    assert_eq!(run.succeeded().stdout, "to the last byte\n");
    let script = r#"{ "$@" exec --serve yes; echo $? >&2; } | head -n 1"#;
    let run = world.run_in(script, NOTHING).succeeded();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("y\n", "141\n"));
    let script = r#"trap '' HUP; "$@" exec --serve sh -c 'kill -HUP $$; echo alive'"#;
    assert_eq!(world.run_in(script, NOTHING).stdout, "alive\n");
}

/// What waits for us sees the end that it would see without us: a shell gives up a script on Ctrl-C
/// only if the program died of it.
#[test]
fn a_signal_that_ends_the_program_ends_us_without_a_memory_dump() {
    let (world, _) = signed_in();
    for signal in [
        Signal::INT,
        Signal::TERM,
        Signal::HUP,
        Signal::QUIT,
        Signal::PIPE,
        Signal::USR1,
        Signal::KILL,
        Signal::SEGV,
        Signal::ABORT,
    ] {
        let number = signal.as_raw();
        let script = format!("$SIG{{$_}} = 'DEFAULT' for keys %SIG; kill {number} => $$; sleep 20");
        let command = format!("ulimit -S -c 0; exec perl -e '{script}'");
        let output = world
            .command(["exec", "--serve", "sh", "-c", &command])
            .output()
            .unwrap();
        let (status, said) = (output.status, String::from_utf8(output.stderr).unwrap());
        assert_eq!((status.signal(), said.as_str()), (Some(number), ""));
        assert!(!status.core_dumped(), "{signal:?}");
    }
}

#[test]
fn a_signal_that_is_sent_to_us_is_the_program_s() {
    let (world, _) = signed_in();
    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
        (Signal::INT, "INT"),
        (Signal::USR1, "USR1"),
    ] {
        // What is ignored from the start cannot be waited for from outside.
        if is_ignored(name) {
            continue;
        }
        let script = format!(
            "$SIG{{{name}}} = sub {{ print 'caught'; exit 9 }}; $| = 1; print \"up\\n\"; sleep 20"
        );
        let mut child = world.start(["exec", "--serve", "perl", "-e", &script]);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut rest = String::new();
        output.read_line(&mut rest).unwrap();
        assert_eq!(rest, "caught", "{name}");
        assert_eq!(world.outcome(child).code, 9, "{name}");
    }
    let mut child = world.start(["exec", "--serve", "sh", "-c", "echo up; exec sleep 20"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(world.outcome(child).code, 143);
}

#[test]
fn ctrl_c_reaches_the_program_once() {
    let (world, _) = signed_in();
    let script = "$SIG{INT} = sub { $n++ }; $| = 1; print \"up\"; \
                  select undef, undef, undef, 0.02 until $n; \
                  select undef, undef, undef, 0.3; print \"caught $n\"; exit 9";
    let mut session = world
        .terminal(["exec", "--serve", "perl", "-e", script])
        .start();
    session.expect("up");
    session.ctrl_c();
    session.expect("caught 1");
    assert_eq!(world.finish(session).code, 9);
}

#[test]
fn ctrl_z_stops_the_job_and_the_shell_takes_it_up_again() {
    let (mut world, _) = signed_in();
    world.set("PS1", "ready> ");
    let mut shell = world.shell(["-im"]).start();
    shell.expect("ready> ");
    shell.send_line(&format!(
        "{AWSMFA} exec --serve sh -c 'env >env; echo up; while read word; do echo got $word; done'"
    ));
    shell.expect("done'\r\n");
    shell.expect("up\r\n");
    for word in ["one", "two", "three"] {
        shell.ctrl_z();
        shell.expect("Stopped");
        shell.expect("ready> ");
        shell.send_line("fg");
        shell.expect("echo got");
        shell.send_line(word);
        shell.expect(&format!("got {word}\r\n"));
    }
    // The endpoint has gone on, too.
    pass(&world).key_id();
    shell.ctrl_d();
    shell.expect("ready> ");
    shell.send_line("exit 5");
    assert_eq!(world.finish(shell).code, 5);
}

/// As `suspend` in a shell does it, which has its own process group.
#[test]
fn a_program_that_stops_itself_stops_the_job() {
    let (mut world, _) = signed_in();
    world.set("PS1", "ready> ");
    let mut shell = world.shell(["-im"]).start();
    shell.expect("ready> ");
    for group in ["", "setpgrp(0, 0); "] {
        shell.send_line(&format!(
            "{AWSMFA} exec --serve perl -e '{group}kill STOP => $$; print qq(on again\\n)'"
        ));
        shell.expect("Stopped");
        shell.expect("ready> ");
        shell.send_line("fg");
        shell.expect("again\\n)");
        shell.expect("on again\r\n");
        shell.expect("ready> ");
    }
    shell.send_line("exit 5");
    assert_eq!(world.finish(shell).code, 5);
}

#[test]
fn a_pipeline_is_one_job() {
    let (mut world, _) = signed_in();
    world.set("PS1", "ready> ");
    let mut shell = world.shell(["-im"]).start();
    shell.expect("ready> ");
    // Each reads the terminal, which a process outside of the foreground may not.
    shell.send_line(&format!(
        "{AWSMFA} exec --serve sh -c 'read a; echo $a' | sh -c 'cat; read b </dev/tty; echo $b'"
    ));
    shell.expect("echo $b'\r\n");
    shell.send_line("one");
    shell.expect("one\r\none\r\n");
    shell.send_line("two");
    shell.expect("two\r\ntwo\r\n");
    shell.expect("ready> ");
    shell.send_line("exit 5");
    assert_eq!(world.finish(shell).code, 5);
}

#[test]
fn a_program_that_cannot_be_started_costs_no_code() {
    let world = World::new();
    let mfa = crate::prompt::user(&world);
    let code = world.aws.code(&mfa.serial);
    world.fails(
        ["exec", "--serve", "-t", &code, "no-such-program"],
        Told(
            127,
            "command `no-such-program` was not found",
            "PATH",
            "spelling",
        ),
    );
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn without_a_command_it_is_a_shell_and_asks_for_the_code_first() {
    let mut world = World::new();
    let mfa = crate::prompt::user(&world);
    world.set("SHELL", "/bin/sh");
    world.set("PS1", "${AWSMFA_SECTION:+($AWSMFA_SECTION) }$ ");
    let mut session = world
        .terminal(["exec", "--serve"])
        .stderr(Stream::Terminal)
        .start();
    session.expect(PROMPT);
    let code = world.aws.code(&mfa.serial);
    session.send_line(&code);
    session.expect("this shell gets the credentials of [default-mfa]");
    session.expect("(default-mfa) $ ");
    session.send_line("env >env; echo do''ne");
    session.expect("done\r\n");
    pass(&world).key_id();
    // A shell that leads its own jobs gives the terminal back.
    session.send_line("sh -c 'exit 4'; exit 3");
    let finished = world.finish(session);
    assert_eq!(finished.code, 3, "{}", finished.shown);
}

#[test]
fn the_program_outlives_us_if_we_are_killed() {
    let (world, _) = signed_in();
    let script = "echo up; while [ ! -e gone ]; do sleep 0.02; done; echo still here";
    let mut child = world.start(["exec", "--serve", "sh", "-c", script]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::write(world.path("gone"), "").unwrap();
    let mut rest = String::new();
    output.read_line(&mut rest).unwrap();
    assert_eq!(rest, "still here\n");
}
