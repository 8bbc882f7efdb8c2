//! Roles: what names one, and what goes along when it is assumed.
//!
//! Limits: STS API Reference, AssumeRole; IAM User Guide, "IAM and AWS STS quotas".

use std::time::Duration;

use super::duration::CHAINED;
use super::trail::{Hop, Trail};
use super::{Origin, Request, Sourced};
use crate::arn::Arn;
use crate::failure::{Failure, Kind, Result};

/// One AssumeRole call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// A full ARN, or the bare name (with its path) of a role in the caller's account.
    pub arn: String,
    /// The profile that named it.
    pub profile: Option<String>,
    pub external_id: Option<String>,
    /// Where none is given, see [`session_name_for`].
    pub session_name: Option<String>,
    /// None is AWS's default of one hour.
    pub duration: Option<Duration>,
}

impl Role {
    /// Whether the account is still to be found out.
    pub fn is_bare(&self) -> bool {
        is_bare(&self.arn)
    }

    /// The ARN, completed for a bare name by what only the caller's identity tells.
    pub fn full_arn(&self, partition: &str, account: &str) -> String {
        if self.is_bare() {
            format!("arn:{partition}:iam::{account}:role/{}", self.arn)
        } else {
            self.arn.clone()
        }
    }
}

/// The session name where none is configured: the caller's user name, so that CloudTrail shows
/// who it was and trust policies with `sts:RoleSessionName` = `${aws:username}` are met
/// (IAM User Guide, "IAM and AWS STS condition context keys").
pub fn session_name_for(user_name: &str) -> String {
    let clean: String = user_name
        .chars()
        .map(|letter| if is_name_char(letter) { letter } else { '-' })
        .take(64)
        .collect();
    match clean.len() {
        0 => "awsmfa".to_owned(),
        1 => format!("awsmfa-{clean}"),
        _ => clean,
    }
}

/// The roles of the way, in the order they are assumed.
///
/// # Errors
///
/// A name, external id or session name that AWS would refuse; flags about a role where there is
/// none.
pub(super) fn resolve(
    request: &Request,
    trail: &Trail<'_>,
    duration: Option<&Sourced<Duration>>,
) -> Result<Vec<Role>> {
    if trail.hops.is_empty() {
        refuse_flags_without_role(request, trail)?;
    }
    let last = trail.hops.len().saturating_sub(1);
    trail
        .hops
        .iter()
        .rev()
        .enumerate()
        .map(|(order, hop)| {
            role(
                hop,
                if order == last {
                    duration.map(|duration| duration.value)
                } else {
                    Some(CHAINED)
                },
            )
        })
        .collect()
}

fn refuse_flags_without_role(request: &Request, trail: &Trail<'_>) -> Result<()> {
    let given = [
        ("--external-id", request.external_id.is_some()),
        ("--role-session-name", request.role_session_name.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(Failure::new(
            Kind::Usage,
            format!(
                "{flag} goes with a role, and profile `{}` has none",
                trail.profile.value
            ),
        )
        .at(flag)
        .next("give `--role-arn` too, or name a profile with a role_arn")),
    }
}

fn role(hop: &Hop, duration: Option<Duration>) -> Result<Role> {
    let session_name = hop.session_name.as_ref();
    let external_id = hop.external_id.as_ref();
    if let Some(name) = session_name {
        check(name, "role session name", 2..=64, NAME_SIGNS)?;
    }
    if let Some(id) = external_id {
        check(id, "external id", 2..=1224, "_+=,.@-:/")?;
    }
    Ok(Role {
        arn: name_of_role(&hop.arn)?,
        profile: Some(hop.profile.clone()),
        external_id: external_id.map(|id| id.value.clone()),
        session_name: session_name.map(|name| name.value.clone()),
        duration,
    })
}

fn check(
    value: &Sourced<String>,
    what: &str,
    lengths: std::ops::RangeInclusive<usize>,
    signs: &str,
) -> Result<()> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
    if lengths.contains(&value.value.len()) && value.value.chars().all(allowed) {
        return Ok(());
    }
    Err(
        Failure::new(value.origin.kind(), format!("the {what} cannot be one"))
            .at(&value.origin)
            .note(format!(
                "it is {} to {} letters, digits and `{signs}`, without blanks",
                lengths.start(),
                lengths.end()
            )),
    )
}

/// With letters and digits `[\w+=,.@-]`, the alphabet of IAM's names.
const NAME_SIGNS: &str = "_+=,.@-";

fn is_name_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || NAME_SIGNS.contains(letter)
}

/// No name of a role has a colon in it, and every ARN has.
fn is_bare(role: &str) -> bool {
    !role.contains(':')
}

