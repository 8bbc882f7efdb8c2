//! The sentences for what AWS said: about the device and its code, the role and the permission, the
//! key, and AWS itself.

use super::super::federation::{CHECK_POLICIES, GET_FEDERATION_TOKEN};
use super::advice::{Known, Told};
use super::{Denial, Refusal, Situation};
use crate::failure::Kind;
use crate::spelled::word;

impl Refusal {
    pub(super) fn about_the_device(&self, known: &Known<'_>) -> Told {
        match self.situation {
            Situation::WrongCode => Told::new(Kind::Code, "AWS did not accept the code")
                .next(format!(
                    "check it for a typo; if it was used before, wait: the next code comes in {} s",
                    self.seconds_to_next_code()
                ))
                .note_if(self.attempts > 1, "this code was sent more than once and may have been used up by the first try")
                .next(match self.drift() {
                    Some(drift) => format!("set the clock of this computer, if it made the code: it is {drift}"),
                    None => "if no code works, set the clock of the device, or resynchronize the device: `awsmfa mfa resync`".to_owned(),
                })
                .next_with(known.serial, |serial| format!("check that the code is of device {serial}")),
            Situation::WrongSerial => {
                let what = match known.serial {
                    Some(serial) => format!("AWS knows no MFA device {serial} of this user"),
                    None => "AWS knows no such MFA device of this user".to_owned(),
                };
                Told::new(Kind::Aws, what)
                    .place(known.serial_origin)
                    .next("name the device with --serial-number, or `mfa_serial` in the config file: an ARN with `:mfa/` in it, or the number on a hardware token")
                    .note("security keys and passkeys cannot make codes")
            }
            Situation::ClockOff => {
                let what = match self.drift() {
                    Some(drift) => format!("this computer's clock is {drift}, and AWS refuses the signature"),
                    None => "AWS refuses the signature for its time, and this computer's clock may be off".to_owned(),
                };
                Told::new(Kind::Aws, what).next("set the clock of this computer")
            }
            _ => Told::new(Kind::Aws, "a session cannot be made from temporary credentials")
                .place(known.key_origin)
                .next("name a profile that holds a long-term key (AKIA…) with --profile"),
        }
    }

    pub(super) fn about_permission(&self, known: &Known<'_>) -> Told {
        let role = known.role_arn.unwrap_or("the role");
        match self.situation {
            Situation::RoleRefused(reason) => role_refused(role, reason, known),
            Situation::RootUser => Told::new(Kind::Aws, "the root user cannot assume a role")
                .place(known.key_origin)
                .next("use the key of an IAM user"),
            Situation::DurationOverRole => {
                Told::new(Kind::Aws, format!("{role} does not allow so long a session"))
                    .next("ask for less with --duration-seconds; a role allows one hour unless its maximum session duration was raised")
            }
            Situation::DurationOverChain => Told::new(
                Kind::Aws,
                "a role assumed with temporary credentials lasts one hour at most",
            )
            .next("use --duration-seconds 3600, or a profile whose source is a long-term key"),
            Situation::DurationOutOfRange => Told::new(Kind::Aws, "AWS does not take this duration")
                .next("choose 15 minutes to 36 hours for a session, 15 minutes to 12 hours for a role"),
            Situation::BadValue => {
                let told = Told::new(Kind::Aws, "AWS does not take one of the values as it is");
                if self.operation == GET_FEDERATION_TOKEN {
                    return told.next(CHECK_POLICIES);
                }
                told.next("check the role's ARN, its session name and external id, and the device's serial number")
            }
            Situation::Denied(reason) => {
                let what = format!("this key may not call {}", self.operation);
                let told = Told::new(Kind::Aws, what).place(known.key_origin);
                match reason {
                    Denial::Explicit => told.next("sign in with MFA, or ask an administrator: a policy denies it, often until one has signed in with MFA"),
                    Denial::WithoutMfa => told
                        .next("sign in with the MFA device that you have: AWS wants that before you change your own")
                        .next("or ask an administrator, who can do it with `--user`"),
                    _ => told.next("ask whoever manages the account for the permission"),
                }
            }
            _ => self.about_aws(),
        }
    }

    /// Whether it was STS that was called: of what is called with credentials, the rest is IAM's.
    fn is_about_sts(&self) -> bool {
        matches!(
            self.operation,
            "AssumeRole" | "GetCallerIdentity" | "GetSessionToken" | GET_FEDERATION_TOKEN
        )
    }

