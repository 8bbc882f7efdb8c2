//! Our own sections: `AWS_PROFILE=work-mfa awsmfa CODE` works for ever, whatever made the section.

use jiff::Timestamp;

use crate::local_aws::{ACCOUNT, Mfa, Trust};
use crate::world::{NOTHING, World, section};

/// Signs in with these arguments, then five times more by nothing than the section's name, and
/// expects the section to be the same each time but for the credentials.
fn renewed_for_ever(world: &mut World, mfa: &Mfa, arguments: &[&str], section: &str) {
    world.sign_in(mfa, arguments.iter().copied()).succeeded();
    let owner = world.issued_to(section);
    let life = |world: &World| {
        let expiration = world.value(section, "expiration").unwrap();
        let expiration: Timestamp = expiration.parse().unwrap();
        expiration.as_second() - i64::try_from(world.aws.now()).unwrap()
    };
    let (marks, length) = (marks(world, section), life(world));
    let names = section_names(world);
    world.set("AWS_PROFILE", section);
    for _ in 0..5 {
        world.aws.advance(30);
        let before = world.value(section, "aws_access_key_id");
        let run = world.sign_in(mfa, NOTHING).succeeded();
        assert!(!run.stderr.contains("export AWS_PROFILE"), "{}", run.stderr);
        assert_ne!(world.value(section, "aws_access_key_id"), before);
        assert_eq!(world.issued_to(section), owner);
        assert_eq!(self::marks(world, section), marks);
        assert!((life(world) - length).abs() <= 5);
        assert_eq!(section_names(world), names);
    }
    // Nothing has changed, so there is nothing to do.
    world.run(NOTHING).succeeded().said("still good");
    world.unset("AWS_PROFILE");
}

/// What the section says about itself.
fn marks(world: &World, section: &str) -> Vec<(String, String)> {
    let keys = world.keys(section).into_iter();
    keys.filter(|key| key.starts_with("awsmfa_") || key == "region")
        .map(|key| {
            let value = world.value(section, &key).unwrap();
            (key, value)
        })
        .collect()
}

fn section_names(world: &World) -> Vec<String> {
    let text = world.credentials();
    let headers = text.lines().filter(|line| line.starts_with('['));
    headers.map(str::to_owned).collect()
}

#[test]
fn a_user_session_is_renewed_by_its_own_name() {
    for (arguments, config, section) in [
        (&[][..], "", "default-mfa"),
        (&["--to", "special"], "", "special"),
        (&["-d", "2h"], "", "default-mfa"),
        (&[], "[default]\nawsmfa_profile = by-config\n", "by-config"),
        (&[], "[default]\nregion = eu-west-1\n", "default-mfa"),
        (&[], "[default]\nduration_seconds = 7200\n", "default-mfa"),
    ] {
        let mut world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.write_config(config);
        renewed_for_ever(&mut world, &mfa, arguments, section);
    }
}

#[test]
fn a_role_section_is_renewed_by_its_own_name() {
    let trust = |user: &str| {
        Trust::new(user)
            .mfa()
            .external_id("Ticket/1")
            .session_name("build-*")
    };
    let role_arn = format!("arn:aws:iam::{ACCOUNT}:role/team/Admin");
    let profile = format!("[profile work]\nsource_profile = default\nrole_arn = {role_arn}\n");
    for (arguments, more, section) in [
        (
            &["-p", "work"][..],
            "external_id = Ticket/1\nrole_session_name = build-1\nduration_seconds = 7200\n",
            "work-mfa",
        ),
        (
            &[
                "-p",
                "work",
                "--external-id",
                "Ticket/1",
                "--role-session-name",
                "build-2",
                "-d",
                "2h",
                "--to",
                "elsewhere",
            ],
            "",
            "elsewhere",
        ),
        (
            &[
                "--role-arn",
                &role_arn,
                "--external-id",
                "Ticket/1",
                "--role-session-name",
                "build-3",
                "--duration-seconds",
                "90m",
            ],
            "",
            "default-mfa",
        ),
        (
            &[
                "--role-arn",
                "team/Admin",
                "--external-id",
                "Ticket/1",
                "--role-session-name",
                "build-4",
                "--to",
                "a",
            ],
            "",
            "a",
        ),
    ] {
        let mut world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        let role = world.aws.role("team/Admin").trusts(trust(&user.arn));
        assert_eq!(role.max_duration(14_400).arn, role_arn);
        world.write_config(format!("{profile}{more}"));
        renewed_for_ever(&mut world, &mfa, arguments, section);
    }
}

