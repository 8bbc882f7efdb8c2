//! A long-term key put into the user's files: in the place of another one, in every profile that
//! holds it, or into a profile that has none.
//!
//! AWS tells a new key's secret once. So everything that can fail comes before the key is created:
//! [`Room::make`] takes the locks, makes the edit with a key of the same shape, and proves that the
//! result can be written. The locks are held while the key is created, and [`Room::fill`] writes it
//! without waiting for anything. Where both variables name one file, or one file is a link to the
//! other, it is locked once, and edited once by the rules of both. Where a file was changed all the same, by an editor that knows no
//! lock, the edit is made again with what the file says then.
//!
//! Sections that were signed in to with the replaced key are said to be the new one's: AWS lets a
//! session live on when the key that it was made with is switched off (IAM User Guide, "Disabling
//! permissions for temporary security credentials").

use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::files::lock;
use super::out::CREDENTIALS;
use super::save::not_editable;
use super::{parse, read_files};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::ini::{Change, Document, Flavor};
use crate::profile::{self, File, Holder, Marks};
use crate::secret::{AccessKey, Secret};
use crate::store::{self, Lease};
use crate::ui::Ui;

/// How often a file may change under our hands before we give up.
const TRIES: usize = 3;

/// How long to wait for the lock of a file that has changed under our hands.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a key is to go.
#[derive(Clone, Debug)]
pub enum Place {
    /// Into every profile that holds the key of this id.
    InsteadOf(String),
    /// Into this profile of the credentials file, which has none; and the flag that names it.
    Profile(String, &'static str),
}

/// Files that are locked and can be written.
#[derive(Debug)]
pub struct Room {
    ui: Ui,
    place: Place,
    files: Vec<Target>,
}

#[derive(Debug)]
struct Target {
    path: PathBuf,
    /// By whose rules it is edited, one after the other.
    flavors: Vec<Flavor>,
    lease: Lease,
    /// The key goes in here; otherwise it is only named.
    takes_key: bool,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// The profiles that hold the key now.
    pub profiles: Vec<String>,
    /// The sections of sessions that count as the new key's.
    pub sections: Vec<String>,
}

impl Room {
    /// Locks the files and proves that the key can be written to them; nothing is changed.
    ///
    /// # Errors
    ///
    /// Whatever [`Room::fill`] would fail with, as far as it is there already;
    /// [`Kind::Configuration`] where no profile holds the key that is to be replaced, or one holds
    /// it so that replacing it would be a guess.
    pub async fn make(context: &Context, ui: &Ui, place: Place, wait: Duration) -> Result<Self> {
        let files = read_files(context)?;
        let sample = AccessKey {
            id: "AKIAREHEARSALREHEARS".to_owned(),
            secret: Secret::new("x".repeat(40)),
            token: None,
        };
        let mut targets = Vec::new();
        for flavors in together(&files, in_order(&files, &place)?) {
            let file = match flavors.contains(&Flavor::Credentials) {
                true => &files.credentials,
                false => &files.config,
            };
            let before = file.document.bytes();
            let (bytes, sampled) = edited(&file.path, before, &flavors, &place, &sample)?;
            let room = bytes.len().saturating_sub(before.len());
            let lease = lock(ui, &file.path, file.path.display().to_string(), wait).await?;
            // The edit may shrink one line and stretch another: a little more than enough.
            lease.rehearse(room + sample.id.len() + sample.secret.expose().len())?;
            targets.push(Target {
                path: file.path.clone(),
                flavors,
                lease,
                takes_key: !sampled.profiles.is_empty(),
            });
        }
        Ok(Self {
            ui: ui.clone(),
            place,
            files: targets,
        })
    }

