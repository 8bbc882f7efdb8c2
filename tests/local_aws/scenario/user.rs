//! Users of the scenario, with their keys, devices and passwords.

use serde_json::Value;

use super::super::lag::Settling;
use super::super::model::{self, Belonging, Kind, User};
use super::super::password::LoginProfile;
use super::{AccountHandle, Key, Mfa, Preset, document, granted, shown};

#[derive(Clone, Debug)]
pub struct UserHandle {
    pub(super) account: AccountHandle,
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
            let name = format!("policy-{}", user.grants.inline.len() + 1);
            user.grants.inline.insert(name, granted(document));
        });
        self
    }

    /// Attaches AWS's policy of that name, or the account's own with that ARN.
    #[must_use]
    pub fn attach(self, policy: &str) -> Self {
        let (arn, attached) = self.account.managed(policy);
        self.with(|user| {
            user.grants.attached.insert(arn, attached);
        });
        self
    }

    #[must_use]
    pub fn tag(self, key: &str, value: &str) -> Self {
        self.with(|user| user.tags.push((key.to_owned(), value.to_owned())));
        self
    }

    pub fn clear_tags(&self) {
        self.with(|user| user.tags.clear());
    }

    /// Gives the user something else that keeps it from being deleted.
    #[must_use]
    pub fn owns(self, what: Belonging, id: &str) -> Self {
        self.with(|user| {
            user.belongings.insert((what, id.to_owned()));
        });
        self
    }

    /// A password for the console, whatever the password policy says.
    #[must_use]
    pub fn password(self, password: &str) -> Self {
        let now = self.account.shared.clock.now();
        self.with(|user| {
            user.login = Some(LoginProfile {
                created: now,
                changed: now,
                last_used: None,
                reset_required: false,
                passwords: vec![password.to_owned()],
                settling: Settling::default(),
            });
        });
        self
    }

    /// Signs in to the console: the password counts as used now.
    pub fn use_password(&self) {
        let now = self.account.shared.clock.now();
        self.with(|user| {
            let login = user.login.as_mut();
            login.expect("the user has a password").last_used = Some(now);
        });
    }

    /// The user's password.
    pub fn current_password(&self) -> Option<String> {
        let mut world = self.account.shared.world();
        let users = &world.account_mut(&self.account.id).users;
        let login = users.get(&self.name)?.login.as_ref()?;
        Some(login.password().to_owned())
    }

    /// A new active access key; two at most, as in AWS.
    pub fn key(&self) -> Key {
        let created = self.account.shared.clock.now();
        let mut world = self.account.shared.world();
        let key = model::Key::new(&mut world.random, created);
        let account = world.account_mut(&self.account.id);
        let most = account.quotas.keys_per_user;
        let user = account.users.get_mut(&self.name);
        let keys = &mut user.expect("the user still exists").keys;
        assert!(keys.len() < most, "a user has {most} keys at most");
        keys.push(key.clone());
        shown(&key)
    }

    /// Ids of the user's keys, oldest first, and whether each is active.
    pub fn keys(&self) -> Vec<(String, bool)> {
        let mut world = self.account.shared.world();
        let users = &world.account_mut(&self.account.id).users;
        let keys = &users[&self.name].keys;
        keys.iter()
            .map(|key| (key.id.clone(), key.active))
            .collect()
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
        let now = self.account.shared.clock.now();
        let mut world = self.account.shared.world();
        let account = world.account_mut(&self.account.id);
        assert!(
            account.devices_of(&self.name).count() < account.quotas.devices_per_user,
            "the user has as many devices as AWS allows"
        );
        drop(world);
        let mfa = self.account.device(serial, kind);
        let mut world = self.account.shared.world();
        let devices = &mut world.account_mut(&self.account.id).devices;
        let device = devices.get_mut(&mfa.serial).expect("it was just made");
        device.user = Some(self.name.clone());
        device.enabled = Some(now);
        mfa
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
        account
            .devices
            .retain(|_, device| device.user.as_ref() != Some(&self.name));
        world.remove_user(&self.account.id, &self.name);
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
