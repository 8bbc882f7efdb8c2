//! Which profiles hold a key, what was signed in to with it, and where a new one could go.
//!
//! A key may stand in several profiles, and in either file: who replaces or removes it has to know
//! all of them.

use std::path::PathBuf;

use super::choose::KEY_ID;
use super::settings::Shared;
use super::target::shadow_of;
use super::{Files, Held, Origin, key, promised};
use crate::context::Env;
use crate::failure::{Failure, Kind, Result};
use crate::ini::{Flavor, is_safe_section};
use crate::secret::{AccessKey, Secret};

/// A profile that holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub profile: String,
    /// Which of the two files it is in.
    pub file: Flavor,
    pub path: PathBuf,
    /// Of the key's id.
    pub line: usize,
    /// The id and the secret are assigned once each. Where not, an edit would have to guess, and
    /// could remove another key.
    pub plain: bool,
}

impl Holder {
    pub fn origin(&self) -> Origin {
        Origin::File {
            path: self.path.clone(),
            line: self.line,
        }
    }
}

/// All profiles in which the key called `id` stands, the credentials file's first.
pub fn holders(files: &Files, id: &str) -> Vec<Holder> {
    let both = [
        (&files.credentials, Flavor::Credentials),
        (&files.config, Flavor::Config),
    ];
    let mut found = Vec::new();
    for (file, flavor) in both {
        for section in file.document.profiles() {
            let ids: Vec<_> = section.assignments(key::ID).collect();
            let Some(held) = ids.iter().find(|value| value.text == id) else {
                continue;
            };
            found.push(Holder {
                profile: section.name().to_owned(),
                file: flavor,
                path: file.path.clone(),
                line: held.line,
                plain: ids.len() == 1 && section.assignments(key::SECRET).count() == 1,
            });
        }
    }
    found
}

/// The key called `id` with its secret, from whichever profile has both.
pub fn pair(files: &Files, id: &str) -> Option<AccessKey> {
    let documents = [&files.credentials.document, &files.config.document];
    let mut sections = documents.into_iter().flat_map(|file| file.profiles());
    sections.find_map(|section| {
        section.get(key::ID).filter(|value| value.text == id)?;
        let secret = section.get(key::SECRET)?;
        (!secret.text.is_empty()).then(|| AccessKey {
            id: id.to_owned(),
            secret: Secret::new(secret.text),
            token: None,
        })
    })
}

/// The id of the key that profile `name` itself holds.
pub fn key_of(files: &Files, name: &str) -> Option<String> {
    Shared::new(files)
        .profile(name)
        .as_ref()
        .and_then(key::static_id)
}

/// The sections of ours that were signed in to with the key called `id`.
pub fn made_with(files: &Files, id: &str) -> Vec<Held> {
    let sections = files.credentials.document.profiles();
    sections
        .filter_map(|section| Held::read(&section))
        .filter(|held| {
            let marks = held.marks.as_ref();
            marks.and_then(|marks| marks.source_key_id.as_deref()) == Some(id)
        })
        .collect()
}

/// Whether `AWS_ACCESS_KEY_ID` is this key.
pub fn in_environment(env: &Env, id: &str) -> bool {
    env.raw(KEY_ID).is_some_and(|value| value == id)
}

