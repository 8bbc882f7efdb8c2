//! Each way a command can end, in both kinds of process group. What needs a terminal or a standard
//! input of its own runs this test binary again, with [`in_a_process_of_its_own`] as the one test.

use super::*;

/// Longer than any command here takes, unless it is meant to be ended.
const AMPLE: Duration = Duration::from_secs(30);

fn now(setting: Setting, line: &str) -> Result<Zeroizing<Vec<u8>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(run(setting, line, AMPLE))
}

fn output(line: &str) -> String {
    let output = now(Setting::MfaProcess, line).unwrap();
    String::from_utf8(output.to_vec()).unwrap()
}

fn failure(line: &str) -> Failure {
    now(Setting::MfaProcess, line).unwrap_err()
}

#[test]
fn the_platform_s_shell_runs_the_line() {
    assert_eq!(output("echo 123456").trim_end(), "123456");
    assert_eq!(output("echo 1&& echo 2").split_whitespace().count(), 2);
    assert_eq!(
        failure("exit 3").what(),
        "the mfa_process command ended with exit status 3"
    );
}

#[test]
fn the_setting_decides_whose_fault_it_is() {
    let failure = now(Setting::CredentialProcess, "exit 3").unwrap_err();
    assert_eq!(failure.kind(), Kind::Configuration);
    assert!(failure.what().starts_with("the credential_process command"));
    assert_eq!(self::failure("exit 3").kind(), Kind::Code);
}

#[test]
fn a_line_that_cannot_be_handed_over_cannot_be_started() {
    let failure = failure("echo \0");
    assert_eq!(failure.what(), "the mfa_process command cannot be started");
    assert!(failure.cause().is_some());
}

#[cfg(unix)]
mod unix {
    use std::io::Write;
    use std::path::Path;

