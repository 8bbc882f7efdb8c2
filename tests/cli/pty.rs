//! A program on a pseudo-terminal that is its controlling terminal, while standard input, output
//! and error are what the test says.
//!
//! `rexpect` makes the pair and the session, the only part that needs `unsafe`. Its own reader is
//! not used: it decodes bytes as Latin-1 and looks ten times a second. Everything that could hang
//! has a time-out that panics with what was shown so far.
//!
//! The program is started by `sh`, which sets the window size and turns the echo on again that
//! `rexpect` turns off, and then becomes the program: the transcript is what a person sees.

#![expect(clippy::unwrap_used, reason = "a harness that fails is a failed test")]

mod tests;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rexpect::process::{PtyProcess, Signal, WaitStatus};

/// Long enough for a machine whose disk is stuck for a while.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the program is looked after.
const LOOK: Duration = Duration::from_millis(2);

/// What one of the three standard streams is connected to.
pub(crate) enum Stream {
    /// The pseudo-terminal.
    Terminal,
    /// `/dev/null`.
    Null,
    /// A pipe: on standard input one that has these bytes and then ends, on the others one that
    /// the test reads to its end (the bytes do not matter).
    Pipe(Vec<u8>),
    /// A pipe whose reader has gone.
    Broken,
    /// Closed, as with `>&-`.
    Closed,
    /// A file, such as `/dev/full`.
    File(File),
}

impl Stream {
    pub(crate) fn pipe() -> Self {
        Self::Pipe(Vec::new())
    }
}

type Configure = Box<dyn FnOnce(&mut Command)>;

/// A program to be started on a pseudo-terminal of 24 lines and 80 columns with all three streams
/// on it, unless told otherwise.
pub(crate) struct Launch {
    program: Box<OsStr>,
    arguments: Vec<Box<OsStr>>,
    configure: Vec<Configure>,
    streams: [Stream; 3],
    size: (u16, u16),
}

impl Launch {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().into(),
            arguments: Vec::new(),
            configure: Vec::new(),
            streams: [Stream::Terminal, Stream::Terminal, Stream::Terminal],
            size: (40, 80),
        }
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().into()),
        );
        self
    }

    /// Environment and directory, with `Command`'s own methods.
    pub(crate) fn configure(mut self, configure: impl FnOnce(&mut Command) + 'static) -> Self {
        self.configure.push(Box::new(configure));
        self
    }

    pub(crate) fn stdin(mut self, stream: Stream) -> Self {
        self.streams[0] = stream;
        self
    }

    pub(crate) fn stdout(mut self, stream: Stream) -> Self {
        self.streams[1] = stream;
        self
    }

    pub(crate) fn stderr(mut self, stream: Stream) -> Self {
        self.streams[2] = stream;
        self
    }

    pub(crate) fn size(mut self, rows: u16, columns: u16) -> Self {
        self.size = (rows, columns);
        self
    }

    pub(crate) fn start(self) -> Session {
        let [stdin, stdout, stderr] = self.streams;
        let (rows, columns) = self.size;
        let mut closed = String::new();
        for (stream, redirection) in [(&stdin, " <&-"), (&stdout, " >&-"), (&stderr, " 2>&-")] {
            if matches!(stream, Stream::Closed) {
                closed += redirection;
            }
        }
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!(
                "stty rows {rows} cols {columns} echo </dev/tty && exec \"$@\"{closed}"
            ))
            .arg("sh")
            .arg(&*self.program)
            .args(self.arguments.iter().map(|argument| &**argument));
        for configure in self.configure {
            configure(&mut command);
        }
        command.stdin(input(stdin));
        let (stdout, out) = output(stdout);
        command.stdout(stdout);
        let (stderr, err) = output(stderr);
        command.stderr(stderr);
        Session::start(command, [out, err])
    }
}

/// `Command::exec`, which `rexpect` calls with the terminal on all three streams, then puts these
/// in place.
fn input(stream: Stream) -> Stdio {
    match stream {
        Stream::Terminal | Stream::Closed => Stdio::inherit(),
        Stream::Null => Stdio::null(),
        Stream::File(file) => file.into(),
        Stream::Broken => panic!("standard input has no reader to lose"),
        Stream::Pipe(bytes) => {
            let (reader, mut writer) = io::pipe().unwrap();
            thread::spawn(move || {
                // The program need not read it all.
                let _ = writer.write_all(&bytes);
            });
            reader.into()
        }
    }
}

fn output(stream: Stream) -> (Stdio, Option<Reading>) {
    match stream {
        Stream::Terminal | Stream::Closed => (Stdio::inherit(), None),
        Stream::Null => (Stdio::null(), None),
        Stream::File(file) => (file.into(), None),
        Stream::Broken => (io::pipe().unwrap().1.into(), None),
        Stream::Pipe(_) => {
            let (reader, writer) = io::pipe().unwrap();
            (writer.into(), Some(collect(reader)))
        }
    }
}

type Reading = JoinHandle<Vec<u8>>;

