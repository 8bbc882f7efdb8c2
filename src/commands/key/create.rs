//! `awsmfa key create`: a new key, its secret in a profile or, once, on standard output.

use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::begun::{self, Begun};
use super::created::{Document, Report};
use super::keys;
use super::record;
use super::safe::{Maker, Unmade};
use crate::aws::{IamSituation, NewKey, UserKey};
use crate::commands::Target;
use crate::commands::mfa::create::is;
use crate::commands::news::pause;
use crate::commands::whose::Whose;
use crate::consent;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::journal::Journal;
use crate::pauses::Pauses;
use crate::profile;
use crate::rotation::{self, Phase, Record};
use crate::signin::{self, Obstacle, Operator, Place};
use crate::spelled::word;
use crate::ui::{Output, Ui};

/// Create an access key and put it into a profile
///
/// AWS tells the secret once. With `--to` it goes into that profile of the credentials file, which
/// must not hold a key yet. With `--output json` and no `--to` it is printed on standard output, in
/// the form of `aws iam create-access-key`. Cut off at any point, run it again: a key whose secret was
/// lost is found, and deleted if you agree. To replace the key of a profile use `rotate`.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The profile to put the key into; it is made if it is not there
    #[arg(long, value_name = "PROFILE", value_hint = ValueHint::Other)]
    to: Option<String>,

    /// Delete a key that a lost reply, or a run that was cut short, has left behind, without asking
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    whose: Whose,
}

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
    if to.is_none() {
        ui.check_handing_over("the secret of the new key")?;
    }
    let wait = target.timeout;
    let (orders, user) = whose.orders(target)?;
    let for_another = user.is_some();
    let errand = Errand::new(ui, "run the same command again: it goes on from there");
    errand.run(async {
        let written = to
            .as_deref()
            .map(|name| written(context, name))
            .transpose()?;
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
        let account = operator.account().await?;
        let name = begun::name(&user, account);
        let mut creation = Creation {
            maker: &maker,
            yes,
            for_another,
            journal: Journal::open(context, ui, &name, wait).await?,
            begun: None,
            in_doubt: false,
        };
        if let Some((name, record)) = record::unfinished(context, &user, account)? {
            return Err(creation.in_the_way_of(&name, &record));
        }
        if let (Some(name), Some(Some((id, occupied)))) = (&to, written) {
            return creation.finish(name, &id, occupied).await;
        }
        creation.begin().await?;
        match &to {
            Some(name) => creation.for_profile(name).await,
            None => creation.for_stdout().await,
        }
    })
}

/// Whether the profile has room for a key. The key that is in the way, and why it is, where a run that
/// was killed right after its write may have put it there.
fn written(context: &Context, name: &str) -> Result<Option<(String, Failure)>> {
    let files = signin::read_files(context)?;
    let Err(occupied) = profile::vacant(&files, name, "--to") else {
        return Ok(None);
    };
    match profile::key_of(&files, name).filter(|id| begun::may_have_made(context, id)) {
        Some(id) => Ok(Some((id, occupied))),
        None => Err(occupied),
    }
}

/// A user can have so many keys (IAM User Guide, "IAM and AWS STS quotas").
const MOST: usize = 2;

/// The keys that are there now; none if they may not be looked at.
async fn seen(operator: &Operator<'_>, user: &str) -> Option<Vec<UserKey>> {
    let listed = operator.call(async |aws, key| aws.access_keys(key, user).await);
    listed.await.ok()
}

struct Creation<'a> {
    maker: &'a Maker<'a>,
    yes: bool,
    /// The user was named.
    for_another: bool,
    /// Held to the end: two runs do not take each other's new key for one that is lost.
    journal: Journal,
    /// None where the keys may not be looked at, so that there is nothing to go by later either.
    begun: Option<Begun>,
    /// An earlier run may have left a key that AWS does not list yet.
    in_doubt: bool,
}

