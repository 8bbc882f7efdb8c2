//! Roles: one, many in a row, by name, with conditions, for as long as they allow.

use crate::client;
use crate::local_aws::{ACCOUNT, Entry, Mfa, RoleHandle, Trust, UserHandle};
use crate::world::{NOTHING, World, section};

/// A user with a key under `[default]`, and a role that trusts them with MFA.
fn user_and_role(world: &World, role: &str) -> (UserHandle, Mfa, RoleHandle) {
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role(role).trusts(Trust::new(&user.arn).mfa());
    (user, mfa, role)
}

fn assumed(role: &str, session: &str) -> Option<String> {
    Some(format!(
        "arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"
    ))
}

fn assume_calls(world: &World) -> Vec<Entry> {
    let log = world.aws.log().into_iter();
    log.filter(|entry| entry.operation == "AssumeRole")
        .collect()
}

#[test]
fn a_role_profile_becomes_a_section_with_the_roles_credentials() {
    let world = World::new();
    let (_, mfa, role) = user_and_role(&world, "Admin");
    world.write_config(format!(
        "[profile work]\nrole_arn = {}\nsource_profile = default\nregion = eu-west-1\n",
        role.arn
    ));
    let before = world.aws.now();
    world.sign_in(&mfa, ["--profile", "work"]).succeeded();
    assert_eq!(
        world.keys("work-mfa"),
        [
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
            "expiration",
            "awsmfa_source",
            "awsmfa_source_key_id",
            "awsmfa_user_arn",
            "awsmfa_for",
            "awsmfa_role_arn",
            "awsmfa_mfa_serial",
            "region",
            "awsmfa_region",
        ]
    );
    let value = |key| world.value("work-mfa", key).unwrap();
    assert_eq!(value("awsmfa_source"), "default");
    assert_eq!(value("awsmfa_for"), "work");
    assert_eq!(value("awsmfa_role_arn"), role.arn);
    assert_eq!(value("awsmfa_mfa_serial"), mfa.serial);
    assert_eq!(value("region"), "eu-west-1");
    assert_eq!(world.issued_to("work-mfa"), assumed("Admin", "alice"));
    let granted = world.aws.expiry_of(&value("aws_access_key_id")).unwrap();
    assert!((before + 3_600..=world.aws.now() + 3_600).contains(&granted));
    let credentials = world.credentials_of("work-mfa");
    let reply = client::sts(&world.aws, &credentials, "GetCallerIdentity", &[]);
    assert_eq!(Some(reply.text("Arn")), assumed("Admin", "alice"));
}

#[test]
fn a_role_may_be_named_in_many_ways() {
    let full = format!("arn:aws:iam::{ACCOUNT}:role/team/dev/Admin");
    for (name, arguments, config) in [
        ("flag, full", &["--role-arn", full.as_str()][..], ""),
        ("flag, bare", &["--role-arn", "team/dev/Admin"], ""),
        (
            "flag, as IAM shows a path",
            &["--role-arn", "/team/dev/Admin"],
            "",
        ),
        (
            "flag, pasted from an ARN",
            &["--role-arn", "role/team/dev/Admin"],
            "",
        ),
        ("config, bare", &[], "role_arn = team/dev/Admin\n"),
    ] {
        let world = World::new();
        let (_, mfa, role) = user_and_role(&world, "team/dev/Admin");
        assert_eq!(role.arn, full);
        world.write_config(format!("[default]\n{config}"));
        world
            .sign_in(&mfa, arguments.iter().copied())
            .succeeded()
            .said("assumed-role/Admin/alice");
        assert_eq!(
            world.issued_to("default-mfa"),
            assumed("Admin", "alice"),
            "{name}"
        );
        let recorded = world.value("default-mfa", "awsmfa_role_arn");
        assert_eq!(recorded, Some(full.clone()), "{name}");
        // A role of the profile is the profile's to name again.
        let by_flag = world.value("default-mfa", "awsmfa_flags");
        let expected = arguments.first().map(|_| "role_arn".to_owned());
        assert_eq!(by_flag, expected, "{name}");
    }
}

