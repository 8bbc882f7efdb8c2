//! HTTPS: one connection for it all, and certificates that must not be trusted.

use std::fs;
use std::io::Read;
#[cfg(unix)]
use std::process::Command;

use crate::impostor::Impostor;
use crate::local_aws::{LocalAws, Mfa};
use crate::told::Told;
use crate::world::World;

const UNTRUSTED: &str = "the server's certificate is signed by nobody this computer trusts";

fn arguments(mfa: &Mfa) -> Vec<String> {
    ["--timeout", "2s", "--serial-number", &mfa.serial, "123456"]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn a_whole_sign_in_is_one_connection() {
    let world = World::tls();
    let (_, _, mfa) = world.default_user("alice");
    world.run([world.aws.code(&mfa.serial)]).succeeded();
    assert!(
        world.aws.operations().len() > 2,
        "{:?}",
        world.aws.operations()
    );
    assert_eq!(world.aws.connections(), 1);
}

#[test]
fn an_authority_that_nobody_here_knows_is_not_trusted() {
    let mut world = World::tls();
    let (_, _, mfa) = world.default_user("alice");
    world.unset("AWS_CA_BUNDLE");
    // Another authority's certificate in the place of the system's.
    let other = world.path("system.pem");
    fs::write(&other, LocalAws::start_tls().ca_pem()).unwrap();
    world.set("SSL_CERT_FILE", other.to_str().unwrap());
    let run = world.fails(
        arguments(&mfa),
        Told(6, UNTRUSTED, "127.0.0.1:", "set AWS_CA_BUNDLE"),
    );
    assert!(!run.stderr.contains("used up"), "{}", run.stderr);
    assert_eq!(world.aws.log().len(), 0);
    // Nothing that is tried again would change it.
    assert_eq!(world.aws.connections(), 1);
}

#[test]
fn the_system_s_authorities_are_trusted_where_there_is_no_bundle() {
    for (name, place) in [("SSL_CERT_FILE", "roots/ca.pem"), ("SSL_CERT_DIR", "roots")] {
        let mut world = World::tls();
        let (_, _, mfa) = world.default_user("alice");
        world.unset("AWS_CA_BUNDLE");
        fs::create_dir(world.path("roots")).unwrap();
        fs::copy(world.path("ca.pem"), world.path("roots/ca.pem")).unwrap();
        world.set(name, world.path(place).to_str().unwrap());
        world.run([world.aws.code(&mfa.serial)]).succeeded();
    }
}

#[test]
fn a_bundle_replaces_the_system_s_authorities() {
    let mut world = World::tls();
    let (_, _, mfa) = world.default_user("alice");
    world.set("SSL_CERT_FILE", world.path("ca.pem").to_str().unwrap());
    let other = world.path("other.pem");
    fs::write(&other, LocalAws::start_tls().ca_pem()).unwrap();
    world.set("AWS_CA_BUNDLE", other.to_str().unwrap());
    world.fails(
        arguments(&mfa),
        Told(6, UNTRUSTED, "127.0.0.1:", "AWS_CA_BUNDLE"),
    );
}

#[test]
fn the_profile_s_own_bundle_is_used_and_the_environment_s_wins() {
    let mut world = World::tls();
    let (_, _, mfa) = world.default_user("alice");
    world.unset("AWS_CA_BUNDLE");
    world.write_config("[default]\nca_bundle = ~/ca.pem\n");
    world.run([world.aws.code(&mfa.serial)]).succeeded();

    world.write_config("[default]\nca_bundle = /no/such/bundle.pem\n");
    world.fails(
        arguments(&mfa),
        Told(
            3,
            "the CA bundle cannot be read",
            "/no/such/bundle.pem",
            "`ca_bundle` in the config file",
        ),
    );
    world.set("AWS_CA_BUNDLE", world.path("ca.pem").to_str().unwrap());
    world.run([world.aws.code(&mfa.serial)]).succeeded();
}

#[test]
fn a_bundle_that_is_none_is_refused_before_anything_is_sent() {
    for (name, content, what) in [
        ("missing.pem", None, "cannot be read"),
        ("empty.pem", Some(""), "holds no certificate"),
        (
            "garbage.pem",
            Some("\u{0}\u{1}not a bundle"),
            "holds no certificate",
        ),
        (
            "cut.pem",
            Some("-----BEGIN CERTIFICATE-----\nMIIB"),
            "certificate 1",
        ),
    ] {
        let mut world = World::tls();
        let (_, _, mfa) = world.default_user("alice");
        let path = world.path(name);
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        world.set("AWS_CA_BUNDLE", path.to_str().unwrap());
        let run = world.fails(arguments(&mfa), Told(3, what, name, "*"));
        assert_eq!(world.aws.connections(), 0, "{}", run.stderr);
    }
    let mut world = World::tls();
    let (_, _, mfa) = world.default_user("alice");
    world.set("AWS_CA_BUNDLE", world.path(".").to_str().unwrap());
    world.fails(arguments(&mfa), Told(3, "cannot be read", "*", "*"));
    assert_eq!(world.aws.connections(), 0);
}

/// Nobody ever writes to the pipe.
#[cfg(unix)]
#[test]
fn certificates_are_read_from_regular_files_only() {
    for (name, setting) in [
        ("AWS_CA_BUNDLE", ""),
        ("", "[default]\nca_bundle = ~/link\n"),
        ("SSL_CERT_FILE", ""),
    ] {
        for command in [&["login", "123456"][..], &["doctor"]] {
            let mut world = World::tls();
            world.default_user("alice");
            world.unset("AWS_CA_BUNDLE");
            let pipe = world.path("pipe");
            let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
            assert!(made.success());
            std::os::unix::fs::symlink(&pipe, world.path("link")).unwrap();
            world.write_config(setting);
            if !name.is_empty() {
                world.set(name, world.path("link").to_str().unwrap());
            }
            // What waits for the pipe is ended from outside.
            let script = "exec timeout -k 1 30 \"$@\"";
            let run = world.run_in(script, command.iter().chain(&["--timeout", "2s"]));
            let what = "is not a regular file (";
            if command[0] == "login" {
                let next = ["set AWS_CA_BUNDLE", "set SSL_CERT_FILE"];
                let next = next[usize::from(name == "SSL_CERT_FILE")];
                Told(3, "is not a regular file", "link", next).assert(run.code, &run.stderr);
            } else {
                assert_eq!(run.code, 8, "{}{}", run.stdout, run.stderr);
                assert!(run.stdout.contains(what), "{}", run.stdout);
            }
            assert_eq!(world.aws.connections(), 0);
        }
    }
}

#[test]
fn a_bundle_that_no_endpoint_needs_is_not_looked_at() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.set("AWS_CA_BUNDLE", "/no/such/bundle.pem");
    world.run([world.aws.code(&mfa.serial)]).succeeded();
}

