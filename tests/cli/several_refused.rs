//! Several profiles in one run: what cannot go together, and what fails for itself.

use serde_json::Value;

use crate::local_aws::Trust;
use crate::one_code::{assumed, calls, role_profile, user_with_roles};
use crate::several::{actions, add, row, two_sources};
use crate::told::Told;
use crate::world::World;

#[test]
fn one_that_fails_undoes_no_other_and_decides_the_exit_code() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev", "stg"]);
    let nobodys = "arn:aws:iam::123456789012:role/Nobodys";
    add(&world, &role_profile("no", nobodys, "default", ""));
    let run = world.sign_in(&mfa, ["-p", "dev", "-p", "no", "-p", "stg"]);
    Told(
        5,
        "profile `no`: this session may not assume",
        "[default-mfa]",
        "there may be no such role",
    )
    .assert(run.code, &run.stderr);
    assert!(row(&run, "no")[3].starts_with("failed: this session may not assume"));
    for name in ["dev", "stg"] {
        assert_eq!(world.issued_to(&format!("{name}-mfa")), assumed(name));
    }
    assert_eq!(world.value("no-mfa", "expiration"), None);
    // The next run has one thing to do, and no code is needed for it.
    world.aws.clear_log();
    let run = world.run(["-p", "dev", "-p", "no", "-p", "stg", "--output", "json"]);
    assert_eq!(run.code, 5, "{}", run.stderr);
    let document = run.json();
    assert_eq!(
        actions(&document),
        [["dev", "reused"], ["no", "failed"], ["stg", "reused"]]
    );
    assert_eq!(document[1]["error"]["exit_code"], 5);
    assert_eq!(document[1]["role_arn"], nobodys);
    assert!(
        document[1]["error"]["what"]
            .as_str()
            .unwrap()
            .contains(nobodys)
    );
    assert_eq!(document[0]["error"], Value::Null);
    assert_eq!(calls(&world, "AssumeRole").len(), 1);
}

/// What cannot go together costs no request and no code.
#[test]
fn what_is_for_one_profile_is_refused_for_several() {
    let table: [(&[&str], &str, &str); 9] = [
        (&["--to", "x"], "--to is for one profile", "--to"),
        (
            &["--role-arn", "dev"],
            "--role-arn is for one",
            "--role-arn",
        ),
        (
            &["--role-session-name", "me"],
            "--role-session-name is for one",
            "--role-session-name",
        ),
        (
            &["--external-id", "id"],
            "--external-id is for one",
            "--external-id",
        ),
        (&["--no-session"], "--no-session is for one", "--no-session"),
        (
            &["-d", "2h"],
            "roles that share a session last one hour at most",
            "--duration-seconds",
        ),
        (&["-p", "twin"], "both write section [dev-mfa]", "config:"),
        (&["-p", "dve"], "", ""),
        (
            &["-t", "12345"],
            "the MFA code is not six digits",
            "--token-code",
        ),
    ];
    for (arguments, what, place) in table {
        let world = World::new();
        user_with_roles(&world, &["dev", "stg"]);
        let arn = "arn:aws:iam::123456789012:role/twin";
        add(
            &world,
            &role_profile("twin", arn, "default", "awsmfa_profile = dev-mfa\n"),
        );
        let base = ["-p", "dev", "-p", "stg"];
        let all = base.iter().chain(arguments);
        let (code, what) = match what {
            "" => (3, "there is no profile `dve`"),
            what => (2, what),
        };
        let told = match place {
            "" => Told(code, what, ".aws/config", "did you mean `dev`?"),
            place => Told(code, what, place, "*"),
        };
        world.fails(all, told);
        assert_eq!(world.aws.log().len(), 0, "{arguments:?}");
    }
}

#[test]
fn every_other_command_is_for_one_profile() {
    let commands: [&[&str]; 6] = [
        &["exec", "true"],
        &["env", "--shell", "bash"],
        &["credential-process"],
        &["status"],
        &["whoami"],
        &["logout"],
    ];
    for command in commands {
        let world = World::new();
        user_with_roles(&world, &["dev", "stg"]);
        let all = ["-p", "dev", "-p", "stg"].iter().chain(command);
        world.fails(
            all,
            Told(
                2,
                "this command is for one profile at a time",
                "--profile",
                "*",
            ),
        );
        // Once too often is once.
        let same = command[..1]
            .iter()
            .chain(&["--help", "-p", "dev", "-p", "dev"]);
        world.run(same).succeeded();
    }
}