/// The ARN of an IAM role as it is, or a role's name without what the caller's account makes
/// obvious: `Admin`, `team/Admin`, and `role/Admin` as it is pasted from the end of an ARN.
fn name_of_role(given: &Sourced<String>) -> Result<String> {
    let text = given.value.as_str();
    let refuse = |what: String| {
        Err(Failure::new(given.origin.kind(), what)
            .at(&given.origin)
            .note("a role is written as arn:aws:iam::123456789012:role/NAME, or as NAME if it is in your own account"))
    };
    if is_bare(text) {
        let name = text.strip_prefix('/').unwrap_or(text);
        let name = name.strip_prefix("role/").unwrap_or(name);
        return if is_role_name(name) {
            Ok(name.to_owned())
        } else {
            refuse("this is neither the ARN nor the name of a role".to_owned())
        };
    }
    let Some(arn) = Arn::parse(text) else {
        return refuse("this is not an ARN".to_owned());
    };
    if arn.service == "sts" {
        return refuse("this is the ARN of an assumed role's session, not of the role".to_owned());
    }
    if arn.service != "iam" {
        return refuse(format!(
            "this is the ARN of something in {}, not of an IAM role",
            arn.service
        ));
    }
    match arn.kind_and_name() {
        ("role", name) if is_role_name(name) => {}
        ("role", _) => return refuse("this ARN does not end in the name of a role".to_owned()),
        (kind, _) => return refuse(format!("this is the ARN of a {kind}, not of a role")),
    }
    if arn.account_id().is_none() || !arn.region.is_empty() {
        return refuse(
            "this ARN has no account of twelve digits where a role's has one".to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// `path/of/512/NAME`: a name of 64 characters at most after a path of printable ones.
fn is_role_name(text: &str) -> bool {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let named = (1..=64).contains(&name.len()) && name.chars().all(is_name_char);
    let steps = path.is_empty() || path.split('/').all(|step| !step.is_empty());
    named && steps && path.len() <= 510 && path.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a value was said on a command line, this one or the one recorded in a section.
pub(super) fn was_flag(origin: &Origin) -> bool {
    matches!(origin, Origin::Flag(_) | Origin::Section(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<String> {
        name_of_role(&Sourced::new(text.to_owned(), Origin::Flag("--role-arn")))
    }

    #[test]
    fn a_role_by_arn_or_by_name() {
        for (given, expected) in [
            ("arn:aws:iam::123456789012:role/Admin", None),
            ("arn:aws-cn:iam::123456789012:role/team/a/Admin", None),
            (
                "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/X_1",
                None,
            ),
            ("Admin", None),
            ("team/Admin", None),
            ("/team/Admin", Some("team/Admin")),
            ("role/Admin", Some("Admin")),
        ] {
            assert_eq!(named(given).unwrap(), expected.unwrap_or(given));
        }
    }

    #[test]
    fn what_names_no_role_is_refused_with_a_reason() {
        let long = "a".repeat(65);
        for (given, reason) in [
            ("", "neither"),
            ("Ad min", "neither"),
            ("Admin\n", "neither"),
            ("team//Admin", "neither"),
            ("team/", "neither"),
            (long.as_str(), "neither"),
            ("arn:aws:iam", "not an ARN"),
            ("arn:aws:s3:::bucket", "something in s3"),
            ("arn:aws:iam::123456789012:user/alice", "ARN of a user"),
            (
                "arn:aws:sts::123456789012:assumed-role/Admin/alice",
                "session",
            ),
            ("arn:aws:iam::123456789012:role/", "does not end"),
            ("arn:aws:iam::1234:role/Admin", "twelve digits"),
            (
                "arn:aws:iam:eu-west-1:123456789012:role/Admin",
                "twelve digits",
            ),
        ] {
            let failure = named(given).unwrap_err();
            assert_eq!(failure.kind(), Kind::Usage, "{given:?}");
            assert!(failure.what().contains(reason), "{given:?}: {failure}");
        }
    }

    #[test]
    fn a_user_name_becomes_a_session_name_that_sts_takes() {
        for (user, expected) in [
            ("alice", "alice"),
            ("a", "awsmfa-a"),
            ("", "awsmfa"),
            ("alice@example.com", "alice@example.com"),
            ("太郎", "--"),
        ] {
            assert_eq!(session_name_for(user), expected);
        }
        assert_eq!(session_name_for(&"x".repeat(80)).len(), 64);
    }

    #[test]
    fn a_bare_name_is_completed_by_the_callers_account() {
        let role = |arn: &str| Role {
            arn: arn.to_owned(),
            profile: None,
            external_id: None,
            session_name: None,
            duration: None,
        };
        assert_eq!(
            role("team/Admin").full_arn("aws-cn", "123456789012"),
            "arn:aws-cn:iam::123456789012:role/team/Admin"
        );
        let full = "arn:aws:iam::999999999999:role/Admin";
        assert_eq!(role(full).full_arn("aws-cn", "123456789012"), full);
    }
}
