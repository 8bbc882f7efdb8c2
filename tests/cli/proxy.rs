//! A corporate proxy stands between: CONNECT for https, the whole request for http.

use std::collections::BTreeMap;

use crate::impostor::closed_port;
use crate::local_aws::Mfa;
use crate::proxy_server::{Manner, PASSWORD, Proxy};
use crate::told::Told;
use crate::world::World;

fn user(world: &World) -> Mfa {
    world.plant(PASSWORD);
    world.default_user("alice").2
}

/// Names nobody could resolve: whoever reaches the local AWS by them came through the proxy.
fn endpoint(world: &World) -> String {
    let scheme = world.aws.endpoint();
    let scheme = scheme.split(':').next().unwrap();
    format!("{scheme}://localhost:{}", world.aws.port())
}

fn sign_in(world: &World, mfa: &Mfa) -> crate::world::Run {
    world.run([
        "--timeout",
        "2s",
        "--serial-number",
        &mfa.serial,
        &world.aws.code(&mfa.serial),
    ])
}

#[test]
fn https_goes_through_a_tunnel_under_any_of_its_variables() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let mut world = World::tls();
        let mfa = user(&world);
        let proxy = Proxy::start(&world, Manner::Forward);
        world.set("AWS_ENDPOINT_URL", &endpoint(&world));
        world.set(name, &proxy.url());
        sign_in(&world, &mfa).succeeded();
        let tunnel = format!("CONNECT localhost:{} HTTP/1.1", world.aws.port());
        assert_eq!(proxy.requests(), [tunnel], "{name}");
        assert_eq!(world.aws.connections(), 1, "{name}");
    }
}

#[test]
fn http_is_handed_to_the_proxy_whole() {
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let mut world = World::new();
        let mfa = user(&world);
        let proxy = Proxy::start(&world, Manner::Forward);
        world.set(name, &proxy.url());
        // The other scheme's is not meant.
        world.set("HTTPS_PROXY", "http://192.0.2.1:1");
        sign_in(&world, &mfa).succeeded();
        let first = proxy.requests().first().cloned().unwrap_or_default();
        assert!(
            first.starts_with("POST http://127.0.0.1:"),
            "{name}: {first}"
        );
    }
}

