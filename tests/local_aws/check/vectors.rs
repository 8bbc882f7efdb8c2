//! The verifier against signatures that AWS published: requests of its Signature Version 4 test
//! suite and the ListUsers example of its documentation, with the signatures as literals.

use crate::local_aws::clock;
use crate::local_aws::http::Incoming;
use crate::local_aws::sigv4::Authorization;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct Vector {
    start: &'static str,
    /// Between Host and X-Amz-Date.
    headers: &'static str,
    signed: &'static str,
    service: &'static str,
    body: &'static str,
    signature: &'static str,
}

const VECTORS: [Vector; 9] = [
    Vector {
        start: "GET /",
        headers: "",
        signed: "host;x-amz-date",
        service: "service",
        body: "",
        signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    Vector {
        start: "POST /",
        headers: "My-Header1:value1\r\n",
        signed: "host;my-header1;x-amz-date",
        service: "service",
        body: "",
        signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    },
    Vector {
        start: "GET /",
        headers: "My-Header1: value1\r\nMy-Header2: \"a   b   c\"\r\n",
        signed: "host;my-header1;my-header2;x-amz-date",
        service: "service",
        body: "",
        signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    },
    Vector {
        start: "GET /",
        headers: "My-Header1:value2\r\nMy-Header1:value2\r\nMy-Header1:value1\r\n",
        signed: "host;my-header1;x-amz-date",
        service: "service",
        body: "",
        signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    },
    Vector {
        start: "GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
        headers: "",
        signed: "host;x-amz-date",
        service: "service",
        body: "",
        signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    },
    Vector {
        start: "GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        headers: "",
        signed: "host;x-amz-date",
        service: "service",
        body: "",
        signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    },
    Vector {
        start: "GET /",
        headers: "X-Amz-Security-Token:6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267\r\n",
        signed: "host;x-amz-date;x-amz-security-token",
        service: "service",
        body: "",
        signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
    },
    Vector {
        start: "POST /",
        headers: "Content-Type:application/x-www-form-urlencoded\r\nContent-Length:13\r\n\
                  x-amz-content-sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e\r\n",
        signed: "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
        service: "service",
        body: "Param1=value1",
        signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
    },
    Vector {
        start: "GET /?Action=ListUsers&Version=2010-05-08",
        headers: "Content-Type:application/x-www-form-urlencoded; charset=utf-8\r\n",
        signed: "content-type;host;x-amz-date",
        service: "iam",
        body: "",
        signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    },
];

fn text(vector: &Vector, body: &str, signature: &str) -> String {
    let host = if vector.service == "iam" {
        "iam.amazonaws.com"
    } else {
        "example.amazonaws.com"
    };
    format!(
        "{} HTTP/1.1\r\nHost:{host}\r\n{}X-Amz-Date:20150830T123600Z\r\n\
         Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{}/aws4_request, \
         SignedHeaders={}, Signature={signature}\r\n\r\n{body}",
        vector.start, vector.headers, vector.service, vector.signed
    )
}

fn verdict(text: &str, secret: &str) -> Result<(), String> {
    let now = clock::parse_basic("20150830T123600Z").unwrap();
    let request = Incoming::default().request(&mut text.as_bytes()).unwrap();
    Authorization::read(&request)
        .and_then(|authorization| authorization.verify(&request, secret, now))
        .map_err(|refusal| refusal.code)
}

#[test]
fn every_published_signature_is_accepted() {
    for vector in &VECTORS {
        let text = text(vector, vector.body, vector.signature);
        assert_eq!(verdict(&text, SECRET), Ok(()), "{text}");
    }
}

#[test]
fn no_published_signature_survives_a_change() {
    for vector in &VECTORS {
        let signature = vector.signature;
        let first = if signature.starts_with('0') { "1" } else { "0" };
        let other = format!("{first}{}", &signature[1..]);
        let good = text(vector, vector.body, signature);
        for spoilt in [
            text(vector, vector.body, &other),
            text(vector, vector.body, &signature.to_uppercase()),
            text(vector, vector.body, &signature[..63]),
            good.replacen("amazonaws", "amazonavs", 1),
            good.replacen(" /", " /x", 1),
            good.replacen("Param1=value1", "Param1=value2", 1),
        ] {
            if spoilt != good {
                let refused = Err("SignatureDoesNotMatch".to_owned());
                assert_eq!(verdict(&spoilt, SECRET), refused, "{spoilt}");
            }
        }
        assert!(verdict(&good, &SECRET.replace("EXAMPLE", "example")).is_err());
    }
}
