//! The addresses of the AWS Management Console: where its sign-in endpoint is, where a service's
//! page is, and the URL that leads through the one to the other.
//!
//! Pure: it calls nothing and opens nothing. [`crate::aws`] gets the sign-in token that a
//! [`login_url`] is made of; [`crate::browser`] opens it.
//!
//! Sources: IAM User Guide, "Enable custom identity broker access to the AWS console"; AWS General
//! Reference, "AWS Sign-In endpoints and quotas" and "AWS Management Console endpoints and
//! quotas"; the endpoint rules of the service `signin` in the SDKs; AWS GovCloud (US) User Guide,
//! Amazon Web Services in China, "Getting Started", and the endpoint reference of the AWS European
//! Sovereign Cloud for their host names.

use zeroize::Zeroizing;

use crate::host::partition_of;
use crate::secret::Secret;

/// How long a sign-in token is good, in minutes.
pub const TOKEN_MINUTES: i64 = 15;

/// Whom the console names as the one to go back to when the session has ended.
const ISSUER: &str = "awsmfa";

/// The console of one partition, as it is reached from one region.
#[derive(Debug, PartialEq, Eq)]
pub struct Console {
    /// Scheme and host of the sign-in endpoint.
    pub signin: String,
    home: String,
    region: Option<String>,
}

/// The hosts of one partition.
struct Hosts {
    signin: &'static str,
    console: &'static str,
    /// The region whose sign-in endpoint has no region in its name.
    first: Option<&'static str>,
}

impl Console {
    /// A region of another partition, or none that is one (`aws-global`), is left out: the console
    /// then chooses the region itself. `None` for a partition whose console AWS does not document.
    pub fn locate(partition: &str, region: Option<&str>) -> Option<Self> {
        let hosts = hosts(partition)?;
        let region =
            region.filter(|name| partition_of(name) == partition && !name.ends_with("-global"));
        let signin = match region.or(hosts.fallback()) {
            Some(region) if hosts.first != Some(region) => format!("{region}.{}", hosts.signin),
            _ => hosts.signin.to_owned(),
        };
        let home = match region {
            Some(region) => format!("https://{region}.{}", hosts.console),
            None => format!("https://{}", hosts.console),
        };
        Some(Self {
            signin: format!("https://{signin}"),
            home,
            region: region.map(str::to_owned),
        })
    }

    /// The page of a service, or the console's first page.
    pub fn page(&self, service: Option<&str>) -> String {
        let path = service.map_or("console", path_of);
        let query = match &self.region {
            Some(region) => format!("?region={region}"),
            None => String::new(),
        };
        format!("{}/{path}/home{query}", self.home)
    }
}

impl Hosts {
    /// Where every sign-in endpoint has a region in its name, the partition's only one.
    fn fallback(&self) -> Option<&'static str> {
        self.first.is_none().then_some("eusc-de-east-1")
    }
}

fn hosts(partition: &str) -> Option<Hosts> {
    let (signin, console, first) = match partition {
        "aws" => (
            "signin.aws.amazon.com",
            "console.aws.amazon.com",
            Some("us-east-1"),
        ),
        "aws-us-gov" => (
            "signin.amazonaws-us-gov.com",
            "console.amazonaws-us-gov.com",
            Some("us-gov-west-1"),
        ),
        "aws-cn" => (
            "signin.amazonaws.cn",
            "console.amazonaws.cn",
            Some("cn-north-1"),
        ),
        "aws-eusc" => (
            "signin.amazonaws-eusc.eu",
            "console.amazonaws-eusc.eu",
            None,
        ),
        _ => return None,
    };
    Some(Hosts {
        signin,
        console,
        first,
    })
}

/// Services whose page has another name than the AWS CLI's command. Every other name is the
/// page's own; whether there is such a page, the console says.
const PAGES: [(&str, &str); 16] = [
    ("ce", "cost-management"),
    ("codeartifact", "codesuite/codeartifact"),
    ("codebuild", "codesuite/codebuild"),
    ("codecommit", "codesuite/codecommit"),
    ("codedeploy", "codesuite/codedeploy"),
    ("codepipeline", "codesuite/codepipeline"),
    ("configservice", "config"),
    ("dms", "dms/v2"),
    ("dynamodb", "dynamodbv2"),
    ("logs", "cloudwatch"),
    ("opensearch", "aos"),
    ("redshift", "redshiftv2"),
    ("route53", "route53/v2"),
    ("ssm", "systems-manager"),
    ("sso-admin", "singlesignon"),
    ("stepfunctions", "states"),
];

fn path_of(service: &str) -> &str {
    let known = PAGES.iter().find(|(name, _)| *name == service);
    known.map_or(service, |(_, path)| path)
}

