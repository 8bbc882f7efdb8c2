//! Commands to go on with, spelled so that they are about the same profile and the same user.

use crate::rotation::{Phase, Record};
use crate::spelled::{self, flag};

/// What every such command has in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Spelled {
    pub(super) whose: spelled::Spelled,
    pub(super) to: Option<String>,
}

impl Spelled {
    /// A rotation with the same flags and these.
    pub(super) fn rotate(&self, flags: &str) -> String {
        self.key(
            "rotate",
            &[flag("--to", self.to.as_deref()), flags.to_owned()],
        )
    }

    /// The rotation that `record` is of, to be finished.
    pub(super) fn finish(&self, record: &Record) -> String {
        let profile = Some(record.profile.clone());
        let mut rotation = self.clone();
        match rotation.whose.user {
            Some(_) => rotation.to = profile,
            None => rotation.whose.profile = profile,
        }
        rotation.rotate(match record.phase {
            Phase::RollingBack => "--rollback",
            _ => "",
        })
    }

    /// Another command about one of the keys.
    pub(super) fn about(&self, command: &str, id: &str) -> String {
        self.key(command, &[id.to_owned()])
    }

    /// Another key of the same user.
    pub(super) fn create(&self, flags: &str) -> String {
        self.key("create", &[flags.to_owned()])
    }

    /// The keys to choose from.
    pub(super) fn list(&self) -> String {
        self.key("list", &[])
    }

    fn key(&self, command: &str, rest: &[String]) -> String {
        let command = self.whose.command(&format!("key {command}"));
        let words = std::iter::once(&command).chain(rest);
        let words = words.filter(|word| !word.is_empty());
        words.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_said_again() {
        let plain = Spelled::default();
        assert_eq!(plain.rotate("--rollback"), "awsmfa key rotate --rollback");
        assert_eq!(plain.rotate(""), "awsmfa key rotate");
        let some = |text: &str| Some(text.to_owned());
        let full = Spelled {
            whose: spelled::Spelled {
                profile: some("my admin"),
                user: some("bob"),
                name: None,
                endpoint: None,
            },
            to: some("b"),
        };
        assert_eq!(
            full.rotate("--rollback"),
            "awsmfa -p \"my admin\" key rotate --user bob --to b --rollback"
        );
        assert_eq!(
            full.about("delete", "AKIA1"),
            "awsmfa -p \"my admin\" key delete --user bob AKIA1"
        );
    }
}
