//! What of the user's two files belongs to a hands-on user.
//!
//! The profile with the key and the profile with the role carry a line that names the user by ARN
//! ([`MARK`]); the section that is signed in to says by itself which profile it was made from. By
//! that they are found again, whatever they are called, and nothing else is ever taken out. Which
//! bytes change is [`crate::ini`]'s.

#[cfg(test)]
mod tests;

use crate::failure::{Failure, Kind, Result};
use crate::ini::{Document, Flavor, Profile, is_safe_section};
use crate::profile::{self, Files, Held};

/// The line in a section that says which user it was made for, by ARN.
pub const MARK: &str = "awsmfa_handson";

const KEY: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", MARK];

/// Every line of the profile with the role that `up` may have written, and that is nobody else's.
const ROLE: [&str; 7] = [
    "role_arn",
    "source_profile",
    "mfa_serial",
    "mfa_process",
    SECTION,
    REGION_MARK,
    MARK,
];

/// The region is `up`'s as long as it says the same as [`REGION_MARK`]; a person may set another.
pub const REGION: &str = "region";

/// The region that `up` has written.
pub const REGION_MARK: &str = "awsmfa_handson_region";

/// Which section the profile with the role is signed in to.
const SECTION: &str = "awsmfa_profile";

/// What the profiles are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The profile with the long-term key, in the credentials file.
    pub key: String,
    /// The profile with the role, in the config file.
    pub role: String,
    /// The section for the role's credentials.
    pub section: String,
}

/// The flags that name them, in the same order.
pub const FLAGS: [&str; 3] = ["--to", "--role-profile", "--section"];

impl Places {
    fn named(&self) -> [(&str, &'static str); 3] {
        let names = [&self.key, &self.role, &self.section];
        [0, 1, 2].map(|place| (names[place].as_str(), FLAGS[place]))
    }

    /// # Errors
    ///
    /// [`Kind::Usage`] for a name that not every AWS tool reads, and for one name twice.
    pub fn check(&self) -> Result<()> {
        let named = self.named();
        for (place, (name, flag)) in named.iter().enumerate() {
            if !is_safe_section(name) {
                return Err(Failure::new(
                    Kind::Usage,
                    format!("{name:?} is not a profile name that every AWS tool reads"),
                )
                .at(flag)
                .next(format!(
                    "choose one of letters, digits and `_.@:+%/-` with `{flag}`"
                )));
            }
            if let Some((_, other)) = named[..place].iter().find(|(other, _)| other == name) {
                return Err(Failure::new(
                    Kind::Usage,
                    format!("`{other}` and `{flag}` are both {name}"),
                )
                .at(flag)
                .next(format!("choose another name with `{flag}`")));
            }
        }
        Ok(())
    }
}

/// What the files hold of one hands-on user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The profiles that were made for its key, and the id of the key where one is there.
    pub keys: Vec<(String, Option<String>)>,
    pub roles: Vec<RoleProfile>,
    /// Sections that were signed in to with the key.
    pub sections: Vec<String>,
}

/// A profile of the config file that was made for a hands-on user's role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleProfile {
    pub name: String,
    /// What [`ROLE`] and [`REGION`] say in it, by key.
    settings: Vec<(&'static str, String)>,
}

impl RoleProfile {
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a person has set the region.
    pub fn has_own_region(&self) -> bool {
        let region = self.get(REGION);
        region.is_some() && region != self.get(REGION_MARK)
    }
}

impl Found {
    /// What the files say of the user with this ARN.
    pub fn read(files: &Files, user_arn: &str) -> Self {
        let credentials = &files.credentials.document;
        let keys = marked(credentials, user_arn).map(|section| {
            let id = section.get("aws_access_key_id");
            let id = id.map(|value| value.text.into_owned());
            (section.name().to_owned(), id.filter(|id| !id.is_empty()))
        });
        let keys: Vec<_> = keys.collect();
        let roles = marked(&files.config.document, user_arn).map(|section| {
            let value = |key| Some((key, section.get(key)?.text.into_owned()));
            RoleProfile {
                name: section.name().to_owned(),
                settings: ROLE.into_iter().chain([REGION]).filter_map(value).collect(),
            }
        });
        let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
        let sections = sessions(credentials, &names);
        Self {
            roles: roles.collect(),
            sections,
            keys,
        }
    }

    /// The id of the key in profile `name`, if that was made for one.
    pub fn key_in(&self, name: &str) -> Option<Option<&str>> {
        let found = self.keys.iter().find(|(other, _)| other == name);
        found.map(|(_, id)| id.as_deref())
    }

    pub fn role_in(&self, name: &str) -> Option<&RoleProfile> {
        self.roles.iter().find(|profile| profile.name == name)
    }
}

/// The ARNs of all hands-on users that the files know, in the order of the files.
pub fn users(files: &Files) -> Vec<String> {
    let mut users: Vec<String> = Vec::new();
    for document in [&files.credentials.document, &files.config.document] {
        let marks = document.profiles();
        let marks = marks.filter_map(|section| Some(section.get(MARK)?.text.into_owned()));
        for user in marks.collect::<Vec<_>>() {
            if !users.contains(&user) {
                users.push(user);
            }
        }
    }
    users
}

/// The ARN of the hands-on user whose key this profile was made for.
pub fn made_for(files: &Files, profile: &str) -> Option<String> {
    let section = files.credentials.document.profile(profile)?;
    Some(section.get(MARK)?.text.into_owned())
}

