//! Lines put into sections of one of the user's files, and taken out again: for profiles that are
//! made and removed as a whole.
//!
//! What to change is decided by what the file holds under the lock, and decided again if an editor
//! that knows no lock has changed it meanwhile. A section that holds nothing else goes with the lines
//! that are taken out of it, as in signing out.

use std::time::Duration;

use zeroize::Zeroizing;

use super::files::lock;
use super::save::not_editable;
use super::{out, parse, read_files};
use crate::context::Context;
use crate::failure::{Kind, Result};
use crate::ini::{Change, Document, Flavor};
use crate::profile::File;
use crate::ui::Ui;

/// How often a file may change under our hands before we give up.
const TRIES: usize = 3;

/// What one section gains or loses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// These keys with these values; the section is added where there is none.
    Set(String, Vec<(&'static str, String)>),
    /// Without these keys, and gone if it holds nothing else.
    Clear(String, Vec<&'static str>),
    /// The same for a section that was signed in to.
    SignOut(String),
}

/// What is to be changed in a file that holds this.
type Decide<'a> = Box<dyn Fn(&Document) -> Vec<Revision> + 'a>;

/// Which file, and what is to be changed in it as it is.
pub struct Revising<'a> {
    pub flavor: Flavor,
    pub decide: Decide<'a>,
}

/// Writes the revisions; the names of the sections that hold something else and stay.
///
/// # Errors
///
/// [`Kind::File`] if the file cannot be locked, understood or written. It is then as it was.
pub async fn revise(
    context: &Context,
    ui: &Ui,
    revising: &Revising<'_>,
    wait: Duration,
) -> Result<Vec<String>> {
    let mut tries = 0;
    loop {
        tries += 1;
        let file = file(context, revising.flavor)?;
        if (revising.decide)(&file.document).is_empty() {
            return Ok(Vec::new());
        }
        let locked = lock(ui, &file.path, file.path.display().to_string(), wait)
            .await?
            .read()?;
        let bytes = Zeroizing::new(locked.contents().unwrap_or_default().to_vec());
        let file = File {
            document: parse(bytes, revising.flavor, &file.path)?,
            path: file.path,
        };
        let (bytes, stay) = revised(&file, revising)?;
        if bytes[..] == *file.document.bytes() {
            return Ok(stay);
        }
        match locked.commit(&bytes, ui) {
            Err(failure) if failure.kind() == Kind::File && tries < TRIES => {}
            outcome => return outcome.map(|()| stay),
        }
    }
}

impl std::fmt::Debug for Revising<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revising")
            .field("flavor", &self.flavor)
            .finish_non_exhaustive()
    }
}

/// Proves that the revisions can be written, and leaves nothing behind.
///
/// # Errors
///
/// Whatever [`revise`] would fail with, as far as it is there already.
pub async fn rehearse(
    context: &Context,
    ui: &Ui,
    revising: &Revising<'_>,
    wait: Duration,
) -> Result<()> {
    let file = file(context, revising.flavor)?;
    let (bytes, _) = revised(&file, revising)?;
    let room = bytes.len().saturating_sub(file.document.bytes().len());
    lock(ui, &file.path, file.path.display().to_string(), wait)
        .await?
        .rehearse(room)
}

fn file(context: &Context, flavor: Flavor) -> Result<File> {
    let files = read_files(context)?;
    Ok(match flavor {
        Flavor::Config => files.config,
        Flavor::Credentials => files.credentials,
    })
}

/// The bytes of the file with every revision made, and the sections that stay for something else's
/// sake.
fn revised(file: &File, revising: &Revising<'_>) -> Result<(Zeroizing<Vec<u8>>, Vec<String>)> {
    let mut document = file.document.clone();
    let mut gone = Vec::new();
    let mut stay = Vec::new();
    for revision in (revising.decide)(&file.document) {
        let (section, set, clear) = match revision {
            Revision::Set(section, set) => (section, set, None),
            Revision::Clear(section, keys) => (section, Vec::new(), Some(keys)),
            Revision::SignOut(section) => {
                let keys = document.profile(&section).as_ref().map(out::ours);
                (section, Vec::new(), Some(keys.unwrap_or_default()))
            }
        };
        let remove = match clear {
            None => Vec::new(),
            Some(keys) => {
                let Some(profile) = document.profile(&section) else {
                    continue;
                };
                if profile.beside(&keys).is_nothing() {
                    gone.push(section);
                    continue;
                }
                stay.push(section.clone());
                keys
            }
        };
        let set: Vec<_> = set
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        let change = Change {
            section: &section,
            set: &set,
            remove: &remove,
        };
        let edited = document.edit(&change);
        let bytes = edited.map_err(|refused| not_editable(file, refused))?;
        document = parse(bytes, revising.flavor, &file.path)?;
    }
    let names: Vec<&str> = gone.iter().map(String::as_str).collect();
    let bytes = document.without(&names);
    let bytes = bytes.map_err(|refused| not_editable(file, refused))?;
    Ok((bytes, stay))
}
