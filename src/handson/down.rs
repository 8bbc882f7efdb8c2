//! The order in which a hands-on user is taken down: a function of what is there.
//!
//! What depends on nothing goes first and at once, what the rest hangs on last: [`levels`] are the
//! round trips. What `up` has not made (a further key, a group, a policy put on by hand) is told apart
//! by [`strangers`] and is in the plan only if the person says so. Run again after a failure, less is
//! there and the plan is shorter.

use crate::aws::Belonging;
use crate::device;

/// What there is at AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub user: Option<User>,
    pub role: Option<Role>,
    pub device: Option<Device>,
    /// Serial numbers of virtual devices that an earlier run has taken from the user, and did not come
    /// to delete.
    pub taken: Vec<String>,
}

/// The tagged user, and all that is the user's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub name: String,
    /// By id; the first list is ours.
    pub keys: Vec<String>,
    pub other_keys: Vec<String>,
    /// Serial numbers of enabled devices but for ours.
    pub other_devices: Vec<String>,
    pub login_profile: bool,
    /// ARNs of managed policies.
    pub attached: Vec<String>,
    pub inline: Vec<String>,
    pub belongings: Vec<Belonging>,
}

/// The tagged role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    /// ARNs; the first list is what was asked for.
    pub attached: Vec<String>,
    pub other_attached: Vec<String>,
    pub inline: Vec<String>,
    pub belongings: Vec<Belonging>,
}

/// The tagged device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub serial: String,
    pub enabled: bool,
}

/// One call to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    DeleteKey(String),
    Deactivate(String),
    DeleteDevice(String),
    DeleteLoginProfile,
    DetachFromUser(String),
    DeleteFromUser(String),
    TakeFromUser(Belonging),
    DetachFromRole(String, String),
    DeleteFromRole(String, String),
    TakeFromRole(String, Belonging),
    DeleteRole(String),
    DeleteUser,
}

impl Deed {
    /// What it removes, as a noun.
    pub fn thing(&self, user: &str) -> String {
        match self {
            Deed::DeleteKey(id) => format!("access key {id}"),
            Deed::Deactivate(serial) | Deed::DeleteDevice(serial) => format!("device {serial}"),
            Deed::DeleteLoginProfile => format!("the console password of {user}"),
            Deed::DetachFromUser(arn) => format!("policy {arn} of {user}"),
            Deed::DeleteFromUser(name) => format!("inline policy {name} of {user}"),
            Deed::DetachFromRole(role, arn) => format!("policy {arn} of role {role}"),
            Deed::DeleteFromRole(role, name) => format!("inline policy {name} of role {role}"),
            Deed::TakeFromUser(belonging) | Deed::TakeFromRole(_, belonging) => {
                belonging_in_words(belonging)
            }
            Deed::DeleteRole(name) => format!("role {name}"),
            Deed::DeleteUser => format!("user {user}"),
        }
    }

    /// What is going on: `deleting access key AKIA…`.
    pub fn doing(&self, user: &str) -> String {
        let verb = match self {
            Deed::Deactivate(_) => "deactivating",
            Deed::DetachFromUser(_) | Deed::DetachFromRole(..) => "detaching",
            Deed::TakeFromUser(Belonging::Group(_)) => "taking the user out of",
            Deed::TakeFromRole(..) => "taking the role out of",
            _ => "deleting",
        };
        format!("{verb} {}", self.thing(user))
    }

    /// What is done: `access key AKIA… is deleted`.
    pub fn done(&self, user: &str) -> String {
        let participle = match self {
            Deed::Deactivate(_) => "deactivated",
            Deed::DetachFromUser(_) | Deed::DetachFromRole(..) => "detached",
            Deed::TakeFromUser(Belonging::Group(_)) | Deed::TakeFromRole(..) => "left",
            _ => "deleted",
        };
        format!("{} is {participle}", self.thing(user))
    }
}

