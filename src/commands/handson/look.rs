//! What there is of a hands-on user before and while it is put up, and what stands in the way.

use jiff::{SignedDuration, Timestamp};

use super::{Home, none_if_gone};
use crate::arn::Arn;
use crate::aws::{Holder, Role, Tag, User, UserKey};
use crate::commands::mfa::create::about;
use crate::device::Seen;
use crate::failure::{Failure, Kind, Result};
use crate::handson::files::Found;
use crate::handson::note::{Made, Note};
use crate::handson::tags::Tags;
use crate::handson::trust;
use crate::handson::up::{self, Entity, Observed, Trouble};
use crate::signin::{Obstacle, Operator};
use crate::spelled::Spelled;
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
    /// How to go on with the same profile and user.
    pub(super) spelled: Spelled,
}

impl Wanted {
    /// The way on where it has to be made anew.
    pub(super) fn take_down(&self) -> String {
        let down = self.spelled.command("handson down");
        format!("take it down first: `{down}`")
    }
}

/// What AWS shows.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) user: Option<User>,
    pub(super) keys: Vec<UserKey>,
    pub(super) device: Device,
    pub(super) role: Option<Role>,
    pub(super) attached: Vec<String>,
    /// Policies that were asked for and do not exist.
    pub(super) unknown: Vec<String>,
}

/// The device that is called after the user.
#[derive(Debug, Default)]
pub(super) enum Device {
    #[default]
    Absent,
    /// Nobody has enabled it; its tags say whether it is ours.
    Waiting(Vec<Tag>),
    /// It is the user's.
    Enabled,
    /// It is somebody else's: the ARN.
    Others(String),
}

/// The virtual device with this serial number, whosever it is.
async fn device_called(
    operator: &Operator<'_>,
    serial: &str,
    user: &str,
) -> Result<Device, Obstacle> {
    let all = operator.call(async |aws, key| aws.virtual_mfa_devices(key, false).await);
    let found = all.await?.into_iter();
    let Some(found) = found.into_iter().find(|device| device.serial == serial) else {
        return Ok(Device::Absent);
    };
    if let Some(owner) = found.user_arn {
        let name = Arn::parse(&owner).map(|arn| arn.name());
        return Ok(match name == Some(user) {
            true => Device::Enabled,
            false => Device::Others(owner),
        });
    }
    let tags = operator.call(async |aws, key| aws.mfa_device_tags(key, serial).await);
    Ok(tags.await?.map_or(Device::Absent, Device::Waiting))
}

/// Asks AWS for everything at once.
pub(super) async fn look(operator: &Operator<'_>, wanted: &Wanted, serial: &str) -> Result<Looked> {
    let (user, role) = (wanted.user.as_str(), wanted.role.as_str());
    let found = operator.call(async |aws, key| aws.user(key, user).await);
    let keys = operator.call(async |aws, key| aws.access_keys(key, user).await);
    let devices = operator.call(async |aws, key| aws.mfa_devices_of(key, Some(user)).await);
    let device = device_called(operator, serial, user);
    let found_role = operator.call(async |aws, key| aws.role(key, role).await);
    let attached =
        operator.call(async |aws, key| aws.attached_policies(key, Holder::Role(role)).await);
    let policies = together::all(wanted.policies.iter().map(|arn| async move {
        let exists = operator.call(async |aws, key| aws.policy_exists(key, arn).await);
        let subject = format!("policy {arn}");
        let exists = exists.await;
        exists.map_err(|obstacle| operator.explain(obstacle, about(&subject, None)))
    }));
    let (found, keys, devices, device, found_role, attached, policies) =
        tokio::join!(found, keys, devices, device, found_role, attached, policies);
    let looked = || {
        let mut devices = none_if_gone(devices)?.into_iter();
        let device = match (device?, devices.any(|device| device.serial == serial)) {
            (_, true) => Device::Enabled,
            (device, false) => device,
        };
        Ok::<_, Obstacle>(Looked {
            user: found?,
            keys: none_if_gone(keys)?,
            device,
            role: found_role?,
            attached: none_if_gone(attached)?,
            unknown: Vec::new(),
        })
    };
    let looked =
        looked().map_err(|obstacle| operator.explain(obstacle, about("such thing", Some(user))))?;
    let policies: Vec<bool> = policies.into_iter().collect::<Result<_>>()?;
    let unknown = wanted.policies.iter().zip(policies);
    let unknown = unknown.filter(|(_, exists)| !exists);
    Ok(Looked {
        unknown: unknown.map(|(arn, _)| arn.clone()).collect(),
        ..looked
    })
}

