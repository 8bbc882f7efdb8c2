//! What IAM itself does not know yet: something new by name, in a list, with its tags; something that
//! was removed.

use super::{Admin, admin};
use crate::local_aws::{Lag, New};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";
const READ: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#;

const USER: (&str, &str) = ("UserName", "alice");
const ROLE: (&str, &str) = ("RoleName", "dev");
const DEVICE: (&str, &str) = ("SerialNumber", SERIAL);
const TAG: [(&str, &str); 2] = [
    ("Tags.member.1.Key", "team"),
    ("Tags.member.1.Value", "blue"),
];

/// Two requests stumble over each new thing of these kinds.
fn lagging(kinds: &[New]) -> Admin {
    let admin = admin();
    for kind in kinds {
        admin.aws.set_lag(*kind, Some(Lag::Requests(2)));
    }
    admin.done("CreateUser", &[&[USER][..], &TAG].concat());
    let role = [ROLE, ("AssumeRolePolicyDocument", TRUST)];
    admin.done("CreateRole", &[&role[..], &TAG].concat());
    admin.done(
        "CreateVirtualMFADevice",
        &[("VirtualMFADeviceName", "alice")],
    );
    admin
}

fn thrice(admin: &Admin, action: &str, parameters: &[(&str, &str)]) -> [String; 3] {
    [(); 3].map(|()| admin.call(action, parameters).verdict())
}

#[test]
fn a_new_name_is_taken_and_not_found() {
    let admin = lagging(&[New::UserName, New::RoleName]);
    admin.refuses(&[
        (
            "CreateUser",
            &[USER],
            "409 EntityAlreadyExists: User with name alice already exists.",
        ),
        (
            "CreateRole",
            &[ROLE, ("AssumeRolePolicyDocument", TRUST)],
            "409 EntityAlreadyExists: Role with name dev already exists.",
        ),
    ]);
    let missing = "404 NoSuchEntity: The user with name alice cannot be found.";
    assert_eq!(
        thrice(&admin, "CreateAccessKey", &[USER]),
        [missing, missing, "200"]
    );
    let missing = "404 NoSuchEntity: The role with name dev cannot be found.";
    let attach = [ROLE, ("PolicyArn", READ)];
    assert_eq!(
        thrice(&admin, "AttachRolePolicy", &attach),
        [missing, missing, "200"]
    );
}

#[test]
fn a_new_device_is_not_in_the_list_and_cannot_be_enabled() {
    let admin = lagging(&[New::VirtualDevice]);
    let listed = || admin.done("ListVirtualMFADevices", &[]).all("SerialNumber");
    assert!(listed().is_empty());
    let (first, second) = admin.aws.code_pair(SERIAL);
    let pair = [
        USER,
        DEVICE,
        ("AuthenticationCode1", first.as_str()),
        ("AuthenticationCode2", second.as_str()),
    ];
    let missing =
        format!("404 NoSuchEntity: VirtualMFADevice with serial number {SERIAL} doesn't exist.");
    assert_eq!(admin.call("EnableMFADevice", &pair).verdict(), missing);
    assert_eq!(listed(), [SERIAL]);
    admin.done("EnableMFADevice", &pair);
}

#[test]
fn a_new_key_is_not_in_the_list_and_new_tags_are_not_shown() {
    let admin = lagging(&[New::ListedKey, New::Tags]);
    let id = admin.done("CreateAccessKey", &[USER]).text("AccessKeyId");
    let listed = [(); 3].map(|()| admin.done("ListAccessKeys", &[USER]).all("AccessKeyId"));
    assert_eq!(listed, [vec![], vec![], vec![id]]);
    for (action, whose) in [("GetUser", USER), ("GetRole", ROLE)] {
        let shown = [(); 3].map(|()| admin.done(action, &[whose]).all("Value").len());
        assert_eq!(shown, [0, 0, 1], "{action}");
    }
}

#[test]
fn what_was_removed_counts_for_a_while() {
    let admin = lagging(&[New::Removal]);
    let id = admin.done("CreateAccessKey", &[USER]).text("AccessKeyId");
    admin.done("DeleteAccessKey", &[USER, ("AccessKeyId", &id)]);
    admin.done("AttachRolePolicy", &[ROLE, ("PolicyArn", READ)]);
    admin.done("DetachRolePolicy", &[ROLE, ("PolicyArn", READ)]);
    let (first, second) = admin.aws.code_pair(SERIAL);
    let codes = [
        ("AuthenticationCode1", first.as_str()),
        ("AuthenticationCode2", second.as_str()),
    ];
    admin.done("EnableMFADevice", &[&[USER, DEVICE][..], &codes].concat());
    admin.done("DeactivateMFADevice", &[USER, DEVICE]);
    for (action, parameter) in [
        ("DeleteUser", USER),
        ("DeleteRole", ROLE),
        ("DeleteVirtualMFADevice", DEVICE),
    ] {
        let verdicts = thrice(&admin, action, &[parameter]);
        let conflict = |verdict: &String| verdict.starts_with("409 DeleteConflict: ");
        assert!(
            conflict(&verdicts[0]) && conflict(&verdicts[1]),
            "{verdicts:?}"
        );
        assert_eq!(verdicts[2], "200", "{action}");
    }
}
