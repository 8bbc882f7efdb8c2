//! What `handson` refuses: names and policies that cannot be, what it has not made, and what was put on
//! by hand; nothing is done then, or what is said to be.

use std::fs;

use crate::handson::{
    POLICY, ROLE, SERIAL, USER, account, administrator, start_up, up, up_by_command,
};
use crate::local_aws::{Belonging, Fault, Quotas, Trust};
use crate::world::World;

const OTHER_POLICY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

fn world() -> World {
    let world = World::new();
    administrator(&world);
    world
}

/// The commands that take the seed and make the codes; neither is run where nothing is made.
const HANDING: [&str; 5] = ["--seed-command", "cat", "--mfa-process", "cat", "--yes"];

/// Whether `up` with these is refused before anything is made or written.
#[track_caller]
pub(super) fn refused(world: &World, arguments: &[&str], code: i32, said: &str) {
    let (before, files) = (account(&world.aws), world.files());
    let arguments = [arguments, &HANDING].concat();
    world.run(arguments).failed(code, said);
    assert_eq!(account(&world.aws), before, "{said}");
    let changed: Vec<_> = world
        .files()
        .into_iter()
        .filter(|file| !files.contains(file))
        .collect();
    assert!(
        changed.iter().all(|(_, bytes)| bytes.is_empty()),
        "{changed:?}"
    );
}

#[test]
fn what_can_be_no_name_is_refused_before_anything_is_sent() {
    let world = world();
    let long = "a".repeat(65);
    let user = |name| vec!["handson", "up", "--user", name, "--policy-arn", POLICY];
    for (arguments, said) in [
        (user("a b"), "cannot be the name of a user"),
        (user(&long), "cannot be the name of a user"),
        (
            user("a,b"),
            "is not a profile name that every AWS tool reads",
        ),
        (
            [user("alice"), vec!["--role", "a/b"]].concat(),
            "cannot be the name of a role",
        ),
        (user(&long[..60]), "cannot be the name of a role"),
        (
            [user("alice"), vec!["--policy-arn", "AdministratorAccess"]].concat(),
            "is not the ARN of a managed policy",
        ),
        (
            [user("alice"), vec!["--section", "a b"]].concat(),
            "is not a profile name",
        ),
        (
            [user("alice"), vec!["--section", "alice"]].concat(),
            "`--to` and `--section` are both alice",
        ),
        (
            [user("alice"), vec!["--expires", "soon"]].concat(),
            "from a minute to a year: days (3d)",
        ),
        (
            [user("alice"), vec!["--expires", "10s"]].concat(),
            "from a minute to a year: days (3d)",
        ),
        (
            vec!["handson", "up", "--user", "alice"],
            "--policy-arn <ARN>",
        ),
        (
            vec!["handson", "up", "--policy-arn", POLICY],
            "--user <NAME>",
        ),
    ] {
        refused(&world, &arguments, 2, said);
    }
    for (arguments, said) in [
        (
            &["handson", "down", "--user", "a b"][..],
            "cannot be the name of a user",
        ),
        (
            &["handson", "down", "--user", "a", "--role", "*"],
            "cannot be the name of a role",
        ),
        (&["handson", "down"], "the files know no hands-on user"),
        (
            &["handson", "up", "--print-policy", "--user", "a*"],
            "cannot be the name of a user",
        ),
        (&["handson", "-p", "x"], "none was named"),
    ] {
        world.run(arguments).failed(2, said);
    }
    assert!(world.aws.log().is_empty());
}

#[test]
fn what_is_there_and_not_ours_is_not_touched() {
    let world = world();
    let alice = world.aws.user(USER);
    refused(
        &world,
        &up(&[]),
        5,
        &format!("there is a user {USER} already"),
    );
    world
        .run(["handson", "down", "--user", USER, "--yes", "--force"])
        .failed(5, "was not made by `awsmfa handson`");
    assert!(world.aws.account().existing_user(USER).is_some());
    alice.delete();

    let _ = world
        .aws
        .role(ROLE)
        .trusts(Trust::new(&world.aws.user("bob").arn));
    refused(
        &world,
        &up(&[]),
        5,
        &format!("there is a role {ROLE} already"),
    );

    let world = self::world();
    world.aws.account().unassigned_mfa(USER);
    refused(
        &world,
        &up(&[]),
        5,
        &format!("there is a device {SERIAL} already"),
    );
    // The device is called after the user.
    let taken = self::world();
    taken.aws.user("bob").virtual_mfa_named(USER);
    refused(
        &taken,
        &up(&[]),
        5,
        &format!(
            "the device would be called {SERIAL}, and that is the one of arn:aws:iam::123456789012:user/bob"
        ),
    );
    // Somebody else's leftover stays there.
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded()
        .said("nothing is left");
    assert!(account(&world.aws)["devices"][SERIAL].is_object());

    let world = self::world();
    for (stranger, at_home) in [
        (
            "arn:aws-cn:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::aws:policy/NAME",
        ),
        (
            "arn:aws:iam::210987654321:policy/Theirs",
            "arn:aws:iam::123456789012:policy/NAME",
        ),
    ] {
        world.aws.clear_log();
        let arguments = up(&["--policy-arn", stranger]);
        let said = format!("policy {stranger} is not of account 123456789012 in partition aws");
        refused(&world, &arguments, 2, &said);
        let arguments = [&arguments[..], &HANDING].concat();
        world.run(arguments).failed(2, &said).said(at_home);
        assert_eq!(world.aws.operations(), ["GetCallerIdentity"; 2]);
    }
    let invalid = Fault::Error {
        status: 400,
        code: "InvalidInput",
        message: "ARN is not valid.",
    };
    world.aws.fault("GetPolicy", invalid);
    refused(
        &world,
        &up(&[]),
        5,
        &format!("AWS does not take policy {POLICY} as it is"),
    );
    let missing = "arn:aws:iam::aws:policy/NoSuchPolicy";
    refused(
        &world,
        &up(&["--policy-arn", missing]),
        5,
        &format!("there is no policy {missing}"),
    );
}

