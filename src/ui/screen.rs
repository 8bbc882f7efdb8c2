//! Standard error as several speakers share it: messages, the spinner and an open question.
//!
//! One lock orders them. A message first wipes the spinner's line; while a question waits for its
//! answer on the terminal, the spinner rests and messages queue behind the answer, because either
//! would be written into the line being typed. A failure does not wait: it ends that line and
//! speaks. Standard error that is closed or broken is never an error: whoever took it away does
//! not want to hear from us.

use std::fmt;
use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Work that is over sooner than this is not worth an announcement (product manners: a third of
/// a second).
const PATIENCE: Duration = Duration::from_millis(333);
/// Twice a second shows that it goes on, and is little for a recording or a slow line.
const FRAME: Duration = Duration::from_millis(500);
/// ASCII, so that every font and console has them.
const FRAMES: [char; 4] = ['-', '\\', '|', '/'];
/// A spinner line that wrapped could not be wiped; this fits the narrowest usual terminal.
const WIDTH: usize = 60;

pub(super) struct Screen(Mutex<State>);

struct State {
    sink: Box<dyn Write + Send>,
    /// Whether the sink is a terminal, so that what is written to it lands beside a question.
    terminal: bool,
    /// Columns the spinner takes up now; zero when it is not shown.
    drawn: usize,
    /// The spinners that are running; the newest one is shown.
    workers: Vec<u64>,
    started: u64,
    questions: usize,
    held: String,
}

impl Screen {
    pub(super) fn new(sink: Box<dyn Write + Send>, terminal: bool) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            sink,
            terminal,
            drawn: 0,
            workers: Vec::new(),
            started: 0,
            questions: 0,
            held: String::new(),
        })))
    }

    /// A panic elsewhere does not make standard error unusable.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes whole lines, after the answer when a question is open on the same terminal.
    pub(super) fn print(&self, lines: &str) {
        let mut state = self.state();
        if state.terminal && state.questions > 0 {
            state.held.push_str(lines);
        } else {
            state.write_over(lines);
        }
    }

    /// Writes whole lines now. A question open on the same terminal is given up.
    pub(super) fn insist(&self, lines: &str) {
        let mut state = self.state();
        if state.terminal && state.questions > 0 {
            state.questions = 0;
            state.write("\n");
            state.release();
        }
        state.write_over(lines);
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.state().terminal
    }

    pub(super) fn has_question(&self) -> bool {
        self.state().questions > 0
    }

    pub(super) fn give_up_question(&self) {
        let mut state = self.state();
        state.questions = 0;
        state.release();
    }

    fn draw(&self, worker: u64, frame: char, text: &str) {
        let mut state = self.state();
        if state.questions == 0 && state.workers.last() == Some(&worker) {
            state.write_over(&format!("{frame} {text}"));
            state.drawn = 2 + text.chars().map(columns).sum::<usize>();
        }
    }

    fn retire(&self, worker: u64) {
        let mut state = self.state();
        state.workers.retain(|&running| running != worker);
        state.write_over("");
    }
}

impl State {
    fn write(&mut self, text: &str) {
        let _ = self
            .sink
            .write_all(text.as_bytes())
            .and_then(|()| self.sink.flush());
    }

    /// Writes in the place of the spinner. It is wiped with blanks, not by an escape sequence: they
    /// work on every console.
    fn write_over(&mut self, text: &str) {
        if self.drawn > 0 {
            let blank = " ".repeat(self.drawn);
            self.drawn = 0;
            self.write(&format!("\r{blank}\r{text}"));
        } else if !text.is_empty() {
            self.write(text);
        }
    }

    fn release(&mut self) {
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.write(&held);
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").finish_non_exhaustive()
    }
}

/// How wide a terminal may show `character`; wiping too much does no harm.
pub(super) fn columns(character: char) -> usize {
    if character.is_ascii() { 1 } else { 2 }
}

/// A question that is open on the terminal, from before its prompt until its answer.
#[derive(Debug)]
pub struct Question(Arc<Screen>);

impl Question {
    pub(super) fn open(screen: &Arc<Screen>) -> Self {
        let mut state = screen.state();
        state.write_over("");
        state.questions += 1;
        drop(state);
        Self(Arc::clone(screen))
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut state = self.0.state();
        // Already zero where the question was given up before its answer came.
        state.questions = state.questions.saturating_sub(1);
        if state.questions == 0 {
            state.release();
        }
    }
}

/// Work going on, shown as a spinner once it has taken a third of a second, until dropped.
#[derive(Debug)]
#[must_use = "the spinner ends when this is dropped"]
pub struct Working(Option<Spinner>);

#[derive(Debug)]
struct Spinner {
    screen: Arc<Screen>,
    worker: u64,
    stop: mpsc::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Working {
    pub(super) fn unseen() -> Self {
        Self(None)
    }

    /// Without a thread to draw it there is no spinner; the work matters more.
    pub(super) fn shown(screen: &Arc<Screen>, text: &str) -> Self {
        let mut left = WIDTH;
        let fits = |&character: &char| {
            let room = left.checked_sub(columns(character));
            left = room.unwrap_or(0);
            room.is_some()
        };
        let text: String = text.chars().take_while(fits).collect();
        let mut state = screen.state();
        state.started += 1;
        let worker = state.started;
        state.workers.push(worker);
        drop(state);

        let (stop, stopped) = mpsc::channel::<()>();
        let canvas = Arc::clone(screen);
        let thread = thread::Builder::new()
            .name("spinner".to_owned())
            .spawn(move || {
                let mut wait = PATIENCE;
                for frame in FRAMES.into_iter().cycle() {
                    if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                        break;
                    }
                    canvas.draw(worker, frame, &text);
                    wait = FRAME;
                }
            });
        Self(Some(Spinner {
            screen: Arc::clone(screen),
            worker,
            stop,
            thread: thread.ok(),
        }))
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(spinner) = self.0.take() {
            drop(spinner.stop);
            if let Some(thread) = spinner.thread {
                let _ = thread.join();
            }
            spinner.screen.retire(spinner.worker);
        }
    }
}
