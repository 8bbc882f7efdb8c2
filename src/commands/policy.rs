//! `--print-policy`: the smallest IAM policy that allows a group of commands.
//!
//! One table says which actions a group needs, on what, and under which condition. What everybody may
//! do (GetCallerIdentity, GetSessionToken) is in none of them. A test runs every command with exactly
//! what is printed, and takes away one action after the other.

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::{Failure, Kind, Result};
use crate::handson::tags::HANDSON;
use crate::ui::Ui;

/// Who is to run them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum For {
    /// Every user, for their own affairs
    Own,
    /// An administrator, for everybody's
    Admin,
}

/// The flag of the groups that users need for themselves.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct PrintPolicy {
    /// Print the smallest IAM policy that allows these commands, and do nothing else
    #[arg(long, global = true, value_enum, value_name = "FOR", num_args = 0..=1, require_equals = true, default_missing_value = "own")]
    print_policy: Option<For>,
}

impl PrintPolicy {
    /// Prints the policy, if that is what was asked for.
    pub(super) fn print(self, ui: &Ui, group: &str) -> Option<Result<()>> {
        let whose = self.print_policy?;
        Some(print(ui, &document(group, whose, &Named::default())))
    }
}

/// What the resources are called, where that is known; otherwise any.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) user: Option<String>,
    pub(super) role: Option<String>,
    /// The only policies that may be attached.
    pub(super) policies: Vec<String>,
}

/// What the actions of one statement are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    /// Actions without a resource of their own.
    Everything,
    User,
    /// Whoever it is: hands-on users are found among all of them.
    AnyUser,
    AnyRole,
    /// The user who calls, and nobody else.
    Oneself,
    Role,
    /// A virtual device; its name is anybody's choice.
    AnyDevice,
    /// The virtual device called after the user.
    Device,
    AnyGroup,
    AnyInstanceProfile,
    Policies,
}

/// Under which condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    /// It is made with the tag of hands-on users.
    MadeWithTag,
    /// It carries the tag.
    Tagged,
    /// It carries the tag, and the policy is one of those that are known.
    TaggedAndKnownPolicy,
}

#[derive(Clone, Copy, Debug)]
struct Statement {
    sid: &'static str,
    actions: &'static [&'static str],
    on: On,
    when: When,
}

const fn statement(
    sid: &'static str,
    on: On,
    when: When,
    actions: &'static [&'static str],
) -> Statement {
    Statement {
        sid,
        actions,
        on,
        when,
    }
}

