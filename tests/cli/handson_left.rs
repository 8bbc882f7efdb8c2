//! What `handson down` leaves: what others have put into the files, what it cannot know of, and nothing
//! of its own, wherever it is run and in whatever state.

use std::fs;

use crate::handson::{
    ROLE, ROLE_ARN, SERIAL, USER, USER_ARN, account, administrator, up, up_by_command,
};
use crate::handson_refused::refused;
use crate::world::{World, section};

fn world() -> World {
    let world = World::new();
    administrator(&world);
    world
}

#[test]
fn the_files_keep_what_is_not_the_hands_on_users() {
    let world = world();
    let key = world.credentials();
    world.write_credentials(format!("{key}\n[other]\nregion = eu-west-1"));
    world.write_config("# head\r\n[default]\r\nregion = eu-west-1\r\n");
    let config = fs::read(world.config_path()).unwrap();
    up_by_command(&world, &[]).succeeded();
    // A person's own line, and a key of somebody else's in a profile that was made for it.
    let mine = world.credentials().replace(
        &format!("[{USER}]\n"),
        &format!("[{USER}]\n# mine\noutput = json\n"),
    );
    world.write_credentials(&mine);
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded()
        .said(&format!(
            "section [{USER}] keeps what is not of the hands-on user"
        ));
    assert_eq!(
        world.credentials(),
        format!("{key}\n[other]\nregion = eu-west-1\n\n[{USER}]\n# mine\noutput = json\n")
    );
    assert_eq!(fs::read(world.config_path()).unwrap(), config);
}

#[test]
fn a_region_that_a_person_has_set_is_theirs() {
    let mut world = world();
    world.write_config("[default]\nregion = eu-west-1\n");
    up_by_command(&world, &[]).succeeded();
    let config = || fs::read_to_string(world.config_path()).unwrap();
    let (region, set) = (
        "\nregion = eu-west-1\nawsmfa",
        "\nregion = us-east-2\nawsmfa",
    );
    assert!(config().contains(region));
    world.write_config(config().replace(region, set));
    let there = config();
    // Another region of the administrator's does not count any more, nor does one from nowhere.
    world.set("AWS_REGION", "ap-northeast-1");
    up_by_command(&world, &[]).succeeded();
    assert_eq!(fs::read_to_string(world.config_path()).unwrap(), there);
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded()
        .said(&format!(
            "section [{ROLE}] keeps what is not of the hands-on user"
        ));
    assert_eq!(
        fs::read_to_string(world.config_path()).unwrap(),
        format!("[default]\nregion = eu-west-1\n\n[profile {ROLE}]\nregion = us-east-2\n")
    );
}

#[test]
fn the_only_copy_of_somebody_elses_secret_stays_wherever_it_was_put() {
    let world = world();
    up_by_command(&world, &[]).succeeded();
    let bob = world.key(&world.aws.user("bob"));
    let (id, secret) = (
        world.value(USER, "aws_access_key_id").unwrap(),
        world.value(USER, "aws_secret_access_key").unwrap(),
    );
    let swapped = world
        .credentials()
        .replace(&id, &bob.id)
        .replace(&secret, &bob.secret);
    world.write_credentials(&swapped);
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded()
        .said(&format!(
            "profile `{USER}` holds a key that is not of user {USER}: it stays"
        ));
    assert_eq!(world.value(USER, "aws_secret_access_key"), Some(bob.secret));
    assert!(account(&world.aws)["users"][USER].is_null());
}

#[test]
fn another_computer_takes_it_down_but_does_not_go_on_with_it() {
    let world = world();
    let before = account(&world.aws);
    up_by_command(&world, &[]).succeeded();
    let key = world.value("default", "aws_access_key_id").unwrap();
    let id = world.value(USER, "aws_access_key_id").unwrap();
    let secret = world.aws.secret_of(&key).unwrap();
    world.write_credentials(section(
        "default",
        &crate::local_aws::Key { id: key, secret },
    ));
    fs::remove_file(world.config_path()).unwrap();
    refused(
        &world,
        &up(&[]),
        3,
        &format!("the secret of access key {id} of user {USER} is not in profile"),
    );
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    assert_eq!(account(&world.aws), before);
}

