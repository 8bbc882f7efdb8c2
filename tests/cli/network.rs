//! There is no AWS at the other end, or not all of it.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use crate::impostor::{Impostor, closed_port};
use crate::local_aws::{Fault, Preset, When};
use crate::told::Told;
use crate::world::{World, section};

const CODE: &str = "123456";
const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";
const USED_UP: &str = "this one may be used up";

/// Signs in at another endpoint than the local AWS.
#[track_caller]
fn at(url: &str, told: Told<'_>) -> crate::world::Run {
    let world = World::new();
    world.default_user("alice");
    let run = world.fails(
        [
            "--endpoint-url",
            url,
            "--serial-number",
            SERIAL,
            "--timeout",
            "1s",
            CODE,
        ],
        told,
    );
    assert_eq!(world.aws.connections(), 0);
    run
}

#[test]
fn where_nobody_listens_the_code_is_not_used_up() {
    let run = at(
        &format!("http://{}", closed_port()),
        Told(6, "AWS cannot be reached", "127.0.0.1:", "HTTPS_PROXY"),
    );
    assert!(!run.stderr.contains("used up"), "{}", run.stderr);
}

#[test]
fn a_name_that_cannot_be_resolved_is_named() {
    let run = at(
        "http://sts.no-such-region-1.invalid:8080",
        Told(
            6,
            "the name of the AWS endpoint cannot be resolved",
            "sts.no-such-region-1.invalid:8080",
            "check the region",
        ),
    );
    assert!(!run.stderr.contains("used up"), "{}", run.stderr);
}

#[test]
fn an_address_that_swallows_everything_takes_no_longer_than_the_budget() {
    let started = Instant::now();
    // TEST-NET-1 (RFC 5737) is routed nowhere; a sandbox may refuse it at once.
    let world = World::new();
    world.default_user("alice");
    let run = world.run([
        "--endpoint-url",
        "http://192.0.2.1",
        "--serial-number",
        SERIAL,
        "--timeout",
        "1s",
        CODE,
    ]);
    assert_eq!(run.code, 6, "{}", run.stderr);
    assert!(!run.stderr.contains("used up"), "{}", run.stderr);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_web_page_in_aws_s_place_is_recognised() {
    for (fault, what) in [
        (Fault::CaptivePortal, "a web page came back in AWS's place"),
        (
            Fault::Redirect("https://login.example/".to_owned()),
            "a web page came back in AWS's place",
        ),
    ] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.aws.fault_always("*", fault);
        world.fails(
            ["--timeout", "1s", &world.aws.code(&mfa.serial)],
            Told(6, what, "127.0.0.1:", "open a browser"),
        );
        assert_eq!(world.codes_sent(), Vec::<String>::new());
    }
}

#[test]
fn whatever_else_answers_is_not_aws() {
    let xml = |body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let not_aws = "what answered is not AWS";
    let broke_off = "the connection to AWS broke off";
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("an empty reply", Vec::new(), broke_off),
        (
            "an SSH server",
            b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
            broke_off,
        ),
        ("noise", vec![0xff; 512], broke_off),
        ("an empty body", xml("").into(), not_aws),
        (
            "an S3-like error",
            xml("<Error><Code>AccessDenied</Code></Error>").into(),
            not_aws,
        ),
        ("JSON", xml("{\"ok\": true}").into(), not_aws),
        (
            "another operation's answer",
            xml("<GetUserResponse><GetUserResult/></GetUserResponse>").into(),
            not_aws,
        ),
        (
            "a success without credentials",
            xml("<GetSessionTokenResponse><GetSessionTokenResult/></GetSessionTokenResponse>")
                .into(),
            not_aws,
        ),
        (
            "a success with half of them",
            xml(
                "<GetSessionTokenResponse><GetSessionTokenResult><Credentials>\
                 <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId></Credentials>\
                 </GetSessionTokenResult></GetSessionTokenResponse>",
            )
            .into(),
            not_aws,
        ),
        (
            "a body shorter than it says",
            b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<GetSessionTokenResponse>".to_vec(),
            broke_off,
        ),
        (
            "a document that breaks off within its length",
            xml("<GetSessionTokenResponse><GetSessionTokenResult>").into(),
            broke_off,
        ),
    ];
    for (what, answer, told) in table {
        println!("{what}");
        let impostor = Impostor::saying(answer);
        at(&impostor.url(), Told(6, told, "127.0.0.1:", USED_UP));
        assert_eq!(impostor.requests(), 1, "{what}");
    }
}

#[test]
fn what_answered_is_not_printed_raw() {
    let page = "<html>\u{1b}]0;owned\u{7}\u{202e}</html>";
    let impostor = Impostor::saying(format!(
        "HTTP/1.1 200 \u{1b}[2J\r\nconnection: close\r\n\r\n{page}"
    ));
    let world = World::new();
    world.default_user("alice");
    let run = world.run([
        "-v",
        "--endpoint-url",
        &impostor.url(),
        "--serial-number",
        SERIAL,
        "--timeout",
        "1s",
        CODE,
    ]);
    assert_eq!(run.code, 6, "{}", run.stderr);
    assert!(
        !run.stderr.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{:?}",
        run.stderr
    );
}

