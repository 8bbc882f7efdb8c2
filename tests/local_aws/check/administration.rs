//! The AWS SDK for Rust as a reader of IAM's replies: everything a hands-on does, parsed by people
//! who never saw this server.

use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_iam::types::{ReportStateType, StatusType, Tag};

use super::clients::{block_on, credentials, iam};
use crate::local_aws::{LocalAws, Preset, Trust};

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

#[test]
fn the_sdk_sets_up_a_hands_on_and_takes_it_down() {
    let aws = LocalAws::start();
    let admin = aws.user("admin").policy(Preset::Admin);
    let client = iam(&aws, false, credentials(&admin.key(), None));
    let before = aws.snapshot();
    block_on(async {
        let made = client.create_user().user_name("handson");
        let made = made.tags(tag("made-by", "awsmfa")).send().await.unwrap();
        let user = made.user().unwrap();
        assert_eq!(user.arn(), "arn:aws:iam::123456789012:user/handson");
        let key = client.create_access_key().user_name("handson").send().await;
        let key = key.unwrap().access_key.unwrap();
        assert_eq!(key.status(), &StatusType::Active);
        assert!(key.create_date().is_some());

        let device = client.create_virtual_mfa_device();
        let device = device.virtual_mfa_device_name("handson").send().await;
        let device = device.unwrap().virtual_mfa_device.unwrap();
        assert_eq!(device.base32_string_seed().unwrap().as_ref().len(), 64);
        assert!(device.qr_code_png().is_some());
        let serial = device.serial_number();
        let (first, second) = aws.code_pair(serial);
        let enable = client.enable_mfa_device().user_name("handson");
        let enable = enable.serial_number(serial).authentication_code1(first);
        enable.authentication_code2(second).send().await.unwrap();
        let devices = client.list_virtual_mfa_devices().send().await.unwrap();
        let owner = devices.virtual_mfa_devices()[0].user().unwrap();
        assert_eq!(owner.user_name(), "handson");

        let trust = Trust::new(user.arn()).mfa().document().to_string();
        let role = client.create_role().role_name("Dev");
        let role = role
            .assume_role_policy_document(trust)
            .send()
            .await
            .unwrap();
        let shown = role.role().unwrap().assume_role_policy_document().unwrap();
        assert!(shown.starts_with("%7B"));
        let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        let attach = client.attach_role_policy().role_name("Dev");
        attach.policy_arn(policy).send().await.unwrap();
        let attached = client
            .list_attached_role_policies()
            .role_name("Dev")
            .send()
            .await;
        assert_eq!(
            attached.unwrap().attached_policies()[0].policy_arn(),
            Some(policy)
        );

        let conflict = client
            .delete_user()
            .user_name("handson")
            .send()
            .await
            .unwrap_err();
        assert_eq!(conflict.code(), Some("DeleteConflict"));
        assert!(conflict.into_service_error().is_delete_conflict_exception());

        let detach = client.detach_role_policy().role_name("Dev");
        detach.policy_arn(policy).send().await.unwrap();
        client.delete_role().role_name("Dev").send().await.unwrap();
        let deactivate = client.deactivate_mfa_device().user_name("handson");
        deactivate.serial_number(serial).send().await.unwrap();
        let delete = client.delete_virtual_mfa_device();
        delete.serial_number(serial).send().await.unwrap();
        let delete = client.delete_access_key().user_name("handson");
        delete
            .access_key_id(key.access_key_id())
            .send()
            .await
            .unwrap();
        client
            .delete_user()
            .user_name("handson")
            .send()
            .await
            .unwrap();
    });
    assert_eq!(aws.snapshot(), before);
    assert_eq!(aws.violations(), Vec::<String>::new());
}

#[test]
fn the_sdk_reads_keys_passwords_groups_and_reports() {
    let aws = LocalAws::start();
    let admin = aws.user("admin").policy(Preset::Admin).tag("team", "a");
    aws.account().group("admins").member(&admin);
    let client = iam(&aws, false, credentials(&admin.key(), None));
    block_on(async {
        let id = admin.keys()[0].0.clone();
        let used = client
            .get_access_key_last_used()
            .access_key_id(id)
            .send()
            .await;
        let used = used.unwrap().access_key_last_used.unwrap();
        assert_eq!((used.service_name(), used.region()), ("iam", "us-east-1"));
        assert!(used.last_used_date().is_some());
        let keys = client.list_access_keys().send().await.unwrap();
        assert_eq!(keys.access_key_metadata().len(), 1);
        let user = client.get_user().send().await.unwrap().user.unwrap();
        assert_eq!(user.tags(), [tag("team", "a")]);
        let groups = client
            .list_groups_for_user()
            .user_name("admin")
            .send()
            .await;
        assert_eq!(groups.unwrap().groups()[0].group_name(), "admins");
        let inline = client.list_user_policies().user_name("admin").send().await;
        assert_eq!(inline.unwrap().policy_names(), ["policy-1"]);

        let create = client.create_login_profile().user_name("admin");
        let made = create.password("Correct-horse-8").send().await.unwrap();
        assert!(!made.login_profile().unwrap().password_reset_required());
        let change = client.change_password().old_password("wrong");
        let refused = change
            .new_password("Correct-horse-9")
            .send()
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Some("AccessDenied"));
        let none = client
            .get_account_password_policy()
            .send()
            .await
            .unwrap_err();
        assert!(none.into_service_error().is_no_such_entity_exception());

        let none = client.get_credential_report().send().await.unwrap_err();
        assert_eq!(
            (none.code(), none.message()),
            (Some("ReportNotPresent"), None)
        );
        let none = none.into_service_error();
        assert!(none.is_credential_report_not_present_exception());
        let started = client.generate_credential_report().send().await.unwrap();
        assert_eq!(started.state(), Some(&ReportStateType::Started));
        client.generate_credential_report().send().await.unwrap();
        let report = client.get_credential_report().send().await.unwrap();
        let content = report.content().unwrap().as_ref();
        assert!(content.starts_with(b"user,arn,user_creation_time,"));
        let summary = client.get_account_summary().send().await.unwrap();
        assert_eq!(summary.summary_map().unwrap().len(), 16);
    });
    assert_eq!(aws.violations(), Vec::<String>::new());
}
