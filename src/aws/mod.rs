//! Talking to AWS: who am I, a session for a code, a role, and what IAM does for a user (`iam`).
//!
//! This is the only module that names the SDK. It is handed a key, a device and a code by its
//! callers and hands back plain types of ours, or a [`Refusal`] that says in which situation the
//! person is. It reads no profile, asks nothing, writes no file, and never uses the SDK's own
//! credential chain: a mistyped profile must not end at the instance metadata service.
//!
//! One HTTP client (`http`) lives behind all calls, so the identity call that is sent while the
//! person types leaves an open connection for the call that carries the code.
//!
//! **When a request is sent again** (`retry` holds the rule). A request without a code is
//! repeated after anything transient, within a time budget. A request that carries a code is
//! repeated only where the first cannot have spent it: the connection was never made (name,
//! address, proxy, TLS), or AWS itself answered that it did not do it (throttled, its own 5xx
//! error document, a signature off in time). It is never repeated after a lost, broken-off or
//! foreign reply, a reset, a read time-out or a gateway's 502 or 504: the code may be spent, and
//! the answer "wrong code" to the repetition would be a lie. The same holds for a request that
//! creates something, and there AWS's own "internal failure" is no proof either: the refusal says
//! that it may be done ([`Refusal::may_be_done`]), and the caller looks before it asks again. A
//! device that is enabled, or resynchronized, with two codes is such a request.
//!
//! **The clock.** Requests are signed with this computer's clock until AWS refuses a signature
//! for its time; then with AWS's, as its `Date` header tells it, for the rest of the run
//! (`clock`).

mod again;
mod clock;
mod endpoint;
mod explain;
mod federation;
mod http;
mod iam;
mod proxy;
mod reach;
mod reply;
mod retry;
mod sts;
#[cfg(test)]
mod tests;
mod trust;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};

use crate::context::Context;
use crate::failure::Result;
use crate::secret::{AccessKey, Secret};

pub use explain::{Denial, IamSituation, Known, Refusal, Situation};
pub use federation::{CHECK_POLICIES, Federation, SignIn};
pub use iam::{Belonging, Holder, NewRole, Role, Tag, User};
pub use iam::{Device, DeviceKind, LastUse, NewDevice, NewKey, UserKey, VirtualDevice};
pub use iam::{LoginProfile, Making, PasswordPolicy, Report};
pub use reach::{Obstacles, Service, obstacles};
pub use sts::{AssumeRole, Identity, Issued};

use clock::AwsClock;
use endpoint::Endpoints;
use http::{Http, Wire};

/// How AWS is reached. [`Settings::default`] is what a person without any configuration gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The region whose STS endpoint is used; without one, the partition's first.
    pub region: Option<String>,
    /// `aws`, `aws-cn`, `aws-us-gov`, …; matters only where there is no region.
    pub partition: Option<String>,
    pub sts_endpoint: Option<String>,
    pub iam_endpoint: Option<String>,
    pub fips: bool,
    pub dual_stack: bool,
    /// A PEM file that replaces the system's root certificates (`AWS_CA_BUNDLE`, `ca_bundle`).
    pub ca_bundle: Option<PathBuf>,
    /// The most time one call may take, with all its repetitions.
    pub budget: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            region: None,
            partition: None,
            sts_endpoint: None,
            iam_endpoint: None,
            fips: false,
            dual_stack: false,
            ca_bundle: None,
            budget: Duration::from_secs(20),
        }
    }
}

/// Is given one line for each request that was sent: no secret is in it.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// The AWS of one partition and region, as one computer reaches it.
///
/// Its methods must be called within a tokio runtime that has time and I/O enabled.
pub struct Aws {
    shared: SdkConfig,
    endpoints: Endpoints,
    http: Arc<Http>,
    clock: AwsClock,
    fips: bool,
    dual_stack: bool,
    budget: Duration,
    trace: Trace,
}

impl Aws {
    /// Opens no connection and loads no root certificate: both wait for the first call.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`](crate::failure::Kind::Configuration) for a region or an endpoint
    /// that cannot be one, a proxy that cannot be used, and a CA bundle without a usable
    /// certificate where an `https` endpoint needs it.
    pub fn new(context: &Context, settings: Settings, trace: Trace) -> Result<Self> {
        let endpoints = Endpoints::choose(&settings)?;
        let proxies = proxy::Proxies::from_env(&context.env)?;
        let bundle = match endpoints.any_https() {
            true => trust::roots(&context.env, settings.ca_bundle.as_deref())?,
            false => None,
        };
        let clock = AwsClock::new(context.clock.clone());
        let connect_limit = Duration::from_secs(5).min(settings.budget);
        prepare_sdk();
        let http = Arc::new(Http::new(proxies, bundle, connect_limit));
        Ok(Self {
            shared: shared_config(&endpoints, &settings, clock.clone()),
            endpoints,
            http,
            clock,
            fips: settings.fips,
            dual_stack: settings.dual_stack,
            budget: settings.budget,
            trace,
        })
    }