#[test]
fn a_code_is_for_one_source_and_the_sources_are_named() {
    let mut world = World::new();
    let [(_, mfa), (_, bob)] = two_sources(&world);
    let code = world.aws.code(&mfa.serial);
    let both = ["-p", "for-alice", "-p", "for-bob"];
    let run = world.fails(
        both.iter().chain(&["-t", code.as_str()]),
        Told(
            2,
            "one code is good for one source",
            "CODE",
            "leave the code out",
        ),
    );
    run.said("`alice` with arn:aws:iam::123456789012:mfa/alice; `bob` with arn:aws:iam::123456789012:mfa/bob");
    world.set("AWSMFA_TOKEN_CODE", &code);
    world.fails(
        both,
        Told(
            3,
            "one code is good for one source",
            "AWSMFA_TOKEN_CODE",
            "*",
        ),
    );
    assert_eq!(world.aws.log().len(), 0);
    // `--all` means the roles of one source.
    world.run(["-p", "for-alice", "--all"]).succeeded();
    assert_eq!(world.value("for-bob-mfa", "expiration"), None);
    // Now one source needs it, and one only.
    world.set("AWSMFA_TOKEN_CODE", &world.aws.code(&bob.serial));
    world.run(both).succeeded();
    world.run(both).succeeded();
}

/// One source that cannot be signed in to does not keep the other from it.
#[cfg(unix)]
#[test]
fn a_source_that_fails_is_a_failed_row_for_each_of_its_profiles_and_told_once() {
    let world = World::new();
    let [(alice, _), (_, bob)] = two_sources(&world);
    let key = world.value("alice", "aws_access_key_id").unwrap();
    alice.set_key_active(&key, false);
    let profiles = ["-p", "for-alice", "-p", "alice", "-p", "for-bob"];
    let mut session = world.terminal(profiles).start();
    session.expect(&format!("MFA code for {} ", bob.serial));
    session.send_line(&world.aws.code(&bob.serial));
    let finished = world.finish(session);
    assert_eq!(finished.code, 5, "{}", finished.shown);
    let told = finished.shown.matches("error: ").count();
    assert_eq!(told, 1, "{}", finished.shown);
    assert!(world.issued_to("for-bob-mfa").is_some());
    assert_eq!(world.value("for-alice-mfa", "expiration"), None);
}

#[test]
fn all_of_nothing_says_what_a_role_profile_looks_like() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(
        "[profile other]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = others\n",
    );
    let code = world.aws.code(&mfa.serial);
    world.fails(
        ["--all", &code],
        Told(
            3,
            "there is no role profile whose source is `default`",
            "config",
            "role_arn = arn:aws:iam::",
        ),
    );
    assert_eq!(world.codes_sent().len(), 0);
}

/// One that does not add up is a failed row and not the end; one of another source is none of it.
#[test]
fn a_broken_profile_of_the_source_is_a_failed_row_under_all() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    add(
        &world,
        "[profile broken]\nrole_arn = nonsense:arn\nsource_profile = default\n\
         [profile through]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = broken\n\
         [profile elsewhere]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = nobody\n\
         [profile plain]\nregion = eu-west-1\n",
    );
    let run = world.sign_in(&mfa, ["--all", "--output", "json"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert_eq!(
        actions(&run.json()),
        [
            ["dev", "renewed"],
            ["broken", "failed"],
            ["through", "failed"]
        ]
    );
    assert_eq!(run.json()[1]["section"], Value::Null);
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
}

#[test]
fn a_role_that_takes_a_code_of_its_own_is_a_failed_row_with_the_way_out() {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev"]);
    let role = world.aws.role("same").trusts(Trust::new(&user.arn).mfa());
    let same = "awsmfa_profile = default-mfa\n";
    add(&world, &role_profile("same", &role.arn, "default", same));
    let run = world.sign_in(&mfa, ["-p", "dev", "-p", "same"]);
    Told(
        3,
        "profile `same`: no session that others share opens this role",
        "",
        "sign in to it alone: `awsmfa -p same`",
    )
    .assert(run.code, &run.stderr);
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
}

/// A section that the editor refuses is found before the code is spent, and keeps no other from
/// being written.
#[test]
fn a_section_that_cannot_be_written_fails_alone() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev", "stg"]);
    let foreign = "[stg-mfa]\naws_access_key_id = ASIAFOREIGNFOREIGNFO\n\
         aws_secret_access_key = foreign-secret\naws_session_token = foreign-token\n";
    world.write_credentials(world.credentials() + foreign);
    let run = world.sign_in(&mfa, ["--all"]);
    Told(
        3,
        "profile `stg`: section [stg-mfa] holds temporary credentials that another tool wrote",
        "credentials:",
        "agree with `awsmfa login --yes`",
    )
    .assert(run.code, &run.stderr);
    assert!(world.credentials().contains(foreign));
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
    world.run(["--all", "--yes"]).succeeded();
    assert_eq!(world.issued_to("stg-mfa"), assumed("stg"));
}