    /// Writes the key. When this returns, it is on the disk.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] if a file cannot be read, understood or written any more. With two files the
    /// first may be written.
    pub fn fill(self, key: &AccessKey) -> Result<Filled> {
        let mut filled = Filled::default();
        for target in self.files {
            let written = target.write(&self.ui, &self.place, key)?;
            filled.profiles.extend(written.profiles);
            filled.sections.extend(written.sections);
        }
        Ok(filled)
    }
}

impl Target {
    fn write(self, ui: &Ui, place: &Place, key: &AccessKey) -> Result<Filled> {
        let Self {
            path,
            flavors,
            mut lease,
            takes_key,
        } = self;
        let mut tries = 0;
        loop {
            tries += 1;
            let locked = lease.read()?;
            let before = locked.contents().unwrap_or_default();
            let (bytes, filled) = edited(&path, before, &flavors, place, key)?;
            if takes_key && filled.profiles.is_empty() {
                return Err(nowhere(place, &path));
            }
            if bytes[..] == *before {
                return Ok(filled);
            }
            match locked.commit(&bytes, ui) {
                Err(failure) if failure.kind() == Kind::File && tries < TRIES => {}
                outcome => return outcome.map(|()| filled),
            }
            lease = store::lock(&path, PATIENCE, &mut |_| {})?;
        }
    }
}

/// The files that will be written. What the key goes into comes first: a section that says it is
/// the new key's, before there is one, would be wrong.
fn in_order(files: &profile::Files, place: &Place) -> Result<Vec<Flavor>> {
    let id = match place {
        Place::Profile(name, flag) => {
            profile::vacant(files, name, flag)?;
            return Ok(vec![Flavor::Credentials]);
        }
        Place::InsteadOf(id) => id,
    };
    let holders = profile::holders(files, id);
    if let Some(unclear) = holders.iter().find(|holder| !holder.plain) {
        return Err(ambiguous(unclear));
    }
    let holds = |flavor| holders.iter().any(|holder| holder.file == flavor);
    let made = !profile::made_with(files, id).is_empty();
    let order = match (holds(Flavor::Credentials), holds(Flavor::Config)) {
        (false, false) => {
            return Err(nowhere(place, &files.credentials.path));
        }
        (true, true) => vec![Flavor::Credentials, Flavor::Config],
        (true, false) => vec![Flavor::Credentials],
        (false, true) if made => vec![Flavor::Config, Flavor::Credentials],
        (false, true) => vec![Flavor::Config],
    };
    Ok(order)
}

/// The flavors by the file they are for. In one file for both the config file's rules come first:
/// they know `[profile dev]` as the profile `dev`.
fn together(files: &profile::Files, order: Vec<Flavor>) -> Vec<Vec<Flavor>> {
    if order.len() == 2 && store::is_same(&files.config.path, &files.credentials.path) {
        return vec![vec![Flavor::Config, Flavor::Credentials]];
    }
    order.into_iter().map(|flavor| vec![flavor]).collect()
}

/// The key was taken out of the file while nobody looked.
fn nowhere(place: &Place, path: &Path) -> Failure {
    let what = match place {
        Place::InsteadOf(id) => format!("no profile holds access key {id} any more"),
        Place::Profile(name, _) => format!("profile `{name}` holds a key by now"),
    };
    Failure::new(Kind::Configuration, what).at(path.display())
}

fn ambiguous(holder: &Holder) -> Failure {
    Failure::new(
        Kind::Configuration,
        format!(
            "profile `{}` has its key id or its secret twice, or one of them only, so the key cannot be replaced safely",
            holder.profile
        ),
    )
    .at(holder.origin())
    .next("leave one `aws_access_key_id` and one `aws_secret_access_key` in that section")
}

/// The bytes of the file with the key in its place by the rules of every flavor, and what that
/// means.
fn edited(
    path: &Path,
    before: &[u8],
    flavors: &[Flavor],
    place: &Place,
    key: &AccessKey,
) -> Result<(Zeroizing<Vec<u8>>, Filled)> {
    let mut bytes = Zeroizing::new(before.to_vec());
    let mut all = Filled::default();
    for flavor in flavors {
        let file = File {
            path: path.to_owned(),
            document: parse(bytes, *flavor, path)?,
        };
        let (after, filled) = edited_as(&file, *flavor, place, key)?;
        bytes = after;
        all.profiles.extend(filled.profiles);
        all.sections.extend(filled.sections);
    }
    Ok((bytes, all))
}

fn edited_as(
    file: &File,
    flavor: Flavor,
    place: &Place,
    key: &AccessKey,
) -> Result<(Zeroizing<Vec<u8>>, Filled)> {
    let pair = [
        ("aws_access_key_id", key.id.as_str()),
        ("aws_secret_access_key", key.secret.expose()),
    ];
    let (profiles, sections) = match place {
        Place::Profile(name, _) if is_taken(&file.document, name) => Default::default(),
        Place::Profile(name, _) => (vec![name.clone()], Vec::new()),
        Place::InsteadOf(id) => stands(&file.document, id),
    };
    let mut bytes = Zeroizing::new(file.document.bytes().to_vec());
    let mut filled = Filled::default();
    for profile in profiles {
        bytes = with(file, bytes, flavor, &profile, &pair)?;
        filled.profiles.push(profile);
    }
    let mark = [(Marks::SOURCE_KEY_ID, key.id.as_str())];
    for section in sections
        .into_iter()
        .filter(|_| flavor == Flavor::Credentials)
    {
        // A section that cannot be edited is signed in to again when its time comes.
        if let Ok(marked) = with(file, bytes.clone(), flavor, &section, &mark) {
            bytes = marked;
            filled.sections.push(section);
        }
    }
    Ok((bytes, filled))
}

fn with(
    file: &File,
    bytes: Zeroizing<Vec<u8>>,
    flavor: Flavor,
    section: &str,
    set: &[(&str, &str)],
) -> Result<Zeroizing<Vec<u8>>> {
    let change = Change {
        section,
        set,
        remove: &[],
    };
    let document = parse(bytes, flavor, &file.path)?;
    let edited = document.edit(&change);
    edited.map_err(|refused| not_editable(file, refused))
}

/// Whether somebody has put a key there since it was looked at.
fn is_taken(document: &Document, name: &str) -> bool {
    let section = document.profile(name);
    section.is_some_and(|section| {
        let mut assigned = CREDENTIALS.iter().flat_map(|key| section.assignments(key));
        assigned.any(|value| !value.text.is_empty())
    })
}

/// The profiles that hold the key, and the sections that were made with it.
fn stands(document: &Document, id: &str) -> (Vec<String>, Vec<String>) {
    let holds = |section: &crate::ini::Profile<'_>, key: &str| {
        section.get(key).is_some_and(|value| value.text == id)
    };
    let named = |key: &'static str| {
        let sections = document
            .profiles()
            .filter(move |section| holds(section, key));
        sections.map(|section| section.name().to_owned()).collect()
    };
    (named("aws_access_key_id"), named(Marks::SOURCE_KEY_ID))
}
