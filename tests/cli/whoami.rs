//! Who one is, and with which credentials.

use serde_json::json;

use crate::local_aws::{ACCOUNT, Trust};
use crate::world::{World, section};

#[test]
fn a_long_term_key_is_found_in_its_profile() {
    let world = World::new();
    let (user, key, _) = world.default_user("alice");
    let run = world.run(["whoami"]).succeeded();
    assert_eq!(run.stderr, "");
    let place = format!("{}:2", world.credentials_path().display());
    for said in [
        format!("account   {ACCOUNT}\n"),
        format!("arn       {}\n", user.arn),
        format!("key id    {}\n", key.id),
        format!("found in  profile default ({place})\n"),
    ] {
        assert!(run.stdout.contains(&said), "{said:?} in:\n{}", run.stdout);
    }
    assert_eq!(world.aws.log().len(), 1, "one question, nothing else");
}

#[test]
fn a_section_of_ours_answers_for_itself() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, ["-d", "1h"]).succeeded();
    let run = world
        .run(["whoami", "-p", "default-mfa", "--output", "json"])
        .succeeded();
    let mut document = run.json();
    assert!(document["user_id"].take().is_string());
    let line = world
        .credentials()
        .lines()
        .position(|line| line == "[default-mfa]");
    let expected = json!({
        "account": ACCOUNT,
        "arn": user.arn,
        "user_id": null,
        "access_key_id": world.value("default-mfa", "aws_access_key_id"),
        "profile": "default-mfa",
        "found_in": "section",
        "section": "default-mfa",
        "place": format!("{}:{}", world.credentials_path().display(), line.unwrap() + 1),
        "expiration": world.value("default-mfa", "expiration"),
    });
    assert_eq!(document, expected);
    let run = world.run(["whoami", "-p", "default-mfa"]).succeeded();
    assert!(
        run.stdout.contains("section [default-mfa], good until "),
        "{}",
        run.stdout
    );
}

#[test]
fn a_role_profile_is_who_was_signed_in_to_and_never_signs_in() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile dev]\nrole_arn = {}\nsource_profile = default\n",
        role.arn
    ));
    for profile in ["dev", "dev-mfa"] {
        world
            .run(["whoami", "-p", profile])
            .failed(4, &format!("profile `{profile}` is not signed in to"))
            .said("next: `awsmfa -p dev");
    }
    assert_eq!(world.aws.log().len(), 0);
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    world.aws.clear_log();
    let run = world.run(["whoami", "-p", "dev"]).succeeded();
    assert!(
        run.stdout.contains(":assumed-role/Admin/alice\n"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("section [dev-mfa]"), "{}", run.stdout);
}

#[test]
fn keys_of_the_environment_count_where_no_profile_is_named() {
    let mut world = World::new();
    let (alice, ..) = world.default_user("alice");
    let bob = world.aws.user("bob");
    let key = world.key(&bob);
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    let run = world.run(["whoami"]).succeeded();
    assert!(run.stdout.contains(&bob.arn), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("found in  environment (AWS_ACCESS_KEY_ID)\n"),
        "{}",
        run.stdout
    );
    let run = world.run(["whoami", "-p", "default"]).succeeded();
    assert!(run.stdout.contains(&alice.arn), "{}", run.stdout);
    run.said("warning: AWS_ACCESS_KEY_ID is set in the environment");
}

#[test]
fn temporary_keys_of_the_environment_and_of_other_tools_are_used_as_they_are() {
    let mut world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, ["--to", "made"]).succeeded();
    let made = world.credentials_of("made");
    let token = made.token.unwrap();
    let (id, secret) = (made.id, made.secret);
    world.write_credentials(format!(
        "[foreign]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = {token}\n"
    ));
    let run = world.run(["whoami", "-p", "foreign"]).succeeded();
    assert!(run.stdout.contains(&user.arn), "{}", run.stdout);
    assert!(
        run.stdout.contains("section [foreign], no expiry known"),
        "{}",
        run.stdout
    );
    world.set("AWS_ACCESS_KEY_ID", &id);
    world.set("AWS_SECRET_ACCESS_KEY", &secret);
    world.set("AWS_SESSION_TOKEN", &token);
    let run = world.run(["whoami"]).succeeded();
    assert!(run.stdout.contains(&user.arn), "{}", run.stdout);
}

#[test]
fn expired_credentials_are_explained_and_not_sent() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, ["--to", "made"]).succeeded();
    world.aws.clear_log();
    let end = world.value("made", "expiration").unwrap();
    world.write_credentials(world.credentials().replace(&end, "2020-01-01T00:00:00Z"));
    let run = world.run(["whoami", "-p", "made"]).failed(
        4,
        "the credentials in section [made] expired at 2020-01-01 ",
    );
    run.said("next: `awsmfa -p made` renews them");
    assert_eq!(run.stdout, "");
    assert_eq!(world.aws.log().len(), 0);
}

#[test]
fn a_key_that_aws_does_not_take_is_told_with_its_place() {
    let world = World::new();
    let (user, key, _) = world.default_user("alice");
    user.set_key_active(&key.id, false);
    let run = world.run(["whoami"]).failed(5, &key.id);
    run.said(&format!("at: {}:2", world.credentials_path().display()));
    assert_eq!(run.stdout, "");
}

#[test]
fn what_cannot_be_used_is_told_without_asking_aws() {
    let world = World::new();
    let user = world.aws.user("alice");
    let key = world.key(&user);
    world.write_credentials(
        section("half", &key)
            .lines()
            .take(2)
            .collect::<Vec<_>>()
            .join("\n")
            + "\n[edited]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\nawsmfa_source = half\n\
               [ignored]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n",
    );
    world.write_config(
        "[profile sso]\nsso_session = s\nsso_account_id = 1\n[profile ignored]\nsso_session = s\n",
    );
    for (profile, code, said) in [
        ("half", 3, "no aws_secret_access_key"),
        ("edited", 3, "section [edited] is incomplete or was edited"),
        ("sso", 3, "signs in through IAM Identity Center"),
        ("ignored", 3, "because its profile has `sso_session`"),
        ("nobody", 3, "`nobody`"),
    ] {
        let run = world.run(["whoami", "-p", profile]).failed(code, said);
        assert_eq!(run.stdout, "", "{profile}");
    }
    assert_eq!(world.aws.log().len(), 0);
}

#[cfg(unix)]
#[test]
fn a_credential_process_is_run_as_aws_tools_do() {
    let world = World::new();
    let (user, key, _) = world.default_user("alice");
    let document = json!({ "Version": 1, "AccessKeyId": key.id, "SecretAccessKey": key.secret });
    std::fs::write(world.path("key.json"), document.to_string()).unwrap();
    world.write_credentials("");
    let path = world.path("key.json").display().to_string();
    world.write_config(format!("[default]\ncredential_process = cat {path}\n"));
    let run = world.run(["whoami"]).succeeded();
    assert!(run.stdout.contains(&user.arn), "{}", run.stdout);
    assert!(
        run.stdout.contains("found in  credential_process ("),
        "{}",
        run.stdout
    );
}

#[cfg(unix)]
#[test]
fn a_credential_process_that_asks_the_same_question_is_stopped_at_once() {
    let world = World::new();
    world.write_config(format!(
        "[default]\ncredential_process = echo x >> runs; {} whoami -p default\n",
        crate::world::AWSMFA
    ));
    world.run(["whoami"]).failed(
        3,
        "the credential_process of profile `default` leads back to that profile",
    );
    assert_eq!(std::fs::read_to_string(world.path("runs")).unwrap(), "x\n");
    assert_eq!(world.aws.connections(), 0);
}
