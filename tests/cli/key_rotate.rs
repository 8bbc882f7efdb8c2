//! A rotation: what is written where, what is refused before anything is done, and the way back.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::local_aws::{Fault, Key, Lag, Mfa, New, Preset, UserHandle, When};
use crate::told::Told;
use crate::world::{NOTHING, World, section};

const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody with one key, who may look after it, and no file yet.
fn person() -> (World, UserHandle, Key) {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    (world, user, key)
}

fn alice() -> (World, UserHandle, Key) {
    let (world, user, key) = person();
    world.write_credentials(section("default", &key));
    (world, user, key)
}

/// Everything with MFA, next to nothing without.
fn behind_mfa() -> (World, UserHandle, Key, Mfa) {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    (world, user.policy(Preset::DenyWithoutMfa), key, mfa)
}

/// The user's key that is not `old`, with its secret.
#[track_caller]
fn new_pair(world: &World, user: &UserHandle, old: &Key) -> (String, String) {
    let keys = user.keys();
    let (id, active) = keys.iter().find(|(id, _)| *id != old.id).unwrap();
    assert!(active);
    (id.clone(), world.aws.secret_of(id).unwrap())
}

#[test]
fn the_new_pair_stands_where_the_old_one_stood_and_nothing_else_has_changed() {
    for (credentials, config, arguments) in [
        ("[default]\nID\nSECRET\n", "", NOTHING.as_slice()),
        (
            "# a\r\n[default]\r\nID\r\n; b\r\nSECRET\r\nregion=eu-west-1\r\n\r\n[z]\r\n",
            "",
            &NOTHING,
        ),
        (
            "\u{feff}[work]\nSECRET\nID\nawsmfa = mine",
            "",
            &["-p", "work"],
        ),
        (
            "",
            "[profile work]\nregion = eu-west-1\nID\nSECRET\n# end\n",
            &["-p", "work"],
        ),
        (
            "[a]\nID\nSECRET\n[b]\nID\nSECRET\n",
            "[profile c]\nID\nSECRET\n[default]\nID\nSECRET\n",
            &["-p", "b"],
        ),
        (
            "[work-long-term]\nID\nSECRET\n\n[work]\n",
            "",
            &["-p", "work"],
        ),
        (
            "[my work]\nID\nSECRET\n[Büro, 2. Stock (neu)]\nID\nSECRET\n",
            "[profile \"my work\"]\nID\nSECRET\n",
            &["-p", "my work"],
        ),
        (
            "[default]\nID\nSECRET\n[ \"my work\" ]\nID\nSECRET\n",
            "",
            &NOTHING,
        ),
        (
            "[keys]\nID\nSECRET\n",
            "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = keys\n",
            &["-p", "dev"],
        ),
        (
            "[default]\nID\nSECRET\n[x-mfa]\naws_access_key_id = ASIA1\nawsmfa_source = default\nawsmfa_source_key_id = OLD\n",
            "",
            &NOTHING,
        ),
    ] {
        let (world, user, key) = person();
        let filled = |text: &str, id: &str, secret: &str| {
            text.replace("ID", &format!("aws_access_key_id = {id}"))
                .replace("SECRET", &format!("aws_secret_access_key = {secret}"))
                .replace("OLD", id)
        };
        world.write_credentials(filled(credentials, &key.id, &key.secret));
        world.write_config(filled(config, &key.id, &key.secret));
        let run = world.run(arguments.iter().chain(&["key", "rotate"]));
        let run = run.succeeded_for(credentials);
        let (id, secret) = new_pair(&world, &user, &key);
        assert_eq!(world.credentials(), filled(credentials, &id, &secret));
        let after = fs::read_to_string(world.config_path()).unwrap();
        assert_eq!(after, filled(config, &id, &secret), "{credentials}");
        assert_eq!(user.keys(), [(key.id.clone(), false), (id, true)]);
        assert_eq!(run.stdout, "");
        run.said("--rollback")
            .said(&format!("key delete {}`", key.id));
    }
}

#[test]
fn the_document_says_what_was_done_and_holds_no_secret() {
    let (world, user, key) = alice();
    let run = world.run(["key", "rotate", "--output", "json"]).succeeded();
    let (id, _) = new_pair(&world, &user, &key);
    let kept = world.path(".aws/awsmfa/key-default@alice@123456789012.json");
    let expected = json!({
        "action": "rotated",
        "user_name": "alice",
        "old_access_key_id": key.id,
        "new_access_key_id": id,
        "profiles": ["default"],
        "sections": [],
        "kept_in": kept.display().to_string(),
    });
    assert_eq!(run.json(), expected);
}

#[test]
fn the_new_key_works_and_the_old_one_goes_if_that_is_wanted() {
    let (world, user, key) = alice();
    world.run(["key", "rotate", "--delete-old"]).succeeded();
    let (id, _) = new_pair(&world, &user, &key);
    assert_eq!(user.keys(), [(id, true)]);
    world.run(["whoami"]).succeeded();
    assert!(
        !world
            .path(".aws/awsmfa/key-default@alice@123456789012.json")
            .exists()
    );
    world
        .run(["key", "rotate", "--rollback"])
        .failed(3, "there is no rotation of profile `default`");
}

