//! Characters that nobody sees, or that a terminal obeys, are shown escaped wherever they come from.

use crate::local_aws::Fault;
use crate::world::{World, section};

/// Zero-width, bidirectional, C1 and other characters without a shape.
const UNSEEN: [char; 16] = [
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{2060}',
    '\u{feff}',
    '\u{ad}',
    '\u{180e}',
    '\u{3164}',
    '\u{202e}',
    '\u{2066}',
    '\u{61c}',
    '\u{200f}',
    '\u{85}',
    '\u{9b}',
    '\u{e0041}',
    '\u{fff9}',
];

/// Nothing unseen is in what was printed, and `unseen` is there in its spelled form.
#[track_caller]
fn spelled_out(printed: &str, unseen: char, case: &str) {
    assert!(!printed.contains(UNSEEN), "{case}: {printed:?}");
    let spelled = unseen.escape_unicode().to_string();
    // A name with a control character is refused without being quoted, and U+0085 is a line break.
    let is_told = printed.contains(&spelled) || unseen.is_control();
    assert!(is_told, "{case}: {printed}");
}

#[test]
fn what_the_command_line_holds_is_spelled_out() {
    let world = World::new();
    world.default_user("alice");
    for unseen in UNSEEN {
        for argv in [
            &["--no-such@flag"][..],
            &["--profil@e", "x"],
            &["--timeout", "20@s"],
            &["--timeout=20s@\nerror: forged"],
            &["--output", "js@on"],
            &["stat@us"],
            &["status", "d@ev"],
            &["man", "st@tus"],
            &["mfa", "l@st"],
            &["-p", "de@fault"],
            &["exec", "l@s"],
            &["password", "create", "--user", "al@ice"],
        ] {
            let words = argv
                .iter()
                .map(|word| word.replace('@', &unseen.to_string()));
            let words: Vec<String> = words.collect();
            let run = world.run(&words);
            assert_ne!(run.code, 0, "{words:?}");
            let case = format!("{words:?}");
            spelled_out(&run.stderr, unseen, &case);
            assert!(!run.stderr.contains("\nerror: forged"), "{}", run.stderr);
        }
    }
}

#[test]
fn what_files_and_aws_hold_is_spelled_out() {
    for unseen in UNSEEN {
        let world = World::new();
        let (_, key, mfa) = world.default_user("alice");
        let name = format!("d{unseen}v");
        world.write_config(format!("[profile {name}]\nrole_arn = x\n"));
        world.write_credentials(section("default", &key) + &section("x", &key));
        let run = world.run(["-p", "x", "-p", &name, "123456"]);
        assert_ne!(run.code, 0);
        spelled_out(&run.stderr, unseen, "the config file");
        let message = format!("No{unseen}body has heard of this.");
        let fault = Fault::Error {
            status: 400,
            code: "SomethingNew",
            message: message.leak(),
        };
        world.aws.fault_always("GetSessionToken", fault);
        let code = world.aws.code(&mfa.serial);
        let run = world.run(["--serial-number", &mfa.serial, &code]);
        assert_eq!(run.code, 5, "{}", run.stderr);
        spelled_out(&run.stderr, unseen, "an answer of AWS's");
    }
}
