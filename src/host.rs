//! What may become the address of a request: the name of a region, which is a part of AWS's host
//! names, and the URL of an endpoint.
//!
//! A request carries a signature, and perhaps a code that is good once, so nothing may lead it
//! elsewhere than it seems. The rules are here once: for [`crate::profile`], which can say where a
//! wrong value stands, and for [`crate::aws`], which sends nothing without them. That the host
//! exists is not looked at.

/// Whether `text` can be a region: one label of a host name (RFC 1123), in lower case as AWS
/// writes it.
pub fn is_region(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether `url` is one that the HTTP client takes as it is and reads as we do: `http` or `https`,
/// a host, perhaps a port and a path. No user name or password, no query (RFC 3986, "Syntax
/// Components").
pub fn is_endpoint(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let known = ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    let clean = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    known && is_host_and_port(authority) && path.bytes().all(clean)
}

fn is_host_and_port(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, port)| {
            address.parse::<std::net::Ipv6Addr>().is_ok()
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        });
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !host.is_empty() && host.bytes().all(allowed) && port.is_none_or(is_port)
}

/// The HTTP client takes a port that is none for the scheme's own.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// The partition whose regions are named like this one (AWS General Reference, "AWS service
/// endpoints"; the SDKs' `partitions.json`). What no other partition claims is `aws`.
pub fn partition_of(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    let found = PARTITIONS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix));
    found.map_or("aws", |(_, partition)| partition)
}

/// Whether `url` is of that scheme, which may be spelled in either case (RFC 3986, "Scheme").
pub fn has_scheme(url: &str, scheme: &str) -> bool {
    url.split_once("://")
        .is_some_and(|(found, _)| found.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_one_label_of_a_host_name() {
        for text in [
            "eu-west-1",
            "us-gov-west-1",
            "cn-north-1",
            "aws-global",
            "local",
        ] {
            assert!(is_region(text), "{text:?}");
        }
        let long = "a".repeat(64);
        for text in [
            "",
            "EU-WEST-1",
            "eu west 1",
            "eu-west-1.evil.example",
            "a/b",
            "-a",
            "a-",
            "é",
            &long,
        ] {
            assert!(!is_region(text), "{text:?}");
        }
    }

    #[test]
    fn a_region_s_name_tells_its_partition() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("us-east-1", "aws"),
            ("local", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition_of(region), partition, "{region}");
        }
    }

    #[test]
    fn an_endpoint_is_a_plain_http_url() {
        for url in [
            "https://sts.eu-west-1.amazonaws.com",
            "http://127.0.0.1:5000",
            "HTTP://127.0.0.1:1",
            "http://localhost:4566/path",
            "http://a_b.internal:65535/a/b%20c/",
            "http://[::1]:80",
            "https://[2001:db8::1]/",
        ] {
            assert!(is_endpoint(url), "{url:?}");
        }
        for url in [
            "",
            "sts.amazonaws.com",
            "ftp://host",
            "https://",
            "http://:80",
            "http:///path",
            "http://a b",
            "http://user:secret@host",
            "http://host\n",
            "http://host?x=1",
            "http://host/?x=1",
            "http://host#x",
            "http://host/`",
            "http://host|x",
            "http://host\\@evil.example",
        ] {
            assert!(!is_endpoint(url), "{url:?}");
        }
    }

    #[test]
    fn a_port_that_is_none_is_not_taken_for_the_schemes_own() {
        for url in [
            "http://host:",
            "http://host:abc",
            "http://host:99999",
            "http://host:+80",
            "http://host:80:80",
            "http://[::1]:99999",
            "http://[::1]80",
            "http://[::1",
            "http://[host]",
        ] {
            assert!(!is_endpoint(url), "{url:?}");
        }
    }
}
