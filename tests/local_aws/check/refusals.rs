//! What no correct client sends: refused, and remembered for the test that used the client.

use super::client::{Credentials, Draft, Reply, STS};
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
    let cases: [(&str, &str, Spoil, Spoil); 30] = [
        (
            "403 SignatureDoesNotMatch",
            "a region that is none",
            |draft| draft.region = "aws-global".into(),
            |_| (),
        ),
        (
            "403 SignatureDoesNotMatch",
            "half a region",
            |draft| draft.region = "east-1".into(),
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
