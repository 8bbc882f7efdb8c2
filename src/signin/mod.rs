//! Signing in: from what the command line asked for to a section with temporary credentials.
//!
//! The order is the product's promise: the code is spent last.
//!
//! 1. [`prepare`] reads the files, resolves the profile and checks everything that can fail
//!    without AWS and without a code. It writes nothing and sends nothing.
//! 2. [`Prepared::good`] says whether the section is still good. If it is, that is all.
//! 3. [`renew`] waits for its turn, so that of several runs one signs in (`turn`), and then goes
//!    one of two ways (`base` chooses). Both settle consent, prove that the file can be written
//!    (`save`), find the device, get a code while the connection is being made and the key is being
//!    proved (`desk`; `step`: one from a command never twice), and spend it (`spend`, `issue`).
//!    `direct`: on a session of the user's own, or on a role itself. `through`: on the session of a
//!    role's source, which is written and then opens the role, and every further one without a
//!    code.
//!
//! Beside it: [`sign_in_all`] signs in to several profiles at once, [`enter`] goes on from
//! credentials to the console, [`identify`] asks AWS who one is, [`sign_out`] takes sections out
//! again, [`Rewiring`] arranges the config file for other tools, an [`Operator`] has the
//! credentials to call IAM with, and a [`Room`] is where a new long-term key goes.
//!
//! It says nothing about the result: that is the command's. It never writes the section before
//! STS has answered, and never sends a code before everything else is known.

mod base;
mod caller;
mod circle;
mod console;
mod desk;
mod device;
mod direct;
mod files;
mod identity;
mod issue;
mod obstacle;
mod operator;
mod out;
mod revise;
mod room;
mod save;
mod serial_line;
mod several;
mod signals;
mod spend;
mod step;
mod through;
mod turn;
mod ways;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::code::{CodeSource, Given};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, Files, Plan, Request, Source, Target};
use crate::secret::{AccessKey, Secret};
use crate::session::{self, Good, Why};
use crate::ui::Ui;
use base::{Base, Way};
use desk::Desk;
use files::{catch_up, parse, survey};
use through::{Member, Party};
use turn::Turn;

pub use console::{Entrance, Visit, With, enter, look_up};
pub use files::{held_key, read_file, read_files};
pub use identity::{Answer, identify};
pub use obstacle::{About, Obstacle};
pub use operator::{Acting, Operator, Orders};
pub use out::{Left, SignedOut, Which, sign_out};
pub use revise::{Revising, Revision, rehearse, revise};
pub use room::{Filled, Place, Room};
pub use serial_line::{SerialLine, serial_line, write_serial};
pub use several::{Done, Outcome, Plans, Row, Which as Profiles, plan_all, sign_in_all};
pub(crate) use signals::interrupted;
pub use step::Permit;
pub use through::Kept;
pub use ways::settings;
pub use wire::Rewiring;

/// What a person asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub request: Request,
    /// A code from the command line, or `-`.
    pub code: Option<(Secret, Given)>,
    /// Renew even where the section is still good, unless another run has done so since this one
    /// began.
    pub force: bool,
    /// Assume roles with the code itself, and keep no session.
    pub no_session: bool,
    /// Consent to replacing temporary keys that somebody else wrote.
    pub yes: bool,
    /// A section that is good for less than this is renewed.
    pub min_ttl: Duration,
    /// How long to try to reach AWS, and to wait for a command or for the lock.
    pub timeout: Duration,
    /// Whether the answer to "who am I now" is worth a request of its own.
    pub identify: bool,
    /// The device was set up a moment ago: AWS may take some seconds to know it everywhere, which
    /// is waited for.
    pub new_device: bool,
    /// Whether `mfa_process` is passed over: its codes are those of another device.
    pub codes_are_typed: bool,
    /// The id of a key that looks good and that AWS does not take: what is in the section in its
    /// place by then is good.
    pub distrusted: Option<String>,
    /// Whether somebody may be asked: not by a program that works in the background, even where
    /// it was started on a terminal.
    pub attended: bool,
}

/// Everything known before anything is sent.
#[derive(Debug)]
pub struct Prepared {
    pub files: Files,
    pub plan: Plan,
    code: CodeSource,
    /// The id of the key that the section held when the run began.
    before: Option<String>,
}

/// What signing in would do, told without doing it.
#[derive(Debug)]
pub enum Outlook {
    Kept,
    /// The role would be assumed with the session in this section.
    NoCode {
        session: String,
        until: Timestamp,
    },
    Code(Why),
}

/// What came of a renewal.
#[derive(Debug)]
pub enum Renewed {
    /// We have signed in.
    Here(Box<Fresh>),
    /// Another run has, while we waited for it: these are the files as they are now.
    Elsewhere(Box<Prepared>),
}

