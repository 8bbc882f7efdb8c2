//! `awsmfa env`: the credentials as lines that set variables in a shell.

use clap::Args;

use super::Target;
use super::ready::{Access, ready};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::shell::{self, Shell};
use crate::spelled::word;
use crate::ui::{Output, Ui};
use crate::variables::{self, assignments, in_the_way};

/// Print the lines that put the credentials into the shell's environment
///
/// bash, zsh, sh: `eval "$(awsmfa env)"`. fish: `awsmfa env | source`. PowerShell: `awsmfa env
/// --shell powershell | Invoke-Expression`. cmd: `for /f "delims=" %i in ('awsmfa env --shell cmd')
/// do @%i`. nushell: `awsmfa env --shell nushell | from json | load-env`. Signs in only if it has
/// to. Sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION
/// and, if a region is known, AWS_REGION and AWS_DEFAULT_REGION; removes variables that would be
/// used instead, such as AWS_PROFILE. AWSMFA_SECTION names the section, so the same line renews the
/// same credentials later.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    access: Access,

    /// For which shell [default: the one that asks]
    #[arg(long, value_enum, value_name = "SHELL")]
    shell: Option<Shell>,

    /// Print the lines that remove all these variables again; needs no credentials
    #[arg(long, conflicts_with = "token_code")]
    unset: bool,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        access,
        shell,
        unset,
    } = arguments;
    let shell = choose(context, ui, shell, "env")?;
    if unset {
        let lines = shell.remove(&variables::ASSIGNED, &variables::OTHERS);
        return ui.print(lines.as_bytes());
    }
    let ready = ready(context, ui, target, access)?;
    let region = ready.region.as_deref();
    let set = assignments(&ready.key, ready.expiration, region, &ready.section);
    let lines = shell.assign(&set, &in_the_way(&context.env), Some(&ready.section));
    let lines = lines.map_err(|failure| {
        failure.next(format!(
            "sign in anew: `awsmfa -p {} --force`",
            word(&ready.profile)
        ))
    })?;
    ui.print(lines.as_bytes())
}

/// `--output json` is `--shell json`.
pub(super) fn choose(
    context: &Context,
    ui: &Ui,
    shell: Option<Shell>,
    command: &str,
) -> Result<Shell> {
    match (shell, ui.output()) {
        (None | Some(Shell::Json), Output::Json) => Ok(Shell::Json),
        (Some(_), Output::Json) => Err(Failure::new(
            Kind::Usage,
            "`--output json` and the lines of a shell exclude each other",
        )
        .at("--shell")
        .next("leave out one of the two")),
        (Some(shell), Output::Text | Output::Csv) => Ok(shell),
        (None, Output::Text | Output::Csv) => shell::guess(&context.env, command),
    }
}
