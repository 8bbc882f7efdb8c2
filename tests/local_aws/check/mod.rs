//! Checks of the local AWS over the wire: by a small client of its own that can be made to do
//! everything wrong, and by the AWS SDK, which nobody here wrote.

#![allow(
    clippy::unwrap_used,
    reason = "where a test's own tool fails, the test has failed"
)]

mod administration;
mod client;
mod clients;
mod control;
mod devices;
mod faults;
mod iam;
mod protocol;
mod refusals;
mod roles;
mod sessions;
mod stops;
mod vectors;
