//! A device, a code of it, and the request that spends it.
//!
//! The person is asked at the [`Desk`], the request is [`issue`]'s. Where AWS does not accept the
//! code and somebody can answer, the next one is asked for; a command is asked for one more. A device
//! that was set up a moment ago is waited for, with the same code as long as AWS surely has not
//! looked at it, and else with the next.

use super::caller::Caller;
use super::desk::{Desk, Errand, Spent};
use super::issue::{self, Failed, Granted, Mfa};
use crate::code::{Code, CodeSource};
use crate::failure::{Failure, Result};
use crate::pauses::Pauses;
use crate::profile::{Origin, Sourced};

/// How often a code may be refused before it is the person's turn to think.
const TRIES: usize = 3;

/// What is going on while nothing is asked of the person.
pub(super) const ASKING: &str = "asking AWS for credentials";

/// What proves that it is the person: the device and its code.
pub(super) struct Proof {
    serial: Sourced<String>,
    code: Code,
    /// The command that has made the code, if one has.
    command: Option<CodeSource>,
}

/// Finds the device and gets the first code of it.
pub(super) async fn proof(
    desk: &Desk<'_>,
    caller: &mut Caller,
    errand: Errand<'_>,
    source: CodeSource,
) -> Result<Proof> {
    let serial = match &errand.plan.serial {
        Some(serial) => serial.clone(),
        None => desk.discover(caller, errand.plan).await?,
    };
    let command = matches!(source, CodeSource::Command { .. }).then(|| source.clone());
    let code = desk
        .first_code(source, caller, errand, &serial.value)
        .await?;
    Ok(Proof {
        serial,
        code,
        command,
    })
}

/// Spends the code, or the next one; with the credentials comes the serial of the device that
/// made it.
pub(super) async fn spend(
    desk: &Desk<'_>,
    caller: &mut Caller,
    errand: Errand<'_>,
    proof: Proof,
) -> Result<(Granted, String)> {
    let Proof {
        mut serial,
        mut code,
        command,
    } = proof;
    let plan = errand.plan;
    let mut refused: Vec<Code> = Vec::new();
    let mut pauses = match desk.wanted.new_device {
        true => Pauses::for_news(desk.wanted.timeout),
        false => Pauses::none(),
    };
    loop {
        let mfa = Mfa {
            serial: &serial.value,
            code: &code,
        };
        let working = desk.ui.working(ASKING);
        desk.code_is_spent(Spent::Perhaps);
        let failed = match issue::credentials(caller, plan, Some(mfa)).await {
            Ok(granted) => {
                desk.code_is_spent(Spent::Yes);
                return Ok((granted, serial.value));
            }
            Err(failed) => failed,
        };
        drop(working);
        desk.code_is_spent(Spent::No);
        if failed.is_about_the_serial() && matches!(serial.origin, Origin::Section(_)) {
            // The device was replaced since the section was written. AWS looks at the device
            // before it looks at the code, so the code is still good.
            let gone = &serial.value;
            desk.ui
                .note(&format!("device {gone} is gone, looking for another"));
            serial = desk.discover(caller, plan).await?;
            continue;
        }
        let unseen = failed.is_about_the_serial() && !failed.may_have_spent_the_code();
        if unseen && pause(desk, &serial.value, &mut pauses).await {
            continue;
        }
        let failure = failed.failure(caller, plan, Some(&serial));
        refused.push(code);
        if !failed.wants_another_code() || refused.len() == TRIES {
            return Err(failure);
        }
        let why = why(&failed, &failure);
        // A command knows nothing of codes that were typed, or sent by who keeps another file: this one
        // may have been spent there, and the next one was not. A wrong seed costs one code more.
        let is_first = refused.len() == 1 && !failed.may_have_spent_the_code();
        // While a device is set up nobody need look on, and its codes were good a moment ago: this
        // one was lost with an answer, or has grown old meanwhile.
        let is_late =
            desk.wanted.new_device && (failed.may_have_spent_the_code() || pauses.have_begun());
        let next = match (&command, desk.terminal()) {
            (None, Some(terminal)) => {
                let serial = &serial.value;
                let next = desk.another_code(terminal, errand, serial, &why, &refused);
                Some(next.await?)
            }
            (Some(command), _) if is_first || is_late => {
                desk.ui.note(&why);
                let next = desk.code_from(command.clone(), errand, &serial.value);
                let next = next.await?;
                if refused.iter().any(|other| other.is_same(&next)) {
                    return Err(
                        failure.note("the command printed the same code again in the next step")
                    );
                }
                Some(next)
            }
            _ => None,
        };
        code = next.ok_or(failure)?;
    }
}

/// Waits a while for AWS to know the device; false once that has been long enough. AWS looks at the
/// device before it looks at the code, so the code is still good afterwards.
async fn pause(desk: &Desk<'_>, serial: &str, pauses: &mut Pauses) -> bool {
    let noted = pauses.are_notable();
    let Some(pause) = pauses.next() else {
        return false;
    };
    if pauses.are_notable() && !noted {
        desk.ui.note(&format!(
            "AWS does not know device {serial} everywhere yet; with a new one that takes some seconds"
        ));
    }
    let _working = desk
        .ui
        .working(&format!("waiting until AWS knows device {serial}"));
    tokio::time::sleep(pause).await;
    true
}

/// Why another code is asked for, in one line.
fn why(failed: &Failed, failure: &Failure) -> String {
    let advice = match failed.may_have_spent_the_code() {
        true => failure.advice().last(),
        false => failure.advice().first(),
    };
    match advice {
        Some(advice) => format!("{}: {advice}", failure.what()),
        None => failure.what().to_owned(),
    }
}
