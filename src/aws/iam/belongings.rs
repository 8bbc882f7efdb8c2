//! What else keeps a user or a role from being deleted: groups, signing certificates, SSH keys,
//! credentials for single services, instance profiles (IAM API Reference, DeleteUser, DeleteRole).

use super::{Pages, gone};
use crate::aws::explain::Refusal;
use crate::aws::{Aws, Call};
use crate::secret::AccessKey;

/// One thing that belongs to a user or a role, by its id or its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belonging {
    Group(String),
    SigningCertificate(String),
    SshPublicKey(String),
    /// For CodeCommit or Amazon Keyspaces.
    ServiceCredential(String),
    /// Which a role is in.
    InstanceProfile(String),
}

impl Aws {
    /// The groups that the user is in. Needs `iam:ListGroupsForUser`.
    pub async fn groups_of(&self, key: &AccessKey, user: &str) -> Result<Vec<Belonging>, Refusal> {
        let call = Call::new("ListGroupsForUser", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                let iam = self.iam(key, wire);
                let request = iam.list_groups_for_user().user_name(user);
                request.set_marker(marker.clone()).send()
            };
            let page = self.send(&call, attempt, |output| {
                let found = output.groups.into_iter();
                let found = found.map(|group| Belonging::Group(group.group_name));
                pages.page(found.collect(), output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// The user's X.509 signing certificates. Needs `iam:ListSigningCertificates`.
    pub async fn signing_certificates_of(
        &self,
        key: &AccessKey,
        user: &str,
    ) -> Result<Vec<Belonging>, Refusal> {
        let call = Call::new("ListSigningCertificates", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                let iam = self.iam(key, wire);
                let request = iam.list_signing_certificates().user_name(user);
                request.set_marker(marker.clone()).send()
            };
            let page = self.send(&call, attempt, |output| {
                let found = output.certificates.into_iter();
                let found = found.map(|one| Belonging::SigningCertificate(one.certificate_id));
                pages.page(found.collect(), output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// The user's SSH keys for CodeCommit. Needs `iam:ListSSHPublicKeys`.
    pub async fn ssh_public_keys_of(
        &self,
        key: &AccessKey,
        user: &str,
    ) -> Result<Vec<Belonging>, Refusal> {
        let call = Call::new("ListSSHPublicKeys", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                let iam = self.iam(key, wire);
                let request = iam.list_ssh_public_keys().user_name(user);
                request.set_marker(marker.clone()).send()
            };
            let page = self.send(&call, attempt, |output| {
                let found = output.ssh_public_keys.unwrap_or_default().into_iter();
                let found = found.map(|one| Belonging::SshPublicKey(one.ssh_public_key_id));
                pages.page(found.collect(), output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// The user's credentials for single services. Needs `iam:ListServiceSpecificCredentials`.
    pub async fn service_credentials_of(
        &self,
        key: &AccessKey,
        user: &str,
    ) -> Result<Vec<Belonging>, Refusal> {
        let call = Call::new("ListServiceSpecificCredentials", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                let iam = self.iam(key, wire);
                let request = iam.list_service_specific_credentials().user_name(user);
                request.set_marker(marker.clone()).send()
            };
            let page = self.send(&call, attempt, |output| {
                let found = output.service_specific_credentials.unwrap_or_default();
                let found = found
                    .into_iter()
                    .map(|one| Belonging::ServiceCredential(one.service_specific_credential_id));
                pages.page(found.collect(), output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// The instance profiles that the role is in. Needs `iam:ListInstanceProfilesForRole`.
    pub async fn instance_profiles_of(
        &self,
        key: &AccessKey,
        role: &str,
    ) -> Result<Vec<Belonging>, Refusal> {
        let call = Call::new("ListInstanceProfilesForRole", key);
        let mut pages = Pages::new();
        while let Some(marker) = pages.next() {
            let attempt = |wire| {
                let iam = self.iam(key, wire);
                let request = iam.list_instance_profiles_for_role().role_name(role);
                request.set_marker(marker.clone()).send()
            };
            let page = self.send(&call, attempt, |output| {
                let found = output.instance_profiles.into_iter();
                let found = found.map(|one| Belonging::InstanceProfile(one.instance_profile_name));
                pages.page(found.collect(), output.is_truncated, output.marker)
            });
            let page = page.await?;
            pages.add(page);
        }
        Ok(pages.found)
    }

    /// Takes the thing away from the user or role of this name; one that is gone is taken away.
    /// Needs `iam:RemoveUserFromGroup`, `iam:DeleteSigningCertificate`, `iam:DeleteSSHPublicKey`,
    /// `iam:DeleteServiceSpecificCredential` or `iam:RemoveRoleFromInstanceProfile`.
    pub async fn take_away(
        &self,
        key: &AccessKey,
        owner: &str,
        belonging: &Belonging,
    ) -> Result<(), Refusal> {
        let deleting = async {
            match belonging {
                Belonging::Group(name) => {
                    let call = Call::new("RemoveUserFromGroup", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.remove_user_from_group().user_name(owner);
                        request.group_name(name).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
                Belonging::SigningCertificate(id) => {
                    let call = Call::new("DeleteSigningCertificate", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.delete_signing_certificate().user_name(owner);
                        request.certificate_id(id).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
                Belonging::SshPublicKey(id) => {
                    let call = Call::new("DeleteSSHPublicKey", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.delete_ssh_public_key().user_name(owner);
                        request.ssh_public_key_id(id).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
                Belonging::ServiceCredential(id) => {
                    let call = Call::new("DeleteServiceSpecificCredential", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.delete_service_specific_credential().user_name(owner);
                        request.service_specific_credential_id(id).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
                Belonging::InstanceProfile(name) => {
                    let call = Call::new("RemoveRoleFromInstanceProfile", key);
                    let attempt = |wire| {
                        let iam = self.iam(key, wire);
                        let request = iam.remove_role_from_instance_profile().role_name(owner);
                        request.instance_profile_name(name).send()
                    };
                    self.send(&call, attempt, |_| Ok(())).await
                }
            }
        };
        gone(deleting).await
    }
}
