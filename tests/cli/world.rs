//! A home directory, an environment, a local AWS, and the binary in the midst of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::client::Credentials;
use crate::local_aws::{Key, LocalAws, Mfa, UserHandle};
#[cfg(unix)]
use crate::pty::{Finished, Launch};
use crate::told::check_labels;

/// The binary under test.
pub(crate) const AWSMFA: &str = env!("CARGO_BIN_EXE_awsmfa");

/// No arguments.
pub(crate) const NOTHING: [&str; 0] = [];

pub(crate) struct World {
    pub(crate) aws: LocalAws,
    home: TempDir,
    env: BTreeMap<String, String>,
    secrets: RefCell<Vec<String>>,
    /// Whether the test is about requests that a correct client would not send.
    pub(crate) lenient: bool,
}

/// What one run came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// With a local AWS over HTTP.
    pub(crate) fn new() -> Self {
        Self::around(LocalAws::start())
    }

    /// With a local AWS over HTTPS, whose authority `AWS_CA_BUNDLE` names.
    pub(crate) fn tls() -> Self {
        let mut world = Self::around(LocalAws::start_tls());
        let bundle = world.path("ca.pem");
        fs::write(&bundle, world.aws.ca_pem()).unwrap();
        world.set("AWS_CA_BUNDLE", bundle.to_str().unwrap());
        world
    }

    fn around(aws: LocalAws) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        let env = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), aws.endpoint())]);
        Self {
            aws,
            home,
            env,
            secrets: RefCell::default(),
            lenient: false,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn credentials_path(&self) -> PathBuf {
        self.path(".aws/credentials")
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.path(".aws/config")
    }

    /// The credentials file, as far as it is one: a pipe would be waited for, and what is huge
    /// was not written by us.
    pub(crate) fn credentials(&self) -> String {
        let path = self.credentials_path();
        let readable = |data: fs::Metadata| data.is_file() && data.len() < 1 << 24;
        if fs::metadata(&path).is_ok_and(readable) {
            fs::read_to_string(path).unwrap_or_default()
        } else {
            String::new()
        }
    }

    /// The credentials file, byte for byte.
    pub(crate) fn credentials_bytes(&self) -> Vec<u8> {
        fs::read(self.credentials_path()).unwrap()
    }

    /// The names of the files beside the credentials, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.path(".aws"))
    }

    /// The codes that have arrived so far, in order, accepted or not.
    pub(crate) fn codes_sent(&self) -> Vec<String> {
        let log = self.aws.log();
        log.iter()
            .filter_map(|entry| entry.parameter("TokenCode").map(str::to_owned))
            .collect()
    }

    pub(crate) fn write_credentials(&self, text: impl AsRef<[u8]>) {
        fs::write(self.credentials_path(), text).unwrap();
    }

    pub(crate) fn write_config(&self, text: impl AsRef<[u8]>) {
        fs::write(self.config_path(), text).unwrap();
    }

    /// Sets a variable for all further runs.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.env.remove(name);
    }

    /// Text that must never be printed by any run.
    pub(crate) fn plant(&self, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 6, "too short to be looked for");
        self.secrets.borrow_mut().push(secret);
    }

    /// A key and a virtual device for this user, the key under `[default]`.
    pub(crate) fn default_user(&self, name: &str) -> (UserHandle, Key, Mfa) {
        let user = self.aws.user(name);
        let key = self.key(&user);
        let mfa = self.virtual_mfa(&user);
        self.write_credentials(section("default", &key));
        (user, key, mfa)
    }

    /// A new access key, planted.
    pub(crate) fn key(&self, user: &UserHandle) -> Key {
        let key = user.key();
        self.plant(key.secret.as_str());
        key
    }

    /// A new virtual device, its seed planted.
    pub(crate) fn virtual_mfa(&self, user: &UserHandle) -> Mfa {
        let mfa = user.virtual_mfa();
        self.plant(mfa.base32.as_str());
        mfa
    }

    /// Runs the binary with nobody to ask: no terminal, nothing on standard input.
    #[track_caller]
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        self.run_with_stdin(arguments, "")
    }

    #[track_caller]
    pub(crate) fn run_with_stdin<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        stdin: &str,
    ) -> Run {
        let mut command = self.command(arguments);
        let mut child = piped(&mut command).spawn().unwrap();
        // The program need not read it.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        self.outcome(child)
    }

    /// The same for a command whose point is to print credentials on standard output. A secret is
    /// looked for on standard error alone.
    #[track_caller]
    pub(crate) fn run_for_secrets<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        self.handed_out(self.start(arguments))
    }

    /// Runs a shell script in the place of the binary. In it, `"$@"` is the binary with its
    /// arguments: `umask 077; exec "$@"`.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn run_in<A: AsRef<OsStr>>(
        &self,
        script: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let mut command = detached("sh");
        command.args(["-c", script, "sh", AWSMFA]).args(arguments);
        self.furnish(&mut command);
        self.outcome(piped(&mut command).spawn().unwrap())
    }

    /// Starts the binary; end it with [`World::outcome`].
    pub(crate) fn start<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Child {
        piped(&mut self.command(arguments)).spawn().unwrap()
    }

    /// Waits for the end of a run and searches what it has printed.
    #[track_caller]
    pub(crate) fn outcome(&self, child: Child) -> Run {
        let run = finished(child);
        self.search(&[&run.stdout, &run.stderr]);
        run
    }

    /// The same as [`World::outcome`] for a command that is there to print secrets on standard
    /// output.
    #[track_caller]
    pub(crate) fn handed_out(&self, child: Child) -> Run {
        let run = finished(child);
        self.search(&[&run.stderr]);
        run
    }

    /// The binary with arguments and environment, without a controlling terminal, to be started by
    /// the test; what it prints then has to go through [`World::search`].
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = detached(AWSMFA);
        command.args(arguments);
        self.furnish(&mut command);
        command
    }

    /// The binary on a pseudo-terminal; end it with [`World::finish`].
    #[cfg(unix)]
    pub(crate) fn terminal<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Launch {
        self.launch(AWSMFA, arguments)
    }

    /// A shell on a pseudo-terminal, in the same environment.
    #[cfg(unix)]
    pub(crate) fn shell<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Launch {
        self.launch("sh", arguments)
    }

    #[cfg(unix)]
    fn launch<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Launch {
        let env = self.environment();
        let home = self.home.path().to_owned();
        Launch::new(program)
            .args(arguments)
            .configure(move |command| {
                command.env_clear().envs(env).current_dir(home);
            })
    }

    /// Waits for the end of a run on a pseudo-terminal and searches what it has shown.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn finish(&self, session: crate::pty::Session) -> Finished {
        let finished = session.finish();
        self.search(&[&finished.shown, &finished.stdout, &finished.stderr]);
        finished
    }

    /// Gives a command the environment and the directory of this world.
    pub(crate) fn furnish(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(self.environment())
            .current_dir(self.home.path());
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let mut env = self.env.clone();
        let home = self.home.path().to_str().unwrap().to_owned();
        // Spelled as Windows spells them.
        let inherited: &[&str] = match cfg!(windows) {
            true => &["Path", "ComSpec", "PATHEXT", "SystemRoot", "TEMP", "TMP"],
            false => &["PATH"],
        };
        for name in inherited {
            let is_set = env.keys().any(|set| set.eq_ignore_ascii_case(name));
            if let (false, Ok(value)) = (is_set, std::env::var(name)) {
                env.insert((*name).to_owned(), value);
            }
        }
        let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        env.entry(variable.to_owned()).or_insert(home);
        env
    }

    /// Nothing printed holds a planted secret, one that the local AWS has issued or keeps (keys,
    /// seeds, passwords), or one that is in the credentials file now; and nothing is the message of
    /// a panic.
    #[track_caller]
    pub(crate) fn search(&self, printed: &[&str]) {
        let mut secrets = self.secrets.borrow().clone();
        for (key, value) in entries(&self.credentials()) {
            if ["aws_secret_access_key", "aws_session_token"].contains(&key.as_str())
                && value.len() >= 6
            {
                secrets.push(value);
            }
        }
        secrets.extend(self.aws.issued_secrets());
        secrets.extend(self.aws.kept_secrets());
        for text in printed {
            assert!(!text.contains("panicked"), "{text}");
            check_labels(text);
            for secret in &secrets {
                assert!(
                    !text.contains(secret.as_str()),
                    "a secret was printed:\n{text}"
                );
            }
        }
    }

    /// The value of a key in a section of the credentials file, read the plain way: what we write
    /// is in everybody's subset.
    pub(crate) fn value(&self, section: &str, key: &str) -> Option<String> {
        value_of(&self.credentials(), section, key)
    }

    /// Runs the binary with a code of this device after the arguments, with nobody to ask.
    #[track_caller]
    pub(crate) fn sign_in<A: Into<String>>(
        &self,
        mfa: &Mfa,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let arguments = arguments.into_iter().map(Into::into);
        self.run(arguments.chain([self.aws.code(&mfa.serial)]))
    }

    /// The names of a section's keys, in the order of the file.
    pub(crate) fn keys(&self, section: &str) -> Vec<String> {
        keys_of(&self.credentials(), section)
    }

    /// What a section holds, to sign requests with.
    #[track_caller]
    pub(crate) fn credentials_of(&self, section: &str) -> Credentials {
        let value = |key| self.value(section, key);
        Credentials {
            id: value("aws_access_key_id").unwrap(),
            secret: value("aws_secret_access_key").unwrap(),
            token: value("aws_session_token"),
        }
    }

    /// Whom the local AWS has issued the credentials in a section to, if it has: all three parts
    /// of them, and all at once.
    pub(crate) fn issued_to(&self, section: &str) -> Option<String> {
        self.issued_in(&self.credentials(), section)
    }

    /// The same for a section of `file`.
    pub(crate) fn issued_in(&self, file: &str, section: &str) -> Option<String> {
        let value = |key| value_of(file, section, key);
        let pair = [value("aws_secret_access_key")?, value("aws_session_token")?];
        let issued = self.aws.issued_secrets();
        let owner = self.aws.owner_of(&value("aws_access_key_id")?);
        owner.filter(|_| issued.chunks(2).any(|issued| issued == pair))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !self.lenient && !std::thread::panicking() {
            assert_eq!(self.aws.violations(), Vec::<String>::new());
        }
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }

    /// For a table: `case` names its row.
    #[track_caller]
    pub(crate) fn succeeded_for(self, case: &str) -> Self {
        assert_eq!(self.code, 0, "{case}: {}", self.stderr);
        self
    }

    /// The run ended with this exit code, and said this.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, said: &str) -> Self {
        assert_eq!(self.code, code, "{}", self.stderr);
        assert!(self.stderr.contains(said), "{said:?} in:\n{}", self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn said(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "{text:?} in:\n{}", self.stderr);
        self
    }

    /// The document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// A section with a long-term key.
