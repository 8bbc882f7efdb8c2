//! What a wired profile had before it was wired: keys set aside in the config file, under names
//! where AWS tools do not look and we do.
//!
//! `awsmfa_mfa_serial = …` is the device of the profile still, and `awsmfa_source_profile = …`
//! leads to the key where the session's section does not. [`mod@super::wire`] sets keys aside;
//! [`super::follow`], [`super::device`] and [`super::duration`] ask here for them.

use super::Held;
use super::promised::{SUFFIX, named_section, session_of};
use super::settings::{Found, Settings, Shared};

/// A key that wiring changes, and its name while it is set aside.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) aside: &'static str,
}

/// What a name gets while its key is set aside.
pub(super) const ASIDE: &str = "awsmfa_";

pub(super) const SOURCE_PROFILE: Key = Key {
    name: "source_profile",
    aside: "awsmfa_source_profile",
};
pub(super) const MFA_SERIAL: Key = Key {
    name: "mfa_serial",
    aside: "awsmfa_mfa_serial",
};
pub(super) const DURATION: Key = Key {
    name: "duration_seconds",
    aside: "awsmfa_duration_seconds",
};
pub(super) const KEYS: [Key; 3] = [SOURCE_PROFILE, MFA_SERIAL, DURATION];

impl<'f> Settings<'f> {
    /// What the config file had for `key` before the profile was wired. The credentials file does
    /// not count: there the same names are marks of a section of ours.
    pub(super) fn aside(&self, key: &Key) -> Option<Found<'f>> {
        let found = self.config.as_ref()?.get(key.aside);
        let found = found.filter(|found| !found.text.is_empty())?;
        self.note(key.aside, &found);
        Some(found)
    }

    /// Whether anything is set aside.
    pub(super) fn is_wired(&self) -> bool {
        let has = |key: &Key| self.config.as_ref()?.get(key.aside);
        KEYS.iter().any(|key| has(key).is_some())
    }
}

/// The `source_profile` to follow. In a wired profile whose session's section is not there, that is
/// the one it had before.
pub(super) fn source_profile<'f>(
    shared: &Shared<'_>,
    settings: &Settings<'f>,
) -> Option<Found<'f>> {
    let now = settings.get(SOURCE_PROFILE.name);
    if now
        .as_ref()
        .is_some_and(|now| shared.profile(&now.text).is_some())
    {
        return now;
    }
    settings.aside(&SOURCE_PROFILE).or(now)
}

/// Whether signing in to profile `base` is what writes `section`, as far as anybody can tell: by
/// its name, by the profile's settings, or by what the section says of itself.
pub(super) fn stands_for(shared: &Shared<'_>, section: &str, base: &str) -> bool {
    let made = || {
        let part = shared.profile(section)?.credentials?;
        let held = Held::read(&part.section)?;
        Some(held.profile()? == base)
    };
    let named = || {
        let settings = shared.profile(base)?;
        Some(named_section(&settings)?.text == section)
    };
    section.strip_suffix(SUFFIX) == Some(base)
        || session_of(base) == section
        || named().unwrap_or_default()
        || made().unwrap_or_default()
}
