//! Signing in: from what the command line asked for to a section with temporary credentials.
//!
//! The order is the product's promise: the code is spent last.
//!
//! 1. [`prepare`] reads the files, resolves the profile and checks everything that can fail
//!    without AWS and without a code. It writes nothing and sends nothing.
//! 2. [`Prepared::good`] says whether the section is still good. If it is, that is all.
//! 3. [`renew`] settles consent, proves that the file can be written (`save`), finds the device,
//!    gets a code while the connection is being made and the key is being proved, calls STS
//!    (`issue`), and writes the section.
//!
//! Beside it: [`identify`] asks AWS who one is, [`sign_out`] takes sections out again, an
//! [`Operator`] has the credentials to call IAM with, and a [`Room`] is where a new long-term key
//! goes.
//!
//! It says nothing about the result: that is the command's. It never writes the section before
//! STS has answered, and never sends a code before everything else is known.

mod caller;
mod circle;
mod desk;
mod device;
mod identity;
mod issue;
mod operator;
mod out;
mod revise;
mod room;
mod save;
mod signals;
mod wiring;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::aside::detached;
use crate::code::{CodeSource, Given};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::ini::{Document, Flavor, Warning};
use crate::profile::{self, File, Files, Plan, Request, Source};
use crate::secret::{AccessKey, Secret};
use crate::session::{self, Good, Why};
use crate::store;
use crate::ui::Ui;
use desk::Desk;

pub use identity::{Answer, identify};
pub use operator::{About, Acting, Obstacle, Operator, Orders};
pub use out::{Left, SignedOut, Which, sign_out};
pub use revise::{Revising, Revision, rehearse, revise};
pub use room::{Filled, Place, Room};
pub(crate) use signals::interrupted;
pub use wiring::{Wiring, wire, wiring};

/// What a person asked for.
#[derive(Debug)]
pub struct Wanted {
    pub request: Request,
    /// A code from the command line, or `-`.
    pub code: Option<(Secret, Given)>,
    /// Renew even where the section is still good.
    pub force: bool,
    /// Consent to replacing temporary keys that somebody else wrote.
    pub yes: bool,
    /// A section that is good for less than this is renewed.
    pub min_ttl: Duration,
    /// How long to try to reach AWS, and to wait for a command or for the lock.
    pub timeout: Duration,
    /// Whether the answer to "who am I now" is worth a request of its own.
    pub identify: bool,
}

/// Everything known before anything is sent.
#[derive(Debug)]
pub struct Prepared {
    pub files: Files,
    pub plan: Plan,
    code: CodeSource,
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
    let given = wanted
        .code
        .as_ref()
        .map(|(text, place)| (text.expose(), *place));
    // A mistyped code is told before anything else is looked at.
    CodeSource::decide(given, &context.env, None)?;
    let files = read_files(context)?;
    let plan = profile::resolve(context, &files, &wanted.request)?;
    if let Source::Process { name, .. } = &plan.source {
        circle::check(&context.env, name, &plan.source.origin())?;
    }
    let process = plan.mfa_process.as_ref().map(|setting| {
        (
            setting.value.expose(),
            &setting.origin as &dyn std::fmt::Display,
        )
    });
    let code = CodeSource::decide(given, &context.env, process)?;
    Ok(Prepared { files, plan, code })
}

impl Prepared {
    /// Whether the section is still good, or why not. A code that was given is there to be spent.
    ///
    /// # Errors
    ///
    /// Why new credentials are needed.
    pub fn good(&self, now: Timestamp, wanted: &Wanted) -> Result<Good<'_>, Why> {
        let force = wanted.force || self.code.is_given();
        session::decide(&self.plan, now, wanted.min_ttl, force)
    }
}

