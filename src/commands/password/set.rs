//! Setting a password as an administrator does, for the first time or again.
//!
//! A reply can be lost after AWS has set the password. The same request is then made again, with the
//! same password, until AWS has answered: that it did, or that it had done so before. A generated
//! password is printed once it is in force and not before, so what is printed is never a password
//! that does not work; if nobody can tell, it is given up and another has to be made.

use serde::Serialize;
use zeroize::Zeroizing;

use super::given::Given;
use super::{Standing, about, policy, standing};
use crate::aws::{IamSituation, Situation};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::password::New;
use crate::secret::Secret;
use crate::signin::{Obstacle, Operator};
use crate::ui::{Output, Ui};

/// How often the request is made while the answers get lost. Each is repeated by itself as long as
/// it surely did not arrive.
const TRIES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Create,
    Reset,
}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    deed: Deed,
    whose: Whose,
    given: Given,
) -> Result<()> {
    given.one_reader(&whose)?;
    let (orders, user) = whose.orders(target)?;
    let new = given.source(ui)?;
    if matches!(new, New::Generated) {
        ui.check_handing_over("the generated password")?;
    }
    let errand = Errand::new(ui, "set another with `awsmfa password reset`");
    errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let (standing, policy) =
            tokio::try_join!(standing(&operator, &user), policy(&operator, ui))?;
        fits(deed, standing, &user)?;
        let password = new.obtain(&policy, &user).await?;
        let request = Request {
            deed,
            user: &user,
            password: &password,
            reset_required: given.reset_required,
            generated: matches!(new, New::Generated),
            had_none: standing == Standing::None,
            refuses_former: policy.refuses_former(),
        };
        let doing = format!("setting a password for {user}");
        errand.step(&doing, request.make(&operator)).await?;
        errand.done(match deed {
            Deed::Create => format!("{user} has a password"),
            Deed::Reset => format!("{user} has a new password"),
        });
        hand_over(ui, &request)
    })
}

/// # Errors
///
/// [`Kind::Aws`] where AWS would say no: told before a password is asked for.
fn fits(deed: Deed, standing: Standing, user: &str) -> Result<()> {
    let what = match (deed, standing) {
        (Deed::Create, Standing::Has) => format!("{user} has a password already"),
        (Deed::Reset, Standing::None) => format!("{user} has no password"),
        _ => return Ok(()),
    };
    Err(Failure::new(Kind::Aws, what).next(instead(deed)))
}

/// The other deed, which fits where this one does not.
fn instead(deed: Deed) -> &'static str {
    match deed {
        Deed::Create => "`awsmfa password reset` replaces it",
        Deed::Reset => "`awsmfa password create` makes a first one",
    }
}

struct Request<'a> {
    deed: Deed,
    user: &'a str,
    password: &'a Secret,
    reset_required: bool,
    generated: bool,
    /// Whether AWS said before that the user has no password.
    had_none: bool,
    /// Whether the account is known to refuse former passwords.
    refuses_former: bool,
}

impl Request<'_> {
    async fn make(&self, operator: &Operator<'_>) -> Result<()> {
        let mut in_doubt = false;
        let mut tries = 0;
        loop {
            tries += 1;
            let obstacle = match self.send(operator).await {
                Ok(()) => return Ok(()),
                Err(obstacle) if in_doubt && self.was_done(&obstacle) => return Ok(()),
                Err(obstacle) => obstacle,
            };
            in_doubt |= obstacle.may_be_done();
            if !obstacle.may_be_done() || tries == TRIES {
                return Err(self.failure(operator, obstacle, in_doubt));
            }
        }
    }

    async fn send(&self, operator: &Operator<'_>) -> Result<(), Obstacle> {
        let Self {
            user,
            password,
            reset_required,
            ..
        } = *self;
        operator
            .call(async |aws, key| match self.deed {
                Deed::Create => {
                    aws.create_login_profile(key, user, password, reset_required)
                        .await
                }
                Deed::Reset => {
                    aws.update_login_profile(key, user, password, reset_required)
                        .await
                }
            })
            .await
    }

    /// Whether such a no, after a request whose answer was lost, proves that it was carried out: a
    /// user who had no password has one, or a password that was drawn to keep all other rules of the
    /// account is a former one, which nobody but this request can have made it.
    fn was_done(&self, obstacle: &Obstacle) -> bool {
        match obstacle.situation() {
            Some(Situation::Iam(IamSituation::AlreadyExists)) => self.had_none,
            Some(Situation::Iam(IamSituation::PasswordPolicy)) => {
                self.deed == Deed::Reset && self.generated && self.refuses_former
            }
            _ => false,
        }
    }

    fn failure(&self, operator: &Operator<'_>, obstacle: Obstacle, in_doubt: bool) -> Failure {
        let user = self.user;
        let refused = obstacle.situation() == Some(&Situation::Iam(IamSituation::PasswordPolicy));
        let unfit = does_not_fit(&obstacle);
        let failure = operator.explain(obstacle, about(user));
        if !in_doubt {
            return match unfit {
                true => failure.next(instead(self.deed)),
                false => failure,
            };
        }
        failure
            .note(format!(
                "an answer of AWS's was lost, so nobody can tell whether {user} has the password"
            ))
            .next(match self.deed {
                Deed::Create => "`awsmfa password show` tells whether there is one; `awsmfa password reset` sets another",
                Deed::Reset if refused && !self.generated => "sign in with it, or set another: AWS may refuse it because the first request has set it",
                Deed::Reset => "run the same again: the last password that was set counts",
            })
    }
}

/// Whether it is the other deed that AWS would carry out.
fn does_not_fit(obstacle: &Obstacle) -> bool {
    use IamSituation::{AlreadyExists, NoPassword};
    matches!(
        obstacle.situation(),
        Some(Situation::Iam(AlreadyExists | NoPassword))
    )
}

/// What `--output json` prints. The password is the point where it was generated, and nobody else
/// has it.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    user: &'a str,
    password_reset_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

/// Where nobody can be given the password, the errand says how to go on.
fn hand_over(ui: &Ui, request: &Request<'_>) -> Result<()> {
    let Request { user, .. } = request;
    if request.reset_required {
        ui.say(&format!(
            "{user} has to choose another one at the next sign-in"
        ));
    }
    if request.generated {
        ui.note("the password is on standard output; nobody can show it again");
    }
    let generated = request.generated.then(|| request.password.expose());
    let written = match (ui.output(), generated) {
        (Output::Json, _) => ui.document(&Report {
            action: match request.deed {
                Deed::Create => "created",
                Deed::Reset => "reset",
            },
            user,
            password_reset_required: request.reset_required,
            password: generated,
        }),
        (_, Some(password)) => ui.hand_over(Zeroizing::new(format!("{password}\n")).as_bytes()),
        (_, None) => Ok(()),
    };
    written.map_err(|failure| match generated {
        Some(_) => failure.note("the password is in force and lost"),
        None => failure,
    })
}