fn belonging_in_words(belonging: &Belonging) -> String {
    match belonging {
        Belonging::Group(name) => format!("group {name}"),
        Belonging::SigningCertificate(id) => format!("signing certificate {id}"),
        Belonging::SshPublicKey(id) => format!("SSH public key {id}"),
        Belonging::ServiceCredential(id) => format!("service credential {id}"),
        Belonging::InstanceProfile(name) => format!("instance profile {name}"),
    }
}

/// What would have to be removed that `up` has not made.
pub fn strangers(seen: &Seen) -> Vec<Deed> {
    let mut deeds = Vec::new();
    if let Some(user) = &seen.user {
        deeds.extend(user.other_keys.iter().cloned().map(Deed::DeleteKey));
        deeds.extend(user.other_devices.iter().cloned().map(Deed::Deactivate));
        deeds.extend(user.login_profile.then_some(Deed::DeleteLoginProfile));
        deeds.extend(user.attached.iter().cloned().map(Deed::DetachFromUser));
        deeds.extend(user.inline.iter().cloned().map(Deed::DeleteFromUser));
        deeds.extend(user.belongings.iter().cloned().map(Deed::TakeFromUser));
    }
    if let Some(role) = &seen.role {
        let name = || role.name.clone();
        let attached = role.other_attached.iter().cloned();
        deeds.extend(attached.map(|arn| Deed::DetachFromRole(name(), arn)));
        let inline = role.inline.iter().cloned();
        deeds.extend(inline.map(|policy| Deed::DeleteFromRole(name(), policy)));
        let belongings = role.belongings.iter().cloned();
        deeds.extend(belongings.map(|one| Deed::TakeFromRole(name(), one)));
    }
    deeds
}

/// All that has to be done, strangers included: the deeds of one level depend on those before it and
/// not on one another. No level is empty.
pub fn levels(seen: &Seen) -> Vec<Vec<Deed>> {
    let mut first = Vec::new();
    let mut second = Vec::new();
    if let Some(user) = &seen.user {
        first.extend(user.keys.iter().cloned().map(Deed::DeleteKey));
        let virtual_ones = user
            .other_devices
            .iter()
            .filter(|serial| device::name(serial).is_some());
        second.extend(virtual_ones.cloned().map(Deed::DeleteDevice));
    }
    match &seen.device {
        Some(device) if device.enabled => {
            first.push(Deed::Deactivate(device.serial.clone()));
            second.push(Deed::DeleteDevice(device.serial.clone()));
        }
        Some(device) => first.push(Deed::DeleteDevice(device.serial.clone())),
        None => {}
    }
    first.extend(seen.taken.iter().cloned().map(Deed::DeleteDevice));
    if let Some(role) = &seen.role {
        let attached = role.attached.iter().cloned();
        first.extend(attached.map(|arn| Deed::DetachFromRole(role.name.clone(), arn)));
    }
    first.extend(strangers(seen));
    if let Some(role) = &seen.role {
        let bare = !first.iter().any(|deed| {
            matches!(
                deed,
                Deed::DetachFromRole(..) | Deed::DeleteFromRole(..) | Deed::TakeFromRole(..)
            )
        });
        let level = if bare { &mut first } else { &mut second };
        level.push(Deed::DeleteRole(role.name.clone()));
    }
    let last: Vec<Deed> = seen.user.iter().map(|_| Deed::DeleteUser).collect();
    let levels = [first, second, last];
    levels
        .into_iter()
        .filter(|level| !level.is_empty())
        .collect()
}

