//! `awsmfa exec`: the program it becomes, and what that program finds.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::env::{about_aws, expected, signed_in};
use crate::local_aws::{ACCOUNT, Mfa, Trust};
use crate::prompt::PROMPT;
use crate::pty::Stream;
use crate::told::Told;
use crate::world::{AWSMFA, NOTHING, World};

/// A user who has not signed in yet and whose device is known.
fn stranger() -> (World, Mfa) {
    let world = World::new();
    let mfa = crate::prompt::user(&world);
    (world, mfa)
}

#[test]
fn the_program_gets_the_credentials_and_none_of_the_others() {
    let (mut world, _) = signed_in();
    let others = [
        "AWS_PROFILE",
        "AWS_VAULT",
        "AWS_SSO_SESSION",
        "AWS_CREDENTIAL_SCOPE",
        "AWS_DEFAULT_PROFILE",
        "AWSMFA_PROFILE",
        "AWS_SECURITY_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWSMFA_TOKEN_CODE",
    ];
    for name in others {
        world.set(name, "default");
    }
    world.set("AWSMFA_TOKEN_CODE", "123456");
    world.set("AWS_CA_BUNDLE", "/dev/null");
    world.set("AWS_MAX_ATTEMPTS", "7");
    world.set("UNRELATED", "kept");
    let run = world
        .run(["exec", "--", "sh", "-c", "env >env"])
        .succeeded();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let mut wanted = expected(&world, "default-mfa");
    wanted.extend(["AWS_CA_BUNDLE=/dev/null", "AWS_MAX_ATTEMPTS=7"].map(str::to_owned));
    wanted.sort();
    assert_eq!(about_aws(&world, "env"), wanted);
    let all = fs::read_to_string(world.path("env")).unwrap();
    assert!(all.contains("UNRELATED=kept\n"), "{all}");
    assert!(all.contains("AWS_ENDPOINT_URL=http"), "{all}");
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn the_region_has_both_its_names_or_none() {
    let (mut world, mfa) = stranger();
    world.sign_in(&mfa, NOTHING).succeeded();
    let show = [
        "sh",
        "-c",
        "echo ${AWS_REGION-none} ${AWS_DEFAULT_REGION-none}",
    ];
    let mut shown = |variable: Option<(&str, &str)>, flags: &[&str]| {
        if let Some((name, value)) = variable {
            world.set(name, value);
        }
        let all = ["exec"].iter().chain(flags).chain(&show);
        world.run(all).succeeded().stdout
    };
    assert_eq!(shown(None, &[]), "none none\n");
    let weak = Some(("AWS_DEFAULT_REGION", "us-west-2"));
    assert_eq!(shown(weak, &[]), "us-west-2 us-west-2\n");
    let strong = Some(("AWS_REGION", "eu-west-1"));
    assert_eq!(shown(strong, &[]), "eu-west-1 eu-west-1\n");
    let flag = ["--region", "ap-northeast-1"];
    assert_eq!(shown(None, &flag), "ap-northeast-1 ap-northeast-1\n");
}

#[test]
fn a_role_is_assumed_and_its_section_named() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile work]\nrole_arn = {}\nsource_profile = default\nmfa_serial = {}\n",
        role.arn, mfa.serial
    ));
    let code = world.aws.code(&mfa.serial);
    let show = ["sh", "-c", "echo $AWSMFA_SECTION $AWS_ACCESS_KEY_ID"];
    let all = ["exec", "-p", "work", "-t", &code].into_iter().chain(show);
    let run = world.run(all).succeeded();
    let id = world.value("work-mfa", "aws_access_key_id").unwrap();
    assert_eq!(run.stdout, format!("work-mfa {id}\n"));
    let owner = format!("arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice");
    assert_eq!(world.issued_to("work-mfa"), Some(owner));
}

#[test]
fn arguments_reach_the_program_as_they_are() {
    let (world, _) = signed_in();
    let show = r#"printf '<%s>' "$0" "$@""#;
    for (before, after, shown) in [
        (
            &["exec", "--"][..],
            &["-p", "x", "--", "a b", ""][..],
            "<sh><-p><x><--><a b><>",
        ),
        (
            &["exec"],
            &["-t", "1", "--version"],
            "<sh><-t><1><--version>",
        ),
        (&["exec", "-p", "default"], &["--help"], "<sh><--help>"),
        (
            &["-q", "exec", "--region", "eu-west-1", "--"],
            &["-q"],
            "<sh><-q>",
        ),
    ] {
        let sh = ["sh", "-c", show, "sh"];
        let all = before.iter().chain(&sh).chain(after);
        assert_eq!(world.run(all).succeeded().stdout, shown);
    }
    world
        .run(["exec", "--no-such-flag", "sh"])
        .failed(2, "--no-such-flag");
}

