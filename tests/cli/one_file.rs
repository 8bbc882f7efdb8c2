//! One file that is the credentials file and the config file: no command waits for its own lock.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::handson::{administrator, up_by_command};
use crate::local_aws::{Preset, Trust};
use crate::mfa_setup::{SERIAL, newcomer, setup, type_codes};
use crate::world::World;

type Join = fn(&mut World);

/// `AWS_CONFIG_FILE` names the credentials file, in its own way, or `config` is a link to it.
const WAYS: [Join; 3] = [
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

#[test]
fn a_rotation_locks_and_edits_it_once() {
    let text = "[default]\nID\nSECRET\nregion = us-east-1\n[profile dev]\nID\nSECRET\n[ci]\nID\nSECRET\n[x-mfa]\naws_access_key_id = ASIA1\nawsmfa_source = default\nawsmfa_source_key_id = OLD\n";
    let filled = |id: &str, secret: &str| {
        text.replace("ID", &format!("aws_access_key_id = {id}"))
            .replace("SECRET", &format!("aws_secret_access_key = {secret}"))
            .replace("OLD", id)
    };
    for join in WAYS {
        let mut world = World::new();
        let user = world.aws.user("alice").policy(Preset::SelfService);
        let key = world.key(&user);
        world.write_credentials(filled(&key.id, &key.secret));
        join(&mut world);
        let run = world.run(["key", "rotate", "--output", "json"]).succeeded();
        assert!(!run.stderr.contains("locked"), "{}", run.stderr);
        let id = user.keys().pop().unwrap().0;
        let secret = world.aws.secret_of(&id).unwrap();
        assert_eq!(world.credentials(), filled(&id, &secret));
        assert_eq!(run.json()["profiles"], json!(["default", "dev", "ci"]));
        let run = world.run(["key", "list"]).succeeded();
        assert!(!run.stdout.contains("default, default"), "{}", run.stdout);
        world.run(["key", "rotate", "--rollback"]).succeeded();
        assert_eq!(world.credentials(), filled(&key.id, &key.secret));
    }
}

#[test]
fn signing_in_wiring_and_a_new_key_write_it_one_after_the_other() {
    for join in WAYS {
        let mut world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        let _ = user.policy(Preset::SelfService);
        let role = world
            .aws
            .role("dev")
            .trusts(Trust::new("arn:aws:iam::123456789012:user/alice").mfa());
        join(&mut world);
        let text = world.credentials();
        world.write_credentials(format!(
            "{text}mfa_serial = {}\n[profile dev]\nrole_arn = {}\nsource_profile = default\n",
            mfa.serial, role.arn
        ));
        world
            .sign_in(&mfa, ["-p", "dev", "--wire", "--yes"])
            .succeeded();
        assert!(world.value("default-mfa", "aws_session_token").is_some());
        assert!(
            world
                .credentials()
                .contains("source_profile = default-mfa\n")
        );
        let run = world.run(["key", "create", "--to", "ci"]).succeeded();
        assert!(!run.stderr.contains("locked"), "{}", run.stderr);
        assert!(world.value("ci", "aws_access_key_id").is_some());
    }
}

#[test]
fn a_device_is_set_up_and_a_hands_on_user_put_up_and_taken_down() {
    for join in WAYS {
        let mut world = World::new();
        newcomer(&world, Preset::SelfService);
        join(&mut world);
        let mut session = setup(&world, &["--yes", "--no-login"]);
        type_codes(&world, &mut session);
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
        assert!(!finished.shown.contains("locked"), "{}", finished.shown);
        assert_eq!(
            world.value("default", "mfa_serial").as_deref(),
            Some(SERIAL)
        );

        let mut world = World::new();
        administrator(&world);
        join(&mut world);
        let before = world.credentials();
        let run = up_by_command(&world, &[]).succeeded();
        assert!(!run.stderr.contains("locked"), "{}", run.stderr);
        let run = world.run(["handson", "down", "--user", crate::handson::USER, "--yes"]);
        let run = run.succeeded();
        assert!(!run.stderr.contains("locked"), "{}", run.stderr);
        assert_eq!(world.credentials(), before);
    }
}
