//! Every rule of the store, each on a directory of its own. What needs a process of its own (a lock
//! holder that dies, a run that is killed, a file-size limit, another user) runs this test binary
//! again, with [`in_a_process_of_its_own`] as the one test.

#![expect(
    clippy::disallowed_methods,
    reason = "these tests prepare files, and pass a scenario to a child in its environment"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

#[cfg(unix)]
mod links;
#[cfg(unix)]
mod rights;
mod stamps;

const WAIT: Duration = Duration::from_secs(30);

fn voice() -> Ui {
    Ui::into_sink(crate::ui::Manner::default(), Box::new(io::sink()))
}

fn locked(path: &Path) -> Locked {
    lease(path).unwrap().read().unwrap()
}

fn lease(path: &Path) -> Result<Lease> {
    lock(path, WAIT, &mut |_| {})
}

fn rehearsed(path: &Path, room: usize) -> Result<()> {
    lease(path)?.rehearse(room)
}

fn refused(path: &Path) -> Failure {
    lock(path, Duration::ZERO, &mut |_| {})
        .and_then(Lease::read)
        .unwrap_err()
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("credentials");
    (home, file)
}

fn home_with(contents: &[u8]) -> (TempDir, PathBuf) {
    let (home, file) = home();
    fs::write(&file, contents).unwrap();
    (home, file)
}

/// This test binary again, to play one scenario of [`in_a_process_of_its_own`].
fn another_process(scenario: &str, file: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "store::tests::in_a_process_of_its_own"])
        .args(["--ignored", "--nocapture", "--quiet"])
        .env("STORE_SCENARIO", scenario)
        .env("STORE_FILE", file)
        .stdout(Stdio::null());
    command
}

