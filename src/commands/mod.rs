//! The command line: its definition, the flags every command shares, and the dispatch.
//!
//! One file per command, holding its arguments, its help (the doc comments) and its behaviour.
//! Parsing happens before anything is read; what clap can declare (conflicts, ranges, choices) is
//! declared, not checked by hand. After this comes the command; before it, only `main`.

mod age;
mod completions;
mod console;
mod credential_process;
mod doctor;
mod env;
mod exec;
mod handson;
mod hint;
mod key;
mod later;
mod login;
mod logout;
mod man;
mod mfa;
mod news;
mod password;
mod policy;
mod ready;
mod report;
mod serve;
mod slip;
mod status;
mod whoami;
mod whose;
mod wire;

use std::ffi::OsString;
use std::io;
use std::mem::ManuallyDrop;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueHint};

use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::parse_duration;
use crate::ui::{self, Manner, Output, Ui};
use hint::Run;
use later::Later;

/// Sign in to AWS behind MFA with one six-digit code.
///
/// Takes a profile and a code, calls STS with your MFA device, and writes the temporary
/// credentials into a section of the credentials file. Every other byte of that file stays as it
/// was. Without a command, `awsmfa [CODE]` is `awsmfa login [CODE]`.
#[derive(Debug, Parser)]
#[command(
    name = "awsmfa",
    version,
    after_help = EXIT_CODES,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    login: login::Arguments,
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    voice: Voice,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    a fault in awsmfa
  2    the command line is wrong
  3    profiles, settings or environment do not add up
  4    no code, or AWS did not accept it
  5    AWS answered no
  6    AWS was not reached, or what answered was not AWS
  7    a file could not be read, understood, locked or written
  8    `report` found users who break a rule that was named, `doctor` a problem
  126  the command of `exec` cannot be run
  127  the command of `exec` was not found
  130  interrupted

`exec` ends with the exit code of its command.";

#[derive(Debug, Subcommand)]
enum Command {
    Login(Later<login::Arguments>),
    Exec(Later<exec::Arguments>),
    Env(Later<env::Arguments>),
    CredentialProcess(Later<credential_process::Arguments>),
    Console(Later<console::Arguments>),
    Serve(Later<serve::Arguments>),
    Status(Later<status::Arguments>),
    Whoami(Later<whoami::Arguments>),
    Logout(Later<logout::Arguments>),
    Doctor(Later<doctor::Arguments>),
    Mfa(Later<mfa::Arguments>),
    Password(Later<password::Arguments>),
    Report(Later<report::Arguments>),
    Key(Later<key::Arguments>),
    Handson(Later<handson::Arguments>),
    Completions(Later<completions::Arguments>),
    Man(Later<man::Arguments>),
}

/// How the program speaks; the same for every command.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Options of every command")]
struct Voice {
    /// How the result is told
    #[arg(long, value_enum, global = true, default_value_t = Output::Text, value_name = "FORMAT")]
    output: Output,

    /// Say nothing but warnings, errors and questions
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Trace on stderr where each value came from and what was sent; secrets are left out
    #[arg(short, long, global = true)]
    verbose: bool,
}

impl From<Voice> for Manner {
    fn from(voice: Voice) -> Self {
        let Voice {
            output,
            quiet,
            verbose,
        } = voice;
        Self {
            quiet,
            verbose,
            output,
        }
    }
}

/// Which profile, and how to reach AWS for it. As with the AWS CLI these may stand before the
/// command or after it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
struct Targets {
    /// The profile to use [default: AWSMFA_PROFILE, AWS_PROFILE, AWS_DEFAULT_PROFILE, "default"]
    #[arg(short, long = "profile", global = true, value_name = "NAME", value_hint = ValueHint::Other)]
    profiles: Vec<String>,

    /// The region whose endpoint is called [default: from environment or profile, else us-east-1]
    #[arg(long, global = true, value_name = "REGION", value_hint = ValueHint::Other)]
    region: Option<String>,

