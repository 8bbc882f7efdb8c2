//! What wiring does to the lines of one profile, and what undoes it.
//!
//! Both work on the profile as it is now, whoever has edited it since. Nothing that a person wrote
//! is lost: their newer line wins, and a remembered one that can neither stay nor be put back
//! becomes a comment. Comes after [`mod@super::wire`], which knows the profiles; the lines are changed
//! by [`crate::ini`].

use super::duration::CHAINED;

use super::set_aside::{
    ASIDE, DURATION, KEYS, Key, MFA_SERIAL, SOURCE_PROFILE, source_profile, stands_for,
};
use super::settings::{Found, Settings, Shared};
use super::wire::{Base, Rewired};
use crate::failure::{Failure, Kind, Result};
use crate::ini::{Amend, Amendment};

/// The profile that a role profile's credentials come from, whether it is wired or not.
pub(super) fn base<'f>(shared: &Shared<'_>, settings: &Settings<'f>) -> Option<Found<'f>> {
    let now = source_profile(shared, settings);
    let now = now.filter(|now| now.text != settings.name);
    match (settings.aside(&SOURCE_PROFILE), now) {
        (Some(before), Some(now)) if stands_for(shared, &now.text, &before.text) => Some(before),
        (_, now) => now,
    }
}

/// What wires this profile; `session` is the one to name as its source, if it is next to it.
pub(super) fn wired(
    shared: &Shared<'_>,
    settings: &Settings<'_>,
    session: Option<&Base>,
    notes: &mut Vec<String>,
) -> Result<Rewired> {
    let mut steps = Vec::new();
    let mut keys = Vec::new();
    let now = settings.get(SOURCE_PROFILE.name);
    let now = now.map(|found| found.text.into_owned());
    let mut source = now.clone();
    if let Some(Base { section, .. }) = session
        && now.as_ref() != Some(section)
    {
        only_in_config(settings, &SOURCE_PROFILE)?;
        let before = settings.aside(&SOURCE_PROFILE);
        let ours = before.filter(|before| {
            now.as_ref()
                .is_none_or(|now| stands_for(shared, now, &before.text))
        });
        let above = match (ours, now) {
            (Some(_), now) => {
                steps.extend(now.map(remove));
                SOURCE_PROFILE.aside
            }
            (None, _) => {
                set_aside(settings, &SOURCE_PROFILE, &mut steps);
                SOURCE_PROFILE.name
            }
        };
        steps.push(Amend::Insert {
            key: SOURCE_PROFILE.name,
            value: section.clone(),
            above,
        });
        keys.push(SOURCE_PROFILE.name);
        source = Some(section.clone());
    }
    if settings.has(MFA_SERIAL.name) {
        only_in_config(settings, &MFA_SERIAL)?;
        set_aside(settings, &MFA_SERIAL, &mut steps);
        keys.push(MFA_SERIAL.name);
    }
    if let Some(found) = settings.get(DURATION.name).filter(too_long) {
        only_in_config(settings, &DURATION)?;
        notes.push(format!(
            "{}: `{}` is set aside, because AWS grants one hour at most to a role that is assumed with a session; AWS tools renew it by themselves",
            found.origin(),
            DURATION.name
        ));
        set_aside(settings, &DURATION, &mut steps);
        keys.push(DURATION.name);
    }
    Ok(Rewired {
        amendment: Amendment {
            profile: settings.name.clone(),
            steps,
        },
        keys,
        source_profile: source,
    })
}

/// What puts everything back that is set aside in this profile.
pub(super) fn unwired(
    shared: &Shared<'_>,
    settings: &Settings<'_>,
    notes: &mut Vec<String>,
) -> Rewired {
    let mut steps = Vec::new();
    let mut keys = Vec::new();
    let mut source = None;
    for key in &KEYS {
        let Some(part) = &settings.config else { break };
        let section = &part.section;
        let Some(before) = section.get(key.aside) else {
            if key.name == SOURCE_PROFILE.name {
                source = settings.get(key.name).map(|found| found.text.into_owned());
            }
            continue;
        };
        let (ours, theirs): (Vec<_>, Vec<_>) = section.assignments(key.name).partition(|now| {
            key.name == SOURCE_PROFILE.name && stands_for(shared, &now.text, &before.text)
        });
        if let Some(newer) = theirs.last() {
            notes.push(format!(
                "{}:{}: this `{}` is newer than the wiring and stays; the one before it becomes a comment",
                part.path.display(),
                newer.line,
                key.name
            ));
            steps.push(Amend::CommentOut { key: key.aside });
            source = Some(newer.text.to_string())
                .filter(|_| key.name == SOURCE_PROFILE.name)
                .or(source);
            continue;
        }
        // A comment behind our line, or lines below it, are a person's.
        if ours.iter().any(|ours| ours.doubt.is_some()) {
            steps.push(Amend::CommentOut { key: key.name });
        } else {
            let mut values: Vec<_> = ours.into_iter().map(|ours| ours.text).collect();
            values.sort_unstable();
            values.dedup();
            steps.extend(values.into_iter().map(|value| remove(value.into_owned())));
        }
        steps.push(Amend::Strip {
            key: key.aside,
            prefix: ASIDE,
        });
        keys.push(key.name);
        if key.name == SOURCE_PROFILE.name {
            source = Some(before.text.into_owned());
        }
    }
    Rewired {
        amendment: Amendment {
            profile: settings.name.clone(),
            steps,
        },
        keys,
        source_profile: source,
    }
}

/// A key that was set aside earlier gives way, because there can be one only.
fn set_aside(settings: &Settings<'_>, key: &Key, steps: &mut Vec<Amend>) {
    let config = settings.config.as_ref();
    if config.is_some_and(|part| part.get(key.aside).is_some()) {
        steps.push(Amend::CommentOut { key: key.aside });
    }
    steps.push(Amend::Prefix {
        key: key.name,
        prefix: ASIDE,
    });
}

/// Takes a line of ours away.
fn remove(value: String) -> Amend {
    Amend::Remove {
        key: SOURCE_PROFILE.name,
        value,
    }
}

/// What AWS tools would be refused; also what they cannot read as a number at all.
fn too_long(found: &Found<'_>) -> bool {
    let seconds = found.text.parse::<u64>();
    seconds.map_or(true, |seconds| seconds > CHAINED.as_secs())
}

/// The credentials file would win over what the config file says.
fn only_in_config(settings: &Settings<'_>, key: &Key) -> Result<()> {
    let credentials = settings.credentials.as_ref();
    match credentials.and_then(|part| part.get(key.name)) {
        None => Ok(()),
        Some(found) => Err(Failure::new(
            Kind::Configuration,
            format!(
                "profile `{}` has its {} in the credentials file, and wiring changes the config file alone",
                settings.name, key.name
            ),
        )
        .at(found.origin())
        .next(format!("move that line into [profile {}] of the config file", settings.name))),
    }
}
