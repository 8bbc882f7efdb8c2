//! AWS's error codes and messages as situations.
//!
//! The codes are documented (AWS STS and IAM API References, "Common Errors" and each
//! operation's); where one code covers several situations, AWS's words tell them apart, as they
//! have been for years. An unknown wording falls back to the wider situation, never to a guess.

use super::super::federation::{BAD_REQUEST, GET_SIGNIN_TOKEN};
use super::{Denial, IamSituation, Situation};

/// What was asked of AWS.
#[derive(Clone, Copy, Debug)]
pub(in crate::aws) struct Asked {
    pub(in crate::aws) operation: &'static str,
    /// With temporary credentials.
    pub(in crate::aws) temporary: bool,
}

pub(in crate::aws) fn situation(
    asked: &Asked,
    status: u16,
    code: &str,
    message: &str,
) -> Situation {
    if let Some(situation) = IamSituation::of(asked.operation, code, message) {
        return Situation::Iam(situation);
    }
    let message = message.to_ascii_lowercase();
    let says = |words: &str| message.contains(words);
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
            denied(asked, &message)
        }
        "InvalidAuthenticationCode" => Situation::WrongCode,
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "AuthFailure" => match asked.temporary {
            true => Situation::SessionNotAccepted,
            false => Situation::KeyNotAccepted,
        },
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            if says("signature expired") || says("not yet current") {
                Situation::ClockOff
            } else if says("should be scoped to") {
                Situation::WrongScope
            } else {
                Situation::SecretWrong
            }
        }
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => Situation::ClockOff,
        "ExpiredToken" | "ExpiredTokenException" => Situation::SessionExpired,
        "RegionDisabledException" | "OptInRequired" => Situation::RegionDisabled,
        "ValidationError" | "ValidationException" | "InvalidParameterValue" => {
            if says("maxsessionduration") {
                Situation::DurationOverRole
            } else if says("role chaining") {
                Situation::DurationOverChain
            } else if says("durationseconds") {
                Situation::DurationOutOfRange
            } else {
                Situation::BadValue
            }
        }
        "InvalidInput" => Situation::BadValue,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "SlowDown" => Situation::Throttled,
        "RequestTimeout" | "RequestTimeoutException" => Situation::Unavailable,
        BAD_REQUEST if asked.operation == GET_SIGNIN_TOKEN => Situation::SigninRefused,
        _ if status == 429 => Situation::Throttled,
        _ if status >= 500 => Situation::Unavailable,
        _ => Situation::Other,
    }
}