#[test]
fn http_spoken_to_a_tls_port_and_tls_to_an_http_port_are_told() {
    let mut world = World::tls();
    let (_, _, mfa) = world.default_user("alice");
    let plain = format!("http://127.0.0.1:{}", world.aws.port());
    world.set("AWS_ENDPOINT_URL", &plain);
    let run = world.fails(arguments(&mfa), Told(6, "*", "127.0.0.1:", "*"));
    assert!(run.stderr.contains("connection"), "{}", run.stderr);

    let mut world = World::new();
    world.lenient = true;
    let (_, _, mfa) = world.default_user("alice");
    let secure = format!("https://127.0.0.1:{}", world.aws.port());
    world.set("AWS_ENDPOINT_URL", &secure);
    let ca = world.path("ca.pem");
    fs::write(&ca, LocalAws::start_tls().ca_pem()).unwrap();
    world.set("AWS_CA_BUNDLE", ca.to_str().unwrap());
    let run = world.fails(
        arguments(&mfa),
        Told(
            6,
            "no secure connection can be made",
            "127.0.0.1:",
            "check the endpoint URL",
        ),
    );
    assert!(!run.stderr.contains("used up"), "{}", run.stderr);
    assert_eq!(world.codes_sent(), Vec::<String>::new());
}

#[test]
fn a_handshake_that_never_ends_takes_no_longer_than_the_budget() {
    let silent = Impostor::raw(|stream, _| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut world = World::tls();
    let (_, _, mfa) = world.default_user("alice");
    world.set("AWS_ENDPOINT_URL", &format!("https://{}", silent.address()));
    let started = std::time::Instant::now();
    let run = world.fails(
        ["--timeout", "1s", "--serial-number", &mfa.serial, "123456"],
        Told(6, "AWS did not answer in time", "127.0.0.1:", "--timeout"),
    );
    assert!(!run.stderr.contains("used up"), "{}", run.stderr);
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
}
