//! What there is of a hands-on user to be taken down: at AWS in two round trips, and in the files.

use super::notes::Notes;
use super::possessions::{Possessions, possessions};
use super::{Home, none_if_gone};
use crate::arn::Arn;
use crate::aws::{Holder, Identity, Known, Situation, Tag, User, UserKey};
use crate::commands::mfa::create::about;
use crate::failure::{Failure, Kind, Result};
use crate::handson::described;
use crate::handson::down::{self, Seen};
use crate::handson::files::Found;
use crate::handson::note::{Made, Note};
use crate::handson::tags::{HANDSON, Tags};
use crate::profile::{self, Files};
use crate::signin::{Obstacle, Operator};
use crate::spelled::{Spelled, flag};
use crate::ui::Ui;

/// What is there.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) user: String,
    pub(super) user_arn: String,
    /// The account's number.
    pub(super) account: String,
    pub(super) seen: Seen,
    /// The profiles that hold a key of the user's.
    pub(super) keys: Vec<String>,
    /// Profiles that were made for the user and hold somebody else's key.
    pub(super) strange: Vec<String>,
    /// Whether there is anything in the files.
    pub(super) in_files: bool,
    /// A role that the user's tag names and that is not tagged itself.
    pub(super) untagged_role: Option<String>,
    /// What `up` has asked for a moment ago and AWS does not show as it was asked for.
    pub(super) late: Option<Made>,
}

/// Looks at everything. `role` is what the person says it is called, where they do; `spelled`, how to
/// name the profile again.
///
/// # Errors
///
/// [`Kind::Aws`] if the user is none that `up` has made; [`Kind::Configuration`] if whoever asks would
/// take themselves down.
pub(super) async fn survey(
    operator: &Operator<'_>,
    ui: &Ui,
    files: &Files,
    notes: &Notes,
    user: &str,
    role: Option<&str>,
    spelled: &Spelled,
) -> Result<Survey> {
    let found = operator.call(async |aws, key| aws.user(key, user).await);
    let unassigned = operator.call(async |aws, key| aws.virtual_mfa_devices(key, true).await);
    let (home, found, unassigned, possessions) = tokio::join!(
        Home::of(operator),
        found,
        unassigned,
        possessions(operator, ui, user)
    );
    let explain = |obstacle| operator.explain(obstacle, about("such thing", Some(user)));
    let home = home?;
    let (serial, note) = (home.device(user), notes.of(&home.account));
    let found = found.map_err(explain)?;
    let possessions = possessions.map_err(explain)?;
    let now = operator.aws().now();
    // One that was made a moment ago may be shown without its tags.
    let found = found
        .filter(|found| Tags::read(&found.tags).is_some() || !note.is_awaited(Made::User, now));
    let tags = match &found {
        None => None,
        Some(found) => match Tags::read(&found.tags) {
            Some(tags) => Some(tags),
            None => {
                let role = role_of(operator, user).await.map_err(explain)?;
                return Err(foreign(user, role.as_deref(), spelled));
            }
        },
    };
    let user_arn = match &found {
        Some(found) => found.arn.clone(),
        None => home.user(user),
    };
    let in_files = Found::read(files, &user_arn);
    let role = match (&tags, role) {
        (Some(tags), Some(role)) if tags.partner != role => return Err(other_role(user, tags)),
        (Some(tags), _) => Some(tags.partner.clone()),
        (None, Some(role)) => Some(role.to_owned()),
        (None, None) => role_of(operator, user).await.map_err(explain)?,
    };
    is_somebody_else(operator.identity().await?, &home, user, role.as_deref())?;
    let unassigned = unassigned.map_err(explain)?.into_iter();
    let unassigned: Vec<String> = unassigned.map(|device| device.serial).collect();
    let waits = unassigned.contains(&serial);
    let (tags_of_device, role) = tokio::join!(
        tags_of_device(operator, waits.then_some(&serial)),
        role_seen(operator, user, role.as_deref())
    );
    let tags_of_device = tags_of_device.map_err(explain)?;
    let is_ours = waits && (is_of(user, tags_of_device.as_deref()) || note.has_taken(&serial));
    let enabled = possessions.devices.contains(&serial);
    let device = (enabled || is_ours).then(|| down::Device {
        serial: serial.clone(),
        enabled,
    });
    let mut taken = unassigned;
    taken.retain(|other| *other != serial && note.has_taken(other));
    let (role, untagged_role) = role.map_err(explain)?;
    let (keys, strange) = profiles(
        operator,
        files,
        &in_files,
        &possessions,
        tags.as_ref(),
        &user_arn,
    )
    .await?;
    let lost = lost(&note, &possessions.keys, tags.as_ref(), &in_files);
    let shown_keys = lost.len();
    let seen = Seen {
        user: found.map(|found| owner(&found, tags, possessions, &serial, &in_files, &lost)),
        role,
        device,
        taken,
    };
    let late = note.late(now, |made| match made {
        Made::User => usize::from(seen.user.is_some()),
        Made::Role => usize::from(seen.role.is_some()),
        Made::Key => shown_keys,
        Made::Device => usize::from(seen.device.is_some()),
    });
    Ok(Survey {
        seen,
        in_files: in_files != Found::default(),
        user: user.to_owned(),
        user_arn,
        account: home.account,
        keys,
        strange,
        untagged_role,
        late,
    })
}

