//! Signing out: our sections taken out of the credentials file, and nothing else.
//!
//! A section is ours if it says so and holds no long-term key. What a person has added to it, a
//! key or a comment, is the person's: such a section loses the credentials and our marks, and
//! stays. The file is read and judged again under the lock; if there is nothing to do, there is no
//! lock and no write. AWS is told nothing: credentials that were copied elsewhere stay good until
//! they expire.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::save::not_editable;
use super::{parse, read_files, step};
use crate::context::Context;
use crate::failure::Result;
use crate::ini::{Beside, Change, Document, Flavor, Profile};
use crate::profile::{
    self, EXPIRY_KEYS, File, Files, Held, Marks, Origin, RegionLine, Request, State,
};
use crate::store::{self, Stamp};
use crate::ui::Ui;

/// What signing in writes or removes beside its marks and the expiry.
pub(super) const CREDENTIALS: [&str; 4] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
];

/// Which sections to take out.
#[derive(Clone, Debug)]
pub enum Which {
    /// The one of the chosen profile.
    Profile(Box<Request>),
    /// All of ours, and what was remembered about codes that are of no use any more.
    All,
    /// Those of ours that have expired.
    Expired,
}

/// What was done.
#[derive(Debug)]
pub struct SignedOut {
    pub file: PathBuf,
    pub sections: Vec<Left>,
    /// The section that was meant, where one was.
    pub meant: Option<String>,
    /// The sections of ours that are still there.
    pub signed_in: Vec<String>,
    /// Whether what was remembered about codes is gone, too, where it had to go.
    pub swept: Result<()>,
}

/// A section without its credentials.
#[derive(Debug)]
pub struct Left {
    pub held: Held,
    /// What is not ours in it, for the sake of which it stays; nothing, and it is gone.
    pub beside: Beside,
}

/// Takes the sections out. What keeps the sweep after that from its end is told with what was done.
///
/// # Errors
///
/// As for reading the files and finding the profile's section; [`crate::failure::Kind::File`] if
/// the file cannot be locked, understood or written. It is then as it was.
pub fn sign_out(context: &Context, ui: &Ui, which: &Which, wait: Duration) -> Result<SignedOut> {
    let files = read_files(context)?;
    let meant = match which {
        Which::Profile(request) => meant(context, &files, request)?,
        Which::All | Which::Expired => None,
    };
    let now = context.clock.now();
    let choose = |document: &Document| wanted(document, which, meant.as_deref(), now);
    let mut file = files.credentials;
    let mut sections = choose(&file.document);
    let started = Instant::now();
    while !sections.is_empty() {
        let lease = store::lock(&file.path, wait, &mut |holder| {
            ui.note(&format!(
                "the credentials file is locked, waiting for {holder}"
            ));
        })?;
        let locked = lease.read()?;
        let bytes = Zeroizing::new(locked.contents().unwrap_or_default().to_vec());
        file.document = parse(bytes, Flavor::Credentials, &file.path)?;
        sections = choose(&file.document);
        let bytes = without(&file, &sections)?;
        if bytes[..] == *file.document.bytes() {
            break;
        }
        match locked.commit(&bytes, ui) {
            Err(failure) if store::was_changed(&failure) && started.elapsed() < wait => {}
            outcome => {
                outcome?;
                break;
            }
        }
    }
    let gone = |held: &Held| sections.iter().any(|left| left.held == *held);
    let there = wanted(&file.document, &Which::All, None, now).into_iter();
    let signed_in = there.filter(|left| !gone(&left.held));
    let signed_in = signed_in.map(|left| left.held.section).collect();
    let swept = match which {
        Which::All if Stamp::at(&file.path).is_some() => step::clear(ui, &file.path, now),
        _ => Ok(()),
    };
    Ok(SignedOut {
        file: file.path,
        sections,
        meant,
        signed_in,
        swept,
    })
}

/// The section of the chosen profile. One of ours is found by its own name whatever has become of
/// the profile it was made for, and by that profile's, if it is the only one.
fn meant(context: &Context, files: &Files, request: &Request) -> Result<Option<String>> {
    let chosen = profile::chosen(context, request)?;
    let document = &files.credentials.document;
    let named = document
        .profile(&chosen.value)
        .as_ref()
        .and_then(Held::read);
    if named.is_some_and(|held| held.marks.is_some()) {
        return Ok(Some(chosen.value));
    }
    let failure = match profile::section(context, files, request) {
        Ok(section) => return Ok(Some(section)),
        Err(failure) => failure,
    };
    let made = document
        .profiles()
        .filter_map(|section| Held::read(&section));
    let mut made = made.filter(|held| held.profile() == Some(chosen.value.as_str()));
    match (made.next(), made.next()) {
        (Some(only), None) => Ok(Some(only.section)),
        // Nobody named a profile, and there is none: nothing to sign out of.
        (None, _) if chosen.origin == Origin::Default => Ok(None),
        _ => Err(failure),
    }
}

fn wanted(document: &Document, which: &Which, meant: Option<&str>, now: Timestamp) -> Vec<Left> {
    let is_wanted = |held: &Held| match which {
        Which::Profile(_) => meant == Some(held.section.as_str()),
        Which::All => true,
        Which::Expired => matches!(held.state(now), State::Expired(_)),
    };
    let sections = document.profiles();
    sections
        .filter_map(|section| {
            let held = Held::read(&section)?;
            (held.marks.is_some() && is_wanted(&held)).then(|| Left {
                beside: section.beside(&ours(&section)),
                held,
            })
        })
        .collect()
}

/// The keys of the section that go with the credentials.
pub(super) fn ours(section: &Profile<'_>) -> Vec<&'static str> {
    let region = RegionLine::of(section) == RegionLine::Ours;
    CREDENTIALS
        .into_iter()
        .chain(EXPIRY_KEYS)
        .chain(Marks::NAMES)
        .chain(region.then_some(RegionLine::KEY))
        .collect()
}

/// The bytes of the file when these are signed out of.
fn without(file: &File, sections: &[Left]) -> Result<Zeroizing<Vec<u8>>> {
    let (gone, stay): (Vec<_>, Vec<_>) = sections.iter().partition(|left| left.beside.is_nothing());
    let mut document = file.document.clone();
    for left in stay {
        let section = document.profile(&left.held.section);
        let keys = section.as_ref().map(ours).unwrap_or_default();
        let change = Change {
            section: &left.held.section,
            set: &[],
            remove: &keys,
        };
        let edited = document.edit(&change);
        let bytes = edited.map_err(|refused| not_editable(file, refused))?;
        document = parse(bytes, Flavor::Credentials, &file.path)?;
    }
    let names: Vec<&str> = gone.iter().map(|left| left.held.section.as_str()).collect();
    document
        .without(&names)
        .map_err(|refused| not_editable(file, refused))
}
