//! The actions of AWS IAM, version 2010-05-08.
//!
//! One function per action, one file per area: constraints, permission, existence, then the deed.
//! Source: IAM API Reference.

mod device_lists;
mod devices;
mod documents;
mod keys;
mod leftovers;
mod names;
mod page;
mod passwords;
mod png;
mod policies;
mod reports;
mod roles;
mod subject;
mod tags;
mod users;

use super::service::{Action, Api};
use policies::{ROLE, USER};

pub const API: Api = Api {
    service: "iam",
    name: "AWSIdentityManagementV20100508",
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    actions: ACTIONS,
};

const PAGE: [&str; 2] = ["Marker", "MaxItems"];
const TAG: [&str; 2] = ["Tags.member.N.Key", "Tags.member.N.Value"];
const PAIR: &[&str] = &[
    "UserName",
    "SerialNumber",
    "AuthenticationCode1",
    "AuthenticationCode2",
];

#[rustfmt::skip]
const ACTIONS: &[Action] = &[
    // MFA devices.
    Action::new("CreateVirtualMFADevice", &["Path", "VirtualMFADeviceName", TAG[0], TAG[1]], devices::create),
    Action::new("EnableMFADevice", PAIR, devices::enable),
    Action::new("ResyncMFADevice", PAIR, devices::resync),
    Action::new("DeactivateMFADevice", &["UserName", "SerialNumber"], devices::deactivate),
    Action::new("DeleteVirtualMFADevice", &["SerialNumber"], devices::delete),
    Action::new("ListMFADevices", &["UserName", PAGE[0], PAGE[1]], device_lists::of_user),
    Action::new("ListVirtualMFADevices", &["AssignmentStatus", PAGE[0], PAGE[1]], device_lists::virtual_ones),
    Action::new("GetMFADevice", &["SerialNumber", "UserName"], device_lists::get),
    Action::new("TagMFADevice", &["SerialNumber", TAG[0], TAG[1]], devices::tag),
    Action::new("UntagMFADevice", &["SerialNumber", "TagKeys.member.N"], devices::untag),
    Action::new("ListMFADeviceTags", &["SerialNumber", PAGE[0], PAGE[1]], device_lists::tags_of),
    // Access keys.
    Action::new("CreateAccessKey", &["UserName"], keys::create),
    Action::new("ListAccessKeys", &["UserName", PAGE[0], PAGE[1]], keys::list),
    Action::new("UpdateAccessKey", &["UserName", "AccessKeyId", "Status"], keys::update),
    Action::new("DeleteAccessKey", &["UserName", "AccessKeyId"], keys::delete),
    Action::new("GetAccessKeyLastUsed", &["AccessKeyId"], keys::last_used),
    // Passwords.
    Action::new("CreateLoginProfile", &["UserName", "Password", "PasswordResetRequired"], passwords::create),
    Action::new("GetLoginProfile", &["UserName"], passwords::get),
    Action::new("UpdateLoginProfile", &["UserName", "Password", "PasswordResetRequired"], passwords::update),
    Action::new("DeleteLoginProfile", &["UserName"], passwords::delete),
    Action::new("ChangePassword", &["OldPassword", "NewPassword"], passwords::change),
    Action::new("GetAccountPasswordPolicy", &[], passwords::policy),
    // The account.
    Action::new("GenerateCredentialReport", &[], reports::generate),
    Action::new("GetCredentialReport", &[], reports::get),
    Action::new("GetAccountSummary", &[], reports::summary),
    // Users.
    Action::new("CreateUser", &["Path", "UserName", TAG[0], TAG[1]], users::create),
    Action::new("GetUser", &["UserName"], users::get),
    Action::new("ListUsers", &["PathPrefix", PAGE[0], PAGE[1]], users::list),
    Action::new("DeleteUser", &["UserName"], users::delete),
    Action::new("TagUser", &["UserName", TAG[0], TAG[1]], users::tag),
    Action::new("UntagUser", &["UserName", "TagKeys.member.N"], users::untag),
    Action::new("ListUserTags", &["UserName", PAGE[0], PAGE[1]], users::list_tags),
    Action::new("ListGroupsForUser", &["UserName", PAGE[0], PAGE[1]], leftovers::groups),
    Action::new("RemoveUserFromGroup", &["GroupName", "UserName"], leftovers::leave_group),
    Action::new("ListSigningCertificates", &["UserName", PAGE[0], PAGE[1]], leftovers::certificates),
    Action::new("DeleteSigningCertificate", &["UserName", "CertificateId"], leftovers::delete_certificate),
    Action::new("ListSSHPublicKeys", &["UserName", PAGE[0], PAGE[1]], leftovers::ssh_keys),
    Action::new("DeleteSSHPublicKey", &["UserName", "SSHPublicKeyId"], leftovers::delete_ssh_key),
    Action::new("ListServiceSpecificCredentials", &["UserName", "ServiceName", "AllUsers", PAGE[0], PAGE[1]], leftovers::service_credentials),
    Action::new("DeleteServiceSpecificCredential", &["UserName", "ServiceSpecificCredentialId"], leftovers::delete_service_credential),
    // Roles.
    Action::new("CreateRole", &["Path", "RoleName", "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", TAG[0], TAG[1]], roles::create),
    Action::new("GetRole", &["RoleName"], roles::get),
    Action::new("ListRoles", &["PathPrefix", PAGE[0], PAGE[1]], roles::list),
    Action::new("UpdateRole", &["RoleName", "Description", "MaxSessionDuration"], roles::update),
    Action::new("UpdateAssumeRolePolicy", &["RoleName", "PolicyDocument"], roles::update_trust),
    Action::new("DeleteRole", &["RoleName"], roles::delete),
    Action::new("TagRole", &["RoleName", TAG[0], TAG[1]], roles::tag),
    Action::new("UntagRole", &["RoleName", "TagKeys.member.N"], roles::untag),
    Action::new("ListRoleTags", &["RoleName", PAGE[0], PAGE[1]], roles::list_tags),
    Action::new("ListInstanceProfilesForRole", &["RoleName", PAGE[0], PAGE[1]], leftovers::instance_profiles),
    Action::new("RemoveRoleFromInstanceProfile", &["InstanceProfileName", "RoleName"], leftovers::leave_instance_profile),
    // Policies.
    Action::new("GetPolicy", &["PolicyArn"], policies::get_managed),
    Action::new("AttachUserPolicy", &["UserName", "PolicyArn"], |call| USER.attach(call)),
    Action::new("DetachUserPolicy", &["UserName", "PolicyArn"], |call| USER.detach(call)),
    Action::new("ListAttachedUserPolicies", &["UserName", "PathPrefix", PAGE[0], PAGE[1]], |call| USER.list_attached(call)),
    Action::new("PutUserPolicy", &["UserName", "PolicyName", "PolicyDocument"], |call| USER.put(call)),
    Action::new("GetUserPolicy", &["UserName", "PolicyName"], |call| USER.get(call)),
    Action::new("DeleteUserPolicy", &["UserName", "PolicyName"], |call| USER.delete(call)),
    Action::new("ListUserPolicies", &["UserName", PAGE[0], PAGE[1]], |call| USER.list(call)),
    Action::new("AttachRolePolicy", &["RoleName", "PolicyArn"], |call| ROLE.attach(call)),
    Action::new("DetachRolePolicy", &["RoleName", "PolicyArn"], |call| ROLE.detach(call)),
    Action::new("ListAttachedRolePolicies", &["RoleName", "PathPrefix", PAGE[0], PAGE[1]], |call| ROLE.list_attached(call)),
    Action::new("PutRolePolicy", &["RoleName", "PolicyName", "PolicyDocument"], |call| ROLE.put(call)),
    Action::new("GetRolePolicy", &["RoleName", "PolicyName"], |call| ROLE.get(call)),
    Action::new("DeleteRolePolicy", &["RoleName", "PolicyName"], |call| ROLE.delete(call)),
    Action::new("ListRolePolicies", &["RoleName", PAGE[0], PAGE[1]], |call| ROLE.list(call)),
];
