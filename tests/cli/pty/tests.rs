//! The harness itself, on children whose behaviour is known.

use super::*;

fn shell(script: &str) -> Launch {
    Launch::new("sh").args(["-c", script])
}

#[test]
fn a_child_asks_on_its_terminal_while_its_streams_are_pipes() {
    let mut session = shell(
        "printf 'code: ' >/dev/tty; read code </dev/tty; read line; \
         echo \"out $code $line\"; echo err >&2; exit 4",
    )
    .stdin(Stream::Pipe(b"piped\n".to_vec()))
    .stdout(Stream::pipe())
    .stderr(Stream::pipe())
    .start();
    session.expect("code: ");
    session.send_line("123456");
    let finished = session.finish();
    assert_eq!(finished.code, 4);
    assert_eq!(finished.shown, "code: 123456\n");
    assert_eq!(finished.stdout, "out 123456 piped\n");
    assert_eq!(finished.stderr, "err\n");
}

#[test]
fn ctrl_c_is_a_signal_and_ctrl_d_the_end_of_input() {
    // Tests run by a job in the background have the signal ignored, and a shell cannot undo that.
    let heard = "exec perl -e '$SIG{INT} = \"DEFAULT\"; $| = 1; print \"ready\"; sleep 9'";
    let mut session = shell(heard).start();
    session.expect("ready");
    session.ctrl_c();
    assert_eq!(session.finish().code, 130);

    let mut session = shell("echo ready; cat; echo done").start();
    session.expect("ready");
    session.ctrl_d();
    session.expect("done");
    assert_eq!(session.finish().code, 0);
}

#[test]
fn a_child_can_be_stopped_and_continued_by_its_shell() {
    let mut session =
        shell("set -m; sh -c 'echo ready; read a; echo got $a'; echo stopped; fg >/dev/null")
            .start();
    session.expect("ready");
    session.ctrl_z();
    session.expect("stopped");
    session.send_line("on");
    session.expect("got on");
    assert_eq!(session.finish().code, 0);
}

#[test]
fn the_environment_is_the_test_s_and_the_window_has_a_size() {
    let finished = shell("echo [$GREETING] [$HOME] $(stty size)")
        .size(10, 40)
        .configure(|command| {
            command.env_clear().env("GREETING", "こんにちは");
        })
        .start()
        .finish();
    assert_eq!(finished.shown, "[こんにちは] [] 10 40\n");
}

#[test]
fn a_stream_can_be_broken_or_closed() {
    for (stream, message) in [(Stream::Broken, "roken pipe"), (Stream::Closed, "Bad file")] {
        let finished = shell("trap '' PIPE; env printf x")
            .stdout(stream)
            .start()
            .finish();
        assert_ne!(finished.code, 0);
        assert!(finished.shown.contains(message), "{}", finished.shown);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_stream_can_be_a_full_disk_or_nothing() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let finished = shell("cat; env printf x")
        .stdin(Stream::Null)
        .stdout(Stream::File(full))
        .start()
        .finish();
    assert_ne!(finished.code, 0);
    assert!(
        finished.shown.contains("No space left"),
        "{}",
        finished.shown
    );
}

#[test]
#[should_panic(expected = "expected \"never\", shown so far:\nsomething")]
fn what_is_not_shown_is_a_panic_that_says_what_was() {
    shell("echo something").start().expect("never");
}
