//! Files that cannot be used, or must not be written: refused with the place and the reason, before
//! anything is written and before a code is spent. And oddities that are nobody's business.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;

use crate::local_aws::{Key, Mfa};
#[cfg(target_os = "linux")]
use crate::world::not_tested;
use crate::world::{Run, World, names};

fn filled(text: &str, key: &Key) -> String {
    text.replace("{id}", &key.id)
        .replace("{secret}", &key.secret)
}

const KEY: &str = "aws_access_key_id = {id}\naws_secret_access_key = {secret}\n";

/// A user whose key is in the credentials file, and the file's text.
fn world() -> (World, Key, Mfa) {
    let world = World::new();
    let (_, key, mfa) = world.default_user("alice");
    (world, key, mfa)
}

/// A path as this system writes it.
fn native(path: &str) -> String {
    path.replace('/', std::path::MAIN_SEPARATOR_STR)
}

/// Nothing was sent with a code in it, and the directory is as it was but for a lock.
struct Untouched {
    bytes: Option<Vec<u8>>,
    names: Vec<String>,
}

impl Untouched {
    fn of(world: &World) -> Self {
        let path = world.credentials_path();
        let file = fs::metadata(&path).is_ok_and(|data| data.is_file() && data.len() < 1 << 24);
        Self {
            bytes: file.then(|| fs::read(path).unwrap()),
            names: world.names(),
        }
    }

    #[track_caller]
    fn check(&self, world: &World, case: &str) {
        let now = Self::of(world);
        assert!(now.bytes == self.bytes, "{case}: the file has changed");
        let mut names = now.names;
        names.retain(|name| name != "credentials.lock");
        let mut before = self.names.clone();
        before.retain(|name| name != "credentials.lock");
        assert_eq!(names, before, "{case}");
        assert_eq!(world.codes_sent().len(), 0, "{case}");
    }
}

/// Runs and expects to be refused, with the path (and `:line`) in what is said.
#[track_caller]
fn refused(world: &World, mfa: &Mfa, place: &str, reason: &str) -> Run {
    let before = Untouched::of(world);
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["--yes", "--token-code", &code]);
    before.check(world, place);
    let run = run.failed(7, reason);
    let place = native(place);
    assert!(
        run.stderr.lines().any(|line| line.ends_with(&place)),
        "{place:?} in:\n{}",
        run.stderr
    );
    run
}

#[test]
fn what_is_no_text_is_refused_with_its_line() {
    let utf16 = |bom: &[u8], to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = "[default]\r\naws_access_key_id = x\r\n".encode_utf16();
        bom.iter().copied().chain(text.flat_map(to_bytes)).collect()
    };
    for (bytes, line, reason) in [
        (utf16(b"\xFF\xFE", u16::to_le_bytes), 1, "UTF-16"),
        (utf16(b"\xFE\xFF", u16::to_be_bytes), 1, "UTF-16"),
        (utf16(b"", u16::to_le_bytes), 1, "not a text file"),
        (b"\0GITCRYPT\0\x01\x02".to_vec(), 1, "not a text file"),
        (
            b"[default]\nx = 1\n\ny = \0\n".to_vec(),
            4,
            "not a text file",
        ),
        (
            fs::read(crate::world::AWSMFA).unwrap()[..1 << 20].to_vec(),
            1,
            "not a text file",
        ),
    ] {
        for file in ["credentials", "config"] {
            let (world, _, mfa) = world();
            fs::write(world.path(".aws").join(file), &bytes).unwrap();
            refused(&world, &mfa, &format!(".aws/{file}:{line}"), reason);
        }
    }
}

#[test]
fn a_directory_in_the_place_of_a_file_is_refused() {
    for file in ["credentials", "config"] {
        let (world, _, mfa) = world();
        let path = world.path(".aws").join(file);
        let _ = fs::remove_file(&path);
        fs::create_dir(&path).unwrap();
        let place = format!(".aws/{file}");
        refused(&world, &mfa, &place, "this is a directory, not a file");
        assert!(names(&path).is_empty());
    }
}

#[test]
#[cfg(unix)]
fn a_pipe_a_socket_and_a_device_are_refused_and_not_waited_for() {
    let (world, _, mfa) = world();
    let path = world.credentials_path();
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    refused(&world, &mfa, ".aws/credentials", "not a regular file");
    fs::remove_file(&path).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    refused(&world, &mfa, ".aws/credentials", "not a regular file");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    refused(
        &world,
        &mfa,
        ".aws/credentials -> /dev/zero",
        "not a regular file",
    );
}

