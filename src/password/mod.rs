//! Passwords for the AWS console: what the account asks of one, and where a new one comes from.
//!
//! `policy` names every rule that a password breaks, before it is sent. `generate` makes one that
//! breaks none. [`New`] gets one from the terminal, where it is not shown, or from standard input;
//! a password is never an argument, because arguments can be seen by others and are kept in the
//! shell's history. What is typed is never quoted. Setting it is the caller's.

mod generate;
mod new;
mod policy;

pub use generate::generate;
pub use new::{New, from_stdin, keeps_the_rules, present, terminal, typed};
pub use policy::{Policy, Rule};
