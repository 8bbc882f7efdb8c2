//! A program that takes this one's place, with credentials in its environment.
//!
//! [`become_program`]: on Unix it does so literally: signals, job control and the exit code are the program's own. On
//! Windows, where nothing like that exists, it is started, Ctrl-C is left to it, and its exit code
//! becomes ours. [`run_beside`] stays, to do something for the program while it runs, and keeps out
//! of the way as well as it can. Arguments carry no secret; what the environment carries is
//! [`crate::variables`]'s.
//!
//! [`find`] comes first, before anybody is asked for a code: a program that is not there costs
//! none.

#[cfg(unix)]
#[path = "child/beside_unix.rs"]
mod beside;
#[cfg(windows)]
#[path = "child/beside_windows.rs"]
mod beside;

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::context::Env;
use crate::failure::{Failure, Kind, Result};
pub use beside::End;

/// What to run.
#[derive(Debug)]
pub struct Program {
    /// As it was named; the program sees it as its own name.
    name: OsString,
    /// Where it is.
    path: PathBuf,
}

impl Program {
    /// Where it was found.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Looks for the program as a shell does: a name with a separator is a path, any other is looked
/// up in `PATH`.
///
/// # Errors
///
/// [`Kind::NotFound`], or [`Kind::CannotRun`] for what is there but is no program.
pub fn find(name: &OsStr, env: &Env) -> Result<Program> {
    let is_path = is_path(name);
    let mut obstacle = None;
    for path in places(name, env) {
        match runnable(&path) {
            Ok(()) => {
                let name = name.to_owned();
                return Ok(Program { name, path });
            }
            // A directory of that name in PATH is nothing to a shell.
            Err(Obstacle::Directory) if !is_path => {}
            Err(Obstacle::Missing) => {}
            Err(found) => obstacle = obstacle.or(Some((found, path))),
        }
    }
    let shown = name.display();
    let not_found = || Failure::new(Kind::NotFound, format!("command `{shown}` was not found"));
    Err(match obstacle {
        Some((obstacle, path)) => {
            let (why, next) = match obstacle {
                Obstacle::Directory => ("is a directory", "name a program in it"),
                _ => ("is not executable", "make it executable: `chmod +x`"),
            };
            let what = format!("`{shown}` cannot be run: it {why}");
            Failure::new(Kind::CannotRun, what)
                .at(path.display())
                .next(next)
        }
        None if is_path => not_found().at(shown).next("check the path"),
        None => not_found()
            .at("PATH")
            .next("check the spelling, or give the full path"),
    })
}

fn is_path(name: &OsStr) -> bool {
    name.to_string_lossy().contains(std::path::is_separator)
}

/// Where the program may be, first things first.
fn places(name: &OsStr, env: &Env) -> Vec<PathBuf> {
    let directories = if is_path(name) {
        vec![PathBuf::new()]
    } else if name.is_empty() {
        Vec::new()
    } else {
        let search = env.raw("PATH").unwrap_or(OsStr::new(DEFAULT_PATH));
        std::env::split_paths(search).collect()
    };
    let directories = directories.iter();
    directories
        .flat_map(|directory| spellings(&directory.join(name), env))
        .collect()
}

/// Where the C library looks if there is no `PATH`.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

enum Obstacle {
    Missing,
    Directory,
    NotExecutable,
}

fn runnable(path: &Path) -> Result<(), Obstacle> {
    let data = std::fs::metadata(path).map_err(|_| Obstacle::Missing)?;
    if data.is_dir() {
        return Err(Obstacle::Directory);
    }
    if is_executable(path) {
        Ok(())
    } else {
        Err(Obstacle::NotExecutable)
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(windows)]
fn is_executable(_: &Path) -> bool {
    true
}

#[cfg(unix)]
fn spellings(path: &Path, _: &Env) -> Vec<PathBuf> {
    vec![path.to_owned()]
}

/// The name as it is, if it has an extension, and with each of those in `PATHEXT`, in that order.
#[cfg(windows)]
fn spellings(path: &Path, env: &Env) -> Vec<PathBuf> {
    let extensions = env.raw("PATHEXT").and_then(OsStr::to_str);
    let extensions = extensions.unwrap_or(".COM;.EXE;.BAT;.CMD").split(';');
    let extended = extensions.map(|extension| {
        let mut name = path.as_os_str().to_owned();
        name.push(extension);
        PathBuf::from(name)
    });
    let exact = path.extension().map(|_| path.to_owned());
    exact.into_iter().chain(extended).collect()
}

/// What a program is started with.
#[derive(Debug)]
pub struct Start<'a> {
    pub program: Program,
    pub arguments: &'a [OsString],
    pub set: Vec<(&'static str, &'a str)>,
    /// These of our own variables it does not get.
    pub unset: Vec<&'a str>,
}

impl Start<'_> {
    /// Has it run, which `run` does. What is executable and neither a binary nor names an
    /// interpreter is a script for `sh`, as it is to a shell (POSIX.1-2017, "Command Search and
    /// Execution").
    fn run<T>(&self, mut run: impl FnMut(Command) -> io::Result<T>) -> Result<T> {
        run(self.command())
            .or_else(|refused| self.script(&refused).map_or(Err(refused), run))
            .map_err(|error| self.failed(error))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program.path);
        self.furnish(&mut command);
        // A script is told its path by the system, whatever is said here.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, &self.program.name);
        command
    }

    #[cfg(unix)]
    fn script(&self, refused: &io::Error) -> Option<Command> {
        let no_binary = rustix::io::Errno::NOEXEC.raw_os_error();
        if refused.raw_os_error() != Some(no_binary) {
            return None;
        }
        let mut command = Command::new("/bin/sh");
        command.arg(&self.program.path);
        self.furnish(&mut command);
        Some(command)
    }

    #[cfg(windows)]
    fn script(&self, _: &io::Error) -> Option<Command> {
        None
    }

    fn furnish(&self, command: &mut Command) {
        command.args(self.arguments);
        for variable in &self.unset {
            command.env_remove(variable);
        }
        command.envs(self.set.iter().copied());
    }

    fn failed(&self, error: io::Error) -> Failure {
        // The program was found: what is not there is what it needs.
        let (kind, next) = if error.kind() == io::ErrorKind::NotFound {
            (
                Kind::NotFound,
                "install the interpreter that its first line names",
            )
        } else {
            (Kind::CannotRun, "run it by itself to see what it needs")
        };
        Failure::new(
            kind,
            format!("`{}` cannot be run", self.program.name.display()),
        )
        .at(self.program.path.display())
        .because(error)
        .next(next)
    }
}

