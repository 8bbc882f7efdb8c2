//! The terminal a person sits at: where questions are put and answered.
//!
//! The contract:
//!
//! - Questions are written to, and answers read from, the controlling terminal: `/dev/tty` on
//!   Unix, `CONIN$` and `CONOUT$` on Windows. Standard input, output and error may all be pipes;
//!   they are never read or written here, so a prompt is in no pipeline's way and a pipeline
//!   cannot answer it.
//! - Without a controlling terminal (cron, CI, a service) [`Terminal::open`] fails at once. The
//!   caller knows what else could have answered and says so.
//! - The terminal's own line editing is used as it is, and so is its echo: a one-time code is worth
//!   nothing once it is spent, so there is no reason to hide it, and settings that are not changed
//!   need not be restored, whatever ends the program. Ctrl-Z and `fg` are the shell's.
//! - Only a password is not shown ([`Terminal::hidden`]), and how the echo comes back is told there.
//! - Ctrl-D on an empty line is [`Kind::Interrupted`]. So is a terminal that goes away.
//! - Ctrl-C is a signal. Where nobody takes it over it ends the program. A caller that takes it
//!   over (`tokio::signal`) drops the future it waits for, which ends the line of the question so
//!   that the shell's prompt starts on its own, and exits with 130. The blocking questions cannot
//!   be dropped: once the signal is taken over they belong into [`Terminal::aside`].
//! - A pending read never holds up the exit: waiting happens on a plain thread that the process
//!   takes down with it, not on a runtime that would wait for it.
//! - Whatever is shown is neutralised: text from a file or from AWS cannot steer the terminal.
//! - An answer is at most [`LONGEST`] bytes. A longer line is read to its end, without keeping
//!   it, and counts as an empty one. Answers are wiped from memory after use. Bytes that are not
//!   UTF-8 (a Windows console outside code page 65001) are kept as replacement characters, which
//!   are no answer to anything.

mod echo;
mod hidden;
mod line;

use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::{self, Write};
use std::sync::Arc;

use terminal_size::{Height, Width, terminal_size_of};

use crate::aside::detached;
use crate::failure::{Failure, Kind, Result};
use crate::secret::Secret;
use crate::ui::{Ui, printable};

pub use hidden::Hidden;
use line::skip_line;
pub(crate) use line::{Line, narrow, read_line};

/// The longest answer, in bytes; what is asked for here fits many times.
pub const LONGEST: usize = 1024;

/// How often a choice is asked for before giving up.
const TRIES: usize = 3;

/// The controlling terminal, open for questions.
#[derive(Clone, Debug)]
pub struct Terminal {
    device: Arc<Device>,
    ui: Ui,
}

#[derive(Debug)]
struct Device {
    input: File,
    output: File,
}

impl Terminal {
    /// Opens the controlling terminal; `ui` keeps silent while a question is open.
    ///
    /// # Errors
    ///
    /// The system's own, usually because there is no controlling terminal: nobody can be asked.
    pub fn open(ui: &Ui) -> io::Result<Self> {
        let (input, output) = if cfg!(windows) {
            ("CONIN$", "CONOUT$")
        } else {
            ("/dev/tty", "/dev/tty")
        };
        // On Windows, hiding what is typed takes a console open for writing, and its size one open
        // for reading.
        let both = cfg!(windows);
        let device = Device {
            input: OpenOptions::new().read(true).write(both).open(input)?,
            output: OpenOptions::new().read(both).write(true).open(output)?,
        };
        Ok(Self::over(device, ui))
    }

    fn over(device: Device, ui: &Ui) -> Self {
        Self {
            device: Arc::new(device),
            ui: ui.clone(),
        }
    }

    /// Shows one line, for what belongs to a question more than to the program's messages.
    pub fn show(&self, text: &str) -> Result<()> {
        let _quiet = self.ui.question();
        self.write(&format!("{}\n", printable(text)))
    }

    /// Shows a drawing made by this program, line by line as it is: what is foreign in it must have
    /// been made harmless.
    pub(crate) fn draw(&self, drawing: &str) -> Result<()> {
        let _quiet = self.ui.question();
        self.write(drawing)
    }

    /// Columns and rows, where the terminal knows.
    pub fn size(&self) -> Option<(u16, u16)> {
        let (Width(columns), Height(rows)) = terminal_size_of(&self.device.output)?;
        (columns > 0 && rows > 0).then_some((columns, rows))
    }

