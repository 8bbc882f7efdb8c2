//! Where the built `awsmfa` is.
//!
//! `cargo run --example` builds the library and not the binary. So the demo asks cargo for it, and
//! for itself in the same breath: with an example in the selection cargo uses the very
//! dependencies that it has just built, and the binary is a matter of seconds.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Result;

/// Builds the binary, or, where the demo was not started by cargo, looks beside itself.
pub(crate) fn awsmfa() -> Result<PathBuf> {
    match env::var_os("CARGO") {
        Some(cargo) => built_by(Command::new(cargo)),
        None => beside_the_demo(),
    }
}

fn built_by(mut cargo: Command) -> Result<PathBuf> {
    cargo
        .args(["build", "--quiet", "--bin", "awsmfa", "--example", "demo"])
        .args(["--message-format", "json-render-diagnostics"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    for (name, _) in env::vars_os() {
        // What cargo told us about this package. Build scripts would take it for a change.
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.output()?;
    if !output.status.success() {
        return Err("the demo needs the awsmfa binary, and cargo could not build it".into());
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["kind"][0] == "bin")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| "cargo did not say where it put the awsmfa binary".into())
}

fn beside_the_demo() -> Result<PathBuf> {
    let demo = env::current_exe()?;
    let path = demo
        .ancestors()
        .nth(2)
        .map(|directory| {
            directory
                .join("awsmfa")
                .with_extension(env::consts::EXE_EXTENSION)
        })
        .filter(|path| path.is_file());
    path.ok_or_else(|| "the awsmfa binary is not built: cargo run --example demo builds it".into())
}
