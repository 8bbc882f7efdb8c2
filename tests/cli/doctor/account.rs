//! The clock, the key and the device, as AWS tells them.

use super::{Expected, private};
use crate::local_aws::Preset;
use crate::world::{NOTHING, World, section};

const NINETY_ONE_DAYS: i64 = 91 * 86_400 + 60;

#[test]
fn a_clock_that_is_off_is_told_by_how_much_and_hides_nothing() {
    for (offset, severity, what) in [
        (10_i64, "ok", " s behind AWS's"),
        (65, "warning", " s behind AWS's: codes"),
        (-65, "warning", "ahead of AWS's: codes"),
        (405, "problem", "6 min"),
        (-405, "problem", "AWS refuses what other tools sign"),
        (86_405, "problem", "1 d behind"),
    ] {
        let mut world = World::new();
        world.healthy();
        world.aws.set_clock_offset(offset);
        let found = world.doctor([]);
        let bad: &[&str] = match severity {
            "ok" => &[],
            _ => &["clock"],
        };
        let next = if bad.is_empty() { "" } else { "set the clock" };
        // The questions were asked at once, and each again with AWS's time where that was needed.
        found
            .finds(("clock", severity, what, "", next))
            .finds(("key", "ok", "user/alice", "", ""))
            .finds(("device", "ok", "is there and makes codes", "", ""));
        assert_eq!(found.bad(), bad, "{offset}: {:#}", found.document);
    }
}

#[test]
fn the_device_is_compared_with_what_aws_lists() {
    let configured = |world: &World, serial: &str| {
        world.write_config(format!(
            "[default]\nregion = eu-west-1\nmfa_serial = {serial}\n"
        ));
    };
    let mut world = World::new();
    let (user, mfa) = world.healthy();
    configured(&world, "arn:aws:iam::123456789012:mfa/old-phone");
    let advice = format!("the user has {}", mfa.serial);
    world.doctor([]).finds((
        "device-gone",
        "problem",
        "mfa/old-phone is configured, and the user has no such device",
        "config:3",
        &advice,
    ));

    world.write_config("[default]\nregion = eu-west-1\n");
    world
        .doctor([])
        .finds(("device", "ok", "awsmfa finds it by itself", "", ""));

    let second = user.virtual_mfa_named("tablet");
    world.plant(second.base32.as_str());
    let both = format!("{}, {}", mfa.serial, second.serial);
    world
        .doctor([])
        .finds(("device", "note", &both, "", "configure one"));
    user.remove_device(&second.serial);

    let passkey = user.passkey("key");
    world
        .doctor([])
        .finds(("device-other", "note", &passkey, "", ""));
    user.remove_device(&mfa.serial);
    world.doctor([]).finds((
        "device",
        "problem",
        "no device that makes codes",
        "",
        "awsmfa mfa setup",
    ));
    configured(&world, &mfa.serial);
    world.doctor([]).finds((
        "device-gone",
        "problem",
        "has no such device",
        "config:3",
        "awsmfa mfa setup",
    ));
    user.remove_device(&passkey);
    world.write_config("[default]\nregion = eu-west-1\n");
    world.doctor([]).finds((
        "device",
        "problem",
        "the user has no MFA device",
        "",
        "awsmfa mfa setup",
    ));
}

#[test]
fn the_key_is_told_by_its_age_and_the_other_one_by_its_use() {
    let world = World::new();
    world.aws.advance(-NINETY_ONE_DAYS);
    let user = world.aws.user("bob").policy(Preset::SelfService);
    let key = world.key(&user);
    world.virtual_mfa(&user);
    world.aws.advance(NINETY_ONE_DAYS);
    world.write_credentials(section("default", &key));
    world.doctor([]).finds((
        "key-age",
        "warning",
        "is 91 days old",
        "credentials:2",
        "awsmfa key rotate",
    ));
    let second = world.key(&user);
    let active = format!("{}: active, 0 days old, never used", second.id);
    let advice = format!("awsmfa key delete {}", second.id);
    world
        .doctor([])
        .finds(("key-other", "warning", &active, "", &advice));
    // A key that a profile holds is in use: nothing is said about deleting it.
    let alone = world.credentials();
    world.write_credentials(alone.clone() + &section("ci", &second));
    let held = "; profile `ci` holds it";
    let found = world.doctor([]);
    found.finds(("key-other", "note", held, "", ""));
    assert!(!found.document.to_string().contains(&advice));
    world.write_credentials(alone);
    user.set_key_active(&second.id, false);
    world
        .doctor([])
        .finds(("key-other", "note", ": inactive, ", "", &advice));
}