/// Whether `text` can be the name of a service: it becomes a part of an address.
pub fn is_service(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Where the sign-in endpoint listens below the address of the service.
pub fn federation(signin: &str) -> String {
    format!("{}/federation", signin.trim_end_matches('/'))
}

/// What signs in whoever has it, and shows `page`.
pub fn login_url(signin: &str, page: &str, token: &Secret) -> Secret {
    let (page, token) = (encoded(page), Zeroizing::new(encoded(token.expose())));
    let address = federation(signin);
    let rest = ["?Action=login&Issuer=", ISSUER, "&Destination=", &page];
    Secret::new([address.as_str(), &rest.concat(), "&SigninToken=", &token].concat())
}

/// Percent-encoding of everything but unreserved characters (RFC 3986, section 2.3), which a query
/// and a form both take.
pub fn encoded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    // Room for the worst: growing would leave copies of a secret behind.
    let mut out = String::with_capacity(3 * text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(partition: &str, region: Option<&str>) -> (String, String) {
        let console = Console::locate(partition, region).unwrap();
        (console.signin.clone(), console.page(Some("s3")))
    }

    #[test]
    fn every_partition_has_its_own_addresses() {
        for (partition, region, signin, page) in [
            (
                "aws",
                None,
                "https://signin.aws.amazon.com",
                "https://console.aws.amazon.com/s3/home",
            ),
            (
                "aws",
                Some("us-east-1"),
                "https://signin.aws.amazon.com",
                "https://us-east-1.console.aws.amazon.com/s3/home?region=us-east-1",
            ),
            (
                "aws",
                Some("ap-northeast-1"),
                "https://ap-northeast-1.signin.aws.amazon.com",
                "https://ap-northeast-1.console.aws.amazon.com/s3/home?region=ap-northeast-1",
            ),
            (
                "aws-us-gov",
                None,
                "https://signin.amazonaws-us-gov.com",
                "https://console.amazonaws-us-gov.com/s3/home",
            ),
            (
                "aws-us-gov",
                Some("us-gov-west-1"),
                "https://signin.amazonaws-us-gov.com",
                "https://us-gov-west-1.console.amazonaws-us-gov.com/s3/home?region=us-gov-west-1",
            ),
            (
                "aws-us-gov",
                Some("us-gov-east-1"),
                "https://us-gov-east-1.signin.amazonaws-us-gov.com",
                "https://us-gov-east-1.console.amazonaws-us-gov.com/s3/home?region=us-gov-east-1",
            ),
            (
                "aws-cn",
                None,
                "https://signin.amazonaws.cn",
                "https://console.amazonaws.cn/s3/home",
            ),
            (
                "aws-cn",
                Some("cn-northwest-1"),
                "https://cn-northwest-1.signin.amazonaws.cn",
                "https://cn-northwest-1.console.amazonaws.cn/s3/home?region=cn-northwest-1",
            ),
            (
                "aws-eusc",
                None,
                "https://eusc-de-east-1.signin.amazonaws-eusc.eu",
                "https://console.amazonaws-eusc.eu/s3/home",
            ),
            (
                "aws-eusc",
                Some("eusc-de-east-1"),
                "https://eusc-de-east-1.signin.amazonaws-eusc.eu",
                "https://eusc-de-east-1.console.amazonaws-eusc.eu/s3/home?region=eusc-de-east-1",
            ),
        ] {
            let expected = (signin.to_owned(), page.to_owned());
            assert_eq!(located(partition, region), expected);
        }
    }

    #[test]
    fn a_partition_without_a_documented_console_has_none() {
        for partition in [
            "aws-iso",
            "aws-iso-b",
            "aws-iso-e",
            "aws-iso-f",
            "",
            "aws-x",
        ] {
            assert_eq!(Console::locate(partition, None), None, "{partition}");
        }
    }

    #[test]
    fn a_region_that_is_not_the_partition_s_decides_nothing() {
        for (partition, region) in [
            ("aws", "cn-north-1"),
            ("aws", "aws-global"),
            ("aws-cn", "us-east-1"),
            ("aws-us-gov", "eu-west-1"),
        ] {
            assert_eq!(located(partition, Some(region)), located(partition, None));
        }
    }

    #[test]
    fn a_service_is_named_as_in_the_aws_cli_or_as_its_page() {
        let console = Console::locate("aws", Some("eu-west-1")).unwrap();
        for (service, path) in [
            (None, "console"),
            (Some("cloudformation"), "cloudformation"),
            (Some("dynamodb"), "dynamodbv2"),
            (Some("dynamodbv2"), "dynamodbv2"),
            (Some("codebuild"), "codesuite/codebuild"),
            (Some("something-new"), "something-new"),
        ] {
            assert_eq!(
                console.page(service),
                format!("https://eu-west-1.console.aws.amazon.com/{path}/home?region=eu-west-1")
            );
        }
        assert!(PAGES.is_sorted(), "they are looked up by eye, too");
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_service() {
        for text in ["s3", "ec2", "something-new", "1"] {
            assert!(is_service(text), "{text:?}");
        }
        let long = "a".repeat(65);
        for text in [
            "", "S3", "s3/home", "../x", "s3?x", "s3#x", "s 3", "é", "a%2f", "@evil", &long,
        ] {
            assert!(!is_service(text), "{text:?}");
        }
    }

    #[test]
    fn the_url_is_what_aws_documents_with_every_value_encoded() {
        let token = Secret::new("VCQgs5+qZ/t=é");
        let url = login_url(
            "https://signin.aws.amazon.com",
            "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1",
            &token,
        );
        assert_eq!(
            url.expose(),
            "https://signin.aws.amazon.com/federation?Action=login&Issuer=awsmfa\
             &Destination=https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Fs3%2Fhome%3Fregion%3Deu-west-1\
             &SigninToken=VCQgs5%2BqZ%2Ft%3D%C3%A9"
        );
    }

    #[test]
    fn an_endpoint_of_one_s_own_may_end_with_a_slash() {
        for signin in ["http://127.0.0.1:1/aws", "http://127.0.0.1:1/aws/"] {
            assert_eq!(federation(signin), "http://127.0.0.1:1/aws/federation");
        }
    }
}
