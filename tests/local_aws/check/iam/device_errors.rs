//! What IAM says when a device cannot be had, enabled or deleted.

use super::super::client::{Credentials, iam};
use super::admin;
use crate::local_aws::Preset;

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";
const UNPAIRED: &str =
    "403 InvalidAuthenticationCode: Authentication code for device is not valid.";

#[test]
fn devices_are_refused_in_awss_words() {
    let admin = admin();
    let aws = &admin.aws;
    aws.user("alice");
    aws.user("bob").virtual_mfa();
    aws.account().unassigned_mfa("alice");
    let bobs = ("SerialNumber", "arn:aws:iam::123456789012:mfa/bob");
    let ghost = ("SerialNumber", "arn:aws:iam::123456789012:mfa/ghost");
    let (device, alice) = (("SerialNumber", SERIAL), ("UserName", "alice"));
    let codes = [
        ("AuthenticationCode1", "000000"),
        ("AuthenticationCode2", "000001"),
    ];
    admin.refuses(&[
        (
            "CreateVirtualMFADevice",
            &[("VirtualMFADeviceName", "alice")],
            "409 EntityAlreadyExists: MFA device already exists.",
        ),
        (
            "CreateVirtualMFADevice",
            &[("VirtualMFADeviceName", "a b")],
            "400 ValidationError: The specified value for virtualMFADeviceName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
        ),
        (
            "CreateVirtualMFADevice",
            &[("VirtualMFADeviceName", "a"), ("Path", "team/")],
            "400 ValidationError: The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
        ),
        (
            "EnableMFADevice",
            &[("UserName", "ghost"), device, codes[0], codes[1]],
            "404 NoSuchEntity: The user with name ghost cannot be found.",
        ),
        (
            "EnableMFADevice",
            &[alice, ghost, codes[0], codes[1]],
            "404 NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::123456789012:mfa/ghost doesn't exist.",
        ),
        (
            "EnableMFADevice",
            &[alice, bobs, codes[0], codes[1]],
            "409 EntityAlreadyExists: MFA Device is already in use.",
        ),
        (
            "EnableMFADevice",
            &[("UserName", "bob"), bobs, codes[0], codes[1]],
            "409 EntityAlreadyExists: MFA Device for user bob already exists.",
        ),
        (
            "EnableMFADevice",
            &[alice, device, ("AuthenticationCode1", "12345"), codes[1]],
            "400 ValidationError: 1 validation error detected: Value '12345' at 'authenticationCode1' failed to satisfy constraint: Member must have length greater than or equal to 6",
        ),
        (
            "ResyncMFADevice",
            &[alice, device, codes[0], codes[1]],
            "404 NoSuchEntity: MFA Device invalid for user.",
        ),
        (
            "DeactivateMFADevice",
            &[alice, bobs],
            "404 NoSuchEntity: MFA Device invalid for user.",
        ),
        (
            "DeleteVirtualMFADevice",
            &[bobs],
            "409 DeleteConflict: MFA VirtualDevice in use. Must deactivate first.",
        ),
        (
            "DeleteVirtualMFADevice",
            &[ghost],
            "404 NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::123456789012:mfa/ghost doesn't exist.",
        ),
    ]);
}

#[test]
fn two_codes_that_are_no_pair_enable_nothing_and_stay_unspent() {
    let admin = admin();
    admin.aws.user("alice");
    admin.aws.account().unassigned_mfa("alice");
    let code = |steps| admin.aws.code_at(SERIAL, steps);
    let enable = |first: &str, second: &str| {
        let parameters = [
            ("UserName", "alice"),
            ("SerialNumber", SERIAL),
            ("AuthenticationCode1", first),
            ("AuthenticationCode2", second),
        ];
        admin.call("EnableMFADevice", &parameters).verdict()
    };
    for (first, second) in [(0, 0), (0, -1), (-1, 1)] {
        assert_eq!(enable(&code(first), &code(second)), UNPAIRED);
    }
    assert_eq!(enable(&code(-1), &code(0)), "200");
    // The device was given up and is tried again with the same codes.
    let whose = [("UserName", "alice"), ("SerialNumber", SERIAL)];
    admin.done("DeactivateMFADevice", &whose);
    assert_eq!(enable(&code(-1), &code(0)), UNPAIRED);
    assert_eq!(enable(&code(0), &code(1)), UNPAIRED);
    assert_eq!(enable(&code(1), &code(2)), "200");
}

#[test]
fn a_user_has_eight_devices_at_most_and_keeps_the_codes_of_the_ninth() {
    let admin = admin();
    let alice = admin.aws.user("alice");
    for number in 0..8 {
        alice.virtual_mfa_named(&format!("alice-{number}"));
    }
    admin.aws.account().unassigned_mfa("alice");
    let (first, second) = admin.aws.code_pair(SERIAL);
    let parameters = [
        ("UserName", "alice"),
        ("SerialNumber", SERIAL),
        ("AuthenticationCode1", first.as_str()),
        ("AuthenticationCode2", second.as_str()),
    ];
    let enable = || admin.call("EnableMFADevice", &parameters).verdict();
    assert_eq!(
        enable(),
        "409 LimitExceeded: Cannot exceed quota for MFADevicesPerUser: 8"
    );
    alice.remove_device("arn:aws:iam::123456789012:mfa/alice-3");
    assert_eq!(enable(), "200");
    admin
        .aws
        .account()
        .quotas(|quotas| quotas.virtual_devices = 8);
    assert_eq!(
        admin
            .call("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "a")])
            .verdict(),
        "409 LimitExceeded: Cannot exceed quota for VirtualMFADevicesPerAccount: 8"
    );
}

#[test]
fn self_service_reaches_ones_own_device_only() {
    let admin = admin();
    let aws = &admin.aws;
    let alice = aws.user("alice").policy(Preset::DenyWithoutMfa);
    let bob = aws.user("bob");
    let bobs = bob.virtual_mfa();
    let key = Credentials::from(&alice.key());
    let verdict =
        |action: &str, parameters: &[(&str, &str)]| iam(aws, &key, action, parameters).verdict();
    assert_eq!(
        verdict(
            "CreateVirtualMFADevice",
            &[("VirtualMFADeviceName", "alice")]
        ),
        "200"
    );
    assert_eq!(
        verdict("DeleteVirtualMFADevice", &[("SerialNumber", SERIAL)]),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:DeleteVirtualMFADevice on resource: arn:aws:iam::123456789012:mfa/alice with an explicit deny in an identity-based policy"
    );
    let carol = Credentials::from(&aws.user("carol").policy(Preset::SelfService).key());
    let theirs = [("UserName", "bob"), ("SerialNumber", bobs.serial.as_str())];
    assert_eq!(
        iam(aws, &carol, "DeactivateMFADevice", &theirs).verdict(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/carol is not authorized to perform: iam:DeactivateMFADevice on resource: user bob because no identity-based policy allows the iam:DeactivateMFADevice action"
    );
}
