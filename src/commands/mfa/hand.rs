//! Handing over a new seed: as a QR code on the terminal or in a file, to a command, or as it is.
//!
//! A device whose seed nobody has taken can never be enabled, so everything that can be known to
//! fail is tried before there is one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::device::{self, Picture, Qr, Seed};
use crate::failure::{Failure, Kind, Result};
use crate::process::{self, Setting};
use crate::secret::Secret;
use crate::terminal::Terminal;
use crate::ui::{Output, Ui};

/// Letters of the seeds that AWS makes.
const SEED_LENGTH: usize = 64;

#[derive(Args, Debug)]
pub(in crate::commands) struct Handing {
    /// Write the QR code into a new file, too; it holds the seed, so remove it after the scan
    #[arg(long, value_name = "FILE.png|FILE.svg", value_hint = ValueHint::FilePath)]
    qr: Option<PathBuf>,

    /// Print the seed itself on standard output, in base32
    #[arg(long)]
    show_seed: bool,

    /// Hand the seed to this command, in place of a QR code on the terminal: it gets the whole
    /// `otpauth://` address and a line end on standard input, as `pass otp insert -f aws` and
    /// `ykman oath accounts uri` read it
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    seed_command: Option<Secret>,
}

/// Ready to take a seed.
pub(in crate::commands) struct Hands<'a> {
    ui: &'a Ui,
    /// Where to draw, and with colours or without.
    canvas: Option<(Terminal, bool)>,
    /// Whether it can be drawn in this locale.
    blocks: bool,
    picture: Option<Picture>,
    command: Option<Secret>,
    show_seed: bool,
    /// Whether codes can be made of the seed that is shown.
    shown_in_time: bool,
    timeout: Duration,
}

impl Handing {
    /// Whether a command takes the seed over, so that another can make codes of it.
    pub(in crate::commands) fn is_automatic(&self) -> bool {
        self.seed_command.is_some()
    }

    /// Whether what would be the QR code's file is there already.
    pub(in crate::commands) fn file_is_there(&self) -> bool {
        self.qr.as_deref().is_some_and(Path::is_file)
    }

    /// Tries out what can be tried out, where codes of the device are needed next. A document comes
    /// after them, so a seed in it is shown too late to be the only way.
    ///
    /// # Errors
    ///
    /// [`Kind::File`] or [`Kind::Usage`] for a file that cannot be made; [`Kind::File`] where the
    /// seed is to be printed and standard output is nowhere; [`Kind::Configuration`] if nobody would
    /// see the seed in time, or the terminal is too small for a QR code.
    pub(in crate::commands) fn prepare<'a>(
        &self,
        context: &Context,
        ui: &'a Ui,
        timeout: Duration,
    ) -> Result<Hands<'a>> {
        let shown_in_time = self.show_seed && ui.output() == Output::Text;
        self.ready(context, ui, timeout, shown_in_time)
    }

    /// The same where the run ends with the device: a seed is in time in a document, too.
    ///
    /// # Errors
    ///
    /// As for [`Handing::prepare`].
    pub(super) fn prepare_to_end<'a>(
        &self,
        context: &Context,
        ui: &'a Ui,
        timeout: Duration,
    ) -> Result<Hands<'a>> {
        self.ready(context, ui, timeout, self.show_seed)
    }

    fn ready<'a>(
        &self,
        context: &Context,
        ui: &'a Ui,
        timeout: Duration,
        shown_in_time: bool,
    ) -> Result<Hands<'a>> {
        if self.show_seed {
            ui.check_handing_over("the seed")?;
        }
        let picture = self.qr.as_deref().map(Picture::prepare).transpose()?;
        let given = picture.is_some() || self.seed_command.is_some();
        let canvas = match Terminal::open(ui) {
            _ if given => None,
            Ok(terminal) => Some((terminal, has_colours(context))),
            Err(_) if shown_in_time => None,
            Err(error) => {
                return Err(Failure::new(
                    Kind::Configuration,
                    "there is no terminal to show the QR code on",
                )
                .because(error)
                .next("have it written with `--qr FILE.png`, or the seed handed over with `--seed-command`"));
            }
        };
        Ok(Hands {
            ui,
            canvas,
            blocks: has_blocks(context),
            picture,
            command: self.seed_command.clone(),
            show_seed: self.show_seed,
            shown_in_time,
            timeout,
        })
    }
}

