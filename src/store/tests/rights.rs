//! Modes, owners, limits: what the operating system grants, and what it refuses.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;

use super::*;

const NOBODY: u32 = 65534;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Plays a scenario as a user whom permissions stop. The superuser becomes nobody for it and
/// gives them the directory.
fn without_privileges(scenario: &str, file: &Path) {
    let mut command = another_process(scenario, file);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
        let directory = file.parent().unwrap();
        for path in fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        std::os::unix::fs::chown(directory, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    assert!(command.status().unwrap().success(), "{scenario}");
}

#[test]
fn new_things_are_for_their_owner_alone() {
    let (home, _) = home();
    let directory = home.path().join("a/.aws");
    let file = directory.join("credentials");
    let locked = locked(&file);
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&home.path().join("a")), 0o700);
    assert_eq!(mode(&directory.join("credentials.lock")), 0o600);
    locked.commit(b"new", &voice()).unwrap();
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_mode_is_kept_or_tightened() {
    for (before, after) in [
        (0o600, 0o600),
        (0o700, 0o700),
        (0o644, 0o600),
        (0o660, 0o600),
        (0o777, 0o700),
        (0o6755, 0o700),
    ] {
        let (_home, file) = home_with(b"old");
        set_mode(&file, before);
        locked(&file).commit(b"new", &voice()).unwrap();
        assert_eq!(mode(&file), after, "{before:o}");
    }
}

#[test]
fn the_owner_and_the_group_are_kept() {
    if !is_root() {
        // Only the superuser can have a file of somebody else's in the first place.
        return;
    }
    let (_home, file) = home_with(b"old");
    std::os::unix::fs::chown(&file, Some(1234), Some(4321)).unwrap();
    locked(&file).commit(b"new", &voice()).unwrap();
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (1234, 4321));
}

#[test]
fn somebody_elses_file_is_not_taken_over() {
    if !is_root() {
        return;
    }
    let (home, file) = home_with(b"old");
    set_mode(&file, 0o666);
    std::os::unix::fs::chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let status = another_process("rehearse and commit are refused", &file)
        .uid(NOBODY)
        .gid(NOBODY)
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(names(home.path()), ["credentials", "credentials.lock"]);
}

#[test]
fn a_write_protected_file_is_refused_and_stays() {
    let (home, file) = home_with(b"old");
    set_mode(&file, 0o400);
    without_privileges("rehearse and commit are refused", &file);
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(mode(&file), 0o400);
    assert_eq!(names(home.path()), ["credentials", "credentials.lock"]);
}

#[test]
fn an_unreadable_file_is_an_error_and_not_an_empty_file() {
    let (_home, file) = home_with(b"old");
    set_mode(&file, 0o200);
    without_privileges("unreadable", &file);
}

#[test]
fn a_read_only_directory_is_refused_with_and_without_a_lock_file() {
    let (home, file) = home_with(b"old");
    set_mode(home.path(), 0o500);
    without_privileges("read-only directory", &file);
    set_mode(home.path(), 0o700);
    fs::write(home.path().join("credentials.lock"), "").unwrap();
    set_mode(home.path(), 0o500);
    without_privileges("rehearse and commit are refused", &file);
    set_mode(home.path(), 0o700);
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(names(home.path()), ["credentials", "credentials.lock"]);
}

#[test]
fn a_file_size_limit_is_an_error_and_does_not_kill() {
    let (home, file) = home_with(b"old");
    let child = another_process("too large", &file);
    let status = Command::new("sh")
        .args(["-c", "ulimit -f 1024; exec \"$0\" \"$@\""])
        .arg(child.get_program())
        .args(child.get_args())
        .envs(
            child
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(names(home.path()), ["credentials", "credentials.lock"]);
}

#[test]
fn a_pipe_or_a_device_is_refused_without_waiting_for_it() {
    let (home, _) = home();
    let pipe = home.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for path in [pipe.as_path(), Path::new("/dev/zero")] {
        for failure in [read(path).unwrap_err(), refused(path)] {
            assert_eq!(failure.what(), "this is not a regular file");
        }
    }
    assert_eq!(names(home.path()), ["pipe"]);
    let null = Path::new("/dev/null");
    assert!(read(null).unwrap().is_none());
    assert_eq!(refused(null).what(), "this is not a regular file");
}

/// Plays a scenario after `prepare` has mounted something over the home directory or the file, in
/// mounts that no other process sees. Where that is not allowed (containers, other systems than
/// Linux) there is nothing to test.
#[cfg(target_os = "linux")]
fn with_mounts(prepare: &str, scenario: &str, file: &Path) {
    const NOT_ALLOWED: i32 = 77;

    let child = another_process(scenario, file);
    let script = format!("({prepare}) || exit {NOT_ALLOWED}; exec \"$0\" \"$@\"");
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .arg(child.get_program())
        .args(child.get_args())
        .envs(
            child
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) if status.code() == Some(101) => panic!("{scenario} failed"),
        other => eprintln!("not tested, as mounting is not allowed here: {other:?}"),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_the_old_file_alone() {
    let (home, file) = home();
    let small_disk = format!(
        "mount -t tmpfs -o size=1m none '{}' && printf old > \"$STORE_FILE\"",
        home.path().display()
    );
    with_mounts(&small_disk, "full disk", &file);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_a_mount_is_refused_before_and_not_by_the_rename() {
    let (home, file) = home_with(b"old");
    let mount = "mount --bind \"$STORE_FILE\" \"$STORE_FILE\"";
    with_mounts(mount, "rehearse and commit are refused", &file);
    let left = names(home.path());
    assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
}

#[test]
fn another_file_of_the_same_size_and_time_is_a_change() {
    let (_home, file) = home_with(b"old");
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    let locked = locked(&file);
    let other = file.with_extension("theirs");
    fs::write(&other, "new").unwrap();
    let open = fs::File::options().write(true).open(&other).unwrap();
    open.set_modified(modified).unwrap();
    fs::rename(other, &file).unwrap();
    locked.commit(b"ours", &voice()).unwrap_err();
    assert_eq!(fs::read(&file).unwrap(), b"new");
}
