//! The lines that set and remove variables, quoted by each shell's own rules.
//!
//! A value is one line of text: control characters are refused for every shell but the two that
//! read JSON, because PowerShell and `cmd` take what is printed line by line.

use std::fmt::Write;

use zeroize::Zeroizing;

use super::Shell;
use crate::failure::{Failure, Kind, Result};
use crate::variables::{Assignment, PROFILE_NAMES};

impl Shell {
    /// Lines that remove `in_the_way` and set every variable. `section` holds the same
    /// credentials, if they are in a file at all.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if the shell cannot be given a value; it is not quoted.
    pub fn assign(
        self,
        set: &[Assignment],
        in_the_way: &[&str],
        section: Option<&str>,
    ) -> Result<Zeroizing<String>> {
        if let Some((name, _)) = set.iter().find(|(_, value)| !self.takes(value.expose())) {
            return Err(Failure::new(
                Kind::Configuration,
                "a value holds a control character, which no shell line can hold",
            )
            .at(name));
        }
        let set: Vec<_> = set.iter().map(|(n, value)| (*n, value.expose())).collect();
        // Growing would leave copies that nobody wipes. JSON needs the most: six bytes for one.
        let most: usize = set.iter().map(|(_, value)| value.len() * 6 + 128).sum();
        let mut text = String::with_capacity(most + in_the_way.len() * 256);
        match self {
            Shell::Nushell | Shell::Json => object(&mut text, &set, in_the_way),
            _ => {
                for name in in_the_way {
                    self.hide(&mut text, name, section);
                }
                for (name, value) in set {
                    self.export(&mut text, name, value);
                }
            }
        }
        Ok(Zeroizing::new(text))
    }

    /// Lines that remove these variables again, and what hides fish's own ones of `hidden`.
    pub fn remove(self, names: &[&str], hidden: &[&str]) -> String {
        let mut text = String::new();
        match self {
            Shell::Nushell | Shell::Json => object(&mut text, &[], names),
            _ => names.iter().for_each(|name| self.unset(&mut text, name)),
        }
        if self == Shell::Fish {
            let names = hidden.join(" ");
            text += &format!(
                "for name in {names}; if set -qU $name; and set -qg $name; set -eg $name; end; end;\n"
            );
        }
        text
    }

    /// A line that does nothing; empty for JSON, which has none. `text` is one line.
    pub fn comment(self, text: &str) -> String {
        match self {
            Shell::Bash | Shell::Zsh | Shell::Fish | Shell::Powershell => format!("# {text}\n"),
            Shell::Cmd => format!("rem {text}\n"),
            Shell::Nushell | Shell::Json => String::new(),
        }
    }

    fn takes(self, value: &str) -> bool {
        matches!(self, Shell::Nushell | Shell::Json) || !value.contains(char::is_control)
    }

    fn export(self, text: &mut String, name: &str, value: &str) {
        match self {
            Shell::Bash | Shell::Zsh => *text += &format!("export {name}="),
            Shell::Fish => *text += &format!("set -gx {name} "),
            Shell::Powershell => *text += &format!("$Env:{name} = "),
            // What `for /f` hands to `set` is not parsed again, and `set` takes everything up to
            // the last quote.
            Shell::Cmd => {
                *text += &format!("set \"{name}=");
                *text += value;
                *text += "\"\n";
                return;
            }
            Shell::Nushell | Shell::Json => return,
        }
        self.quote(text, value);
        *text += if self == Shell::Powershell {
            "\n"
        } else {
            ";\n"
        };
    }

    /// A value between single quotes, of which each shell knows another way to hold one.
    pub(super) fn quote(self, text: &mut String, value: &str) {
        text.push('\'');
        for character in value.chars() {
            match character {
                '\'' | '\\' if self == Shell::Fish => text.push('\\'),
                quote if self == Shell::Powershell && closes_in_powershell(quote) => {
                    text.push(quote)
                }
                '\'' if self != Shell::Powershell => text.push_str(r"'\'"),
                _ => {}
            }
            text.push(character);
        }
        text.push('\'');
    }

    /// As [`Shell::unset`]; but what fish keeps for all its sessions (`set -U`) is left there, and
    /// hidden by a variable of this session. That has to be an exported one: fish hands on an
    /// exported universal variable whatever unexported one is before it. An empty name of a profile
    /// is one that botocore does not find, so the section stands in for it, where the credentials
    /// are the same; where there is none, only the person can help. The other variables are none
    /// to AWS tools where they are empty.
    fn hide(self, text: &mut String, name: &str, section: Option<&str>) {
        self.unset(text, name);
        if self != Shell::Fish {
            return;
        }
        let names_profile = PROFILE_NAMES.contains(&name);
        *text += &format!("if set -qU {name}; ");
        self.export(text, name, section.filter(|_| names_profile).unwrap_or(""));
        if names_profile && section.is_none() {
            *text += &format!(
                "echo 'warning: {name} is a universal variable, which keeps AWS tools from asking the endpoint; `set -eU {name}` erases it' >&2;\n"
            );
        }
        *text += "end;\n";
    }

    fn unset(self, text: &mut String, name: &str) {
        *text += &match self {
            Shell::Bash | Shell::Zsh => format!("unset {name};\n"),
            // Erasing what is not there is a failure to fish, and the last status is that of
            // `awsmfa env | source`; setting a variable leaves it as it was.
            Shell::Fish => format!("if set -qg {name}; set -eg {name}; end;\n"),
            Shell::Powershell => format!("$Env:{name} = $null\n"),
            Shell::Cmd => format!("set \"{name}=\"\n"),
            Shell::Nushell | Shell::Json => String::new(),
        };
    }
}

/// PowerShell takes typographic quotes for plain ones; doubled, each stands for itself
/// (about_Quoting_Rules).
fn closes_in_powershell(character: char) -> bool {
    matches!(character, '\'' | '\u{2018}'..='\u{201b}')
}

fn object(text: &mut String, set: &[(&str, &str)], gone: &[&str]) {
    text.push('{');
    let gone = gone.iter().map(|name| (*name, None));
    let set = set.iter().map(|(name, value)| (*name, Some(*value)));
    for (number, (name, value)) in gone.chain(set).enumerate() {
        text.push_str(if number == 0 { "\n  " } else { ",\n  " });
        string(text, name);
        text.push_str(": ");
        match value {
            Some(value) => string(text, value),
            None => text.push_str("null"),
        }
    }
    text.push_str("\n}\n");
}

/// A JSON string (RFC 8259, section 7), written in place: serde_json would leave copies.
fn string(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => {
                text.push('\\');
                text.push(character);
            }
            control if control.is_control() => {
                // Control characters are below U+00A0: four digits are enough.
                write!(text, "\\u{:04x}", u32::from(control)).expect("a String takes it");
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests;
