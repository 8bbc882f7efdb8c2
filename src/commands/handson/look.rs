//! What there is of a hands-on user before and while it is put up, and what stands in the way.

use jiff::{SignedDuration, Timestamp};

use super::none_if_gone;
use crate::arn::Arn;
use crate::aws::{Holder, Role, Tag, User};
use crate::commands::mfa::create::about;
use crate::device::Seen;
use crate::failure::{Failure, Kind, Result};
use crate::handson::files::Found;
use crate::handson::tags::Tags;
use crate::handson::trust;
use crate::handson::up::{self, Entity, Observed, Trouble};
use crate::signin::{Obstacle, Operator};
use crate::together;

/// How long AWS may take to let a new role be assumed; mostly it is a few seconds (IAM User Guide,
/// "Changes that I make are not always immediately visible").
const SETTLING: SignedDuration = SignedDuration::from_secs(10);

/// What the command line asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) user: String,
    pub(super) role: String,
    /// ARNs, each once.
    pub(super) policies: Vec<String>,
}

/// What AWS shows.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) user: Option<User>,
    pub(super) keys: Vec<String>,
    pub(super) device: Device,
    pub(super) role: Option<Role>,
    pub(super) attached: Vec<String>,
    /// Policies that were asked for and do not exist.
    pub(super) unknown: Vec<String>,
}

/// The device that is called after the user.
#[derive(Debug)]
pub(super) enum Device {
    Absent,
    /// Nobody has enabled it; its tags say whether it is ours.
    Waiting(Vec<Tag>),
    /// It is the user's.
    Enabled,
}

/// The tags of the virtual device with this serial number, if there is one that nobody has enabled.
pub(super) async fn waiting_device(
    operator: &Operator<'_>,
    serial: &str,
) -> Result<Option<Vec<Tag>>, Obstacle> {
    let unassigned = operator.call(async |aws, key| aws.virtual_mfa_devices(key, true).await);
    if unassigned
        .await?
        .iter()
        .all(|device| device.serial != serial)
    {
        return Ok(None);
    }
    operator
        .call(async |aws, key| aws.mfa_device_tags(key, serial).await)
        .await
}

/// Asks AWS for everything at once.
pub(super) async fn look(operator: &Operator<'_>, wanted: &Wanted, serial: &str) -> Result<Looked> {
    let (user, role) = (wanted.user.as_str(), wanted.role.as_str());
    let found = operator.call(async |aws, key| aws.user(key, user).await);
    let keys = operator.call(async |aws, key| aws.access_keys(key, user).await);
    let devices = operator.call(async |aws, key| aws.mfa_devices_of(key, Some(user)).await);
    let device = waiting_device(operator, serial);
    let found_role = operator.call(async |aws, key| aws.role(key, role).await);
    let attached =
        operator.call(async |aws, key| aws.attached_policies(key, Holder::Role(role)).await);
    let policies = together::all(wanted.policies.iter().map(|arn| async move {
        let exists = operator.call(async |aws, key| aws.policy_exists(key, arn).await);
        Ok::<_, Obstacle>((arn, exists.await?))
    }));
    let (found, keys, devices, device, found_role, attached, policies) =
        tokio::join!(found, keys, devices, device, found_role, attached, policies);
    let looked = || {
        let keys = none_if_gone(keys)?.into_iter().map(|key| key.id);
        let mut devices = none_if_gone(devices)?.into_iter();
        let device = match (device?, devices.any(|device| device.serial == serial)) {
            (_, true) => Device::Enabled,
            (Some(tags), false) => Device::Waiting(tags),
            (None, false) => Device::Absent,
        };
        let policies: Result<Vec<_>, Obstacle> = policies.into_iter().collect();
        let unknown = policies?.into_iter().filter(|(_, exists)| !exists);
        Ok(Looked {
            user: found?,
            keys: keys.collect(),
            device,
            role: found_role?,
            attached: none_if_gone(attached)?,
            unknown: unknown.map(|(arn, _)| arn.clone()).collect(),
        })
    };
    looked().map_err(|obstacle| operator.explain(obstacle, about("such thing", Some(user))))
}

impl Looked {
    /// What the tags of the user say, if it is ours.
    pub(super) fn tags(&self) -> Option<Tags> {
        Tags::read(&self.user.as_ref()?.tags)
    }

