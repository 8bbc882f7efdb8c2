//! HTTPS with a certificate authority of this server's own, made when it starts.
//!
//! Clients trust it by `AWS_CA_BUNDLE`; nothing is written to disk here.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

#[derive(Clone, Debug)]
pub struct Tls {
    pub config: Arc<ServerConfig>,
    /// The authority's certificate, for `AWS_CA_BUNDLE`.
    pub authority_pem: String,
}

impl Tls {
    /// A new authority and a certificate of it for 127.0.0.1, localhost and `names`.
    pub fn new(names: &[String]) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority
            .distinguished_name
            .push(DnType::CommonName, "local AWS test authority");
        let authority_key = KeyPair::generate().expect("a P-256 key can be made");
        let certificate = authority
            .self_signed(&authority_key)
            .expect("the parameters above are complete");
        let issuer = Issuer::new(authority, authority_key);

        let mut all_names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        all_names.extend_from_slice(names);
        let mut server =
            CertificateParams::new(all_names).expect("names are DNS names or addresses");
        server
            .distinguished_name
            .push(DnType::CommonName, "local AWS");
        server.use_authority_key_identifier_extension = true;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let server_key = KeyPair::generate().expect("a P-256 key can be made");
        let server_certificate = server
            .signed_by(&server_key, &issuer)
            .expect("the parameters above are complete");

        let key = PrivateKeyDer::try_from(server_key.serialize_der())
            .expect("rcgen writes keys that rustls reads");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![server_certificate.der().clone()], key)
            .expect("the key belongs to the certificate");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            config: Arc::new(config),
            authority_pem: certificate.pem(),
        }
    }
}
