//! `handson up`, `list` and `down`: a user without permissions, a role that needs MFA, and nothing left
//! of them in the end.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::local_aws::{ACCOUNT, Fault, Key, LocalAws, Preset, Trust, UserHandle};
use crate::pty::Session;
use crate::world::{Run, World, section};

pub(super) const USER: &str = "handson-cli-usr";
pub(super) const ROLE: &str = "Myhandson-cli-role";
pub(super) const SERIAL: &str = "arn:aws:iam::123456789012:mfa/handson-cli-usr";
pub(super) const USER_ARN: &str = "arn:aws:iam::123456789012:user/handson-cli-usr";
pub(super) const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/Myhandson-cli-role";
pub(super) const POLICY: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// An administrator, key under `[default]`.
pub(super) fn administrator(world: &World) -> (UserHandle, Key) {
    let user = world.aws.user("admin").policy(Preset::Admin);
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    (user, key)
}

/// The arguments of S1.
pub(super) fn up<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let arguments = [
        "handson",
        "up",
        "--user",
        USER,
        "--role",
        ROLE,
        "--policy-arn",
        POLICY,
    ];
    [&arguments[..], more].concat()
}

/// `handson up` on a terminal that is large enough for the QR code.
pub(super) fn start_up(world: &World, more: &[&str]) -> Session {
    // A role that was made this second can be assumed at once, here.
    world.terminal(up(more)).size(50, 110).start()
}

/// Types the code of the step before, and then this one's.
pub(super) fn type_codes(world: &World, session: &mut Session) {
    session.expect("First code: ");
    session.send_line(&world.aws.code_at(SERIAL, -1));
    session.expect("Second code: ");
    session.send_line(&world.aws.code_at(SERIAL, 0));
}

/// Puts it up with nobody at a terminal: commands take the seed and make the codes.
pub(super) fn up_by_command(world: &World, more: &[&str]) -> Run {
    let child = driven(world, more);
    world.outcome(child)
}

/// The same where a secret was asked for on standard output.
fn up_by_command_printing(world: &World, more: &[&str]) -> Run {
    let child = driven(world, more);
    world.handed_out(child).succeeded()
}

