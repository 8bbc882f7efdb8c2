//! `awsmfa key list`: the keys of a user, how old they are, and who uses them.

use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::keys::{self, Use, age};
use super::uses::Uses;
use crate::aws::UserKey;
use crate::commands::Target;
use crate::commands::age::parse_age;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::Result;
use crate::profile::{Files, spell_expiration};
use crate::signin::{self, Operator};
use crate::ui::{Cell, Output, Tone, Ui};

/// List access keys: their status and age, when and where each was last used, and who holds it
///
/// PROFILES are those of your files that hold the key; the one that this command was run with is
/// marked with `*`. Old keys are marked: rotate them.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// From which age on a key is called old: `90d`
    #[arg(long, value_name = "AGE", value_hint = ValueHint::Other, default_value = "90d", value_parser = parse_age)]
    older_than: Duration,

    #[command(flatten)]
    whose: Whose,
}

/// One key, as `--output json` prints it. There is no secret to print.
#[derive(Serialize)]
struct Row {
    user_name: String,
    access_key_id: String,
    /// `Active` or `Inactive`, as in AWS.
    status: &'static str,
    create_date: String,
    age_days: i64,
    old: bool,
    /// None for a key that was never used, or where AWS does not tell.
    last_used: Option<LastUsed>,
    /// Whether AWS told when it was last used.
    last_used_known: bool,
    /// It is the key of the profile that was chosen.
    in_use: bool,
    /// All that hold it.
    profiles: Vec<String>,
    /// The sections that were signed in to with it and are good.
    sections: Vec<String>,
    #[serde(skip)]
    shown: Shown,
}

#[derive(Serialize)]
struct LastUsed {
    date: String,
    service_name: String,
    region: String,
}

/// The same for the table.
struct Shown {
    age: String,
    used: String,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments { older_than, whose } = arguments;
    let (orders, user) = whose.orders(target)?;
    let (rows, user) = Errand::new(ui, "").run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let user = operator.user(user.as_deref()).await?;
        let working = ui.working("asking AWS for the access keys");
        let keys = keys::of(&operator, &user).await?;
        let uses = keys::last_uses(&operator, ui, &keys, &user).await?;
        drop(working);
        let files = signin::read_files(context)?;
        let looked = Looked {
            context,
            files: &files,
            in_use: &operator.source_key().id,
            user: &user,
            now: operator.aws().now(),
            older_than,
        };
        let rows: Vec<Row> = keys
            .iter()
            .zip(&uses)
            .map(|(key, used)| looked.row(key, used))
            .collect();
        Ok((rows, user))
    })?;
    if ui.output() == Output::Json {
        return ui.document(&rows);
    }
    if rows.is_empty() {
        ui.say(&format!(
            "{user} has no access key; `awsmfa key create` makes one"
        ));
        return Ok(());
    }
    let head = ["KEY", "STATUS", "AGE", "LAST USED", "PROFILES"];
    let head = head.map(|title| Cell::new(title, Tone::Faint)).to_vec();
    ui.fitted_table(
        &std::iter::once(head)
            .chain(rows.iter().map(line))
            .collect::<Vec<_>>(),
    )
}

/// What a row is made from, besides its key.
struct Looked<'a> {
    context: &'a Context,
    files: &'a Files,
    in_use: &'a str,
    user: &'a str,
    /// By AWS's clock, as the dates are.
    now: Timestamp,
    older_than: Duration,
}

impl Looked<'_> {
    fn row(&self, key: &UserKey, used: &Use) -> Row {
        let uses = Uses::of(self.context, self.files, &key.id);
        let length = self.now.duration_since(key.created);
        let limit = SignedDuration::try_from(self.older_than).unwrap_or(SignedDuration::MAX);
        let last_used = match used {
            Use::Last(last) => Some(LastUsed {
                date: spell_expiration(last.at),
                service_name: last.service.clone(),
                region: last.region.clone(),
            }),
            Use::Never | Use::Unknown => None,
        };
        Row {
            user_name: self.user.to_owned(),
            status: status(key.active),
            create_date: spell_expiration(key.created),
            age_days: length.as_hours() / 24,
            old: length > limit,
            last_used,
            last_used_known: *used != Use::Unknown,
            in_use: key.id == self.in_use,
            profiles: uses.names(),
            sections: uses.sections,
            shown: Shown {
                age: age(key.created, self.now),
                used: used.in_words(self.now),
            },
            access_key_id: key.id.clone(),
        }
    }
}

pub(super) const fn status(active: bool) -> &'static str {
    match active {
        true => "Active",
        false => "Inactive",
    }
}

fn line(row: &Row) -> Vec<Cell> {
    let mark = if row.in_use { "*" } else { "" };
    let status = match row.status {
        "Active" => Cell::new("active", Tone::Good),
        _ => Cell::new("inactive", Tone::Faint),
    };
    let age = match row.old {
        true => Cell::new(format!("{} (old)", row.shown.age), Tone::Doubtful),
        false => Cell::new(row.shown.age.clone(), Tone::Plain),
    };
    let profiles = match row.profiles.as_slice() {
        [] => Cell::new("-", Tone::Faint),
        names => Cell::new(names.join(", "), Tone::Plain),
    };
    vec![
        Cell::new(format!("{}{mark}", row.access_key_id), Tone::Plain),
        status,
        age,
        Cell::new(row.shown.used.clone(), Tone::Plain),
        profiles,
    ]
}