#[test]
fn the_end_of_the_program_is_ours() {
    let (world, _) = signed_in();
    for code in [0, 1, 3, 126, 127, 130, 255] {
        let run = world.run(["exec", "sh", "-c", &format!("exit {code}")]);
        assert_eq!((run.code, run.stderr.as_str()), (code, ""));
    }
    // A signal, as a shell tells it.
    let script = r#""$@" exec sh -c 'kill -9 $$' & wait $!; echo $?"#;
    assert_eq!(world.run_in(script, NOTHING).succeeded().stdout, "137\n");
}

#[test]
fn it_is_the_same_process_and_sees_the_same_streams() {
    let (world, _) = signed_in();
    let script = r#"echo $$; exec "$@" exec sh -c 'echo $$; cat; echo oops >&2'"#;
    let run = world.run_in(script, NOTHING);
    let (first, second) = run.stdout.trim_end().split_once('\n').unwrap();
    assert_eq!(first, second);
    assert_eq!(run.stderr, "oops\n");
    let run = world.run_with_stdin(["exec", "cat"], "to the last byte\n");
    assert_eq!(run.succeeded().stdout, "to the last byte\n");
}

#[test]
fn a_broken_pipe_ends_the_program_and_an_ignored_signal_stays_ignored() {
    let (world, _) = signed_in();
    let script = r#"{ "$@" exec yes; echo $? >&2; } | head -n 1"#;
    let run = world.run_in(script, NOTHING).succeeded();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("y\n", "141\n"));
    let script = r#"trap '' HUP; "$@" exec sh -c 'kill -HUP $$; echo alive'"#;
    assert_eq!(world.run_in(script, NOTHING).stdout, "alive\n");
}

