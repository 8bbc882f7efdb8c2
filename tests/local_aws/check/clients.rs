//! The AWS SDK for Rust as a client: signatures, parsing and TLS by people who never saw this server.

use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::local_aws::{Key, LocalAws, Preset, Trust};

fn http_client(aws: &LocalAws, encrypted: bool) -> SharedHttpClient {
    let builder = aws_smithy_http_client::Builder::new();
    if !encrypted {
        return builder.build_http();
    }
    let trust = TrustStore::empty().with_pem_certificate(aws.ca_pem());
    let context = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .unwrap();
    builder
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https()
}

pub(super) fn credentials(key: &Key, token: Option<&str>) -> Credentials {
    let token = token.map(str::to_owned);
    Credentials::new(&key.id, &key.secret, token, None, "test")
}

fn sts(aws: &LocalAws, encrypted: bool, credentials: Credentials) -> aws_sdk_sts::Client {
    aws_sdk_sts::Client::from_conf(
        aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url(aws.endpoint())
            .credentials_provider(credentials)
            .http_client(http_client(aws, encrypted))
            .build(),
    )
}

pub(super) fn iam(
    aws: &LocalAws,
    encrypted: bool,
    credentials: Credentials,
) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::from_conf(
        aws_sdk_iam::Config::builder()
            .behavior_version(aws_sdk_iam::config::BehaviorVersion::latest())
            .region(aws_sdk_iam::config::Region::new("us-east-1"))
            .endpoint_url(aws.endpoint())
            .credentials_provider(credentials)
            .http_client(http_client(aws, encrypted))
            .build(),
    )
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Identity, code, session, devices, role: what a sign-in does, with nothing odd in the log.
async fn sign_in(aws: &LocalAws, encrypted: bool) {
    let alice = aws.user("alice").policy(Preset::SelfService);
    let (key, device) = (alice.key(), alice.virtual_mfa());
    let role = aws.role("Admin").trusts(Trust::new(&alice.arn).mfa());
    let long_term = sts(aws, encrypted, credentials(&key, None));

    let identity = long_term.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some(alice.arn.as_str()));

    let wrong = long_term
        .get_session_token()
        .serial_number(&device.serial)
        .token_code(aws.wrong_code(&device.serial))
        .send()
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), Some("AccessDenied"));
    assert_eq!(
        wrong.message(),
        Some("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    );

    let session = long_term
        .get_session_token()
        .serial_number(&device.serial)
        .token_code(aws.code(&device.serial))
        .duration_seconds(900)
        .send()
        .await
        .unwrap();
    let session = session.credentials().unwrap();
    let left = session.expiration().secs() - i64::try_from(aws.now()).unwrap();
    assert!((895..=900).contains(&left), "{left}");

    let temporary = Key {
        id: session.access_key_id().to_owned(),
        secret: session.secret_access_key().to_owned(),
    };
    let temporary = credentials(&temporary, Some(session.session_token()));
    let devices = iam(aws, encrypted, temporary.clone())
        .list_mfa_devices()
        .send()
        .await
        .unwrap();
    let [listed] = devices.mfa_devices() else {
        panic!("one device: {devices:?}");
    };
    assert_eq!(listed.serial_number(), device.serial);

    let assumed = sts(aws, encrypted, temporary)
        .assume_role()
        .role_arn(&role.arn)
        .role_session_name("alice@laptop")
        .send()
        .await
        .unwrap();
    assert_eq!(
        assumed.assumed_role_user().unwrap().arn(),
        "arn:aws:sts::123456789012:assumed-role/Admin/alice@laptop"
    );
    assert_eq!(aws.violations(), Vec::<String>::new());
    let log = aws.log();
    let regions: Vec<Option<&str>> = log.iter().map(|entry| entry.region.as_deref()).collect();
    assert_eq!(regions[0], Some("eu-central-1"));
    assert_eq!(
        aws.operations(),
        [
            "GetCallerIdentity",
            "GetSessionToken",
            "GetSessionToken",
            "ListMFADevices",
            "AssumeRole"
        ]
    );
}

#[test]
fn the_sdk_signs_in_over_http() {
    block_on(sign_in(&LocalAws::start(), false));
}

#[test]
fn the_sdk_signs_in_over_https_trusting_only_our_authority() {
    block_on(sign_in(&LocalAws::start_tls(), true));
}

#[test]
fn a_client_that_does_not_trust_the_authority_sends_nothing() {
    let (aws, stranger) = (LocalAws::start_tls(), LocalAws::start_tls());
    let key = aws.user("alice").key();
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .retry_config(aws_sdk_sts::config::retry::RetryConfig::disabled())
        .endpoint_url(aws.endpoint())
        .credentials_provider(credentials(&key, None))
        .http_client(http_client(&stranger, true))
        .build();
    let client = aws_sdk_sts::Client::from_conf(config);
    let error = block_on(client.get_caller_identity().send()).unwrap_err();
    assert!(error.as_service_error().is_none(), "{error:?}");
    assert_eq!(aws.log().len(), 0);
    assert_eq!(aws.connections(), 1);
}
