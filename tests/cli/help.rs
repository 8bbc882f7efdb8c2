//! The interface in words: the help of every command, the manual page.
//!
//! `help.txt` holds the whole help tree, so that a change of the interface shows in review. After
//! a wanted change `SNAPSHOTS=overwrite cargo test --test cli help` writes it anew.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::world::{Run, World};

/// The help is wrapped to the terminal, so the snapshot needs one width.
fn world() -> World {
    let mut world = World::new();
    world.set("COLUMNS", "100");
    world
}

/// Every command, as words after `awsmfa`, found in the help of the one above it.
fn commands(world: &World, above: &[&str]) -> Vec<Vec<String>> {
    let help = world.run(above.iter().chain(&["--help"])).succeeded();
    let mut all = vec![above.iter().map(|word| (*word).to_owned()).collect()];
    let listed = help.stdout.lines().skip_while(|line| *line != "Commands:");
    let listed = listed.skip(1).take_while(|line| line.starts_with("  "));
    // Deeper lines continue a description.
    let first = listed.filter(|line| !line.starts_with("   "));
    for name in first.filter_map(|line| line.split_whitespace().next()) {
        if name != "help" {
            let below: Vec<&str> = above.iter().copied().chain([name]).collect();
            all.extend(commands(world, &below));
        }
    }
    all
}

#[test]
fn the_help_of_every_command_is_as_reviewed() {
    let world = world();
    let commands = commands(&world, &[]);
    assert!(commands.len() >= 4, "{commands:?}");
    let mut asked = vec![vec!["-h".to_owned()]];
    asked.extend(commands.into_iter().map(|mut words| {
        words.push("--help".to_owned());
        words
    }));
    let mut tree = String::new();
    for words in asked {
        let Run { stdout, stderr, .. } = world.run(&words).succeeded();
        assert_eq!(stderr, "");
        let stdout = stdout.replace("awsmfa.exe", "awsmfa");
        tree += &format!("$ awsmfa {}\n{stdout}\n", words.join(" "));
    }
    snapbox::assert_data_eq!(tree, snapbox::file!["help.txt"].raw());
}

#[test]
fn help_and_version_need_no_home_and_no_files() {
    let mut world = world();
    world.set("HOME", "/nonexistent");
    world.set("AWS_CONFIG_FILE", "/nonexistent/config");
    let version = world.run(["--version"]).succeeded().stdout;
    assert_eq!(version, format!("awsmfa {}\n", env!("CARGO_PKG_VERSION")));
    for arguments in [&["--help"][..], &["help", "login"], &["login", "-h"]] {
        let run = world.run(arguments).succeeded();
        assert!(run.stdout.contains("Usage: awsmfa"), "{}", run.stdout);
    }
}

#[test]
fn no_line_of_the_help_is_wider_than_the_terminal() {
    let mut world = World::new();
    world.set("COLUMNS", "80");
    for arguments in [
        &["--help"][..],
        &["login", "--help"],
        &["exec", "--help"],
        &["env", "-h"],
        &["completions", "--help"],
        &["status", "--help"],
        &["mfa", "setup", "--help"],
    ] {
        let run = world.run(arguments).succeeded();
        // What is not wrapped by hand, such as the list of exit codes, is short enough.
        for line in run.stdout.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn the_error_for_a_mistyped_flag_says_which_one_was_meant() {
    let world = world();
    let run = world.run(["--profil", "x"]).failed(2, "'--profile'");
    assert_eq!(run.stdout, "");
    world
        .run(["man", "nothing"])
        .failed(2, "there is no command `nothing`");
}

#[test]
fn the_error_for_a_mistyped_command_says_which_one_was_meant() {
    let world = world();
    world.default_user("alice");
    for (arguments, meant) in [
        (&["logn"][..], "'login'"),
        (&["statu"], "'status'"),
        (&["-p", "default", "stauts"], "'status'"),
        (&["whoam", "-q"], "'whoami'"),
        (&["kye", "rotate"], "'key'"),
        (&["kye", "rotate", "--dry-run"], "'key'"),
        (&["log"], "'login', 'logout'"),
        (&["mfa", "craete"], "'create'"),
    ] {
        let run = world.run(arguments).failed(2, meant);
        assert_eq!(run.stdout, "");
        assert!(!run.stderr.contains("as a value"), "{}", run.stderr);
    }
    assert_eq!(world.aws.log().len(), 0);
    // A word that is no slip of a command may be anything.
    let run = world.run(["hunter2", "--dry-run"]).failed(2, "--dry-run");
    assert!(!run.stderr.contains("similar"), "{}", run.stderr);
}

#[test]
fn help_can_be_asked_about_help() {
    let world = world();
    for (arguments, same) in [
        (&["help", "--help"][..], &["help"][..]),
        (&["help", "-h"], &["help"]),
        (&["help", "mfa", "--help"], &["help", "mfa"]),
        (&["mfa", "help", "-h"], &["mfa", "help"]),
    ] {
        let help = world.run(same).succeeded().stdout;
        assert!(help.contains("Usage:"), "{help}");
        let asked = world.run(arguments).succeeded_for(&arguments.join(" "));
        assert_eq!((asked.stdout, asked.stderr), (help, String::new()));
    }
    world.run(["help", "nothing"]).failed(2, "'nothing'");
}

/// Runs a program with this on standard input; none if the program is not installed.
fn piped(program: &str, arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

#[test]
fn the_manual_page_is_one() {
    let world = world();
    let source = concat!("awsmfa ", env!("CARGO_PKG_VERSION"));
    for (arguments, title) in [
        (&["man"][..], "awsmfa"),
        (&["man", "login"], "awsmfa-login"),
        (&["man", "mfa", "setup"], "awsmfa-mfa-setup"),
    ] {
        let page = world.run(arguments).succeeded().stdout;
        assert!(
            page.contains(&format!("\n.TH {title} 1  \"{source}\" ")),
            "{page}"
        );
        for heading in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS"] {
            assert!(page.contains(heading), "{heading} in:\n{page}");
        }
        let formatters = [
            ("mandoc", &["-Tlint", "-Wwarning"][..]),
            ("groff", &["-man", "-Tutf8", "-wall", "-z"]),
        ];
        for (program, arguments) in formatters {
            match piped(program, arguments, &page) {
                Some(result) => assert_eq!(result, (true, String::new()), "{program}"),
                None => eprintln!("not checked, because it is not installed: {program}"),
            }
        }
    }
}
