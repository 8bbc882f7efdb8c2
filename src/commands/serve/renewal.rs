//! New credentials for a profile that is served, with nobody to ask.
//!
//! The files are read again each time, so that a sign-in in another terminal is found. Each renewal
//! is said in one line; so is a failure, once, with what the person can do about it.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::commands::Target;
use crate::commands::ready::{Ready, refreshed};
use crate::context::Context;
use crate::endpoint::{Credentials, EARLY, Source};
use crate::failure::{Failure, Kind, Result};
use crate::ui::{Ui, until};

/// What is said while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Told {
    /// Renewals and what goes wrong.
    All,
    /// What goes wrong: somebody else has the terminal.
    Trouble,
}

pub(super) struct Renewal {
    context: Context,
    ui: Ui,
    target: Target,
    profile: String,
    said: Mutex<Said>,
}

/// What was said last.
struct Said {
    expiration: Timestamp,
    trouble: Option<String>,
}

impl Renewal {
    pub(super) fn new(
        context: &Context,
        ui: &Ui,
        target: Target,
        ready: &Ready,
        told: Told,
    ) -> Self {
        let context = Context {
            // It has been sent by now.
            env: context.env.without("AWSMFA_TOKEN_CODE"),
            home: context.home.clone(),
            clock: context.clock.clone(),
        };
        let ui = match told {
            Told::All => ui.clone(),
            Told::Trouble => ui.hushed(),
        };
        Self {
            context,
            ui,
            target,
            profile: ready.profile.clone(),
            said: Mutex::new(Said {
                expiration: ready.expiration,
                trouble: None,
            }),
        }
    }

    /// One line for each change; nothing for news that are none.
    fn say(&self, ready: &Ready) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.expiration != ready.expiration {
            let now = self.context.clock.now();
            self.ui.say(&format!(
                "renewed: [{}] is good until {}",
                ready.section,
                until(ready.expiration, now, &self.context.zone())
            ));
            said.expiration = ready.expiration;
            said.trouble = None;
        }
    }

    fn warn(&self, failure: &Failure) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let advice = failure.advice().first().map_or("", String::as_str);
        let text = format!("{failure}: {advice}");
        if said.trouble.as_ref() != Some(&text) {
            self.ui.warn(&text);
            said.trouble = Some(text);
        }
    }

    /// What to do about it, for somebody who is not here.
    fn explained(&self, failure: Failure) -> Failure {
        let remedy = format!("run `awsmfa -p {}` in another terminal", self.profile);
        if failure.kind() == Kind::Code && failure.place().is_none() {
            let what = format!("profile `{}` needs a new MFA code", self.profile);
            return Failure::new(Kind::Code, what).next(remedy);
        }
        failure.next(remedy)
    }
}

impl Source for Renewal {
    fn renew(&self) -> Result<Credentials> {
        let renewed = refreshed(&self.context, &self.ui, self.target.clone(), EARLY);
        let (ready, short) = renewed.map_err(|failure| {
            let failure = self.explained(failure);
            self.warn(&failure);
            failure
        })?;
        self.say(&ready);
        if let Some(failure) = short {
            self.warn(&self.explained(failure));
        }
        Ok(Credentials {
            key: ready.key,
            expiration: ready.expiration,
        })
    }
}
