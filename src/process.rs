//! Commands that the user has configured: `mfa_process`, `credential_process`, and the one that takes
//! a new seed.
//!
//! The line goes to the platform's shell, as aws-vault (which introduced `mfa_process`) and the
//! AWS SDKs for Go and Rust do it. The AWS CLI splits `credential_process` into words itself and
//! runs it without a shell; a line that works there means the same here, unless it relies on `$`,
//! `;` or `*` being ordinary characters.
//!
//! Standard output is what was asked for and is kept in memory that is wiped; standard input and
//! standard error are the command's to use. A failure never quotes the line, which may hold a seed
//! or a password, nor the output. What the output means is the caller's.
//!
//! A command that takes too long is ended together with all it has started; `group` says how.

mod group;
mod running;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::aside::detached;
use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;
use group::Group;
use running::{Leash, Running};

/// The most a command may print, in bytes. Credentials with a long session token are about 2 KB.
pub const MOST_OUTPUT: usize = 64 << 10;

/// How often a command that is silent is looked after.
const LOOK: Duration = Duration::from_millis(50);

/// Which setting of the profile holds the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Prints a one-time code.
    MfaProcess,
    /// Prints credentials (AWS SDKs and Tools Reference Guide, "Process credential provider").
    CredentialProcess,
    /// Is handed the seed of a new MFA device; a flag, not a setting.
    SeedCommand,
}

impl Setting {
    pub const fn name(self) -> &'static str {
        match self {
            Setting::MfaProcess => "mfa_process",
            Setting::CredentialProcess => "credential_process",
            Setting::SeedCommand => "--seed-command",
        }
    }

    /// The person's situation when the command does not deliver.
    const fn kind(self) -> Kind {
        match self {
            Setting::MfaProcess => Kind::Code,
            Setting::CredentialProcess | Setting::SeedCommand => Kind::Configuration,
        }
    }

    fn failure(self, what: impl std::fmt::Display) -> Failure {
        Failure::new(self.kind(), format!("the {} command {what}", self.name()))
    }
}

/// Runs `line` and returns what it has printed on standard output, if it ends well within `limit`.
///
/// The command starts at once. Dropping the future ends it as the limit would: whoever has lost
/// interest leaves nobody behind who asks for a touch or a PIN. What the command leaves running in
/// the background, even with our pipe open, is neither waited for nor ended.
///
/// # Errors
///
/// [`Kind::Code`] or [`Kind::Configuration`], by the setting: the command cannot be started, takes
/// longer than `limit`, prints more than [`MOST_OUTPUT`], or does not end with status 0.
/// [`Kind::Interrupted`] if it was stopped by Ctrl-C.
pub fn run(
    setting: Setting,
    line: &str,
    limit: Duration,
) -> impl Future<Output = Result<Zeroizing<Vec<u8>>>> + use<> {
    run_with(setting, line, limit, None)
}

