//! A creation killed before and after every single request, and run again: no key is left whose
//! secret nobody knows, and nobody's key is taken for one.

use std::time::Duration;

use crate::local_aws::{Fault, Key, Lag, New, Preset, UserHandle, When};
use crate::world::{World, section};

const FOR_PROFILE: &[&str] = &["key", "create", "--to", "ci"];
const FOR_HAND: &[&str] = &["key", "create", "--output", "json"];

fn alice() -> (World, UserHandle, Key) {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    (world, user, key)
}

/// Kills a run at the request after `skip` others; whether it came so far.
fn killed(world: &World, arguments: &[&str], operation: &str, skip: u32, when: When) -> bool {
    let stop = world.aws.stop(operation, skip, when);
    let mut child = world.start(arguments);
    while stop.reached().is_none() {
        if child.try_wait().unwrap().is_some() && stop.reached().is_none() {
            world.handed_out(child).succeeded();
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    world.handed_out(child);
    stop.abandon();
    true
}

fn killed_when_it_was_created(world: &World, arguments: &[&str]) {
    let when = When::After;
    assert!(killed(world, arguments, "CreateAccessKey", 0, when));
}

fn with_yes<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().copied().chain(["--yes"]).collect()
}

fn journals(world: &World) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(world.path(".aws/awsmfa")) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".json")).collect()
}

#[test]
fn cut_off_at_any_request_and_run_again_there_is_one_new_key_and_its_secret_is_known() {
    for arguments in [FOR_PROFILE, FOR_HAND] {
        for when in [When::Before, When::After] {
            let mut points = 0;
            for point in 0.. {
                let name = format!("{arguments:?} {when:?} {point}");
                let (world, user, key) = alice();
                if !killed(&world, arguments, "*", point, when) {
                    break;
                }
                points += 1;
                let created = user.keys().len() > 1;
                let again = world
                    .run_for_secrets(with_yes(arguments))
                    .succeeded_for(&name);
                let keys = user.keys();
                assert_eq!(keys.len(), 2, "{name}");
                assert_eq!(keys[0], (key.id, true), "{name}");
                let id = match arguments == FOR_HAND {
                    true => again.json()["AccessKey"]["AccessKeyId"]
                        .as_str()
                        .map(str::to_owned),
                    false => world.value("ci", "aws_access_key_id"),
                };
                assert_eq!(id.as_ref(), Some(&keys[1].0), "{name}");
                assert_eq!(journals(&world), [""; 0], "{name}");
                if created {
                    again.said("by a run that was cut short").said("is deleted");
                } else {
                    assert!(!again.stderr.contains("cut short"), "{}", again.stderr);
                }
            }
            assert!(points >= 3, "{points}");
        }
    }
}

/// Killed between the write of the key and the end of the journal: the second run has nothing left to
/// do, and says the same as an undisturbed one. A key that a person has put there is in the way.
#[test]
fn a_run_that_was_killed_right_after_its_write_is_finished_by_the_next() {
    let (world, user, key) = alice();
    let whole = world.run(FOR_PROFILE).succeeded();
    let record = |before: &str, begun: u64| {
        let directory = world.path(".aws/awsmfa");
        let text = format!("{{\"user\":\"alice\",\"begun\":{begun},\"before\":[{before}]}}");
        std::fs::write(directory.join("create-alice@123456789012.json"), text).unwrap();
    };
    let before = world.credentials();
    record(&format!("\"{}\"", key.id), world.aws.now() - 5);
    let again = world.run(FOR_PROFILE).succeeded();
    assert_eq!(again.stderr, whole.stderr);
    assert_eq!(journals(&world), [""; 0]);
    let id = world.value("ci", "aws_access_key_id").unwrap();
    world.run(FOR_PROFILE).failed(3, "profile `ci`");
    record(&format!("\"{}\", \"{id}\"", key.id), world.aws.now() - 5);
    world.run(FOR_PROFILE).failed(3, "profile `ci`");
    assert_eq!((world.credentials(), user.keys().len()), (before, 2));
}