/// It is looked at from outside only: neither time nor memory for its size.
#[test]
fn a_file_of_100_megabytes_is_refused_without_reading_it() {
    for file in ["credentials", "config"] {
        let (world, _, mfa) = world();
        let sparse = fs::File::create(world.path(".aws").join(file)).unwrap();
        sparse.set_len(100_000_000).unwrap();
        let place = format!(".aws/{file}");
        refused(&world, &mfa, &place, "larger than 64 MiB");
        #[cfg(target_os = "linux")]
        {
            // Kilobytes of address space; the debug binary alone maps a third of it.
            let script = "ulimit -v 90000; exec \"$@\"";
            world
                .run_in(script, ["-t", &world.aws.code(&mfa.serial)])
                .failed(7, "larger than 64 MiB");
            assert_eq!(world.codes_sent().len(), 0);
        }
    }
}

#[test]
fn a_line_that_cannot_be_understood_is_refused_in_the_sections_in_use_only() {
    let broken = [
        ("no delimiter at all", "neither a header"),
        ("= value without a key", "no key"),
        ("[unclosed", "no closing bracket"),
        ("s3 =\n  nested without equals", "has no `=`"),
        ("\u{3000}aws_x = 1", "a blank that is neither space nor tab"),
    ];
    let other = "[other]\nx = 1\n";
    for (lines, reason) in broken {
        let line = lines.lines().count();
        // Before, broken section, after; and the number of the line that is at fault.
        for (before, section, file, number) in [
            ("# first\n", "[default]\n", "credentials", 2 + 2 + line),
            (
                "[default]\n{key}",
                "[default-mfa]\n",
                "credentials",
                4 + line,
            ),
            ("[default]\n{key}", "[default]\n", "credentials", 4 + line),
            ("", "[default]\n", "config", 1 + line),
            ("[other]\n", "[profile default-mfa]\n", "config", 2 + line),
        ] {
            let (world, key, mfa) = world();
            let keyed = section == "[default]\n" && before.starts_with('#');
            let before = before.replace("{key}", &filled(KEY, &key));
            let own = if keyed {
                filled(KEY, &key)
            } else {
                String::new()
            };
            let text = format!("{before}{section}{own}{lines}\n{other}");
            fs::write(world.path(".aws").join(file), &text).unwrap();
            let run = refused(&world, &mfa, &format!(".aws/{file}:{number}"), reason);
            assert!(!run.stderr.contains(lines), "quoted: {}", run.stderr);
        }
        // The same lines in sections that nobody asks for.
        let (world, key, mfa) = world();
        world.write_config(format!("[profile x]\n{lines}\n[default]\noutput = json\n"));
        let text = filled(KEY, &key);
        let text = format!("[a]\n{lines}\n[default]\n{text}[default-mfa]\nx = 1\n[b]\n{lines}\n");
        world.write_credentials(&text);
        let code = world.aws.code(&mfa.serial);
        world.run(["--token-code", &code]).succeeded_for(lines);
        assert!(world.issued_to("default-mfa").is_some(), "{lines}");
    }
}

#[test]
fn a_broken_line_on_the_way_to_the_source_is_refused() {
    let (world, _, mfa) = world();
    world.write_config(
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/Admin\nsource_profile = middle\n\
         [profile middle]\nsource_profile = default\nrole_arn = arn:aws:iam::123456789012:role/M\noops\n",
    );
    let before = Untouched::of(&world);
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["-p", "admin", "-t", &code]);
    run.failed(7, "neither a header")
        .said(&native(".aws/config:7\n"));
    before.check(&world, "middle");
}