/// Waits for a sign of a child that is somewhere on its way.
fn until(mut seen: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !seen() {
        assert!(begin.elapsed() < WAIT, "waited in vain");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
#[ignore = "the other half of the tests that start it"]
fn in_a_process_of_its_own() {
    let file = PathBuf::from(std::env::var_os("STORE_FILE").unwrap());
    match std::env::var("STORE_SCENARIO").unwrap().as_str() {
        "hold" => {
            let _locked = locked(&file);
            fs::write(file.with_extension("held"), "").unwrap();
            thread::sleep(WAIT);
        }
        "commit for ever" => {
            for round in 0_u32.. {
                locked(&file).commit(&version(round), &voice()).unwrap();
            }
        }
        "too large" => {
            for failure in [
                rehearsed(&file, 2 << 20).unwrap_err(),
                locked(&file)
                    .commit(&vec![b'n'; 2 << 20], &voice())
                    .unwrap_err(),
            ] {
                assert!(failure.cause().unwrap().contains("too large"), "{failure}");
                assert!(failure.advice()[0].contains("ulimit"), "{failure:?}");
            }
        }
        "full disk" => {
            for failure in [
                rehearsed(&file, 2 << 20).unwrap_err(),
                locked(&file)
                    .commit(&vec![b'n'; 2 << 20], &voice())
                    .unwrap_err(),
            ] {
                assert!(failure.advice()[0].contains("free some space"), "{failure}");
            }
            assert_eq!(fs::read(&file).unwrap(), b"old");
            assert_eq!(
                names(file.parent().unwrap()),
                ["credentials", "credentials.lock"]
            );
        }
        "read-only directory" => {
            let failure = refused(&file);
            assert_eq!(failure.kind(), Kind::File);
            assert!(failure.cause().unwrap().contains("ermission"), "{failure}");
        }
        "rehearse and commit are refused" => {
            rehearsed(&file, 0).unwrap_err();
            let locked = locked(&file);
            assert!(locked.contents().is_some());
            let failure = locked.commit(b"new", &voice()).unwrap_err();
            assert_eq!(failure.kind(), Kind::File);
        }
        "unreadable" => {
            assert_eq!(read(&file).unwrap_err().kind(), Kind::File);
            assert_eq!(refused(&file).kind(), Kind::File);
        }
        other => panic!("no scenario {other}"),
    }
}

/// Complete when its last byte repeats its first; long enough for several writes.
fn version(round: u32) -> Vec<u8> {
    let mark = b'a' + u8::try_from(round % 26).unwrap();
    vec![mark; 100_000]
}

#[test]
fn what_is_committed_is_read_back_and_nothing_else_stays() {
    let (home, file) = home();
    assert!(read(&file).unwrap().is_none());
    rehearsed(&file, 100).unwrap();
    assert_eq!(names(home.path()), ["credentials.lock"]);
    let first = locked(&file);
    assert_eq!(first.contents(), None);
    first.commit(b"one\r\n\xff", &voice()).unwrap();

    rehearsed(&file, 100).unwrap();
    let second = locked(&file);
    assert_eq!(second.contents(), Some(b"one\r\n\xff".as_slice()));
    second.commit(b"", &voice()).unwrap();
    assert_eq!(read(&file).unwrap().unwrap().as_slice(), b"");
    assert_eq!(names(home.path()), ["credentials", "credentials.lock"]);
}

#[test]
fn looking_leaves_no_trace() {
    let (home, file) = home_with(b"old");
    assert_eq!(read(&file).unwrap().unwrap().as_slice(), b"old");
    assert_eq!(names(home.path()), ["credentials"]);
}

#[test]
fn a_lock_that_is_dropped_changes_nothing() {
    let (_home, file) = home_with(b"old");
    drop(locked(&file));
    drop(locked(&file));
    assert_eq!(fs::read(&file).unwrap(), b"old");
}

#[test]
fn debug_does_not_show_the_contents() {
    let (_home, file) = home_with(b"hunter2");
    let debug = format!("{:?}", locked(&file));
    assert!(debug.contains("credentials"), "{debug}");
    assert!(
        !debug.contains("hunter2") && !debug.contains("104, 117"),
        "{debug}"
    );
}

#[test]
fn what_is_no_regular_file_is_refused_and_gets_no_lock_file() {
    let (home, file) = home();
    fs::create_dir(&file).unwrap();
    for failure in [read(&file).unwrap_err(), refused(&file)] {
        assert_eq!(failure.kind(), Kind::File);
        assert_eq!(failure.what(), "this is a directory, not a file");
        assert_eq!(failure.place(), file.to_str());
    }
    assert_eq!(names(home.path()), ["credentials"]);
    assert_eq!(
        read(Path::new("/")).unwrap_err().what(),
        "this is a directory, not a file"
    );
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read_and_never_written() {
    let (_home, file) = home();
    let sparse = fs::File::create(&file).unwrap();
    sparse.set_len(100_000_000).unwrap();
    for failure in [read(&file).unwrap_err(), refused(&file)] {
        assert!(failure.what().contains("larger than 64 MiB"), "{failure}");
    }
    sparse.set_len(3).unwrap();
    rehearsed(&file, LARGEST).unwrap_err();
    let locked = locked(&file);
    let failure = locked.commit(&vec![0; LARGEST + 1], &voice()).unwrap_err();
    assert!(failure.what().contains("larger than 64 MiB"), "{failure}");
    assert_eq!(read(&file).unwrap().unwrap().len(), 3);
}

#[test]
fn a_file_under_a_file_is_an_error_and_not_a_missing_file() {
    let (_home, file) = home_with(b"old");
    let below = file.join("credentials");
    for failure in [read(&below).unwrap_err(), refused(&below)] {
        assert_eq!(failure.kind(), Kind::File);
    }
}

#[test]
fn leftovers_of_killed_runs_are_cleared_and_nothing_else_is() {
    let (home, file) = home_with(b"old");
    fs::write(home.path().join(".credentials.awsmfa-Xy12zA"), "half").unwrap();
    let others = [
        ".config.awsmfa-Xy12zA",
        ".credentials.awsmfa-",
        ".credentials.awsmfa-Xy12zA.bak",
        ".credentials.awsmfa-notes.",
        "credentials.awsmfa-Xy12zA",
    ];
    for name in others {
        fs::write(home.path().join(name), "not ours").unwrap();
    }
    fs::create_dir(home.path().join(".credentials.awsmfa-folder")).unwrap();
    drop(locked(&file));
    let left = names(home.path());
    assert!(!left.contains(&".credentials.awsmfa-Xy12zA".to_owned()));
    assert_eq!(left.len(), others.len() + 3, "{left:?}");
}

#[test]
fn a_change_by_somebody_who_does_not_lock_is_not_overwritten() {
    let change = |how: &dyn Fn(&Path)| {
        let (home, file) = home_with(b"old");
        let locked = locked(&file);
        how(&file);
        let failure = locked.commit(b"ours", &voice()).unwrap_err();
        assert!(failure.what().contains("another program"), "{failure}");
        assert_ne!(fs::read(&file).ok().as_deref(), Some(b"ours".as_slice()));
        assert!(names(home.path()).iter().all(|name| !name.starts_with('.')));
    };
    change(&|file| fs::write(file, "longer").unwrap());
    change(&|file| fs::remove_file(file).unwrap());
    change(&|file| {
        let other = file.with_extension("theirs");
        fs::write(&other, "new").unwrap();
        fs::rename(other, file).unwrap();
    });

    let (_home, file) = home();
    let locked = locked(&file);
    fs::write(&file, "first").unwrap();
    locked.commit(b"ours", &voice()).unwrap_err();
    assert_eq!(fs::read(&file).unwrap(), b"first");
}

#[test]
fn missing_directories_are_created() {
    let (home, _) = home();
    let file = home.path().join("a").join(".aws").join("credentials");
    assert!(read(&file).unwrap().is_none());
    assert!(!home.path().join("a").exists(), "reading creates nothing");
    locked(&file).commit(b"new", &voice()).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"new");
}

#[test]
fn two_hundred_racing_updates_lose_none() {
    let (_home, file) = home_with(b"0");
    let update = || {
        for _ in 0..100 {
            let locked = locked(&file);
            let text = std::str::from_utf8(locked.contents().unwrap()).unwrap();
            let next = text.parse::<u32>().unwrap() + 1;
            locked
                .commit(next.to_string().as_bytes(), &voice())
                .unwrap();
        }
    };
    thread::scope(|scope| {
        scope.spawn(update);
        scope.spawn(update);
    });
    assert_eq!(fs::read(&file).unwrap(), b"200");
}

#[test]
fn a_wait_that_ends_in_time_succeeds_and_tells_nobody() {
    let (_home, file) = home_with(b"old");
    let held = Mutex::new(Some(locked(&file)));
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(50));
            held.lock()
                .unwrap()
                .take()
                .unwrap()
                .commit(b"theirs", &voice())
                .unwrap();
        });
        let ours = lock(&file, WAIT, &mut |holder| panic!("told of {holder}"))
            .and_then(Lease::read)
            .unwrap();
        assert_eq!(ours.contents(), Some(b"theirs".as_slice()));
    });
}