/// The credentials in a section of which it is known that they are whole.
///
/// # Errors
///
/// [`Kind::Internal`] if they are not.
pub fn held_key(files: &Files, section: &str) -> Result<AccessKey> {
    let profile = files.credentials.document.profile(section);
    let value = |key| Some(profile.as_ref()?.get(key)?.text.into_owned());
    let key = || {
        Some(AccessKey {
            id: value("aws_access_key_id")?,
            secret: Secret::new(value("aws_secret_access_key")?),
            token: Some(Secret::new(value("aws_session_token")?)),
        })
    };
    key().ok_or_else(|| {
        Failure::new(
            Kind::Internal,
            format!("section [{section}] lost its credentials while it was read"),
        )
    })
}

/// Gets new credentials and writes them; see the module's third step.
///
/// # Errors
///
/// Any kind. Unless it says otherwise the file is as it was; the failure says whether a code was
/// spent for nothing.
pub fn renew(context: &Context, ui: &Ui, prepared: Prepared, wanted: &Wanted) -> Result<Fresh> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(Kind::Internal, "no runtime could be started").because(error)
        })?;
    let outcome = runtime.block_on(renewing(context, ui, prepared, wanted));
    // A prompt that nobody answered is still being read on its thread.
    runtime.shutdown_background();
    outcome
}

/// The same as [`renew`], within the runtime of a caller that has more to ask of AWS.
async fn renewing(
    context: &Context,
    ui: &Ui,
    prepared: Prepared,
    wanted: &Wanted,
) -> Result<Fresh> {
    let survey = survey(&prepared.files.credentials);
    let mut desk = Desk::new(context, ui, wanted, prepared);
    let obtained = tokio::select! {
        // The signal is listened to before a prompt is shown.
        biased;
        () = signals::interrupted() => {
            return Err(Failure::new(Kind::Interrupted, "interrupted; nothing was written"));
        }
        obtained = desk.obtain() => obtained?,
    };
    let asked = desk.ask_who(&obtained).await;
    tokio::select! {
        saved = desk.save(&obtained) => saved?,
        () = signals::interrupted() => {
            return Err(Failure::new(
                Kind::Interrupted,
                "interrupted; the code is used up and nothing was written",
            ));
        }
    }
    let warnings = survey.await.unwrap_or_default();
    Ok(desk.report(obtained, asked, warnings).await)
}

/// The largest file that is surveyed, in bytes. Larger ones are made by programs, which read no
/// warnings, and take longer to look through than everything else of a sign-in.
const SURVEYED: usize = 1 << 20;

/// Looks aside for what keeps AWS tools from reading the file, whatever we write into it.
fn survey(file: &File) -> impl Future<Output = Result<Vec<String>>> + use<> {
    let (document, path) = (file.document.clone(), file.path.clone());
    detached("survey", move || {
        if document.bytes().len() > SURVEYED {
            return Ok(Vec::new());
        }
        let warnings = document.warnings().into_iter();
        let placed =
            |warning: Warning| format!("{}:{}: {}", path.display(), warning.line, warning.text);
        Ok(warnings.map(placed).collect())
    })
}

/// Both files as they are now.
///
/// # Errors
///
/// [`Kind::File`] for one that cannot be read or is no text; [`Kind::Configuration`] if there is
/// no home directory to look in.
pub fn read_files(context: &Context) -> Result<Files> {
    let config = context.aws_file("AWS_CONFIG_FILE", "config")?;
    let credentials = context.aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
    Ok(Files {
        config: read_file(config, Flavor::Config)?,
        credentials: read_file(credentials, Flavor::Credentials)?,
    })
}

fn read_file(path: PathBuf, flavor: Flavor) -> Result<File> {
    let document = match store::read(&path)? {
        Some(bytes) => parse(bytes, flavor, &path)?,
        None => Document::empty(flavor),
    };
    Ok(File { path, document })
}

fn parse(bytes: Zeroizing<Vec<u8>>, flavor: Flavor, path: &Path) -> Result<Document> {
    Document::parse(bytes, flavor).map_err(|unreadable| {
        Failure::new(Kind::File, unreadable.reason)
            .at(format!("{}:{}", path.display(), unreadable.line))
            .next("mend that line; nothing was changed")
    })
}
