//! What exists in this AWS: accounts, users, keys, devices, roles, and the sessions handed out.
//!
//! Plain data and look-ups. It decides nothing: permissions are [`super::access`]'s, the actions'
//! rules are [`super::sts`]'s and [`super::iam`]'s, and time is passed in.

use std::collections::BTreeMap;

use super::federation::Desk;
use super::policy::Policy;
use super::random::Random;
use super::totp;

/// Access keys a user may have (IAM User Guide, "IAM and AWS STS quotas").
pub const KEYS_PER_USER: usize = 2;
/// Devices a user may have (same place).
pub const DEVICES_PER_USER: usize = 8;

#[derive(Debug)]
pub struct World {
    pub accounts: BTreeMap<String, Account>,
    /// By key id.
    pub sessions: BTreeMap<String, Session>,
    pub random: Random,
    /// The console's sign-in endpoint.
    pub desk: Desk,
    /// Items in one page of a list where the request does not say.
    pub page_size: u64,
}

#[derive(Debug)]
pub struct Account {
    pub id: String,
    pub partition: String,
    pub users: BTreeMap<String, User>,
    pub roles: BTreeMap<String, Role>,
    /// By serial number; assigned to a user or not.
    pub devices: BTreeMap<String, Device>,
    pub root_keys: Vec<Key>,
}

#[derive(Debug)]
pub struct User {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: u64,
    pub keys: Vec<Key>,
    /// By name.
    pub policies: BTreeMap<String, Policy>,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub secret: String,
    pub active: bool,
    pub created: u64,
}

#[derive(Debug)]
pub struct Role {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: u64,
    pub max_duration: u64,
    pub trust: Policy,
    pub policies: BTreeMap<String, Policy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Virtual,
    Hardware,
    /// Passkeys and security keys: AWS lists both under `u2f/`.
    Passkey,
}

#[derive(Debug)]
pub struct Device {
    pub serial: String,
    pub kind: Kind,
    /// Empty for a device that makes no codes.
    pub seed: Vec<u8>,
    pub user: Option<String>,
    pub enabled: Option<u64>,
    /// Time steps whose code was accepted; each can be spent once.
    spent: Vec<u64>,
}

impl Device {
    pub fn new(serial: String, kind: Kind, seed: Vec<u8>) -> Self {
        Self {
            serial,
            kind,
            seed,
            user: None,
            enabled: None,
            spent: Vec::new(),
        }
    }

    /// The steps whose codes AWS accepts at `now`: the current one first, then its neighbours.
    fn window(now: u64) -> [u64; 3] {
        let current = totp::step(now);
        [current, current + 1, current - 1]
    }

    /// The step that `code` belongs to, if it can be spent at `now`.
    pub fn accepts(&self, code: &str, now: u64) -> Option<u64> {
        Self::window(now)
            .into_iter()
            .find(|step| totp::code(&self.seed, *step) == code && !self.spent.contains(step))
    }

    pub fn spend(&mut self, step: u64) {
        self.spent.push(step);
    }

    /// A code that would be accepted at `now`, the one that stays good longest.
    pub fn unspent(&self, now: u64) -> Option<String> {
        Self::window(now)
            .into_iter()
            .map(|step| totp::code(&self.seed, step))
            .find(|code| self.accepts(code, now).is_some())
    }
}

/// Temporary credentials.
#[derive(Clone, Debug)]
pub struct Session {
    pub secret: String,
    pub token: String,
    pub expires: u64,
    pub principal: Principal,
    pub account: String,
    /// When the one-time code was given; role sessions carry none.
    pub mfa_at: Option<u64>,
    /// A role that was assumed with temporary credentials.
    pub chained: bool,
    /// Session policies: the session may do what they allow, too. None is no such limit.
    pub policies: Option<Vec<Policy>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Root,
    User {
        name: String,
    },
    Role {
        name: String,
        session: String,
    },
    /// Of GetFederationToken; no user is the root user.
    Federated {
        user: Option<String>,
        name: String,
    },
}

/// Who signed a request, and with what.
#[derive(Clone, Debug)]
pub struct Caller {
    pub key_id: String,
    pub account: String,
    pub partition: String,
    pub principal: Principal,
    pub temporary: bool,
    pub mfa_at: Option<u64>,
    pub session_policies: Option<Vec<Policy>>,
}

/// What a key id leads to, before the signature is looked at.
#[derive(Clone, Debug)]
pub struct Credential {
    pub caller: Caller,
    pub secret: String,
    pub token: Option<String>,
    pub expires: Option<u64>,
    pub active: bool,
}

impl World {
    pub fn new() -> Self {
        Self {
            accounts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            random: Random::new(),
            desk: Desk::default(),
            page_size: 100,
        }
    }

    pub fn account(&self, id: &str) -> &Account {
        &self.accounts[id]
    }

    pub fn account_mut(&mut self, id: &str) -> &mut Account {
        self.accounts
            .get_mut(id)
            .expect("the account was made before it is named")
    }

    /// Finds the owner of a key id. A session dies with its user or role, but not with the key
    /// that made it (IAM User Guide, "Disabling permissions for temporary security credentials").
    pub fn credential(&self, key_id: &str) -> Option<Credential> {
        if let Some(session) = self.sessions.get(key_id) {
            let account = self.account(&session.account);
            return account.has(&session.principal).then(|| Credential {
                caller: Caller {
                    session_policies: session.policies.clone(),
                    ..account.caller(key_id, session.principal.clone(), true, session.mfa_at)
                },
                secret: session.secret.clone(),
                token: Some(session.token.clone()),
                expires: Some(session.expires),
                active: true,
            });
        }
        self.accounts
            .values()
            .find_map(|account| account.long_term(key_id))
    }
}

impl Account {
    pub fn arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.id)
    }

    pub fn user_arn(&self, user: &User) -> String {
        self.arn(&format!("user{}{}", user.path, user.name))
    }

    pub fn role_arn(&self, role: &Role) -> String {
        self.arn(&format!("role{}{}", role.path, role.name))
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

    /// A user's devices in order of their serial numbers.
    pub fn devices_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Device> {
        self.devices
            .values()
            .filter(move |device| device.user.as_deref() == Some(user))
    }

    fn has(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Root => true,
            Principal::User { name } => self.users.contains_key(name),
            Principal::Role { name, .. } => self.roles.contains_key(name),
            Principal::Federated { user, .. } => user
                .as_ref()
                .is_none_or(|user| self.users.contains_key(user)),
        }
    }

    fn long_term(&self, key_id: &str) -> Option<Credential> {
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

    fn caller(
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
