//! Access keys of a user: two at most. The secret is in the answer to the creation and nowhere else
//! (IAM API Reference, CreateAccessKey).

use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};
use jiff::Timestamp;

use super::{IamSituation, Pages};
use crate::aws::explain::Refusal;
use crate::aws::retry::Missing;
use crate::aws::sts::{part_of_key, required, timestamp};
use crate::aws::{Aws, Call, Situation};
use crate::secret::{AccessKey, Secret};

/// An access key as IAM lists it, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKey {
    pub id: String,
    pub active: bool,
    pub created: Timestamp,
}

/// When a key was last used, and where. AWS tells the day before yesterday better than the last
/// minutes (IAM API Reference, AccessKeyLastUsed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    pub at: Timestamp,
    pub service: String,
    /// `N/A` for services without regions.
    pub region: String,
}

/// An access key that has just been created; this is the only time its secret is told.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub key: AccessKey,
    pub user: String,
    pub created: Timestamp,
}

impl Aws {
    /// All access keys of `user`, in AWS's order. Needs `iam:ListAccessKeys`.
    pub async fn access_keys(&self, key: &AccessKey, user: &str) -> Result<Vec<UserKey>, Refusal> {
        let call = Call::new("ListAccessKeys", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                self.iam(key, wire)
                    .list_access_keys()
                    .user_name(user)
                    .set_marker(marker.clone())
                    .send()
            };
            let page = self.send(&call, attempt, |output| {
                let found = output.access_key_metadata.into_iter().map(user_key);
                let found: Result<Vec<_>, _> = found.collect();
                pages.page(found?, output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// When the key called `id` was last used; `None` for one that never was. Needs
    /// `iam:GetAccessKeyLastUsed`.
    pub async fn access_key_last_used(
        &self,
        key: &AccessKey,
        id: &str,
    ) -> Result<Option<LastUse>, Refusal> {
        let call = Call::new("GetAccessKeyLastUsed", key);
        let attempt = |wire| {
            self.iam(key, wire)
                .get_access_key_last_used()
                .access_key_id(id)
                .send()
        };
        self.send(&call, attempt, |output| {
            let used = output.access_key_last_used;
            let used = used.ok_or(Missing("AccessKeyLastUsed"))?;
            let at = used.last_used_date.as_ref().and_then(timestamp);
            Ok(at.map(|at| LastUse {
                at,
                service: used.service_name,
                region: used.region,
            }))
        })
        .await
    }

    /// Creates a key, which is active. Needs `iam:CreateAccessKey`.
    pub async fn create_access_key(&self, key: &AccessKey, user: &str) -> Result<NewKey, Refusal> {
        let call = Call::new("CreateAccessKey", key).creates();
        let attempt = |wire| {
            self.iam(key, wire)
                .create_access_key()
                .user_name(user)
                .send()
        };
        self.send(&call, attempt, |output| {
            let found = output.access_key.ok_or(Missing("AccessKey"))?;
            let secret = part_of_key("SecretAccessKey", found.secret_access_key)?;
            let created = found.create_date.as_ref().and_then(timestamp);
            Ok(NewKey {
                user: required("UserName", Some(found.user_name))?,
                key: AccessKey {
                    id: part_of_key("AccessKeyId", found.access_key_id)?,
                    secret: Secret::new(secret),
                    token: None,
                },
                created: created.unwrap_or_else(|| self.now()),
            })
        })
        .await
    }

    /// Switches the key called `id` on or off. Needs `iam:UpdateAccessKey`.
    pub async fn set_access_key_active(
        &self,
        key: &AccessKey,
        user: &str,
        id: &str,
        active: bool,
    ) -> Result<(), Refusal> {
        let call = Call::new("UpdateAccessKey", key);
        let status = match active {
            true => StatusType::Active,
            false => StatusType::Inactive,
        };
        let attempt = |wire| {
            self.iam(key, wire)
                .update_access_key()
                .user_name(user)
                .access_key_id(id)
                .status(status.clone())
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// Deletes the key called `id`; one that is not there is deleted. Needs `iam:DeleteAccessKey`.
    pub async fn delete_access_key(
        &self,
        key: &AccessKey,
        user: &str,
        id: &str,
    ) -> Result<(), Refusal> {
        let call = Call::new("DeleteAccessKey", key);
        let attempt = |wire| {
            self.iam(key, wire)
                .delete_access_key()
                .user_name(user)
                .access_key_id(id)
                .send()
        };
        match self.send(&call, attempt, |_| Ok(())).await {
            Err(refusal) if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) => {
                Ok(())
            }
            outcome => outcome,
        }
    }
}

fn user_key(found: AccessKeyMetadata) -> Result<UserKey, Missing> {
    let status = found.status.ok_or(Missing("Status"))?;
    let created = found.create_date.as_ref().and_then(timestamp);
    Ok(UserKey {
        id: required("AccessKeyId", found.access_key_id)?,
        active: status == StatusType::Active,
        created: created.ok_or(Missing("CreateDate"))?,
    })
}
