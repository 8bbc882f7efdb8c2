//! The shell at the end, in the demo's home directory and with its AWS.
//!
//! The start-up files are the demo's own, so nothing in the person's can point the shell at
//! another AWS, and nothing typed there ends up in the person's history.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use crate::Result;
use crate::stage::Stage;
use crate::story::check;

const DEMO: &str = "AWSMFA_DEMO";
const DEVICE: &str = "AWSMFA_DEMO_DEVICE";

/// What the last screen offers beside the code: arguments of `awsmfa`, and what they do. Each works.
const OFFERED: [(&str, &str); 3] = [
    (
        "exec -- list-users",
        "a call to AWS, with the role's credentials",
    ),
    (
        "-p alice key list",
        "alice may look after her own key and device",
    ),
    ("-p alice doctor", "what could keep alice from signing in"),
];

/// Tries what the last screen offers.
pub(crate) fn what_is_offered_works(stage: &mut Stage) -> Result<()> {
    stage.add_alice()?;
    let demo = env::current_exe()?;
    for (line, _) in OFFERED {
        let mut words: Vec<&OsStr> = line.split(' ').map(OsStr::new).collect();
        if words.last() == Some(&OsStr::new("list-users")) {
            words.insert(words.len() - 1, demo.as_os_str());
        }
        let works = stage.succeeds(&words)?;
        check(works, &format!("`awsmfa {line}` was to succeed"))?;
    }
    Ok(())
}

pub(crate) fn shell(stage: &mut Stage) -> Result<()> {
    let programs = stage.home().join("bin");
    fs::create_dir(&programs)?;
    for name in ["authenticator", "list-users"] {
        write_program(&programs, name)?;
    }
    let mut command = the_shell(stage.home())?;
    furnish(&mut command, stage, &programs)?;
    stage.title("Your turn")?;
    stage.show(&what_to_try())?;
    stage.shell_runs.store(true, Ordering::Relaxed);
    let status = command.status();
    stage.shell_runs.store(false, Ordering::Relaxed);
    status.map_err(|error| format!("{:?} could not be started: {error}", command.get_program()))?;
    stage.say("The demo's AWS is gone, and so is its directory.")
}

fn what_to_try() -> String {
    let code = if cfg!(windows) {
        "awsmfa (authenticator)"
    } else {
        "awsmfa $(authenticator)"
    };
    let offered = OFFERED.map(|(line, does)| (format!("awsmfa {line}"), does));
    let rest = [
        (
            code.to_owned(),
            "sign in again, with a code that is good now",
        ),
        ("awsmfa --help".to_owned(), "everything else"),
        ("exit".to_owned(), "ends the demo"),
    ];
    let lines = offered.into_iter().chain(rest);
    let lines = lines.map(|(line, does)| format!("  {line:<27} {does}\n"));
    lines.chain(["\n".to_owned()]).collect()
}

/// What prints the code in that shell: asks the local AWS, which knows the device's seed.
pub(crate) fn authenticator() -> Result<()> {
    let endpoint = env::var("AWS_ENDPOINT_URL")?;
    let device = env::var(DEVICE)?;
    let host = endpoint.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host)?;
    write!(
        connection,
        "GET /_control/code?serial={device} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    if head.starts_with("HTTP/1.1 200") {
        Ok(write!(std::io::stdout(), "{body}")?)
    } else {
        Err(format!("{}; a new one comes every 30 seconds", body.trim()).into())
    }
}

/// A program of two words: the demo itself, told what to be.
fn write_program(directory: &Path, name: &str) -> Result<()> {
    if cfg!(windows) {
        let path = directory.join(name).with_extension("cmd");
        return Ok(fs::write(path, format!("@\"%{DEMO}%\" {name}\r\n"))?);
    }
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/sh\nexec \"${DEMO}\" {name}\n"))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn furnish(command: &mut Command, stage: &Stage, programs: &Path) -> Result<()> {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("AWS") || text.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    let own = [programs.to_owned(), directory_of(&stage.awsmfa)];
    let inherited = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(own.into_iter().chain(env::split_paths(&inherited)))?;
    command
        .env("PATH", path)
        .env(DEMO, env::current_exe()?)
        .env(DEVICE, &stage.device)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        // The AWS CLI wants a region where the endpoint is not AWS's own.
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .envs(stage.variables().iter().map(|(name, value)| (name, value)))
        .current_dir(stage.home())
        .stdin(Stdio::inherit());
    Ok(())
}

fn directory_of(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

/// The person's shell, if it is one whose start-up file can be had in another place.
#[cfg(not(windows))]
fn the_shell(home: &Path) -> Result<Command> {
    let shell = env::var_os("SHELL").map(PathBuf::from).unwrap_or_default();
    let (start_up_file, lines) = match shell.file_name().and_then(|name| name.to_str()) {
        Some("bash") => (
            ".bashrc",
            "PS1='(awsmfa demo) $ '\neval \"$(awsmfa completions bash)\"\n",
        ),
        Some("zsh") => (
            ".zshrc",
            "PS1='(awsmfa demo) $ '\nautoload -Uz compinit && compinit -u\n\
             eval \"$(awsmfa completions zsh)\"\n",
        ),
        Some("fish") => (
            ".config/fish/config.fish",
            "set -g fish_greeting\nfunction fish_prompt\n    echo -n '(awsmfa demo) $ '\nend\n\
             awsmfa completions fish | source\n",
        ),
        _ => (".shrc", "PS1='(awsmfa demo) $ '\n"),
    };
    let file = home.join(start_up_file);
    fs::create_dir_all(directory_of(&file))?;
    fs::write(&file, lines)?;
    let mut command = match start_up_file {
        ".shrc" => Command::new("/bin/sh"),
        _ => Command::new(shell),
    };
    command
        .env("ENV", file)
        .env("ZDOTDIR", home)
        .env("XDG_CONFIG_HOME", home.join(".config"))
        .env("XDG_DATA_HOME", home.join(".local/share"))
        .env("XDG_CACHE_HOME", home.join(".cache"))
        .env_remove("HISTFILE")
        .env_remove("PROMPT_COMMAND");
    Ok(command)
}

#[cfg(windows)]
fn the_shell(_home: &Path) -> Result<Command> {
    let mut command = Command::new("powershell.exe");
    command.args([
        "-NoLogo",
        "-NoProfile",
        "-NoExit",
        "-Command",
        "function prompt { '(awsmfa demo) PS> ' }",
    ]);
    Ok(command)
}
