//! Putting credentials into their sections, and proving beforehand that it will work.
//!
//! The same edits are made twice: once before a code is asked for, with values of the same shape,
//! so that a file the editor refuses, a lock that is held and a disk that is full are found while
//! nothing has been spent; and once with what AWS issued, all sections in one write. In between the
//! lock is free, because a person may take minutes; if the file has changed meanwhile, it is judged
//! again as it is then.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::files::lock;
use super::parse;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::ini::{Change, Document, Flavor, Refused};
use crate::profile::{
    self, EXPIRY_KEYS, File, Files, Learned, Marks, Plan, RegionLine, Request, Target,
    spell_expiration,
};
use crate::secret::{AccessKey, Secret};
use crate::store::{self, Locked};
use crate::ui::Ui;

/// What the file is called where somebody else has it.
const NAMED: &str = "the credentials file";

/// The length of a session token in a rehearsal, in bytes; those of assumed roles run to about a
/// kilobyte.
const TOKEN_LENGTH: usize = 2048;

/// How long to wait for the lock once the code is spent, and giving up would lose what it bought.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the file may change under our hands before we give up.
const TRIES: usize = 3;

/// What to say where a code was spent and what it bought could not be written.
pub(super) const CODE_USED_UP: &str =
    "once this is fixed, sign in with the next code: this one is used up";

/// What goes into a section.
pub(super) struct Contents<'a> {
    pub(super) key: &'a AccessKey,
    pub(super) expiration: Timestamp,
    pub(super) learned: Learned<'a>,
}

/// A section to write.
pub(super) struct Entry<'a> {
    /// What was asked for, to judge the section again if the file has changed.
    pub(super) request: &'a Request,
    pub(super) plan: &'a Plan,
    /// Consent to replacing temporary keys that somebody else wrote.
    pub(super) agreed: bool,
    pub(super) contents: Contents<'a>,
}

/// Proves that the sections of these plans can be written, and leaves nothing behind.
///
/// # Errors
///
/// Whatever [`write()`] would fail with, as far as it is there already.
pub(super) async fn rehearse<'a>(
    ui: &Ui,
    file: &File,
    plans: impl IntoIterator<Item = &'a Plan>,
    wait: Duration,
) -> Result<()> {
    let key = AccessKey {
        id: "ASIAREHEARSALREHEARS".to_owned(),
        secret: Secret::new("x".repeat(40)),
        token: Some(Secret::new("x".repeat(TOKEN_LENGTH))),
    };
    let contents = Contents {
        key: &key,
        expiration: Timestamp::UNIX_EPOCH,
        learned: Learned {
            source_key_id: Some("AKIAREHEARSALREHEARS"),
            user_arn: Some("arn:aws:iam::123456789012:user/rehearsal"),
            issued_key_id: "ASIAREHEARSALREHEARS",
            serial: Some("arn:aws:iam::123456789012:mfa/rehearsal"),
            role_arn: None,
        },
    };
    let mut room = 0;
    for plan in plans {
        plan.check_section()?;
        room += with_change(file, plan, &contents, Document::growth)?;
    }
    lock(ui, &file.path, NAMED, wait).await?.rehearse(room)
}

