//! Shells: which one is asking, and what it takes to set variables in it.
//!
//! [`guess`] says which shell started this process, [`Shell::assign`] and [`Shell::remove`] write
//! the lines that it is to evaluate ([`lines`]), [`Shell::word`] and [`Shell::setting`] what a
//! person types into it ([`typed`]). A value that a shell has no way to write down is
//! refused, never bent: half a token is worse than none.

mod lines;
mod parent;
mod typed;

use std::path::Path;

use clap::ValueEnum;

use crate::context::Env;
use crate::failure::{Failure, Kind, Result};

/// For whom the lines are. What is said of a value stands in completion scripts, in one of them
/// between double quotes: no line for a shell can be a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// And every other POSIX shell
    #[value(
        alias = "sh",
        alias = "ash",
        alias = "dash",
        alias = "ksh",
        alias = "ksh93",
        alias = "mksh",
        alias = "rbash",
        alias = "busybox"
    )]
    Bash,
    Zsh,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
    Cmd,
    #[value(alias = "nu")]
    Nushell,
    /// One object; null means that the variable has to go
    Json,
}

/// Shells with a language of their own. Where one of them is the parent, `SHELL` is not believed:
/// it would be given lines that it cannot read.
const STRANGERS: [&str; 4] = ["csh", "elvish", "tcsh", "xonsh"];

/// The shell that started this process: on Unix the parent if it is a known shell, else `SHELL`;
/// on Windows `SHELL` (which Git Bash sets), else `cmd` where `PROMPT` is set, else PowerShell.
///
/// # Errors
///
/// [`Kind::Configuration`] if neither is a shell that is known; `command` is what to run with `--shell`
/// then.
pub fn guess(env: &Env, command: &str) -> Result<Shell> {
    shell_of(parent::names(), env).ok_or_else(|| {
        let what = if env.raw("SHELL").is_some() {
            "the shell is none that awsmfa knows"
        } else {
            "there is no telling which shell this is for"
        };
        Failure::new(Kind::Configuration, what)
            .at("the parent process, SHELL")
            .next(format!(
                "name the shell, for example `awsmfa {command} --shell bash`"
            ))
    })
}

/// The shell that what is shown is typed into: where it is not known, the system's usual one.
pub fn at_hand(env: &Env) -> Shell {
    let usual = if cfg!(windows) {
        Shell::Powershell
    } else {
        Shell::Bash
    };
    shell_of(parent::names(), env).unwrap_or(usual)
}

/// The first of the parent's names that is a shell's decides.
fn shell_of(mut names: impl Iterator<Item = String>, env: &Env) -> Option<Shell> {
    let parent = names.find(|name| is_stranger(name) || named(name).is_some());
    if parent.as_deref().is_some_and(is_stranger) {
        return None;
    }
    let parent = parent.as_deref().and_then(named);
    let configured = || named(Path::new(env.raw("SHELL")?).file_name()?.to_str()?);
    let found = parent.or_else(configured);
    if cfg!(windows) {
        let cmd = env.raw("PROMPT").map(|_| Shell::Cmd);
        return found.or(cmd).or(Some(Shell::Powershell));
    }
    found
}

fn is_stranger(program: &str) -> bool {
    STRANGERS.contains(&program.trim_start_matches('-'))
}

/// `-bash` is a login shell, `bash.exe` one on Windows.
fn named(program: &str) -> Option<Shell> {
    let name = program.strip_prefix('-').unwrap_or(program);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let shell = Shell::from_str(name, false).ok()?;
    // A program of this name is no shell.
    (shell != Shell::Json).then_some(shell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_parent_decides_and_then_the_variable() {
        for (parent, variable, shell) in [
            (&["fish"][..], Some("/bin/bash"), Some(Shell::Fish)),
            (&["-zsh"], None, Some(Shell::Zsh)),
            (&["dash"], Some("/usr/bin/fish"), Some(Shell::Bash)),
            (&["busybox"], None, Some(Shell::Bash)),
            (&["make"], Some("/bin/rbash"), Some(Shell::Bash)),
            (&["make"], Some("/usr/bin/ksh93"), Some(Shell::Bash)),
            (&["pwsh"], None, Some(Shell::Powershell)),
            (&["nu"], None, Some(Shell::Nushell)),
            (&["make", "make"], Some("/usr/bin/zsh"), Some(Shell::Zsh)),
            (&["json"], None, None),
            // A script, and what runs it.
            (&["deploy.sh", "bash"], Some("/bin/fish"), Some(Shell::Bash)),
            (&["deploy", "fish"], Some("/bin/bash"), Some(Shell::Fish)),
            (&["deploy", "tcsh"], Some("/bin/bash"), None),
            (&["deploy", "python3"], Some("/bin/zsh"), Some(Shell::Zsh)),
            (&["bash", "fish"], None, Some(Shell::Bash)),
            (&[], Some("/opt/bin/bash"), Some(Shell::Bash)),
            (&["make"], Some("/bin/tcsh"), None),
            (&["-tcsh"], Some("/bin/bash"), None),
            (&[], Some("/"), None),
            (&[], Some(""), None),
            (&[], None, None),
        ] {
            let env: Env = variable.map(|value| ("SHELL", value)).into_iter().collect();
            let names = parent.iter().map(|name| (*name).to_owned());
            assert_eq!(shell_of(names, &env), shell, "{parent:?} {variable:?}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn the_variables_decide() {
        for (variables, shell) in [
            (&[][..], Shell::Powershell),
            (&[("PROMPT", "$P$G")], Shell::Cmd),
            (
                &[("SHELL", "/usr/bin/bash.exe"), ("PROMPT", "$P$G")],
                Shell::Bash,
            ),
        ] {
            let env: Env = variables.iter().copied().collect();
            assert_eq!(
                shell_of(std::iter::empty(), &env),
                Some(shell),
                "{variables:?}"
            );
        }
    }
}