#[test]
fn all_without_a_source_in_a_file_is_refused() {
    let mut world = World::new();
    let user = world.aws.user("alice");
    let key = world.key(&user);
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    world.fails(
        ["--all"],
        Told(
            3,
            "the environment has the key",
            "AWS_ACCESS_KEY_ID",
            "--profile",
        ),
    );
}

/// How AWS is reached is each profile's own, and so is what is wrong with it.
#[test]
fn a_way_that_cannot_be_gone_fails_alone_and_another_region_is_another_endpoint() {
    let world = World::tls();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    let arn = "arn:aws:iam::123456789012:role/dev";
    add(
        &world,
        &(role_profile("north", arn, "default", "region = eu-north-1\n")
            + &role_profile(
                "nowhere",
                arn,
                "default",
                "ca_bundle = /no/such/bundle.pem\n",
            )),
    );
    let mut world = world;
    let bundle = world.path("ca.pem");
    world.unset("AWS_CA_BUNDLE");
    let config = std::fs::read_to_string(world.config_path()).unwrap();
    let line = format!("[default]\nca_bundle = {}\n", bundle.display());
    world.write_config(config.replacen("[default]\n", &line, 1));
    let run = world.sign_in(&mfa, ["--all", "--output", "json"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert_eq!(
        actions(&run.json()),
        [
            ["dev", "renewed"],
            ["north", "renewed"],
            ["nowhere", "failed"]
        ]
    );
    let regions: Vec<_> = calls(&world, "AssumeRole")
        .iter()
        .filter_map(|call| call.region.clone())
        .collect();
    assert!(regions.contains(&"eu-north-1".to_owned()), "{regions:?}");
    assert!(regions.contains(&"us-east-1".to_owned()), "{regions:?}");
}

/// The editor does not touch a section that it cannot understand; the others are written.
#[test]
fn a_section_that_cannot_be_edited_fails_alone() {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev", "stg"]);
    let odd = "[stg-mfa]\nx = 1\ry = 2\n";
    world.write_credentials(world.credentials() + odd);
    for profiles in [
        &["-p", "dev", "-p", "stg"][..],
        &["-p", "default", "-p", "stg"],
    ] {
        let code = world.aws.code(&mfa.serial);
        let run = world.run(profiles.iter().chain(&["-t", code.as_str()]));
        assert_ne!(run.code, 0, "{}", run.stderr);
        assert_eq!(
            run.stderr.matches("error: profile `stg`: ").count(),
            1,
            "{}",
            run.stderr
        );
        assert!(world.credentials().contains(odd));
        assert_eq!(world.issued_to("default-mfa"), Some(user.arn.clone()));
    }
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
}

/// What is good needs no code, so whose code it would be does not matter.
#[test]
fn a_role_that_takes_a_code_of_its_own_is_left_alone_while_it_is_good() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    let foreign = "[default-mfa]\naws_access_key_id = ASIAFOREIGNFOREIGNFO\n\
         aws_secret_access_key = foreign-secret\naws_session_token = foreign-token\n";
    world.write_credentials(world.credentials() + foreign);
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    let before = world.credentials();
    for arguments in [&["--all"][..], &["-p", "dev", "-p", "default", "--all"]] {
        let run = world.run(arguments).succeeded();
        assert!(row(&run, "dev")[3].ends_with(", as before"));
    }
    assert_eq!(world.credentials(), before);
    let refused = "[default-mfa] holds temporary credentials that another tool wrote";
    world.run(["--all", "--force"]).failed(3, refused);
    world.sign_in(&mfa, ["--all"]).failed(3, refused);
    assert_eq!(world.codes_sent().len(), 1);
}

/// Only a name that no profile has is a slip of the command line.
#[test]
fn what_is_wrong_with_one_that_was_named_is_told_in_its_row() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    add(
        &world,
        "[profile \"my prof\"]\nrole_arn = arn:aws:iam::123456789012:role/dev\nsource_profile = default\n\
         [profile lost]\nrole_arn = arn:aws:iam::123456789012:role/dev\nsource_profile = nobody\n",
    );
    let named = [
        "-p", "my prof", "-p", "lost", "-p", "dev", "-p", "lost", "--output", "json",
    ];
    let run = world.sign_in(&mfa, named);
    assert_eq!(run.code, 3, "{}", run.stderr);
    run.said("error: profile `my prof`: the profile's name does not make a section name")
        .said("error: profile `lost`: the source_profile `nobody` does not exist");
    assert_eq!(
        actions(&run.json()),
        [
            ["my prof", "failed"],
            ["lost", "failed"],
            ["dev", "renewed"]
        ]
    );
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
    let run = world.run(["-p", "dev", "-p", "nobody"]);
    let run = run.failed(
        3,
        "error: there is no profile `nobody`, which --profile names",
    );
    assert!(!run.stderr.contains("as before"), "{}", run.stderr);
}
