//! `list-users`: one signed call, as a stand-in for any program that uses AWS.
//!
//! It finds its credentials as every AWS tool does, in the environment or by `AWS_PROFILE` in the two
//! files, and reads them with the AWS SDK's own parser. It knows nothing of `awsmfa`.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::config::{BehaviorVersion, Config, Region};
use aws_sdk_iam::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_smithy_http_client::Builder;

use crate::Result;

pub(crate) fn list_users() -> Result<()> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL")
        .map_err(|_| "list-users calls the demo's AWS alone, and AWS_ENDPOINT_URL is not set")?;
    let http = Builder::new().build_http();
    let files = ProviderConfig::without_region().with_http_client(http.clone());
    let profile = ProfileFileCredentialsProvider::builder().configure(&files);
    let environment = EnvironmentVariableCredentialsProvider::new();
    let found = CredentialsProviderChain::first_try("environment", environment)
        .or_else("profile", profile.build());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .http_client(http)
        .credentials_provider(found)
        .build();
    let call = Client::from_conf(config).list_users().send();
    let answer = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(call);
    match answer {
        Ok(list) => {
            for user in list.users() {
                println(user.arn())?;
            }
            Ok(())
        }
        // In the words of the AWS CLI, which many know by heart.
        Err(error) => Err(match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!(
                "An error occurred ({code}) when calling the ListUsers operation: {message}"
            ),
            _ => DisplayErrorContext(&error).to_string(),
        }
        .into()),
    }
}

fn println(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}")
}