impl Hands<'_> {
    /// Looks whether the QR code of the device called `name` will fit, and gives it up where it
    /// will not and there is another way.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if the terminal is too small, and the only way.
    pub(in crate::commands) fn measure(&mut self, name: &str, account: &str) -> Result<()> {
        let Some((terminal, _)) = &self.canvas else {
            return Ok(());
        };
        let Some((columns, rows)) = terminal.size() else {
            return Ok(());
        };
        let sample = Seed::from_base32(&Secret::new("A".repeat(SEED_LENGTH)))
            .expect("the letter A is of base32's alphabet");
        let drawing = Qr::new(&device::uri(&sample, name, account))?.draw(false);
        // A line below it for the question.
        let (wide, high) = (drawing.columns, drawing.rows + 1);
        let small = if wide > usize::from(columns) {
            format!("the terminal is {columns} columns wide, and the QR code takes {wide}")
        } else if high > usize::from(rows) {
            format!("the terminal is {rows} rows high, and the QR code takes {high}")
        } else if !self.blocks {
            "the QR code cannot be drawn in this locale, which has no block characters".to_owned()
        } else {
            return Ok(());
        };
        if !self.shown_in_time {
            let other_way = match self.ui.output() {
                Output::Text => "or have the seed printed with `--show-seed`",
                _ => "or have the seed handed over with `--seed-command`",
            };
            return Err(Failure::new(Kind::Configuration, small)
                .next("make the window larger or the letters smaller")
                .next(format!(
                    "or have it written to a file with `--qr FILE.png`, {other_way}"
                )));
        }
        self.ui.note(&format!("{small}: it is not drawn"));
        self.canvas = None;
        Ok(())
    }

    /// Hands the seed over in every way that was asked for.
    ///
    /// # Errors
    ///
    /// The first that fails.
    pub(in crate::commands) async fn take(
        &self,
        seed: &Seed,
        name: &str,
        account: &str,
    ) -> Result<()> {
        let address = device::uri(seed, name, account);
        if let Some(command) = &self.command {
            // It may ask for a touch or a PIN on the terminal.
            let _quiet = self.ui.question();
            let input = Secret::new(format!("{}\n", address.expose()));
            process::feed(Setting::SeedCommand, command.expose(), input, self.timeout).await?;
        }
        if self.picture.is_none() && self.canvas.is_none() && !self.show_seed {
            return Ok(());
        }
        let qr = Qr::new(&address)?;
        if let Some(picture) = &self.picture {
            picture.write(&qr, self.ui)?;
            self.ui.say(&format!(
                "the QR code is in {}; whoever has it has the device, so remove it after the scan",
                picture.path().display()
            ));
        }
        if self.show_seed && self.ui.output() == Output::Text {
            let line = Zeroizing::new(format!("{}\n", seed.base32().expose()));
            self.ui.hand_over(line.as_bytes())?;
        }
        if let Some((terminal, colours)) = &self.canvas {
            terminal.show("scan this with an authenticator app:")?;
            terminal.draw(qr.draw(*colours).text.expose())?;
            if !colours {
                terminal.show("on a light background it is inverted: if the app does not read it, run this again with `--qr FILE.png`")?;
            }
        }
        Ok(())
    }

    /// Where the QR code was written, for a document.
    pub(in crate::commands) fn file(&self) -> Option<String> {
        let picture = self.picture.as_ref()?;
        Some(picture.path().display().to_string())
    }

    /// The seed for a document, where it was asked for.
    pub(in crate::commands) fn shown<'s>(&self, seed: &'s Seed) -> Option<&'s Secret> {
        self.show_seed.then(|| seed.base32())
    }
}

/// Whether the terminal knows the 256 colours. NO_COLOR is about decoration; here black and white are
/// what the scanner reads.
fn has_colours(context: &Context) -> bool {
    let term = context.env.raw("TERM");
    cfg!(unix) && term.is_some_and(|terminal| terminal != "dumb")
}

/// Whether the locale has block characters: not where it is said to be C or another character set
/// (POSIX, "Environment Variables", 8.2). Where nothing is said, the terminal most likely is UTF-8.
fn has_blocks(context: &Context) -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let said = names.iter().find_map(|name| context.env.raw(name));
    let said = said.map(|locale| locale.to_string_lossy().to_ascii_lowercase());
    cfg!(windows) || said.is_none_or(|locale| locale.contains("utf-8") || locale.contains("utf8"))
}
