//! Files in a directory that everyone can write to, such as `/tmp`: what another user has put there
//! is neither read nor written.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::PathBuf;

use crate::local_aws::Mfa;
use crate::world::{World, names, not_tested};

/// Another user, and the user who signs in where that is not the superuser.
const OTHER: u32 = 4711;
const USER: u32 = 4712;

/// A world with the credentials file in a directory with this mode, named in the environment. None
/// where the tests do not run as root: only root makes files of other users.
fn world(mode: u32) -> Option<(World, Mfa, PathBuf)> {
    if !rustix::process::geteuid().is_root() {
        not_tested("only root can make another user's files");
        return None;
    }
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let shared = world.path("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(mode)).unwrap();
    let file = shared.join("credentials");
    world.set("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap());
    // Reached by every user, as `/tmp` is.
    fs::set_permissions(world.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    Some((world, mfa, file))
}

/// What is in the way, made in the place of the credentials file.
type Plant = fn(&World, &PathBuf);

const PLANTS: [(&str, Plant); 5] = [
    ("a file", |world, file| {
        fs::write(file, world.credentials()).unwrap();
        chown(file, Some(OTHER), None).unwrap();
    }),
    ("a link", |world, file| {
        fs::write(world.path("elsewhere"), world.credentials()).unwrap();
        symlink(world.path("elsewhere"), file).unwrap();
        lchown(file, Some(OTHER), None).unwrap();
    }),
    ("a link to a link", |world, file| {
        let own = world.path("own");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("credentials"), world.credentials()).unwrap();
        let between = file.with_file_name("between");
        symlink(own, &between).unwrap();
        lchown(&between, Some(OTHER), None).unwrap();
        symlink("between/credentials", file).unwrap();
    }),
    ("a dangling link", |_, file| {
        symlink("nowhere", file).unwrap();
        lchown(file, Some(OTHER), None).unwrap();
    }),
    ("a lock file", |world, file| {
        fs::write(file, world.credentials()).unwrap();
        let lock = file.with_extension("lock");
        fs::write(&lock, "").unwrap();
        chown(lock, Some(OTHER), None).unwrap();
    }),
];

#[test]
fn what_another_user_has_put_there_is_refused_before_a_code_is_spent() {
    for uid in [0, USER] {
        for (what, plant) in PLANTS {
            let Some((world, mfa, file)) = world(0o1777) else {
                return;
            };
            plant(&world, &file);
            let before = fs::read(&file).ok();
            let code = world.aws.code(&mfa.serial);
            let run = world.run_in(
                &format!("exec setpriv --reuid {uid} --regid {uid} --clear-groups \"$@\""),
                ["-t", &code],
            );
            let run = run.failed(7, "another user");
            run.said("shared").said("next: ");
            assert!(world.codes_sent().is_empty(), "{what}");
            assert_eq!(fs::read(&file).ok(), before, "{what}");
            assert!(!file.with_file_name("nowhere").exists(), "{what}");
            // For looking only, it is no better: a config file has commands in it.
            if what != "a lock file" {
                world.run(["status"]).failed(7, "another user");
            }
        }
    }
}

/// The directories that lead there are no different.
#[test]
fn a_directory_that_another_user_has_made_there_is_refused() {
    let Some((mut world, mfa, _)) = world(0o1777) else {
        return;
    };
    let theirs = world.path("shared/aws");
    for link in [false, true] {
        if link {
            fs::remove_dir_all(&theirs).unwrap();
            symlink(world.path(".aws"), &theirs).unwrap();
        } else {
            fs::create_dir(&theirs).unwrap();
            fs::write(theirs.join("credentials"), world.credentials()).unwrap();
        }
        lchown(&theirs, Some(OTHER), None).unwrap();
        let file = theirs.join("credentials");
        world.set("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap());
        let code = world.aws.code(&mfa.serial);
        world
            .run(["-t", &code])
            .failed(7, "another user")
            .said("shared/aws");
        assert!(world.codes_sent().is_empty());
        if !link {
            assert_eq!(names(&theirs), ["credentials"]);
        }
    }
}

/// Files and links of this user's own, or of the directory's owner, are used there as anywhere; and
/// in a directory that is not for everyone, those of others are.
#[test]
fn nothing_else_is_refused() {
    // The directory's mode, its owner, and the owner of the file and of the link to it.
    for (mode, directory, owner) in [
        (0o1777, 0, 0),
        (0o1777, OTHER, OTHER),
        (0o700, OTHER, OTHER),
        (0o700, 0, OTHER),
    ] {
        let Some((mut world, mfa, file)) = world(mode) else {
            return;
        };
        fs::write(&file, world.credentials()).unwrap();
        let link = file.with_file_name("link");
        symlink("credentials", &link).unwrap();
        lchown(&link, Some(owner), None).unwrap();
        lchown(&file, Some(owner), None).unwrap();
        chown(file.parent().unwrap(), Some(directory), None).unwrap();
        world.set("AWS_SHARED_CREDENTIALS_FILE", link.to_str().unwrap());
        let case = format!("{mode:o} {directory} {owner}");
        let code = world.aws.code(&mfa.serial);
        world.run(["-t", &code]).succeeded_for(&case);
        let found = fs::metadata(&file).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::uid(&found), owner, "{case}");
    }
}
