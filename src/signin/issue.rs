//! The calls to STS that turn a key and a code into credentials.
//!
//! GetSessionToken where there is no role. Otherwise the roles in their order: the code goes with
//! the first, which is the only one that the user's own device counts for; the others are assumed
//! with the credentials of the one before. Where a role's maximum is shorter than what was asked
//! for, less is asked for with the same code. Nobody documents whether AWS counts the refused code as
//! used: if it refuses the code then, the next one asks for an hour.

use std::time::Duration;

use super::caller::{Asked, Caller};
use crate::aws::{AssumeRole, Issued, Refusal, Situation};
use crate::code::Code;
use crate::failure::{Failure, Kind};
use crate::profile::{
    Plan, ROLE_DEFAULT, Role, SESSION_DEFAULT, Sourced, session_name_for, spell_duration,
};
use crate::secret::AccessKey;

const HOUR: Duration = Duration::from_secs(3600);

/// The device and its code.
#[derive(Clone, Copy)]
pub(super) struct Mfa<'a> {
    pub(super) serial: &'a str,
    pub(super) code: &'a Code,
}

/// What STS gave.
pub(super) struct Granted {
    pub(super) issued: Issued,
    /// The full ARN of the last role.
    pub(super) role_arn: Option<String>,
    /// Asked for and granted, where that is less.
    pub(super) lowered: Option<(Duration, Duration)>,
}

/// A refusal, and which role it was about.
pub(super) struct Failed {
    refusal: Refusal,
    role: Option<Asked>,
    /// An earlier call of the same sign-in has used up the code.
    after_the_code: bool,
    /// What was asked for, where AWS refused that and then the code.
    too_long: Option<Duration>,
}

impl Failed {
    /// A refusal of what has to be known before a role can be asked for.
    pub(super) fn before_any_role(refusal: Refusal) -> Self {
        Self {
            refusal,
            role: None,
            after_the_code: false,
            too_long: None,
        }
    }

    /// Whether AWS does not know, or no longer takes, the session that asked: for the first role
    /// only, since the others are asked for with what was made just now.
    pub(super) fn is_about_the_session(&self) -> bool {
        is_about_the_session(&self.refusal) && self.role.as_ref().is_none_or(|role| !role.chained)
    }

    /// AWS is told of one device only, and only in the call that carries the code.
    pub(super) fn is_about_the_serial(&self) -> bool {
        self.refusal.situation == Situation::WrongSerial
    }

    /// Whether the next code may do better.
    pub(super) fn wants_another_code(&self) -> bool {
        self.refusal.situation == Situation::WrongCode || self.may_have_spent_the_code()
    }

    /// Nobody can tell whether AWS has accepted the code.
    pub(super) fn may_have_spent_the_code(&self) -> bool {
        self.refusal.code_may_be_spent
    }

    pub(super) fn failure(
        &self,
        caller: &Caller,
        plan: &Plan,
        serial: Option<&Sourced<String>>,
    ) -> Failure {
        if let (Some(asked), Some(role)) = (self.too_long, &self.role) {
            let (asked, hour) = (spell_duration(asked), spell_duration(ROLE_DEFAULT));
            return Failure::new(
                Kind::Code,
                format!("the role does not allow {asked}, and AWS counted the code as used"),
            )
            .at(&role.arn)
            .next(format!("ask for less with the next code: `-d {hour}`"));
        }
        let failure = caller.explain(&self.refusal, plan, serial, self.role.as_ref());
        if self.after_the_code {
            return failure.note("the code is used up by the roles before this one");
        }
        failure
    }
}

/// Whether AWS does not know, or no longer takes, the session that a call was signed with.
pub(super) fn is_about_the_session(refusal: &Refusal) -> bool {
    matches!(
        refusal.situation,
        Situation::SessionNotAccepted
            | Situation::SessionExpired
            | Situation::SecretWrong
            | Situation::KeyGarbled
    )
}

/// The note that goes before a new session in the place of such a one.
pub(super) fn not_taken(section: &str) -> String {
    format!("AWS does not take the session in [{section}] any more, so a new one is needed")
}

/// Credentials for the plan; `mfa` is none where the key is temporary.
pub(super) async fn credentials(
    caller: &mut Caller,
    plan: &Plan,
    mfa: Option<Mfa<'_>>,
) -> Result<Granted, Failed> {
    match (plan.roles.as_slice(), mfa) {
        ([], Some(mfa)) => session(caller, plan, mfa).await,
        (roles, mfa) => assume_all(caller, roles, mfa).await,
    }
}

async fn session(caller: &Caller, plan: &Plan, mfa: Mfa<'_>) -> Result<Granted, Failed> {
    let duration = plan
        .duration
        .as_ref()
        .map_or(SESSION_DEFAULT, |duration| duration.value);
    let code = mfa.code.secret();
    caller
        .aws()
        .session_token(caller.key(), mfa.serial, code, duration)
        .await
        .map(|issued| Granted {
            issued,
            role_arn: None,
            lowered: None,
        })
        .map_err(|refusal| Failed {
            refusal,
            role: None,
            after_the_code: false,
            too_long: None,
        })
}