#[test]
#[cfg(unix)]
fn the_kept_secret_is_for_its_owner_alone_and_goes_with_the_key() {
    use std::os::unix::fs::MetadataExt;

    let (world, _, key) = alice();
    world.run(["key", "rotate"]).succeeded();
    let kept = world.path(".aws/awsmfa/key-default@alice@123456789012.json");
    assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&kept).unwrap().contains(&key.secret));
    world.run(["key", "delete", &key.id]).succeeded();
    assert!(!kept.exists());
    world
        .run(["key", "rotate", "--rollback"])
        .failed(3, "there is no rotation");
}

#[test]
fn a_session_made_with_the_old_key_stays_good_and_is_renewed_with_the_new_one() {
    let (world, user, key, mfa) = behind_mfa();
    world.sign_in(&mfa, NOTHING).succeeded();
    let session = world.value("default-mfa", "aws_access_key_id");
    world.aws.clear_log();
    world.run(["key", "rotate", "--delete-old"]).succeeded();
    assert_eq!(world.codes_sent().len(), 0, "the session was used");
    let (id, _) = new_pair(&world, &user, &key);
    assert_eq!(world.value("default-mfa", "awsmfa_source_key_id"), Some(id));
    assert_eq!(world.value("default-mfa", "aws_access_key_id"), session);
    world.run(NOTHING).succeeded().said("is still good");
    world.run(["-p", "default-mfa", "whoami"]).succeeded();
    world.sign_in(&mfa, NOTHING).succeeded().said("signed in");
}

#[test]
fn where_there_is_no_session_one_code_is_enough_for_all() {
    for more in [&[][..], &["--delete-old"]] {
        let (world, user, key, mfa) = behind_mfa();
        world
            .run(["key", "rotate"])
            .failed(4, "an MFA code is needed");
        assert_eq!(user.keys(), [(key.id.clone(), true)]);
        let code = world.aws.code(&mfa.serial);
        let arguments = ["key", "rotate", "--token-code", &code];
        world.run(arguments.iter().chain(more)).succeeded();
        assert_eq!(world.codes_sent(), [code]);
        let (id, _) = new_pair(&world, &user, &key);
        assert_eq!(world.value("default", "aws_access_key_id"), Some(id));
    }
}

#[test]
fn a_code_from_the_environment_is_spent_once() {
    let (mut world, user, key, mfa) = behind_mfa();
    let code = world.aws.code(&mfa.serial);
    world.set("AWSMFA_TOKEN_CODE", &code);
    world.run(["key", "rotate", "--delete-old"]).succeeded();
    assert_eq!(world.codes_sent(), [code]);
    new_pair(&world, &user, &key);
}

#[test]
fn a_new_key_that_aws_does_not_know_everywhere_yet_is_waited_for() {
    for lag in [Lag::Requests(3), Lag::Seconds(2)] {
        for more in [&[][..], &["--delete-old"]] {
            let (world, user, key) = alice();
            world.aws.set_lag(New::AccessKey, Some(lag));
            let arguments = ["key", "rotate"].iter().chain(more);
            world.run(arguments).succeeded();
            new_pair(&world, &user, &key);
            assert!(world.aws.count("GetCallerIdentity") > 2);
        }
    }
}

#[test]
fn cut_off_while_aws_does_not_know_the_new_key_it_can_be_finished_or_taken_back() {
    for (arguments, current) in [
        (&["key", "rotate"][..], 1),
        (&["key", "rotate", "--rollback"], 0),
    ] {
        let (world, user, key) = alice();
        world.aws.set_lag(New::AccessKey, Some(Lag::Requests(4)));
        let stop = world.aws.stop("GetCallerIdentity", 2, When::Before);
        let mut child = world.start(["key", "rotate"]);
        stop.wait(PATIENCE).unwrap();
        child.kill().unwrap();
        world.outcome(child);
        stop.abandon();
        let (id, _) = new_pair(&world, &user, &key);
        assert_eq!(
            world.value("default", "aws_access_key_id"),
            Some(id.clone())
        );
        world.run(arguments).succeeded();
        let ids = [key.id.clone(), id];
        assert_eq!(
            world.value("default", "aws_access_key_id").as_ref(),
            Some(&ids[current])
        );
        let active: Vec<bool> = user.keys().iter().map(|(_, active)| *active).collect();
        assert_eq!(active, [current == 0, current == 1]);
    }
}

