//! One sign-in from consent to credentials, with what is learned on the way.
//!
//! Everything here may wait: for a person, a command or AWS. Ctrl-C drops the future at any of
//! those points, and nothing has been written by then. The calls to STS are [`issue`]'s, the file
//! is [`save`]'s.

use std::io;
use std::time::Duration;

use super::caller::Caller;
use super::issue::{self, Granted, Mfa};
use super::{Fresh, Prepared, Wanted, device, save};
use crate::aws::Identity;
use crate::code::{self, Code, CodeSource, Prompt};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{Learned, Origin, Sourced, Target};
use crate::terminal::Terminal;
use crate::ui::Ui;

/// How often a code may be refused before it is the person's turn to think.
const TRIES: usize = 3;

/// How long the name of the new identity is worth waiting for once everything is written.
const NICETY: Duration = Duration::from_secs(1);

pub(super) struct Desk<'a> {
    context: &'a Context,
    ui: &'a Ui,
    wanted: &'a Wanted,
    prepared: Prepared,
    /// Somebody who can be asked, or why there is nobody.
    terminal: io::Result<Terminal>,
}

/// Credentials that are not written yet.
pub(super) struct Obtained {
    caller: Caller,
    serial: Option<String>,
    granted: Granted,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        context: &'a Context,
        ui: &'a Ui,
        wanted: &'a Wanted,
        prepared: Prepared,
    ) -> Self {
        Self {
            context,
            ui,
            wanted,
            prepared,
            terminal: Terminal::open(ui),
        }
    }

    /// Consent, rehearsal, key, device, code, credentials: in the order of what they cost.
    pub(super) async fn obtain(&mut self) -> Result<Obtained> {
        self.consent().await?;
        let source = std::mem::replace(&mut self.prepared.code, CodeSource::Terminal);
        self.somebody_to_ask(&source)?;
        let Wanted {
            request, timeout, ..
        } = self.wanted;
        save::rehearse(self.context, self.ui, &mut self.prepared, request, *timeout)?;
        let plan = &self.prepared.plan;
        let mut caller = Caller::new(self.context, self.ui, plan, *timeout).await?;
        if caller.key().is_temporary() {
            self.no_code_needed(&source);
            let granted = issue::credentials(&mut caller, plan, None)
                .await
                .map_err(|failed| failed.failure(&caller, plan, None))?;
            return Ok(Obtained {
                caller,
                serial: None,
                granted,
            });
        }
        let mut serial = self.device(&mut caller).await?;
        let from_command = matches!(source, CodeSource::Command { .. });
        let mut code = self.first_code(source, &mut caller, &serial.value).await?;
        let mut refused: Vec<Code> = Vec::new();
        loop {
            let mfa = Mfa {
                serial: &serial.value,
                code: &code,
            };
            let failed = match issue::credentials(&mut caller, plan, Some(mfa)).await {
                Ok(granted) => {
                    let serial = Some(serial.value);
                    return Ok(Obtained {
                        caller,
                        serial,
                        granted,
                    });
                }
                Err(failed) => failed,
            };
            if failed.is_about_the_serial() && matches!(serial.origin, Origin::Section(_)) {
                // The device was replaced since the section was written. AWS looks at the device
                // before it looks at the code, so the code is still good.
                self.ui.note(&format!(
                    "device {} is gone, looking for another",
                    serial.value
                ));
                serial = self.discover(&mut caller).await?;
                continue;
            }
            let failure = failed.failure(&caller, plan, Some(&serial));
            refused.push(code);
            let terminal = match &self.terminal {
                Ok(terminal)
                    if failed.wants_another_code() && !from_command && refused.len() < TRIES =>
                {
                    terminal
                }
                _ => return Err(failure),
            };
            code = self
                .another_code(terminal, &serial.value, &failure, &refused)
                .await?;
        }
    }

    /// Temporary keys that somebody else wrote are replaced only with consent.
    async fn consent(&self) -> Result<()> {
        let Target::Foreign { line, .. } = &self.prepared.plan.target else {
            return Ok(());
        };
        if self.wanted.yes {
            return Ok(());
        }
        let section = &self.prepared.plan.section.value;
        let place = format!("{}:{line}", self.prepared.files.credentials.path.display());
        let refused = |what: String| {
            Failure::new(Kind::Configuration, what)
                .at(&place)
                .next("agree with --yes, or write to another section with --to")
        };
        let Ok(terminal) = &self.terminal else {
            return Err(refused(format!(
                "section [{section}] holds temporary credentials that another tool wrote"
            )));
        };
        let question = format!(
            "[{section}] holds temporary credentials that another tool wrote. Replace them?"
        );
        if terminal
            .aside(move |terminal| terminal.confirm(&question))
            .await?
        {
            Ok(())
        } else {
            Err(refused(format!("section [{section}] was not replaced")))
        }
    }

    fn somebody_to_ask(&self, source: &CodeSource) -> Result<()> {
        match (source, &self.terminal) {
            (CodeSource::Terminal, Err(error)) => Err(code::nobody_to_ask(error)),
            _ => Ok(()),
        }
    }

    fn no_code_needed(&self, source: &CodeSource) {
        if source.is_given() {
            self.ui
                .note("the code was not used: the source's credentials are temporary already");
        }
    }

    /// The device that was named, or else the one that AWS lists.
    async fn device(&self, caller: &mut Caller) -> Result<Sourced<String>> {
        match &self.prepared.plan.serial {
            Some(serial) => Ok(serial.clone()),
            None => self.discover(caller).await,
        }
    }

    async fn discover(&self, caller: &mut Caller) -> Result<Sourced<String>> {
        let _working = self.ui.working("looking for the MFA device");
        let value = device::discover(
            caller,
            self.terminal.as_ref().ok(),
            self.ui,
            &self.prepared.plan,
        )
        .await?;
        Ok(Sourced::new(value, Origin::Default))
    }

    /// Where a person or a command takes a while, the connection is made and the key is proved
    /// meanwhile: DNS, TCP, TLS and the root certificates are then out of the way of the request
    /// that carries the code.
    async fn first_code(
        &self,
        source: CodeSource,
        caller: &mut Caller,
        serial: &str,
    ) -> Result<Code> {
        let prompt = self.prompt(serial);
        let waits = matches!(source, CodeSource::Terminal | CodeSource::Command { .. });
        let code = source.obtain(self.ui, &prompt, self.wanted.timeout);
        if !waits {
            return code.await;
        }
        let plan = &self.prepared.plan;
        let (code, ()) = tokio::try_join!(code, caller.warm_up(plan))?;
        Ok(code)
    }

    async fn another_code(
        &self,
        terminal: &Terminal,
        serial: &str,
        failure: &Failure,
        refused: &[Code],
    ) -> Result<Code> {
        let mut why = match failure.advice().first() {
            Some(advice) => format!("{}: {advice}", failure.what()),
            None => failure.what().to_owned(),
        };
        loop {
            let code = code::ask(terminal, &self.prompt(serial), Some(&why)).await?;
            if !refused.iter().any(|other| other.is_same(&code)) {
                return Ok(code);
            }
            why = "that code was sent before and will not be accepted again: wait for the next one"
                .to_owned();
        }
    }

    fn prompt<'p>(&'p self, serial: &'p str) -> Prompt<'p> {
        Prompt {
            device: serial,
            profile: &self.prepared.plan.profile.value,
        }
    }

    /// Writes the section. After this the sign-in has happened.
    pub(super) fn save(&mut self, obtained: &Obtained) -> Result<()> {
        let contents = save::Contents {
            key: &obtained.granted.issued.key,
            expiration: obtained.granted.issued.expiration,
            learned: Learned {
                source_key_id: &obtained.caller.key().id,
                serial: obtained.serial.as_deref(),
                role_arn: obtained.granted.role_arn.as_deref(),
            },
        };
        let request = &self.wanted.request;
        save::write(
            self.context,
            self.ui,
            &mut self.prepared,
            request,
            &contents,
        )
        .map_err(|failure| match obtained.serial {
            Some(_) => {
                failure.next("the code is used up: once this is mended, sign in with the next one")
            }
            None => failure,
        })
    }

    /// Who one is now. A session is the user's own, so the key's identity will do; where it is not
    /// known yet, the new credentials are tried out by asking.
    pub(super) async fn identified(&self, obtained: Obtained) -> Fresh {
        let Obtained {
            caller,
            serial,
            granted,
        } = obtained;
        let mut arn = granted
            .issued
            .arn
            .or_else(|| caller.known_arn().map(str::to_owned));
        if arn.is_none() && self.wanted.identify {
            let asked = caller.aws().caller_identity(&granted.issued.key);
            if let Ok(Ok(Identity { arn: answer, .. })) = tokio::time::timeout(NICETY, asked).await
            {
                arn = Some(answer);
            }
        }
        Fresh {
            arn,
            access_key_id: granted.issued.key.id,
            expiration: granted.issued.expiration,
            aws_now: caller.aws().now(),
            skew: caller.aws().skew(),
            serial,
            role_arn: granted.role_arn,
            lowered: granted.lowered,
        }
    }
}
