//! Access keys: two at most, switched off and on, and when each was last used.

use super::super::client::{Credentials, Reply, iam, sts};
use super::admin;
use crate::local_aws::{Key, Lag, LocalAws, New, Preset, clock};

fn credentials(created: &Reply) -> Credentials {
    Credentials {
        id: created.text("AccessKeyId"),
        secret: created.text("SecretAccessKey"),
        token: None,
    }
}

fn works(aws: &LocalAws, key: &Credentials) -> bool {
    sts(aws, key, "GetCallerIdentity", &[]).status == 200
}

#[test]
fn a_key_is_rotated_as_in_the_notes() {
    let aws = LocalAws::start();
    let old = Credentials::from(&aws.user("alice").policy(Preset::SelfService).key());
    let by = |key: &Credentials, action: &str, parameters: &[(&str, &str)]| {
        let reply = iam(&aws, key, action, parameters);
        assert_eq!(reply.verdict(), "200", "{action}");
        reply
    };
    let created = by(&old, "CreateAccessKey", &[]);
    let new = credentials(&created);
    assert_eq!(created.text("UserName"), "alice");
    assert_eq!(created.text("Status"), "Active");
    assert!(new.id.starts_with("AKIA") && new.secret.len() == 40);
    assert!(works(&aws, &new));

    let of_old = ("AccessKeyId", old.id.as_str());
    by(&new, "UpdateAccessKey", &[of_old, ("Status", "Inactive")]);
    assert!(!works(&aws, &old));
    let listed = by(&new, "ListAccessKeys", &[]);
    assert_eq!(listed.all("AccessKeyId"), [old.id.as_str(), &new.id]);
    assert_eq!(listed.all("Status"), ["Inactive", "Active"]);
    assert!(!listed.body.contains("Secret"));
    by(&new, "UpdateAccessKey", &[of_old, ("Status", "Active")]);
    assert!(works(&aws, &old));
    by(&new, "DeleteAccessKey", &[of_old]);
    assert!(!works(&aws, &old));
    let first = by(&new, "ListAccessKeys", &[("MaxItems", "1")]);
    assert_eq!(first.text("IsTruncated"), "false");
    // A key may delete itself.
    by(&new, "DeleteAccessKey", &[("AccessKeyId", &new.id)]);
    assert!(!works(&aws, &new));
}

#[test]
fn when_a_key_was_last_used_is_what_the_server_has_seen() {
    let admin = admin();
    let key = Credentials::from(&admin.aws.user("alice").key());
    let asked = || admin.done("GetAccessKeyLastUsed", &[("AccessKeyId", &key.id)]);
    let never = asked();
    assert_eq!(never.text("UserName"), "alice");
    assert_eq!(
        (never.text("ServiceName"), never.text("Region")),
        ("N/A".into(), "N/A".into())
    );
    assert!(!never.body.contains("LastUsedDate"));

    admin.aws.advance(7_000);
    assert!(works(&admin.aws, &key));
    let at = admin.aws.now();
    admin.aws.advance(7_000);
    let used = asked();
    assert_eq!(used.text("ServiceName"), "sts");
    assert_eq!(used.text("Region"), "us-east-1");
    let date = used.text("LastUsedDate");
    assert!((at - 5..=at).any(|at| clock::iso8601(at) == date), "{date}");

    // A request that is refused for want of permission is a use, too.
    assert_eq!(iam(&admin.aws, &key, "ListUsers", &[]).status, 403);
    assert_eq!(asked().text("ServiceName"), "iam");
}

#[test]
fn keys_are_refused_in_awss_words() {
    let admin = admin();
    let alice = admin.aws.user("alice");
    let (first, _) = (alice.key(), alice.key());
    let bobs = admin.aws.user("bob").key();
    let (user, id) = (("UserName", "alice"), ("AccessKeyId", bobs.id.as_str()));
    let missing = format!(
        "404 NoSuchEntity: The Access Key with id {} cannot be found.",
        bobs.id
    );
    let unknown = ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE");
    admin.refuses(&[
        (
            "CreateAccessKey",
            &[user],
            "409 LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2",
        ),
        ("UpdateAccessKey", &[user, id, ("Status", "Inactive")], &missing),
        ("DeleteAccessKey", &[user, id], &missing),
        (
            "UpdateAccessKey",
            &[user, ("AccessKeyId", &first.id), ("Status", "Off")],
            "400 ValidationError: 1 validation error detected: Value 'Off' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]",
        ),
        (
            "DeleteAccessKey",
            &[user, ("AccessKeyId", "AKIA")],
            "400 ValidationError: 1 validation error detected: Value 'AKIA' at 'accessKeyId' failed to satisfy constraint: Member must have length greater than or equal to 16",
        ),
        (
            "GetAccessKeyLastUsed",
            &[unknown],
            "403 AccessDenied: User: arn:aws:iam::123456789012:user/admin is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE",
        ),
        (
            "CreateAccessKey",
            &[("UserName", "ghost")],
            "404 NoSuchEntity: The user with name ghost cannot be found.",
        ),
    ]);
}

#[test]
fn a_new_key_that_lags_is_refused_for_a_while() {
    let aws = LocalAws::start();
    let key = Credentials::from(&aws.user("alice").policy(Preset::SelfService).key());
    for (lag, moved) in [(Lag::Requests(2), 0), (Lag::Seconds(8), 4)] {
        aws.set_lag(New::AccessKey, Some(lag));
        let new = credentials(&iam(&aws, &key, "CreateAccessKey", &[]));
        let seen = [(); 4].map(|()| {
            let verdict = sts(&aws, &new, "GetCallerIdentity", &[]).verdict();
            aws.advance(moved);
            verdict
        });
        let refused =
            "403 InvalidClientTokenId: The security token included in the request is invalid.";
        assert_eq!(seen, [refused, refused, "200", "200"], "{lag:?}");
        iam(&aws, &key, "DeleteAccessKey", &[("AccessKeyId", &new.id)]);
    }
}

#[test]
fn without_mfa_the_keys_are_out_of_reach_and_with_it_they_are_not() {
    let aws = LocalAws::start();
    let bob = aws.user("bob").policy(Preset::DenyWithoutMfa);
    let (key, device): (Key, _) = (bob.key(), bob.virtual_mfa());
    let key = Credentials::from(&key);
    assert_eq!(
        iam(&aws, &key, "ListAccessKeys", &[]).verdict(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/bob is not authorized to perform: iam:ListAccessKeys on resource: user bob with an explicit deny in an identity-based policy"
    );
    let code = aws.code(&device.serial);
    let proof = [
        ("SerialNumber", device.serial.as_str()),
        ("TokenCode", &code),
    ];
    let session = sts(&aws, &key, "GetSessionToken", &proof).credentials();
    assert_eq!(iam(&aws, &session, "ListAccessKeys", &[]).verdict(), "200");
    let bare = sts(&aws, &key, "GetSessionToken", &[]).credentials();
    assert_eq!(
        iam(&aws, &bare, "ListAccessKeys", &[]).verdict(),
        "403 InvalidClientTokenId: The security token included in the request is invalid."
    );
}
