//! Why a call to IAM brought no result, and what it was about: what an [`super::Operator`] hands
//! back, and is told for the message.

use crate::aws::{Refusal, Situation};
use crate::failure::Failure;

/// Why a call brought no result.
#[derive(Debug)]
pub enum Obstacle {
    /// AWS's no, or the network's.
    Refusal(Box<Refusal>),
    /// The credentials for it could not be had.
    Failure(Failure),
}

impl Obstacle {
    pub(super) fn of(refusal: Refusal) -> Self {
        Self::Refusal(Box::new(refusal))
    }

    /// What AWS's no says of the situation.
    pub fn situation(&self) -> Option<&Situation> {
        match self {
            Obstacle::Refusal(refusal) => Some(&refusal.situation),
            Obstacle::Failure(_) => None,
        }
    }

    /// AWS understood the call and did not allow it.
    pub fn is_denial(&self) -> bool {
        matches!(self, Obstacle::Refusal(refusal) if refusal.is_denial())
    }

    /// Whether the call may have been carried out all the same: look before making it again.
    pub fn may_be_done(&self) -> bool {
        matches!(self, Obstacle::Refusal(refusal) if refusal.may_be_done)
    }
}

/// What a call was about, for messages.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// With its kind: `device arn:aws:iam::…`.
    pub subject: Option<&'a str>,
    /// The user whose it is.
    pub user: Option<&'a str>,
}
