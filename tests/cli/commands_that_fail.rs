//! `mfa_process` and `credential_process`: a program of the person's own that does not deliver.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::local_aws::Mfa;
use crate::told::Told;
use crate::world::World;

/// A user whose code comes from this command.
fn coded(world: &World, command: &str) -> Mfa {
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!(
        "[default]\nmfa_serial = {}\nmfa_process = {command}\n",
        mfa.serial
    ));
    mfa
}

#[test]
fn a_code_among_noise_is_found() {
    for (before, after) in [
        ("", ""),
        ("Amazon Web Services:alice@123456789012  ", ""),
        ("Touch your key...\\n", "\\n"),
        ("", "\\r\\n"),
        ("code: ", "."),
    ] {
        let world = World::new();
        let mfa = coded(&world, "sh code.sh");
        let code = world.aws.code(&mfa.serial);
        let script = format!("printf '{before}{code}{after}'\n");
        fs::write(world.path("code.sh"), script).unwrap();
        world.run([] as [&str; 0]).succeeded();
        assert_eq!(world.codes_sent(), [code]);
    }
}

#[test]
fn what_is_no_code_is_told_with_the_line_and_never_shown() {
    let none = "the mfa_process command printed no six-digit code";
    let two = "the mfa_process command printed more than one six-digit code";
    for (command, what, next) in [
        (
            "true",
            "the mfa_process command printed nothing",
            "run the command by hand",
        ),
        (
            "echo no such account",
            none,
            "it must print the six digits and no others",
        ),
        ("echo 13572468", none, "run the command by hand"),
        (
            "printf '\\377\\376\\000\\001'",
            none,
            "run the command by hand",
        ),
        ("echo 135724 246813", two, "run the command by hand"),
        (
            "printf '135724\\n246813\\n'",
            two,
            "run the command by hand",
        ),
        (
            "head -c 1000000 /dev/zero",
            "was ended because it printed more than 64 KiB",
            "",
        ),
        (
            "echo 135724; exit 3",
            "the mfa_process command ended with exit status 3",
            "run it by itself",
        ),
        ("echo 135724; kill -9 $$", "was killed by signal 9", ""),
        (
            "no-such-program-anywhere",
            "ended with exit status 127: the shell did not find it",
            "full path",
        ),
    ] {
        println!("{command}");
        let world = World::new();
        coded(&world, command);
        let run = world.fails([] as [&str; 0], Told(4, what, "config:3", next));
        for secret in ["135724", "246813", "13572468"] {
            assert!(!run.stderr.contains(secret), "{}", run.stderr);
        }
        assert_eq!(world.codes_sent(), Vec::<String>::new());
    }
}

