//! `awsmfa`: one MFA code in, temporary AWS credentials in a named section of the credentials
//! file out, every other byte of that file untouched.
//!
//! The way of the data, and with it the order of the modules:
//!
//! 1. [`commands`] parses the command line and dispatches; [`context`] has captured the
//!    environment, the home directory and the clock.
//! 2. [`store`] reads the two files of the AWS CLI, [`ini`] finds sections and values in their
//!    bytes.
//! 3. [`profile`] resolves what was asked for into a plan, every value with its origin.
//! 4. [`session`] decides whether the section is still good.
//! 5. [`signin`] goes from the plan to credentials: device, [`code`], [`aws`], and back into the
//!    file.
//! 6. [`ui`] says what happened; a [`failure::Failure`] becomes the exit code.
//!
//! What takes several calls to AWS is an [`errand`]: it asks for [`consent`], remembers in a
//! [`journal`] what must survive, and tells what was done when it is cut short. Names that IAM takes
//! are [`iam_name`]'s, a virtual MFA device's seed and codes [`device`]'s, the hands-on user
//! [`handson`]'s. [`password`] knows what the account asks of a password, [`report`] what a
//! credential report says. What does not add up is for the [`doctor`] to find.
//!
//! Credentials go on to others as [`variables`]: to a [`child`], or as lines to a [`shell`]; an
//! [`endpoint`] hands them to whoever asks there; and the [`console`] has a URL for them, which a
//! [`browser`] opens.
//!
//! A key is replaced in the order that [`rotation`] says.
//!
//! [`terminal`] asks questions, `stdin` is read where the command line says so, [`process`] runs
//! commands that the user configured, [`aside`] waits for both without holding anything up,
//! [`together`] for several answers at once, in [`pauses`] for what AWS does not know everywhere yet; [`secret`], [`arn`], [`host`] and `spelled` are the words that
//! the others share. Who may call whom is written down in `docs/design.md` and held by `clippy.toml`.

pub mod arn;
pub mod aside;
pub mod aws;
pub mod browser;
pub mod child;
pub mod code;
pub mod commands;
pub mod consent;
pub mod console;
pub mod context;
pub mod device;
pub mod doctor;
pub mod endpoint;
pub mod errand;
pub mod failure;
pub mod handson;
pub mod host;
pub mod iam_name;
pub mod ini;
pub mod journal;
pub mod password;
pub mod pauses;
pub mod process;
pub mod profile;
pub mod report;
pub mod rotation;
pub mod secret;
pub mod session;
pub mod shell;
#[cfg(unix)]
pub mod signals;
pub mod signin;
mod spelled;
mod stdin;
pub mod store;
pub mod terminal;
pub mod together;
pub mod ui;
pub mod variables;

use context::Context;

/// Runs the command line of this process; the result is the exit code.
pub fn run() -> u8 {
    secret::forbid_core_dumps();
    commands::run(std::env::args_os(), &Context::capture())
}
