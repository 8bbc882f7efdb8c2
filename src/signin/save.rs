//! Putting the credentials into the section, and proving beforehand that it will work.
//!
//! The same edit is made twice: once before a code is asked for, with values of the same shape, so
//! that a file the editor refuses, a lock that is held and a disk that is full are found while
//! nothing has been spent; and once with what AWS issued. In between the lock is free, because a
//! person may take minutes; if the file has changed meanwhile, it is judged again as it is then.

use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Prepared, Wanted, parse};
use crate::aside::detached;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::ini::{Change, Document, Flavor, Refused};
use crate::profile::{self, EXPIRY_KEYS, File, Learned, Marks, Target, spell_expiration};
use crate::secret::{AccessKey, Secret};
use crate::store::{self, Lease, Locked};
use crate::ui::Ui;

/// The length of a session token in a rehearsal, in bytes; those of assumed roles run to about a
/// kilobyte.
const TOKEN_LENGTH: usize = 2048;

/// How long to wait for the lock once the code is spent, and giving up would lose what it bought.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the file may change under our hands before we give up.
const TRIES: usize = 3;

/// What goes into the section.
pub(super) struct Contents<'a> {
    pub(super) key: &'a AccessKey,
    pub(super) expiration: Timestamp,
    pub(super) learned: Learned<'a>,
}

/// Proves that the section can be written, and leaves nothing behind.
///
/// # Errors
///
/// Whatever [`write()`] would fail with, as far as it is there already.
pub(super) async fn rehearse(ui: &Ui, prepared: &Prepared, wait: Duration) -> Result<()> {
    let key = AccessKey {
        id: "ASIAREHEARSALREHEARS".to_owned(),
        secret: Secret::new("x".repeat(40)),
        token: Some(Secret::new("x".repeat(TOKEN_LENGTH))),
    };
    let contents = Contents {
        key: &key,
        expiration: Timestamp::UNIX_EPOCH,
        learned: Learned {
            source_key_id: "AKIAREHEARSALREHEARS",
            issued_key_id: "ASIAREHEARSALREHEARS",
            serial: Some("arn:aws:iam::123456789012:mfa/rehearsal"),
            role_arn: None,
        },
    };
    let room = with_change(prepared, &contents, Document::growth)?;
    lock(ui, prepared, wait).await?.rehearse(room)
}

/// Writes the section. If an editor that knows no lock changes the file in the middle of it, the
/// whole is done again with what the file says then: the code is spent, and this is all there is
/// to show for it.
///
/// # Errors
///
/// [`Kind::File`], or [`Kind::Configuration`] if the section has become one that must not be
/// written. The file is then as it was.
pub(super) async fn write(
    context: &Context,
    ui: &Ui,
    prepared: &mut Prepared,
    wanted: &Wanted,
    contents: &Contents<'_>,
) -> Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        let lease = lock(ui, prepared, PATIENCE).await?;
        let locked = lease.read_again(prepared.files.credentials.document.shared_bytes())?;
        catch_up(context, prepared, wanted, &locked)?;
        let bytes = with_change(prepared, contents, Document::edit)?;
        match locked.commit(&bytes) {
            Err(failure) if failure.kind() == Kind::File && tries < TRIES => {}
            outcome => return outcome,
        }
    }
}

/// Waiting for a lock must not keep Ctrl-C from being heard, so it is done aside.
async fn lock(ui: &Ui, prepared: &Prepared, wait: Duration) -> Result<Lease> {
    let path = prepared.files.credentials.path.clone();
    if let Some(lease) = store::try_lock(&path)? {
        return Ok(lease);
    }
    let ui = ui.clone();
    detached("lock", move || {
        store::lock(&path, wait, &mut |holder| {
            ui.note(&format!(
                "the credentials file is locked, waiting for {holder}"
            ));
        })
    })
    .await
}

/// Takes note of what others have written since the file was read. A section that was free for
/// the taking then, and now holds what is not ours, is not taken.
fn catch_up(
    context: &Context,
    prepared: &mut Prepared,
    wanted: &Wanted,
    locked: &Locked,
) -> Result<()> {
    let bytes = locked.contents().unwrap_or_default();
    let known = prepared.files.credentials.document.bytes();
    if std::ptr::eq(bytes, known) || bytes == known {
        return Ok(());
    }
    let file = &mut prepared.files.credentials;
    let bytes = Zeroizing::new(bytes.to_vec());
    file.document = parse(bytes, Flavor::Credentials, &file.path)?;
    let agreed = wanted.yes || matches!(prepared.plan.target, Target::Foreign { .. });
    let plan = profile::resolve(context, &prepared.files, &wanted.request)?;
    match plan.target {
        Target::Foreign { line, .. } if !agreed => Err(Failure::new(
            Kind::Configuration,
            format!(
                "another tool has just written section [{}]",
                plan.section.value
            ),
        )
        .at(format!(
            "{}:{line}",
            prepared.files.credentials.path.display()
        ))
        .next("sign in again, and agree with --yes if it is to be replaced")),
        target => {
            prepared.plan.target = target;
            Ok(())
        }
    }
}

/// Hands the change of the section that `contents` means to one of the document's methods.
fn with_change<T>(
    prepared: &Prepared,
    contents: &Contents<'_>,
    method: impl FnOnce(&Document, &Change<'_>) -> Result<T, Refused>,
) -> Result<T> {
    let plan = &prepared.plan;
    let file = &prepared.files.credentials;
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
    if let Some(region) = &plan.region_to_write {
        set.push(("region", region));
    }
    // What would outlive what it belongs to: boto 2's name for the token, and expiry times under
    // other names, which some prompt would show.
    let remove: Vec<&str> = std::iter::once("aws_security_token")
        .chain(EXPIRY_KEYS)
        .chain(Marks::NAMES)
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
