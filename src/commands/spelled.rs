//! Commands to go on with, spelled so that they are about the same profile, user and device.
//!
//! Without what was given, a command that is followed to the letter would be about the person who
//! follows it: an administrator would reset their own password.

/// What was given, and is to be given again.
#[derive(Clone, Debug, Default)]
pub(super) struct Spelled {
    /// `--profile`: what the environment says it says the next time too.
    pub(super) profile: Option<String>,
    pub(super) user: Option<String>,
    /// The name of a device.
    pub(super) name: Option<String>,
    /// `--endpoint-url`.
    pub(super) endpoint: Option<String>,
}

impl Spelled {
    /// The sign-in with the profile.
    pub(super) fn login(&self) -> String {
        let person = Self {
            user: None,
            name: None,
            ..self.clone()
        };
        person.command("")
    }

    /// The command with these words, `mfa delete`, as something to type.
    pub(super) fn command(&self, words: &str) -> String {
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

/// A flag where it was given; nothing else.
pub(super) fn flag(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) if value.contains(' ') => format!("{name} \"{value}\""),
        Some(value) => format!("{name} {value}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
