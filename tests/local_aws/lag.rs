//! Eventual consistency on order: what was just made is not known everywhere at once.
//!
//! AWS is distributed; a new access key is refused for some seconds, a new user is no valid
//! principal yet, and another server of IAM's own may not know either (IAM User Guide, "Changes that
//! I make are not always immediately visible"). A
//! scenario says which kind of new thing lags and for how long: by this AWS's own clock, or by the
//! number of requests that stumble over it. Nothing here sleeps, so a test repeats exactly.

use std::cell::Cell;
use std::collections::BTreeMap;

/// What can be new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum New {
    /// A key that CreateAccessKey made: InvalidClientTokenId.
    AccessKey,
    /// A user as a principal of a trust policy: MalformedPolicyDocument.
    User,
    /// A role: whoever assumes it, or names it in a trust policy, is told that it is not there.
    Role,
    /// A trust policy that replaced another: the old one is still in force.
    TrustPolicy,
    /// An attached or inline policy: neither its allows nor its denies hold yet.
    Policy,
    /// A device that was just enabled: it cannot sign in yet.
    Device,
    /// That a virtual device was created, or that any was enabled or deactivated: the lists show it as
    /// it was before, while every other action knows.
    DeviceListing,
    /// A login profile: EntityTemporarilyUnmodifiable.
    LoginProfile,
    /// A user whom IAM's own calls do not find yet: NoSuchEntity. The name is taken all the same.
    UserName,
    /// A role, likewise.
    RoleName,
    /// A virtual device that is not in the list yet, and cannot be enabled: NoSuchEntity.
    VirtualDevice,
    /// A key that is not in the list yet.
    ListedKey,
    /// The tags that a user or a role was made with: they are not shown yet.
    Tags,
    /// What was taken from a user, a role or a device still counts: DeleteConflict.
    Removal,
}

/// How long it lags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// By the server's clock, from the moment it was made.
    Seconds(u64),
    /// So many requests stumble over it; the next does not.
    Requests(u32),
}

/// Which new things lag.
#[derive(Debug, Default)]
pub struct Lags(BTreeMap<New, Lag>);

impl Lags {
    /// `None`: known everywhere at once, as is everything unless a scenario says otherwise.
    pub fn set(&mut self, what: New, lag: Option<Lag>) {
        match lag {
            Some(lag) => self.0.insert(what, lag),
            None => self.0.remove(&what),
        };
    }

    /// For something made at `now`.
    pub fn start(&self, what: New, now: u64) -> Settling {
        match self.0.get(&what) {
            None => Settling::default(),
            Some(Lag::Seconds(seconds)) => Settling {
                until: now + seconds,
                stumbles: Cell::new(0),
            },
            Some(Lag::Requests(count)) => Settling {
                until: 0,
                stumbles: Cell::new(*count),
            },
        }
    }
}

/// Whether one thing has become known everywhere; by default it has.
#[derive(Clone, Debug, Default)]
pub struct Settling {
    until: u64,
    /// A look counts, and looking changes nothing else: hence the cell.
    stumbles: Cell<u32>,
}

impl Settling {
    /// The same for who does not depend on it.
    pub fn is_over(&self, now: u64) -> bool {
        self.stumbles.get() == 0 && now >= self.until
    }

    /// To be asked once for each request that depends on it.
    pub fn settled(&self, now: u64) -> bool {
        let over = self.is_over(now);
        self.stumbles.set(self.stumbles.get().saturating_sub(1));
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_ends_after_its_seconds_or_its_requests() {
        let mut lags = Lags::default();
        assert!(lags.start(New::AccessKey, 100).settled(100));
        lags.set(New::AccessKey, Some(Lag::Seconds(10)));
        let by_clock = lags.start(New::AccessKey, 100);
        assert_eq!(
            [100, 109, 110].map(|now| by_clock.settled(now)),
            [false, false, true]
        );
        lags.set(New::AccessKey, Some(Lag::Requests(2)));
        let by_requests = lags.start(New::AccessKey, 100);
        assert_eq!(
            [100, 100, 100, 100].map(|now| by_requests.settled(now)),
            [false, false, true, true]
        );
    }
}