/// Refuses policies that cannot be attached here: those of another partition or account.
///
/// # Errors
///
/// [`Kind::Usage`], with the one that it is about.
pub(super) fn check_home(policies: &[String], home: &Home) -> Result<()> {
    let is_at_home = |arn: &&String| {
        Arn::parse(arn).is_some_and(|arn| {
            arn.partition == home.partition && [home.account.as_str(), "aws"].contains(&arn.account)
        })
    };
    let Some(stranger) = policies.iter().find(|arn| !is_at_home(arn)) else {
        return Ok(());
    };
    let Home { partition, account } = home;
    Err(Failure::new(
        Kind::Usage,
        format!("policy {stranger} is not of account {account} in partition {partition}"),
    )
    .at("--policy-arn")
    .note(format!(
        "AWS attaches its own (arn:{partition}:iam::aws:policy/NAME) and the account's (arn:{partition}:iam::{account}:policy/NAME)"
    )))
}

impl Looked {
    /// With what was seen before, or made by this run, and is not shown now: AWS does not know it
    /// everywhere yet.
    pub(super) fn or_before(mut self, before: &Self) -> Self {
        let is_ours = |tags: &[Tag]| Tags::read(tags).is_some();
        if !self.user.as_ref().is_some_and(|user| is_ours(&user.tags)) && before.user.is_some() {
            self.user.clone_from(&before.user);
        }
        if !self.role.as_ref().is_some_and(|role| is_ours(&role.tags)) && before.role.is_some() {
            self.role.clone_from(&before.role);
        }
        for key in &before.keys {
            if self.keys.iter().all(|other| other.id != key.id) {
                self.keys.push(key.clone());
            }
        }
        for arn in &before.attached {
            if !self.attached.contains(arn) {
                self.attached.push(arn.clone());
            }
        }
        match (&before.device, &self.device) {
            (Device::Enabled, _) => self.device = Device::Enabled,
            (Device::Waiting(tags), Device::Absent) => self.device = Device::Waiting(tags.clone()),
            _ => {}
        }
        self
    }

    /// What was asked for a moment ago and is shown without its tags, or not at all, though what was
    /// made after it is there.
    pub(super) fn late(&self, is_new: impl Fn(Made) -> bool) -> Option<Made> {
        let untagged = |tags: &[Tag]| Tags::read(tags).is_none();
        let user = match &self.user {
            Some(user) => untagged(&user.tags),
            None => self.role.is_some(),
        };
        let role = self.role.as_ref().is_some_and(|role| untagged(&role.tags));
        let device = matches!(&self.device, Device::Waiting(tags) if untagged(tags));
        let late = [
            (user, Made::User),
            (role, Made::Role),
            (device, Made::Device),
        ];
        let mut late = late.into_iter();
        late.find(|(late, made)| *late && is_new(*made))
            .map(|(_, made)| made)
    }

