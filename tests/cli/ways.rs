//! Which way a role is come by: through the session of its source, and which one that is; or with
//! the code itself.

use crate::local_aws::Trust;
use crate::one_code::{assumed, assumed_with, calls, role_profile, user_with_roles};
use crate::world::{NOTHING, World, section};

/// Where the session is of no use, the code goes with the role itself, and no session is written.
#[test]
fn what_a_session_cannot_open_is_assumed_with_the_code() {
    let table: [(&str, &[&str], &str); 7] = [
        ("a long duration by flag", &["-p", "dev", "-d", "2h"], ""),
        (
            "a long duration by setting",
            &["-p", "dev"],
            "duration_seconds = 7200\n",
        ),
        ("by request", &["-p", "dev", "--no-session"], ""),
        (
            "the role's section is the session's",
            &["-p", "dev"],
            "awsmfa_profile = default-mfa\n",
        ),
        (
            "the role of the source itself",
            &["--role-arn", "arn:aws:iam::123456789012:role/dev"],
            "",
        ),
        (
            "an AWS of its own",
            &["-p", "dev"],
            "endpoint_url = ENDPOINT/\n",
        ),
        (
            "an AWS of its own for STS",
            &["-p", "dev"],
            "services = mine\n[services mine]\nsts =\n  endpoint_url = ENDPOINT/\n",
        ),
    ];
    for (case, arguments, setting) in table {
        let mut world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        let role = world.aws.role("dev").trusts(Trust::new(&user.arn).mfa());
        let role = role.max_duration(7_200);
        let endpoint = world.aws.endpoint();
        if setting.contains("ENDPOINT") {
            world.unset("AWS_ENDPOINT_URL");
        }
        let setting = setting.replace("ENDPOINT", &endpoint);
        world.write_config(format!(
            "[default]\nmfa_serial = {}\nendpoint_url = {endpoint}\n{}",
            mfa.serial,
            role_profile("dev", &role.arn, "default", &setting)
        ));
        let run = world
            .sign_in(&mfa, arguments.iter().copied())
            .succeeded_for(case);
        assert!(!run.stderr.contains("further roles"), "{case}");
        assert!(!run.stderr.contains("no session is kept"), "{case}");
        assert_eq!(world.aws.count("GetSessionToken"), 0, "{case}");
        let calls = calls(&world, "AssumeRole");
        assert!(calls[0].parameter("TokenCode").is_some(), "{case}");
    }
}

/// A section that must not be written stays as it is, and the reason is said.
#[test]
fn where_no_session_can_be_kept_the_role_is_assumed_directly_and_it_is_said_why() {
    const FOREIGN: &str = "[default-mfa]\naws_access_key_id = ASIAFOREIGNFOREIGNFO\n\
         aws_secret_access_key = foreign-secret\naws_session_token = foreign-token\n";
    let table = [
        (
            "a long-term key",
            "[default-mfa]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = long-term-secret\n",
            "",
            "holds a long-term key",
        ),
        (
            "keys of another tool",
            FOREIGN,
            "",
            "section [default-mfa] holds temporary credentials that another tool wrote; --yes replaces them",
        ),
        (
            "a shadow",
            "",
            "[profile default-mfa]\nsso_start_url = https://example.com\n",
            "would ignore keys in section [default-mfa]",
        ),
    ];
    for (case, credentials, config, said) in table {
        let world = World::new();
        let (_, mfa) = user_with_roles(&world, &["dev"]);
        world.plant("long-term-secret");
        world.write_credentials(world.credentials() + credentials);
        let with_shadow = std::fs::read_to_string(world.config_path()).unwrap() + config;
        world.write_config(with_shadow);
        let before = world.credentials();
        let run = world.sign_in(&mfa, ["-p", "dev"]).succeeded_for(case);
        run.said("note: no session is kept: ").said(said);
        assert_eq!(world.issued_to("dev-mfa"), assumed("dev"), "{case}");
        assert!(world.credentials().starts_with(&before), "{case}");
        assert_eq!(world.aws.count("GetSessionToken"), 0, "{case}");
    }
    // With consent they are replaced.
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev"]);
    world.write_credentials(world.credentials() + FOREIGN);
    world.sign_in(&mfa, ["-p", "dev", "--yes"]).succeeded();
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
}

