//! Users and roles that cannot be deleted until everything of theirs is gone.

use super::admin;
use crate::local_aws::{Belonging, Preset};

/// What DeleteUser or DeleteRole objects to, and the call that removes it.
type Step<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

fn left(what: &str) -> String {
    format!("409 DeleteConflict: Cannot delete entity, {what}.")
}

#[test]
fn a_user_goes_only_when_everything_of_theirs_has_gone() {
    let admin = admin();
    let certificate = "TA7SMP42TDN5Z26OBPJE7EXAMPLE";
    let (ssh, single) = ("APKAEIBAERJR2EXAMPLE", "ACCAEXAMPLE123EXAMPLE");
    let alice = admin
        .aws
        .user("alice")
        .policy(Preset::SelfService)
        .attach("ReadOnlyAccess")
        .owns(Belonging::SigningCertificate, certificate)
        .owns(Belonging::SshPublicKey, ssh)
        .owns(Belonging::ServiceSpecificCredential, single);
    let (key, device) = (alice.key(), alice.virtual_mfa());
    admin.aws.account().group("team").member(&alice);
    let user = ("UserName", "alice");
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let steps: [Step<'_>; 9] = [
        (
            "must delete access keys first",
            "DeleteAccessKey",
            &[user, ("AccessKeyId", &key.id)],
        ),
        (
            "must remove tokens from principal first",
            "DeactivateMFADevice",
            &[user, ("SerialNumber", &device.serial)],
        ),
        (
            "must detach all policies first",
            "DetachUserPolicy",
            &[user, ("PolicyArn", arn)],
        ),
        (
            "must delete policies first",
            "DeleteUserPolicy",
            &[user, ("PolicyName", "policy-1")],
        ),
        (
            "must remove users from group first",
            "RemoveUserFromGroup",
            &[user, ("GroupName", "team")],
        ),
        (
            "must remove referenced objects first",
            "DeleteSigningCertificate",
            &[user, ("CertificateId", certificate)],
        ),
        (
            "must remove referenced objects first",
            "DeleteSSHPublicKey",
            &[user, ("SSHPublicKeyId", ssh)],
        ),
        (
            "must remove referenced objects first",
            "DeleteServiceSpecificCredential",
            &[user, ("ServiceSpecificCredentialId", single)],
        ),
        ("", "DeleteUser", &[user]),
    ];
    for (list, expected) in [
        ("ListSigningCertificates", certificate),
        ("ListSSHPublicKeys", ssh),
        ("ListServiceSpecificCredentials", single),
        ("ListGroupsForUser", "team"),
        ("ListUserPolicies", "policy-1"),
        ("ListAttachedUserPolicies", arn),
    ] {
        let listed = admin.done(list, &[user]);
        assert!(listed.body.contains(expected), "{list}: {}", listed.body);
    }
    for (conflict, action, parameters) in steps {
        if !conflict.is_empty() {
            assert_eq!(admin.call("DeleteUser", &[user]).verdict(), left(conflict));
        }
        admin.done(action, parameters);
    }
    // The device outlives its user, unassigned.
    let unassigned = admin.done(
        "ListVirtualMFADevices",
        &[("AssignmentStatus", "Unassigned")],
    );
    assert_eq!(unassigned.all("SerialNumber"), [device.serial]);
}

#[test]
fn a_role_goes_only_when_its_policies_and_profiles_have_gone() {
    let admin = admin();
    let _ = admin
        .aws
        .role("Dev")
        .policy(Preset::Admin)
        .attach("ReadOnlyAccess")
        .in_instance_profile("web");
    let role = ("RoleName", "Dev");
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let steps: [Step<'_>; 4] = [
        (
            "must remove roles from instance profile first",
            "RemoveRoleFromInstanceProfile",
            &[role, ("InstanceProfileName", "web")],
        ),
        (
            "must detach all policies first",
            "DetachRolePolicy",
            &[role, ("PolicyArn", arn)],
        ),
        (
            "must delete policies first",
            "DeleteRolePolicy",
            &[role, ("PolicyName", "policy-1")],
        ),
        ("", "DeleteRole", &[role]),
    ];
    let listed = admin.done("ListInstanceProfilesForRole", &[role]);
    assert_eq!(listed.text("InstanceProfileName"), "web");
    assert_eq!(
        admin.done("ListRolePolicies", &[role]).text("member"),
        "policy-1"
    );
    for (conflict, action, parameters) in steps {
        if !conflict.is_empty() {
            assert_eq!(admin.call("DeleteRole", &[role]).verdict(), left(conflict));
        }
        admin.done(action, parameters);
    }
    assert_eq!(
        admin.call("DeleteRole", &[role]).verdict(),
        "404 NoSuchEntity: The role with name Dev cannot be found."
    );
}
