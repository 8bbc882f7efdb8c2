//! The four calls: what is sent, what is read from the answer, what a bad answer becomes.

use std::time::Duration;

use jiff::SignedDuration;

use super::server::{Reaction, Server, error, identity, ok, refused, reply, session};
use super::{NOON_DATE, Reached, SERIAL, code, key, run};
use crate::aws::{AssumeRole, Known, Situation};
use crate::failure::Kind;
use crate::secret::Secret;

#[test]
fn a_session_is_asked_for_with_device_and_code_and_read_back() {
    let server = Server::start([ok(&session())]);
    let reached = Reached::at(&server.url());
    let issued = run(reached.session()).unwrap();
    assert_eq!(issued.key.id, "ASIAEXAMPLE");
    assert_eq!(issued.key.secret.expose(), "s3cr3t");
    assert_eq!(issued.key.token.unwrap().expose(), "t0k3n");
    assert_eq!(issued.expiration.to_string(), "2026-11-22T00:00:00Z");
    let sent = &server.received()[0];
    for part in [
        "Action=GetSessionToken",
        "DurationSeconds=43200",
        "TokenCode=492039",
        "SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Falice",
    ] {
        assert!(sent.body.contains(part), "{part}");
    }
    assert!(sent.header("user-agent").unwrap().contains("awsmfa-"));
    assert!(
        sent.header("authorization")
            .unwrap()
            .contains("/us-east-1/sts/")
    );
}

#[test]
fn a_role_is_asked_for_and_read_back() {
    let body = session().replace("GetSessionToken", "AssumeRole").replace(
        "</Credentials>",
        "</Credentials><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/admin/alice</Arn>\
             <AssumedRoleId>AROA:alice</AssumedRoleId></AssumedRoleUser>",
    );
    let server = Server::start([ok(&body)]);
    let reached = Reached::at(&server.url());
    let code = code();
    let role = AssumeRole {
        role_arn: "arn:aws:iam::1:role/admin",
        session_name: "alice",
        external_id: Some("x-1"),
        duration: Duration::from_secs(3600),
        mfa: Some((SERIAL, &code)),
    };
    let issued = run(reached.aws.assume_role(&key(), &role)).unwrap();
    assert_eq!(
        issued.arn.as_deref(),
        Some("arn:aws:sts::1:assumed-role/admin/alice")
    );
    let sent = &server.received()[0].body;
    for part in [
        "ExternalId=x-1",
        "RoleSessionName=alice",
        "TokenCode=492039",
        "DurationSeconds=3600",
    ] {
        assert!(sent.contains(part), "{part}");
    }
}

#[test]
fn all_pages_of_devices_are_read() {
    let page = |serial: &str, rest: &str| {
        ok(&format!(
            "<ListMFADevicesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListMFADevicesResult>\
             <MFADevices><member><UserName>alice</UserName><SerialNumber>{serial}</SerialNumber>\
             <EnableDate>2026-01-02T03:04:05Z</EnableDate></member></MFADevices>{rest}</ListMFADevicesResult></ListMFADevicesResponse>"
        ))
    };
    let server = Server::start([
        page(
            SERIAL,
            "<IsTruncated>true</IsTruncated><Marker>next</Marker>",
        ),
        page("GAHT12345678", "<IsTruncated>false</IsTruncated>"),
    ]);
    let reached = Reached::at(&server.url());
    let devices = run(reached.aws.mfa_devices(&key())).unwrap();
    let serials: Vec<&str> = devices
        .iter()
        .map(|device| device.serial.as_str())
        .collect();
    assert_eq!(serials, [SERIAL, "GAHT12345678"]);
    assert!(server.received()[1].body.contains("Marker=next"));
}

#[test]
fn what_is_not_aws_is_a_network_failure_and_never_a_panic() {
    let page = "<!DOCTYPE html><html><body>Welcome to our Wi-Fi</body></html>";
    let bare = "<GetSessionTokenResponse></GetSessionTokenResponse>";
    let empty_key = session().replace("ASIAEXAMPLE", "");
    let no_date = session().replace("2026-11-22T00:00:00Z", "");
    let broken_date = session().replace("2026-11-22T00:00:00Z", "soon");
    for (body, status, page) in [
        (reply("200 OK", NOON_DATE, page), 200, true),
        (reply("200 OK", NOON_DATE, "{}"), 200, false),
        (reply("200 OK", NOON_DATE, ""), 200, false),
        (reply("200 OK", NOON_DATE, bare), 200, false),
        (reply("200 OK", NOON_DATE, &empty_key), 200, false),
        (reply("200 OK", NOON_DATE, &no_date), 200, false),
        (reply("200 OK", NOON_DATE, &broken_date), 200, false),
        (reply("200 OK", NOON_DATE, &identity()), 200, false),
        (
            reply("302 Found\r\nLocation: http://portal/", NOON_DATE, ""),
            302,
            true,
        ),
        (reply("403 Forbidden", NOON_DATE, "denied"), 403, false),
        (
            reply(
                "403 Forbidden",
                NOON_DATE,
                "<ErrorResponse></ErrorResponse>",
            ),
            403,
            false,
        ),
    ] {
        let server = Server::start([Reaction::Last(body.clone())]);
        let reached = Reached::at(&server.url());
        let refusal = run(reached.session()).unwrap_err();
        assert_eq!(
            refusal.situation,
            Situation::Foreign { status, page },
            "{body}"
        );
        assert!(refusal.code_may_be_spent, "{body}");
        let failure = refusal.failure(&Known::default());
        assert_eq!(failure.kind(), Kind::Network);
        assert_eq!(
            failure.place(),
            Some(server.url().trim_start_matches("http://"))
        );
    }
}