#[test]
fn a_dry_run_shows_the_steps_and_does_nothing() {
    let (world, user, key) = alice();
    let before = world.files();
    let run = world
        .run(["key", "rotate", "--dry-run", "--delete-old"])
        .succeeded();
    let steps: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(steps.len(), 4, "{}", run.stdout);
    for (line, said) in steps
        .iter()
        .zip(["create", "wait until", "deactivate", "delete"])
    {
        assert!(line.contains(said), "{}", run.stdout);
    }
    let run = world
        .run(["key", "rotate", "--dry-run", "--output", "json"])
        .succeeded();
    let steps = run.json();
    assert_eq!(steps[0]["step"], "create");
    assert_eq!(steps[2]["access_key_id"], key.id.as_str());
    assert_eq!(world.files(), before, "not even a lock that was not there");
    assert_eq!(user.keys(), [(key.id.clone(), true)]);

    let spare = world.key(&user);
    let run = world.run(["key", "rotate", "--dry-run"]).succeeded();
    assert!(
        run.stdout
            .starts_with(&format!("1.  delete access key {}", spare.id))
    );
    assert_eq!(user.keys().len(), 2);
    world.run(["key", "rotate", "--yes"]).succeeded();
    let run = world
        .run(["key", "rotate", "--rollback", "--dry-run"])
        .succeeded();
    assert!(
        run.stdout
            .starts_with(&format!("1.  activate access key {}", key.id))
    );
    assert_eq!(user.keys()[0], (key.id, false));
}

#[test]
fn a_key_that_is_in_no_file_cannot_be_rotated_in_place() {
    let (mut world, user, key) = person();
    let document = json!({ "Version": 1, "AccessKeyId": key.id, "SecretAccessKey": key.secret });
    fs::write(world.path("key.json"), document.to_string()).unwrap();
    world.write_config("[profile auto]\ncredential_process = cat key.json\n");
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    for more in [&[][..], &["--dry-run"], &["--rollback"]] {
        let rotate = ["key", "rotate"].iter().chain(more);
        let told = Told(
            3,
            "the key is in the environment",
            "AWS_ACCESS_KEY_ID",
            "--profile",
        );
        world.fails(rotate.clone(), told);
        let told = Told(
            3,
            "from its credential_process",
            "config:2",
            "where that command",
        );
        world.fails(["-p", "auto"].iter().chain(rotate), told);
    }
    assert_eq!(world.aws.log().len(), 0);
    assert_eq!(user.keys().len(), 1);
}

#[test]
fn what_cannot_be_written_is_refused_before_a_key_is_created() {
    for (credentials, config, told) in [
        (
            "[default]\nID\nSECRET\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\nID\n",
            "",
            Told(3, "twice", "credentials:2", "leave one"),
        ),
        (
            "[default]\nID\naws_secret_access_key = another-that-counts\nSECRET\n",
            "",
            Told(3, "twice", "credentials:2", "leave one"),
        ),
        (
            "[default]\nID\nSECRET\n",
            "[profile copy]\nID\n",
            Told(3, "one of them only", "config:2", "leave one"),
        ),
        (
            "[default]\nID\nSECRET\n[broken]\nID\nSECRET\nwhat is this\n",
            "",
            Told(7, "*", "credentials:7", "*"),
        ),
        (
            "[default]\nregion = x\n",
            "",
            Told(3, "has no access key", "credentials:1", "aws configure"),
        ),
        (
            "[default]\naws_access_key_id = ASIA123\nSECRET\naws_session_token = whatever\n",
            "",
            Told(3, "temporary credentials", "credentials:2", "long-term"),
        ),
    ] {
        let (world, user, key) = person();
        let filled = |text: &str| {
            text.replace("ID\n", &format!("aws_access_key_id = {}\n", key.id))
                .replace("SECRET", &format!("aws_secret_access_key = {}", key.secret))
        };
        world.write_credentials(filled(credentials));
        world.write_config(filled(config));
        let run = world.fails(["key", "rotate"], told);
        assert_eq!(world.aws.count("CreateAccessKey"), 0, "{}", run.stderr);
        world.fails(["key", "rotate", "--dry-run"], told);
        assert_eq!(user.keys(), [(key.id, true)]);
    }
}

#[test]
#[cfg(unix)]
fn a_disk_without_room_is_found_before_a_key_is_created() {
    for arguments in [&["key", "rotate"][..], &["key", "create", "--to", "ci"]] {
        let (world, user, key) = alice();
        let text = world.credentials() + &"# filler\n".repeat(120);
        world.write_credentials(&text);
        let run = world.run_in("ulimit -f 2; exec \"$@\"", arguments);
        run.failed(7, "the new file cannot be written")
            .said("ulimit -f");
        assert_eq!(world.aws.count("CreateAccessKey"), 0);
        assert_eq!(world.credentials(), text);
        assert_eq!(user.keys(), [(key.id, true)]);
    }
}

#[test]
#[cfg(unix)]
fn interrupted_while_waiting_for_aws_it_says_what_was_done_and_goes_on_later() {
    let (world, user, key) = alice();
    world.aws.set_lag(New::AccessKey, Some(Lag::Seconds(600)));
    let mut session = world.terminal(["key", "rotate"]).start();
    session.expect("is created and written into profile");
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    for said in [
        "done: access key",
        "written into profile `default`",
        "it goes on from there",
    ] {
        assert!(finished.shown.contains(said), "{}", finished.shown);
    }
    assert!(user.keys().iter().all(|(_, active)| *active));
    world.aws.advance(601);
    world.run(["key", "rotate"]).succeeded();
    let (id, _) = new_pair(&world, &user, &key);
    assert_eq!(user.keys(), [(key.id, false), (id, true)]);
}

