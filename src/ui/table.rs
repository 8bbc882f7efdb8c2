//! A result in columns, for a person or for `awk`: on standard output, in colour and with bars
//! only where that is a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::screen::columns;
use super::text::printable;

/// How many characters the inside of a bar has.
const BAR: usize = 10;

/// What stands between two columns.
const GAP: &str = "  ";

/// One cell. Its text may be foreign.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    tone: Tone,
    /// The part of a bar that is full, from 0 to 1.
    bar: Option<f64>,
}

/// How good or bad is what a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Faint,
    Good,
    Doubtful,
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Tone::Plain => Style::new(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Doubtful => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default(),
        }
    }
}

impl Cell {
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
            bar: None,
        }
    }

    /// With a bar before the text, on a terminal.
    #[must_use]
    pub fn bar(self, full: f64) -> Self {
        Self {
            bar: Some(full),
            ..self
        }
    }
}

/// Where a table is going to be shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub(super) terminal: bool,
    pub(super) colour: bool,
    /// Columns of the terminal, where the table has to fit into them.
    pub(super) width: Option<usize>,
}

/// The rows as lines, every column as wide as its widest cell.
pub(super) fn lines(rows: &[Vec<Cell>], look: Look) -> String {
    let shown: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| shown(cell, look)).collect())
        .collect();
    let count = shown.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = shown.iter().filter_map(|row| row.get(column));
            cells.map(|text| width(text)).max().unwrap_or(0)
        })
        .collect();
    if let Some(most) = look.width {
        fit(&mut widths, most);
    }
    let mut lines = String::new();
    for (row, texts) in rows.iter().zip(&shown) {
        let last = texts.len().saturating_sub(1);
        for (column, (cell, text)) in row.iter().zip(texts).enumerate() {
            let style = if look.colour {
                cell.tone.style()
            } else {
                Style::new()
            };
            let text = cut(text, widths[column]);
            let _ = write!(lines, "{style}{text}{style:#}");
            if column < last {
                let padding = widths[column] - width(&text);
                let _ = write!(lines, "{:padding$}{GAP}", "");
            }
        }
        lines.push('\n');
    }
    lines
}

/// Takes from the widest column until all of them fit; a few characters are left of each.
fn fit(widths: &mut [usize], most: usize) {
    const LEAST: usize = 8;
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > most {
        match widths.iter_mut().max() {
            Some(widest) if *widest > LEAST => *widest -= 1,
            _ => return,
        }
    }
}

/// As much of the text as the column holds. Two full stops, which every font has, are the sign.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if width(text) <= most {
        return Cow::Borrowed(text);
    }
    let mut left = most.saturating_sub(2);
    let fits = |character: &char| match left.checked_sub(columns(*character)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let kept: String = text.chars().take_while(fits).collect();
    Cow::Owned(kept + "..")
}

fn shown(cell: &Cell, look: Look) -> String {
    let text = printable(&cell.text);
    match cell.bar.filter(|_| look.terminal) {
        None => text.into_owned(),
        Some(full) => {
            let full = (full.clamp(0.0, 1.0) * BAR as f64).ceil();
            let marks: String = (0..BAR)
                .map(|place| if (place as f64) < full { '#' } else { '.' })
                .collect();
            format!("{marks} {text}")
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec![
                Cell::new("a", Tone::Plain),
                Cell::new("x\x1b[2J", Tone::Bad),
            ],
            vec![
                Cell::new("日本", Tone::Faint),
                Cell::new("1 h", Tone::Good).bar(0.25),
            ],
        ]
    }

    #[test]
    fn away_from_a_terminal_a_table_is_plain_columns() {
        assert_eq!(
            lines(&rows(), Look::default()),
            "a     x\\u{1b}[2J\n日本  1 h\n"
        );
    }

    #[test]
    fn a_table_fits_the_terminal() {
        let cell = |text: &str| Cell::new(text, Tone::Plain);
        let rows = [
            vec![cell("a"), cell(&"r".repeat(40)), cell("1 h")],
            vec![cell("日本語日本語日本語"), cell("-"), cell("expired")],
        ];
        let narrow = Look {
            width: Some(40),
            ..Look::default()
        };
        let shown = lines(&rows, narrow);
        assert!(shown.lines().all(|line| width(line) <= 40), "{shown}");
        assert!(
            shown.contains("rr..  1 h\n") && shown.contains("  expired\n"),
            "{shown}"
        );
        assert!(lines(&rows, Look::default()).contains(&"r".repeat(40)));
    }

    #[test]
    fn a_terminal_gets_bars_and_if_wanted_colour() {
        let terminal = Look {
            terminal: true,
            ..Look::default()
        };
        assert_eq!(
            lines(&rows(), terminal),
            "a     x\\u{1b}[2J\n日本  ###....... 1 h\n"
        );
        let colour = Look {
            colour: true,
            ..terminal
        };
        assert!(lines(&rows(), colour).contains("\x1b[32m###....... 1 h\x1b[0m\n"));
    }
}
