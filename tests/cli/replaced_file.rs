//! The moment in which the new file takes the old one's place: what others write at that moment, what
//! of the old file the new one has, and a disk that fails right after it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::local_aws::{Mfa, Preset};
use crate::world::{Run, World, names, not_tested};

fn world() -> (World, Mfa) {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let _ = user.policy(Preset::SelfService);
    (world, mfa)
}

/// Runs under `strace` with this fault; none where there is no `strace`.
fn with_fault(world: &World, fault: &str, arguments: &[&str]) -> Option<Run> {
    let script = format!("exec strace -f -qq -o /dev/null {fault} \"$@\"");
    let run = world.run_in(&script, arguments);
    if run.stderr.contains("strace") {
        not_tested(&run.stderr);
        return None;
    }
    Some(run)
}

/// How another program writes a file that holds these bytes.
type Writer = fn(&Path, &[u8]);

const LINE: &[u8] = b"\n[theirs]\nregion = eu-west-1\n";

/// Writes as soon as the new file is complete, and has had time to come as far as its rename.
fn write_before_the_rename(directory: PathBuf, writer: Writer) {
    write_once_there(directory, "awsmfa_source", writer);
}

/// The same for a new file that is known by this text.
fn write_once_there(directory: PathBuf, part: &str, writer: Writer) {
    let is_complete = |name: &String| {
        let text = fs::read_to_string(directory.join(name)).unwrap_or_default();
        name.starts_with(".credentials.awsmfa-") && text.contains(part)
    };
    while !names(&directory).iter().any(is_complete) {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(400));
    let file = directory.join("credentials");
    let mut bytes = fs::read(&file).unwrap_or_default();
    bytes.extend_from_slice(LINE);
    writer(&file, &bytes);
}

#[test]
#[cfg(target_os = "linux")]
fn a_write_right_before_the_rename_is_kept_where_strace_can_delay_it() {
    const DELAY: &str = "-e inject=?rename,?renameat,renameat2:delay_enter=1200000";

    let in_place: Writer = |file, bytes| fs::write(file, bytes).unwrap();
    let by_rename: Writer = |file, bytes| {
        let other = file.with_extension("theirs");
        fs::write(&other, bytes).unwrap();
        fs::rename(other, file).unwrap();
    };
    let appended: Writer = |file, _| {
        let mut file = fs::File::options().append(true).open(file).unwrap();
        file.write_all(LINE).unwrap();
    };
    // In the way back, too: the file that comes out then is the later one.
    let twice: Writer = |file, bytes| {
        fs::write(file, bytes).unwrap();
        thread::sleep(Duration::from_millis(1200));
        let other = file.with_extension("theirs");
        fs::write(&other, [bytes, b"more = 1\n"].concat()).unwrap();
        fs::rename(other, file).unwrap();
    };
    for (writer, is_new) in [
        (in_place, false),
        (twice, false),
        (by_rename, false),
        (appended, false),
        (in_place, true),
        (by_rename, true),
    ] {
        let (mut world, mfa) = world();
        if is_new {
            let value = |key| world.value("default", key).unwrap();
            let [id, secret] = ["aws_access_key_id", "aws_secret_access_key"].map(value);
            world.set("AWS_ACCESS_KEY_ID", &id);
            world.set("AWS_SECRET_ACCESS_KEY", &secret);
            fs::remove_file(world.credentials_path()).unwrap();
        }
        let directory = world.path(".aws");
        let code = world.aws.code(&mfa.serial);
        let other = thread::spawn(move || write_before_the_rename(directory, writer));
        let Some(run) = with_fault(&world, DELAY, &["--to", "made", "-t", &code]) else {
            return;
        };
        other.join().unwrap();
        run.succeeded();
        assert!(world.issued_to("made").is_some());
        assert_eq!(world.value("theirs", "region").unwrap(), "eu-west-1");
        let more = world.value("theirs", "more");
        assert_eq!(more.is_some(), std::ptr::fn_addr_eq(writer, twice));
        assert_eq!(world.names(), ["credentials", "credentials.lock"]);
    }
}

