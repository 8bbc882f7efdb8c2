//! The commands in messages, as the person has to type them: with the flags of this run, quoted for
//! the shell in use.

use clap::ArgMatches;

use crate::context::Env;
use crate::shell;
use crate::spelled::words;

/// The command line of this run, as far as the commands in its messages repeat it.
#[derive(Clone, Default)]
pub(super) struct Run {
    pub(super) env: Env,
    /// `["key", "list"]`; nothing for `login`.
    pub(super) command: Vec<String>,
    /// `--user` is for all commands of a group, `--to` means something else to each. Those of every
    /// command are last.
    pub(super) flags: Vec<(&'static str, String)>,
}

impl Run {
    pub(super) fn given(mut matches: &ArgMatches) -> Self {
        let mut command = Vec::new();
        while let Some((name, below)) = matches.subcommand() {
            command.extend((name != "login").then(|| name.to_owned()));
            matches = below;
        }
        let once = |(flag, id)| {
            let mut values = matches.try_get_raw(id).ok()??;
            let value = values.next()?.to_str()?;
            values.next().is_none().then(|| (flag, value.to_owned()))
        };
        let flags = [
            ("--to", "to"),
            ("--user", "user"),
            ("--endpoint-url", "endpoint_url"),
            ("-p", "profiles"),
        ];
        Self {
            flags: flags.into_iter().filter_map(once).collect(),
            command,
            ..Self::default()
        }
    }

    /// The text with every command in it as the person has to type it.
    pub(super) fn complete(&self, text: &str) -> String {
        let mut parts: Vec<String> = text.split('`').map(str::to_owned).collect();
        for part in parts.iter_mut().skip(1).step_by(2) {
            if let Some(words) = words(part).filter(|words| words[0] == "awsmfa") {
                let shell = shell::at_hand(&self.env);
                let words = self.with_flags(words).into_iter();
                let words: Vec<String> = words.map(|word| shell.word(&word)).collect();
                *part = words.join(" ");
            }
        }
        parts.join("`")
    }

    /// One that names a profile says all that it is about.
    fn with_flags(&self, mut words: Vec<String>) -> Vec<String> {
        let has = |words: &[String], flag: &str| words.iter().any(|word| word == flag);
        if has(&words, "--help") {
            return words;
        }
        let is_about_another = has(&words, "-p");
        let command = words
            .iter()
            .skip(1)
            .take_while(|word| !word.starts_with('-'));
        let command: Vec<String> = command.take(2).cloned().collect();
        let is_same = command
            .iter()
            .filter(|word| *word != "login")
            .eq(&self.command);
        // Not every command of that group takes it.
        let is_of_group = command.first() == self.command.first() && !has(&command, "handson");
        for (flag, value) in &self.flags {
            let (is_meant, place) = match *flag {
                "--to" => (is_same && !is_about_another, 1 + command.len()),
                "--user" => (is_of_group && !is_about_another, 1 + command.len()),
                _ => (true, 1),
            };
            if is_meant && !has(&words, flag) {
                words.splice(place..place, [(*flag).to_owned(), value.clone()]);
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_in_a_text_gets_the_flags_that_it_lacks() {
        let run = |command: &[&str], flags: &[(&'static str, &str)]| Run {
            env: [("SHELL", "/bin/bash")].into_iter().collect(),
            command: command.iter().map(|&word| word.to_owned()).collect(),
            flags: flags
                .iter()
                .map(|&(flag, value)| (flag, value.to_owned()))
                .collect(),
        };
        let key = run(
            &["key", "create"],
            &[("--to", "new"), ("--user", "bob"), ("-p", "my admin")],
        );
        let login = run(&[], &[("--to", "s"), ("--endpoint-url", "http://x")]);
        for (run, text, shown) in [
            (
                &key,
                "`awsmfa key list`",
                "`awsmfa -p \"my admin\" key list --user bob`",
            ),
            (
                &key,
                "`awsmfa key create`",
                "`awsmfa -p \"my admin\" key create --user bob --to new`",
            ),
            (
                &key,
                "`awsmfa key create --to b`",
                "`awsmfa -p \"my admin\" key create --user bob --to b`",
            ),
            (
                &key,
                "`awsmfa key delete AK --user a`",
                "`awsmfa -p \"my admin\" key delete AK --user a`",
            ),
            (
                &key,
                "`awsmfa whoami` shows it",
                "`awsmfa -p \"my admin\" whoami` shows it",
            ),
            (&key, "`awsmfa -p x key list`", "`awsmfa -p x key list`"),
            (
                &key,
                "`awsmfa --help`, awsmfa env",
                "`awsmfa --help`, awsmfa env",
            ),
            (&key, "`aws configure` of `a b`", "`aws configure` of `a b`"),
            (
                &login,
                "`awsmfa login --yes`",
                "`awsmfa --endpoint-url http://x login --to s --yes`",
            ),
            (
                &login,
                "`awsmfa`",
                "`awsmfa --endpoint-url http://x --to s`",
            ),
            (&login, "`awsmfa \"open`", "`awsmfa \"open`"),
        ] {
            assert_eq!(run.complete(text), shown);
        }
    }
}