#[test]
fn what_a_killed_run_has_left_is_not_deleted_without_consent() {
    for arguments in [FOR_PROFILE, FOR_HAND] {
        let (world, user, _) = alice();
        killed_when_it_was_created(&world, arguments);
        let (orphan, _) = user.keys().pop().unwrap();
        let before = world.credentials();
        for _ in 0..2 {
            world
                .run_for_secrets(arguments)
                .failed(3, "needs consent")
                .said(&format!("`awsmfa key delete {orphan}` deletes it"))
                .said("agree with `--yes`");
        }
        assert_eq!(user.keys().len(), 2);
        assert_eq!(world.aws.count("DeleteAccessKey"), 0);
        assert_eq!(world.aws.count("CreateAccessKey"), 1);
        assert_eq!(world.credentials(), before);
        let doctor = world.run(["doctor", "--offline"]);
        let told = "run the same command again: it goes on from there";
        assert!(doctor.stdout.contains(told), "{}", doctor.stdout);
        world.run(["key", "delete", &orphan, "--yes"]).succeeded();
        let run = world.run_for_secrets(arguments).succeeded();
        assert!(!run.stderr.contains("cut short"), "{}", run.stderr);
    }
}

#[test]
fn for_somebody_else_the_advice_is_about_them() {
    let (world, user, _) = alice();
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let key = world.key(&admin);
    world.write_credentials(world.credentials() + &section("admin", &key));
    let arguments = [
        "-p", "admin", "key", "create", "--to", "ci", "--user", "alice",
    ];
    killed_when_it_was_created(&world, &arguments);
    let (orphan, _) = user.keys().pop().unwrap();
    world
        .run(arguments)
        .failed(3, "needs consent")
        .said(&format!(
            "`awsmfa -p admin key delete --user alice {orphan}` deletes it"
        ));
    // The administrator's own keys have nothing to do with it.
    world
        .run(["-p", "admin", "key", "create", "--to", "own"])
        .succeeded();
    world.run(with_yes(&arguments)).succeeded();
    assert_eq!(user.keys().len(), 2);
    assert_eq!(admin.keys().len(), 2);
}

/// A key that has appeared meanwhile and that somebody has is not the one that was lost.
#[test]
fn a_key_that_is_used_or_held_is_nobodys_orphan() {
    type Make = fn(&World, &UserHandle);
    let table: [(&str, Make); 3] = [
        ("used", |world, user| {
            let key = world.key(user);
            let before = world.credentials();
            world.write_credentials(section("x", &key));
            world.run(["-p", "x", "key", "list"]).succeeded();
            world.write_credentials(before);
        }),
        ("held", |world, user| {
            let key = world.key(user);
            world.write_credentials(world.credentials() + &section("x", &key));
        }),
        ("kept", |world, user| {
            let key = world.key(user);
            let kept = world.path(&format!(".aws/awsmfa/secret-{}.json", key.id));
            std::fs::write(kept, "{}").unwrap();
        }),
    ];
    for (name, make) in table {
        let (world, user, key) = alice();
        assert!(killed(
            &world,
            FOR_PROFILE,
            "CreateAccessKey",
            0,
            When::Before
        ));
        make(&world, &user);
        world
            .run(with_yes(FOR_PROFILE))
            .failed(5, "has two access keys already");
        assert_eq!(user.keys().len(), 2, "{name}");
        assert_eq!(user.keys()[0].0, key.id, "{name}");
        assert_eq!(
            journals(&world).len(),
            usize::from(name == "kept"),
            "{name}"
        );
    }
}

#[test]
fn where_it_could_be_either_of_two_nothing_is_deleted() {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let key = world.key(&admin);
    world.write_credentials(section("default", &key));
    let arguments = ["key", "create", "--user", "alice", "--to", "ci"];
    killed_when_it_was_created(&world, &arguments);
    world.key(&user);
    let run = world
        .run(with_yes(&arguments))
        .failed(3, "several have appeared");
    for (id, _) in user.keys() {
        run.said(&format!("awsmfa key delete --user alice {id}"));
    }
    assert_eq!(user.keys().len(), 2);
}

