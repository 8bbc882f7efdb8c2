//! `awsmfa completions SHELL`: the completion script, generated from the command's definition.
//!
//! A script is run whenever a shell starts, and the generator trusts what is said of a value: in
//! fish it stands between double quotes as it is. That no such text means anything to a shell is
//! tested here, for the whole definition.

use clap::{Arg, Args, Command, ValueHint};
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

pub(super) fn run(ui: &Ui, arguments: &Arguments, definition: &Command) -> Result<()> {
    let Arguments { shell } = arguments;
    let mut script = Vec::new();
    generate(
        *shell,
        &mut completable(definition, true),
        "awsmfa",
        &mut script,
    );
    ui.print(&script)
}

/// The definition without the words that nobody can complete, such as `CODE`. One that may stand in
/// the place of a command makes the script for zsh look for the command in the word after it, and
/// where one may stand zsh completes no flag, bash offers `[CODE]`. There is no way to take an
/// argument out of a definition, so this is another one, made of what is left. Nor are there the flags
/// of every command below `help`, which takes names of commands alone.
fn completable(definition: &Command, takes_flags: bool) -> Command {
    let takes_flags = takes_flags && definition.get_name() != "help";
    let arguments = definition.get_arguments();
    let known = |argument: &&Arg| {
        takes_flags && (!argument.is_positional() || argument.get_value_hint() != ValueHint::Other)
    };
    let arguments = arguments.filter(known).cloned();
    let below = definition.get_subcommands();
    // The library takes names that live as long as the program, which ends with the script.
    let name: &'static str = definition.get_name().to_owned().leak();
    let mut command = Command::new(name)
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        // Each command has them already, and `help` shall not get them.
        .args(arguments.map(|argument| argument.global(false)))
        .subcommands(below.map(|command| completable(command, takes_flags)));
    if let Some(about) = definition.get_about() {
        command = command.about(about.clone());
    }
    command
}

#[cfg(test)]
mod tests {
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
