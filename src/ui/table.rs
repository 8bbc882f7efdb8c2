//! A result in columns, for a person or for `awk`: on standard output, in colour and with bars
//! only where that is a terminal.

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
}

/// The rows as lines, every column as wide as its widest cell.
pub(super) fn lines(rows: &[Vec<Cell>], look: Look) -> String {
    let shown: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| shown(cell, look)).collect())
        .collect();
    let count = shown.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = shown.iter().filter_map(|row| row.get(column));
            cells.map(|text| width(text)).max().unwrap_or(0)
        })
        .collect();
    let mut lines = String::new();
    for (row, texts) in rows.iter().zip(&shown) {
        let last = texts.len().saturating_sub(1);
        for (column, (cell, text)) in row.iter().zip(texts).enumerate() {
            let style = if look.colour {
                cell.tone.style()
            } else {
                Style::new()
            };
            let _ = write!(lines, "{style}{text}{style:#}");
            if column < last {
                let padding = widths[column] - width(text);
                let _ = write!(lines, "{:padding$}{GAP}", "");
            }
        }
        lines.push('\n');
    }
    lines
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
    fn a_terminal_gets_bars_and_if_wanted_colour() {
        let terminal = Look {
            terminal: true,
            colour: false,
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
