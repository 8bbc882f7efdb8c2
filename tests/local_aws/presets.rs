//! The identity policies a scenario can name: "admin", "self-service", "deny without MFA".
//!
//! Ordinary documents for the one evaluator in [`super::policy`]; "none" is no policy at all.

use serde_json::{Value, json};

/// Everything, everywhere: AWS's AdministratorAccess.
pub fn admin() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" },
    })
}

/// What a person may do about their own device, keys and password, and nothing else; no MFA asked.
pub fn self_service() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "SeeTheAccount",
                "Effect": "Allow",
                "Action": ["iam:ListVirtualMFADevices", "iam:GetAccountPasswordPolicy"],
                "Resource": "*",
            },
            {
                "Sid": "OwnDeviceKeysAndPassword",
                "Effect": "Allow",
                "Action": [
                    "iam:GetUser",
                    "iam:ChangePassword",
                    "iam:GetLoginProfile",
                    "iam:ListMFADevices",
                    "iam:GetMFADevice",
                    "iam:EnableMFADevice",
                    "iam:ResyncMFADevice",
                    "iam:DeactivateMFADevice",
                    "iam:*AccessKey*",
                ],
                "Resource": "arn:*:iam::*:user/${aws:username}",
            },
            {
                "Sid": "OwnVirtualDevice",
                "Effect": "Allow",
                "Action": ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"],
                "Resource": "arn:*:iam::*:mfa/*",
            },
        ],
    })
}

/// Everything with MFA; without it only what is needed to set up a device and to sign in with it
/// (IAM User Guide, "AWS: Allows MFA-authenticated IAM users to manage their own credentials").
pub fn deny_without_mfa() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            {
                "Sid": "BlockMostAccessUnlessSignedInWithMFA",
                "Effect": "Deny",
                "NotAction": [
                    "iam:CreateVirtualMFADevice",
                    "iam:EnableMFADevice",
                    "iam:ResyncMFADevice",
                    "iam:ListMFADevices",
                    "iam:ListVirtualMFADevices",
                    "iam:GetMFADevice",
                    "iam:GetUser",
                    "iam:ChangePassword",
                    "sts:GetSessionToken",
                ],
                "Resource": "*",
                "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } },
            },
        ],
    })
}