#[test]
fn a_command_that_hangs_is_ended_with_all_it_has_started() {
    let world = World::new();
    coded(&world, "sh -c 'sleep 60; echo x' & wait; echo 135724");
    let started = Instant::now();
    world.fails(
        ["--timeout", "1s"],
        Told(
            4,
            "was ended because it took longer than 1 s",
            "config:3",
            "",
        ),
    );
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn its_standard_error_is_the_person_s_and_its_standard_input_ours() {
    let world = World::new();
    let mfa = coded(&world, "echo touch the key >&2; read code; echo $code");
    let code = world.aws.code(&mfa.serial);
    let run = world
        .run_with_stdin([] as [&str; 0], &format!("{code}\n"))
        .succeeded();
    run.said("touch the key\n");
    assert_eq!(run.stdout, "");
}

#[test]
fn a_key_that_cannot_work_ends_a_command_that_is_still_waiting() {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    let alive = world.path("alive");
    world.write_config(format!(
        "[default]\nmfa_serial = {}\nmfa_process = sleep 2; echo x > {}; echo 135724\n",
        mfa.serial,
        alive.display()
    ));
    user.set_key_active(&key.id, false);
    world.fails(
        [] as [&str; 0],
        Told(
            5,
            "AWS does not accept access key",
            "credentials:2",
            "inactive",
        ),
    );
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(!alive.exists(), "the command has gone on without us");
}

#[test]
fn a_code_on_the_command_line_leaves_the_command_alone() {
    let world = World::new();
    let ran = world.path("ran");
    let mfa = coded(&world, &format!("touch {}; exit 1", ran.display()));
    world.run([world.aws.code(&mfa.serial)]).succeeded();
    assert!(!ran.exists());
}

#[test]
fn a_section_that_is_still_good_leaves_the_command_alone() {
    let world = World::new();
    let ran = world.path("ran");
    let mfa = coded(&world, &format!("touch {}; exit 1", ran.display()));
    world.run([world.aws.code(&mfa.serial)]).succeeded();
    world.run([] as [&str; 0]).succeeded();
    assert!(!ran.exists());
}

#[test]
fn what_cannot_be_written_is_found_out_before_the_command_runs() {
    let world = World::new();
    let ran = world.path("ran");
    let mfa = coded(&world, &format!("touch {}", ran.display()));
    let foreign = "[default-mfa]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                   aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";
    world.write_credentials(format!("{}{foreign}", world.credentials()));
    world.fails(
        ["--serial-number", &mfa.serial],
        Told(3, "holds a long-term key", "credentials:5", "--to"),
    );
    assert!(!ran.exists());
}

mod credential_process {
    use super::*;

    /// The user's key comes from this command.
    fn keyed(world: &World, command: &str) {
        world.write_config(format!(
            "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
             credential_process = {command}\n"
        ));
    }

    #[test]
    fn a_key_from_a_command_signs_in() {
        let world = World::new();
        let (_, key, mfa) = world.default_user("alice");
        world.write_credentials("");
        let document = json!({
            "Version": 1, "AccessKeyId": key.id, "SecretAccessKey": key.secret,
        });
        fs::write(world.path("key.json"), document.to_string()).unwrap();
        keyed(&world, "cat key.json");
        world.run([world.aws.code(&mfa.serial)]).succeeded();
        assert!(world.issued_to("default-mfa").is_some());
    }

    #[test]
    fn what_is_no_key_is_told_with_the_line_and_never_shown() {
        let document = "did not print the document that AWS tools expect";
        let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0";
        for (printed, what, next) in [
            ("true".to_owned(), document, "run the command by hand"),
            (
                format!("echo {secret}"),
                document,
                "must print Version, AccessKeyId",
            ),
            (
                format!("echo '{{\"Version\": 1, \"SecretAccessKey\": \"{secret}\"}}'"),
                document,
                "run the command by hand",
            ),
            (
                format!(
                    "echo '{{\"Version\": 2, \"AccessKeyId\": \"AKIAIOSFODNN7EXAMPLE\", \
                     \"SecretAccessKey\": \"{secret}\"}}'"
                ),
                "printed version 2, and only 1 is known",
                "",
            ),
            (
                format!(
                    "echo '{{\"Version\": 1, \"AccessKeyId\": \"\", \
                     \"SecretAccessKey\": \"{secret}\"}}'"
                ),
                document,
                "run the command by hand",
            ),
            (
                "echo '{\"Version\": 1, \"AccessKeyId\": \"AKIAIOSFODNN7EXAMPLE\", \
                 \"SecretAccessKey\": \"\"}'"
                    .to_owned(),
                document,
                "run the command by hand",
            ),
            (
                format!("echo {secret}; exit 7"),
                "ended with exit status 7",
                "run it by itself",
            ),
            (
                "head -c 1000000 /dev/zero".to_owned(),
                "was ended because it printed more than 64 KiB",
                "",
            ),
        ] {
            println!("{printed}");
            let world = World::new();
            world.plant(secret);
            keyed(&world, &printed);
            world.fails(["123456"], Told(3, what, "config:3", next));
            assert_eq!(world.aws.connections(), 0);
        }
    }

    #[test]
    fn one_that_hangs_is_ended() {
        let world = World::new();
        keyed(&world, "sleep 60");
        let started = Instant::now();
        world.fails(
            ["--timeout", "1s", "123456"],
            Told(
                3,
                "was ended because it took longer than 1 s",
                "config:3",
                "",
            ),
        );
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_key_with_odd_characters_is_refused_before_it_is_sent() {
        let world = World::new();
        keyed(
            &world,
            "printf '{\"Version\": 1, \"AccessKeyId\": \"AKIA IOS\\\\n\", \"SecretAccessKey\": \"x\"}'",
        );
        let run = world.run(["123456"]);
        assert_eq!(run.code, 3, "{}", run.stderr);
        assert_eq!(world.aws.connections(), 0);
    }
}