    /// Refuses what this command has not made, or has made for something else.
    ///
    /// # Errors
    ///
    /// [`Kind::Aws`] for what is there already, [`Kind::Configuration`] where it is ours and other
    /// than was asked for.
    pub(super) fn check(&self, wanted: &Wanted, serial: &str) -> Result<()> {
        let Wanted {
            user,
            role,
            policies,
        } = wanted;
        if let Some(arn) = self.unknown.first() {
            return Err(
                Failure::new(Kind::Aws, format!("there is no policy {arn}"))
                    .at("--policy-arn")
                    .next("AWS's own policies are arn:aws:iam::aws:policy/NAME, some with a path before the name"),
            );
        }
        if let Some(found) = &self.user {
            let tags = Tags::read(&found.tags).ok_or_else(|| foreign("user", user, "--user"))?;
            if &tags.partner != role {
                let what = format!("hands-on user {user} is there with role {}", tags.partner);
                return Err(other(what, user).next(format!("or give `--role {}`", tags.partner)));
            }
        }
        if let Device::Waiting(tags) = &self.device
            && Tags::read(tags).is_none_or(|tags| &tags.partner != user)
        {
            return Err(foreign("device", serial, "--user"));
        }
        let Some(found) = &self.role else {
            return Ok(());
        };
        let tags = Tags::read(&found.tags).ok_or_else(|| foreign("role", role, "--role"))?;
        if &tags.partner != user {
            let what = format!("role {role} belongs to hands-on user {}", tags.partner);
            return Err(Failure::new(Kind::Configuration, what)
                .at("--role")
                .next("choose another role with `--role`"));
        }
        if !same(&tags.policies, policies) {
            let what = format!(
                "role {role} was made with other policies: {}",
                tags.policies.join(", ")
            );
            return Err(other(what, user).next("or give the same `--policy-arn` again"));
        }
        let trusted = found.trust.as_deref();
        let arn = self.user.as_ref().map(|user| user.arn.as_str());
        match arn {
            Some(arn) if trusted.is_some_and(|trust| trust::is_for(trust, arn)) => Ok(()),
            _ => Err(other(
                format!("role {role} is left of an earlier user {user} and trusts nobody else"),
                user,
            )),
        }
    }

    /// What the step machine is to know. `places` says whether the profiles are written.
    ///
    /// # Errors
    ///
    /// [`Kind::Configuration`] if an access key is in the way.
    pub(super) fn observed(
        &self,
        wanted: &Wanted,
        files: &Found,
        key_profile: &str,
        now: Timestamp,
    ) -> Result<Observed> {
        let held = files.key_in(key_profile);
        let tags = self.tags();
        let tagged = tags.as_ref().and_then(|tags| tags.access_key.as_deref());
        let key = up::key(&self.keys, tagged, held.is_some(), held.flatten());
        let entity = |there| match there {
            true => Entity::Ours,
            false => Entity::Absent,
        };
        let missing = |arn: &&String| !self.attached.contains(arn);
        Ok(Observed {
            user: entity(self.user.is_some()),
            role: entity(self.role.is_some()),
            missing: wanted.policies.iter().filter(missing).cloned().collect(),
            key: key.map_err(|trouble| in_the_way(&trouble, &wanted.user, key_profile))?,
            proven: false,
            device: match self.device {
                Device::Absent => Seen::Absent,
                Device::Waiting(_) => Seen::Waiting,
                Device::Enabled => Seen::Enabled,
            },
            seed_known: false,
            codes_given: false,
            wired: false,
            settled: self
                .role
                .as_ref()
                .is_some_and(|role| now.duration_since(role.created) >= SETTLING),
        })
    }

    /// When the role can be assumed everywhere, as far as one can know.
    pub(super) fn settled_at(&self) -> Option<Timestamp> {
        let created = self.role.as_ref()?.created;
        created.checked_add(SETTLING).ok()
    }
}

/// The user's ARN: what AWS says, or will say.
pub(super) fn user_arn(looked: &Looked, serial: &str, user: &str) -> String {
    if let Some(user) = &looked.user {
        return user.arn.clone();
    }
    let (partition, account) =
        Arn::parse(serial).map_or(("aws", ""), |arn| (arn.partition, arn.account));
    format!("arn:{partition}:iam::{account}:user/{user}")
}

/// Whether they are the same, in whatever order. Neither holds one twice.
fn same(policies: &[String], others: &[String]) -> bool {
    policies.len() == others.len() && policies.iter().all(|policy| others.contains(policy))
}

fn foreign(kind: &str, name: &str, flag: &str) -> Failure {
    Failure::new(
        Kind::Aws,
        format!("there is a {kind} {name} already, which `awsmfa handson` has not made"),
    )
    .at(flag)
    .next(format!("choose another name with `{flag}`"))
}

fn other(what: String, user: &str) -> Failure {
    Failure::new(Kind::Configuration, what).next(format!(
        "take it down first: `awsmfa handson down --user {user}`"
    ))
}

fn in_the_way(trouble: &Trouble, user: &str, profile: &str) -> Failure {
    let take_down = format!("take it down first: `awsmfa handson down --user {user}`");
    match trouble {
        Trouble::Strange(ids) => Failure::new(
            Kind::Configuration,
            format!(
                "user {user} has an access key that this command did not make: {}",
                ids.join(", ")
            ),
        )
        .next(format!("if nobody needs it: `awsmfa key delete --user {user} ID`"))
        .next(format!(
            "or remove everything: `awsmfa handson down --user {user} --force`"
        )),
        Trouble::Elsewhere(id) => Failure::new(
            Kind::Configuration,
            format!("the secret of access key {id} of user {user} is not in profile `{profile}` of this computer"),
        )
        .next("go on where it was put up")
        .next(take_down),
        Trouble::Gone(id) => Failure::new(
            Kind::Configuration,
            format!("profile `{profile}` holds access key {id}, which AWS does not know as one of user {user}"),
        )
        .next(take_down),
    }
}
