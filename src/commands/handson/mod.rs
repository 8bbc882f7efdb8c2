//! `awsmfa handson`: a throw-away user without permissions and a role that needs MFA, put up, listed
//! and taken down.
//!
//! One file per command. `raise` carries out what [`crate::handson::up`] says, in `steps`; `look` sees
//! what is there before; `survey` sees what there is to be taken down, `possessions` what of it is the
//! user's, `raze` takes it down. `notes` has what a run that was cut short has left in doubt, and
//! `doubt` finds out.

mod doubt;
mod down;
mod list;
mod look;
mod notes;
mod possessions;
mod raise;
mod raze;
mod steps;
mod survey;
mod up;

use clap::{Args, Subcommand};

use super::Target;
use super::mfa::create::is;
use super::policy::{self, For, Named};
use crate::arn::Arn;
use crate::aws::IamSituation;
use crate::context::Context;
use crate::device;
use crate::failure::Result;
use crate::signin::{Obstacle, Operator};
use crate::ui::Ui;

/// A user without permissions and a role that needs MFA, for a hands-on and no longer
///
/// `up` creates both, with an access key and an MFA device, and writes the profiles to sign in with;
/// `down` removes all of it. To be run with an administrator's profile. What `up` has made carries
/// tags, and nothing else is ever removed without `--force`.
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// Print the smallest IAM policy that allows these commands, and do nothing else; after `up`, for
    /// the names and the policies that are given to it
    #[arg(long, global = true)]
    print_policy: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(Box<up::Arguments>),
    Down(down::Arguments),
    List(list::Arguments),
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        command,
        print_policy,
    } = arguments;
    if print_policy {
        let named = match &command {
            Some(Command::Up(arguments)) => arguments.named()?,
            _ => Named::default(),
        };
        return policy::print(ui, "handson", For::Admin, &named);
    }
    match command {
        Some(Command::Up(arguments)) => up::run(context, ui, target, *arguments),
        Some(Command::Down(arguments)) => down::run(context, ui, target, arguments),
        Some(Command::List(arguments)) => list::run(context, ui, target, arguments),
        None => Err(policy::no_command("handson")),
    }
}

/// The account that the calls are made in.
#[derive(Clone, Debug)]
struct Home {
    partition: String,
    account: String,
}

impl Home {
    /// That of the last role, which may be another than the key's.
    ///
    /// # Errors
    ///
    /// As for [`Operator::identity`], which is asked in any case: a key that AWS does not take is
    /// told before anything else.
    async fn of(operator: &Operator<'_>) -> Result<Self> {
        let identity = operator.identity().await?;
        let role = operator.plan().roles.last();
        let arn = role.and_then(|role| Arn::parse(&role.arn));
        let (partition, account) =
            match arn.and_then(|arn| Some((arn.partition, arn.account_id()?))) {
                Some(home) => home,
                None => (
                    identity.partition().unwrap_or("aws"),
                    identity.account.as_str(),
                ),
            };
        Ok(Self {
            partition: partition.to_owned(),
            account: account.to_owned(),
        })
    }

    /// The serial number of the virtual device of this name.
    fn device(&self, name: &str) -> String {
        device::arn(&self.partition, &self.account, name)
    }

    /// The ARN of the user of this name, if `up` has made it: that has no path.
    fn user(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:user/{name}", self.partition, self.account)
    }
}

/// What is not there has nothing.
fn none_if_gone<T: Default>(outcome: Result<T, Obstacle>) -> Result<T, Obstacle> {
    match outcome {
        Err(obstacle) if is(&obstacle, IamSituation::NoSuchEntity) => Ok(T::default()),
        outcome => outcome,
    }
}
