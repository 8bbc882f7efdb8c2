//! `awsmfa serve`: credentials from an endpoint, and their renewal.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::env::signed_in;
use crate::local_aws::{Fault, Mfa, Trust};
use crate::prompt::PROMPT;
use crate::pty::Stream;
use crate::served::{Pass, Server, is_ignored, pass_from};
use crate::told::Told;
use crate::world::{AWSMFA, NOTHING, Run, World, section};

/// Longer than it takes until a failure is no longer believed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A user with a session of which this many seconds are left by our clock, and whose codes come
/// from the file `code`, if it is there.
fn with_session(seconds: i64) -> (World, Mfa) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!(
        "[default]\nmfa_serial = {}\nduration_seconds = 900\nmfa_process = cat code\n",
        mfa.serial
    ));
    world.aws.set_clock_offset(seconds - 900);
    world.sign_in(&mfa, NOTHING).succeeded();
    world.aws.clear_log();
    (world, mfa)
}

/// What the next run of `mfa_process` prints.
fn next_code(world: &World, mfa: &Mfa) {
    std::fs::write(world.path("code"), world.aws.code(&mfa.serial)).unwrap();
}

/// Asks until the credentials are others than `old`.
#[track_caller]
fn renewed(pass: &Pass, old: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let id = pass.key_id();
        if id != old {
            return id;
        }
        assert!(Instant::now() < deadline, "they were not renewed");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_sdk_finds_the_credentials_where_it_is_told_to_ask() {
    let (world, _) = signed_in();
    let server = Server::start(&world, []);
    let row = &server.document()["profiles"][0];
    assert_eq!(row["profile"], "default");
    assert_eq!(row["section"], "default-mfa");
    assert_eq!(row["environment"]["AWS_REGION"], "eu-west-1");
    assert!(row["environment"]["AWS_PROFILE"].is_null());
    let value = |key: &str| world.value("default-mfa", key).unwrap();
    assert_eq!(row["expiration"], value("expiration").as_str());
    let answer = server.pass().ask();
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"));
    assert_eq!(
        answer.body,
        format!(
            "{{\"AccessKeyId\":\"{}\",\"SecretAccessKey\":\"{}\",\"Token\":\"{}\",\"Expiration\":\"{}\"}}",
            value("aws_access_key_id"),
            value("aws_secret_access_key"),
            value("aws_session_token"),
            value("expiration"),
        )
    );
    let run = server.end().succeeded();
    run.said("serving [default-mfa] for profile default, good until ")
        .said("The token is a secret")
        .said("AWS tools prefer [default]")
        .said("AWS_SHARED_CREDENTIALS_FILE");
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn each_profile_has_a_path_and_a_token_of_its_own() {
    let (world, mfa) = signed_in();
    let user = world.aws.user("bob");
    let key = world.key(&user);
    let other = world.virtual_mfa(&user);
    world.write_credentials(world.credentials() + &section("team/b", &key));
    world.sign_in(&other, ["-p", "team/b"]).succeeded();
    let server = Server::start(&world, ["-p", "team/b", "-p", "default"]);
    let [first, second] = [server.pass_of(0), server.pass_of(1)];
    assert_eq!(first.path, "/profile=team%2Fb");
    assert_eq!(second.path, "/profile=default");
    assert_eq!(first.port, second.port);
    for (pass, name) in [(&first, "bob"), (&second, "alice")] {
        let owner = world.aws.owner_of(&pass.key_id()).unwrap();
        assert!(owner.ends_with(name), "{owner}");
    }
    let crossed = Pass {
        path: second.path.clone(),
        ..first.clone()
    };
    assert_eq!(crossed.ask().status, 404);
    server.end().succeeded();
    world.fails(
        [
            "serve",
            "--output",
            "json",
            "-p",
            "default",
            "-p",
            "default-mfa",
        ],
        Told(2, "profile `default` is named twice", "--profile", "leave"),
    );
    let code = world.aws.code(&mfa.serial);
    world.fails(
        ["exec", "-p", "default", "-p", "team/b", "-t", &code, "true"],
        Told(2, "one profile at a time", "--profile", "name one profile"),
    );
}

#[test]
fn the_lines_of_several_profiles_are_told_apart() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Dev").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile dev]\nrole_arn = {}\nsource_profile = default\n",
        role.arn
    ));
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    for (shell, titles) in [
        ("bash", ["# profile default", "# profile dev"]),
        ("fish", ["# profile default", "# profile dev"]),
        ("powershell", ["# profile default", "# profile dev"]),
        ("cmd", ["rem profile default", "rem profile dev"]),
    ] {
        let both = ["serve", "--shell", shell, "-p", "default", "-p", "dev"];
        let (lines, run) = lines(&world, &both);
        let at = |text: &str| lines.lines().position(|line| line == text);
        let [first, second] = titles.map(at);
        assert_eq!(first, Some(0), "{lines}");
        assert!(second > first, "{lines}");
        run.said("note: there are lines for each profile");
        // Of one there is nothing to tell apart.
        let (lines, run) = self::lines(&world, &both[..5]);
        assert!(!lines.contains("profile default"), "{lines}");
        assert!(!run.stderr.contains("lines for each"), "{}", run.stderr);
    }
}

