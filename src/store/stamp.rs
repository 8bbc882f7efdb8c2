//! How a file looks from outside. Whoever replaces it or writes to it changes that, so two looks
//! tell whether reading again is worth it; they never tell that nothing was changed for certain.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::SystemTime;

/// What one look saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The device and the file's number on it; Windows tells neither.
    identity: Option<(u64, u64)>,
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// Looks at the file that `path` leads to; none where there is none to be seen.
    pub fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().as_ref().map(Self::of)
    }

    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            identity: identity(metadata),
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;

    Some((metadata.dev(), metadata.ino()))
}

#[cfg(windows)]
fn identity(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}
