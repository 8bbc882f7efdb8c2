//! What exists in an account of this AWS: users, groups, keys, devices, roles.
//!
//! Plain data and look-ups. It decides nothing: permissions are [`super::access`]'s, the actions'
//! rules are [`super::sts`]'s and [`super::iam`]'s, and time is passed in.

use std::collections::{BTreeMap, BTreeSet};

pub use super::device::{Device, Kind};
use super::grants::Grants;
use super::lag::Settling;
use super::password::{LoginProfile, PasswordPolicy};
use super::policy::Policy;
use super::quota::Quotas;
use super::random::Random;
use super::report::Reports;
use super::trust::TrustPolicy;
pub use super::world::{Caller, Credential, Principal, Session, World};

/// Key and value, in the order in which they were given.
pub type Tags = Vec<(String, String)>;

#[derive(Debug)]
pub struct Account {
    pub id: String,
    pub partition: String,
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, Group>,
    pub roles: BTreeMap<String, Role>,
    /// The account's own managed policies, by ARN.
    pub policies: BTreeMap<String, Policy>,
    /// By serial number; assigned to a user or not.
    pub devices: BTreeMap<String, Device>,
    pub root_keys: Vec<Key>,
    pub password_policy: Option<PasswordPolicy>,
    pub reports: Reports,
    pub quotas: Quotas,
    /// Seconds since the epoch.
    pub created: u64,
}

#[derive(Debug)]
pub struct User {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: u64,
    pub keys: Vec<Key>,
    pub grants: Grants,
    pub tags: Tags,
    pub login: Option<LoginProfile>,
    /// What else a user can own and nobody here can make: ids by kind.
    pub belongings: BTreeSet<(Belonging, String)>,
    /// Until it is a valid principal.
    pub settling: Settling,
    pub in_iam: InIam,
}

/// Until IAM itself knows a user, a role or a virtual device as it is.
#[derive(Clone, Debug, Default)]
pub struct InIam {
    /// Until it is found.
    pub name: Settling,
    /// Until the tags that it was made with are shown.
    pub tags: Settling,
    /// Until what was taken from it counts no more.
    pub removal: Settling,
}

/// Credentials that awsmfa never makes but that keep a user from being deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belonging {
    SigningCertificate,
    SshPublicKey,
    ServiceSpecificCredential,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub secret: String,
    pub active: bool,
    pub created: u64,
    /// Until it is accepted.
    pub settling: Settling,
    /// Until it is listed.
    pub listed: Settling,
    pub last_used: Option<LastUsed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUsed {
    pub at: u64,
    pub service: String,
    pub region: String,
}

#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: u64,
    pub grants: Grants,
    pub members: BTreeSet<String>,
}

#[derive(Debug)]
pub struct Role {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: u64,
    pub description: Option<String>,
    pub max_duration: u64,
    pub trust: TrustPolicy,
    /// In force until the present one has settled.
    pub former_trust: Option<TrustPolicy>,
    pub trust_settling: Settling,
    pub grants: Grants,
    pub tags: Tags,
    /// Instance profiles it is in, by name.
    pub instance_profiles: BTreeSet<String>,
    pub last_used: Option<LastUsed>,
    /// Until it can be assumed.
    pub settling: Settling,
    pub in_iam: InIam,
}

impl User {
    pub fn new(id: String, path: &str, name: &str, created: u64) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            id,
            created,
            keys: Vec::new(),
            grants: Grants::default(),
            tags: Tags::new(),
            login: None,
            belongings: BTreeSet::new(),
            settling: Settling::default(),
            in_iam: InIam::default(),
        }
    }
}

impl Key {
    pub fn new(random: &mut Random, created: u64) -> Self {
        Self {
            id: random.id("AKIA", 20),
            secret: random.secret(),
            active: true,
            created,
            settling: Settling::default(),
            listed: Settling::default(),
            last_used: None,
        }
    }
}

