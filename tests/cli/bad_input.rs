//! What a command line, an environment or a config file may hold and must not.

use std::ffi::OsString;

use crate::told::Told;
use crate::world::World;

/// Runs with a key and a device in place; nothing may be sent.
#[track_caller]
pub(super) fn refused(world: &World, arguments: &[&str], told: Told<'_>) {
    let run = world.fails(arguments, told);
    assert!(
        !run.stderr.chars().any(|c| c.is_control() && c != '\n'),
        "{:?}",
        run.stderr
    );
    assert_eq!(world.aws.connections(), 0, "{}", run.stderr);
}

pub(super) fn ready() -> World {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    world
}

#[test]
fn no_name_opens_a_section_of_its_own() {
    let injected = "x]\n[default]\naws_access_key_id = AKIAINJECTED00000000\n[y";
    for flag in ["--profile", "--to"] {
        for name in [
            injected,
            "a\nb",
            "a\rb",
            "a\tb",
            "a\u{1b}[2J",
            "a]",
            "[a",
            " a",
            "a ",
            "",
            "a\u{85}b",
            "a # b",
        ] {
            let world = ready();
            let argument = format!("{flag}={name}");
            let before = world.files();
            let run = world.run([argument.as_str(), "123456"]);
            assert!(
                [2, 3].contains(&run.code),
                "{argument:?} {}: {}",
                run.code,
                run.stderr
            );
            assert!(
                !run.stderr.chars().any(|c| c.is_control() && c != '\n'),
                "{:?}",
                run.stderr
            );
            assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
            assert_eq!(world.files(), before);
            assert_eq!(world.aws.connections(), 0, "{argument:?}");
        }
    }
}

