//! `awsmfa key rotate --dry-run`: what would be done, step by step.

use serde::Serialize;

use crate::failure::Result;
use crate::rotation::{Parts, Step, Which};
use crate::ui::{Cell, Output, Tone, Ui};

/// A rotation that was looked at and not begun.
pub(super) struct Planned {
    pub(super) user: String,
    pub(super) parts: Parts,
    pub(super) steps: Vec<Step>,
    /// The profiles that hold the key that is going to be replaced.
    pub(super) profiles: Vec<String>,
}

/// One step, as `--output json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    step: &'static str,
    /// None for a key that is not there yet.
    access_key_id: Option<&'a str>,
    in_words: String,
}

pub(super) fn show(ui: &Ui, planned: &Planned) -> Result<()> {
    let discarded = planned.steps.iter().position(|step| *step == Step::Discard);
    let lines: Vec<Line<'_>> = (0..)
        .zip(&planned.steps)
        .filter_map(|(at, step)| {
            // What comes after that is about a key that has no id yet.
            let is_there = discarded.is_none_or(|discarded| at <= discarded);
            planned.line(*step, planned.parts.new.as_deref().filter(|_| is_there))
        })
        .collect();
    if ui.output() == Output::Json {
        return ui.document(&lines);
    }
    if lines.is_empty() {
        ui.say("there is nothing to do");
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = (1..)
        .zip(&lines)
        .map(|(number, line)| {
            vec![
                Cell::new(format!("{number}."), Tone::Faint),
                Cell::new(line.in_words.clone(), Tone::Plain),
            ]
        })
        .collect();
    ui.table(&rows)
}

impl Planned {
    /// What a person is told of a step, the new key being the one called `new`; keeping the record is nothing to tell.
    fn line<'a>(&'a self, step: Step, new: Option<&'a str>) -> Option<Line<'a>> {
        let Parts { old, other, .. } = &self.parts;
        let key = |which| match which {
            Which::Old => Some(old.as_str()),
            Which::New => new,
        };
        let named = |which| match key(which) {
            Some(id) => format!("access key {id}"),
            None => "the new access key".to_owned(),
        };
        let user = &self.user;
        let profiles = match self.profiles.as_slice() {
            [only] => format!("profile `{only}`"),
            several => format!("profiles `{}`", several.join("`, `")),
        };
        let (name, id, in_words) = match step {
            Step::MakeRoom => {
                let id = other.as_deref();
                let shown = id.unwrap_or_default();
                let words = format!(
                    "delete access key {shown} of {user}, which is inactive or unused (you are asked first)"
                );
                ("delete", id, words)
            }
            Step::Discard => {
                let words = format!(
                    "delete {}, whose secret was lost (you are asked first)",
                    named(Which::New)
                );
                ("delete", key(Which::New), words)
            }
            Step::Create => {
                let words = format!(
                    "create an access key for {user} and write it into {profiles} in the place of {old}"
                );
                ("create", None, words)
            }
            Step::Activate(which) => {
                let words = format!("activate {}", named(which));
                ("activate", key(which), words)
            }
            Step::Write(which) => {
                let words = format!("write {} into {profiles}", named(which));
                ("write", key(which), words)
            }
            Step::Prove(which) => {
                let words = format!("wait until AWS accepts {}", named(which));
                ("prove", key(which), words)
            }
            Step::Deactivate(which) => {
                let words = format!("deactivate {}", named(which));
                ("deactivate", key(which), words)
            }
            Step::DeleteOld => (
                "delete",
                Some(old.as_str()),
                format!("delete access key {old}"),
            ),
            Step::Begin | Step::Finish | Step::Done | Step::NothingToRestore => return None,
        };
        Some(Line {
            step: name,
            access_key_id: id,
            in_words,
        })
    }
}
