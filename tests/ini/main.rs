//! The lossless editor against tables, generated files, and the readers it must agree with.

mod corpus;
mod editing;
mod invariants;
mod properties;
mod reading;
mod sdk;
mod survival;