#[test]
fn a_section_of_ours_stands_for_the_profile_it_was_made_from() {
    let (world, user, key, mfa) = behind_mfa();
    world.sign_in(&mfa, NOTHING).succeeded();
    world
        .run(["-p", "default-mfa", "key", "rotate"])
        .succeeded();
    let (id, _) = new_pair(&world, &user, &key);
    assert_eq!(
        world.value("default", "aws_access_key_id"),
        Some(id.clone())
    );
    let listed = world.run(["-p", "default-mfa", "key", "list"]).succeeded();
    assert!(
        listed.stdout.contains(&format!("{id}*")),
        "{}",
        listed.stdout
    );
}

#[test]
fn of_two_keys_the_unused_one_goes_if_one_agrees() {
    let (world, user, key) = alice();
    let spare = world.key(&user);
    let run = world.run(["key", "rotate"]).failed(3, "needs consent");
    run.said(&format!(
        "delete access key {} of alice (active, never used)",
        spare.id
    ));
    assert_eq!(user.keys().len(), 2);
    assert!(!world.path(".aws/awsmfa").exists(), "nothing was done");
    world.run(["key", "rotate", "--yes"]).succeeded();
    let (id, _) = new_pair(&world, &user, &key);
    assert_ne!(id, spare.id);
    assert_eq!(user.keys(), [(key.id, false), (id, true)]);
}

#[test]
fn of_two_keys_one_that_somebody_uses_does_not_go() {
    // Used at AWS.
    let (world, user, key) = alice();
    let other = world.key(&user);
    world.write_credentials(world.credentials() + &section("there", &other));
    world.run(["-p", "there", "key", "list"]).succeeded();
    world.write_credentials(section("default", &key));
    let run = world
        .run(["key", "rotate", "--yes"])
        .failed(3, "seems to be in use");
    run.said(&format!("{}: active, last used", other.id))
        .said(&format!("awsmfa key deactivate {}", other.id));
    // Never used, and in a profile.
    let (world, user, _) = alice();
    let other = world.key(&user);
    world.write_credentials(world.credentials() + &section("there", &other));
    world
        .run(["key", "rotate", "--yes"])
        .failed(3, "seems to be in use");
    // AWS does not say.
    let (world, user, _) = alice();
    world.key(&user);
    world
        .aws
        .fault_always("GetAccessKeyLastUsed", Fault::AccessDenied);
    world
        .run(["key", "rotate", "--yes"])
        .failed(3, "seems to be in use");
    assert_eq!(user.keys().len(), 2);
    assert_eq!(world.aws.count("DeleteAccessKey"), 0);
}

#[test]
#[cfg(unix)]
fn consent_can_be_given_at_the_terminal() {
    for (answer, code) in [("n", 3), ("y", 0)] {
        let (world, user, _) = alice();
        let spare = world.key(&user);
        let mut session = world.terminal(["key", "rotate"]).start();
        session.expect("to make room for a new one? [y/N] ");
        session.send_line(answer);
        let finished = world.finish(session);
        assert_eq!(finished.code, code, "{}", finished.shown);
        let gone = user.keys().iter().all(|(id, _)| *id != spare.id);
        assert_eq!(gone, code == 0);
    }
}

#[test]
fn a_rotation_is_taken_back_byte_for_byte() {
    let (world, user, key, mfa) = behind_mfa();
    world.sign_in(&mfa, NOTHING).succeeded();
    let before = world.credentials();
    world.run(["key", "rotate"]).succeeded();
    let (id, _) = new_pair(&world, &user, &key);
    let run = world.run(["key", "rotate", "--rollback", "--output", "json"]);
    let report = run.succeeded().json();
    assert_eq!(report["action"], "rolled back");
    assert_eq!(report["new_access_key_id"], id.as_str());
    assert_eq!(world.credentials(), before);
    assert_eq!(user.keys(), [(key.id.clone(), true), (id.clone(), false)]);
    world.run(NOTHING).succeeded().said("is still good");
    world
        .run(["key", "rotate", "--rollback"])
        .succeeded()
        .said("nothing to do");
    assert_eq!(world.credentials(), before);
    // Forward again it is another key.
    world.run(["key", "rotate", "--yes"]).succeeded();
    let (third, _) = new_pair(&world, &user, &key);
    assert_ne!(third, id);
}

#[test]
fn what_is_gone_or_has_changed_cannot_be_taken_back() {
    let (world, _, key) = alice();
    world
        .run(["key", "rotate", "--rollback"])
        .failed(3, "there is no rotation");
    world.run(["key", "rotate"]).succeeded();
    let id = world.value("default", "aws_access_key_id").unwrap();
    // Deleted by somebody else.
    let (admin_id, admin_secret) = admin(&world);
    world.write_credentials(format!(
        "{}[admin]\naws_access_key_id = {admin_id}\naws_secret_access_key = {admin_secret}\n",
        world.credentials()
    ));
    fs::rename(world.path(".aws/awsmfa"), world.path("kept")).unwrap();
    world
        .run(["-p", "admin", "key", "delete", "--user", "alice", &key.id])
        .succeeded();
    fs::rename(world.path("kept"), world.path(".aws/awsmfa")).unwrap();
    let run = world.run(["key", "rotate", "--rollback"]);
    run.failed(5, "is deleted and cannot be brought back");
    assert_eq!(world.value("default", "aws_access_key_id"), Some(id));
}