/// What a server prints before it serves, and its end.
#[track_caller]
fn lines(world: &World, arguments: &[&str]) -> (String, Run) {
    let mut child = world.start(arguments);
    let mut lines = String::new();
    let mut output = child.stdout.take().unwrap();
    output.read_to_string(&mut lines).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    (lines, world.outcome(child).succeeded())
}

/// The lines reach the shell although the server goes on.
#[test]
fn a_shell_takes_the_lines_and_the_tools_in_it_find_the_endpoint() {
    let (mut world, _) = signed_in();
    world.set("AWS_PROFILE", "default");
    world.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    let script = "eval \"$(\"$@\" serve --shell bash & echo server=$!)\"; \
                  env >env; kill $server; wait";
    let run = world.run_in(script, NOTHING).succeeded();
    run.said("serving [default-mfa]");
    let env = std::fs::read_to_string(world.path("env")).unwrap();
    let value = |name: &str| {
        let mut lines = env.lines();
        lines.find_map(|line| line.strip_prefix(&format!("{name}=")))
    };
    let token = value("AWS_CONTAINER_AUTHORIZATION_TOKEN").unwrap();
    assert_eq!(token.len(), 64, "{token}");
    Pass::new(value("AWS_CONTAINER_CREDENTIALS_FULL_URI").unwrap(), token);
    assert_eq!(value("AWS_SHARED_CREDENTIALS_FILE"), Some("/dev/null"));
    assert_eq!(value("AWS_REGION"), Some("eu-west-1"));
    assert_eq!(value("AWS_PROFILE"), None);
    assert_eq!(value("AWS_ACCESS_KEY_ID"), None);
}

#[test]
fn a_file_that_no_tool_would_prefer_is_not_hidden() {
    let world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    world.write_credentials(section("work", &key));
    world.write_config("[default]\nregion = eu-west-1\n");
    world.sign_in(&mfa, ["-p", "work"]).succeeded();
    let hidden = |world: &World| {
        let server = Server::start(world, ["-p", "work"]);
        let environment = server.document()["profiles"][0]["environment"].clone();
        server.end().succeeded();
        ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"]
            .map(|name| environment[name].as_str().map(str::to_owned))
    };
    let null = Some("/dev/null".to_owned());
    assert_eq!(hidden(&world), [None, None]);
    world.write_config("[default]\nrole_arn = arn:aws:iam::123456789012:role/R\n");
    assert_eq!(hidden(&world), [None, null.clone()]);
    world.write_config("[default]\ncredential_process = true\n");
    assert_eq!(hidden(&world), [None, null]);
}

#[test]
fn it_asks_for_a_code_at_the_start_and_only_if_needed() {
    let world = World::new();
    let mfa = crate::prompt::user(&world);
    let mut session = world
        .terminal(["serve", "--output", "json"])
        .stdin(Stream::Null)
        .stdout(Stream::pipe())
        .start();
    session.expect(PROMPT);
    let code = world.aws.code(&mfa.serial);
    session.send_line(&code);
    session.expect("serving [default-mfa] for profile default, good until ");
    session.expect("Ctrl-C ends it");
    // Whoever runs the tests may have Ctrl-C ignored, and so has the server then.
    if !is_ignored("INT") {
        session.ctrl_c();
        session.expect("stopped");
        let finished = session.finish();
        world.search(&[&finished.shown]);
        assert_eq!(finished.code, 0, "{}", finished.shown);
    }
    assert_eq!(world.codes_sent(), [code]);
    Server::start(&world, []).end().succeeded();
    assert_eq!(world.codes_sent().len(), 1);
}

#[test]
fn without_a_way_to_a_code_it_does_not_begin() {
    let world = World::new();
    crate::prompt::user(&world);
    world.fails(
        ["serve", "--shell", "bash"],
        Told(4, "an MFA code is needed", "*", "--token-code"),
    );
    world.fails(
        ["serve", "--shell", "bash", "-p", "nobody"],
        Told(3, "nobody", "*", "*"),
    );
}

/// 10 minutes are left: enough to be given away, and few enough to be renewed.
#[test]
fn clients_get_what_is_good_while_one_renewal_goes_on_for_all_of_them() {
    let (world, mfa) = with_session(600);
    let server = Server::start(&world, []);
    let pass = server.pass();
    let old = world.value("default-mfa", "aws_access_key_id").unwrap();
    next_code(&world, &mfa);
    let slow = Duration::from_secs(6);
    world.aws.fault("GetSessionToken", Fault::Latency(slow));
    let begin = Instant::now();
    let clients: Vec<_> = (0..32)
        .map(|_| {
            let pass = pass.clone();
            thread::spawn(move || (0..10).map(|_| pass.key_id()).collect::<BTreeSet<_>>())
        })
        .collect();
    let mut seen = BTreeSet::new();
    for client in clients {
        seen.extend(client.join().unwrap());
    }
    assert!(begin.elapsed() < slow, "they were made to wait");
    assert_eq!(seen, BTreeSet::from([old.clone()]));
    let new = renewed(&pass, &old);
    assert_eq!(
        new,
        world.value("default-mfa", "aws_access_key_id").unwrap()
    );
    for _ in 0..100 {
        assert_eq!(pass.key_id(), new);
    }
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    let run = server.end().succeeded();
    let told = |line: &&str| line.starts_with("renewed: [default-mfa] is good until ");
    assert_eq!(run.stderr.lines().filter(told).count(), 1, "{}", run.stderr);
}

