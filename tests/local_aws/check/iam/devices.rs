//! The life of an MFA device, from creation to deletion.

use super::super::client::{Credentials, iam, sts};
use super::admin;
use crate::local_aws::{Lag, LocalAws, New, Preset, base64, totp};

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

#[test]
fn a_device_is_created_enabled_used_synchronised_deactivated_and_deleted() {
    let aws = LocalAws::start();
    let alice = aws.user("alice").policy(Preset::Admin);
    let key = Credentials::from(&alice.key());
    let done = |action: &str, parameters: &[(&str, &str)]| {
        let reply = iam(&aws, &key, action, parameters);
        assert_eq!(reply.verdict(), "200", "{action}");
        reply
    };
    let created = done(
        "CreateVirtualMFADevice",
        &[("VirtualMFADeviceName", "alice")],
    );
    assert_eq!(created.text("SerialNumber"), SERIAL);
    let seed = base64::decode(&created.text("Base32StringSeed")).unwrap();
    assert_eq!(seed.len(), 64);
    assert_eq!(String::from_utf8(seed).unwrap(), base32_of(&aws));
    let picture = base64::decode(&created.text("QRCodePNG")).unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));

    let sign_in = |code: &str| {
        let proof = [("SerialNumber", SERIAL), ("TokenCode", code)];
        sts(&aws, &key, "GetSessionToken", &proof).status
    };
    assert_eq!(sign_in(&aws.code(SERIAL)), 403, "it is nobody's yet");

    let (first, second) = aws.code_pair(SERIAL);
    let pair = [
        ("UserName", "alice"),
        ("SerialNumber", SERIAL),
        ("AuthenticationCode1", first.as_str()),
        ("AuthenticationCode2", second.as_str()),
    ];
    let enabled = done("EnableMFADevice", &pair);
    assert!(
        !enabled.body.contains("EnableMFADeviceResult"),
        "it has none"
    );
    assert_eq!(done("ListMFADevices", &[]).all("SerialNumber"), [SERIAL]);

    assert_eq!([sign_in(&first), sign_in(&second)], [403, 403], "spent");
    assert_eq!(sign_in(&aws.code(SERIAL)), 200);

    aws.advance(90);
    let (first, second) = aws.code_pair(SERIAL);
    let pair = [
        pair[0],
        pair[1],
        ("AuthenticationCode1", first.as_str()),
        ("AuthenticationCode2", second.as_str()),
    ];
    done("ResyncMFADevice", &pair);
    assert_eq!(sign_in(&second), 403, "spent by synchronising");

    let device = [("SerialNumber", SERIAL)];
    assert_eq!(
        iam(&aws, &key, "DeactivateMFADevice", &device).verdict(),
        "403 AccessDenied: To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user."
    );
    let code = aws.code(SERIAL);
    let proof = [device[0], ("TokenCode", &code)];
    let session = sts(&aws, &key, "GetSessionToken", &proof).credentials();
    let deactivated = iam(&aws, &session, "DeactivateMFADevice", &device);
    assert_eq!(deactivated.verdict(), "200");
    assert_eq!(done("ListMFADevices", &[]).all("SerialNumber").len(), 0);
    done("DeleteVirtualMFADevice", &[("SerialNumber", SERIAL)]);
    let listed = done("ListVirtualMFADevices", &[]);
    assert_eq!(listed.all("SerialNumber").len(), 0);
    assert_eq!(aws.violations(), Vec::<String>::new());
}

fn base32_of(aws: &LocalAws) -> String {
    // The seed shows in the codes and nowhere else; here the instrument may look.
    let mut seed = String::new();
    aws.with_device(SERIAL, |device| seed = totp::base32(&device.seed));
    seed
}