#[test]
fn two_creations_at_once_do_not_take_each_others_key_for_a_lost_one() {
    let (world, user, _) = alice();
    let slow = Fault::Latency(Duration::from_secs(3));
    world.aws.fault("CreateAccessKey", slow);
    let first = world.start(FOR_PROFILE);
    while user.keys().len() < 2 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let second = world.run(["key", "create", "--to", "cd", "--yes"]);
    let second = second.failed(5, "has two access keys already");
    assert!(!second.stderr.contains("cut short"), "{}", second.stderr);
    world.outcome(first).succeeded();
    let id = world.value("ci", "aws_access_key_id");
    assert_eq!(id.as_ref(), user.keys().last().map(|(id, _)| id));
    assert_eq!(journals(&world), [""; 0]);
}

#[test]
fn what_was_certainly_not_created_is_not_remembered() {
    let (world, user, _) = alice();
    world
        .aws
        .fault_always("CreateAccessKey", Fault::AccessDenied);
    world.run(FOR_PROFILE).failed(5, "may not call");
    world.aws.clear_faults();
    assert_eq!(journals(&world), [""; 0]);
    world
        .aws
        .fault_always("CreateAccessKey", Fault::Close(When::After));
    world
        .run(FOR_PROFILE)
        .failed(3, "needs consent")
        .said("run the same command again: it goes on from there");
    world.aws.clear_faults();
    assert_eq!(journals(&world).len(), 1);
    world
        .run(with_yes(FOR_PROFILE))
        .succeeded()
        .said("by a run that was cut short");
    assert_eq!(user.keys().len(), 2);
}

#[test]
fn a_key_whose_reply_was_lost_is_found_though_aws_lists_it_late() {
    for arguments in [FOR_PROFILE, FOR_HAND] {
        let (world, user, key) = alice();
        world.aws.set_lag(New::ListedKey, Some(Lag::Requests(3)));
        world
            .aws
            .fault("CreateAccessKey", Fault::Close(When::After));
        world
            .run_for_secrets(with_yes(arguments))
            .succeeded()
            .said("its secret was lost with AWS's reply");
        assert_eq!(user.keys().len(), 2);
        assert_eq!(user.keys()[0], (key.id, true));
        assert_eq!(world.aws.count("CreateAccessKey"), 2);
        assert_eq!(journals(&world), [""; 0]);
    }
}

/// However long it takes: that AWS refuses a third key tells of one that it does not list.
#[test]
fn the_next_run_finds_what_a_killed_one_has_left_though_aws_lists_it_late() {
    for (arguments, looks) in [(FOR_PROFILE, 3), (FOR_HAND, 9)] {
        let (world, user, key) = alice();
        let lag = Lag::Requests(looks);
        world.aws.set_lag(New::ListedKey, Some(lag));
        killed_when_it_was_created(&world, arguments);
        let (orphan, _) = user.keys().pop().unwrap();
        world
            .run_for_secrets(with_yes(arguments))
            .succeeded_for(&looks.to_string())
            .said(&format!("access key {orphan} is deleted"));
        assert_eq!(user.keys().len(), 2);
        assert_eq!(user.keys()[0], (key.id, true));
        assert_eq!(journals(&world), [""; 0]);
    }
}

#[test]
fn of_a_user_without_keys_the_lost_one_is_waited_for_longer() {
    let world = World::new();
    let user = world.aws.user("alice");
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let key = world.key(&admin);
    world.write_credentials(section("default", &key));
    let arguments = ["key", "create", "--user", "alice", "--to", "ci"];
    let lag = Lag::Requests(7);
    world.aws.set_lag(New::ListedKey, Some(lag));
    killed_when_it_was_created(&world, &arguments);
    world.run(with_yes(&arguments)).succeeded();
    let id = world.value("ci", "aws_access_key_id").unwrap();
    assert_eq!(user.keys(), [(id, true)]);
    assert_eq!(journals(&world), [""; 0]);
}

#[test]
fn what_was_begun_long_ago_is_not_waited_for() {
    let (world, user, _) = alice();
    let when = When::Before;
    assert!(killed(&world, FOR_PROFILE, "CreateAccessKey", 0, when));
    world.aws.advance(3_600);
    world.aws.clear_log();
    world.run(FOR_PROFILE).succeeded();
    assert!(world.aws.count("ListAccessKeys") < 4);
    assert_eq!(user.keys().len(), 2);
}