/// The role of a user who is gone.
async fn role_of(operator: &Operator<'_>, user: &str) -> Result<Option<String>, Obstacle> {
    let roles = operator.call(async |aws, key| aws.roles(key).await).await?;
    let of_user = |description: &String| described(description) == Some(user);
    let mut roles = roles.into_iter();
    let role = roles.find(|role| role.description.as_ref().is_some_and(of_user));
    Ok(role.map(|role| role.name))
}

async fn tags_of_device(
    operator: &Operator<'_>,
    serial: Option<&String>,
) -> Result<Option<Vec<Tag>>, Obstacle> {
    let Some(serial) = serial else {
        return Ok(None);
    };
    operator
        .call(async |aws, key| aws.mfa_device_tags(key, serial).await)
        .await
}

/// Whether the tags of a device say that it was made for this user.
fn is_of(user: &str, tags: Option<&[Tag]>) -> bool {
    let tags = tags.and_then(Tags::read);
    tags.is_some_and(|tags| tags.partner == user)
}

/// The role if it is ours, or else its name if there is one.
async fn role_seen(
    operator: &Operator<'_>,
    user: &str,
    role: Option<&str>,
) -> Result<(Option<down::Role>, Option<String>), Obstacle> {
    let Some(role) = role else {
        return Ok((None, None));
    };
    let holder = Holder::Role(role);
    let (found, attached, inline, profiles) = tokio::join!(
        operator.call(async |aws, key| aws.role(key, role).await),
        operator.call(async |aws, key| aws.attached_policies(key, holder).await),
        operator.call(async |aws, key| aws.inline_policies(key, holder).await),
        operator.call(async |aws, key| aws.instance_profiles_of(key, role).await),
    );
    let Some(found) = found? else {
        return Ok((None, None));
    };
    let Some(tags) = Tags::read(&found.tags).filter(|tags| tags.partner == user) else {
        return Ok((None, Some(role.to_owned())));
    };
    let attached = none_if_gone(attached)?.into_iter();
    let (attached, other_attached) = attached.partition(|arn| tags.policies.contains(arn));
    let role = down::Role {
        name: role.to_owned(),
        attached,
        other_attached,
        inline: none_if_gone(inline)?,
        belongings: none_if_gone(profiles)?,
    };
    Ok((Some(role), None))
}

/// The keys that were asked for, and the reply lost.
fn lost(note: &Note, keys: &[UserKey], tags: Option<&Tags>, files: &Found) -> Vec<String> {
    let tagged = tags.and_then(|tags| tags.access_key.as_deref());
    let mut answered = files.keys.iter().filter_map(|(_, held)| held.as_deref());
    let lost = note.lost(keys, tagged.or_else(|| answered.next()));
    lost.into_iter().map(str::to_owned).collect()
}

/// Tells the user's key from others: by the tag, by the file that it was written into, by when it was
/// asked for, and, where only one is there and the file is marked for it, by the reply that was lost.
fn owner(
    found: &User,
    tags: Option<Tags>,
    possessions: Possessions,
    serial: &str,
    files: &Found,
    lost: &[String],
) -> down::User {
    let Possessions {
        keys,
        mut devices,
        login_profile,
        attached,
        inline,
        belongings,
    } = possessions;
    let tagged = tags.and_then(|tags| tags.access_key);
    let held = |id: &String| files.keys.iter().any(|(_, held)| held.as_ref() == Some(id));
    let ours = |id: &String| tagged.as_ref() == Some(id) || held(id);
    let waiting = files.keys.iter().any(|(_, held)| held.is_none());
    let only = waiting && keys.len() == 1 && tagged.is_none();
    let ids = keys.into_iter().map(|key| key.id);
    let (keys, other_keys) = ids.partition(|id| only || ours(id) || lost.contains(id));
    devices.retain(|other| other != serial);
    down::User {
        name: found.name.clone(),
        keys,
        other_keys,
        other_devices: devices,
        login_profile,
        attached,
        inline,
        belongings,
    }
}

