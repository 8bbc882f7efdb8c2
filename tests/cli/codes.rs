//! Where a code comes from, and what is no code.

use crate::local_aws::{Mfa, Preset};
#[cfg(unix)]
use crate::pty::Stream;
use crate::world::{NOTHING, World, section};

/// A user whose device is configured, so that nothing but the code is left to be found.
fn ready() -> (World, Mfa) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    (world, mfa)
}

fn mfa_process(world: &World, mfa: &Mfa, command: &str) {
    world.write_config(format!(
        "[default]\nmfa_serial = {}\nmfa_process = {command}\n",
        mfa.serial
    ));
}

#[test]
fn a_code_on_the_command_line_in_every_form() {
    for form in [
        &["WHOLE"][..],
        &["login", "WHOLE"],
        &["HEAD TAIL"],
        &["HEAD", "TAIL"],
        &["login", "HEAD", "TAIL"],
        &["HEAD-TAIL"],
        &["-t", "WHOLE"],
        &["-tWHOLE"],
        &["-t", "HEAD TAIL"],
        &["--token-code", "WHOLE"],
        &["--token-code=WHOLE"],
        &["login", "--token-code", "WHOLE"],
        &["-q", "WHOLE", "-p", "default"],
    ] {
        let (world, mfa) = ready();
        let code = world.aws.code(&mfa.serial);
        let arguments = form.iter().map(|argument| {
            argument
                .replace("WHOLE", &code)
                .replace("HEAD", &code[..3])
                .replace("TAIL", &code[3..])
        });
        world.run(arguments).succeeded();
        assert_eq!(world.codes_sent(), [code], "{form:?}");
    }
}

#[test]
fn a_code_from_standard_input() {
    for (arguments, around) in [
        (&["-"][..], ("", "\n")),
        (&["--token-code", "-"], ("", "")),
        (&["-t", "-"], ("  ", " \r\n")),
        (&["login", "-"], ("", "\nand more that is not read\n")),
        (&["-"], ("\u{feff}", "\r\n")),
    ] {
        let (world, mfa) = ready();
        let code = world.aws.code(&mfa.serial);
        let typed = format!("{}{code}{}", around.0, around.1);
        world.run_with_stdin(arguments, &typed).succeeded();
        assert_eq!(world.codes_sent(), [code], "{arguments:?}");
    }
}

#[test]
fn the_command_line_beats_the_environment_beats_the_command_of_the_profile() {
    let (mut world, mfa) = ready();
    mfa_process(&world, &mfa, "echo 000001");
    world.set("AWSMFA_TOKEN_CODE", "000002");
    let refused = |arguments: &[&str], stdin: &str| {
        world
            .run_with_stdin(arguments, stdin)
            .failed(4, "did not accept the code");
        world.codes_sent().pop().unwrap()
    };
    assert_eq!(refused(&["-"], "000003"), "000003");
    assert_eq!(refused(&["-t", "000004"], "000003"), "000004");
    assert_eq!(refused(&["000005"], ""), "000005");
    assert_eq!(refused(&[], "000003"), "000002");
    world.set("AWSMFA_TOKEN_CODE", "");
    world.run(NOTHING).failed(4, "did not accept the code");
    assert_eq!(world.codes_sent().pop().unwrap(), "000001");
}

#[test]
fn a_code_from_the_environment() {
    let (mut world, mfa) = ready();
    let code = world.aws.code(&mfa.serial);
    world.set("AWSMFA_TOKEN_CODE", &format!(" {code}"));
    world.run(NOTHING).succeeded();
    assert_eq!(world.codes_sent(), [code]);
}

#[cfg(unix)]
#[test]
fn a_code_from_a_command_of_the_profile() {
    for (form, profile) in [
        ("echo CODE", "default"),
        ("printf 'AWS:alice   CODE\\n'", "default"),
        ("echo touch the key >&2; echo CODE", "default"),
        ("echo CODE", "work"),
    ] {
        let (world, mfa) = ready();
        let code = world.aws.code(&mfa.serial);
        let role = world.aws.role("Admin");
        let trust = crate::local_aws::Trust::new("*").mfa();
        let role = role.trusts(trust);
        // What makes the code belongs to the device, wherever on the way it is configured.
        world.write_config(format!(
            "[default]\nmfa_serial = {}\nmfa_process = {}\n\
             [profile work]\nrole_arn = {}\nsource_profile = default\n",
            mfa.serial,
            form.replace("CODE", &code),
            role.arn
        ));
        world.run(["-p", profile]).succeeded();
        assert_eq!(world.codes_sent(), [code], "{form}");
    }
}

