//! The wire: accepting connections, reading requests, striking with faults, sending replies.
//!
//! A thread per connection, loopback only. What a request means is [`super::service`]'s; this file
//! sees to it that every request is in the log before its reply leaves, and that dropping the
//! server ends every connection.

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Instant;

use super::clock::{self, Clock};
use super::control;
use super::fault::{Fault, Faults, Strike, When};
use super::federation;
use super::http::{self, Request, Response, Unread};
use super::log::Entry;
use super::model::World;
use super::refusal::Refusal;
use super::service::Incoming;
use super::stop::{Fate, Stops};
use super::tls::Tls;
use super::wire::Wire;

/// Everything the connections share.
#[derive(Debug)]
pub struct Shared {
    pub clock: Clock,
    pub control: bool,
    tls: Option<Tls>,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    pub stops: Arc<Stops>,
    log: Mutex<Vec<Entry>>,
    connections: AtomicU64,
    open: Mutex<HashMap<u64, TcpStream>>,
    stopping: AtomicBool,
}

impl Shared {
    pub fn new(tls: Option<Tls>, control: bool) -> Self {
        Self {
            clock: Clock::default(),
            control,
            tls,
            world: Mutex::new(World::new()),
            faults: Mutex::default(),
            stops: Arc::default(),
            log: Mutex::default(),
            connections: AtomicU64::new(0),
            open: Mutex::default(),
            stopping: AtomicBool::new(false),
        }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no action panics")
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().expect("no fault panics")
    }

    pub fn log(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.log.lock().expect("no reader of the log panics")
    }

    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn close_connections(&self) {
        for stream in self.open().values() {
            // One that is gone already needs no closing.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn authority_pem(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| tls.authority_pem.as_str())
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.open.lock().expect("no connection panics while listed")
    }
}

/// The accepting thread; dropping it ends the server.
#[derive(Debug)]
pub struct Listener {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<thread::JoinHandle<()>>,
}

impl Listener {
    /// Listens on 127.0.0.1, on `port` or (0) on one that is free.
    pub fn start(shared: Arc<Shared>, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let accepting = Arc::clone(&shared);
        let handle = thread::spawn(move || accept(&listener, &accepting));
        Ok(Self {
            address,
            shared,
            accepting: Some(handle),
        })
    }

    /// Blocks for as long as the server accepts connections.
    pub fn wait(mut self) {
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Accepting is a blocking call; a connection of our own ends it.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        self.shared.close_connections();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // An error here is the client's going away, which is its right.
            let _ = serve(stream, number, &shared);
            shared.open().remove(&number);
        });
    }
}

/// What is to happen to the connection after a request.
enum Ending {
    Reply(Response),
    /// The first half of it.
    HalfReply(Response),
    Close,
    Reset,
    Hang,
}

fn serve(socket: TcpStream, number: u64, shared: &Shared) -> io::Result<()> {
    socket.set_nodelay(true)?;
    shared.open().insert(number, socket.try_clone()?);
    if shared.stopping.load(Ordering::SeqCst) {
        return Ok(());
    }
    let mut wire = Wire::new(socket, shared.tls.as_ref())?;
    let mut incoming = http::Incoming::default();
    loop {
        let request = match incoming.request(&mut wire) {
            Ok(request) => request,
            Err(Unread::Refused(status, why)) => {
                let now = shared.clock.now();
                shared.log().push(unreadable(number, now, status, why));
                let response = Response::new(status, "text/plain", why);
                http::send(&mut wire, &response.bytes(true))?;
                wire.close();
                return Ok(());
            }
            Err(Unread::Closed | Unread::Broken) => return Ok(()),
        };
        let close = request.close;
        match outcome(shared, &request, number) {
            Ending::Reply(response) => {
                http::send(&mut wire, &response.bytes(close))?;
                if close {
                    wire.close();
                    return Ok(());
                }
            }
            Ending::HalfReply(response) => {
                let bytes = response.bytes(close);
                return http::send(&mut wire, &bytes[..bytes.len() / 2]);
            }
            Ending::Close => return Ok(()),
            Ending::Reset => {
                return wire.reset();
            }
            Ending::Hang => {
                wire.drain();
                return Ok(());
            }
        }
    }
}

fn outcome(shared: &Shared, request: &Request, connection: u64) -> Ending {
    if shared.control && request.path().starts_with(control::PREFIX) {
        return Ending::Reply(control::answer(shared, request));
    }
    let incoming = Incoming::read(request);
    let Strike { latency, fault } = shared.faults().strike(incoming.operation());
    let held = shared.stops.due(incoming.operation());
    let stopped = |when| {
        let held = held.as_ref().filter(|held| held.when == when);
        held.is_some_and(|held| shared.stops.hold(held, incoming.operation()) == Fate::Abandoned)
    };
    if stopped(When::Before) {
        let mut entry = entry(&incoming, connection, shared.clock.now());
        entry.outcome = "abandoned".to_owned();
        shared.log().push(entry);
        return Ending::Close;
    }
    let now = shared.clock.now();
    let mut entry = entry(&incoming, connection, now);
    let before = fault
        .as_ref()
        .and_then(|fault| instead(shared, fault, &incoming));
    let ending = before.unwrap_or_else(|| {
        if request.path() == federation::PATH {
            let response = federation(shared, request, &incoming, &mut entry);
            return afterwards(fault.as_ref(), response, now);
        }
        let request_id = shared.world().random.request_id();
        let answer = incoming.answer(&mut shared.world(), now, &request_id);
        let (mut status, mut body) = match &answer {
            Ok(body) => {
                entry.carried_out = true;
                entry.outcome = "ok".to_owned();
                (200, body.clone())
            }
            Err(refusal) => {
                entry.outcome.clone_from(&refusal.code);
                entry.violation.clone_from(&refusal.violation);
                (
                    refusal.status,
                    refusal.xml(incoming.api().namespace, &request_id),
                )
            }
        };
        if fault == Some(Fault::FailureAfter) {
            let failure = Refusal::new(500, "ServiceFailure", "The request processing has failed.");
            status = failure.status;
            body = failure.xml(incoming.api().namespace, &request_id);
        }
        let mut response = Response::new(status, "text/xml", body);
        response.header("x-amzn-RequestId", request_id);
        response.header("Date", clock::http_date(now));
        afterwards(fault.as_ref(), response, now)
    });
    if let Some(fault) = &fault {
        entry.outcome = fault.name().to_owned();
    }
    entry.status = match &ending {
        Ending::Reply(response) | Ending::HalfReply(response) => response.status,
        Ending::Close | Ending::Reset | Ending::Hang => 0,
    };
    shared.log().push(entry);
    if !latency.is_zero() {
        thread::sleep(latency);
    }
    if stopped(When::After) {
        return Ending::Close;
    }
    match ending {
        Ending::Reply(mut response)
            if !response.headers.iter().any(|(name, _)| *name == "Date") =>
        {
            response.header("Date", clock::http_date(now));
            Ending::Reply(response)
        }
        other => other,
    }
}

