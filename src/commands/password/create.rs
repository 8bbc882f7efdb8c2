//! `awsmfa password create`: a first password.

use clap::Args;

use super::given::Given;
use super::set::{self, Deed};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::failure::Result;
use crate::ui::Ui;

/// Give a user a first password for the AWS console
///
/// Asks for it twice on the terminal, without showing it, and checks it against the account's
/// password policy before it is sent. With `--generate` the password is printed on standard output
/// once it is in force, and never again.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    given: Given,
}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    Arguments { whose, given }: Arguments,
) -> Result<()> {
    set::run(context, ui, target, Deed::Create, whose, given)
}
