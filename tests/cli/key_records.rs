//! Whose a record of a rotation is: two accounts whose profiles and users are called alike share a
//! directory, and what one of them has kept is none of the other's.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::local_aws::{Fault, Key, Preset, UserHandle, When};
use crate::world::{World, section};

const PATIENCE: Duration = Duration::from_secs(60);

/// Two accounts with a user `alice` each, and a credentials file for each in the same directory, both
/// with the key in `[default]`.
struct Twins {
    world: World,
    users: [UserHandle; 2],
    keys: [Key; 2],
}

const ACCOUNTS: [&str; 2] = ["123456789012", "210987654321"];

impl Twins {
    fn new() -> Self {
        let world = World::new();
        let users = ACCOUNTS.map(|id| {
            let account = world.aws.another_account(id, "aws");
            account.user("alice").policy(Preset::SelfService)
        });
        let keys = [world.key(&users[0]), world.key(&users[1])];
        let twins = Self { world, users, keys };
        for (number, key) in twins.keys.iter().enumerate() {
            fs::write(twins.file(number), section("default", key)).unwrap();
        }
        twins
    }

    fn file(&self, number: usize) -> PathBuf {
        self.world.path(&format!(".aws/account-{number}"))
    }

    /// From now on this one's file is the credentials file.
    fn turn_to(&mut self, number: usize) {
        let path = self.file(number);
        let path = path.to_str().unwrap();
        self.world.set("AWS_SHARED_CREDENTIALS_FILE", path);
    }

    /// Whether the record of this one's rotation keeps the secret of the key from the start.
    fn keeps(&self, number: usize) -> bool {
        let name = format!("key-default@alice@{}.json", ACCOUNTS[number]);
        let record = fs::read_to_string(self.world.path(".aws/awsmfa").join(name));
        record.is_ok_and(|record| record.contains(&self.keys[number].secret))
    }

    fn current(&self, number: usize) -> String {
        let file = fs::read_to_string(self.file(number)).unwrap();
        crate::world::value_of(&file, "default", "aws_access_key_id").unwrap()
    }
}

/// Ends a rotation before its key is created: the record is there, and no key.
fn cut_off(world: &World) {
    let stop = world.aws.stop("CreateAccessKey", 0, When::Before);
    let mut child = world.start(["key", "rotate"]);
    stop.wait(PATIENCE).unwrap();
    child.kill().unwrap();
    world.outcome(child);
    stop.abandon();
}

fn alice() -> (World, UserHandle, Key) {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    (world, user, key)
}

#[test]
fn each_of_two_accounts_keeps_its_own_old_secret_and_can_go_back() {
    let mut twins = Twins::new();
    for number in [0, 1] {
        twins.turn_to(number);
        twins.world.run(["key", "rotate"]).succeeded();
        assert!(twins.keeps(0));
    }
    assert!(twins.keeps(1));
    for number in [0, 1] {
        twins.turn_to(number);
        twins.world.run(["key", "rotate", "--rollback"]).succeeded();
        assert_eq!(twins.current(number), twins.keys[number].id);
    }
}

#[test]
fn a_rotation_that_was_cut_off_in_one_account_is_not_finished_in_the_other() {
    let mut twins = Twins::new();
    twins.turn_to(0);
    cut_off(&twins.world);
    twins.turn_to(1);
    twins
        .world
        .run(["key", "rotate"])
        .succeeded()
        .said("is created and written");
    assert_ne!(twins.current(1), twins.keys[1].id);
    assert!(twins.keeps(0) && twins.keeps(1));
    twins.world.run(["key", "rotate", "--rollback"]).succeeded();
    assert_eq!(twins.current(1), twins.keys[1].id);
    twins.turn_to(0);
    twins.world.run(["key", "rotate"]).succeeded();
    assert_ne!(twins.current(0), twins.keys[0].id);
    assert_eq!(twins.users[0].keys().len(), 2);
}

#[test]
fn what_one_account_keeps_is_not_forgotten_because_the_other_has_no_such_key() {
    let mut twins = Twins::new();
    twins.turn_to(0);
    twins.world.run(["key", "rotate"]).succeeded();
    twins.turn_to(1);
    twins
        .world
        .run(["key", "delete", &twins.keys[0].id, "--yes"])
        .failed(5, "alice has no access key")
        .said("in account 123456789012, and this is account 210987654321");
    assert!(twins.keeps(0));
}

#[test]
fn a_rotation_whose_old_key_is_gone_ends_with_a_word_about_it() {
    let (world, user, key) = alice();
    cut_off(&world);
    // From another computer.
    let other = world.key(&user);
    world.write_credentials(section("default", &other));
    let (here, elsewhere) = (world.path(".aws/awsmfa"), world.path("elsewhere"));
    fs::rename(&here, &elsewhere).unwrap();
    world.run(["key", "delete", &key.id, "--yes"]).succeeded();
    let _ = fs::remove_dir_all(&here);
    fs::rename(&elsewhere, &here).unwrap();
    world
        .run(["key", "rotate"])
        .succeeded()
        .said(&format!("AWS has no access key {} of alice", key.id));
    assert_eq!(user.keys(), [(other.id, true)]);
}