impl Role {
    pub fn new(id: String, path: &str, name: &str, created: u64, trust: TrustPolicy) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            id,
            created,
            description: None,
            max_duration: 3_600,
            trust,
            former_trust: None,
            trust_settling: Settling::default(),
            grants: Grants::default(),
            tags: Tags::new(),
            instance_profiles: BTreeSet::new(),
            last_used: None,
            settling: Settling::default(),
            in_iam: InIam::default(),
        }
    }

    /// The trust policy in force.
    pub fn trust_at(&self, now: u64) -> &TrustPolicy {
        match &self.former_trust {
            Some(former) if !self.trust_settling.settled(now) => former,
            _ => &self.trust,
        }
    }
}

impl Account {
    pub fn new(id: &str, partition: &str, created: u64) -> Self {
        Self {
            id: id.to_owned(),
            partition: partition.to_owned(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            roles: BTreeMap::new(),
            policies: BTreeMap::new(),
            devices: BTreeMap::new(),
            root_keys: Vec::new(),
            password_policy: None,
            reports: Reports::default(),
            quotas: Quotas::default(),
            created,
        }
    }

    pub fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.id)
    }

    pub fn user_arn(&self, user: &User) -> String {
        self.arn(&format!("user{}{}", user.path, user.name))
    }

    pub fn role_arn(&self, role: &Role) -> String {
        self.arn(&format!("role{}{}", role.path, role.name))
    }

    pub fn group_arn(&self, group: &Group) -> String {
        self.arn(&format!("group{}{}", group.path, group.name))
    }

    pub fn role_by_arn(&self, arn: &str) -> Option<&Role> {
        self.roles.values().find(|role| self.role_arn(role) == arn)
    }

    /// The caller's own ARN, as GetCallerIdentity shows it.
    pub fn principal_arn(&self, principal: &Principal) -> String {
        match principal {
            Principal::Root => self.arn("root"),
            Principal::User { name } => self.user_arn(&self.users[name]),
            Principal::Role { name, session } => format!(
                "arn:{}:sts::{}:assumed-role/{name}/{session}",
                self.partition, self.id
            ),
            Principal::Federated { name, .. } => format!(
                "arn:{}:sts::{}:federated-user/{name}",
                self.partition, self.id
            ),
        }
    }

    /// The caller's unique id, as GetCallerIdentity shows it.
    pub fn principal_id(&self, principal: &Principal) -> String {
        match principal {
            Principal::Root => self.id.clone(),
            Principal::User { name } => self.users[name].id.clone(),
            Principal::Role { name, session } => format!("{}:{session}", self.roles[name].id),
            Principal::Federated { name, .. } => format!("{}:{name}", self.id),
        }
    }

    /// The groups a user is in, in order of their names.
    pub fn groups_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Group> {
        self.groups
            .values()
            .filter(move |group| group.members.contains(user))
    }

    /// A user's devices in order of their serial numbers.
    pub fn devices_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Device> {
        self.devices
            .values()
            .filter(move |device| device.user.as_deref() == Some(user))
    }

    pub fn has(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Root => true,
            Principal::User { name } => self.users.contains_key(name),
            Principal::Role { name, .. } => self.roles.contains_key(name),
            Principal::Federated { user, .. } => user
                .as_ref()
                .is_none_or(|user| self.users.contains_key(user)),
        }
    }

    pub fn long_term(&self, key_id: &str) -> Option<Credential> {
        let root = self.root_keys.iter().map(|key| (key, Principal::Root));
        let users = self.users.values().flat_map(|user| {
            user.keys.iter().map(|key| {
                let name = user.name.clone();
                (key, Principal::User { name })
            })
        });
        let (key, principal) = root.chain(users).find(|(key, _)| key.id == key_id)?;
        Some(Credential {
            caller: self.caller(key_id, principal, false, None),
            secret: key.secret.clone(),
            token: None,
            expires: None,
            active: key.active,
        })
    }

    pub fn caller(
        &self,
        key_id: &str,
        principal: Principal,
        temporary: bool,
        mfa_at: Option<u64>,
    ) -> Caller {
        Caller {
            key_id: key_id.to_owned(),
            account: self.id.clone(),
            partition: self.partition.clone(),
            principal,
            temporary,
            mfa_at,
            session_policies: None,
        }
    }
}
