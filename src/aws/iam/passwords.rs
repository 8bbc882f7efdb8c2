//! Passwords for the console: a user's login profile, and the account's password policy.
//!
//! AWS tells whether there is a password and since when, and never the password. A password that is
//! set is treated like something that is created: after a lost reply the second request can be
//! refused for what the first has done, so the caller is told of the doubt and decides.

use aws_sdk_iam::types;
use jiff::Timestamp;

use crate::aws::explain::{IamSituation, Refusal, Situation};
use crate::aws::retry::Missing;
use crate::aws::sts::timestamp;
use crate::aws::{Aws, Call};
use crate::secret::{AccessKey, Secret};

/// That a user has a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginProfile {
    /// When the user got a first password.
    pub created: Timestamp,
    /// Whether another has to be chosen at the next sign-in.
    pub reset_required: bool,
}

/// What an account asks of passwords (IAM API Reference, "PasswordPolicy").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// In characters; AWS says nothing where it is its own default of 6.
    pub minimum_length: Option<usize>,
    pub symbols: bool,
    pub numbers: bool,
    pub uppercase: bool,
    pub lowercase: bool,
    /// Whether all users may change their own, whatever their permissions.
    pub users_may_change: bool,
    /// In days; `None` where passwords do not expire.
    pub max_age: Option<u32>,
    /// How many former passwords must not be chosen again.
    pub reuse_prevention: Option<u32>,
    /// Whether only an administrator can help once a password has expired.
    pub hard_expiry: bool,
}

impl Aws {
    /// The user's login profile; `None` where the user has no password. Needs
    /// `iam:GetLoginProfile`.
    pub async fn login_profile(
        &self,
        key: &AccessKey,
        user: &str,
    ) -> Result<Option<LoginProfile>, Refusal> {
        let call = Call::new("GetLoginProfile", key);
        let attempt = |wire| {
            self.iam(key, wire)
                .get_login_profile()
                .user_name(user)
                .send()
        };
        let found = self.send(&call, attempt, |output| {
            let found = output.login_profile.ok_or(Missing("LoginProfile"))?;
            login_profile(&found)
        });
        match found.await {
            Err(refusal) if has_no_password(&refusal) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Gives the user a first password. Needs `iam:CreateLoginProfile`.
    pub async fn create_login_profile(
        &self,
        key: &AccessKey,
        user: &str,
        password: &Secret,
        reset_required: bool,
    ) -> Result<(), Refusal> {
        let call = Call::new("CreateLoginProfile", key)
            .creates()
            .hides([password]);
        let attempt = |wire| {
            self.iam(key, wire)
                .create_login_profile()
                .user_name(user)
                .password(password.expose())
                .password_reset_required(reset_required)
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// Replaces the user's password as an administrator. Needs `iam:UpdateLoginProfile`.
    pub async fn update_login_profile(
        &self,
        key: &AccessKey,
        user: &str,
        password: &Secret,
        reset_required: bool,
    ) -> Result<(), Refusal> {
        let call = Call::new("UpdateLoginProfile", key)
            .creates()
            .hides([password]);
        let attempt = |wire| {
            self.iam(key, wire)
                .update_login_profile()
                .user_name(user)
                .password(password.expose())
                .password_reset_required(reset_required)
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// Replaces the password of the user whose key it is. Needs `iam:ChangePassword`, or a password
    /// policy that lets users change their own.
    pub async fn change_password(
        &self,
        key: &AccessKey,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), Refusal> {
        let call = Call::new("ChangePassword", key).creates().hides([old, new]);
        let attempt = |wire| {
            self.iam(key, wire)
                .change_password()
                .old_password(old.expose())
                .new_password(new.expose())
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// Takes the user's password away; `false` where there was none. One that is gone at a second
    /// attempt may have gone with the first, whose answer was lost. Needs `iam:DeleteLoginProfile`.
    pub async fn delete_login_profile(&self, key: &AccessKey, user: &str) -> Result<bool, Refusal> {
        let call = Call::new("DeleteLoginProfile", key);
        let attempt = |wire| {
            self.iam(key, wire)
                .delete_login_profile()
                .user_name(user)
                .send()
        };
        match self.send(&call, attempt, |_| Ok(())).await {
            Err(refusal) if has_no_password(&refusal) => Ok(refusal.attempts > 1),
            outcome => outcome.map(|()| true),
        }
    }

    /// The account's password policy; `None` where it has none of its own, and AWS's default
    /// applies. Needs `iam:GetAccountPasswordPolicy`.
    pub async fn password_policy(
        &self,
        key: &AccessKey,
    ) -> Result<Option<PasswordPolicy>, Refusal> {
        let call = Call::new("GetAccountPasswordPolicy", key);
        let attempt = |wire| self.iam(key, wire).get_account_password_policy().send();
        let found = self.send(&call, attempt, |output| {
            let found = output.password_policy.ok_or(Missing("PasswordPolicy"))?;
            Ok(policy(&found))
        });
        match found.await {
            Err(refusal) if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) => {
                Ok(None)
            }
            found => found.map(Some),
        }
    }
}

fn has_no_password(refusal: &Refusal) -> bool {
    refusal.situation == Situation::Iam(IamSituation::NoPassword)
}

fn login_profile(found: &types::LoginProfile) -> Result<LoginProfile, Missing> {
    Ok(LoginProfile {
        created: timestamp(&found.create_date).ok_or(Missing("CreateDate"))?,
        reset_required: found.password_reset_required,
    })
}

fn policy(found: &types::PasswordPolicy) -> PasswordPolicy {
    let positive = |number: Option<i32>| {
        number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number > 0)
    };
    PasswordPolicy {
        minimum_length: positive(found.minimum_password_length)
            .and_then(|length| usize::try_from(length).ok()),
        symbols: found.require_symbols,
        numbers: found.require_numbers,
        uppercase: found.require_uppercase_characters,
        lowercase: found.require_lowercase_characters,
        users_may_change: found.allow_users_to_change_password,
        max_age: positive(found.max_password_age),
        reuse_prevention: positive(found.password_reuse_prevention),
        hard_expiry: found.hard_expiry.unwrap_or_default(),
    }
}