    pub(super) fn shows(&self, made: Made) -> bool {
        match made {
            Made::User => self.user.is_some(),
            Made::Role => self.role.is_some(),
            Made::Key => !self.keys.is_empty(),
            Made::Device => !matches!(self.device, Device::Absent),
        }
    }

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
    pub(super) fn check(&self, wanted: &Wanted, serial: &str, note: &Note) -> Result<()> {
        let Wanted {
            user,
            role,
            policies,
            ..
        } = wanted;
        if let Some(arn) = self.unknown.first() {
            return Err(
                Failure::new(Kind::Aws, format!("there is no policy {arn}"))
                    .at("--policy-arn")
                    .note("AWS's own policies are arn:aws:iam::aws:policy/NAME, some with a path before the name"),
            );
        }
        if let Some(found) = &self.user {
            let tags = Tags::read(&found.tags).ok_or_else(|| foreign("user", user, "--user"))?;
            if &tags.partner != role {
                let what = format!("hands-on user {user} is there with role {}", tags.partner);
                return Err(other(what, wanted).next(format!("or give `--role {}`", tags.partner)));
            }
        }
        match &self.device {
            Device::Waiting(tags)
                if !note.has_taken(serial)
                    && Tags::read(tags).is_none_or(|tags| &tags.partner != user) =>
            {
                return Err(foreign("device", serial, "--user"));
            }
            Device::Others(owner) => return Err(taken(serial, owner)),
            _ => {}
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
            return Err(other(what, wanted).next("or give the same `--policy-arn` again"));
        }
        let trusted = found.trust.as_deref();
        let arn = self.user.as_ref().map(|user| user.arn.as_str());
        match arn {
            Some(arn) if trusted.is_some_and(|trust| trust::is_for(trust, arn)) => Ok(()),
            _ => Err(other(
                format!("role {role} is left of an earlier user {user} and trusts nobody else"),
                wanted,
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
        note: &Note,
        now: Timestamp,
    ) -> Result<Observed> {
        let held = files.key_in(key_profile);
        let tags = self.tags();
        let tagged = tags.as_ref().and_then(|tags| tags.access_key.as_deref());
        let key = up::key(&self.keys, tagged, held.is_some(), held.flatten(), note);
        let entity = |there| match there {
            true => Entity::Ours,
            false => Entity::Absent,
        };
        let missing = |arn: &&String| !self.attached.contains(arn);
        Ok(Observed {
            user: entity(self.user.is_some()),
            role: entity(self.role.is_some()),
            missing: wanted.policies.iter().filter(missing).cloned().collect(),
            key: key.map_err(|trouble| in_the_way(&trouble, wanted, key_profile))?,
            proven: false,
            device: match self.device {
                Device::Absent | Device::Others(_) => Seen::Absent,
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
pub(super) fn user_arn(looked: &Looked, home: &Home, user: &str) -> String {
    match &looked.user {
        Some(user) => user.arn.clone(),
        None => home.user(user),
    }
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

/// A device is called after the user, so another name is another user's.
fn taken(serial: &str, owner: &str) -> Failure {
    let failure = Failure::new(
        Kind::Aws,
        format!("the device would be called {serial}, and that is the one of {owner}"),
    );
    failure
        .at("--user")
        .next("choose another name with `--user`: the device is called after it")
}

fn other(what: String, wanted: &Wanted) -> Failure {
    Failure::new(Kind::Configuration, what).next(wanted.take_down())
}

fn in_the_way(trouble: &Trouble, wanted: &Wanted, profile: &str) -> Failure {
    let Wanted { user, spelled, .. } = wanted;
    match trouble {
        Trouble::Strange(ids) => Failure::new(
            Kind::Configuration,
            format!(
                "user {user} has an access key that this command did not make: {}",
                ids.join(", ")
            ),
        )
        .next(format!("if nobody needs it: `{} ID`", spelled.command("key delete")))
        .next(format!(
            "or remove everything: `{} --force`", spelled.command("handson down")
        )),
        Trouble::Elsewhere(id) => Failure::new(
            Kind::Configuration,
            format!("the secret of access key {id} of user {user} is not in profile `{profile}` of this computer"),
        )
        .next("go on where it was put up")
        .next(wanted.take_down()),
        Trouble::Gone(id) => Failure::new(
            Kind::Configuration,
            format!("profile `{profile}` holds access key {id}, which AWS does not know as one of user {user}"),
        )
        .next(wanted.take_down()),
    }
}
