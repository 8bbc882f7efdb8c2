//! `awsmfa doctor`: what keeps signing in, or AWS tools after it, from working.

use clap::Args;
use serde::Serialize;

use super::Target;
use crate::context::Context;
use crate::doctor::{self, Check, Finding, Orders, Severity, Subject};
use crate::failure::{Kind, Result};
use crate::profile::Request;
use crate::ui::{Cell, Output, Tone, Ui};

/// Find out what keeps signing in, or AWS tools after it, from working
///
/// Looks at the two files, the environment, the profile and its sections, and asks AWS for the
/// time, the key and the device; every finding that needs one has a remedy. Nothing is changed, no
/// command is run and no code is asked for. With --quiet, problems alone are told.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// Ask no network: files, environment and profile alone
    #[arg(long)]
    offline: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  no problem was found; warnings do not count
  8  at least one problem was found";

/// The result is the exit code.
pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: &Arguments) -> Result<u8> {
    let Target {
        profile,
        region,
        endpoint_url,
        timeout,
    } = target;
    let Arguments { offline } = *arguments;
    let request = Request {
        profile,
        region,
        endpoint_url,
        ..Request::default()
    };
    let orders = Orders {
        request,
        limit: timeout,
        offline,
    };
    let found = doctor::examine(context, ui, &orders)?;
    let worst = found.iter().map(|finding| finding.severity).max();
    let worst = worst.unwrap_or(Severity::Ok);
    match ui.output() {
        Output::Json => ui.document(&Report::new(&found, worst))?,
        Output::Text | Output::Csv => {
            let least = if ui.is_quiet() {
                Severity::Problem
            } else {
                Severity::Ok
            };
            let shown = found.iter().filter(|finding| finding.severity >= least);
            ui.table(&table(shown))?;
            ui.say(&summary(&found));
        }
    }
    Ok(match worst {
        Severity::Problem => Kind::Findings.exit_code(),
        _ => 0,
    })
}

/// Grouped by subject, one line for each finding, and below it what to do.
fn table<'f>(found: impl Iterator<Item = &'f Finding>) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut last = None;
    for finding in found {
        let subject = finding.check.subject();
        let title = if last == Some(subject) {
            ""
        } else {
            subject.name()
        };
        last = Some(subject);
        rows.push(line(finding, title));
        if finding.severity > Severity::Ok {
            rows.extend(finding.next.iter().map(|advice| {
                vec![
                    Cell::new("", Tone::Plain),
                    Cell::new("", Tone::Plain),
                    Cell::new(format!("  next: {advice}"), Tone::Plain),
                ]
            }));
        }
    }
    rows
}

fn line(finding: &Finding, title: &'static str) -> Vec<Cell> {
    let tone = match finding.severity {
        Severity::Ok => Tone::Good,
        Severity::Note => Tone::Faint,
        Severity::Warning => Tone::Doubtful,
        Severity::Problem => Tone::Bad,
    };
    let told = match &finding.place {
        Some(place) if !finding.what.contains(place.as_str()) => {
            format!("{} ({place})", finding.what)
        }
        _ => finding.what.clone(),
    };
    vec![
        Cell::new(title, Tone::Faint),
        Cell::new(finding.severity.name(), tone),
        Cell::new(told, Tone::Plain),
    ]
}

fn summary(found: &[Finding]) -> String {
    let count = |severity| {
        found
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let told = |count: usize, noun: &str| match count {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    };
    format!(
        "{}, {}",
        told(count(Severity::Problem), "problem"),
        told(count(Severity::Warning), "warning")
    )
}

/// What `--output json` prints. A secret is never part of it.
#[derive(Serialize)]
struct Report<'a> {
    version: &'static str,
    /// The worst of the findings.
    severity: Severity,
    findings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: Check,
    subject: Subject,
    severity: Severity,
    what: &'a str,
    /// Why AWS was not reached: `name-not-found`, `tls`, …
    reason: Option<&'static str>,
    /// `path:line`, a variable, a host.
    place: Option<&'a str>,
    next: &'a [String],
}

impl<'a> Report<'a> {
    fn new(found: &'a [Finding], severity: Severity) -> Self {
        let row = |finding: &'a Finding| Row {
            id: finding.check,
            subject: finding.check.subject(),
            severity: finding.severity,
            what: &finding.what,
            reason: finding.reason,
            place: finding.place.as_deref(),
            next: &finding.next,
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            severity,
            findings: found.iter().map(row).collect(),
        }
    }
}
