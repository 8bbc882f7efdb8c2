//! `awsmfa handson list`: which hands-on users the account has, since when, and which are overdue.

use clap::{Args, ValueHint};
use jiff::Timestamp;
use serde::Serialize;

use crate::aws::{Role, User};
use crate::commands::Target;
use crate::commands::mfa::create::about;
use crate::commands::whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::Result;
use crate::handson::described;
use crate::handson::files::Found;
use crate::handson::tags::Tags;
use crate::profile::{Files, spell_expiration};
use crate::secret::Secret;
use crate::signin::{self, Acting, Obstacle, Operator};
use crate::together;
use crate::ui::{Cell, Output, Tone, Ui, in_words};

/// How many users are asked for their tags at once: IAM does not tell all tags in one list, and does
/// not like to be asked for everything at the same time.
const AT_ONCE: usize = 16;

/// List the hands-on users of the account
///
/// A user or a role is listed if it carries the tags of `up`: a role by itself where its user is gone,
/// was made anew, or has lost its tags. One is overdue when the time that
/// `--expires` gave it is over; `awsmfa handson down` removes it.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Only those that are overdue
    #[arg(long)]
    overdue: bool,

    /// A code of your own to sign in with, should AWS want MFA for it; `-` reads it from standard input
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    token_code: Option<Secret>,
}

/// One hands-on user, as `--output json` prints it.
#[derive(Serialize)]
struct Row {
    user: String,
    /// None if the role is all that is left.
    user_arn: Option<String>,
    /// What is wrong with the user of a role that is left.
    #[serde(skip)]
    missing: Option<&'static str>,
    role: String,
    created: String,
    /// None if it may stay for ever.
    expires: Option<String>,
    overdue: bool,
    /// The profile to sign in with, if the files have one.
    profile: Option<String>,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        overdue,
        token_code,
    } = arguments;
    let orders = whose::orders(target, Acting::ForOthers, token_code);
    let (mut rows, now) = Errand::new(ui, "").run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let files = signin::read_files(context)?;
        let rows = {
            let _working = ui.working("looking at the tags of all users");
            let rows = rows(&operator, &files).await;
            rows.map_err(|obstacle| operator.explain(obstacle, about("users", None)))?
        };
        Ok((rows, operator.aws().now()))
    })?;
    rows.retain(|row| row.overdue || !overdue);
    if ui.output() == Output::Json {
        return ui.document(&rows);
    }
    if rows.is_empty() {
        let kind = if overdue { "overdue " } else { "" };
        ui.say(&format!("there is no {kind}hands-on user"));
        return Ok(());
    }
    let head = ["USER", "ROLE", "CREATED", "EXPIRES", "PROFILE"];
    let head = head.map(|title| Cell::new(title, Tone::Faint)).to_vec();
    let lines = rows.iter().map(|row| line(row, now));
    ui.fitted_table(&std::iter::once(head).chain(lines).collect::<Vec<_>>())
}

async fn rows(operator: &Operator<'_>, files: &Files) -> Result<Vec<Row>, Obstacle> {
    let (users, roles) = tokio::join!(
        operator.call(async |aws, key| aws.users(key).await),
        operator.call(async |aws, key| aws.roles(key).await),
    );
    let now = operator.aws().now();
    let mut rows = Vec::new();
    let users = users?;
    for some in users.chunks(AT_ONCE) {
        let asked = some
            .iter()
            .map(|user| operator.call(async |aws, key| aws.user(key, &user.name).await));
        for user in together::all(asked).await {
            rows.extend(user?.and_then(|user| of_user(&user, files, now)));
        }
    }
    // Where no user says that it is its own, the role is what is left.
    let orphan = |role: &Role| {
        let user = role.description.as_deref().and_then(described);
        let is_its_own = |row: &Row, user| row.user == user && row.role == role.name;
        user.is_some_and(|user| !rows.iter().any(|row| is_its_own(row, user)))
    };
    let orphans: Vec<Role> = roles?.into_iter().filter(orphan).collect();
    let asked = orphans
        .iter()
        .map(|role| operator.call(async |aws, key| aws.role(key, &role.name).await));
    for role in together::all(asked).await {
        rows.extend(role?.and_then(|role| of_role(&role, &users, now)));
    }
    Ok(rows)
}

fn of_user(user: &User, files: &Files, now: Timestamp) -> Option<Row> {
    let tags = Tags::read(&user.tags)?;
    let found = Found::read(files, &user.arn);
    let profile = found.roles.first().map(|profile| profile.name.clone());
    Some(Row {
        user: user.name.clone(),
        user_arn: Some(user.arn.clone()),
        missing: None,
        created: spell_expiration(user.created),
        overdue: tags.expires.is_some_and(|end| end <= now),
        expires: tags.expires.map(spell_expiration),
        role: tags.partner,
        profile,
    })
}

/// `users` are all of the account.
fn of_role(role: &Role, users: &[User], now: Timestamp) -> Option<Row> {
    let tags = Tags::read(&role.tags)?;
    let user = users.iter().find(|user| user.name == tags.partner);
    let missing = match user {
        None => "gone",
        Some(user) if user.created > role.created => "gone, made anew",
        Some(_) => "lost its tags",
    };
    Some(Row {
        user_arn: None,
        missing: Some(missing),
        role: role.name.clone(),
        created: spell_expiration(role.created),
        overdue: tags.expires.is_some_and(|end| end <= now),
        expires: tags.expires.map(spell_expiration),
        user: tags.partner,
        profile: None,
    })
}

fn line(row: &Row, now: Timestamp) -> Vec<Cell> {
    let user = match row.missing {
        None => Cell::new(row.user.clone(), Tone::Plain),
        Some(what) => Cell::new(format!("{} ({what})", row.user), Tone::Doubtful),
    };
    let plain = |text: &str| Cell::new(text, Tone::Plain);
    let expires = match &row.expires {
        None => Cell::new("-", Tone::Faint),
        Some(end) if !row.overdue => plain(end),
        Some(end) => {
            let over = end
                .parse()
                .ok()
                .map(|end: Timestamp| now.duration_since(end));
            let over = over.map_or(String::new(), |over| in_words(over.unsigned_abs()));
            Cell::new(format!("overdue for {over}"), Tone::Bad)
        }
    };
    vec![
        user,
        plain(&row.role),
        plain(&row.created),
        expires,
        plain(row.profile.as_deref().unwrap_or("-")),
    ]
}
