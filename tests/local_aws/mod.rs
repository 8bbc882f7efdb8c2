//! A local AWS: STS and IAM over the Query protocol, strict, on loopback, for tests and the demo.
//!
//! Signatures are verified by recomputation, one-time codes by RFC 6238, policies by evaluation;
//! limits, error codes and messages are AWS's. It shares no code with the program it judges. What
//! a correct client never sends is refused and remembered ([`LocalAws::violations`]).
//!
//! The way of a request: [`server`] (connections, faults, the log) → [`http`] → [`service`]
//! ([`form`], [`sigv4`], credentials) → [`sts`] or [`iam`], which ask [`access`] ([`policy`]) and
//! change [`model`] → [`xml`]. The console's sign-in endpoint, which is unsigned, is [`federation`]'s.
//! Set it up through [`scenario`].

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::disallowed_methods,
    reason = "included by several test crates and examples, each of which uses its own part; \
              and it is the outside world, so the clock and the network are its own"
)]

pub mod access;
pub mod base64;
pub mod clock;
pub mod control;
pub mod device;
pub mod document;
pub mod fault;
pub mod federation;
pub mod form;
pub mod grants;
pub mod http;
pub mod iam;
pub mod lag;
pub mod log;
pub mod managed;
pub mod model;
pub mod password;
pub mod policy;
pub mod presets;
pub mod quota;
pub mod random;
pub mod refusal;
pub mod report;
pub mod scenario;
pub mod server;
pub mod service;
pub mod sigv4;
pub mod snapshot;
pub mod stop;
pub mod sts;
pub mod tls;
pub mod totp;
pub mod trust;
pub mod wire;
pub mod world;
pub mod xml;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

pub use fault::{Fault, When};
pub use federation::Login;
pub use lag::{Lag, New};
pub use log::Entry;
pub use model::Belonging;
pub use password::PasswordPolicy;
pub use quota::Quotas;
pub use scenario::{AccountHandle, GroupHandle, Key, Mfa, Preset, RoleHandle, Trust, UserHandle};
pub use stop::Stop;

/// The account that exists from the start.
pub const ACCOUNT: &str = "123456789012";

/// A running server. Dropping it closes every connection.
#[derive(Debug)]
pub struct LocalAws {
    shared: Arc<server::Shared>,
    listener: server::Listener,
}

/// How to start one.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// 0: any free one.
    pub port: u16,
    pub tls: bool,
    /// Further names in the certificate, besides 127.0.0.1 and localhost.
    pub names: Vec<String>,
    /// Serve [`control`] as well.
    pub control: bool,
}

impl LocalAws {
    /// HTTP on a free port.
    pub fn start() -> Self {
        Self::with(&Options::default()).expect("loopback has a free port")
    }

    /// HTTPS on a free port.
    pub fn start_tls() -> Self {
        Self::with(&Options {
            tls: true,
            ..Options::default()
        })
        .expect("loopback has a free port")
    }

    /// # Errors
    /// The port is taken.
    pub fn with(options: &Options) -> io::Result<Self> {
        let tls = options.tls.then(|| tls::Tls::new(&options.names));
        let shared = Arc::new(server::Shared::new(tls, options.control));
        AccountHandle::create(&shared, ACCOUNT, "aws");
        let listener = server::Listener::start(Arc::clone(&shared), options.port)?;
        Ok(Self { shared, listener })
    }

    /// `http://127.0.0.1:PORT`, for `--endpoint-url`.
    pub fn endpoint(&self) -> String {
        let scheme = self.shared.authority_pem().map_or("http", |_| "https");
        format!("{scheme}://{}", self.listener.address)
    }

    pub fn port(&self) -> u16 {
        self.listener.address.port()
    }

    /// The authority's certificate in PEM, for a file that `AWS_CA_BUNDLE` names.
    ///
    /// # Panics
    /// Without TLS.
    pub fn ca_pem(&self) -> &str {
        self.shared.authority_pem().expect("the server speaks TLS")
    }

    /// The account that exists from the start, [`ACCOUNT`] in partition `aws`.
    pub fn account(&self) -> AccountHandle {
        AccountHandle::create(&self.shared, ACCOUNT, "aws")
    }

    /// Another account, in `aws`, `aws-cn` or `aws-us-gov`.
    pub fn another_account(&self, id: &str, partition: &str) -> AccountHandle {
        AccountHandle::create(&self.shared, id, partition)
    }

    /// A new user of [`ACCOUNT`].
    pub fn user(&self, name: &str) -> UserHandle {
        self.account().user(name)
    }

    /// A new role of [`ACCOUNT`].
    pub fn role(&self, name: &str) -> RoleHandle {
        self.account().role(name)
    }

    /// A code of this device that would be accepted now and has not been spent.
    ///
    /// # Panics
    /// When there is no such device, or the three codes that are good now are spent: advance the
    /// clock by a step.
    pub fn code(&self, serial: &str) -> String {
        let now = self.now();
        self.with_device(serial, |device| device.unspent(now))
            .expect("a code is left: each of the three that are good now can be spent once")
    }

    /// The code of the step that many steps from now, spent or not.
    pub fn code_at(&self, serial: &str, steps: i64) -> String {
        let step = totp::step(self.now()).saturating_add_signed(steps);
        self.with_device(serial, |device| totp::code(&device.seed, step))
    }

    /// Two consecutive codes that EnableMFADevice would accept now: those of the step before and
    /// of this one, so that the next step's is left to sign in with.
    pub fn code_pair(&self, serial: &str) -> (String, String) {
        (self.code_at(serial, -1), self.code_at(serial, 0))
    }