fn holder(file: &Path) -> Child {
    let child = another_process("hold", file).spawn().unwrap();
    until(|| file.with_extension("held").exists());
    child
}

#[test]
fn whoever_waits_is_told_who_holds_the_lock_until_the_holder_dies() {
    let (_home, file) = home_with(b"old");
    let mut child = holder(&file);

    assert!(try_lock(&file).unwrap().is_none());
    let mut told = Vec::new();
    let failure = lock(&file, Duration::from_millis(800), &mut |holder| {
        told.push(holder.clone());
    })
    .unwrap_err();
    assert_eq!(failure.kind(), Kind::File);
    let named = format!("process {} (awsmfa-", child.id());
    assert!(failure.what().starts_with(&named), "{failure}");
    assert!(failure.what().ends_with("after 0.8 s"), "{failure}");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].to_string().starts_with(&named), "{told:?}");

    child.kill().unwrap();
    child.wait().unwrap();
    let left_behind = fs::read_to_string(file.with_extension("lock")).unwrap();
    assert!(left_behind.starts_with(&child.id().to_string()));
    let locked = try_lock(&file).unwrap().unwrap().read().unwrap();
    let text = fs::read_to_string(file.with_extension("lock")).unwrap();
    assert!(
        text.starts_with(&format!("{} ", std::process::id())),
        "{text}"
    );
    locked.commit(b"new", &voice()).unwrap();
    assert_eq!(fs::read(file.with_extension("lock")).unwrap(), b"");
}

#[test]
fn a_killed_run_leaves_the_old_file_or_the_new_one_and_the_next_run_clears_up() {
    let (home, file) = home_with(&version(0));
    let mut unfinished = 0;
    for round in 0..100_u64 {
        let modified = || fs::metadata(&file).unwrap().modified().unwrap();
        let before = modified();
        let mut child = another_process("commit for ever", &file).spawn().unwrap();
        until(|| modified() != before);
        // Spread over about two rounds of its loop, in steps no timer rounds away.
        let spin = Instant::now();
        while spin.elapsed() < Duration::from_micros(round * 17) {}
        child.kill().unwrap();
        child.wait().unwrap();

        let bytes = fs::read(&file).unwrap();
        assert_eq!(bytes.len(), 100_000, "round {round}");
        assert!(bytes.iter().all(|byte| *byte == bytes[0]), "round {round}");
        unfinished += usize::from(names(home.path()).len() > 2);
        drop(locked(&file));
        assert_eq!(names(home.path()), ["credentials", "credentials.lock"]);
    }
    assert!(unfinished > 0, "no kill came between two steps");
}
