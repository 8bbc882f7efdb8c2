//! `awsmfa key create`: a new key, its secret in a profile or, once, on standard output.

use clap::{Args, ValueHint};
use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::keys;
use super::list::status;
use super::safe::{Maker, Unmade};
use crate::aws::{NewKey, UserKey};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::consent;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::journal::Journal;
use crate::profile;
use crate::rotation;
use crate::signin::{self, Obstacle, Operator, Place};
use crate::ui::{Output, Ui};

/// Create an access key and put it into a profile
///
/// AWS tells the secret once. With `--to` it goes into that profile of the credentials file, which
/// must not hold a key yet. With `--output json` and no `--to` it is printed on standard output, in
/// the form of `aws iam create-access-key`. To replace the key of a profile use `rotate`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The profile to put the key into; it is made if it is not there
    #[arg(long, value_name = "PROFILE", value_hint = ValueHint::Other)]
    to: Option<String>,

    /// Delete a key that a lost reply has left behind, without asking
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    whose: Whose,
}

/// What AWS CLI's `create-access-key` prints.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    access_key: Part<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Part<'a> {
    user_name: &'a str,
    access_key_id: &'a str,
    status: &'a str,
    secret_access_key: &'a str,
    create_date: String,
}

/// What `--output json` prints beside `--to`. There is no secret in it.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    user_name: &'a str,
    access_key_id: &'a str,
    status: &'static str,
    create_date: String,
    profile: &'a str,
    file: String,
}

/// Room for the document, so that it is not moved about in memory.
const ROOM: usize = 4096;

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments { to, yes, whose } = arguments;
    if to.is_none() && ui.output() != Output::Json {
        return Err(Failure::new(
            Kind::Usage,
            "nobody said where the new key's secret is to go, and AWS tells it once",
        )
        .at("--to")
        .next("`--to PROFILE` puts it into that profile of the credentials file")
        .next("`--output json` prints it on standard output")
        .next("`awsmfa key rotate` replaces the key of a profile"));
    }
    let wait = target.timeout;
    let (orders, user) = whose.orders(target)?;
    let errand = Errand::new(ui, "`awsmfa key list` shows what became of it");
    errand.run(async {
        if let Some(name) = &to {
            profile::vacant(&signin::read_files(context)?, name, "--to")?;
        }
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let maker = Maker {
            context,
            ui,
            operator: &operator,
            errand: &errand,
            user: &user,
            wait,
        };
        let creation = Creation {
            maker: &maker,
            yes,
            before: seen(&operator, &user).await,
        };
        match &to {
            Some(name) => creation.for_profile(name).await,
            None => creation.for_stdout().await,
        }
    })
}

/// The keys that are there now; none if they may not be looked at.
async fn seen(operator: &Operator<'_>, user: &str) -> Option<Vec<UserKey>> {
    let listed = operator.call(async |aws, key| aws.access_keys(key, user).await);
    listed.await.ok()
}

struct Creation<'a> {
    maker: &'a Maker<'a>,
    yes: bool,
    before: Option<Vec<UserKey>>,
}

