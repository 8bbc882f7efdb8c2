//! The way to AWS, its clock, the key and the device as AWS tells them.

use std::fs;
use std::io::Read;
use std::time::{Duration, Instant};

use super::{Expected, private, text};
use crate::impostor::{Impostor, closed_port};
use crate::local_aws::{Fault, LocalAws, Preset, When};
use crate::world::{NOTHING, World, section};

const NINETY_ONE_DAYS: i64 = 91 * 86_400 + 60;

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
        assert!(started.elapsed() < Duration::from_secs(8), "{url}");
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
fn a_clock_that_is_off_is_told_by_how_much_and_hides_nothing() {
    for (offset, severity, what) in [
        (10_i64, "ok", " s behind AWS's"),
        (65, "warning", " s behind AWS's: codes"),
        (-65, "warning", "ahead of AWS's: codes"),
        (405, "problem", "6 min"),
        (-405, "problem", "AWS refuses what other tools sign"),
        (86_405, "problem", "1 d behind"),
    ] {
        let mut world = World::new();
        world.healthy();
        world.aws.set_clock_offset(offset);
        let found = world.doctor([]);
        let bad: &[&str] = match severity {
            "ok" => &[],
            _ => &["clock"],
        };
        let next = if bad.is_empty() { "" } else { "set the clock" };
        // The questions were asked at once, and each again with AWS's time where that was needed.
        found
            .finds(("clock", severity, what, "", next))
            .finds(("key", "ok", "user/alice", "", ""))
            .finds(("device", "ok", "is there and makes codes", "", ""));
        assert_eq!(found.bad(), bad, "{offset}: {:#}", found.document);
    }
}

#[test]
fn the_device_is_compared_with_what_aws_lists() {
    let configured = |world: &World, serial: &str| {
        world.write_config(format!(
            "[default]\nregion = eu-west-1\nmfa_serial = {serial}\n"
        ));
    };
    let mut world = World::new();
    let (user, mfa) = world.healthy();
    configured(&world, "arn:aws:iam::123456789012:mfa/old-phone");
    let advice = format!("the user has {}", mfa.serial);
    world.doctor([]).finds((
        "device-gone",
        "problem",
        "mfa/old-phone is configured, and the user has no such device",
        "config:3",
        &advice,
    ));

    world.write_config("[default]\nregion = eu-west-1\n");
    world
        .doctor([])
        .finds(("device", "ok", "awsmfa finds it by itself", "", ""));

    let second = user.virtual_mfa_named("tablet");
    world.plant(second.base32.as_str());
    let both = format!("{}, {}", mfa.serial, second.serial);
    world
        .doctor([])
        .finds(("device", "note", &both, "", "configure one"));
    user.remove_device(&second.serial);

    let passkey = user.passkey("key");
    world
        .doctor([])
        .finds(("device-other", "note", &passkey, "", ""));
    user.remove_device(&mfa.serial);
    world.doctor([]).finds((
        "device",
        "problem",
        "no device that makes codes",
        "",
        "awsmfa mfa setup",
    ));
    configured(&world, &mfa.serial);
    world.doctor([]).finds((
        "device-gone",
        "problem",
        "has no such device",
        "config:3",
        "awsmfa mfa setup",
    ));
    user.remove_device(&passkey);
    world.write_config("[default]\nregion = eu-west-1\n");
    world.doctor([]).finds((
        "device",
        "problem",
        "the user has no MFA device",
        "",
        "awsmfa mfa setup",
    ));
}

#[test]
fn the_key_is_told_by_its_age_and_the_other_one_by_its_use() {
    let world = World::new();
    world.aws.advance(-NINETY_ONE_DAYS);
    let user = world.aws.user("bob").policy(Preset::SelfService);
    let key = world.key(&user);
    world.virtual_mfa(&user);
    world.aws.advance(NINETY_ONE_DAYS);
    world.write_credentials(section("default", &key));
    world.doctor([]).finds((
        "key-age",
        "warning",
        "is 91 days old",
        "credentials:2",
        "awsmfa key rotate",
    ));
    let second = world.key(&user);
    let active = format!("{}: active, 0 days old, never used", second.id);
    let advice = format!("awsmfa key delete {}", second.id);
    world
        .doctor([])
        .finds(("key-other", "warning", &active, "", &advice));
    user.set_key_active(&second.id, false);
    world
        .doctor([])
        .finds(("key-other", "note", ": inactive, ", "", &advice));
}

