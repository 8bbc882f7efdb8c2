//! The credential report, and the account's summary.
//!
//! The three refusals of GetCredentialReport come without a message, as AWS sends them.

use super::super::base64;
use super::super::clock;
use super::super::device::{Device, Kind};
use super::super::model::Account;
use super::super::refusal::Refusal;
use super::super::report::{self, State};
use super::super::service::Call;
use super::super::xml::Xml;
use super::subject;

/// A report is good for four hours, and while it is, no new one is made (IAM User Guide, "Generate
/// credential reports").
const GOOD_FOR: u64 = 4 * 3_600;

pub fn generate(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    subject::allowed_at_all(call, "iam:GenerateCredentialReport")?;
    let now = call.now;
    let account = call.account();
    let polls = account.reports.polls;
    let (state, word, description) = match &account.reports.state {
        State::InProgress(0) => (complete(account, now), "COMPLETE", None),
        State::InProgress(left) => (State::InProgress(left - 1), "INPROGRESS", None),
        State::Complete { generated, .. } if now <= generated + GOOD_FOR => {
            (account.reports.state.clone(), "COMPLETE", None)
        }
        State::Complete { .. } => (
            State::InProgress(polls),
            "STARTED",
            Some("The report has expired. Starting a new report generation task"),
        ),
        State::None => (
            State::InProgress(polls),
            "STARTED",
            Some("No report exists. Starting a new report generation task"),
        ),
    };
    call.account_mut().reports.state = state;
    let mut result = Xml::default();
    result.text("State", word);
    if let Some(description) = description {
        result.text("Description", description);
    }
    Ok(result)
}

fn complete(account: &Account, now: u64) -> State {
    State::Complete {
        generated: now,
        csv: report::csv(account),
    }
}

pub fn get(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    subject::allowed_at_all(call, "iam:GetCredentialReport")?;
    let (generated, csv) = match &call.account().reports.state {
        State::None => return Err(Refusal::new(410, "ReportNotPresent", "")),
        State::InProgress(_) => return Err(Refusal::new(404, "ReportInProgress", "")),
        State::Complete { generated, .. } if call.now > generated + GOOD_FOR => {
            return Err(Refusal::new(410, "ReportExpired", ""));
        }
        State::Complete { generated, csv } => (generated, csv),
    };
    let mut result = Xml::default();
    result
        .text("Content", base64::encode(csv.as_bytes()))
        .text("ReportFormat", "text/csv")
        .text("GeneratedTime", clock::iso8601(*generated));
    Ok(result)
}

pub fn summary(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    subject::allowed_at_all(call, "iam:GetAccountSummary")?;
    let account = call.account();
    let quotas = &account.quotas;
    let count = |test: fn(&Device) -> bool| account.devices.values().filter(|it| test(it)).count();
    let root_mfa = account
        .devices
        .values()
        .any(|device| device.enabled.is_some() && device.user.is_none());
    let entries = [
        ("Users", account.users.len()),
        ("UsersQuota", quotas.users),
        ("Groups", account.groups.len()),
        ("Roles", account.roles.len()),
        ("RolesQuota", quotas.roles),
        ("Policies", account.policies.len()),
        ("MFADevices", count(|device| device.kind == Kind::Virtual)),
        ("MFADevicesInUse", count(|device| device.enabled.is_some())),
        ("AccountMFAEnabled", usize::from(root_mfa)),
        (
            "AccountAccessKeysPresent",
            usize::from(!account.root_keys.is_empty()),
        ),
        ("AccessKeysPerUserQuota", quotas.keys_per_user),
        ("AttachedPoliciesPerUserQuota", quotas.policies_per_user),
        ("AttachedPoliciesPerRoleQuota", quotas.policies_per_role),
        ("UserPolicySizeQuota", quotas.user_policy_length),
        ("RolePolicySizeQuota", quotas.role_policy_length),
        ("AssumeRolePolicySizeQuota", quotas.trust_policy_length),
    ];
    let mut result = Xml::default();
    result.within("SummaryMap", |xml| {
        for (name, number) in entries {
            xml.within("entry", |xml| {
                xml.text("key", name).text("value", number.to_string());
            });
        }
    });
    Ok(result)
}