    /// AWS's clock minus ours, from the `Date` of the last reply; right to about a second.
    pub fn skew(&self) -> Option<SignedDuration> {
        self.clock.skew()
    }

    /// What time it is for AWS, as far as its replies have told.
    pub fn now(&self) -> Timestamp {
        self.clock.aws_now()
    }

    fn sts(&self, key: &AccessKey, wire: Wire) -> aws_sdk_sts::Client {
        let config = self.sts_config(wire).credentials_provider(credentials(key));
        aws_sdk_sts::Client::from_conf(config.build())
    }

    fn unsigned_sts(&self, wire: Wire) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::from_conf(self.sts_config(wire).allow_no_auth().build())
    }

    fn sts_config(&self, wire: Wire) -> aws_sdk_sts::config::Builder {
        let mut config = aws_sdk_sts::config::Builder::from(&self.shared).http_client(wire);
        config.set_endpoint_url(self.endpoints.sts.clone());
        config
    }

    fn iam(&self, key: &AccessKey, wire: Wire) -> aws_sdk_iam::Client {
        let config = self.iam_config(wire).credentials_provider(credentials(key));
        aws_sdk_iam::Client::from_conf(config.build())
    }

    fn unsigned_iam(&self, wire: Wire) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::from_conf(self.iam_config(wire).allow_no_auth().build())
    }

    fn iam_config(&self, wire: Wire) -> aws_sdk_iam::config::Builder {
        let mut config = aws_sdk_iam::config::Builder::from(&self.shared).http_client(wire);
        if let Some(url) = &self.endpoints.iam {
            config.set_endpoint_url(Some(url.clone()));
            let region = endpoint::iam_signing_region(&self.endpoints.region);
            config.set_region(Some(Region::new(region)));
        }
        config
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws")
            .field("endpoints", &self.endpoints)
            .field("clock", &self.clock)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

/// Has the SDK read its table of partitions, which it does once in a process and before its first
/// client is there, while the files are looked at. Without a thread it happens later.
fn prepare_sdk() {
    let reading = || drop(aws_sdk_sts::config::endpoint::DefaultResolver::new());
    let _ = thread::Builder::new()
        .name("partitions".to_owned())
        .spawn(reading);
}

/// What both clients have in common. Whatever the SDK would do by itself is switched off: it
/// shall look for no credentials, repeat nothing, time nothing out and correct no clock, because
/// [`retry`] does, knowing about codes.
fn shared_config(endpoints: &Endpoints, settings: &Settings, clock: AwsClock) -> SdkConfig {
    let name = AppName::new(concat!("awsmfa-", env!("CARGO_PKG_VERSION")))
        .expect("letters, digits, dots and hyphens make an application name");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(endpoints.region.clone()))
        .use_fips(settings.fips)
        .use_dual_stack(settings.dual_stack)
        .app_name(name)
        .time_source(clock)
        .disable_clock_skew_correction(true)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .identity_cache(aws_config::identity::IdentityCache::no_cache())
        .build()
}

fn credentials(key: &AccessKey) -> Credentials {
    Credentials::new(
        key.id.as_str(),
        key.secret.expose(),
        key.token.as_ref().map(|token| token.expose().to_owned()),
        None,
        "awsmfa",
    )
}

/// What one call is about, as far as repeating and explaining it is concerned.
struct Call<'a> {
    operation: &'static str,
    key: &'a AccessKey,
    stake: Stake,
    /// What must not be found in anything printed, besides the key itself.
    secrets: Vec<&'a Secret>,
}

/// What is lost if a request is sent twice and both arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stake {
    /// Nothing: a question, or a deed that done twice is the deed done once.
    Nothing,
    /// A code, which AWS accepts once.
    Code,
    /// A thing that would be there twice, or whose secret only the lost reply held; or a deed for which
    /// the second request would be refused.
    Creation,
}

impl<'a> Call<'a> {
    fn new(operation: &'static str, key: &'a AccessKey) -> Self {
        Self {
            operation,
            key,
            stake: Stake::Nothing,
            secrets: Vec::new(),
        }
    }

    fn spends(mut self, codes: impl IntoIterator<Item = &'a Secret>) -> Self {
        let before = self.secrets.len();
        self.secrets.extend(codes);
        if self.secrets.len() > before {
            self.stake = Stake::Code;
        }
        self
    }

    /// Keeps these out of what is printed, too; they may be sent again.
    fn hides(mut self, secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    fn creates(self) -> Self {
        Self {
            stake: Stake::Creation,
            ..self
        }
    }
}
