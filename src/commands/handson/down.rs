//! `awsmfa handson down`: its arguments, what it asks, and what is told at the end.

use clap::{Args, ValueHint};
use serde::Serialize;

use super::notes::Notes;
use super::raze::{Razing, strangers};
use super::survey::{Survey, survey};
use crate::arn::Arn;
use crate::commands::Target;
use crate::commands::news::pause;
use crate::commands::whose;
use crate::consent;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::handson::down::{self, levels, to_be_taken};
use crate::handson::files;
use crate::handson::note::{Made, Note};
use crate::iam_name::Named;
use crate::pauses::Pauses;
use crate::secret::Secret;
use crate::signin::{self, Acting, Operator};
use crate::spelled::Spelled;
use crate::ui::{Output, Ui};

/// Remove a hands-on user, its role, and everything of them
///
/// Deletes the access key, the device, the role with its policies, the user, and the profiles and
/// sections in both files. What `up` has not made (a further key, a policy or a group put on by hand)
/// is listed and stops it, unless `--force` says to remove it, too. A user without the tags of `up` is
/// never touched. Run it again after a failure: it goes on; where nothing is left, it says so.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The user to remove [default: the one that the files know, if it is the only one]
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    user: Option<String>,

    /// The role, where the user is gone and its tags with it [default: found by its description]
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    role: Option<String>,

    /// Remove also what was added to the user or the role by hand
    #[arg(short, long)]
    force: bool,

    /// Agree to the removal
    #[arg(short, long)]
    yes: bool,

    /// A code of your own to sign in with, should AWS want MFA for it; `-` reads it from standard input
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    token_code: Option<Secret>,
}

/// What `--output json` prints.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    user: &'a str,
    removed: &'a [String],
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        user,
        role,
        force,
        yes,
        token_code,
    } = arguments;
    if let Some(role) = &role {
        Named::Role.check(role, "--role")?;
    }
    let timeout = target.timeout;
    let mut spelled = Spelled {
        profile: target.profile.clone(),
        endpoint: target.endpoint_url.clone(),
        ..Spelled::default()
    };
    let user = match user {
        Some(user) => user,
        None => only_user(context, &spelled)?,
    };
    Named::User.check(&user, "--user")?;
    spelled.user = Some(user.clone());
    let orders = whose::orders(target, Acting::ForOthers, token_code);
    let errand = Errand::new(
        ui,
        format!(
            "run `{}` again: it goes on from there",
            spelled.command("handson down")
        ),
    );
    let removed = errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        is_somebody_else(context, &operator, &user)?;
        let notes = Notes::open(context, ui, &user, timeout).await?;
        let mut pauses = Pauses::for_news(timeout);
        let survey = loop {
            let survey = {
                let _working = ui.working("looking what is there");
                let files = signin::read_files(context)?;
                survey(
                    &operator,
                    ui,
                    &files,
                    &notes,
                    &user,
                    role.as_deref(),
                    &spelled,
                )
                .await?
            };
            let Some(late) = survey.late else {
                break survey;
            };
            let waiting = format!("AWS does not show {} yet", in_words(late, &user));
            if !pause(ui, &mut pauses, &waiting).await {
                return Err(not_shown(waiting));
            }
        };
        let account = survey.account.as_str();
        warn(ui, &survey);
        let others = down::strangers(&survey.seen);
        if !others.is_empty() && !force {
            return Err(strangers(&others, &user));
        }
        if levels(&survey.seen).is_empty() && !survey.in_files {
            notes.revise(account, |note| *note = Note::default())?;
            return Ok(Vec::new());
        }
        list(ui, &survey);
        consent::obtain(
            ui,
            yes,
            &format!("remove hands-on user {user} and all that is listed"),
        )
        .await?;
        let razing = Razing {
            context,
            ui,
            errand: &errand,
            operator: &operator,
            timeout,
        };
        notes.revise(account, |note| {
            note.all_shown();
            note.take(to_be_taken(&survey.seen));
        })?;
        let removed = razing.run(&survey).await?;
        notes.revise(account, |note| *note = Note::default())?;
        Ok(removed)
    })?;
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action: "down",
            user: &user,
            removed: &removed,
        });
    }
    match removed.is_empty() {
        true => ui.say(&format!("nothing is left of hands-on user {user}")),
        false => ui.say(&format!("hands-on user {user} is removed")),
    }
    Ok(())
}

/// Nobody takes themselves down: with the key gone, the rest could not be.
fn is_somebody_else(context: &Context, operator: &Operator<'_>, user: &str) -> Result<()> {
    let files = signin::read_files(context)?;
    let plan = operator.plan();
    let source = plan.source.name().unwrap_or_default();
    let made_for = files::made_for(&files, source);
    let name = made_for
        .as_deref()
        .and_then(Arn::parse)
        .map(|arn| arn.name().to_owned());
    if name.as_deref() != Some(user) {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Configuration,
        format!(
            "profile `{}` signs in with the key of hands-on user {user} itself",
            plan.profile.value
        ),
    )
    .at(&plan.profile.origin)
    .next("name an administrator's profile with `--profile`"))
}

/// The hands-on user that the files know.
fn only_user(context: &Context, spelled: &Spelled) -> Result<String> {
    let users = files::users(&signin::read_files(context)?);
    let name = |arn: &String| Arn::parse(arn).map(|arn| arn.name().to_owned());
    let mut names: Vec<String> = users.iter().filter_map(name).collect();
    names.dedup();
    match names.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::new(Kind::Usage, "the files know no hands-on user")
            .at("--user")
            .next(format!(
                "name it with `--user`; `{}` shows those of the account",
                spelled.command("handson list")
            ))),
        several => Err(several.iter().fold(
            Failure::new(Kind::Usage, "the files know several hands-on users").at("--user"),
            |failure, name| failure.next(format!("--user {name}")),
        )),
    }
}

/// What `up` has asked for, be it made or not.
fn in_words(made: Made, user: &str) -> String {
    match made {
        Made::User => format!("user {user}"),
        Made::Role => format!("the role of user {user}"),
        Made::Key => format!("the access key of user {user}"),
        Made::Device => format!("the device of user {user}"),
    }
}

/// Nothing is removed: with half of it gone, the rest would be told from others no more.
fn not_shown(what: String) -> Failure {
    Failure::new(
        Kind::Aws,
        format!("{what}, which an earlier run has asked for a moment ago"),
    )
    .next("wait a minute, then run the same again: what is not shown by then was never made")
}

fn warn(ui: &Ui, survey: &Survey) {
    for profile in &survey.strange {
        ui.warn(&format!(
            "profile `{profile}` holds a key that is not of user {}: it stays",
            survey.user
        ));
    }
    if let Some(role) = &survey.untagged_role {
        ui.warn(&format!(
            "role {role} is not tagged as made for user {}: it stays",
            survey.user
        ));
    }
}

/// What will be removed, before anybody is asked.
fn list(ui: &Ui, survey: &Survey) {
    let mut things: Vec<String> = Vec::new();
    for deed in levels(&survey.seen).iter().flatten() {
        let thing = deed.thing(&survey.user);
        if !things.contains(&thing) {
            things.push(thing);
        }
    }
    if survey.in_files {
        things.push("the profiles and sections of both files that were made for it".to_owned());
    }
    for thing in things {
        ui.say(&format!("to be removed: {thing}"));
    }
}
