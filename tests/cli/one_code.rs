//! One code a day: it makes the session of the source, and that opens every role.

use std::time::Duration;

use crate::local_aws::{ACCOUNT, Entry, Fault, Mfa, Trust, UserHandle};
use crate::world::{NOTHING, Run, World};

/// A user with a device, and a profile for a role of each of these names that trusts them with MFA.
pub(crate) fn user_with_roles(world: &World, roles: &[&str]) -> (UserHandle, Mfa) {
    let (user, _, mfa) = world.default_user("alice");
    let mut config = format!("[default]\nmfa_serial = {}\n", mfa.serial);
    for name in roles {
        let role = world.aws.role(name).trusts(Trust::new(&user.arn).mfa());
        config += &role_profile(name, &role.arn, "default", "");
    }
    world.write_config(config);
    (user, mfa)
}

pub(crate) fn role_profile(name: &str, arn: &str, source: &str, more: &str) -> String {
    format!("[profile {name}]\nrole_arn = {arn}\nsource_profile = {source}\n{more}")
}

pub(crate) fn assumed(role: &str) -> Option<String> {
    Some(format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/alice"))
}

pub(crate) fn calls(world: &World, operation: &str) -> Vec<Entry> {
    let log = world.aws.log().into_iter();
    log.filter(|entry| entry.operation == operation).collect()
}

pub(crate) fn key_id(world: &World, section: &str) -> String {
    world.value(section, "aws_access_key_id").unwrap()
}

/// Every role was asked for with the session in this section, and without a code.
#[track_caller]
pub(crate) fn assumed_with(world: &World, section: &str) {
    let id = key_id(world, section);
    let calls = calls(world, "AssumeRole");
    assert!(!calls.is_empty());
    for call in calls {
        assert_eq!(call.key_id.as_deref(), Some(id.as_str()));
        assert_eq!(call.parameter("TokenCode"), None);
        assert_eq!(call.parameter("SerialNumber"), None);
    }
}

#[test]
fn one_code_fills_two_sections_and_every_further_role_is_free() {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev", "stg"]);
    let run = world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    run.said("signed in: [dev-mfa] is arn:aws:sts::123456789012:assumed-role/dev/alice until ")
        .said(" the session in [default-mfa] opens further roles without a code")
        .said("use it: ");
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
    assumed_with(&world, "default-mfa");
    // What `awsmfa` itself would have written.
    let left = |section| {
        let end: jiff::Timestamp = world.value(section, "expiration").unwrap().parse().unwrap();
        end.as_second() - i64::try_from(world.aws.now()).unwrap()
    };
    assert!((43_170..=43_200).contains(&left("default-mfa")));
    assert!((3_570..=3_600).contains(&left("dev-mfa")));
    world
        .run(NOTHING)
        .succeeded()
        .said("[default-mfa] is still good");
    let value = |key| world.value("dev-mfa", key).unwrap();
    assert_eq!(value("awsmfa_source"), "default");
    assert_eq!(
        value("awsmfa_source_key_id"),
        world.value("default", "aws_access_key_id").unwrap()
    );
    assert_eq!(value("awsmfa_for"), "dev");
    assert_eq!(value("awsmfa_mfa_serial"), mfa.serial);
    // Nobody is there to ask, and nobody has to.
    let session = key_id(&world, "default-mfa");
    world
        .run(["-p", "stg"])
        .succeeded()
        .said("the session in [default-mfa] opens further roles");
    assert_eq!(world.issued_to("stg-mfa"), assumed("stg"));
    assert_eq!(key_id(&world, "default-mfa"), session);
    assert_eq!(world.codes_sent().len(), 1);
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    // Each is good by itself afterwards.
    world.aws.clear_log();
    for profile in ["dev", "stg", "dev-mfa"] {
        world.run(["-p", profile]).succeeded().said("is still good");
    }
    assert_eq!(world.aws.log().len(), 0);
}

#[test]
fn commands_that_hand_credentials_on_need_no_code_for_a_further_role() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    world.sign_in(&mfa, NOTHING).succeeded();
    let run = world
        .run_for_secrets(["credential-process", "-p", "dev"])
        .succeeded();
    assert_eq!(run.stderr, "");
    assert_eq!(
        run.json()["AccessKeyId"],
        key_id(&world, "dev-mfa").as_str()
    );
    assert_eq!(world.codes_sent().len(), 1);
}

#[test]
fn the_document_says_where_the_session_is() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev", "stg"]);
    for arguments in [&["-p", "dev"][..], &["-p", "stg"]] {
        let code = world.aws.code(&mfa.serial);
        let code = ["-t", code.as_str()];
        let given = arguments
            .iter()
            .chain(code.iter().filter(|_| arguments[1] == "dev"));
        let run = world.run(given.chain(&["--output", "json"])).succeeded();
        let document = run.json();
        assert_eq!(document["session_section"], "default-mfa");
        assert_eq!(
            document["session_expiration"],
            world.value("default-mfa", "expiration").unwrap()
        );
        assert_eq!(document["serial_number"], mfa.serial.as_str());
    }
    let run = world
        .sign_in(&mfa, ["-p", "dev", "--no-session", "--output", "json"])
        .succeeded();
    assert_eq!(run.json()["session_section"], serde_json::Value::Null);
    assert_eq!(run.json()["session_expiration"], serde_json::Value::Null);
}

