//! `awsmfa -p dev -p stg` and `awsmfa --all`: several profiles with one code, told in a table.

use std::rc::Rc;

use serde::Serialize;

use super::report::{remarks, say_not_applied, say_session};
use super::{Arguments, Target, wanted};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{ROLE_DEFAULT, spell_expiration};
use crate::signin::{self, Done, Outcome, Profiles, Row};
use crate::ui::{Cell, Output, Tone, Ui, until};

/// The result is the exit code: that of the first profile that failed, or that Ctrl-C was before.
pub(super) fn run(
    context: &Context,
    ui: &Ui,
    mut target: Target,
    more: Vec<String>,
    arguments: Arguments,
) -> Result<u8> {
    refuse_what_is_for_one(&arguments)?;
    let names: Vec<String> = target.profile.take().into_iter().chain(more).collect();
    let profiles = match arguments.all {
        true => Profiles::AllOf(names),
        false => Profiles::Named(names),
    };
    let wanted = wanted(ui, target, arguments);
    let plans = signin::plan_all(context, ui, &wanted, &profiles)?;
    for warning in &plans.warnings {
        ui.warn(warning);
    }
    let file = plans.files.credentials.path.display().to_string();
    let done = signin::sign_in_all(context, ui, plans, &wanted)?;
    for warning in &done.warnings {
        ui.warn(warning);
    }
    if let Some(fresh) = done.rows.iter().find_map(Row::fresh) {
        remarks(ui, fresh);
    }
    let mut outcomes = done.rows.iter().map(|row| &row.outcome);
    if let Some(Outcome::Reused(kept)) = outcomes.find(|it| matches!(it, Outcome::Reused(_))) {
        say_not_applied(ui, &wanted, kept);
    }
    let failures = failures(&done);
    for failure in &failures {
        ui.failure(failure);
    }
    match ui.output() {
        Output::Json => ui.document(&rows(context, &file, &done))?,
        Output::Text | Output::Csv => tell(context, ui, &done),
    }
    let is_interrupted = |failure: &&Rc<Failure>| failure.kind() == Kind::Interrupted;
    let first = failures.iter().find(is_interrupted).or(failures.first());
    Ok(first.map_or(0, |failure| failure.kind().exit_code()))
}

/// Flags that mean one section or one role.
fn refuse_what_is_for_one(arguments: &Arguments) -> Result<()> {
    let refuse = |flag: &str| {
        Err(Failure::new(
            Kind::Usage,
            format!("{flag} is for one profile, and these are several"),
        )
        .at(flag)
        .next("leave it out, or name one profile"))
    };
    let given = [
        ("--to", arguments.to.is_some()),
        ("--role-arn", arguments.role_arn.is_some()),
        ("--role-session-name", arguments.role_session_name.is_some()),
        ("--external-id", arguments.external_id.is_some()),
        ("--no-session", arguments.no_session),
    ];
    if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
        return refuse(flag);
    }
    let too_long = |duration| duration > ROLE_DEFAULT;
    if arguments.duration_seconds.is_some_and(too_long) {
        return Err(Failure::new(
            Kind::Usage,
            "roles that share a session last one hour at most",
        )
        .at("--duration-seconds")
        .next("ask for 1h or less, or sign in to one profile at a time"));
    }
    Ok(())
}

/// Each failure once, though it may be of several profiles.
fn failures(done: &Done) -> Vec<Rc<Failure>> {
    let mut failures: Vec<Rc<Failure>> = Vec::new();
    for row in &done.rows {
        if let Outcome::Failed(failure) = &row.outcome
            && !failures.iter().any(|known| Rc::ptr_eq(known, failure))
        {
            failures.push(Rc::clone(failure));
        }
    }
    failures
}

fn tell(context: &Context, ui: &Ui, done: &Done) {
    let head = ["PROFILE", "SECTION", "ROLE", "GOOD UNTIL"];
    let mut table = vec![head.map(|title| Cell::new(title, Tone::Faint)).to_vec()];
    table.extend(done.rows.iter().map(|row| line(context, row)));
    ui.say_table(&table);
    let mut told: Vec<&str> = Vec::new();
    for fresh in done.rows.iter().filter_map(Row::fresh) {
        if let Some(session) = &fresh.session
            && !told.contains(&session.section.as_str())
        {
            told.push(&session.section);
            say_session(context, ui, session, fresh);
        }
    }
}

