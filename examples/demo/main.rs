//! The main job without an AWS account: `cargo run --example demo`.
//!
//! Starts the local AWS of the tests on this computer, makes a home directory of its own below
//! `target/`, and shows one sign-in with the real binary, checking every step: a user without
//! permissions is denied, one code later the role is there, and the credentials file has two more
//! sections and no other change. On a terminal it then leaves a shell to play in. Ends with 1 if
//! the story does not come true, so it is a check as well.
//!
//! - [`stage`]: the local AWS and the home directory, and running programs there.
//! - [`story`]: the steps.
//! - [`play`]: the shell, and the authenticator in it.
//! - [`binary`]: where the built `awsmfa` is.
//! - [`call`]: `list-users`, which stands for any program that uses AWS.

#![allow(
    clippy::disallowed_methods,
    clippy::exit,
    reason = "a program of its own: it has its own streams, files and environment"
)]

mod binary;
mod call;
#[path = "../../tests/local_aws/mod.rs"]
mod local_aws;
mod play;
mod stage;
mod story;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        None => demo(),
        // What the shell at the end calls, by the scripts that `play` puts on its path.
        Some("list-users") => call::list_users(),
        Some("authenticator") => play::authenticator(),
        Some(_) => Err("the demo takes no arguments: cargo run --example demo".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            // A reader that went away, as in `| head`, needs no explanation.
            if !is_broken_pipe(trouble.as_ref()) {
                let _ = writeln!(io::stderr(), "{trouble}");
            }
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<()> {
    let awsmfa = binary::awsmfa()?;
    let mut stage = stage::Stage::set(awsmfa)?;
    story::tell(&mut stage)?;
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        play::shell(&mut stage)?;
    }
    stage.strike()
}

fn is_broken_pipe(trouble: &(dyn Error + 'static)) -> bool {
    trouble
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
