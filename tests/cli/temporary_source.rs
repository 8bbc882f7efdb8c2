//! Temporary credentials of other tools: good for calls to AWS, and for signing in with a code not.
//! And the profiles that nothing can be written for, which calls do without.

use crate::client::{Credentials, sts};
#[cfg(unix)]
use crate::handson;
use crate::local_aws::{Preset, Trust, UserHandle};
use crate::world::{NOTHING, World, section};

/// What works on IAM for others than oneself.
const ADMINISTRATION: [&[&str]; 5] = [
    &["report"],
    &["password", "show", "--user", "bob"],
    &["mfa", "list", "--all"],
    &["key", "list", "--user", "bob"],
    &["handson", "list"],
];

/// What works on what is one's own, and writes no section.
const OWN: [&[&str]; 3] = [&["mfa", "list"], &["key", "list"], &["password", "show"]];

/// An administrator with a session made with MFA, who has no file; and bob.
fn administrator() -> (World, UserHandle, Credentials) {
    let world = World::new();
    let (alice, _, mfa) = world.default_user("alice");
    let alice = alice.policy(Preset::Admin).password("Correct-Horse-42");
    world.key(&world.aws.user("bob").password("Battery+Staple-7"));
    world.sign_in(&mfa, ["--to", "made"]).succeeded();
    let made = world.credentials_of("made");
    world.plant(made.secret.as_str());
    world.plant(made.token.clone().unwrap());
    world.write_credentials("");
    world.aws.clear_log();
    (world, alice, made)
}

impl World {
    fn export(&mut self, session: &Credentials) {
        self.set("AWS_ACCESS_KEY_ID", &session.id);
        self.set("AWS_SECRET_ACCESS_KEY", &session.secret);
        self.set("AWS_SESSION_TOKEN", session.token.as_deref().unwrap());
    }
}

/// As tools write it that know nothing of awsmfa.
fn profile(name: &str, session: &Credentials) -> String {
    let Credentials { id, secret, token } = session;
    let token = token.as_deref().unwrap();
    format!(
        "[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\naws_session_token = {token}\n"
    )
}

fn every() -> impl Iterator<Item = &'static [&'static str]> {
    ADMINISTRATION.into_iter().chain(OWN)
}

#[test]
fn iam_is_called_with_a_session_of_the_environment() {
    let (mut world, _, session) = administrator();
    world.export(&session);
    for command in every() {
        world.run(command).succeeded_for(&command.join(" "));
    }
    for entry in world.aws.log() {
        assert_eq!(entry.key_id.as_deref(), Some(session.id.as_str()));
    }
    assert_eq!(world.credentials(), "");
}

#[test]
fn iam_is_called_with_a_session_in_a_profile() {
    let (world, _, session) = administrator();
    let text = profile("s", &session);
    world.write_credentials(&text);
    for command in every() {
        let run = world.run(command.iter().chain(&["-p", "s"]));
        run.succeeded_for(&command.join(" "));
    }
    for entry in world.aws.log() {
        assert_eq!(entry.key_id.as_deref(), Some(session.id.as_str()));
    }
    assert_eq!(world.credentials(), text);
}

#[cfg(unix)]
#[test]
fn iam_is_called_with_a_session_that_a_command_prints() {
    let (world, _, session) = administrator();
    let Credentials { id, secret, token } = &session;
    let token = token.as_deref().unwrap();
    let document = format!(
        r#"{{"Version":1,"AccessKeyId":"{id}","SecretAccessKey":"{secret}","SessionToken":"{token}"}}"#
    );
    std::fs::write(world.path("printed.json"), document).unwrap();
    let command = format!("cat {}", world.path("printed.json").display());
    world.write_config(format!("[profile s]\ncredential_process = {command}\n"));
    for command in every() {
        let run = world.run(command.iter().chain(&["-p", "s"]));
        run.succeeded_for(&command.join(" "));
    }
}

#[cfg(unix)]
#[test]
fn a_hands_on_user_comes_and_goes_with_a_session_of_the_environment() {
    let (mut world, _, session) = administrator();
    world.export(&session);
    handson::up_by_command(&world, &[]).succeeded();
    let down = ["handson", "down", "--user", handson::USER, "--yes"];
    world.run(down).succeeded();
    assert!(world.aws.account().existing_user(handson::USER).is_none());
}

#[test]
fn a_session_in_a_profile_may_assume_the_role_of_another_to_call_iam() {
    let (world, alice, session) = administrator();
    let role = world.aws.role("Auditor").policy(Preset::Admin);
    let role = role.trusts(Trust::new(&alice.arn).mfa());
    world.write_credentials(profile("s", &session));
    world.write_config(format!(
        "[profile audit]\nrole_arn = {}\nsource_profile = s\n",
        role.arn
    ));
    let run = world.run(["report", "-p", "audit"]).succeeded();
    assert!(!run.stderr.contains("no session is kept"), "{}", run.stderr);
    assert_eq!(world.aws.count("AssumeRole"), 1);
    world.run(["report", "-p", "audit"]).succeeded();
    assert_eq!(world.aws.count("AssumeRole"), 1, "it is good for a while");
}

#[test]
fn a_profile_that_is_named_is_meant_and_not_the_environment() {
    let (mut world, _, session) = administrator();
    let key = world.key(&world.aws.user("carol").policy(Preset::SelfService));
    world.write_credentials(section("carol", &key));
    world.export(&session);
    world.run(["key", "list", "-p", "carol"]).succeeded();
    for entry in world.aws.log() {
        assert_eq!(entry.key_id.as_deref(), Some(key.id.as_str()));
    }
}

