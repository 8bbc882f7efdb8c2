//! Policies attached and put, found and not found, and when they begin to count.

use super::super::client::{Credentials, iam};
use super::admin;
use crate::local_aws::{Lag, New};

const READ: &str = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}]}"#;

#[test]
fn what_is_attached_or_put_is_listed_and_counts() {
    let admin = admin();
    let alice = admin.aws.user("alice");
    let key = Credentials::from(&alice.key());
    let user = ("UserName", "alice");
    let may = |action: &str| iam(&admin.aws, &key, action, &[]).status == 200;
    assert!(!may("GetUser") && !may("ListUsers"));

    let put = [user, ("PolicyName", "own"), ("PolicyDocument", DOCUMENT)];
    admin.done("PutUserPolicy", &put);
    assert!(may("GetUser") && !may("ListUsers"));
    assert_eq!(
        admin.done("ListUserPolicies", &[user]).all("member"),
        ["own"]
    );
    let got = admin.done("GetUserPolicy", &[user, ("PolicyName", "own")]);
    assert!(got.text("PolicyDocument").starts_with("%7B%22Statement%22"));

    let attach = [user, ("PolicyArn", READ)];
    admin.done("AttachUserPolicy", &attach);
    admin.done("AttachUserPolicy", &attach);
    assert!(may("ListUsers"));
    let own = admin
        .aws
        .account()
        .managed_policy("team/Mine", serde_json::from_str(DOCUMENT).unwrap());
    admin.done("AttachUserPolicy", &[user, ("PolicyArn", &own)]);
    let listed = admin.done("ListAttachedUserPolicies", &[user]);
    assert_eq!(listed.all("PolicyName"), ["Mine", "IAMReadOnlyAccess"]);
    let team = [user, ("PathPrefix", "/team/")];
    assert_eq!(
        admin
            .done("ListAttachedUserPolicies", &team)
            .all("PolicyArn"),
        [own]
    );
    admin.done("DetachUserPolicy", &attach);
    assert!(!may("ListUsers"));
    admin.done("DeleteUserPolicy", &[user, ("PolicyName", "own")]);
    assert!(may("GetUser"), "Mine still allows it");
}

#[test]
fn a_managed_policy_is_there_or_not() {
    let admin = admin();
    let found = admin.done("GetPolicy", &[("PolicyArn", READ)]);
    assert_eq!(found.text("Arn"), READ);
    assert_eq!(found.text("PolicyName"), "IAMReadOnlyAccess");
    let missing = "arn:aws:iam::aws:policy/NoSuchPolicy";
    admin.refuses(&[(
        "GetPolicy",
        &[("PolicyArn", missing)],
        "404 NoSuchEntity: Policy arn:aws:iam::aws:policy/NoSuchPolicy was not found.",
    )]);
}

#[test]
fn policies_are_refused_in_awss_words() {
    let admin = admin();
    let _ = admin.aws.role("Dev");
    let role = ("RoleName", "Dev");
    let arn = |arn| ("PolicyArn", arn);
    let document = |text| ("PolicyDocument", text);
    let name = ("PolicyName", "p");
    let statement = |text: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#);
    let trusting =
        statement(r#"{"Effect":"Allow","Action":"iam:*","Resource":"*","Principal":"*"}"#);
    let aimless = statement(r#"{"Effect":"Allow","Action":"iam:*"}"#);
    let idle = statement(r#"{"Effect":"Allow","Resource":"*"}"#);
    let bare = statement(r#"{"Effect":"Allow","Action":"GetUser","Resource":"*"}"#);
    let missing = "404 NoSuchEntity: Policy arn:aws:iam::aws:policy/Nonsense does not exist or is not attachable.";
    admin.refuses(&[
        ("AttachRolePolicy", &[role, arn("arn:aws:iam::aws:policy/Nonsense")], missing),
        (
            "AttachRolePolicy",
            &[role, arn("arn:aws:iam::123456789012:policy/Mine")],
            "404 NoSuchEntity: Policy arn:aws:iam::123456789012:policy/Mine does not exist or is not attachable.",
        ),
        (
            "AttachRolePolicy",
            &[role, arn("arn:aws:iam::123456789012:role/Dev")],
            "400 InvalidInput: ARN arn:aws:iam::123456789012:role/Dev is not valid.",
        ),
        (
            "AttachRolePolicy",
            &[role, arn("ReadOnlyAccess")],
            "400 ValidationError: 1 validation error detected: Value 'ReadOnlyAccess' at 'policyArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
        ),
        (
            "DetachRolePolicy",
            &[role, arn(READ)],
            "404 NoSuchEntity: Policy arn:aws:iam::aws:policy/IAMReadOnlyAccess was not found.",
        ),
        (
            "DeleteRolePolicy",
            &[role, name],
            "404 NoSuchEntity: The role policy with name p cannot be found.",
        ),
        ("PutRolePolicy", &[role, name, document("{")], "400 MalformedPolicyDocument: Syntax errors in policy."),
        (
            "PutRolePolicy",
            &[role, name, document(r#"{"Statement":[]}"#)],
            "400 MalformedPolicyDocument: Policy document must be version 2012-10-17 or greater.",
        ),
        (
            "PutRolePolicy",
            &[role, name, document(&trusting)],
            "400 MalformedPolicyDocument: Policy document should not specify a principal.",
        ),
        (
            "PutRolePolicy",
            &[role, name, document(&aimless)],
            "400 MalformedPolicyDocument: Policy statement must contain resources.",
        ),
        (
            "PutRolePolicy",
            &[role, name, document(&idle)],
            "400 MalformedPolicyDocument: Policy statement must contain actions.",
        ),
        (
            "PutRolePolicy",
            &[role, name, document(&bare)],
            "400 MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
    ]);
    admin.aws.account().quotas(|quotas| {
        quotas.policies_per_role = 1;
        quotas.role_policy_length = 150;
    });
    admin.done("AttachRolePolicy", &[role, arn(READ)]);
    let second = [role, arn("arn:aws:iam::aws:policy/IAMFullAccess")];
    let full = "409 LimitExceeded: Cannot exceed quota for PoliciesPerRole: 1";
    let put = [role, ("PolicyName", "q"), document(DOCUMENT)];
    admin.done("PutRolePolicy", &[role, name, document(DOCUMENT)]);
    admin.refuses(&[
        ("AttachRolePolicy", &second, full),
        (
            "PutRolePolicy",
            &put,
            "409 LimitExceeded: Maximum policy size of 150 bytes exceeded for role Dev",
        ),
    ]);
}

#[test]
fn a_policy_that_lags_counts_for_nothing_yet() {
    let admin = admin();
    let key = Credentials::from(&admin.aws.user("alice").key());
    let attach = [("UserName", "alice"), ("PolicyArn", READ)];
    for (lag, moved) in [(Lag::Requests(2), 0), (Lag::Seconds(8), 4)] {
        admin.aws.set_lag(New::Policy, Some(lag));
        admin.done("AttachUserPolicy", &attach);
        let seen = [(); 3].map(|()| {
            let status = iam(&admin.aws, &key, "GetUser", &[]).status;
            admin.aws.advance(moved);
            status
        });
        assert_eq!(seen, [403, 403, 200], "{lag:?}");
        admin.done("DetachUserPolicy", &attach);
    }
}