/// The same as [`run`], with a variable that the command finds in its environment.
///
/// # Errors
///
/// As for [`run`].
pub fn run_with(
    setting: Setting,
    line: &str,
    limit: Duration,
    variable: Option<(&'static str, OsString)>,
) -> impl Future<Output = Result<Zeroizing<Vec<u8>>>> + use<> {
    let line = Secret::new(line);
    aside(setting, move |group, running| {
        let mut command = shell(line.expose());
        command.envs(variable);
        run_in(group, setting, command, None, limit, running)
    })
}

/// Runs `line` with `input` on its standard input. What it prints is of no interest.
///
/// # Errors
///
/// As for [`run`]. A command that ends well without having read its input is none.
pub fn feed(
    setting: Setting,
    line: &str,
    input: Secret,
    limit: Duration,
) -> impl Future<Output = Result<()>> + use<> {
    let line = Secret::new(line);
    let fed = aside(setting, move |group, running| {
        let command = shell(line.expose());
        run_in(group, setting, command, Some(&input), limit, running)
    });
    async move { fed.await.map(|_| ()) }
}

fn aside(
    setting: Setting,
    work: impl FnOnce(Group, &Running) -> Result<Zeroizing<Vec<u8>>> + Send + 'static,
) -> impl Future<Output = Result<Zeroizing<Vec<u8>>>> {
    let group = Group::for_terminal();
    let leash = Leash::default();
    let running = leash.0.clone();
    let answer = detached(setting.name(), move || work(group, &running));
    async move {
        let _leash = leash;
        answer.await
    }
}

fn run_in(
    group: Group,
    setting: Setting,
    mut command: Command,
    input: Option<&Secret>,
    limit: Duration,
    running: &Running,
) -> Result<Zeroizing<Vec<u8>>> {
    let deadline = Instant::now() + limit;
    group.apply(&mut command);
    command
        .stdin(match input {
            Some(_) => Stdio::piped(),
            None => Stdio::inherit(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let (stdin, output) = running
        .start(group, &mut command)
        .map_err(|error| setting.failure("cannot be started").because(error))?;
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        // What is fed here is shorter than any pipe is long, so nobody waits for the command to
        // read; that it does not want to is its own affair.
        let _ = stdin.write_all(input.expose().as_bytes());
    }
    let result = collect(running, output, deadline)
        .and_then(|output| Ok((output, await_end(running, deadline)?)));
    match result {
        Ok((output, status)) if status.success() => Ok(output),
        Ok((_, status)) => Err(unsuccessful(setting, status)),
        Err(stop) => {
            running.end();
            Err(stop.failure(setting, limit))
        }
    }
}

/// Why a command is ended by us.
#[derive(Debug)]
enum Stop {
    TooLong,
    TooMuch,
    /// There is no thread to read with.
    Unread(io::Error),
}

impl Stop {
    fn failure(self, setting: Setting, limit: Duration) -> Failure {
        match self {
            Stop::TooLong => setting.failure(format_args!(
                "was ended because it took longer than {} s",
                limit.as_secs_f32()
            )),
            Stop::TooMuch => setting.failure(format_args!(
                "was ended because it printed more than {} KiB",
                MOST_OUTPUT >> 10
            )),
            Stop::Unread(error) => setting
                .failure("was ended because its output cannot be read")
                .because(error),
        }
    }
}

/// Everything the command prints until it closes its output. When it has ended but something it
/// started keeps the pipe open, that is everything until it falls silent.
fn collect(
    running: &Running,
    output: ChildStdout,
    deadline: Instant,
) -> Result<Zeroizing<Vec<u8>>, Stop> {
    // The size is bounded and fixed: growing would leave copies that nobody wipes.
    let mut collected = Zeroizing::new(Vec::with_capacity(MOST_OUTPUT));
    let mut ended = false;
    let pieces = read_in_background(output).map_err(Stop::Unread)?;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Stop::TooLong);
        }
        match pieces.recv_timeout(left.min(LOOK)) {
            Ok(piece) if collected.len() + piece.len() > MOST_OUTPUT => return Err(Stop::TooMuch),
            Ok(piece) => collected.extend_from_slice(&piece),
            Err(RecvTimeoutError::Disconnected) => return Ok(collected),
            Err(RecvTimeoutError::Timeout) if ended => return Ok(collected),
            Err(RecvTimeoutError::Timeout) => ended = running.status().is_some(),
        }
    }
}

/// A blocking read cannot be given up, a thread can: it ends when the pipe or the receiver does.
fn read_in_background(output: ChildStdout) -> io::Result<Receiver<Zeroizing<Vec<u8>>>> {
    fn read(mut output: ChildStdout, pieces: &SyncSender<Zeroizing<Vec<u8>>>) {
        let mut buffer = Zeroizing::new([0; 4096]);
        loop {
            match output.read(buffer.as_mut_slice()) {
                Ok(0) => return,
                Ok(length) => {
                    let piece = Zeroizing::new(buffer[..length].to_vec());
                    if pieces.send(piece).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    let (sender, receiver) = sync_channel(1);
    thread::Builder::new()
        .name("output".to_owned())
        .spawn(move || read(output, &sender))?;
    Ok(receiver)
}

/// A command usually ends in the moment it closes its output, so this hardly ever waits.
fn await_end(running: &Running, deadline: Instant) -> Result<ExitStatus, Stop> {
    loop {
        if let Some(status) = running.status() {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            return Err(Stop::TooLong);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn unsuccessful(setting: Setting, status: ExitStatus) -> Failure {
    if was_interrupted(status) {
        let what = format!("the {} command was interrupted", setting.name());
        return Failure::new(Kind::Interrupted, what);
    }
    match (status.code(), signal(status)) {
        (_, Some(number)) => setting.failure(format_args!("was killed by signal {number}")),
        (Some(127), _) => setting
            .failure("ended with exit status 127: the shell did not find it")
            .next("write the program with its full path"),
        (Some(code), _) => setting
            .failure(format_args!("ended with exit status {code}"))
            .next("run it by itself to see what it says"),
        (None, None) => setting.failure("did not end properly"),
    }
}

/// Ctrl-C, seen by the command itself or, as 128 plus SIGINT, by a shell around it.
#[cfg(unix)]
fn was_interrupted(status: ExitStatus) -> bool {
    const SIGINT: i32 = 2;

    signal(status) == Some(SIGINT) || status.code() == Some(128 + SIGINT)
}

#[cfg(windows)]
fn was_interrupted(status: ExitStatus) -> bool {
    const STATUS_CONTROL_C_EXIT: i32 = 0xC000_013A_u32.cast_signed();

    status.code() == Some(STATUS_CONTROL_C_EXIT)
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(windows)]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

/// `/S` makes `cmd` take off the outer quotes and nothing else, `/D` leaves out AutoRun.
#[cfg(windows)]
fn shell(line: &str) -> Command {
    use std::os::windows::process::CommandExt;

    let mut command = Command::new("cmd.exe");
    command
        .args(["/D", "/S", "/C"])
        .raw_arg(format!("\"{line}\""));
    command
}
