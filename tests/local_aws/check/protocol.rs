//! The Query protocol: what a reply looks like, whose key and clock are accepted.

use super::client::{Connection, Credentials, Draft, IAM, STS, iam, sts};
use crate::local_aws::{LocalAws, Preset};

struct Scene {
    aws: LocalAws,
    key: Credentials,
}

fn scene() -> Scene {
    let aws = LocalAws::start();
    let key = Credentials::from(&aws.user("alice").policy(Preset::Admin).key());
    Scene { aws, key }
}

#[test]
fn a_reply_has_awss_shape() {
    let Scene { aws, key } = scene();
    let reply = sts(&aws, &key, "GetCallerIdentity", &[]);
    let id = reply.header("x-amzn-RequestId").unwrap().to_owned();
    let user_id = reply.text("UserId");
    assert!(
        user_id.starts_with("AIDA") && user_id.len() == 21,
        "{user_id}"
    );
    assert_eq!(
        reply.body,
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">
  <GetCallerIdentityResult>
    <Arn>arn:aws:iam::123456789012:user/alice</Arn>
    <UserId>{user_id}</UserId>
    <Account>123456789012</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>{id}</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
"
        )
    );
    assert_eq!(reply.header("Content-Type"), Some("text/xml"));
    assert!(reply.header("Date").unwrap().ends_with(" GMT"));
}

#[test]
fn a_refusal_has_awss_shape_in_the_namespace_of_its_service() {
    let Scene { aws, key } = scene();
    for (reply, namespace) in [
        (
            sts(&aws, &key, "Nonsense", &[]),
            "https://sts.amazonaws.com/doc/2011-06-15/",
        ),
        (
            iam(&aws, &key, "Nonsense", &[]),
            "https://iam.amazonaws.com/doc/2010-05-08/",
        ),
    ] {
        let id = reply.header("x-amzn-RequestId").unwrap();
        let version = &namespace[namespace.len() - 11..namespace.len() - 1];
        assert_eq!(
            reply.body,
            format!(
                "<ErrorResponse xmlns=\"{namespace}\">
  <Error>
    <Type>Sender</Type>
    <Code>InvalidAction</Code>
    <Message>Could not find operation Nonsense for version {version}</Message>
  </Error>
  <RequestId>{id}</RequestId>
</ErrorResponse>
"
            )
        );
    }
}

#[test]
fn a_get_request_is_as_good_as_a_post() {
    let Scene { aws, key } = scene();
    let mut draft = Draft::new(&aws, STS, "GetCallerIdentity", &[]);
    draft.request.method = "GET".to_owned();
    draft.request.target = "/?Version=2011-06-15&Action=GetCallerIdentity".to_owned();
    draft.request.body.clear();
    assert_eq!(draft.signed(&key).send(&aws).verdict(), "200");
    assert_eq!(aws.violations(), Vec::<String>::new());
}

#[test]
fn a_connection_serves_many_requests() {
    let Scene { aws, key } = scene();
    let mut connection = Connection::open(&aws);
    for _ in 0..3 {
        let draft = Draft::new(&aws, STS, "GetCallerIdentity", &[]).signed(&key);
        assert_eq!(connection.send(&draft).unwrap().status, 200);
    }
    assert_eq!((aws.connections(), aws.count("GetCallerIdentity")), (1, 3));
}

#[test]
fn iam_is_signed_for_its_partitions_region_only() {
    let aws = LocalAws::start();
    let china = aws.another_account("222222222222", "aws-cn");
    let government = aws.another_account("333333333333", "aws-us-gov");
    for (account, right, wrong) in [
        (aws.account(), "us-east-1", "eu-central-1"),
        (china, "cn-north-1", "cn-northwest-1"),
        (government, "us-gov-west-1", "us-gov-east-1"),
    ] {
        let key = Credentials::from(&account.user("alice").policy(Preset::Admin).key());
        let send = |version: &str, action: &str, region: &str| {
            let mut draft = Draft::new(&aws, version, action, &[]);
            draft.region = region.to_owned();
            draft.signed(&key).send(&aws).verdict()
        };
        assert_eq!(send(IAM, "GetUser", right), "200");
        assert_eq!(
            send(IAM, "GetUser", wrong),
            format!(
                "403 SignatureDoesNotMatch: Credential should be scoped to a valid region, not '{wrong}'. "
            )
        );
        assert_eq!(send(STS, "GetCallerIdentity", right), "200");
        assert_eq!(send(STS, "GetCallerIdentity", wrong), "200");
    }
}

#[test]
fn a_key_that_is_unknown_inactive_or_mistyped_is_refused_and_no_violation() {
    let aws = LocalAws::start();
    let alice = aws.user("alice");
    let (good, off) = (alice.key(), alice.key());
    alice.set_key_active(&off.id, false);
    let unknown = Credentials {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        ..Credentials::from(&good)
    };
    let mistyped = Credentials {
        secret: good.secret.replacen('/', "-", 1),
        ..Credentials::from(&good)
    };
    let with_token = Credentials {
        token: Some("IQoJb3JpZ2luX2Vj".to_owned()),
        ..Credentials::from(&good)
    };
    let invalid =
        "403 InvalidClientTokenId: The security token included in the request is invalid.";
    for (credentials, expected) in [
        (Credentials::from(&good), "200"),
        (Credentials::from(&off), invalid),
        (unknown, invalid),
        (with_token, invalid),
        (
            mistyped,
            "403 SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        ),
    ] {
        let reply = sts(&aws, &credentials, "GetCallerIdentity", &[]);
        assert_eq!(reply.verdict(), expected);
    }
    assert_eq!(aws.violations(), Vec::<String>::new());
}

#[test]
fn a_clock_more_than_five_minutes_off_is_refused_with_the_arithmetic() {
    let Scene { aws, key } = scene();
    let send = |signed_at: u64| {
        let mut draft = Draft::new(&aws, STS, "GetCallerIdentity", &[]);
        draft.date = crate::local_aws::clock::basic(signed_at);
        draft.signed(&key).send(&aws)
    };
    let now = aws.now();
    assert_eq!(send(now - 290).verdict(), "200");
    assert_eq!(send(now + 300).verdict(), "200");
    let late = send(now - 1_000).verdict();
    let early = send(now + 1_000).verdict();
    let stamp = crate::local_aws::clock::basic;
    assert!(
        late.starts_with(&format!(
            "403 SignatureDoesNotMatch: Signature expired: {} is now earlier than ",
            stamp(now - 1_000)
        )) && late.ends_with(" - 5 min.)"),
        "{late}"
    );
    assert!(
        early.starts_with(&format!(
            "403 SignatureDoesNotMatch: Signature not yet current: {} is still later than ",
            stamp(now + 1_000)
        )) && early.ends_with(" + 5 min.)"),
        "{early}"
    );
    assert_eq!(aws.violations(), Vec::<String>::new());
}
