//! Access keys one by one: listed, created, switched, deleted.

use std::time::Duration;

use serde_json::json;

use crate::local_aws::{Fault, Key, Preset, UserHandle, When};
use crate::told::Told;
use crate::world::{NOTHING, World, section};

/// Somebody with one key in `[default]` who may look after it.
fn alice() -> (World, UserHandle, Key) {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    world.write_credentials(format!("# mine\n{}", section("default", &key)));
    (world, user, key)
}

/// The same with a second key that no profile holds.
fn alice_with_two() -> (World, UserHandle, Key, Key) {
    let (world, user, key) = alice();
    let other = world.key(&user);
    (world, user, key, other)
}

fn end_of(key: &Key) -> &str {
    &key.id[key.id.len() - 5..]
}

#[test]
fn the_list_tells_status_age_last_use_and_who_holds_a_key() {
    let (world, user, key, other) = alice_with_two();
    user.set_key_active(&other.id, false);
    world.write_config(format!(
        "[profile copy]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key.id, key.secret
    ));
    let run = world.run(["key", "list"]).succeeded();
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    assert!(lines[0].starts_with("KEY"), "{}", run.stdout);
    assert!(
        lines[1].starts_with(&format!("{}*", key.id)),
        "{}",
        run.stdout
    );
    for said in ["active", "ago: iam in us-east-1", "default, copy"] {
        assert!(lines[1].contains(said), "{said} in {}", run.stdout);
    }
    assert!(
        lines[2].contains("inactive") && lines[2].contains("never"),
        "{}",
        run.stdout
    );
    assert!(lines[2].ends_with('-'), "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn the_document_has_everything_and_no_secret() {
    let (world, _, key, other) = alice_with_two();
    world.aws.advance(2);
    let run = world.run(["key", "list", "--output", "json", "--older-than", "1s"]);
    let rows = run.succeeded().json();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    let first = &rows[0];
    assert_eq!(first["access_key_id"], key.id.as_str());
    assert_eq!(first["user_name"], "alice");
    assert_eq!(first["status"], "Active");
    assert_eq!(first["age_days"], 0);
    assert_eq!(first["old"], true);
    assert_eq!(first["in_use"], true);
    assert_eq!(first["last_used"]["service_name"], "iam");
    assert_eq!(first["profiles"], json!(["default"]));
    assert_eq!(rows[1]["access_key_id"], other.id.as_str());
    assert_eq!(rows[1]["last_used"], json!(null));
    assert_eq!(rows[1]["last_used_known"], true);
    assert_eq!(rows[1]["in_use"], false);
    let run = world.run(["key", "list", "--output", "json"]).succeeded();
    assert_eq!(run.json()[0]["old"], false);
}

#[test]
fn an_old_key_is_marked_and_an_age_that_is_none_is_refused() {
    let (world, _, _) = alice();
    world.aws.advance(91 * 86_400);
    let run = world.run(["key", "list"]).succeeded();
    assert!(run.stdout.contains("91 d (old)"), "{}", run.stdout);
    let run = world
        .run(["key", "list", "--older-than", "92d"])
        .succeeded();
    assert!(!run.stdout.contains("(old)"), "{}", run.stdout);
    world
        .run(["key", "list", "--older-than", "soon"])
        .failed(2, "90d");
}

#[test]
fn where_aws_does_not_tell_the_last_use_the_rest_is_listed() {
    let (world, _, _) = alice();
    world.aws.fault("GetAccessKeyLastUsed", Fault::AccessDenied);
    let run = world.run(["key", "list"]).succeeded();
    run.said("iam:GetAccessKeyLastUsed is denied");
    assert!(run.stdout.contains("unknown"), "{}", run.stdout);
}

#[test]
fn the_last_uses_are_asked_for_at_once() {
    let (world, _, _, _) = alice_with_two();
    let slow = Duration::from_secs(2);
    world
        .aws
        .fault_always("GetAccessKeyLastUsed", Fault::Latency(slow));
    world.run(["key", "list"]).succeeded();
    let log = world.aws.log();
    let asked: Vec<_> = log
        .iter()
        .filter(|call| call.operation == "GetAccessKeyLastUsed")
        .collect();
    let [one, other] = asked.as_slice() else {
        panic!("{log:?}");
    };
    assert!(other.at - one.at < slow);
}

#[test]
fn a_new_key_goes_into_a_profile_of_its_own_and_works() {
    let (world, user, _) = alice();
    let before = world.credentials();
    let run = world.run(["key", "create", "--to", "ci"]).succeeded();
    let (id, active) = user.keys().pop().unwrap();
    assert!(active);
    run.said(&format!(
        "access key {id} of alice is created and stored in profile `ci`"
    ));
    assert_eq!(run.stdout, "");
    let secret = world.aws.secret_of(&id).unwrap();
    let added = format!("\n[ci]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    assert_eq!(world.credentials(), before + &added);
    world.run(["-p", "ci", "whoami"]).succeeded();
}

#[test]
fn a_profile_that_has_settings_and_no_key_is_given_one() {
    let (world, user, _) = alice();
    world.write_credentials(world.credentials() + "[ci]\nregion = eu-west-1\n# the end\n");
    let run = world.run(["key", "create", "--to", "ci", "--output", "json"]);
    let report = run.succeeded().json();
    let (id, _) = user.keys().pop().unwrap();
    assert_eq!(report["access_key_id"], id.as_str());
    assert_eq!(report["profile"], "ci");
    assert_eq!(world.value("ci", "aws_access_key_id"), Some(id));
    assert_eq!(world.value("ci", "region").as_deref(), Some("eu-west-1"));
    assert!(world.credentials().ends_with("# the end\n"));
}

#[test]
fn without_a_profile_the_document_of_the_aws_cli_is_printed_once() {
    let (world, user, _) = alice();
    let before = world.credentials();
    let run = world
        .run_for_secrets(["key", "create", "--output", "json"])
        .succeeded();
    let (id, _) = user.keys().pop().unwrap();
    let key = &run.json()["AccessKey"];
    assert_eq!(key["UserName"], "alice");
    assert_eq!(key["AccessKeyId"], id.as_str());
    assert_eq!(key["Status"], "Active");
    assert_eq!(key["SecretAccessKey"], world.aws.secret_of(&id).unwrap());
    assert!(key["CreateDate"].as_str().unwrap().ends_with("+00:00"));
    assert_eq!(world.credentials(), before);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_profile_that_got_a_key_meanwhile_is_left_alone() {
    let (world, user, key) = alice();
    let stop = world.aws.stop("CreateAccessKey", 0, When::After);
    let child = world.start(["key", "create", "--to", "ci"]);
    stop.wait(Duration::from_secs(30)).unwrap();
    let taken = world.credentials() + &section("ci", &key);
    world.write_credentials(&taken);
    stop.release();
    let run = world.outcome(child).failed(3, "`ci` holds a key by now");
    run.said("is deleted again");
    assert_eq!(world.credentials(), taken);
    assert_eq!(user.keys().len(), 1);
}

#[test]
fn a_secret_that_can_neither_be_written_nor_given_up_is_kept_until_the_key_is_deleted() {
    let (world, user, key) = alice();
    let before = world.credentials();
    world.aws.fault("DeleteAccessKey", Fault::AccessDenied);
    let stop = world.aws.stop("CreateAccessKey", 0, When::After);
    let child = world.start(["key", "create", "--to", "ci"]);
    stop.wait(Duration::from_secs(30)).unwrap();
    world.write_credentials(b"[default]\n\0\n");
    stop.release();
    let run = world.outcome(child).failed(7, "NUL byte");
    world.write_credentials(before);
    let (id, _) = user.keys().pop().unwrap();
    let kept = world.path(&format!(".aws/awsmfa/secret-{id}.json"));
    run.said(&format!("its secret is in {}", kept.display()));
    let content = std::fs::read_to_string(&kept).unwrap();
    assert!(content.contains(&world.aws.secret_of(&id).unwrap()));
    let doctor = world.run(["doctor", "--offline"]);
    let told = format!("the secret of access key {id}, which could not be handed over, is kept");
    assert!(doctor.stdout.contains(&told), "{}", doctor.stdout);
    world.run(["key", "delete", &id, "--yes"]).succeeded();
    assert!(!kept.exists());
    assert_eq!(user.keys(), [(key.id, true)]);
}

#[test]
fn a_place_that_cannot_take_the_secret_is_refused_before_a_key_is_created() {
    let (world, _, key) = alice();
    world.write_config(format!(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n\
         [profile there]\naws_access_key_id = {}\naws_secret_access_key = {}\n\
         [profile auto]\ncredential_process = true\n",
        key.id, key.secret
    ));
    for (arguments, told) in [
        (
            &["key", "create"][..],
            Told(2, "nobody said where", "--to", "--output json"),
        ),
        (
            &["key", "create", "--to", "default"],
            Told(3, "holds a key already", "credentials:2", "--to"),
        ),
        (
            &["key", "create", "--to", "there"],
            Told(3, "holds a key already", "config:4", "--to"),
        ),
        (
            &["key", "create", "--to", "role"],
            Told(3, "`role_arn`", "config:2", "--to"),
        ),
        (
            &["key", "create", "--to", "auto"],
            Told(3, "`credential_process`", "config:8", "--to"),
        ),
        (
            &["key", "create", "--to", "a b"],
            Told(2, "not a profile name", "--to", "letters"),
        ),
        (
            &["key", "create", "--to", "x]\n[y"],
            Told(2, "not a profile name", "--to", "letters"),
        ),
        (
            &["key", "create", "--to", "ci", "--user", "a/b"],
            Told(2, "cannot be the name", "--user", "letters"),
        ),
    ] {
        world.fails(arguments, told);
        assert_eq!(world.aws.log().len(), 0, "{arguments:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_key_that_standard_output_does_not_take_is_deleted_again() {
    use crate::pty::Stream;

    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    for stdout in [Stream::Broken, Stream::File(full.unwrap())] {
        let (world, user, key) = alice();
        let launch = world.terminal(["key", "create", "--output", "json"]);
        let finished = world.finish(launch.stdout(stdout).start());
        assert_eq!(finished.code, 7, "{}", finished.shown);
        assert!(
            finished.shown.contains("is deleted again"),
            "{}",
            finished.shown
        );
        assert_eq!(user.keys(), [(key.id, true)]);
    }
}

#[test]
fn a_key_whose_secret_was_lost_with_the_reply_is_deleted_on_consent() {
    let lost = Fault::Close(When::After);
    for arguments in [
        &["key", "create", "--to", "ci"][..],
        &["key", "create", "--output", "json"],
    ] {
        let (world, user, _) = alice();
        world.aws.fault("CreateAccessKey", lost.clone());
        let run = world.run_for_secrets(arguments).failed(3, "needs consent");
        run.said("its secret was lost with AWS's reply")
            .said("awsmfa key delete AKIA");
        assert_eq!(user.keys().len(), 2);

        let (world, user, _) = alice();
        world.aws.fault("CreateAccessKey", lost.clone());
        let run = world
            .run_for_secrets(arguments.iter().chain(&["--yes"]))
            .succeeded();
        run.said("is deleted");
        assert_eq!(world.aws.count("CreateAccessKey"), 2);
        assert_eq!(user.keys().len(), 2);
    }
}

#[test]
fn a_request_that_never_arrived_is_no_reason_to_delete_anything() {
    let (world, user, _, other) = alice_with_two();
    user.set_key_active(&other.id, false);
    world
        .run(["key", "create", "--to", "ci"])
        .failed(5, "has two access keys already");
    assert_eq!(user.keys().len(), 2);
    assert_eq!(world.value("ci", "aws_access_key_id"), None);
}

#[test]
fn a_key_in_use_is_switched_off_only_by_force_and_what_stops_is_said() {
    let (world, user, key) = alice();
    let mfa = world.virtual_mfa(&user);
    world.sign_in(&mfa, NOTHING).succeeded();
    let run = world
        .run(["key", "deactivate", &key.id])
        .failed(3, "is in use");
    run.said("profile `default`")
        .said("[default-mfa] stays good until it expires, and cannot be renewed")
        .said("awsmfa key rotate")
        .said("--force");
    assert_eq!(user.keys(), [(key.id.clone(), true)]);
    let before = world.credentials();
    world
        .run(["key", "deactivate", &key.id, "--force"])
        .succeeded()
        .said("is inactive");
    assert_eq!(user.keys(), [(key.id, false)]);
    assert_eq!(world.credentials(), before, "the profile is not changed");
}

#[test]
fn a_key_that_takes_itself_away_need_not_hear_the_answer() {
    for (arguments, operation, left) in [
        (&["key", "deactivate", "--force"][..], "UpdateAccessKey", 1),
        (&["key", "delete", "--force", "--yes"], "DeleteAccessKey", 0),
    ] {
        let (world, user, key) = alice();
        world.aws.fault(operation, Fault::Close(When::After));
        let arguments = arguments.iter().copied().chain([key.id.as_str()]);
        world.run(arguments).succeeded();
        assert_eq!(user.keys().len(), left);
        assert!(user.keys().iter().all(|(_, active)| !active));
    }
}

#[test]
fn a_key_is_switched_off_and_on_by_its_id_or_the_end_of_it() {
    let (world, user, key, other) = alice_with_two();
    for (arguments, said, active) in [
        (["key", "deactivate", end_of(&other)], "is inactive", false),
        (
            ["key", "deactivate", end_of(&other)],
            "nothing to do",
            false,
        ),
        (["key", "activate", &other.id], "is active again", true),
        (["key", "activate", &other.id], "nothing to do", true),
    ] {
        world.run(arguments).succeeded().said(said);
        assert_eq!(
            user.keys(),
            [(key.id.clone(), true), (other.id.clone(), active)]
        );
    }
    let run = world
        .run(["key", "deactivate", &other.id, "--output", "json"])
        .succeeded();
    let expected = json!({
        "action": "deactivated", "user_name": "alice", "access_key_id": other.id,
        "status": "Inactive",
    });
    assert_eq!(run.json(), expected);
}

#[test]
fn ids_that_name_no_key_are_refused() {
    let (world, _, key) = alice();
    for (id, code, said) in [
        ("ABC", 2, "no access key id"),
        ("../../x", 2, "no access key id"),
        ("", 2, "no access key id"),
        ("ZZZZZZ", 5, "alice has no access key ZZZZZZ"),
    ] {
        for command in ["activate", "deactivate", "delete"] {
            let run = world.run(["key", command, id]).failed(code, said);
            assert_eq!(run.stderr.contains(&key.id), code == 5, "{}", run.stderr);
        }
    }
}

#[test]
fn what_is_active_or_the_last_is_deleted_only_on_consent() {
    let (world, user, _, other) = alice_with_two();
    world
        .run(["key", "delete", &other.id])
        .failed(3, "(active) needs consent")
        .said("--yes");
    assert_eq!(user.keys().len(), 2);
    user.set_key_active(&other.id, false);
    world
        .run(["key", "delete", &other.id])
        .succeeded()
        .said("is deleted");
    assert_eq!(user.keys().len(), 1);

    let (world, user, key) = alice();
    let before = world.credentials();
    world
        .run(["key", "delete", &key.id, "--yes"])
        .failed(3, "is in use");
    world
        .run(["key", "delete", &key.id, "--force"])
        .failed(3, "of alice (active, and the only one) needs consent");
    assert_eq!(user.keys().len(), 1);
    let run = world
        .run(["key", "delete", &key.id, "--force", "--yes"])
        .succeeded();
    run.said("profile `default` still holds it");
    assert_eq!(user.keys().len(), 0);
    assert_eq!(world.credentials(), before);
}

#[test]
#[cfg(unix)]
fn consent_can_be_given_at_the_terminal() {
    for (answer, left) in [("n", 2), ("", 2), ("y", 1)] {
        let (world, user, _, other) = alice_with_two();
        let mut session = world.terminal(["key", "delete", &other.id]).start();
        session.expect("(active)? [y/N] ");
        session.send_line(answer);
        let finished = world.finish(session);
        assert_eq!(
            finished.code,
            if left == 1 { 0 } else { 3 },
            "{}",
            finished.shown
        );
        assert_eq!(user.keys().len(), left);
    }
}

#[test]
fn an_administrator_looks_after_somebody_elses_keys() {
    let (world, user, key) = alice();
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let admins = world.key(&admin);
    world.write_credentials(world.credentials() + &section("admin", &admins));
    let run = |arguments: &[&str]| {
        let arguments = ["-p", "admin", "key"].iter().chain(arguments);
        world.run(arguments.chain(&["--user", "alice"])).succeeded()
    };
    let listed = run(&["list"]);
    assert!(
        listed.stdout.contains(&format!("{} ", key.id)),
        "{}",
        listed.stdout
    );
    run(&["create", "--to", "alice-2"]);
    let (second, _) = user.keys().pop().unwrap();
    assert_eq!(
        world.value("alice-2", "aws_access_key_id"),
        Some(second.clone())
    );
    run(&["deactivate", &second, "--force"]);
    run(&["activate", &second]);
    run(&["delete", &second, "--force", "--yes"]);
    assert_eq!(user.keys().len(), 1);
    assert_eq!(admin.keys().len(), 1);
    world
        .run(["-p", "admin", "key", "list", "--user", "nobody"])
        .failed(5, "AWS knows no user nobody");
}

#[test]
fn where_a_policy_wants_mfa_the_session_is_used_or_made() {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    let user = user.policy(Preset::DenyWithoutMfa);
    world
        .run(["key", "list"])
        .failed(4, "an MFA code is needed");
    let code = world.aws.code(&mfa.serial);
    let run = world
        .run(["key", "list", "--token-code", &code])
        .succeeded();
    run.said("a policy may want MFA");
    assert!(run.stdout.contains(&key.id));
    world.aws.clear_log();
    world.run(["key", "create", "--to", "ci"]).succeeded();
    assert_eq!(world.codes_sent().len(), 0, "the session is there");
    let (second, _) = user.keys().pop().unwrap();
    world
        .run(["key", "deactivate", "--force", &second])
        .succeeded();
    world.run(["key", "delete", "--force", &second]).succeeded();
    assert_eq!(user.keys(), [(key.id, true)]);
}

/// Signing in writes to the same file that is locked for the new key.
#[test]
fn a_creation_alone_that_wants_mfa_does_not_wait_for_its_own_lock() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let user = user.policy_document(json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            {
                "Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*",
                "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } },
            },
        ],
    }));
    let code = world.aws.code(&mfa.serial);
    let arguments = [
        "key",
        "create",
        "--to",
        "ci",
        "-t",
        &code,
        "--timeout",
        "5s",
    ];
    world.run(arguments).succeeded();
    assert_eq!(user.keys().len(), 2);
    assert!(world.value("ci", "aws_secret_access_key").is_some());
    assert!(world.issued_to("default-mfa").is_some());
}

#[test]
fn the_key_of_the_environment_is_looked_after_too() {
    let (mut world, user, key) = alice();
    world.write_credentials("");
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    let run = world.run(["key", "list"]).succeeded();
    assert!(run.stdout.contains("(environment)"), "{}", run.stdout);
    world
        .run(["key", "deactivate", &key.id])
        .failed(3, "is in use")
        .said("AWS_ACCESS_KEY_ID in the environment");
    world.run(["key", "create", "--to", "default"]).succeeded();
    assert_eq!(user.keys().len(), 2);
}

#[test]
fn a_denial_names_the_call_and_changes_nothing() {
    let (world, user, _, other) = alice_with_two();
    for (operation, arguments) in [
        ("ListAccessKeys", &["key", "list"][..]),
        ("ListAccessKeys", &["key", "delete", &other.id, "--yes"]),
        ("UpdateAccessKey", &["key", "deactivate", &other.id]),
        ("DeleteAccessKey", &["key", "delete", &other.id, "--yes"]),
        ("CreateAccessKey", &["key", "create", "--to", "ci"]),
        ("CreateAccessKey", &["key", "create", "--output", "json"]),
    ] {
        world.aws.fault_always(operation, Fault::AccessDenied);
        let before = world.credentials();
        world
            .run(arguments)
            .failed(5, &format!("this key may not call {operation}"));
        world.aws.clear_faults();
        assert_eq!(user.keys().len(), 2);
        assert!(user.keys().iter().all(|(_, active)| *active));
        assert_eq!(world.credentials(), before);
    }
}

#[test]
fn the_key_of_a_role_or_of_nobody_has_no_user_to_look_after() {
    let world = World::new();
    let root = world.aws.account().root_key();
    world.plant(root.secret.as_str());
    world.write_credentials(section("default", &root));
    world
        .run(["key", "list"])
        .failed(3, "is no IAM user")
        .said("--user");
}

#[test]
fn a_key_of_the_environment_is_not_called_a_profile_s() {
    let (mut world, user, _, other) = alice_with_two();
    user.set_key_active(&other.id, false);
    world.set("AWS_ACCESS_KEY_ID", &other.id);
    world.set("AWS_SECRET_ACCESS_KEY", &other.secret);
    let what = format!("error: AWS does not accept access key {}\n", other.id);
    let run = world.run(["key", "list"]);
    let run = run.failed(5, "AWS_ACCESS_KEY_ID");
    assert!(run.stderr.contains(&what), "{}", run.stderr);
    world.set("AWSMFA_TOKEN_CODE", "123456");
    let run = world.run([
        "login",
        "--serial-number",
        "arn:aws:iam::123456789012:mfa/alice",
    ]);
    let run = run.failed(5, "AWS_ACCESS_KEY_ID");
    assert!(run.stderr.contains(&what), "{}", run.stderr);
    let run = world.run(["doctor"]);
    assert!(run.stdout.contains(&other.id), "{}", run.stdout);
    assert!(!run.stdout.contains("of profile"), "{}", run.stdout);
}
