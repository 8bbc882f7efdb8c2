//! Arguments that are defined when they are needed: to define all of all commands takes longer than
//! most runs. Until then a command is a name. What it is about is defined with its arguments, so a
//! definition from which help is written has to be built as a whole first.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

/// The arguments `A` of a command, defined when that command is the one on the command line.
#[derive(Debug)]
pub(super) struct Later<A>(pub(super) A);

impl<A: Args> Args for Later<A> {
    fn augment_args(command: Command) -> Command {
        command.defer(A::augment_args)
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(A::augment_args_for_update)
    }
}

impl<A: FromArgMatches> FromArgMatches for Later<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        A::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