#[test]
fn a_role_whose_user_is_gone_is_found_and_removed() {
    let world = world();
    up_by_command(&world, &[]).succeeded();
    let before = account(&world.aws);
    world.aws.account().existing_user(USER).unwrap().delete();
    let listed = world.run(["handson", "list"]).succeeded();
    assert!(
        listed.stdout.contains(&format!("{USER} (gone)")),
        "{}",
        listed.stdout
    );
    // A new user of that name is somebody else to the role.
    refused(&world, &up(&[]), 3, "is left of an earlier user");
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    let after = account(&world.aws);
    assert!(after["roles"][ROLE].is_null() && before["roles"][ROLE].is_object());
    assert!(!world.credentials().contains(USER_ARN));
    assert!(
        !fs::read_to_string(world.config_path())
            .unwrap_or_default()
            .contains(ROLE_ARN)
    );
}

#[test]
fn a_user_that_has_lost_its_tags_is_not_gone() {
    let world = world();
    let before = account(&world.aws);
    up_by_command(&world, &[]).succeeded();
    let user = world.aws.account().existing_user(USER).unwrap();
    user.clear_tags();
    let listed = world.run(["handson", "list"]).succeeded();
    assert!(
        listed.stdout.contains(&format!("{USER} (lost its tags)")),
        "{}",
        listed.stdout
    );
    let tag = format!("--tags Key=awsmfa:handson,Value={ROLE}`");
    let down = ["handson", "down", "--user", USER, "--yes"];
    world
        .run(down)
        .failed(5, "does not carry the tag of `awsmfa handson`")
        .said(&tag);
    let _ = user.tag("awsmfa:handson", ROLE);
    world.run(down).succeeded();
    assert_eq!(account(&world.aws), before);
}

#[test]
fn a_role_of_an_earlier_user_is_listed_beside_that_of_the_present_one() {
    let world = world();
    let before = account(&world.aws);
    up_by_command(&world, &[]).succeeded();
    let user = world.aws.account().existing_user(USER).unwrap();
    user.delete();
    world.aws.advance(30);
    let _ = world.aws.user(USER).tag("awsmfa:handson", "Other");
    let listed = world.run(["handson", "list"]).succeeded().stdout;
    assert!(
        listed.contains(&format!("{USER} (gone, made anew)")),
        "{listed}"
    );
    assert!(listed.contains("Other"), "{listed}");
    let down = ["handson", "down", "--user", USER, "--yes"];
    world.run(down).succeeded();
    let listed = world.run(["handson", "list"]).succeeded().stdout;
    assert!(listed.contains(&format!("{USER} (gone)")), "{listed}");
    world.run(down).succeeded();
    assert_eq!(account(&world.aws), before);
}

#[test]
fn nobody_takes_themselves_down() {
    let mut world = world();
    up_by_command(&world, &[]).succeeded();
    let there = account(&world.aws);
    world.aws.advance(30);
    world.run(["-p", ROLE, &world.aws.code(SERIAL)]).succeeded();
    for profile in [USER, ROLE, "session-token"] {
        world.set("AWS_PROFILE", profile);
        world
            .run(["handson", "down", "--user", USER, "--yes"])
            .failed(
                3,
                "signs in with the key of hands-on user handson-cli-usr itself",
            );
    }
    assert_eq!(account(&world.aws), there);
    world
        .run(["handson", "down", "-p", "default", "--yes"])
        .succeeded();
}

#[test]
fn the_kept_secret_of_a_rotation_goes_with_the_user() {
    let world = world();
    up_by_command(&world, &[]).succeeded();
    world
        .run(["key", "rotate", "--user", USER, "--to", USER, "--yes"])
        .succeeded();
    let kept = world.path(&format!(".aws/awsmfa/key-{USER}@{USER}@123456789012.json"));
    assert!(kept.exists());
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    assert!(!kept.exists());
}