    /// Six digits that are no code of this device now.
    pub fn wrong_code(&self, serial: &str) -> String {
        let step = totp::step(self.now());
        (0..1_000_000)
            .map(|number| format!("{number:06}"))
            .find(|text| {
                // A margin of a step, for a clock that ticks meanwhile.
                (step - 3..=step + 3).all(|step| {
                    self.with_device(serial, |device| totp::code(&device.seed, step) != *text)
                })
            })
            .expect("seven codes are not all there are")
    }

    pub fn with_device<T>(&self, serial: &str, look: impl FnOnce(&model::Device) -> T) -> T {
        let world = self.shared.world();
        let mut accounts = world.accounts.values();
        let device = accounts.find_map(|account| account.devices.get(serial));
        look(device.unwrap_or_else(|| panic!("there is no device {serial}")))
    }

    /// Seconds since the epoch by the server's clock.
    pub fn now(&self) -> u64 {
        self.shared.clock.now()
    }

    /// Moves the clock; negative is back.
    pub fn advance(&self, seconds: i64) {
        self.shared.clock.advance(seconds);
    }

    /// From now on a code is used up by an AssumeRole that is refused for its duration.
    pub fn count_code_before_duration(&self) {
        self.shared.world().code_before_duration = true;
    }

    /// Sets the clock this many seconds off the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.shared.clock.set_offset(seconds);
    }

    /// Strikes the next request of `operation` (`*` for any).
    pub fn fault(&self, operation: &str, fault: Fault) {
        self.fault_rule(operation, fault, 0, Some(1));
    }

    /// Strikes every request of `operation` until [`LocalAws::clear_faults`].
    pub fn fault_always(&self, operation: &str, fault: Fault) {
        self.fault_rule(operation, fault, 0, None);
    }

    /// Lets `skip` requests pass, then strikes `times`.
    pub fn fault_rule(&self, operation: &str, fault: Fault, skip: u32, times: Option<u32>) {
        self.shared.faults().add(fault::Rule {
            operation: operation.to_owned(),
            fault,
            skip,
            times,
        });
    }

    /// Strikes the request that comes after `skip` others, whatever it is.
    pub fn fault_after(&self, skip: u32, fault: Fault) {
        self.fault_rule("*", fault, skip, Some(1));
    }

    /// Stops the world before or after carrying out the request of `operation` (`*` for any) that
    /// comes after `skip` others.
    pub fn stop(&self, operation: &str, skip: u32, when: When) -> Stop {
        self.shared.stops.order(operation, skip, when)
    }

    /// Everything that there is in every account, to be compared: see [`snapshot`].
    pub fn snapshot(&self) -> serde_json::Value {
        snapshot::of(&self.shared.world())
    }

    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Every request so far, in order of arrival.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.log().clone()
    }

    pub fn clear_log(&self) {
        self.shared.log().clear();
    }

    /// How often an operation was requested, carried out or not.
    pub fn count(&self, operation: &str) -> usize {
        let log = self.shared.log();
        log.iter()
            .filter(|entry| entry.operation == operation)
            .count()
    }

    /// The operations requested so far, in order.
    pub fn operations(&self) -> Vec<String> {
        let log = self.shared.log();
        log.iter().map(|entry| entry.operation.clone()).collect()
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> u64 {
        self.shared.connections()
    }

    /// Closes every connection, as a server does with those that have been idle for long.
    pub fn close_connections(&self) {
        self.shared.close_connections();
    }

    /// Every secret key and session token that was handed out for a while.
    pub fn issued_secrets(&self) -> Vec<String> {
        let world = self.shared.world();
        let sessions = world.sessions.values();
        sessions
            .flat_map(|session| [session.secret.clone(), session.token.clone()])
            .collect()
    }

    /// The access keys, the seeds (base32) of devices and the passwords that exist, made by
    /// requests or by the scenario: secrets that nothing may print unasked.
    pub fn kept_secrets(&self) -> Vec<String> {
        let world = self.shared.world();
        let mut secrets = BTreeSet::new();
        for account in world.accounts.values() {
            for user in account.users.values() {
                secrets.extend(user.keys.iter().map(|key| key.secret.clone()));
                let login = user.login.iter();
                secrets.extend(login.map(|login| login.password().to_owned()));
            }
            let devices = account.devices.values();
            secrets.extend(devices.map(|device| totp::base32(&device.seed)));
        }
        // A device that makes no codes has no seed.
        secrets.remove("");
        secrets.into_iter().collect()
    }

    /// The secret of a long-term key that exists.
    pub fn secret_of(&self, key_id: &str) -> Option<String> {
        Some(self.shared.world().key(key_id)?.secret.clone())
    }

    /// The ARN of whoever this key id, long-term or temporary, belongs to.
    pub fn owner_of(&self, key_id: &str) -> Option<String> {
        let world = self.shared.world();
        let caller = world.credential(key_id)?.caller;
        Some(
            world
                .account(&caller.account)
                .principal_arn(&caller.principal),
        )
    }

    /// Until when a temporary key is good, in seconds since the epoch.
    pub fn expiry_of(&self, key_id: &str) -> Option<u64> {
        self.shared.world().credential(key_id)?.expires
    }

    /// New things of this kind are not known everywhere at once; `None`: they are, as from the
    /// start.
    pub fn set_lag(&self, what: New, lag: Option<Lag>) {
        self.shared.world().lags.set(what, lag);
    }

    /// How many items a list action returns at most where the request does not say; AWS may
    /// return fewer than it has at any time.
    pub fn set_page_size(&self, items: u64) {
        self.shared.world().page_size = items;
    }

    /// What was sent that no correct client sends.
    pub fn violations(&self) -> Vec<String> {
        let log = self.shared.log();
        log.iter()
            .filter_map(|entry| entry.violation.clone())
            .collect()
    }

    /// Blocks until the process ends.
    pub fn serve_for_ever(self) {
        self.listener.wait();
    }
}
