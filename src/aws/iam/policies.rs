//! Policies of users and roles: managed ones attached and detached, inline ones found and deleted.

use super::{IamSituation, Pages, gone};
use crate::aws::explain::Refusal;
use crate::aws::retry::Missing;
use crate::aws::sts::required;
use crate::aws::{Aws, Call, Situation};
use crate::secret::AccessKey;

/// Who holds a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder<'a> {
    User(&'a str),
    Role(&'a str),
}

impl Aws {
    /// The ARNs of the managed policies that are attached. Needs `iam:ListAttachedUserPolicies` or
    /// `iam:ListAttachedRolePolicies`.
    pub async fn attached_policies(
        &self,
        key: &AccessKey,
        holder: Holder<'_>,
    ) -> Result<Vec<String>, Refusal> {
        let operation = match holder {
            Holder::User(_) => "ListAttachedUserPolicies",
            Holder::Role(_) => "ListAttachedRolePolicies",
        };
        let call = Call::new(operation, key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let page = match holder {
                Holder::User(name) => {
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.list_attached_user_policies().user_name(name);
                        request.set_marker(marker.clone()).send()
                    };
                    self.send(&call, attempt, |output| {
                        let found = arns(output.attached_policies)?;
                        pages.page(found, output.is_truncated, output.marker)
                    })
                    .await?
                }
                Holder::Role(name) => {
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.list_attached_role_policies().role_name(name);
                        request.set_marker(marker.clone()).send()
                    };
                    self.send(&call, attempt, |output| {
                        let found = arns(output.attached_policies)?;
                        pages.page(found, output.is_truncated, output.marker)
                    })
                    .await?
                }
            };
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// The names of the inline policies. Needs `iam:ListUserPolicies` or `iam:ListRolePolicies`.
    pub async fn inline_policies(
        &self,
        key: &AccessKey,
        holder: Holder<'_>,
    ) -> Result<Vec<String>, Refusal> {
        let operation = match holder {
            Holder::User(_) => "ListUserPolicies",
            Holder::Role(_) => "ListRolePolicies",
        };
        let call = Call::new(operation, key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let page = match holder {
                Holder::User(name) => {
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.list_user_policies().user_name(name);
                        request.set_marker(marker.clone()).send()
                    };
                    self.send(&call, attempt, |output| {
                        pages.page(output.policy_names, output.is_truncated, output.marker)
                    })
                    .await?
                }
                Holder::Role(name) => {
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.list_role_policies().role_name(name);
                        request.set_marker(marker.clone()).send()
                    };
                    self.send(&call, attempt, |output| {
                        pages.page(output.policy_names, output.is_truncated, output.marker)
                    })
                    .await?
                }
            };
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// Whether there is a managed policy with this ARN. Needs `iam:GetPolicy`.
    pub async fn policy_exists(&self, key: &AccessKey, arn: &str) -> Result<bool, Refusal> {
        let call = Call::new("GetPolicy", key);
        let attempt = |wire| self.iam(key, wire).get_policy().policy_arn(arn).send();
        match self.send(&call, attempt, |_| Ok(())).await {
            Err(refusal) if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) => {
                Ok(false)
            }
            outcome => outcome.map(|()| true),
        }
    }

    /// Attaches the managed policy to the role; one that is attached stays so. Needs
    /// `iam:AttachRolePolicy`.
    pub async fn attach_role_policy(
        &self,
        key: &AccessKey,
        role: &str,
        policy: &str,
    ) -> Result<(), Refusal> {
        let call = Call::new("AttachRolePolicy", key);
        let attempt = |wire| {
            let iam = self.iam(key, wire);
            let request = iam.attach_role_policy().role_name(role);
            request.policy_arn(policy).send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// Detaches the managed policy; one that is not attached is detached. Needs
    /// `iam:DetachUserPolicy` or `iam:DetachRolePolicy`.
    pub async fn detach_policy(
        &self,
        key: &AccessKey,
        holder: Holder<'_>,
        policy: &str,
    ) -> Result<(), Refusal> {
        let deleting = async {
            match holder {
                Holder::User(name) => {
                    let call = Call::new("DetachUserPolicy", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.detach_user_policy().user_name(name);
                        request.policy_arn(policy).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
                Holder::Role(name) => {
                    let call = Call::new("DetachRolePolicy", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.detach_role_policy().role_name(name);
                        request.policy_arn(policy).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
            }
        };
        gone(deleting).await
    }

    /// Deletes the inline policy; one that is not there is deleted. Needs `iam:DeleteUserPolicy` or
    /// `iam:DeleteRolePolicy`.
    pub async fn delete_inline_policy(
        &self,
        key: &AccessKey,
        holder: Holder<'_>,
        policy: &str,
    ) -> Result<(), Refusal> {
        let deleting = async {
            match holder {
                Holder::User(name) => {
                    let call = Call::new("DeleteUserPolicy", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.delete_user_policy().user_name(name);
                        request.policy_name(policy).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
                Holder::Role(name) => {
                    let call = Call::new("DeleteRolePolicy", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.delete_role_policy().role_name(name);
                        request.policy_name(policy).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
            }
        };
        gone(deleting).await
    }
}

type Attached = Option<Vec<aws_sdk_iam::types::AttachedPolicy>>;

fn arns(found: Attached) -> Result<Vec<String>, Missing> {
    let found = found.unwrap_or_default().into_iter();
    found
        .map(|policy| required("PolicyArn", policy.policy_arn))
        .collect()
}