fn admin(world: &World) -> (String, String) {
    let key = world.key(&world.aws.user("admin").policy(Preset::Admin));
    (key.id, key.secret)
}

#[test]
fn a_way_back_that_was_cut_off_is_finished_first() {
    let (world, user, key) = alice();
    world.run(["key", "rotate"]).succeeded();
    let stop = world.aws.stop("UpdateAccessKey", 1, When::Before);
    let mut child = world.start(["key", "rotate", "--rollback"]);
    stop.wait(PATIENCE).unwrap();
    child.kill().unwrap();
    world.outcome(child);
    stop.abandon();
    world
        .run(["key", "rotate", "--yes"])
        .failed(3, "is being taken back")
        .said("--rollback");
    world.run(["key", "rotate", "--rollback"]).succeeded();
    assert_eq!(user.keys()[0], (key.id.clone(), true));
    assert!(!user.keys()[1].1);
}

#[test]
fn a_file_that_does_not_take_the_new_key_leaves_the_old_one_and_no_other() {
    let (world, user, key) = alice();
    let before = world.credentials();
    let run = spoilt_meanwhile(&world, &before);
    run.failed(7, "NUL byte").said("is deleted again");
    assert_eq!(user.keys(), [(key.id.clone(), true)]);
    assert!(
        !world
            .path(".aws/awsmfa/key-default@alice@123456789012.json")
            .exists()
    );
    world.run(["key", "rotate"]).succeeded();
    new_pair(&world, &user, &key);
}

#[test]
fn a_secret_that_can_neither_be_written_nor_given_up_is_kept_and_used_by_the_next_run() {
    let (world, user, key) = alice();
    let before = world.credentials();
    world
        .aws
        .fault_always("DeleteAccessKey", Fault::AccessDenied);
    let run = spoilt_meanwhile(&world, &before);
    let kept = world.path(".aws/awsmfa/key-default@alice@123456789012.json");
    run.failed(7, "NUL byte")
        .said(&format!("its secret is kept in {}", kept.display()));
    let (id, secret) = new_pair(&world, &user, &key);
    assert!(fs::read_to_string(&kept).unwrap().contains(&secret));
    world.run(["key", "rotate"]).succeeded();
    assert_eq!(
        world.value("default", "aws_access_key_id"),
        Some(id.clone())
    );
    assert_eq!(
        world.value("default", "aws_secret_access_key"),
        Some(secret)
    );
    assert_eq!(user.keys(), [(key.id, false), (id, true)]);
    assert_eq!(world.aws.count("CreateAccessKey"), 1);
}

/// A rotation during which an editor that knows no lock makes the file unreadable; afterwards it is
/// mended.
fn spoilt_meanwhile(world: &World, mended: &str) -> crate::world::Run {
    let stop = world.aws.stop("CreateAccessKey", 0, When::After);
    let child = world.start(["key", "rotate"]);
    stop.wait(PATIENCE).unwrap();
    world.write_credentials(b"[default]\n\0\n");
    stop.release();
    let run = world.outcome(child);
    assert_eq!(world.credentials_bytes(), b"[default]\n\0\n");
    world.write_credentials(mended);
    run
}

#[test]
fn what_an_editor_changes_meanwhile_stays() {
    let (world, user, key) = alice();
    let stop = world.aws.stop("CreateAccessKey", 0, When::After);
    let child = world.start(["key", "rotate"]);
    stop.wait(PATIENCE).unwrap();
    world.write_credentials(format!(
        "# new\n{}[more]\nx = 1\n",
        section("default", &key)
    ));
    stop.release();
    world.outcome(child).succeeded();
    let (id, secret) = new_pair(&world, &user, &key);
    assert_eq!(
        world.credentials(),
        format!(
            "# new\n[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[more]\nx = 1\n"
        )
    );
}

#[test]
fn a_profile_that_got_another_key_meanwhile_is_left_alone() {
    let (world, user, key) = alice();
    let stop = world.aws.stop("CreateAccessKey", 0, When::After);
    let child = world.start(["key", "rotate"]);
    stop.wait(PATIENCE).unwrap();
    let other =
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = not-ours\n";
    world.write_credentials(other);
    stop.release();
    let run = world
        .outcome(child)
        .failed(3, "no profile holds access key");
    run.said("is deleted again");
    assert_eq!(world.credentials(), other);
    assert_eq!(user.keys(), [(key.id, true)]);
}