/// In the order in which people write it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    version: &'static str,
    statement: Vec<Spelled>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Spelled {
    sid: &'static str,
    effect: &'static str,
    action: Vec<String>,
    resource: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

const MFA: &[Statement] = &[
    statement(
        "SeeVirtualDevices",
        On::Everything,
        When::Always,
        &["ListVirtualMFADevices"],
    ),
    statement(
        "Devices",
        On::User,
        When::Always,
        &[
            "ListMFADevices",
            "EnableMFADevice",
            "ResyncMFADevice",
            "DeactivateMFADevice",
        ],
    ),
    statement(
        "VirtualDevices",
        On::AnyDevice,
        When::Always,
        &["CreateVirtualMFADevice", "DeleteVirtualMFADevice"],
    ),
];

const KEY: &[Statement] = &[statement(
    "AccessKeys",
    On::User,
    When::Always,
    &[
        "ListAccessKeys",
        "GetAccessKeyLastUsed",
        "CreateAccessKey",
        "UpdateAccessKey",
        "DeleteAccessKey",
    ],
)];

const PASSWORD: &[Statement] = &[
    statement(
        "SeePasswordPolicy",
        On::Everything,
        When::Always,
        &["GetAccountPasswordPolicy"],
    ),
    statement(
        "Passwords",
        On::User,
        When::Always,
        &[
            "GetLoginProfile",
            "CreateLoginProfile",
            "UpdateLoginProfile",
            "DeleteLoginProfile",
        ],
    ),
    statement(
        "OwnPassword",
        On::Oneself,
        When::Always,
        &["ChangePassword"],
    ),
];

const REPORT: &[Statement] = &[statement(
    "Report",
    On::Everything,
    When::Always,
    &["GenerateCredentialReport", "GetCredentialReport"],
)];

const HANDS_ON: &[Statement] = &[
    statement(
        "See",
        On::Everything,
        When::Always,
        &["ListUsers", "ListRoles", "ListVirtualMFADevices"],
    ),
    statement("SeeTagsOfUsers", On::AnyUser, When::Always, &["GetUser"]),
    statement("SeeTagsOfRoles", On::AnyRole, When::Always, &["GetRole"]),
    statement("SeePolicies", On::Policies, When::Always, &["GetPolicy"]),
    statement(
        "SeeUser",
        On::User,
        When::Always,
        &[
            "GetLoginProfile",
            "ListAccessKeys",
            "ListAttachedUserPolicies",
            "ListGroupsForUser",
            "ListMFADevices",
            "ListServiceSpecificCredentials",
            "ListSigningCertificates",
            "ListSSHPublicKeys",
            "ListUserPolicies",
        ],
    ),
    statement(
        "SeeRole",
        On::Role,
        When::Always,
        &[
            "ListAttachedRolePolicies",
            "ListInstanceProfilesForRole",
            "ListRolePolicies",
        ],
    ),
    statement(
        "SeeDevice",
        On::Device,
        When::Always,
        &["ListMFADeviceTags"],
    ),
    statement(
        "MakeUser",
        On::User,
        When::MadeWithTag,
        &["CreateUser", "TagUser"],
    ),
    statement(
        "MakeRole",
        On::Role,
        When::MadeWithTag,
        &["CreateRole", "TagRole"],
    ),
    statement(
        "MakeDevice",
        On::Device,
        When::MadeWithTag,
        &["CreateVirtualMFADevice", "TagMFADevice"],
    ),
    statement(
        "AttachPolicy",
        On::Role,
        When::TaggedAndKnownPolicy,
        &["AttachRolePolicy"],
    ),
    statement(
        "ChangeUser",
        On::User,
        When::Tagged,
        &[
            "TagUser",
            "CreateAccessKey",
            "DeleteAccessKey",
            "EnableMFADevice",
            "DeactivateMFADevice",
            "DeleteUser",
        ],
    ),
    statement(
        "ChangeRole",
        On::Role,
        When::Tagged,
        &["DetachRolePolicy", "DeleteRole"],
    ),
    statement(
        "DeleteDevice",
        On::Device,
        When::Always,
        &["DeleteVirtualMFADevice"],
    ),
    statement(
        "ForceUser",
        On::User,
        When::Tagged,
        &[
            "DeleteLoginProfile",
            "DeleteServiceSpecificCredential",
            "DeleteSigningCertificate",
            "DeleteSSHPublicKey",
            "DeleteUserPolicy",
            "DetachUserPolicy",
        ],
    ),
    statement("ForceRole", On::Role, When::Tagged, &["DeleteRolePolicy"]),
    statement(
        "ForceGroup",
        On::AnyGroup,
        When::Always,
        &["RemoveUserFromGroup"],
    ),
    statement(
        "ForceInstanceProfile",
        On::AnyInstanceProfile,
        When::Always,
        &["RemoveRoleFromInstanceProfile"],
    ),
];

/// What each group of commands needs, by the group's name.
const GROUPS: [(&str, &[Statement]); 5] = [
    ("mfa", MFA),
    ("key", KEY),
    ("password", PASSWORD),
    ("report", REPORT),
    ("handson", HANDS_ON),
];

/// The policy for a group, as IAM takes it.
pub(super) fn document(group: &str, whose: For, named: &Named) -> Document {
    let found = GROUPS.iter().find(|(name, _)| *name == group);
    let (_, statements) = found.expect("the table has every group that has the flag");
    let needed = |statement: &&Statement| whose == For::Own || statement.on != On::Oneself;
    let statements = statements.iter().filter(needed);
    Document {
        version: "2012-10-17",
        statement: statements.map(|one| one.spell(whose, named)).collect(),
    }
}

/// A group was named, and none of its commands.
pub(super) fn no_command(group: &str) -> Failure {
    Failure::new(
        Kind::Usage,
        format!("`awsmfa {group}` is several commands, and none was named"),
    )
    .next(format!("`awsmfa {group} --help` lists them"))
}

/// Prints a policy as the AWS CLI's `--policy-document` and the console take it.
pub(super) fn print(ui: &Ui, document: &Document) -> Result<()> {
    ui.document(document)
}

impl Statement {
    fn spell(&self, whose: For, named: &Named) -> Spelled {
        Spelled {
            sid: self.sid,
            effect: "Allow",
            action: self
                .actions
                .iter()
                .map(|action| format!("iam:{action}"))
                .collect(),
            resource: self.on.resource(whose, named),
            condition: self.when.condition(named),
        }
    }
}

impl On {
    fn resource(self, whose: For, named: &Named) -> Value {
        let user = match (whose, named.user.as_deref()) {
            (For::Own, _) => "${aws:username}",
            (For::Admin, name) => name.unwrap_or("*"),
        };
        let of = |kind: &str, name: &str| Value::from(format!("arn:*:iam::*:{kind}/{name}"));
        match self {
            On::Everything => Value::from("*"),
            On::User | On::Oneself => of("user", user),
            On::AnyUser => of("user", "*"),
            On::AnyRole => of("role", "*"),
            On::Role => of("role", named.role.as_deref().unwrap_or("*")),
            On::AnyDevice => of("mfa", "*"),
            On::Device => of("mfa", user),
            On::AnyGroup => of("group", "*"),
            On::AnyInstanceProfile => of("instance-profile", "*"),
            On::Policies if named.policies.is_empty() => of("policy", "*"),
            On::Policies => Value::from_iter(named.policies.iter().cloned()),
        }
    }
}

impl When {
    fn condition(self, named: &Named) -> Option<Value> {
        let there = |key: &str| json!({ format!("{key}/{HANDSON}"): "false" });
        match self {
            When::Always => None,
            When::MadeWithTag => Some(json!({ "Null": there("aws:RequestTag") })),
            When::TaggedAndKnownPolicy if !named.policies.is_empty() => Some(json!({
                "Null": there("aws:ResourceTag"),
                "ArnEquals": { "iam:PolicyARN": named.policies },
            })),
            When::Tagged | When::TaggedAndKnownPolicy => {
                Some(json!({ "Null": there("aws:ResourceTag") }))
            }
        }
    }
}
