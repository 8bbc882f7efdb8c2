//! The built binary, in a home directory of its own, against the local AWS over a real wire.
//!
//! Every test makes a [`world::World`]: a temporary home, an empty environment, a local AWS. Every
//! run of the binary goes through it, so that everything it prints is searched for the secrets
//! that the test has planted and AWS has issued, and so that the local AWS has seen nothing that
//! a correct client never sends.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test stands outside of the program: it has its own files, clock and streams"
)]

#[path = "../local_aws/mod.rs"]
mod local_aws;
#[cfg(unix)]
mod pty;
mod world;

mod first;
