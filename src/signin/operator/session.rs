//! The session or role that calls are made with where the key alone does not do: found in the
//! profile's section, signed in to, or made anew.

use super::Operator;
use crate::aws::{Denial, Device, Refusal, Situation};
use crate::failure::Result;
use crate::secret::AccessKey;
use crate::signin::issue::not_taken;
use crate::signin::{Prepared, Renewed, Wanted, held_key, prepare, renewing};

/// What the section holds that the profile is signed in to.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) key: AccessKey,
    /// It was there already, so AWS may know better how long it lasts.
    pub(super) is_reused: bool,
}

impl Operator<'_> {
    /// For an administrator: the section if it is good, and a role in any case. Temporary credentials
    /// that were given are what was meant.
    pub(super) async fn take_what_is_there(&self) -> Result<()> {
        let is_signed_in = self.caller.key().is_temporary() && self.plan.roles.is_empty();
        if is_signed_in || self.signed_in.initialized() {
            return Ok(());
        }
        let prepared = prepare(self.context, &self.wanted)?;
        let good = prepared.good(self.now(), &self.wanted).is_ok();
        if good || !self.plan.roles.is_empty() {
            self.sign_in(prepared).await?;
        }
        Ok(())
    }

    /// Credentials that may do better, or `None` where there is no reason to think so. A code is
    /// asked for only where AWS wants MFA in so many words, or a policy says Deny, as those do that want
    /// it; where it merely does not allow, a session that is there, or a code that was given, is worth a try.
    pub(super) async fn signed_in_for(&self, refusal: &Refusal) -> Result<Option<&AccessKey>> {
        let prepared = prepare(self.context, &self.wanted)?;
        let good = prepared.good(self.now(), &self.wanted).is_ok();
        let wants_mfa = matches!(
            refusal.situation,
            Situation::Denied(Denial::Explicit | Denial::WithoutMfa)
        );
        if !good && self.wanted.code.is_none() && !(wants_mfa && self.has_device().await) {
            return Ok(None);
        }
        if !good && !self.signed_in.initialized() {
            let operation = refusal.operation;
            self.ui.note(&match refusal.situation {
                Situation::Denied(Denial::WithoutMfa) => format!(
                    "AWS wants MFA for {operation} from who has a device, so a code is needed"
                ),
                _ => format!(
                    "AWS denies {operation} to the long-term key alone: a policy may want MFA, so a code is needed"
                ),
            });
        }
        let key = self.sign_in(prepared).await.map_err(|failure| {
            failure.note(format!(
                "AWS has denied {} with the long-term key alone",
                refusal.operation
            ))
        })?;
        Ok(Some(key))
    }

    /// Whether there is a device whose code could be asked for. A guess is no reason to ask: it is
    /// people without a device who set one up.
    async fn has_device(&self) -> bool {
        if self.plan.serial.is_some() {
            return true;
        }
        let listed = self.aws().mfa_devices(self.caller.key()).await;
        listed.is_ok_and(|devices| devices.iter().any(Device::can_make_codes))
    }

    pub(super) async fn sign_in(&self, prepared: Prepared) -> Result<&AccessKey> {
        let signing_in = || self.session(prepared, &self.wanted);
        let session = self.signed_in.get_or_try_init(signing_in).await?;
        Ok(&session.key)
    }

    /// A session in the place of one that AWS does not take. The key may be what AWS does not take
    /// any more, and to find that out costs no code.
    pub(super) async fn renew(&self, session: &Session) -> Result<&AccessKey> {
        let renewing = || async {
            self.ui.note(&not_taken(&self.plan.section.value));
            self.caller.clone().warm_up(&self.plan).await?;
            let wanted = Wanted {
                distrusted: Some(session.key.id.clone()),
                ..self.wanted.clone()
            };
            let prepared = prepare(self.context, &wanted)?;
            self.session(prepared, &wanted).await
        };
        let renewed = self.renewed.get_or_try_init(renewing).await?;
        Ok(&renewed.key)
    }

    /// What the section holds if that is good, else what a sign-in gives.
    async fn session(&self, prepared: Prepared, wanted: &Wanted) -> Result<Session> {
        let held = |prepared: &Prepared| {
            let section = &prepared.plan.section.value;
            held_key(&prepared.files, section).map(|key| Session {
                key,
                is_reused: true,
            })
        };
        let why = match prepared.good(self.now(), wanted) {
            Ok(_) => return held(&prepared),
            Err(why) => why.to_string(),
        };
        prepared.plan.check_section()?;
        self.ui.trace(format_args!("signing in: {why}"));
        match renewing(self.context, self.ui, prepared, wanted).await? {
            Renewed::Here(fresh) => Ok(Session {
                key: fresh.key,
                is_reused: false,
            }),
            Renewed::Elsewhere(found) => held(&found),
        }
    }

    pub(super) fn now(&self) -> jiff::Timestamp {
        self.context.clock.now()
    }
}
