//! The table: which actions each group of commands needs, on what, under which condition.

/// What the actions of one statement are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
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
pub(super) enum When {
    Always,
    /// It is made with the tag of hands-on users.
    MadeWithTag,
    /// It carries the tag.
    Tagged,
    /// It carries the tag, and the policy is one of those that are known.
    TaggedAndKnownPolicy,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    pub(super) sid: &'static str,
    pub(super) actions: &'static [&'static str],
    pub(super) on: On,
    pub(super) when: When,
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
    // `--force` removes others that the user has, and no condition can tell those: AWS deletes none that
    // is enabled.
    statement(
        "DeleteDevice",
        On::AnyDevice,
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
pub(super) const GROUPS: [(&str, &[Statement]); 5] = [
    ("mfa", MFA),
    ("key", KEY),
    ("password", PASSWORD),
    ("report", REPORT),
    ("handson", HANDS_ON),
];