#[test]
fn lower_case_wins_as_in_the_aws_cli() {
    let mut world = World::tls();
    let mfa = user(&world);
    let proxy = Proxy::start(&world, Manner::Forward);
    world.set("https_proxy", &proxy.url());
    world.set("HTTPS_PROXY", &format!("http://{}", closed_port()));
    sign_in(&world, &mfa).succeeded();
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn no_proxy_is_honoured() {
    for rules in ["127.0.0.1", "example.com, 127.0.0.1", "127.0.0.0/8", "*"] {
        for name in ["NO_PROXY", "no_proxy"] {
            let mut world = World::tls();
            let mfa = user(&world);
            let proxy = Proxy::start(&world, Manner::Refuse(403));
            world.set("HTTPS_PROXY", &proxy.url());
            world.set(name, rules);
            println!("{name}={rules}");
            sign_in(&world, &mfa).succeeded();
            assert_eq!(proxy.requests(), Vec::<String>::new(), "{name}={rules}");
        }
    }
}

#[test]
fn the_proxy_s_password_is_sent_and_never_shown() {
    let mut world = World::tls();
    let mfa = user(&world);
    let proxy = Proxy::start(&world, Manner::Password);
    world.set("HTTPS_PROXY", &proxy.with_password(PASSWORD));
    let run = world
        .run([
            "-v",
            "--serial-number",
            &mfa.serial,
            &world.aws.code(&mfa.serial),
        ])
        .succeeded();
    run.said("trace: ");
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn a_proxy_learns_nothing_but_the_host_s_name() {
    let mut world = World::tls();
    let mfa = user(&world);
    let proxy = Proxy::start(&world, Manner::Forward);
    world.set("HTTPS_PROXY", &proxy.url());
    sign_in(&world, &mfa).succeeded();
    let overheard = proxy.overheard();
    for secret in world.codes_sent().iter().chain([&mfa.serial]) {
        assert!(!overheard.contains(secret), "{overheard}");
    }
}

#[test]
fn a_proxy_in_the_way_is_told_from_aws() {
    let table: BTreeMap<&str, (Manner, bool, Told<'_>)> = BTreeMap::from([
        (
            "no password",
            (
                Manner::Password,
                true,
                Told(
                    6,
                    "the proxy wants a user name and a password",
                    "127.0.0.1:",
                    "http://user:password@",
                ),
            ),
        ),
        (
            "no password, http",
            (
                Manner::Password,
                false,
                Told(
                    6,
                    "the proxy wants a user name and a password",
                    "127.0.0.1:",
                    "HTTP_PROXY",
                ),
            ),
        ),
        (
            "refused",
            (
                Manner::Refuse(403),
                true,
                Told(
                    6,
                    "the proxy does not connect to AWS",
                    "127.0.0.1:",
                    "NO_PROXY",
                ),
            ),
        ),
        (
            "bad gateway",
            (
                Manner::Refuse(502),
                true,
                Told(
                    6,
                    "the proxy does not connect to AWS",
                    "127.0.0.1:",
                    "NO_PROXY",
                ),
            ),
        ),
    ]);
    for (what, (manner, tls, told)) in table {
        println!("{what}");
        let mut world = if tls { World::tls() } else { World::new() };
        let mfa = user(&world);
        let proxy = Proxy::start(&world, manner);
        world.set("ALL_PROXY", &proxy.url());
        let run = world.fails(
            ["--timeout", "1s", "--serial-number", &mfa.serial, "123456"],
            told,
        );
        assert_eq!(world.aws.connections(), 0);
        assert!(!run.stderr.contains("used up"), "{}", run.stderr);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_told_from_aws() {
    let mut world = World::tls();
    let mfa = user(&world);
    world.set("ALL_PROXY", &format!("http://{}", closed_port()));
    let run = world.fails(
        ["--timeout", "1s", "--serial-number", &mfa.serial, "123456"],
        Told(
            6,
            "the proxy cannot be reached",
            "127.0.0.1:",
            "HTTPS_PROXY",
        ),
    );
    assert!(!run.stderr.contains("used up"), "{}", run.stderr);
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn a_wrong_password_is_refused_without_being_shown() {
    let mut world = World::tls();
    let mfa = user(&world);
    world.plant("not-the-password");
    let proxy = Proxy::start(&world, Manner::Password);
    world.set("HTTPS_PROXY", &proxy.with_password("not-the-password"));
    world.fails(
        [
            "-v",
            "--timeout",
            "1s",
            "--serial-number",
            &mfa.serial,
            "123456",
        ],
        Told(
            6,
            "the proxy wants a user name and a password",
            "127.0.0.1:",
            "HTTPS_PROXY",
        ),
    );
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn a_proxy_that_cannot_be_one_is_named_before_a_code_is_asked_for() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        for scheme in ["socks", "socks4", "socks5", "SOCKS5H"] {
            let mut world = World::tls();
            user(&world);
            world.set(name, &format!("{scheme}://alice:{PASSWORD}@127.0.0.1:1080"));
            let what = "the proxy is not an `http://` or `https://` address";
            world.fails(["123456"], Told(3, what, name, "unset it"));
            assert_eq!(world.aws.connections(), 0);
        }
    }
}

/// Many desktops set all three.
#[test]
fn socks_for_everything_is_not_used_beside_a_proxy_for_https() {
    let mut world = World::tls();
    let mfa = user(&world);
    let proxy = Proxy::start(&world, Manner::Forward);
    world.set("HTTPS_PROXY", &proxy.url());
    world.set("ALL_PROXY", "socks5h://127.0.0.1:1080");
    sign_in(&world, &mfa).succeeded();
    assert_eq!(proxy.requests().len(), 1);
}

#[test]
fn characters_that_the_proxy_s_password_must_encode_are_named() {
    let hidden = "s3cret-tail";
    for (middle, what, remedy) in [
        ("@", "contains `@`,", "write `@` as `%40`"),
        ("/", "contains `/`,", "write `/` as `%2F`"),
        ("?", "contains `?`,", "write `?` as `%3F`"),
        ("#", "contains `#`,", "write `#` as `%23`"),
        ("[é]", "contains `[`, `]`, `é`,", "`é` as `%C3%A9`"),
        (":@", "contains `@`,", "write `@` as `%40`"),
    ] {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"] {
            let mut world = World::tls();
            user(&world);
            world.plant(hidden);
            world.plant("s3cret-head");
            let user = format!("alice:s3cret-head{middle}{hidden}");
            for scheme in ["http://", ""] {
                world.set(name, &format!("{scheme}{user}@127.0.0.1:9"));
                world.fails(["-v", "123456"], Told(3, what, name, remedy));
            }
            assert_eq!(world.aws.connections(), 0);
        }
    }
    // Encoded, they reach the proxy as they are.
    let mut world = World::tls();
    let mfa = user(&world);
    let proxy = Proxy::start(&world, Manner::Password);
    let encoded = PASSWORD.replace('-', "%2D");
    world.set("HTTPS_PROXY", &proxy.with_password(&encoded));
    sign_in(&world, &mfa).succeeded();
}

#[test]
fn a_name_that_the_proxy_knows_need_not_be_known_here() {
    let mut world = World::tls();
    let mfa = user(&world);
    let proxy = Proxy::start(&world, Manner::Forward);
    world.set("HTTPS_PROXY", &proxy.url());
    world.set("AWS_ENDPOINT_URL", "https://sts.inside.invalid");
    // The certificate is for other names, which can only be noticed behind the tunnel.
    world.fails(
        ["--timeout", "1s", "--serial-number", &mfa.serial, "123456"],
        Told(
            6,
            "the server's certificate is for another name",
            "sts.inside.invalid",
            "this may not be AWS",
        ),
    );
    assert_eq!(
        proxy.requests(),
        ["CONNECT sts.inside.invalid:443 HTTP/1.1"]
    );
    assert_eq!(world.codes_sent(), Vec::<String>::new());
}