    /// Call this address instead of AWS's own
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    endpoint_url: Option<String>,

    /// How long to keep trying to reach AWS, and to wait for `mfa_process` or a locked file
    #[arg(long, global = true, value_name = "TIME", value_hint = ValueHint::Other, default_value = "20s", value_parser = time_limit)]
    timeout: Duration,
}

/// The one profile that most commands are for.
#[derive(Clone, Debug)]
struct Target {
    profile: Option<String>,
    region: Option<String>,
    endpoint_url: Option<String>,
    timeout: Duration,
}

impl Targets {
    /// The first profile, with how to reach AWS, and the others. Named twice is named once.
    fn first_and_more(self) -> (Target, Vec<String>) {
        let mut names: Vec<String> = Vec::with_capacity(self.profiles.len());
        for name in self.profiles {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = names.split_off(names.len().min(1));
        let target = Target {
            profile: names.pop(),
            region: self.region,
            endpoint_url: self.endpoint_url,
            timeout: self.timeout,
        };
        (target, more)
    }
}

/// Only some commands can be for several profiles.
fn check_count(command: &Command, more: &[String]) -> Result<()> {
    if more.is_empty() || matches!(command, Command::Login(_) | Command::Serve(_)) {
        return Ok(());
    }
    Err(
        Failure::new(Kind::Usage, "this command is for one profile at a time")
            .at("--profile")
            .next("name one profile; `awsmfa login` and `awsmfa serve` take several"),
    )
}

/// A time limit is at least a second: zero would make every call fail, which nobody means.
fn time_limit(text: &str) -> Result<Duration, String> {
    let limit = parse_duration(text)?;
    if limit < Duration::from_secs(1) || limit > Duration::from_secs(3600) {
        return Err("expected a time from 1s to 1h".to_owned());
    }
    Ok(limit)
}

/// Parses `argv` and runs what it asks for; the result is the exit code.
pub fn run(argv: impl IntoIterator<Item = OsString>, context: &Context) -> u8 {
    let (cli, mut given) = match parse(argv) {
        Ok(parsed) => parsed,
        Err(error) => return refused(&error, context),
    };
    let Cli {
        command,
        login,
        targets,
        voice,
    } = cli;
    given.env = context.env.clone();
    let ui = Ui::new(voice.into(), &context.env).completing(move |text| given.complete(text));
    let (target, more) = targets.first_and_more();
    let command = command.unwrap_or(Command::Login(Later(login)));
    let checked = check_count(&command, &more);
    #[cfg(unix)]
    let checked = checked.and_then(|()| check_descriptors());
    if let Err(failure) = checked {
        ui.failure(&failure);
        return failure.kind().exit_code();
    }
    let outcome = match command {
        Command::Login(Later(arguments)) => match login::run(context, &ui, target, more, arguments)
        {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Exec(Later(arguments)) => match exec::run(context, &ui, target, arguments) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Env(Later(arguments)) => env::run(context, &ui, target, arguments),
        Command::CredentialProcess(Later(arguments)) => {
            credential_process::run(context, &ui, target, arguments)
        }
        Command::Console(Later(arguments)) => console::run(context, &ui, target, arguments),
        Command::Serve(Later(arguments)) => serve::run(context, &ui, target, more, arguments),
        Command::Status(Later(arguments)) => match status::run(context, &ui, target, &arguments) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Whoami(Later(arguments)) => whoami::run(context, &ui, target, &arguments),
        Command::Logout(Later(arguments)) => logout::run(context, &ui, target, &arguments),
        Command::Doctor(Later(arguments)) => match doctor::run(context, &ui, target, &arguments) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Mfa(Later(arguments)) => mfa::run(context, &ui, target, arguments),
        Command::Password(Later(arguments)) => password::run(context, &ui, target, arguments),
        Command::Report(Later(arguments)) => report::run(context, &ui, target, arguments),
        Command::Handson(Later(arguments)) => handson::run(context, &ui, target, arguments),
        Command::Key(Later(arguments)) => key::run(context, &ui, target, arguments),
        Command::Completions(Later(arguments)) => completions::run(&ui, &arguments, &whole()),
        Command::Man(Later(arguments)) => man::run(&ui, &arguments, whole()),
    };
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            ui.failure(&failure);
            failure.kind().exit_code()
        }
    }
}