#[test]
fn a_key_that_aws_does_not_take_is_told_with_its_place() {
    let mut world = World::new();
    let (user, _) = world.healthy();
    let id = world.value("default", "aws_access_key_id").unwrap();
    user.set_key_active(&id, false);
    let expected: Expected<'_> = (
        "key-refused",
        "problem",
        "AWS does not accept access key",
        "credentials:2",
        "look at the user's access keys in the IAM console",
    );
    world
        .doctor([])
        .finds(expected)
        .finds(("sts", "ok", "", "", ""))
        .has_no("device");
    user.set_key_active(&id, true);
    let secret = world.value("default", "aws_secret_access_key").unwrap();
    world.plant(secret.as_str());
    world.write_credentials(
        world
            .credentials()
            .replace(&secret, "another-secret-altogether"),
    );
    world.doctor([]).finds((
        "key-refused",
        "problem",
        "the secret does not belong to",
        "credentials:2",
        "copy",
    ));
}

#[test]
fn what_the_key_may_not_see_is_a_note_and_a_session_that_is_there_helps() {
    let world = World::new();
    world.default_user("alice");
    private(&world.credentials_path());
    let found = world.doctor([]);
    found
        .finds((
            "key-age",
            "note",
            "may not call ListAccessKeys",
            "credentials:2",
            "",
        ))
        .finds((
            "device",
            "note",
            "awsmfa takes the one named after the user",
            "",
            "mfa_serial",
        ));
    assert_eq!(found.bad(), Vec::<&str>::new(), "{:#}", found.document);

    let world = World::new();
    let user = world.aws.user("carol").policy(Preset::DenyWithoutMfa);
    let key = world.key(&user);
    let mfa = world.virtual_mfa(&user);
    world.write_credentials(section("default", &key));
    world
        .doctor([])
        .finds(("key-age", "note", "may not call ListAccessKeys", "", ""));
    world.sign_in(&mfa, NOTHING).succeeded();
    world.aws.clear_log();
    world
        .doctor([])
        .finds(("key-age", "ok", "is 0 days old", "", ""));
}

#[test]
fn for_a_role_the_source_s_key_and_device_are_looked_at() {
    let mut world = World::new();
    let (user, mfa) = world.healthy();
    world.write_config(format!(
        "[default]\nregion = eu-west-1\n[profile dev]\nsource_profile = default\n\
         role_arn = arn:aws:iam::123456789012:role/Admin\nmfa_serial = {}\n",
        mfa.serial
    ));
    let found = world.doctor(["-p", "dev"]);
    found
        .finds(("profile", "ok", "section [dev-mfa]", "credentials:2", ""))
        .finds((
            "profile-use",
            "ok",
            "role/Admin, assumed by `default`",
            "config:5",
            "",
        ))
        .finds(("key", "ok", &user.arn, "credentials:2", ""))
        .finds(("device", "ok", &mfa.serial, "config:6", ""));
    assert_eq!(found.bad(), Vec::<&str>::new(), "{:#}", found.document);
}

#[test]
fn the_root_user_s_key_is_warned_of() {
    let world = World::new();
    let key = world.aws.account().root_key();
    world.plant(key.secret.as_str());
    world.write_credentials(section("default", &key));
    world.doctor([]).finds((
        "key",
        "warning",
        "root user",
        "credentials:2",
        "delete the root user's key",
    ));
}

#[test]
fn a_key_that_only_a_command_has_is_not_asked_for() {
    let world = World::without_key();
    world.write_config("[default]\ncredential_process = touch ran\n");
    world
        .doctor([])
        .finds((
            "key",
            "note",
            "`credential_process`, which is not run",
            "",
            "",
        ))
        .finds(("sts", "ok", "", "", ""))
        .finds(("clock", "ok", "", "", ""));
    assert!(!world.path("ran").exists());
}

/// Without it they would be about another one's key and device.
#[test]
fn the_remedies_are_about_the_profile_that_was_asked_for() {
    let mut world = World::new();
    world.healthy();
    world.aws.advance(-NINETY_ONE_DAYS);
    let user = world.aws.user("bob").policy(Preset::SelfService);
    let key = world.key(&user);
    world.aws.advance(NINETY_ONE_DAYS);
    let second = world.key(&user);
    world.write_credentials(world.credentials() + &section("my work", &key));
    let delete = format!("`awsmfa -p \"my work\" key delete {}`", second.id);
    let rotate = "`awsmfa -p \"my work\" key rotate`";
    let setup = "`awsmfa -p \"my work\" mfa setup`";
    for configured in [false, true] {
        if configured {
            let serial = "mfa_serial = arn:aws:iam::123456789012:mfa/nobody\n";
            world.write_config(format!("[profile \"my work\"]\n{serial}"));
        }
        let device = if configured { "device-gone" } else { "device" };
        world
            .doctor(["-p", "my work"])
            .finds(("key-age", "warning", "is 91 days old", "", rotate))
            .finds(("key-other", "warning", "second key", "", &delete))
            .finds((device, "problem", "", "", setup));
    }
}