/// Fewer than 5 minutes are left: that is no answer if there is a better one.
#[test]
fn what_is_nearly_over_is_waited_for() {
    let (world, mfa) = with_session(302);
    let server = Server::start(&world, ["-q"]);
    let pass = server.pass();
    let old = world.value("default-mfa", "aws_access_key_id").unwrap();
    thread::sleep(Duration::from_secs(3));
    world.aws.set_clock_offset(0);
    next_code(&world, &mfa);
    let clients: Vec<_> = (0..32)
        .map(|_| {
            let pass = pass.clone();
            thread::spawn(move || pass.key_id())
        })
        .collect();
    let seen: BTreeSet<_> = clients
        .into_iter()
        .map(|client| client.join().unwrap())
        .collect();
    let new = world.value("default-mfa", "aws_access_key_id").unwrap();
    assert_ne!(new, old);
    assert_eq!(seen, BTreeSet::from([new]));
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    let run = server.end().succeeded();
    assert_eq!(run.stderr, "");
}

#[test]
fn a_sign_in_in_another_terminal_is_found() {
    let (world, mfa) = with_session(302);
    // There is no file `code`, so nothing can be renewed here.
    let server = Server::start(&world, []);
    let pass = server.pass();
    let old = pass.key_id();
    thread::sleep(Duration::from_secs(3));
    for _ in 0..10 {
        assert_eq!(pass.key_id(), old);
    }
    assert_eq!(world.aws.count("GetSessionToken"), 0);
    world.aws.set_clock_offset(0);
    world.sign_in(&mfa, NOTHING).succeeded();
    let new = renewed(&pass, &old);
    assert_eq!(
        new,
        world.value("default-mfa", "aws_access_key_id").unwrap()
    );
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    let run = server.end().succeeded();
    let warned =
        |line: &&str| line.starts_with("warning: ") && line.contains("`awsmfa -p default`");
    assert_eq!(
        run.stderr.lines().filter(warned).count(),
        1,
        "{}",
        run.stderr
    );
    run.said("renewed: [default-mfa]");
}

#[test]
fn a_role_is_served_and_its_trace_holds_no_secret() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile work]\nrole_arn = {}\nsource_profile = default\nmfa_serial = {}\n",
        role.arn, mfa.serial
    ));
    let code = world.aws.code(&mfa.serial);
    world.plant(code.as_str());
    let server = Server::start(&world, ["-p", "work", "-v", "-t", &code]);
    let owner = world.aws.owner_of(&server.pass().key_id()).unwrap();
    assert!(owner.contains("assumed-role/Admin/"), "{owner}");
    server.end().succeeded().said("trace: ");
}

/// A shell without job control starts a program in the background with Ctrl-C ignored.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_that_its_starter_ignores_does_not_end_it() {
    let (world, _) = signed_in();
    for (disposition, ends) in [("IGNORE", false), ("DEFAULT", true)] {
        let start = format!("$SIG{{INT}} = '{disposition}'; exec @ARGV or die");
        let mut command = Command::new("perl");
        command.args(["-e", &start, AWSMFA, "serve", "--output", "json"]);
        world.furnish(&mut command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let pass = pass_from(child.stdout.take().unwrap());
        let pid = rustix::process::Pid::from_child(&child);
        let send = |signal| rustix::process::kill_process(pid, signal).unwrap();
        send(rustix::process::Signal::INT);
        if !ends {
            pass.key_id();
            send(rustix::process::Signal::TERM);
        }
        world.outcome(child).succeeded().said("stopped");
    }
}

/// One code in the morning; the role lives for 15 minutes, the session for 12 hours.
#[test]
fn a_role_is_renewed_from_the_session_without_a_code() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[default]\nmfa_serial = {}\n\
         [profile work]\nrole_arn = {}\nsource_profile = default\n\
         duration_seconds = 900\n",
        mfa.serial, role.arn
    ));
    world.sign_in(&mfa, ["-p", "work"]).succeeded();
    world.aws.clear_log();
    let server = Server::start(&world, ["-p", "work"]);
    let pass = server.pass();
    let old = pass.key_id();
    let new = renewed(&pass, &old);
    let owner = world.aws.owner_of(&new).unwrap();
    assert!(owner.contains("assumed-role/Admin/"), "{owner}");
    assert_eq!(world.aws.operations(), ["AssumeRole"]);
    let run = server.end().succeeded();
    run.said("renewed: [work-mfa] is good until ");
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}