/// New credentials, saved.
#[derive(Debug)]
pub struct Fresh {
    /// Who one is with them, where AWS said so.
    pub arn: Option<String>,
    pub key: AccessKey,
    pub expiration: Timestamp,
    /// What the time left is counted from: AWS's clock, not ours.
    pub aws_now: Timestamp,
    /// AWS's clock minus ours.
    pub skew: Option<SignedDuration>,
    pub serial: Option<String>,
    pub role_arn: Option<String>,
    /// What was asked for and what was granted, where that is less.
    pub lowered: Option<(Duration, Duration)>,
    /// The session that the role was assumed with; none for a session itself, or a role that the
    /// code was given for.
    pub session: Option<Kept>,
    /// Why some AWS tool will not read the file at all, whatever we have written into it.
    pub warnings: Vec<String>,
}

/// Reads, resolves and checks; see the module's first step.
///
/// # Errors
///
/// [`Kind::Usage`], [`Kind::Configuration`], [`Kind::File`] or [`Kind::Code`]; nothing has been
/// sent or written.
pub fn prepare(context: &Context, wanted: &Wanted) -> Result<Prepared> {
    wanted.check_code(context)?;
    let mut files = read_files(context)?;
    let mut plan = profile::resolve(context, &files, &wanted.request);
    if plan.is_err() && files::is_being_written(&files) {
        files = read_files(context)?;
        plan = profile::resolve(context, &files, &wanted.request);
    }
    let plan = plan?;
    if let Source::Process { name, .. } = &plan.source {
        circle::check(&context.env, name, &plan.source.origin())?;
    }
    let code = wanted.code_source(context, &plan)?;
    let before = held_id(&plan).map(str::to_owned);
    Ok(Prepared {
        files,
        plan,
        code,
        before,
    })
}

/// The id of the key in the section, if it is one of ours.
fn held_id(plan: &Plan) -> Option<&str> {
    match &plan.target {
        Target::Ours(session) => Some(&session.key_id),
        _ => None,
    }
}

impl Wanted {
    /// A mistyped code is told before anything else is looked at.
    fn check_code(&self, context: &Context) -> Result<()> {
        CodeSource::decide(self.given(), &context.env, None).map(drop)
    }

    /// Where the code for this plan is to be had.
    fn code_source(&self, context: &Context, plan: &Plan) -> Result<CodeSource> {
        let process = plan.mfa_process.as_ref().filter(|_| !self.codes_are_typed);
        let process = process.map(|setting| {
            (
                setting.value.expose(),
                &setting.origin as &dyn std::fmt::Display,
            )
        });
        CodeSource::decide(self.given(), &context.env, process)
    }

    /// Whether what the section holds is to be replaced even if it is good: by force, which means
    /// what was there before, and not what another run has put in its place since.
    fn replaces(&self, plan: &Plan, before: Option<&str>) -> bool {
        self.force && before.is_some() && held_id(plan) == before
    }

    /// What to say of flags for new credentials, where a session is kept that was made without them.
    pub fn not_applied(&self, kept: &profile::Session) -> Option<String> {
        let (asked, made) = (&self.request, &kept.marks);
        let is_new = |asked: &Option<String>, made| asked.is_some() && asked != made;
        let mut flags = Vec::new();
        let lasts_otherwise = asked.duration.is_some() && asked.duration != made.duration;
        flags.extend(lasts_otherwise.then_some("--duration-seconds"));
        flags.extend(
            is_new(&asked.role_session_name, &made.session_name).then_some("--role-session-name"),
        );
        flags.extend(is_new(&asked.external_id, &made.external_id).then_some("--external-id"));
        flags.extend(self.no_session.then_some("--no-session"));
        let flags = (!flags.is_empty()).then(|| flags.join(", "))?;
        Some(format!(
            "{flags} not applied: what is there is still good; add --force to apply"
        ))
    }

    fn given(&self) -> Option<(&str, Given)> {
        self.code
            .as_ref()
            .map(|(text, place)| (text.expose(), *place))
    }
}

