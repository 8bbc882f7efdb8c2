//! `awsmfa login --wire` and `--unwire`: the config file arranged so that plain AWS tools refresh a
//! role from the session by themselves, and back again.
//!
//! What is to be written is shown first, and written on consent alone. The code comes after that:
//! whatever can be wrong with the files has been told by then.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::login::{how_to_use, remarks, say_not_applied};
use super::ready::explain;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{self, Base, Chosen, Rewired, Wiring, spell_expiration};
use crate::signin::{self, Prepared, Renewed, Rewiring, Wanted};
use crate::spelled::word;
use crate::terminal::Terminal;
use crate::ui::{Output, Ui, until};

#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    /// Change the config file so that plain AWS tools assume the profile's role by themselves
    ///
    /// `source_profile` then names the section with the session of the profile's source,
    /// `mfa_serial` is set aside, and so is a `duration_seconds` over an hour, which AWS does not
    /// grant to a session. The change is shown and made on consent. Then the source is signed in
    /// to, if need be: until its session ends, AWS tools refresh the role without a code.
    #[arg(long, group = "wiring", conflicts_with_all = ["to", "role_arn", "role_session_name", "external_id"])]
    wire: bool,

    /// Undo `--wire`: the lines of the config file are put back as they were
    #[arg(long, group = "wiring", conflicts_with_all = [
        "token_code", "to", "serial_number", "role_arn", "role_session_name", "external_id",
        "duration_seconds", "min_ttl", "force",
    ])]
    unwire: bool,
}

impl Flags {
    pub(super) fn asked(self) -> Option<Asked> {
        let Self { wire, unwire } = self;
        match (wire, unwire) {
            (true, _) => Some(Asked::ToWire),
            (_, true) => Some(Asked::ToUnwire),
            (false, false) => None,
        }
    }
}

/// One of the two was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    ToWire,
    ToUnwire,
}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    asked: Asked,
    chosen: &Chosen,
    wanted: Wanted,
) -> Result<()> {
    match asked {
        Asked::ToWire => wire(context, ui, chosen, wanted),
        Asked::ToUnwire => unwire(context, ui, chosen, &wanted),
    }
}

fn wire(context: &Context, ui: &Ui, chosen: &Chosen, mut wanted: Wanted) -> Result<()> {
    let files = signin::read_files(context)?;
    let (base, wiring) = profile::wire(context, &files, chosen)?;
    let rewiring = Rewiring::of(&files.config, &wiring.profiles)?;
    wanted.request.profile = Some(base.profile.clone());
    let prepared = signin::prepare(context, &wanted)?;
    explain(ui, &prepared);
    for warning in &wiring.warnings {
        ui.warn(warning);
    }
    for note in &wiring.notes {
        ui.note(note);
    }
    if let Some(rewiring) = &rewiring {
        let question = format!(
            "Let {} take credentials from section [{}] like this?",
            named(&changed(&wiring)),
            base.section
        );
        change(ui, rewiring, &question, &wanted)?;
        let profiles = named(&changed(&wiring));
        ui.say(&format!("wired: {profiles} to section [{}]", base.section));
    } else {
        let all: Vec<&Rewired> = wiring.profiles.iter().collect();
        ui.say(&format!(
            "nothing to do in the config file: {} wired to section [{}] already",
            is(&all),
            base.section
        ));
    }
    let session = session(context, ui, &base, prepared, &wanted);
    let session = session.map_err(|failure| match &rewiring {
        Some(_) => failure.next(format!(
            "sign in with `awsmfa -p {}`: the config file is wired",
            word(&base.profile)
        )),
        None => failure,
    })?;
    if ui.output() == Output::Json {
        return ui.document(&Report::new(
            &files.config.path,
            &wiring,
            false,
            Some(session),
        ));
    }
    ui.say(&session.said);
    if let [only] = &wiring.profiles[..] {
        how_to_use(context, ui, only.name());
    }
    Ok(())
}

fn unwire(context: &Context, ui: &Ui, chosen: &Chosen, wanted: &Wanted) -> Result<()> {
    let files = signin::read_files(context)?;
    let wiring = profile::unwire(context, &files, chosen)?;
    for note in &wiring.notes {
        ui.note(note);
    }
    let profiles = named(&changed(&wiring));
    match Rewiring::of(&files.config, &wiring.profiles)? {
        Some(rewiring) => {
            let question = format!("Unwire {profiles} like this?");
            change(ui, &rewiring, &question, wanted)?;
            ui.say(&format!("unwired: {profiles}"));
        }
        None if chosen.all => ui.say("nothing to do: no role profile of this source is wired"),
        None => ui.say(match chosen.names.len() {
            0 | 1 => "nothing to do: this profile is not wired",
            _ => "nothing to do: these profiles are not wired",
        }),
    }
    if ui.output() == Output::Json {
        return ui.document(&Report::new(&files.config.path, &wiring, true, None));
    }
    Ok(())
}

