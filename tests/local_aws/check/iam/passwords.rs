//! Passwords: made, changed, reset, deleted, and refused.

use super::super::client::{Credentials, iam};
use super::admin;
use crate::local_aws::{Lag, New, PasswordPolicy, Preset, Trust};

const GOOD: &str = "Correct-horse-8";

#[test]
fn a_password_is_made_shown_changed_reset_and_deleted() {
    let admin = admin();
    let alice = admin.aws.user("alice").policy(Preset::SelfService);
    let key = Credentials::from(&alice.key());
    let user = ("UserName", "alice");
    let made = admin.done(
        "CreateLoginProfile",
        &[user, ("Password", GOOD), ("PasswordResetRequired", "true")],
    );
    assert_eq!(made.text("PasswordResetRequired"), "true");
    assert!(!made.body.contains(GOOD));
    let own = iam(&admin.aws, &key, "GetLoginProfile", &[]);
    assert_eq!(own.text("UserName"), "alice");

    let change = |old: &str, new: &str| {
        let parameters = [("OldPassword", old), ("NewPassword", new)];
        iam(&admin.aws, &key, "ChangePassword", &parameters).verdict()
    };
    assert_eq!(
        change("wrong", "New-password-1"),
        "403 AccessDenied: The old password was incorrect."
    );
    assert_eq!(change(GOOD, "New-password-1"), "200");
    assert_eq!(alice.current_password().as_deref(), Some("New-password-1"));
    assert_eq!(
        admin
            .done("GetLoginProfile", &[user])
            .text("PasswordResetRequired"),
        "false"
    );

    admin.done(
        "UpdateLoginProfile",
        &[user, ("PasswordResetRequired", "true")],
    );
    assert_eq!(alice.current_password().as_deref(), Some("New-password-1"));
    admin.done("UpdateLoginProfile", &[user, ("Password", GOOD)]);
    assert_eq!(alice.current_password().as_deref(), Some(GOOD));
    assert_eq!(
        admin
            .done("GetLoginProfile", &[user])
            .text("PasswordResetRequired"),
        "true"
    );
    admin.done("DeleteLoginProfile", &[user]);
    assert_eq!(alice.current_password(), None);
}

#[test]
fn passwords_are_refused_in_awss_words() {
    let admin = admin();
    let (_, bob) = (
        admin.aws.user("alice"),
        admin.aws.user("bob").password(GOOD),
    );
    let (alice, password) = (("UserName", "alice"), |text| ("Password", text));
    let none = "404 NoSuchEntity: Login Profile for User alice cannot be found.";
    admin.refuses(&[
        ("GetLoginProfile", &[alice], none),
        ("UpdateLoginProfile", &[alice, password(GOOD)], none),
        ("DeleteLoginProfile", &[alice], none),
        (
            "CreateLoginProfile",
            &[("UserName", &bob.name), password(GOOD)],
            "409 EntityAlreadyExists: Login Profile for user bob already exists.",
        ),
        (
            "CreateLoginProfile",
            &[alice, password("Short-1")],
            "400 PasswordPolicyViolation: Password should have a minimum length of 8",
        ),
        (
            "CreateLoginProfile",
            &[alice, password("lowercase8")],
            "400 PasswordPolicyViolation: Password should meet 1 more of the following requirements: Password should have at least one uppercase letter, Password should have at least one symbol",
        ),
        (
            "GetAccountPasswordPolicy",
            &[],
            "404 NoSuchEntity: The Password Policy with domain name 123456789012 cannot be found.",
        ),
        (
            "ChangePassword",
            &[("OldPassword", "a"), ("NewPassword", GOOD)],
            "404 NoSuchEntity: Login Profile for User admin cannot be found.",
        ),
    ]);
}

#[test]
fn an_accounts_own_policy_is_shown_and_enforced() {
    let admin = admin();
    admin.aws.account().password_policy(Some(PasswordPolicy {
        minimum_length: 14,
        symbols: true,
        max_age: Some(90),
        reuse_prevention: Some(2),
        ..PasswordPolicy::default()
    }));
    let shown = admin.done("GetAccountPasswordPolicy", &[]);
    for (element, value) in [
        ("MinimumPasswordLength", "14"),
        ("RequireSymbols", "true"),
        ("RequireNumbers", "false"),
        ("ExpirePasswords", "true"),
        ("MaxPasswordAge", "90"),
        ("PasswordReusePrevention", "2"),
        ("AllowUsersToChangePassword", "false"),
    ] {
        assert_eq!(shown.text(element), value, "{element}");
    }
    assert!(!shown.body.contains("HardExpiry"));
    let _ = admin.aws.user("alice").password("first password!!");
    let update = |password: &str| {
        admin
            .call(
                "UpdateLoginProfile",
                &[("UserName", "alice"), ("Password", password)],
            )
            .verdict()
    };
    let refused =
        "400 PasswordPolicyViolation: Password does not conform to the account password policy.";
    let reused = "400 PasswordPolicyViolation: Policy constraint violation with password reuse prevention during password change.";
    for (password, expected) in [
        ("too short 1!", refused),
        ("no symbols at all", refused),
        ("second password!", "200"),
        ("first password!!", reused),
        ("third password!!", "200"),
        ("first password!!", "200"),
    ] {
        assert_eq!(update(password), expected, "{password}");
    }
}

#[test]
fn whoever_is_no_user_or_has_no_permission_changes_no_password() {
    let admin = admin();
    let alice = admin.aws.user("alice").password(GOOD);
    let key = Credentials::from(&alice.key());
    let parameters = [("OldPassword", GOOD), ("NewPassword", "New-password-1")];
    let change = |key: &Credentials| iam(&admin.aws, key, "ChangePassword", &parameters).verdict();
    assert_eq!(
        change(&key),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ChangePassword on resource: user alice because no identity-based policy allows the iam:ChangePassword action"
    );
    let role = admin
        .aws
        .role("Admin")
        .trusts(Trust::new(&alice.arn))
        .policy(Preset::Admin);
    let assume = [("RoleArn", role.arn.as_str()), ("RoleSessionName", "alice")];
    let session = super::super::client::sts(&admin.aws, &key, "AssumeRole", &assume).credentials();
    let wrong = "400 InvalidUserType: Only IAM Users can change their own password.";
    assert_eq!(change(&session), wrong);
    assert_eq!(
        change(&Credentials::from(&admin.aws.account().root_key())),
        wrong
    );
    admin.aws.account().password_policy(Some(PasswordPolicy {
        users_may_change: true,
        ..PasswordPolicy::default()
    }));
    assert_eq!(change(&key), "200");
}

#[test]
fn a_login_profile_that_lags_cannot_be_modified_yet() {
    let admin = admin();
    admin.aws.user("alice");
    admin.aws.set_lag(New::LoginProfile, Some(Lag::Requests(1)));
    let user = ("UserName", "alice");
    admin.done("CreateLoginProfile", &[user, ("Password", GOOD)]);
    admin.refuses(&[(
        "DeleteLoginProfile",
        &[user],
        "409 EntityTemporarilyUnmodifiable: Login Profile for User alice cannot be modified while login profile is being created.",
    )]);
    admin.done("DeleteLoginProfile", &[user]);
}
