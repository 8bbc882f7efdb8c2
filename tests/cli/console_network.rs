//! The console's sign-in endpoint: which it is, on which way it is reached, and what may come back.

use std::fs;

use crate::console::{console, furnished, login, signed_in, url};
use crate::impostor::closed_port;
use crate::local_aws::{Fault, When};
use crate::proxy_server::{Manner, Proxy};
use crate::world::World;

#[test]
fn credentials_that_the_endpoint_does_not_take_are_explained() {
    let (world, _) = signed_in();
    world.aws.advance(2 * 3600);
    let run = console(&world, &["-p", "dev", "--no-open"]).failed(
        5,
        "AWS does not open the console with the credentials of profile `dev`",
    );
    run.said("cause: BadRequest: Bad Request Invalid credentials parameter")
        .said("`awsmfa -p dev --force` gets new ones");
    assert_eq!(run.stdout, "");
    assert_eq!(world.aws.operations(), ["getSigninToken"], "said once");
}

#[test]
fn what_passes_is_asked_again_and_what_is_not_aws_is_told() {
    let (world, _) = signed_in();
    let arguments = ["-p", "dev", "--no-open", "--timeout", "5s"];
    for fault in [
        Fault::Gateway(502),
        Fault::Gateway(503),
        Fault::Close(When::Before),
        Fault::Reset(When::After),
        Fault::Truncate,
    ] {
        world.aws.fault("getSigninToken", fault.clone());
        let run = console(&world, &arguments).succeeded_for(fault.name());
        login(&world, &url(&run));
    }
    for (fault, said) in [
        (Fault::CaptivePortal, "a web page came back in AWS's place"),
        (
            Fault::Redirect("https://example.com/".to_owned()),
            "a web page came back in AWS's place",
        ),
        (Fault::Gateway(403), "a web page came back in AWS's place"),
    ] {
        world.aws.fault("getSigninToken", fault);
        let run = console(&world, &arguments).failed(6, said);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn the_endpoint_has_the_variable_of_its_service() {
    let (mut world, _) = signed_in();
    let nowhere = format!("http://{}", closed_port());
    let real = world.aws.endpoint();
    world.set("AWS_ENDPOINT_URL_SIGNIN", &nowhere);
    let arguments = ["-p", "dev", "--no-open", "--timeout", "1s"];
    let run = console(&world, &arguments).failed(6, "AWS cannot be reached");
    run.said(&format!("at: {}", nowhere.strip_prefix("http://").unwrap()));
    world.set("AWS_ENDPOINT_URL_SIGNIN", &real);
    world.set("AWS_ENDPOINT_URL", &nowhere);
    let run = console(&world, &arguments).succeeded();
    login(&world, &url(&run));
    world.unset("AWS_ENDPOINT_URL_SIGNIN");
    world.unset("AWS_ENDPOINT_URL");
    let config = fs::read_to_string(world.config_path()).unwrap();
    world.write_config(
        config.replace("[profile dev]", "[profile dev]\nservices = own")
            + &format!("[services own]\nsignin =\n  endpoint_url = {real}\n"),
    );
    let run = console(&world, &arguments).succeeded();
    login(&world, &url(&run));
}

#[test]
fn aws_s_own_endpoint_is_the_region_s() {
    let (mut world, _) = signed_in();
    let proxy = Proxy::start(&world, Manner::Refuse(403));
    world.unset("AWS_ENDPOINT_URL");
    world.set("HTTPS_PROXY", &proxy.url());
    for (region, host) in [
        ("eu-west-1", "eu-west-1.signin.aws.amazon.com"),
        ("us-east-1", "signin.aws.amazon.com"),
    ] {
        let arguments = [
            "-p",
            "dev",
            "--no-open",
            "--timeout",
            "1s",
            "--region",
            region,
        ];
        console(&world, &arguments).failed(6, "the proxy does not connect to AWS");
        let asked = proxy.requests().pop().unwrap();
        assert_eq!(asked, format!("CONNECT {host}:443 HTTP/1.1"));
    }
    world.set("AWS_USE_FIPS_ENDPOINT", "true");
    let run = console(&world, &["-p", "dev", "--no-open", "--timeout", "1s"]);
    run.said("warning: AWS documents no FIPS endpoint for signing in to the console");
}

#[test]
fn a_private_ca_and_a_proxy_are_honoured_and_the_proxy_reads_nothing() {
    let (mut world, mfa) = furnished(World::tls());
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    let proxy = Proxy::start(&world, Manner::Forward);
    world.set("HTTPS_PROXY", &proxy.url());
    let run = console(&world, &["-p", "dev", "--no-open"]).succeeded();
    assert!(url(&run).starts_with("https://127.0.0.1:"));
    let tunnel = format!("CONNECT 127.0.0.1:{} HTTP/1.1", world.aws.port());
    assert_eq!(proxy.requests(), [tunnel]);
    world.unset("HTTPS_PROXY");
    world.unset("AWS_CA_BUNDLE");
    console(&world, &["-p", "dev", "--no-open"])
        .failed(6, "certificate is signed by nobody this computer trusts");
}

#[test]
fn no_log_on_the_way_gets_the_credentials_in_an_address() {
    let (mut world, _) = signed_in();
    let proxy = Proxy::start(&world, Manner::Forward);
    world.set("HTTP_PROXY", &proxy.url());
    let run = console(&world, &["-p", "dev", "--no-open", "-v"]).succeeded();
    run.said("getSigninToken: 200");
    let overheard = proxy.overheard();
    let line = format!("POST {}/federation HTTP/1.1", world.aws.endpoint());
    assert_eq!(overheard.lines().next(), Some(line.as_str()));
    for secret in world.aws.issued_secrets() {
        assert!(!overheard.contains(&secret), "{overheard}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_the_sign_in_endpoint() {
    let (mut world, _) = signed_in();
    world.set("TERM", "xterm");
    world
        .aws
        .fault_always("getSigninToken", Fault::Hang(When::Before));
    let mut session = world.terminal(["console", "-p", "dev"]).start();
    session.expect("asking AWS to open the console");
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
}
