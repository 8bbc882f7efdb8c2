//! For whom an IAM command works: the flags they share, and what they mean.

use clap::{Args, ValueHint};

use super::Target;
use crate::failure::Result;
use crate::iam_name::Named;
use crate::profile::{Purpose, Request};
use crate::secret::Secret;
use crate::signin::{Acting, Orders};
use crate::spelled::Spelled;

/// Whose affairs, and a code should one be needed to sign in.
#[derive(Args, Debug)]
pub(super) struct Whose {
    /// Do it for this IAM user, as an administrator [default: the user whose key it is]
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    pub(super) user: Option<String>,

    /// A code to sign in with, should AWS want MFA for it; `-` reads it from standard input
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    pub(super) token_code: Option<Secret>,
}

impl Whose {
    /// What to make an operator of, and the user that was named.
    ///
    /// # Errors
    ///
    /// [`crate::failure::Kind::Usage`] for a name that IAM would not take.
    pub(super) fn orders(self, target: Target) -> Result<(Orders, Option<String>)> {
        let Self { user, token_code } = self;
        if let Some(user) = &user {
            Named::User.check(user, "--user")?;
        }
        let acting = match user {
            Some(_) => Acting::ForOthers,
            None => Acting::ForSelf,
        };
        Ok((orders(target, acting, token_code), user))
    }

    /// Commands to go on with for the same user.
    pub(super) fn spelled(&self, target: &Target) -> Spelled {
        Spelled {
            profile: target.profile.clone(),
            user: self.user.clone(),
            name: None,
            endpoint: target.endpoint_url.clone(),
        }
    }
}

/// The same where no user can be named.
pub(super) fn orders(target: Target, acting: Acting, code: Option<Secret>) -> Orders {
    let Target {
        profile,
        region,
        endpoint_url,
        timeout,
    } = target;
    Orders {
        request: Request {
            profile,
            region,
            endpoint_url,
            purpose: Purpose::Call,
            ..Request::default()
        },
        acting,
        code,
        timeout,
    }
}
