//! Where the credentials file is, through which links it is reached, and whose it is afterwards.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use crate::local_aws::Mfa;
use crate::world::{NOTHING, World, names, not_tested};

const OLD: &str = "# mine\n[other]\nx = 1\n";

/// A world whose long-term key is in the config file, so that the credentials file may be
/// anywhere, or not be at all.
fn with_key_in_config() -> (World, Mfa) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(world.credentials());
    fs::remove_file(world.credentials_path()).unwrap();
    (world, mfa)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The file holds what was there, if anything, and a session after it.
#[track_caller]
fn signed_in(world: &World, file: &Path, before: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.starts_with(before), "{text}");
    assert!(world.issued_in(&text, "default-mfa").is_some(), "{text}");
}

#[test]
fn a_link_stays_a_link_and_the_file_it_leads_to_is_replaced() {
    // The links to be made below the home, what each says, and where the file is then.
    type Links = &'static [(&'static str, &'static str)];
    let table: [(Links, &str); 6] = [
        (&[(".aws/credentials", "kept")], ".aws/kept"),
        (&[(".aws/credentials", "../dot files/aws")], "dot files/aws"),
        (
            &[(".aws/credentials", "{home}/dot files/aws")],
            "dot files/aws",
        ),
        (
            &[
                (".aws/credentials", "one"),
                (".aws/one", "../dot files/two"),
                ("dot files/two", "{home}/dot files/deep/three"),
                ("dot files/deep/three", "../aws"),
            ],
            "dot files/aws",
        ),
        (&[(".aws", "dot files")], "dot files/credentials"),
        (
            &[(".aws", "dot files"), ("dot files/credentials", "deep/aws")],
            "dot files/deep/aws",
        ),
    ];
    for (links, end) in table {
        for before in [None, Some(OLD)] {
            let (world, mfa) = with_key_in_config();
            fs::create_dir_all(world.path("dot files/deep")).unwrap();
            fs::create_dir_all(world.path("other/.aws")).unwrap();
            if links[0].0 == ".aws" {
                fs::rename(world.config_path(), world.path("dot files/config")).unwrap();
                fs::remove_dir(world.path(".aws")).unwrap();
            }
            let home = world.path("");
            for (link, says) in links {
                let says = says.replace("{home}/", home.to_str().unwrap());
                symlink(says, world.path(link)).unwrap();
            }
            let end = world.path(end);
            if let Some(before) = before {
                fs::write(&end, before).unwrap();
            }
            for _ in 0..2 {
                let code = world.aws.code(&mfa.serial);
                world.run(["--token-code", &code]).succeeded();
                signed_in(&world, &end, before.unwrap_or_default());
                assert!(!end.is_symlink(), "{links:?}");
                assert_eq!(mode(&end), 0o600);
            }
            for (link, _) in links {
                assert!(world.path(link).is_symlink(), "{link} of {links:?}");
            }
            // The lock is where everybody who comes by another way finds it, too.
            let lock = end.with_file_name(format!(
                "{}.lock",
                end.file_name().unwrap().to_str().unwrap()
            ));
            assert!(lock.is_file(), "{lock:?}");
        }
    }
}

#[test]
fn a_link_that_leads_nowhere_is_refused_before_a_code_is_spent() {
    for (says, reason) in [
        ("../not-mounted/aws", "a directory that does not exist"),
        ("credentials", "lead in a circle"),
        ("config/aws", "cannot be reached"),
        ("..", "this is a directory"),
    ] {
        let (world, mfa) = with_key_in_config();
        symlink(says, world.credentials_path()).unwrap();
        let before = world.names();
        let run = world.run(["--token-code", &world.aws.code(&mfa.serial)]);
        run.failed(7, reason).said(".aws/credentials");
        assert_eq!(world.codes_sent(), Vec::<String>::new(), "{says}");
        assert_eq!(world.names(), before, "{says}");
        assert_eq!(
            fs::read_link(world.credentials_path()).unwrap(),
            Path::new(says)
        );
        assert!(!world.path("not-mounted").exists());
    }
}

