//! `awsmfa status`: which temporary credentials there are and how long they are good for.
//!
//! Looks into the two files and at the clock; asks no network, takes no lock, writes nothing.
//! `--check` answers by exit code and is made for prompts: it looks at one section only.

use std::ffi::OsStr;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Target;
use crate::arn::Arn;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{
    self, File, Files, Held, Open, Origin, ROLE_DEFAULT, Request, SESSION_DEFAULT, State,
    parse_duration, spell_duration, spell_expiration,
};
use crate::signin::{self, Outlook, Wanted};
use crate::spelled::word;
use crate::ui::{Cell, Output, Tone, Ui, in_words, until};

/// From here on down what is left is worth a look.
const SOON: SignedDuration = SignedDuration::from_mins(15);

/// Show which temporary credentials there are, and how long they are good for
///
/// Lists every section of the credentials file that holds temporary keys, whoever wrote it, and
/// the profiles that could be signed in to but are not. With `--profile`, that profile's section
/// alone. Only the files are looked at: AWS is not asked.
#[derive(Args, Debug)]
#[command(after_help = CHECK_CODES)]
pub(super) struct Arguments {
    /// Only tell whether the profile's section is good for at least TIME (`30m`, or seconds)
    #[arg(long, value_name = "TIME", value_hint = clap::ValueHint::Other, value_parser = parse_duration)]
    check: Option<Duration>,
}

const CHECK_CODES: &str = "\
Exit codes of --check, which says nothing at all with --quiet:
  0  good for at least that long, or a role that is renewed without a code
  4  not: expired, ending sooner, unknown, damaged, not signed in, or made for something else than
     the profile says now
  3  the profile does not exist, or AWS tools ignore its section
  7  a file could not be read or understood";

/// The result is the exit code: with `--check` and `--quiet` a failure is not said.
pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: &Arguments) -> Result<u8> {
    let Target {
        profile,
        region,
        endpoint_url,
        timeout: _,
    } = target;
    let request = Request {
        profile,
        region,
        endpoint_url,
        ..Request::default()
    };
    let outcome = match arguments.check {
        Some(least) => check(context, ui, &request, least),
        None => list(context, ui, &request),
    };
    match outcome {
        Err(failure) if arguments.check.is_some() && ui.is_quiet() => {
            Ok(failure.kind().exit_code())
        }
        outcome => outcome.map(|()| 0),
    }
}

/// Whether the section of the chosen profile is good for at least this long.
fn check(context: &Context, ui: &Ui, request: &Request, least: Duration) -> Result<()> {
    let files = signin::read_files(context)?;
    let section = profile::section(context, &files, request)?;
    let found = files.credentials.document.profile(&section);
    let held = found.as_ref().and_then(Held::read);
    let now = context.clock.now();
    if !ui.is_quiet() {
        warn_of_other_key(context, ui, &section, held.as_ref());
    }
    if ui.output() == Output::Json {
        let rows: Vec<Row> = held
            .iter()
            .map(|held| Row::held(&files, held, now))
            .collect();
        ui.document(&rows)?;
    }
    let is_ours = held.as_ref().is_none_or(|held| held.marks.is_some());
    let wanted = Wanted {
        request: request.clone(),
        min_ttl: least,
        ..Wanted::default()
    };
    // What signing in would see, where it can be resolved at all: what is there is as good as it is.
    let prepared = signin::prepare(context, &wanted).ok().filter(|_| is_ours);
    match prepared.map(|prepared| prepared.outlook(context, &wanted)) {
        Some(Outlook::NoCode {
            session,
            until: end,
        }) => {
            if ui.output() == Output::Text {
                ui.say(&format!(
                    "[{section}] is renewed without a code: the session in [{session}] is good until {}",
                    until(end, now, &context.zone())
                ));
            }
            return Ok(());
        }
        Some(Outlook::Code(why)) if why.is_misfit() => {
            return Err(not_good(format!(
                "section [{section}] does not fit its profile: {why}"
            ))
            .at(files.credentials.path.display())
            .next(sign_in(&section)));
        }
        _ => {}
    }
    let Some(held) = held else {
        return Err(
            not_good(format!("there are no credentials in section [{section}]"))
                .at(files.credentials.path.display())
                .next(sign_in(&section)),
        );
    };
    let place = format!("{}:{}", files.credentials.path.display(), held.line);
    let when = |expiration| until(expiration, now, &context.zone());
    let mut next = sign_in(&section);
    let what = match (held.state(now), held.expiration) {
        (State::Good(left), Some(end)) => {
            if left >= SignedDuration::try_from(least).unwrap_or(SignedDuration::MAX) {
                if ui.output() == Output::Text {
                    ui.say(&format!("[{section}] is good until {}", when(end)));
                }
                return Ok(());
            }
            // Signing in leaves alone what is still good.
            next = renewal(context, &files, request, &section, least);
            format!("section [{section}] is good only until {}", when(end))
        }
        (State::Expired(_), Some(end)) => {
            format!(
                "the credentials in section [{section}] expired at {}",
                when(end)
            )
        }
        (State::Unknown, Some(end)) => format!(
            "section [{section}] says it is good until {}, which is later than AWS grants: it was edited, or the clock was put back",
            when(end)
        ),
        (State::Damaged, _) => format!("section [{section}] is incomplete or was edited"),
        _ => format!("section [{section}] does not say until when it is good"),
    };
    let failure = not_good(what).at(place);
    Err(match held.marks {
        Some(_) => failure.next(next),
        None => failure.next("renew it with the tool that wrote it"),
    })
}

