//! `awsmfa env`: lines for a shell, tried out in real ones.

use serde_json::Value;

use crate::local_aws::{ACCOUNT, Mfa};
#[cfg(unix)]
use crate::one_code::user_with_roles;
#[cfg(unix)]
use crate::pty::Stream;
use crate::told::Told;
#[cfg(unix)]
use crate::world::{AWSMFA, not_tested};
use crate::world::{NOTHING, World};

/// A user who has just signed in, with a region.
pub(super) fn signed_in() -> (World, Mfa) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!(
        "[default]\nregion = eu-west-1\nmfa_serial = {}\n",
        mfa.serial
    ));
    world.sign_in(&mfa, NOTHING).succeeded();
    world.aws.clear_log();
    (world, mfa)
}

/// What the variables have to be for what the section holds, sorted.
#[cfg(unix)]
pub(super) fn expected(world: &World, section: &str) -> Vec<String> {
    let value = |key| world.value(section, key).unwrap();
    let mut lines = vec![
        format!("AWS_ACCESS_KEY_ID={}", value("aws_access_key_id")),
        format!("AWS_CREDENTIAL_EXPIRATION={}", value("expiration")),
        "AWS_DEFAULT_REGION=eu-west-1".to_owned(),
        "AWS_REGION=eu-west-1".to_owned(),
        format!("AWS_SECRET_ACCESS_KEY={}", value("aws_secret_access_key")),
        format!("AWS_SESSION_TOKEN={}", value("aws_session_token")),
        format!("AWSMFA_SECTION={section}"),
    ];
    lines.sort();
    lines
}

