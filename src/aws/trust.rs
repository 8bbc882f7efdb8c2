//! The certificates that a private CA bundle brings.
//!
//! Only regular files are read: to open a pipe would wait for its writer, past every time-out.
//! `AWS_CA_BUNDLE` (or `ca_bundle`) replaces the system's root certificates, as in the AWS CLI.
//! The SDK takes the file's text and panics on what it cannot use, so it is read and checked here
//! first, and only the certificates that can be a root are handed on. The system's own roots are
//! not touched here: they load later, off-thread, where a connection needs them ([`super::http`]).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::context::Env;
use crate::failure::{Failure, Kind, Result};

const SYSTEM_ROOTS: &str = "SSL_CERT_FILE";

/// A hundred times the root certificates of a system, in bytes.
const LARGEST: u64 = 32 << 20;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates to trust instead of the system's, as PEM, if there is a bundle.
///
/// # Errors
///
/// As for [`read_bundle`], and [`Kind::Configuration`] if `SSL_CERT_FILE`, which stands for the
/// system's roots, is not a regular file.
pub(super) fn roots(env: &Env, bundle: Option<&Path>) -> Result<Option<Vec<u8>>> {
    if let Some(path) = bundle {
        return read_bundle(path).map(Some);
    }
    // rustls-native-certs opens it later, without a look at what it is.
    match env.raw(SYSTEM_ROOTS).map(Path::new) {
        Some(path) if is_special(path) => {
            let what = format!("{SYSTEM_ROOTS} is not a regular file");
            let remedy = format!("set {SYSTEM_ROOTS} to a file of PEM certificates, or unset it");
            let failure = Failure::new(Kind::Configuration, what);
            Err(failure.at(path.display()).next(remedy))
        }
        _ => Ok(None),
    }
}

/// Whether this, followed through links, is a pipe, a device or a socket.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir())
}

/// The usable certificates of the bundle, as PEM.
///
/// # Errors
///
/// [`Kind::Configuration`] for a file that cannot be read, has a broken certificate, or none that
/// TLS could trust.
fn read_bundle(path: &Path) -> Result<Vec<u8>> {
    if is_special(path) {
        return Err(failure(path, "the CA bundle is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| failure(path, "the CA bundle cannot be read").because(error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failure(path, "the CA bundle is larger than any could be"));
    }
    match usable(&String::from_utf8_lossy(&bytes)) {
        Ok(pem) if pem.is_empty() => Err(failure(path, "the CA bundle holds no certificate")),
        Ok(pem) => Ok(pem.into_bytes()),
        Err(nth) => Err(failure(
            path,
            &format!("certificate {nth} in the CA bundle is broken"),
        )),
    }
}

fn failure(path: &Path, what: &str) -> Failure {
    Failure::new(Kind::Configuration, what)
        .at(path.display())
        .next(
            "set AWS_CA_BUNDLE (or `ca_bundle` in the config file) to a file of PEM certificates, or remove it",
        )
}

/// Leaves out what surrounds the certificates (comments, private keys), and the certificates that
/// are sound PEM but that TLS would not take as a root: one such oddity among a hundred must not
/// stop anybody. `Err` is the number, from one, of a certificate that is not even that.
fn usable(text: &str) -> std::result::Result<String, usize> {
    let mut kept = String::new();
    let mut roots = RootCertStore::empty();
    for (index, part) in text.split(BEGIN).skip(1).enumerate() {
        let (body, _) = part.split_once(END).ok_or(index + 1)?;
        let pem = format!("{BEGIN}{body}{END}\n");
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| index + 1)?;
        match roots.add(certificate) {
            Ok(()) => kept.push_str(&pem),
            Err(_) => continue,
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> String {
        rcgen::generate_simple_self_signed(["localhost".to_owned()])
            .unwrap()
            .cert
            .pem()
    }

    #[test]
    fn certificates_are_kept_and_what_surrounds_them_is_not() {
        let one = certificate();
        let text = format!(
            "# corporate CA\n{one}\n-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n{one}"
        );
        let kept = usable(&text).unwrap();
        assert_eq!(kept.matches(BEGIN).count(), 2);
        assert!(!kept.contains("PRIVATE"));
        assert!(!kept.contains("corporate"));
    }

    #[test]
    fn sound_pem_that_is_no_certificate_is_left_out() {
        let odd = format!("{BEGIN}\nAAAA\n{END}\n");
        assert_eq!(usable(&odd).unwrap(), "");
        assert!(
            !usable(&format!("{odd}{}", certificate()))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_broken_bundle_is_refused_with_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let good = certificate();
        for (name, text, what) in [
            ("empty", String::new(), "holds no certificate"),
            (
                "key-only",
                "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n".to_owned(),
                "holds no certificate",
            ),
            ("cut", good[..good.len() / 2].to_owned(), "certificate 1"),
            (
                "noise",
                format!("{good}{BEGIN}\n!!!!\n{END}\n"),
                "certificate 2",
            ),
        ] {
            let path = directory.path().join(name);
            write(&path, &text);
            let failure = read_bundle(&path).unwrap_err();
            assert_eq!(failure.kind(), Kind::Configuration);
            assert!(failure.what().contains(what), "{name}: {failure}");
            assert!(failure.place().unwrap().ends_with(name));
        }
        let failure = read_bundle(&directory.path().join("absent")).unwrap_err();
        assert!(failure.what().contains("cannot be read"));
        assert!(read_bundle(directory.path()).is_err());
        #[cfg(unix)]
        {
            let failure = read_bundle(Path::new("/dev/zero")).unwrap_err();
            assert!(failure.what().contains("not a regular file"), "{failure}");
        }
        let large = directory.path().join("large");
        write(&large, "");
        let file = File::options().write(true).open(&large).unwrap();
        file.set_len(LARGEST + 1).unwrap();
        let failure = read_bundle(&large).unwrap_err();
        assert!(failure.what().contains("larger"), "{failure}");
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
    }
}
