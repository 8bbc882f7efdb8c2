//! The account's credential report: whether there is one, and what it says.
//!
//! Columns and their values: IAM User Guide, "Generate credential reports for your AWS account".

use super::clock;
use super::model::{Account, Belonging, Key, User};

/// The course of GenerateCredentialReport.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// How many further calls find a new report still in progress.
    pub polls: u32,
    pub state: State,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    None,
    /// So many calls until it is there.
    InProgress(u32),
    Complete {
        generated: u64,
        csv: String,
    },
}

pub const COLUMNS: [&str; 22] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
];

const NONE: &str = "N/A";

/// The report of this moment: the root user first, then everybody by name.
pub fn csv(account: &Account) -> String {
    let mut lines = vec![COLUMNS.join(","), root(account)];
    let mut users: Vec<&User> = account.users.values().collect();
    users.sort_by_key(|user| user.name.to_lowercase());
    lines.extend(users.into_iter().map(|user| line(account, user)));
    lines.join("\n")
}

/// Nobody here signs in as root with a password, so of that AWS has nothing to say.
fn root(account: &Account) -> String {
    let mut devices = account.devices.values();
    let mfa = devices.any(|device| device.enabled.is_some() && device.user.is_none());
    let mut fields = vec![
        "<root_account>".to_owned(),
        account.arn("root"),
        moment(account.created),
        "not_supported".to_owned(),
        "no_information".to_owned(),
        "not_supported".to_owned(),
        "not_supported".to_owned(),
        mfa.to_string(),
    ];
    keys(&mut fields, &account.root_keys);
    certificates(&mut fields, 0);
    fields.join(",")
}

fn line(account: &Account, user: &User) -> String {
    let mut fields = vec![
        user.name.clone(),
        account.user_arn(user),
        moment(user.created),
    ];
    match &user.login {
        None => fields.extend(["false", NONE, NONE, NONE].map(str::to_owned)),
        Some(login) => {
            let days = account
                .password_policy
                .as_ref()
                .and_then(|policy| policy.max_age);
            fields.extend([
                "true".to_owned(),
                login.last_used.map_or("no_information".to_owned(), moment),
                moment(login.changed),
                days.map_or(NONE.to_owned(), |days| {
                    moment(login.changed + days * 86_400)
                }),
            ]);
        }
    }
    fields.push(account.devices_of(&user.name).next().is_some().to_string());
    keys(&mut fields, &user.keys);
    let owned = user.belongings.iter();
    let owned = owned.filter(|(kind, _)| *kind == Belonging::SigningCertificate);
    certificates(&mut fields, owned.count());
    fields.join(",")
}

/// In order of their ids, which says nothing of their age.
fn keys(fields: &mut Vec<String>, keys: &[Key]) {
    let mut keys: Vec<&Key> = keys.iter().collect();
    keys.sort_by_key(|key| &key.id);
    for place in 0..2 {
        let Some(key) = keys.get(place) else {
            fields.extend(["false", NONE, NONE, NONE, NONE].map(str::to_owned));
            continue;
        };
        fields.extend([key.active.to_string(), moment(key.created)]);
        match &key.last_used {
            None => fields.extend([NONE; 3].map(str::to_owned)),
            Some(used) => {
                fields.extend([moment(used.at), used.region.clone(), used.service.clone()]);
            }
        }
    }
}

fn certificates(fields: &mut Vec<String>, count: usize) {
    for place in 0..2 {
        fields.extend([(place < count).to_string(), NONE.to_owned()]);
    }
}

/// `2026-11-21T21:04:00Z`. The User Guide's example has `+00:00`; the service says `Z`.
fn moment(epoch: u64) -> String {
    clock::iso8601(epoch)
}
