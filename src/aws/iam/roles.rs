//! Roles: made, shown, listed, deleted.

use aws_sdk_iam::types;
use jiff::Timestamp;

use super::{IamSituation, Pages, Tag, sdk_tags, tags_of};
use crate::aws::explain::Refusal;
use crate::aws::retry::Missing;
use crate::aws::sts::{required, timestamp};
use crate::aws::{Aws, Call, Situation};
use crate::secret::AccessKey;

/// A role as IAM shows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    pub arn: String,
    pub created: Timestamp,
    pub description: Option<String>,
    /// The trust policy as IAM hands it out: JSON, percent-encoded (RFC 3986).
    pub trust: Option<String>,
    /// Empty where the role comes from a list.
    pub tags: Vec<Tag>,
}

/// What a role is made with.
#[derive(Clone, Copy, Debug)]
pub struct NewRole<'a> {
    pub name: &'a str,
    /// The trust policy, in JSON.
    pub trust: &'a str,
    pub description: &'a str,
    pub tags: &'a [Tag],
}

impl Aws {
    /// Creates a role without permissions. Needs `iam:CreateRole` and `iam:TagRole`.
    pub async fn create_role(&self, key: &AccessKey, new: NewRole<'_>) -> Result<Role, Refusal> {
        let call = Call::new("CreateRole", key).creates();
        let tags = sdk_tags(new.tags);
        let attempt = |wire| {
            self.iam(key, wire)
                .create_role()
                .role_name(new.name)
                .assume_role_policy_document(new.trust)
                .description(new.description)
                .set_tags(tags.clone())
                .send()
        };
        self.send(&call, attempt, |output| {
            role(output.role.ok_or(Missing("Role"))?)
        })
        .await
    }

    /// The role of this name; `None` if there is none. Needs `iam:GetRole`.
    pub async fn role(&self, key: &AccessKey, name: &str) -> Result<Option<Role>, Refusal> {
        let call = Call::new("GetRole", key);
        let attempt = |wire| self.iam(key, wire).get_role().role_name(name).send();
        let found = self.send(&call, attempt, |output| {
            role(output.role.ok_or(Missing("Role"))?)
        });
        match found.await {
            Err(refusal) if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) => {
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    /// All roles of the account, without their tags. Needs `iam:ListRoles`.
    pub async fn roles(&self, key: &AccessKey) -> Result<Vec<Role>, Refusal> {
        let call = Call::new("ListRoles", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                self.iam(key, wire)
                    .list_roles()
                    .set_marker(marker.clone())
                    .send()
            };
            let page = self.send(&call, attempt, |output| {
                let found: Result<Vec<_>, _> = output.roles.into_iter().map(role).collect();
                pages.page(found?, output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// Deletes a role without policies; one that is not there is deleted. Needs `iam:DeleteRole`.
    pub async fn delete_role(&self, key: &AccessKey, name: &str) -> Result<(), Refusal> {
        let call = Call::new("DeleteRole", key);
        let attempt = |wire| self.iam(key, wire).delete_role().role_name(name).send();
        super::gone(self.send(&call, attempt, |_| Ok(()))).await
    }
}

fn role(found: types::Role) -> Result<Role, Missing> {
    Ok(Role {
        name: required("RoleName", Some(found.role_name))?,
        arn: required("Arn", Some(found.arn))?,
        created: timestamp(&found.create_date).ok_or(Missing("CreateDate"))?,
        description: found.description,
        trust: found.assume_role_policy_document,
        tags: tags_of(found.tags),
    })
}
