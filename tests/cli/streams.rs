//! Standard streams that are closed, broken or full.

use std::fs::File;
use std::process::Stdio;

use crate::local_aws::Mfa;
use crate::pty::Stream;
use crate::world::World;

fn user(world: &World) -> Mfa {
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    mfa
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[test]
fn a_document_that_nobody_reads_is_a_failure_after_the_fact() {
    let streams: [fn() -> Stream; 2] = [|| Stream::Broken, || Stream::File(full())];
    for (number, stream) in streams.into_iter().enumerate() {
        if number == 1 && !cfg!(target_os = "linux") {
            continue;
        }
        let world = World::new();
        let mfa = user(&world);
        let session = world
            .terminal(["--output", "json", &world.aws.code(&mfa.serial)])
            .stdin(Stream::Null)
            .stdout(stream())
            .stderr(Stream::pipe())
            .start();
        let finished = world.finish(session);
        assert_eq!(finished.code, 7, "{}", finished.stderr);
        assert!(
            finished
                .stderr
                .starts_with("error: the result could not be written\n"),
            "{}",
            finished.stderr
        );
        assert!(
            finished.stderr.contains("  at: standard output\n"),
            "{}",
            finished.stderr
        );
        // It happened, and a person has to know.
        assert!(
            finished
                .stderr
                .contains("  note: [default-mfa] is written all the same"),
            "{}",
            finished.stderr
        );
        assert!(world.issued_to("default-mfa").is_some());
    }
}

#[test]
fn a_closed_standard_output_matters_only_to_those_who_want_it() {
    let world = World::new();
    let mfa = user(&world);
    for arguments in [vec![], vec!["--output", "json"]] {
        world.aws.advance(30);
        let code = world.aws.code(&mfa.serial);
        let session = world
            .terminal(arguments.iter().copied().chain([code.as_str()]))
            .stdin(Stream::Null)
            .stdout(Stream::Closed)
            .stderr(Stream::pipe())
            .start();
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        assert!(world.issued_to("default-mfa").is_some());
    }
}

#[test]
fn standard_error_that_is_gone_changes_nothing() {
    let streams: [fn() -> Stream; 3] = [
        || Stream::Closed,
        || Stream::Broken,
        || match cfg!(target_os = "linux") {
            true => Stream::File(full()),
            false => Stream::Broken,
        },
    ];
    for stream in streams {
        let world = World::new();
        let mfa = user(&world);
        let finished = world.finish(
            world
                .terminal(["-v", "--output", "json", &world.aws.code(&mfa.serial)])
                .stdin(Stream::Null)
                .stdout(Stream::pipe())
                .stderr(stream())
                .start(),
        );
        assert_eq!(finished.code, 0);
        let document: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(document["section"], "default-mfa");
        // A failure keeps its exit code, too.
        let finished = world.finish(
            world
                .terminal(["-p", "nobody", "123456"])
                .stdin(Stream::Null)
                .stdout(Stream::pipe())
                .stderr(stream())
                .start(),
        );
        assert_eq!((finished.code, finished.stdout.as_str()), (3, ""));
    }
}

#[test]
fn everything_closed_at_once_still_signs_in() {
    let world = World::new();
    let mfa = user(&world);
    let session = world
        .terminal(["-v", &world.aws.code(&mfa.serial)])
        .stdin(Stream::Closed)
        .stdout(Stream::Closed)
        .stderr(Stream::Closed)
        .start();
    assert_eq!(world.finish(session).code, 0);
    assert!(world.issued_to("default-mfa").is_some());
    // Nothing of what was said has landed in the file that took a standard stream's number.
    assert!(
        !world.credentials().contains("trace:"),
        "{}",
        world.credentials()
    );
}

#[test]
fn a_code_on_a_closed_standard_input_is_no_code() {
    let world = World::new();
    user(&world);
    let before = world.files();
    for stream in [Stream::Closed, Stream::Null] {
        let session = world
            .terminal(["-"])
            .stdin(stream)
            .stderr(Stream::pipe())
            .start();
        let finished = world.finish(session);
        assert_eq!(finished.code, 4, "{}", finished.stderr);
        assert!(
            finished.stderr.contains("at: standard input"),
            "{}",
            finished.stderr
        );
        assert_eq!(world.files(), before);
    }
}

#[test]
fn what_a_pager_has_enough_of_ends_without_a_word() {
    let world = World::new();
    for arguments in [vec!["--help"], vec!["man"], vec!["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = world.command(&arguments);
        let output = command
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        world.search(&[&stderr]);
        assert_eq!(
            (output.status.code(), stderr.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_full_disk_has_not_taken_is_a_failure() {
    let world = World::new();
    for arguments in [
        vec!["--help"],
        vec!["--version"],
        vec!["man"],
        vec!["completions", "bash"],
    ] {
        let mut command = world.command(&arguments);
        let output = command
            .stdin(Stdio::null())
            .stdout(full())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        world.search(&[&stderr]);
        assert_eq!(output.status.code(), Some(7), "{arguments:?}: {stderr}");
        assert!(
            stderr.starts_with("error: the result could not be written"),
            "{stderr}"
        );
    }
}
