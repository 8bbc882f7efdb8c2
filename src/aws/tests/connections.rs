//! Connections: kept, closed behind our back, over TLS, through a proxy.

use std::io::{Read, Write, copy};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{CertificateParams, CertifiedKey, KeyPair};

use super::server::{Reaction, Server, identity, ok, reply, session};
use super::{NOON_DATE, Reached, key, run, settings, write};
use crate::aws::{Aws, Settings, Situation};
use crate::context::{Clock, Context};
use crate::failure::Kind;

#[test]
fn the_connection_of_the_warm_up_carries_the_code() {
    let server = Server::start([ok(&identity()), ok(&session())]);
    let reached = Reached::at(&server.url());
    run(async {
        reached.who().await.unwrap();
        reached.session().await.unwrap();
    });
    assert_eq!(connections(&server), [0, 0]);
    let trace = reached.trace();
    assert!(trace[0].contains("new connection"), "{trace:?}");
    assert!(trace[1].contains("kept connection"), "{trace:?}");
    assert!(trace[1].contains("POST 127.0.0.1"), "{trace:?}");
    assert!(trace[1].contains("GetSessionToken: 200"), "{trace:?}");
    assert!(trace[1].contains("request id req-1"), "{trace:?}");
}

/// Which connection each request came over.
fn connections(server: &Server) -> Vec<usize> {
    server.received().iter().map(|one| one.connection).collect()
}

#[test]
fn a_connection_closed_while_the_person_types_costs_no_code() {
    // `watched`: whether the runtime runs while the server closes the connection.
    for watched in [true, false] {
        let last = Reaction::Last(reply("200 OK", NOON_DATE, &identity()));
        let server = Server::start([last, ok(&session())]);
        let reached = Reached::at(&server.url());
        run(async {
            reached.who().await.unwrap();
            match watched {
                true => tokio::time::sleep(Duration::from_millis(100)).await,
                false => thread::sleep(Duration::from_millis(100)),
            }
            reached.session().await.unwrap();
        });
        assert_eq!(connections(&server), [0, 1], "watched: {watched}");
    }
}

/// By a server that keeps none, and does not say so.
#[test]
fn a_connection_closed_right_after_a_reply_costs_no_code() {
    let late = Reaction::Late(reply("200 OK", NOON_DATE, &identity()));
    let server = Server::start([late, ok(&session())]);
    let reached = Reached::at(&server.url());
    run(async {
        reached.who().await.unwrap();
        reached.session().await.unwrap();
    });
    assert_eq!(connections(&server), [0, 1]);
}

/// hyper would take another connection for a request it had not begun to write. One that was
/// written must come back as an error, also on a kept connection.
#[test]
fn a_code_written_to_a_kept_connection_is_not_written_again() {
    let server = Server::start([
        ok(&identity()),
        Reaction::Last(String::new()),
        ok(&session()),
    ]);
    let reached = Reached::at(&server.url());
    let refusal = run(async {
        reached.who().await.unwrap();
        reached.session().await.unwrap_err()
    });
    assert_eq!(refusal.situation, Situation::BrokenOff);
    assert!(refusal.code_may_be_spent);
    assert_eq!(connections(&server), [0, 0]);
}

#[test]
fn plain_http_builds_no_tls() {
    let server = Server::start([ok(&identity())]);
    let reached = Reached::at(&server.url());
    run(reached.who()).unwrap();
    assert!(!reached.aws.http.has_tls());
}

fn certificate(name: &str, change: impl FnOnce(&mut CertificateParams)) -> CertifiedKey<KeyPair> {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    change(&mut params);
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    CertifiedKey { cert, signing_key }
}

/// Calls a TLS server that has `shown`, trusting `trusted` alone.
fn over_tls(shown: &CertifiedKey<KeyPair>, trusted: &CertifiedKey<KeyPair>) -> Outcome {
    let server = Server::start_tls(shown, [ok(&identity()), ok(&session())]);
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("ca.pem");
    write(&bundle, &trusted.cert.pem());
    let settings = Settings {
        ca_bundle: Some(bundle),
        ..settings(&format!("https://localhost:{}", server.port))
    };
    let reached = Reached::with(settings, &[]);
    run(async {
        if let Err(refusal) = reached.who().await {
            return Err((refusal.situation, refusal.attempts));
        }
        reached.session().await.unwrap();
        Ok(connections(&server))
    })
}

