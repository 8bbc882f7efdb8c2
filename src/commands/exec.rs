//! `awsmfa exec`: a program with the credentials in its environment, in the place of this one; or,
//! with `--serve`, beside this one, which keeps them fresh.

use std::ffi::{OsStr, OsString};

use clap::{Args, ValueHint};

use super::ready::{Access, ready};
use super::serve::{Told, offer, runtime};
use super::{Target, slip};
use crate::child::{self, End, Program, Start};
use crate::context::{Context, Env};
use crate::endpoint::Endpoint;
use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;
use crate::spelled::word;
use crate::ui::{Ui, until};
use crate::variables::{Assignment, SECTION, assignments, in_the_way, in_the_way_of_endpoint};

/// Run a command with the credentials in its environment
///
/// The command gets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
/// AWS_CREDENTIAL_EXPIRATION and, if a region is known, AWS_REGION and AWS_DEFAULT_REGION;
/// variables that would be used instead, such as AWS_PROFILE, are left out. AWSMFA_SECTION names
/// the section, for prompts. Signs in only if it has to. The exit code is the command's own, 127
/// if there is no such command, 126 if it cannot be run. Without a command, $SHELL is started
/// (Windows: %COMSPEC%).
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    access: Access,

    /// Give the command an endpoint to ask for credentials in the place of keys that expire; see
    /// `awsmfa serve`. It ends with the command
    #[arg(long)]
    serve: bool,

    /// The command and its arguments; options after its name are its own
    #[arg(value_name = "COMMAND", trailing_var_arg = true, value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

/// The result is the command's exit code, where there is anything left of us to tell it.
pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<u8> {
    let Arguments {
        access,
        serve,
        command,
    } = arguments;
    let (name, rest) = match command.split_first() {
        Some((name, rest)) => (name.as_os_str(), rest),
        None => (shell(&context.env), &[][..]),
    };
    let program = child::find(name, &context.env)
        .map_err(|failure| no_program(context, failure, &command))?;
    let is_shell = command.is_empty();
    if serve {
        let end = beside(context, ui, target, access, program, rest, is_shell)?;
        // Nothing of the endpoint is left by now.
        return Ok(end.make_ours());
    }
    let ready = ready(context, ui, target, access)?;
    if is_shell {
        let now = context.clock.now();
        ui.say(&format!(
            "this shell has the credentials of [{}] until {}; `exit` leaves it",
            ready.section,
            until(ready.expiration, now, &context.zone())
        ));
    }
    let region = ready.region.as_deref();
    let set = assignments(&ready.key, ready.expiration, region, &ready.section);
    let start = start(program, rest, &set, in_the_way(&context.env));
    Err(child::become_program(&start))
}

/// Other tools take the profile before the command.
fn no_program(context: &Context, failure: Failure, command: &[OsString]) -> Failure {
    let words: Option<Vec<&str>> = command.iter().map(|word| word.to_str()).collect();
    match words.as_deref() {
        Some([profile, rest @ ..])
            if failure.kind() == Kind::NotFound && slip::is_profile(context, profile) =>
        {
            let rest = rest.strip_prefix(&["--"]).unwrap_or(rest);
            let mut line = format!("awsmfa exec -p {}", word(profile));
            for text in rest.first().map(|_| &"--").into_iter().chain(rest) {
                line = format!("{line} {}", word(text));
            }
            failure.next(format!("use profile `{profile}`: `{line}`"))
        }
        _ => failure,
    }
}

/// The program beside the endpoint, up to the end of both.
fn beside(
    context: &Context,
    ui: &Ui,
    target: Target,
    access: Access,
    program: Program,
    arguments: &[OsString],
    is_shell: bool,
) -> Result<End> {
    let mut endpoint = Endpoint::bind(0)?;
    let mut offer = offer(context, ui, &mut endpoint, target, access, Told::Trouble)?;
    let section = Secret::new(offer.ready.section.as_str());
    offer.assignments.push((SECTION, section));
    for note in &offer.notes {
        ui.trace(note);
    }
    if is_shell {
        ui.say(&format!(
            "this shell gets the credentials of [{}] for as long as they can be renewed; `exit` leaves it",
            offer.ready.section
        ));
    }
    let unset = in_the_way_of_endpoint(&context.env);
    let start = start(program, arguments, &offer.assignments, unset);
    runtime()?.block_on(child::run_beside(&start, endpoint.serve()))
}

fn start<'a>(
    program: Program,
    arguments: &'a [OsString],
    set: &'a [Assignment],
    unset: Vec<&'a str>,
) -> Start<'a> {
    let set = set.iter().map(|(name, value)| (*name, value.expose()));
    Start {
        program,
        arguments,
        set: set.collect(),
        unset,
    }
}

/// The person's shell.
fn shell(env: &Env) -> &OsStr {
    let (variable, default) = if cfg!(windows) {
        ("COMSPEC", "cmd.exe")
    } else {
        ("SHELL", "/bin/sh")
    };
    env.raw(variable).unwrap_or(OsStr::new(default))
}
