//! Asks AWS who one is with the Rust SDK and its own chain of credential providers, and prints the
//! ARN: what any program in Rust does that names no provider.
//!
//! ```text
//! AWS_PROFILE=dev-mfa cargo run --example rust_sdk
//! awsmfa exec --serve -p dev -- cargo run --example rust_sdk
//! ```
//!
//! `AWS_CA_BUNDLE` names other root certificates than the system's; the SDK does not read it.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program of its own: it reads its environment, and stdout carries its one line"
)]

use std::error::Error;

use aws_config::{BehaviorVersion, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let roots = match std::env::var_os("AWS_CA_BUNDLE") {
        Some(bundle) => TrustStore::empty().with_pem_certificate(std::fs::read(bundle)?),
        None => TrustStore::default(),
    };
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(TlsContext::builder().with_trust_store(roots).build()?)
        .build_https();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client)
        .region(Region::new("us-east-1"))
        .load()
        .await;
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity();
    let identity = identity.send().await?;
    println!("{}", identity.arn().ok_or("AWS named nobody")?);
    Ok(())
}
