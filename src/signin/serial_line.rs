//! The device in the profile: `mfa_serial` in the config file, where the AWS CLI and everybody else
//! looks for it.
//!
//! The edit is lossless and made under the lock, as every other. What outranks the line (a variable,
//! the credentials file) is not touched, but told.

use std::path::PathBuf;
use std::time::Duration;

use super::files::read_files;
use super::revise::{Revising, Revision, revise};
use super::save::not_editable;
use crate::context::Context;
use crate::failure::Result;
use crate::ini::{Change, Flavor};
use crate::profile::{self, Origin, Request};
use crate::ui::Ui;

const KEY: &str = "mfa_serial";

/// Where the line is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialLine {
    /// The profile that was chosen.
    pub profile: String,
    pub file: PathBuf,
    /// What stands there now.
    pub present: Option<String>,
}

/// Where `serial` would have to be written for the profile of `request`, or `None` where it stands
/// or is effective already, or there is no profile because the key is in the environment.
///
/// # Errors
///
/// As for resolving the profile; [`crate::failure::Kind::File`] if the section cannot be edited.
pub fn serial_line(
    context: &Context,
    request: &Request,
    serial: &str,
) -> Result<Option<SerialLine>> {
    let files = read_files(context)?;
    let plan = profile::resolve(context, &files, request)?;
    let named = plan
        .serial
        .as_ref()
        .is_some_and(|named| named.value == serial && matches!(named.origin, Origin::File { .. }));
    if named || plan.source.name().is_none() {
        return Ok(None);
    }
    let profile = plan.profile.value;
    let section = files.config.document.profile(&profile);
    let present = section.and_then(|section| Some(section.get(KEY)?.text.into_owned()));
    if present.as_deref() == Some(serial) {
        return Ok(None);
    }
    let change = Change {
        section: &profile,
        set: &[(KEY, serial)],
        remove: &[],
    };
    files
        .config
        .document
        .growth(&change)
        .map_err(|refused| not_editable(&files.config, refused))?;
    Ok(Some(SerialLine {
        profile,
        file: files.config.path,
        present,
    }))
}

/// Writes the line, and warns where something else outranks it.
///
/// # Errors
///
/// [`crate::failure::Kind::File`] if the file cannot be locked, edited or written; it is then as it
/// was.
pub async fn write_serial(
    context: &Context,
    ui: &Ui,
    request: &Request,
    line: &SerialLine,
    serial: &str,
    wait: Duration,
) -> Result<()> {
    let set = Revision::Set(line.profile.clone(), vec![(KEY, serial.to_owned())]);
    let revising = Revising {
        flavor: Flavor::Config,
        decide: Box::new(|_| vec![set.clone()]),
    };
    revise(context, ui, &revising, wait).await?;
    let plan = profile::resolve(context, &read_files(context)?, request)?;
    if let Some(other) = plan.serial.filter(|named| named.value != serial) {
        ui.warn(&format!(
            "{} names another device and outranks the line in {}: change it",
            other.origin,
            line.file.display()
        ));
    }
    Ok(())
}
