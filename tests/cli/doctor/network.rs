//! The way to AWS: what stands in it, and how long it may take.

use std::fs;
use std::io::Read;
use std::time::{Duration, Instant};

use super::text;
use crate::impostor::{Impostor, closed_port};
use crate::local_aws::{Fault, LocalAws, When};
use crate::world::World;

#[test]
fn what_stands_in_the_way_is_told_apart() {
    let silent = Impostor::raw(|stream, _| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let page = Impostor::saying("HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>");
    let closed = format!("http://{}", closed_port());
    for (url, reason, what, next) in [
        (
            closed.as_str(),
            "unreachable",
            "AWS cannot be reached",
            "check the network",
        ),
        (
            "http://sts.no-such-region-1.invalid",
            "name-not-found",
            "cannot be resolved",
            "check the network",
        ),
        (&silent.url(), "timed-out", "", "--timeout"),
        (
            &page.url(),
            "not-aws",
            "a web page came back",
            "open a browser",
        ),
    ] {
        let mut world = World::new();
        world.healthy();
        world.set("AWS_ENDPOINT_URL", url);
        let started = Instant::now();
        let found = world.doctor(["--timeout", "1s"]);
        assert!(started.elapsed() < Duration::from_secs(20), "{url}");
        for service in ["sts", "iam"] {
            found.finds((service, "problem", what, url, next));
            let findings = found.findings().iter();
            let told: Vec<&str> = findings
                .filter(|finding| finding["id"] == service)
                .map(|finding| text(&finding["reason"]))
                .collect();
            assert_eq!(told, [reason], "{url}");
        }
        found.has_no("clock").has_no("key").has_no("device");
    }
}

#[test]
fn certificates_that_nobody_here_trusts_are_told() {
    let mut world = World::tls();
    world.healthy();
    let other = world.path("other.pem");
    fs::write(&other, LocalAws::start_tls().ca_pem()).unwrap();
    world.set("AWS_CA_BUNDLE", other.to_str().unwrap());
    let found = world.doctor(["--timeout", "2s"]);
    found.finds((
        "sts",
        "problem",
        "signed by nobody this computer trusts",
        &world.aws.endpoint(),
        "set AWS_CA_BUNDLE",
    ));
    let sts = found
        .findings()
        .iter()
        .find(|finding| finding["id"] == "sts");
    assert_eq!(sts.unwrap()["reason"], "tls");
    world.set("AWS_CA_BUNDLE", world.path("ca.pem").to_str().unwrap());
    let found = world.doctor([]);
    found
        .finds(("sts", "ok", "", "", ""))
        .finds(("ca-bundle", "note", "", "ca.pem", ""));
    assert_eq!(found.code, 0, "{:#}", found.document);
}

#[test]
fn proxy_ca_bundle_and_endpoint_are_each_told_by_themselves() {
    let mut world = World::tls();
    world.healthy();
    world.plant("proxy-password");
    world.set("HTTPS_PROXY", "socks5://alice:proxy-password@proxy:1080");
    world.set("AWS_CA_BUNDLE", "/no/such/bundle.pem");
    world.set("AWS_USE_FIPS_ENDPOINT", "true");
    let found = world.doctor(["--timeout", "2s"]);
    for expected in [
        (
            "proxy",
            "problem",
            "the proxy is not an",
            "HTTPS_PROXY",
            "set HTTPS_PROXY to",
        ),
        (
            "ca-bundle",
            "problem",
            "cannot be read",
            "/no/such/bundle.pem",
            "set AWS_CA_BUNDLE",
        ),
        (
            "way-to-aws",
            "problem",
            "exclude each other",
            "",
            "remove the endpoint URL",
        ),
    ] {
        found.finds(expected);
    }
    found.has_no("sts");
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn the_proxy_that_is_used_is_told_without_its_password() {
    let mut world = World::new();
    world.healthy();
    world.plant("proxy-password");
    world.set(
        "http_proxy",
        &format!("http://alice:proxy-password@{}", closed_port()),
    );
    world
        .doctor(["--timeout", "2s"])
        .finds((
            "proxy",
            "note",
            "http_proxy names a proxy",
            "http_proxy",
            "",
        ))
        .finds(("sts", "problem", "", "", ""));
}

#[test]
fn everything_ends_with_the_time_that_was_given() {
    for operation in ["*", "GetCallerIdentity", "ListMFADevices", "ListAccessKeys"] {
        let mut world = World::new();
        world.healthy();
        world.aws.fault_always(operation, Fault::Hang(When::Before));
        let started = Instant::now();
        let found = world.doctor(["--timeout", "1s"]);
        assert!(started.elapsed() < Duration::from_secs(20), "{operation}");
        match operation {
            "ListAccessKeys" => {
                found.finds(("key-age", "note", "", "credentials:2", "--timeout"));
                assert_eq!(found.code, 0);
            }
            "ListMFADevices" => {
                found.finds(("iam", "problem", "", "", "--timeout"));
                found.finds(("key", "ok", "", "", ""));
            }
            _ => {
                found.finds(("sts", "problem", "", "", "--timeout"));
            }
        }
    }
}

#[test]
fn both_services_are_asked_at_once() {
    let mut world = World::new();
    world.healthy();
    let slow = Duration::from_secs(2);
    world.aws.fault_always("*", Fault::Latency(slow));
    world
        .doctor([])
        .finds(("sts", "ok", "", "", ""))
        .finds(("iam", "ok", "", "", ""));
    let log = world.aws.log();
    let [first, second, keys] = log.as_slice() else {
        panic!("{log:?}");
    };
    assert!(second.at - first.at < slow);
    // Whose keys to ask for is only known then.
    assert_eq!(keys.operation, "ListAccessKeys");
}

#[test]
fn an_answer_that_is_none_of_aws_s_business_today_is_told() {
    let mut world = World::new();
    world.healthy();
    world
        .aws
        .fault_always("GetCallerIdentity", Fault::SERVICE_UNAVAILABLE);
    world
        .doctor(["--timeout", "1s"])
        .finds(("sts", "problem", "AWS could not answer", "", "try again"))
        .finds(("iam", "ok", "", "", ""));
}
