//! What a test or the demo sets up: users, keys, devices, roles, policies, in a few words.
//!
//! Handles act on the running server at once and may be cloned; they panic on a scenario that
//! makes no sense (a third access key, a policy that cannot be read), because that is a mistake in
//! the test. The scenario bypasses permissions and limits of time, never AWS's quotas.

mod account;
mod role;
mod trust;
mod user;

use serde_json::Value;

use super::grants::Granted;
use super::model;
use super::policy::Policy;
use super::presets;

pub use account::{AccountHandle, GroupHandle};
pub use role::RoleHandle;
pub use trust::Trust;
pub use user::UserHandle;

/// Identity policies a user or role can be given by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// No policy at all.
    None,
    /// Own device, keys and password; no MFA asked.
    SelfService,
    /// Everything with MFA, next to nothing without.
    DenyWithoutMfa,
    /// Everything.
    Admin,
}

/// An access key with its secret.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub secret: String,
}

/// A device and its seed, raw and as an authenticator app takes it.
#[derive(Clone, Debug)]
pub struct Mfa {
    pub serial: String,
    pub seed: Vec<u8>,
    pub base32: String,
}

fn document(preset: Preset) -> Option<Value> {
    match preset {
        Preset::None => None,
        Preset::SelfService => Some(presets::self_service()),
        Preset::DenyWithoutMfa => Some(presets::deny_without_mfa()),
        Preset::Admin => Some(presets::admin()),
    }
}

fn parsed(document: Value) -> Policy {
    Policy::parse(document).unwrap_or_else(|why| panic!("the scenario's policy: {why}"))
}

/// `team/dev/alice` is `alice` under `/team/dev/`.
fn path_and_name(text: &str) -> (String, String) {
    match text.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name.to_owned()),
        None => ("/".to_owned(), text.to_owned()),
    }
}

/// A policy that is in force at once.
fn granted(document: Value) -> Granted {
    Granted::at_once(parsed(document))
}

fn shown(key: &model::Key) -> Key {
    Key {
        id: key.id.clone(),
        secret: key.secret.clone(),
    }
}