#[test]
fn a_bare_role_name_means_the_callers_account_and_partition() {
    let world = World::new();
    let account = world.aws.another_account("111111111111", "aws-cn");
    let user = account.user("alice");
    let role = account.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_credentials(section("default", &world.key(&user)));
    let mfa = world.virtual_mfa(&user);
    world.write_config("[default]\nregion = cn-north-1\n");
    world.sign_in(&mfa, ["--role-arn", "Admin"]).succeeded();
    let recorded = world.value("default-mfa", "awsmfa_role_arn");
    assert_eq!(recorded, Some(role.arn));
    assert_eq!(
        world.issued_to("default-mfa").as_deref(),
        Some("arn:aws-cn:sts::111111111111:assumed-role/Admin/alice")
    );
}

#[test]
fn the_session_is_named_after_the_user_unless_told_otherwise() {
    for (arguments, config, named) in [
        (&[][..], "", "alice"),
        (&[], "role_session_name = from-config\n", "from-config"),
        (
            &["--role-session-name", "from.flag@x"],
            "role_session_name = from-config\n",
            "from.flag@x",
        ),
    ] {
        let world = World::new();
        let (_, mfa, role) = user_and_role(&world, "Admin");
        world.write_config(format!("[default]\nrole_arn = {}\n{config}", role.arn));
        world.sign_in(&mfa, arguments.iter().copied()).succeeded();
        assert_eq!(world.issued_to("default-mfa"), assumed("Admin", named));
    }
}

#[test]
fn a_trust_policy_that_demands_the_users_own_name_is_met() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let trust = Trust::new(&user.arn).mfa().session_name("${aws:username}");
    let role = world.aws.role("Admin").trusts(trust);
    world.sign_in(&mfa, ["--role-arn", &role.arn]).succeeded();
    assert_eq!(world.issued_to("default-mfa"), assumed("Admin", "alice"));
    world
        .sign_in(
            &mfa,
            ["--role-arn", &role.arn, "--role-session-name", "bob"],
        )
        .failed(5, "may not assume")
        .said("--role-session-name");
}

#[test]
fn an_external_id_goes_along_with_its_role_only() {
    for (arguments, config) in [
        (&[][..], "external_id = Ticket/1234:56\n"),
        (&["--external-id", "Ticket/1234:56"], ""),
        (
            &["--external-id", "Ticket/1234:56"],
            "external_id = another\n",
        ),
    ] {
        let world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        let first = world.aws.role("First").trusts(Trust::new(&user.arn).mfa());
        let second = world
            .aws
            .role("Second")
            .trusts(Trust::new(&first.arn).external_id("Ticket/1234:56"));
        world.write_config(format!(
            "[profile first]\nrole_arn = {}\nsource_profile = default\n\
             [profile second]\nrole_arn = {}\nsource_profile = first\n{config}",
            first.arn, second.arn
        ));
        let arguments = ["-p", "second"].iter().chain(arguments).copied();
        world.sign_in(&mfa, arguments).succeeded();
        let sent: Vec<Option<String>> = assume_calls(&world)
            .iter()
            .map(|call| call.parameter("ExternalId").map(str::to_owned))
            .collect();
        assert_eq!(sent, [None, Some("Ticket/1234:56".to_owned())]);
    }
}

