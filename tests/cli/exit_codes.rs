//! The exit codes are part of the interface: README and `--help` list those of
//! `awsmfa::failure::Kind`, and each of them happens.

use std::collections::BTreeSet;

use awsmfa::failure::Kind;

use crate::local_aws::Preset;
use crate::world::{World, section};

fn documented() -> BTreeSet<u8> {
    Kind::ALL
        .iter()
        .map(|kind| kind.exit_code())
        .chain([0])
        .collect()
}

/// Code and meaning of every row.
fn rows<'t>(
    lines: impl Iterator<Item = &'t str>,
    split: impl Fn(&str) -> Option<(&str, &str)>,
) -> Vec<(u8, String)> {
    lines
        .map_while(|line| {
            let (code, meaning) = split(line)?;
            Some((code.trim().parse().ok()?, meaning.trim().to_owned()))
        })
        .collect()
}

#[test]
fn the_readme_and_the_help_list_the_same_codes_with_the_same_meanings() {
    let readme = include_str!("../../README.md");
    let (_, table) = readme
        .split_once("| code | means |\n| --- | --- |\n")
        .unwrap();
    let of_readme = rows(table.lines(), |line| line.trim_matches('|').split_once('|'));
    let codes: BTreeSet<u8> = of_readme.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, documented());

    let world = World::new();
    let help = world.run(["--help"]).succeeded().stdout;
    let (_, list) = help.split_once("Exit codes:\n").unwrap();
    let of_help = rows(list.lines(), |line| line.trim().split_once(' '));
    assert_eq!(of_help, of_readme);
}

/// One way to each; what is told on the way is the other files'. A fault in awsmfa itself has no
/// way to it, which is the point.
#[test]
fn every_code_but_that_of_a_fault_is_reached() {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    let serial = ["--serial-number", mfa.serial.as_str()];
    let run = |arguments: &[&str]| {
        let all = arguments.iter().chain(&serial).copied();
        i32::from(u8::try_from(world.run(all).code).unwrap())
    };
    let code = |kind: Kind| i32::from(kind.exit_code());
    assert_eq!(run(&[&world.aws.code(&mfa.serial)]), 0);
    assert_eq!(run(&["--no-such-flag"]), code(Kind::Usage));
    assert_eq!(run(&["-p", "nobody", "123456"]), code(Kind::Configuration));
    assert_eq!(run(&[&world.aws.wrong_code(&mfa.serial)]), code(Kind::Code));
    assert_eq!(run(&["exec", "no-such-program"]), code(Kind::NotFound));
    if cfg!(unix) {
        assert_eq!(run(&["exec", "./"]), code(Kind::CannotRun));
    }
    let nowhere = format!("http://{}", crate::impostor::closed_port());
    assert_eq!(
        run(&["--endpoint-url", &nowhere, "--timeout", "1s", "123456"]),
        code(Kind::Network)
    );
    let auditor = world.key(&world.aws.user("auditor").policy(Preset::Admin));
    world.write_credentials(world.credentials() + &section("auditor", &auditor));
    let report = world.run(["report", "--no-mfa", "-p", "auditor"]);
    assert_eq!(report.code, code(Kind::Findings));
    user.set_key_active(&key.id, false);
    assert_eq!(run(&["123456"]), code(Kind::Aws));
    world.write_credentials(b"\0");
    assert_eq!(run(&["123456"]), code(Kind::File));
}

#[test]
#[cfg(unix)]
fn an_interruption_is_130_as_a_shell_has_it() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let mut session = world.terminal(["--serial-number", &mfa.serial]).start();
    session.expect("MFA code for");
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, i32::from(Kind::Interrupted.exit_code()));
}
