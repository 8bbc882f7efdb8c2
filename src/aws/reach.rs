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
    let roots = || trust::roots(&context.env, settings.ca_bundle.as_deref());
    Obstacles {
        endpoints: endpoints.err(),
        proxy: Proxies::from_env(&context.env).err(),
        ca_bundle: wants_tls.then(roots).and_then(Result::err),
    }
}

impl Aws {
    /// The URL that the service is called at: the configured one, else what the SDK's rules make of
    /// region, partition, FIPS and dual-stack; none where they know no such place.
    pub async fn address(&self, service: Service) -> Option<String> {
        let configured = match service {
            Service::Sts => &self.endpoints.sts,
            Service::Iam => &self.endpoints.iam,
        };
        if let Some(url) = configured {
            return Some(url.clone());
        }
        let (region, fips, dual) = (&self.endpoints.region, self.fips, self.dual_stack);
        let found = match service {
            Service::Sts => {
                use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let params = Params::builder().region(region).use_fips(fips);
                let params = params.use_dual_stack(dual).build().ok()?;
                DefaultResolver::new().resolve_endpoint(&params).await
            }
            Service::Iam => {
                use aws_sdk_iam::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let params = Params::builder().region(region).use_fips(fips);
                let params = params.use_dual_stack(dual).build().ok()?;
                DefaultResolver::new().resolve_endpoint(&params).await
            }
        };
        Some(found.ok()?.url().to_owned())
    }

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn addresses(settings: Settings) -> [Option<String>; 2] {
        let context = Context {
            env: Default::default(),
            home: None,
            clock: crate::context::Clock::system(),
        };
        let aws = Aws::new(&context, settings, Arc::new(|_| {})).unwrap();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.build().unwrap();
        [Service::Sts, Service::Iam].map(|service| runtime.block_on(aws.address(service)))
    }

    #[test]
    fn the_address_is_that_of_region_and_partition() {
        let region = |name: &str| Settings {
            region: Some(name.to_owned()),
            ..Settings::default()
        };
        for (settings, sts, iam) in [
            (
                Settings::default(),
                "https://sts.us-east-1.amazonaws.com",
                "https://iam.amazonaws.com",
            ),
            (
                region("ap-northeast-1"),
                "https://sts.ap-northeast-1.amazonaws.com",
                "https://iam.amazonaws.com",
            ),
            (
                region("cn-northwest-1"),
                "https://sts.cn-northwest-1.amazonaws.com.cn",
                "https://iam.cn-north-1.amazonaws.com.cn",
            ),
            (
                Settings {
                    fips: true,
                    ..region("us-gov-west-1")
                },
                "https://sts.us-gov-west-1.amazonaws.com",
                "https://iam.us-gov.amazonaws.com",
            ),
            (
                Settings {
                    sts_endpoint: Some("http://127.0.0.1:1".to_owned()),
                    ..region("eu-west-1")
                },
                "http://127.0.0.1:1",
                "https://iam.amazonaws.com",
            ),
        ] {
            let found = addresses(settings.clone());
            let expected = [sts, iam].map(|url| Some(url.to_owned()));
            assert_eq!(found, expected, "{settings:?}");
        }
    }
}
