//! The Query protocol: what a reply looks like, and what is not accepted as a request.

use super::client::{Connection, Credentials, Draft, IAM, Reply, STS, iam, sts};
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

/// Spoils a good request, sends it, and returns the refusal and whether it counts as a violation.
fn spoilt(
    scene: &Scene,
    before: impl FnOnce(&mut Draft),
    after: impl FnOnce(&mut Draft),
) -> (Reply, bool) {
    let mut draft = Draft::new(&scene.aws, STS, "GetCallerIdentity", &[]);
    before(&mut draft);
    let mut draft = draft.signed(&scene.key);
    after(&mut draft);
    scene.aws.clear_log();
    let reply = draft.send(&scene.aws);
    let log = scene.aws.log();
    assert_eq!(log.len(), 1);
    assert!(!log[0].carried_out);
    assert_eq!(log[0].status, reply.status);
    (reply, log[0].violation.is_some())
}

type Spoil = fn(&mut Draft);

#[test]
fn what_no_correct_client_sends_is_refused_and_remembered() {
    let scene = scene();
    let cases: [(&str, &str, Spoil, Spoil); 29] = [
        (
            "403 SignatureDoesNotMatch",
            "a region that is none",
            |draft| draft.region = "aws-global".into(),
            |_| (),
        ),
        (
            "403 SignatureDoesNotMatch",
            "another partition's region",
            |draft| draft.region = "cn-north-1".into(),
            |_| (),
        ),
        (
            "403 SignatureDoesNotMatch",
            "another service",
            |draft| draft.service = "s3".into(),
            |_| (),
        ),
        (
            "400 NoSuchVersion",
            "the other service's scope",
            |draft| draft.service = "iam".into(),
            |_| (),
        ),
        (
            "403 SignatureDoesNotMatch",
            "another terminator",
            |_| (),
            |draft| draft.spoil("authorization", "/aws4_request", "/aws3_request"),
        ),
        (
            "403 SignatureDoesNotMatch",
            "another day in the scope",
            |_| (),
            |draft| {
                let day = draft.date[..8].to_owned();
                draft.spoil("authorization", &format!("/{day}/"), "/20200101/");
            },
        ),
        (
            "400 IncompleteSignature",
            "a date that is none",
            |_| (),
            |draft| draft.spoil("x-amz-date", "T", " "),
        ),
        (
            "400 IncompleteSignature",
            "no date",
            |_| (),
            |draft| draft.drop_header("x-amz-date"),
        ),
        (
            "403 MissingAuthenticationToken",
            "an unsigned request",
            |_| (),
            |draft| draft.drop_header("authorization"),
        ),
        (
            "400 IncompleteSignature",
            "another algorithm",
            |_| (),
            |draft| draft.spoil("authorization", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        ),
        (
            "400 IncompleteSignature",
            "no signature",
            |_| (),
            |draft| draft.spoil("authorization", "Signature=", "Signatur="),
        ),
        (
            "400 IncompleteSignature",
            "a scope of four",
            |_| (),
            |draft| draft.spoil("authorization", "/sts/", "/"),
        ),
        (
            "400 IncompleteSignature",
            "two signatures",
            |_| (),
            |draft| draft.spoil("authorization", "Signature=", "Signature=0, Signature="),
        ),
        (
            "400 IncompleteSignature",
            "two authorizations",
            |_| (),
            |draft| draft.header("Authorization", "AWS4-HMAC-SHA256"),
        ),
        (
            "403 SignatureDoesNotMatch",
            "a host that is not signed",
            |_| (),
            |draft| draft.spoil("authorization", "host;", ""),
        ),
        (
            "403 SignatureDoesNotMatch",
            "a date that is not signed",
            |_| (),
            |draft| draft.spoil("authorization", ";x-amz-date", ""),
        ),
        (
            "403 SignatureDoesNotMatch",
            "an amz header that is not signed",
            |_| (),
            |draft| draft.header("X-Amz-Extra", "1"),
        ),
        (
            "403 SignatureDoesNotMatch",
            "a signed header that is missing",
            |_| (),
            |draft| draft.drop_header("content-type"),
        ),
        (
            "403 SignatureDoesNotMatch",
            "a payload hash of something else",
            |draft| draft.header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
            |_| (),
        ),
        (
            "400 MalformedInput",
            "another content type",
            |draft| {
                draft.drop_header("content-type");
                draft.header("Content-Type", "application/json");
            },
            |_| (),
        ),
        (
            "400 MalformedInput",
            "no content type",
            |draft| draft.drop_header("content-type"),
            |_| (),
        ),
        (
            "400 MalformedInput",
            "an unknown parameter",
            |draft| draft.request.body.extend(b"&Colour=red"),
            |_| (),
        ),
        (
            "404 MalformedQueryString",
            "a parameter twice",
            |draft| draft.request.body.extend(b"&Action=GetCallerIdentity"),
            |_| (),
        ),
        (
            "404 MalformedQueryString",
            "a bad escape",
            |draft| draft.request.body.extend(b"&A=%G1"),
            |_| (),
        ),
        (
            "400 MissingAction",
            "no action",
            |draft| draft.request.body = b"Version=2011-06-15".to_vec(),
            |_| (),
        ),
        (
            "400 NoSuchVersion",
            "another version",
            |draft| draft.request.body = b"Action=GetCallerIdentity&Version=2012-10-17".to_vec(),
            |_| (),
        ),
        (
            "404 MalformedInput",
            "another path",
            |draft| draft.request.target = "/sts".into(),
            |_| (),
        ),
        (
            "400 MalformedInput",
            "a query beside a body",
            |draft| draft.request.target = "/?Action=GetCallerIdentity".into(),
            |_| (),
        ),
        (
            "405 MalformedInput",
            "another method",
            |draft| draft.request.method = "PUT".into(),
            |_| (),
        ),
    ];
    for (expected, what, before, after) in cases {
        let (reply, violation) = spoilt(&scene, before, after);
        let verdict = reply.verdict();
        assert!(
            verdict.starts_with(&format!("{expected}: ")),
            "{what}: {verdict}"
        );
        assert!(violation, "{what} is not remembered: {verdict}");
    }
}

#[test]
fn a_body_changed_after_signing_is_refused() {
    let scene = scene();
    let (reply, _) = spoilt(
        &scene,
        |_| (),
        |draft| {
            draft.request.body = b"Action=GetSessionToken&Version=2011-06-15".to_vec();
        },
    );
    assert!(
        reply
            .verdict()
            .starts_with("403 SignatureDoesNotMatch: The request signature we calculated"),
        "{}",
        reply.verdict()
    );
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
