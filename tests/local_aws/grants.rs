//! The policies of one identity, inline and attached, and what they say together.

use std::collections::BTreeMap;

use super::lag::Settling;
use super::policy::{Context, Policy, Verdict};

#[derive(Debug, Default)]
pub struct Grants {
    /// By name.
    pub inline: BTreeMap<String, Granted>,
    /// Managed policies, by ARN.
    pub attached: BTreeMap<String, Granted>,
}

#[derive(Debug)]
pub struct Granted {
    pub policy: Policy,
    /// Until it is in force.
    pub settling: Settling,
}

impl Granted {
    /// In force at once.
    pub fn at_once(policy: Policy) -> Self {
        Self {
            policy,
            settling: Settling::default(),
        }
    }
}

impl Grants {
    pub fn verdict(&self, context: &Context, now: u64) -> Verdict {
        self.inline
            .values()
            .chain(self.attached.values())
            .filter(|granted| granted.settling.settled(now))
            .map(|granted| granted.policy.verdict(context))
            .max()
            .unwrap_or(Verdict::Implicit)
    }
}