/// Whether the profiles can be called so: each is free, or was made for this user before.
///
/// # Errors
///
/// [`Kind::Configuration`], with the place of what is in the way; [`Kind::File`] for a line that
/// cannot be understood. A section with temporary credentials of another tool is not in the way
/// ([`is_foreign`]): whoever signs in is asked about them.
pub fn check_free(files: &Files, places: &Places, user_arn: &str) -> Result<()> {
    let found = Found::read(files, user_arn);
    let other_names = [
        (
            &found.keys.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            &places.key,
            FLAGS[0],
        ),
        (
            &found.roles.iter().map(|role| &role.name).collect(),
            &places.role,
            FLAGS[1],
        ),
    ];
    for (names, wanted, flag) in other_names {
        if let Some(other) = names.iter().find(|name| **name != wanted) {
            return Err(Failure::new(
                Kind::Configuration,
                format!("an earlier run has called the profile `{other}`, not `{wanted}`"),
            )
            .at(flag)
            .next(format!("give `{flag} {other}` to go on with it")));
        }
    }
    if found.key_in(&places.key).is_none() {
        profile::vacant(files, &places.key, FLAGS[0])?;
    }
    if found.role_in(&places.role).is_none() {
        absent(files, &places.role, FLAGS[1])?;
    }
    check_section(files, places, &found)
}

fn check_section(files: &Files, places: &Places, found: &Found) -> Result<()> {
    let (section, flag) = (places.section.as_str(), FLAGS[2]);
    let own = found.role_in(&places.role);
    if own.and_then(|own| own.get(SECTION)) != Some(section)
        && let Some(other) = signs_in_to(files, section, &places.role)
    {
        return Err(Failure::new(
            Kind::Configuration,
            format!(
                "profile `{}` is signed in to section [{section}] already",
                other.name()
            ),
        )
        .at(format!("{}:{}", files.config.path.display(), other.line()))
        .next(format!("choose another section with `{flag}`")));
    }
    let profile = files.credentials.document.profile(section);
    let held = profile.as_ref().and_then(Held::read);
    let source = held.and_then(|held| held.marks?.source);
    match source {
        Some(source) if source == places.key => Ok(()),
        _ if is_foreign(files, section) => Ok(()),
        _ => absent(files, section, flag),
    }
}

/// Another profile of the config file that is signed in to this section: of two that share one, nobody
/// could tell whose credentials it holds.
fn signs_in_to<'f>(files: &'f Files, section: &str, role: &str) -> Option<Profile<'f>> {
    let mut profiles = files.config.document.profiles();
    profiles.find(|profile| {
        let named = profile.get(SECTION);
        profile.name() != role && named.is_some_and(|value| value.text == section)
    })
}

/// Whether the section is there and holds nothing but temporary credentials that another tool wrote.
pub fn is_foreign(files: &Files, section: &str) -> bool {
    let profile = files.credentials.document.profile(section);
    let held = profile.as_ref().and_then(Held::read);
    held.is_some_and(|held| held.complete && held.marks.is_none())
        && files.config.document.profile(section).is_none()
}

/// Refuses a profile that either file has.
fn absent(files: &Files, name: &str, flag: &str) -> Result<()> {
    for file in [&files.credentials, &files.config] {
        if let Some(section) = file.document.profile(name) {
            return Err(Failure::new(
                Kind::Configuration,
                format!("there is a profile `{name}` already, which is not this user's"),
            )
            .at(format!("{}:{}", file.path.display(), section.line()))
            .next(format!("choose another name with `{flag}`")));
        }
    }
    Ok(())
}

/// The profiles that were made for the user, and their lines that are ours. Of those with a key only
/// `keys` count, whose key is the user's.
pub fn made(
    document: &Document,
    flavor: Flavor,
    user_arn: &str,
    keys: &[&str],
) -> Vec<(String, Vec<&'static str>)> {
    let lines = |section: &Profile<'_>| match flavor {
        Flavor::Credentials => KEY.to_vec(),
        Flavor::Config => {
            let region = section.get(REGION).map(|value| value.text);
            let ours = region == section.get(REGION_MARK).map(|value| value.text);
            let region = ours.then_some(REGION);
            ROLE.into_iter().chain(region).collect()
        }
    };
    let counts = |section: &Profile<'_>| flavor == Flavor::Config || keys.contains(&section.name());
    let marked = marked(document, user_arn).filter(counts);
    marked
        .map(|section| (section.name().to_owned(), lines(&section)))
        .collect()
}

/// The sections that say they were made for this user. One file may be both of the user's: then
/// the credentials file's `profile dev` is the config file's profile `dev`, and no section of ours.
fn marked<'d>(document: &'d Document, user_arn: &str) -> impl Iterator<Item = Profile<'d>> {
    document.profiles().filter(move |section| {
        section
            .get(MARK)
            .is_some_and(|value| value.text == user_arn && is_safe_section(section.name()))
    })
}

/// The sections of ours that were signed in to with a key of one of these profiles.
pub fn sessions(document: &Document, sources: &[&str]) -> Vec<String> {
    let held = document
        .profiles()
        .filter_map(|section| Held::read(&section));
    held.filter(|held| {
        let source = held
            .marks
            .as_ref()
            .and_then(|marks| marks.source.as_deref());
        source.is_some_and(|source| sources.contains(&source))
    })
    .map(|held| held.section)
    .collect()
}