/// Wherever a profile's way to the key leads over, its session is where signing in to the end of
/// that way would put it.
#[test]
fn the_session_is_the_one_of_the_end_of_the_way() {
    type Case<'a> = (
        &'a str,
        &'a str,
        &'a str,
        &'a str,
        &'a [&'a str],
        [&'a str; 2],
    );
    let table: [Case<'_>; 8] = [
        (
            "a section of ours as the source, before it is there",
            "default",
            "[profile dev]\nrole_arn = ROLE\nsource_profile = default-mfa\n",
            "",
            &["-p", "dev"],
            ["default-mfa", "dev-mfa"],
        ),
        (
            "aws-mfa's convention",
            "work-long-term",
            "[profile dev]\nrole_arn = ROLE\nsource_profile = work\n",
            "",
            &["-p", "dev"],
            ["work", "dev-mfa"],
        ),
        (
            "the same by its other name",
            "work-long-term",
            "[profile dev]\nrole_arn = ROLE\nsource_profile = work-long-term\n",
            "",
            &["-p", "dev"],
            ["work", "dev-mfa"],
        ),
        (
            "a section of its own choice",
            "default",
            "[default]\nawsmfa_profile = today\n[profile dev]\nrole_arn = ROLE\nsource_profile = default\n",
            "",
            &["-p", "dev"],
            ["today", "dev-mfa"],
        ),
        (
            "a promised section of a role",
            "default",
            "[profile dev]\nrole_arn = ROLE\nsource_profile = default\n",
            "dev-mfa",
            &[],
            ["default-mfa", "dev-mfa"],
        ),
        (
            "a role by flag, into another section",
            "default",
            "",
            "",
            &["--role-arn", "dev", "--to", "admin"],
            ["default-mfa", "admin"],
        ),
        (
            "a source of another name",
            "work",
            "[profile work]\nregion = eu-west-1\n[profile dev]\nrole_arn = ROLE\nsource_profile = work\n",
            "",
            &["-p", "dev"],
            ["work-mfa", "dev-mfa"],
        ),
        (
            "a short duration",
            "default",
            "[profile dev]\nrole_arn = ROLE\nsource_profile = default\nduration_seconds = 900\n",
            "",
            &["-p", "dev"],
            ["default-mfa", "dev-mfa"],
        ),
    ];
    for (case, source, config, variable, arguments, [session, target]) in table {
        let mut world = World::new();
        let user = world.aws.user("alice");
        let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
        let role = world.aws.role("dev").trusts(Trust::new(&user.arn).mfa());
        world.write_credentials(section(source, &key));
        world.write_config(config.replace("ROLE", &role.arn));
        if !variable.is_empty() {
            world.set("AWS_PROFILE", variable);
        }
        world
            .sign_in(&mfa, arguments.iter().copied())
            .succeeded_for(case);
        assert_eq!(world.issued_to(session), Some(user.arn), "{case}");
        assert_eq!(world.issued_to(target), assumed("dev"), "{case}");
        assumed_with(&world, session);
        // And it is used again, by whatever name.
        let again = arguments.iter().chain(&["--force"]);
        world.run(again).succeeded_for(case);
        assumed_with(&world, session);
        assert_eq!(world.codes_sent().len(), 1, "{case}");
    }
}

