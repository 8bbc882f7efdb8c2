//! The variables that AWS tools and awsmfa read: which change what is used, which contradict each
//! other, which are set to nothing.
//!
//! How the AWS CLI reads them is botocore's (`configprovider.py`, `credentials.py`): it takes
//! `AWS_DEFAULT_PROFILE` before `AWS_PROFILE`, where every SDK has it the other way round or knows
//! the second alone, and an empty one for the name of a profile. Values that could be secret are
//! never shown.

use jiff::Timestamp;

use super::finding::{Check, Finding};
use crate::context::{Context, Env};
use crate::profile::environment_key;
use crate::shell;
use crate::ui::until;

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";

/// What awsmfa reads, or sets for its children.
const OURS: [&str; 4] = [
    "AWSMFA_CREDENTIAL_PROCESS_OF",
    "AWSMFA_PROFILE",
    "AWSMFA_SECTION",
    "AWSMFA_TOKEN_CODE",
];

/// Variables that change where credentials come from or where AWS is, and how.
const SETTINGS: [(&str, &str); 19] = [
    ("AWS_CONFIG_FILE", "names the config file"),
    ("AWS_SHARED_CREDENTIALS_FILE", "names the credentials file"),
    ("AWS_MFA_SERIAL", "names the MFA device, for awsmfa alone"),
    ("AWS_ENDPOINT_URL", "names the endpoint of every service"),
    ("AWS_ENDPOINT_URL_STS", "names the endpoint of STS"),
    ("AWS_ENDPOINT_URL_IAM", "names the endpoint of IAM"),
    (
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "decides whether configured endpoints count",
    ),
    ("AWS_USE_FIPS_ENDPOINT", "decides about FIPS endpoints"),
    (
        "AWS_USE_DUALSTACK_ENDPOINT",
        "decides about dual-stack endpoints",
    ),
    (
        "AWS_STS_REGIONAL_ENDPOINTS",
        "chooses the STS endpoint of older tools",
    ),
    ("AWS_CA_BUNDLE", "names the certificates to trust"),
    ("AWS_ROLE_ARN", "names the role of a web identity token"),
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "names a token, which AWS tools prefer to a profile's keys",
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "names a server of credentials, used where there is nothing else",
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "names a server of credentials, used where there is nothing else",
    ),
    (
        "AWS_EC2_METADATA_DISABLED",
        "decides whether the machine's own credentials are looked for",
    ),
    (
        "AWS_SDK_LOAD_CONFIG",
        "decides whether older SDKs read the config file",
    ),
    (
        "AWS_SECURITY_TOKEN",
        "is the session token's old name, which the AWS CLI prefers",
    ),
    (
        "AWS_DATA_PATH",
        "adds service models of one's own to the AWS CLI",
    ),
];

pub(super) fn examine(context: &Context) -> Vec<Finding> {
    let env = &context.env;
    let mut found = names(env);
    found.extend(key(context));
    found.extend(profiles(env));
    found.extend(regions(env));
    found.extend(code(env));
    for (name, does) in SETTINGS {
        if env.raw(name).is_some() {
            found.push(Finding::note(Check::Settings, format!("{name} {does}")).at(name));
        }
    }
    if found.is_empty() {
        found.push(Finding::ok(
            Check::Settings,
            "no variable changes what AWS tools use",
        ));
    }
    found
}

/// One look at every variable of AWS's and ours.
fn names(env: &Env) -> Vec<Finding> {
    let names = env.names().filter_map(|name| name.to_str());
    let ours_or_aws = |name: &&str| name.starts_with("AWS_") || name.starts_with("AWSMFA_");
    names
        .filter(ours_or_aws)
        .filter_map(|name| {
            if env.raw(name).is_none() {
                return Some(empty(name));
            }
            if let Err(failure) = env.text(name) {
                return Some(Finding::of(Check::VariableUnreadable, &failure));
            }
            unknown(name)
        })
        .collect()
}

fn empty(name: &str) -> Finding {
    let finding = match name {
        "AWS_PROFILE" | "AWS_DEFAULT_PROFILE" => Finding::problem(
            Check::VariableEmpty,
            format!("{name} is set to nothing, and the AWS CLI looks for a profile without a name"),
        ),
        "AWS_CONFIG_FILE" | "AWS_SHARED_CREDENTIALS_FILE" => Finding::problem(
            Check::VariableEmpty,
            format!("{name} is set to nothing, and the AWS CLI does not look into the usual file"),
        ),
        _ => {
            let what = format!("{name} is set to nothing, which counts as unset");
            return Finding::note(Check::VariableEmpty, what).at(name);
        }
    };
    finding.at(name).next(format!("unset {name}"))
}

fn unknown(name: &str) -> Option<Finding> {
    if !name.starts_with("AWSMFA_") || OURS.contains(&name) {
        return None;
    }
    let what = format!("{name} is no variable that awsmfa reads");
    Some(
        Finding::warning(Check::VariableUnknown, what)
            .at(name)
            .next("it reads AWSMFA_PROFILE and AWSMFA_TOKEN_CODE"),
    )
}

