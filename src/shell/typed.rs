//! What a person types at a shell's prompt.

use super::Shell;

impl Shell {
    /// A word of a command line, in quotes where the shell would take it apart or read more into
    /// it. `cmd` has no quotes that keep it from reading `%`.
    pub fn word(self, text: &str) -> String {
        let plain = match self {
            Shell::Powershell => r"-_./\:+%=",
            Shell::Cmd => r"-_./\:+@",
            _ => "-_./:+%=@,",
        };
        let is_plain = |sign: char| sign.is_alphanumeric() || plain.contains(sign);
        if !text.is_empty() && text.chars().all(is_plain) {
            text.to_owned()
        } else if self == Shell::Cmd || !text.contains(['"', '$', '`', '!', '\\']) {
            format!("\"{text}\"")
        } else {
            let mut quoted = String::new();
            self.quote(&mut quoted, text);
            quoted
        }
    }

    /// The command that evaluates what `awsmfa env` prints with these flags.
    pub fn evaluating(self, flags: &str) -> String {
        let env = format!("awsmfa env{flags}");
        match self {
            Shell::Bash | Shell::Zsh | Shell::Json => format!("eval \"$({env})\""),
            Shell::Fish => format!("{env} | source"),
            Shell::Powershell => format!("{env} --shell powershell | Invoke-Expression"),
            Shell::Cmd => format!("for /f \"delims=\" %i in ('{env} --shell cmd') do @%i"),
            Shell::Nushell => format!("{env} --shell nushell | from json | load-env"),
        }
    }

    /// The command that sets an environment variable.
    pub fn setting(self, name: &str, value: &str) -> String {
        let word = self.word(value);
        let string = format!("\"{word}\"");
        let string = if word == value { &string } else { &word };
        match self {
            Shell::Bash | Shell::Zsh | Shell::Json => format!("export {name}={word}"),
            Shell::Fish => format!("set -gx {name} {word}"),
            Shell::Powershell => format!("$Env:{name} = {string}"),
            Shell::Cmd => format!("set \"{name}={value}\""),
            Shell::Nushell => format!("$env.{name} = {string}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_and_a_setting_are_quoted_by_the_shell() {
        for (shell, text, word, setting) in [
            (Shell::Bash, "dev", "dev", "export P=dev"),
            (Shell::Zsh, "my dev", "\"my dev\"", "export P=\"my dev\""),
            (
                Shell::Bash,
                "it's $1",
                r"'it'\''s $1'",
                r"export P='it'\''s $1'",
            ),
            (Shell::Bash, r"a\b", r"'a\b'", r"export P='a\b'"),
            (
                Shell::Fish,
                r"it's \",
                r"'it\'s \\'",
                r"set -gx P 'it\'s \\'",
            ),
            (Shell::Fish, "dev", "dev", "set -gx P dev"),
            (Shell::Powershell, "dev", "dev", "$Env:P = \"dev\""),
            (
                Shell::Powershell,
                "it's $1",
                "'it''s $1'",
                "$Env:P = 'it''s $1'",
            ),
            (
                Shell::Powershell,
                "@dev,x",
                "\"@dev,x\"",
                "$Env:P = \"@dev,x\"",
            ),
            (Shell::Cmd, "my $dev", "\"my $dev\"", "set \"P=my $dev\""),
            (Shell::Cmd, r"C:\a", r"C:\a", "set \"P=C:\\a\""),
            (Shell::Nushell, "dev", "dev", "$env.P = \"dev\""),
            (Shell::Bash, "", "\"\"", "export P=\"\""),
        ] {
            assert_eq!(shell.word(text), word, "{shell:?}");
            assert_eq!(shell.setting("P", text), setting, "{shell:?}");
        }
    }
}
