//! Every action there is: refused without a permission, refused by a deny, and never given a
//! parameter that it does not know.

use super::super::client::{Credentials, Reply, iam, sts};
use crate::local_aws::iam::API;
use crate::local_aws::{LocalAws, Preset};

/// A value that meets the constraints of a parameter, whatever the action.
fn sample(parameter: &str) -> &'static str {
    match parameter {
        "UserName" => "bob",
        "SerialNumber" => "arn:aws:iam::123456789012:mfa/bob",
        "AuthenticationCode1" | "AuthenticationCode2" => "123456",
        "AccessKeyId" | "CertificateId" => "AKIAIOSFODNN7EXAMPLEXXXX",
        "SSHPublicKeyId" | "ServiceSpecificCredentialId" => "ACCAEXAMPLE123EXAMPLE",
        "Status" => "Active",
        "AssignmentStatus" => "Any",
        "PolicyArn" => "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "Path" | "PathPrefix" => "/",
        "MaxItems" => "10",
        "Marker" => "AAMA0",
        "MaxSessionDuration" => "3600",
        "PasswordResetRequired" | "AllUsers" => "false",
        "AssumeRolePolicyDocument" | "PolicyDocument" => "{}",
        _ => "something",
    }
}

fn call(aws: &LocalAws, key: &Credentials, action: &str, extra: &[(&str, &str)]) -> Reply {
    let known = API.actions.iter().find(|known| known.name == action);
    let names: Vec<String> = known
        .unwrap()
        .parameters
        .iter()
        .map(|name| name.replace(".N", ".1"))
        .collect();
    let mut parameters: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), sample(name)))
        .collect();
    parameters.extend(extra);
    iam(aws, key, action, &parameters)
}

#[test]
fn without_a_permission_every_action_is_refused_by_its_name() {
    let aws = LocalAws::start();
    aws.user("bob");
    let nobody = Credentials::from(&aws.user("nobody").key());
    assert!(API.actions.len() > 50);
    for action in API.actions.iter().map(|action| action.name) {
        let verdict = call(&aws, &nobody, action, &[]).verdict();
        let who = "403 AccessDenied: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: iam:";
        let end = format!("because no identity-based policy allows the iam:{action} action");
        assert!(
            verdict.starts_with(&format!("{who}{action} on resource: ")),
            "{action}: {verdict}"
        );
        assert!(verdict.ends_with(&end), "{action}: {verdict}");
    }
    assert_eq!(aws.violations(), Vec::<String>::new());
}

#[test]
fn a_deny_without_mfa_refuses_everything_else_and_mfa_lifts_it() {
    let aws = LocalAws::start();
    aws.user("bob");
    let alice = aws.user("alice").policy(Preset::DenyWithoutMfa);
    let (key, device) = (Credentials::from(&alice.key()), alice.virtual_mfa());
    let proof = [
        ("SerialNumber", device.serial.as_str()),
        ("TokenCode", &aws.code(&device.serial)),
    ];
    let session = sts(&aws, &key, "GetSessionToken", &proof).credentials();
    let open = [
        "CreateVirtualMFADevice",
        "EnableMFADevice",
        "ResyncMFADevice",
        "ListMFADevices",
        "ListVirtualMFADevices",
        "GetMFADevice",
        "GetUser",
        "ChangePassword",
    ];
    for action in API.actions.iter().map(|action| action.name) {
        let verdict = call(&aws, &key, action, &[]).verdict();
        // The tags in the request are another action, and that one is denied.
        let denied = verdict.contains(&format!("to perform: iam:{action} on"))
            && verdict.ends_with(" with an explicit deny in an identity-based policy");
        assert_eq!(denied, !open.contains(&action), "{action}: {verdict}");
        let verdict = call(&aws, &session, action, &[]).verdict();
        assert!(!verdict.contains("explicit deny"), "{action}: {verdict}");
    }
}

#[test]
fn no_action_takes_a_parameter_that_it_does_not_know() {
    let aws = LocalAws::start();
    let admin = Credentials::from(&aws.user("admin").policy(Preset::Admin).key());
    let before = aws.snapshot();
    for action in API.actions.iter().map(|action| action.name) {
        let verdict = call(&aws, &admin, action, &[("Colour", "red")]).verdict();
        assert_eq!(
            verdict, "400 MalformedInput: Unexpected parameter 'Colour'",
            "{action}"
        );
    }
    assert_eq!(aws.violations().len(), API.actions.len());
    assert_eq!(aws.snapshot(), before);
}