    pub(super) fn about_the_key(&self, known: &Known<'_>) -> Told {
        let key = match known.key_id {
            Some(id) => format!("access key {id}"),
            None => "the access key".to_owned(),
        };
        let of = match known.profile {
            Some(profile) => format!(" of profile `{profile}`"),
            None => String::new(),
        };
        match self.situation {
            Situation::KeyNotAccepted => Told::new(Kind::Aws, format!("AWS does not accept {key}{of}"))
                .place(known.key_origin)
                .note("it is inactive, deleted, mistyped or of another partition (China, GovCloud); AWS says the same of all")
                .next("look at the user's access keys in the IAM console"),
            Situation::SessionNotAccepted => {
                // IAM User Guide, "Compare AWS STS credentials": GetSessionToken and IAM operations.
                Told::new(Kind::Aws, format!("AWS does not accept the temporary {key}{of}"))
                    .place(known.key_origin)
                    .next_if(!self.is_about_sts(), "use a session that was made with MFA, or a long-term key: IAM accepts no session that a user made without")
                    .next("sign in again where these credentials come from")
                    .note(format!("the region of {} may not be enabled for the account", self.host))
            }
            Situation::SecretWrong => {
                Told::new(Kind::Aws, format!("the secret does not belong to {key}{of}"))
                    .place(known.key_origin)
                    .next("copy `aws_secret_access_key` again, the whole of it; if it is lost, create a new key")
            }
            Situation::KeyGarbled => {
                Told::new(Kind::Configuration, format!("the access key's id or session token{of} cannot be one"))
                    .place(known.key_origin)
                    .next("copy `aws_access_key_id` (and `aws_session_token`) again: letters and digits, without quotes or spaces")
            }
            Situation::SessionExpired => {
                Told::new(Kind::Aws, format!("the temporary credentials{of} have expired"))
                    .place(known.key_origin)
                    .next("sign in again where these credentials come from, or name a profile with a long-term key")
            }
            Situation::SigninRefused => {
                Told::new(Kind::Aws, format!("AWS does not open the console with the credentials{of}"))
                    .place(Some(&self.host))
                    .next_with(known.profile, |profile| format!("`awsmfa -p {} --force` gets new ones, should these have been revoked", word(profile)))
                    .note("they may belong to another partition than this sign-in endpoint")
            }
            Situation::WrongScope => {
                Told::new(Kind::Aws, "this endpoint takes signatures for another region or service than ours")
                    .place(Some(&self.host))
                    .next("name the endpoint's region: --region, or `region` in the profile")
                    .next("or name the right endpoint for it: --endpoint-url, or `endpoint_url` in the profile")
            }
            _ => Told::new(Kind::Aws, "STS is switched off in this region for the account")
                .place(Some(&self.host))
                .next("use another region (--region), or have it activated in the IAM console, \"Account settings\""),
        }
    }

    pub(super) fn about_aws(&self) -> Told {
        match self.situation {
            Situation::Throttled => {
                Told::new(Kind::Aws, "AWS has had too many requests from this account")
                    .next("wait a minute, then try again")
            }
            Situation::Unavailable => Told::new(
                Kind::Aws,
                "AWS could not answer because of a fault of its own",
            )
            .place(Some(&self.host))
            .next("try again in a while; `https://health.aws.amazon.com` shows known faults"),
            _ => Told::new(Kind::Aws, format!("AWS refused {}", self.operation))
                .place(Some(&self.host)),
        }
    }
}

/// Reasons in the order of their likelihood, given what was sent along.
fn role_refused(role: &str, reason: Denial, known: &Known<'_>) -> Told {
    let who = match (known.chained, known.session) {
        (true, _) => "the role before it",
        (false, true) => "this session",
        (false, false) => "this key",
    };
    let told = Told::new(Kind::Aws, format!("{who} may not assume {role}")).place(known.key_origin);
    match reason {
        Denial::Explicit => told
            .next("sign in with MFA, or ask an administrator: a policy denies it, often until one has signed in with MFA")
            .next_if(known.serial.is_none() && !known.chained && !known.session, "name the MFA device: --serial-number, or `mfa_serial` in the profile"),
        Denial::NotAllowed => told.next(match known.chained {
            true => "ask an administrator to allow `sts:AssumeRole` for this role in the policies of the role before",
            false => "ask an administrator to allow `sts:AssumeRole` for this role in the user's own policies",
        }),
        Denial::NotTrusted | Denial::WithoutMfa | Denial::Unsaid => told
            .note_if(
                known.chained,
                "if its trust policy asks for MFA, it cannot be reached this way: AWS does not pass MFA on from role to role",
            )
            .next_if(
                known.serial.is_none() && !known.chained && !known.session,
                "name the MFA device with --serial-number, or `mfa_serial` in the profile: the role may ask for MFA",
            )
            .next_if(
                !known.external_id,
                "give an external id with --external-id, or `external_id` in the profile: its trust policy may ask for one",
            )
            .note_if(known.external_id, "the external id may be another than its trust policy asks for")
            .note(match known.chained {
                true => "its trust policy may not name the role before, or may ask for another session name",
                false => "its trust policy may not name this user, or may ask for another session name (--role-session-name)",
            })
            .next_if(
                known.session && !known.chained,
                "use `--no-session`, which assumes the role with a code of its own: its trust policy may ask for a newer code than the session's (aws:MultiFactorAuthAge)",
            )
            .next("check the ARN: there may be no such role"),
    }
}