#[test]
fn a_directory_that_is_a_link_to_nowhere_is_told_before_a_code_is_asked_for() {
    for (link, says) in [
        (".aws/awsmfa", "../not-mounted/awsmfa"),
        (".aws", "not-mounted"),
    ] {
        let (mut world, _) = with_key_in_config();
        let config = world.path("config");
        fs::copy(world.config_path(), &config).unwrap();
        world.set("AWS_CONFIG_FILE", config.to_str().unwrap());
        if link == ".aws" {
            fs::remove_dir_all(world.path(".aws")).unwrap();
        }
        symlink(says, world.path(link)).unwrap();
        let run = world.run(NOTHING);
        run.failed(7, "a symbolic link to a directory that does not exist")
            .said(&format!("at: {}\n", world.path(link).display()))
            .said("next: mount or create ");
        assert!(!world.path("not-mounted").exists());
    }
}

#[test]
fn a_mode_is_kept_or_tightened_whatever_the_umask() {
    for (before, after) in [
        (0o600, 0o600),
        (0o700, 0o700),
        (0o640, 0o600),
        (0o644, 0o600),
        (0o666, 0o600),
        (0o604, 0o600),
    ] {
        for umask in ["000", "022", "077", "177"] {
            let (world, mfa) = with_key_in_config();
            world.write_credentials(OLD);
            set_mode(&world.credentials_path(), before);
            let script = format!("umask {umask}; exec \"$@\"");
            let code = world.aws.code(&mfa.serial);
            world.run_in(&script, ["-t", &code]).succeeded();
            assert_eq!(mode(&world.credentials_path()), after, "{before:o} {umask}");
            assert_eq!(mode(&world.path(".aws/credentials.lock")), 0o600);
        }
    }
}

#[test]
fn what_is_new_is_for_its_owner_alone_whatever_the_umask() {
    for umask in ["000", "022", "077"] {
        let mut world = World::new();
        let (_, key, mfa) = world.default_user("alice");
        fs::remove_dir_all(world.path(".aws")).unwrap();
        world.set("AWS_ACCESS_KEY_ID", &key.id);
        world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
        let script = format!("umask {umask}; exec \"$@\"");
        let code = world.aws.code(&mfa.serial);
        world.run_in(&script, ["-t", &code]).succeeded();
        signed_in(&world, &world.credentials_path(), "");
        for (path, expected) in [
            (".aws", 0o700),
            (".aws/credentials", 0o600),
            (".aws/credentials.lock", 0o600),
        ] {
            assert_eq!(mode(&world.path(path)), expected, "{path} {umask}");
        }
        assert_eq!(world.names(), ["credentials", "credentials.lock"]);
    }
}

/// Only the superuser can write a file that is somebody else's; for anybody else there is nothing
/// to keep.
#[test]
fn the_superuser_leaves_the_owner_as_it_was() {
    let (world, mfa) = with_key_in_config();
    world.write_credentials(OLD);
    let (file, lock) = (
        world.credentials_path(),
        world.path(".aws/credentials.lock"),
    );
    if chown(&file, Some(12_345), Some(23_456)).is_err() {
        not_tested("only root can give a file away");
        return;
    }
    chown(world.path(".aws"), Some(12_345), Some(23_456)).unwrap();
    let code = world.aws.code(&mfa.serial);
    world.run(["--token-code", &code]).succeeded();
    signed_in(&world, &file, OLD);
    for path in [file, lock] {
        let owner = fs::metadata(&path).unwrap();
        assert_eq!((owner.uid(), owner.gid()), (12_345, 23_456), "{path:?}");
    }
}

#[test]
fn a_home_may_have_any_name() {
    for name in [
        "two words",
        "ホーム/家",
        "a'b\"c",
        "$HOME",
        "-rf",
        "%7E#;",
        "new\nline",
    ] {
        let mut world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        let home = world.path(name);
        fs::create_dir_all(&home).unwrap();
        fs::rename(world.path(".aws"), home.join(".aws")).unwrap();
        world.set("HOME", home.to_str().unwrap());
        let code = world.aws.code(&mfa.serial);
        world.run(["--token-code", &code]).succeeded();
        signed_in(&world, &home.join(".aws/credentials"), "[default]\n");
    }
}