fn key(context: &Context) -> Option<Finding> {
    let env = &context.env;
    if let Some(finding) = invalid(env) {
        return Some(finding);
    }
    let key = match environment_key(env) {
        Ok(key) => key?,
        Err(failure) => return Some(Finding::of(Check::KeyVariables, &failure)),
    };
    if let Some(finding) = expired(context) {
        return Some(finding);
    }
    let id = &key.id;
    let named = first(env, ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"]);
    let finding = match named {
        Some((variable, profile)) => Finding::warning(
            Check::KeyVariables,
            format!("most AWS tools use access key {id} of the environment, and not the profile `{profile}` that {variable} names"),
        )
        .next("unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (`awsmfa env --unset` writes the lines)")
        .next(format!("or name the profile to each command: `--profile {profile}`")),
        None => Finding::note(
            Check::KeyVariables,
            format!("AWS tools use access key {id} of the environment where no profile is named"),
        ),
    };
    Some(finding.at(KEY_ID))
}

/// What AWS refuses, or never issued.
fn invalid(env: &Env) -> Option<Finding> {
    let text = |name| env.text(name).ok().flatten();
    let clean = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"'".contains(&byte))
    };
    let problem = |what: String, name: &str| {
        let finding = Finding::problem(Check::KeyVariables, what).at(name);
        Some(finding.next(format!("unset {name}, or set it again")))
    };
    for name in [SECRET, TOKEN] {
        if text(name).is_some_and(|value| !clean(value)) {
            let what =
                format!("{name} holds a blank, a quote or another character that AWS never issues");
            return problem(what, name);
        }
    }
    text(TOKEN)?;
    match text(KEY_ID) {
        None => problem(format!("{TOKEN} is set and {KEY_ID} is not"), TOKEN),
        Some(id) if id.starts_with("AKIA") => {
            let what = format!(
                "{KEY_ID} is a long-term key and {TOKEN} is set: AWS refuses the two together"
            );
            problem(what, TOKEN)
        }
        Some(_) => None,
    }
}

/// Exported credentials outlive their time in the shell they were exported in.
fn expired(context: &Context) -> Option<Finding> {
    let end: Timestamp = context.env.text(EXPIRATION).ok()??.parse().ok()?;
    let now = context.clock.now();
    if end > now {
        return None;
    }
    let when = until(end, now, &context.zone());
    let what = format!("the credentials in the environment expired at {when}");
    let shell = shell::at_hand(&context.env);
    Some(
        Finding::problem(Check::KeyVariables, what)
            .at(EXPIRATION)
            .next(format!(
                "`{}` renews them, `{}` removes them",
                shell.evaluating(""),
                shell.evaluating(" --unset")
            )),
    )
}

/// The first of the two that is set, as botocore takes them.
fn first<'e>(env: &'e Env, names: [&'static str; 2]) -> Option<(&'static str, &'e str)> {
    let set = |name| Some((name, env.text(name).ok()??));
    names.into_iter().find_map(set)
}

fn profiles(env: &Env) -> Vec<Finding> {
    let text = |name| env.text(name).ok().flatten();
    let (ours, plain, default) = (
        text("AWSMFA_PROFILE"),
        text("AWS_PROFILE"),
        text("AWS_DEFAULT_PROFILE"),
    );
    let mut found = Vec::new();
    if let (Some(plain), Some(default)) = (plain, default)
        && plain != default
    {
        let what = format!(
            "AWS_PROFILE names `{plain}` and AWS_DEFAULT_PROFILE `{default}`: the AWS CLI and boto3 take the second, awsmfa and the other SDKs the first"
        );
        let finding = Finding::warning(Check::Profiles, what).at("AWS_DEFAULT_PROFILE");
        found.push(finding.next("unset AWS_DEFAULT_PROFILE"));
    }
    if let Some(ours) = ours
        && plain.or(default) != Some(ours)
    {
        let theirs = plain.or(default).unwrap_or("default");
        let what =
            format!("AWSMFA_PROFILE names `{ours}` for awsmfa alone; AWS tools use `{theirs}`");
        found.push(Finding::note(Check::Profiles, what).at("AWSMFA_PROFILE"));
    }
    found
}

fn regions(env: &Env) -> Option<Finding> {
    let [sdk, cli] = ["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| env.text(name).ok().flatten());
    let (sdk, cli) = (sdk?, cli?);
    (sdk != cli).then(|| {
        let what = "AWS_REGION and AWS_DEFAULT_REGION name two regions: boto3 and the AWS CLI 1 take the second, awsmfa and the others the first";
        let finding = Finding::warning(Check::Regions, what).at("AWS_DEFAULT_REGION");
        finding.next("unset AWS_DEFAULT_REGION, or give both the same value")
    })
}

fn code(env: &Env) -> Option<Finding> {
    env.raw("AWSMFA_TOKEN_CODE")?;
    let what = "AWSMFA_TOKEN_CODE is set, and a code is good once";
    let finding = Finding::warning(Check::CodeVariable, what).at("AWSMFA_TOKEN_CODE");
    Some(finding.next("unset AWSMFA_TOKEN_CODE; set it for the one command that needs it"))
}
