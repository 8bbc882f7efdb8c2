//! Users: made, listed, tagged, and the rules of their names.

use super::super::client::{Credentials, iam};
use super::admin;
use crate::local_aws::LocalAws;
use serde_json::json;

#[test]
fn a_user_is_made_shown_tagged_and_deleted() {
    let admin = admin();
    let create = [
        ("UserName", "handson"),
        ("Path", "/team/"),
        ("Tags.member.1.Key", "made-by"),
        ("Tags.member.1.Value", "awsmfa"),
        ("Tags.member.2.Key", "until"),
        ("Tags.member.2.Value", "2026-11-21T21:04:00Z"),
    ];
    let made = admin.done("CreateUser", &create);
    let arn = "arn:aws:iam::123456789012:user/team/handson";
    assert_eq!((made.text("Arn").as_str(), made.all("Key").len()), (arn, 2));
    assert!(made.text("UserId").starts_with("AIDA"));
    let name = ("UserName", "handson");
    assert_eq!(
        admin.done("GetUser", &[name]).all("Key"),
        ["made-by", "until"]
    );
    let listed = admin.done("ListUsers", &[("PathPrefix", "/team/")]);
    assert_eq!(listed.all("Arn"), [arn]);
    assert!(listed.all("Key").is_empty(), "lists show no tags");

    let new = [
        name,
        ("Tags.member.1.Key", "Until"),
        ("Tags.member.1.Value", "now"),
    ];
    admin.done("TagUser", &new);
    let tags = admin.done("ListUserTags", &[name, ("MaxItems", "1")]);
    assert_eq!(
        (tags.text("Key").as_str(), tags.text("IsTruncated").as_str()),
        ("made-by", "true")
    );
    let marker = tags.text("Marker");
    let rest = admin.done("ListUserTags", &[name, ("Marker", &marker)]);
    assert_eq!(
        (rest.text("Key").as_str(), rest.text("Value").as_str()),
        ("Until", "now")
    );
    admin.done(
        "UntagUser",
        &[
            name,
            ("TagKeys.member.1", "made-by"),
            ("TagKeys.member.2", "until"),
        ],
    );
    assert!(admin.done("ListUserTags", &[name]).all("Key").is_empty());
    let made = admin.aws.account().existing_user("handson").unwrap();
    assert_eq!((made.arn.as_str(), made.keys().len()), (arn, 0));
    let gone = admin.done("DeleteUser", &[name]);
    assert!(admin.aws.account().existing_user("handson").is_none());
    assert!(!gone.body.contains("DeleteUserResult"));
    assert_eq!(admin.call("GetUser", &[name]).status, 404);
}

#[test]
fn names_and_tags_outside_the_rules_are_refused_in_awss_words() {
    let admin = admin();
    let long = "a".repeat(65);
    let too_long = format!(
        "400 ValidationError: 1 validation error detected: Value '{long}' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64"
    );
    let letters = "400 ValidationError: The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-";
    let path = "400 ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.";
    let name = ("UserName", "a");
    let key = ("Tags.member.1.Key", "a");
    admin.refuses(&[
        ("CreateUser", &[("UserName", &long)], &too_long),
        ("CreateUser", &[("UserName", "a b")], letters),
        ("CreateUser", &[("UserName", "a/b")], letters),
        ("CreateUser", &[("UserName", "ä")], letters),
        ("CreateUser", &[("UserName", "")], letters),
        ("CreateUser", &[name, ("Path", "/a")], path),
        ("CreateUser", &[name, ("Path", "//")], path),
        ("CreateUser", &[name, ("Path", "/a b/")], path),
        (
            "CreateUser",
            &[],
            "400 ValidationError: 1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateUser",
            &[("UserName", "Admin")],
            "409 EntityAlreadyExists: User with name Admin already exists.",
        ),
        (
            "CreateUser",
            &[name, key],
            "400 ValidationError: 1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateUser",
            &[name, ("Tags.member.1.Key", "a!"), ("Tags.member.1.Value", "")],
            "400 ValidationError: 1 validation error detected: Value 'a!' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
        ),
        (
            "CreateUser",
            &[name, key, ("Tags.member.1.Value", "1"), ("Tags.member.2.Key", "A"), ("Tags.member.2.Value", "2")],
            "400 InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
    ]);
    assert_eq!(admin.done("ListUsers", &[]).all("UserName"), ["admin"]);
    assert_eq!(admin.aws.violations(), Vec::<String>::new());
    for (parameter, value) in [
        ("Tags.member.2.Key", "a"),
        ("Tags.1.Key", "a"),
        ("Colour", "red"),
    ] {
        let reply = admin.call("CreateUser", &[name, (parameter, value)]);
        assert!(
            reply.verdict().starts_with("400 MalformedInput"),
            "{parameter}"
        );
    }
    assert_eq!(admin.aws.violations().len(), 3);
}

#[test]
fn an_account_has_a_quota_of_users() {
    let admin = admin();
    admin.aws.account().quotas(|quotas| quotas.users = 2);
    admin.done("CreateUser", &[("UserName", "a")]);
    admin.refuses(&[(
        "CreateUser",
        &[("UserName", "b")],
        "409 LimitExceeded: Cannot exceed quota for UsersPerAccount: 2",
    )]);
}

#[test]
fn policies_may_ask_for_tags_and_for_groups() {
    let aws = LocalAws::start();
    let tagged = |key: &str| json!({"StringEquals": {key: "awsmfa"}});
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["iam:CreateUser", "iam:CreateRole", "iam:CreateVirtualMFADevice"],
             "Resource": "*", "Condition": tagged("aws:RequestTag/made-by")},
            {"Effect": "Allow", "Action": "iam:TagUser", "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:DeleteUser", "Resource": "*",
             "Condition": tagged("aws:ResourceTag/made-by")},
        ],
    });
    let member = aws.user("member");
    aws.account()
        .group("makers")
        .policy_document(document)
        .member(&member);
    let key = Credentials::from(&member.key());
    let status =
        |action: &str, parameters: &[(&str, &str)]| iam(&aws, &key, action, parameters).status;
    let (name, other) = (("UserName", "a"), aws.user("other"));
    let tag = [
        ("Tags.member.1.Key", "made-by"),
        ("Tags.member.1.Value", "awsmfa"),
    ];
    assert_eq!(status("CreateUser", &[name]), 403);
    assert_eq!(status("CreateUser", &[name, tag[0], tag[1]]), 200);
    assert_eq!(status("DeleteUser", &[("UserName", &other.name)]), 403);
    assert_eq!(status("DeleteUser", &[name]), 200);
    // Whoever may make a thing may not put tags on it for that reason.
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let role = [("RoleName", "r"), ("AssumeRolePolicyDocument", trust)];
    let refused = iam(
        &aws,
        &key,
        "CreateRole",
        &[role[0], role[1], tag[0], tag[1]],
    );
    assert!(
        refused.verdict().contains("iam:TagRole"),
        "{}",
        refused.verdict()
    );
    let device = ("VirtualMFADeviceName", "d");
    let refused = iam(
        &aws,
        &key,
        "CreateVirtualMFADevice",
        &[device, tag[0], tag[1]],
    );
    assert!(
        refused.verdict().contains("iam:TagMFADevice"),
        "{}",
        refused.verdict()
    );
}
