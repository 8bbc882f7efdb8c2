//! The programs: this one, the AWS CLI, and those that profiles name. None of them is run.

use std::ffi::OsStr;

use super::finding::{Check, Finding};
use crate::child;
use crate::context::{Context, Env};
use crate::failure::Kind;
use crate::profile::{File, Files};

/// The settings that hold a command line.
const SETTINGS: [&str; 2] = ["mfa_process", "credential_process"];

pub(super) fn examine(context: &Context, files: &Files) -> Vec<Finding> {
    let env = &context.env;
    let version = concat!("awsmfa ", env!("CARGO_PKG_VERSION"));
    let mut found = vec![Finding::ok(Check::Awsmfa, version), aws_cli(env)];
    for file in [&files.credentials, &files.config] {
        found.extend(commands(file, env));
    }
    found
}

fn aws_cli(env: &Env) -> Finding {
    match child::find(OsStr::new("aws"), env) {
        Ok(program) => {
            Finding::ok(Check::AwsCli, "the AWS CLI is there").at(program.path().display())
        }
        Err(_) => Finding::note(
            Check::AwsCli,
            "there is no AWS CLI (`aws`), which awsmfa does not need",
        )
        .at("PATH"),
    }
}

fn commands(file: &File, env: &Env) -> Vec<Finding> {
    let profiles = file.document.profiles();
    let settings = profiles.flat_map(|profile| {
        SETTINGS.into_iter().filter_map(move |setting| {
            let value = profile
                .get(setting)
                .filter(|value| !value.text.is_empty())?;
            Some((profile.name(), setting, value.line, value.text))
        })
    });
    let told = settings.map(|(profile, setting, line, command)| {
        let finding = command_of(profile, setting, &command, env);
        finding.at(format!("{}:{line}", file.path.display()))
    });
    told.collect()
}

/// The command line may have a secret among its arguments: only the program's name is shown, and
/// only where it is one beyond doubt.
fn command_of(profile: &str, setting: &str, command: &str, env: &Env) -> Finding {
    let Some(program) = program(command) else {
        let what = format!("the {setting} of profile `{profile}` is for a shell to understand");
        return Finding::note(Check::Command, what);
    };
    match child::find(OsStr::new(program), env) {
        Ok(_) => {
            let what = format!("`{program}`, the {setting} of profile `{profile}`, is there");
            Finding::ok(Check::Command, what)
        }
        Err(failure) => {
            let why = match failure.kind() {
                Kind::NotFound => "was not found",
                _ => "cannot be run",
            };
            let what = format!("`{program}`, the {setting} of profile `{profile}`, {why}");
            Finding::problem(Check::Command, what)
                .next("install it, or give its full path in that line")
        }
    }
}

/// The program that the line starts, if it starts with the plain name of one. Assignments,
/// expansions and what only a shell knows are not.
fn program(command: &str) -> Option<&str> {
    let command = command.trim_start();
    let word = match command.chars().next()? {
        quote @ ('"' | '\'') => command[1..].split(quote).next(),
        _ => command.split_whitespace().next(),
    }?;
    const BUILT_IN: [&str; 13] = [
        ".", ":", "[", "cd", "command", "echo", "eval", "exec", "if", "printf", "set", "test",
        "while",
    ];
    let plain = |character: char| character.is_alphanumeric() || "/\\._-+@: ".contains(character);
    (!word.is_empty() && word.chars().all(plain) && !BUILT_IN.contains(&word)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_first_word_unless_a_shell_is_needed_to_tell() {
        for (command, expected) in [
            ("ykman oath accounts code", Some("ykman")),
            ("  /opt/bin/tool x", Some("/opt/bin/tool")),
            ("\"/opt/my tools/x\" y", Some("/opt/my tools/x")),
            ("'a b'", Some("a b")),
            (r"C:\tools\x.exe", Some(r"C:\tools\x.exe")),
            ("X=1 tool", None),
            ("$HOME/bin/tool", None),
            ("~/bin/tool", None),
            ("`which tool`", None),
            ("cat<file", None),
            ("(a; b)", None),
            ("echo 123456", None),
            ("", None),
            ("\"\"", None),
        ] {
            assert_eq!(program(command), expected, "{command}");
        }
    }
}