/// The virtual devices that will be taken from the user before they can be deleted. In between nothing
/// at AWS says whose they were.
pub fn to_be_taken(seen: &Seen) -> Vec<String> {
    let levels = levels(seen);
    let taken = levels.iter().flatten().filter_map(|deed| match deed {
        Deed::Deactivate(serial) if device::name(serial).is_some() => Some(serial.clone()),
        _ => None,
    });
    taken.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

    fn all(text: &[&str]) -> Vec<String> {
        text.iter().map(|one| (*one).to_owned()).collect()
    }

    fn made_by_up() -> Seen {
        Seen {
            user: Some(User {
                name: "alice".to_owned(),
                keys: all(&["AKIA1"]),
                ..User::default()
            }),
            role: Some(Role {
                name: "dev".to_owned(),
                attached: all(&["arn:a", "arn:b"]),
                ..Role::default()
            }),
            device: Some(Device {
                serial: SERIAL.to_owned(),
                enabled: true,
            }),
            taken: Vec::new(),
        }
    }

    #[test]
    fn what_up_has_made_goes_in_three_round_trips_and_without_strangers() {
        let seen = made_by_up();
        assert!(strangers(&seen).is_empty());
        let dev = || "dev".to_owned();
        assert_eq!(
            levels(&seen),
            [
                vec![
                    Deed::DeleteKey("AKIA1".to_owned()),
                    Deed::Deactivate(SERIAL.to_owned()),
                    Deed::DetachFromRole(dev(), "arn:a".to_owned()),
                    Deed::DetachFromRole(dev(), "arn:b".to_owned()),
                ],
                vec![
                    Deed::DeleteDevice(SERIAL.to_owned()),
                    Deed::DeleteRole(dev())
                ],
                vec![Deed::DeleteUser],
            ]
        );
        assert!(levels(&Seen::default()).is_empty());
    }

    #[test]
    fn every_stranger_is_told_and_goes_before_what_it_hangs_on() {
        let mut seen = made_by_up();
        let user = seen.user.as_mut().unwrap();
        user.other_keys = all(&["AKIA2"]);
        user.other_devices = all(&["arn:aws:iam::123456789012:mfa/phone", "GAHT12345678"]);
        user.login_profile = true;
        user.attached = all(&["arn:c"]);
        user.inline = all(&["i"]);
        user.belongings = vec![
            Belonging::Group("g".to_owned()),
            Belonging::SigningCertificate("c".to_owned()),
            Belonging::SshPublicKey("k".to_owned()),
            Belonging::ServiceCredential("s".to_owned()),
        ];
        let role = seen.role.as_mut().unwrap();
        role.other_attached = all(&["arn:d"]);
        role.inline = all(&["j"]);
        role.belongings = vec![Belonging::InstanceProfile("p".to_owned())];
        let strangers = strangers(&seen);
        assert_eq!(strangers.len(), 13);
        let levels = levels(&seen);
        assert!(strangers.iter().all(|deed| levels[0].contains(deed)));
        // A hardware device is nobody's to delete.
        let deleted = |serial: &str| levels[1].contains(&Deed::DeleteDevice(serial.to_owned()));
        assert!(deleted("arn:aws:iam::123456789012:mfa/phone"));
        assert!(!deleted("GAHT12345678"));
        assert_eq!(
            to_be_taken(&seen),
            [SERIAL, "arn:aws:iam::123456789012:mfa/phone"]
        );
        let mut things: Vec<String> = strangers.iter().map(|deed| deed.thing("alice")).collect();
        things.sort();
        things.dedup();
        assert_eq!(things.len(), 13, "{things:?}");
    }

    #[test]
    fn the_less_is_left_the_shorter_the_way() {
        let whole = made_by_up();
        let device = |enabled| {
            Some(Device {
                serial: SERIAL.to_owned(),
                enabled,
            })
        };
        let bare = Role {
            name: "dev".to_owned(),
            ..Role::default()
        };
        for (seen, expected) in [
            (
                Seen {
                    device: device(false),
                    ..whole.clone()
                },
                3,
            ),
            (
                Seen {
                    role: Some(bare.clone()),
                    device: device(false),
                    ..whole.clone()
                },
                2,
            ),
            (
                Seen {
                    role: Some(bare),
                    ..Seen::default()
                },
                1,
            ),
            (
                Seen {
                    device: device(false),
                    ..Seen::default()
                },
                1,
            ),
            (
                Seen {
                    taken: all(&[SERIAL]),
                    ..Seen::default()
                },
                1,
            ),
        ] {
            assert_eq!(levels(&seen).len(), expected, "{seen:?}");
        }
    }
}
