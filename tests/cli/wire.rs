//! `login --wire` and `--unwire`: the config file arranged for plain AWS tools, and back again.

use std::fs;

use serde_json::json;

use crate::client;
use crate::local_aws::{ACCOUNT, Mfa, Trust};
#[cfg(target_os = "linux")]
use crate::world::not_tested;
use crate::world::{Run, World};

/// alice's key under `[default]`, and roles that want her device.
fn world() -> (World, Mfa) {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    for role in ["Dev", "Stg"] {
        let _ = world.aws.role(role).trusts(Trust::new(&user.arn).mfa());
    }
    world.write_config(config(&mfa));
    (world, mfa)
}

fn arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

/// Two role profiles of `default` in a file that somebody has written by hand. Only they know the
/// device.
fn config(mfa: &Mfa) -> String {
    let (dev, stg, serial) = (arn("Dev"), arn("Stg"), &mfa.serial);
    format!(
        "# mine\n[default]\nregion = eu-west-1\nmfa_process = never-shown\n\n\
         [profile dev]\nrole_arn = {dev}\nsource_profile = default\nmfa_serial = {serial}\n\n\
         ; and staging\n[profile stg]\nMFA_Serial={serial}\nrole_arn={stg}\n\
         source_profile\t=  default  \nduration_seconds = 7200"
    )
}

/// The same with `dev` wired.
fn with_dev_wired(mfa: &Mfa) -> String {
    let serial = &mfa.serial;
    config(mfa).replacen(
        &format!("source_profile = default\nmfa_serial = {serial}\n"),
        &format!(
            "source_profile = default-mfa\nawsmfa_source_profile = default\nawsmfa_mfa_serial = {serial}\n"
        ),
        1,
    )
}

/// The same with both wired.
fn with_all_wired(mfa: &Mfa) -> String {
    with_dev_wired(mfa)
        .replace("MFA_Serial", "awsmfa_MFA_Serial")
        .replace(
            "source_profile\t",
            "source_profile = default-mfa\nawsmfa_source_profile\t",
        )
        .replace("duration_seconds", "awsmfa_duration_seconds")
}

fn config_of(world: &World) -> String {
    fs::read_to_string(world.config_path()).unwrap()
}

/// What an AWS tool does with a wired profile: the section's credentials assume the role.
#[track_caller]
fn assume_like_a_plain_tool(world: &World, section: &str, role: &str) {
    let session = world.credentials_of(section);
    let arn = arn(role);
    let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "plain")];
    let reply = client::sts(&world.aws, &session, "AssumeRole", &parameters);
    let expected = format!("assumed-role/{role}/plain");
    assert!(reply.text("Arn").ends_with(&expected), "{role}");
}

#[track_caller]
fn wire(world: &World, mfa: &Mfa, arguments: &[&str]) -> Run {
    let arguments = ["login", "--wire", "--yes"].iter().chain(arguments);
    world.sign_in(mfa, arguments.copied()).succeeded()
}

#[test]
fn a_wired_profile_takes_the_session_and_unwired_it_is_as_it_was() {
    let (world, mfa) = world();
    let run = wire(&world, &mfa, &["-p", "dev"]);
    run.said("wired: profile dev to section [default-mfa]")
        .said("signed in: [default-mfa] is")
        .said("export AWS_PROFILE=dev");
    assert_eq!(run.stdout, "");
    assert_eq!(config_of(&world), with_dev_wired(&mfa));
    assert_eq!(world.codes_sent().len(), 1);
    assert_eq!(
        world.value("default-mfa", "awsmfa_mfa_serial").as_ref(),
        Some(&mfa.serial)
    );
    assume_like_a_plain_tool(&world, "default-mfa", "Dev");
    assert!(!config_of(&world).contains("stg-mfa"));

    world
        .run(["login", "--unwire", "--yes", "-p", "dev"])
        .succeeded()
        .said("unwired: profile dev");
    assert_eq!(config_of(&world), config(&mfa));
    assert!(world.issued_to("default-mfa").is_some(), "it stays");
}