/// In a shell that has credentials already, those of the section are not what AWS tools use.
fn warn_of_other_key(context: &Context, ui: &Ui, section: &str, held: Option<&Held>) {
    let key = context.env.raw("AWS_ACCESS_KEY_ID");
    let own = held.map(|held| OsStr::new(&held.key_id));
    if key.is_some() && key != own {
        ui.warn(&format!(
            "AWS_ACCESS_KEY_ID in the environment is not the key in section [{section}]: most AWS tools use it instead"
        ));
    }
}

/// The situation is that of a sign-in that has no code: one is needed.
fn not_good(what: String) -> Failure {
    Failure::new(Kind::Code, what)
}

fn sign_in(section: &str) -> String {
    format!("`awsmfa -p {}` signs in", word(section))
}

/// How to get credentials that are good for `least`, in the place of others that are good.
fn renewal(
    context: &Context,
    files: &Files,
    request: &Request,
    section: &str,
    least: Duration,
) -> String {
    let named = word(section);
    let force = format!("`awsmfa -p {named} --force` renews it");
    // By its name the section is renewed with the flags that made it.
    let request = Request {
        profile: Some(section.to_owned()),
        ..request.clone()
    };
    let Ok(plan) = profile::resolve(context, files, &request) else {
        return force;
    };
    let (usual, most) = profile::grants(&plan);
    if least <= usual {
        return force;
    }
    // One that is made just so long is shorter by the time it is looked at.
    if least < most {
        let long = spell_duration(least);
        return format!(
            "`awsmfa -p {named} -d {long} CODE` asks for so long, if the role allows it"
        );
    }
    format!(
        "check for {} at most: AWS grants no more",
        spell_duration(most)
    )
}

/// Everything there is, or with `--profile` what there is of it.
fn list(context: &Context, ui: &Ui, request: &Request) -> Result<()> {
    let files = signin::read_files(context)?;
    let now = context.clock.now();
    let only = match request.profile {
        Some(_) => Some(profile::section(context, &files, request)?),
        None => None,
    };
    let wanted = |section: &str| only.as_deref().is_none_or(|only| only == section);
    let sections = files.credentials.document.profiles();
    let held: Vec<Held> = sections
        .filter(|section| wanted(section.name()))
        .filter_map(|section| Held::read(&section))
        .collect();
    // Comes before the rows: it makes the files ready to be asked for every section.
    let mut open = profile::unsigned(context, &files);
    open.retain(|open| match &open.section {
        Some(section) => wanted(section),
        None => only.is_none(),
    });
    let rows: Vec<Row> = held
        .iter()
        .map(|held| Row::held(&files, held, now))
        .chain(open.iter().map(|open| Row::open(&files.credentials, open)))
        .collect();
    warn(context, ui, &rows);
    if ui.output() == Output::Json {
        return ui.document(&rows);
    }
    if rows.is_empty() {
        ui.say("there are no temporary credentials, and no profile to sign in to");
        return Ok(());
    }
    let head = ["SECTION", "SOURCE", "ROLE", "TIME LEFT"];
    let head = head.map(|title| Cell::new(title, Tone::Faint)).to_vec();
    let held = held
        .iter()
        .zip(&rows)
        .map(|(held, row)| line(row, time_left(held, now)));
    let open = rows[held.len()..].iter().map(|row| {
        let (how, tone) = match row.reason {
            Some(reason) => (format!("no way to sign in: {reason}"), Tone::Bad),
            None => {
                let profile = row.profile.unwrap_or_default();
                (
                    format!("not signed in: awsmfa -p {}", word(profile)),
                    Tone::Faint,
                )
            }
        };
        line(row, Cell::new(how, tone))
    });
    let table: Vec<Vec<Cell>> = std::iter::once(head).chain(held).chain(open).collect();
    ui.fitted_table(&table)
}

