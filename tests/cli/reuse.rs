//! A section that is still good is left alone; what makes it not good enough.

use std::fs;

use jiff::{Timestamp, ToSpan};

use crate::local_aws::{Key, Mfa, Trust, UserHandle};
use crate::world::{Run, World, section};

/// A user who has just signed in.
fn signed_in(arguments: &[&str]) -> (World, UserHandle, Key, Mfa) {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    world.sign_in(&mfa, arguments.iter().copied()).succeeded();
    world.aws.clear_log();
    (world, user, key, mfa)
}

/// Writes another value in the place of one.
fn replace(world: &World, section: &str, key: &str, value: &str) {
    let old = world.value(section, key).unwrap();
    let line = |value: &str| format!("{key} = {value}\n");
    let text = world.credentials();
    assert_eq!(text.matches(&line(&old)).count(), 1);
    world.write_credentials(text.replace(&line(&old), &line(value)));
}

/// A run that would need a code and has none: the trace says why.
#[track_caller]
fn wants_to_renew(world: &World, arguments: &[&str], why: &str) {
    let (before, sent) = (world.credentials(), world.aws.log().len());
    let arguments = ["-v"].iter().chain(arguments);
    world
        .run(arguments)
        .failed(4, "an MFA code is needed")
        .said(&format!("trace: renewing: {why}"));
    assert_eq!(world.aws.log().len(), sent);
    assert_eq!(world.credentials(), before);
}

/// Nothing was sent, the file is untouched to the last bit of its metadata, and the time left is
/// said.
#[track_caller]
fn left_alone(world: &World, arguments: &[&str]) -> Run {
    let path = world.credentials_path();
    let state = |world: &World| {
        let data = fs::metadata(&path).unwrap();
        (
            world.credentials(),
            data.modified().unwrap(),
            identity(&data),
        )
    };
    let before = state(world);
    let run = world.run(arguments).succeeded();
    run.said("is still good until ").said("--force renews it");
    assert_eq!(state(world), before);
    assert_eq!(world.aws.connections(), 1, "that of signing in");
    run
}

#[cfg(unix)]
fn identity(data: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(data)
}

#[cfg(not(unix))]
fn identity(data: &fs::Metadata) -> u64 {
    data.len()
}

#[test]
fn a_good_section_is_left_alone_and_its_time_is_said() {
    let (world, ..) = signed_in(&[]);
    for arguments in [
        &[][..],
        &["login"],
        &["-p", "default-mfa"],
        &["--min-ttl", "11h"],
    ] {
        left_alone(&world, arguments).said("[default-mfa] is still good");
    }
    let (world, ..) = signed_in(&["-d", "2h", "--to", "short"]);
    left_alone(&world, &["--to", "short"]).said("(in 2 h)");
}

#[test]
fn a_role_section_is_left_alone_however_the_role_is_named() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world
        .aws
        .role("team/Admin")
        .trusts(Trust::new(&user.arn).mfa());
    world.sign_in(&mfa, ["--role-arn", &role.arn]).succeeded();
    world.aws.clear_log();
    for name in [
        role.arn.as_str(),
        "team/Admin",
        "/team/Admin",
        "role/team/Admin",
    ] {
        left_alone(&world, &["--role-arn", name]);
    }
    left_alone(&world, &["-p", "default-mfa"]);
    wants_to_renew(
        &world,
        &["--role-arn", "Admin"],
        "the credentials are for another role",
    );
    wants_to_renew(&world, &[], "the credentials are for another role");
}

#[test]
fn a_section_is_good_enough_or_not() {
    let (world, ..) = signed_in(&["-d", "20m"]);
    left_alone(&world, &[]);
    left_alone(&world, &["--min-ttl", "19m"]);
    left_alone(&world, &["--min-ttl", "0"]);
    wants_to_renew(&world, &["--min-ttl", "21m"], "the credentials expire soon");
    wants_to_renew(&world, &["--min-ttl", "36h"], "the credentials expire soon");
    wants_to_renew(&world, &["--force"], "asked to");
    wants_to_renew(&world, &["-f"], "asked to");
}

#[test]
fn the_time_left_decides() {
    let (world, ..) = signed_in(&[]);
    for (minutes, why) in [
        (-1, Some("the credentials have expired")),
        (4, Some("the credentials expire soon")),
        (6, None),
        (36 * 60 - 1, None),
        (
            37 * 60,
            Some(
                "their end is later than AWS grants: the section was edited, or the clock was put back",
            ),
        ),
    ] {
        let until = Timestamp::now() + minutes.minutes();
        // With offset, without, and with a blank: as others write it.
        for format in [
            "%Y-%m-%dT%H:%M:%SZ",
            "%Y-%m-%dT%H:%M:%S+00:00",
            "%Y-%m-%d %H:%M:%S",
        ] {
            let text = until.strftime(format).to_string();
            replace(&world, "default-mfa", "expiration", &text);
            match why {
                Some(why) => wants_to_renew(&world, &[], why),
                None => drop(left_alone(&world, &[])),
            }
        }
    }
    for text in ["", "never", "2026-13-01T00:00:00Z", "17953x"] {
        replace(&world, "default-mfa", "expiration", text);
        wants_to_renew(&world, &[], "the section is incomplete or was edited");
    }
}

