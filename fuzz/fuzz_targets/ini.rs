//! Any bytes as a file, any text as a change: the promises of the editor hold, or it refuses.
//!
//! `cargo +nightly fuzz run ini`. The promises are those of the test suite, from the same file.

#![no_main]

#[path = "../../tests/ini/invariants.rs"]
mod invariants;

use awsmfa::ini::{Change, Flavor};
use libfuzzer_sys::fuzz_target;

/// File, whether it is the config file, section, value, key to remove.
type Input<'a> = (&'a [u8], bool, &'a str, &'a str, &'a str);

fuzz_target!(|input: Input<'_>| {
    let (file, config, section, value, remove) = input;
    let flavor = if config {
        Flavor::Config
    } else {
        Flavor::Credentials
    };
    let set = [("k", value), ("aws_session_token", "FwoGZXIvYXdzE//+==")];
    for section in [section, "a", "default"] {
        let change = Change {
            section,
            set: &set,
            remove: &[remove],
        };
        invariants::check(file, flavor, &change);
        for key in invariants::KEYS {
            invariants::set_aside(file, flavor, section, key);
        }
    }
});