/// Whether assuming these roles takes the caller's identity: for a name that is not configured,
/// or an account.
pub(super) fn needs_identity(roles: &[Role]) -> bool {
    roles
        .iter()
        .any(|role| role.is_bare() || role.session_name.is_none())
}

/// Assumes each role with the credentials of the one before, the first with the caller's.
pub(super) async fn assume_all(
    caller: &mut Caller,
    roles: &[Role],
    mfa: Option<Mfa<'_>>,
) -> Result<Granted, Failed> {
    let mut key = caller.key().clone();
    let mut granted = None;
    for (position, role) in roles.iter().enumerate() {
        let after_the_code = position > 0 && mfa.is_some();
        let mfa = mfa.filter(|_| position == 0);
        let step = assume(caller, &key, role, mfa).await;
        let step = step.map_err(|(refusal, arn, too_long)| Failed {
            refusal,
            too_long,
            role: Some(Asked {
                arn,
                external_id: role.external_id.is_some(),
                chained: position > 0,
            }),
            after_the_code,
        })?;
        key = step.issued.key.clone();
        granted = Some(step);
    }
    Ok(granted.expect("without a role the key would have been long-term, and a session made"))
}

/// Assumes one role, for less time where AWS does not grant as much as was asked for.
async fn assume(
    caller: &mut Caller,
    key: &AccessKey,
    role: &Role,
    mfa: Option<Mfa<'_>>,
) -> Result<Granted, (Refusal, String, Option<Duration>)> {
    let (role_arn, session_name) = names(caller, role)
        .await
        .map_err(|refusal| (refusal, role.arn.clone(), None))?;
    let asked = role.duration.unwrap_or(ROLE_DEFAULT);
    let most = caller.most(&role_arn);
    let start = most.map_or(asked, |most| asked.min(most));
    let mut duration = start;
    loop {
        let call = AssumeRole {
            role_arn: &role_arn,
            session_name: &session_name,
            external_id: role.external_id.as_deref(),
            duration,
            mfa: mfa.map(|mfa| (mfa.serial, mfa.code.secret())),
        };
        match caller.aws().assume_role(key, &call).await {
            Ok(issued) => {
                return Ok(Granted {
                    issued,
                    role_arn: Some(role_arn),
                    lowered: (duration < asked).then_some((asked, duration)),
                });
            }
            Err(refusal) => match shorter(&refusal, duration) {
                Some(shorter) => duration = shorter,
                None => {
                    let is_code = refusal.situation == Situation::WrongCode;
                    let too_long = (is_code && duration < start).then_some(asked);
                    if too_long.is_some() {
                        caller.ask_for_one_hour(&role_arn);
                    }
                    return Err((refusal, role_arn, too_long));
                }
            },
        }
    }
}

/// What to ask for next: a whole hour less. A role's maximum is set in hours almost always, so
/// this ends at the maximum itself, after eleven requests at the very most.
fn shorter(refusal: &Refusal, duration: Duration) -> Option<Duration> {
    match refusal.situation {
        Situation::DurationOverRole if duration > HOUR => {
            let hours = (duration.as_secs() - 1) / HOUR.as_secs();
            Some(HOUR * u32::try_from(hours).unwrap_or(1))
        }
        Situation::DurationOverChain if duration > HOUR => Some(HOUR),
        _ => None,
    }
}

/// A bare role name is completed by the caller's account, and a session is named after the user:
/// CloudTrail then says who it was, and trust policies that demand it are met
/// (IAM User Guide, "IAM and AWS STS condition context keys", `sts:RoleSessionName`).
async fn names(caller: &mut Caller, role: &Role) -> Result<(String, String), Refusal> {
    let role_arn = if role.is_bare() {
        let identity = caller.identity().await?;
        role.full_arn(identity.partition().unwrap_or("aws"), &identity.account)
    } else {
        role.arn.clone()
    };
    let session_name = match &role.session_name {
        Some(name) => name.clone(),
        None => session_name_for(caller.identity().await?.user_name().unwrap_or_default()),
    };
    Ok((role_arn, session_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(situation: Situation) -> Refusal {
        Refusal {
            situation,
            operation: "AssumeRole",
            code: None,
            message: String::new(),
            request_id: None,
            status: None,
            host: String::new(),
            attempts: 1,
            code_may_be_spent: false,
            may_be_done: false,
            skew: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_duration_over_the_roles_maximum_goes_down_by_whole_hours_to_one() {
        let refusal = refused(Situation::DurationOverRole);
        for (seconds, next) in [
            (43_200, Some(39_600)),
            (7_201, Some(7_200)),
            (7_200, Some(3_600)),
            (5_400, Some(3_600)),
            (3_600, None),
            (900, None),
        ] {
            let shorter = shorter(&refusal, Duration::from_secs(seconds));
            assert_eq!(
                shorter.map(|duration| duration.as_secs()),
                next,
                "{seconds}"
            );
        }
    }

    #[test]
    fn a_chained_role_goes_down_to_one_hour_and_other_refusals_not_at_all() {
        let long = Duration::from_secs(7_200);
        let chained = refused(Situation::DurationOverChain);
        assert_eq!(shorter(&chained, long), Some(HOUR));
        assert_eq!(shorter(&refused(Situation::WrongCode), long), None);
    }
}