#[test]
fn a_drifted_device_is_of_use_once_it_is_synchronised() {
    let admin = admin();
    let alice = admin.aws.user("alice").policy(Preset::SelfService);
    let (key, device) = (Credentials::from(&alice.key()), alice.virtual_mfa());
    let sign_in = |code: &str| {
        let proof = [
            ("SerialNumber", device.serial.as_str()),
            ("TokenCode", code),
        ];
        sts(&admin.aws, &key, "GetSessionToken", &proof).status
    };
    let code = |steps| admin.aws.code_at(&device.serial, steps);
    assert_eq!(sign_in(&code(20)), 403);
    let pair = [
        ("UserName", "alice"),
        ("SerialNumber", device.serial.as_str()),
        ("AuthenticationCode1", &code(19)),
        ("AuthenticationCode2", &code(20)),
    ];
    let resynced = iam(&admin.aws, &key, "ResyncMFADevice", &pair);
    assert_eq!(resynced.verdict(), "200");
    assert_eq!(sign_in(&code(21)), 200);
}

#[test]
fn virtual_devices_are_listed_with_their_users_by_assignment_and_in_pages() {
    let admin = admin();
    let account = admin.aws.account();
    account.unassigned_mfa("left-over");
    account.root_mfa();
    admin.aws.user("team/alice").virtual_mfa();
    admin.aws.user("bob").hardware_mfa("GAHT12345678");
    let serials = |status: &[(&str, &str)]| {
        let listed = admin.done("ListVirtualMFADevices", status);
        let names = listed.all("SerialNumber").into_iter();
        names
            .map(|serial| serial.rsplit('/').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        serials(&[]),
        ["alice", "left-over", "root-account-mfa-device"]
    );
    assert_eq!(serials(&[("AssignmentStatus", "Any")]).len(), 3);
    assert_eq!(
        serials(&[("AssignmentStatus", "Unassigned")]),
        ["left-over"]
    );
    assert_eq!(
        serials(&[("AssignmentStatus", "Assigned")]),
        ["alice", "root-account-mfa-device"]
    );
    assert_eq!(serials(&[("MaxItems", "2")]).len(), 2);
    let assigned = admin.done("ListVirtualMFADevices", &[("AssignmentStatus", "Assigned")]);
    assert_eq!(
        assigned.all("Arn"),
        [
            "arn:aws:iam::123456789012:user/team/alice",
            "arn:aws:iam::123456789012:root"
        ]
    );
    let wrong = admin.call("ListVirtualMFADevices", &[("AssignmentStatus", "all")]);
    assert_eq!(
        wrong.verdict(),
        "400 ValidationError: 1 validation error detected: Value 'all' at 'assignmentStatus' failed to satisfy constraint: Member must satisfy enum value set: [Assigned, Unassigned, Any]"
    );
}

#[test]
fn a_device_is_tagged_where_it_is_made_and_later() {
    let admin = admin();
    let create = [
        ("Path", "/team/"),
        ("VirtualMFADeviceName", "alice"),
        ("Tags.member.1.Key", "made-by"),
        ("Tags.member.1.Value", "awsmfa"),
    ];
    let serial = "arn:aws:iam::123456789012:mfa/team/alice";
    let created = admin.done("CreateVirtualMFADevice", &create);
    assert_eq!(created.text("SerialNumber"), serial);
    assert_eq!(created.text("Value"), "awsmfa");
    let device = ("SerialNumber", serial);
    admin.done(
        "TagMFADevice",
        &[
            device,
            ("Tags.member.1.Key", "until"),
            ("Tags.member.1.Value", ""),
        ],
    );
    let tags = admin.done("ListMFADeviceTags", &[device]);
    assert_eq!(tags.all("Key"), ["made-by", "until"]);
    admin.done("UntagMFADevice", &[device, ("TagKeys.member.1", "MADE-BY")]);
    let tags = admin.done("ListMFADeviceTags", &[device]);
    assert_eq!(tags.all("Key"), ["until"]);
}

#[test]
fn a_device_that_lags_cannot_sign_in_yet_and_loses_no_code() {
    let aws = LocalAws::start();
    aws.set_lag(New::Device, Some(Lag::Seconds(10)));
    let alice = aws.user("alice").policy(Preset::SelfService);
    let key = Credentials::from(&alice.key());
    let device = aws.account().unassigned_mfa("alice");
    let (first, second) = aws.code_pair(&device.serial);
    let pair = [
        ("UserName", "alice"),
        ("SerialNumber", device.serial.as_str()),
        ("AuthenticationCode1", first.as_str()),
        ("AuthenticationCode2", second.as_str()),
    ];
    assert_eq!(iam(&aws, &key, "EnableMFADevice", &pair).status, 200);
    let code = aws.code_at(&device.serial, 1);
    let sign_in = || {
        let proof = [("SerialNumber", SERIAL), ("TokenCode", code.as_str())];
        sts(&aws, &key, "GetSessionToken", &proof).verdict()
    };
    assert_eq!(
        sign_in(),
        "403 AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
    );
    aws.advance(10);
    assert_eq!(sign_in(), "200");
}

#[test]
fn who_has_a_device_needs_it_to_add_or_remove_ones_own() {
    let aws = LocalAws::start();
    let alice = aws.user("alice").policy(Preset::Admin);
    let (key, phone) = (Credentials::from(&alice.key()), alice.virtual_mfa());
    aws.user("bob");
    let refused = "403 AccessDenied: To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user.";
    let enable = |key: &Credentials, user: &str, device: &str| {
        let (first, second) = aws.code_pair(device);
        let parameters = [
            ("UserName", user),
            ("SerialNumber", device),
            ("AuthenticationCode1", first.as_str()),
            ("AuthenticationCode2", second.as_str()),
        ];
        iam(&aws, key, "EnableMFADevice", &parameters).verdict()
    };
    let deactivate = |key: &Credentials, serial: &str| {
        iam(
            &aws,
            key,
            "DeactivateMFADevice",
            &[("SerialNumber", serial)],
        )
        .verdict()
    };
    let spare = aws.account().unassigned_mfa("spare").serial;
    let other = aws.account().unassigned_mfa("other").serial;
    assert_eq!(enable(&key, "alice", &spare), refused);
    assert_eq!(enable(&key, "alice", &phone.serial), refused);
    assert_eq!(deactivate(&key, &phone.serial), refused);
    assert_eq!(
        deactivate(&key, "arn:aws:iam::123456789012:mfa/ghost"),
        refused
    );
    assert_eq!(enable(&key, "bob", &other), "200", "somebody else's");

    let code = aws.code_at(&phone.serial, 1);
    let proof = [
        ("SerialNumber", phone.serial.as_str()),
        ("TokenCode", &code),
    ];
    let session = sts(&aws, &key, "GetSessionToken", &proof).credentials();
    assert_eq!(enable(&session, "alice", &spare), "200");
    assert_eq!(
        deactivate(&session, &phone.serial),
        "200",
        "the session's own"
    );
    assert_eq!(deactivate(&session, &spare), "200", "the last one");
    aws.advance(60);
    assert_eq!(
        enable(&key, "alice", &phone.serial),
        "200",
        "the first again"
    );
}

#[test]
fn one_device_is_shown_only_if_it_is_a_passkey() {
    let aws = LocalAws::start();
    let alice = aws.user("alice").policy(Preset::SelfService);
    let key = Credentials::from(&alice.key());
    let (passkey, phone) = (alice.passkey("laptop-"), alice.virtual_mfa());
    let get = |serial: &str| iam(&aws, &key, "GetMFADevice", &[("SerialNumber", serial)]);
    assert_eq!(get(&passkey).text("UserName"), "alice");
    assert!(get(&passkey).text("EnableDate").ends_with('Z'));
    assert_eq!(
        get(&phone.serial).verdict(),
        "400 ValidationError: The MFA device serial number sent in the request is invalid or not supported by this API. Currently, only hardware FIDO security keys are supported. Please use the compatible device or API."
    );
}