#[test]
fn denied_at_any_step_it_says_what_was_done_and_goes_on_later() {
    for (operation, skip, done) in [
        ("ListAccessKeys", 0, None),
        ("CreateAccessKey", 0, None),
        (
            "UpdateAccessKey",
            0,
            Some("is created and written into profile `default`"),
        ),
        ("DeleteAccessKey", 0, Some("is inactive")),
    ] {
        let (world, user, key) = alice();
        world
            .aws
            .fault_rule(operation, Fault::AccessDenied, skip, None);
        let run = world.run(["key", "rotate", "--delete-old"]);
        let run = run.failed(5, &format!("may not call {operation}"));
        match done {
            Some(done) => {
                run.said("done: access key")
                    .said(done)
                    .said("again: it goes on from there");
            }
            None => assert!(!run.stderr.contains("done:"), "{}", run.stderr),
        }
        world.aws.clear_faults();
        world
            .run(["key", "rotate", "--delete-old"])
            .succeeded_for(operation);
        let (id, _) = new_pair(&world, &user, &key);
        assert_eq!(user.keys(), [(id.clone(), true)], "{operation}");
        assert_eq!(world.value("default", "aws_access_key_id"), Some(id));
    }
}

#[test]
fn a_key_whose_reply_was_lost_is_deleted_only_on_consent() {
    let (world, user, key) = alice();
    world
        .aws
        .fault("CreateAccessKey", Fault::Close(When::After));
    let run = world.run(["key", "rotate"]).failed(3, "needs consent");
    run.said("whose secret was lost")
        .said("again: it goes on from there");
    let (orphan, _) = new_pair(&world, &user, &key);
    // The next run knows it for what it is.
    world.run(["key", "rotate"]).failed(3, &orphan);
    world.run(["key", "rotate", "--yes"]).succeeded();
    let (id, _) = new_pair(&world, &user, &key);
    assert_ne!(id, orphan);
    assert_eq!(user.keys().len(), 2);
}

#[test]
fn a_key_that_somebody_else_made_in_between_is_nobodys_orphan() {
    let (world, user, _) = alice();
    let stop = world.aws.stop("CreateAccessKey", 0, When::Before);
    let mut child = world.start(["key", "rotate"]);
    stop.wait(PATIENCE).unwrap();
    child.kill().unwrap();
    world.outcome(child);
    stop.abandon();
    let other = world.key(&user);
    world.write_credentials(world.credentials() + &section("other", &other));
    world.run(["-p", "other", "whoami"]).succeeded();
    world
        .run(["key", "rotate", "--yes"])
        .failed(3, "seems to be in use")
        .said(&other.id);
    assert_eq!(user.keys().len(), 2);
}