#[test]
fn a_program_that_cannot_be_started_costs_no_code() {
    let (world, mfa) = stranger();
    fs::write(world.path("notes"), "text").unwrap();
    fs::create_dir(world.path("directory")).unwrap();
    let code = world.aws.code(&mfa.serial);
    for (program, told) in [
        (
            "no-such-program",
            Told(
                127,
                "command `no-such-program` was not found",
                "PATH",
                "spelling",
            ),
        ),
        (
            "./nothing",
            Told(
                127,
                "command `./nothing` was not found",
                "./nothing",
                "path",
            ),
        ),
        ("", Told(127, "was not found", "PATH", "spelling")),
        (
            "./notes",
            Told(
                126,
                "`./notes` cannot be run: it is not executable",
                "./notes",
                "chmod +x",
            ),
        ),
        (
            "./directory",
            Told(126, "it is a directory", "./directory", "program in it"),
        ),
    ] {
        world.fails(["exec", "-t", &code, "--", program], told);
    }
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn what_only_the_system_can_tell_is_told_as_a_shell_tells_it_and_the_session_stays() {
    let (world, _) = signed_in();
    let script = |name: &str, text: &str| {
        let path = world.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    script("orphan", "#!/no/such/interpreter\n");
    script("directory", "#!/\n");
    script("bare", "echo without a first line: $1 $2\nexit 3\n");
    for exec in [&["exec"][..], &["exec", "--serve"]] {
        let with = |rest: &[&'static str]| [exec, rest].concat();
        world.fails(
            with(&["./orphan"]),
            Told(127, "`./orphan` cannot be run", "./orphan", "interpreter"),
        );
        world.fails(
            with(&["./directory"]),
            Told(
                126,
                "`./directory` cannot be run",
                "./directory",
                "by itself",
            ),
        );
        let run = world.run(with(&["./bare", "-x", "a b"])).failed(3, "");
        assert_eq!(run.stdout, "without a first line: -x a b\n");
    }
}

#[test]
fn it_signs_in_only_if_needed_and_asks_on_the_terminal() {
    let (world, mfa) = stranger();
    let run = |typed: Option<&str>| {
        let mut session = world
            .terminal(["exec", "--", "sh", "-c", "cat; echo $AWS_ACCESS_KEY_ID"])
            .stdin(Stream::Pipe(b"input\n".to_vec()))
            .stdout(Stream::pipe())
            .stderr(Stream::pipe())
            .start();
        if let Some(code) = typed {
            session.expect(PROMPT);
            session.send_line(code);
        }
        let finished = world.finish(session);
        assert_eq!((finished.code, finished.stderr.as_str()), (0, ""));
        let id = world.value("default-mfa", "aws_access_key_id").unwrap();
        assert_eq!(finished.stdout, format!("input\n{id}\n"));
        finished.shown
    };
    let code = world.aws.code(&mfa.serial);
    assert_eq!(run(Some(&code)), format!("{PROMPT}{code}\n"));
    assert_eq!(run(None), "");
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(world.codes_sent(), [code]);
}

#[test]
fn an_expired_section_is_renewed_first() {
    let (world, mfa) = signed_in();
    let old = world.value("default-mfa", "expiration").unwrap();
    world.write_credentials(world.credentials().replace(&old, "2020-01-01T00:00:00Z"));
    let print = ["exec", "printenv", "AWS_CREDENTIAL_EXPIRATION"];
    world.fails(print, Told(4, "an MFA code is needed", "*", "--token-code"));
    let code = world.aws.code(&mfa.serial);
    let run = world
        .run(["exec", "-t", &code, "printenv", "AWS_CREDENTIAL_EXPIRATION"])
        .succeeded();
    let renewed = world.value("default-mfa", "expiration").unwrap();
    assert_ne!(renewed, "2020-01-01T00:00:00Z");
    assert_eq!(run.stdout, format!("{renewed}\n"));
    assert_eq!(world.codes_sent(), [code]);
}

#[test]
fn a_code_on_standard_input_is_a_line_and_the_rest_is_the_program_s() {
    let (world, mfa) = stranger();
    let code = world.aws.code(&mfa.serial);
    let run = world.run_with_stdin(["exec", "-t", "-", "cat"], &format!("{code}\nthe rest\n"));
    assert_eq!(run.succeeded().stdout, "the rest\n");
    assert_eq!(world.codes_sent(), [code]);
}

#[test]
fn without_a_command_it_is_the_person_s_shell_and_the_prompt_can_say_so() {
    let (mut world, _) = signed_in();
    world.set("SHELL", "/bin/sh");
    world.set("TZ", "UTC");
    world.set("PS1", "${AWSMFA_SECTION:+($AWSMFA_SECTION) }$ ");
    let mut session = world.terminal(["exec"]).start();
    session.expect("this shell has the credentials of [default-mfa] until ");
    session.expect("; `exit` leaves it");
    session.expect("(default-mfa) $ ");
    // Inside, everything is as outside: the keys there are temporary and no source.
    let nested = format!("{} exec sh -c 'echo $AWSMFA_SECTION again'", AWSMFA);
    session.send_line(&nested);
    session.expect("default-mfa again\n".replace('\n', "\r\n").as_str());
    session.send_line("exit 3");
    let finished = world.finish(session);
    assert_eq!(finished.code, 3, "{}", finished.shown);
    assert!(!finished.shown.contains("warning"), "{}", finished.shown);
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn quiet_shells_and_shells_that_are_not_there() {
    let (mut world, _) = signed_in();
    world.set("SHELL", "/bin/sh");
    let run = world
        .run_with_stdin(["-q", "exec"], "echo hi\n")
        .succeeded();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("hi\n", ""));
    world.set("SHELL", "/no/such/shell");
    world.fails(
        ["exec"],
        Told(127, "command `/no/such/shell` was not found", "*", "*"),
    );
}

#[test]
fn ctrl_c_is_the_program_s() {
    let (world, _) = signed_in();
    // A shell could not take back that tests run by a job in the background have it ignored.
    let script = "$SIG{INT} = sub { print \"caught\"; exit 9 }; $| = 1; print \"up\"; sleep 20";
    let mut session = world.terminal(["exec", "perl", "-e", script]).start();
    session.expect("up");
    session.ctrl_c();
    session.expect("caught");
    assert_eq!(world.finish(session).code, 9);
}

#[test]
fn ctrl_z_stops_the_program_and_the_shell_takes_it_up_again() {
    let (mut world, _) = signed_in();
    world.set("PS1", "ready> ");
    let mut shell = world.shell(["-im"]).start();
    shell.expect("ready> ");
    shell.send_line(&format!(
        "{AWSMFA} exec sh -c 'echo up; read word; echo got $word'"
    ));
    shell.expect("word'\r\n");
    shell.expect("up\r\n");
    shell.ctrl_z();
    shell.expect("Stopped");
    shell.expect("ready> ");
    shell.send_line("fg");
    shell.expect("read word");
    shell.send_line("typed");
    shell.expect("got typed\r\n");
    shell.expect("ready> ");
    shell.send_line("exit 5");
    assert_eq!(world.finish(shell).code, 5);
}
