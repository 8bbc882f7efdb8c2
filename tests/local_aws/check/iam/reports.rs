//! The credential report, from the first call for it to its expiry.

use super::super::client::{Credentials, iam, sts};
use super::admin;
use crate::local_aws::{PasswordPolicy, Preset, base64, report};

#[test]
fn a_report_is_started_waited_for_fetched_and_expires() {
    let admin = admin();
    admin.aws.account().report_takes(2);
    admin.refuses(&[("GetCredentialReport", &[], "410 ReportNotPresent: ")]);
    let states = [(); 5].map(|()| {
        let state = admin.done("GenerateCredentialReport", &[]).text("State");
        let fetched = admin.call("GetCredentialReport", &[]);
        assert_eq!(fetched.status == 200, state == "COMPLETE", "{state}");
        if state != "COMPLETE" {
            assert_eq!(fetched.verdict(), "404 ReportInProgress: ");
        }
        state
    });
    assert_eq!(
        states,
        [
            "STARTED",
            "INPROGRESS",
            "INPROGRESS",
            "COMPLETE",
            "COMPLETE"
        ]
    );
    admin.aws.advance(4 * 3_600 + 5);
    admin.refuses(&[("GetCredentialReport", &[], "410 ReportExpired: ")]);
    let again = admin.done("GenerateCredentialReport", &[]);
    assert_eq!(again.text("State"), "STARTED");
}

#[test]
fn the_report_says_what_there_is() {
    let admin = admin();
    let account = admin.aws.account();
    account.password_policy(Some(PasswordPolicy {
        max_age: Some(90),
        ..PasswordPolicy::default()
    }));
    let alice = admin.aws.user("team/alice").password("Correct-horse-8");
    alice.virtual_mfa();
    let (used, off) = (alice.key(), alice.key());
    alice.set_key_active(&off.id, false);
    assert_eq!(
        sts(
            &admin.aws,
            &Credentials::from(&used),
            "GetCallerIdentity",
            &[]
        )
        .status,
        200
    );
    account.root_mfa();
    admin.done("GenerateCredentialReport", &[]);
    admin.done("GenerateCredentialReport", &[]);
    let fetched = admin.done("GetCredentialReport", &[]);
    assert_eq!(fetched.text("ReportFormat"), "text/csv");
    let csv = base64::decode(&fetched.text("Content")).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let rows: Vec<Vec<&str>> = csv
        .split('\n')
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(rows[0], report::COLUMNS);
    assert!(rows.iter().all(|row| row.len() == 22));
    let users: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(users, ["user", "<root_account>", "admin", "alice"]);
    let field = |row: usize, column: &str| {
        let place = report::COLUMNS.iter().position(|name| *name == column);
        rows[row][place.unwrap()]
    };
    for (row, column, expected) in [
        (1, "mfa_active", "true"),
        (1, "password_enabled", "not_supported"),
        (1, "access_key_1_active", "false"),
        (2, "password_enabled", "false"),
        (2, "password_last_used", "N/A"),
        (2, "mfa_active", "false"),
        (2, "access_key_1_last_used_service", "iam"),
        (3, "arn", "arn:aws:iam::123456789012:user/team/alice"),
        (3, "password_enabled", "true"),
        (3, "password_last_used", "no_information"),
        (3, "mfa_active", "true"),
        (3, "cert_1_active", "false"),
        (3, "cert_2_last_rotated", "N/A"),
    ] {
        assert_eq!(field(row, column), expected, "{row} {column}");
    }
    assert!(field(3, "user_creation_time").ends_with('Z'));
    assert_ne!(field(3, "access_key_2_last_rotated"), "N/A");
    // Which of two keys comes first says nothing of their age.
    let active = if used.id < off.id { 1 } else { 2 };
    for (key, on) in [(active, "true"), (3 - active, "false")] {
        assert_eq!(field(3, &format!("access_key_{key}_active")), on);
        let region = field(3, &format!("access_key_{key}_last_used_region"));
        assert_eq!(region == "us-east-1", key == active);
    }
    assert!(field(3, "password_next_rotation") > field(3, "password_last_changed"));
}

#[test]
fn the_summary_counts_and_the_report_needs_a_permission() {
    let admin = admin();
    admin.aws.user("alice").virtual_mfa();
    let summary = admin.done("GetAccountSummary", &[]);
    let (keys, values) = (summary.all("key"), summary.all("value"));
    let value = |name: &str| &values[keys.iter().position(|key| key == name).unwrap()];
    for (name, expected) in [
        ("Users", "2"),
        ("MFADevicesInUse", "1"),
        ("AccountMFAEnabled", "0"),
    ] {
        assert_eq!(value(name), expected, "{name}");
    }
    let bob = Credentials::from(&admin.aws.user("bob").policy(Preset::SelfService).key());
    assert_eq!(
        iam(&admin.aws, &bob, "GenerateCredentialReport", &[]).verdict(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/bob is not authorized to perform: iam:GenerateCredentialReport on resource: * because no identity-based policy allows the iam:GenerateCredentialReport action"
    );
}
