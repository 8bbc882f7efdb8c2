//! The direct way: a session of the user's own, or roles assumed with the code itself.
//!
//! Consent, rehearsal, key, device, code, credentials: in the order of what they cost. One section
//! is written.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::caller::Caller;
use super::desk::{Desk, Errand};
use super::issue::{self, Granted};
use super::save::{self, Contents, Entry};
use super::spend::{self, ASKING};
use super::{Fresh, Prepared};
use crate::code::CodeSource;
use crate::failure::Result;
use crate::profile::Learned;

/// How long the name of the new identity is worth waiting for once everything is written.
const NICETY: Duration = Duration::from_secs(1);

/// How often a request has to get its turn until it is on an open connection: the call, the
/// client, the connection, and one to spare.
const SENDING: usize = 4;

/// Credentials that are written.
pub(super) struct Obtained {
    caller: Caller,
    serial: Option<String>,
    granted: Granted,
    asked: Option<JoinHandle<Option<String>>>,
}

/// Gets the credentials and writes them.
pub(super) async fn sign_in(desk: &Desk<'_>, prepared: &mut Prepared) -> Result<Obtained> {
    desk.consent(&prepared.plan, &prepared.files.credentials)
        .await?;
    let code = std::mem::replace(&mut prepared.code, CodeSource::Terminal);
    let mut obtained = obtain(desk, prepared, code).await?;
    obtained.asked = ask_who(desk, &obtained).await;
    save(desk, prepared, &obtained).await?;
    Ok(obtained)
}

async fn obtain(desk: &Desk<'_>, prepared: &Prepared, code: CodeSource) -> Result<Obtained> {
    let Prepared { files, plan, .. } = prepared;
    desk.somebody_to_ask(plan, &code)?;
    save::rehearse(desk.ui, &files.credentials, [plan], desk.wanted.timeout).await?;
    let mut caller = Caller::new(desk.context, &desk.ways, plan).await?;
    let (granted, serial) = if caller.key().is_temporary() {
        (
            without_code(desk, &mut caller, prepared, &code).await?,
            None,
        )
    } else {
        desk.somebody_there(&code)?;
        let errand = Errand {
            plan,
            profile: &plan.profile.value,
            credentials: &files.credentials.path,
        };
        let proof = spend::proof(desk, &mut caller, errand, code).await?;
        let (granted, serial) = spend::spend(desk, &mut caller, errand, proof).await?;
        (granted, Some(serial))
    };
    Ok(Obtained {
        caller,
        serial,
        granted,
        asked: None,
    })
}

/// A source whose credentials are temporary has shown its code elsewhere, or never will.
async fn without_code(
    desk: &Desk<'_>,
    caller: &mut Caller,
    prepared: &Prepared,
    code: &CodeSource,
) -> Result<Granted> {
    if code.is_given() {
        desk.ui
            .note("the code was not used: the source's credentials are temporary already");
    }
    let _working = desk.ui.working(ASKING);
    let granted = issue::credentials(caller, &prepared.plan, None).await;
    granted.map_err(|failed| failed.failure(caller, &prepared.plan, None))
}

async fn save(desk: &Desk<'_>, prepared: &mut Prepared, obtained: &Obtained) -> Result<()> {
    let Obtained {
        caller,
        serial,
        granted,
        ..
    } = obtained;
    let entry = Entry {
        request: &desk.wanted.request,
        plan: &prepared.plan,
        agreed: desk.wanted.yes,
        contents: Contents {
            key: &granted.issued.key,
            expiration: granted.issued.expiration,
            learned: Learned {
                source_key_id: Some(&caller.key().id),
                user_arn: None,
                issued_key_id: &granted.issued.key.id,
                serial: serial.as_deref(),
                role_arn: granted.role_arn.as_deref(),
            },
        },
    };
    let written = save::write(
        desk.context,
        desk.ui,
        &mut prepared.files,
        &[entry],
        desk.wanted.timeout,
    )
    .await;
    written.map_err(|failure| match serial {
        Some(_) => failure.next(save::CODE_USED_UP),
        None => failure,
    })
}

/// Begins to find out who one is now, if that is not known and worth a request: the new
/// credentials are tried out by asking. The request is on its way when this returns, so that
/// AWS answers while the file is being written.
async fn ask_who(desk: &Desk<'_>, obtained: &Obtained) -> Option<JoinHandle<Option<String>>> {
    let Obtained {
        caller, granted, ..
    } = obtained;
    let known = granted.issued.arn.is_some() || caller.known_identity().is_some();
    if known || !desk.wanted.identify {
        return None;
    }
    let (aws, key) = (Arc::clone(caller.aws()), granted.issued.key.clone());
    let asked = tokio::spawn(async move {
        let asked = aws.caller_identity(&key);
        let answer = tokio::time::timeout(NICETY, asked).await;
        answer.ok()?.ok().map(|identity| identity.arn)
    });
    for _ in 0..SENDING {
        tokio::task::yield_now().await;
    }
    Some(asked)
}

impl Obtained {
    /// What came of it. A session is the user's own, so the key's identity is its identity.
    pub(super) async fn report(self) -> Fresh {
        let Obtained {
            caller,
            serial,
            granted,
            asked,
        } = self;
        let known = caller.known_identity().map(|identity| identity.arn.clone());
        let mut arn = granted.issued.arn.or(known);
        if let Some(asked) = asked {
            arn = asked.await.ok().flatten();
        }
        Fresh {
            arn,
            key: granted.issued.key,
            expiration: granted.issued.expiration,
            aws_now: caller.aws().now(),
            skew: caller.aws().skew(),
            serial,
            role_arn: granted.role_arn,
            lowered: granted.lowered,
            session: None,
            warnings: Vec::new(),
        }
    }
}