/// Signing out does it again with what the other program has written.
#[test]
#[cfg(target_os = "linux")]
fn signing_out_keeps_what_was_written_meanwhile_where_strace_can_delay_it() {
    let (world, mfa) = world();
    world.sign_in(&mfa, [""; 0]).succeeded();
    let directory = world.path(".aws");
    let in_place: Writer = |file, bytes| fs::write(file, bytes).unwrap();
    let other = thread::spawn(move || write_once_there(directory, "[default]", in_place));
    let delay = "-e inject=?rename,?renameat,renameat2:delay_enter=1200000";
    let Some(run) = with_fault(&world, delay, &["logout"]) else {
        return;
    };
    other.join().unwrap();
    run.succeeded();
    assert_eq!(world.value("theirs", "region").unwrap(), "eu-west-1");
    assert!(!world.credentials().contains("default-mfa"));
}

/// The new file is there, and that is what is said.
#[test]
#[cfg(target_os = "linux")]
fn a_directory_that_cannot_be_synced_is_no_write_that_failed_where_strace_can_inject_it() {
    let (world, mfa) = world();
    let directory = world.path(".aws");
    let directory = directory.to_str().unwrap();
    let fault = format!("-P {directory} -P {directory}/awsmfa -e inject=fsync:error=EIO");
    let code = world.aws.code(&mfa.serial);
    world.write_config(
        "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/Dev\nsource_profile = default\n",
    );
    let runs: [&[&str]; 4] = [
        &["-t", &code],
        &["login", "--wire", "-p", "dev", "--yes"],
        &["key", "rotate", "--yes"],
        &["logout"],
    ];
    for arguments in runs {
        let Some(run) = with_fault(&world, &fault, arguments) else {
            return;
        };
        let run = run.succeeded_for(&arguments.join(" "));
        run.said("warning: ").said("perhaps not on the disk yet: ");
    }
    assert_eq!(world.codes_sent(), [code]);
    assert!(world.value("default-mfa", "aws_access_key_id").is_none());
}

#[test]
fn another_name_of_the_file_keeps_the_old_contents_and_that_is_said_once() {
    let (world, mfa) = world();
    let other = world.path("backup");
    fs::hard_link(world.credentials_path(), &other).unwrap();
    let before = world.credentials_bytes();
    let said = "warning: another hard link to ";
    world.sign_in(&mfa, ["--to", "made"]).succeeded().said(said);
    assert_eq!(fs::read(&other).unwrap(), before);
    let run = world.run(["logout", "--all"]).succeeded();
    assert!(!run.stderr.contains(said), "{}", run.stderr);
}

/// An access list (acl(5)) as the kernel has it: the version, and each entry's tag, rights and id.
#[cfg(target_os = "linux")]
fn access_list(group_and_others: u16) -> Vec<u8> {
    let entries: [(u16, u16, u32); 5] = [
        (0x01, 6, u32::MAX),
        (0x02, 4, 4711),
        (0x04, group_and_others, u32::MAX),
        (0x10, 4, u32::MAX),
        (0x20, group_and_others, u32::MAX),
    ];
    let entry = |(tag, rights, id): (u16, u16, u32)| {
        let [tag, rights] = [tag, rights].map(u16::to_le_bytes);
        [&tag[..], &rights, &id.to_le_bytes()].concat()
    };
    let entries = entries.into_iter().flat_map(entry);
    2_u32.to_le_bytes().into_iter().chain(entries).collect()
}

/// The rights of the file's group and of all others go, as they do from a mode.
#[test]
#[cfg(target_os = "linux")]
fn attributes_and_the_rights_of_named_users_are_kept() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};

    let (world, mfa) = world();
    let file = world.credentials_path();
    let lists = "system.posix_acl_access";
    let given = [
        ("user.mine", b"1\0\xff".to_vec(), b"1\0\xff".to_vec()),
        ("user.empty", Vec::new(), Vec::new()),
        (lists, access_list(4), access_list(0)),
    ];
    for (name, value, _) in &given {
        if let Err(error) = setxattr(&file, *name, value, XattrFlags::empty()) {
            return not_tested(&format!("no attributes here: {error}"));
        }
    }
    for _ in 0..2 {
        world.sign_in(&mfa, ["--to", "made", "--force"]).succeeded();
        for (name, _, expected) in &given {
            let mut found = vec![0; 1000];
            let length = getxattr(&file, *name, &mut found).unwrap();
            assert_eq!(&found[..length], expected, "{name}");
        }
    }
    assert!(world.issued_to("made").is_some());
}
