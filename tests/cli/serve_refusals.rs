//! `awsmfa serve`: what is not answered, and who does not get in.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::env::signed_in;
use crate::served::{Server, hear, pass_from, say};
use crate::told::Told;
use crate::world::AWSMFA;

#[test]
fn only_a_program_that_knows_the_token_gets_credentials() {
    let (world, _) = signed_in();
    let server = Server::start(&world, []);
    let pass = server.pass();
    let (port, path, token) = (pass.port, pass.path.as_str(), pass.token.as_str());
    let host = format!("Host: 127.0.0.1:{port}");
    let shown = format!("Authorization: {token}");
    let wrong = format!("Authorization: {}", "0".repeat(token.len()));
    let half = format!("Authorization: {}", &token[..token.len() / 2]);
    let bearer = format!("Authorization: Bearer {token}");
    let get = format!("GET {path}");
    let absolute = |host: &str| format!("GET http://{host}{path}");
    let table: &[(&str, &str, &[&str], u16)] = &[
        ("by number", &get, &[&host, &shown], 200),
        (
            "by name",
            &get,
            &[&format!("Host: localhost:{port}"), &shown],
            200,
        ),
        (
            "in capitals",
            &get,
            &[&format!("Host: LOCALHOST:{port}"), &shown],
            200,
        ),
        ("IPv6", &get, &[&format!("Host: [::1]:{port}"), &shown], 200),
        (
            "in full",
            &absolute(&format!("127.0.0.1:{port}")),
            &[&host, &shown],
            200,
        ),
        (
            "DNS rebinding",
            &get,
            &[&format!("Host: evil.example:{port}"), &shown],
            403,
        ),
        (
            "a name like ours",
            &get,
            &[&format!("Host: localhost.evil.example:{port}"), &shown],
            403,
        ),
        ("another port", &get, &["Host: 127.0.0.1:1", &shown], 403),
        ("no port", &get, &["Host: 127.0.0.1", &shown], 403),
        ("no host", &get, &[&shown], 403),
        (
            "two hosts",
            &get,
            &[&host, "Host: evil.example", &shown],
            403,
        ),
        (
            "another in full",
            &absolute("evil.example"),
            &[&host, &shown],
            403,
        ),
        (
            "a browser's script",
            &get,
            &[&host, &shown, "Origin: http://evil.example"],
            403,
        ),
        (
            "a sandboxed one",
            &get,
            &[&host, &shown, "Origin: null"],
            403,
        ),
        (
            "a browser's image",
            &get,
            &[&host, &shown, "Sec-Fetch-Site: cross-site"],
            403,
        ),
        ("no token", &get, &[&host], 401),
        ("an empty token", &get, &[&host, "Authorization:"], 401),
        ("a wrong token", &get, &[&host, &wrong], 401),
        ("half a token", &get, &[&host, &half], 401),
        ("a token with a scheme", &get, &[&host, &bearer], 401),
        ("two tokens", &get, &[&host, &shown, &wrong], 401),
        ("no token and no path", "GET /", &[&host], 401),
        ("no path", "GET /", &[&host, &shown], 404),
        ("another path", "GET /profile=other", &[&host, &shown], 404),
        (
            "more than the path",
            &format!("{get}/"),
            &[&host, &shown],
            404,
        ),
        ("a query", &format!("{get}?a=b"), &[&host, &shown], 404),
        (
            "POST",
            &format!("POST {path}"),
            &[&host, &shown, "Content-Length: 0"],
            405,
        ),
        ("OPTIONS", &format!("OPTIONS {path}"), &[&host, &shown], 405),
        ("DELETE", &format!("DELETE {path}"), &[&host, &shown], 405),
        (
            "a body",
            &get,
            &[&host, &shown, "Content-Length: 9999999"],
            413,
        ),
        (
            "a body in pieces",
            &get,
            &[&host, &shown, "Transfer-Encoding: chunked"],
            413,
        ),
        (
            "a long head",
            &get,
            &[&host, &shown, &format!("X: {}", "x".repeat(99_999))],
            431,
        ),
        ("no HTTP", "\u{1}\u{2}\u{3}", &[], 400),
    ];
    for (case, line, headers, status) in table {
        let mut request = format!("{line} HTTP/1.1\r\n");
        for header in headers.iter().chain(&["Connection: close"]) {
            request += &format!("{header}\r\n");
        }
        let answer = say(port, format!("{request}\r\n").as_bytes());
        let answer = answer.unwrap_or_else(|| panic!("{case}: no answer"));
        assert_eq!(answer.status, *status, "{case}: {}", answer.body);
        let has_credentials = answer.body.contains("SecretAccessKey");
        assert_eq!(has_credentials, *status == 200, "{case}");
        if [401, 403, 404, 405, 413].contains(status) {
            let document = answer.json();
            assert!(document["code"].is_string(), "{case}: {}", answer.body);
            assert!(document["message"].is_string(), "{case}: {}", answer.body);
            world.search(&[&answer.head, &answer.body]);
        }
        let allowed = answer.head.contains("\r\nallow: get");
        assert_eq!(allowed, *status == 405, "{case}: {}", answer.head);
    }
    let run = server.end();
    assert_eq!((run.code, run.stderr.lines().last()), (0, Some("stopped")));
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn silent_and_slow_clients_are_not_waited_for() {
    let (world, _) = signed_in();
    let server = Server::start(&world, []);
    let pass = server.pass();
    // More than are served at once.
    let silent: Vec<TcpStream> = (0..300)
        .map(|_| TcpStream::connect(("127.0.0.1", pass.port)).unwrap())
        .collect();
    let mut slow = &silent[0];
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    let begin = Instant::now();
    pass.key_id();
    let waited = begin.elapsed();
    assert!(waited < Duration::from_secs(12), "{waited:?}");
    for stream in silent {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        assert!(hear(stream).is_none_or(|answer| answer.status == 408));
    }
    server.end().succeeded();
}

/// They send their heads byte by byte, and each that is closed is replaced: a client that can take
/// its turn only when one of them times out does not get it in time. The second server runs out of
/// file descriptors before it has as many connections as it would serve.
#[test]
fn a_thousand_slow_connections_keep_no_client_out() {
    const SLOW: usize = 1000;
    let (world, _) = signed_in();
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(4096, |most| most.min(4096));
    if limit.current.is_some_and(|current| current < wanted) {
        let current = Some(wanted);
        setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
    }
    for descriptors in ["1024", "96"] {
        let mut command = Command::new("sh");
        let script = "ulimit -n $0; exec \"$@\" serve --output json";
        command.args(["-c", script, descriptors, AWSMFA]);
        world.furnish(&mut command);
        command.stdin(Stdio::null());
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let pass = pass_from(child.stdout.take().unwrap());
        let (opened, over) = (AtomicUsize::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| crowd(pass.port, SLOW, &opened, &over));
            while opened.load(Ordering::Relaxed) < SLOW {
                thread::yield_now();
            }
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, pass.port));
            let limit = Duration::from_secs(8);
            let is_served = |_| -> std::io::Result<bool> {
                let mut client = TcpStream::connect_timeout(&address, limit)?;
                client.set_read_timeout(Some(limit))?;
                client.write_all(pass.request().as_bytes())?;
                let mut status = [0; 12];
                client.read_exact(&mut status)?;
                Ok(status == *b"HTTP/1.1 200")
            };
            let refused = (0..20)
                .map(is_served)
                .position(|served| !served.is_ok_and(|yes| yes));
            over.store(true, Ordering::Relaxed);
            assert_eq!(refused, None, "with {descriptors} file descriptors");
        });
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        world.outcome(child).succeeded();
    }
}