impl Creation<'_> {
    async fn for_profile(&self, name: &str) -> Result<()> {
        let Maker { context, ui, .. } = *self.maker;
        let place = Place::Profile(name.to_owned(), "--to");
        let mut made = self.maker.make(&place).await;
        if let Err(Unmade::Refused(obstacle)) = made {
            self.clear_away(obstacle).await?;
            made = self.maker.make(&place).await;
        }
        let new = match made {
            Ok((new, _)) => new,
            Err(Unmade::NoRoom(failure)) => return Err(failure),
            Err(Unmade::Refused(obstacle)) => return Err(self.maker.explain(obstacle)),
            Err(Unmade::Unwritten { key, failure, .. }) => {
                return Err(self.take_back(&key, failure).await);
            }
        };
        let file = context.aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        if ui.output() == Output::Json {
            let report = Report {
                action: "created",
                user_name: &new.user,
                access_key_id: &new.key.id,
                status: status(true),
                create_date: profile::spell_expiration(new.created),
                profile: name,
                file: file.display().to_string(),
            };
            let lost = |failure: Failure| {
                failure.next(format!("access key {} is in profile `{name}`", new.key.id))
            };
            return ui.document(&report).map_err(lost);
        }
        self.maker.errand.done(format!(
            "access key {} of {} is created and stored in profile `{name}`",
            new.key.id, new.user
        ));
        ui.note("it may take AWS some seconds to accept it everywhere");
        Ok(())
    }

    async fn for_stdout(&self) -> Result<()> {
        let new = match self.maker.make_for_hand().await {
            Ok(new) => new,
            Err(obstacle) => {
                self.clear_away(obstacle).await?;
                let again = self.maker.make_for_hand().await;
                again.map_err(|obstacle| self.maker.explain(obstacle))?
            }
        };
        let document = Document {
            access_key: Part {
                user_name: &new.user,
                access_key_id: &new.key.id,
                status: status(true),
                secret_access_key: new.key.secret.expose(),
                create_date: spell(new.created),
            },
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        serde_json::to_writer_pretty(&mut *bytes, &document).map_err(|error| {
            Failure::new(Kind::Internal, "the key could not be put into a document").because(error)
        })?;
        bytes.push(b'\n');
        match self.maker.ui.hand_over(&bytes) {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.take_back(&new, failure).await),
        }
    }

    /// After a call that may have been carried out: if a key has appeared, nobody knows its secret,
    /// so it is deleted. When this returns well, the creation can be tried again.
    async fn clear_away(&self, obstacle: Obstacle) -> Result<()> {
        let Maker {
            ui, operator, user, ..
        } = *self.maker;
        let Some(before) = self.before.as_ref().filter(|_| obstacle.may_be_done()) else {
            return Err(self.maker.explain(obstacle));
        };
        let after = keys::of(operator, user).await?;
        let appeared = |key: &&UserKey| before.iter().all(|other| other.id != key.id);
        let mut orphans = after.iter().filter(appeared);
        let (Some(orphan), None) = (orphans.next(), orphans.next()) else {
            return Err(self.maker.explain(obstacle));
        };
        let id = &orphan.id;
        self.maker.errand.done(format!(
            "access key {id} of {user} was created, and its secret was lost with AWS's reply"
        ));
        let what = format!("delete access key {id}, which nobody can use, and create another");
        consent::obtain(ui, self.yes, &what)
            .await
            .map_err(|failure| failure.next(format!("`awsmfa key delete {id}` deletes it")))?;
        match self.maker.delete(id).await {
            Ok(()) => {
                self.maker
                    .errand
                    .done(format!("access key {id} is deleted"));
                Ok(())
            }
            Err(obstacle) => Err(self.maker.explain(obstacle)),
        }
    }

    /// A key that could not be handed over: nobody has it, so it goes; or else its secret is kept.
    async fn take_back(&self, new: &NewKey, failure: Failure) -> Failure {
        let id = &new.key.id;
        if self.maker.delete(id).await.is_ok() {
            return failure.done(format!("the new access key {id} is deleted again"));
        }
        let Maker {
            context, ui, wait, ..
        } = *self.maker;
        let kept = async {
            let journal = Journal::open(context, ui, &rotation::secret_name(id), wait).await?;
            journal.write(&Document {
                access_key: Part {
                    user_name: &new.user,
                    access_key_id: id,
                    status: status(true),
                    secret_access_key: new.key.secret.expose(),
                    create_date: spell(new.created),
                },
            })?;
            Ok::<_, Failure>(journal.path().display().to_string())
        };
        let failure = match kept.await {
            Ok(path) => failure.done(format!(
                "access key {id} is created; its secret is in {path}"
            )),
            Err(_) => failure.done(format!(
                "access key {id} is created, and its secret is lost"
            )),
        };
        failure.next(format!("`awsmfa key delete {id}` deletes it"))
    }
}

/// As the AWS CLI spells a date: RFC 3339 with `+00:00`.
fn spell(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
