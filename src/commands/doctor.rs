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
/// command is run and no code is asked for. With --quiet, problems alone are told; with --verbose,
/// what is as it should be, too.
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
            } else if ui.is_verbose() {
                Severity::Ok
            } else {
                Severity::Note
            };
            let home = context.home.as_ref().map(|home| home.display().to_string());
            let short = |text: &str| match &home {
                Some(home) => text.replace(home.as_str(), "~"),
                None => text.to_owned(),
            };
            let shown = found.iter().filter(|finding| finding.severity >= least);
            let mut shown: Vec<_> = shown.collect();
            shown.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            let mut rows = table(&shown, &short);
            if least == Severity::Note {
                rows.extend(folded(&found));
            }
            ui.table(&rows)?;
            ui.say(&short(&summary(&found)));
        }
    }
    Ok(match worst {
        Severity::Problem => Kind::Findings.exit_code(),
        _ => 0,
    })
}

/// What is as it should be, in one line.
fn folded(found: &[Finding]) -> Option<Vec<Cell>> {
    let fine = found
        .iter()
        .filter(|finding| finding.severity == Severity::Ok);
    let count = fine.count();
    let what = match count {
        0 => return None,
        1 => "1 other check is fine (-v shows it)".to_owned(),
        many => format!("{many} other checks are fine (-v shows them)"),
    };
    let line = [
        ("", Tone::Plain),
        (Severity::Ok.name(), Tone::Good),
        (what.as_str(), Tone::Plain),
    ];
    Some(line.map(|(text, tone)| Cell::new(text, tone)).to_vec())
}

/// One line for each finding, the worst first, and below it what to do. A command in it keeps its
/// paths whole, for every shell.
fn table(found: &[&Finding], short: &impl Fn(&str) -> String) -> Vec<Vec<Cell>> {
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
        rows.push(line(finding, title, short));
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

fn line(finding: &Finding, title: &'static str, short: &impl Fn(&str) -> String) -> Vec<Cell> {
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
        Cell::new(short(&told), Tone::Plain),
    ]
}

/// How many there are, and the problems once more: the last line is the one that is read.
fn summary(found: &[Finding]) -> String {
    const REPEATED: usize = 3;
    let problems = found
        .iter()
        .filter(|finding| finding.severity == Severity::Problem);
    let whats: Vec<&str> = problems
        .map(|finding| finding.what.as_str())
        .take(REPEATED)
        .collect();
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
    let counts = format!(
        "{}, {}",
        told(count(Severity::Problem), "problem"),
        told(count(Severity::Warning), "warning")
    );
    match whats.is_empty() {
        true => counts,
        false => format!("{counts}: {}", whats.join("; ")),
    }
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
