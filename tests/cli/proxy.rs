//! A corporate proxy stands between: CONNECT for https, the whole request for http.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::impostor::{Impostor, closed_port, read_head, read_message};
use crate::local_aws::Mfa;
use crate::told::Told;
use crate::world::World;

const PASSWORD: &str = "s3cret-of-the-proxy";

/// What a proxy does with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Forward,
    /// Forwards what carries alice's [`PASSWORD`].
    Password,
    /// Answers with this status.
    Refuse(u16),
}

/// A proxy that takes every name for the local AWS.
struct Proxy {
    impostor: Impostor,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(world: &World, manner: Manner) -> Self {
        let origin = SocketAddr::from(([127, 0, 0, 1], world.aws.port()));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        let impostor = Impostor::raw(move |stream, _| {
            // Whoever ends first ends it all.
            let _ = serve(stream, origin, manner, &seen);
        });
        Self { impostor, heads }
    }

    fn url(&self) -> String {
        self.impostor.url()
    }

    fn with_password(&self, password: &str) -> String {
        format!("http://alice:{password}@{}", self.impostor.address())
    }

    /// The first line of every request so far.
    fn requests(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        heads
            .iter()
            .map(|head| head.lines().next().unwrap().to_owned())
            .collect()
    }

    /// Everything that the proxy was told in the clear.
    fn overheard(&self) -> String {
        self.heads.lock().unwrap().join("\n")
    }
}

fn serve(
    client: &mut TcpStream,
    origin: SocketAddr,
    manner: Manner,
    seen: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut peeked = [0; 8];
    let tunnel = client.peek(&mut peeked)? >= 7 && peeked.starts_with(b"CONNECT");
    let (head, body) = match tunnel {
        true => (read_head(client), Vec::new()),
        false => match read_message(client) {
            Some((head, body)) => (Some(head), body),
            None => (None, Vec::new()),
        },
    };
    let Some(head) = head else { return Ok(()) };
    seen.lock().unwrap().push(head.clone());
    let allowed = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .any(|(name, value)| {
            name.eq_ignore_ascii_case("proxy-authorization")
                && value == format!("Basic {}", base64(&format!("alice:{PASSWORD}")))
        });
    let refusal = match manner {
        Manner::Forward => None,
        Manner::Password => (!allowed).then_some(407),
        Manner::Refuse(status) => Some(status),
    };
    if let Some(status) = refusal {
        return write!(
            client,
            "HTTP/1.1 {status} No\r\nproxy-authenticate: Basic realm=\"x\"\r\n\
             content-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>"
        );
    }
    let mut server = TcpStream::connect(origin)?;
    if tunnel {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        server.write_all(forwarded(&head).as_bytes())?;
        server.write_all(&body)?;
    }
    let (mut up_from, mut up_to) = (client.try_clone()?, server.try_clone()?);
    let up = thread::spawn(move || {
        let _ = io::copy(&mut up_from, &mut up_to);
        let _ = up_to.shutdown(Shutdown::Write);
    });
    let _ = io::copy(&mut server, client);
    client.shutdown(Shutdown::Both)?;
    up.join().unwrap();
    Ok(())
}

/// `POST http://host/path` as the origin wants it; one request per connection.
fn forwarded(head: &str) -> String {
    let (first, headers) = head.split_once("\r\n").unwrap();
    let mut words = first.split(' ');
    let (method, url) = (words.next().unwrap(), words.next().unwrap());
    let (_, rest) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let headers: String = headers
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("proxy-"))
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    format!("{method} /{rest} HTTP/1.1\r\n{headers}connection: close\r\n\r\n")
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, at| {
            bits << 8 | usize::from(group.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            match at <= group.len() {
                true => out.push(char::from(LETTERS[bits >> (18 - 6 * at) & 63])),
                false => out.push('='),
            }
        }
    }
    out
}

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
    for rules in ["127.0.0.1", "example.com,127.0.0.1", "127.0.0.0/8", "*"] {
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
    let mut world = World::tls();
    user(&world);
    world.set(
        "HTTPS_PROXY",
        &format!("socks5://alice:{PASSWORD}@127.0.0.1:1080"),
    );
    world.fails(
        ["123456"],
        Told(
            3,
            "the proxy is not an `http://` or `https://` address",
            "HTTPS_PROXY",
            "unset it",
        ),
    );
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
