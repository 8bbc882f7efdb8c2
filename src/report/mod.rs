//! The credential report of an account: what it says of every user, and which rules that breaks.
//!
//! [`Report`] reads AWS's comma-separated values (`csv`), keeps every column, also those that AWS has
//! invented since, and knows where in the bytes each user's line is. [`Rules`] judges. Having the
//! report made, choosing what is shown and counting is the command's.

mod csv;
mod days;
mod rules;
mod user;

pub use csv::Broken;
pub use days::Days;
pub use rules::{Finding, Rule, Rules};
pub use user::{Key, Password, ROOT, Report, User};
