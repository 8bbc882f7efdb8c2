//! What was probably meant, where a command line is not understood.
//!
//! The parser suggests flags, values and the commands of a group by itself. Of the commands at the
//! top it cannot: there the word may be a code. Comes after the parser has refused a command line,
//! or has taken a word for a code that has letters; nothing is read or sent yet.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command};

use super::whole;
use crate::context::Context;
use crate::profile::near;
use crate::signin;
use crate::ui::printable;

/// Parses a refused command line again with everything defined, for the sake of what is said about
/// it: help, and what is suggested, may be about commands that were not named.
///
/// # Errors
///
/// What the parser says, help and version included.
pub(super) fn again(argv: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let mut definition = whole();
    let mut error = match definition.try_get_matches_from_mut(argv) {
        Ok(matches) => return Ok(matches),
        Err(error) => error,
    };
    if asks_help_for_help(&error) {
        let argv = argv.iter().filter(|word| !is_help_flag(word));
        return again(&argv.cloned().collect::<Vec<_>>());
    }
    // The error quotes the command line as it is: that of a line without what a terminal obeys is
    // the same otherwise.
    let shown = argv
        .iter()
        .map(|word| printable(&word.to_string_lossy()).into_owned());
    if error.use_stderr()
        && let Err(same) = definition.try_get_matches_from_mut(shown)
    {
        error = same;
    }
    let first = argv.get(1).and_then(|word| word.to_str());
    let meant = first
        .map(|word| meant(&definition, word))
        .unwrap_or_default();
    if error.use_stderr() && !meant.is_empty() {
        // What to do about an argument that the other command would take.
        error.remove(ContextKind::Suggested);
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(meant),
        );
    }
    Err(error)
}

/// The error for a word in the place of the code that is much like the name of a command.
pub(super) fn of_command(definition: &Command, matches: &ArgMatches) -> Option<clap::Error> {
    if matches.subcommand_name().is_some() {
        return None;
    }
    let word = matches.get_raw("code")?.next()?.to_str()?;
    let meant = meant(definition, word);
    if meant.is_empty() {
        return None;
    }
    let mut error = clap::Error::new(ErrorKind::InvalidSubcommand).with_cmd(definition);
    let word = ContextValue::String(printable(word).into_owned());
    error.insert(ContextKind::InvalidSubcommand, word);
    error.insert(
        ContextKind::SuggestedSubcommand,
        ContextValue::Strings(meant),
    );
    Some(error)
}

/// Whether a word in the place of a command, or of a program, is the name of a profile: other tools
/// take it there.
pub(super) fn is_profile(context: &Context, word: &str) -> bool {
    signin::read_files(context).is_ok_and(|files| {
        let documents = [&files.config.document, &files.credentials.document];
        documents.iter().any(|file| file.profile(word).is_some())
    })
}

/// The commands that this is most probably a slip of; none if it is one, or a code.
fn meant(definition: &Command, word: &str) -> Vec<String> {
    if !word.starts_with(char::is_alphabetic) {
        return Vec::new();
    }
    let commands = definition.get_subcommands();
    let names: Vec<&str> = commands.map(Command::get_name).collect();
    if names.contains(&word) {
        return Vec::new();
    }
    near(word, &names).into_iter().map(str::to_owned).collect()
}

/// `help` takes the names of commands and no flag, so this is said to be no command.
fn asks_help_for_help(error: &clap::Error) -> bool {
    let unknown = error.get(ContextKind::InvalidSubcommand);
    matches!(unknown, Some(ContextValue::String(word)) if is_help_flag(OsStr::new(word)))
}

fn is_help_flag(word: &OsStr) -> bool {
    word == "-h" || word == "--help"
}
