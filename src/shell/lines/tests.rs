use super::*;
use crate::secret::Secret;

/// Everything that means something to some shell, and what only looks like it.
const ODD: [&str; 16] = [
    "",
    "plain/Value+0=",
    "it's",
    "'",
    "''a''",
    "\"quoted\"",
    "$HOME $(id) ${IFS} `id`",
    "back\\slash \\",
    "\\'",
    "!event !! ~ * ? [a-z] {a,b} # ^ % %PATH%",
    "a;b&c|d<e>f(g)",
    "  two  blanks ",
    "-e -n",
    "héllo 日本語 🔑",
    "\u{2018}curly\u{2019} \u{201a}\u{201b}",
    "=a (b) $Env:PATH",
];

fn odd() -> Vec<Assignment> {
    const NAMES: [&str; 16] = [
        "A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "B0", "B1", "B2", "B3", "B4",
        "B5",
    ];
    let values = ODD.into_iter().map(Secret::new);
    NAMES.into_iter().zip(values).collect()
}

#[test]
fn the_shells_that_are_not_here_get_exactly_this() {
    let set = [("A", Secret::new("it's 50% \"$x\" \\ \u{2019}`!"))];
    for (shell, assigned, removed) in [
        (
            Shell::Powershell,
            "$Env:P = $null\n$Env:A = 'it''s 50% \"$x\" \\ \u{2019}\u{2019}`!'\n",
            "$Env:A = $null\n$Env:B = $null\n",
        ),
        (
            Shell::Cmd,
            "set \"P=\"\nset \"A=it's 50% \"$x\" \\ \u{2019}`!\"\n",
            "set \"A=\"\nset \"B=\"\n",
        ),
        (
            Shell::Nushell,
            "{\n  \"P\": null,\n  \"A\": \"it's 50% \\\"$x\\\" \\\\ \u{2019}`!\"\n}\n",
            "{\n  \"A\": null,\n  \"B\": null\n}\n",
        ),
    ] {
        let lines = shell.assign(&set, &["P"], None).unwrap();
        assert_eq!(*lines, assigned, "{shell:?}");
        assert_eq!(shell.remove(&["A", "B"], &["P"]), removed, "{shell:?}");
    }
}

#[test]
fn json_is_json_whatever_the_value() {
    let mut set = odd();
    set.push(("C0", Secret::new("\u{0}\t\r\n\u{1b}\u{7f}\u{85}")));
    let text = Shell::Json.assign(&set, &["AWS_PROFILE"], None).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (name, value) in &set {
        assert_eq!(read[name], value.expose(), "{name}");
    }
    assert!(read["AWS_PROFILE"].is_null());
    assert_eq!(read.as_object().unwrap().len(), set.len() + 1);
}

#[test]
fn a_control_character_is_refused_and_not_quoted() {
    for shell in [
        Shell::Bash,
        Shell::Zsh,
        Shell::Fish,
        Shell::Powershell,
        Shell::Cmd,
    ] {
        for value in ["a\nb", "a\rb", "\u{1b}[2Jb", "a\0"] {
            let failure = shell
                .assign(&[("A", Secret::new(value))], &[], None)
                .unwrap_err();
            assert_eq!(failure.kind(), Kind::Configuration);
            assert_eq!(failure.place(), Some("A"));
            assert!(!failure.what().contains(value));
        }
    }
}

#[test]
fn the_text_with_the_secrets_never_moves() {
    let set = [("A", Secret::new("\u{1}".repeat(4096)))];
    let text = Shell::Json.assign(&set, &[], None).unwrap();
    assert_eq!(text.capacity(), 4096 * 6 + 128);
    let set = [("A", Secret::new("'".repeat(4096)))];
    let text = Shell::Bash.assign(&set, &[], None).unwrap();
    assert_eq!(text.capacity(), 4096 * 6 + 128);
}

#[cfg(unix)]
mod real {
    use std::process::Command;

