//! `awsmfa mfa`: the life of MFA devices, from a QR code to the end.
//!
//! One file per command; `hand` gives a new seed away, `codes` gets two codes in a row, `which` finds
//! the device that is meant. The order of a set-up is [`crate::device::next`]'s.

pub(super) mod codes;
mod course;
pub(super) mod create;
mod enable;
mod ending;
pub(super) mod hand;
mod list;
mod look;
pub(super) mod pairing;
mod progress;
mod remove;
mod serial_line;
mod setup;
pub(super) mod which;

use clap::{Args, Subcommand};

use super::Target;
use super::policy::PrintPolicy;
use crate::context::Context;
use crate::failure::Result;
use crate::ui::Ui;

/// Set up and look after MFA devices
///
/// `setup` does everything at once: it creates a virtual device, shows its QR code, asks for two
/// codes, enables the device, writes it into the profile, and signs in. The other commands are its
/// steps, and what comes later. They work for the user whose key it is, with the long-term key
/// alone; `--user` is for administrators.
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
    Setup(setup::Arguments),
    Create(create::Arguments),
    Enable(enable::Enable),
    List(list::Arguments),
    Resync(enable::Resync),
    Deactivate(remove::Deactivate),
    Delete(remove::Delete),
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments { command, policy } = arguments;
    let Some(command) = policy.or_command(ui, "mfa", command)? else {
        return Ok(());
    };
    match command {
        Command::Setup(arguments) => setup::run(context, ui, target, arguments),
        Command::Create(arguments) => create::run(context, ui, target, arguments),
        Command::Enable(arguments) => enable::enable(context, ui, target, arguments),
        Command::List(arguments) => list::run(context, ui, target, arguments),
        Command::Resync(arguments) => enable::resync(context, ui, target, arguments),
        Command::Deactivate(arguments) => remove::deactivate(context, ui, target, arguments),
        Command::Delete(arguments) => remove::delete(context, ui, target, arguments),
    }
}