/// The variables of a shell's environment that are about AWS, from a file that a script has
/// written, sorted; the test's own is not among them.
#[cfg(unix)]
pub(super) fn about_aws(world: &World, file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(world.path(file)).unwrap();
    let about = |line: &&str| line.starts_with("AWS") && !line.starts_with("AWS_ENDPOINT_URL=");
    let mut lines: Vec<String> = text.lines().filter(about).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[cfg(unix)]
fn is_installed(program: &str) -> bool {
    let tried = std::process::Command::new(program)
        .args(["-c", "exit 0"])
        .status();
    if tried.is_err() {
        not_tested(&format!("{program} is not installed"));
    }
    tried.is_ok()
}

/// Each script gets the binary and its arguments as `$@` (fish: `$argv`), guesses its shell, and
/// shows the environment before and after.
#[cfg(unix)]
const SHELLS: [(&str, &str); 5] = [
    ("sh", POSIX),
    ("bash", POSIX),
    ("dash", POSIX),
    ("zsh", POSIX),
    (
        "fish",
        "$argv env | source; env >during; $argv env --unset | source; env >after",
    ),
];
#[cfg(unix)]
const POSIX: &str = r#"eval "$("$@" env)"; env >during; eval "$("$@" env --unset)"; env >after"#;

#[cfg(unix)]
#[test]
fn every_shell_is_recognised_takes_the_credentials_and_gives_them_up() {
    let (mut world, _) = signed_in();
    world.set("AWS_PROFILE", "default");
    world.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/Other");
    // The variable is wrong: the parent is asked first.
    world.set("SHELL", "/bin/tcsh");
    for (shell, script) in SHELLS {
        if !is_installed(shell) {
            continue;
        }
        // A shell that runs one `-c` command may become it; as an argument of `fish -c` the first
        // word is no name.
        let script = if shell == "fish" {
            format!("exec fish -c '{script}' \"$@\"")
        } else {
            format!("exec {shell} -c '{script}' {shell} \"$@\"")
        };
        let run = world.run_in(&script, NOTHING).succeeded_for(shell);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
        let during = about_aws(&world, "during");
        assert_eq!(during, expected(&world, "default-mfa"), "{shell}");
        assert_eq!(about_aws(&world, "after"), Vec::<String>::new(), "{shell}");
    }
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

/// The same line again, in the shell that has the credentials, is about the same role.
#[cfg(unix)]
#[test]
fn the_same_line_again_gives_the_same_identity() {
    let again = r#"eval "$("$@" env)"; eval "$("$@" env)"; echo $AWS_ACCESS_KEY_ID"#;
    let fish = "$argv env | source; $argv env | source; echo $AWS_ACCESS_KEY_ID";
    let inside =
        r#""$@" exec sh -c "$0 env >out; . ./out; $0 exec sh -c 'echo \$AWS_ACCESS_KEY_ID'""#;
    let flag = r#""$@" exec -p ro sh -c '"$0" exec sh -c "echo \$AWS_ACCESS_KEY_ID"' "$1""#;
    for variable in ["AWS_PROFILE", "AWSMFA_PROFILE", "AWS_DEFAULT_PROFILE", ""] {
        let mut world = World::new();
        let (_, mfa) = user_with_roles(&world, &["ro"]);
        world.sign_in(&mfa, ["-p", "ro"]).succeeded();
        let role = world.value("ro-mfa", "aws_access_key_id").unwrap();
        if !variable.is_empty() {
            world.set(variable, "ro");
        }
        let scripts: &[(&str, &str)] = match variable {
            "" => &[("sh", flag)],
            _ => &[
                ("sh", again),
                ("bash", again),
                ("zsh", again),
                ("fish", fish),
                ("sh", inside),
            ],
        };
        for (shell, script) in scripts {
            if !is_installed(shell) {
                continue;
            }
            world.set("SHELL", &format!("/bin/{shell}"));
            let path = world.path("script");
            std::fs::write(&path, script).unwrap();
            let name = if *shell == "fish" { "" } else { AWSMFA };
            let line = match name {
                "" => format!("exec fish {} \"$@\"", path.display()),
                name => format!(
                    "exec {shell} -c \"$(cat {})\" {name} \"$@\"",
                    path.display()
                ),
            };
            let run = world.run_in(&line, NOTHING).succeeded_for(script);
            assert_eq!(
                run.stdout,
                format!("{role}\n"),
                "{variable} {shell}: {script}"
            );
        }
        world.aws.clear_log();
    }
}

/// A long-term key that was set in such a shell is what is meant from then on.
#[cfg(unix)]
#[test]
fn a_key_that_was_set_later_is_not_passed_over() {
    let mut world = World::new();
    let (_, mfa) = user_with_roles(&world, &["ro"]);
    world.sign_in(&mfa, ["-p", "ro"]).succeeded();
    let other = world.key(&world.aws.user("bob"));
    world.set("AWSMFA_SECTION", "ro-mfa");
    world.set("AWS_ACCESS_KEY_ID", &other.id);
    world.set("AWS_SECRET_ACCESS_KEY", &other.secret);
    let run = world.run(["whoami", "--output", "json"]).succeeded();
    assert_eq!(
        run.json()["arn"],
        format!("arn:aws:iam::{ACCOUNT}:user/bob")
    );
}

/// The system calls such a process by the script's name.
#[cfg(target_os = "linux")]
#[test]
fn in_a_script_that_is_run_by_its_own_name_its_interpreter_decides() {
    use std::os::unix::fs::PermissionsExt;

    let (mut world, _) = signed_in();
    for (shell, configured, script) in [
        ("/bin/sh", "/usr/bin/fish", POSIX),
        ("/bin/bash", "/bin/tcsh", POSIX),
        (
            "/usr/bin/fish",
            "/bin/bash",
            "$argv env | source; env >during; $argv env --unset | source; env >after",
        ),
    ] {
        if !is_installed(shell) {
            continue;
        }
        world.set("SHELL", configured);
        let path = world.path("deploy.sh");
        std::fs::write(&path, format!("#!{shell}\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let run = world.run_in("./deploy.sh \"$@\"", NOTHING);
        let run = run.succeeded_for(shell);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
        let during = about_aws(&world, "during");
        assert_eq!(during, expected(&world, "default-mfa"), "{shell}");
        assert_eq!(about_aws(&world, "after"), Vec::<String>::new(), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn in_fish_what_worked_has_status_0() {
    let (mut world, _) = signed_in();
    if !is_installed("fish") {
        return;
    }
    world.set("AWS_PROFILE", "default");
    world.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/Other");
    let script = "$argv env | source; and echo set; $argv env --unset | source; and echo unset; \
                  $argv env --unset | source; and echo twice";
    let script = format!("exec fish -c '{script}' \"$@\"");
    let run = world.run_in(&script, NOTHING).succeeded();
    assert_eq!(run.stdout, "set\nunset\ntwice\n");
    // A server goes on as long as its shell waits: the lines alone.
    let script = "exec fish -c '$argv serve --shell fish >lines & \
                  while not test -s lines; sleep 0.01; end; source lines; and echo set; \
                  kill %1; wait' \"$@\"";
    assert_eq!(world.run_in(script, NOTHING).stdout, "set\n");
}

/// `set -U` outlives the session; AWS tools do not find a profile with an empty name.
#[cfg(unix)]
#[test]
fn in_fish_a_universal_profile_gives_way_to_the_section_and_comes_back() {
    let (mut world, _) = signed_in();
    if !is_installed("fish") {
        return;
    }
    let script = "set -Ux AWS_PROFILE default; \
                  $argv env | source; env >during; $argv env --unset | source; env >after";
    let script = format!("exec fish -c '{script}' \"$@\"");
    world.run_in(&script, NOTHING).succeeded();
    let during = about_aws(&world, "during");
    assert!(
        during.contains(&"AWS_PROFILE=default-mfa".to_owned()),
        "{during:?}"
    );
    assert_eq!(about_aws(&world, "after"), ["AWS_PROFILE=default"]);
    // An endpoint has no section that could stand in.
    world.set("AWS_PROFILE", "default");
    let run = world.run_in(
        "\"$@\" serve --shell fish >lines & \
         until test -s lines; do sleep 0.01; done; kill $!; wait; fish -c 'source lines; env >env'",
        NOTHING,
    );
    run.said("warning: AWS_PROFILE is a universal variable");
    assert!(about_aws(&world, "env").contains(&"AWS_PROFILE=".to_owned()));
}

#[test]
fn a_region_that_is_none_is_no_obstacle_where_another_is_named() {
    let (mut world, mfa) = signed_in();
    let config = std::fs::read_to_string(world.config_path()).unwrap();
    world.write_config(config.replace("eu-west-1", "the moon"));
    world.write_credentials(world.credentials().replace("\nregion = eu-west-1\n", "\n"));
    let wrong = "this is not the name of an AWS region";
    world
        .run(["env", "--shell", "bash"])
        .failed(3, wrong)
        .said("config:2");
    let warning = format!("config:2: {wrong}, so the section gets none");
    let flag = ["env", "--shell", "json", "--region", "us-east-1"];
    let run = world.run_for_secrets(flag).succeeded();
    run.said(&warning);
    assert_eq!(run.json()["AWS_REGION"], "us-east-1");
    world.set("AWS_REGION", "us-east-2");
    let run = world.run_for_secrets(["env", "--shell", "json"]);
    run.said(&warning);
    assert_eq!(run.json()["AWS_REGION"], "us-east-2");
    // And so it is.
    world.sign_in(&mfa, ["--force"]).succeeded().said(&warning);
    assert_eq!(world.value("default-mfa", "region"), None);
    // A line of the person's own stays, so nothing is missing.
    let section = world
        .credentials()
        .replace("[default-mfa]", "[default-mfa]\nregion = sa-east-1");
    world.write_credentials(section);
    let run = world.sign_in(&mfa, ["--force"]).succeeded();
    assert!(!run.stderr.contains(wrong), "{}", run.stderr);
    assert_eq!(
        world.value("default-mfa", "region").as_deref(),
        Some("sa-east-1")
    );
}

#[cfg(unix)]
#[test]
fn without_quotes_the_lines_work_as_well() {
    let (world, _) = signed_in();
    let script = r#"eval $("$@" env --shell sh); env >during"#;
    world.run_in(script, NOTHING).succeeded();
    assert_eq!(about_aws(&world, "during"), expected(&world, "default-mfa"));
}

#[test]
fn standard_output_holds_the_lines_and_nothing_else() {
    let (mut world, _) = signed_in();
    world.set("AWS_PROFILE", "default");
    let value = |key| world.value("default-mfa", key).unwrap();
    let (id, expiration) = (value("aws_access_key_id"), value("expiration"));
    let (secret, token) = (value("aws_secret_access_key"), value("aws_session_token"));
    let all = [
        ("AWS_ACCESS_KEY_ID", id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
        ("AWS_SESSION_TOKEN", token.as_str()),
        ("AWS_CREDENTIAL_EXPIRATION", expiration.as_str()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWSMFA_SECTION", "default-mfa"),
    ];
    for (shell, removal, assignment) in [
        ("bash", "unset AWS_PROFILE;\n", ["export ", "='", "';\n"]),
        ("zsh", "unset AWS_PROFILE;\n", ["export ", "='", "';\n"]),
        (
            "fish",
            "if set -qg AWS_PROFILE; set -eg AWS_PROFILE; end;\n\
             if set -qU AWS_PROFILE; set -gx AWS_PROFILE 'default-mfa';\nend;\n",
            ["set -gx ", " '", "';\n"],
        ),
        (
            "powershell",
            "$Env:AWS_PROFILE = $null\n",
            ["$Env:", " = '", "'\n"],
        ),
        ("cmd", "set \"AWS_PROFILE=\"\n", ["set \"", "=", "\"\n"]),
    ] {
        let run = world.run_for_secrets(["env", "--shell", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        let [before, between, after] = assignment;
        let lines = all.map(|(name, value)| format!("{before}{name}{between}{value}{after}"));
        assert_eq!(run.stdout, format!("{removal}{}", lines.concat()));
    }
    for arguments in [
        &["env", "--shell", "json"][..],
        &["env", "--shell", "nushell"],
        &["env", "--output", "json"],
    ] {
        let document = world.run_for_secrets(arguments).json();
        let mut object = document.as_object().unwrap().clone();
        assert_eq!(object.remove("AWS_PROFILE"), Some(Value::Null));
        let wanted = all.map(|(name, value)| (name.to_owned(), Value::from(value)));
        assert_eq!(object, wanted.into_iter().collect());
    }
}

#[test]
fn removing_needs_neither_files_nor_network() {
    let mut world = World::new();
    world.set("AWS_CONFIG_FILE", "/nonexistent/config");
    world.write_credentials(b"\0");
    let run = world.run(["env", "--unset", "--shell", "bash"]).succeeded();
    let names = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWSMFA_SECTION",
    ];
    assert_eq!(
        run.stdout,
        names.map(|name| format!("unset {name};\n")).concat()
    );
    assert_eq!(run.stderr, "");
    assert_eq!(world.aws.connections(), 0);
    let document = world.run(["env", "--unset", "--shell", "json"]).json();
    assert_eq!(document.as_object().unwrap().len(), names.len());
    world
        .run(["env", "--unset", "-t", "123456"])
        .failed(2, "cannot be used with");
}

#[test]
fn a_shell_that_nobody_knows_is_told_before_a_code_is_spent() {
    let (mut world, mfa) = signed_in();
    let code = world.aws.code(&mfa.serial);
    world
        .run(["env", "-t", &code, "--shell", "tcsh"])
        .failed(2, "powershell");
    world
        .run(["env", "-t", &code, "--shell", "fish", "--output", "json"])
        .failed(2, "exclude each other");
    if cfg!(unix) {
        // The parent is `setsid` or `perl`.
        let told = |what| Told(3, what, "SHELL", "awsmfa env --shell bash");
        world.fails(
            ["env", "-t", &code],
            told("there is no telling which shell this is for"),
        );
        world.set("SHELL", "/bin/tcsh");
        let run = world.fails(
            ["env", "-t", &code],
            told("the shell is none that awsmfa knows"),
        );
        assert!(!run.stderr.contains("tcsh"), "{}", run.stderr);
    }
    assert_eq!(world.codes_sent(), Vec::<String>::new());
}

#[test]
fn an_expired_section_is_renewed_and_without_a_code_nothing_is_printed() {
    let (world, mfa) = signed_in();
    let old = world.value("default-mfa", "expiration").unwrap();
    world.write_credentials(world.credentials().replace(&old, "2020-01-01T00:00:00Z"));
    world.fails(
        ["env", "--shell", "bash"],
        Told(4, "an MFA code is needed", "*", "--token-code"),
    );
    let code = world.aws.code(&mfa.serial);
    let run = world.run_for_secrets(["env", "--shell", "json", "-t", &code]);
    let document = run.succeeded().json();
    assert_eq!(world.codes_sent(), [code]);
    assert_eq!(
        world.issued_to("default-mfa"),
        Some(format!("arn:aws:iam::{ACCOUNT}:user/alice"))
    );
    for (name, key) in [
        ("AWS_ACCESS_KEY_ID", "aws_access_key_id"),
        ("AWS_CREDENTIAL_EXPIRATION", "expiration"),
    ] {
        assert_eq!(
            document[name].as_str(),
            world.value("default-mfa", key).as_deref()
        );
    }
}

/// AWS issues no such thing, so the section was edited.
#[test]
fn a_value_that_no_shell_can_take_is_not_handed_out() {
    let (world, _) = signed_in();
    let token = world.value("default-mfa", "aws_session_token").unwrap();
    world.write_credentials(world.credentials().replace(&token, "abc\u{1b}[2Jdef"));
    for shell in ["bash", "cmd"] {
        world.fails(
            ["env", "--shell", shell],
            Told(4, "an MFA code is needed", "*", "--token-code"),
        );
    }
}

#[cfg(unix)]
#[test]
fn in_a_pipeline_the_question_is_on_the_terminal() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    let mut session = world
        .terminal(["env", "--shell", "bash"])
        .stdin(Stream::Pipe(b"654321\n".to_vec()))
        .stdout(Stream::pipe())
        .stderr(Stream::pipe())
        .start();
    session.expect(crate::prompt::PROMPT);
    session.send_line(&world.aws.code(&mfa.serial));
    let finished = session.finish();
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    world.search(&[&finished.shown, &finished.stderr]);
    assert!(
        finished
            .stdout
            .starts_with("export AWS_ACCESS_KEY_ID='ASIA")
    );
    assert_eq!(finished.stdout.lines().count(), 5, "no region is known");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let (world, _) = signed_in();
    let run = world.run_in("exec \"$@\" env --shell bash >/dev/full", NOTHING);
    run.failed(7, "the result could not be written");
}