#[test]
fn all_role_profiles_of_the_source_at_once() {
    let (world, mfa) = world();
    wire(&world, &mfa, &["--all"])
        .said("wired: profiles dev and stg to section [default-mfa]")
        .said("`duration_seconds` is set aside, because AWS grants one hour at most");
    assert_eq!(config_of(&world), with_all_wired(&mfa));
    for role in ["Dev", "Stg"] {
        assume_like_a_plain_tool(&world, "default-mfa", role);
    }
    let run = world.run(["--unwire", "--yes", "--all", "-p", "default"]);
    run.succeeded().said("unwired: profiles dev and stg");
    assert_eq!(config_of(&world), config(&mfa));
}

#[test]
fn the_change_is_shown_as_a_diff_without_the_lines_around_it() {
    let (world, mfa) = world();
    let path = world.config_path();
    let path = path.display();
    let (serial, run) = (&mfa.serial, wire(&world, &mfa, &["--all"]));
    run.said(&format!(
        "--- {path}\n+++ {path}\n\
         @@ -8,2 +8,3 @@ [profile dev]\n\
         -source_profile = default\n-mfa_serial = {serial}\n\
         +source_profile = default-mfa\n+awsmfa_source_profile = default\n\
         +awsmfa_mfa_serial = {serial}\n\
         @@ -13 +14 @@ [profile stg]\n-MFA_Serial={serial}\n+awsmfa_MFA_Serial={serial}\n"
    ));
    assert!(!run.stderr.contains("never-shown"), "{}", run.stderr);
    assert!(!run.stderr.contains('\u{1b}'));
    let quiet = world.run(["--unwire", "--all", "--yes", "-q"]).succeeded();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn without_consent_nothing_is_written_and_no_code_is_spent() {
    let (world, mfa) = world();
    world
        .sign_in(&mfa, ["--wire", "-p", "dev"])
        .failed(3, "not changed without consent")
        .said("+source_profile = default-mfa")
        .said("agree with --yes");
    assert_eq!(config_of(&world), config(&mfa));
    assert_eq!(world.names(), ["config", "credentials"], "not even a lock");
    assert_eq!(world.aws.log().len(), 0);
    world.write_config(with_dev_wired(&mfa));
    world
        .run(["--unwire", "-p", "dev"])
        .failed(3, "not changed without consent");
    assert_eq!(config_of(&world), with_dev_wired(&mfa));
}

#[cfg(unix)]
#[test]
fn a_person_sees_the_diff_and_is_asked_and_then_for_the_code() {
    use crate::pty::Stream;

    for (answer, agreed) in [("y", true), ("yes", true), ("n", false), ("", false)] {
        // Where standard error is a file, the terminal shows the change all the same.
        for piped in [false, true] {
            let (mut world, mfa) = world();
            world.set("TERM", "xterm");
            let mut launch =
                world.terminal(["--wire", "-p", "dev", "--serial-number", &mfa.serial]);
            if piped {
                launch = launch.stderr(Stream::pipe());
            }
            world.write_config(config(&mfa).replace("mfa_process = never-shown\n", ""));
            let before = config_of(&world);
            let mut session = launch.start();
            let added = if piped {
                "+source_profile = default-mfa"
            } else {
                "\u{1b}[32m+source_profile = default-mfa"
            };
            session.expect(added);
            session.expect(
                "Let profile dev take credentials from section [default-mfa] like this? [y/N] ",
            );
            session.send_line(answer);
            if agreed {
                session.expect("code");
                session.send_line(&world.aws.code(&mfa.serial));
            }
            let finished = world.finish(session);
            if agreed {
                assert_eq!(finished.code, 0, "{}", finished.shown);
                assume_like_a_plain_tool(&world, "default-mfa", "Dev");
            } else {
                assert_eq!(finished.code, 3, "{}", finished.shown);
                assert_eq!(config_of(&world), before);
                assert_eq!(world.aws.log().len(), 0);
            }
        }
    }
}

#[test]
fn twice_is_once_and_what_is_not_wired_cannot_be_unwired() {
    let (world, mfa) = world();
    wire(&world, &mfa, &["-p", "dev"]);
    let wired = config_of(&world);
    // The session is good, and nothing has to be written: no code, no consent.
    world
        .run(["--wire", "-p", "dev"])
        .succeeded()
        .said("profile dev is wired to section [default-mfa] already")
        .said("[default-mfa] is still good until");
    assert_eq!(config_of(&world), wired);
    assert_eq!(world.codes_sent().len(), 1);
    for (arguments, said) in [
        (&["--unwire", "-p", "stg"][..], "this profile is not wired"),
        (&["--unwire"], "this profile is not wired"),
    ] {
        world.run(arguments).succeeded().said(said);
        assert_eq!(config_of(&world), wired);
    }
    world.write_config(config(&mfa));
    world
        .run(["--unwire", "--all"])
        .succeeded()
        .said("no role profile of this source is wired");
}

#[test]
fn a_wired_profile_is_signed_in_to_as_before() {
    let (mut world, mfa) = world();
    wire(&world, &mfa, &["--all"]);
    let wired = config_of(&world);
    for logged_out in [false, true] {
        if logged_out {
            world.run(["logout", "--all"]).succeeded();
        }
        world.aws.advance(30);
        world.sign_in(&mfa, ["-p", "dev"]).succeeded();
        assert_eq!(
            world.issued_to("dev-mfa"),
            Some(format!("arn:aws:sts::{ACCOUNT}:assumed-role/Dev/alice"))
        );
        assert_eq!(world.value("dev-mfa", "awsmfa_source").unwrap(), "default");
        let serial = world.value("dev-mfa", "awsmfa_mfa_serial").unwrap();
        assert_eq!(serial, mfa.serial);
    }
    // With the code, a role may last longer than with a session.
    world.aws.advance(30);
    world
        .sign_in(&mfa, ["-p", "stg"])
        .said("the role's maximum is less than 2 h: AWS granted 1 h");
    world.set("AWS_PROFILE", "dev");
    world.run(["status", "--check", "10m"]).succeeded();
    assert_eq!(config_of(&world), wired);
}

/// What its key opens is no affair of that role, whose section is the one called after the profile.
#[test]
fn a_source_with_a_role_of_its_own_is_wired_to_the_session_of_its_key() {
    let (world, mfa) = world();
    let own = format!(
        "[default]\nrole_arn = {}\nsource_profile = default\n",
        arn("Stg")
    );
    let before = own + &config(&mfa).replace("[default]\n", "[profile unrelated]\n");
    world.write_config(&before);
    let session = "default-mfa-session";
    for names in [&["-p", "dev"][..], &["--all", "-p", "stg"]] {
        world.aws.advance(30);
        let run = wire(&world, &mfa, names);
        run.said("to section [default-mfa-session]");
        assert_eq!(run.stdout, "");
        assume_like_a_plain_tool(&world, session, "Dev");
        let wired = config_of(&world);
        assert!(wired.contains(&format!(
            "source_profile = {session}\nawsmfa_source_profile"
        )));
        // It is signed in to as before, with that session.
        world.run(["-p", "dev"]).succeeded();
        world.run(["-p", "dev", "--force"]).succeeded();
        assert!(world.issued_to("dev-mfa").unwrap().contains("/Dev/"));
        assert_eq!(world.codes_sent().len(), 1);
        // And where that has gone, it is made again.
        world.run(["logout", "--all"]).succeeded();
        world.aws.advance(30);
        world.sign_in(&mfa, ["-p", "dev"]).succeeded();
        assert!(world.issued_to(session).unwrap().ends_with(":user/alice"));
        world.run(["logout", "--all"]).succeeded();
        world
            .run(["--unwire", "--yes"].iter().chain(names))
            .succeeded();
        assert_eq!(config_of(&world), before);
        world.aws.clear_log();
    }
}

#[test]
fn what_was_done_is_a_document() {
    let (world, mfa) = world();
    let file = world.config_path().display().to_string();
    let run = wire(&world, &mfa, &["--all", "--output", "json"]);
    let value = |key| world.value("default-mfa", key);
    let both = json!(["source_profile", "mfa_serial"]);
    let all = json!(["source_profile", "mfa_serial", "duration_seconds"]);
    let row = |action: &str, profile: &str, source: &str, keys: &serde_json::Value| json!({ "action": action, "profile": profile, "source_profile": source, "keys": keys });
    let expected = json!({
        "file": file,
        "profiles": [
            row("wired", "dev", "default-mfa", &both),
            row("wired", "stg", "default-mfa", &all),
        ],
        "session": {
            "action": "renewed",
            "section": "default-mfa",
            "access_key_id": value("aws_access_key_id"),
            "expiration": value("expiration"),
        },
    });
    assert_eq!(run.json(), expected);
    let again = world.run(["--wire", "-p", "dev", "--output", "json"]);
    let again = again.succeeded().json();
    let unchanged = row("unchanged", "dev", "default-mfa", &json!([]));
    assert_eq!(again["profiles"], json!([unchanged]));
    assert_eq!(again["session"]["action"], "reused");
    let undone = world.run(["--unwire", "-p", "dev", "--yes", "--output", "json"]);
    let expected = json!({
        "file": file,
        "profiles": [row("unwired", "dev", "default", &both)],
        "session": null,
    });
    assert_eq!(undone.succeeded().json(), expected);
}

#[test]
fn a_code_that_is_refused_leaves_the_file_wired_and_says_so() {
    let (world, mfa) = world();
    let arguments = ["--wire", "--yes", "-p", "dev", "000000"];
    world
        .run(arguments)
        .failed(4, "")
        .said("sign in with `awsmfa -p default`: the config file is wired");
    assert_eq!(config_of(&world), with_dev_wired(&mfa));
}

#[test]
fn several_profiles_are_wired_in_one_run() {
    let (world, mfa) = world();
    let both = ["-p", "dev", "-p", "stg"];
    wire(&world, &mfa, &both).said("wired: profiles dev and stg to section [default-mfa]");
    let run = world.run([&["--unwire", "--yes"], &both[..]].concat());
    run.said("unwired: profiles dev and stg");
    assert_eq!(config_of(&world), config(&mfa));
}

#[test]
fn what_cannot_be_wired_is_refused_before_anything_is_written() {
    for (more, arguments, code, said) in [
        ("", &["--wire"][..], 3, "profile `default` has no role_arn"),
        ("", &["--wire", "-p", "nobody"], 3, "no profile `nobody`"),
        (
            "\n[profile own]\nrole_arn = Dev\nsource_profile = own\n",
            &["--wire", "-p", "own"],
            3,
            "",
        ),
        (
            "\n[profile odd]\nrole_arn = Dev\nsource_profile = default\nwhat\n",
            &["--wire", "-p", "odd"],
            7,
            "cannot be understood",
        ),
        ("", &["--wire", "-p", "dev", "--to", "x"], 2, "--to"),
        (
            "",
            &["--wire", "-p", "dev", "--role-arn", "x"],
            2,
            "--role-arn",
        ),
        ("", &["--wire", "--unwire", "-p", "dev"], 2, "--unwire"),
        ("", &["--unwire", "-p", "dev", "--force"], 2, "--force"),
        (
            "",
            &["--unwire", "-p", "dev", "-t", "123456"],
            2,
            "--token-code",
        ),
        (
            "",
            &["--wire", "exec", "-p", "dev", "true"],
            2,
            "must stand after `exec`",
        ),
        ("", &["--wire", "-p", "dev", "12345"], 2, "six digits"),
    ] {
        let (world, mfa) = world();
        let before = config(&mfa) + more;
        world.write_config(&before);
        let arguments = arguments.iter().chain(&["--yes"]);
        let arguments: Vec<&str> = arguments.copied().collect();
        let run = world.run(&arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.stderr);
        run.said(said);
        assert_eq!(config_of(&world), before, "{arguments:?}");
        assert_eq!(world.names(), ["config", "credentials"], "{arguments:?}");
        assert_eq!(world.aws.log().len(), 0, "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_changes_while_the_person_thinks_is_left_alone() {
    let (world, mfa) = world();
    let mut session = world.terminal(["--wire", "-p", "dev"]).start();
    session.expect("like this? [y/N] ");
    let theirs = config(&mfa) + "\n# newer\n";
    world.write_config(&theirs);
    session.send_line("y");
    let finished = world.finish(session);
    assert_eq!(finished.code, 7, "{}", finished.shown);
    assert!(
        finished
            .shown
            .contains("has just been changed by somebody else"),
        "{}",
        finished.shown
    );
    assert_eq!(config_of(&world), theirs);
    assert_eq!(world.aws.log().len(), 0);
}

#[cfg(unix)]
#[test]
fn the_file_gets_the_care_of_the_credentials_file() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (world, mfa) = world();
    // Behind a link, as dotfiles are, with the line ends of another system.
    let text = config(&mfa).replace('\n', "\r\n");
    let dotfiles = world.path("dotfiles");
    fs::write(&dotfiles, format!("\u{feff}{text}")).unwrap();
    fs::remove_file(world.config_path()).unwrap();
    symlink(&dotfiles, world.config_path()).unwrap();
    wire(&world, &mfa, &["--all"]);
    let wired = with_all_wired(&mfa).replace('\n', "\r\n");
    assert_eq!(
        fs::read_to_string(&dotfiles).unwrap(),
        format!("\u{feff}{wired}")
    );
    assert!(world.config_path().is_symlink());
    world.run(["--unwire", "--all", "--yes"]).succeeded();
    assert_eq!(
        fs::read_to_string(&dotfiles).unwrap(),
        format!("\u{feff}{text}")
    );
    let mode = fs::metadata(&dotfiles).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it from now on");

    fs::remove_file(world.config_path()).unwrap();
    fs::create_dir(world.config_path()).unwrap();
    let run = world.run(["--unwire", "--all", "--yes"]);
    run.failed(7, "this is a directory, not a file");
}

#[test]
fn without_a_config_file_there_is_nothing_to_wire() {
    let (world, _) = world();
    fs::remove_file(world.config_path()).unwrap();
    world
        .run(["--wire", "--all", "--yes"])
        .failed(3, "no role profile");
    world
        .run(["--unwire", "--all", "--yes"])
        .succeeded()
        .said("nothing to do");
    assert_eq!(world.names(), ["credentials"]);
}

/// A link to where a package manager keeps the file: read-only, or another user's.
#[test]
#[cfg(target_os = "linux")]
fn a_config_file_that_is_managed_elsewhere_is_named_as_such_with_the_lines_to_add() {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    const READ_ONLY: &str = "exec unshare --user --map-root-user --mount sh -c \
                             'mount --bind managed managed && \
                             mount -o remount,bind,ro managed || exit 77; exec \"$@\"' sh \"$@\"";
    const OF_ANOTHER: &str = "exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"";

    for script in [READ_ONLY, OF_ANOTHER] {
        let (world, mfa) = world();
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(world.credentials_path(), private).unwrap();
        let managed = world.path("managed");
        fs::create_dir(&managed).unwrap();
        fs::rename(world.config_path(), managed.join("config")).unwrap();
        symlink("../managed/config", world.config_path()).unwrap();
        if script == OF_ANOTHER {
            for (path, mode) in [(managed.join("config"), 0o444), (managed.clone(), 0o555)] {
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
                if chown(&path, Some(4711), None).is_err() {
                    return not_tested("only root can give a file away");
                }
            }
        }
        let code = world.aws.code(&mfa.serial);
        let run = world.run_in(script, ["--wire", "--yes", "-p", "dev", "-t", &code]);
        if run.code == 77 || run.stderr.starts_with("unshare") {
            not_tested("this machine allows no mounts of one's own");
            continue;
        }
        let run = run.failed(7, "managed elsewhere");
        run.said(".aws/config -> ")
            .said("managed/config")
            .said("+source_profile = default-mfa");
        let doctor = world.run_in(script, ["doctor", "--offline"]);
        let told = format!("{}{}", doctor.stdout, doctor.stderr);
        assert!(told.contains("managed elsewhere"), "{told}");
        for text in [&run.stderr, &told] {
            for advice in ["chown", "chmod", "ls -la"] {
                assert!(!text.contains(advice), "{advice}: {text}");
            }
        }
        assert_eq!(config_of(&world), config(&mfa));
        assert!(world.codes_sent().is_empty());
        assert_eq!(crate::world::names(&managed), ["config"]);
    }
}
