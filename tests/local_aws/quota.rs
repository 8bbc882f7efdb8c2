//! How much of everything an account may have (IAM User Guide, "IAM and AWS STS quotas").
//!
//! AWS's defaults; a scenario may set others, as AWS does on request.

use super::refusal::Refusal;

#[derive(Clone, Debug)]
pub struct Quotas {
    pub users: usize,
    pub roles: usize,
    /// Assigned or not; AWS ties it to the quota of users.
    pub virtual_devices: usize,
    pub keys_per_user: usize,
    pub devices_per_user: usize,
    /// Managed policies attached to one user.
    pub policies_per_user: usize,
    /// Managed policies attached to one role.
    pub policies_per_role: usize,
    /// Characters of a trust policy, white space not counted.
    pub trust_policy_length: usize,
    /// Characters of all inline policies of a user together, white space not counted.
    pub user_policy_length: usize,
    pub role_policy_length: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            users: 5_000,
            roles: 1_000,
            virtual_devices: 5_000,
            keys_per_user: 2,
            devices_per_user: 8,
            policies_per_user: 10,
            policies_per_role: 10,
            trust_policy_length: 2_048,
            user_policy_length: 2_048,
            role_policy_length: 10_240,
        }
    }
}

/// Refuses where there are `present` already and `most` are allowed; `what` is AWS's name of the
/// quota.
pub fn check(what: &str, present: usize, most: usize) -> Result<(), Refusal> {
    if present < most {
        return Ok(());
    }
    let message = format!("Cannot exceed quota for {what}: {most}");
    Err(Refusal::new(409, "LimitExceeded", message))
}