#[test]
fn an_administrator_rotates_the_key_in_a_profile_of_somebody_else() {
    let (world, user, key) = alice();
    let (id, secret) = admin(&world);
    let admins = format!("[admin]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    world.write_credentials(section("alice", &key) + &admins);
    let rotate = |more: &[&str]| {
        let arguments = ["-p", "admin", "key", "rotate", "--user", "alice"];
        world.run(arguments.iter().chain(more))
    };
    rotate(&[])
        .failed(2, "which profile holds the key of alice")
        .said("--to");
    rotate(&["--to", "admin"]).failed(3, "is not one of alice");
    world
        .run(["key", "rotate", "--to", "alice"])
        .failed(2, "--user");
    rotate(&["--to", "alice"]).succeeded();
    let (new, _) = new_pair(&world, &user, &key);
    assert_eq!(world.value("alice", "aws_access_key_id"), Some(new));
    assert!(world.credentials().ends_with(&admins));
    rotate(&["--to", "alice", "--rollback"]).succeeded();
    assert_eq!(world.credentials(), section("alice", &key) + &admins);
}

#[test]
fn the_environment_that_still_holds_the_old_key_is_named() {
    let (mut world, _, key) = alice();
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    world
        .run(["-p", "default", "key", "rotate"])
        .succeeded()
        .said("AWS_ACCESS_KEY_ID in the environment is still");
}

#[test]
fn two_rotations_at_once_are_one_after_the_other() {
    let (world, user, key) = alice();
    let stop = world.aws.stop("CreateAccessKey", 0, When::Before);
    let first = world.start(["key", "rotate"]);
    stop.wait(PATIENCE).unwrap();
    let second = world.start(["key", "rotate"]);
    stop.release();
    world.outcome(first).succeeded();
    let second = world.outcome(second);
    // The second finds that there are two keys now, or its own inactive, depending on how far it was.
    assert!([0, 3, 5].contains(&second.code), "{}", second.stderr);
    assert_eq!(user.keys().len(), 2);
    let (id, _) = new_pair(&world, &user, &key);
    assert_eq!(world.value("default", "aws_access_key_id"), Some(id));
}

#[test]
fn an_unfinished_rotation_of_a_key_that_was_replaced_by_hand_is_told() {
    let (world, user, key) = alice();
    let stop = world.aws.stop("CreateAccessKey", 0, When::Before);
    let mut child = world.start(["key", "rotate"]);
    stop.wait(PATIENCE).unwrap();
    child.kill().unwrap();
    world.outcome(child);
    stop.abandon();
    // By hand, and with a key that is older than the rotation.
    world.aws.advance(-86_400);
    let other = world.key(&user);
    world.aws.advance(86_400);
    world.write_credentials(section("default", &other));
    let run = world.run(["key", "rotate", "--yes"]);
    run.failed(3, &format!("the rotation of {}", key.id))
        .said("key-default@alice@123456789012.json");
    assert_eq!(user.keys().len(), 2);
}

/// The way back need not write to the file that a killed run was writing.
#[cfg(unix)]
#[test]
fn whatever_is_run_next_clears_what_killed_runs_have_left() {
    let (world, _, key) = alice();
    world.write_config("[default]\nregion = us-east-1\n");
    world
        .aws
        .fault("CreateAccessKey", Fault::Close(When::After));
    world.run(["key", "rotate"]);
    let before = world.credentials();
    let state = world.path(".aws/awsmfa");
    let dead = [
        world.path(".aws/.credentials.awsmfa-Xy12zA"),
        world.path(".aws/.config.awsmfa-Xy12zA"),
        state.join(".key-default@alice@123456789012.json.awsmfa-Xy12zA"),
        state.join(".key-default@dave@123456789012.json.awsmfa-Xy12zA"),
    ];
    let others = [
        world.path(".aws/.credentials.awsmfa-notes.txt"),
        world.path(".aws/.other.awsmfa-Xy12zA"),
        state.join("key-default@erin.json.awsmfa-Xy12zA"),
        state.join(".key-default@bob.json.awsmfa-Xy12zA"),
    ];
    for path in dead.iter().chain(&others) {
        fs::write(path, format!("aws_secret_access_key = {}\n", key.secret)).unwrap();
    }
    // Somebody is writing this one.
    let held = fs::File::create(state.join("key-default@bob.json.lock")).unwrap();
    held.lock().unwrap();
    world
        .run(["key", "rotate", "--rollback", "--yes"])
        .succeeded();
    assert!(world.credentials().starts_with(&before));
    for path in &dead {
        assert!(!path.exists(), "{}", path.display());
    }
    for path in &others {
        assert!(path.exists(), "{}", path.display());
    }
}

/// One file for both: `AWS_CONFIG_FILE` names it, or `config` is a link to it.
#[cfg(unix)]
#[test]
fn one_file_that_is_credentials_and_config_is_locked_and_edited_once() {
    use std::os::unix::fs::symlink;

    type Join = fn(&mut World);
    let ways: [Join; 3] = [
        |world| {
            let path = world.credentials_path();
            world.set("AWS_CONFIG_FILE", path.to_str().unwrap());
        },
        |world| {
            let path = world.path(".aws/../.aws/credentials");
            world.set("AWS_CONFIG_FILE", path.to_str().unwrap());
        },
        |world| {
            let _ = fs::remove_file(world.config_path());
            symlink("credentials", world.config_path()).unwrap();
        },
    ];
    let text = "[default]\nID\nSECRET\nregion = us-east-1\n[profile dev]\nID\nSECRET\n[ci]\nID\nSECRET\n[x-mfa]\naws_access_key_id = ASIA1\nawsmfa_source = default\nawsmfa_source_key_id = OLD\n";
    let filled = |id: &str, secret: &str| {
        text.replace("ID", &format!("aws_access_key_id = {id}"))
            .replace("SECRET", &format!("aws_secret_access_key = {secret}"))
            .replace("OLD", id)
    };
    for join in ways {
        let (mut world, user, key) = person();
        world.write_credentials(filled(&key.id, &key.secret));
        join(&mut world);
        let run = world.run(["key", "rotate", "--output", "json"]).succeeded();
        assert!(!run.stderr.contains("locked"), "{}", run.stderr);
        let (id, secret) = new_pair(&world, &user, &key);
        assert_eq!(world.credentials(), filled(&id, &secret));
        assert_eq!(run.json()["profiles"], json!(["default", "dev", "ci"]));
        let run = world.run(["key", "list"]).succeeded();
        assert!(!run.stdout.contains("default, default"), "{}", run.stdout);
        world.run(["key", "rotate", "--rollback"]).succeeded();
        assert_eq!(world.credentials(), filled(&key.id, &key.secret));
    }
}

/// The secret is not worth keeping then, and `doctor` names the command that is rid of it.
#[test]
fn what_is_kept_of_a_key_that_was_deleted_elsewhere_is_forgotten() {
    let (world, user, key) = alice();
    world.run(["key", "rotate"]).succeeded();
    let kept = world.path(".aws/awsmfa/key-default@alice@123456789012.json");
    fs::rename(world.path(".aws/awsmfa"), world.path("elsewhere")).unwrap();
    world.run(["key", "delete", &key.id]).succeeded();
    let _ = fs::remove_dir_all(world.path(".aws/awsmfa"));
    fs::rename(world.path("elsewhere"), world.path(".aws/awsmfa")).unwrap();
    let advised = format!("-p default key delete --user alice {}", key.id);
    let doctor = world.run(["doctor", "--offline"]);
    assert!(
        doctor.stdout.contains(&format!("`awsmfa {advised}`")),
        "{}",
        doctor.stdout
    );
    world
        .run(["key", "delete", &key.id[8..]])
        .failed(5, "has no access key");
    assert!(kept.exists(), "the end of an id is no name for it");
    world
        .run(advised.split(' '))
        .succeeded()
        .said(&format!("AWS has no access key {} of alice", key.id));
    assert!(!kept.exists());
    assert_eq!(user.keys().len(), 1);
}

#[test]
fn what_is_kept_goes_only_on_consent_where_nothing_tells_that_the_key_is_gone() {
    let (world, user, key) = alice();
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let admins = world.key(&admin);
    world.run(["key", "rotate"]).succeeded();
    world.write_credentials(section("admin", &admins));
    let kept = world.path(".aws/awsmfa/key-default@alice@123456789012.json");
    world
        .run(["-p", "admin", "key", "delete", &key.id, "--yes"])
        .failed(5, "admin has no access key")
        .said("`awsmfa -p admin key delete --user alice");
    user.delete();
    let delete = ["-p", "admin", "key", "delete", "--user", "alice", &key.id];
    world.run(delete).failed(3, "needs consent");
    assert!(kept.exists());
    let run = world.run(delete.iter().chain(&["--yes", "--output", "json"]));
    assert_eq!(run.succeeded().json()["action"], "forgotten");
    assert!(!kept.exists());
}

#[test]
fn where_every_answer_is_lost_a_key_may_be_left_and_is_found_by_the_next_run() {
    let (world, user, key) = alice();
    world
        .aws
        .fault_always("CreateAccessKey", Fault::Close(When::After));
    let run = world.run(["key", "rotate", "--yes"]);
    run.failed(6, "AWS's answers were lost")
        .said("may be left")
        .said("`awsmfa key list` shows whether it is")
        .said("run `awsmfa key rotate` again");
    world.aws.clear_faults();
    world.run(["key", "rotate", "--yes"]).succeeded();
    let ids: Vec<String> = user.keys().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], key.id);
    assert_eq!(
        world.value("default", "aws_access_key_id"),
        Some(ids[1].clone())
    );
}

