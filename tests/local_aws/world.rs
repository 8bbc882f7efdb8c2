//! All accounts together, the sessions handed out, and whom a key id leads to.
//!
//! Look-ups across accounts; what one account holds is [`super::model`]'s.

use std::collections::BTreeMap;

use super::federation::Desk;
use super::lag::Lags;
use super::model::{Account, Key, LastUsed};
use super::policy::Policy;
use super::random::Random;

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
    pub lags: Lags,
    /// Whether a code is used up by an AssumeRole that is refused for its duration. Nobody documents
    /// the order in which AWS checks.
    pub code_before_duration: bool,
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
            lags: Lags::default(),
            code_before_duration: false,
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

    /// The user's or role's unique id behind an ARN.
    pub fn unique_id(&self, arn: &str) -> Option<String> {
        let account = self.accounts.get(arn.split(':').nth(4)?)?;
        let user = account
            .users
            .values()
            .find(|user| account.user_arn(user) == arn);
        let role = || account.role_by_arn(arn).map(|role| &role.id);
        user.map(|user| &user.id).or_else(role).cloned()
    }

    /// Removes a user, and with it every session and membership of theirs.
    pub fn remove_user(&mut self, account: &str, name: &str) {
        let of_them = |principal: &Principal| match principal {
            Principal::User { name: user } => user == name,
            Principal::Federated { user, .. } => user.as_deref() == Some(name),
            Principal::Root | Principal::Role { .. } => false,
        };
        self.sessions
            .retain(|_, session| session.account != account || !of_them(&session.principal));
        let account = self.account_mut(account);
        account.users.remove(name);
        for group in account.groups.values_mut() {
            group.members.remove(name);
        }
    }

    /// Removes a role, and with it every session of it.
    pub fn remove_role(&mut self, account: &str, role: &str) {
        self.sessions.retain(|_, session| {
            let of_it = matches!(&session.principal, Principal::Role { name, .. } if name == role);
            session.account != account || !of_it
        });
        self.account_mut(account).roles.remove(role);
    }

    /// Remembers that somebody's credentials were used.
    pub fn used(&mut self, caller: &Caller, service: &str, region: &str, now: u64) {
        let used = Some(LastUsed {
            at: now,
            service: service.to_owned(),
            region: region.to_owned(),
        });
        match &caller.principal {
            Principal::Role { name, .. } => {
                let roles = &mut self.account_mut(&caller.account).roles;
                if let Some(role) = roles.get_mut(name) {
                    role.last_used = used;
                }
            }
            _ => {
                if let Some(key) = self.key_mut(&caller.key_id) {
                    key.last_used = used;
                }
            }
        }
    }

    /// A long-term key, whoever it belongs to.
    pub fn key(&self, key_id: &str) -> Option<&Key> {
        let mut keys = self.accounts.values().flat_map(|account| {
            let users = account.users.values();
            users.flat_map(|user| &user.keys).chain(&account.root_keys)
        });
        keys.find(|key| key.id == key_id)
    }

    /// A long-term key, whoever it belongs to.
    pub fn key_mut(&mut self, key_id: &str) -> Option<&mut Key> {
        let accounts = self.accounts.values_mut();
        let mut keys = accounts.flat_map(|account| {
            let users = account.users.values_mut();
            let root = account.root_keys.iter_mut();
            users.flat_map(|user| user.keys.iter_mut()).chain(root)
        });
        keys.find(|key| key.id == key_id)
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