    /// Shows `prompt` now and waits for the answer aside; nothing else of the program stops.
    ///
    /// Dropping the future gives the question up, though the line typed next is still consumed.
    pub fn ask(&self, prompt: &str) -> impl Future<Output = Result<Secret>> + use<> {
        let open = self.ui.question();
        let shown = self.write(&printable(prompt));
        let answer = shown.map(|()| self.aside(Self::line));
        async move {
            let answer = answer?.await;
            drop(open);
            answer
        }
    }

    /// Asks a question that only `y` or `yes` agrees to.
    ///
    /// Blocks; see the contract about Ctrl-C.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        let answer = self.blocking_ask(&format!("{question} [y/N] "))?;
        Ok(matches!(
            plain(&answer).to_ascii_lowercase().as_str(),
            "y" | "yes"
        ))
    }

    /// Shows `items` numbered from one and asks for one of them; the result is its index.
    ///
    /// Blocks; see the contract about Ctrl-C.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] after three answers that are none of the numbers.
    pub fn choose(&self, question: &str, items: &[String]) -> Result<usize> {
        self.show(question)?;
        for (number, item) in (1..).zip(items) {
            self.show(&format!("  {number}) {item}"))?;
        }
        let prompt = format!("number (1-{}): ", items.len());
        for _ in 0..TRIES {
            let answer = self.blocking_ask(&prompt)?;
            match plain(&answer).parse::<usize>() {
                Ok(number) if (1..=items.len()).contains(&number) => return Ok(number - 1),
                _ => self.show(&format!("that is no number from 1 to {}", items.len()))?,
            }
        }
        Err(Failure::new(Kind::Usage, "nothing was chosen"))
    }

    /// Has a dialogue of blocking questions aside, so that Ctrl-C can be waited for meanwhile.
    pub fn aside<T, F>(&self, dialogue: F) -> impl Future<Output = Result<T>> + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Terminal) -> Result<T> + Send + 'static,
    {
        let terminal = self.clone();
        let answer = detached("terminal", move || dialogue(&terminal));
        let pending = Pending(Some(self.clone()));
        async move {
            let answer = answer.await;
            pending.answered();
            answer
        }
    }

    fn blocking_ask(&self, prompt: &str) -> Result<Secret> {
        let _open = self.ui.question();
        self.write(&printable(prompt))?;
        self.line()
    }

    /// The next line typed, without its line break.
    fn line(&self) -> Result<Secret> {
        let mut input = &self.device.input;
        match read_line(&mut input, LONGEST).map_err(gone)? {
            Line::Text(text) => Ok(text),
            Line::TooLong => {
                skip_line(&mut input).map_err(gone)?;
                Ok(Secret::default())
            }
            Line::End => {
                self.write("\n")?;
                Err(Failure::new(Kind::Interrupted, "no answer was given"))
            }
        }
    }

    fn write(&self, text: &str) -> Result<()> {
        let mut output = &self.device.output;
        output.write_all(text.as_bytes()).map_err(gone)
    }
}

/// A dialogue aside. Dropped while its question is open, it moves the cursor off the question's
/// line and lets the messages speak that waited for the answer.
struct Pending(Option<Terminal>);

impl Pending {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(terminal) = self.0.take()
            && terminal.ui.has_question()
        {
            // With the terminal gone there is no cursor to move.
            let _ = terminal.write("\n");
            terminal.ui.give_up_question();
        }
    }
}

fn gone(error: io::Error) -> Failure {
    Failure::new(Kind::Interrupted, "the terminal went away").because(error)
}

