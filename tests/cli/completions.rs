//! Completion scripts, in the shells they are for. They are run whenever a shell starts, so they
//! must call nothing and say nothing; what they offer is asked for as a person would, with the tab.

#[cfg(unix)]
use std::path::PathBuf;
#[cfg(unix)]
use std::process::Command;

use crate::world::World;
#[cfg(unix)]
use crate::world::not_tested;

#[test]
fn there_is_a_script_for_every_shell() {
    let world = World::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = world.run(["completions", shell]).succeeded().stdout;
        assert!(script.contains("token-code"), "{shell}");
    }
    world.run(["completions", "tcsh"]).failed(2, "powershell");
}

/// A home with a completion script and, as the only `awsmfa` on the path, one that writes down
/// that it was called.
#[cfg(unix)]
struct Desk {
    world: World,
    script: PathBuf,
}

#[cfg(unix)]
impl Desk {
    fn new(shell: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let mut world = World::new();
        let text = world.run(["completions", shell]).succeeded().stdout;
        let script = world.path("_awsmfa");
        std::fs::write(&script, text).unwrap();
        let stub = world.path("bin/awsmfa");
        std::fs::create_dir(world.path("bin")).unwrap();
        std::fs::write(&stub, "#!/bin/sh\necho called >>\"$HOME/called\"\n").unwrap();
        std::fs::set_permissions(&stub, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::var("PATH").unwrap();
        world.set("PATH", &format!("{}:{path}", world.path("bin").display()));
        Self { world, script }
    }

    /// What a shell prints, on both streams, when it runs this.
    fn ask(&self, shell: &str, options: &[&str], lines: &str) -> String {
        let mut command = Command::new(shell);
        command.args(options).args(["-c", lines]).arg(&self.script);
        self.world.furnish(&mut command);
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8(said).unwrap()
    }

    #[track_caller]
    fn assert_nothing_was_called(&self) {
        assert!(!self.world.path("called").exists());
    }
}

#[cfg(unix)]
fn is_installed(shell: &str) -> bool {
    let found = Command::new(shell).args(["-c", "true"]).output().is_ok();
    assert!(found || shell != "bash", "bash is everywhere");
    if !found {
        not_tested(&format!("{shell} is not installed"));
    }
    found
}

/// How each shell loads the script that is its first argument, without a start-up file of its own.
#[cfg(unix)]
const BASH: (&[&str], &str) = (&["--norc"], r#"source "$0"; "#);
#[cfg(unix)]
const FISH: (&[&str], &str) = (&["--no-config"], "source $argv[1]; ");
#[cfg(unix)]
const ZSH: (&[&str], &str) = (
    &["-f"],
    r#"autoload -Uz compinit; compinit -u -D; source "$0"; "#,
);

#[cfg(unix)]
#[test]
fn a_script_calls_nothing_and_says_nothing_when_a_shell_starts() {
    for (shell, (options, load)) in [("bash", BASH), ("fish", FISH), ("zsh", ZSH)] {
        if !is_installed(shell) {
            continue;
        }
        let desk = Desk::new(shell);
        let said = desk.ask(shell, options, &format!("{load}echo loaded"));
        assert_eq!(said, "loaded\n", "{shell}");
        desk.assert_nothing_was_called();
        // The stub would have been found.
        desk.ask(shell, options, "awsmfa");
        assert!(desk.world.path("called").exists(), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_flags_and_values() {
    let desk = Desk::new("bash");
    for (typed, offered) in [
        ("logi", "login"),
        ("status --ch", "--check"),
        ("--token", "--token-code"),
        ("login --role-s", "--role-session-name"),
        ("completions po", "powershell"),
        ("mfa deac", "deactivate"),
        ("--output j", "json"),
        ("env --shell nu", "nushell"),
        ("help logi", "login"),
        ("help key --o", ""),
        ("key help --o", ""),
    ] {
        let words: Vec<&str> = ["awsmfa"].into_iter().chain(typed.split(' ')).collect();
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let ask = format!(
            "{}COMP_WORDS=({}); COMP_CWORD={}; _awsmfa awsmfa '{last}' '{before}'; \
             echo \"${{COMPREPLY[@]}}\"",
            BASH.1,
            words.join(" "),
            words.len() - 1
        );
        let answer = desk.ask("bash", BASH.0, &ask);
        assert_eq!(answer, format!("{offered}\n"), "{typed}");
    }
    desk.assert_nothing_was_called();
}

#[cfg(unix)]
#[test]
fn fish_completes_commands_flags_and_values() {
    if !is_installed("fish") {
        return;
    }
    let desk = Desk::new("fish");
    for (typed, offered) in [
        ("logi", "login"),
        ("status --ch", "--check"),
        ("--token", "--token-code"),
        ("mfa deac", "deactivate"),
        ("env --output j", "json"),
        ("env --shell nu", "nushell"),
        ("mfa --print-policy=ad", "--print-policy=admin"),
    ] {
        let ask = format!("{}complete --do-complete 'awsmfa {typed}'", FISH.1);
        let answer = desk.ask("fish", FISH.0, &ask);
        let names = answer.lines().filter_map(|line| line.split('\t').next());
        assert_eq!(names.collect::<Vec<_>>(), [offered], "{typed}: {answer}");
    }
    desk.assert_nothing_was_called();
}

/// The line editor of zsh completes only where there is a terminal. It gets each line as if it had
/// been typed, with the tab behind it, and what it made of it is written to a file.
#[cfg(unix)]
#[test]
fn zsh_completes_commands_flags_and_values() {
    const START: &str = r#"
autoload -Uz compinit; compinit -u -D
source "$HOME/_awsmfa"
# Each line is the first, not the second tab of the one before.
unsetopt auto_menu auto_list
zle-line-init() {
    for line in "${(f)$(<$HOME/typed)}"; do
        BUFFER=$line CURSOR=$#line
        zle complete-word
        print -r -- "${BUFFER%[ =]}" >>"$HOME/completed"
    done
    exit
}
zle -N zle-line-init
"#;
    const LINES: [(&str, &str); 10] = [
        ("logi", "login"),
        ("status --ch", "status --check"),
        ("--token", "--token-code"),
        ("login --role-s", "login --role-session-name"),
        ("completions po", "completions powershell"),
        ("mfa cr", "mfa create"),
        ("-p dev mfa deac", "-p dev mfa deactivate"),
        ("mfa create --na", "mfa create --name"),
        ("key deactivate --fo", "key deactivate --force"),
        ("env --shell nu", "env --shell nushell"),
    ];
    if !is_installed("zsh") {
        return;
    }
    let desk = Desk::new("zsh");
    let typed = LINES.map(|(typed, _)| format!("awsmfa {typed}\n")).concat();
    std::fs::write(desk.world.path("typed"), typed).unwrap();
    std::fs::write(desk.world.path(".zshrc"), START).unwrap();
    let session = desk.world.shell(["-c", "exec zsh -d -i"]).start();
    assert_eq!(desk.world.finish(session).code, 0);
    let completed = std::fs::read_to_string(desk.world.path("completed")).unwrap();
    let meant = LINES.map(|(_, meant)| format!("awsmfa {meant}"));
    assert_eq!(completed.lines().collect::<Vec<_>>(), meant);
    desk.assert_nothing_was_called();
}
