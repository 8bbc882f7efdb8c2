//! The two files: whether they are there, can be read and replaced, are nobody else's to read or
//! write, and whether every AWS tool takes them.
//!
//! A file that cannot be read counts as empty for the checks after this one, so that they can say
//! what they know.

use std::path::{Path, PathBuf};

use super::finding::{Check, Finding};
use crate::context::Context;
use crate::ini::{Document, Flavor};
use crate::profile::{File, Files};
use crate::signin;
use crate::spelled::word;
use crate::store::{self, Access, Look};

/// Rights of others that matter, as in a mode.
const READ: u32 = 0o044;
const WRITE: u32 = 0o022;
/// In a directory with this bit only owners replace their files.
const STICKY: u32 = 0o1000;

/// Both files as far as they can be read.
pub(super) fn examine(context: &Context, found: &mut Vec<Finding>) -> Files {
    let mut one = |variable, name, flavor| {
        let path = match context.aws_file(variable, name) {
            Ok(path) => path,
            Err(failure) => {
                found.push(Finding::of(Check::Home, &failure));
                return File {
                    path: PathBuf::from(format!("~/.aws/{name}")),
                    document: Document::empty(flavor),
                };
            }
        };
        examine_one(path, flavor, found)
    };
    Files {
        credentials: one(
            "AWS_SHARED_CREDENTIALS_FILE",
            "credentials",
            Flavor::Credentials,
        ),
        config: one("AWS_CONFIG_FILE", "config", Flavor::Config),
    }
}

fn examine_one(path: PathBuf, flavor: Flavor, found: &mut Vec<Finding>) -> File {
    let look = store::look(&path);
    let file = signin::read_file(path.clone(), flavor).map_err(|failure| {
        found.push(Finding::of(Check::FileUnreadable, &failure));
    });
    let file = file.unwrap_or_else(|()| File {
        path: path.clone(),
        document: Document::empty(flavor),
    });
    // What cannot be looked at cannot be read either, and was told.
    if let Ok(look) = look {
        if look.file.is_none() {
            found.push(missing(&path, flavor, &look));
        } else if !found.iter().any(|told| is_unreadable(told, &path)) {
            let count = file.document.profile_names().count();
            let many = if count == 1 { "profile" } else { "profiles" };
            let what = format!("the {} file has {count} {many}", name(flavor));
            found.push(Finding::ok(Check::File, what).at(path.display()));
        }
        let holds_secret = flavor == Flavor::Credentials || holds_secret(&file.document);
        of_look(&path, &look, flavor, holds_secret, found);
    }
    of_document(&file, flavor, found);
    file
}

fn is_unreadable(told: &Finding, path: &Path) -> bool {
    let path = path.display().to_string();
    let of_it = |place: &String| place.starts_with(&path);
    told.check == Check::FileUnreadable && told.place.as_ref().is_some_and(of_it)
}

const fn name(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Config => "config",
        Flavor::Credentials => "credentials",
    }
}

fn missing(path: &Path, flavor: Flavor, look: &Look) -> Finding {
    let name = name(flavor);
    let finding = match look.leads_to {
        None => Finding::note(Check::File, format!("there is no {name} file")),
        Some(_) => Finding::warning(
            Check::FileLink,
            format!("the {name} file is a symbolic link to nothing"),
        )
        .next("mount or create what it leads to, or remove the link"),
    };
    finding.at(shown(path, look))
}

/// As `ls -l` writes a link.
fn shown(path: &Path, look: &Look) -> String {
    match &look.leads_to {
        Some(end) => format!("{} -> {}", path.display(), end.display()),
        None => path.display().to_string(),
    }
}

fn holds_secret(document: &Document) -> bool {
    let mut profiles = document.profiles();
    profiles.any(|profile| profile.get("aws_secret_access_key").is_some())
}