#[test]
fn a_reply_without_end_is_cut_off() {
    let impostor = Impostor::start(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n<x>");
        let piece = vec![b'x'; 1 << 16];
        while stream.write_all(&piece).is_ok() {}
    });
    let world = World::new();
    world.default_user("alice");
    let started = Instant::now();
    world.fails(
        [
            "--endpoint-url",
            &impostor.url(),
            "--serial-number",
            SERIAL,
            "--timeout",
            "15s",
            CODE,
        ],
        Told(6, "what answered is not AWS", "127.0.0.1:", USED_UP),
    );
    // The end is the size's, not the time's.
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_reply_that_drips_takes_no_longer_than_the_budget() {
    let impostor = Impostor::start(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let started = Instant::now();
    at(
        &impostor.url(),
        Told(
            6,
            "AWS did not answer in time",
            "127.0.0.1:",
            "--timeout gives it longer",
        ),
    );
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(impostor.requests(), 1);
}

#[test]
fn a_head_without_end_is_no_answer() {
    let impostor = Impostor::start(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"x-more: of the same\r\n").is_ok() {}
    });
    let started = Instant::now();
    at(&impostor.url(), Told(6, "*", "127.0.0.1:", USED_UP));
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn an_answer_that_never_comes_is_given_up() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.aws.fault_always("*", Fault::Hang(When::Before));
    let started = Instant::now();
    world.fails(
        ["--timeout", "1s", &world.aws.code(&mfa.serial)],
        Told(
            6,
            "AWS did not answer in time",
            "127.0.0.1:",
            "--timeout gives it longer",
        ),
    );
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(world.codes_sent(), Vec::<String>::new());
}

#[test]
fn a_gateway_s_error_page_is_no_invitation_to_sign_in_with_a_browser() {
    for status in [500, 502, 503, 504] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.aws.fault_always("*", Fault::Gateway(status));
        world.fails(
            ["--timeout", "1s", &world.aws.code(&mfa.serial)],
            Told(
                6,
                "a gateway on the way to AWS failed",
                "127.0.0.1:",
                "try again in a while",
            ),
        );
        assert_eq!(world.codes_sent(), Vec::<String>::new());
    }
}

#[test]
fn credentials_that_are_none_are_not_written() {
    let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0";
    let (id, token) = ("ASIAIOSFODNN7EXAMPLE", "IQoJb3JpZ2luX2Vj");
    let expiration = "2126-11-21T12:00:00Z";
    let injected = "x&#10;[default]&#10;aws_access_key_id = AKIAINJECTED";
    for [id, secret, token, expiration] in [
        [injected, secret, token, expiration],
        [id, injected, token, expiration],
        [id, secret, injected, expiration],
        [id, secret, "a\u{1}b", expiration],
        ["", secret, token, expiration],
        [id, "", token, expiration],
        [id, secret, "", expiration],
        [id, secret, token, ""],
        [id, secret, token, "tomorrow"],
        [id, secret, token, "2020-01-01T00:00:00Z"],
        [id, secret, token, "99999-01-01T00:00:00Z"],
    ] {
        let body = format!(
            "<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetSessionTokenResult><Credentials><AccessKeyId>{id}</AccessKeyId>\
             <SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>\
             <Expiration>{expiration}</Expiration></Credentials></GetSessionTokenResult>\
             </GetSessionTokenResponse>"
        );
        println!("{body}");
        let impostor = Impostor::saying(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
        let world = World::new();
        world.default_user("alice");
        let before = world.files();
        let run = world.run([
            "-q",
            "--endpoint-url",
            &impostor.url(),
            "--serial-number",
            SERIAL,
            "--timeout",
            "1s",
            CODE,
        ]);
        assert_eq!(run.code, 6, "{}", run.stderr);
        assert_eq!(world.files(), before, "{}", run.stderr);
    }
}

#[test]
fn continue_is_not_continued_for_ever() {
    let impostor = Impostor::start(|stream| {
        while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
            thread::sleep(Duration::from_millis(1));
        }
    });
    let started = Instant::now();
    at(&impostor.url(), Told(6, "*", "127.0.0.1:", USED_UP));
    assert!(started.elapsed() < Duration::from_secs(20));
}

/// AWS checks what a signature is for before it looks at the secret.
#[test]
fn a_signature_for_another_region_or_service_is_not_called_a_wrong_secret() {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    world.write_credentials(section("default", &world.key(&user)));
    for message in [
        "Credential should be scoped to a valid region. ",
        "Credential should be scoped to a valid Region, not 'us-east-1'. ",
        "Credential should be scoped to correct service: 'sts'. ",
    ] {
        let refused = Fault::Error {
            status: 403,
            code: "SignatureDoesNotMatch",
            message,
        };
        world.aws.fault("GetCallerIdentity", refused.clone());
        let run = world.run(["whoami"]);
        let run = run.failed(5, "signatures for another region or service");
        run.said("--region").said("--endpoint-url");
        assert!(!run.stderr.contains("secret"), "{message}: {}", run.stderr);
        world.aws.fault_always("GetCallerIdentity", refused);
        let run = world.run(["doctor"]);
        assert!(
            run.stdout.contains("STS: this endpoint takes signatures"),
            "{}",
            run.stdout
        );
        assert!(
            !run.stdout.contains("aws_secret_access_key"),
            "{}",
            run.stdout
        );
        world.aws.clear_faults();
    }
}

#[test]
fn what_the_libraries_say_is_in_the_trace_and_the_cause_is_the_systems() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let world = World::new();
    world.default_user("alice");
    let asked = ["--serial-number", SERIAL, "--timeout", "1s", CODE];
    let at = |url: &str| ["-v", "--endpoint-url", url].map(str::to_owned).into_iter();
    for (url, cause) in [
        (closed.as_str(), Some("  cause: Connection refused\n")),
        ("http://nowhere.invalid", None),
    ] {
        let run = world.run(at(url).chain(asked.map(str::to_owned)));
        let run = run.failed(6, "client error (Connect)");
        match cause {
            Some(cause) if cfg!(unix) => assert!(run.stderr.contains(cause), "{}", run.stderr),
            _ => assert!(!run.stderr.contains("  cause: io"), "{}", run.stderr),
        }
    }
}
