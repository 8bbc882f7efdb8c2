//! What is no code, wherever it comes from, is neither sent nor shown.

use crate::bad_input::{ready, refused};
use crate::told::Told;

#[test]
fn a_code_of_the_wrong_shape_never_reaches_aws() {
    let shape = "the MFA code is not six digits";
    for code in [
        "12345",
        "1234567",
        "",
        " ",
        "12-456",
        "1e5000",
        "+12345",
        "12345\n",
        "１２３４５",
        "१२३४५६",
        "123456\u{0301}",
        "0x1234",
        "123456789012345678901234567890",
    ] {
        for flag in ["--token-code", "-t"] {
            let world = ready();
            let argument = format!("{flag}={code}");
            let run = world.run([argument.as_str()]);
            assert_eq!(run.code, 2, "{code:?}: {}", run.stderr);
            assert!(run.stderr.contains(shape), "{code:?}: {}", run.stderr);
            assert!(
                code.trim().is_empty() || !run.stderr.contains(code),
                "{}",
                run.stderr
            );
            assert_eq!(world.aws.connections(), 0);
        }
    }
}

#[test]
fn a_word_in_the_code_s_place_is_neither_sent_nor_shown() {
    let world = ready();
    for word in ["hunter2", "--", "12345a"] {
        let run = world.run([word]);
        if word == "--" {
            assert_eq!(run.code, 4, "{}", run.stderr);
            continue;
        }
        Told(
            2,
            "neither a command nor six digits",
            "CODE",
            "awsmfa --help",
        )
        .assert(run.code, &run.stderr);
        assert!(!run.stderr.contains(word), "{}", run.stderr);
    }
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn a_code_of_the_wrong_shape_elsewhere_is_told_by_where_it_came_from() {
    let mut world = ready();
    for line in ["12345", "abc", "123456 789012", "\u{feff}12345"] {
        let run = world.run_with_stdin(["-"], &format!("{line}\n"));
        Told(
            4,
            "the MFA code is not six digits",
            "standard input",
            "give the code alone in the first line",
        )
        .assert(run.code, &run.stderr);
    }
    let run = world.run_with_stdin(["-"], &"1".repeat(100_000));
    Told(
        4,
        "the MFA code is not six digits",
        "standard input",
        "first line",
    )
    .assert(run.code, &run.stderr);
    let run = world.run_with_stdin(["-"], "");
    Told(
        4,
        "there is no MFA code on standard input",
        "standard input",
        "leave out `-`",
    )
    .assert(run.code, &run.stderr);
    world.set("AWSMFA_TOKEN_CODE", "hunter2");
    refused(
        &world,
        &[],
        Told(
            4,
            "the MFA code is not six digits",
            "AWSMFA_TOKEN_CODE",
            "unset AWSMFA_TOKEN_CODE",
        ),
    );
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn digits_of_an_input_method_and_a_blank_in_the_middle_are_a_code() {
    for spelled in ["{} {}", "{}\u{3000}{}", "full"] {
        let world = ready();
        let code = world.aws.code("arn:aws:iam::123456789012:mfa/alice");
        let given = match spelled {
            "full" => code
                .chars()
                .map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10).unwrap())
                .collect(),
            spelled => spelled
                .replacen("{}", &code[..3], 1)
                .replacen("{}", &code[3..], 1),
        };
        world.run([given]).succeeded();
        assert_eq!(world.codes_sent(), [code]);
    }
}