impl Creation<'_> {
    /// Clears away what an earlier run has left, and has the journal say that this one is begun.
    async fn begin(&mut self) -> Result<()> {
        let Maker {
            ui, operator, user, ..
        } = *self.maker;
        let earlier: Option<Begun> = self.journal.read()?;
        let Some(mut keys) = seen(operator, user).await else {
            return Ok(());
        };
        let mut since = None;
        if let Some(earlier) = earlier {
            let (orphan, listed) = self.lost(&earlier, self.doubt(&earlier, &keys)).await?;
            keys = listed;
            if let Some(orphan) = orphan {
                ui.note(&format!(
                    "access key {orphan} of {user} was created by a run that was cut short, and its secret is in no file"
                ));
                self.delete(&orphan).await?;
                keys.retain(|key| key.id != orphan);
            } else if earlier.is_new(operator) && keys.len() < MOST {
                self.in_doubt = true;
                since = Some(earlier);
            }
        }
        let begun = Begun::new(operator, user, &keys, since.as_ref());
        self.journal.write(&begun)?;
        self.begun = Some(begun);
        Ok(())
    }

    /// How long to look for a key that an earlier run may have left. Beside another key AWS itself
    /// would refuse a third, and so tell of it.
    fn doubt(&self, earlier: &Begun, keys: &[UserKey]) -> Pauses {
        match (earlier.is_new(self.maker.operator), keys) {
            (false, _) => Pauses::none(),
            (true, []) => Pauses::for_news(self.maker.wait),
            (true, _) => Pauses::for_doubt(),
        }
    }

    /// The key that a creation has left, if any, and what AWS lists. It is looked at again as long as
    /// there are pauses, and there is room for a key that is not listed yet.
    async fn lost(
        &self,
        begun: &Begun,
        mut pauses: Pauses,
    ) -> Result<(Option<String>, Vec<UserKey>)> {
        let Maker {
            ui, operator, user, ..
        } = *self.maker;
        let waiting =
            format!("AWS may not list yet an access key of {user} that was created and lost");
        loop {
            let keys = keys::of(operator, user).await?;
            let orphan = self.orphan(begun, &keys).await?;
            let is_told = orphan.is_some() || keys.len() >= MOST;
            if is_told || !pause(ui, &mut pauses, &waiting).await {
                return Ok((orphan, keys));
            }
        }
    }

    /// The rotation would take the new key for its own, whose secret was lost.
    fn in_the_way_of(&self, name: &str, record: &Record) -> Failure {
        let Record { user, profile, .. } = record;
        let old = &record.old.access_key_id;
        let named = word(profile);
        let rotate = match self.for_another {
            true => format!("awsmfa key rotate --to {named}"),
            false => format!("awsmfa -p {named} key rotate"),
        };
        let back = match record.phase {
            Phase::RollingBack => " --rollback",
            _ => "",
        };
        Failure::new(
            Kind::Configuration,
            format!(
                "the rotation of access key {old} of {user} (profile `{profile}`) is not finished, and needs the place of the second key"
            ),
        )
        .next(format!("finish it: `{rotate}{back}`"))
        .next(format!(
            "or move the file {name}.json away, which keeps the secret of {old}, if that rotation is of no interest any more"
        ))
    }

    /// The key that a creation has left, if any.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if it could be either of two.
    async fn orphan(&self, begun: &Begun, keys: &[UserKey]) -> Result<Option<String>> {
        let Maker {
            context,
            ui,
            operator,
            user,
            ..
        } = *self.maker;
        let mut found = begun.orphans(context, ui, operator, keys).await?;
        if found.len() < 2 {
            return Ok(found.pop());
        }
        let failure = Failure::new(
            Kind::Configuration,
            format!(
                "a run that was cut short may have created an access key for {user}, and several have appeared since"
            ),
        );
        let told = found.iter().fold(failure, |failure, id| {
            failure.next(format!(
                "`awsmfa key delete {id}` deletes it, if nobody needs it"
            ))
        });
        Err(told.next(self.not_lost()))
    }

    /// What to do if somebody has the secret after all.
    fn not_lost(&self) -> String {
        format!(
            "if somebody has its secret, move {} away and run this again",
            self.journal.path().display()
        )
    }

    /// The secret is where it belongs, or there is certainly no key: nothing is to be remembered.
    fn over(&self) {
        if self.begun.is_none() {
            return;
        }
        if let Err(failure) = self.journal.remove() {
            let path = self.journal.path().display();
            self.maker
                .ui
                .warn(&format!("{path}: {}; remove it", failure.what()));
        }
    }

    /// This run has certainly left no key; an earlier one may have.
    fn undone(&self) {
        if !self.in_doubt {
            self.over();
        }
    }

    /// AWS or the network said no, for good.
    fn refused(&self, obstacle: Obstacle) -> Failure {
        match obstacle.may_be_done() {
            true => self.maker.errand.left_open(),
            false => self.undone(),
        }
        self.maker.explain(obstacle)
    }

    async fn for_profile(&self, name: &str) -> Result<()> {
        let place = Place::Profile(name.to_owned(), "--to");
        let mut made = self.maker.make(&place).await;
        if let Err(Unmade::Refused(obstacle)) = made {
            self.clear_away(obstacle).await?;
            made = self.maker.make(&place).await;
        }
        let new = match made {
            Ok((new, _)) => new,
            Err(Unmade::NoRoom(failure)) => {
                self.undone();
                return Err(failure);
            }
            Err(Unmade::Refused(obstacle)) => return Err(self.refused(obstacle)),
            Err(Unmade::Unwritten { key, failure, .. }) => {
                return Err(self.take_back(&key, failure).await);
            }
        };
        self.over();
        self.tell(name, &new.key.id, new.created)
    }

    /// The key of a run that was killed right after it had written it: only the end is missing.
    async fn finish(&mut self, name: &str, id: &str, occupied: Failure) -> Result<()> {
        let Maker { operator, user, .. } = *self.maker;
        let begun: Option<Begun> = self.journal.read()?;
        let keys = keys::of(operator, user).await?;
        let made = |key: &&UserKey| {
            key.id == id && begun.as_ref().is_some_and(|begun| begun.has_appeared(key))
        };
        let Some(created) = keys.iter().find(made).map(|key| key.created) else {
            return Err(occupied);
        };
        self.begun = begun;
        self.over();
        self.tell(name, id, created)
    }

    fn tell(&self, name: &str, id: &str, created: Timestamp) -> Result<()> {
        let Maker {
            context, ui, user, ..
        } = *self.maker;
        let file = context.aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        if ui.output() == Output::Json {
            let report = Report::of(user, id, created, name, &file);
            let lost =
                |failure: Failure| failure.note(format!("access key {id} is in profile `{name}`"));
            return ui.document(&report).map_err(lost);
        }
        self.maker.errand.done(format!(
            "access key {id} of {user} is created and stored in profile `{name}`"
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
                again.map_err(|obstacle| self.refused(obstacle))?
            }
        };
        match self.maker.ui.hand_over(&Document::of(&new).print()?) {
            Ok(()) => {
                self.over();
                Ok(())
            }
            Err(failure) => Err(self.take_back(&new, failure).await),
        }
    }

    /// After a call that may have been carried out, by this run or the one before it: if a key has
    /// appeared, nobody knows its secret, so it is deleted. When this returns well, the creation can be
    /// tried again.
    async fn clear_away(&self, obstacle: Obstacle) -> Result<()> {
        let Maker { user, wait, .. } = *self.maker;
        let is_full = is(&obstacle, IamSituation::LimitExceeded);
        let (Some(begun), true) = (
            &self.begun,
            obstacle.may_be_done() || is_full && self.in_doubt,
        ) else {
            return Err(self.refused(obstacle));
        };
        self.maker.errand.left_open();
        // That there is no room for another proves that there is one more than AWS lists.
        let pauses = match is_full {
            true => Pauses::for_news(wait),
            false => Pauses::for_doubt(),
        };
        let (Some(orphan), _) = self.lost(begun, pauses).await? else {
            return Err(self.refused(obstacle));
        };
        self.maker.errand.done(format!(
            "access key {orphan} of {user} was created, and its secret was lost with AWS's reply"
        ));
        self.delete(&orphan).await
    }

    /// Deletes a key whose secret is lost, if the person agrees.
    async fn delete(&self, id: &str) -> Result<()> {
        let what = format!("delete access key {id}, which nobody can use, and create another");
        let asked = consent::obtain(self.maker.ui, self.yes, &what).await;
        asked.map_err(|failure| {
            let failure = failure.next(format!("`awsmfa key delete {id}` deletes it"));
            failure.next(self.not_lost())
        })?;
        let deleted = self.maker.delete(id).await;
        deleted.map_err(|obstacle| self.maker.explain(obstacle))?;
        self.maker
            .errand
            .done(format!("access key {id} is deleted"));
        Ok(())
    }

    /// A key that could not be handed over: nobody has it, so it goes; or else its secret is kept.
    async fn take_back(&self, new: &NewKey, failure: Failure) -> Failure {
        let id = &new.key.id;
        if self.maker.delete(id).await.is_ok() {
            self.over();
            return failure.done(format!("the new access key {id} is deleted again"));
        }
        let Maker {
            context, ui, wait, ..
        } = *self.maker;
        let kept = async {
            let journal = Journal::open(context, ui, &rotation::secret_name(id), wait).await?;
            journal.write(&Document::of(new))?;
            Ok::<_, Failure>(journal.path().display().to_string())
        };
        let failure = match kept.await {
            Ok(path) => {
                self.over();
                failure.done(format!(
                    "access key {id} is created; its secret is in {path}"
                ))
            }
            Err(_) => failure.done(format!(
                "access key {id} is created, and its secret is lost"
            )),
        };
        failure.next(format!("`awsmfa key delete {id}` deletes it"))
    }
}
