//! `awsmfa completions SHELL`: the completion script, generated from the command's definition.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::failure::Result;
use crate::ui::Ui;

/// Print the completion script for a shell
///
/// bash: `eval "$(awsmfa completions bash)"` in .bashrc. zsh: write it to a file named `_awsmfa`
/// in a directory of $fpath. fish: `awsmfa completions fish | source` in config.fish. PowerShell:
/// `awsmfa completions powershell | Out-String | Invoke-Expression` in $PROFILE.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments, mut definition: Command) -> Result<()> {
    let Arguments { shell } = arguments;
    let mut script = Vec::new();
    generate(*shell, &mut definition, "awsmfa", &mut script);
    ui.print(&script)
}
