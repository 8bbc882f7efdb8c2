//! Which STS and IAM to talk to: checks what was configured and fills the gaps; the SDK's rules
//! turn region, partition, FIPS and dual-stack into host names.
//!
//! Without a region the partition's first one is used (its STS cannot be switched off), never the
//! global `sts.amazonaws.com`, whose tokens fail in opt-in regions (IAM User Guide, "Manage AWS
//! STS in an AWS Region").

use super::Settings;
use crate::failure::{Failure, Kind, Result};
use crate::host::{has_scheme, is_endpoint, is_region, partition_of};

#[derive(Debug)]
pub(super) struct Endpoints {
    pub(super) region: String,
    pub(super) sts: Option<String>,
    pub(super) iam: Option<String>,
}

impl Endpoints {
    /// # Errors
    ///
    /// [`Kind::Configuration`] for a region that cannot be part of a host name, an endpoint that
    /// is no `http` or `https` URL, and an endpoint together with FIPS or dual-stack (which
    /// choose an endpoint themselves; the AWS CLI refuses that too).
    pub(super) fn choose(settings: &Settings) -> Result<Self> {
        let region = match &settings.region {
            Some(region) => {
                check_region(region)?;
                region.clone()
            }
            None => first_region(settings.partition.as_deref()).to_owned(),
        };
        let overridden = [&settings.sts_endpoint, &settings.iam_endpoint];
        for url in overridden.into_iter().flatten() {
            check_url(url)?;
            if settings.fips || settings.dual_stack {
                let which = if settings.fips { "FIPS" } else { "dual-stack" };
                return Err(Failure::new(
                    Kind::Configuration,
                    format!("an endpoint URL and {which} endpoints exclude each other"),
                )
                .at(url)
                .next("remove the endpoint URL or the setting"));
            }
        }
        Ok(Self {
            region,
            sts: settings.sts_endpoint.clone(),
            iam: settings.iam_endpoint.clone(),
        })
    }

    /// Whether any of the two is reached over TLS, which AWS's own always are.
    pub(super) fn any_https(&self) -> bool {
        [&self.sts, &self.iam]
            .into_iter()
            .any(|url| url.as_deref().is_none_or(|url| !has_scheme(url, "http")))
    }
}

/// The region that IAM's signatures name: one for each partition, wherever one works (AWS General
/// Reference, "AWS Identity and Access Management endpoints and quotas"). The SDK's rules know it
/// for IAM's own endpoints, and sign for the configured region where the endpoint is overridden.
pub(super) fn iam_signing_region(region: &str) -> &'static str {
    first_region(Some(partition_of(region)))
}

fn first_region(partition: Option<&str>) -> &'static str {
    match partition {
        Some("aws-cn") => "cn-north-1",
        Some("aws-us-gov") => "us-gov-west-1",
        Some("aws-iso") => "us-iso-east-1",
        Some("aws-iso-b") => "us-isob-east-1",
        Some("aws-iso-e") => "eu-isoe-west-1",
        Some("aws-iso-f") => "us-isof-south-1",
        Some("aws-eusc") => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

fn check_region(region: &str) -> Result<()> {
    if is_region(region) {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Configuration,
        "the configured region cannot be the name of one",
    )
    .note("a region looks like `eu-west-1`"))
}

fn check_url(url: &str) -> Result<()> {
    if is_endpoint(url) {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Configuration,
        "an endpoint URL must be `http://` or `https://`, a host and nothing secret",
    )
    .note("it looks like `https://sts.eu-west-1.amazonaws.com`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_region_at_all_still_works_in_every_partition() {
        for (partition, region) in [
            (None, "us-east-1"),
            (Some("aws"), "us-east-1"),
            (Some("aws-cn"), "cn-north-1"),
            (Some("aws-us-gov"), "us-gov-west-1"),
        ] {
            let settings = Settings {
                partition: partition.map(str::to_owned),
                ..Settings::default()
            };
            assert_eq!(Endpoints::choose(&settings).unwrap().region, region);
        }
    }

    #[test]
    fn iam_signs_for_one_region_of_each_partition() {
        for (region, signed) in [
            ("ap-northeast-1", "us-east-1"),
            ("us-east-1", "us-east-1"),
            ("cn-northwest-1", "cn-north-1"),
            ("us-gov-east-1", "us-gov-west-1"),
            ("us-isob-east-1", "us-isob-east-1"),
        ] {
            assert_eq!(iam_signing_region(region), signed, "{region}");
        }
    }

    #[test]
    fn what_cannot_be_an_endpoint_is_refused_before_anything_is_sent() {
        for url in [
            "",
            "sts.amazonaws.com",
            "ftp://sts.amazonaws.com",
            "https://",
            "https://user:hunter2@host",
            "https://host/?x=1",
            "https://ho st",
        ] {
            let settings = Settings {
                sts_endpoint: Some(url.to_owned()),
                ..Settings::default()
            };
            let failure = Endpoints::choose(&settings).unwrap_err();
            assert_eq!(failure.kind(), Kind::Configuration, "{url:?}");
            assert!(!failure.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn a_region_that_would_change_the_host_is_refused() {
        for region in ["", "eu-west-1.evil.example", "a/b", "eu west", "-x", "é"] {
            let settings = Settings {
                region: Some(region.to_owned()),
                ..Settings::default()
            };
            assert!(Endpoints::choose(&settings).is_err(), "{region:?}");
        }
    }

    #[test]
    fn an_endpoint_excludes_fips() {
        let settings = Settings {
            iam_endpoint: Some("http://127.0.0.1:4566".to_owned()),
            fips: true,
            ..Settings::default()
        };
        assert!(Endpoints::choose(&settings).is_err());
    }

    #[test]
    fn only_plain_http_on_both_sides_needs_no_root_certificates() {
        let plain = Some("HTTP://127.0.0.1:1".to_owned());
        let settings = Settings {
            sts_endpoint: plain.clone(),
            ..Settings::default()
        };
        assert!(Endpoints::choose(&settings).unwrap().any_https());
        let settings = Settings {
            iam_endpoint: plain,
            ..settings
        };
        assert!(!Endpoints::choose(&settings).unwrap().any_https());
    }
}
