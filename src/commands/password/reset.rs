//! `awsmfa password reset`: another password, without knowing the present one.

use clap::Args;

use super::given::Given;
use super::set::{self, Deed};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::failure::Result;
use crate::ui::Ui;

/// Replace a user's password, as an administrator
///
/// The present one need not be known. Asked for, checked and printed as by `create`.
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
    set::run(context, ui, target, Deed::Reset, whose, given)
}
