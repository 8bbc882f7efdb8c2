//! The local AWS with its cast, a home directory, and what is shown of both.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anstream::{AutoStream, stdout};
use anstyle::{AnsiColor, Style};
use tempfile::TempDir;

use crate::Result;
use crate::local_aws::{LocalAws, Options, Preset, Trust};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();

pub(crate) const USER: &str = "handson-cli-usr";
pub(crate) const ROLE: &str = "Myhandson-cli-role";

/// What of the demo's own environment the programs on the stage are given: how to find programs
/// and to speak to the person, and nothing about AWS or proxies.
const INHERITED: [&str; 14] = [
    "PATH",
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "PATHEXT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TERM",
    "LANG",
    "LC_ALL",
    "TZ",
    "USER",
];

pub(crate) struct Stage {
    pub(crate) aws: LocalAws,
    /// The serial number of the user's MFA device.
    pub(crate) device: String,
    pub(crate) awsmfa: PathBuf,
    /// Whether a shell has the terminal, so that Ctrl-C is not meant for us.
    pub(crate) shell_runs: Arc<AtomicBool>,
    home: TempDir,
    variables: Vec<(&'static str, OsString)>,
    out: AutoStream<std::io::Stdout>,
}

/// What a program came to.
pub(crate) struct Ran {
    pub(crate) succeeded: bool,
    /// What it printed: standard output, then standard error.
    pub(crate) said: String,
}

impl Stage {
    pub(crate) fn set(awsmfa: PathBuf) -> Result<Self> {
        let aws = LocalAws::with(&Options {
            control: true,
            ..Options::default()
        })?;
        let user = aws.user(USER);
        let device = user.virtual_mfa().serial;
        let role = aws
            .role(ROLE)
            .trusts(Trust::new(&user.arn).mfa())
            .policy(Preset::Admin);
        let home = directory()?;
        let key = user.key();
        let files = home.path().join(".aws");
        fs::create_dir(&files)?;
        fs::write(
            files.join("credentials"),
            format!(
                "# the key of {USER}, from the IAM console\n\
                 [default]\n\
                 aws_access_key_id={}\n\
                 aws_secret_access_key={}\n",
                key.id, key.secret
            ),
        )?;
        fs::write(
            files.join("config"),
            format!(
                "[profile handson]\n\
                 role_arn = {}\n\
                 source_profile = default\n\
                 awsmfa_profile = session-token\n",
                role.arn
            ),
        )?;
        let shell_runs = Arc::new(AtomicBool::new(false));
        clean_up_when_interrupted(home.path().to_owned(), Arc::clone(&shell_runs))?;
        let variables = vec![
            ("HOME", home.path().into()),
            ("USERPROFILE", home.path().into()),
            ("AWS_ENDPOINT_URL", aws.endpoint().into()),
        ];
        Ok(Self {
            aws,
            device,
            awsmfa,
            shell_runs,
            home,
            variables,
            out: stdout(),
        })
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// What tells a program that this is its home and its AWS.
    pub(crate) fn variables(&self) -> &[(&'static str, OsString)] {
        &self.variables
    }

    pub(crate) fn credentials(&self) -> Result<String> {
        Ok(fs::read_to_string(
            self.home().join(".aws").join("credentials"),
        )?)
    }

    pub(crate) fn config(&self) -> Result<String> {
        Ok(fs::read_to_string(self.home().join(".aws").join("config"))?)
    }

    /// Every program from now on is given this variable; shown as the person would set it.
    pub(crate) fn export(&mut self, name: &'static str, value: &str) -> Result<()> {
        self.variables.push((name, value.into()));
        self.echo(&if cfg!(windows) {
            format!("$Env:{name} = \"{value}\"")
        } else {
            format!("export {name}={value}")
        })
    }

    /// Runs the built `awsmfa`, and shows the command and what it says.
    pub(crate) fn awsmfa(&mut self, arguments: &[&str]) -> Result<Ran> {
        let program = self.awsmfa.clone();
        self.echo(&[&["awsmfa"], arguments].concat().join(" "))?;
        let mut command = self.command(&program);
        self.run(command.args(arguments))
    }

    /// Runs `list-users`, and shows it.
    pub(crate) fn list_users(&mut self) -> Result<Ran> {
        self.echo("list-users")?;
        let mut command = self.command(&env::current_exe()?);
        self.run(command.arg("list-users"))
    }

    /// Another user, who may look after herself, for the shell at the end.
    pub(crate) fn add_alice(&self) -> Result<()> {
        let alice = self.aws.user("alice").policy(Preset::SelfService);
        let key = alice.key();
        let device = alice.virtual_mfa().serial;
        let files = self.home().join(".aws");
        let append = |name: &str, text: String| -> Result<()> {
            let mut file = fs::File::options().append(true).open(files.join(name))?;
            Ok(file.write_all(text.as_bytes())?)
        };
        append(
            "credentials",
            format!(
                "\n[alice]\naws_access_key_id={}\naws_secret_access_key={}\n",
                key.id, key.secret
            ),
        )?;
        append(
            "config",
            format!("\n[profile alice]\nmfa_serial = {device}\n"),
        )
    }

    /// Whether the built `awsmfa` succeeds; nothing is shown.
    pub(crate) fn succeeds(&self, arguments: &[&OsStr]) -> Result<bool> {
        let output = self.command(&self.awsmfa).args(arguments).output()?;
        Ok(output.status.success())
    }

    /// A program with what tells it that this is its home and its AWS, and nothing to read.
    fn command(&self, program: &Path) -> Command {
        let inherited = INHERITED
            .iter()
            .filter_map(|name| Some((name, env::var_os(name)?)));
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(inherited)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&mut self, command: &mut Command) -> Result<Ran> {
        let output = command.output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        self.show(&said)?;
        Ok(Ran {
            succeeded: output.status.success(),
            said,
        })
    }

    /// A headline.
    pub(crate) fn title(&mut self, text: &str) -> Result<()> {
        Ok(writeln!(self.out, "\n{BOLD}{text}{BOLD:#}\n")?)
    }

    pub(crate) fn say(&mut self, text: &str) -> Result<()> {
        self.show(&format!("{text}\n"))
    }

    /// A command line as it would be typed.
    pub(crate) fn echo(&mut self, command: &str) -> Result<()> {
        Ok(writeln!(self.out, "{BOLD}$ {command}{BOLD:#}")?)
    }

    pub(crate) fn show(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    /// Removes the home directory. A shell that has just ended may still be writing its history.
    pub(crate) fn strike(self) -> Result<()> {
        for _ in 0..20 {
            if fs::remove_dir_all(self.home()).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        match fs::exists(self.home())? {
            true => Ok(self.home.close()?),
            false => Ok(()),
        }
    }
}

/// Below `target/`, where the demo itself is: programs may be run from there, which is not
/// certain of a system's temporary directory, and whatever a killed demo leaves, `cargo clean`
/// takes away.
fn directory() -> Result<TempDir> {
    let demo = env::current_exe()?;
    let target = demo.ancestors().nth(2).unwrap_or(Path::new("."));
    Ok(tempfile::Builder::new()
        .prefix("demo-")
        .tempdir_in(target)?)
}

/// Ctrl-C, and on Unix the end of the terminal, leave no directory behind.
fn clean_up_when_interrupted(home: PathBuf, shell_runs: Arc<AtomicBool>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let exit_code = interrupted().await;
                if exit_code != 130 || !shell_runs.load(Ordering::Relaxed) {
                    let _ = fs::remove_dir_all(&home);
                    std::process::exit(exit_code);
                }
            }
        });
    });
    Ok(())
}

#[cfg(unix)]
async fn interrupted() -> i32 {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = async |kind| match signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => 130,
        () = wait(SignalKind::hangup()) => 129,
        () = wait(SignalKind::terminate()) => 143,
    }
}

#[cfg(not(unix))]
async fn interrupted() -> i32 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => 130,
        Err(_) => std::future::pending().await,
    }
}
