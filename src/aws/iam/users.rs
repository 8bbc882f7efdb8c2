//! Users: made, shown, listed, tagged, deleted.
//!
//! Tags are shown of one user at a time; the list of all users has none (IAM API Reference,
//! ListUsers).

use aws_sdk_iam::types;
use jiff::Timestamp;

use super::{IamSituation, Pages, Tag, sdk_tags, tags_of};
use crate::aws::explain::Refusal;
use crate::aws::retry::Missing;
use crate::aws::sts::{required, timestamp};
use crate::aws::{Aws, Call, Situation};
use crate::secret::AccessKey;

/// A user as IAM shows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub arn: String,
    pub created: Timestamp,
    /// Empty where the user comes from a list.
    pub tags: Vec<Tag>,
}

impl Aws {
    /// Creates a user with these tags and nothing else. Needs `iam:CreateUser` and `iam:TagUser`.
    pub async fn create_user(
        &self,
        key: &AccessKey,
        name: &str,
        tags: &[Tag],
    ) -> Result<User, Refusal> {
        let call = Call::new("CreateUser", key).creates();
        let tags = sdk_tags(tags);
        let attempt = |wire| {
            self.iam(key, wire)
                .create_user()
                .user_name(name)
                .set_tags(tags.clone())
                .send()
        };
        self.send(&call, attempt, |output| {
            user(output.user.ok_or(Missing("User"))?)
        })
        .await
    }

    /// The user of this name; `None` if there is none. Needs `iam:GetUser`.
    pub async fn user(&self, key: &AccessKey, name: &str) -> Result<Option<User>, Refusal> {
        let call = Call::new("GetUser", key);
        let attempt = |wire| self.iam(key, wire).get_user().user_name(name).send();
        let found = self.send(&call, attempt, |output| {
            user(output.user.ok_or(Missing("User"))?)
        });
        match found.await {
            Err(refusal) if refusal.situation == Situation::Iam(IamSituation::NoSuchEntity) => {
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    /// All users of the account, without their tags. Needs `iam:ListUsers`.
    pub async fn users(&self, key: &AccessKey) -> Result<Vec<User>, Refusal> {
        let call = Call::new("ListUsers", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                self.iam(key, wire)
                    .list_users()
                    .set_marker(marker.clone())
                    .send()
            };
            let page = self.send(&call, attempt, |output| {
                let found: Result<Vec<_>, _> = output.users.into_iter().map(user).collect();
                pages.page(found?, output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// Puts these tags on the user, in the place of those of the same keys. Needs `iam:TagUser`.
    pub async fn tag_user(&self, key: &AccessKey, name: &str, tags: &[Tag]) -> Result<(), Refusal> {
        let call = Call::new("TagUser", key);
        let tags = sdk_tags(tags);
        let attempt = |wire| {
            self.iam(key, wire)
                .tag_user()
                .user_name(name)
                .set_tags(tags.clone())
                .send()
        };
        self.send(&call, attempt, |_| Ok(())).await
    }

    /// Deletes a user who has nothing any more; one who is not there is deleted. Needs
    /// `iam:DeleteUser`.
    pub async fn delete_user(&self, key: &AccessKey, name: &str) -> Result<(), Refusal> {
        let call = Call::new("DeleteUser", key);
        let attempt = |wire| self.iam(key, wire).delete_user().user_name(name).send();
        super::gone(self.send(&call, attempt, |_| Ok(()))).await
    }
}

fn user(found: types::User) -> Result<User, Missing> {
    Ok(User {
        name: required("UserName", Some(found.user_name))?,
        arn: required("Arn", Some(found.arn))?,
        created: timestamp(&found.create_date).ok_or(Missing("CreateDate"))?,
        tags: tags_of(found.tags),
    })
}