/// Writes the sections, all of them or none. If an editor that knows no lock changes the file in
/// the middle of it, the whole is done again with what the file says then: the code is spent, and
/// this is all there is to show for it. `files` is afterwards what was found.
///
/// # Errors
///
/// [`Kind::File`], or [`Kind::Configuration`] if a section has become one that must not be
/// written. The file is then as it was.
pub(super) async fn write(
    context: &Context,
    ui: &Ui,
    files: &mut Files,
    entries: &[Entry<'_>],
    wait: Duration,
) -> Result<()> {
    let started = Instant::now();
    let mut tries = 0;
    loop {
        tries += 1;
        let lease = lock(ui, &files.credentials.path, NAMED, PATIENCE).await?;
        let locked = lease.read_again(files.credentials.document.shared_bytes())?;
        if catch_up(files, &locked)? {
            for entry in entries {
                judge(context, files, entry)?;
            }
        }
        match locked.commit(&edited(&files.credentials, entries)?, ui) {
            Err(failure) if store::was_changed(&failure) && started.elapsed() < wait => {}
            Err(failure) if failure.kind() == Kind::File && tries < TRIES => {}
            outcome => return outcome,
        }
    }
}

/// The bytes of the file with all these sections in it.
fn edited(file: &File, entries: &[Entry<'_>]) -> Result<Zeroizing<Vec<u8>>> {
    let mut file = file.clone();
    let mut bytes = None;
    for entry in entries {
        if let Some(bytes) = bytes.take() {
            file.document = parse(bytes, Flavor::Credentials, &file.path)?;
        }
        bytes = Some(with_change(
            &file,
            entry.plan,
            &entry.contents,
            Document::edit,
        )?);
    }
    Ok(bytes.unwrap_or_else(|| Zeroizing::new(file.document.bytes().to_vec())))
}

/// Takes note of what others have written since the file was read; false if nobody has.
fn catch_up(files: &mut Files, locked: &Locked) -> Result<bool> {
    let bytes = locked.contents().unwrap_or_default();
    let file = &mut files.credentials;
    let known = file.document.bytes();
    if std::ptr::eq(bytes, known) || bytes == known {
        return Ok(false);
    }
    let bytes = Zeroizing::new(bytes.to_vec());
    file.document = parse(bytes, Flavor::Credentials, &file.path)?;
    Ok(true)
}

/// A section that was free for the taking when it was planned, and now holds what is not ours, is
/// not taken.
fn judge(context: &Context, files: &Files, entry: &Entry<'_>) -> Result<()> {
    let agreed = entry.agreed || matches!(entry.plan.target, Target::Foreign { .. });
    let plan = profile::resolve(context, files, entry.request)?;
    plan.check_section()?;
    match plan.target {
        Target::Foreign { line, .. } if !agreed => Err(Failure::new(
            Kind::Configuration,
            format!(
                "another tool has just written section [{}]",
                plan.section.value
            ),
        )
        .at(format!("{}:{line}", files.credentials.path.display()))
        .next("sign in again, and agree with --yes if it is to be replaced")),
        _ => Ok(()),
    }
}

/// Hands the change of the section that `contents` means to one of the document's methods.
fn with_change<T>(
    file: &File,
    plan: &Plan,
    contents: &Contents<'_>,
    method: impl FnOnce(&Document, &Change<'_>) -> Result<T, Refused>,
) -> Result<T> {
    let expiration = spell_expiration(contents.expiration);
    let marks = plan.marks.lines(contents.learned);
    let token = contents.key.token.as_ref().map_or("", Secret::expose);
    let mut set = vec![
        ("aws_access_key_id", contents.key.id.as_str()),
        ("aws_secret_access_key", contents.key.secret.expose()),
        ("aws_session_token", token),
        ("expiration", &expiration),
    ];
    set.extend(marks.iter().map(|(key, value)| (*key, value.as_str())));
    // Decided by what the file says now: somebody may have added one while the code was typed.
    let section = file.document.profile(&plan.section.value);
    let line = section.as_ref().map(RegionLine::of);
    if line != Some(RegionLine::Theirs)
        && let Some(region) = &plan.region_to_write
    {
        set.extend([(RegionLine::KEY, region.as_str()), (Marks::REGION, region)]);
    }
    let stale = (line == Some(RegionLine::Ours)).then_some(RegionLine::KEY);
    // What would outlive what it belongs to: boto 2's name for the token, and expiry times under
    // other names, which some prompt would show.
    let remove: Vec<&str> = std::iter::once("aws_security_token")
        .chain(EXPIRY_KEYS)
        .chain(Marks::NAMES)
        .chain(stale)
        .filter(|name| set.iter().all(|(key, _)| key != name))
        .collect();
    let change = Change {
        section: &plan.section.value,
        set: &set,
        remove: &remove,
    };
    method(&file.document, &change).map_err(|refused| not_editable(file, refused))
}

/// Why the editor did not touch the section, and in which line.
pub(super) fn not_editable(file: &File, refused: Refused) -> Failure {
    let path = file.path.display();
    let failure = Failure::new(Kind::File, refused.reason);
    match refused.line {
        Some(line) => failure.at(format!("{path}:{line}")),
        None => failure.at(path),
    }
}
