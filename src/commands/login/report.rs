//! What is said about one profile that was signed in to.

use std::path::PathBuf;

use jiff::SignedDuration;
use serde::Serialize;

use crate::context::Context;
use crate::failure::Result;
use crate::profile::{Session, spell_expiration};
use crate::session::Good;
use crate::shell;
use crate::signin::{Fresh, Kept, Wanted};
use crate::ui::{Output, Ui, in_words, until};

/// From this difference on a clock is worth a word; AWS refuses signatures from five minutes on.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Where the credentials are.
pub(super) struct Place {
    pub(super) profile: String,
    pub(super) section: String,
    pub(super) file: PathBuf,
}

/// What `--output json` prints. A secret is never part of it.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    profile: &'a str,
    section: &'a str,
    file: String,
    arn: Option<&'a str>,
    role_arn: Option<&'a str>,
    serial_number: Option<&'a str>,
    access_key_id: &'a str,
    expiration: Option<String>,
    remaining_seconds: i64,
    /// Where the session is that the role was assumed with, and until when it is good.
    session_section: Option<&'a str>,
    session_expiration: Option<String>,
}

pub(super) fn reused(
    context: &Context,
    ui: &Ui,
    place: &Place,
    good: &Good<'_>,
    wanted: &Wanted,
) -> Result<()> {
    let Good { session, remaining } = good;
    say_not_applied(ui, wanted, session);
    let now = context.clock.now();
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action: "reused",
            profile: &place.profile,
            section: &place.section,
            file: place.file.display().to_string(),
            arn: None,
            role_arn: session.marks.role_arn.as_deref(),
            serial_number: session.marks.serial.as_deref(),
            access_key_id: &session.key_id,
            expiration: session.expiration.map(spell_expiration),
            remaining_seconds: remaining.as_secs(),
            session_section: None,
            session_expiration: None,
        });
    }
    ui.say(&format!(
        "[{}] is still good until {}; --force renews it",
        place.section,
        until(session.expiration.unwrap_or(now), now, &context.zone())
    ));
    how_to_use(context, ui, &place.section);
    Ok(())
}

pub(super) fn renewed(context: &Context, ui: &Ui, place: &Place, fresh: &Fresh) -> Result<()> {
    remarks(ui, fresh);
    for warning in &fresh.warnings {
        ui.warn(warning);
    }
    let remaining = fresh.expiration.duration_since(fresh.aws_now);
    let session = fresh.session.as_ref();
    if ui.output() == Output::Json {
        let report = Report {
            action: "renewed",
            profile: &place.profile,
            section: &place.section,
            file: place.file.display().to_string(),
            arn: fresh.arn.as_deref(),
            role_arn: fresh.role_arn.as_deref(),
            serial_number: fresh.serial.as_deref(),
            access_key_id: &fresh.key.id,
            expiration: Some(spell_expiration(fresh.expiration)),
            remaining_seconds: remaining.as_secs(),
            session_section: session.map(|session| session.section.as_str()),
            session_expiration: session.map(|session| spell_expiration(session.expiration)),
        };
        return ui
            .document(&report)
            .map_err(|lost| lost.note(format!("[{}] is written all the same", place.section)));
    }
    let who = match &fresh.arn {
        Some(arn) => format!("[{}] is {arn}", place.section),
        None => format!("[{}] is good", place.section),
    };
    ui.say(&format!(
        "signed in: {who} until {}",
        until(fresh.expiration, fresh.aws_now, &context.zone())
    ));
    if let Some(session) = session {
        say_session(context, ui, session, fresh);
    }
    how_to_use(context, ui, &place.section);
    Ok(())
}

/// What AWS did otherwise than one might think.
pub(in crate::commands) fn remarks(ui: &Ui, fresh: &Fresh) {
    if let Some((asked, granted)) = fresh.lowered {
        ui.note(&format!(
            "the role's maximum is less than {}: AWS granted {}",
            in_words(asked),
            in_words(granted)
        ));
    }
    if let Some(skew) = fresh.skew.filter(|skew| skew.abs() >= NOTABLE_SKEW) {
        ui.warn(&format!(
            "this computer's clock is {} {} AWS's; other AWS tools may be refused until it is set",
            in_words(skew.unsigned_abs()),
            if skew.is_positive() {
                "behind"
            } else {
                "ahead of"
            }
        ));
    }
}

/// Whoever asks for something else than what is kept has to know that it is kept.
pub(in crate::commands) fn say_not_applied(ui: &Ui, wanted: &Wanted, session: &Session) {
    if let Some(text) = wanted.not_applied(session) {
        ui.note(&text);
    }
}

/// The session that a role was assumed with is worth more than that role.
pub(super) fn say_session(context: &Context, ui: &Ui, session: &Kept, fresh: &Fresh) {
    ui.say(&format!(
        "until {} the session in [{}] opens further roles without a code",
        until(session.expiration, fresh.aws_now, &context.zone()),
        session.section
    ));
}

/// The next thing to type, unless the shell is set up already.
pub(in crate::commands) fn how_to_use(context: &Context, ui: &Ui, section: &str) {
    let set = context
        .env
        .raw("AWS_PROFILE")
        .is_some_and(|profile| profile == section);
    if set || section == "default" {
        return;
    }
    let setting = shell::at_hand(&context.env).setting("AWS_PROFILE", section);
    ui.say(&format!("use it: {setting}"));
}
