//! The two files of the AWS CLI as they are read for a sign-in, and read again.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::aside::detached;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::ini::{Document, Flavor, Warning};
use crate::profile::{File, Files};
use crate::secret::{AccessKey, Secret};
use crate::store::{self, Lease};
use crate::ui::Ui;

/// The largest file that is surveyed, in bytes. Larger ones are made by programs, which read no
/// warnings, and take longer to look through than everything else of a sign-in.
const SURVEYED: usize = 1 << 20;

/// Looks aside for what keeps AWS tools from reading the files, whatever we write into them.
pub(super) fn survey(files: &Files) -> impl Future<Output = Result<Vec<String>>> + use<> {
    let files = [files.credentials.clone(), files.config.clone()];
    detached("survey", move || {
        let small = files
            .iter()
            .filter(|file| file.document.bytes().len() <= SURVEYED);
        Ok(small.flat_map(surveyed).collect())
    })
}

fn surveyed(file: &File) -> Vec<String> {
    let warnings = file.document.warnings().into_iter();
    let path = file.path.display();
    let placed = |warning: Warning| format!("{path}:{}: {}", warning.line, warning.text);
    warnings.map(placed).collect()
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

/// Whether another program may be in the midst of writing one of the files, as `aws configure` does
/// in place; a quarter of a second later it has finished. Where a file has not changed for that long, this
/// returns false at once.
pub(super) fn is_being_written(files: &Files) -> bool {
    const MOMENT: Duration = Duration::from_millis(250);
    let changed = |file: &File| {
        let changed = fs::metadata(&file.path)
            .and_then(|data| data.modified())
            .ok()?;
        // A time of the future is no recent change.
        changed.elapsed().ok()
    };
    let recent = [&files.config, &files.credentials]
        .into_iter()
        .filter_map(changed)
        .min();
    let Some(wait) = recent.and_then(|since| MOMENT.checked_sub(since)) else {
        return false;
    };
    thread::sleep(wait);
    true
}

/// Locks the file, which is called `named` where somebody else has it. Waiting for a lock must not keep
/// Ctrl-C from being heard, so it is done aside.
///
/// # Errors
///
/// [`Kind::File`] if it cannot be locked, or another keeps it for longer than `wait`.
pub(super) async fn lock(
    ui: &Ui,
    path: &Path,
    named: impl Display + Send + 'static,
    wait: Duration,
) -> Result<Lease> {
    if let Some(lease) = store::try_lock(path)? {
        return Ok(lease);
    }
    let (ui, path) = (ui.clone(), path.to_owned());
    detached("lock", move || {
        store::lock(&path, wait, &mut |holder| {
            ui.note(&format!("{named} is locked, waiting for {holder}"));
        })
    })
    .await
}

/// Reads the credentials file again; false if it is what it was.
pub(super) fn catch_up(files: &mut Files) -> Result<bool> {
    let file = &mut files.credentials;
    let now = store::read(&file.path)?;
    if now.as_deref().map_or(&[][..], Vec::as_slice) == file.document.bytes() {
        return Ok(false);
    }
    *file = read_file(file.path.clone(), Flavor::Credentials)?;
    Ok(true)
}

/// The bytes of the credentials file that plans were made from.
pub(super) type Seen = Arc<Zeroizing<Vec<u8>>>;

/// Reads the credentials file again; false if it is what was `seen`, be it that somebody else in
/// this run has read it since. What was seen is afterwards what is there.
pub(super) fn catch_up_from(files: &mut Files, seen: &mut Seen) -> Result<bool> {
    catch_up(files)?;
    let now = files.credentials.document.shared_bytes();
    let is_new = !Arc::ptr_eq(now, seen);
    *seen = Arc::clone(now);
    Ok(is_new)
}

/// The credentials that a section holds; that all three parts are there has been checked.
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

/// One of the files as it is now.
///
/// # Errors
///
/// [`Kind::File`] if it cannot be read, or is no text.
pub fn read_file(path: PathBuf, flavor: Flavor) -> Result<File> {
    let document = match store::read(&path)? {
        Some(bytes) => parse(bytes, flavor, &path)?,
        None => Document::empty(flavor),
    };
    Ok(File { path, document })
}

pub(super) fn parse(bytes: Zeroizing<Vec<u8>>, flavor: Flavor, path: &Path) -> Result<Document> {
    Document::parse(bytes, flavor).map_err(|unreadable| {
        Failure::new(Kind::File, unreadable.reason)
            .at(format!("{}:{}", path.display(), unreadable.line))
            .next("mend that line; nothing was changed")
    })
}