fn driven(world: &World, more: &[&str]) -> Child {
    let codes = world.path("codes");
    let _ = fs::remove_file(&codes);
    let make = "while [ ! -s codes ]; do sleep 0.01; done; head -n 1 codes; sed -i 1d codes";
    let handing = [
        "--seed-command",
        "cat >seed",
        "--mfa-process",
        make,
        "--yes",
    ];
    let arguments = up(&[&handing, more].concat());
    let mut child = world.start(arguments);
    // The authenticator.
    while child.try_wait().unwrap().is_none() {
        if !codes.exists() && world.path("seed").exists() {
            // So the role is old enough to be known everywhere.
            world.aws.advance(30);
            let pair = [-4, -3].map(|step| world.aws.code_at(SERIAL, step));
            fs::write(world.path("new"), pair.join("\n") + "\n").unwrap();
            fs::rename(world.path("new"), &codes).unwrap();
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = fs::remove_file(world.path("seed"));
    child
}

pub(super) fn account(aws: &LocalAws) -> Value {
    aws.snapshot()[ACCOUNT].clone()
}

#[test]
fn from_nothing_to_a_role_that_is_put_on_with_a_code_and_back_to_nothing() {
    let mut world = World::new();
    world.set("SHELL", "/usr/bin/fish");
    administrator(&world);
    world.write_config("# mine\n[default]\nregion = eu-west-1\n");
    let (credentials, config) = (world.credentials(), fs::read(world.config_path()).unwrap());
    let before = account(&world.aws);

    let mut session = start_up(&world, &["--expires", "8h"]);
    session.expect(&format!(
        "user {USER}: no permissions, an access key in profile `{USER}`, an MFA device {SERIAL}"
    ));
    session.expect(&format!(
        "Create hands-on user {USER} and role {ROLE}? [y/N] "
    ));
    assert_eq!(account(&world.aws), before);
    session.send_line("y");
    session.expect("scan this with an authenticator app:");
    type_codes(&world, &mut session);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    for line in [
        "wanted until ",
        "sign in with the next code: awsmfa -p Myhandson-cli-role 123456\n",
        "then use it: set -gx AWS_PROFILE session-token\n",
        "and at the end: awsmfa -p default handson down --user handson-cli-usr\n",
    ] {
        assert!(finished.shown.contains(line), "{}", finished.shown);
    }

    let there = account(&world.aws);
    let user = &there["users"][USER];
    assert_eq!(user["policies"], json!({ "attached": [], "inline": {} }));
    assert_eq!(user["keys"], json!(["Active"]));
    assert_eq!(user["tags"]["awsmfa:handson"], ROLE);
    assert_eq!(user["tags"]["awsmfa:expires"], "(a moment)");
    assert_eq!(
        user["tags"]["awsmfa:access-key"].as_str(),
        world.value(USER, "aws_access_key_id").as_deref()
    );
    let role = &there["roles"][ROLE];
    assert_eq!(
        role["trust"]["Statement"][0],
        json!({
            "Effect": "Allow",
            "Principal": { "AWS": USER_ARN },
            "Action": "sts:AssumeRole",
            "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } },
        })
    );
    assert_eq!(
        role["policies"],
        json!({ "attached": [POLICY], "inline": {} })
    );
    assert_eq!(role["tags"]["awsmfa:handson"], USER);
    assert_eq!(role["tags"]["awsmfa:policy-1"], POLICY);
    assert_eq!(there["devices"][SERIAL]["user"], USER);
    assert_eq!(there["devices"][SERIAL]["tags"]["awsmfa:handson"], USER);
    assert_eq!(
        fs::read_to_string(world.config_path()).unwrap(),
        format!(
            "# mine\n[default]\nregion = eu-west-1\n\n[profile {ROLE}]\nrole_arn = {ROLE_ARN}\nsource_profile = {USER}\nmfa_serial = {SERIAL}\nawsmfa_profile = session-token\nregion = eu-west-1\nawsmfa_handson_region = eu-west-1\nawsmfa_handson = {USER_ARN}\n"
        )
    );

    // Without permissions until a code is given.
    world
        .run(["mfa", "list", "--all", "-p", USER])
        .failed(5, "may not call ListVirtualMFADevices");
    world.aws.advance(30);
    world
        .run(["-p", ROLE, &world.aws.code(SERIAL)])
        .succeeded()
        .said(&format!(
            "[session-token] is arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/"
        ));

    let run = world
        .run(["handson", "list", "--output", "json"])
        .succeeded()
        .json();
    assert_eq!(run[0]["user"], USER);
    assert_eq!(run[0]["role"], ROLE);
    assert_eq!(run[0]["overdue"], false);
    assert_eq!(run[0]["profile"], ROLE);

    world
        .run(["handson", "down", "--user", USER])
        .failed(3, "needs consent")
        .said(&format!("to be removed: role {ROLE}"))
        .said("next: agree with `--yes`");
    assert_eq!(account(&world.aws), there);

    let run = world.run(["handson", "down", "--yes"]).succeeded();
    run.said(&format!("user {USER} is deleted"));
    run.said(&format!("hands-on user {USER} is removed"));
    assert_eq!(account(&world.aws), before);
    assert_eq!(world.credentials(), credentials);
    assert_eq!(fs::read(world.config_path()).unwrap(), config);

    let run = world.run(["handson", "down", "--yes", "--user", USER]);
    run.succeeded().said("nothing is left of hands-on user");
    let run = world.run(["handson", "list"]).succeeded();
    run.said("there is no hands-on user");
}

#[test]
fn a_program_is_told_what_there_is_and_no_secret() {
    let world = World::new();
    administrator(&world);
    let run = up_by_command(
        &world,
        &[
            "--output",
            "json",
            "--to",
            "k",
            "--role-profile",
            "r",
            "--section",
            "s",
        ],
    );
    let report = run.succeeded().json();
    for (name, value) in [
        ("action", json!("up")),
        ("user", json!(USER)),
        ("user_arn", json!(USER_ARN)),
        ("role_arn", json!(ROLE_ARN)),
        ("policies", json!([POLICY])),
        ("serial_number", json!(SERIAL)),
        (
            "access_key_id",
            json!(world.value("k", "aws_access_key_id")),
        ),
        ("key_profile", json!("k")),
        ("role_profile", json!("r")),
        ("section", json!("s")),
        ("expires", Value::Null),
        ("base32_string_seed", Value::Null),
    ] {
        assert_eq!(report[name], value, "{name}");
    }
    // A command for the codes was given, so everything else works by itself.
    world.aws.advance(30);
    fs::write(world.path("codes"), world.aws.code(SERIAL)).unwrap();
    world
        .run(["-p", "r"])
        .succeeded()
        .said("[s] is arn:aws:sts::");
    let down = world.run([
        "handson", "down", "--user", USER, "--yes", "--output", "json",
    ]);
    let report = down.succeeded().json();
    let removed = report["removed"].as_array().unwrap();
    assert!(
        removed.contains(&json!(format!("user {USER} is deleted"))),
        "{report}"
    );
    let down = world.run([
        "handson", "down", "--user", USER, "--yes", "--output", "json",
    ]);
    assert_eq!(down.succeeded().json()["removed"], json!([]));
}

#[test]
fn the_seed_is_printed_on_request_alone() {
    let world = World::new();
    administrator(&world);
    let child = up_by_command_printing(&world, &["--show-seed", "--output", "json"]);
    let seed = world.aws.with_device(SERIAL, |device| {
        crate::local_aws::totp::base32(&device.seed)
    });
    assert_eq!(child.json()["base32_string_seed"], seed);
    assert!(!child.stderr.contains(&seed));
}

#[test]
fn what_is_told_to_go_on_with_works_as_it_is() {
    // Another endpoint, on the command line.
    let mut world = World::new();
    let (_, admin_key) = administrator(&world);
    let endpoint = world.aws.endpoint();
    world.unset("AWS_ENDPOINT_URL");
    let there = ["--endpoint-url", endpoint.as_str()];
    up_by_command(&world, &there).succeeded().said(&format!(
        "and at the end: awsmfa -p default handson down --user {USER} --endpoint-url {endpoint}\n"
    ));
    world.set("AWS_PROFILE", "session-token");
    let down = ["-p", "default", "handson", "down", "--user", USER, "--yes"];
    world.aws.fault("DeleteRole", Fault::AccessDenied);
    world
        .run(down.iter().chain(&there))
        .failed(5, "may not call DeleteRole")
        .said(&format!(
            "next: run `awsmfa -p default handson down --user {USER} --endpoint-url {endpoint}` again"
        ));
    world.run(down.iter().chain(&there)).succeeded();

    // Remedies, too.
    let admin = ["-p", "default", "--endpoint-url", endpoint.as_str()];
    up_by_command(&world, &admin).succeeded();
    let down = format!("awsmfa -p default handson down --user {USER} --endpoint-url {endpoint}");
    let other = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let user = world.aws.account().existing_user(USER).unwrap();
    world
        .run(up(&[&["--policy-arn", other][..], &admin].concat()))
        .failed(3, "was made with other policies")
        .said(&format!("next: take it down first: `{down}`"));
    world.write_credentials(section("default", &admin_key));
    world
        .run(up(&admin))
        .failed(3, "is not in profile")
        .said(&format!("next: take it down first: `{down}`"));
    user.clear_tags();
    let user = user.tag("awsmfa:handson", ROLE);
    world
        .run(up(&admin))
        .failed(3, "an access key that this command did not make")
        .said(&format!(
            "next: if nobody needs it: `awsmfa -p default key delete --user {USER} --endpoint-url {endpoint} ID`"
        ))
        .said(&format!("next: or remove everything: `{down} --force`"));
    world
        .run([&["handson", "down", "--user", "admin"][..], &admin].concat())
        .failed(5, "was not made by `awsmfa handson`")
        .said(&format!(
            "next: `awsmfa -p default handson list --endpoint-url {endpoint}` shows what was"
        ));
    user.clear_tags();
    world
        .run([&["handson", "down", "--user", USER][..], &admin].concat())
        .failed(5, "does not carry the tag")
        .said(&format!(
            "`aws iam tag-user --user-name {USER} --tags Key=awsmfa:handson,Value={ROLE} --profile default --endpoint-url {endpoint}`"
        ));

    // A key in the environment has no name to be called by.
    let mut world = World::new();
    let (_, key) = administrator(&world);
    world.write_credentials("");
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    up_by_command(&world, &[]).succeeded().said(&format!(
        "and at the end, where AWS_PROFILE is not set: awsmfa handson down --user {USER}\n"
    ));
    let down = ["handson", "down", "--user", USER, "--yes"];
    world.set("AWS_PROFILE", "session-token");
    assert_ne!(world.run(down).code, 0);
    world.unset("AWS_PROFILE");
    world.run(down).succeeded();
}

#[test]
fn through_a_role_it_is_put_up_in_the_role_s_account() {
    let world = World::new();
    let (admin, _) = administrator(&world);
    let other = world.aws.another_account("210987654321", "aws");
    let role = other
        .role("Admin")
        .trusts(Trust::new(&admin.arn))
        .policy(Preset::Admin);
    world.write_config(format!(
        "[profile cross]\nrole_arn = {}\nsource_profile = default\n",
        role.arn
    ));
    let code = world.aws.code(&admin.virtual_mfa().serial);
    world.run(["-p", "cross", &code]).succeeded();
    let before = account(&world.aws);
    let serial = format!("arn:aws:iam::210987654321:mfa/{USER}");
    let mut session = start_up(&world, &["--yes", "-p", "cross"]);
    session.expect(&format!("an MFA device {serial}"));
    session.expect("First code: ");
    session.send_line(&world.aws.code_at(&serial, -1));
    session.expect("Second code: ");
    session.send_line(&world.aws.code_at(&serial, 0));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(account(&world.aws), before);
    world
        .run(["handson", "down", "-p", "cross", "--user", USER, "--yes"])
        .succeeded();
    let there = &world.aws.snapshot()["210987654321"];
    assert_eq!(there["users"], json!({}));
    assert_eq!(there["devices"], json!({}));
}
