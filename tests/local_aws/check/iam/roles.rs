//! Roles: their trust policies, whom they name, and who may assume them.

use super::super::client::{Credentials, sts};
use super::{Admin, admin};
use crate::local_aws::{Lag, New, Trust, sigv4::percent_decoded};

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";
const DEV: &str = "arn:aws:iam::123456789012:role/Dev";

fn trust(principal: &str) -> String {
    Trust::new(principal).mfa().document().to_string()
}

fn create(admin: &Admin, document: &str) -> String {
    let parameters = [("RoleName", "Dev"), ("AssumeRolePolicyDocument", document)];
    admin.call("CreateRole", &parameters).verdict()
}

/// Alice tries to put the role on with a fresh code.
fn assume(admin: &Admin, key: &Credentials, serial: &str) -> u16 {
    admin.aws.advance(30);
    let code = admin.aws.code(serial);
    let parameters = [
        ("RoleArn", DEV),
        ("RoleSessionName", "alice"),
        ("SerialNumber", serial),
        ("TokenCode", &code),
    ];
    sts(&admin.aws, key, "AssumeRole", &parameters).status
}

#[test]
fn the_role_of_the_hands_on_is_made_shown_and_put_on() {
    let admin = admin();
    let alice = admin.aws.user("alice");
    let (key, device) = (Credentials::from(&alice.key()), alice.virtual_mfa());
    let parameters = [
        ("RoleName", "Dev"),
        ("AssumeRolePolicyDocument", &trust(ALICE)),
        ("Description", "hands-on"),
        ("MaxSessionDuration", "7200"),
        ("Tags.member.1.Key", "made-by"),
        ("Tags.member.1.Value", "awsmfa"),
    ];
    let made = admin.done("CreateRole", &parameters);
    assert_eq!(made.text("Arn"), DEV);
    assert!(made.text("RoleId").starts_with("AROA"));
    let got = admin.done("GetRole", &[("RoleName", "Dev")]);
    assert_eq!(got.text("MaxSessionDuration"), "7200");
    assert_eq!(got.text("Value"), "awsmfa");
    let document = percent_decoded(&got.text("AssumeRolePolicyDocument")).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document, Trust::new(ALICE).mfa().document());

    assert_eq!(assume(&admin, &key, &device.serial), 200);
    let got = admin.done("GetRole", &[("RoleName", "Dev")]);
    assert!(!got.body.contains("LastUsedDate"), "nobody has used it yet");
    let nobody = Trust::new("123456789012").condition("StringEquals", "sts:ExternalId", "x");
    let update = [
        ("RoleName", "Dev"),
        ("PolicyDocument", &nobody.document().to_string()),
    ];
    admin.done("UpdateAssumeRolePolicy", &update);
    assert_eq!(assume(&admin, &key, &device.serial), 403);
    let got = admin.done("GetRole", &[("RoleName", "Dev")]);
    assert!(
        got.text("AssumeRolePolicyDocument")
            .contains("123456789012%3Aroot")
    );
    let listed = admin.done("ListRoles", &[]);
    assert_eq!(
        (listed.text("RoleName").as_str(), listed.all("Key").len()),
        ("Dev", 0)
    );
}

#[test]
fn a_trust_policy_names_only_who_exists() {
    let admin = admin();
    admin.aws.user("alice");
    for stranger in [
        "arn:aws:iam::123456789012:user/ghost",
        "arn:aws:iam::123456789012:role/ghost",
        "arn:aws:iam::999999999999:root",
        "arn:aws-cn:iam::123456789012:user/alice",
        "arn:aws:sts::123456789012:assumed-role/ghost/session",
        "alice",
    ] {
        assert_eq!(
            create(&admin, &trust(stranger)),
            format!(
                "400 MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"{stranger}\""
            )
        );
    }
    let wrong = [
        ("{", "This policy contains invalid Json"),
        (
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}"#,
            "Has prohibited field Resource",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}"#,
            "Missing required field Principal",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"iam:*"}]}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
    ];
    for (document, message) in wrong {
        let expected = format!("400 MalformedPolicyDocument: {message}");
        assert_eq!(create(&admin, document), expected);
    }
    admin
        .aws
        .account()
        .quotas(|quotas| quotas.trust_policy_length = 100);
    assert_eq!(
        create(&admin, &trust(ALICE)),
        "409 LimitExceeded: Cannot exceed quota for ACLSizePerRole: 100"
    );
    admin
        .aws
        .account()
        .quotas(|quotas| quotas.trust_policy_length = 2_048);
    assert_eq!(create(&admin, &trust(ALICE)), "200");
    assert_eq!(
        create(&admin, &trust(ALICE)),
        "409 EntityAlreadyExists: Role with name Dev already exists."
    );
}

#[test]
fn a_user_made_again_is_not_the_one_who_was_trusted() {
    let admin = admin();
    let alice = admin.aws.user("alice");
    assert_eq!(create(&admin, &trust(ALICE)), "200");
    alice.delete();
    let again = admin.aws.user("alice");
    let (key, device) = (Credentials::from(&again.key()), again.virtual_mfa());
    assert_eq!(assume(&admin, &key, &device.serial), 403);
    let got = admin.done("GetRole", &[("RoleName", "Dev")]);
    let document = got.text("AssumeRolePolicyDocument");
    assert!(document.contains("%22AIDA") && !document.contains("alice"));
    let update = [("RoleName", "Dev"), ("PolicyDocument", &trust(ALICE))];
    admin.done("UpdateAssumeRolePolicy", &update);
    assert_eq!(assume(&admin, &key, &device.serial), 200);
}

#[test]
fn new_users_roles_and_trust_policies_may_lag() {
    let admin = admin();
    admin.aws.set_lag(New::User, Some(Lag::Requests(2)));
    admin.done("CreateUser", &[("UserName", "alice")]);
    let refused =
        format!("400 MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"{ALICE}\"");
    let seen = [(); 3].map(|()| create(&admin, &trust(ALICE)));
    assert_eq!(seen, [refused.as_str(), &refused, "200"]);
    admin.done("DeleteRole", &[("RoleName", "Dev")]);

    let bob = admin.aws.user("bob");
    let (key, device) = (Credentials::from(&bob.key()), bob.virtual_mfa());
    admin.aws.set_lag(New::Role, Some(Lag::Seconds(45)));
    assert_eq!(create(&admin, &trust(&bob.arn)), "200");
    let seen = [(); 2].map(|()| assume(&admin, &key, &device.serial));
    assert_eq!(seen, [403, 200]);

    admin.aws.set_lag(New::TrustPolicy, Some(Lag::Requests(1)));
    let update = [("RoleName", "Dev"), ("PolicyDocument", &trust(ALICE))];
    admin.done("UpdateAssumeRolePolicy", &update);
    let seen = [(); 2].map(|()| assume(&admin, &key, &device.serial));
    assert_eq!(
        seen,
        [200, 403],
        "the old trust policy is in force for a while"
    );
}