/// Which of the profiles that were made for the user hold its key, and which another: a key that AWS
/// does not list as the user's is asked for its owner, and one that AWS does not accept is nobody's.
async fn profiles(
    operator: &Operator<'_>,
    files: &Files,
    found: &Found,
    possessions: &Possessions,
    tags: Option<&Tags>,
    user_arn: &str,
) -> Result<(Vec<String>, Vec<String>)> {
    let tagged = tags.and_then(|tags| tags.access_key.as_ref());
    let (mut ours, mut strange) = (Vec::new(), Vec::new());
    for (profile, id) in &found.keys {
        let listed =
            |id: &String| possessions.keys.iter().any(|key| key.id == *id) || tagged == Some(id);
        let is_ours = match id {
            None => true,
            Some(id) if listed(id) => true,
            Some(id) => is_dead_or_of(operator, files, id, user_arn).await?,
        };
        match is_ours {
            true => ours.push(profile.clone()),
            false => strange.push(profile.clone()),
        }
    }
    Ok((ours, strange))
}

async fn is_dead_or_of(
    operator: &Operator<'_>,
    files: &Files,
    id: &str,
    user_arn: &str,
) -> Result<bool> {
    let Some(key) = profile::pair(files, id) else {
        return Ok(true);
    };
    match operator.aws().caller_identity(&key).await {
        Ok(identity) => Ok(identity.arn == user_arn),
        Err(refusal) if refusal.situation == Situation::KeyNotAccepted => Ok(true),
        Err(refusal) => Err(refusal.failure(&Known {
            key_id: Some(id),
            ..Known::default()
        })),
    }
}

/// Nobody takes themselves down: half way there would be nobody left to do the rest.
fn is_somebody_else(
    identity: &Identity,
    home: &Home,
    user: &str,
    role: Option<&str>,
) -> Result<()> {
    let Some(arn) = Arn::parse(&identity.arn).filter(|arn| arn.account == home.account) else {
        return Ok(());
    };
    let (kind, name) = arn.kind_and_name();
    let worn = name.split('/').next();
    let themselves = match kind {
        "user" => identity.user_name() == Some(user),
        "assumed-role" => worn.is_some() && worn == role,
        _ => false,
    };
    if !themselves {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Configuration,
        format!("these credentials are those of hands-on user {user} or of its role"),
    )
    .at(&identity.arn)
    .next("name an administrator's profile with `--profile`"))
}

/// `role` is one that was made for a user of this name.
fn foreign(user: &str, role: Option<&str>, spelled: &Spelled) -> Failure {
    let Some(role) = role else {
        let all = Spelled {
            user: None,
            ..spelled.clone()
        };
        return Failure::new(
            Kind::Aws,
            format!("user {user} was not made by `awsmfa handson`, so it is not taken down"),
        )
        .at("--user")
        .next(format!("`{}` shows what was", all.command("handson list")));
    };
    let tag = format!("Key={HANDSON},Value={role}");
    let words = [
        "aws iam tag-user".to_owned(),
        flag("--user-name", Some(user)),
        flag("--tags", Some(&tag)),
        flag("--profile", spelled.profile.as_deref()),
        flag("--endpoint-url", spelled.endpoint.as_deref()),
    ];
    Failure::new(
        Kind::Aws,
        format!("user {user} does not carry the tag of `awsmfa handson`, though role {role} was made for a user of this name"),
    )
    .at("--user")
    .next(format!(
        "if it is the hands-on user, put the tag back: `{}`",
        words.join(" ").trim_end()
    ))
}

fn other_role(user: &str, tags: &Tags) -> Failure {
    Failure::new(
        Kind::Configuration,
        format!("the role of hands-on user {user} is {}", tags.partner),
    )
    .at("--role")
    .next("leave `--role` out")
}
