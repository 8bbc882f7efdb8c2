//! A `credential_process` that is this program: how AWS tools get here, and no key to start from.
//!
//! Who names such a profile means the one whose credentials the line hands out. A line is
//! understood only as far as every shell and every SDK understands it alike; what is not understood
//! is refused by [`super::key`], never guessed.

use super::settings::{Found, Settings};
use super::{Sourced, key};
use crate::failure::{Failure, Kind};

const COMMAND: &str = "credential-process";

/// Flags that say nothing about whose credentials it is; the second ones have a value.
const PLAIN: [&str; 4] = ["-q", "--quiet", "-v", "--verbose"];
const VALUED: [&str; 3] = ["--timeout", "--region", "--output"];

/// The profile that this one stands for: its `credential_process` is plainly `awsmfa
/// credential-process -p NAME`, and AWS tools would use nothing else of it.
pub(super) fn stands_for(settings: &Settings<'_>) -> Option<Sourced<String>> {
    let other =
        settings.has("role_arn") || key::has_static(settings) || key::other_way(settings).is_some();
    let command = settings.get("credential_process").filter(|_| !other)?;
    let name = served(&command.text).filter(|name| *name != settings.name)?;
    Some(Sourced::new(name, command.origin()))
}

/// Why a line that runs this program is no source of its profile.
pub(super) fn no_source(settings: &Settings<'_>, command: &Found<'_>) -> Failure {
    let name = &settings.name;
    let words = words(program_and_rest(&command.text).1);
    let hands_out = words.is_none_or(|words| words.iter().any(|word| word == COMMAND));
    if hands_out && served(&command.text).is_none() {
        let what = format!(
            "the credential_process of profile `{name}` is awsmfa, and does not plainly say for which profile"
        );
        return Failure::new(Kind::Configuration, what)
            .at(command.origin())
            .next("write the line as `awsmfa credential-process -p NAME`")
            .next("or name NAME directly with `-p`");
    }
    Failure::new(
        Kind::Configuration,
        format!(
            "the credential_process of profile `{name}` is awsmfa itself, which needs a long-term key to start from"
        ),
    )
    .at(command.origin())
    .next("name the profile that holds the long-term key, or the role, after `-p`")
    .next("or give this one a key of its own, or `role_arn` and `source_profile`")
}

/// The profile that a command hands out the credentials of. None where there is any doubt.
fn served(command: &str) -> Option<String> {
    let (program, arguments) = program_and_rest(command);
    let mut words = words(arguments)?.into_iter();
    let (mut hands_out, mut profile) = (false, None);
    while let Some(word) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        if flag == COMMAND && value.is_none() && !hands_out {
            hands_out = true;
        } else if VALUED.contains(&flag) {
            value.or_else(|| words.next())?;
        } else if profile.is_none() && ["-p", "--profile"].contains(&flag) {
            profile = Some(value.or_else(|| words.next())?);
        } else if profile.is_none() && word.starts_with("-p") {
            profile = word.get(2..).map(str::to_owned);
        } else if value.is_some() || !PLAIN.contains(&flag) {
            return None;
        }
    }
    let is_name = |name: &String| !name.is_empty() && !name.starts_with('-');
    profile.filter(|name| hands_out && is_awsmfa(program) && is_name(name))
}

/// The words of a command without their quotes. None where a character means more than itself to
/// one of the shells that some tools run it in.
fn words(text: &str) -> Option<Vec<String>> {
    let plain = |c: char| c.is_alphanumeric() || "-_./@+:,=".contains(c);
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if ['"', '\''].contains(&c) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ if plain(c) || c == ' ' => word.get_or_insert_default().push(c),
            _ => return None,
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Whether the first word of a command is this program, quoted or not, with or without a path.
pub(super) fn runs_awsmfa(command: &str) -> bool {
    is_awsmfa(program_and_rest(command).0)
}

fn program_and_rest(command: &str) -> (&str, &str) {
    let command = command.trim_start();
    let parts = match command.chars().next() {
        Some(quote @ ('"' | '\'')) => command[1..].split_once(quote),
        _ => command.split_once(char::is_whitespace),
    };
    parts.unwrap_or((command, ""))
}

fn is_awsmfa(program: &str) -> bool {
    let file = program.rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(file.to_ascii_lowercase().as_str(), "awsmfa" | "awsmfa.exe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_starts_us_is_recognised() {
        for command in [
            "awsmfa credential-process",
            "/usr/local/bin/awsmfa x",
            "\"C:\\Program Files\\awsmfa.exe\" x",
            "'/opt/my tools/awsmfa'",
            "  AWSMFA.EXE",
        ] {
            assert!(runs_awsmfa(command), "{command}");
        }
        for command in ["awsmfa-helper", "cat awsmfa", "/awsmfa/bin/key", "", "\""] {
            assert!(!runs_awsmfa(command), "{command}");
        }
    }

    #[test]
    fn what_a_command_hands_out_is_read_as_every_shell_reads_it() {
        for (arguments, profile) in [
            ("credential-process -p dev", Some("dev")),
            ("credential-process --profile dev", Some("dev")),
            ("credential-process --profile=a/b", Some("a/b")),
            ("-p dev credential-process", Some("dev")),
            ("credential-process -pdev", Some("dev")),
            ("credential-process -p=dev", Some("dev")),
            ("credential-process -p \"dev\"", Some("dev")),
            ("credential-process -p 'my dev'", Some("my dev")),
            ("credential-process --profile=\"dev\"", Some("dev")),
            ("credential-process -p dev -q", Some("dev")),
            ("--verbose credential-process -v -p dev", Some("dev")),
            ("credential-process -p dev --timeout 5s", Some("dev")),
            ("--timeout=5 credential-process -p dev", Some("dev")),
            ("credential-process --region x -p dev", Some("dev")),
            ("credential-process -p dev --output json", Some("dev")),
            ("credential-process", None),
            ("credential-process -p", None),
            ("credential-process -p $P", None),
            ("credential-process -p \"$P\"", None),
            ("credential-process -p dev\\ x", None),
            ("credential-process -p 'dev", None),
            ("credential-process -p dev; true", None),
            ("credential-process -p dev 2>/dev/null", None),
            ("credential-process --profile=", None),
            ("credential-process -p ''", None),
            ("credential-process -p -v", None),
            ("credential-process -p dev -p prod", None),
            ("credential-process -p dev --quiet=x", None),
            ("credential-process -p dev --timeout", None),
            // These are another AWS, and another sign-in.
            ("credential-process -p dev --endpoint-url http://x", None),
            ("credential-process -p dev -t 123456", None),
            ("credential-process credential-process -p dev", None),
            ("exec -p dev", None),
            ("-p dev", None),
        ] {
            let command = format!("'/my tools/awsmfa' {arguments}");
            assert_eq!(served(&command).as_deref(), profile, "{command}");
        }
        assert_eq!(served("other credential-process -p dev"), None);
    }
}