#[test]
fn a_chain_of_roles_is_walked_with_one_code() {
    for length in [2, 3, 25] {
        let world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        let mut config = String::new();
        let (mut trusted, mut source) = (user.arn, "default".to_owned());
        for number in 1..=length {
            let trust = Trust::new(&trusted);
            let trust = if number == 1 { trust.mfa() } else { trust };
            let role = world.aws.role(&format!("Role{number}")).trusts(trust);
            config = format!(
                "[profile p{number}]\nrole_arn = {}\nsource_profile = {source}\n\n{config}",
                role.arn
            );
            trusted = role.arn;
            source = format!("p{number}");
        }
        world.write_config(config);
        world
            .sign_in(&mfa, ["-p", &source, "--no-session"])
            .succeeded();
        let last = format!("Role{length}");
        let section = format!("{source}-mfa");
        assert_eq!(world.issued_to(&section), assumed(&last, "alice"));
        assert_eq!(world.value(&section, "awsmfa_role_arn"), Some(trusted));
        let calls = assume_calls(&world);
        assert_eq!(calls.len(), length);
        for (position, call) in calls.iter().enumerate() {
            let code = call.parameter("TokenCode");
            assert_eq!(code.is_some(), position == 0, "{position}");
            assert_eq!(code.is_some(), call.parameter("SerialNumber").is_some());
        }
    }
}

#[test]
fn the_device_and_the_duration_of_a_chain_are_those_of_its_ends() {
    let world = World::new();
    let (user, _, _) = world.default_user("alice");
    let mfa = user.hardware_mfa("GAHT12345678");
    let first = world.aws.role("First").trusts(Trust::new(&user.arn).mfa());
    let second = world.aws.role("Second").trusts(Trust::new(&first.arn));
    world.write_config(format!(
        "[default]\nmfa_serial = GAHT12345678\nduration_seconds = 7200\n\
         [profile first]\nrole_arn = {}\nsource_profile = default\nduration_seconds = 1200\n\
         [profile second]\nrole_arn = {}\nsource_profile = first\nduration_seconds = 1800\n",
        first.arn, second.arn
    ));
    world.sign_in(&mfa, ["-p", "second"]).succeeded();
    let durations: Vec<String> = assume_calls(&world)
        .iter()
        .filter_map(|call| call.parameter("DurationSeconds").map(str::to_owned))
        .collect();
    assert_eq!(durations, ["3600", "1800"]);
}

#[test]
fn a_configured_duration_too_long_for_a_chain_is_cut_and_a_flag_refused() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let first = world.aws.role("First").trusts(Trust::new(&user.arn).mfa());
    let second = world.aws.role("Second").trusts(Trust::new(&first.arn));
    world.write_config(format!(
        "[profile first]\nrole_arn = {}\nsource_profile = default\n\
         [profile second]\nrole_arn = {}\nsource_profile = first\nduration_seconds = 14400\n",
        first.arn,
        second.max_duration(43_200).arn
    ));
    let run = world.sign_in(&mfa, ["-p", "second", "-d", "2h"]);
    run.failed(2, "2h is not a duration that AWS grants");
    assert_eq!(world.aws.log().len(), 0);

    let before = world.aws.now();
    world
        .sign_in(&mfa, ["-p", "second"])
        .succeeded()
        .said("warning: ")
        .said("one hour is asked for instead of 4h");
    let id = world.value("second-mfa", "aws_access_key_id").unwrap();
    let left = world.aws.expiry_of(&id).unwrap() - before;
    assert!((3_600..3_630).contains(&left), "{left}");
}

#[test]
fn a_role_that_allows_less_is_asked_for_less_with_the_same_code() {
    for (asked, maximum, granted, told) in [
        ("12h", 3_600, 3_600, "less than 12 h: AWS granted 1 h"),
        ("12h", 7_200, 7_200, "less than 12 h: AWS granted 2 h"),
        ("43200", 14_400, 14_400, "less than 12 h: AWS granted 4 h"),
        ("90m", 3_600, 3_600, "less than 1 h 30 min: AWS granted 1 h"),
        // The maximum need not be a whole hour.
        ("4h", 9_000, 7_200, "less than 4 h: AWS granted 2 h"),
    ] {
        let world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
        let role = role.max_duration(maximum);
        let before = world.aws.now();
        world
            .sign_in(&mfa, ["--role-arn", &role.arn, "-d", asked])
            .succeeded()
            .said(told);
        let calls = assume_calls(&world);
        let codes: Vec<_> = calls
            .iter()
            .map(|call| call.parameter("TokenCode"))
            .collect();
        assert!(codes.iter().all(|code| *code == codes[0] && code.is_some()));
        assert!(calls.len() > 1);
        let id = world.value("default-mfa", "aws_access_key_id").unwrap();
        let until = world.aws.expiry_of(&id).unwrap();
        assert!((before + granted..before + granted + 30).contains(&until));
        let expiration = world.value("default-mfa", "expiration").unwrap();
        let written: jiff::Timestamp = expiration.parse().unwrap();
        assert_eq!(
            written.as_second().unsigned_abs(),
            until,
            "{asked} {maximum}"
        );
    }
}

