//! `awsmfa logout`: take sections of ours out of the credentials file.

use clap::Args;
use serde::Serialize;

use super::Target;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::ini::Beside;
use crate::profile::{Request, spell_expiration};
use crate::signin::{self, Left, SignedOut, Which};
use crate::ui::{Output, Ui};

/// Remove the temporary credentials that awsmfa has written
///
/// Takes the profile's section out of the credentials file, if awsmfa wrote it; every other byte
/// stays. A section to which you have added keys or comments of your own keeps those and loses the
/// credentials. Sections of other tools and long-term keys are never touched. AWS is not told:
/// credentials that were copied elsewhere stay good until they expire.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Every section that awsmfa has written
    #[arg(long, conflicts_with = "expired")]
    all: bool,

    /// Every section that awsmfa has written and that has expired
    #[arg(long)]
    expired: bool,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: &Arguments) -> Result<()> {
    let Target {
        profile,
        region,
        endpoint_url,
        timeout,
    } = target;
    let which = match (arguments.all, arguments.expired) {
        (false, false) => Which::Profile(Box::new(Request {
            profile,
            region,
            endpoint_url,
            ..Request::default()
        })),
        _ if profile.is_some() => {
            return Err(Failure::new(
                Kind::Usage,
                "--profile names one section, --all and --expired mean many",
            )
            .at("--profile")
            .next("leave one of them out"));
        }
        (true, _) => Which::All,
        (_, true) => Which::Expired,
    };
    let done = signin::sign_out(context, ui, &which, timeout)?;
    tell(ui, &which, &done)?;
    done.swept
}

fn tell(ui: &Ui, which: &Which, done: &SignedOut) -> Result<()> {
    if ui.output() == Output::Json {
        let file = done.file.display().to_string();
        let rows = done.sections.iter().map(|left| Row::new(&file, left));
        return ui.document(&rows.collect::<Vec<_>>());
    }
    if done.sections.is_empty() {
        ui.say(&nothing(which, done));
    }
    for left in &done.sections {
        let section = &left.held.section;
        if left.beside.is_nothing() {
            ui.say(&format!("signed out: section [{section}] is removed"));
        } else {
            let beside = in_words(&left.beside);
            ui.say(&format!(
                "signed out: section [{section}] has no credentials any more; it stays, because it also holds {beside}"
            ));
        }
    }
    Ok(())
}

/// Why nothing was done, and which sections there are for another try.
fn nothing(which: &Which, done: &SignedOut) -> String {
    let why = match (which, &done.meant) {
        (Which::All, _) => "nothing to do: there is no section of awsmfa".to_owned(),
        (Which::Expired, _) => "nothing to do: no section of awsmfa has expired".to_owned(),
        (_, Some(section)) => {
            format!("nothing to do: section [{section}] does not exist, or awsmfa did not write it")
        }
        (_, None) => "nothing to do: there is no profile `default`".to_owned(),
    };
    match (which, done.signed_in.as_slice()) {
        (Which::Profile(_), []) => format!("{why}; you are not signed in"),
        (Which::Profile(_), names) => format!(
            "{why}. Signed in: {} (sign out of all: awsmfa logout --all)",
            names.join(", ")
        ),
        _ => why,
    }
}

/// What stays in a section, for the person whose it is.
fn in_words(beside: &Beside) -> String {
    let keys = beside.keys.iter().map(|key| format!("`{key}`"));
    let comments = match beside.comments {
        0 => None,
        1 => Some("a comment".to_owned()),
        count => Some(format!("{count} comments")),
    };
    keys.chain(comments).collect::<Vec<_>>().join(", ")
}

/// What `--output json` prints for each section. A secret is never part of it.
#[derive(Serialize)]
struct Row<'a> {
    /// `removed`, or `emptied` where the section stays for what is not ours in it.
    action: &'static str,
    section: &'a str,
    file: &'a str,
    role_arn: Option<&'a str>,
    access_key_id: Option<&'a str>,
    expiration: Option<String>,
    /// The keys that stay.
    kept_keys: &'a [String],
    /// How many comments stay.
    kept_comments: usize,
}

impl<'a> Row<'a> {
    fn new(file: &'a str, left: &'a Left) -> Self {
        let held = &left.held;
        let action = if left.beside.is_nothing() {
            "removed"
        } else {
            "emptied"
        };
        Self {
            action,
            section: &held.section,
            file,
            role_arn: held.role_arn.as_deref(),
            access_key_id: Some(held.key_id.as_str()).filter(|id| !id.is_empty()),
            expiration: held.expiration.map(spell_expiration),
            kept_keys: &left.beside.keys,
            kept_comments: left.beside.comments,
        }
    }
}
