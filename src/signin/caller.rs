//! The source's key and the AWS that it is used with: who is calling, and how to explain a no.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::arn::Arn;
use crate::aws::{Aws, Identity, Known, Refusal, Settings, Situation};
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::process::{self, Setting};
use crate::profile::{Origin, Plan, Source, Sourced};
use crate::secret::{AccessKey, Secret};
use crate::terminal::detached;
use crate::ui::Ui;

pub(super) struct Caller {
    aws: Aws,
    key: AccessKey,
    /// Where the key was found, for messages.
    origin: String,
    identity: Option<Identity>,
}

impl Caller {
    /// Gets the key, which may mean running the profile's `credential_process`. Nothing is sent.
    pub(super) async fn new(
        context: &Context,
        ui: &Ui,
        plan: &Plan,
        timeout: Duration,
    ) -> Result<Self> {
        let key = source_key(plan, timeout).await?;
        let voice = ui.clone();
        let trace = Arc::new(move |line: &str| voice.trace(line));
        Ok(Self {
            aws: Aws::new(context, settings(plan, timeout), trace)?,
            key,
            origin: plan.source.origin().to_string(),
            identity: None,
        })
    }

    pub(super) fn aws(&self) -> &Aws {
        &self.aws
    }

    pub(super) fn key(&self) -> &AccessKey {
        &self.key
    }

    pub(super) fn known_arn(&self) -> Option<&str> {
        self.identity.as_ref().map(|identity| identity.arn.as_str())
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
        role_arn: Option<&str>,
    ) -> Failure {
        let serial_origin = serial.map(|serial| serial.origin.to_string());
        let external_id = plan.roles.last().and_then(|role| role.external_id.as_ref());
        refusal.failure(&Known {
            profile: Some(&plan.profile.value),
            key_id: Some(&self.key.id),
            key_origin: Some(&self.origin),
            serial: serial.map(|serial| serial.value.as_str()),
            serial_origin: serial_origin.as_deref(),
            role_arn,
            external_id: external_id.is_some(),
        })
    }
}

/// Where no region says otherwise, the partition of what is named decides which AWS is meant.
fn settings(plan: &Plan, timeout: Duration) -> Settings {
    let named = plan
        .roles
        .iter()
        .map(|role| role.arn.as_str())
        .chain(plan.serial.iter().map(|serial| serial.value.as_str()));
    Settings {
        region: plan.region.as_ref().map(|region| region.value.clone()),
        partition: named
            .filter_map(Arn::parse)
            .map(|arn| arn.partition.to_owned())
            .next(),
        sts_endpoint: plan.endpoints.sts.clone(),
        iam_endpoint: plan.endpoints.iam.clone(),
        fips: plan.endpoints.fips,
        dual_stack: plan.endpoints.dual_stack,
        ca_bundle: plan.endpoints.ca_bundle.clone(),
        budget: timeout,
    }
}

async fn source_key(plan: &Plan, limit: Duration) -> Result<AccessKey> {
    match &plan.source {
        Source::Profile { key, .. } | Source::Environment { key } => Ok(key.clone()),
        Source::Process { command, .. } => {
            let (command, place) = (command.clone(), plan.source.origin());
            detached("credential_process", move || {
                from_process(command.expose(), &place, limit)
            })
            .await
        }
    }
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

fn from_process(command: &str, place: &Origin, limit: Duration) -> Result<AccessKey> {
    let output = process::run(Setting::CredentialProcess, command, limit)
        .map_err(|failure| failure.at(place))?;
    // The parser's own message could quote what was printed.
    let printed: Printed = serde_json::from_slice(&output).map_err(|_| {
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