fn denied(asked: &Asked, message: &str) -> Situation {
    let says = |words: &str| message.contains(words);
    if says("multifactorauthentication failed") {
        return match says("invalid mfa one time pass code") {
            true => Situation::WrongCode,
            false => Situation::WrongSerial,
        };
    }
    if asked.operation == "ChangePassword" && says("old password") {
        return Situation::Iam(IamSituation::OldPassword);
    }
    if says("with session credentials") {
        return Situation::NeedsLongTermKey;
    }
    if says("roles may not be assumed by root") {
        return Situation::RootUser;
    }
    let reason = if says("explicit deny") {
        Denial::Explicit
    } else if says("authenticated with an mfa device") {
        Denial::WithoutMfa
    } else if says("no role trust policy allows") || says("no resource-based policy allows") {
        Denial::NotTrusted
    } else if says("identity-based policy allows")
        || says("permissions boundary allows")
        || says("session policy allows")
        || says("service control policy allows")
    {
        Denial::NotAllowed
    } else {
        Denial::Unsaid
    };
    match asked.operation {
        "AssumeRole" => Situation::RoleRefused(reason),
        // Nobody needs a permission for it (AWS STS API Reference, "GetSessionToken"), so where no
        // policy is named it is the code.
        "GetSessionToken" if reason == Denial::Unsaid && !says("not authorized") => {
            Situation::WrongCode
        }
        _ => Situation::Denied(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "User: arn:aws:iam::123456789012:user/alice is not authorized to perform:";

    #[test]
    fn what_aws_says_is_told_apart() {
        use Situation::*;
        let assume = |rest: &str| {
            format!("{USER} sts:AssumeRole on resource: arn:aws:iam::210987654321:role/admin{rest}")
        };
        let list = |rest: &str| format!("{USER} iam:ListMFADevices on resource: user alice{rest}");
        let table: Vec<(&'static str, u16, &str, String, Situation)> = vec![
            (
                "GetSessionToken", 403, "AccessDenied",
                "MultiFactorAuthentication failed with invalid MFA one time pass code. ".into(),
                WrongCode,
            ),
            (
                "GetSessionToken", 403, "AccessDenied",
                "The one-time password does not match.".into(),
                WrongCode,
            ),
            (
                "GetSessionToken", 403, "AccessDenied",
                "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetSessionToken".into(),
                Situation::Denied(Denial::Unsaid),
            ),
            (
                "AssumeRole", 403, "AccessDenied",
                "MultiFactorAuthentication failed with invalid MFA one time pass code.".into(),
                WrongCode,
            ),
            (
                "GetSessionToken", 403, "AccessDenied",
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.".into(),
                WrongSerial,
            ),
            (
                "AssumeRole", 403, "AccessDenied",
                "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.".into(),
                WrongSerial,
            ),
            (
                "GetSessionToken", 403, "AccessDenied",
                "Cannot call GetSessionToken with session credentials".into(),
                NeedsLongTermKey,
            ),
            ("AssumeRole", 403, "AccessDenied", "Roles may not be assumed by root accounts.".into(), RootUser),
            (
                "ChangePassword", 403, "AccessDenied", "The old password was incorrect.".into(),
                Iam(IamSituation::OldPassword),
            ),
            (
                "GetLoginProfile", 404, "NoSuchEntity",
                "Login Profile for User alice cannot be found.".into(),
                Iam(IamSituation::NoPassword),
            ),
            (
                "UpdateLoginProfile", 404, "NoSuchEntity", "Login profile for alice not found".into(),
                Iam(IamSituation::NoPassword),
            ),
            (
                "ChangePassword", 404, "NoSuchEntity", "No such thing".into(),
                Iam(IamSituation::NoPassword),
            ),
            (
                "GetLoginProfile", 404, "NoSuchEntity",
                "The user with name login profile cannot be found.".into(),
                Iam(IamSituation::NoSuchEntity),
            ),
            ("AssumeRole", 403, "AccessDenied", assume(""), RoleRefused(Denial::Unsaid)),
            (
                "AssumeRole", 403, "AccessDenied",
                assume(" with an explicit deny in an identity-based policy"),
                RoleRefused(Denial::Explicit),
            ),
            (
                "AssumeRole", 403, "AccessDenied",
                assume(" because no identity-based policy allows the sts:AssumeRole action"),
                RoleRefused(Denial::NotAllowed),
            ),
            (
                "AssumeRole", 403, "AccessDenied",
                assume(" because no role trust policy allows the sts:AssumeRole action"),
                RoleRefused(Denial::NotTrusted),
            ),
            (
                "ListMFADevices", 403, "AccessDenied",
                list(" because no identity-based policy allows the iam:ListMFADevices action"),
                Denied(Denial::NotAllowed),
            ),
            (
                "ListMFADevices", 403, "AccessDenied",
                list(" with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/force-mfa"),
                Denied(Denial::Explicit),
            ),
            (
                "DeactivateMFADevice", 403, "AccessDenied",
                "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for this user.".into(),
                Denied(Denial::WithoutMfa),
            ),
            (
                "AssumeRole", 400, "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".into(),
                DurationOverRole,
            ),
            (
                "AssumeRole", 400, "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.".into(),
                DurationOverChain,
            ),
            (
                "GetSessionToken", 400, "ValidationError",
                "1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900".into(),
                DurationOutOfRange,
            ),
            (
                "AssumeRole", 400, "ValidationError",
                "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*".into(),
                BadValue,
            ),
            (
                "GetCallerIdentity", 403, "InvalidClientTokenId",
                "The security token included in the request is invalid.".into(),
                KeyNotAccepted,
            ),
            (
                "GetCallerIdentity", 403, "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.".into(),
                SecretWrong,
            ),
            (
                "GetCallerIdentity", 403, "SignatureDoesNotMatch",
                "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)".into(),
                ClockOff,
            ),
            (
                "GetSessionToken", 403, "SignatureDoesNotMatch",
                "Signature not yet current: 20190305T002809Z is still later than 20190304T214315Z (20190304T212815Z + 15 min.)".into(),
                ClockOff,
            ),
            (
                "GetCallerIdentity", 403, "SignatureDoesNotMatch",
                "Credential should be scoped to a valid region. ".into(),
                WrongScope,
            ),
            (
                "GetUser", 403, "SignatureDoesNotMatch",
                "Credential should be scoped to a valid Region, not 'us-east-1'. ".into(),
                WrongScope,
            ),
            (
                "GetCallerIdentity", 403, "InvalidSignatureException",
                "Credential should be scoped to correct service: 'iam'. ".into(),
                WrongScope,
            ),
            ("GetCallerIdentity", 400, "RequestExpired", "Request has expired.".into(), ClockOff),
            ("GetCallerIdentity", 403, "RequestTimeTooSkewed", String::new(), ClockOff),
            (
                "AssumeRole", 403, "ExpiredToken",
                "The security token included in the request is expired".into(),
                SessionExpired,
            ),
            (
                "GetSessionToken", 403, "RegionDisabledException",
                "STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.".into(),
                RegionDisabled,
            ),
            ("GetSessionToken", 400, "Throttling", "Rate exceeded".into(), Throttled),
            ("ListMFADevices", 429, "Whatever", String::new(), Throttled),
            ("ListMFADevices", 503, "ServiceUnavailable", String::new(), Unavailable),
            ("GetSessionToken", 500, "InternalFailure", String::new(), Unavailable),
            ("GetSessionToken", 400, "SomethingNew", "unheard of".into(), Other),
        ];
        for (operation, status, code, message, expected) in table {
            let asked = Asked {
                operation,
                temporary: false,
            };
            let found = situation(&asked, status, code, &message);
            assert_eq!(found, expected, "{operation} {code} {message}");
        }
    }

    #[test]
    fn an_unknown_temporary_key_is_not_called_inactive() {
        let asked = Asked {
            operation: "GetCallerIdentity",
            temporary: true,
        };
        let found = situation(&asked, 403, "InvalidClientTokenId", "");
        assert_eq!(found, Situation::SessionNotAccepted);
    }
}