/// Shows the change and makes it, if that is agreed to.
fn change(ui: &Ui, rewiring: &Rewiring<'_>, question: &str, wanted: &Wanted) -> Result<()> {
    let diff = rewiring.diff();
    if wanted.yes {
        if !ui.is_quiet() {
            ui.diff(&diff);
        }
        return rewiring.write(ui, wanted.timeout);
    }
    let refused =
        |what: &str| Failure::new(Kind::Configuration, what).at(rewiring.path().display());
    ui.diff(&diff);
    let Ok(terminal) = Terminal::open(ui) else {
        return Err(refused(
            "the config file is not changed without consent, and there is no terminal to ask on",
        )
        .next("agree with --yes"));
    };
    rewiring.rehearse(ui, wanted.timeout)?;
    if !ui.is_on_terminal() {
        for line in diff.to_string().lines() {
            terminal.show(line)?;
        }
    }
    if !terminal.confirm(question)? {
        return Err(refused("the config file was not changed"));
    }
    rewiring.write(ui, wanted.timeout)
}

/// The session that AWS tools will use, made good where it is not.
fn session(
    context: &Context,
    ui: &Ui,
    base: &Base,
    mut prepared: Prepared,
    wanted: &Wanted,
) -> Result<Session> {
    let section = prepared.plan.section.value.clone();
    let fresh = loop {
        let now = context.clock.now();
        if let Ok(good) = prepared.good(now, wanted) {
            say_not_applied(ui, wanted, good.session);
            let expiration = good.session.expiration;
            let end = until(expiration.unwrap_or(now), now, &context.zone());
            return Ok(Session {
                action: "reused",
                said: format!("[{section}] is still good until {end}"),
                access_key_id: good.session.key_id.clone(),
                expiration: expiration.map(spell_expiration),
                section,
            });
        }
        // Where only the role's profile knows the device, it still does.
        let plan = &mut prepared.plan;
        plan.serial = plan.serial.take().or_else(|| base.serial.clone());
        match signin::renew(context, ui, prepared, wanted)? {
            Renewed::Here(fresh) => break fresh,
            Renewed::Elsewhere(found) => prepared = *found,
        }
    };
    remarks(ui, &fresh);
    for warning in &fresh.warnings {
        ui.warn(warning);
    }
    let who = fresh.arn.as_deref().unwrap_or("good");
    let end: Timestamp = fresh.expiration;
    Ok(Session {
        action: "renewed",
        said: format!(
            "signed in: [{section}] is {who} until {}",
            until(end, fresh.aws_now, &context.zone())
        ),
        access_key_id: fresh.key.id,
        expiration: Some(spell_expiration(end)),
        section,
    })
}

fn changed(wiring: &Wiring) -> Vec<&Rewired> {
    let profiles = wiring.profiles.iter();
    profiles.filter(|rewired| rewired.changes()).collect()
}

/// `profile dev`, `profiles dev, stg and prod`.
fn named(profiles: &[&Rewired]) -> String {
    let names: Vec<&str> = profiles.iter().map(|rewired| rewired.name()).collect();
    match &names[..] {
        [] => "no profile".to_owned(),
        [only] => format!("profile {only}"),
        [most @ .., last] => format!("profiles {} and {last}", most.join(", ")),
    }
}

fn is(profiles: &[&Rewired]) -> String {
    let verb = if profiles.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", named(profiles))
}

/// What `--output json` prints. There is no secret in it.
#[derive(Serialize)]
struct Report<'a> {
    /// The config file.
    file: String,
    profiles: Vec<Row<'a>>,
    /// Of the source; none where nothing was signed in to.
    session: Option<Session>,
}

#[derive(Serialize)]
struct Row<'a> {
    /// `wired`, `unwired` or `unchanged`.
    action: &'static str,
    profile: &'a str,
    /// As it is now.
    source_profile: Option<&'a str>,
    /// The keys that were set aside or put back.
    keys: &'a [&'static str],
}

#[derive(Serialize)]
struct Session {
    /// `reused` or `renewed`.
    action: &'static str,
    section: String,
    access_key_id: String,
    expiration: Option<String>,
    /// The same for a person.
    #[serde(skip)]
    said: String,
}

impl<'a> Report<'a> {
    fn new(file: &Path, wiring: &'a Wiring, undone: bool, session: Option<Session>) -> Self {
        let row = |rewired: &'a Rewired| Row {
            action: match (rewired.changes(), undone) {
                (false, _) => "unchanged",
                (true, false) => "wired",
                (true, true) => "unwired",
            },
            profile: rewired.name(),
            source_profile: rewired.source_profile.as_deref(),
            keys: &rewired.keys,
        };
        Self {
            file: file.display().to_string(),
            profiles: wiring.profiles.iter().map(row).collect(),
            session,
        }
    }
}
