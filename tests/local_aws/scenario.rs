//! What a test or the demo sets up: users, keys, devices, roles, policies, in a few words.
//!
//! Handles act on the running server at once and may be cloned; they panic on a scenario that
//! makes no sense (a third access key, a policy that cannot be read), because that is a mistake in
//! the test. The scenario bypasses permissions and limits of time, never AWS's quotas.

use std::sync::Arc;

use serde_json::{Value, json};

use super::model::{self, DEVICES_PER_USER, Device, KEYS_PER_USER, Kind, Role, User};
use super::policy::Policy;
use super::presets;
use super::server::Shared;
use super::totp;

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

#[derive(Clone, Debug)]
pub struct AccountHandle {
    pub(super) shared: Arc<Shared>,
    pub id: String,
}

impl AccountHandle {
    pub(super) fn create(shared: &Arc<Shared>, id: &str, partition: &str) -> Self {
        shared
            .world()
            .accounts
            .entry(id.to_owned())
            .or_insert_with(|| model::Account {
                id: id.to_owned(),
                partition: partition.to_owned(),
                users: Default::default(),
                roles: Default::default(),
                devices: Default::default(),
                root_keys: Vec::new(),
            });
        Self {
            shared: Arc::clone(shared),
            id: id.to_owned(),
        }
    }

    /// A new user without keys, devices or policies; `team/alice` puts it under the path `/team/`.
    pub fn user(&self, name: &str) -> UserHandle {
        let (path, name) = path_and_name(name);
        let created = self.shared.clock.now();
        let mut world = self.shared.world();
        let id = world.random.id("AIDA", 21);
        let user = User {
            name: name.clone(),
            path,
            id,
            created,
            keys: Vec::new(),
            policies: Default::default(),
        };
        let account = world.account_mut(&self.id);
        let arn = account.user_arn(&user);
        let before = account.users.insert(name.clone(), user);
        assert!(before.is_none(), "there is a user {name} already");
        drop(world);
        UserHandle {
            account: self.clone(),
            name,
            arn,
        }
    }

    /// A new role without policies that trusts nobody; `team/Admin` puts it under `/team/`.
    pub fn role(&self, name: &str) -> RoleHandle {
        let (path, name) = path_and_name(name);
        let created = self.shared.clock.now();
        let mut world = self.shared.world();
        let role = Role {
            name: name.clone(),
            path,
            id: world.random.id("AROA", 21),
            created,
            max_duration: 3_600,
            trust: Policy::parse(json!({ "Statement": [] })).expect("an empty policy is one"),
            policies: Default::default(),
        };
        let account = world.account_mut(&self.id);
        let arn = account.role_arn(&role);
        let before = account.roles.insert(name.clone(), role);
        assert!(before.is_none(), "there is a role {name} already");
        drop(world);
        RoleHandle {
            account: self.clone(),
            name,
            arn,
        }
    }

    /// An access key of the account's root user.
    pub fn root_key(&self) -> Key {
        let created = self.shared.clock.now();
        let mut world = self.shared.world();
        let key = new_key(&mut world, created);
        world.account_mut(&self.id).root_keys.push(key.clone());
        shown(&key)
    }
}

#[derive(Clone, Debug)]
pub struct UserHandle {
    account: AccountHandle,
    pub name: String,
    pub arn: String,
}

impl UserHandle {
    /// Adds a policy by name.
    #[must_use]
    pub fn policy(self, preset: Preset) -> Self {
        match document(preset) {
            Some(document) => self.policy_document(document),
            None => self,
        }
    }

    /// Adds a policy as AWS reads it.
    #[must_use]
    pub fn policy_document(self, document: Value) -> Self {
        self.with(|user| {
            let name = format!("policy-{}", user.policies.len() + 1);
            user.policies.insert(name, parsed(document));
        });
        self
    }

    /// A new active access key; two at most, as in AWS.
    pub fn key(&self) -> Key {
        let created = self.account.shared.clock.now();
        let key = new_key(&mut self.account.shared.world(), created);
        self.with(|user| {
            assert!(
                user.keys.len() < KEYS_PER_USER,
                "a user has two keys at most"
            );
            user.keys.push(key.clone());
        });
        shown(&key)
    }

    /// Switches a key off or on; sessions made with it live on, as in AWS.
    pub fn set_key_active(&self, id: &str, active: bool) {
        self.with(|user| {
            let key = user.keys.iter_mut().find(|key| key.id == id);
            key.expect("the user has this key").active = active;
        });
    }

    /// An enabled virtual device named after the user.
    pub fn virtual_mfa(&self) -> Mfa {
        self.virtual_mfa_named(&self.name)
    }

    /// An enabled virtual device of that name.
    pub fn virtual_mfa_named(&self, name: &str) -> Mfa {
        let serial = self.arn_of(&format!("mfa/{name}"));
        self.device(serial, Kind::Virtual)
    }

    /// An enabled hardware device; its serial is no ARN.
    pub fn hardware_mfa(&self, serial: &str) -> Mfa {
        self.device(serial.to_owned(), Kind::Hardware)
    }

    /// An enabled passkey or security key; it makes no codes.
    pub fn passkey(&self, name: &str) -> String {
        let id = self.account.shared.world().random.id(name, name.len() + 27);
        let serial = self.arn_of(&format!("u2f/user/{}/{id}", self.name));
        self.device(serial, Kind::Passkey).serial
    }

