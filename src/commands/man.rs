//! `awsmfa man`: the manual page, generated from the command's definition.

use clap::{Args, Command};
use clap_mangen::Man;

use crate::failure::{Failure, Kind, Result};
use crate::ui::Ui;

/// Print the manual page (troff)
///
/// `awsmfa man | man -l -` shows it; packagers write it to `man1/awsmfa.1`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The command to describe, such as `login` or `mfa setup` [default: awsmfa itself]
    command: Vec<String>,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments, definition: Command) -> Result<()> {
    let Arguments { command } = arguments;
    let mut described = definition;
    for name in command {
        let below = described.find_subcommand(name).cloned();
        described = below.ok_or_else(|| unknown(name))?;
    }
    let mut page = Vec::new();
    // Left to itself the page of a command names the command as what it belongs to.
    let man = Man::new(described).source(concat!("awsmfa ", env!("CARGO_PKG_VERSION")));
    man.render(&mut page).map_err(|error| {
        Failure::new(Kind::Internal, "the manual page could not be made").because(error)
    })?;
    ui.print(&page)
}

fn unknown(name: &str) -> Failure {
    Failure::new(
        Kind::Usage,
        format!("there is no command `{}`", name.escape_debug()),
    )
    .at("COMMAND")
    .next("`awsmfa --help` lists the commands")
}