/// The AWS CLI takes a profile for its own source. What its key opens is no affair of its role, which
/// the section beside it is for.
#[test]
fn a_source_whose_own_profile_has_a_role_keeps_its_session_in_a_section_of_its_own() {
    let mut world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let trust = Trust::new(&user.arn).mfa();
    let (one, other) = (
        world.aws.role("one").trusts(trust.clone()),
        world.aws.role("dev").trusts(trust),
    );
    world.write_config(format!(
        "[default]\nrole_arn = {}\nsource_profile = default\nduration_seconds = 1800\n{}",
        one.arn,
        role_profile("dev", &other.arn, "default", "")
    ));
    let session = "default-mfa-session";
    let run = world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    run.said("the session in [default-mfa-session] opens further roles without a code");
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
    assert_eq!(world.issued_to(session), Some(user.arn.clone()));
    assert_eq!(world.value("default-mfa", "expiration"), None);
    world.run(["-p", "default"]).succeeded();
    world.run(["--all", "--force"]).succeeded();
    assert_eq!(world.issued_to("default-mfa"), assumed("one"));
    assumed_with(&world, session);
    // It is renewed by its name, is nobody's role then either, and lasts as long as any session.
    world.set("AWS_PROFILE", session);
    world.run(NOTHING).succeeded().said("still good until");
    world.aws.advance(30);
    world.sign_in(&mfa, NOTHING).succeeded();
    assert_eq!(world.issued_to(session), Some(user.arn));
    assert_eq!(world.issued_to("default-mfa"), assumed("one"));
    for call in calls(&world, "GetSessionToken") {
        assert_eq!(call.parameter("DurationSeconds"), Some("43200"));
    }
    assert_eq!(world.aws.count("GetSessionToken"), 2);
    world.run(["logout"]).succeeded();
    assert!(!world.credentials().contains(session));
}

/// As with `default-mfa`: `AWS_PROFILE` may stand in a start-up file before the section does.
#[test]
fn the_section_of_such_a_session_may_be_named_before_it_is_there() {
    for (holder, section_of_role) in [("default", "default-mfa"), ("default-long-term", "default")]
    {
        let mut world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        let trust = Trust::new(&user.arn).mfa();
        let (one, other) = (
            world.aws.role("one").trusts(trust.clone()),
            world.aws.role("dev").trusts(trust),
        );
        let key = world
            .credentials()
            .replace("[default]", &format!("[{holder}]"));
        world.write_credentials(&key);
        let session = "default-mfa-session";
        let own = match holder {
            "default" => format!(
                "[default]\nrole_arn = {}\nsource_profile = default\n",
                one.arn
            ),
            _ => format!("[profile {holder}]\nassume_role = {}\n", one.arn),
        };
        world.write_config(own + &role_profile("dev", &other.arn, session, ""));
        world.set("AWS_PROFILE", session);
        world.run(["whoami"]).failed(4, "[default-mfa-session]");
        for _ in 0..2 {
            world.sign_in(&mfa, NOTHING).succeeded();
            assert_eq!(world.issued_to(session), Some(user.arn.clone()));
            world.run(["logout"]).succeeded();
            assert_eq!(world.credentials(), key);
            world.aws.advance(30);
        }
        // Behind a role it is the same session, and the role's section is called as ever.
        world.sign_in(&mfa, ["-p", "dev"]).succeeded();
        world.run(["-p", "dev", "--force"]).succeeded();
        assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
        assert_eq!(world.issued_to(session), Some(user.arn));
        assumed_with(&world, session);
        world.run(["-p", "default"]).succeeded();
        assert_eq!(world.issued_to(section_of_role), assumed("one"));
    }
    // Without a role there is none but the one in [default-mfa].
    let world = World::new();
    world.default_user("alice");
    world
        .run(["-p", "default-mfa-session"])
        .failed(3, "no profile `default-mfa-session`");
}

#[test]
fn a_key_of_the_environment_has_no_section_for_a_session() {
    let mut world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    let role = world.aws.role("dev").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile dev]\nrole_arn = {}\ncredential_source = Environment\n",
        role.arn
    ));
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    assert_eq!(world.aws.count("GetSessionToken"), 0);
}
