//! No room for the new file: a file-size limit, a full disk, no inodes. Found by the rehearsal, before
//! a code is spent; and where the room goes after that, the old file is all that is left, untouched.

#[cfg(target_os = "linux")]
use std::fs;

use crate::local_aws::Mfa;
use crate::world::World;
#[cfg(target_os = "linux")]
use crate::world::{Run, names, not_tested};

/// A file of this many bytes, the long-term key in it.
fn with_file_of(bytes: usize) -> (World, Mfa) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let mut file = world.credentials();
    while file.len() < bytes {
        let line = (bytes - file.len()).min(64);
        file += &format!("{:#<1$}\n", "", line - 1);
    }
    assert_eq!(file.len(), bytes);
    world.write_credentials(file);
    (world, mfa)
}

#[test]
fn a_file_size_limit_is_found_before_a_code_is_spent() {
    // The size of the file, and the limit in blocks of 512 bytes.
    for (size, limit) in [
        (40_000, 8),
        // The old file fits, the new one does not.
        (4096, 8),
        (4000, 8),
        (1000, 2),
        (1000, 0),
    ] {
        let (world, mfa) = with_file_of(size);
        let before = world.credentials_bytes();
        let script = format!("ulimit -f {limit}; exec \"$@\"");
        let code = world.aws.code(&mfa.serial);
        let run = world.run_in(&script, ["--token-code", &code]);
        let run = run.failed(7, "the new file cannot be written");
        run.said(".aws/credentials").said("ulimit -f");
        assert_eq!(world.codes_sent().len(), 0, "{size} {limit}");
        assert!(world.credentials_bytes() == before, "{size} {limit}");
        assert_eq!(world.names(), ["credentials", "credentials.lock"]);
        // The code is still good once there is room.
        world.run(["--token-code", &code]).succeeded();
    }
}

#[test]
fn a_limit_with_room_enough_stops_nobody() {
    let (world, mfa) = with_file_of(4096);
    let code = world.aws.code(&mfa.serial);
    let script = "ulimit -f 24; exec \"$@\"";
    world.run_in(script, ["--token-code", &code]).succeeded();
}

/// Runs with `.aws` on a small disk of its own, as `mount` makes it out of the directory's present
/// contents; what is on it in the end is in `after`. None where mounting is not allowed.
#[cfg(target_os = "linux")]
fn on_a_disk(world: &World, options: &str, arguments: &[&str]) -> Option<Run> {
    const NOT_ALLOWED: i32 = 77;

    let inside = format!(
        "mv .aws kept && mkdir .aws after && mount -t tmpfs -o {options} none .aws \
         || exit {NOT_ALLOWED}; cp kept/* .aws && touch .aws/credentials.lock || exit 78; \
         \"$@\"; code=$?; rm -f .aws/filler; cp -a .aws/. after || exit 79; exit $code"
    );
    let script = format!("exec unshare --user --map-root-user --mount sh -c '{inside}' sh \"$@\"");
    let run = world.run_in(&script, arguments);
    if run.code == NOT_ALLOWED || run.stderr.starts_with("unshare") {
        not_tested("this machine allows no mounts of one's own");
        return None;
    }
    Some(run)
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_found_before_a_code_is_spent_where_mounts_are_allowed() {
    for (options, reason) in [
        ("size=64k", "the new file cannot be written"),
        // The root, the file, its lock, and nothing for a temporary file.
        (
            "size=1m,nr_inodes=3",
            "no file can be created in this directory",
        ),
    ] {
        let (world, mfa) = with_file_of(50_000);
        let before = world.credentials_bytes();
        let code = world.aws.code(&mfa.serial);
        let Some(run) = on_a_disk(&world, options, &["--token-code", &code]) else {
            return;
        };
        let run = run.failed(7, reason);
        run.said("No space left")
            .said("free some space on that disk");
        assert_eq!(world.codes_sent().len(), 0, "{options}");
        let after = world.path("after");
        assert!(fs::read(after.join("credentials")).unwrap() == before);
        assert_eq!(names(&after), ["credentials", "credentials.lock"]);
    }
}

/// Something else takes the last room while the key is being fetched.
#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fills_up_after_the_rehearsal_leaves_the_old_file_where_mounts_are_allowed() {
    let (world, mfa) = with_file_of(50_000);
    let before = world.credentials_bytes();
    let value = |key| world.value("default", key).unwrap();
    let document = format!(
        "{{\"Version\": 1, \"AccessKeyId\": \"{}\", \"SecretAccessKey\": \"{}\"}}",
        value("aws_access_key_id"),
        value("aws_secret_access_key")
    );
    fs::write(
        world.path("fetch"),
        format!("cat /dev/zero >.aws/filler 2>/dev/null\necho '{document}'\n"),
    )
    .unwrap();
    world.write_config("[profile vault]\ncredential_process = sh fetch\n");
    let code = world.aws.code(&mfa.serial);
    let Some(run) = on_a_disk(&world, "size=256k", &["-p", "vault", "-t", &code]) else {
        return;
    };
    let run = run.failed(7, "the new file cannot be written");
    run.said("No space left").said("this one is used up");
    assert_eq!(world.codes_sent().len(), 1);
    let after = world.path("after");
    assert!(fs::read(after.join("credentials")).unwrap() == before);
    assert_eq!(names(&after), ["config", "credentials", "credentials.lock"]);
}

/// That a code was made could not be written down, so it is not sent.
#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fills_up_while_a_code_is_made_costs_no_code_where_mounts_are_allowed() {
    let (world, mfa) = with_file_of(50_000);
    let before = world.credentials_bytes();
    let code = world.aws.code(&mfa.serial);
    fs::write(
        world.path("fetch"),
        format!("cat /dev/zero >.aws/filler 2>/dev/null\necho {code}\n"),
    )
    .unwrap();
    world.write_config("[default]\nmfa_process = sh fetch\n");
    let Some(run) = on_a_disk(&world, "size=256k", &[]) else {
        return;
    };
    run.failed(7, "the new file cannot be written")
        .said("No space left");
    assert_eq!(world.codes_sent().len(), 0);
    assert!(fs::read(world.path("after").join("credentials")).unwrap() == before);
}
