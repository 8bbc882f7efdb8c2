//! Files: there, readable, nobody else's, understood by every tool, and what lies beside them.

use std::fs;

use super::Expected;
#[cfg(unix)]
use super::{private, set_mode};
use crate::world::{World, section};

fn healthy() -> World {
    let mut world = World::new();
    world.healthy();
    world
}

/// A header in the words of the other file, and a key where `aws configure` puts it while
/// AWS_PROFILE names the section of a sign-in.
#[test]
fn what_stands_under_the_wrong_name_is_told() {
    let world = World::new();
    let user = world.aws.user("alice");
    let key = world.key(&user);
    world.write_credentials(section("default-mfa", &key) + "[profile side]\nregion = x\n");
    world.write_config("[default]\n[dev]\nregion = x\n[sso-session s]\n");
    world
        .doctor(["--offline"])
        .finds((
            "section-name",
            "warning",
            "[default-mfa] holds a long-term key",
            "credentials:1",
            "write [default]",
        ))
        .finds((
            "section-name",
            "warning",
            "no AWS tool reads [dev] in the config file",
            "config:2",
            "write [profile dev]",
        ))
        .finds((
            "section-name",
            "warning",
            "no AWS tool reads [profile side]",
            "credentials:4",
            "write [side]",
        ));
    world.write_credentials(
        section("default", &key) + &section("home-mfa", &key) + &section("home", &key),
    );
    world.write_config("");
    world.doctor(["--offline"]).has_no("section-name");
}

