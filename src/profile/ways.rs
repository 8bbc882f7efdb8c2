//! Every way in which AWS tools could get credentials for a profile, the one they take first; for
//! telling a person what shadows what.
//!
//! The order is botocore's (`create_credential_resolver`), which the AWS CLI has: the environment,
//! unless `--profile` names the profile; a role; a web identity token; IAM Identity Center; the key
//! in the credentials file; `aws login`; `credential_process`; the key in the config file.
//! A value that stands there but is empty is no way. Nothing is checked beyond that.

use std::fmt;

use super::choose::{KEY_ID, environment_key, profile};
use super::settings::{Found, Part, Settings, Shared};
use super::{Endpoints, Files, Origin, Request, Sourced, endpoint, key, region, served};
use crate::context::{Context, Env};
use crate::failure::Result;

/// What IAM Identity Center needs to know; any of it makes tools use it.
const IDENTITY_CENTER: [&str; 5] = [
    "sso_session",
    "sso_account_id",
    "sso_role_name",
    "sso_start_url",
    "sso_region",
];

/// One way, and where it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub means: Means,
    pub origin: Origin,
}

/// How credentials are got; as text, the end of "AWS tools use …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// A key pair in the environment, with its id.
    EnvironmentKey(String),
    /// A token file that the environment names.
    EnvironmentToken,
    /// A role, and the profile or other source whose credentials assume it, if one is named.
    Role {
        arn: String,
        source: Option<String>,
    },
    WebIdentity,
    IdentityCenter,
    /// `aws login`.
    Login,
    /// A key pair in a file. The id may be empty.
    Key {
        id: String,
        temporary: bool,
    },
    /// `credential_process`, and whether that is this program.
    Process {
        ours: bool,
    },
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Means::EnvironmentKey(id) => write!(f, "access key {id} of the environment"),
            Means::EnvironmentToken => f.write_str("the web identity token of the environment"),
            Means::Role { arn, source } => match source {
                Some(source) => write!(f, "role {arn}, assumed by `{source}`"),
                None => write!(f, "role {arn}"),
            },
            Means::WebIdentity => f.write_str("a web identity token"),
            Means::IdentityCenter => f.write_str("IAM Identity Center"),
            Means::Login => f.write_str("`aws login`"),
            Means::Key { id, temporary } => {
                let kind = if *temporary { "temporary" } else { "long-term" };
                write!(f, "the {kind} key {id}")
            }
            Means::Process { .. } => f.write_str("`credential_process`"),
        }
    }
}

/// The ways for the profile, the strongest first; none where tools would find nothing.
pub fn ways(context: &Context, files: &Files, profile: &Sourced<String>) -> Vec<Way> {
    let shared = Shared::new(files);
    let mut ways = match profile.origin {
        Origin::Flag(_) => Vec::new(),
        _ => of_environment(&context.env),
    };
    if let Some(settings) = shared.profile(&profile.value) {
        ways.extend(of_settings(&settings));
    }
    ways
}

fn of_environment(env: &Env) -> Vec<Way> {
    let mut ways = Vec::new();
    if let Ok(Some(key)) = environment_key(env) {
        ways.push(Way {
            means: Means::EnvironmentKey(key.id),
            origin: Origin::Environment(KEY_ID),
        });
    }
    let token = "AWS_WEB_IDENTITY_TOKEN_FILE";
    if env.raw(token).is_some() && env.raw("AWS_ROLE_ARN").is_some() {
        ways.push(Way {
            means: Means::EnvironmentToken,
            origin: Origin::Environment(token),
        });
    }
    ways
}

fn of_settings(settings: &Settings<'_>) -> Vec<Way> {
    let role = settings.get("role_arn");
    let token = settings.get("web_identity_token_file");
    let first = match (role, token) {
        (_, Some(token)) => Some(way(Means::WebIdentity, &token)),
        (Some(role), None) => Some(role_way(settings, &role)),
        (None, None) => None,
    };
    let mut center = IDENTITY_CENTER.iter();
    let center = center.find_map(|key| settings.get(key));
    let login = settings.get("login_session");
    let process = settings.get("credential_process");
    [
        first,
        center.map(|found| way(Means::IdentityCenter, &found)),
        settings.credentials.as_ref().and_then(key_way),
        login.map(|found| way(Means::Login, &found)),
        process.map(|found| {
            let ours = served::runs_awsmfa(&found.text);
            way(Means::Process { ours }, &found)
        }),
        settings.config.as_ref().and_then(key_way),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn role_way(settings: &Settings<'_>, role: &Found<'_>) -> Way {
    let source = settings
        .get("source_profile")
        .or_else(|| settings.get("credential_source"));
    let means = Means::Role {
        arn: role.text.to_string(),
        source: source.map(|source| source.text.into_owned()),
    };
    way(means, role)
}

fn key_way(part: &Part<'_>) -> Option<Way> {
    let id = key::filled(part, key::ID);
    let found = match id {
        Some(id) => id,
        None => key::filled(part, key::SECRET)?,
    };
    // What stands in the place of an id may be a secret.
    let id = key::filled(part, key::ID)
        .map(|id| id.text)
        .filter(|id| key::looks_like_key_id(id) && id.len() <= 32);
    let means = Means::Key {
        id: id.unwrap_or_default().into_owned(),
        temporary: key::token(part).is_some(),
    };
    Some(way(means, &found))
}

fn way(means: Means, found: &Found<'_>) -> Way {
    Way {
        means,
        origin: found.origin(),
    }
}

/// Values of the profile that AWS's readers disagree about: where, which key, and how.
pub fn doubts(files: &Files, name: &str) -> Vec<(Origin, String)> {
    let shared = Shared::new(files);
    let settings = shared.profile(name);
    let parts = settings.iter().flat_map(Settings::parts);
    let mut found = Vec::new();
    for part in parts {
        let mut keys: Vec<String> = part.section.keys().map(str::to_ascii_lowercase).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            if let Some(value) = part.get(&key)
                && let Some(doubt) = value.doubt
            {
                found.push((value.origin(), format!("`{key}`: {doubt}")));
            }
        }
    }
    found
}

/// What can be said of the way to AWS without a plan: from the chosen profile alone.
#[derive(Debug)]
pub struct Nearest {
    pub region: Option<Sourced<String>>,
    pub endpoints: Endpoints,
}

/// The way to AWS for a profile that cannot be resolved.
///
/// # Errors
///
/// A region, an endpoint or a switch that cannot be one, with its place.
pub fn nearest(context: &Context, files: &Files, request: &Request) -> Result<Nearest> {
    let shared = Shared::new(files);
    let name = profile(&context.env, request).map_or("default".to_owned(), |name| name.value);
    let nodes: Vec<_> = shared.profile(&name).into_iter().collect();
    Ok(Nearest {
        region: region::resolve(&context.env, request, &[&nodes])?,
        endpoints: endpoint::resolve(context, &shared, request, &nodes)?,
    })
}
