//! `awsmfa credential-process`: the document that SDKs read from a profile's `credential_process`.
//!
//! Prints that document and nothing else on stdout, whatever `--output` says. Where the
//! credentials come from is [`super::ready`]'s.

use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use super::Target;
use super::ready::{Access, Ready, ready};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::spell_expiration;
use crate::secret::Secret;
use crate::ui::Ui;

/// Room for the document with a long session token: growing would leave copies that nobody wipes.
const ROOM: usize = 16 << 10;

/// Print the profile's credentials for an AWS SDK, signing in only if needed
///
/// For `credential_process = awsmfa credential-process -p NAME` in the config file, in a profile
/// of its own: every AWS tool that uses that profile then gets the credentials of NAME. A code is
/// asked for on the terminal; where there is none, and no other way to a code, the run fails at
/// once.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    access: Access,
}

/// AWS SDKs and Tools Reference Guide, "Process credential provider".
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: String,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Ready {
        key, expiration, ..
    } = ready(context, ui, target, arguments.access)?;
    let document = Document {
        version: 1,
        access_key_id: &key.id,
        secret_access_key: key.secret.expose(),
        session_token: key.token.as_ref().map_or("", Secret::expose),
        expiration: spell_expiration(expiration),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
    serde_json::to_writer(&mut *bytes, &document).map_err(|error| {
        Failure::new(
            Kind::Internal,
            "the credentials could not be put into a document",
        )
        .because(error)
    })?;
    bytes.push(b'\n');
    ui.print(&bytes)
}