#[test]
fn a_wrong_code_is_told_with_the_seconds_to_the_next() {
    let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    let date = "Sat, 21 Nov 2026 12:00:47 GMT";
    let body = error("AccessDenied", message);
    let server = Server::start([Reaction::Reply(reply("403 Forbidden", date, &body))]);
    let reached = Reached::at(&server.url());
    let refusal = run(reached.session()).unwrap_err();
    assert_eq!(refusal.situation, Situation::WrongCode);
    assert_eq!(refusal.seconds_to_next_code(), 13);
    assert!(!refusal.code_may_be_spent, "AWS has said what became of it");
    assert_eq!(refusal.request_id.as_deref(), Some("req-1"));
    let skew = reached.aws.skew().unwrap();
    assert!((skew - SignedDuration::from_secs(47)).abs() <= SignedDuration::from_secs(1));
    let failure = refusal.failure(&Known::default());
    assert_eq!(failure.kind(), Kind::Code);
    assert!(failure.to_string().contains(message));
    assert!(failure.advice().iter().any(|line| line.contains("13 s")));
    assert!(
        failure
            .advice()
            .iter()
            .any(|line| line.contains("47 seconds behind"))
    );
}

#[test]
fn no_secret_is_in_a_refusal_or_the_trace() {
    let key = key();
    let echo = format!("Value '492039' with {} failed", key.secret.expose());
    let server = Server::start([refused("400 Bad Request", "ValidationError", &echo)]);
    let reached = Reached::at(&server.url());
    let refusal = run(reached.session()).unwrap_err();
    let said = format!(
        "{refusal:?} {} {:?} {:?}",
        refusal.failure(&Known::default()),
        reached.trace(),
        reached.aws
    );
    assert!(said.contains("failed"));
    assert!(!said.contains("492039"), "{said}");
    assert!(!said.contains(key.secret.expose()), "{said}");
}

#[test]
fn what_a_stranger_wrote_cannot_steer_the_terminal() {
    let body = error("Denied&#x1b;[2J", "&#x1b;]0;title&#x7;");
    let server = Server::start([Reaction::Reply(reply("403 Forbidden", NOON_DATE, &body))]);
    let reached = Reached::at(&server.url());
    let refusal = run(reached.who()).unwrap_err();
    let said = format!("{} {:?}", refusal.failure(&Known::default()), refusal.code);
    assert!(said.contains("title"), "{said}");
    assert!(!said.chars().any(char::is_control), "{said:?}");
}

#[test]
fn a_wrong_clock_is_corrected_from_awss_date_and_stays_so() {
    let refusal = |date: &str| {
        let message = "Signature expired: 20261121T120000Z is now earlier than 20261121T125500Z (20261121T130000Z - 5 min.)";
        let body = error("SignatureDoesNotMatch", message);
        Reaction::Reply(reply("403 Forbidden", date, &body))
    };
    let one = "Sat, 21 Nov 2026 13:00:00 GMT";
    let server = Server::start([
        refusal(one),
        Reaction::Reply(reply("200 OK", one, &session())),
        Reaction::Reply(reply("200 OK", one, &identity())),
    ]);
    let reached = Reached::at(&server.url());
    run(async {
        reached
            .session()
            .await
            .expect("the code was not spent by a request refused for its signature");
        reached.who().await.unwrap();
    });
    let dates: Vec<String> = server
        .received()
        .iter()
        .map(|request| request.header("x-amz-date").unwrap().to_owned())
        .collect();
    assert_eq!(
        dates,
        ["20261121T120000Z", "20261121T130000Z", "20261121T130000Z"]
    );
}

#[test]
fn a_signature_refused_for_its_time_twice_is_not_sent_a_third_time() {
    let message = "Signature not yet current: 20261121T120000Z is still later than 20261121T104500Z (20261121T103000Z + 15 min.)";
    let date = "Sat, 21 Nov 2026 10:30:00 GMT";
    let body = error("SignatureDoesNotMatch", message);
    let again = || Reaction::Reply(reply("403 Forbidden", date, &body));
    let server = Server::start([again(), again()]);
    let reached = Reached::at(&server.url());
    let refusal = run(reached.who()).unwrap_err();
    assert_eq!(server.received().len(), 2);
    assert_eq!(refusal.situation, Situation::ClockOff);
    let what = refusal.failure(&Known::default()).to_string();
    assert!(what.contains("90 minutes ahead of AWS's"), "{what}");
}

#[test]
fn a_key_that_cannot_be_sent_is_no_panic() {
    let server = Server::start([]);
    let reached = Reached::at(&server.url());
    for id in [
        "AKIA\r\nX-Evil: 1",
        "AKIAÉ",
        "“AKIAIOSFODNN7EXAMPLE”",
        "AKIA 1",
    ] {
        let mut key = key();
        key.id = id.to_owned();
        let refusal = run(reached.aws.caller_identity(&key)).unwrap_err();
        assert_eq!(refusal.situation, Situation::KeyGarbled, "{id:?}");
        let failure = refusal.failure(&Known::default());
        assert_eq!(failure.kind(), Kind::Configuration);
    }
    assert!(server.received().is_empty());
}

#[test]
fn a_secret_of_any_characters_can_be_tried() {
    let server = Server::start([refused("403 Forbidden", "SignatureDoesNotMatch", "")]);
    let reached = Reached::at(&server.url());
    let mut key = key();
    key.secret = Secret::new("日本語 “secret”");
    let refusal = run(reached.aws.caller_identity(&key)).unwrap_err();
    assert_eq!(refusal.situation, Situation::SecretWrong);
}
