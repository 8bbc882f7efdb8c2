//! `login --wire` and `--unwire`: the config file arranged for plain AWS tools, and back again.

use serde_json::json;

use crate::client;
use crate::local_aws::{ACCOUNT, Mfa, Trust};
use crate::world::{NOTHING, Run, World};

/// alice's key under `[default]`, her device in the role profiles alone, and roles that want MFA.
fn world() -> (World, Mfa) {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    for role in ["Dev", "Stg", "Hub"] {
        world.aws.role(role).trusts(Trust::new(&user.arn).mfa());
    }
    (world, mfa)
}

fn arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

/// A config file with two role profiles of `default` and something else around them.
fn config(mfa: &Mfa) -> String {
    let (dev, stg, serial) = (arn("Dev"), arn("Stg"), &mfa.serial);
    format!(
        "# mine\n[default]\nregion = eu-west-1\n\n[profile dev]\nrole_arn = {dev}\n\
         source_profile = default\nmfa_serial = {serial}\n\n; and staging\n[profile stg]\n\
         MFA_Serial={serial}\nrole_arn={dev_stg}\n  source_profile\t=  default  \nregion = us-east-1",
        dev_stg = stg
    )
    .replace("  source_profile", "source_profile")
}

fn wired_dev(mfa: &Mfa) -> String {
    let serial = &mfa.serial;
    config(mfa).replacen(
        &format!("source_profile = default\nmfa_serial = {serial}\n"),
        &format!(
            "source_profile = default-mfa\nawsmfa_source_profile = default\nawsmfa_mfa_serial = {serial}\n"
        ),
        1,
    )
}

fn config_of(world: &World) -> String {
    std::fs::read_to_string(world.config_path()).unwrap()
}

/// What an AWS tool does with a wired profile: the section's credentials assume the role.
#[track_caller]
fn assume_like_a_plain_tool(world: &World, role: &str) {
    let session = world.credentials_of("default-mfa");
    let arn = arn(role);
    let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "plain")];
    let reply = client::sts(&world.aws, &session, "AssumeRole", &parameters);
    assert!(
        reply
            .text("Arn")
            .ends_with(&format!("assumed-role/{role}/plain"))
    );
}

#[track_caller]
fn wire(world: &World, mfa: &Mfa, arguments: &[&str]) -> Run {
    let arguments = ["login", "--wire", "--yes"].iter().chain(arguments);
    world.sign_in(mfa, arguments.copied()).succeeded()
}

#[test]
fn a_wired_profile_takes_the_session_and_unwired_it_is_as_it_was() {
    let (world, mfa) = world();
    let before = config(&mfa);
    world.write_config(&before);
    let run = wire(&world, &mfa, &["-p", "dev"]);
    run.said("wired: profile dev to section [default-mfa]")
        .said("signed in: [default-mfa] is")
        .said("export AWS_PROFILE=dev");
    assert_eq!(run.stdout, "");
    assert_eq!(config_of(&world), wired_dev(&mfa));
    assert_eq!(world.codes_sent().len(), 1);
    assume_like_a_plain_tool(&world, "Dev");

    world
        .run(["login", "--unwire", "--yes", "-p", "dev"])
        .succeeded()
        .said("unwired: profile dev");
    assert_eq!(config_of(&world), before);
    assert!(
        world.issued_to("default-mfa").is_some(),
        "the session stays"
    );
}
