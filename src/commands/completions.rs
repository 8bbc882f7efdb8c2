//! `awsmfa completions SHELL`: the completion script, generated from the command's definition.
//!
//! A script is run whenever a shell starts, and the generator trusts what is said of a value: in
//! fish it stands between double quotes as it is. That no such text means anything to a shell is
//! tested here, for the whole definition.

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

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;
    use crate::commands::whole;

    fn all(command: &Command) -> Vec<&Command> {
        let below = command.get_subcommands().flat_map(all);
        [command].into_iter().chain(below).collect()
    }

    #[test]
    fn what_is_said_of_a_value_means_nothing_to_a_shell() {
        let definition = whole();
        let arguments = all(&definition)
            .into_iter()
            .flat_map(Command::get_arguments);
        let values: Vec<_> = arguments.flat_map(Arg::get_possible_values).collect();
        assert!(values.iter().any(|value| value.get_help().is_some()));
        for value in values {
            let help = value.get_help().map(ToString::to_string);
            for text in help.iter().map(String::as_str).chain([value.get_name()]) {
                assert!(!text.contains(['"', '$', '`', '\\']), "{text}");
            }
        }
    }
}
