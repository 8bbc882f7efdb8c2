//! Where a new key may go: not into a section that a sign-in writes, and not into nothing.

use crate::local_aws::{Key, Preset, UserHandle};
use crate::world::{World, section};

fn alice() -> (World, UserHandle, Key) {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    (world, user, key)
}

#[test]
fn a_key_does_not_go_into_a_section_that_a_sign_in_writes() {
    for (config, to, writer) in [
        ("", "default-mfa", "default"),
        (
            "[profile dev]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n",
            "dev-mfa",
            "dev",
        ),
        ("[default]\nawsmfa_profile = work\n", "work", "default"),
        (
            "[profile work-long-term]\nregion = us-east-1\n",
            "work",
            "work-long-term",
        ),
        (
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n",
            "default-mfa-session",
            "default",
        ),
    ] {
        let (world, user, key) = alice();
        world.write_config(config);
        let before = world.credentials();
        world
            .run(["key", "create", "--to", to])
            .failed(
                3,
                &format!("signing in to profile `{writer}` writes section [{to}]"),
            )
            .said("at: --to");
        assert_eq!(world.credentials(), before);
        assert_eq!(user.keys(), [(key.id, true)]);
        assert_eq!(world.aws.log().len(), 0);
    }
}

/// However it came there: what needs no session works, and puts it right.
#[test]
fn a_long_term_key_where_a_session_would_go_stops_only_what_has_to_be_signed_in() {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    let user = user.policy(Preset::SelfService);
    let second = world.key(&user);
    world.write_credentials(world.credentials() + &section("default-mfa", &second));
    let before = world.credentials();
    let in_the_way = "section [default-mfa] holds a long-term key";
    world.sign_in(&mfa, ["login"]).failed(3, in_the_way);
    world.run(["key", "list"]).succeeded();
    world.run(["mfa", "list"]).succeeded();
    world
        .run(["key", "deactivate", &second.id, "--force"])
        .succeeded();
    world
        .run(["key", "delete", &second.id, "--force", "--yes"])
        .succeeded();
    assert_eq!(user.keys(), [(key.id, true)]);
    assert_eq!(world.credentials(), before);
    assert_eq!(world.codes_sent(), [""; 0]);
}

#[test]
fn where_aws_wants_mfa_the_key_in_the_way_is_not_destroyed() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let user = user.policy(Preset::DenyWithoutMfa);
    let second = world.key(&user);
    world.write_credentials(world.credentials() + &section("default-mfa", &second));
    let before = world.credentials();
    let code = world.aws.code(&mfa.serial);
    world
        .run(["key", "list", "--token-code", &code])
        .failed(3, "section [default-mfa] holds a long-term key");
    assert_eq!(world.credentials(), before);
    assert_eq!(world.codes_sent(), [""; 0]);
}

/// Closed, or the null device: what is told once would be lost.
#[cfg(unix)]
#[test]
fn what_is_told_once_is_not_made_where_nobody_could_read_it() {
    let commands: [&[&str]; 6] = [
        &["key", "create", "--output", "json"],
        &["password", "create", "--generate", "--user", "bob"],
        &[
            "password",
            "create",
            "--generate",
            "--user",
            "bob",
            "--output",
            "json",
        ],
        &["mfa", "create", "--name", "new", "--show-seed"],
        &[
            "mfa",
            "create",
            "--name",
            "new",
            "--show-seed",
            "--output",
            "json",
        ],
        &["mfa", "setup", "--name", "new", "--show-seed", "--yes"],
    ];
    for command in commands {
        for nowhere in ["exec \"$@\" >&-", "exec \"$@\" >/dev/null"] {
            let world = World::new();
            let admin = world.aws.user("admin").policy(Preset::Admin);
            world.aws.user("bob");
            let key = world.key(&admin);
            world.write_credentials(section("default", &key));
            let run = world.run_in(nowhere, command);
            run.failed(7, "would be lost").said("at: standard output");
            let asked = world.aws.operations();
            let made = asked
                .iter()
                .any(|operation| operation.starts_with("Create"));
            assert!(!made, "{command:?}: {asked:?}");
        }
    }
    // What goes elsewhere may be said to nobody.
    let (world, user, _) = alice();
    let to_profile = ["key", "create", "--to", "ci", "--output", "json"];
    world.run_in("exec \"$@\" >&-", to_profile).succeeded();
    assert_eq!(user.keys().len(), 2);
}
