//! What is said, where, and what never is.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::local_aws::{ACCOUNT, Trust};
#[cfg(unix)]
use crate::pty::Stream;
use crate::world::{NOTHING, World, section};

#[test]
fn a_sign_in_says_who_one_is_until_when_and_how_to_use_it() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.set("TZ", "UTC");
    let run = world.sign_in(&mfa, NOTHING).succeeded();
    assert_eq!(run.stdout, "");
    let expiration = world.value("default-mfa", "expiration").unwrap();
    let lines: Vec<&str> = run.stderr.lines().collect();
    let [guess, signed_in, use_it] = lines.as_slice() else {
        panic!("{}", run.stderr);
    };
    assert!(guess.starts_with("note: "));
    let start = format!("signed in: [default-mfa] is arn:aws:iam::{ACCOUNT}:user/alice until ");
    assert!(signed_in.starts_with(&start), "{signed_in}");
    assert!(signed_in.contains(&expiration[11..16]), "{signed_in}");
    assert!(signed_in.ends_with(" (in 12 h)"), "{signed_in}");
    let how = if cfg!(windows) {
        "use it: $Env:AWS_PROFILE = \"default-mfa\""
    } else {
        "use it: export AWS_PROFILE=default-mfa"
    };
    assert_eq!(*use_it, how);
}

#[test]
fn a_shell_that_is_set_up_is_not_told_how() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.set("AWS_PROFILE", "default-mfa");
    world.write_credentials(world.credentials() + "\n[default-mfa]\nawsmfa_source = default\n");
    let run = world.sign_in(&mfa, NOTHING).succeeded();
    assert!(!run.stderr.contains("use it"), "{}", run.stderr);
}

#[test]
fn the_section_default_needs_no_variable() {
    let world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    world.write_credentials(section("default-long-term", &key));
    let run = world.sign_in(&mfa, NOTHING).succeeded();
    run.said("signed in: [default] is");
    assert!(!run.stderr.contains("use it"), "{}", run.stderr);
}

#[test]
fn local_time_is_that_of_the_person() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.set("TZ", "Asia/Tokyo");
    let run = world.sign_in(&mfa, ["-d", "2h"]).succeeded();
    let expiration = world.value("default-mfa", "expiration").unwrap();
    let expiration: Timestamp = expiration.parse().unwrap();
    let local = expiration.in_tz("Asia/Tokyo").unwrap();
    run.said(&format!("{} (in 2 h)", local.strftime("%H:%M")));
}

/// The document, with the two values checked that change from run to run.
#[track_caller]
fn document(world: &World, run: &crate::world::Run, section: &str, seconds: i64) -> Value {
    let mut document = run.json();
    let remaining = document["remaining_seconds"].take().as_i64().unwrap();
    assert!((seconds - 30..=seconds).contains(&remaining), "{remaining}");
    let taken = |value: Value| value.as_str().map(str::to_owned);
    for (field, key) in [
        ("expiration", "expiration"),
        ("access_key_id", "aws_access_key_id"),
    ] {
        let told = taken(document[field].take());
        assert_eq!(told, world.value(section, key), "{field}");
    }
    document
}

#[test]
fn the_json_document_tells_all_but_secrets() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let file = world.credentials_path().display().to_string();
    let expected = |action: &str, arn: Option<&str>| {
        json!({
            "action": action,
            "profile": "default",
            "section": "default-mfa",
            "file": file,
            "arn": arn,
            "role_arn": null,
            "serial_number": mfa.serial,
            "access_key_id": null,
            "expiration": null,
            "remaining_seconds": null,
            "session_section": null,
            "session_expiration": null,
        })
    };
    let run = world.sign_in(&mfa, ["--output", "json"]).succeeded();
    assert!(run.stdout.ends_with("}\n"));
    assert!(!run.stderr.contains("signed in"), "{}", run.stderr);
    assert_eq!(
        document(&world, &run, "default-mfa", 43_200),
        expected("renewed", Some(&user.arn))
    );
    let run = world.run(["--output", "json"]).succeeded();
    assert_eq!(run.stderr, "");
    assert_eq!(
        document(&world, &run, "default-mfa", 43_200),
        expected("reused", None)
    );
}

#[test]
fn the_json_document_of_a_role() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile work]\nrole_arn = Admin\nsource_profile = default\nmfa_serial = {}\n",
        mfa.serial
    ));
    let run = world
        .sign_in(&mfa, ["login", "--output=json", "-p", "work", "--to", "w"])
        .succeeded();
    let told = document(&world, &run, "w", 3_600);
    assert_eq!(told["profile"], "work");
    assert_eq!(told["section"], "w");
    assert_eq!(told["role_arn"], *role.arn);
    assert_eq!(
        told["arn"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice")
    );
    let again = world
        .run(["--output=json", "-p", "work", "--to", "w"])
        .succeeded();
    let told = document(&world, &again, "w", 3_600);
    assert_eq!(told["action"], "reused");
    assert_eq!(told["role_arn"], *role.arn);
    assert_eq!(told["serial_number"], mfa.serial);
}