pub(crate) fn section(name: &str, key: &Key) -> String {
    format!(
        "[{name}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key.id, key.secret
    )
}

pub(crate) fn value_of(file: &str, section: &str, key: &str) -> Option<String> {
    settings_of(file, section)
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
}

pub(crate) fn keys_of(file: &str, section: &str) -> Vec<String> {
    settings_of(file, section)
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn settings_of<'f>(file: &'f str, section: &str) -> impl Iterator<Item = (&'f str, &'f str)> {
    let header = format!("[{section}]");
    let inside = file.lines().skip_while(move |line| *line != header).skip(1);
    inside
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
}

fn entries(file: &str) -> impl Iterator<Item = (String, String)> {
    file.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
}

/// The names of what is in a directory, sorted.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Says so where a machine lacks what a test needs.
#[cfg(unix)]
#[expect(
    clippy::print_stderr,
    reason = "a test that proves nothing must not look like one"
)]
pub(crate) fn not_tested(why: &str) {
    eprintln!("not tested: {why}");
}

fn finished(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: code(output.status),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn piped(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
}

/// The program in a session of its own, so that no terminal of the person who runs the tests can
/// be asked.
fn detached(program: impl AsRef<Path>) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(program.as_ref());
        command
    } else if cfg!(unix) {
        let mut command = Command::new("perl");
        command
            .args(["-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV", "--"])
            .arg(program.as_ref());
        command
    } else {
        let mut command = Command::new(program.as_ref());
        without_console(&mut command);
        command
    }
}

#[cfg(windows)]
fn without_console(command: &mut Command) {
    const DETACHED_PROCESS: u32 = 8;
    std::os::windows::process::CommandExt::creation_flags(command, DETACHED_PROCESS);
}

#[cfg(not(windows))]
fn without_console(_: &mut Command) {}

#[cfg(unix)]
fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap()
}

#[cfg(not(unix))]
fn code(status: std::process::ExitStatus) -> i32 {
    status.code().unwrap()
}