/// Holds this many connections to a port open until it is `over`.
fn crowd(port: u16, count: usize, opened: &AtomicUsize, over: &AtomicBool) {
    let open = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        // It is connected later.
        let _ = socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into());
        opened.fetch_add(1, Ordering::Relaxed);
        socket
    };
    let mut sockets: Vec<Socket> = (0..count).map(|_| open()).collect();
    while !over.load(Ordering::Relaxed) {
        for socket in &mut sockets {
            let pending = [ErrorKind::WouldBlock, ErrorKind::NotConnected];
            if let Err(error) = socket.write(b"G")
                && !pending.contains(&error.kind())
            {
                *socket = open();
            }
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Linux alone has all of 127.0.0.0/8 from the start.
#[cfg(target_os = "linux")]
#[test]
fn it_listens_on_the_loopback_interface_only() {
    let (world, _) = signed_in();
    let server = Server::start(&world, []);
    let port = server.pass().port;
    // Anybody else could not have these, were it listening everywhere.
    for address in ["127.0.0.2", "127.255.255.254"] {
        TcpListener::bind((address, port)).unwrap();
        assert!(TcpStream::connect((address, port)).is_err(), "{address}");
    }
    server.end().succeeded();
}

#[test]
fn a_port_in_use_costs_no_code() {
    let (world, mfa) = signed_in();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let code = world.aws.code(&mfa.serial);
    world.fails(
        ["serve", "--shell", "fish", "--port", &port, "-t", &code],
        Told(
            3,
            &format!("port {port} cannot be listened on"),
            &format!("127.0.0.1:{port}"),
            "leave out --port",
        ),
    );
    assert_eq!(world.aws.operations(), Vec::<String>::new());
    for nonsense in ["65536", "1.5", "http"] {
        world.run(["serve", "--port", nonsense]).failed(2, "--port");
    }
}

#[test]
fn a_port_that_was_asked_for_is_had_and_had_again() {
    let (world, _) = signed_in();
    // Below those that the system gives to others meanwhile.
    let port = (20000..30000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    let port = port.unwrap();
    for _ in 0..3 {
        let server = Server::start(&world, ["--port", &port.to_string()]);
        assert_eq!(server.pass().port, port);
        server.pass().key_id();
        server.end().succeeded();
    }
}