#[test]
fn no_profile_and_section_of_the_files_opens_another_one_either() {
    // awsmfa_profile is written by hand, and the section's name is made of the profile's.
    let world = ready();
    world.write_config(
        "[default]\nawsmfa_profile = a]b\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n",
    );
    let before = world.files();
    let run = world.run(["123456"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("config:2"), "{}", run.stderr);
    assert_eq!(world.files(), before);
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn a_target_that_other_tools_read_differently_is_refused() {
    let world = ready();
    for name in [
        "profile x",
        "profile default",
        "sso-session x",
        "services x",
    ] {
        let run = world.run(["--to", name, "123456"]);
        assert_eq!(run.code, 2, "{name}: {}", run.stderr);
        Told(2, "*", "--to", "choose a name of letters").assert(run.code, &run.stderr);
    }
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn values_that_aws_would_not_take_are_refused_by_their_flag() {
    let role = ["--role-arn", "arn:aws:iam::123456789012:role/Dev"];
    for (flag, values) in [
        (
            "--external-id",
            vec!["", "x", "a b", "a\nb", "a\u{0}b", "ü"],
        ),
        (
            "--role-session-name",
            vec!["", "x", "a b", "a/b", "a\nb", "日本"],
        ),
        (
            "--serial-number",
            vec![
                "",
                "a b",
                "short",
                "a\nbcdefghij",
                "arn:aws:iam::123456789012:user/alice",
                "arn:aws:s3:::bucket",
            ],
        ),
        (
            "--region",
            vec![
                "",
                "us east 1",
                "us-east-1\n",
                "../../etc",
                "us-east-1.evil.example",
                "http://x",
                "US-EAST-1!",
            ],
        ),
        (
            "--endpoint-url",
            vec![
                "",
                "localhost:1234",
                "ftp://x",
                "http://",
                "http://a b",
                "http://x\r\ny: z",
                "file:///etc/passwd",
            ],
        ),
        (
            "--role-arn",
            vec![
                "",
                "arn:aws:iam::123456789012:user/alice",
                "arn:aws:s3:::bucket",
                "arn:aws:sts::123456789012:assumed-role/Dev/x",
                "arn:aws:lambda:eu-west-1:123456789012:function:f",
                "arn:aws:iam::12345:role/Dev",
                "arn:aws:iam::123456789012:role/",
                "a b",
                "a\nb",
            ],
        ),
        (
            "--duration-seconds",
            vec![
                "",
                "0",
                "1",
                "899",
                "43201",
                "12h1s",
                "-1",
                "1.5h",
                "h",
                "99999999999999999999",
                "1d1",
                "900 seconds",
            ],
        ),
        ("--min-ttl", vec!["", "x", "-5m"]),
        ("--timeout", vec!["", "0", "0s", "2h", "x"]),
    ] {
        for value in values {
            let world = ready();
            let mut arguments: Vec<OsString> = Vec::new();
            if flag != "--role-arn" {
                arguments.extend(role.map(OsString::from));
            }
            if value.contains('\0') {
                // An argument cannot hold one at all; a config file can.
                continue;
            }
            arguments.push(format!("{flag}={value}").into());
            arguments.push("123456".into());
            let before = world.files();
            let run = world.run(&arguments);
            assert_eq!(run.code, 2, "{flag}={value:?}: {}", run.stderr);
            assert!(
                run.stderr.contains(flag),
                "{flag}={value:?}: {}",
                run.stderr
            );
            assert!(
                !run.stderr.chars().any(|c| c.is_control() && c != '\n'),
                "{:?}",
                run.stderr
            );
            assert_eq!(world.files(), before);
            assert_eq!(world.aws.connections(), 0, "{flag}={value:?}");
        }
    }
}

#[test]
fn the_same_values_in_the_config_file_are_refused_by_their_line() {
    for (setting, told) in [
        (
            "duration_seconds = 10",
            Told(3, "not a duration that AWS grants", "config:4", "*"),
        ),
        (
            "duration_seconds = soon",
            Told(3, "duration_seconds is not a duration", "config:4", "*"),
        ),
        (
            "external_id = a b",
            Told(3, "cannot be one", "config:4", "*"),
        ),
        (
            "role_session_name = a/b",
            Told(3, "cannot be one", "config:4", "*"),
        ),
        (
            "region = us east",
            Told(3, "not the name of an AWS region", "config:4", "*"),
        ),
        (
            "endpoint_url = nowhere",
            Told(3, "not the URL of an endpoint", "config:4", "*"),
        ),
        (
            "mfa_serial = a b",
            Told(3, "not the serial number", "config:4", "*"),
        ),
        (
            "use_fips_endpoint = maybe",
            Told(3, "neither `true` nor `false`", "config:4", "*"),
        ),
    ] {
        let mut world = ready();
        world.unset("AWS_ENDPOINT_URL");
        println!("{setting}");
        world.write_config(format!(
            "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/Dev\nsource_profile = default\n{setting}\n"
        ));
        refused(
            &world,
            &[
                "-p",
                "dev",
                "--serial-number",
                "arn:aws:iam::123456789012:mfa/alice",
                "123456",
            ][..if setting.starts_with("mfa") { 2 } else { 5 }],
            told,
        );
    }
}

#[test]
fn profiles_that_lead_in_a_circle_are_shown_with_their_way() {
    let role = "role_arn = arn:aws:iam::123456789012:role/Dev\n";
    for (config, way) in [
        (
            format!("[profile a]\n{role}source_profile = a\n"),
            "`a` is its own source_profile",
        ),
        (
            format!(
                "[profile a]\n{role}source_profile = b\n[profile b]\n{role}source_profile = a\n"
            ),
            "these profiles lead in a circle: a",
        ),
        (
            format!(
                "[profile a]\n{role}source_profile = b\n[profile b]\n{role}source_profile = c\n\
                 [profile c]\n{role}source_profile = b\n"
            ),
            "lead in a circle: b",
        ),
    ] {
        let world = World::new();
        world.write_config(config);
        refused(&world, &["-p", "a", "123456"], Told(3, way, "config:", "*"));
    }
}

#[test]
fn a_profile_that_does_not_exist_is_told_with_those_that_do() {
    let world = ready();
    refused(
        &world,
        &["-p", "defualt", "123456"],
        Told(
            3,
            "there is no profile `defualt`, which --profile names",
            "config",
            "did you mean `default`?",
        ),
    );
}

/// A newcomer has AWS_PROFILE in the start-up file before there is a key. The key goes to `default`,
/// never into the section that a sign-in writes.
#[test]
fn without_a_key_the_advice_never_names_our_section() {
    for profile in ["", "default-mfa", "default-mfa-session"] {
        let mut world = World::new();
        if !profile.is_empty() {
            world.set("AWS_PROFILE", profile);
        }
        let run = world
            .run(["123456"])
            .failed(3, "`aws configure --profile default`");
        run.said("write the lines `[default]`, `aws_access_key_id = AKIA…`");
        assert!(
            !run.stderr.contains("--profile default-mfa"),
            "{}",
            run.stderr
        );
    }
    let world = World::new();
    world
        .run(["-p", "work-mfa"])
        .failed(3, "`aws configure --profile work`");
}

#[test]
fn the_profiles_that_there_are_are_listed() {
    let world = World::new();
    world.write_config(
        "[profile corp]\nregion = eu-west-1\n[profile client-a]\n[dev]\nregion = x\n",
    );
    let list = "next: name a profile with `--profile`: corp, client-a\n";
    world.run(["123456"]).failed(3, list);
    world.run(["-p", "prod"]).failed(3, list);
    let run = world.run(["-p", "dev"]);
    run.failed(
        3,
        ".aws/config:4: in the config file the section is [profile dev]",
    );
    world.write_credentials("[profile side]\n");
    world
        .run(["-p", "side"])
        .failed(3, "in the credentials file the section is [side]");
    let many: String = (0..30).map(|n| format!("[profile p{n}]\n")).collect();
    world.write_config(many);
    world.run(["-p", "prod"]).failed(3, "p5, p6 and 23 more\n");
}

/// `aws configure` gives up on such a file, so it is no remedy.
#[test]
fn a_file_that_is_something_else_is_named_as_what_it_is() {
    let console =
        "\u{feff}Access key ID,Secret access key\r\nAKIAIOSFODNN7EXAMPLE,planted-secret\r\n";
    let users = "User name,Password,Access key ID,Secret access key,Console login link\nalice,,AKIA1,planted-secret,x\n";
    let json = "\n{\n  \"AccessKey\": { \"AccessKeyId\": \"AKIA1\", \"SecretAccessKey\": \"planted-secret\" }\n}\n";
    let headless = "# mine\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = planted-secret\n";
    for (file, line, what) in [
        (
            console,
            1,
            "this is the CSV file of the AWS console, not a credentials file",
        ),
        (users, 1, "this is the CSV file of the AWS console"),
        (json, 2, "this is a JSON document, not a credentials file"),
        (
            headless,
            2,
            "the section header above this line is missing, such as `[default]`",
        ),
    ] {
        let world = World::new();
        world.plant("planted-secret");
        world.write_credentials(file);
        let place = format!(".aws/credentials:{line}: {what}");
        let run = world.run(["123456"]).failed(3, &place);
        run.said("write the lines `[default]`, `aws_access_key_id = AKIA…`");
        assert!(!run.stderr.contains("aws configure"), "{}", run.stderr);
        let doctor = world.run(["doctor", "--offline"]);
        assert!(doctor.stdout.contains(what), "{}", doctor.stdout);
        assert_eq!(world.credentials(), file);
    }
}

/// What is easy to overlook in a value is named with its line, wherever the value is used; blanks
/// that the AWS CLI takes off are none of ours, too.
#[test]
fn quotes_and_invisible_characters_are_named() {
    let quotes = "remove the quotes around the value";
    let unseen = "holds a character that cannot be seen";
    let role = "arn:aws:iam::123456789012:role/Admin";
    for (key, value, said) in [
        ("mfa_serial", "\"SERIAL\"", quotes),
        ("mfa_serial", "SER\u{200b}IAL", unseen),
        ("region", "'eu-west-1'", quotes),
        ("region", "eu-west\u{a0}-1", unseen),
        ("duration_seconds", "\"3600\"", quotes),
        ("role_arn", &format!("\"{role}\""), quotes),
        ("role_arn", &format!("{role}\u{200b}"), unseen),
        ("source_profile", "\"default\"", quotes),
        ("source_profile", "def\u{ad}ault", unseen),
        ("role_session_name", "\"me\"", quotes),
    ] {
        let world = ready();
        let mut lines = vec![
            ("role_arn", role),
            ("source_profile", "default"),
            ("region", "eu-west-1"),
        ];
        lines.retain(|(other, _)| *other != key);
        let lines: String = lines
            .iter()
            .map(|(key, value)| format!("{key} = {value}\n"))
            .collect();
        world.write_config(format!("[profile x]\n{key} = {value}\n{lines}"));
        let run = world.run(["-p", "x"]);
        let place = format!(".aws/config:2: `{key}`: ");
        assert!(
            run.stderr.contains(&place) && run.stderr.contains(said),
            "{key} {value}: {}",
            run.stderr
        );
    }
    for (id, secret, said) in [
        ("\"AKIAIOSFODNN7EXAMPLE\"", "planted/secret", quotes),
        ("AKIAIOSFODNN7EXAMPLE", "\"planted/secret\"", quotes),
        ("AKIAIOSFODNN7EXAMPLE", "planted/secret\u{200b}", unseen),
    ] {
        let world = World::new();
        world.plant("planted/secret");
        world.write_credentials(format!(
            "[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
        ));
        world.run(["123456"]).failed(3, said);
    }
    let world = ready();
    let text = world
        .credentials()
        .replace("\n", "\u{a0}\n")
        .replacen("]\u{a0}", "]", 1);
    world.write_credentials(text);
    let run = world.run(["doctor", "--output", "json"]);
    assert!(run.stdout.contains("is arn:aws:iam::"), "{}", run.stdout);
}

/// `aws configure` writes in place: for a moment the file is empty.
#[test]
fn a_file_that_is_being_written_is_read_again() {
    let world = ready();
    let whole = world.credentials();
    let run = world.run(["123456"]).code;
    world.write_credentials("");
    let child = world.start(["123456"]);
    std::thread::sleep(std::time::Duration::from_millis(100));
    world.write_credentials(&whole);
    let ended = world.outcome(child);
    assert_eq!(ended.code, run, "{}", ended.stderr);
    assert!(
        !ended.stderr.contains("there is no profile"),
        "{}",
        ended.stderr
    );
}

#[test]
fn flags_that_make_no_sense_together_are_refused_by_the_parser() {
    let world = ready();
    for arguments in [
        vec!["123456", "--token-code", "123456"],
        vec!["-q", "-v"],
        vec!["--no-such-flag"],
        vec!["-t"],
        vec!["1", "2", "3"],
        vec!["--output", "yaml"],
        vec!["--to", "x", "completions", "bash"],
        vec!["completions", "tcsh"],
        vec!["man", "nothing"],
        vec!["--external-id", "tenant", "123456"],
        vec!["--role-session-name", "alice", "123456"],
    ] {
        let run = world.run(&arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    }
    assert_eq!(world.aws.connections(), 0);
}
