//! Accounts of the scenario, and what is the account's own.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::grants::Granted;
use super::super::managed;
use super::super::model::{self, Account, Device, Group, Kind, Role, User};
use super::super::password::PasswordPolicy;
use super::super::quota::Quotas;
use super::super::server::Shared;
use super::super::totp;
use super::super::trust::TrustPolicy;
use super::{
    Key, Mfa, Preset, RoleHandle, UserHandle, document, granted, parsed, path_and_name, shown,
};

#[derive(Clone, Debug)]
pub struct AccountHandle {
    pub(in super::super) shared: Arc<Shared>,
    pub id: String,
}

impl AccountHandle {
    pub(in super::super) fn create(shared: &Arc<Shared>, id: &str, partition: &str) -> Self {
        let created = shared.clock.now();
        let accounts = &mut shared.world().accounts;
        accounts
            .entry(id.to_owned())
            .or_insert_with(|| Account::new(id, partition, created));
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
        let user = User::new(world.random.id("AIDA", 21), &path, &name, created);
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

    /// The user of that name, whoever made them.
    pub fn existing_user(&self, name: &str) -> Option<UserHandle> {
        let world = self.shared.world();
        let account = world.account(&self.id);
        Some(UserHandle {
            account: self.clone(),
            name: name.to_owned(),
            arn: account.user_arn(account.users.get(name)?),
        })
    }

    /// A new role without policies that trusts nobody; `team/Admin` puts it under `/team/`.
    pub fn role(&self, name: &str) -> RoleHandle {
        let (path, name) = path_and_name(name);
        let created = self.shared.clock.now();
        let mut world = self.shared.world();
        let nobody = parsed(json!({ "Statement": [] }));
        let trust = TrustPolicy::bind(nobody, &world);
        let role = Role::new(world.random.id("AROA", 21), &path, &name, created, trust);
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

    /// A role that is there, whoever made it.
    pub fn existing_role(&self, name: &str) -> Option<RoleHandle> {
        let world = self.shared.world();
        let account = world.account(&self.id);
        let role = account.roles.get(name)?;
        Some(RoleHandle {
            account: self.clone(),
            name: name.to_owned(),
            arn: account.role_arn(role),
        })
    }

    /// A new group without members or policies.
    pub fn group(&self, name: &str) -> GroupHandle {
        let (path, name) = path_and_name(name);
        let created = self.shared.clock.now();
        let mut world = self.shared.world();
        let group = Group {
            id: world.random.id("AGPA", 21),
            name: name.clone(),
            path,
            created,
            grants: Default::default(),
            members: Default::default(),
        };
        let account = world.account_mut(&self.id);
        let arn = account.group_arn(&group);
        let before = account.groups.insert(name.clone(), group);
        assert!(before.is_none(), "there is a group {name} already");
        drop(world);
        GroupHandle {
            account: self.clone(),
            name,
            arn,
        }
    }

    /// A virtual device that nobody has enabled, as CreateVirtualMFADevice leaves it.
    pub fn unassigned_mfa(&self, name: &str) -> Mfa {
        let serial = self
            .shared
            .world()
            .account(&self.id)
            .arn(&format!("mfa/{name}"));
        self.device(serial, Kind::Virtual)
    }

    /// A hardware device that nobody has enabled.
    pub fn unassigned_hardware_mfa(&self, serial: &str) -> Mfa {
        self.device(serial.to_owned(), Kind::Hardware)
    }

    /// The root user's virtual device, which ListVirtualMFADevices shows with the others.
    pub fn root_mfa(&self) -> Mfa {
        let mfa = self.unassigned_mfa("root-account-mfa-device");
        let now = self.shared.clock.now();
        let mut world = self.shared.world();
        let devices = &mut world.account_mut(&self.id).devices;
        devices
            .get_mut(&mfa.serial)
            .expect("it was just made")
            .enabled = Some(now);
        mfa
    }

    pub(super) fn device(&self, serial: String, kind: Kind) -> Mfa {
        let mut world = self.shared.world();
        let seed = match kind {
            // 64 base32 letters, as AWS hands out.
            Kind::Virtual => world.random.bytes(40),
            Kind::Hardware => world.random.bytes(20),
            Kind::Passkey => Vec::new(),
        };
        let device = Device::new(serial.clone(), kind, seed.clone());
        let devices = &mut world.account_mut(&self.id).devices;
        let before = devices.insert(serial.clone(), device);
        assert!(before.is_none(), "there is a device {serial} already");
        Mfa {
            serial,
            base32: totp::base32(&seed),
            seed,
        }
    }

    /// A managed policy of the account's own; returns its ARN.
    pub fn managed_policy(&self, name: &str, content: Value) -> String {
        let mut world = self.shared.world();
        let account = world.account_mut(&self.id);
        let arn = account.arn(&format!("policy/{name}"));
        account.policies.insert(arn.clone(), parsed(content));
        arn
    }

    /// ARN and content of a managed policy that exists.
    pub(super) fn managed(&self, policy: &str) -> (String, Granted) {
        let world = self.shared.world();
        let account = world.account(&self.id);
        let arn = if policy.starts_with("arn:") {
            policy.to_owned()
        } else {
            format!("arn:{}:iam::aws:policy/{policy}", account.partition)
        };
        let own = account.policies.get(&arn).cloned();
        let content = own.or_else(|| managed::by_arn(&arn, &account.partition));
        let content = content.unwrap_or_else(|| panic!("there is no policy {arn}"));
        (arn, Granted::at_once(content))
    }

    /// Sets the account's password policy; `None`: it has none, as from the start.
    pub fn password_policy(&self, policy: Option<PasswordPolicy>) {
        self.shared.world().account_mut(&self.id).password_policy = policy;
    }

    /// How many calls of GenerateCredentialReport find a new report still in progress; with
    /// `u32::MAX` it never gets done.
    pub fn report_takes(&self, polls: u32) {
        self.shared.world().account_mut(&self.id).reports.polls = polls;
    }

    /// Changes how much of everything the account may have.
    pub fn quotas(&self, change: impl FnOnce(&mut Quotas)) {
        change(&mut self.shared.world().account_mut(&self.id).quotas);
    }

    /// An access key of the account's root user.
    pub fn root_key(&self) -> Key {
        let created = self.shared.clock.now();
        let mut world = self.shared.world();
        let key = model::Key::new(&mut world.random, created);
        world.account_mut(&self.id).root_keys.push(key.clone());
        shown(&key)
    }
}

/// A group of the account's users.
#[derive(Clone, Debug)]
pub struct GroupHandle {
    account: AccountHandle,
    pub name: String,
    pub arn: String,
}

impl GroupHandle {
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
        let mut world = self.account.shared.world();
        let groups = &mut world.account_mut(&self.account.id).groups;
        let inline = &mut groups
            .get_mut(&self.name)
            .expect("it was made")
            .grants
            .inline;
        inline.insert(format!("policy-{}", inline.len() + 1), granted(document));
        drop(world);
        self
    }

    /// Puts a user into the group.
    pub fn member(&self, user: &UserHandle) {
        let mut world = self.account.shared.world();
        let groups = &mut world.account_mut(&self.account.id).groups;
        let group = groups.get_mut(&self.name).expect("it was made");
        group.members.insert(user.name.clone());
    }
}