#[test]
fn a_chain_is_renewed_by_its_own_name() {
    let mut world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let first = world.aws.role("First").trusts(Trust::new(&user.arn).mfa());
    let second = world.aws.role("Second").trusts(Trust::new(&first.arn));
    world.write_config(format!(
        "[profile first]\nrole_arn = {}\nsource_profile = default\n\
         [profile second]\nrole_arn = {}\nsource_profile = first\n",
        first.arn, second.arn
    ));
    renewed_for_ever(
        &mut world,
        &mfa,
        &["-p", "second", "-d", "20m"],
        "second-mfa",
    );
}

#[test]
fn a_section_made_from_the_environment_is_renewed_while_the_key_is_there() {
    let mut world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    renewed_for_ever(&mut world, &mfa, &[], "default-mfa");
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    let before = world.credentials();
    world.sign_in(&mfa, ["-p", "default-mfa"]).failed(
        3,
        "made with a long-term key from the environment, which is not there now",
    );
    assert_eq!(world.credentials(), before);
}

#[cfg(unix)]
#[test]
fn a_section_made_by_a_credential_process_is_renewed_by_its_own_name() {
    let mut world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    world.write_config(format!(
        "[profile vault]\ncredential_process = echo '{{\"Version\": 1, \"AccessKeyId\": \"{}\", \
         \"SecretAccessKey\": \"{}\"}}'\n",
        key.id, key.secret
    ));
    renewed_for_ever(&mut world, &mfa, &["-p", "vault"], "vault-mfa");
}

#[test]
fn a_role_whose_source_profile_is_a_section_of_ours_is_assumed_with_the_session_in_it() {
    let mut world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile work]\nrole_arn = {}\nsource_profile = default-mfa\n",
        role.arn
    ));
    world.sign_in(&mfa, NOTHING).succeeded();
    let session = world.value("default-mfa", "aws_access_key_id");
    renewed_for_ever(&mut world, &mfa, &["-p", "work"], "work-mfa");
    let owner = world.issued_to("work-mfa").unwrap();
    assert!(owner.ends_with("assumed-role/Admin/alice"), "{owner}");
    // A code that is given makes a new session, in that section.
    assert_ne!(world.value("default-mfa", "aws_access_key_id"), session);
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
}

#[test]
fn a_section_is_renewed_when_it_has_expired_and_when_its_credentials_are_gone() {
    for (key, value) in [
        ("expiration", "2020-01-01T00:00:00Z"),
        ("aws_session_token", ""),
    ] {
        let mut world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        world.sign_in(&mfa, ["--to", "s"]).succeeded();
        let old = world.value("s", key).unwrap();
        let spoilt = world
            .credentials()
            .replace(&format!("{key} = {old}\n"), &format!("{key} = {value}\n"));
        world.write_credentials(spoilt);
        world.set("AWS_PROFILE", "s");
        world.set("AWSMFA_TOKEN_CODE", &world.aws.code(&mfa.serial));
        world.run(NOTHING).succeeded();
        assert_eq!(world.issued_to("s"), Some(user.arn));
    }
}