#[test]
fn what_is_broken_in_a_file_is_told_with_its_line() {
    let table: [(&[u8], Expected<'_>); 7] = [
        (
            b"[default]\nx\n",
            (
                "file-refused",
                "problem",
                "the AWS CLI and the SDKs refuse",
                "credentials:2",
                "mend",
            ),
        ),
        (
            b"x = 1\n[default]\n",
            (
                "file-refused",
                "problem",
                "before the first section",
                "credentials:1",
                "mend",
            ),
        ),
        (
            b"[a]\n[a]\n",
            (
                "file-refused",
                "problem",
                "the AWS CLI refuses this file: there is an earlier section",
                "credentials:2",
                "mend",
            ),
        ),
        (
            b"[a]\nkey: value\n",
            (
                "file-refused",
                "problem",
                "the AWS SDKs refuse",
                "credentials:2",
                "mend",
            ),
        ),
        (
            b"\xef\xbb\xbf[a]\n",
            (
                "file-refused",
                "problem",
                "byte order mark",
                "credentials:1",
                "mend",
            ),
        ),
        (
            b"\xff\xfe[\0a\0]\0",
            (
                "file-unreadable",
                "problem",
                "UTF-16",
                "credentials:1",
                "mend",
            ),
        ),
        (
            b"[a]\n\0",
            (
                "file-unreadable",
                "problem",
                "NUL byte",
                "credentials:2",
                "mend",
            ),
        ),
    ];
    for (bytes, expected) in table {
        let world = healthy();
        world.write_credentials(bytes);
        world.doctor(["--offline"]).finds(expected);
        if expected.0 == "file-unreadable" {
            let what = "as far as the files can be read: profile `default` has no access key";
            let found = world.doctor(["--offline"]);
            found.finds((
                "profile",
                "problem",
                what,
                "config:1",
                "have the file read first",
            ));
        }
        // The other file is looked at all the same.
        world
            .doctor(["--offline"])
            .finds(("file", "ok", "the config file has 1 profile", "config", ""))
            .finds(("region", "ok", "eu-west-1", "config:2", ""));
    }
}

#[test]
fn several_faults_are_told_at_once() {
    let world = World::without_key();
    world.write_credentials("x\n[a]\nb\n[a]\n");
    world.write_config(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = none\n",
    );
    let found = world.doctor(["-p", "dev"]);
    for (place, count) in [
        ("credentials:1", 1),
        ("credentials:3", 1),
        ("credentials:4", 1),
    ] {
        let told = found.findings().iter().filter(|finding| {
            finding["id"] == "file-refused" && super::text(&finding["place"]).ends_with(place)
        });
        assert_eq!(told.count(), count, "{place}");
    }
    found
        .finds((
            "profile",
            "problem",
            "the source_profile `none` does not exist",
            "config:3",
            "",
        ))
        .finds(("sts", "ok", "", "", ""));
}

#[test]
fn without_files_without_a_home_and_without_a_profile_there_is_still_something_to_say() {
    let world = World::without_key();
    fs::remove_dir(world.path(".aws")).unwrap();
    let found = world.doctor([]);
    found
        .finds((
            "file",
            "note",
            "there is no credentials file",
            ".aws/credentials",
            "",
        ))
        .finds(("file", "note", "there is no config file", ".aws/config", ""))
        .finds((
            "profile",
            "problem",
            "there is no profile `default`",
            "",
            "`aws configure --profile default`",
        ))
        .finds(("region", "note", "no region is configured", "", ""))
        .finds(("sts", "ok", "STS answers", "", ""))
        .finds(("iam", "ok", "IAM answers", "", ""))
        .finds(("clock", "ok", "is right", "", ""));
    assert!(!world.path(".aws").exists());
    // They were refused for that, and for nothing else.
    let refused = "MissingAuthenticationToken: Request is missing Authentication Token";
    assert_eq!(world.aws.violations(), [refused, refused]);
}

#[cfg(unix)]
#[test]
fn a_home_that_is_not_there_is_told_and_hides_nothing() {
    let mut world = World::without_key();
    world.set("HOME", "/nonexistent/home");
    world
        .doctor([])
        .finds((
            "file",
            "note",
            "there is no credentials file",
            "/nonexistent/home/.aws",
            "",
        ))
        .finds(("sts", "ok", "", "", ""));
}

#[cfg(unix)]
#[test]
fn who_else_may_read_or_write_is_told_with_the_command_to_change_it() {
    for (file, mode, expected) in [
        ("credentials", 0o600, None),
        ("credentials", 0o400, None),
        (
            "credentials",
            0o640,
            Some((
                "file-mode",
                "warning",
                "can be read by others (mode 0640)",
                "",
                "chmod 600 ",
            )),
        ),
        (
            "credentials",
            0o604,
            Some((
                "file-mode",
                "warning",
                "can be read by others (mode 0604)",
                "",
                "chmod 600 ",
            )),
        ),
        (
            "credentials",
            0o620,
            Some((
                "file-mode",
                "problem",
                "can be changed by others (mode 0620)",
                "",
                "chmod go-w ",
            )),
        ),
        (
            "credentials",
            0o666,
            Some((
                "file-mode",
                "problem",
                "can be changed by others (mode 0666)",
                "",
                "chmod go-w ",
            )),
        ),
        ("config", 0o644, None),
        (
            "config",
            0o664,
            Some((
                "file-mode",
                "problem",
                "the config file can be changed by others",
                "",
                "chmod go-w ",
            )),
        ),
        (".", 0o755, None),
        (".", 0o1777, None),
        (
            ".",
            0o770,
            Some((
                "file-mode",
                "problem",
                "the directory of the credentials file can be changed",
                "",
                "chmod go-w ",
            )),
        ),
    ] {
        let world = healthy();
        let path = world.path(".aws").join(file);
        set_mode(&path, mode);
        let found = world.doctor(["--offline"]);
        set_mode(&path, 0o700);
        match expected {
            Some((id, severity, what, _, next)) => {
                let place = path.display().to_string();
                let place = place.trim_end_matches("/.");
                found.finds((id, severity, what, place, next));
            }
            None => {
                found.has_no("file-mode");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_key_in_the_config_file_is_not_for_others_either() {
    let world = healthy();
    fs::rename(world.credentials_path(), world.config_path()).unwrap();
    set_mode(&world.config_path(), 0o644);
    let place = world.config_path().display().to_string();
    world.doctor(["--offline"]).finds((
        "file-mode",
        "warning",
        "the config file can be read by others",
        &place,
        "chmod 600",
    ));
}

#[cfg(unix)]
#[test]
fn links_directories_and_what_is_no_file_are_told() {
    use std::os::unix::fs::symlink;

    let world = healthy();
    fs::rename(world.credentials_path(), world.path("kept")).unwrap();
    symlink("../kept", world.credentials_path()).unwrap();
    set_mode(&world.path("kept"), 0o644);
    let kept = format!("{}", world.path(".aws/../kept").display());
    world
        .doctor(["--offline"])
        .finds(("file-link", "note", "symbolic link", " -> ", ""))
        .finds(("file-mode", "warning", "can be read", &kept, "chmod 600"));
    fs::remove_file(world.path("kept")).unwrap();
    world.doctor(["--offline"]).finds((
        "file-link",
        "warning",
        "a symbolic link to nothing",
        " -> ",
        "mount or create",
    ));
    fs::remove_file(world.credentials_path()).unwrap();
    symlink("credentials", world.credentials_path()).unwrap();
    world.doctor(["--offline"]).finds((
        "file-unreadable",
        "problem",
        "lead in a circle",
        "credentials",
        "",
    ));
    fs::remove_file(world.credentials_path()).unwrap();
    fs::create_dir(world.credentials_path()).unwrap();
    world.doctor(["--offline"]).finds((
        "file-unreadable",
        "problem",
        "this is a directory",
        "credentials",
        "",
    ));
}

#[test]
fn the_null_device_is_no_file() {
    let mut world = healthy();
    let null = if cfg!(windows) { "NUL" } else { "/dev/null" };
    world.set("AWS_CONFIG_FILE", null);
    let found = world.doctor(["--offline"]);
    found.finds(("file", "note", "there is no config file", null, ""));
    assert_eq!(found.code, 0, "{:#}", found.document);
}

/// The superuser may read and write everything.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_or_written_is_told() {
    let world = healthy();
    set_mode(&world.credentials_path(), 0o000);
    if fs::read(world.credentials_path()).is_ok() {
        crate::world::not_tested("the superuser may read everything");
        return;
    }
    let found = world.doctor(["--offline"]);
    set_mode(&world.credentials_path(), 0o400);
    found.finds((
        "file-unreadable",
        "problem",
        "cannot be read",
        "credentials",
        "check the owner",
    ));
    world.doctor(["--offline"]).finds((
        "file-protected",
        "problem",
        "write-protected",
        "credentials",
        "chmod u+w",
    ));
    private(&world.credentials_path());
    set_mode(&world.path(".aws"), 0o500);
    let found = world.doctor(["--offline"]);
    set_mode(&world.path(".aws"), 0o700);
    found.finds((
        "file-protected",
        "problem",
        "no file can be created",
        ".aws",
        "",
    ));
}

#[cfg(unix)]
#[test]
fn another_owner_is_told() {
    let world = healthy();
    if std::os::unix::fs::chown(world.credentials_path(), Some(12_345), None).is_err() {
        crate::world::not_tested("only root can give a file away");
        return;
    }
    world.doctor(["--offline"]).finds((
        "file-owner",
        "warning",
        "belongs to another user (number 12345)",
        "credentials",
        "chown",
    ));
}

#[test]
fn a_line_that_only_we_cannot_read_is_told_with_its_section() {
    let world = healthy();
    world.write_config("[default]\nregion = eu-west-1\n[profile x]\nnoise\n");
    world
        .doctor(["--offline"])
        .finds((
            "file-refused",
            "problem",
            "neither a header",
            "config:4",
            "mend",
        ))
        .has_no("section-broken");
}

#[cfg(unix)]
#[test]
fn a_path_with_a_blank_is_one_word_of_the_remedy() {
    let mut world = World::new();
    world.healthy();
    let directory = world.path("my files");
    let state = directory.join("awsmfa");
    fs::create_dir_all(&state).unwrap();
    let file = directory.join("credentials");
    fs::copy(world.credentials_path(), &file).unwrap();
    world.set("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap());
    set_mode(&directory, 0o700);
    set_mode(&file, 0o644);
    set_mode(&state, 0o755);
    let read = format!("chmod 600 \"{}\"", file.display());
    let open = format!("chmod 700 \"{}\"", state.display());
    world
        .doctor(["--offline"])
        .finds(("file-mode", "warning", "can be read", "", &read))
        .finds(("state", "warning", "open to others", "", &open));
    set_mode(&file, 0o666);
    let write = format!("chmod go-w \"{}\"", file.display());
    let found = world.doctor(["--offline"]);
    found.finds(("file-mode", "problem", "can be changed", "", &write));
}
