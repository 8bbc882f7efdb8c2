//! The local AWS under test itself: an instrument has to be checked before it judges.

#![allow(
    unreachable_pub,
    reason = "a test crate has no outside to reach anything from"
)]

mod check;
#[path = "mod.rs"]
mod local_aws;
