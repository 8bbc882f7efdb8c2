//! What AWS tools find in the files where nobody names a profile.
//!
//! They look into the profile `default` before they ask a container's endpoint (AWS SDKs and Tools
//! Reference Guide, "Standardized credential providers"): what stands there keeps them from it.

use super::settings::{Part, Shared};
use super::target::{RIVALS, SHADOWS};
use super::{Files, Origin};

const DEFAULT: &str = "default";

/// The line of each file that leads to credentials, if there is one.
#[derive(Debug)]
pub struct Unnamed {
    pub credentials: Option<Origin>,
    pub config: Option<Origin>,
}

/// Looks into the profile `default` of both files.
pub fn unnamed(files: &Files) -> Unnamed {
    let shared = Shared::new(files);
    let settings = shared.profile(DEFAULT);
    let settings = settings.as_ref();
    Unnamed {
        credentials: settings.and_then(|settings| leads(settings.credentials.as_ref()?)),
        config: settings.and_then(|settings| leads(settings.config.as_ref()?)),
    }
}

fn leads(part: &Part<'_>) -> Option<Origin> {
    let mut keys = ["aws_access_key_id"]
        .into_iter()
        .chain(SHADOWS)
        .chain(RIVALS);
    keys.find_map(|key| part.get(key))
        .map(|found| found.origin())
}