/// What keeps AWS tools from using a section that is there.
fn warn(context: &Context, ui: &Ui, rows: &[Row<'_>]) {
    for row in rows {
        if let (Some(section), Some(shadow)) = (row.section, &row.shadowed_by) {
            ui.warn(&format!(
                "{}: AWS tools ignore the keys in section [{section}], because its profile has `{}`",
                shadow.place, shadow.key
            ));
        }
    }
    if context.env.raw("AWS_ACCESS_KEY_ID").is_some() {
        ui.warn("AWS_ACCESS_KEY_ID is set in the environment: most AWS tools use it instead of the profile that AWS_PROFILE names");
    }
}

/// One section, as `--output json` prints it. A secret is never part of it.
#[derive(Serialize)]
struct Row<'a> {
    /// None for a profile that cannot be signed in to.
    section: Option<&'a str>,
    /// `good`, `expired`, `unknown`, `damaged`, or `absent` for a profile that is not signed in to.
    state: &'static str,
    /// Why a profile with a key cannot be signed in to.
    reason: Option<&'a str>,
    file: String,
    /// Of the section's header.
    line: Option<usize>,
    /// Whether awsmfa wrote it.
    ours: bool,
    /// The profile that was, or can be, signed in to.
    profile: Option<&'a str>,
    /// The profile with the long-term key.
    source: Option<&'a str>,
    role_arn: Option<&'a str>,
    serial_number: Option<&'a str>,
    access_key_id: Option<&'a str>,
    expiration: Option<String>,
    /// Negative since it expired; none where the state is `unknown`.
    remaining_seconds: Option<i64>,
    /// The setting that makes AWS tools ignore the section.
    shadowed_by: Option<Shadow>,
}

#[derive(Serialize)]
struct Shadow {
    key: &'static str,
    place: String,
}

impl<'a> Row<'a> {
    fn held(files: &Files, held: &'a Held, now: Timestamp) -> Self {
        let marks = held.marks.as_ref();
        let shadow = profile::shadow(files, &held.section);
        let end = held.expiration;
        let state = held.state(now);
        Self {
            section: Some(&held.section),
            state: state.name(),
            reason: None,
            file: files.credentials.path.display().to_string(),
            line: Some(held.line),
            ours: marks.is_some(),
            profile: held.profile(),
            source: marks.and_then(|marks| marks.source.as_deref()),
            role_arn: held.role_arn.as_deref(),
            serial_number: marks.and_then(|marks| marks.serial.as_deref()),
            access_key_id: Some(held.key_id.as_str()).filter(|id| !id.is_empty()),
            expiration: end.map(spell_expiration),
            remaining_seconds: end
                .filter(|_| state != State::Unknown)
                .map(|end| end.duration_since(now).as_secs()),
            shadowed_by: shadow.map(|(key, origin): (_, Origin)| Shadow {
                key,
                place: origin.to_string(),
            }),
        }
    }

    fn open(file: &File, open: &'a Open) -> Self {
        Self {
            section: open.section.as_deref(),
            state: "absent",
            reason: open.refused.as_deref(),
            file: file.path.display().to_string(),
            line: None,
            ours: false,
            profile: Some(&open.profile),
            source: open.source.as_deref(),
            role_arn: open.role_arn.as_deref(),
            serial_number: open.serial.as_deref(),
            access_key_id: None,
            expiration: None,
            remaining_seconds: None,
            shadowed_by: None,
        }
    }
}

fn line(row: &Row<'_>, time_left: Cell) -> Vec<Cell> {
    let source = match (row.source, row.ours || row.state == "absent") {
        (Some(source), _) => Cell::new(source, Tone::Plain),
        (None, true) => Cell::new("(environment)", Tone::Plain),
        (None, false) => Cell::new("(another tool)", Tone::Faint),
    };
    let role = match row.role_arn {
        Some(role) => Cell::new(short(role), Tone::Plain),
        None => Cell::new("-", Tone::Faint),
    };
    let section = match (row.section, &row.shadowed_by) {
        (Some(section), Some(_)) => Cell::new(format!("{section} (shadowed)"), Tone::Doubtful),
        (Some(section), None) => Cell::new(section, Tone::Plain),
        (None, _) => Cell::new("-", Tone::Faint),
    };
    vec![section, source, role, time_left]
}

/// `123456789012:role/Admin` of the whole ARN.
fn short(role: &str) -> String {
    match Arn::parse(role) {
        Some(arn) => format!("{}:{}", arn.account, arn.resource),
        None => role.to_owned(),
    }
}

fn time_left(held: &Held, now: Timestamp) -> Cell {
    match held.state(now) {
        State::Good(left) => {
            let tone = if left < SOON {
                Tone::Doubtful
            } else {
                Tone::Good
            };
            let whole = held.marks.as_ref().and_then(|marks| marks.duration);
            let usual = match held.role_arn {
                Some(_) => ROLE_DEFAULT,
                None => SESSION_DEFAULT,
            };
            let full = left.as_secs_f64() / whole.unwrap_or(usual).as_secs_f64().max(1.0);
            Cell::new(in_words(left.unsigned_abs()), tone).bar(full)
        }
        State::Expired(since) => {
            let since = in_words(since.unsigned_abs());
            Cell::new(format!("expired {since} ago"), Tone::Bad)
        }
        State::Unknown => Cell::new("unknown", Tone::Doubtful),
        State::Damaged => Cell::new("damaged", Tone::Bad),
    }
}
