//! The actions of AWS IAM, version 2010-05-08.
//!
//! One function per action, one file per area: constraints, permission, existence, then the deed.
//! Source: IAM API Reference.

mod device_lists;
mod devices;
mod keys;
mod names;
mod page;
mod png;
mod subject;
mod tags;
mod users;

use super::service::{Action, Api};

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
    // Users.
    Action::new("CreateUser", &["Path", "UserName", TAG[0], TAG[1]], users::create),
    Action::new("GetUser", &["UserName"], users::get),
    Action::new("ListUsers", &["PathPrefix", PAGE[0], PAGE[1]], users::list),
    Action::new("DeleteUser", &["UserName"], users::delete),
    Action::new("TagUser", &["UserName", TAG[0], TAG[1]], users::tag),
    Action::new("UntagUser", &["UserName", "TagKeys.member.N"], users::untag),
    Action::new("ListUserTags", &["UserName", PAGE[0], PAGE[1]], users::list_tags),
];
