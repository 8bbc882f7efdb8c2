//! `awsmfa handson`: a throw-away user without permissions and a role that needs MFA, put up, listed
//! and taken down.
//!
//! One file per command. `raise` carries out what [`crate::handson::up`] says, in `steps`; `look` sees
//! what is there before; `survey` sees what there is to be taken down, `raze` takes it down.

mod down;
mod list;
mod look;
mod raise;
mod raze;
mod steps;
mod survey;
mod up;

use clap::{Args, Subcommand};

use super::Target;
use crate::aws::IamSituation;
use crate::context::Context;
use crate::failure::Result;
use crate::signin::Obstacle;
use crate::ui::Ui;

use super::mfa::create::is;
use super::policy::{self, For, Named};

/// A user without permissions and a role that needs MFA, for a hands-on and no longer
///
/// `up` creates both, with an access key and an MFA device, and writes the profiles to sign in with;
/// `down` removes all of it. To be run with an administrator's profile. What `up` has made carries
/// tags, and nothing else is ever removed without `--force`.
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// Print the smallest IAM policy that allows these commands, and do nothing else; after `up`, for
    /// the names and the policies that are given to it
    #[arg(long, global = true)]
    print_policy: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(Box<up::Arguments>),
    Down(down::Arguments),
    List(list::Arguments),
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        command,
        print_policy,
    } = arguments;
    if print_policy {
        let named = match &command {
            Some(Command::Up(arguments)) => arguments.named()?,
            _ => Named::default(),
        };
        return policy::print(ui, "handson", For::Admin, &named);
    }
    match command {
        Some(Command::Up(arguments)) => up::run(context, ui, target, *arguments),
        Some(Command::Down(arguments)) => down::run(context, ui, target, arguments),
        Some(Command::List(arguments)) => list::run(context, ui, target, arguments),
        None => Err(policy::no_command("handson")),
    }
}

/// The journal that makes two runs about one user come one after the other. Nothing is written to
/// it: AWS and the files show how far an earlier run came.
fn turn(user: &str) -> String {
    format!("handson-{user}")
}

/// What is not there has nothing.
fn none_if_gone<T: Default>(outcome: Result<T, Obstacle>) -> Result<T, Obstacle> {
    match outcome {
        Err(obstacle) if is(&obstacle, IamSituation::NoSuchEntity) => Ok(T::default()),
        outcome => outcome,
    }
}