#[test]
fn a_long_term_key_in_the_section_is_never_overwritten() {
    for (section, line) in [
        (
            "[default-mfa]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n",
            5,
        ),
        (
            "[default-mfa]\n# prod!\nAWS_ACCESS_KEY_ID={id}\nAWS_SECRET_ACCESS_KEY={secret}\n",
            6,
        ),
        (
            "[ default-mfa ]\naws_access_key_id: {id}\naws_secret_access_key: {secret}\n",
            5,
        ),
        (
            "[default-mfa]\nx = 1\naws_secret_access_key = {secret}\n",
            6,
        ),
        (
            "[default-mfa]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = stale\n",
            5,
        ),
        // Not the assignments that readers use, but gone all the same if they were removed.
        (
            "[default-mfa]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[default-mfa]\naws_access_key_id = ASIAOLDOLDOLDOLDOLD1\naws_secret_access_key = old\naws_session_token = old\n",
            5,
        ),
        (
            "[default-mfa]\naws_access_key_id = {id}\naws_access_key_id = ASIAOLDOLDOLDOLDOLD1\naws_secret_access_key = {secret}\naws_session_token = old\n",
            5,
        ),
        (
            "[ default-mfa ]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[default-mfa]\nawsmfa_source = default\naws_access_key_id = ASIAOLDOLDOLDOLDOLD1\naws_secret_access_key = old\naws_session_token = old\n",
            5,
        ),
    ] {
        let (world, key, mfa) = world();
        let other = world.key(&world.aws.user("bob"));
        let section = filled(section, &other);
        world.write_credentials(format!("[default]\n{}{section}", filled(KEY, &key)));
        // Neither consent nor force is consent to this.
        for arguments in [&["--yes", "--force"][..], &["--to", "default-mfa", "-y"]] {
            let before = Untouched::of(&world);
            let code = world.aws.code(&mfa.serial);
            let run = world.run([arguments, &["-t", &code]].concat());
            run.failed(3, "long-term key")
                .said(&native(&format!(".aws/credentials:{line}\n")));
            before.check(&world, &section);
        }
    }
}

#[test]
fn the_source_itself_is_never_the_section() {
    let (world, _, mfa) = world();
    let before = Untouched::of(&world);
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["--to", "default", "--yes", "-t", &code]);
    run.failed(2, "holds the key to sign in with");
    before.check(&world, "default");
}

#[test]
fn a_section_name_that_could_be_more_than_a_name_is_refused() {
    for name in [
        "",
        " ",
        "a b",
        "profile x",
        "a\nb",
        "a]\n[default",
        "a\r",
        "a\tb",
        "\x1b[31mred",
        "a]",
        "[a",
        "a#b",
        "a;b",
        "a=b",
        "é",
        "\u{202e}a",
        "\"a\"",
        "DEFAULT",
    ] {
        let (world, _, mfa) = world();
        let before = Untouched::of(&world);
        let code = world.aws.code(&mfa.serial);
        let run = world.run(["--to", name, "-t", &code]);
        before.check(&world, name);
        let run = run.failed(2, "--to");
        assert!(
            !run.stderr.contains(['\x1b', '\r', '\u{202e}']),
            "{name:?}: {:?}",
            run.stderr
        );
        assert!(world.aws.log().is_empty(), "{name:?}");
    }
}

#[test]
fn a_section_name_in_the_config_file_is_no_way_in_either() {
    for (name, reason) in [
        ("a]", "not a section name"),
        ("profile x", "not a section name"),
        ("a\n  [default]\n  x = 1", "not a section name"),
        ("DEFAULT", "not a section name"),
        ("default", "holds the key to sign in with"),
    ] {
        let (world, _, mfa) = world();
        world.write_config(format!("[default]\nawsmfa_profile = {name}\n"));
        let before = Untouched::of(&world);
        let code = world.aws.code(&mfa.serial);
        let run = world.run(["-t", &code]);
        run.failed(3, reason).said(&native(".aws/config:2\n"));
        before.check(&world, name);
    }
}

/// In the credentials file `[profile x]` is no profile `x`, and whoever wrote it by mistake is told.
#[test]
fn a_section_named_profile_x_is_not_profile_x() {
    let (world, key, mfa) = world();
    world.write_credentials(format!("[profile work]\n{}", filled(KEY, &key)));
    let before = Untouched::of(&world);
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["-p", "work", "-t", &code]);
    run.failed(3, "there is no profile `work`")
        .said(": in the credentials file the section is [work]");
    before.check(&world, "work");
    // By its full name it is one, as it is for the AWS CLI; only its section needs another name.
    let run = world.run(["-p", "profile work", "-t", &code]);
    run.failed(3, "section name").said("--to");
    world
        .run(["-p", "profile work", "--to", "work-mfa", "-t", &code])
        .succeeded();
    assert!(world.issued_to("work-mfa").is_some());
}

/// Runs as somebody whom permissions stop. The superuser is stopped by nothing until it gives up
/// its capabilities.
#[cfg(unix)]
fn without_privileges(world: &World, code: &str) -> Run {
    let uid = fs::metadata(world.path("")).map(|data| std::os::unix::fs::MetadataExt::uid(&data));
    if uid.unwrap() == 0 {
        let script = "exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"";
        world.run_in(script, ["-t", code])
    } else {
        world.run(["-t", code])
    }
}

