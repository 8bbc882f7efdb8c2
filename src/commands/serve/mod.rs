//! `awsmfa serve`: credentials that renew themselves, for whoever asks on this computer and has the
//! token.
//!
//! The port is taken before anybody is asked for a code. `offer` signs in and opens the endpoint for
//! a profile, `renewal` keeps it fresh; the endpoint itself is [`crate::endpoint`]'s.

mod offer;
mod renewal;
mod stop;

use std::convert::Infallible;

use clap::Args;
use serde::{Serialize, Serializer};

pub(super) use offer::{Offer, offer, runtime};
pub(super) use renewal::Told;

use super::Target;
use super::env::choose;
use super::ready::Access;
use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::failure::{Failure, Kind, Result};
use crate::profile::spell_expiration;
use crate::shell::Shell;
use crate::ui::{Ui, printable, until};
use crate::variables::in_the_way_of_endpoint;
use stop::Stop;

/// Serve credentials to the SDKs and programs of this computer, and keep them fresh
///
/// Listens on 127.0.0.1 and prints the lines that set AWS_CONTAINER_CREDENTIALS_FULL_URI and
/// AWS_CONTAINER_AUTHORIZATION_TOKEN in another shell. AWS tools then ask there for credentials,
/// and ask again before they expire: roles go on for as long as the session lives, everything goes
/// on with `mfa_process`, and a sign-in in another terminal is noticed. Signs in first, only if it
/// has to. With several `-p` each profile has a path and a token of its own. The token is a secret:
/// whoever has it has the credentials. Ctrl-C or SIGTERM ends it, with exit code 0.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    access: Access,

    /// The port to listen on [default: one that is free]
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    port: u16,

    /// For which shell the lines are: bash, zsh, fish, powershell, cmd, nushell or json [default:
    /// the one that asks]
    #[arg(long, value_enum, value_name = "SHELL", hide_possible_values = true)]
    shell: Option<Shell>,
}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    more: Vec<String>,
    arguments: Arguments,
) -> Result<()> {
    let Arguments {
        access,
        port,
        shell,
    } = arguments;
    let shell = choose(context, ui, shell, "serve")?;
    let mut endpoint = Endpoint::bind(port)?;
    let others = more.into_iter().map(|name| Target {
        profile: Some(name),
        ..target.clone()
    });
    let targets: Vec<Target> = std::iter::once(target.clone()).chain(others).collect();
    let mut offers: Vec<Offer> = Vec::new();
    let mut access = Some(access);
    for target in targets {
        // A code is good for one sign-in.
        let access = access.take().unwrap_or_default();
        let offer = offer(context, ui, &mut endpoint, target, access, Told::All)?;
        let profile = &offer.ready.profile;
        if offers.iter().any(|other| other.ready.profile == *profile) {
            let what = format!("profile `{profile}` is named twice");
            return Err(Failure::new(Kind::Usage, what)
                .at("--profile")
                .next("leave one of them out"));
        }
        offers.push(offer);
    }
    runtime()?.block_on(async {
        // From here on a signal is an end like any other.
        let mut stop = Stop::listen()?;
        tell(context, ui, &offers);
        print(context, ui, shell, &offers)?;
        ui.end_output();
        tokio::select! {
            served = endpoint.serve() => served.map(|never: Infallible| match never {}),
            () = stop.asked_for() => {
                ui.say("stopped");
                Ok(())
            }
        }
    })
}

fn tell(context: &Context, ui: &Ui, offers: &[Offer]) {
    let (now, zone) = (context.clock.now(), context.zone());
    for offer in offers {
        ui.say(&format!(
            "serving [{}] for profile {}, good until {}",
            offer.ready.section,
            offer.ready.profile,
            until(offer.ready.expiration, now, &zone)
        ));
    }
    // They are about the files, so they are the same for all.
    for note in offers.iter().take(1).flat_map(|offer| &offer.notes) {
        ui.note(note);
    }
    ui.say("set these variables in another shell. The token is a secret: whoever has it can use the credentials. Ctrl-C ends it");
}

fn print(context: &Context, ui: &Ui, shell: Shell, offers: &[Offer]) -> Result<()> {
    let gone = in_the_way_of_endpoint(&context.env);
    if shell == Shell::Json {
        let profiles: Vec<Row<'_>> = offers.iter().map(|offer| Row::new(offer, &gone)).collect();
        return ui.document(&Document { profiles });
    }
    let several = offers.len() > 1;
    for offer in offers {
        let lines = shell.assign(&offer.assignments, &gone, None)?;
        if several {
            let title = format!("profile {}", printable(&offer.ready.profile));
            ui.print(shell.comment(&title).as_bytes())?;
        }
        ui.print(lines.as_bytes())?;
    }
    if several {
        ui.note("there are lines for each profile, and a shell can take those of one: the last would win");
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'a> {
    profiles: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    profile: &'a str,
    section: &'a str,
    expiration: String,
    /// Null means that the variable has to go.
    #[serde(serialize_with = "by_name")]
    environment: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Row<'a> {
    fn new(offer: &'a Offer, gone: &[&'a str]) -> Self {
        let set = offer.assignments.iter();
        let set = set.map(|(name, value)| (*name, Some(value.expose())));
        let is_set = |name: &str| offer.assignments.iter().any(|(other, _)| *other == name);
        let gone = gone.iter().filter(|name| !is_set(name));
        let gone = gone.map(|name| (*name, None));
        Self {
            profile: &offer.ready.profile,
            section: &offer.ready.section,
            expiration: spell_expiration(offer.ready.expiration),
            environment: gone.chain(set).collect(),
        }
    }
}

fn by_name<S: Serializer>(
    environment: &[(&str, Option<&str>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(environment.iter().copied())
}