    fn device(&self, serial: String, kind: Kind) -> Mfa {
        let enabled = self.account.shared.clock.now();
        let mut world = self.account.shared.world();
        let seed = match kind {
            // 64 base32 letters, as AWS hands out.
            Kind::Virtual => world.random.bytes(40),
            Kind::Hardware => world.random.bytes(20),
            Kind::Passkey => Vec::new(),
        };
        let mut device = Device::new(serial.clone(), kind, seed.clone());
        device.user = Some(self.name.clone());
        device.enabled = Some(enabled);
        let account = world.account_mut(&self.account.id);
        assert!(
            account.devices_of(&self.name).count() < DEVICES_PER_USER,
            "a user has eight devices at most"
        );
        let before = account.devices.insert(serial.clone(), device);
        assert!(before.is_none(), "there is a device {serial} already");
        Mfa {
            serial,
            base32: totp::base32(&seed),
            seed,
        }
    }

    /// Removes one of the user's devices.
    pub fn remove_device(&self, serial: &str) {
        let mut world = self.account.shared.world();
        let removed = world.account_mut(&self.account.id).devices.remove(serial);
        assert!(removed.is_some(), "there is no device {serial}");
    }

    /// Removes the user, and with it their devices and every session of theirs.
    pub fn delete(self) {
        let mut world = self.account.shared.world();
        let account = world.account_mut(&self.account.id);
        account.users.remove(&self.name);
        account
            .devices
            .retain(|_, device| device.user.as_ref() != Some(&self.name));
    }

    fn arn_of(&self, resource: &str) -> String {
        let world = self.account.shared.world();
        world.account(&self.account.id).arn(resource)
    }

    fn with(&self, change: impl FnOnce(&mut User)) {
        let mut world = self.account.shared.world();
        let users = &mut world.account_mut(&self.account.id).users;
        change(users.get_mut(&self.name).expect("the user still exists"));
    }
}

#[derive(Clone, Debug)]
pub struct RoleHandle {
    account: AccountHandle,
    pub name: String,
    pub arn: String,
}

impl RoleHandle {
    /// Replaces the trust policy by one built here.
    #[must_use]
    pub fn trusts(self, trust: Trust) -> Self {
        self.trust_document(trust.document())
    }

    /// Replaces the trust policy by one as AWS reads it.
    #[must_use]
    pub fn trust_document(self, document: Value) -> Self {
        self.with(|role| role.trust = parsed(document));
        self
    }

    /// The longest session, 3600 to 43200 seconds.
    #[must_use]
    pub fn max_duration(self, seconds: u64) -> Self {
        assert!((3_600..=43_200).contains(&seconds), "AWS allows 1 to 12 h");
        self.with(|role| role.max_duration = seconds);
        self
    }

    #[must_use]
    pub fn policy(self, preset: Preset) -> Self {
        match document(preset) {
            Some(document) => self.policy_document(document),
            None => self,
        }
    }

    #[must_use]
    pub fn policy_document(self, document: Value) -> Self {
        self.with(|role| {
            let name = format!("policy-{}", role.policies.len() + 1);
            role.policies.insert(name, parsed(document));
        });
        self
    }

    fn with(&self, change: impl FnOnce(&mut Role)) {
        let mut world = self.account.shared.world();
        let roles = &mut world.account_mut(&self.account.id).roles;
        change(roles.get_mut(&self.name).expect("the role still exists"));
    }
}

/// A trust policy with one statement.
#[derive(Clone, Debug)]
pub struct Trust {
    principal: String,
    conditions: Value,
}

impl Trust {
    /// Trusts a user, a role, an account (`arn:aws:iam::123456789012:root`) or `*`.
    pub fn new(principal: &str) -> Self {
        Self {
            principal: principal.to_owned(),
            conditions: json!({}),
        }
    }

    /// `Bool aws:MultiFactorAuthPresent = true`.
    #[must_use]
    pub fn mfa(self) -> Self {
        self.condition("Bool", "aws:MultiFactorAuthPresent", "true")
    }

    /// `NumericLessThan aws:MultiFactorAuthAge`.
    #[must_use]
    pub fn mfa_younger_than(self, seconds: u64) -> Self {
        let seconds = seconds.to_string();
        self.condition("NumericLessThan", "aws:MultiFactorAuthAge", &seconds)
    }

    #[must_use]
    pub fn external_id(self, id: &str) -> Self {
        self.condition("StringEquals", "sts:ExternalId", id)
    }

    /// `*` and `?` are wildcards; `${aws:username}` is the caller's name.
    #[must_use]
    pub fn session_name(self, pattern: &str) -> Self {
        self.condition("StringLike", "sts:RoleSessionName", pattern)
    }

    #[must_use]
    pub fn condition(mut self, operator: &str, key: &str, value: &str) -> Self {
        self.conditions[operator][key] = Value::from(value);
        self
    }

    pub fn document(&self) -> Value {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": self.principal },
                "Action": "sts:AssumeRole",
                "Condition": self.conditions,
            }],
        })
    }
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

fn new_key(world: &mut model::World, created: u64) -> model::Key {
    model::Key {
        id: world.random.id("AKIA", 20),
        secret: world.random.secret(),
        active: true,
        created,
    }
}

fn shown(key: &model::Key) -> Key {
    Key {
        id: key.id.clone(),
        secret: key.secret.clone(),
    }
}
