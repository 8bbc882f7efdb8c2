//! The address that authenticators read from a QR code.
//!
//! It is spelled as in the picture that AWS makes itself (IAM API Reference, VirtualMFADevice,
//! "QRCodePNG"), so that an app shows the entry as it would after a scan in the console. The form
//! is Google Authenticator's "Key Uri Format"; algorithm, digits and period are its defaults.

use zeroize::Zeroizing;

use super::totp::Seed;
use crate::secret::Secret;

const ISSUER: &str = "Amazon%20Web%20Services";

/// The address for the device called `device` of this account.
pub fn uri(seed: &Seed, device: &str, account: &str) -> Secret {
    let base32 = seed.base32().expose();
    let label = escaped(device);
    let text = Zeroizing::new(format!(
        "otpauth://totp/{ISSUER}:{label}@{account}?secret={base32}&issuer={ISSUER}"
    ));
    Secret::new(text.as_str())
}

/// Names of IAM's may hold `+ = , @`, which mean something of their own in some readers.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_spelled_as_in_aws_s_own_picture() {
        let seed = Seed::from_base32(&Secret::new("MZXW6YTBOI")).unwrap();
        for (name, label) in [("alice", "alice"), ("a+b@c.d", "a%2Bb%40c.d")] {
            assert_eq!(
                uri(&seed, name, "123456789012").expose(),
                format!(
                    "otpauth://totp/Amazon%20Web%20Services:{label}@123456789012?secret=MZXW6YTBOI&issuer=Amazon%20Web%20Services"
                )
            );
        }
    }
}
