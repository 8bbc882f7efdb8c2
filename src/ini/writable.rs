//! What may be written: only what every reader of the shared files reads back as it was given.
//!
//! Names and keys are checked before any edit is planned, so that no input can open a section of
//! its own or end a value early. Identifiers are those of the SDKs' specification; what values may
//! not hold is what one reader or another would strip, join or take for a comment.

use super::edit::{Change, Refused};
use super::entry::comment;

/// The name of the section is [`section`]'s to check, where it is written: the one of a section that
/// is there stays as it is.
///
/// # Errors
/// The first key or value that some reader would read differently. Values are not quoted.
pub(super) fn check(change: &Change<'_>) -> Result<(), Refused> {
    for (index, (key, value)) in change.set.iter().enumerate() {
        assignment(key, value)?;
        let earlier = change.set[..index].iter().map(|(earlier, _)| earlier);
        if earlier
            .chain(change.remove)
            .any(|other| other.eq_ignore_ascii_case(key))
        {
            return Err(refused(format!("`{key}` is changed twice")));
        }
    }
    Ok(())
}

/// Whether every AWS reader takes `name` as the name of one section of the credentials file: an
/// identifier of the SDKs' specification, and not `DEFAULT`, which the AWS CLI takes for defaults of
/// all profiles.
pub fn is_safe_section(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.@:+%/-".contains(&byte);
    !name.is_empty() && name != "DEFAULT" && name.bytes().all(allowed)
}

/// # Errors
/// A key or a value that some reader would read differently. The value is not quoted.
pub(super) fn assignment(key: &str, value: &str) -> Result<(), Refused> {
    self::key(key)?;
    self::value(key, value)
}

/// # Errors
/// A name that not every reader takes for one of a section.
pub(super) fn section(name: &str) -> Result<(), Refused> {
    if is_safe_section(name) {
        return Ok(());
    }
    Err(refused(format!(
        "{name:?} is not a section name that every AWS tool reads: use letters, digits and `_ . @ : + % / -`, and not DEFAULT alone"
    )))
}

fn key(key: &str) -> Result<(), Refused> {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
    if key.is_empty() || !key.bytes().all(allowed) {
        return Err(refused(format!(
            "{key:?} cannot be a key: use lower-case letters, digits and `_ - .`"
        )));
    }
    Ok(())
}

fn value(key: &str, value: &str) -> Result<(), Refused> {
    let reason = if value.chars().any(char::is_control) {
        "holds a control character"
    } else if value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace) {
        "starts or ends with a blank"
    } else if value.starts_with(['#', ';']) || comment(value).is_some() {
        "holds a `#` or `;` that would start a comment"
    } else if value.ends_with('\\') {
        "ends with a backslash, which joins lines for some readers"
    } else {
        return Ok(());
    };
    Err(refused(format!("the value for `{key}` {reason}")))
}

fn refused(reason: String) -> Refused {
    Refused { line: None, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_name_is_one_that_every_reader_agrees_about() {
        for name in ["default-mfa", "a.b_c@d:e+f%g/h", "1"] {
            assert!(is_safe_section(name), "{name:?}");
        }
        for name in [
            "",
            "DEFAULT",
            "profile x",
            "a]",
            "é",
            "a#b",
            "a\n",
            "\"a\"",
            "a,b",
        ] {
            assert!(!is_safe_section(name), "{name:?}");
        }
    }
}
