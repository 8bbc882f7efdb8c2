//! `awsmfa exec`: a program with the credentials in its environment, in the place of this one.

use std::ffi::{OsStr, OsString};

use clap::{Args, ValueHint};

use super::Target;
use super::ready::{Access, ready};
use crate::child;
use crate::context::{Context, Env};
use crate::failure::Result;
use crate::ui::{Ui, until};
use crate::variables::{SECTION, assignments, in_the_way};

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

    /// The command and its arguments; options after its name are its own
    #[arg(value_name = "COMMAND", trailing_var_arg = true, value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments { access, command } = arguments;
    let (name, rest) = match command.split_first() {
        Some((name, rest)) => (name.as_os_str(), rest),
        None => (shell(&context.env), &[][..]),
    };
    let program = child::find(name, &context.env)?;
    let ready = ready(context, ui, target, access)?;
    if command.is_empty() {
        let now = context.clock.now();
        ui.say(&format!(
            "this shell has the credentials of [{}] until {}; `exit` leaves it",
            ready.section,
            until(ready.expiration, now, &context.zone())
        ));
    }
    let set = assignments(&ready.key, ready.expiration, ready.region.as_deref());
    let set = set.iter().map(|(name, value)| (*name, value.expose()));
    let set = set.chain([(SECTION, ready.section.as_str())]);
    Err(child::become_program(
        program,
        rest,
        set,
        &in_the_way(&context.env),
    ))
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
