//! The source's key and the AWS that it is used with: who is calling, and how to explain a no.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::circle;
use super::ways::Ways;
use crate::aws::{Aws, Identity, Known, Refusal, Situation};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::process::{self, Setting};
use crate::profile::{Origin, Plan, ROLE_DEFAULT, Source, Sourced};
use crate::secret::{AccessKey, Secret};

/// The role that a call was about.
pub(super) struct Asked {
    /// The full ARN, or the bare name where AWS was not asked yet.
    pub(super) arn: String,
    /// Whether an external id was sent.
    pub(super) external_id: bool,
    /// Whether it was to be assumed with the credentials of the role before it.
    pub(super) chained: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Caller {
    aws: Arc<Aws>,
    key: AccessKey,
    /// Where the key was found, for messages.
    origin: String,
    identity: Option<Identity>,
    /// Whether the key is a session's, made with a code.
    is_session: bool,
    /// Roles that are asked for an hour, which every role allows: AWS refused them more, and counted
    /// the code as used.
    one_hour: Vec<String>,
}

impl Caller {
    /// Gets the source's key, which may mean running its `credential_process`. Nothing is sent.
    pub(super) async fn new(context: &Context, ways: &Ways, plan: &Plan) -> Result<Self> {
        let key = source_key(context, plan, ways.budget()).await?;
        Ok(Self {
            aws: ways.of(context, plan)?,
            key,
            origin: plan.source.origin().to_string(),
            identity: None,
            is_session: false,
            one_hour: Vec::new(),
        })
    }

    /// The same user with the key of a session.
    pub(super) fn with_session(
        aws: Arc<Aws>,
        key: AccessKey,
        origin: String,
        identity: Option<Identity>,
    ) -> Self {
        Self {
            aws,
            key,
            origin,
            identity,
            is_session: true,
            one_hour: Vec::new(),
        }
    }

    /// The same caller, as another profile reaches AWS.
    pub(super) fn by_way_of(&self, aws: Arc<Aws>) -> Self {
        Self {
            aws,
            ..self.clone()
        }
    }

    /// The user, if AWS was asked and it is one.
    pub(super) fn user_arn(&self) -> Option<&str> {
        let identity = self.identity.as_ref()?;
        identity.user_name().map(|_| identity.arn.as_str())
    }

    pub(super) fn known_identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The longest time that the role is asked for from now on.
    pub(super) fn most(&self, role_arn: &str) -> Option<Duration> {
        let known = self.one_hour.iter().any(|other| other == role_arn);
        known.then_some(ROLE_DEFAULT)
    }

    pub(super) fn ask_for_one_hour(&mut self, role_arn: &str) {
        self.one_hour.push(role_arn.to_owned());
    }

    /// Takes note of an answer that was asked for beside.
    pub(super) fn learn(&mut self, identity: Option<Identity>) {
        self.identity = identity.or(self.identity.take());
    }

    /// Another key of the same user.
    pub(super) fn take(&mut self, key: AccessKey) {
        self.key = key;
    }

    pub(super) fn aws(&self) -> &Arc<Aws> {
        &self.aws
    }

    pub(super) fn key(&self) -> &AccessKey {
        &self.key
    }

    /// Where the key was found, for messages.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whose key it is; asked once.
    pub(super) async fn identity(&mut self) -> Result<&Identity, Refusal> {
        if self.identity.is_none() {
            self.identity = Some(self.aws.caller_identity(&self.key).await?);
        }
        Ok(self.identity.as_ref().expect("it was just filled in"))
    }

    /// Opens the connection and proves the key, so that a person is not left typing a code that
    /// cannot work. An endpoint that does not know the question stops nobody: the answer is only
    /// needed where it is asked for by [`Caller::identity`].
    pub(super) async fn warm_up(&mut self, plan: &Plan) -> Result<()> {
        match self.identity().await {
            Ok(_) => Ok(()),
            Err(refusal) => match refusal.situation {
                Situation::Other | Situation::Denied(_) | Situation::BadValue => Ok(()),
                _ => Err(self.explain(&refusal, plan, None, None)),
            },
        }
    }

    /// The refusal in words, with what is known about this call.
    pub(super) fn explain(
        &self,
        refusal: &Refusal,
        plan: &Plan,
        serial: Option<&Sourced<String>>,
        role: Option<&Asked>,
    ) -> Failure {
        let serial_origin = serial.map(|serial| serial.origin.to_string());
        let chained = role.is_some_and(|role| role.chained);
        // A role before this one signed with credentials that are in no file.
        let (key_id, key_origin) = match chained {
            true => (None, None),
            false => (Some(self.key.id.as_str()), Some(self.origin.as_str())),
        };
        refusal.failure(&Known {
            profile: plan.profile_of_key(),
            key_id,
            key_origin,
            serial: serial.map(|serial| serial.value.as_str()),
            serial_origin: serial_origin.as_deref(),
            role_arn: role.map(|role| role.arn.as_str()),
            external_id: role.is_some_and(|role| role.external_id),
            chained,
            session: self.is_session,
            ..Known::default()
        })
    }
}

async fn source_key(context: &Context, plan: &Plan, limit: Duration) -> Result<AccessKey> {
    match &plan.source {
        Source::Profile { key, .. } | Source::Environment { key } => Ok(key.clone()),
        Source::Process { name, command, .. } => {
            let place = plan.source.origin();
            let key = from_process(context, name, command.expose(), &place, limit).await?;
            let takes_temporary = plan.purpose.takes_temporary() || !plan.roles.is_empty();
            if key.is_temporary() && !takes_temporary {
                return Err(temporary(name).at(place));
            }
            Ok(key)
        }
    }
}

/// Temporary credentials may assume a role, but AWS makes no session of a session.
pub(super) fn temporary(profile: &str) -> Failure {
    Failure::new(
        Kind::Configuration,
        format!(
            "the credential_process of profile `{profile}` prints temporary credentials, and only a long-term key can sign in with a code"
        ),
    )
    .note(format!("AWS tools use profile `{profile}` as it is"))
    .next("or name a role to assume with `--role-arn`")
}

/// What a `credential_process` prints (AWS SDKs and Tools Reference Guide, "Process credential
/// provider").
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// What the profile's `credential_process` prints, which must be credentials.
pub(super) async fn from_process(
    context: &Context,
    profile: &str,
    command: &str,
    place: &Origin,
    limit: Duration,
) -> Result<AccessKey> {
    let variable = circle::variable(&context.env, profile);
    let output = process::run_with(Setting::CredentialProcess, command, limit, Some(variable))
        .await
        .map_err(|failure| failure.at(place))?;
    // The parser's own message could quote what was printed.
    let printed: Option<Printed> = serde_json::from_slice(&output).ok();
    let whole = |printed: &Printed| {
        !printed.access_key_id.is_empty() && !printed.secret_access_key.is_empty()
    };
    let printed = printed.filter(whole).ok_or_else(|| {
        Failure::new(
            Kind::Configuration,
            "the credential_process command did not print the document that AWS tools expect",
        )
        .at(place)
        .next("run the command by hand: it must print Version, AccessKeyId and SecretAccessKey as JSON")
    })?;
    if printed.version != 1 {
        return Err(Failure::new(
            Kind::Configuration,
            format!(
                "the credential_process command printed version {}, and only 1 is known",
                printed.version
            ),
        )
        .at(place));
    }
    Ok(AccessKey {
        id: printed.access_key_id,
        secret: Secret::new(printed.secret_access_key),
        token: printed
            .session_token
            .filter(|token| !token.is_empty())
            .map(Secret::new),
    })
}