#[test]
fn a_failure_leaves_standard_output_empty() {
    let world = World::new();
    world.default_user("alice");
    for arguments in [
        &["--output", "json", "000000"][..],
        &["--output", "json", "-p", "nobody"],
        &["--output", "json"],
        &["--output", "json", "12345"],
        &["--output", "yaml"],
    ] {
        let run = world.run(arguments);
        assert_ne!(run.code, 0);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.starts_with("error: ") || run.stderr.contains("\nerror: "));
    }
}

#[test]
fn quiet_is_quiet_but_not_about_trouble() {
    let mut world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    for arguments in [&["--quiet"][..], &["-q", "login"], &["login", "-q"]] {
        let run = world.sign_in(&mfa, arguments.iter().copied()).succeeded();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    }
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    // Nobody asked who one is, so nobody found out.
    assert_eq!(world.aws.operations().last().unwrap(), "GetSessionToken");
    let run = world.run(["-q"]).succeeded();
    assert_eq!(run.stderr, "");
    let run = world.run(["-q", "--output", "json"]).succeeded();
    assert_eq!(run.json()["action"], "reused");
    world
        .run(["-q", "12345"])
        .failed(2, "error: the MFA code is not six digits");
    world.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    world.set("AWS_SECRET_ACCESS_KEY", "0123456789");
    world
        .run(["-q", "-p", "default"])
        .succeeded()
        .said("warning: AWS_ACCESS_KEY_ID is set in the environment");
    world.run(["-q", "-v"]).failed(2, "cannot be used with");
}

#[test]
fn the_trace_tells_where_everything_came_from() {
    let mut world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile work]\nrole_arn = {}\nsource_profile = default\n\n\
         [default]\nregion = eu-west-1\nmfa_serial = {}\nmfa_process = echo 654321 # the-seed\n",
        role.arn, mfa.serial
    ));
    world.set("AWS_PROFILE", "work");
    world.plant("the-seed");
    let config = world.config_path().display().to_string();
    let run = world.sign_in(&mfa, ["-v", "--to", "w"]).succeeded();
    for line in [
        "trace: profile work (AWS_PROFILE)".to_owned(),
        format!("trace: key from {}:2", world.credentials_path().display()),
        format!("trace: role {}", role.arn),
        format!("trace: device {} ({config}:7)", mfa.serial),
        format!("trace: region eu-west-1 ({config}:6)"),
        "trace: section [w] (--to)".to_owned(),
        "trace: renewing: asked to".to_owned(),
    ] {
        assert!(
            run.stderr.lines().any(|told| told == line),
            "{line} in:\n{}",
            run.stderr
        );
    }
    run.said("AssumeRole");
    let code = world.codes_sent().pop().unwrap();
    assert!(!run.stderr.contains(&code), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn a_key_in_the_environment_that_would_shadow_the_section_is_warned_of() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    world.set("AWS_SECRET_ACCESS_KEY", "0123456789");
    world
        .sign_in(&mfa, ["-p", "default", "--to", "s"])
        .succeeded()
        .said("warning: AWS_ACCESS_KEY_ID is set in the environment")
        .said("AWS_PROFILE=s");
    let run = world.run(["-p", "default", "--to", "s"]).succeeded();
    run.said("warning: AWS_ACCESS_KEY_ID is set in the environment");
}

#[test]
fn colour_is_for_terminals() {
    let mut world = World::new();
    world.default_user("alice");
    world.set("TERM", "xterm-256color");
    let run = world.run(["-p", "nobody"]);
    assert!(!run.stderr.contains('\u{1b}'), "{}", run.stderr);
    world.set("CLICOLOR_FORCE", "1");
    let run = world.run(["-p", "nobody"]);
    assert!(run.stderr.contains('\u{1b}'), "{}", run.stderr);
    world.set("NO_COLOR", "1");
    let run = world.run(["-p", "nobody"]);
    assert!(!run.stderr.contains('\u{1b}'), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_an_error_has_a_colour_and_the_document_has_none() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.set("TERM", "xterm-256color");
    let session = world.terminal(["-p", "nobody"]).start();
    let finished = world.finish(session);
    assert_eq!(finished.code, 3);
    assert!(finished.shown.contains('\u{1b}'), "{}", finished.shown);
    world.sign_in(&mfa, NOTHING).succeeded();
    let session = world
        .terminal(["--output", "json"])
        .stderr(Stream::Null)
        .start();
    let shown = world.finish(session).shown;
    assert!(!shown.contains('\u{1b}'), "{shown}");
    assert!(serde_json::from_str::<Value>(&shown).is_ok(), "{shown}");
}

#[test]
fn what_keeps_an_aws_tool_from_reading_the_file_is_pointed_out_after_the_sign_in() {
    let world = World::new();
    let (_, key, mfa) = world.default_user("alice");
    let twice = format!("{}[old]\nx = 1\n[old]\nx = 2\n", section("default", &key));
    world.write_credentials(twice);
    let run = world.sign_in(&mfa, NOTHING).succeeded();
    run.said(
        "credentials:6: the AWS CLI refuses this file: there is an earlier section of this name",
    );
    assert!(world.issued_to("default-mfa").is_some());
}
