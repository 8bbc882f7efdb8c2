//! The local AWS as a process of its own, for scripts in any language.
//!
//! ```text
//! cargo run --example local_aws -- [--tls] [--port N] [--state FILE] [--ca FILE] [--until-eof]
//! ```
//!
//! Prints one line of JSON once it listens: the endpoint, the file with the authority's
//! certificate, and a fixed cast of users, devices and roles with fresh keys. `--state` writes the
//! same line to a file. Runs until it is killed, or with `--until-eof` until its stdin ends.
//! Codes, clock, faults, the request log and the present state are reached under `/_control/` on the same port; see
//! the documentation of `tests/local_aws/control.rs`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program of its own: stdout carries its one line of JSON"
)]

#[path = "../tests/local_aws/mod.rs"]
mod local_aws;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use local_aws::{Key, LocalAws, Mfa, Options, Preset, Trust, UserHandle};
use serde_json::{Value, json};

#[derive(Default)]
struct Arguments {
    tls: bool,
    port: u16,
    state: Option<PathBuf>,
    authority: Option<PathBuf>,
    until_eof: bool,
}

fn main() -> ExitCode {
    match arguments().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "local_aws: {why}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut parsed = Arguments::default();
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        let mut value = || given.next().ok_or(format!("{flag} needs a value"));
        match flag.as_str() {
            "--tls" => parsed.tls = true,
            "--until-eof" => parsed.until_eof = true,
            "--port" => parsed.port = value()?.parse().map_err(|_| "--port is a number")?,
            "--state" => parsed.state = Some(value()?.into()),
            "--ca" => parsed.authority = Some(value()?.into()),
            _ => return Err(format!("what is {flag}?")),
        }
    }
    Ok(parsed)
}

fn run(arguments: Arguments) -> Result<(), String> {
    let options = Options {
        port: arguments.port,
        tls: arguments.tls,
        control: true,
        ..Options::default()
    };
    let aws = LocalAws::with(&options).map_err(|error| format!("cannot listen: {error}"))?;
    let mut state = cast(&aws);
    state["endpoint"] = aws.endpoint().into();
    state["control"] = format!("{}/_control/", aws.endpoint()).into();
    if arguments.tls {
        let path = arguments.authority.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("local-aws-{}-ca.pem", aws.port()))
        });
        std::fs::write(&path, aws.ca_pem())
            .map_err(|error| format!("{}: {error}", path.display()))?;
        state["ca_file"] = path.display().to_string().into();
    }
    let line = format!("{state}\n");
    if let Some(path) = arguments.state {
        std::fs::write(&path, &line).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    print!("{line}");
    let _ = std::io::stdout().flush();
    if arguments.until_eof {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    } else {
        aws.serve_for_ever();
    }
    Ok(())
}

/// Everybody the scripts may need, one per situation.
fn cast(aws: &LocalAws) -> Value {
    // S1: a user without permissions, and roles that ask for MFA.
    let alice = aws.user("alice");
    let alice_device = alice.virtual_mfa();
    let admin = aws
        .role("Admin")
        .trusts(Trust::new(&alice.arn).mfa())
        .max_duration(43_200)
        .policy(Preset::Admin);
    let partner = aws
        .role("team/Partner")
        .trusts(Trust::new(&alice.arn).mfa().external_id("partner-42"))
        .policy(Preset::SelfService);
    let chained = aws.role("Chained").trusts(Trust::new(&admin.arn));
    // S2: everything with MFA, next to nothing without.
    let bob = aws.user("bob").policy(Preset::DenyWithoutMfa);
    let bob_device = bob.virtual_mfa();
    // Devices of every kind, and the permission to list them.
    let carol = aws.user("carol").policy(Preset::SelfService);
    let carol_devices = [
        carol.virtual_mfa(),
        carol.virtual_mfa_named("carol-phone"),
        carol.hardware_mfa("GAHT12345678"),
    ];
    let carol_passkey = carol.passkey("laptop-");
    // An administrator without a device, and somebody whose key was switched off.
    let dave = aws.user("dave").policy(Preset::Admin);
    // S2 from its beginning: MFA is asked for and there is no device yet.
    let frank = aws
        .user("frank")
        .policy(Preset::DenyWithoutMfa)
        .password("Correct-horse-8");
    let erin = aws.user("erin");
    let erin_device = erin.virtual_mfa();
    let erin_key = erin.key();
    erin.set_key_active(&erin_key.id, false);
    // Another partition.
    let china = aws.another_account("222222222222", "aws-cn");
    let mei = china.user("mei").policy(Preset::SelfService);
    let mei_device = mei.virtual_mfa();
    let mei_role = china
        .role("Admin")
        .trusts(Trust::new(&mei.arn).mfa())
        .policy(Preset::Admin);

    let own_policy = aws.account().managed_policy(
        "HandsOn",
        json!({
            "Version": "2012-10-17",
            "Statement": { "Effect": "Allow", "Action": "iam:List*", "Resource": "*" },
        }),
    );
    let mut carol_entry = user(&carol, &carol.key(), &carol_devices);
    carol_entry["passkey"] = carol_passkey.into();
    json!({
        "account": local_aws::ACCOUNT,
        "users": {
            "alice": user(&alice, &alice.key(), &[alice_device]),
            "bob": user(&bob, &bob.key(), &[bob_device]),
            "carol": carol_entry,
            "dave": user(&dave, &dave.key(), &[]),
            "frank": user(&frank, &frank.key(), &[]),
            "erin": user(&erin, &erin_key, &[erin_device]),
            "mei": user(&mei, &mei.key(), &[mei_device]),
        },
        "roles": {
            "Admin": admin.arn,
            "Partner": partner.arn,
            "Chained": chained.arn,
            "mei-Admin": mei_role.arn,
        },
        "policies": {
            "read_only": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "administrator": "arn:aws:iam::aws:policy/AdministratorAccess",
            "own": own_policy,
        },
        "state": aws.snapshot(),
        "external_id": "partner-42",
    })
}

fn user(user: &UserHandle, key: &Key, devices: &[Mfa]) -> Value {
    let devices: Vec<Value> = devices
        .iter()
        .map(|device| json!({ "serial": device.serial, "seed": device.base32 }))
        .collect();
    json!({
        "name": user.name,
        "arn": user.arn,
        "key_id": key.id,
        "secret": key.secret,
        "devices": devices,
    })
}
