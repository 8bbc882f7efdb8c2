//! Whoever calls IAM: with which credentials, and with which others where those do not do.
//!
//! People look after their own device, key and password with the long-term key, which policies
//! allow without MFA, or they could never set MFA up. Where a policy wants MFA all the same, AWS
//! says so with a denial, and only then the session of the profile is used, and signed in to if
//! need be; the call is then made again, which a denied one may always be. An administrator uses
//! what the profile is signed in to, and a role in any case.
//!
//! A session that was there and that AWS does not take is made anew, once, as for a role.
//!
//! Calls may be made concurrently: the first that is denied signs in, the others wait for it.

mod session;

use std::time::Duration;

use tokio::sync::OnceCell;

use super::caller::Caller;
use super::issue::is_about_the_session;
use super::obstacle::{About, Obstacle};
use super::step::{self, Permit};
use super::ways::Ways;
use super::{Wanted, prepare};
use crate::arn::Arn;
use crate::aws::{Aws, Identity, Known, Refusal};
use crate::code::Given;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::profile::{Plan, Request};
use crate::secret::{AccessKey, Secret};
use crate::ui::Ui;
use session::Session;

/// Credentials that are good for less than this are renewed: the errand may take a while.
const MIN_TTL: Duration = Duration::from_secs(300);

/// For whom IAM is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acting {
    /// For the user whose key it is.
    ForSelf,
    /// As an administrator, for another user or the account.
    ForOthers,
}

/// What the command line said.
#[derive(Debug)]
pub struct Orders {
    pub request: Request,
    pub acting: Acting,
    /// A code to sign in with, should that be necessary.
    pub code: Option<Secret>,
    /// How long to try to reach AWS, and to wait for a command or for a lock.
    pub timeout: Duration,
}

/// Makes calls to IAM.
#[derive(Debug)]
pub struct Operator<'a> {
    context: &'a Context,
    ui: &'a Ui,
    wanted: Wanted,
    plan: Plan,
    caller: Caller,
    acting: Acting,
    identity: OnceCell<Identity>,
    /// What the profile is signed in to, once that was needed.
    signed_in: OnceCell<Session>,
    /// What was made in the place of that, where AWS did not take it any more.
    renewed: OnceCell<Session>,
}

impl<'a> Operator<'a> {
    /// Reads the files, resolves the profile and gets its key. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// As for [`prepare`]; those of a `credential_process`.
    pub async fn new(context: &'a Context, ui: &'a Ui, orders: Orders) -> Result<Self> {
        let Orders {
            request,
            acting,
            code,
            timeout,
        } = orders;
        let mut wanted = Wanted {
            request,
            code: code.map(|code| (code, Given::Flag)),
            min_ttl: MIN_TTL,
            timeout,
            attended: true,
            ..Wanted::default()
        };
        let mut plan = prepare(context, &wanted)?.plan;
        if acting == Acting::ForSelf && !plan.roles.is_empty() {
            // A role is nobody's own: what counts for the user is the session of the source.
            if let Some(source) = plan.source.name() {
                wanted.request.profile = Some(source.to_owned());
                plan = prepare(context, &wanted)?.plan;
            }
        }
        for warning in &plan.warnings {
            ui.warn(warning);
        }
        Ok(Self {
            caller: Caller::new(context, &Ways::new(ui, timeout), &plan).await?,
            context,
            ui,
            wanted,
            plan,
            acting,
            identity: OnceCell::new(),
            signed_in: OnceCell::new(),
            renewed: OnceCell::new(),
        })
    }

    /// From now on calls are made with this key of the same user in the place of the source's. What
    /// was signed in to before stays: a session outlives the key that it was made with.
    pub fn acts_with(&mut self, key: AccessKey) {
        self.caller.take(key);
    }