type Outcome = Result<Vec<usize>, (Situation, u32)>;

#[test]
fn a_private_ca_is_trusted_and_nobody_else() {
    let localhost = || certificate("localhost", |_| ());
    let good = localhost();
    assert_eq!(over_tls(&good, &good), Ok(vec![0, 0]));
    let untrusted = over_tls(&good, &localhost()).unwrap_err();
    assert!(
        matches!(untrusted, (Situation::Untrusted, 1)),
        "{untrusted:?}"
    );
    let elsewhere = certificate("sts.example.com", |_| ());
    assert_eq!(
        over_tls(&elsewhere, &elsewhere),
        Err((Situation::WrongName, 1))
    );
    let old = certificate("localhost", |params| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    });
    assert_eq!(over_tls(&old, &old), Err((Situation::CertificateDates, 1)));
}

#[test]
fn tls_to_a_server_that_does_not_speak_it_is_told() {
    let server = Server::start([]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = stream.read(&mut [0; 1024]);
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("ca.pem");
    write(&bundle, &certificate("localhost", |_| ()).cert.pem());
    let settings = Settings {
        ca_bundle: Some(bundle),
        ..settings(&format!("https://localhost:{port}"))
    };
    let refusal = run(Reached::with(settings, &[]).aws.caller_identity(&key())).unwrap_err();
    assert_eq!(refusal.situation, Situation::Tls, "{refusal:?}");
    assert!(server.received().is_empty());
}

#[test]
fn a_bundle_matters_only_to_https() {
    let context = Context {
        env: Default::default(),
        home: None,
        clock: Clock::system(),
    };
    let absent = Settings {
        ca_bundle: Some("/nowhere/ca.pem".into()),
        ..settings("http://127.0.0.1:1")
    };
    assert!(Aws::new(&context, absent.clone(), Arc::new(|_| ())).is_ok());
    let https = Settings {
        iam_endpoint: None,
        ..absent
    };
    let failure = Aws::new(&context, https, Arc::new(|_| ())).unwrap_err();
    assert_eq!(failure.kind(), Kind::Configuration);
}

/// A proxy that answers CONNECT with `answer`, and connects where that is a 200.
struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                tunnel(stream.unwrap(), answer, &log);
            }
        });
        Self { port, asked }
    }

    fn variable(&self) -> String {
        format!("http://alice:p%40ss@127.0.0.1:{}", self.port)
    }
}

fn tunnel(mut client: TcpStream, answer: &str, log: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if client.read(&mut byte).unwrap() == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    log.lock().unwrap().push(head.clone());
    client.write_all(answer.as_bytes()).unwrap();
    if !answer.contains(" 200 ") {
        return;
    }
    let target = head.split(' ').nth(1).unwrap();
    let server = TcpStream::connect(target.replace("localhost", "127.0.0.1")).unwrap();
    let (mut up, mut down) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || copy(&mut client, &mut up));
    thread::spawn(move || copy(&mut { server }, &mut down));
}

#[test]
fn https_goes_through_the_proxy_and_its_connection_is_kept() {
    let proxy = Proxy::start("HTTP/1.1 200 Connection established\r\n\r\n");
    let shown = certificate("localhost", |_| ());
    let server = Server::start_tls(&shown, [ok(&identity()), ok(&session())]);
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("ca.pem");
    write(&bundle, &shown.cert.pem());
    let settings = Settings {
        ca_bundle: Some(bundle),
        ..settings(&format!("https://localhost:{}", server.port))
    };
    let reached = Reached::with(settings.clone(), &[("HTTPS_PROXY", &proxy.variable())]);
    run(async {
        reached.who().await.unwrap();
        reached.session().await.unwrap();
    });
    assert_eq!(connections(&server), [0, 0]);
    let asked = proxy.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with(&format!("CONNECT localhost:{} ", server.port)));
    // "alice:p@ss" in base64.
    assert!(
        asked[0].contains("Proxy-Authorization: Basic YWxpY2U6cEBzcw=="),
        "{asked:?}"
    );
}

