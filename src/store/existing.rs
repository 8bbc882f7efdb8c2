//! A file as it is on the disk: what is known of it without opening it, and its bytes.
//!
//! What is not a regular file of at most [`LARGEST`] is refused, and so is what cannot be read: an
//! unreadable file is never taken for an empty one.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::target::{Target, check_owner};
use super::{LARGEST, failure, refusal};
use crate::failure::{Failure, Result};

/// A file as it was read.
pub(super) struct Existing {
    pub(super) bytes: Arc<Zeroizing<Vec<u8>>>,
    pub(super) metadata: Metadata,
}

impl Existing {
    pub(super) fn read(target: &Target, known: &Arc<Zeroizing<Vec<u8>>>) -> Result<Option<Self>> {
        // Opening comes second: to open a pipe would wait for its writer.
        if metadata(target)?.is_none() {
            return Ok(None);
        }
        let mut file = File::open(&target.file).map_err(|error| unread(target, error))?;
        let metadata = file.metadata().map_err(|error| unread(target, error))?;
        check(target, &metadata)?;
        let size = size_of(&metadata);
        let bytes = if size == known.len() && holds(&mut file, known) {
            Arc::clone(known)
        } else {
            Arc::new(read_whole(&mut file, size).map_err(|error| unread(target, error))?)
        };
        check_size(target, bytes.len())?;
        Ok(Some(Self { bytes, metadata }))
    }
}

/// Whether the file has these bytes and no others. What cannot be read now is going to be told
/// when it is read whole.
fn holds(file: &mut File, known: &[u8]) -> bool {
    // Wiped byte by byte, so no larger than it has to be.
    let mut piece = Zeroizing::new(vec![0; known.len().clamp(1, 64 << 10)]);
    let mut rest = known;
    loop {
        match file.read(&mut piece) {
            Ok(0) => return rest.is_empty(),
            Ok(length) => match rest.strip_prefix(&piece[..length]) {
                Some(after) => rest = after,
                None => return false,
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

fn read_whole(file: &mut File, size: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    file.rewind()?;
    // Room for everything at once: growing would leave copies that nobody wipes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What is known about the file without opening it; none if it does not exist.
pub(super) fn metadata(target: &Target) -> Result<Option<Metadata>> {
    match fs::metadata(&target.file) {
        Ok(metadata) => check(target, &metadata).map(|()| Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unread(target, error)),
    }
}

fn unread(target: &Target, error: io::Error) -> Failure {
    failure("the file cannot be read", target, error)
}

pub(super) fn check(target: &Target, metadata: &Metadata) -> Result<()> {
    if metadata.is_dir() {
        return Err(refusal("this is a directory, not a file", target)
            .next("move it away, or name another file"));
    }
    if !metadata.is_file() {
        return Err(refusal("this is not a regular file", target));
    }
    check_owner(&target.file, metadata)?;
    check_size(target, size_of(metadata))
}

pub(super) fn size_of(metadata: &Metadata) -> usize {
    usize::try_from(metadata.len()).unwrap_or(usize::MAX)
}

/// What could not be read again must not be written either.
pub(super) fn check_size(target: &Target, size: usize) -> Result<()> {
    if size <= LARGEST {
        return Ok(());
    }
    let largest = LARGEST >> 20;
    Err(refusal(
        format!("the file is larger than {largest} MiB, so it is not what it should be"),
        target,
    ))
}