#[test]
fn a_code_on_the_command_line_renews_session_and_role_and_force_the_role_alone() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    let ids = || [key_id(&world, "default-mfa"), key_id(&world, "dev-mfa")];
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    let first = ids();
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    let second = ids();
    assert!(first[0] != second[0] && first[1] != second[1]);
    world.run(["-p", "dev", "--force"]).succeeded();
    let third = ids();
    assert!(third[0] == second[0] && third[1] != second[1]);
    assert_eq!(world.codes_sent().len(), 2);
}

/// The name of the role session is asked for beside the session, so it costs no time.
#[test]
fn who_one_is_is_asked_beside_the_request_that_carries_the_code() {
    const LATENCY: Duration = Duration::from_millis(800);

    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    world.aws.fault_always("*", Fault::Latency(LATENCY));
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    let log = world.aws.log();
    let [one, other, assume] = log.as_slice() else {
        panic!("{log:?}");
    };
    let mut beside = [one.operation.as_str(), other.operation.as_str()];
    beside.sort_unstable();
    assert_eq!(beside, ["GetCallerIdentity", "GetSessionToken"]);
    assert!(other.at - one.at < LATENCY);
    assert_eq!(assume.operation, "AssumeRole");
    // Nothing is asked that nobody needs.
    world.aws.clear_log();
    world.run(["-p", "dev", "--force", "-q"]).succeeded();
    assert_eq!(world.aws.count("GetSessionToken"), 0);
}

#[test]
fn a_chain_of_roles_begins_with_the_session() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let first = world.aws.role("First").trusts(Trust::new(&user.arn).mfa());
    let second = world.aws.role("Second").trusts(Trust::new(&first.arn));
    world.write_config(
        role_profile("first", &first.arn, "default", "")
            + &role_profile("second", &second.arn, "first", "duration_seconds = 1800\n"),
    );
    world.sign_in(&mfa, ["-p", "second"]).succeeded();
    assert_eq!(world.issued_to("second-mfa"), assumed("Second"));
    let calls = calls(&world, "AssumeRole");
    let durations: Vec<_> = calls
        .iter()
        .map(|call| call.parameter("DurationSeconds").unwrap())
        .collect();
    assert_eq!(durations, ["3600", "1800"]);
    assert!(
        calls
            .iter()
            .all(|call| call.parameter("TokenCode").is_none())
    );
    assert_eq!(
        calls[0].key_id.as_deref(),
        Some(key_id(&world, "default-mfa").as_str())
    );
    // The first role of the chain is free now, too.
    world.run(["-p", "first"]).succeeded();
    assert_eq!(world.codes_sent().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_key_from_a_command_is_fetched_for_the_session_and_not_for_further_roles() {
    let world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    let trust = Trust::new(&user.arn).mfa();
    let roles = ["dev", "stg"].map(|name| {
        let role = world.aws.role(name).trusts(trust.clone());
        role_profile(name, &role.arn, "vault", "")
    });
    world.write_config(format!(
        "[profile vault]\ncredential_process = echo x >> runs; echo '{{\"Version\": 1, \"AccessKeyId\": \"{}\", \
         \"SecretAccessKey\": \"{}\"}}'\n{}",
        key.id,
        key.secret,
        roles.concat()
    ));
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    world.run(["-p", "stg"]).succeeded();
    assert_eq!(world.issued_to("vault-mfa"), Some(user.arn));
    assert_eq!(world.issued_to("stg-mfa"), assumed("stg"));
    for section in ["dev-mfa", "stg-mfa"] {
        let recorded = world.value(section, "awsmfa_source_key_id");
        assert_eq!(recorded.as_deref(), Some(key.id.as_str()));
    }
    let runs = std::fs::read_to_string(world.path("runs")).unwrap();
    assert_eq!(runs.lines().count(), 1);
}

/// On the terminal the code is asked for in the name of the profile that was named.
#[cfg(unix)]
#[test]
fn the_question_is_for_the_profile_that_was_named() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    let mut session = world.terminal(["-p", "dev"]).start();
    session.expect(&format!("MFA code for {} (profile dev): ", mfa.serial));
    session.send_line(&world.aws.code(&mfa.serial));
    session.expect("signed in: [dev-mfa]");
    assert_eq!(world.finish(session).code, 0);
    // The warm-up has asked who it is already.
    assert_eq!(
        world.aws.operations(),
        ["GetCallerIdentity", "GetSessionToken", "AssumeRole"]
    );
    assert_eq!(world.aws.connections(), 1);
}

/// For the other tests of sessions: what the session in a section said when it was spoilt.
pub(crate) fn renewed_with_a_note(run: &Run) {
    run.said(
        "note: AWS does not take the session in [default-mfa] any more, so a new one is needed",
    );
}