#[cfg(unix)]
#[test]
fn a_command_that_gives_no_code_spends_nothing() {
    for (command, told) in [
        ("true", "printed nothing"),
        ("echo 12345", "printed no six-digit code"),
        ("echo 111111 222222", "printed more than one six-digit code"),
        ("echo 111111; exit 3", "ended with exit status 3"),
        ("no-such-program-anywhere", "the shell did not find it"),
        ("echo 111111; sleep 60", "took longer than 1 s"),
        ("yes 111111", "printed more than 64 KiB"),
    ] {
        let (world, mfa) = ready();
        mfa_process(&world, &mfa, command);
        let run = world.run(["--timeout", "1s"]).failed(4, told);
        run.said(&format!("at: {}:3", world.config_path().display()));
        assert!(!run.stderr.contains("111111"), "{}", run.stderr);
        assert_eq!(world.codes_sent(), NOTHING);
        assert_eq!(world.value("default-mfa", "expiration"), None);
    }
}

const NO_CODES: [&str; 12] = [
    "12345",
    "1234567",
    "12345a",
    "123  456",
    "12 34 56",
    "+12345",
    "0x1234",
    "123,456",
    "hunter2",
    "123456;",
    "１２３４５",
    "１２３４５６７",
];

#[test]
fn what_is_no_code_never_reaches_aws() {
    let (mut world, _) = ready();
    let before = world.credentials();
    for text in NO_CODES.into_iter().chain(["", " "]) {
        let run = world.run(["--token-code", text]);
        run.failed(2, "not six digits").said("at: --token-code");
        world.run([text]).failed(2, "six digits");
        if !text.trim().is_empty() {
            world.set("AWSMFA_TOKEN_CODE", text);
            let run = world.run(NOTHING);
            run.failed(4, "not six digits")
                .said("at: AWSMFA_TOKEN_CODE");
            world.unset("AWSMFA_TOKEN_CODE");
        }
        let run = world.run_with_stdin(["-"], text);
        run.failed(4, "MFA code").said("at: standard input");
    }
    assert_eq!(world.aws.log().len(), 0);
    assert_eq!(world.credentials(), before);
}

#[test]
fn what_was_given_for_a_code_is_not_quoted() {
    let (mut world, _) = ready();
    let password = "correct-horse-battery";
    world.plant(password);
    world.plant("8675309");
    for text in [password, "8675309"] {
        world.run([text]).failed(2, "six digits");
        world.run(["-t", text]).failed(2, "six digits");
        world.run_with_stdin(["-"], text).failed(4, "six digits");
        world.set("AWSMFA_TOKEN_CODE", text);
        world.run(["-v"]).failed(4, "six digits");
        world.unset("AWSMFA_TOKEN_CODE");
    }
}

#[test]
fn a_code_is_given_once_or_not_at_all() {
    let (world, _) = ready();
    for arguments in [
        &["123456", "-t", "123456"][..],
        &["-t", "123456", "-t", "654321"],
        &["12", "34", "56"],
        &["-t", "123", "456"],
        &["-t"],
        &["-", "123456"],
        &["123456", "login"],
        &["-t", "123456", "login"],
    ] {
        world.run(arguments).failed(2, "");
    }
    assert_eq!(world.aws.log().len(), 0);
}

#[test]
fn without_a_code_and_a_terminal_every_other_way_is_named() {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    world.write_credentials(section("default", &world.key(&user)));
    world.virtual_mfa(&user);
    world
        .run(NOTHING)
        .failed(4, "there is no terminal to ask for it")
        .said("--token-code")
        .said("AWSMFA_TOKEN_CODE")
        .said("mfa_process");
    assert_eq!(world.aws.log().len(), 0, "it was known before");
}

#[cfg(unix)]
#[test]
fn the_prompt_is_on_the_terminal_whatever_the_streams_are() {
    let (world, mfa) = ready();
    let mut session = world
        .terminal(["--output", "json"])
        .stdin(Stream::Pipe(b"000000\n".to_vec()))
        .stdout(Stream::pipe())
        .stderr(Stream::pipe())
        .start();
    let prompt = format!("MFA code for {} (profile default): ", mfa.serial);
    session.expect(&prompt);
    let code = world.aws.code(&mfa.serial);
    session.send_line(&format!("{} {}", &code[..3], &code[3..]));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(
        finished.shown,
        format!("{prompt}{} {}\n", &code[..3], &code[3..])
    );
    assert!(
        !finished.stderr.contains("MFA code for"),
        "{}",
        finished.stderr
    );
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["action"], "renewed");
    assert_eq!(world.codes_sent(), [code]);
}

#[cfg(unix)]
#[test]
fn what_is_typed_and_is_no_code_is_asked_for_again_and_never_sent() {
    let (world, mfa) = ready();
    let mut session = world.terminal(NOTHING).start();
    for text in ["12345", "hunter2"] {
        session.expect("(profile default): ");
        session.send_line(text);
        session.expect("a code is the six digits that the MFA device shows now");
    }
    session.expect("(profile default): ");
    let code = world.aws.code(&mfa.serial);
    session.send_line(&code);
    assert_eq!(world.finish(session).code, 0);
    assert_eq!(world.codes_sent(), [code]);

    let mut session = world.terminal(["--force"]).start();
    for text in ["1234567"; 3] {
        session.expect("(profile default): ");
        session.send_line(text);
    }
    session.expect("error: no six-digit code was typed");
    assert_eq!(world.finish(session).code, 4);
    assert_eq!(world.codes_sent().len(), 1);
}