impl Prepared {
    /// Whether the section is still good, or why not. A code that was given is there to be spent.
    ///
    /// # Errors
    ///
    /// Why new credentials are needed.
    pub fn good(&self, now: Timestamp, wanted: &Wanted) -> Result<Good<'_>, Why> {
        let before = self.before.as_deref();
        let force = self.code.is_given() || wanted.replaces(&self.plan, before);
        let good = session::decide(&self.plan, now, wanted.min_ttl, force)?;
        match wanted.distrusted.as_deref() == Some(good.session.key_id.as_str()) {
            true => Err(Why::NotTaken),
            false => Ok(good),
        }
    }

    /// What would become of the section: kept, made anew without a code, or with one. Another tool's
    /// section is kept.
    pub fn outlook(&self, context: &Context, wanted: &Wanted) -> Outlook {
        let why = match self.good(context.clock.now(), wanted) {
            Ok(_) | Err(Why::Foreign) => return Outlook::Kept,
            Err(why) => why,
        };
        let Way::Session(base) = base::choose(context, &self.files, &self.plan, wanted) else {
            return Outlook::Code(why);
        };
        match base.good(context, wanted) {
            Some(until) if wanted.min_ttl <= profile::grants(&self.plan).0 => Outlook::NoCode {
                session: base.plan.section.value.clone(),
                until,
            },
            _ => Outlook::Code(why),
        }
    }

    /// What the section needs.
    fn need(&self, context: &Context, wanted: &Wanted) -> turn::Need {
        if self.good(context.clock.now(), wanted).is_ok() {
            return turn::Need::Nothing;
        }
        match base::choose(context, &self.files, &self.plan, wanted) {
            Way::Session(base) if base.is_good(context, wanted) => turn::Need::Role,
            _ => turn::Need::Code,
        }
    }

    /// Prepares anew if another run has written the credentials file meanwhile.
    fn catch_up(&mut self, context: &Context, wanted: &Wanted) -> Result<()> {
        if catch_up(&mut self.files)? {
            let before = self.before.take();
            *self = prepare(context, wanted)?;
            self.before = before;
        }
        Ok(())
    }
}

/// Gets new credentials and writes them, unless another run does so first; see the module's third
/// step.
///
/// # Errors
///
/// Any kind. Unless it says otherwise the file is as it was; the failure says whether a code was
/// spent for nothing.
pub fn renew(context: &Context, ui: &Ui, prepared: Prepared, wanted: &Wanted) -> Result<Renewed> {
    in_a_runtime(renewing(context, ui, prepared, wanted))
}

/// Waits for `work`, and then for nothing more: a prompt that nobody answered is still being read
/// on its thread.
fn in_a_runtime<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Kind::Internal, "no runtime could be started").because(error)
        })?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

/// The same as [`renew`], within the runtime of a caller that has more to ask of AWS.
async fn renewing(
    context: &Context,
    ui: &Ui,
    prepared: Prepared,
    wanted: &Wanted,
) -> Result<Renewed> {
    let desk = Desk::new(context, ui, wanted);
    let survey = survey(&prepared.files);
    let signing_in = Box::pin(sign_in(&desk, prepared));
    let mut fresh = match desk.until_interrupted(signing_in).await? {
        SignedIn::Elsewhere(found) => return Ok(Renewed::Elsewhere(found)),
        SignedIn::Directly(obtained) => obtained.report().await,
        SignedIn::Through(fresh) => fresh,
    };
    fresh.warnings = survey.await.unwrap_or_default();
    Ok(Renewed::Here(Box::new(fresh)))
}

/// Whose sign-in it was, and what is left to say about it.
enum SignedIn {
    Elsewhere(Box<Prepared>),
    Directly(direct::Obtained),
    Through(Fresh),
}

async fn sign_in(desk: &Desk<'_>, mut prepared: Prepared) -> Result<SignedIn> {
    let turn = wait(desk, &mut prepared).await?;
    if turn.is_none() && !prepared.code.is_given() {
        return Ok(SignedIn::Elsewhere(Box::new(prepared)));
    }
    match base::choose(desk.context, &prepared.files, &prepared.plan, desk.wanted) {
        Way::Direct(why) => {
            if let Some(why) = why {
                desk.ui.note(&why);
            }
            let obtained = direct::sign_in(desk, &mut prepared).await?;
            Ok(SignedIn::Directly(obtained))
        }
        Way::Session(base) => through(desk, prepared, *base).await,
    }
}

/// One role through the session of its base.
async fn through(desk: &Desk<'_>, prepared: Prepared, base: Base) -> Result<SignedIn> {
    let Prepared {
        files, plan, code, ..
    } = prepared;
    desk.consent(&plan, &files.credentials).await?;
    let mut party = Party {
        desk,
        seen: Arc::clone(files.credentials.document.shared_bytes()),
        files,
        base,
        code,
        profile: plan.profile.value.clone(),
        own: false,
        replaced: None,
        prove_first: false,
        members: vec![Member::new(desk.wanted.request.clone(), plan)],
    };
    let session = party.sign_in().await?;
    let member = party.members.pop();
    let member = member
        .ok_or_else(|| Failure::new(Kind::Internal, "the role that was asked for is gone"))?;
    Ok(SignedIn::Through(session.report(member.outcome()?)))
}

/// Waits for the section's turn; none is needed where a code was given. `prepared` is afterwards
/// what the files say now.
async fn wait(desk: &Desk<'_>, prepared: &mut Prepared) -> Result<Option<Turn>> {
    if prepared.code.is_given() {
        return Ok(None);
    }
    let (context, wanted) = (desk.context, desk.wanted);
    let credentials = prepared.files.credentials.path.clone();
    let section = prepared.plan.section.value.clone();
    let look = || {
        prepared.catch_up(context, wanted)?;
        Ok(prepared.need(context, wanted))
    };
    turn::take(desk, &credentials, &section, look).await
}