    use super::*;
    use crate::context::Context;

    /// What `env -0` prints at the end of a script that `program` evaluates; none if the program is
    /// not installed.
    fn environment(program: &str, script: &str, inherited: &[(&str, &str)]) -> Option<Vec<String>> {
        let home = tempfile::tempdir().unwrap();
        let context = Context::capture();
        let path = context.env.raw("PATH");
        let ran = Command::new(program)
            .arg("-c")
            .arg(format!("{script}\nenv -0"))
            .env_clear()
            .env("HOME", home.path())
            .envs(path.map(|path| ("PATH", path)))
            .envs(inherited.iter().copied())
            .output()
            .ok()?;
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{program}");
        let text = String::from_utf8(ran.stdout).unwrap();
        Some(text.split('\0').map(str::to_owned).collect())
    }

    const REAL: [(&str, Shell); 5] = [
        ("sh", Shell::Bash),
        ("bash", Shell::Bash),
        ("dash", Shell::Bash),
        ("zsh", Shell::Zsh),
        ("fish", Shell::Fish),
    ];

    #[test]
    fn real_shells_read_every_value_back() {
        for (program, shell) in REAL {
            let script = shell.assign(&odd(), &["AWS_PROFILE"], None).unwrap();
            let before = [("AWS_PROFILE", "work"), ("A0", "old")];
            let Some(after) = environment(program, &script, &before) else {
                assert!(!["sh", "bash"].contains(&program), "they are everywhere");
                eprintln!("not tested, because it is not installed: {program}");
                continue;
            };
            for (name, value) in odd() {
                let wanted = format!("{name}={}", value.expose());
                assert!(
                    after.contains(&wanted),
                    "{program}: {wanted:?} in {after:?}"
                );
            }
            assert!(!after.iter().any(|line| line.starts_with("AWS_PROFILE=")));
        }
    }

    #[test]
    fn zsh_with_doubled_quotes_reads_every_value_too() {
        let script = Shell::Zsh.assign(&odd(), &[], None).unwrap();
        let Some(after) = environment("zsh", &format!("setopt rc_quotes\n{}", *script), &[]) else {
            return;
        };
        for (name, value) in odd() {
            assert!(after.contains(&format!("{name}={}", value.expose())));
        }
    }

    #[test]
    fn real_shells_forget_the_variables_again() {
        for (program, shell) in REAL {
            let script = shell.remove(&["A0", "A1", "A2"], &["P"]);
            let before = [("A0", "x"), ("A1", "y z"), ("KEPT", "k")];
            let Some(after) = environment(program, &script, &before) else {
                continue;
            };
            assert!(after.contains(&"KEPT=k".to_owned()), "{program}: {after:?}");
            assert!(!after.iter().any(|line| line.starts_with('A')), "{after:?}");
        }
    }

    #[test]
    fn what_fish_keeps_for_all_its_sessions_is_hidden_until_it_is_shown_again() {
        let names = ["AWS_PROFILE", "AWS_ROLE_ARN"];
        let hide = Shell::Fish.assign(&[], &names, Some("it's")).unwrap();
        let keep = "set -Ux AWS_PROFILE work; set -Ux AWS_ROLE_ARN r";
        let script = format!("{keep}\n{}", *hide);
        let Some(after) = environment("fish", &script, &[("AWS_PROFILE", "old")]) else {
            return;
        };
        for hidden in ["AWS_PROFILE=it's", "AWS_ROLE_ARN="] {
            assert!(after.contains(&hidden.to_owned()), "{after:?}");
        }
        let script = format!("{script}{}", Shell::Fish.remove(&[], &names));
        let after = environment("fish", &script, &[]).unwrap();
        for kept in ["AWS_PROFILE=work", "AWS_ROLE_ARN=r"] {
            assert!(after.contains(&kept.to_owned()), "{after:?}");
        }
    }
}
