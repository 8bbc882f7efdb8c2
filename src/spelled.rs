//! Commands to go on with, spelled so that they are about the same profile, user and device.
//!
//! Without what was given, a command that is followed to the letter would be about the person who
//! follows it: an administrator would reset their own password.
//!
//! A message holds a command between backquotes, quoted in a way that suits most shells ([`word`]).
//! Before it is shown, `commands` adds the flags of the run and quotes it for the shell in use.

/// What was given, and is to be given again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spelled {
    /// `--profile`: what the environment says it says the next time too.
    pub(crate) profile: Option<String>,
    pub(crate) user: Option<String>,
    /// The name of a device.
    pub(crate) name: Option<String>,
    /// `--endpoint-url`.
    pub(crate) endpoint: Option<String>,
}

impl Spelled {
    /// With a profile that need not be the one that was given.
    pub(crate) fn of(profile: &str) -> Self {
        Self {
            profile: Some(profile.to_owned()),
            ..Self::default()
        }
    }

    /// The sign-in with the profile.
    pub(crate) fn login(&self) -> String {
        let person = Self {
            user: None,
            name: None,
            ..self.clone()
        };
        person.command("")
    }

    /// The command with these words, `mfa delete`, as something to type.
    pub(crate) fn command(&self, words: &str) -> String {
        let words = [
            "awsmfa".to_owned(),
            flag("-p", self.profile.as_deref()),
            words.to_owned(),
            flag("--user", self.user.as_deref()),
            flag("--name", self.name.as_deref()),
            flag("--endpoint-url", self.endpoint.as_deref()),
        ];
        let words = words.iter().filter(|word| !word.is_empty());
        words.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// The words of a command that [`word`] has quoted; none where a quote is left open.
pub(crate) fn words(line: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        let word = words.last_mut()?;
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (None, '"' | '\'') => quote = Some(sign),
            (None, '\\') if signs.peek() == Some(&'\'') => word.extend(signs.next()),
            (None, ' ') => words.push(String::new()),
            _ => word.push(sign),
        }
    }
    quote.is_none().then_some(words)
}

/// A flag where it was given; nothing else.
pub(crate) fn flag(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("{name} {}", word(value)),
        None => String::new(),
    }
}

/// A word of a command line, in quotes where some shell would take it apart or read more into it.
pub(crate) fn word(text: &str) -> String {
    let plain = |sign: char| sign.is_alphanumeric() || "-_./\\@:+%=,".contains(sign);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else if text.contains(['"', '$', '`', '!']) {
        // Other shells than cmd.exe read no more into these.
        format!("'{}'", text.replace('\'', r"'\''"))
    } else {
        format!("\"{text}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_for_every_shell() {
        for (text, expected) in [
            ("work-mfa", "work-mfa"),
            ("開発", "開発"),
            ("/home/a/.aws", "/home/a/.aws"),
            (r"C:\Users\a", r"C:\Users\a"),
            ("my work", "\"my work\""),
            (r"C:\my files", "\"C:\\my files\""),
            ("work(2)", "\"work(2)\""),
            ("it's", "\"it's\""),
            ("a$b", "'a$b'"),
            ("\"it's\"", r#"'"it'\''s"'"#),
            ("", "\"\""),
        ] {
            assert_eq!(word(text), expected);
        }
    }

    #[test]
    fn the_words_of_a_command_are_read_as_they_were_written() {
        for name in ["it's", "a b", "'\"$`", r"a\'b", "", "plain"] {
            let words = words(&format!("awsmfa -p {}", word(name)));
            assert_eq!(words.unwrap(), ["awsmfa", "-p", name]);
        }
    }

    #[test]
    fn what_was_given_is_given_again() {
        let plain = Spelled::default();
        assert_eq!(plain.command("mfa setup"), "awsmfa mfa setup");
        assert_eq!(plain.login(), "awsmfa");
        let some = |text: &str| Some(text.to_owned());
        let full = Spelled {
            profile: some("my admin"),
            user: some("bob"),
            name: some("phone"),
            endpoint: None,
        };
        assert_eq!(full.login(), "awsmfa -p \"my admin\"");
        assert_eq!(
            full.command("mfa delete"),
            "awsmfa -p \"my admin\" mfa delete --user bob --name phone"
        );
        let elsewhere = Spelled {
            endpoint: some("http://127.0.0.1:1"),
            ..plain
        };
        assert_eq!(
            elsewhere.login(),
            "awsmfa --endpoint-url http://127.0.0.1:1"
        );
    }
}