#[test]
#[cfg(unix)]
fn what_permissions_forbid_is_found_before_a_code_is_spent() {
    // What is restricted and how, and what is said where.
    for (path, mode, place, reason) in [
        (
            ".aws/credentials",
            0o000,
            ".aws/credentials",
            "cannot be read",
        ),
        (
            ".aws/credentials",
            0o200,
            ".aws/credentials",
            "cannot be read",
        ),
        (
            ".aws/credentials",
            0o400,
            ".aws/credentials",
            "write-protected",
        ),
        (".aws/config", 0o000, ".aws/config", "cannot be read"),
        (".aws", 0o000, ".aws/config", "cannot be"),
        (
            ".aws",
            0o500,
            ".aws/credentials.lock",
            "lock file cannot be used",
        ),
        (
            ".aws/credentials.lock",
            0o000,
            ".aws/credentials.lock",
            "lock file cannot be used",
        ),
    ] {
        let (world, _, mfa) = world();
        world.write_config("[default]\noutput = json\n");
        let restricted = world.path(path);
        if path.ends_with(".lock") {
            fs::write(&restricted, "").unwrap();
        }
        let before = Untouched::of(&world);
        let usual = fs::metadata(&restricted).unwrap().permissions();
        fs::set_permissions(&restricted, fs::Permissions::from_mode(mode)).unwrap();
        let run = without_privileges(&world, &world.aws.code(&mfa.serial));
        fs::set_permissions(&restricted, usual).unwrap();
        let run = run.failed(7, reason);
        run.said(place).said("ermission");
        before.check(&world, path);
    }
}

#[test]
#[cfg(unix)]
fn a_directory_that_is_read_only_but_has_a_lock_file_is_found_in_time() {
    let (world, _, mfa) = world();
    let directory = world.path(".aws");
    fs::write(directory.join("credentials.lock"), "").unwrap();
    let before = Untouched::of(&world);
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o500)).unwrap();
    let run = without_privileges(&world, &world.aws.code(&mfa.serial));
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    run.failed(7, "no file can be created in this directory")
        .said(directory.to_str().unwrap());
    before.check(&world, "read-only");
}

#[test]
#[cfg(unix)]
fn a_home_where_no_directory_can_be_made_is_found_in_time() {
    let (mut world, key, mfa) = world();
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    let home = world.path("home");
    fs::create_dir(&home).unwrap();
    world.set("HOME", home.to_str().unwrap());
    fs::set_permissions(&home, fs::Permissions::from_mode(0o500)).unwrap();
    let run = without_privileges(&world, &world.aws.code(&mfa.serial));
    run.failed(7, "the directory cannot be created")
        .said(home.join(".aws").to_str().unwrap());
    assert_eq!(world.codes_sent().len(), 0);
    assert!(names(&home).is_empty());
    // A file in the place of the directory.
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(home.join(".aws"), "mine").unwrap();
    let run = world.run(["-t", &world.aws.code(&mfa.serial)]);
    run.failed(7, "cannot be").said(".aws");
    assert_eq!(world.codes_sent().len(), 0);
    assert_eq!(fs::read(home.join(".aws")).unwrap(), b"mine");
}

#[test]
#[cfg(target_os = "linux")]
fn a_read_only_file_system_is_found_in_time() {
    for has_lock in [false, true] {
        let (world, _, mfa) = world();
        if has_lock {
            fs::write(world.path(".aws/credentials.lock"), "").unwrap();
        }
        let before = Untouched::of(&world);
        let script = "exec unshare --user --map-root-user --mount sh -c \
                      'mount --bind .aws .aws && mount -o remount,bind,ro .aws || exit 77; \
                      exec \"$@\"' sh \"$@\"";
        let run = world.run_in(script, ["-t", &world.aws.code(&mfa.serial)]);
        if run.code == 77 || run.stderr.starts_with("unshare") {
            return not_tested("this machine allows no mounts of one's own");
        }
        run.failed(7, "the lock file cannot be used")
            .said("make the file system writable");
        before.check(&world, "read-only");
    }
}

/// A single file that a container was given cannot be renamed over.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_is_a_mount_of_its_own_is_found_in_time() {
    let (world, _, mfa) = world();
    let before = Untouched::of(&world);
    let script = "exec unshare --user --map-root-user --mount sh -c \
                  'mount --bind .aws/credentials .aws/credentials || exit 77; exec \"$@\"' sh \"$@\"";
    let run = world.run_in(script, ["-t", &world.aws.code(&mfa.serial)]);
    if run.code == 77 || run.stderr.starts_with("unshare") {
        not_tested("this machine allows no mounts of one's own");
        return;
    }
    run.failed(7, "a mount of its own").said(".aws/credentials");
    before.check(&world, "mount");
    assert!(world.credentials_path().is_file());
}