#[test]
fn profiles_and_sections_of_others_are_not_written_to() {
    for (credentials, config, said, advice) in [
        (
            format!("[{USER}]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n"),
            "",
            "holds a key already",
            "--to",
        ),
        (
            String::new(),
            "[profile Myhandson-cli-role]\n",
            "there is a profile `Myhandson-cli-role` already",
            "--role-profile",
        ),
        (
            "[session-token]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = x\n"
                .to_owned(),
            "",
            "there is a profile `session-token` already",
            "--section",
        ),
        (
            String::new(),
            "[profile session-token]\n",
            "there is a profile `session-token` already",
            "--section",
        ),
    ] {
        let world = world();
        world.write_credentials(world.credentials() + &credentials);
        world.write_config(config);
        refused(&world, &up(&[]), 3, said);
        let arguments = [&up(&[])[..], &HANDING].concat();
        world.run(arguments).failed(3, said).said(advice);
    }
}

#[test]
fn temporary_credentials_of_another_tool_are_replaced_when_the_person_agrees() {
    let world = world();
    let pasted = "[session-token]\naws_access_key_id = ASIAOTHER\naws_secret_access_key = x\naws_session_token = x\n";
    world.write_credentials(world.credentials() + pasted);
    up_by_command(&world, &[])
        .succeeded()
        .said("section [session-token] holds temporary credentials that another tool wrote");
    assert!(world.credentials().contains(pasted));
    world.aws.advance(30);
    let sign_in = ["-p", ROLE, &world.aws.code(SERIAL)];
    world
        .run(sign_in)
        .failed(3, "holds temporary credentials that another tool wrote");
    world
        .run(["login", "--yes"].iter().chain(&sign_in))
        .succeeded();
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    assert!(!world.credentials().contains("session-token"));
}

#[test]
fn two_hands_on_users_do_not_share_a_section() {
    let world = world();
    up_by_command(&world, &[]).succeeded();
    let other = ["handson", "up", "--user", "other", "--policy-arn", POLICY];
    refused(
        &world,
        &other,
        3,
        &format!("profile `{ROLE}` is signed in to section [session-token] already"),
    );
    let arguments = [&other[..], &HANDING].concat();
    world.run(arguments).failed(3, "").said("--section");
}

#[test]
fn without_a_terminal_what_needs_consent_or_codes_is_refused() {
    let world = world();
    let before = account(&world.aws);
    world
        .run(up(&["--seed-command", "cat", "--mfa-process", "cat"]))
        .failed(
            3,
            &format!("to create hands-on user {USER} and role {ROLE} needs consent"),
        )
        .said("next: agree with `--yes`");
    world
        .run(up(&["--yes"]))
        .failed(3, "there is no terminal to show the QR code on");
    world
        .run(up(&["--yes", "--seed-command", "cat"]))
        .failed(4, "there is no terminal to ask for them");
    fs::write(world.path("there.png"), "x").unwrap();
    world
        .run(up(&["--yes", "--qr", "there.png"]))
        .failed(7, "there is a file of this name already");
    world
        .run(up(&["--yes", "--code1", "111111", "--code2", "222222"]))
        .failed(
            3,
            &format!("there is no device {SERIAL} that they could be of"),
        );
    assert_eq!(account(&world.aws), before);
    assert!(!world.config_path().exists());
}

#[test]
fn a_no_at_the_terminal_is_a_no() {
    let world = world();
    let before = account(&world.aws);
    let mut session = start_up(&world, &[]);
    session.expect("[y/N] ");
    session.send_line("n");
    let finished = world.finish(session);
    assert_eq!(finished.code, 3, "{}", finished.shown);
    assert_eq!(account(&world.aws), before);
}