#[test]
fn a_key_that_aws_does_not_take_is_told_with_its_place() {
    let mut world = World::new();
    let (user, _) = world.healthy();
    let id = world.value("default", "aws_access_key_id").unwrap();
    user.set_key_active(&id, false);
    let expected: Expected<'_> = (
        "key-refused",
        "problem",
        "AWS does not accept access key",
        "credentials:2",
        "it is inactive, deleted",
    );
    world
        .doctor([])
        .finds(expected)
        .finds(("sts", "ok", "", "", ""))
        .has_no("device");
    user.set_key_active(&id, true);
    let secret = world.value("default", "aws_secret_access_key").unwrap();
    world.plant(secret.as_str());
    world.write_credentials(
        world
            .credentials()
            .replace(&secret, "another-secret-altogether"),
    );
    world.doctor([]).finds((
        "key-refused",
        "problem",
        "the secret does not belong to",
        "credentials:2",
        "copy",
    ));
}

#[test]
fn what_the_key_may_not_see_is_a_note_and_a_session_that_is_there_helps() {
    let world = World::new();
    world.default_user("alice");
    private(&world.credentials_path());
    let found = world.doctor([]);
    found
        .finds((
            "key-age",
            "note",
            "may not call ListAccessKeys",
            "credentials:2",
            "",
        ))
        .finds((
            "device",
            "note",
            "awsmfa takes the one named after the user",
            "",
            "mfa_serial",
        ));
    assert_eq!(found.bad(), Vec::<&str>::new(), "{:#}", found.document);

    let world = World::new();
    let user = world.aws.user("carol").policy(Preset::DenyWithoutMfa);
    let key = world.key(&user);
    let mfa = world.virtual_mfa(&user);
    world.write_credentials(section("default", &key));
    world
        .doctor([])
        .finds(("key-age", "note", "may not call ListAccessKeys", "", ""));
    world.sign_in(&mfa, NOTHING).succeeded();
    world.aws.clear_log();
    world
        .doctor([])
        .finds(("key-age", "ok", "is 0 days old", "", ""));
}

#[test]
fn for_a_role_the_source_s_key_and_device_are_looked_at() {
    let mut world = World::new();
    let (user, mfa) = world.healthy();
    world.write_config(format!(
        "[default]\nregion = eu-west-1\n[profile dev]\nsource_profile = default\n\
         role_arn = arn:aws:iam::123456789012:role/Admin\nmfa_serial = {}\n",
        mfa.serial
    ));
    let found = world.doctor(["-p", "dev"]);
    found
        .finds(("profile", "ok", "section [dev-mfa]", "credentials:2", ""))
        .finds((
            "profile-use",
            "ok",
            "role/Admin, assumed by `default`",
            "config:5",
            "",
        ))
        .finds(("key", "ok", &user.arn, "credentials:2", ""))
        .finds(("device", "ok", &mfa.serial, "config:6", ""));
    assert_eq!(found.bad(), Vec::<&str>::new(), "{:#}", found.document);
}

#[test]
fn the_root_user_s_key_is_warned_of() {
    let world = World::new();
    let key = world.aws.account().root_key();
    world.plant(key.secret.as_str());
    world.write_credentials(section("default", &key));
    world.doctor([]).finds((
        "key",
        "warning",
        "root user",
        "credentials:2",
        "delete the root user's key",
    ));
}

#[test]
fn a_key_that_only_a_command_has_is_not_asked_for() {
    let world = World::without_key();
    world.write_config("[default]\ncredential_process = touch ran\n");
    world
        .doctor([])
        .finds((
            "key",
            "note",
            "`credential_process`, which is not run",
            "",
            "",
        ))
        .finds(("sts", "ok", "", "", ""))
        .finds(("clock", "ok", "", "", ""));
    assert!(!world.path("ran").exists());
}

#[test]
fn everything_ends_with_the_time_that_was_given() {
    for operation in ["*", "GetCallerIdentity", "ListMFADevices", "ListAccessKeys"] {
        let mut world = World::new();
        world.healthy();
        world.aws.fault_always(operation, Fault::Hang(When::Before));
        let started = Instant::now();
        let found = world.doctor(["--timeout", "1s"]);
        assert!(started.elapsed() < Duration::from_secs(5), "{operation}");
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
    world
        .aws
        .fault_always("*", Fault::Latency(Duration::from_millis(400)));
    let started = Instant::now();
    world
        .doctor([])
        .finds(("sts", "ok", "", "", ""))
        .finds(("iam", "ok", "", "", ""));
    // Three questions, of which the second must wait for the first.
    assert!(
        started.elapsed() < Duration::from_millis(1150),
        "{:?}",
        started.elapsed()
    );
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