/// A short answer that is no secret, as it was meant.
fn plain(answer: &Secret) -> String {
    answer.expose().trim().chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;
    use crate::ui::Manner;

    /// A terminal on which `typed` has been typed ahead; the file is what it shows.
    fn terminal(typed: &[u8]) -> (Terminal, File) {
        let mut input = tempfile::tempfile().unwrap();
        input.write_all(typed).unwrap();
        input.rewind().unwrap();
        let output = tempfile::tempfile().unwrap();
        let shown = output.try_clone().unwrap();
        let ui = Ui::into_sink(Manner::default(), Box::new(io::sink()));
        (Terminal::over(Device { input, output }, &ui), shown)
    }

    /// Needs a console, which a run in the background does not have.
    #[cfg(windows)]
    #[test]
    fn a_console_knows_its_size_and_hides_what_is_typed() {
        let ui = Ui::into_sink(Manner::default(), Box::new(io::sink()));
        let Ok(terminal) = Terminal::open(&ui) else {
            return;
        };
        assert!(terminal.size().is_some());
        let before = echo::mode(&terminal.device.input).unwrap();
        let hidden = terminal.hidden().unwrap();
        let now = echo::mode(&terminal.device.input).unwrap();
        assert_eq!(now, echo::without_echo(&before));
        drop(hidden);
        assert_eq!(echo::mode(&terminal.device.input).unwrap(), before);
    }

    #[cfg(unix)]
    fn pipe_file(reader: io::PipeReader) -> File {
        File::from(std::os::fd::OwnedFd::from(reader))
    }

    #[cfg(windows)]
    fn pipe_file(reader: io::PipeReader) -> File {
        File::from(std::os::windows::io::OwnedHandle::from(reader))
    }

    fn text(mut shown: File) -> String {
        shown.rewind().unwrap();
        io::read_to_string(shown).unwrap()
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(future)
    }

    #[test]
    fn only_yes_is_yes() {
        for (typed, agreed) in [
            ("y\n", true),
            ("YES\r\n", true),
            (" yes \n", true),
            ("ｙ\n", true),
            ("\n", false),
            ("n\n", false),
            ("yesterday\n", false),
        ] {
            let (terminal, shown) = terminal(typed.as_bytes());
            assert_eq!(terminal.confirm("overwrite?").unwrap(), agreed, "{typed:?}");
            assert_eq!(text(shown), "overwrite? [y/N] ");
        }
    }

    #[test]
    fn a_choice_is_asked_for_again_until_it_is_one() {
        let items = ["alice".to_owned(), "\x1b[2Jphone".to_owned()];
        let (terminal, shown) = terminal("3\n２\n".as_bytes());
        assert_eq!(terminal.choose("which device?", &items).unwrap(), 1);
        assert_eq!(
            text(shown),
            "which device?\n  1) alice\n  2) \\u{1b}[2Jphone\n\
             number (1-2): that is no number from 1 to 2\nnumber (1-2): "
        );
    }

    #[test]
    fn three_wrong_choices_are_enough() {
        let (terminal, _) = terminal(b"0\n-1\nalice\n1\n");
        let failure = terminal
            .choose("which?", &["alice".to_owned()])
            .unwrap_err();
        assert_eq!(failure.kind(), Kind::Usage);
        assert_eq!(terminal.line().unwrap().expose(), "1");
    }

    #[test]
    fn the_end_of_input_interrupts_and_ends_the_line() {
        let (terminal, shown) = terminal(b"");
        let failure = now(terminal.ask("code: ")).unwrap_err();
        assert_eq!(failure.kind(), Kind::Interrupted);
        assert_eq!(text(shown), "code: \n");
    }

    #[test]
    fn an_endless_line_is_an_empty_answer_and_the_next_line_is_its_own() {
        let mut typed = vec![b'1'; 1 << 20];
        typed.extend_from_slice(b"\n123456\n");
        let (terminal, _) = terminal(&typed);
        assert_eq!(now(terminal.ask("code: ")).unwrap().expose(), "");
        assert_eq!(now(terminal.ask("code: ")).unwrap().expose(), "123456");
    }

    #[test]
    fn a_prompt_is_shown_before_its_answer_is_waited_for() {
        let (terminal, shown) = terminal(b"123456\n");
        let answer = terminal.ask("code for \x1b[1mwork: ");
        assert_eq!(text(shown), "code for \\u{1b}[1mwork: ");
        assert_eq!(now(answer).unwrap().expose(), "123456");
    }

    #[test]
    fn giving_up_a_question_ends_its_line_and_lets_messages_speak() {
        let said = tempfile::tempfile().unwrap();
        let voice = Box::new(said.try_clone().unwrap());
        let (mut terminal, shown) = terminal(b"");
        terminal.ui = Ui::beside_terminal(voice);
        // A pipe on which nothing is ever typed.
        let (input, _typist) = io::pipe().unwrap();
        terminal.device = Arc::new(Device {
            input: pipe_file(input),
            output: shown.try_clone().unwrap(),
        });
        let answer = terminal.ask("code: ");
        terminal.ui.warn("held");
        assert_eq!(text(shown.try_clone().unwrap()), "code: ");
        drop(answer);
        assert_eq!(text(shown), "code: \n");
        assert_eq!(text(said), "warning: held\n");
    }

    #[test]
    fn a_dialogue_aside_is_awaited() {
        let (terminal, _) = terminal(b"y\n");
        assert!(now(terminal.aside(|terminal| terminal.confirm("sure?"))).unwrap());
    }
}