fn collect(mut reader: PipeReader) -> Reading {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// A program running on a pseudo-terminal. Dropped early, it is ended.
pub(crate) struct Session {
    process: PtyProcess,
    keyboard: File,
    screen: Arc<Screen>,
    /// How much of what was shown [`Session::expect`] has passed.
    passed: usize,
    code: Option<i32>,
    outputs: [Option<Reading>; 2],
}

/// What the terminal has shown so far.
#[derive(Default)]
struct Screen {
    shown: Mutex<Shown>,
    changed: Condvar,
}

#[derive(Default)]
struct Shown {
    bytes: Vec<u8>,
    /// The program has ended.
    exited: bool,
    /// Nothing more will be shown.
    ended: bool,
}

/// What is left when the program has ended.
pub(crate) struct Finished {
    /// The exit code; 128 and the signal's number if a signal ended it, as a shell says.
    pub(crate) code: i32,
    /// Everything the terminal has shown, echo included, with line feeds for line ends.
    pub(crate) shown: String,
    /// What came through the pipes; empty for a stream that was none.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Session {
    fn start(command: Command, outputs: [Option<Reading>; 2]) -> Self {
        let parent = std::process::id();
        let started = PtyProcess::new(command);
        if std::process::id() != parent {
            // The fork in which `sh` could not be executed must not go on as a second test.
            std::process::abort();
        }
        let mut process = started.unwrap();
        process.set_kill_timeout(Some(500));
        let keyboard = process.get_file_handle().unwrap();
        let screen = Arc::new(Screen::default());
        let mut glass = process.get_file_handle().unwrap();
        let canvas = Arc::clone(&screen);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                // Linux says EIO while nobody has the terminal open: after the end, but also before
                // a program with three other streams opens it.
                let count = glass.read(&mut buffer).unwrap_or(0);
                let mut shown = canvas.shown.lock().unwrap();
                shown.bytes.extend_from_slice(&buffer[..count]);
                shown.ended = count == 0 && shown.exited;
                canvas.changed.notify_all();
                if shown.ended {
                    break;
                }
                drop(shown);
                if count == 0 {
                    thread::sleep(LOOK);
                }
            }
        });
        Self {
            process,
            keyboard,
            screen,
            passed: 0,
            code: None,
            outputs,
        }
    }

    /// Waits until `text` is shown after what was expected before, and returns what was shown up
    /// to and including it.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.look();
            let shown = self.screen.shown.lock().unwrap();
            let news = &shown.bytes[self.passed..];
            if let Some(at) = position(news, text.as_bytes()) {
                let end = at + text.len();
                self.passed += end;
                return transcript(&news[..end]);
            }
            assert!(
                !shown.ended && Instant::now() < deadline,
                "expected {text:?}, shown so far:\n{}",
                transcript(&shown.bytes)
            );
            drop(self.screen.changed.wait_timeout(shown, LOOK).unwrap());
        }
    }

    /// Types `keys`, control characters included.
    pub(crate) fn send(&mut self, keys: impl AsRef<[u8]>) {
        self.keyboard.write_all(keys.as_ref()).unwrap();
    }

    /// Types `line` and Enter.
    pub(crate) fn send_line(&mut self, line: &str) {
        self.send(format!("{line}\r"));
    }

    pub(crate) fn ctrl_c(&mut self) {
        self.send([0x03]);
    }

    pub(crate) fn ctrl_d(&mut self) {
        self.send([0x04]);
    }

    pub(crate) fn ctrl_z(&mut self) {
        self.send([0x1a]);
    }

    /// What has been shown until now.
    pub(crate) fn shown(&self) -> String {
        transcript(&self.screen.shown.lock().unwrap().bytes)
    }

    /// Whether the program has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.look();
        self.code.is_some()
    }

    /// Ends the program as a power cut would.
    pub(crate) fn kill(mut self) {
        let _ = self.process.kill(Signal::SIGKILL);
    }

    /// Waits for the program's end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let code = self.exit_code();
        let shown = self.shown_to_the_end();
        let [stdout, stderr] = self.outputs.each_mut().map(|output| {
            let bytes = output.take().map(|output| output.join().unwrap());
            String::from_utf8(bytes.unwrap_or_default()).unwrap()
        });
        Finished {
            code,
            shown,
            stdout,
            stderr,
        }
    }

    #[track_caller]
    fn exit_code(&mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.look();
            if let Some(code) = self.code {
                return code;
            }
            assert!(
                Instant::now() < deadline,
                "the program goes on, shown so far:\n{}",
                self.shown()
            );
            thread::sleep(LOOK);
        }
    }

    /// Takes the exit status as soon as there is one; the system hands it out once.
    fn look(&mut self) {
        if self.code.is_none() {
            self.code = match self.process.status() {
                Some(WaitStatus::Exited(_, code)) => Some(code),
                Some(WaitStatus::Signaled(_, signal, _)) => Some(128 + signal as i32),
                _ => None,
            };
            self.screen.shown.lock().unwrap().exited = self.code.is_some();
        }
    }

    /// The last bytes may arrive after the exit. Something in the background may keep the
    /// terminal for longer; that is not waited for.
    fn shown_to_the_end(&self) -> String {
        let shown = self.screen.shown.lock().unwrap();
        let (shown, _) = self
            .screen
            .changed
            .wait_timeout_while(shown, Duration::from_secs(2), |shown| !shown.ended)
            .unwrap();
        transcript(&shown.bytes)
    }
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

fn transcript(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}
