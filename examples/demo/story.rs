//! The steps: denied, one code, allowed, and what changed in the file.
//!
//! Everything shown is what the programs really said, and every step is checked.

use similar::{ChangeTag, TextDiff};

use crate::Result;
use crate::stage::{ADDED, BOLD, REMOVED, ROLE, Ran, Stage, USER};

const SECTION: &str = "session-token";

pub(crate) fn tell(stage: &mut Stage) -> Result<()> {
    stage.say(&format!(
        "A local AWS answers at {}: it checks signatures, codes and\n\
         policies as AWS does. The home directory ~ is the demo's own, in\n\
         {}\nYour ~/.aws is not touched.",
        stage.aws.endpoint(),
        stage.home().display()
    ))?;
    let before = a_user_without_permissions(stage)?;
    one_code(stage)?;
    what_changed(stage, &before)?;
    good_until(stage)?;
    crate::play::what_is_offered_works(stage)?;
    let violations = stage.aws.violations();
    check(
        violations.is_empty(),
        &format!("the local AWS saw {violations:?}"),
    )
}

fn a_user_without_permissions(stage: &mut Stage) -> Result<String> {
    stage.title("1. A user who may do nothing")?;
    stage.say(&format!(
        "{USER} has no permissions. The role {ROLE} may do\n\
         everything; only {USER} may assume it, and only with an MFA code.\n\
         This is all that is set up. awsmfa_profile names the section to write; the\n\
         other lines are the AWS CLI's own:\n"
    ))?;
    let (config, credentials) = (stage.config()?, stage.credentials()?);
    stage.echo("cat ~/.aws/config")?;
    stage.show(&config)?;
    stage.say("")?;
    stage.echo("cat ~/.aws/credentials")?;
    for line in credentials.lines() {
        stage.say(&shortened(line))?;
    }
    stage.say("\nlist-users stands for any program that uses AWS:\n")?;
    let denied = stage.list_users()?;
    check(
        !denied.succeeded && denied.said.contains("AccessDenied"),
        "the user was to be denied",
    )?;
    Ok(credentials)
}

fn one_code(stage: &mut Stage) -> Result<()> {
    stage.title("2. One code")?;
    let code = stage.aws.code(&stage.device);
    stage.say(&format!(
        "The authenticator on the phone shows {BOLD}{code}{BOLD:#}.\n"
    ))?;
    stage.export("AWS_PROFILE", SECTION)?;
    let signed_in = stage.awsmfa(&["--token-code", &code])?;
    check(signed_in.succeeded, "awsmfa was to sign in")?;
    stage.say("")?;
    let allowed = stage.list_users()?;
    check(
        allowed.succeeded && allowed.said.contains(&format!("user/{USER}")),
        "the role was to be allowed",
    )
}

fn what_changed(stage: &mut Stage, before: &str) -> Result<()> {
    stage.title("3. What changed in ~/.aws/credentials")?;
    let after = stage.credentials()?;
    let diff = TextDiff::from_lines(before, &after);
    stage.say("--- before\n+++ after")?;
    for hunk in diff.unified_diff().iter_hunks() {
        stage.say(&hunk.header().to_string())?;
        for change in hunk.iter_changes() {
            let style = match change.tag() {
                ChangeTag::Insert => ADDED,
                ChangeTag::Delete => REMOVED,
                ChangeTag::Equal => anstyle::Style::new(),
            };
            let line = shortened(change.value().trim_end());
            stage.say(&format!("{style}{}{line}{style:#}", change.tag()))?;
        }
    }
    stage.say(&format!(
        "\n[default-mfa] is the user's own session, made with the code; [{SECTION}] is the role,\n\
         assumed with that session. The {} bytes before them are the same as they were.",
        before.len()
    ))?;
    let added = after.lines().filter(|line| line.starts_with('[')).count();
    let known = before.lines().filter(|line| line.starts_with('[')).count();
    check(added == known + 2, "two sections were to be added")?;
    check(
        after.starts_with(before),
        "the rest of the file was to stay",
    )
}

fn good_until(stage: &mut Stage) -> Result<()> {
    stage.title("4. Good for an hour")?;
    stage.say(&format!(
        "A role lasts an hour unless asked otherwise. Then the same command renews\n\
         [{SECTION}] with the session, which is good for 12 hours and needs no code until\n\
         then. Now there is nothing to do:\n"
    ))?;
    let Ran { succeeded, said } = stage.awsmfa(&[])?;
    check(
        succeeded && said.contains("still good"),
        "the section was to be good",
    )?;
    stage.say("")
}

/// A line of the credentials file with the secret in it cut short.
fn shortened(line: &str) -> String {
    let secret = ["aws_secret_access_key", "aws_session_token"];
    match line.split_once('=') {
        Some((key, value)) if secret.contains(&key.trim()) => {
            let shown = value.chars().take(5).collect::<String>();
            format!("{key}={shown}…")
        }
        _ => line.to_owned(),
    }
}

pub(crate) fn check(holds: bool, expected: &str) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(format!("the demo's story did not come true: {expected}").into())
}
