//! Which key signs in: whose profile, from which file, from the environment, from a command.

use crate::local_aws::{Key, Mfa, UserHandle};
#[cfg(unix)]
use crate::local_aws::{Preset, Trust};
use crate::world::{NOTHING, World, section};

fn user(world: &World, name: &str) -> (UserHandle, Key, Mfa) {
    let user = world.aws.user(name);
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    (user, key, mfa)
}

/// What a `credential_process` prints, as one line of shell.
#[cfg(unix)]
fn printing(version: u32, key: &Key, token: &str) -> String {
    format!(
        "printf '{{\"Version\": {version}, \"AccessKeyId\": \"{}\", \
         \"SecretAccessKey\": \"{}\"{token}}}'",
        key.id, key.secret
    )
}

#[test]
fn the_profile_is_named_by_flag_then_by_variables_in_order() {
    let places = [
        "--profile",
        "AWSMFA_PROFILE",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
    ];
    let mut world = World::new();
    let people = ["flag", "own", "usual", "old", "default"].map(|name| user(&world, name));
    let credentials: String = people
        .iter()
        .map(|(user, key, _)| section(&user.name, key))
        .collect();
    world.write_credentials(&credentials);
    for (strongest, (person, _, mfa)) in people.iter().enumerate() {
        for (place, name) in places.iter().zip(["flag", "own", "usual", "old"]).skip(1) {
            let weaker = places.iter().position(|other| other == place) >= Some(strongest);
            world.set(place, if weaker { name } else { "" });
        }
        let mut arguments = vec!["-v"];
        if strongest == 0 {
            arguments.extend(["--profile", "flag"]);
        }
        let origin = places.get(strongest).unwrap_or(&"default");
        world
            .sign_in(mfa, arguments)
            .succeeded()
            .said(&format!("trace: profile {} ({origin})", person.name));
        let written = world.issued_to(&format!("{}-mfa", person.name));
        assert_eq!(written.as_ref(), Some(&person.arn));
    }
}

#[test]
fn a_key_from_the_environment_is_a_source_unless_a_profile_is_named() {
    let mut world = World::new();
    let (_, _, filed) = world.default_user("alice");
    let (bob, key, mfa) = user(&world, "bob");
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    world
        .sign_in(&mfa, NOTHING)
        .succeeded()
        .said("warning: AWS_ACCESS_KEY_ID is set in the environment")
        .said("AWS_PROFILE=default-mfa");
    assert_eq!(world.issued_to("default-mfa"), Some(bob.arn));
    assert_eq!(
        world.keys("default-mfa")[4..],
        [
            "awsmfa_credential_source",
            "awsmfa_source_key_id",
            "awsmfa_mfa_serial"
        ]
    );
    world.sign_in(&filed, ["-p", "default"]).succeeded();
    let owner = world.issued_to("default-mfa").unwrap();
    assert!(owner.ends_with("user/alice"), "{owner}");
}

#[test]
fn a_session_in_the_environment_is_no_source() {
    let mut world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    world.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
    world.set("AWS_SECRET_ACCESS_KEY", "what-an-earlier-sign-in-exported");
    world.set("AWS_SESSION_TOKEN", "what-an-earlier-sign-in-exported");
    world.plant("what-an-earlier-sign-in-exported");
    let run = world.sign_in(&mfa, NOTHING).succeeded();
    run.said("warning: AWS_ACCESS_KEY_ID is set in the environment");
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
}

#[cfg(unix)]
#[test]
fn a_credential_process_prints_the_long_term_key() {
    for token in [
        "",
        ", \"SessionToken\": null",
        ", \"SessionToken\": \"\", \"More\": [1]",
    ] {
        let world = World::new();
        let (user, key, mfa) = user(&world, "alice");
        world.write_config(format!(
            "[profile vault]\ncredential_process = {}; echo saying something >&2\n",
            printing(1, &key, token)
        ));
        world.sign_in(&mfa, ["-p", "vault"]).succeeded();
        assert_eq!(world.issued_to("vault-mfa"), Some(user.arn));
        let value = |key| world.value("vault-mfa", key).unwrap();
        assert_eq!(value("awsmfa_source"), "vault");
        assert_eq!(value("awsmfa_source_key_id"), key.id);
        // A reuse does not run it.
        world.write_config("[profile vault]\ncredential_process = touch ran; false\n");
        world.run(["-p", "vault"]).succeeded().said("still good");
        assert!(!world.path("ran").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_credential_process_that_does_not_deliver_costs_no_code() {
    let key = Key {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
    };
    let good = printing(1, &key, "");
    for (command, told) in [
        (printing(2, &key, ""), "printed version 2"),
        (
            format!("echo unlocking; {good}"),
            "did not print the document",
        ),
        (format!("{good}; echo done"), "did not print the document"),
        ("true".to_owned(), "did not print the document"),
        (
            "echo '{\"Version\": 1}'".to_owned(),
            "did not print the document",
        ),
        (
            printing(1, &key, ", \"Expiration\": \"x\", \"Version\": 1"),
            "did not print the document",
        ),
        (format!("{good}; exit 7"), "ended with exit status 7"),
        (
            "no-such-program-anywhere".to_owned(),
            "the shell did not find it",
        ),
        (format!("{good}; sleep 60"), "took longer than 1 s"),
        (
            printing(1, &key, ", \"SessionToken\": \"token-of-a-session\""),
            "prints temporary credentials, and only a long-term key",
        ),
    ] {
        let world = World::new();
        world.plant(&key.secret);
        world.plant("token-of-a-session");
        world.write_config(format!("[default]\ncredential_process = {command}\n"));
        world
            .run(["--timeout", "1s", "123456"])
            .failed(3, told)
            .said(&format!("at: {}:2", world.config_path().display()));
        assert_eq!(world.aws.log().len(), 0, "{told}");
        assert!(!world.credentials_path().exists(), "{told}");
    }
}

#[cfg(unix)]
#[test]
fn a_credential_process_that_prints_a_session_may_assume_a_role() {
    let world = World::new();
    let (user, key, mfa) = user(&world, "alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_credentials(section("alice", &key));
    world.sign_in(&mfa, ["-p", "alice"]).succeeded();
    let session = world.credentials_of("alice-mfa");
    let token = format!(", \"SessionToken\": \"{}\"", session.token.unwrap());
    let key = Key {
        id: session.id,
        secret: session.secret,
    };
    world.write_config(format!(
        "[profile vault]\ncredential_process = {}\n\
         [profile work]\nrole_arn = {}\nsource_profile = vault\n",
        printing(1, &key, &token),
        role.arn
    ));
    world.run(["-p", "work"]).succeeded();
    let owner = world.issued_to("work-mfa").unwrap();
    assert!(owner.ends_with("assumed-role/Admin/alice"), "{owner}");
}

#[cfg(unix)]
#[test]
fn a_key_id_from_a_command_cannot_put_lines_into_the_file() {
    let world = World::new();
    let (user, key, mfa) = user(&world, "alice");
    drop(user.policy(Preset::SelfService));
    for id in ["AKIA\\\\n[evil]", "AKIA x", "", "AKIA\\\\u0000"] {
        let key = Key {
            id: id.to_owned(),
            secret: key.secret.clone(),
        };
        world.write_config(format!(
            "[default]\ncredential_process = {}\n",
            printing(1, &key, "")
        ));
        let run = world.sign_in(&mfa, NOTHING);
        assert_ne!(run.code, 0, "{id:?}");
        assert_ne!(run.code, 1, "{}", run.stderr);
        assert!(!world.credentials_path().exists());
    }
}