/// Runs the program in this one's place. Returns only if that is not possible.
pub fn become_program(start: &Start<'_>) -> Failure {
    let Err(failure) = start.run(|command| Err::<Infallible, _>(replace(command)));
    failure
}

/// Runs the program while `meanwhile` goes on, which ends with it.
///
/// # Errors
///
/// [`Kind::CannotRun`] if it cannot be started, [`Kind::NotFound`] if its interpreter is not there;
/// that of `meanwhile`.
pub async fn run_beside(
    start: &Start<'_>,
    meanwhile: impl Future<Output = Result<Infallible>>,
) -> Result<End> {
    let program = start.run(beside::start)?;
    tokio::select! {
        end = program.end() => end,
        failed = meanwhile => failed.map(|never| match never {}),
    }
}

/// The standard library gives the program the default SIGPIPE and no blocked signals; what the
/// caller ignores (`nohup`) stays ignored.
#[cfg(unix)]
fn replace(mut command: Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(&mut command)
}

/// Ctrl-C and Ctrl-Break reach everything on the console. Ours are listened to and dropped, so
/// that the program may do with them what it likes, and we live to tell how it ended.
#[cfg(windows)]
fn replace(mut command: Command) -> io::Error {
    let mut waited = || {
        let _ctrl_c = tokio::signal::windows::ctrl_c()?;
        let _ctrl_break = tokio::signal::windows::ctrl_break()?;
        command.status()
    };
    match waited() {
        Ok(status) => end_like(status),
        Err(error) => error,
    }
}

/// Ends this process with the program's exit code.
#[cfg(windows)]
#[expect(
    clippy::disallowed_methods,
    clippy::exit,
    reason = "the program's exit code has 32 bits, an ExitCode has eight"
)]
fn end_like(status: std::process::ExitStatus) -> ! {
    std::process::exit(status.code().unwrap_or(1))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(path: &Path, mode: u32) {
        fs::File::options()
            .write(true)
            .create_new(true)
            .open(path)
            .unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_program_is_looked_for_as_a_shell_does() {
        let directory = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| directory.path().join(name));
        fs::create_dir_all(first.join("tool")).unwrap();
        fs::create_dir_all(&second).unwrap();
        file(&second.join("tool"), 0o755);
        file(&first.join("notes"), 0o644);
        file(&first.join("both"), 0o644);
        file(&second.join("both"), 0o755);
        let path = std::env::join_paths([&first, &second]).unwrap();
        let env: Env = [(OsString::from("PATH"), path)].into_iter().collect();
        let found = |name: &OsStr| match find(name, &env) {
            Ok(program) => Ok(program.path),
            Err(failure) => Err(failure.kind().exit_code()),
        };
        for (name, outcome) in [
            ("tool".into(), Ok(second.join("tool"))),
            ("both".into(), Ok(second.join("both"))),
            (second.join("tool"), Ok(second.join("tool"))),
            ("notes".into(), Err(126)),
            (first.join("notes"), Err(126)),
            (first.join("tool"), Err(126)),
            (first.clone(), Err(126)),
            ("nothing".into(), Err(127)),
            (first.join("nothing"), Err(127)),
            ("".into(), Err(127)),
        ] {
            assert_eq!(found(name.as_os_str()), outcome, "{name:?}");
        }
    }
}