#[test]
fn a_changed_configuration_wins_on_renewal() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let trust = || Trust::new(&user.arn).mfa();
    let (one, two) = (
        world.aws.role("One").trusts(trust()),
        world.aws.role("Two").trusts(trust()),
    );
    let profile =
        |role: &str| format!("[profile work]\nrole_arn = {role}\nsource_profile = default\n");
    world.write_config(profile(&one.arn));
    world.sign_in(&mfa, ["-p", "work"]).succeeded();
    world.write_config(profile(&two.arn));
    world.sign_in(&mfa, ["-p", "work-mfa"]).succeeded();
    assert_eq!(world.value("work-mfa", "awsmfa_role_arn"), Some(two.arn));
}

#[test]
fn no_section_is_called_after_a_section_of_ours() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, NOTHING).succeeded();
    let before = world.credentials();
    world.aws.clear_log();
    world
        .sign_in(&mfa, ["-p", "default-mfa-mfa"])
        .failed(3, "there is no profile `default-mfa-mfa`")
        .said("did you mean `default-mfa`?");
    assert_eq!(world.codes_sent(), Vec::<String>::new());
    assert_eq!(world.credentials(), before);
}

#[test]
fn a_section_whose_profile_is_gone_says_so() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, NOTHING).succeeded();
    world.write_credentials(world.credentials().replace("[default]", "[renamed]"));
    let before = world.credentials();
    let run = world.sign_in(&mfa, ["-p", "default-mfa"]);
    let run = run.failed(3, "section [default-mfa] was made from profile `default`");
    run.said("--profile NAME");
    // That leads back here.
    assert!(!run.stderr.contains("did you mean"), "{}", run.stderr);
    assert_eq!(world.credentials(), before);
}

/// What aws-mfa 0.0.12 writes beside `[NAME-long-term]`.
fn by_aws_mfa(name: &str) -> String {
    format!(
        "\n[{name}]\nassumed_role = False\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
         aws_secret_access_key = what-aws-mfa-wrote\naws_session_token = what-aws-mfa-wrote\n\
         aws_security_token = what-aws-mfa-wrote\nexpiration = 2026-01-01 09:00:00\n\n"
    )
}

#[test]
fn the_long_term_convention_of_aws_mfa_works_without_configuration() {
    for (name, arguments) in [("default", &[][..]), ("work", &["-p", "work"])] {
        for before in [String::new(), by_aws_mfa(name)] {
            let mut world = World::new();
            let user = world.aws.user("alice");
            let key = world.key(&user);
            let mfa = user.virtual_mfa_named("phone");
            let long_term = section(&format!("{name}-long-term"), &key);
            let long_term = format!("{long_term}aws_mfa_device = {}\n", mfa.serial);
            world.write_credentials(format!("{long_term}{before}"));
            renewed_for_ever(&mut world, &mfa, arguments, name);
            let after = world.credentials();
            assert!(after.starts_with(&long_term), "{after}");
            assert!(!after.contains("what-aws-mfa-wrote"), "{after}");
            assert!(!after.contains("aws_security_token"), "{after}");
            assert_eq!(
                world.value(name, "awsmfa_source"),
                Some(format!("{name}-long-term"))
            );
            assert_eq!(world.issued_to(name), Some(user.arn));
        }
    }
}

#[test]
fn the_role_of_aws_mfa_s_convention_is_assumed() {
    let mut world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_credentials(format!(
        "{}assume_role = {}\n{}",
        section("work-long-term", &key),
        role.arn,
        by_aws_mfa("work")
    ));
    renewed_for_ever(&mut world, &mfa, &["-p", "work"], "work");
    let owner = world.issued_to("work").unwrap();
    assert!(owner.ends_with("assumed-role/Admin/alice"), "{owner}");
}

#[test]
fn the_long_term_section_itself_may_be_named() {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    world.write_credentials(section("work-long-term", &key));
    let run = world.sign_in(&mfa, ["-p", "work-long-term"]).succeeded();
    let owner = world.issued_to("work-long-term-mfa");
    assert_eq!(owner, Some(user.arn), "{}", run.stderr);
}
