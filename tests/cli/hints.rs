//! The commands in messages: with the flags of the run, and as the shell in use reads them.

use crate::local_aws::Preset;
use crate::world::{World, section};

const ROLE: &str = "arn:aws:iam::123456789012:role/Dev";

/// The shell is taken from `SHELL`, for what starts the tests is no shell.
fn in_shell(shell: &str) -> World {
    let mut world = World::new();
    world.set("SHELL", &format!("/usr/bin/{shell}"));
    world
}

#[test]
fn a_command_carries_the_flags_of_the_run() {
    let world = in_shell("bash");
    let (_, key, mfa) = world.default_user("alice");
    let bob = world.aws.user("bob");
    world.key(&bob);
    world.key(&bob);
    let carol = world.key(&world.aws.user("carol").policy(Preset::Admin));
    world.write_credentials(
        section("prod", &key)
            + &section("root", &carol)
            + "[theirs]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\naws_session_token = y\n",
    );
    let serial = mfa.serial.as_str();
    for (argv, code, hint) in [
        (
            &["-p", "prod", "--serial-number", serial, "000000"][..],
            4,
            "`awsmfa -p prod mfa resync`",
        ),
        (
            &["-p", "prod", "--to", "theirs", "123456"],
            3,
            "`awsmfa -p prod login --to theirs --yes`",
        ),
        (
            &[
                "-p", "root", "key", "create", "--user", "bob", "--to", "new",
            ],
            5,
            "`awsmfa -p root key list --user bob`",
        ),
        (
            &["-p", "root", "password", "show", "--user", "nobody"],
            5,
            "`awsmfa -p root whoami`",
        ),
    ] {
        world.run(argv).failed(code, hint);
    }
    let argv = [
        "-p",
        "root",
        "mfa",
        "deactivate",
        "--user",
        "bob",
        "--name",
        "x",
    ];
    let run = world.run(argv);
    run.failed(3, "`awsmfa -p root mfa list --user bob`");
}

#[test]
fn a_command_is_quoted_for_the_shell() {
    for (shell, named) in [
        ("bash", r#"-p "it's prod" mfa setup"#),
        ("fish", r#"-p "it's prod" mfa setup"#),
        ("pwsh", r#"-p "it's prod" mfa setup"#),
        ("cmd", r#"-p "it's prod" mfa setup"#),
    ] {
        let world = in_shell(shell);
        let user = world.aws.user("alice").policy(Preset::Admin);
        let key = world.key(&user);
        world.write_credentials(section("it's prod", &key));
        let run = world.run(["-p", "it's prod", "--to", "s", "123456"]);
        assert_ne!(run.code, 0);
        run.said(&format!("`awsmfa {named}`"));
    }
    for (shell, named) in [
        ("bash", "'a$b'"),
        ("zsh", "'a$b'"),
        ("powershell", "'a$b'"),
        ("cmd", "\"a$b\""),
    ] {
        let world = in_shell(shell);
        let user = world.aws.user("alice").policy(Preset::Admin);
        let key = world.key(&user);
        world.write_credentials(section("a$b", &key));
        let run = world.run(["-p", "a$b", "--to", "s", "123456"]);
        run.said(&format!("`awsmfa -p {named} mfa setup`"));
    }
}

#[test]
fn a_variable_is_set_in_the_language_of_the_shell() {
    for (shell, setting, wired) in [
        (
            "bash",
            "export AWS_PROFILE=default-mfa",
            "export AWS_PROFILE=\"Prod Admin\"",
        ),
        (
            "fish",
            "set -gx AWS_PROFILE default-mfa",
            "set -gx AWS_PROFILE \"Prod Admin\"",
        ),
        (
            "pwsh",
            "$Env:AWS_PROFILE = \"default-mfa\"",
            "$Env:AWS_PROFILE = \"Prod Admin\"",
        ),
        (
            "cmd",
            "set \"AWS_PROFILE=default-mfa\"",
            "set \"AWS_PROFILE=Prod Admin\"",
        ),
        (
            "nu",
            "$env.AWS_PROFILE = \"default-mfa\"",
            "$env.AWS_PROFILE = \"Prod Admin\"",
        ),
    ] {
        let world = in_shell(shell);
        let (_, _, mfa) = world.default_user("alice");
        world.write_config(format!(
            "[profile \"Prod Admin\"]\nrole_arn = {ROLE}\nsource_profile = default\nmfa_serial = {}\n",
            mfa.serial
        ));
        world
            .sign_in(&mfa, ["--serial-number", &mfa.serial])
            .succeeded()
            .said(&format!("use it: {setting}\n"));
        world
            .run(["-p", "Prod Admin", "--wire", "--yes"])
            .succeeded()
            .said(&format!("use it: {wired}\n"));
    }
}

#[test]
fn where_the_shell_is_not_known_the_same_command_is_named() {
    let world = in_shell("tcsh");
    world.default_user("alice");
    for command in ["env", "serve"] {
        world
            .run(["-p", "default", command])
            .failed(3, &format!("`awsmfa -p default {command} --shell bash`"));
    }
}

#[test]
fn doctor_names_what_evaluates_the_lines_in_the_shell_in_use() {
    for (shell, renews) in [
        ("bash", "`eval \"$(awsmfa env)\"` renews them"),
        (
            "fish",
            "`awsmfa env | source` renews them, `awsmfa env --unset | source` removes them",
        ),
        (
            "pwsh",
            "`awsmfa env --shell powershell | Invoke-Expression` renews them",
        ),
        ("cmd", "do @%i` renews them"),
    ] {
        let mut world = in_shell(shell);
        world.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
        world.set("AWS_SECRET_ACCESS_KEY", "x");
        world.set("AWS_SESSION_TOKEN", "y");
        world.set("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z");
        let run = world.run(["doctor", "--offline"]);
        assert!(run.stdout.contains(renews), "{}", run.stdout);
    }
}