#[test]
fn what_was_granted_is_no_news_where_it_is_what_was_asked_for() {
    let world = World::new();
    let (_, mfa, role) = user_and_role(&world, "Admin");
    let run = world
        .sign_in(
            &mfa,
            ["--role-arn", &role.max_duration(7_200).arn, "-d", "2h"],
        )
        .succeeded();
    assert!(!run.stderr.contains("granted"), "{}", run.stderr);
    assert_eq!(assume_calls(&world).len(), 1);
}

#[test]
fn a_role_refused_in_the_middle_of_a_chain_says_that_the_code_is_used_up() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let first = world.aws.role("First").trusts(Trust::new(&user.arn).mfa());
    let second = world.aws.role("Second").trusts(Trust::new(&user.arn));
    let third = world.aws.role("Third").trusts(Trust::new(&second.arn));
    world.write_config(format!(
        "[profile first]\nrole_arn = {}\nsource_profile = default\n\
         [profile second]\nrole_arn = {}\nsource_profile = first\n\
         [profile third]\nrole_arn = {}\nsource_profile = second\n",
        first.arn, second.arn, third.arn
    ));
    let before = world.credentials();
    world
        .sign_in(&mfa, ["-p", "third", "--no-session"])
        .failed(5, &second.arn)
        .said("the code is used up");
    assert_eq!(world.credentials(), before);
    assert_eq!(assume_calls(&world).len(), 2);
}

#[test]
fn a_key_from_the_environment_assumes_a_role_whose_profile_says_so() {
    let mut world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
    world.write_config(format!(
        "[profile work]\nrole_arn = {}\ncredential_source = Environment\n",
        role.arn
    ));
    world
        .sign_in(&mfa, ["-p", "work"])
        .failed(3, "takes its key from the environment, which has none");
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    world.sign_in(&mfa, ["-p", "work"]).succeeded();
    assert_eq!(world.issued_to("work-mfa"), assumed("Admin", "alice"));
    let value = |key| world.value("work-mfa", key);
    assert_eq!(value("awsmfa_credential_source").unwrap(), "Environment");
    assert_eq!(value("awsmfa_source"), None);
}

#[test]
fn a_session_in_the_environment_assumes_a_role_without_another_code() {
    let mut world = World::new();
    let (_, mfa, role) = user_and_role(&world, "Admin");
    world.sign_in(&mfa, NOTHING).succeeded();
    world.write_config(format!(
        "[profile work]\nrole_arn = {}\ncredential_source = Environment\n",
        role.arn
    ));
    let session = world.credentials_of("default-mfa");
    world.set("AWS_ACCESS_KEY_ID", &session.id);
    world.set("AWS_SECRET_ACCESS_KEY", &session.secret);
    world.set("AWS_SESSION_TOKEN", session.token.as_deref().unwrap());
    // Nobody to ask, and nobody has to.
    world.run(["-p", "work"]).succeeded();
    assert_eq!(world.issued_to("work-mfa"), assumed("Admin", "alice"));
    assert_eq!(world.value("work-mfa", "awsmfa_mfa_serial"), None);
    world
        .sign_in(&mfa, ["-p", "work"])
        .succeeded()
        .said("the code was not used");
    assert!(
        assume_calls(&world)
            .iter()
            .all(|call| call.parameter("TokenCode").is_none())
    );
}