#[test]
fn a_proxy_that_says_no_is_told_apart() {
    let refused = "HTTP/1.1 403 Forbidden\r\n\r\n";
    let password = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
    for (proxy, expected) in [
        (Proxy::start(refused).variable(), Situation::ProxyRefused),
        (Proxy::start(password).variable(), Situation::ProxyPassword),
        ("http://127.0.0.1:1".to_owned(), Situation::ProxyUnreachable),
        (
            "http://proxy.nowhere.invalid:1".to_owned(),
            Situation::ProxyUnreachable,
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let bundle = directory.path().join("ca.pem");
        write(&bundle, &certificate("localhost", |_| ()).cert.pem());
        let settings = Settings {
            ca_bundle: Some(bundle),
            ..settings("https://localhost:1")
        };
        let reached = Reached::with(settings, &[("HTTPS_PROXY", &proxy)]);
        let refusal = run(reached.session()).unwrap_err();
        assert_eq!(refusal.situation, expected, "{refusal:?}");
        assert!(!refusal.code_may_be_spent, "{expected:?}");
        assert!(!format!("{:?}", reached.trace()).contains("p%40ss"));
    }
}

/// The hosts that are called for `settings`, STS first: a proxy is asked for them.
fn hosts(settings: Settings) -> Vec<String> {
    let proxy = Proxy::start("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("ca.pem");
    write(&bundle, &certificate("localhost", |_| ()).cert.pem());
    let settings = Settings {
        ca_bundle: Some(bundle),
        ..settings
    };
    let reached = Reached::with(settings, &[("HTTPS_PROXY", &proxy.variable())]);
    run(async {
        reached.session().await.unwrap_err();
        reached.aws.mfa_devices(&key()).await.unwrap_err();
    });
    let asked = proxy.asked.lock().unwrap();
    let host = |head: &String| head.split([' ', ':']).nth(1).unwrap().to_owned();
    asked.iter().map(host).collect()
}

#[test]
fn each_partition_and_region_has_its_endpoints() {
    let region = |region: &str| Settings {
        region: Some(region.to_owned()),
        ..Settings::default()
    };
    let partition = Settings {
        partition: Some("aws-us-gov".to_owned()),
        ..Settings::default()
    };
    let fips = Settings {
        fips: true,
        ..region("us-west-2")
    };
    let dual_stack = Settings {
        dual_stack: true,
        ..region("eu-west-1")
    };
    for (settings, sts, iam) in [
        (
            Settings::default(),
            "sts.us-east-1.amazonaws.com",
            "iam.amazonaws.com",
        ),
        (
            region("eu-west-1"),
            "sts.eu-west-1.amazonaws.com",
            "iam.amazonaws.com",
        ),
        (
            region("cn-north-1"),
            "sts.cn-north-1.amazonaws.com.cn",
            "iam.cn-north-1.amazonaws.com.cn",
        ),
        (
            partition,
            "sts.us-gov-west-1.amazonaws.com",
            "iam.us-gov.amazonaws.com",
        ),
        (
            fips,
            "sts-fips.us-west-2.amazonaws.com",
            "iam-fips.amazonaws.com",
        ),
        (dual_stack, "sts.eu-west-1.api.aws", "iam.global.api.aws"),
    ] {
        assert_eq!(hosts(settings), [sts, iam]);
    }
}

#[test]
fn plain_http_goes_through_its_proxy_unless_it_is_exempt() {
    let proxy = Server::start([ok(&identity())]);
    let server = Server::start([ok(&identity())]);
    let variable = ("HTTP_PROXY", &*proxy.url());
    let through = Reached::with(settings(&server.url()), &[variable]);
    run(through.who()).unwrap();
    let head = &proxy.received()[0].head;
    assert!(
        head.starts_with(&format!("POST {}/ ", server.url())),
        "{head}"
    );
    let exempt = Reached::with(
        settings(&server.url()),
        &[variable, ("NO_PROXY", "127.0.0.1")],
    );
    run(exempt.who()).unwrap();
    assert_eq!((proxy.received().len(), server.received().len()), (1, 1));
}

#[test]
fn a_forwarding_proxy_that_wants_a_password_is_told() {
    let page = reply(
        "407 Proxy Authentication Required",
        NOON_DATE,
        "<html></html>",
    );
    let proxy = Server::start([Reaction::Last(page)]);
    let reached = Reached::with(
        settings("http://127.0.0.1:1"),
        &[("HTTP_PROXY", &*proxy.url())],
    );
    let refusal = run(reached.who()).unwrap_err();
    assert_eq!(refusal.situation, Situation::ProxyPassword);
}