#[test]
fn a_section_made_otherwise_is_renewed() {
    let other = "arn:aws:iam::123456789012:mfa/other";
    let (world, user, key, _) = signed_in(&[]);
    wants_to_renew(
        &world,
        &["--serial-number", other],
        "the credentials were made with another MFA device",
    );
    wants_to_renew(
        &world,
        &["--role-arn", "Admin"],
        "the credentials are for another role",
    );
    // Another profile, with another key, into the same section.
    let second = world.key(&user);
    world.write_credentials(world.credentials() + "\n" + &section("work", &second));
    wants_to_renew(
        &world,
        &["-p", "work", "--to", "default-mfa"],
        "the credentials were made with another profile's key",
    );
    // The key of the same profile was rotated.
    let text = world.credentials();
    let (old, new) = (section("default", &key), section("default", &second));
    world.write_credentials(text.replace(&old, &new));
    wants_to_renew(&world, &[], "the access key of the source has changed");
}

#[test]
fn a_section_that_was_edited_by_hand_is_renewed() {
    for (key, value, why) in [
        ("aws_session_token", "", "the section is incomplete"),
        (
            "awsmfa_source",
            "another",
            "the credentials were made with another profile's key",
        ),
        (
            "awsmfa_source_key_id",
            "AKIAIOSFODNN7EXAMPLE",
            "the access key of the source has changed",
        ),
    ] {
        let (world, ..) = signed_in(&[]);
        replace(&world, "default-mfa", key, value);
        wants_to_renew(&world, &[], why);
    }
}

#[test]
fn a_code_on_the_command_line_is_there_to_be_spent() {
    let (world, _, _, mfa) = signed_in(&[]);
    let key_id = || world.value("default-mfa", "aws_access_key_id");
    let first = key_id();
    world.sign_in(&mfa, ["login"]).succeeded();
    let second = key_id();
    assert_ne!(second, first);
    world
        .run_with_stdin(["-"], &world.aws.code(&mfa.serial))
        .succeeded();
    assert_ne!(key_id(), second);
}

#[test]
fn a_code_in_the_environment_or_from_a_command_waits_until_it_is_needed() {
    let (mut world, _, _, mfa) = signed_in(&[]);
    world.set("AWSMFA_TOKEN_CODE", &world.aws.code(&mfa.serial));
    left_alone(&world, &[]);
    world.write_config("[default]\nmfa_process = touch ran; echo 123456\n");
    left_alone(&world, &[]);
    assert!(!world.path("ran").exists());
    let before = world.value("default-mfa", "aws_access_key_id");
    world.run(["--force"]).succeeded();
    assert_ne!(world.value("default-mfa", "aws_access_key_id"), before);
    assert!(!world.path("ran").exists(), "the environment is stronger");
}

#[test]
fn how_long_is_left_is_told_by_the_clock_of_aws() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.aws.set_clock_offset(240);
    let run = world.sign_in(&mfa, ["-d", "20m"]).succeeded();
    run.said("warning: this computer's clock is ")
        .said(" behind AWS's");
    // A second more or less decides between `20 min` and `19 min 59 s`.
    let told = ["(in 20 min)", "(in 19 min "];
    let told = told.iter().any(|length| run.stderr.contains(length));
    assert!(told, "{}", run.stderr);
    // Later there is only our own clock, for which they last longer.
    left_alone(&world, &["--min-ttl", "23m"]);
    wants_to_renew(&world, &["--min-ttl", "25m"], "the credentials expire soon");
}

#[test]
fn a_reuse_works_where_nothing_can_be_written_or_sent() {
    let (mut world, ..) = signed_in(&[]);
    world.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    world.set("HTTPS_PROXY", "not a url at all");
    left_alone(&world, &[]);
}

#[test]
fn a_flag_for_new_credentials_is_not_left_out_without_a_word() {
    let (world, _, _, mfa) = signed_in(&["-d", "4h"]);
    let note = "note: --duration-seconds not applied";
    let run = left_alone(&world, &["-d", "2h"]);
    run.said(
        "note: --duration-seconds not applied: what is there is still good; add --force to apply\n",
    );
    // What it was made with is applied already.
    for arguments in [&[][..], &["-d", "4h"]] {
        let run = left_alone(&world, arguments);
        assert!(!run.stderr.contains("not applied"), "{}", run.stderr);
    }
    world
        .run(["-d", "2h", "--output", "json"])
        .succeeded()
        .said(note);
    let run = world.sign_in(&mfa, ["-d", "2h", "--force"]).succeeded();
    assert!(!run.stderr.contains("not applied"), "{}", run.stderr);
}

#[test]
fn of_a_role_and_of_several_profiles_it_is_said_too() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Dev").trusts(Trust::new(&user.arn)).arn;
    let profile = |name| format!("[profile {name}]\nrole_arn = {role}\nsource_profile = default\n");
    world.write_config(profile("dev") + &profile("stg"));
    world.sign_in(&mfa, ["-p", "dev", "-p", "stg"]).succeeded();
    for (arguments, flags) in [
        (&["-p", "dev", "-d", "30m"][..], "--duration-seconds"),
        (
            &["-p", "dev", "--role-session-name", "me"],
            "--role-session-name",
        ),
        (&["-p", "dev", "--external-id", "tenant"], "--external-id"),
        (
            &["-p", "dev", "--no-session", "-d", "30m"],
            "--duration-seconds, --no-session",
        ),
        (
            &["-p", "dev", "-p", "stg", "-d", "30m"],
            "--duration-seconds",
        ),
        (
            &["-p", "dev", "--wire", "--yes", "-d", "30m"],
            "--duration-seconds",
        ),
    ] {
        let run = world.run(arguments).succeeded();
        run.said(&format!("note: {flags} not applied"));
    }
}
