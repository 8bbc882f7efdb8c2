//! Shells: which one is asking, and what it takes to set variables in it.
//!
//! [`guess`] says which shell started this process, [`Shell::assign`] and [`Shell::remove`] write
//! the lines that it is to evaluate ([`lines`]). A value that a shell has no way to write down is
//! refused, never bent: half a token is worse than none.

mod lines;
mod parent;

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
        alias = "mksh"
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
/// [`Kind::Configuration`] if neither is a shell that is known.
pub fn guess(env: &Env) -> Result<Shell> {
    let parent = parent::name();
    shell_of(parent.as_deref(), env).ok_or_else(|| {
        let what = if env.raw("SHELL").is_some() {
            "the shell is none that awsmfa knows"
        } else {
            "there is no telling which shell this is for"
        };
        Failure::new(Kind::Configuration, what)
            .at("the parent process, SHELL")
            .next("name the shell, for example `awsmfa env --shell bash`")
    })
}

fn shell_of(parent: Option<&str>, env: &Env) -> Option<Shell> {
    if parent.is_some_and(|parent| STRANGERS.contains(&parent.trim_start_matches('-'))) {
        return None;
    }
    let parent = parent.and_then(named);
    let configured = || named(Path::new(env.raw("SHELL")?).file_name()?.to_str()?);
    let found = parent.or_else(configured);
    if cfg!(windows) {
        let cmd = env.raw("PROMPT").map(|_| Shell::Cmd);
        return found.or(cmd).or(Some(Shell::Powershell));
    }
    found
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
            (Some("fish"), Some("/bin/bash"), Some(Shell::Fish)),
            (Some("-zsh"), None, Some(Shell::Zsh)),
            (Some("dash"), Some("/usr/bin/fish"), Some(Shell::Bash)),
            (Some("pwsh"), None, Some(Shell::Powershell)),
            (Some("nu"), None, Some(Shell::Nushell)),
            (Some("make"), Some("/usr/bin/zsh"), Some(Shell::Zsh)),
            (Some("json"), None, None),
            (None, Some("/opt/bin/bash"), Some(Shell::Bash)),
            (Some("make"), Some("/bin/tcsh"), None),
            (Some("-tcsh"), Some("/bin/bash"), None),
            (None, Some("/"), None),
            (None, Some(""), None),
            (None, None, None),
        ] {
            let env: Env = variable.map(|value| ("SHELL", value)).into_iter().collect();
            assert_eq!(shell_of(parent, &env), shell, "{parent:?} {variable:?}");
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
            assert_eq!(shell_of(None, &env), Some(shell), "{variables:?}");
        }
    }
}
