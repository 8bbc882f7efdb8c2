//! Roles of the scenario.

use serde_json::Value;

use super::super::model::Role;
use super::super::trust::TrustPolicy;
use super::{AccountHandle, Preset, Trust, document, granted, parsed};

#[derive(Clone, Debug)]
pub struct RoleHandle {
    pub(super) account: AccountHandle,
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
        let mut world = self.account.shared.world();
        let trust = TrustPolicy::bind(parsed(document), &world);
        let roles = &mut world.account_mut(&self.account.id).roles;
        roles
            .get_mut(&self.name)
            .expect("the role still exists")
            .trust = trust;
        drop(world);
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
            let name = format!("policy-{}", role.grants.inline.len() + 1);
            role.grants.inline.insert(name, granted(document));
        });
        self
    }

    /// Attaches AWS's policy of that name, or the account's own with that ARN.
    #[must_use]
    pub fn attach(self, policy: &str) -> Self {
        let (arn, attached) = self.account.managed(policy);
        self.with(|role| {
            role.grants.attached.insert(arn, attached);
        });
        self
    }

    #[must_use]
    pub fn tag(self, key: &str, value: &str) -> Self {
        self.with(|role| role.tags.push((key.to_owned(), value.to_owned())));
        self
    }

    #[must_use]
    pub fn in_instance_profile(self, name: &str) -> Self {
        self.with(|role| {
            role.instance_profiles.insert(name.to_owned());
        });
        self
    }

    fn with(&self, change: impl FnOnce(&mut Role)) {
        let mut world = self.account.shared.world();
        let roles = &mut world.account_mut(&self.account.id).roles;
        change(roles.get_mut(&self.name).expect("the role still exists"));
    }
}
