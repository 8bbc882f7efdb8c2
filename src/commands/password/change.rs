//! `awsmfa password change`: one's own password, by knowing the present one.

use clap::Args;
use serde::Serialize;

use super::{about, given, policy};
use crate::aws::{IamSituation, Situation};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::password::{self, Policy};
use crate::secret::Secret;
use crate::signin::{Obstacle, Operator};
use crate::terminal::Terminal;
use crate::ui::{Output, Ui};

/// How often the old password may be mistyped, and how often a request is made whose answer is lost.
const TRIES: usize = 3;

/// Change your own password
///
/// Asks for the old one once and for the new one twice, without showing them. The new one is
/// checked against the account's password policy before anything is sent.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A code to sign in with, should AWS want MFA for it; `-` reads it from standard input
    #[arg(short, long, value_name = "CODE", value_hint = clap::ValueHint::Other)]
    token_code: Option<Secret>,

    /// Read the old password from the first line of standard input, the new one from the second
    #[arg(long)]
    password_stdin: bool,
}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    Arguments {
        token_code,
        password_stdin,
    }: Arguments,
) -> Result<()> {
    let whose = Whose {
        user: None,
        token_code,
    };
    given::one_reader(password_stdin, &whose)?;
    let (orders, _) = whose.orders(target)?;
    let terminal = match password_stdin {
        true => None,
        false => Some(password::terminal(
            ui,
            "give the old and the new one on standard input, a line each, with `--password-stdin`",
        )?),
    };
    let errand = Errand::new(
        ui,
        "run the same again to be sure: the new password counts if the change was carried out, else the old one",
    );
    errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let (user, policy) = tokio::try_join!(operator.user(None), policy(&operator, ui))?;
        let mut pair = Pair::obtain(terminal.as_ref(), &policy, &user).await?;
        let doing = format!("changing the password of {user}");
        for left in (0..TRIES).rev() {
            let changed = errand.step(&doing, pair.change(&operator, &user)).await;
            let failure = match changed {
                Ok(()) => break,
                Err(Mistaken::Old(failure)) => failure,
                Err(Mistaken::Otherwise(failure)) => return Err(failure),
            };
            let Some(terminal) = terminal.as_ref().filter(|_| left > 0) else {
                return Err(failure);
            };
            terminal.show("that is not the old password")?;
            let prompt = old_prompt(&user);
            pair.old = password::present(&terminal.hidden()?, &prompt).await?;
        }
        errand.done(format!("the password of {user} is changed"));
        if ui.output() == Output::Json {
            return ui.document(&Report {
                action: "changed",
                user: &user,
            });
        }
        Ok(())
    })
}

fn old_prompt(user: &str) -> String {
    format!("Old password of {user}: ")
}

struct Pair {
    old: Secret,
    new: Secret,
}

/// Why a password was not changed.
enum Mistaken {
    /// The old one is another, and all else may be right.
    Old(Failure),
    Otherwise(Failure),
}

impl Pair {
    async fn obtain(terminal: Option<&Terminal>, policy: &Policy, user: &str) -> Result<Self> {
        let Some(terminal) = terminal else {
            let old = password::from_stdin("old password").await?;
            let new = password::from_stdin("new password").await?;
            password::keeps_the_rules(policy, &new, Some(&old))?;
            return Ok(Self { old, new });
        };
        let hidden = terminal.hidden()?;
        let old = password::present(&hidden, &old_prompt(user)).await?;
        let new = password::typed(&hidden, "New password: ", policy, Some(&old)).await?;
        Ok(Self { old, new })
    }

    /// Where the answer is lost, the request is made again: it is carried out once, and the second
    /// is refused for the old password, which is then no longer the old one.
    async fn change(&self, operator: &Operator<'_>, user: &str) -> Result<(), Mistaken> {
        let Self { old, new } = self;
        let mut in_doubt = false;
        let mut tries = 0;
        loop {
            tries += 1;
            let changed = operator.call(async |aws, key| aws.change_password(key, old, new).await);
            let obstacle = match changed.await {
                Ok(()) => return Ok(()),
                Err(obstacle) => obstacle,
            };
            in_doubt |= obstacle.may_be_done();
            if !obstacle.may_be_done() || tries == TRIES {
                return Err(mistaken(operator, obstacle, user, in_doubt));
            }
        }
    }
}

fn mistaken(operator: &Operator<'_>, obstacle: Obstacle, user: &str, in_doubt: bool) -> Mistaken {
    let old = obstacle.situation() == Some(&Situation::Iam(IamSituation::OldPassword));
    match (old, in_doubt) {
        (true, false) => Mistaken::Old(operator.explain(obstacle, about(user))),
        (true, true) => Mistaken::Otherwise(
            Failure::new(
                Kind::Aws,
                "an answer of AWS's was lost, and now AWS says that the old password is wrong",
            )
            .next("sign in with the new password: the first request has most likely changed it")
            .next("if that does not do, the old one was mistyped: run the same again"),
        ),
        (false, false) => Mistaken::Otherwise(refused(operator, obstacle, user)),
        (false, true) => Mistaken::Otherwise(operator.explain(obstacle, about(user)).next(
            "sign in with the new one, else with the old one: it is not known whether the password was changed",
        )),
    }
}

fn refused(operator: &Operator<'_>, obstacle: Obstacle, user: &str) -> Failure {
    let has_none = obstacle.situation() == Some(&Situation::Iam(IamSituation::NoPassword));
    let failure = operator.explain(obstacle, about(user));
    match has_none {
        true => failure.next(format!(
            "ask an administrator for a first one: `awsmfa -p ADMIN password create --user {user}`"
        )),
        false => failure,
    }
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    user: &'a str,
}