#[test]
fn the_file_may_be_elsewhere() {
    for (value, place) in [
        ("{home}/else where/keys.ini", "else where/keys.ini"),
        ("~/else where/keys.ini", "else where/keys.ini"),
        ("else where/keys.ini", "else where/keys.ini"),
        ("./keys", "keys"),
        ("keys", "keys"),
        ("~/new/deep/keys", "new/deep/keys"),
    ] {
        let (mut world, mfa) = with_key_in_config();
        fs::create_dir(world.path("else where")).unwrap();
        let home = world
            .path("")
            .to_str()
            .unwrap()
            .trim_end_matches('/')
            .to_owned();
        world.set(
            "AWS_SHARED_CREDENTIALS_FILE",
            &value.replace("{home}", &home),
        );
        for _ in 0..2 {
            let code = world.aws.code(&mfa.serial);
            world.run(["--token-code", &code]).succeeded();
        }
        signed_in(&world, &world.path(place), "");
        assert_eq!(world.names(), ["config"], "{value}");
    }
}

/// The temporary file must be on the file's own file system, not where temporary files usually are.
#[test]
#[cfg(target_os = "linux")]
fn the_file_may_be_on_another_file_system_than_temporary_files() {
    let (mut world, mfa) = with_key_in_config();
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    assert_ne!(
        device(other.path()),
        device(&world.path("")),
        "/dev/shm is a file system of its own"
    );
    symlink(other.path().join("keys"), world.credentials_path()).unwrap();
    fs::create_dir(world.path("tmp")).unwrap();
    world.set("TMPDIR", world.path("tmp").to_str().unwrap());
    let code = world.aws.code(&mfa.serial);
    world.run(["--token-code", &code]).succeeded();
    signed_in(&world, &other.path().join("keys"), "");
    assert_eq!(names(other.path()), ["keys", "keys.lock"]);
    assert!(names(&world.path("tmp")).is_empty());
}

/// `AWS_CONFIG_FILE=/dev/null` is how scripts say that there is no config file.
#[test]
fn the_null_device_is_an_empty_file_to_read_and_none_to_write() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.set("AWS_CONFIG_FILE", "/dev/null");
    let code = world.aws.code(&mfa.serial);
    world.run(["--token-code", &code]).succeeded();
    assert!(world.issued_to("default-mfa").is_some());

    fs::rename(world.credentials_path(), world.config_path()).unwrap();
    world.unset("AWS_CONFIG_FILE");
    world.set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    let sent = world.codes_sent();
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["--token-code", &code]);
    run.failed(7, "not a regular file").said("/dev/null");
    assert_eq!(world.codes_sent(), sent);
}

/// A path that can only be a directory's would fail when the new file gets its name: too late.
#[test]
fn a_path_that_names_a_directory_is_refused_before_a_code_is_spent() {
    for (value, reason) in [
        ("keys/", "names a directory"),
        ("{home}/keys//", "names a directory"),
        ("new/.", "names a directory"),
        (".", "this is a directory"),
        ("..", "this is a directory"),
        ("/", "this is a directory"),
        (".aws", "this is a directory"),
        (".aws/config/", "cannot be reached"),
    ] {
        let (mut world, mfa) = with_key_in_config();
        let home = world.path("");
        let value = value.replace("{home}/", home.to_str().unwrap());
        world.set("AWS_SHARED_CREDENTIALS_FILE", &value);
        let before = names(&home);
        let run = world.run(["--token-code", &world.aws.code(&mfa.serial)]);
        assert_eq!(
            world.aws.count("GetSessionToken"),
            0,
            "{value}: {}",
            run.stderr
        );
        run.failed(7, reason).said(&value);
        assert_eq!(names(&home), before, "{value}");
    }
    let (world, mfa) = with_key_in_config();
    symlink("kept/", world.credentials_path()).unwrap();
    let run = world.run(["--token-code", &world.aws.code(&mfa.serial)]);
    assert_eq!(world.aws.count("GetSessionToken"), 0, "{}", run.stderr);
    run.failed(7, "names a directory").said(" -> ");
}

#[test]
fn one_file_may_be_both_the_config_and_the_credentials() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let before = world.credentials() + "[profile dev]\nsource_profile = default\nregion = x\n";
    world.write_credentials(&before);
    let path = world.credentials_path();
    world.set("AWS_CONFIG_FILE", path.to_str().unwrap());
    for _ in 0..2 {
        let code = world.aws.code(&mfa.serial);
        world.run(["--token-code", &code]).succeeded();
        signed_in(&world, &path, &before);
    }
}
