//! A device, a code of it, and the request that spends it.
//!
//! The person is asked at the [`Desk`], the request is [`issue`]'s. Where AWS does not accept the
//! code and somebody can answer, the next one is asked for.

use super::caller::Caller;
use super::desk::{Desk, Errand, Stage};
use super::issue::{self, Failed, Granted, Mfa};
use crate::code::{Code, CodeSource};
use crate::failure::{Failure, Result};
use crate::profile::{Origin, Sourced};

/// How often a code may be refused before it is the person's turn to think.
const TRIES: usize = 3;

/// What is going on while nothing is asked of the person.
pub(super) const ASKING: &str = "asking AWS for credentials";

/// What proves that it is the person: the device and its code.
pub(super) struct Proof {
    serial: Sourced<String>,
    code: Code,
    from_command: bool,
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
    let from_command = matches!(source, CodeSource::Command { .. });
    let code = desk
        .first_code(source, caller, errand, &serial.value)
        .await?;
    Ok(Proof {
        serial,
        code,
        from_command,
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
        from_command,
    } = proof;
    let plan = errand.plan;
    let mut refused: Vec<Code> = Vec::new();
    loop {
        let mfa = Mfa {
            serial: &serial.value,
            code: &code,
        };
        let working = desk.ui.working(ASKING);
        let failed = match issue::credentials(caller, plan, Some(mfa)).await {
            Ok(granted) => {
                desk.is_at(Stage::CodeUsed);
                return Ok((granted, serial.value));
            }
            Err(failed) => failed,
        };
        drop(working);
        if failed.is_about_the_serial() && matches!(serial.origin, Origin::Section(_)) {
            // The device was replaced since the section was written. AWS looks at the device
            // before it looks at the code, so the code is still good.
            let gone = &serial.value;
            desk.ui
                .note(&format!("device {gone} is gone, looking for another"));
            serial = desk.discover(caller, plan).await?;
            continue;
        }
        let failure = failed.failure(caller, plan, Some(&serial));
        refused.push(code);
        let another = failed.wants_another_code() && !from_command && refused.len() < TRIES;
        let Some(terminal) = desk.terminal().filter(|_| another) else {
            return Err(failure);
        };
        let why = why(&failed, &failure);
        code = desk
            .another_code(terminal, errand, &serial.value, &why, &refused)
            .await?;
    }
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
