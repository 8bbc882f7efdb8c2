//! `awsmfa password show`: whether there is a password.

use clap::Args;
use serde::Serialize;

use super::about;
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::Result;
use crate::profile::spell_expiration;
use crate::signin::Operator;
use crate::ui::{Cell, Output, Tone, Ui};

/// Show whether a user has a password, since when, and whether it must be replaced
///
/// The password itself AWS shows to nobody.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    Arguments { whose }: Arguments,
) -> Result<()> {
    let (orders, user) = whose.orders(target)?;
    let errand = Errand::new(ui, "run the same again");
    errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let profile = {
            let _working = ui.working("asking AWS for the login profile");
            operator
                .call(async |aws, key| aws.login_profile(key, &user).await)
                .await
        };
        let profile = profile.map_err(|obstacle| operator.explain(obstacle, about(&user)))?;
        let report = Report {
            user: &user,
            exists: profile.is_some(),
            created: profile.as_ref().map(|it| spell_expiration(it.created)),
            password_reset_required: profile.as_ref().map(|it| it.reset_required),
        };
        match ui.output() {
            Output::Json => ui.document(&report),
            _ => ui.table(&report.rows()),
        }
    })
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    user: &'a str,
    exists: bool,
    created: Option<String>,
    password_reset_required: Option<bool>,
}

impl Report<'_> {
    fn rows(&self) -> Vec<Vec<Cell>> {
        let row = |name: &str, value: &str| {
            vec![Cell::new(name, Tone::Faint), Cell::new(value, Tone::Plain)]
        };
        let yes_or_no = |yes| if yes { "yes" } else { "no" };
        let mut rows = vec![
            row("user", self.user),
            row("password", yes_or_no(self.exists)),
        ];
        if let Some(created) = &self.created {
            rows.push(row("created", created));
        }
        if let Some(required) = self.password_reset_required {
            rows.push(row("reset required", yes_or_no(required)));
        }
        rows
    }
}