#[test]
fn what_is_there_is_not_made_into_something_else() {
    let world = world();
    up_by_command(&world, &[]).succeeded();
    refused(
        &world,
        &up(&["--policy-arn", OTHER_POLICY]),
        3,
        "was made with other policies",
    );
    let other = [
        "handson",
        "up",
        "--user",
        USER,
        "--role",
        "Other",
        "--policy-arn",
        POLICY,
    ];
    refused(&world, &other, 3, &format!("is there with role {ROLE}"));
    let other = [
        "handson",
        "up",
        "--user",
        "other",
        "--role",
        ROLE,
        "--policy-arn",
        POLICY,
    ];
    refused(
        &world,
        &other,
        3,
        &format!("belongs to hands-on user {USER}"),
    );
    refused(
        &world,
        &up(&["--to", "elsewhere"]),
        3,
        &format!("--to {USER}"),
    );
    refused(
        &world,
        &up(&["--role-profile", "x"]),
        3,
        &format!("--role-profile {ROLE}"),
    );
}

#[test]
fn what_was_put_on_by_hand_is_listed_and_goes_only_if_told() {
    let world = world();
    let before = account(&world.aws);
    up_by_command(&world, &[]).succeeded();
    let own = world.value(USER, "aws_access_key_id").unwrap();
    let aws = world.aws.account();
    let user = aws.existing_user(USER).unwrap();
    let key = user.key();
    world.plant(key.secret.as_str());
    let phone = user.virtual_mfa_named("phone");
    let passkey = user.passkey("yubi");
    aws.group("people").member(&user);
    let _ = user
        .policy_document(serde_json::json!({ "Statement": [] }))
        .attach("ReadOnlyAccess")
        .password("a long enough Passw0rd!")
        .owns(Belonging::SigningCertificate, "CERTIFICATE1234567890")
        .owns(Belonging::SshPublicKey, "APKA1234567890EXAMPLE")
        .owns(
            Belonging::ServiceSpecificCredential,
            "ACCA1234567890EXAMPLE",
        );
    let _ = aws
        .existing_role(ROLE)
        .unwrap()
        .attach("ReadOnlyAccess")
        .policy_document(serde_json::json!({ "Statement": [] }))
        .in_instance_profile("machine");
    let there = account(&world.aws);
    let files = world.files();
    let run = world
        .run(["handson", "down", "--user", USER, "--yes"])
        .failed(
            3,
            "has what `awsmfa handson up` did not make; nothing was removed",
        );
    for thing in [
        format!("access key {}", key.id),
        format!("device {}", phone.serial),
        format!("device {passkey}"),
        format!("the console password of {USER}"),
        format!("policy {OTHER_POLICY} of {USER}"),
        format!("inline policy policy-1 of {USER}"),
        "group people".to_owned(),
        "signing certificate CERTIFICATE1234567890".to_owned(),
        "SSH public key APKA1234567890EXAMPLE".to_owned(),
        "service credential ACCA1234567890EXAMPLE".to_owned(),
        format!("policy {OTHER_POLICY} of role {ROLE}"),
        format!("inline policy policy-1 of role {ROLE}"),
        "instance profile machine".to_owned(),
    ] {
        run.said(&format!("next: look after {thing}\n"));
    }
    assert!(!run.stderr.contains(&format!("access key {own}")));
    assert!(!run.stderr.contains(&format!("policy {POLICY} of")));
    assert_eq!(account(&world.aws), there);
    assert_eq!(world.files(), files);
    world
        .run(["handson", "down", "--user", USER, "--yes", "--force"])
        .succeeded();
    let mut after = account(&world.aws);
    after["groups"] = before["groups"].clone();
    assert_eq!(after, before);
}

#[test]
fn an_account_that_is_full_says_of_what_and_is_gone_on_with() {
    let world = world();
    let before = account(&world.aws);
    let aws = world.aws.account();
    let own = aws.managed_policy(
        "Mine",
        serde_json::json!({ "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "*" } }),
    );
    let arguments = ["--policy-arn", own.as_str()];
    // One quota after the other is in the way, and is raised; every run goes on where the last ended.
    aws.quotas(|quotas| {
        quotas.users = 1;
        quotas.roles = 0;
        quotas.policies_per_role = 1;
        quotas.keys_per_user = 0;
        quotas.virtual_devices = 0;
    });
    type Raise = fn(&mut Quotas);
    let stops: [(&str, Raise); 5] = [
        ("the account has as many users as AWS allows", |quotas| {
            quotas.users = 5
        }),
        ("the account has as many roles as AWS allows", |quotas| {
            quotas.roles = 5
        }),
        ("would be one more than a role may have", |quotas| {
            quotas.policies_per_role = 5
        }),
        ("has two access keys already", |quotas| {
            quotas.keys_per_user = 2
        }),
        ("as many virtual MFA devices as AWS allows", |quotas| {
            quotas.virtual_devices = 5
        }),
    ];
    for (number, (said, raise)) in stops.into_iter().enumerate() {
        let run = up_by_command(&world, &arguments).failed(5, said);
        let again = "next: run the same again: it goes on from there";
        assert_eq!(run.stderr.contains(again), number > 0, "{}", run.stderr);
        aws.quotas(raise);
    }
    up_by_command(&world, &arguments).succeeded();
    assert_eq!(world.aws.count("CreateUser"), 2);
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    let mut after = account(&world.aws);
    after["policies"] = before["policies"].clone();
    assert_eq!(after, before);
}