fn line(context: &Context, row: &Row) -> Vec<Cell> {
    let or_none = |text: Option<&str>| match text {
        Some(text) => Cell::new(text, Tone::Plain),
        None => Cell::new("-", Tone::Faint),
    };
    let role = match &row.outcome {
        Outcome::Renewed(fresh) => fresh.role_arn.as_deref(),
        _ => None,
    };
    let now = context.clock.now();
    let zone = context.zone();
    let last = match &row.outcome {
        Outcome::Renewed(fresh) => {
            Cell::new(until(fresh.expiration, fresh.aws_now, &zone), Tone::Good)
        }
        Outcome::Reused(session) => {
            let end = session.expiration.unwrap_or(now);
            Cell::new(format!("{}, as before", until(end, now, &zone)), Tone::Good)
        }
        Outcome::Failed(failure) => Cell::new(format!("failed: {}", failure.what()), Tone::Bad),
        Outcome::Open => Cell::new("failed", Tone::Bad),
    };
    vec![
        Cell::new(&row.profile, Tone::Plain),
        or_none(row.section.as_deref()),
        or_none(role.or(row.role_arn.as_deref())),
        last,
    ]
}

/// What `--output json` prints for each profile. A secret is never part of it.
#[derive(Serialize)]
struct Report<'a> {
    /// `renewed`, `reused` or `failed`.
    action: &'static str,
    profile: &'a str,
    section: Option<&'a str>,
    file: &'a str,
    arn: Option<&'a str>,
    role_arn: Option<&'a str>,
    serial_number: Option<&'a str>,
    access_key_id: Option<&'a str>,
    expiration: Option<String>,
    remaining_seconds: Option<i64>,
    session_section: Option<&'a str>,
    session_expiration: Option<String>,
    error: Option<Trouble<'a>>,
}

#[derive(Serialize)]
struct Trouble<'a> {
    exit_code: u8,
    what: &'a str,
    at: Option<&'a str>,
    next: &'a [String],
    notes: &'a [String],
}

fn rows<'a>(context: &Context, file: &'a str, done: &'a Done) -> Vec<Report<'a>> {
    let rows = done.rows.iter();
    rows.map(|row| report(context, file, row)).collect()
}

fn report<'a>(context: &Context, file: &'a str, row: &'a Row) -> Report<'a> {
    let nothing = Report {
        action: "failed",
        profile: &row.profile,
        section: row.section.as_deref(),
        file,
        arn: None,
        role_arn: row.role_arn.as_deref(),
        serial_number: None,
        access_key_id: None,
        expiration: None,
        remaining_seconds: None,
        session_section: None,
        session_expiration: None,
        error: None,
    };
    match &row.outcome {
        Outcome::Renewed(fresh) => {
            let session = fresh.session.as_ref();
            Report {
                action: "renewed",
                arn: fresh.arn.as_deref(),
                role_arn: fresh.role_arn.as_deref(),
                serial_number: fresh.serial.as_deref(),
                access_key_id: Some(&fresh.key.id),
                expiration: Some(spell_expiration(fresh.expiration)),
                remaining_seconds: Some(fresh.expiration.duration_since(fresh.aws_now).as_secs()),
                session_section: session.map(|session| session.section.as_str()),
                session_expiration: session.map(|session| spell_expiration(session.expiration)),
                ..nothing
            }
        }
        Outcome::Reused(session) => {
            let left = |end: jiff::Timestamp| end.duration_since(context.clock.now()).as_secs();
            Report {
                action: "reused",
                role_arn: session.marks.role_arn.as_deref(),
                serial_number: session.marks.serial.as_deref(),
                access_key_id: Some(&session.key_id),
                expiration: session.expiration.map(spell_expiration),
                remaining_seconds: session.expiration.map(left),
                ..nothing
            }
        }
        Outcome::Failed(failure) => Report {
            error: Some(Trouble {
                exit_code: failure.kind().exit_code(),
                what: failure.what(),
                at: failure.place(),
                next: failure.advice(),
                notes: failure.notes(),
            }),
            ..nothing
        },
        Outcome::Open => nothing,
    }
}
