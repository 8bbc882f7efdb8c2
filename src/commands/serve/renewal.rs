//! New credentials for a profile that is served, with nobody to ask.
//!
//! The files are read again each time, so that a sign-in in another terminal is found. Each renewal
//! is said in one line; so is a failure, once, with what the person can do about it.

use std::sync::{Mutex, PoisonError};

use crate::commands::Target;
use crate::commands::ready::{Ready, refreshed};
use crate::context::Context;
use crate::endpoint::{Credentials, EARLY, Source};
use crate::failure::{Failure, Kind, Result};
use crate::spelled::word;
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
    /// Of the credentials.
    key_id: String,
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
                key_id: ready.key.id.clone(),
                trouble: None,
            }),
        }
    }

    /// Says that there are new credentials; the result is whether there are.
    fn say(&self, ready: &Ready) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = said.key_id != ready.key.id;
        if is_news {
            let now = self.context.clock.now();
            self.ui.say(&format!(
                "renewed: [{}] is good until {}",
                ready.section,
                until(ready.expiration, now, &self.context.zone())
            ));
            said.key_id.clone_from(&ready.key.id);
            said.trouble = None;
        }
        is_news
    }

    /// Says what went wrong, unless that was the last thing said, and what to do about it for
    /// somebody who is not here.
    fn warn(&self, failure: Failure) -> Failure {
        let remedy = format!(
            "run `awsmfa -p {}` in another terminal",
            word(&self.profile)
        );
        let failure = match failure.kind() {
            Kind::Code if failure.place().is_none() => Failure::new(
                Kind::Code,
                format!("profile `{}` needs a new MFA code", self.profile),
            ),
            _ => failure,
        };
        let text = format!("{failure}: {remedy}");
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        // A Ctrl-C that was meant for somebody else is no trouble.
        let is_trouble = failure.kind() != Kind::Interrupted;
        if is_trouble && said.trouble.as_ref() != Some(&text) {
            self.ui.warn(&text);
            said.trouble = Some(text);
        }
        failure.next(remedy)
    }
}

impl Source for Renewal {
    fn renew(&self) -> Result<Credentials> {
        let renewed = refreshed(&self.context, &self.ui, self.target.clone(), EARLY);
        let (ready, trouble) = renewed.map_err(|failure| self.warn(failure))?;
        let is_news = self.say(&ready);
        match trouble {
            Some(failure) if !is_news => Err(self.warn(failure)),
            _ => Ok(Credentials {
                key: ready.key,
                expiration: ready.expiration,
            }),
        }
    }
}