    use rexpect::session::spawn_command;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);

    fn ended(group: Group, line: &str) -> Failure {
        let begin = Instant::now();
        let failure = run_in(
            group,
            Setting::MfaProcess,
            shell(line),
            None,
            SHORT,
            &Running::default(),
        )
        .unwrap_err();
        assert!(begin.elapsed() < AMPLE, "{line}");
        failure
    }

    #[test]
    fn standard_output_comes_back_byte_by_byte_and_standard_error_does_not() {
        for (line, expected) in [
            ("true", String::new()),
            ("printf '12 \"34\" 56'", "12 \"34\" 56".to_owned()),
            ("echo noise >&2; echo 123456", "123456\n".to_owned()),
            ("printf 123; sleep 0.2; printf 456", "123456".to_owned()),
            ("echo 123456; exec >&-; sleep 0.2", "123456\n".to_owned()),
            (
                "head -c 65536 /dev/zero | tr '\\0' x",
                "x".repeat(MOST_OUTPUT),
            ),
        ] {
            assert_eq!(output(line), expected, "{line}");
        }
    }

    #[test]
    fn each_bad_end_has_its_words() {
        for (line, kind, what) in [
            ("exit 1", Kind::Code, "ended with exit status 1"),
            (
                "echo 123456; exit 1",
                Kind::Code,
                "ended with exit status 1",
            ),
            (
                "no-such-program",
                Kind::Code,
                "ended with exit status 127: the shell did not find it",
            ),
            ("kill -9 $$", Kind::Code, "was killed by signal 9"),
            // A shell cannot take back that the signal is ignored, as it is for the children of a
            // job in the background.
            (
                "exec perl -e '$SIG{INT} = \"DEFAULT\"; kill \"INT\", $$; sleep 9'",
                Kind::Interrupted,
                "was interrupted",
            ),
            ("exit 130", Kind::Interrupted, "was interrupted"),
            (
                "yes",
                Kind::Code,
                "was ended because it printed more than 64 KiB",
            ),
            (
                "head -c 65537 /dev/zero",
                Kind::Code,
                "was ended because it printed more than 64 KiB",
            ),
        ] {
            let failure = failure(line);
            assert_eq!(failure.what(), format!("the mfa_process command {what}"));
            assert_eq!(failure.kind(), kind, "{line}");
        }
    }

    #[test]
    fn a_failure_quotes_neither_the_line_nor_the_output() {
        for line in ["echo hunter2; exit 1", "hunter2", "echo hunter2; sleep 60"] {
            let failure = ended(Group::Own, line);
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        }
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        for line in [
            "sleep 60",
            "echo 123456; sleep 60",
            "exec >&-; sleep 60",
            "trap '' TERM; while :; do sleep 0.1; done",
            "kill -STOP $$",
            "while :; do echo; sleep 0.02; done",
        ] {
            for group in [Group::Own, Group::Ours] {
                let failure = ended(group, line);
                assert_eq!(
                    failure.what(),
                    "the mfa_process command was ended because it took longer than 0.3 s",
                    "{line}"
                );
                assert_eq!(failure.kind(), Kind::Code);
            }
        }
    }

    #[test]
    fn a_command_may_tidy_up_before_it_is_killed() {
        for group in [Group::Own, Group::Ours] {
            let home = tempfile::tempdir().unwrap();
            let tidy = home.path().join("tidy");
            let tidy_up = format!("trap 'touch {}; exit' TERM", tidy.display());
            ended(group, &format!("{tidy_up}; while :; do sleep 0.01; done"));
            assert!(tidy.exists(), "{group:?}");
        }
    }

    /// Returns when nobody has the pipe open for writing any more.
    fn until_closed(pipe: &Path) {
        let begin = Instant::now();
        std::fs::read(pipe).unwrap();
        assert!(begin.elapsed() < AMPLE);
    }

    #[test]
    fn what_the_command_has_started_ends_with_it() {
        for group in [Group::Own, Group::Ours] {
            let home = tempfile::tempdir().unwrap();
            let pipe = home.path().join("pipe");
            let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
            assert!(made.success());
            let closed = thread::spawn({
                let pipe = pipe.clone();
                move || until_closed(&pipe)
            });
            let open_it = format!("exec 3> '{}'", pipe.display());
            ended(
                group,
                &format!("{open_it}; (trap '' TERM; sleep 60; sleep 60) & wait"),
            );
            closed.join().unwrap();
        }
    }

    #[test]
    fn what_runs_on_in_the_background_is_not_waited_for() {
        let begin = Instant::now();
        for line in [
            "sleep 5 & echo 123456",
            "(sleep 0.01; echo 123456; sleep 5) &",
        ] {
            assert_eq!(output(line), "123456\n", "{line}");
        }
        assert!(begin.elapsed() < Duration::from_secs(4));
    }

    fn another_process(scenario: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                &format!("process::tests::unix::{scenario}"),
                "--ignored",
            ])
            .args(["--nocapture", "--quiet"]);
        command
    }

    #[test]
    #[ignore = "the other half of the test below"]
    fn asks_on_the_terminal() {
        let line = "printf 'PIN: ' > /dev/tty; read pin < /dev/tty; echo \"<$pin>\"";
        println!("the command said {}", output(line));
    }

    #[test]
    fn with_a_terminal_the_command_can_ask_on_it() {
        let timeout = u64::try_from(AMPLE.as_millis()).unwrap();
        let mut terminal =
            spawn_command(another_process("asks_on_the_terminal"), Some(timeout)).unwrap();
        terminal.exp_string("PIN: ").unwrap();
        terminal.send_line("4711").unwrap();
        terminal.exp_string("the command said <4711>").unwrap();
    }

    #[test]
    #[ignore = "the other half of the test below"]
    fn reads_standard_input() {
        assert_eq!(output("read code; echo \"<$code>\""), "<123456>\n");
    }

    #[test]
    fn standard_input_is_the_command_s() {
        let mut child = another_process("reads_standard_input")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"123456\n").unwrap();
        assert!(child.wait().unwrap().success());
    }
}