/// Proves that as many files can be opened as a sign-in may need at once, with room to spare:
/// connections, locks, pipes to commands. To run out of them on the way would cost a code.
#[cfg(unix)]
fn check_descriptors() -> Result<()> {
    let copies = (0..24).map(|_| rustix::stdio::stderr().try_clone_to_owned());
    let opened: io::Result<Vec<_>> = copies.collect();
    opened.map(drop).map_err(|error| {
        Failure::new(Kind::Configuration, "too few files can be opened at once")
            .because(error)
            .next("raise the limit: ulimit -n 256")
    })
}

/// The flags of `login` may stand without a command, but not before another one: there they would
/// be ignored. (clap's own `args_conflicts_with_subcommands` would refuse `-p NAME login`, too.)
fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<(Cli, Run), clap::Error> {
    let argv: Vec<OsString> = argv.into_iter().collect();
    // Never taken apart again: that would take longer than to look whether a section is good.
    let mut definition = ManuallyDrop::new(Cli::command());
    let matches = match definition.try_get_matches_from_mut(argv.as_slice()) {
        Ok(matches) => matches,
        Err(version) if version.kind() == ErrorKind::DisplayVersion => return Err(version),
        // Help, and what is suggested, may be about commands that were not named.
        Err(_) => slip::again(&argv)?,
    };
    if let Some(error) = slip::of_command(&definition, &matches) {
        return Err(error);
    }
    if let Some((command, _)) = matches.subcommand() {
        // What is not for every command is for `login`.
        let misplaced = definition
            .get_arguments()
            .filter(|argument| !argument.is_global_set())
            .find(|argument| {
                let source = matches.value_source(argument.get_id().as_str());
                source == Some(ValueSource::CommandLine)
            });
        if let Some(argument) = misplaced {
            let conflict =
                format!("`{argument}` must stand after `{command}`, if it is meant for it");
            return Err(definition.error(ErrorKind::ArgumentConflict, conflict));
        }
    }
    let cli = Cli::from_arg_matches(&matches)?;
    if cli.voice.output == Output::Csv && !matches!(cli.command, Some(Command::Report(_))) {
        return Err(definition.error(
            ErrorKind::InvalidValue,
            "`--output csv` is for `awsmfa report` alone",
        ));
    }
    Ok((cli, Run::given(&matches)))
}

/// The definition with all commands; see [`Later`].
fn whole() -> clap::Command {
    let mut definition = Cli::command();
    definition.build();
    definition
}

/// `--help` and `--version` come out of the parser as errors, too; it prints those on stdout.
fn refused(error: &clap::Error, context: &Context) -> u8 {
    let printed = error.print();
    if error.use_stderr() {
        return Kind::Usage.exit_code();
    }
    match printed {
        // A reader that went away has what it wanted.
        Err(lost) if lost.kind() != io::ErrorKind::BrokenPipe => {
            let failure = ui::not_written(lost);
            Ui::new(Manner::default(), &context.env).failure(&failure);
            failure.kind().exit_code()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_not_shown_by_debug() {
        for argv in [&["awsmfa", "123", "456"][..], &["awsmfa", "-t", "123456"]] {
            let (cli, _) = parse(argv.iter().map(OsString::from)).unwrap();
            let debug = format!("{cli:?}");
            assert!(debug.contains("[redacted]"), "{debug}");
            assert!(!debug.contains("456"), "{debug}");
        }
    }
}