#[test]
fn to_sign_in_they_are_no_source_still() {
    let (mut world, _, session) = administrator();
    let text = profile("s", &session);
    world.write_credentials(&text);
    for command in [
        &["login"][..],
        &["env", "--shell", "bash"],
        &["exec", "--", "true"],
    ] {
        let (name, rest) = command.split_first().unwrap();
        let run = world.run([&[*name, "-p", "s"], rest].concat());
        run.failed(3, "profile `s` holds temporary credentials, and only a long-term key can sign in with a code");
    }
    world.export(&session);
    world
        .run(["login"])
        .failed(3, "there is no profile `default`, and no other was named");
    assert_eq!(world.aws.log().len(), 0);
    assert_eq!(world.credentials(), text);
}

#[test]
fn what_is_about_the_long_term_key_says_that_it_needs_one_and_does_nothing() {
    let (mut world, alice, session) = administrator();
    let text = profile("s", &session);
    world.write_credentials(&text);
    let keys = alice.keys();
    let commands: [&[&str]; 4] = [
        &["key", "rotate", "--yes"],
        &["key", "rotate", "--dry-run"],
        &["mfa", "setup", "--yes"],
        &["mfa", "setup", "--yes", "--no-login"],
    ];
    for command in commands {
        world.run(command.iter().chain(&["-p", "s"])).failed(
            3,
            "profile `s` holds temporary credentials, and only a long-term key",
        );
    }
    world.export(&session);
    for command in commands {
        world
            .run(command)
            .failed(3, "there is no profile `default`")
            .said("the credentials in the environment are temporary");
    }
    assert_eq!(world.aws.log().len(), 0);
    assert_eq!(alice.keys(), keys);
    assert_eq!(world.credentials(), text);
}

#[test]
fn a_key_is_created_with_a_session_too() {
    let (mut world, _, session) = administrator();
    world.export(&session);
    world
        .run(["key", "create", "--user", "bob", "--to", "bob", "--yes"])
        .succeeded();
    assert!(world.value("bob", "aws_access_key_id").is_some());
}

/// A session that a user has made without a code.
fn without_mfa(world: &World) -> Credentials {
    let alice = world.aws.user("alice").policy(Preset::Admin);
    let key = world.key(&alice);
    let session = sts(&world.aws, &Credentials::from(&key), "GetSessionToken", &[]).credentials();
    world.plant(session.secret.as_str());
    session
}

#[test]
fn a_session_made_without_mfa_is_refused_by_iam_and_told_why() {
    let mut world = World::new();
    let session = without_mfa(&world);
    world.export(&session);
    let run = world.run(["report"]).failed(
        5,
        &format!(
            "AWS does not accept the temporary access key {}\n",
            session.id
        ),
    );
    run.said("at: AWS_ACCESS_KEY_ID")
        .said("use a session that was made with MFA");
    assert_eq!(world.aws.count("GetSessionToken"), 1);
}

#[test]
fn the_doctor_asks_with_a_session_whose_it_is() {
    let (mut world, alice, session) = administrator();
    // Whether IAM can be reached is asked without a signature.
    world.lenient = true;
    world.export(&session);
    let run = world.run(["doctor", "--output", "json"]);
    let told = format!("{} is {}", session.id, alice.arn);
    assert!(run.stdout.contains(&told), "{}", run.stdout);
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    world.unset("AWS_SESSION_TOKEN");
    world.write_credentials(profile("s", &session));
    let run = world.run(["doctor", "--output", "json", "-p", "s"]);
    assert!(run.stdout.contains(&told), "{}", run.stdout);
}

#[test]
fn a_profile_with_a_blank_in_its_name_does_for_what_writes_no_section() {
    let world = World::new();
    let alice = world.aws.user("alice").policy(Preset::Admin);
    let alice = alice.password("Correct-Horse-42");
    let key = world.key(&alice);
    world.key(&world.aws.user("bob").password("Battery+Staple-7"));
    let text = section("my prof", &key);
    world.write_credentials(&text);
    for command in every() {
        let run = world.run(command.iter().chain(&["-p", "my prof"]));
        run.succeeded_for(&command.join(" "));
    }
    assert_eq!(world.credentials(), text);
}

#[test]
fn a_name_that_makes_no_section_is_refused_where_one_is_to_be_written() {
    let mut world = World::new();
    let alice = world.aws.user("alice").policy(Preset::DenyWithoutMfa);
    let (key, mfa) = (world.key(&alice), world.virtual_mfa(&alice));
    world.write_credentials(section("my prof", &key));
    let refused = "the profile's name does not make a section name that every AWS tool reads";
    let advice = "`awsmfa_profile = NAME` in the profile";
    let code = world.aws.code(&mfa.serial);
    let commands: [&[&str]; 4] = [
        &["login", &code],
        &["report", "-t", &code],
        &["key", "list", "-t", &code],
        &["mfa", "setup", "--yes"],
    ];
    for command in commands.map(|command| command.to_vec()) {
        let run = world.run([&command[..], &["-p", "my prof"]].concat());
        run.failed(3, refused).said("at: --profile").said(advice);
    }
    world.set("AWS_PROFILE", "my prof");
    world
        .run(NOTHING)
        .failed(3, refused)
        .said("at: AWS_PROFILE");
    world.unset("AWS_PROFILE");
    assert_eq!(world.codes_sent(), Vec::<String>::new());
    world.write_config("[profile \"my prof\"]\nawsmfa_profile = prof\n");
    world
        .run(["report", "-p", "my prof", "-t", &code])
        .succeeded();
    assert_eq!(world.issued_to("prof"), Some(alice.arn));
}
