//! One sign-in from consent to credentials, with what is learned on the way.
//!
//! Everything here may wait: for a person, a command or AWS. Ctrl-C drops the future at any of
//! those points, and nothing has been written by then. The calls to STS are [`issue`]'s, the file
//! is [`save`]'s.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::caller::Caller;
use super::issue::{self, Failed, Granted, Mfa};
use super::{Fresh, Prepared, Wanted, device, save};
use crate::code::{self, Code, CodeSource, Prompt};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{Learned, Origin, Source, Sourced, Target};
use crate::terminal::Terminal;
use crate::ui::Ui;

/// How often a code may be refused before it is the person's turn to think.
const TRIES: usize = 3;

/// How long the name of the new identity is worth waiting for once everything is written.
const NICETY: Duration = Duration::from_secs(1);

/// How often a request has to get its turn until it is on an open connection: the call, the
/// client, the connection, and one to spare.
const SENDING: usize = 4;

/// What is going on while nothing is asked of the person.
const ASKING: &str = "asking AWS for credentials";

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

/// Who one is now, if it had to be asked.
type Who = Option<JoinHandle<Option<String>>>;

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
            terminal: match wanted.attended {
                true => Terminal::open(ui),
                false => Err(io::Error::other("nobody is asked in the background")),
            },
        }
    }

    /// Consent, rehearsal, key, device, code, credentials: in the order of what they cost.
    pub(super) async fn obtain(&mut self) -> Result<Obtained> {
        self.consent().await?;
        let source = std::mem::replace(&mut self.prepared.code, CodeSource::Terminal);
        // A temporary key needs no code, and a command may print one.
        match &self.prepared.plan.source {
            Source::Profile { key, .. } | Source::Environment { key } if !key.is_temporary() => {
                self.somebody_to_ask(&source)?;
            }
            _ => {}
        }
        let timeout = self.wanted.timeout;
        save::rehearse(self.ui, &self.prepared, timeout).await?;
        let plan = &self.prepared.plan;
        let mut caller = Caller::new(self.context, self.ui, plan, timeout).await?;
        if caller.key().is_temporary() {
            return self.without_code(caller, &source).await;
        }
        self.somebody_to_ask(&source)?;
        let serial = match &plan.serial {
            Some(serial) => serial.clone(),
            None => self.discover(&mut caller).await?,
        };
        let from_command = matches!(source, CodeSource::Command { .. });
        let code = self.first_code(source, &mut caller, &serial.value).await?;
        self.with_code(caller, serial, code, from_command).await
    }

    /// A source whose credentials are temporary has shown its code elsewhere, or never will.
    async fn without_code(&self, mut caller: Caller, source: &CodeSource) -> Result<Obtained> {
        if source.is_given() {
            self.ui
                .note("the code was not used: the source's credentials are temporary already");
        }
        let plan = &self.prepared.plan;
        let _working = self.ui.working(ASKING);
        match issue::credentials(&mut caller, plan, None).await {
            Ok(granted) => Ok(Obtained {
                caller,
                serial: None,
                granted,
            }),
            Err(failed) => Err(failed.failure(&caller, plan, None)),
        }
    }

    /// Spends the code; where AWS does not accept it and somebody can answer, asks for the next
    /// one.
    async fn with_code(
        &self,
        mut caller: Caller,
        mut serial: Sourced<String>,
        mut code: Code,
        from_command: bool,
    ) -> Result<Obtained> {
        let plan = &self.prepared.plan;
        let mut refused: Vec<Code> = Vec::new();
        loop {
            let mfa = Mfa {
                serial: &serial.value,
                code: &code,
            };
            let working = self.ui.working(ASKING);
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
            drop(working);
            if failed.is_about_the_serial() && matches!(serial.origin, Origin::Section(_)) {
                // The device was replaced since the section was written. AWS looks at the device
                // before it looks at the code, so the code is still good.
                let gone = &serial.value;
                self.ui
                    .note(&format!("device {gone} is gone, looking for another"));
                serial = self.discover(&mut caller).await?;
                continue;
            }
            let failure = failed.failure(&caller, plan, Some(&serial));
            refused.push(code);
            let another = failed.wants_another_code() && !from_command && refused.len() < TRIES;
            let Some(terminal) = self.terminal.as_ref().ok().filter(|_| another) else {
                return Err(failure);
            };
            code = self
                .another_code(terminal, &serial.value, &why(&failed, &failure), &refused)
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

    /// The device that AWS lists.
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
        let (code, ()) = tokio::try_join!(code, caller.warm_up(&self.prepared.plan))?;
        Ok(code)
    }

    async fn another_code(
        &self,
        terminal: &Terminal,
        serial: &str,
        mut why: &str,
        refused: &[Code],
    ) -> Result<Code> {
        loop {
            let code = code::ask(terminal, &self.prompt(serial), Some(why)).await?;
            if !refused.iter().any(|other| other.is_same(&code)) {
                return Ok(code);
            }
            why = "that code was sent before and will not be accepted again: wait for the next one";
        }
    }

    fn prompt<'p>(&'p self, serial: &'p str) -> Prompt<'p> {
        Prompt {
            device: serial,
            profile: &self.prepared.plan.profile.value,
        }
    }

    /// Writes the section. After this the sign-in has happened.
    pub(super) async fn save(&mut self, obtained: &Obtained) -> Result<()> {
        let contents = save::Contents {
            key: &obtained.granted.issued.key,
            expiration: obtained.granted.issued.expiration,
            learned: Learned {
                source_key_id: &obtained.caller.key().id,
                issued_key_id: &obtained.granted.issued.key.id,
                serial: obtained.serial.as_deref(),
                role_arn: obtained.granted.role_arn.as_deref(),
            },
        };
        save::write(
            self.context,
            self.ui,
            &mut self.prepared,
            self.wanted,
            &contents,
        )
        .await
        .map_err(|failure| match obtained.serial {
            Some(_) => {
                failure.next("the code is used up: once this is mended, sign in with the next one")
            }
            None => failure,
        })
    }

    /// Begins to find out who one is now, if that is not known and worth a request: the new
    /// credentials are tried out by asking. The request is on its way when this returns, so that
    /// AWS answers while the file is being written.
    pub(super) async fn ask_who(&self, obtained: &Obtained) -> Who {
        let Obtained {
            caller, granted, ..
        } = obtained;
        let known = granted.issued.arn.is_some() || caller.known_arn().is_some();
        if known || !self.wanted.identify {
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

    /// What came of it. A session is the user's own, so the key's identity is its identity.
    pub(super) async fn report(
        &self,
        obtained: Obtained,
        asked: Who,
        warnings: Vec<String>,
    ) -> Fresh {
        let Obtained {
            caller,
            serial,
            granted,
        } = obtained;
        let known = caller.known_arn().map(str::to_owned);
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
            warnings,
        }
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
