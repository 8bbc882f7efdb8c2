//! The lossless editor against tables, generated files, and the readers it must agree with.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod amending;
mod corpus;
mod editing;
mod invariants;
mod properties;
mod reading;
mod removing;
mod sdk;
mod survival;
mod wiring;