/// Whether profile `name`, which the flag `flag` names, can be given a key of its own.
///
/// # Errors
///
/// [`Kind::Usage`] for a name that not every AWS tool reads; [`Kind::Configuration`] if signing in to
/// another profile writes the section of that name, or if the profile has credentials, or something that AWS tools prefer to them; [`Kind::File`] for a line that
/// cannot be understood.
pub fn vacant(files: &Files, name: &str, flag: &'static str) -> Result<()> {
    if !is_safe_section(name) {
        return Err(Failure::new(
            Kind::Usage,
            format!("{name:?} is not a profile name that every AWS tool reads"),
        )
        .at(flag)
        .next("choose a name of letters, digits and `_.@:+%/-`"));
    }
    let shared = Shared::new(files);
    if let Some(writer) = promised::writer(&shared, name) {
        return Err(Failure::new(
            Kind::Configuration,
            format!("signing in to profile `{writer}` writes section [{name}], where it would find the key in its way"),
        )
        .at(flag)
        .next(format!("choose another profile with `{flag}`")));
    }
    let Some(settings) = shared.profile(name) else {
        return Ok(());
    };
    settings.check()?;
    if let Some(part) = settings.parts().find(|part| key::holds_any(part)) {
        return Err(Failure::new(
            Kind::Configuration,
            format!("profile `{name}` holds a key already, which would be overwritten"),
        )
        .at(part.place())
        .next(format!("choose another profile with `{flag}`")));
    }
    let process = || {
        let found = settings.get("credential_process")?;
        Some(("credential_process", found.origin()))
    };
    match shadow_of(&settings).or_else(process) {
        None => Ok(()),
        Some((setting, origin)) => Err(Failure::new(
            Kind::Configuration,
            format!("profile `{name}` has `{setting}`, and AWS tools would not know which to use"),
        )
        .at(origin)
        .next(format!("choose another profile with `{flag}`"))),
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::ini::Document;
    use crate::profile::File;

    fn files(credentials: &str, config: &str) -> Files {
        let file = |path: &str, text: &str, flavor| File {
            path: path.into(),
            document: Document::parse(Zeroizing::new(text.into()), flavor).unwrap(),
        };
        Files {
            config: file("config", config, Flavor::Config),
            credentials: file("credentials", credentials, Flavor::Credentials),
        }
    }

    const PAIR: &str = "aws_access_key_id = AKIA1\naws_secret_access_key = s1\n";

    #[test]
    fn a_key_is_found_in_every_profile_of_both_files() {
        let twice = "[twice]\naws_access_key_id = AKIA1\naws_access_key_id = AKIA2\naws_secret_access_key = s\n";
        let files = files(
            &format!("[a]\n{PAIR}[b]\naws_access_key_id = AKIA2\n{twice}"),
            &format!("[default]\n{PAIR}[profile c]\n{PAIR}[d]\n{PAIR}"),
        );
        let found = holders(&files, "AKIA1");
        let told: Vec<_> = found
            .iter()
            .map(|holder| format!("{} {} {}", holder.profile, holder.origin(), holder.plain))
            .collect();
        assert_eq!(
            told,
            [
                "a credentials:2 true",
                "twice credentials:7 false",
                "default config:2 true",
                "c config:5 true"
            ]
        );
        assert_eq!(holders(&files, "AKIA3"), []);
    }

    #[test]
    fn a_profile_is_vacant_as_long_as_nothing_in_it_would_be_lost_or_preferred() {
        for (credentials, config, kind) in [
            ("", "", None),
            (
                "[x]\nregion = eu-west-1\n",
                "[profile x]\noutput = json\n",
                None,
            ),
            (&format!("[x]\n{PAIR}"), "", Some(Kind::Configuration)),
            (
                "",
                &format!("[profile x]\n{PAIR}"),
                Some(Kind::Configuration),
            ),
            (
                "[x]\naws_session_token = t\n",
                "",
                Some(Kind::Configuration),
            ),
            ("", "[profile x]\nrole_arn = r\n", Some(Kind::Configuration)),
            (
                "",
                "[profile x]\ncredential_process = p\n",
                Some(Kind::Configuration),
            ),
            ("[x]\nwhat is this\n", "", Some(Kind::File)),
            // Signing in to another profile writes there.
            (
                "",
                "[profile y]\nawsmfa_profile = x\n",
                Some(Kind::Configuration),
            ),
            (
                &format!("[x-long-term]\n{PAIR}"),
                "",
                Some(Kind::Configuration),
            ),
        ] {
            let found = vacant(&files(credentials, config), "x", "--to");
            let found = found.map_err(|failure| failure.kind()).err();
            assert_eq!(found, kind, "{credentials}{config}");
        }
        for (credentials, config, free) in [
            (format!("[x]\n{PAIR}"), "", false),
            (String::new(), "[profile x]\nregion = eu-west-1\n", false),
            (
                format!("[x]\n{PAIR}"),
                "[profile x]\nawsmfa_profile = y\n",
                true,
            ),
            (format!("[x-long-term]\n{PAIR}[x]\n"), "", true),
            (String::new(), "", true),
        ] {
            let found = vacant(&files(&credentials, config), "x-mfa", "--to");
            assert_eq!(found.is_ok(), free, "{credentials}{config}");
        }
        let failure = vacant(&files("", ""), "a b", "--to").unwrap_err();
        assert_eq!(failure.kind(), Kind::Usage);
    }
}
