//! The environment variables that carry credentials: what a program or a shell is given, and what
//! has to go because an AWS tool could take it instead.
//!
//! Pure: it names variables and never touches an environment. [`crate::child`] gives them to a
//! program, [`crate::shell`] writes them down for a shell.

use jiff::Timestamp;

use crate::context::Env;
use crate::profile::spell_expiration;
use crate::secret::{AccessKey, Secret};

/// The section that the credentials are from: for prompts, and for renewing them in the shell that
/// has them.
pub const SECTION: &str = crate::profile::SECTION_VARIABLE;

/// Every variable that [`assignments`] may set.
pub const ASSIGNED: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    SECTION,
];

/// Where to ask for credentials, and what to show there (AWS SDKs and Tools Reference Guide,
/// "Container credential provider").
const ENDPOINT: [&str; 2] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

/// What every AWS tool takes before it asks an endpoint, and a shell is likely to have.
const BEFORE_ENDPOINT: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_PROFILE",
];

/// What names a profile to AWS tools.
pub const PROFILE_NAMES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// A file of boto 2 that botocore still takes keys from, last of all before it asks an endpoint
/// (`create_credential_resolver`). Most of what it holds are settings, gsutil's for one, so only an
/// endpoint needs it to go.
const BOTO_CONFIG: &str = "BOTO_CONFIG";

/// Other variables that name credentials, a profile or the account they belong to (AWS SDKs and
/// Tools Reference Guide, "Environment variables support"; the rest of the names are those of
/// older tools). Settings such as `AWS_CA_BUNDLE` and `AWS_ENDPOINT_URL` are none of them.
pub const OTHERS: [&str; 21] = [
    "AWSMFA_PROFILE",
    "AWSMFA_TOKEN_CODE",
    SECTION,
    "AWS_ACCESS_KEY",
    "AWS_ACCOUNT_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_FILE",
    "AWS_CREDENTIAL_SCOPE",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_EXPIRATION",
    "AWS_SSO_SESSION",
    "AWS_VAULT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// One per service: `AWS_BEARER_TOKEN_BEDROCK`.
const BEARER_TOKENS: &str = "AWS_BEARER_TOKEN_";

/// A variable and its value.
pub type Assignment = (&'static str, Secret);

/// What to set. The expiry is RFC 3339 in UTC; the two names of the region are the SDKs' and the
/// AWS CLI's.
pub fn assignments(
    key: &AccessKey,
    expiration: Timestamp,
    region: Option<&str>,
    section: &str,
) -> Vec<Assignment> {
    let values = [
        Some(Secret::new(key.id.as_str())),
        Some(key.secret.clone()),
        key.token.clone(),
        Some(Secret::new(spell_expiration(expiration))),
        region.map(Secret::new),
        region.map(Secret::new),
        Some(Secret::new(section)),
    ];
    let pairs = ASSIGNED.into_iter().zip(values);
    pairs
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// What to set for somebody who asks an endpoint.
pub fn endpoint_assignments(uri: &str, token: &Secret, region: Option<&str>) -> Vec<Assignment> {
    let [uri_name, token_name] = ENDPOINT;
    let mut set = vec![(uri_name, Secret::new(uri)), (token_name, token.clone())];
    if let Some(region) = region {
        set.extend(["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name, Secret::new(region))));
    }
    set
}

/// What has to go for an endpoint to be asked: of the caller's variables, and of those that
/// another shell is likely to have.
pub fn in_the_way_of_endpoint(env: &Env) -> Vec<&str> {
    let boto = env.raw(BOTO_CONFIG).map(|_| BOTO_CONFIG);
    let others = in_the_way(env).into_iter().chain(boto);
    let others = others.filter(|name| !ENDPOINT.contains(name) && !BEFORE_ENDPOINT.contains(name));
    BEFORE_ENDPOINT.into_iter().chain(others).collect()
}

/// Which of the caller's variables have to go, beside those that are set anew.
pub fn in_the_way(env: &Env) -> Vec<&str> {
    env.names()
        .filter_map(|name| name.to_str())
        .filter(|name| names_credentials(name))
        .collect()
}

fn names_credentials(name: &str) -> bool {
    OTHERS.contains(&name) || name.starts_with(BEARER_TOKENS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AccessKey {
        AccessKey {
            id: "ASIAIOSFODNN7EXAMPLE".to_owned(),
            secret: Secret::new("the secret"),
            token: Some(Secret::new("the token")),
        }
    }

    #[test]
    fn every_variable_has_its_value_and_without_a_region_there_is_none() {
        // An expiry that somebody wrote with a fraction is told without.
        let expiration = "2026-11-21T21:04:00.5Z".parse().unwrap();
        let all = assignments(&key(), expiration, Some("eu-west-1"), "x-mfa");
        let all: Vec<_> = all.iter().map(|(n, v)| (*n, v.expose())).collect();
        assert_eq!(
            all,
            [
                ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "the secret"),
                ("AWS_SESSION_TOKEN", "the token"),
                ("AWS_CREDENTIAL_EXPIRATION", "2026-11-21T21:04:00Z"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_DEFAULT_REGION", "eu-west-1"),
                ("AWSMFA_SECTION", "x-mfa"),
            ]
        );
        let without = assignments(&key(), expiration, None, "x-mfa");
        assert_eq!(without.len(), 5);
    }

    #[test]
    fn what_names_credentials_goes_and_what_is_a_setting_stays() {
        let env: Env = [
            "AWSMFA_TOKEN_CODE",
            "AWS_BEARER_TOKEN_BEDROCK",
            "AWS_CA_BUNDLE",
            "AWS_CONFIG_FILE",
            "AWS_CREDENTIAL_FILE",
            "AWS_ENDPOINT_URL",
            "AWS_MFA_SERIAL",
            "AWS_PROFILE",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "BOTO_CONFIG",
            "PATH",
        ]
        .into_iter()
        .map(|name| (name, ""))
        .collect();
        assert_eq!(
            in_the_way(&env),
            [
                "AWSMFA_TOKEN_CODE",
                "AWS_BEARER_TOKEN_BEDROCK",
                "AWS_CREDENTIAL_FILE",
                "AWS_PROFILE"
            ]
        );
    }

    #[test]
    fn an_endpoint_is_in_nobody_s_way_but_everything_before_it_is() {
        let env: Env = [
            "AWS_ACCESS_KEY_ID",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_REGION",
            "BOTO_CONFIG",
        ]
        .into_iter()
        .map(|name| (name, "x"))
        .collect();
        assert_eq!(
            in_the_way_of_endpoint(&env),
            [
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
                "AWS_CREDENTIAL_EXPIRATION",
                "AWS_PROFILE",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "BOTO_CONFIG",
            ]
        );
    }
}
