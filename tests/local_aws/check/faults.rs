//! Every kind of trouble, as a client meets it, and what the log says of it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use super::client::{Connection, Credentials, Draft, Ended, Reply, STS, sts};
use crate::local_aws::{Fault, LocalAws, Mfa, When};

struct Scene {
    aws: LocalAws,
    key: Credentials,
    device: Mfa,
}

fn scene() -> Scene {
    let aws = LocalAws::start();
    let alice = aws.user("alice");
    Scene {
        key: Credentials::from(&alice.key()),
        device: alice.virtual_mfa(),
        aws,
    }
}

impl Scene {
    /// Signs in with a code under this fault.
    fn struck(&self, fault: Fault) -> (String, Result<Reply, Ended>) {
        self.aws.advance(30);
        self.aws.clear_log();
        self.aws.fault("GetSessionToken", fault);
        let code = self.aws.code(&self.device.serial);
        (code.clone(), self.send(&code, Duration::from_secs(10)))
    }

    fn send(&self, code: &str, patience: Duration) -> Result<Reply, Ended> {
        let parameters = [
            ("SerialNumber", self.device.serial.as_str()),
            ("TokenCode", code),
        ];
        let draft = Draft::new(&self.aws, STS, "GetSessionToken", &parameters).signed(&self.key);
        let mut connection = Connection::open(&self.aws);
        connection.give_up_after(patience);
        connection.send(&draft)
    }

    /// Whether the code is still good, which tells whether the request was carried out.
    fn unspent(&self, code: &str) -> bool {
        self.send(code, Duration::from_secs(10)).unwrap().status == 200
    }
}

#[test]
fn awss_own_failure_may_come_after_the_request_was_carried_out() {
    let scene = scene();
    let (code, outcome) = scene.struck(Fault::FailureAfter);
    assert_eq!(outcome.unwrap().status, 500);
    assert!(!scene.unspent(&code));
}

#[test]
fn awss_own_errors_come_as_xml_and_leave_the_code_alone() {
    let scene = scene();
    for (fault, expected) in [
        (Fault::THROTTLING, "400 Throttling: Rate exceeded"),
        (
            Fault::SERVICE_UNAVAILABLE,
            "503 ServiceUnavailable: Service is unavailable, please try again later.",
        ),
        (
            Fault::INTERNAL_FAILURE,
            "500 InternalFailure: The request processing has failed because of an unknown error, exception or failure.",
        ),
    ] {
        let (code, reply) = scene.struck(fault.clone());
        let reply = reply.unwrap();
        assert_eq!(reply.verdict(), expected);
        let kind = if reply.status < 500 {
            "Sender"
        } else {
            "Receiver"
        };
        assert_eq!(reply.text("Type"), kind);
        let entry = &scene.aws.log()[0];
        assert_eq!(
            (entry.outcome.as_str(), entry.carried_out),
            (fault.name(), false)
        );
        assert!(scene.unspent(&code));
    }
}

#[test]
fn what_is_not_aws_answers_in_html() {
    let scene = scene();
    let elsewhere = "http://portal.example/".to_owned();
    for (fault, status, location) in [
        (Fault::Gateway(502), 502, None),
        (Fault::Gateway(504), 504, None),
        (Fault::CaptivePortal, 200, None),
        (Fault::Redirect(elsewhere.clone()), 302, Some(elsewhere)),
    ] {
        let (code, reply) = scene.struck(fault);
        let reply = reply.unwrap();
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("Content-Type"), Some("text/html"));
        assert_eq!(reply.header("Location"), location.as_deref());
        assert!(reply.body.starts_with("<html>"), "{}", reply.body);
        assert!(scene.unspent(&code));
    }
}

#[test]
fn a_connection_that_ends_tells_nothing_of_what_was_carried_out() {
    let scene = scene();
    for (fault, kind, carried_out) in [
        (Fault::Close(When::Before), None, false),
        (Fault::Close(When::After), None, true),
        (
            Fault::Reset(When::Before),
            Some(ErrorKind::ConnectionReset),
            false,
        ),
        (
            Fault::Reset(When::After),
            Some(ErrorKind::ConnectionReset),
            true,
        ),
    ] {
        let (code, reply) = scene.struck(fault.clone());
        let ended = reply.unwrap_err();
        assert_eq!(ended.kind, kind, "{fault:?}");
        assert!(ended.received.is_empty(), "{fault:?}");
        let entry = &scene.aws.log()[0];
        assert_eq!(
            (entry.carried_out, entry.status),
            (carried_out, 0),
            "{fault:?}"
        );
        assert_eq!(scene.unspent(&code), !carried_out, "{fault:?}");
    }
}