#[test]
fn a_record_that_cannot_be_read_stops_whom_it_may_be_about_and_nobody_else() {
    for (name, concerns_alice) in [
        ("key-ci@bob@123456789012.json", false),
        ("key-ci@alice@123456789012.json", true),
        ("key-ci@alice.json", true),
        ("key-ci.json", true),
    ] {
        let (world, user, key) = alice();
        let state = world.path(".aws/awsmfa");
        fs::create_dir(&state).unwrap();
        let damaged = state.join(name);
        // As it was written before the account was part of it.
        let old = "{\"phase\":\"rotated\",\"user\":\"alice\",\"profile\":\"ci\",\"begun\":1,\"new\":null,\"old\":{\"access_key_id\":\"AKIAOLD\",\"secret_access_key\":\"kept-secret\"}}";
        fs::write(&damaged, old).unwrap();
        let rotate = world.run(["key", "rotate"]);
        let delete = world.run(["key", "delete", &key.id, "--yes", "--force"]);
        assert!(damaged.exists(), "{name}");
        if concerns_alice {
            for run in [rotate, delete] {
                run.failed(7, "and does not")
                    .said(name)
                    .said("move it away");
            }
            assert_eq!(user.keys(), [(key.id, true)], "{name}");
        } else {
            rotate.succeeded_for(name);
            delete.succeeded_for(name);
            assert_eq!(user.keys().len(), 1, "{name}");
        }
    }
}

/// Cut off before its key was created, a rotation looks for one whose secret was lost.
#[test]
fn a_key_whose_secret_somebody_has_is_not_taken_for_the_one_that_was_lost() {
    type Take = fn(&mut World, &Key);
    let table: [(&str, Take); 4] = [
        ("a profile", |world, key| {
            world.write_credentials(world.credentials() + &section("ci", key));
        }),
        ("the config file", |world, key| {
            world.write_config(section("profile ci", key));
        }),
        ("the environment", |world, key| {
            world.set("AWS_ACCESS_KEY_ID", &key.id);
            world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
        }),
        ("a file of its own", |world, key| {
            let kept = world.path(&format!(".aws/awsmfa/secret-{}.json", key.id));
            fs::write(kept, "{}").unwrap();
        }),
    ];
    for (name, take) in table {
        for rollback in [false, true] {
            let (mut world, user, key) = alice();
            cut_off(&world);
            let other = world.key(&user);
            take(&mut world, &other);
            let mut arguments = vec!["-p", "default", "key", "rotate", "--yes"];
            if rollback {
                arguments.push("--rollback");
                world.run(&arguments).succeeded_for(name);
            } else if name == "a file of its own" {
                // It may go, but is called what it is.
                arguments.pop();
                let run = world.run(&arguments).failed(3, "needs consent");
                assert!(run.stderr.contains("to make room"), "{}", run.stderr);
            } else {
                let run = world.run(&arguments);
                run.failed(3, "the other one seems to be in use");
            }
            assert_eq!(user.keys(), [(key.id, true), (other.id, true)], "{name}");
        }
    }
}

#[test]
fn while_a_rotation_is_not_finished_no_other_key_is_created_for_the_user() {
    let (world, user, key) = alice();
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let admins = world.key(&admin);
    world.write_credentials(world.credentials() + &section("my admin", &admins));
    cut_off(&world);
    for target in [&["--to", "ci"][..], &["--output", "json"]] {
        for (whose, finish) in [
            (&["-p", "default"][..], "`awsmfa -p default key rotate`"),
            (
                &["-p", "my admin", "--user", "alice"],
                "`awsmfa -p \"my admin\" key rotate --user alice --to default`",
            ),
        ] {
            let (profile, user) = whose.split_at(2);
            let create = profile.iter().chain(&["key", "create"]).chain(user);
            world
                .run(create.chain(target))
                .failed(3, &format!("the rotation of access key {}", key.id))
                .said(finish)
                .said("key-default@alice@123456789012.json");
        }
    }
    assert_eq!(user.keys(), [(key.id, true)]);
    // Another user's is another matter.
    world
        .run(["-p", "my admin", "key", "create", "--to", "ci"])
        .succeeded();
    world.run(["key", "rotate", "--rollback"]).succeeded();
    world.run(["key", "create", "--to", "cd"]).succeeded();
    assert_eq!(user.keys().len(), 2);
}

#[test]
fn a_creation_waits_for_the_rotation_that_is_at_it() {
    let (world, user, _) = alice();
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let admins = world.key(&admin);
    world.write_credentials(world.credentials() + &section("admin", &admins));
    let slow = Fault::Latency(Duration::from_secs(3));
    world.aws.fault("CreateAccessKey", slow);
    let rotate = world.start(["key", "rotate"]);
    while user.keys().len() < 2 {
        std::thread::sleep(Duration::from_millis(1));
    }
    world
        .run([
            "-p", "admin", "key", "create", "--user", "alice", "--to", "ci", "--yes",
        ])
        .failed(5, "has two access keys already");
    world.outcome(rotate).succeeded();
    assert_eq!(user.keys().len(), 2);
}
