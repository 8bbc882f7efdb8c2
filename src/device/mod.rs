//! A virtual MFA device as such: its seed and the codes it makes, how the seed gets into an
//! authenticator, and the order in which a device is set up.
//!
//! Nothing here asks AWS or a person, and nothing prints: [`crate::commands`] does, step by step as
//! [`next`] says. A seed is a secret like an access key's; it is never on the disk unless the person
//! asked for a file with it.

mod guard;
mod otpauth;
mod pair;
mod picture;
mod png;
mod qr;
mod setup;
mod totp;

pub use guard::{Loss, losses};
pub use otpauth::uri;
pub use pair::{Pair, Wrong};
pub use picture::Picture;
pub use qr::{Drawing, Qr};
pub use setup::{Observed, Seen, Step, next};
pub use totp::{Seed, step_end};

use crate::arn::Arn;

/// How many devices a user may have enabled (IAM User Guide, "IAM and AWS STS quotas").
pub const MOST: usize = 8;

/// The ARN of the virtual device called `name`.
pub fn arn(partition: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:mfa/{name}")
}

/// The name of the device with this serial number, if that is the ARN of a virtual one.
pub fn name(serial: &str) -> Option<&str> {
    let arn = Arn::parse(serial)?;
    (arn.kind_and_name().0 == "mfa").then(|| arn.name())
}
