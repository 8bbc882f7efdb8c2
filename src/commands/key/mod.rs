//! `awsmfa key`: the life of access keys, whose secrets AWS tells once.
//!
//! One file per command; `keys` finds the one that is meant, `late` waits for the one
//! that AWS does not show yet, `uses` tells what hangs on it, `safe`
//! sees to it that the secret of a new key is not lost, `begun` what a creation that was cut short
//! has left. The order of a rotation is
//! [`crate::rotation`]'s, and `turn` has it carried out.

mod begun;
mod create;
mod created;
mod delete;
mod keys;
mod late;
mod list;
mod plan;
pub(super) mod record;
mod rotate;
pub(super) mod safe;
pub(super) mod settle;
mod switch;
mod turn;
mod uses;

use clap::{Args, Subcommand};

use super::Target;
use super::policy::PrintPolicy;
use crate::context::Context;
use crate::failure::Result;
use crate::ui::Ui;

/// Look after access keys: list, create, rotate, switch off and on, delete
///
/// A user has two at most. `rotate` replaces the one in the profile without interrupting whoever uses
/// it, and can be taken back. All of them work for the user whose key it is, with the long-term key
/// or, where a policy wants MFA, with the session; `--user` is for administrators.
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    policy: PrintPolicy,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Create(create::Arguments),
    Rotate(rotate::Arguments),
    Activate(switch::Activate),
    Deactivate(switch::Deactivate),
    Delete(delete::Arguments),
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments { command, policy } = arguments;
    let Some(command) = policy.or_command(ui, "key", command)? else {
        return Ok(());
    };
    match command {
        Command::List(arguments) => list::run(context, ui, target, arguments),
        Command::Create(arguments) => create::run(context, ui, target, arguments),
        Command::Rotate(arguments) => rotate::run(context, ui, target, arguments),
        Command::Activate(arguments) => switch::activate(context, ui, target, arguments),
        Command::Deactivate(arguments) => switch::deactivate(context, ui, target, arguments),
        Command::Delete(arguments) => delete::run(context, ui, target, arguments),
    }
}
