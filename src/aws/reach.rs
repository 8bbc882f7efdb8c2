//! Whether AWS can be reached at all, for whoever looks for a fault: with no key and no profile.
//!
//! A request that nobody has signed is refused by AWS, in words that only AWS writes, and with its
//! `Date`. That proves name, route, proxy, TLS and clock, and needs nothing of the user's.

use super::explain::Refusal;
use super::{Aws, Call, Settings, endpoint::Endpoints, proxy::Proxies, trust};
use crate::context::Context;
use crate::failure::Failure;
use crate::secret::{AccessKey, Secret};

/// One of the two that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Sts,
    Iam,
}

impl Service {
    /// As AWS writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Service::Sts => "STS",
            Service::Iam => "IAM",
        }
    }
}

/// Why AWS cannot even be asked, each thing by itself.
#[derive(Debug)]
pub struct Obstacles {
    /// Region, endpoints, FIPS and dual-stack.
    pub endpoints: Option<Failure>,
    pub proxy: Option<Failure>,
    pub ca_bundle: Option<Failure>,
}

/// Everything that would make [`Aws::new`] fail, where that tells of the first alone.
pub fn obstacles(context: &Context, settings: &Settings) -> Obstacles {
    let endpoints = Endpoints::choose(settings);
    let wants_tls = endpoints.as_ref().map_or(true, Endpoints::any_https);
    let bundle = settings.ca_bundle.as_deref().filter(|_| wants_tls);
    Obstacles {
        endpoints: endpoints.err(),
        proxy: Proxies::from_env(&context.env).err(),
        ca_bundle: bundle.and_then(|path| trust::read_bundle(path).err()),
    }
}

impl Aws {
    /// Asks the service something without saying who asks. That AWS refuses it is the answer.
    pub async fn reach(&self, service: Service) -> Result<(), Refusal> {
        let nobody = AccessKey {
            id: String::new(),
            secret: Secret::default(),
            token: None,
        };
        let outcome = match service {
            Service::Sts => {
                let call = Call::new("GetCallerIdentity", &nobody);
                let attempt = |wire| self.unsigned_sts(wire).get_caller_identity().send();
                self.send(&call, attempt, |_| Ok(())).await
            }
            Service::Iam => {
                let call = Call::new("ListMFADevices", &nobody);
                let attempt = |wire| self.unsigned_iam(wire).list_mfa_devices().send();
                self.send(&call, attempt, |_| Ok(())).await
            }
        };
        match outcome {
            Err(refusal) if refusal.is_answer() => Ok(()),
            outcome => outcome,
        }
    }
}