#[test]
fn a_truncated_reply_ends_in_the_middle() {
    let scene = scene();
    let (code, reply) = scene.struck(Fault::Truncate);
    let ended = reply.unwrap_err();
    let text = String::from_utf8(ended.received).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("\r\n\r\n<GetSession"));
    assert!(!text.contains("</GetSessionTokenResponse>"));
    assert!(!scene.unspent(&code));
}

#[test]
fn a_hanging_server_says_nothing_for_as_long_as_one_waits() {
    let scene = scene();
    for (when, carried_out) in [(When::Before, false), (When::After, true)] {
        scene.aws.advance(30);
        scene.aws.fault("GetSessionToken", Fault::Hang(when));
        let code = scene.aws.code(&scene.device.serial);
        let started = Instant::now();
        let ended = scene.send(&code, Duration::from_millis(150)).unwrap_err();
        assert!(started.elapsed() >= Duration::from_millis(150));
        assert!(
            matches!(
                ended.kind,
                Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)
            ),
            "{ended:?}"
        );
        assert_eq!(scene.unspent(&code), !carried_out);
    }
}

#[test]
fn latency_delays_the_right_answer() {
    let scene = scene();
    let started = Instant::now();
    let (_, reply) = scene.struck(Fault::Latency(Duration::from_millis(120)));
    assert_eq!(reply.unwrap().status, 200);
    assert!(started.elapsed() >= Duration::from_millis(120));
}

#[test]
fn a_wrong_date_changes_nothing_but_the_date() {
    let scene = scene();
    let (_, reply) = scene.struck(Fault::WrongDate(-86_400 * 400));
    let reply = reply.unwrap();
    assert_eq!(reply.status, 200);
    let right = sts(&scene.aws, &scene.key, "GetCallerIdentity", &[]);
    let year = |reply: &Reply| {
        reply.header("Date").unwrap()[12..16]
            .parse::<i32>()
            .unwrap()
    };
    assert!(year(&reply) < year(&right));
}

#[test]
fn the_date_follows_the_servers_clock() {
    let scene = scene();
    scene.aws.set_clock_offset(86_400 * 400);
    let unsigned = Draft::new(&scene.aws, STS, "GetCallerIdentity", &[]).send(&scene.aws);
    let expected = crate::local_aws::clock::http_date(scene.aws.now());
    assert_eq!(unsigned.header("Date").unwrap()[..22], expected[..22]);
}

#[test]
fn faults_wait_for_their_turn_and_end() {
    let scene = scene();
    scene
        .aws
        .fault_rule("GetCallerIdentity", Fault::THROTTLING, 1, Some(2));
    let statuses: Vec<u16> = (0..4)
        .map(|_| sts(&scene.aws, &scene.key, "GetCallerIdentity", &[]).status)
        .collect();
    assert_eq!(statuses, [200, 400, 400, 200]);
    scene.aws.fault_always("*", Fault::THROTTLING);
    for _ in 0..2 {
        assert_eq!(
            sts(&scene.aws, &scene.key, "GetCallerIdentity", &[]).status,
            400
        );
    }
    scene.aws.clear_faults();
    assert_eq!(
        sts(&scene.aws, &scene.key, "GetCallerIdentity", &[]).status,
        200
    );
}

#[test]
fn dropping_the_server_ends_its_connections_and_frees_its_port() {
    let scene = scene();
    let port = scene.aws.port();
    scene.aws.fault("*", Fault::Hang(When::Before));
    let draft = Draft::new(&scene.aws, STS, "GetCallerIdentity", &[]).signed(&scene.key);
    let mut connection = Connection::open(&scene.aws);
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| connection.send(&draft).unwrap_err());
        while scene.aws.count("GetCallerIdentity") == 0 {
            std::thread::yield_now();
        }
        drop(scene.aws);
        let ended = waiting.join().unwrap();
        assert_ne!(ended.kind, Some(ErrorKind::WouldBlock), "{ended:?}");
    });
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}
