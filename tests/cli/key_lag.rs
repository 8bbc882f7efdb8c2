//! Keys that AWS made a moment ago and does not list yet: nobody takes them for gone, for a
//! stranger's, or for never made.

use std::time::Duration;

use crate::local_aws::{Key, Lag, New, Preset, UserHandle, When};
use crate::world::{World, section};

const PATIENCE: Duration = Duration::from_secs(60);

/// As many looks at the list do not show a new key.
const UNSHOWN: Lag = Lag::Requests(3);

fn alice() -> (World, UserHandle, Key) {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    (world, user, key)
}

fn held(world: &World, profile: &str) -> String {
    world.value(profile, "aws_access_key_id").unwrap()
}

#[test]
fn a_rotation_is_taken_back_before_aws_lists_the_new_key() {
    let (world, user, key) = alice();
    world.aws.set_lag(New::ListedKey, Some(UNSHOWN));
    world.run(["key", "rotate"]).succeeded();
    let id = held(&world, "default");
    world.run(["key", "rotate", "--rollback"]).succeeded();
    assert_eq!(held(&world, "default"), key.id);
    assert_eq!(user.keys(), [(key.id, true), (id, false)]);
}

#[test]
fn cut_off_before_aws_lists_or_accepts_the_new_key_it_is_taken_back() {
    let (world, user, key) = alice();
    world.aws.set_lag(New::ListedKey, Some(UNSHOWN));
    world.aws.set_lag(New::AccessKey, Some(Lag::Requests(6)));
    let stop = world.aws.stop("GetCallerIdentity", 2, When::Before);
    let mut child = world.start(["key", "rotate"]);
    stop.wait(PATIENCE).unwrap();
    child.kill().unwrap();
    world.outcome(child);
    stop.abandon();
    let id = held(&world, "default");
    world.run(["key", "rotate", "--rollback"]).succeeded();
    assert_eq!(held(&world, "default"), key.id);
    assert_eq!(user.keys(), [(key.id, true), (id, false)]);
}

#[test]
fn a_new_key_that_was_deleted_since_does_not_stop_the_way_back() {
    let (world, user, key) = alice();
    let admin = world.aws.user("admin").policy(Preset::Admin);
    let admins = section("admin", &world.key(&admin));
    world.run(["key", "rotate"]).succeeded();
    world.write_credentials(world.credentials() + &admins);
    let id = held(&world, "default");
    let delete = format!("-p admin key delete --user alice {id} --force --yes");
    world.run(delete.split(' ')).succeeded();
    world.aws.advance(3_600);
    let back = "-p admin key rotate --user alice --to default --rollback";
    world.run(back.split(' ')).succeeded();
    assert_eq!(user.keys(), [(key.id, true)]);
}

#[test]
fn a_rotation_follows_another_before_aws_lists_the_key_of_that() {
    let (world, user, key) = alice();
    world.aws.set_lag(New::ListedKey, Some(UNSHOWN));
    world.run(["key", "rotate"]).succeeded();
    let id = held(&world, "default");
    world.aws.set_lag(New::ListedKey, None);
    let again = ["key", "rotate", "--delete-old", "--yes"];
    world.run(again).succeeded();
    assert_eq!(user.keys(), [(held(&world, "default"), true)]);
    assert_ne!(held(&world, "default"), id);
    assert_ne!(held(&world, "default"), key.id);
}

#[test]
fn a_key_that_was_created_a_moment_ago_is_no_stranger() {
    for (arguments, left) in [
        ("key deactivate ID --force", Some(false)),
        ("-p ci key deactivate ID --force", Some(false)),
        ("key delete ID --force --yes", None),
    ] {
        let (world, user, _) = alice();
        world.aws.set_lag(New::ListedKey, Some(UNSHOWN));
        world.run(["key", "create", "--to", "ci"]).succeeded();
        let id = held(&world, "ci");
        let command = arguments.replace("ID", &id.to_ascii_lowercase());
        world.run(command.split(' ')).succeeded_for(arguments);
        let found = user.keys().into_iter().find(|(of, _)| *of == id);
        assert_eq!(found.map(|(_, active)| active), left, "{arguments}");
    }
}

#[test]
fn nobody_waits_for_an_id_that_is_wrong_or_another_user_s() {
    let (world, _, _) = alice();
    let bob = world.aws.user("bob").policy(Preset::SelfService);
    let bobs = world.key(&bob);
    world.write_credentials(world.credentials() + &section("bob", &bobs));
    for id in ["AKIAIOSFODNN7EXAMPLE", bobs.id.as_str()] {
        let before = world.aws.count("ListAccessKeys");
        world
            .run(["key", "deactivate", id, "--force"])
            .failed(5, "alice has no access key");
        assert_eq!(world.aws.count("ListAccessKeys"), before + 1, "{id}");
    }
}
