//! `awsmfa password delete`: no more signing in to the console.

use clap::Args;
use serde::Serialize;

use super::{Standing, about, standing};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::consent;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::Result;
use crate::signin::Operator;
use crate::ui::{Output, Ui};

/// Take a user's password away
///
/// The user can no longer sign in to the AWS console. Access keys and sessions stay.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    whose: Whose,

    /// Do it without asking
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    Arguments { whose, yes }: Arguments,
) -> Result<()> {
    let (orders, user) = whose.orders(target)?;
    let errand = Errand::new(ui, "run the same again");
    errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let deleted = match standing(&operator, &user).await? {
            Standing::None => false,
            Standing::Has | Standing::Unknown => {
                consent::obtain(ui, yes, &format!("delete the password of {user}")).await?;
                let deleting =
                    operator.call(async |aws, key| aws.delete_login_profile(key, &user).await);
                let doing = format!("deleting the password of {user}");
                let outcome = errand.step(&doing, deleting).await;
                outcome.map_err(|obstacle| operator.explain(obstacle, about(&user)))?
            }
        };
        match deleted {
            true => errand.done(format!("the password of {user} is deleted")),
            false => ui.say(&format!("nothing to do: {user} has no password")),
        }
        if ui.output() == Output::Json {
            let action = if deleted { "deleted" } else { "nothing" };
            return ui.document(&Report {
                action,
                user: &user,
            });
        }
        Ok(())
    })
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// `deleted`, or `nothing` where there was no password.
    action: &'static str,
    user: &'a str,
}