/// The unsigned sign-in endpoint.
fn federation(
    shared: &Shared,
    request: &Request,
    incoming: &Incoming<'_>,
    entry: &mut Entry,
) -> Response {
    entry.service = "signin";
    let answer = federation::answer(&mut shared.world(), request, &incoming.form, entry.clock);
    let mut response = match answer {
        Ok(response) => {
            entry.carried_out = true;
            entry.outcome = "ok".to_owned();
            response
        }
        Err(refusal) => {
            entry.outcome.clone_from(&refusal.code);
            entry.violation.clone_from(&refusal.violation);
            federation::page(&refusal)
        }
    };
    response.header("Date", clock::http_date(entry.clock));
    response
}

/// What happens instead of carrying the request out, if the fault is of that kind.
fn instead(shared: &Shared, fault: &Fault, incoming: &Incoming<'_>) -> Option<Ending> {
    let page = |status: u16, title: &str| {
        Response::new(
            status,
            "text/html",
            format!(
                "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
            ),
        )
    };
    let error = |refusal: Refusal| {
        let id = "00000000-0000-4000-8000-000000000000";
        let body = refusal.xml(incoming.api().namespace, id);
        let mut response = Response::new(refusal.status, "text/xml", body);
        response.header("x-amzn-RequestId", id);
        Some(Ending::Reply(response))
    };
    match fault {
        Fault::Error {
            status,
            code,
            message,
        } => error(Refusal::new(*status, code, *message)),
        Fault::AccessDenied => error(incoming.denied(&shared.world())),
        Fault::Gateway(status) => Some(Ending::Reply(page(*status, "Gateway trouble"))),
        Fault::CaptivePortal => Some(Ending::Reply(page(200, "Welcome to our free Wi-Fi"))),
        Fault::Redirect(location) => {
            let mut response = page(302, "Moved");
            response.header("Location", location);
            Some(Ending::Reply(response))
        }
        Fault::Close(When::Before) => Some(Ending::Close),
        Fault::Reset(When::Before) => Some(Ending::Reset),
        Fault::Hang(When::Before) => Some(Ending::Hang),
        Fault::Close(When::After)
        | Fault::Reset(When::After)
        | Fault::Hang(When::After)
        | Fault::Truncate
        | Fault::FailureAfter
        | Fault::WrongDate(_)
        | Fault::Latency(_) => None,
    }
}

/// What happens to the reply of a request that was carried out.
fn afterwards(fault: Option<&Fault>, mut response: Response, now: u64) -> Ending {
    match fault {
        Some(Fault::Close(_)) => Ending::Close,
        Some(Fault::Reset(_)) => Ending::Reset,
        Some(Fault::Hang(_)) => Ending::Hang,
        Some(Fault::Truncate) => Ending::HalfReply(response),
        Some(Fault::WrongDate(seconds)) => {
            let date = clock::http_date(now.saturating_add_signed(*seconds));
            response.header("Date", date);
            Ending::Reply(response)
        }
        _ => Ending::Reply(response),
    }
}

fn entry(incoming: &Incoming<'_>, connection: u64, now: u64) -> Entry {
    let authorization = incoming.authorization.as_ref().ok();
    let parameters = incoming.form.as_ref().map(|form| form.pairs().to_vec());
    Entry {
        at: Instant::now(),
        clock: now,
        connection,
        service: incoming.api().service,
        operation: incoming.operation().to_owned(),
        region: authorization.map(|authorization| authorization.region.clone()),
        key_id: authorization.map(|authorization| authorization.key_id.clone()),
        parameters: parameters.unwrap_or_default(),
        user_agent: incoming.request.one("user-agent").map(str::to_owned),
        status: 0,
        outcome: String::new(),
        carried_out: false,
        violation: None,
    }
}

/// For what could not even be read as HTTP.
fn unreadable(connection: u64, now: u64, status: u16, why: &str) -> Entry {
    Entry {
        at: Instant::now(),
        clock: now,
        connection,
        service: "-",
        operation: "-".to_owned(),
        region: None,
        key_id: None,
        parameters: Vec::new(),
        user_agent: None,
        status,
        outcome: "unreadable".to_owned(),
        carried_out: false,
        violation: Some(why.to_owned()),
    }
}
