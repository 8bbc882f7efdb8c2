//! Opening an address in the person's browser.
//!
//! `BROWSER` decides where it is set, as for other programs: commands one after the other, `%s` in
//! them standing for the address; then nothing else is tried. Otherwise the system's own opener
//! does it: `open` on macOS, the shell's handler of URLs on Windows, `wslview` and, where there is
//! a display, `xdg-open` elsewhere.
//!
//! No shell is started, so nothing in an address is anything but an address. The address is an
//! argument all the same, the only way in that every browser has, and other users of the computer
//! can read arguments: a caller whose address is a secret must be able to print it instead. What
//! the browser prints is thrown away: standard output is not its own, and its complaints about
//! fonts are nobody's business here.

use std::ffi::{OsStr, OsString};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::child;
use crate::context::Env;
use crate::failure::Result;

/// How long a command has to fail. One that runs for longer is the browser itself.
const TRIAL: Duration = Duration::from_secs(2);

/// How often it is looked after.
const LOOK: Duration = Duration::from_millis(10);

/// Opens `address`, which must be an `http` or `https` URL. The result is what it was opened with.
///
/// # Errors
///
/// Why each of the commands has not opened it, as the end of a sentence that begins with "no
/// browser could be opened:".
pub fn open(address: &str, env: &Env) -> Result<String, String> {
    let commands = match env.raw("BROWSER") {
        Some(commands) => listed(commands, address),
        None => usual(address, env),
    };
    let mut reasons = Vec::new();
    for command in commands {
        match start(&command, env) {
            Ok(program) => return Ok(program),
            Err(why) => reasons.push(why),
        }
    }
    if reasons.is_empty() {
        reasons.push("there is no display, and BROWSER is not set".to_owned());
    }
    Err(reasons.join("; "))
}

/// A program and its arguments, the address among them.
type Words = Vec<OsString>;

/// The commands in `BROWSER`, separated as the directories in `PATH` are.
fn listed(commands: &OsStr, address: &str) -> Vec<Words> {
    let commands = commands.to_string_lossy();
    let separator = if cfg!(windows) { ';' } else { ':' };
    let commands = commands.split(separator);
    commands
        .map(|command| words(command, address))
        .filter(|words| words.len() > 1)
        .collect()
}

/// White space separates words; the address is never looked at.
fn words(command: &str, address: &str) -> Words {
    let mut words: Words = command
        .split_whitespace()
        .filter(|word| *word != "&")
        .map(|word| OsString::from(word.replace("%s", address)))
        .collect();
    if !command.contains("%s") && !words.is_empty() {
        words.push(address.into());
    }
    words
}

#[cfg(target_os = "macos")]
fn usual(address: &str, _: &Env) -> Vec<Words> {
    vec![words("open", address)]
}

#[cfg(windows)]
fn usual(address: &str, env: &Env) -> Vec<Words> {
    let mut program = env.raw("SYSTEMROOT").map_or_else(OsString::new, |root| {
        let mut path = root.to_owned();
        path.push("\\System32\\");
        path
    });
    program.push("rundll32.exe");
    vec![vec![
        program,
        "url.dll,FileProtocolHandler".into(),
        address.into(),
    ]]
}

/// In the Windows Subsystem for Linux the browser is Windows' own, and needs no display of ours.
#[cfg(not(any(target_os = "macos", windows)))]
fn usual(address: &str, env: &Env) -> Vec<Words> {
    let mut commands = Vec::new();
    if child::find(OsStr::new("wslview"), env).is_ok() {
        commands.push(words("wslview", address));
    }
    let display = ["DISPLAY", "WAYLAND_DISPLAY"];
    if display.iter().any(|name| env.raw(name).is_some()) {
        commands.push(words("xdg-open", address));
    }
    commands
}

/// Starts one command; why it did not do, if it ends badly at once. The address is not told.
fn start(words: &[OsString], env: &Env) -> Result<String, String> {
    let Some((name, arguments)) = words.split_first() else {
        return Err("there is no command".to_owned());
    };
    let shown = name.display();
    let program = child::find(name, env).map_err(|failure| failure.what().to_owned())?;
    let mut command = Command::new(program.path());
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    apart(&mut command);
    let mut browser = command
        .spawn()
        .map_err(|error| format!("`{shown}` cannot be run ({error})"))?;
    tried(&mut browser).map_err(|why| format!("`{shown}` {why}"))?;
    Ok(shown.to_string())
}

/// Ctrl-C is meant for what runs in the foreground, not for a browser that is going to stay.
#[cfg(unix)]
fn apart(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(windows)]
fn apart(_: &mut Command) {}

fn tried(browser: &mut Child) -> Result<(), String> {
    let end = Instant::now() + TRIAL;
    while Instant::now() < end {
        match browser.try_wait() {
            Ok(None) => std::thread::sleep(LOOK),
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("failed ({status})")),
            Err(error) => return Err(format!("cannot be followed ({error})")),
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://signin.aws.amazon.com/federation?a=1&b=%20;$(x)'\"";

    fn commands(browser: &str) -> Vec<Vec<String>> {
        let text = |word: OsString| word.into_string().unwrap();
        let commands = listed(OsStr::new(browser), ADDRESS).into_iter();
        commands
            .map(|words| words.into_iter().map(text).collect())
            .collect()
    }

    #[test]
    fn the_variable_is_read_as_others_read_it() {
        assert_eq!(
            commands("firefox --new-tab %s:w3m -T %s &::lynx"),
            [
                vec!["firefox", "--new-tab", ADDRESS],
                vec!["w3m", "-T", ADDRESS],
                vec!["lynx", ADDRESS]
            ]
        );
        assert_eq!(
            commands("open?u=%s x"),
            [[&format!("open?u={ADDRESS}"), "x"]]
        );
        assert!(commands(" : ").is_empty());
    }

    #[test]
    fn the_first_command_that_does_it_is_the_last() {
        let open = |browser: &str| {
            let env = [("BROWSER", browser), ("PATH", "/bin:/usr/bin")];
            open(ADDRESS, &env.into_iter().collect())
        };
        assert_eq!(open("true"), Ok("true".to_owned()));
        assert_eq!(open("false:true"), Ok("true".to_owned()));
        let why = open("no-such-browser:false").unwrap_err();
        assert!(why.contains("`no-such-browser` was not found"), "{why}");
        assert!(why.contains("`false` failed (exit status: 1)"), "{why}");
        assert!(!why.contains("federation"), "{why}");
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn without_a_display_nothing_is_started() {
        let env = [("PATH", "/nowhere")].into_iter().collect();
        let why = open(ADDRESS, &env).unwrap_err();
        assert_eq!(why, "there is no display, and BROWSER is not set");
        let env = [("PATH", "/nowhere"), ("DISPLAY", ":0")]
            .into_iter()
            .collect();
        let why = open(ADDRESS, &env).unwrap_err();
        assert!(why.contains("`xdg-open` was not found"), "{why}");
    }
}
