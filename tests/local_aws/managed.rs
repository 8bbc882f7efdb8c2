//! AWS's own managed policies: the few that a hands-on attaches.
//!
//! What they allow is a sketch of what AWS's allow, for as far as this AWS has anything to allow.
//! A name that is not here does not exist.

use serde_json::json;

use super::policy::Policy;

/// Path, name, and what it allows on everything.
const POLICIES: &[(&str, &[&str])] = &[
    ("AdministratorAccess", &["*"]),
    (
        "ReadOnlyAccess",
        &[
            "iam:Get*",
            "iam:List*",
            "iam:Generate*",
            "sts:Get*",
            "s3:Get*",
            "s3:List*",
            "ec2:Describe*",
        ],
    ),
    (
        "SecurityAudit",
        &["iam:Get*", "iam:List*", "iam:Generate*", "sts:Get*"],
    ),
    (
        "PowerUserAccess",
        &["iam:ListRoles", "s3:*", "ec2:*", "lambda:*", "sts:*"],
    ),
    ("IAMFullAccess", &["iam:*"]),
    (
        "IAMReadOnlyAccess",
        &["iam:Get*", "iam:List*", "iam:Generate*", "iam:Simulate*"],
    ),
    (
        "IAMUserChangePassword",
        &["iam:ChangePassword", "iam:GetAccountPasswordPolicy"],
    ),
    ("IAMUserSSHKeys", &["iam:*SSHPublicKey*"]),
    ("AmazonS3FullAccess", &["s3:*"]),
    ("AmazonS3ReadOnlyAccess", &["s3:Get*", "s3:List*"]),
    ("AmazonEC2FullAccess", &["ec2:*"]),
    ("AmazonEC2ReadOnlyAccess", &["ec2:Describe*"]),
    ("AWSLambda_ReadOnlyAccess", &["lambda:Get*", "lambda:List*"]),
    (
        "CloudWatchReadOnlyAccess",
        &["cloudwatch:Get*", "cloudwatch:List*"],
    ),
    (
        "job-function/ViewOnlyAccess",
        &["iam:List*", "s3:List*", "ec2:Describe*"],
    ),
    ("job-function/Billing", &["billing:*", "budgets:*"]),
    (
        "job-function/SystemAdministrator",
        &["ec2:*", "s3:*", "iam:List*"],
    ),
    ("service-role/AWSLambdaBasicExecutionRole", &["logs:*"]),
];

/// The policy behind `arn:PARTITION:iam::aws:policy/NAME`.
pub fn by_arn(arn: &str, partition: &str) -> Option<Policy> {
    let name = arn.strip_prefix(&format!("arn:{partition}:iam::aws:policy/"))?;
    let (_, actions) = POLICIES.iter().find(|(known, _)| *known == name)?;
    let document = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*" },
    });
    Some(Policy::parse(document).expect("the table above is well-formed"))
}
