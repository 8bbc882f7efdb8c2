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

#[path = "../local_aws/check/client.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "a client that can also do everything wrong; here it tries out what was written"
)]
mod client;
mod impostor;
#[path = "../local_aws/mod.rs"]
mod local_aws;
#[cfg(unix)]
mod pty;
#[path = "../ini/sdk.rs"]
mod sdk;
mod told;
mod world;

mod bad_codes;
mod bad_input;
mod clock;
mod codes;
mod codes_refused;
#[cfg(unix)]
mod commands_that_fail;
mod completions;
mod concurrency;
mod consent;
mod console;
mod console_browser;
mod console_federated;
mod console_network;
mod crash;
mod credential_process;
mod credential_report;
mod devices;
mod doctor;
#[cfg(unix)]
mod dotfiles;
mod env;
#[cfg(unix)]
mod exec;
#[cfg(unix)]
mod exec_serve;
mod exit_codes;
#[cfg(unix)]
mod few_descriptors;
mod first;
mod follow;
mod foreign_report;
#[cfg(unix)]
mod full_disk;
#[cfg(unix)]
mod going_on;
#[cfg(unix)]
mod handson;
#[cfg(unix)]
mod handson_down;
#[cfg(unix)]
mod handson_interrupted;
#[cfg(unix)]
mod handson_lag;
#[cfg(unix)]
mod handson_late;
#[cfg(unix)]
mod handson_left;
#[cfg(unix)]
mod handson_refused;
mod help;
#[cfg(unix)]
mod hidden_prompt;
#[cfg(unix)]
mod hints;
mod hostile_files;
mod iam_sessions;
#[cfg(unix)]
mod interrupted;
mod invisible;
mod key;
mod key_create_interrupted;
mod key_interrupted;
mod key_lag;
mod key_places;
mod key_records;
mod key_rotate;
#[cfg(unix)]
mod locks;
mod logout;
mod lossless;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(unix)]
mod mfa_codes;
#[cfg(unix)]
mod mfa_denied;
#[cfg(unix)]
mod mfa_interrupted;
#[cfg(unix)]
mod mfa_lag;
#[cfg(unix)]
mod mfa_qr;
#[cfg(unix)]
mod mfa_setup;
#[cfg(unix)]
mod mfa_steps;
mod network;
mod odd_environment;
mod one_code;
#[cfg(unix)]
mod one_file;
mod password_change;
mod password_lost;
mod passwords;
#[cfg(unix)]
mod places;
#[cfg(unix)]
mod print_policy;
#[cfg(unix)]
mod prompt;
mod proxy;
mod proxy_server;
mod refusals;
mod region;
#[cfg(unix)]
mod replaced_file;
mod report;
mod retries;
mod reuse;
mod roles;
mod roles_refused;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod serve_refusals;
#[cfg(unix)]
mod served;
mod session;
mod several;
mod several_refused;
#[cfg(unix)]
mod shared_directory;
#[cfg(unix)]
mod single_flight;
mod source;
mod stale_sessions;
mod status;
#[cfg(unix)]
mod streams;
mod temporary_source;
mod tls;
mod values;
mod ways;
#[cfg(unix)]
mod while_asking;
mod whoami;
#[cfg(windows)]
mod windows;
mod wire;