#[test]
fn an_inactive_second_key_goes_on_consent_however_recently_it_was_used() {
    let (world, user, _) = alice();
    let other = world.key(&user);
    world.write_credentials(world.credentials() + &section("x", &other));
    world.run(["-p", "x", "key", "list"]).succeeded();
    let only = world.credentials();
    world.write_credentials(only.split("[x]").next().unwrap());
    world
        .run(["key", "rotate", "--dry-run"])
        .failed(3, "seems to be in use");
    user.set_key_active(&other.id, false);
    let plan = world.run(["key", "rotate", "--dry-run"]).succeeded();
    assert!(
        plan.stdout.contains(&format!(
            "delete access key {} of alice, which is inactive or unused",
            other.id
        )),
        "{}",
        plan.stdout
    );
    world.run(["key", "rotate"]).failed(3, "needs consent");
    world.run(["key", "rotate", "--yes"]).succeeded();
    assert!(user.keys().iter().all(|(id, _)| *id != other.id));
}

#[test]
fn the_advice_is_a_command_that_can_be_run() {
    let (world, user, _) = alice();
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let admins = world.key(&admin);
    world.write_credentials(world.credentials() + &section("admin", &admins));
    world
        .run(["-p", "admin", "key", "rotate", "--user", "alice"])
        .failed(2, "which profile holds")
        .said("`awsmfa -p admin key create --user alice --output json` makes a key");
    world
        .run_for_secrets([
            "-p", "admin", "key", "create", "--user", "alice", "--output", "json",
        ])
        .succeeded();
    assert_eq!(user.keys().len(), 2);
    world
        .run([
            "-p", "admin", "key", "rotate", "--user", "alice", "--to", "admin",
        ])
        .failed(3, "is not one of alice")
        .said("`awsmfa -p admin key list --user alice` shows");
}

#[test]
fn a_dry_run_does_not_call_the_new_key_by_the_id_of_the_one_that_is_discarded() {
    let (world, user, key) = alice();
    world
        .aws
        .fault_always("CreateAccessKey", Fault::Close(When::After));
    world.run(["key", "rotate"]).failed(3, "needs consent");
    world.aws.clear_faults();
    let (lost, _) = new_pair(&world, &user, &key);
    let steps = world
        .run(["key", "rotate", "--dry-run", "--output", "json"])
        .succeeded()
        .json();
    let steps = steps.as_array().unwrap();
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step["step"].as_str(), step["access_key_id"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some("delete"), Some(lost.as_str())),
            (Some("create"), None),
            (Some("prove"), None),
            (Some("deactivate"), Some(key.id.as_str())),
        ]
    );
    let text = world.run(["key", "rotate", "--dry-run"]).succeeded();
    assert_eq!(text.stdout.matches(&lost).count(), 1, "{}", text.stdout);
    assert!(text.stdout.contains("accepts the new access key"));
}