    pub fn aws(&self) -> &Aws {
        self.caller.aws()
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The request that leads to [`Operator::plan`]; for a profile with a role and one's own
    /// affairs that is the source's.
    pub fn request(&self) -> &Request {
        &self.wanted.request
    }

    /// The source's own key, be it the one that is used or not.
    pub fn source_key(&self) -> &AccessKey {
        self.caller.key()
    }

    /// The section's credentials if calls are made with them.
    pub fn session_key(&self) -> Option<&AccessKey> {
        let session = self.renewed.get().or(self.signed_in.get());
        session.map(|session| &session.key)
    }

    /// Whose the source's key is; asked once.
    ///
    /// # Errors
    ///
    /// What AWS or the network says.
    pub async fn identity(&self) -> Result<&Identity> {
        let asked = async || {
            let _working = self.ui.working("asking AWS whose key this is");
            self.aws().caller_identity(self.caller.key()).await
        };
        let identity = self.identity.get_or_try_init(asked).await;
        let (key, origin) = (self.caller.key(), self.caller.origin());
        identity.map_err(|refusal| refusal.failure(&self.known(key, origin)))
    }

    /// The user that is meant: the one that was named, else the one whose key it is.
    ///
    /// # Errors
    ///
    /// As for [`Operator::identity`]; [`Kind::Configuration`] if the key is no user's.
    pub async fn user(&self, named: Option<&str>) -> Result<String> {
        if let Some(named) = named {
            return Ok(named.to_owned());
        }
        let identity = self.identity().await?;
        match identity.user_name() {
            Some(user) => Ok(user.to_owned()),
            None => Err(Failure::new(
                Kind::Configuration,
                format!("{} is no IAM user", identity.arn),
            )
            .at(self.caller.origin())
            .next("name the user with `--user`, or a profile with a user's key with `--profile`")),
        }
    }

    /// The id of the account that calls are made in.
    ///
    /// # Errors
    ///
    /// As for [`Operator::identity`].
    pub async fn account(&self) -> Result<&str> {
        let role = self.plan.roles.last();
        match role.and_then(|role| Arn::parse(&role.arn)?.account_id()) {
            Some(account) => Ok(account),
            None => Ok(&self.identity().await?.account),
        }
    }

    /// Makes a call, and where a policy wants MFA for it, once more with the profile's session or
    /// role; and once more where that was there already and AWS does not take it.
    ///
    /// # Errors
    ///
    /// The refusal of the last call; or that of the sign-in.
    pub async fn call<T>(
        &self,
        call: impl AsyncFn(&Aws, &AccessKey) -> Result<T, Refusal>,
    ) -> Result<T, Obstacle> {
        let mut key = self.at_hand().await?;
        loop {
            let refusal = match call(self.aws(), key).await {
                Ok(outcome) => return Ok(outcome),
                Err(refusal) => refusal,
            };
            key = Box::pin(self.after(refusal, key)).await?;
        }
    }

    /// The credentials that are there for a call: the section's where calls are made with them, else
    /// the source's key.
    async fn at_hand(&self) -> Result<&AccessKey, Obstacle> {
        if self.acting == Acting::ForOthers {
            self.take_what_is_there().await.map_err(Obstacle::Failure)?;
        }
        Ok(self.session_key().unwrap_or(self.caller.key()))
    }

    /// What to make a call with once more that was refused with `tried`: what is signed in to, where
    /// a policy wants MFA; a new session, where AWS does not take that one. Nothing comes after that.
    async fn after(&self, refusal: Refusal, tried: &AccessKey) -> Result<&AccessKey, Obstacle> {
        if is_about_the_session(&refusal)
            && let Some(session) = self.signed_in.get()
            && session.is_reused
            && session.key.id == tried.id
        {
            return self.renew(session).await.map_err(Obstacle::Failure);
        }
        if tried.is_temporary() || !refusal.is_denial() {
            return Err(Obstacle::of(refusal));
        }
        match self.signed_in_for(&refusal).await {
            Ok(Some(key)) => Ok(key),
            Ok(None) => Err(Obstacle::of(refusal)),
            Err(failure) => Err(Obstacle::Failure(failure)),
        }
    }

    /// Makes a call with the credentials at hand and leaves it at AWS's no: for what is good to know
    /// and not worth a code.
    ///
    /// # Errors
    ///
    /// As for [`Operator::call`].
    pub async fn look<T>(
        &self,
        call: impl AsyncFn(&Aws, &AccessKey) -> Result<T, Refusal>,
    ) -> Result<T, Obstacle> {
        let key = self.at_hand().await?;
        call(self.aws(), key).await.map_err(Obstacle::of)
    }

    /// Signs in before the first call, where it is known that AWS will want it. `why` is told if
    /// a code is needed.
    ///
    /// # Errors
    ///
    /// As for a sign-in.
    pub async fn sign_in_first(&self, why: &str) -> Result<()> {
        if self.signed_in.initialized() || self.caller.key().is_temporary() {
            return Ok(());
        }
        let prepared = prepare(self.context, &self.wanted)?;
        if prepared.good(self.now(), &self.wanted).is_err() {
            self.ui.note(why);
        }
        self.sign_in(prepared).await.map(drop)
    }

    /// The permission to have codes of this device made by a command, for something else than a
    /// sign-in: it waits like one until there is a code that was not sent before.
    ///
    /// # Errors
    ///
    /// [`Kind::Code`] if another run keeps it for too long; [`Kind::File`] if the state cannot be
    /// read.
    pub async fn permit(&self, serial: &str, is_new: bool) -> Result<Permit<'_>> {
        let credentials = (self.context).aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
        step::permit(
            self.context,
            self.ui,
            &self.wanted,
            &credentials,
            serial,
            is_new,
        )
        .await
    }

    /// The obstacle in words.
    pub fn explain(&self, obstacle: Obstacle, about: About<'_>) -> Failure {
        let refusal = match obstacle {
            Obstacle::Failure(failure) => return failure,
            Obstacle::Refusal(refusal) => refusal,
        };
        let section = format!("section [{}]", self.plan.section.value);
        let (key, origin) = match self.session_key() {
            Some(key) => (key, section.as_str()),
            None => (self.caller.key(), self.caller.origin()),
        };
        refusal.failure(&Known {
            subject: about.subject,
            user: about.user,
            ..self.known(key, origin)
        })
    }

    /// What is known of a call with this key. One of the environment is no profile's.
    fn known<'k>(&'k self, key: &'k AccessKey, origin: &'k str) -> Known<'k> {
        let profile = match key.id == self.caller.key().id {
            true => self.plan.profile_of_key(),
            false => Some(self.plan.profile.value.as_str()),
        };
        Known {
            profile,
            key_id: Some(&key.id),
            key_origin: Some(origin),
            ..Known::default()
        }
    }
}
