//! `awsmfa password`: the password with which a user signs in to the console.
//!
//! `set` is what `create` and `reset` share; `given` says where a new password comes from.

mod change;
mod create;
mod delete;
mod given;
mod reset;
mod set;
mod show;

use clap::{Args, Subcommand};

use super::Target;
use super::policy::PrintPolicy;
use crate::context::Context;
use crate::failure::Result;
use crate::password::Policy;
use crate::signin::{About, Operator};
use crate::ui::Ui;

/// Create, show, change, reset or delete the password for the AWS console
///
/// A password is asked for on the terminal and not shown, made by `--generate`, or read from
/// standard input with `--password-stdin`. It is never an argument: arguments can be seen by
/// others.
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
    Create(create::Arguments),
    Show(show::Arguments),
    Change(change::Arguments),
    Reset(reset::Arguments),
    Delete(delete::Arguments),
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments { command, policy } = arguments;
    let Some(command) = policy.or_command(ui, "password", command)? else {
        return Ok(());
    };
    match command {
        Command::Create(arguments) => create::run(context, ui, target, arguments),
        Command::Show(arguments) => show::run(context, ui, target, arguments),
        Command::Change(arguments) => change::run(context, ui, target, arguments),
        Command::Reset(arguments) => reset::run(context, ui, target, arguments),
        Command::Delete(arguments) => delete::run(context, ui, target, arguments),
    }
}

/// The account's rules, as far as they may be read: AWS checks them in any case.
async fn policy(operator: &Operator<'_>, ui: &Ui) -> Result<Policy> {
    let found = operator.look(async |aws, key| aws.password_policy(key).await);
    match found.await {
        Ok(Some(policy)) => Ok(Policy::Own(policy)),
        Ok(None) => Ok(Policy::Default),
        Err(obstacle) if obstacle.is_denial() => {
            ui.trace(
                "the account's password policy may not be read: AWS alone checks the password",
            );
            Ok(Policy::Unknown)
        }
        Err(obstacle) => Err(operator.explain(obstacle, About::default())),
    }
}

/// Whether the user has a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    None,
    Has,
    /// That may not be read.
    Unknown,
}

async fn standing(operator: &Operator<'_>, user: &str) -> Result<Standing> {
    let found = operator.look(async |aws, key| aws.login_profile(key, user).await);
    match found.await {
        Ok(Some(_)) => Ok(Standing::Has),
        Ok(None) => Ok(Standing::None),
        Err(obstacle) if obstacle.is_denial() => Ok(Standing::Unknown),
        Err(obstacle) => Err(operator.explain(obstacle, about(user))),
    }
}

fn about(user: &str) -> About<'_> {
    About {
        user: Some(user),
        ..About::default()
    }
}