fn of_look(path: &Path, look: &Look, flavor: Flavor, holds_secret: bool, found: &mut Vec<Finding>) {
    let name = name(flavor);
    let is_managed = look.leads_to.is_some() && look.write_protected.is_some();
    if look.leads_to.is_some() && look.file.is_some() && !is_managed {
        let what = format!("the {name} file is a symbolic link; the file it leads to is replaced");
        found.push(Finding::note(Check::FileLink, what).at(shown(path, look)));
    }
    let real = look.leads_to.as_deref().unwrap_or(path);
    if let Some(access) = &look.file {
        found.extend(of_mode(
            &format!("the {name} file"),
            real,
            access,
            holds_secret,
        ));
        if !is_managed {
            found.extend(of_owner(&format!("the {name} file"), real, access));
        }
    }
    let sticky = |access: &Access| access.mode.is_some_and(|mode| mode & STICKY != 0);
    if let (Some(directory), Some(beside)) = (&look.directory, real.parent())
        && !sticky(directory)
    {
        let what = format!("the directory of the {name} file");
        found.extend(of_mode(&what, beside, directory, false));
    }
    if let Some(failure) = &look.write_protected {
        // Nothing but a set-up writes the config file.
        let finding = Finding::of(Check::FileProtected, failure);
        found.push(match flavor {
            Flavor::Credentials => finding,
            Flavor::Config => Finding::told(Check::FileProtected, super::Severity::Note, failure),
        });
    }
}

/// Whoever can write one of the files can have commands run (`credential_process`); whoever can
/// read a secret has it.
fn of_mode(whose: &str, path: &Path, access: &Access, secret: bool) -> Option<Finding> {
    let mode = access.mode?;
    let finding = if mode & WRITE != 0 {
        let what = format!(
            "{whose} can be changed by others (mode {:04o})",
            mode & 0o777
        );
        let advice = format!("chmod go-w {}", word(&path.to_string_lossy()));
        Finding::problem(Check::FileMode, what).next(advice)
    } else if secret && mode & READ != 0 {
        let what = format!("{whose} can be read by others (mode {:04o})", mode & 0o777);
        let advice = format!("chmod 600 {}", word(&path.to_string_lossy()));
        Finding::warning(Check::FileMode, what).next(advice)
    } else {
        return None;
    };
    Some(finding.at(path.display()))
}

fn of_owner(whose: &str, path: &Path, access: &Access) -> Option<Finding> {
    let owner = access.other_owner?;
    let what = format!("{whose} belongs to another user (number {owner})");
    let finding = Finding::warning(Check::FileOwner, what).at(path.display());
    Some(finding.next("have its owner changed, unless you work for that user: `chown`"))
}

/// Why AWS tools refuse the file as a whole, and what in it nobody understands.
fn of_document(file: &File, flavor: Flavor, found: &mut Vec<Finding>) {
    let place = |line: usize| format!("{}:{line}", file.path.display());
    let warnings = file.document.warnings();
    for warning in &warnings {
        let finding = Finding::problem(Check::FileRefused, warning.text.as_str());
        found.push(finding.at(place(warning.line)).next("mend that line"));
    }
    for (line, name) in file.document.misnamed() {
        let (what, right) = match flavor {
            Flavor::Config => (
                format!("no AWS tool reads [{name}] in the config file"),
                format!("[profile {name}]"),
            ),
            Flavor::Credentials => (
                format!(
                    "no AWS tool reads [profile {name}] as profile `{name}` in the credentials file"
                ),
                format!("[{name}]"),
            ),
        };
        let finding = Finding::warning(Check::SectionName, what).at(place(line));
        found.push(finding.next(format!("write {right}")));
    }
    for profile in file.document.profiles() {
        let Some(broken) = profile.broken() else {
            continue;
        };
        // A line that every tool stumbles over is told by one of them.
        if warnings.iter().all(|warning| warning.line != broken.line) {
            let what = format!(
                "a line of section [{}] cannot be understood: {}",
                profile.name(),
                broken.reason
            );
            let finding = Finding::problem(Check::SectionBroken, what);
            found.push(
                finding
                    .at(place(broken.line))
                    .next("mend or remove that line"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    #[test]
    fn what_others_may_do_is_told_by_how_much_it_matters() {
        for (mode, secret, expected) in [
            (0o600, true, None),
            (0o700, true, None),
            (0o644, false, None),
            (0o640, true, Some(Severity::Warning)),
            (0o604, true, Some(Severity::Warning)),
            (0o660, true, Some(Severity::Problem)),
            (0o602, false, Some(Severity::Problem)),
            (0o666, false, Some(Severity::Problem)),
        ] {
            let access = Access {
                mode: Some(mode),
                other_owner: None,
            };
            let found = of_mode("the file", Path::new("a"), &access, secret);
            let severity = found.map(|finding| finding.severity);
            assert_eq!(severity, expected, "{mode:o} {secret}");
        }
    }
}
