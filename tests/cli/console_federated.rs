//! The console for a user: what is said where AWS does not open it, and the federated user of
//! `--policy-arn`.

use serde_json::json;

use crate::console::{READ_ONLY, console, login, stranger, url};
use crate::local_aws::Preset;
use crate::world::World;

#[test]
fn the_session_of_a_user_opens_no_console_and_costs_no_code() {
    let (world, mfa) = stranger();
    let code = world.aws.code(&mfa.serial);
    world.sign_in(&mfa, ["-p", "default"]).succeeded();
    world.aws.clear_log();
    for profile in ["default", "default-mfa"] {
        for arguments in [&["-p", profile][..], &["-p", profile, "-t", &code]] {
            let run = console(&world, arguments).failed(
                3,
                "profile `default` is no role, and AWS does not open the console with the session of a user",
            );
            run.said("next: name a role profile: `awsmfa console -p NAME`")
                .said("next: or `--policy-arn ARN` opens it as a federated user");
            assert_eq!(run.stdout, "");
        }
    }
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn the_session_of_a_key_beside_a_role_says_which_profile_opens_the_console() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!(
        "[default]\nrole_arn = arn:aws:iam::123456789012:role/Admin\nsource_profile = default\nmfa_serial = {}\n",
        mfa.serial
    ));
    let session = ["-p", "default-mfa-session"];
    for there in [false, true] {
        if there {
            world.sign_in(&mfa, session).succeeded();
            world.aws.clear_log();
        }
        let run = console(&world, &session).failed(
            3,
            "section [default-mfa-session] is the session of profile `default` without its role, and AWS",
        );
        run.said("next: name a role profile: `awsmfa console -p default`");
        assert_eq!(world.aws.operations(), Vec::<String>::new());
    }
}

/// A user who may ask for a federated session, and everything else, but IAM's secrets only with
/// MFA.
fn federating() -> World {
    let world = World::new();
    let (user, ..) = world.default_user("alice");
    let _ = user.policy_document(json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            {
                "Effect": "Deny",
                "Action": "iam:List*",
                "Resource": "*",
                "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } },
            },
        ],
    }));
    world
}

#[test]
fn a_federated_user_may_do_what_both_sides_allow_and_nothing_that_wants_mfa() {
    let world = federating();
    let before = world.credentials_bytes();
    let arguments = ["--policy-arn", READ_ONLY, "--no-open", "--service", "iam"];
    let run = console(&world, &arguments).succeeded();
    run.said("note: this session may do what both your own policies and --policy-arn allow; it has no MFA, so what is allowed only with MFA is denied")
        .said("lets anybody into the console, as arn:aws:sts::123456789012:federated-user/alice until ");
    assert_eq!(
        world.aws.operations(),
        ["GetCallerIdentity", "GetFederationToken", "getSigninToken"]
    );
    let login = login(&world, &url(&run));
    assert_eq!(login.arn, "arn:aws:sts::123456789012:federated-user/alice");
    for (action, allowed) in [
        ("ec2:DescribeInstances", true),
        ("iam:GetUser", true),
        ("iam:CreateUser", false),
        ("iam:ListUsers", false),
    ] {
        let resource = "arn:aws:iam::123456789012:user/alice";
        let found = world.aws.console_allows(&login, action, resource);
        assert_eq!(found, allowed, "{action}");
    }
    assert_eq!(world.credentials_bytes(), before, "nothing is written");
    let half_a_day = world.aws.now() + 43_200;
    assert!((half_a_day - 20..=half_a_day).contains(&login.end));
}

#[test]
fn a_federated_user_s_session_lasts_as_long_as_was_asked_for() {
    let world = federating();
    let policy = ["--policy-arn", READ_ONLY];
    let arguments = [&policy[..], &policy, &["--no-open", "-d", "36h"]].concat();
    let run = console(&world, &arguments).succeeded();
    let log = world.aws.log();
    let asked = &log[1];
    assert_eq!(asked.parameter("DurationSeconds"), Some("129600"));
    assert_eq!(asked.parameter("PolicyArns.member.2.arn"), Some(READ_ONLY));
    assert_eq!(log[2].parameter("SessionDuration"), None, "AWS refuses it");
    let end = world.aws.now() + 129_600;
    assert!((end - 20..=end).contains(&login(&world, &url(&run)).end));
}

#[test]
fn what_aws_grants_no_federated_user_is_explained() {
    let world = federating();
    let unknown = "arn:aws:iam::aws:policy/NoSuchAccess";
    console(&world, &["--policy-arn", unknown])
        .failed(5, "AWS does not take one of the values as it is")
        .said("\n  next: check the policies that --policy-arn names\n");
    for (preset, next) in [
        (
            Preset::DenyWithoutMfa,
            "next: name a role profile with -p: where a policy wants MFA only a role opens the console",
        ),
        (
            Preset::SelfService,
            "next: ask an administrator for `sts:GetFederationToken`, or name a role profile, which does without",
        ),
    ] {
        let world = World::new();
        let (user, ..) = world.default_user("bob");
        let _ = user.policy(preset);
        let run = console(&world, &["--policy-arn", READ_ONLY]);
        let run = run.failed(5, "this key may not call GetFederationToken");
        run.said(next);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn policies_are_for_users_well_written_and_ten_at_most() {
    let (world, _) = stranger();
    let eleven: Vec<&str> = (0..11).flat_map(|_| ["--policy-arn", READ_ONLY]).collect();
    for (arguments, said) in [
        (
            &["-p", "dev", "--policy-arn", READ_ONLY][..],
            "--policy-arn is for the key of a user, and profile `dev` is a role",
        ),
        (&eleven, "AWS takes ten session policies at most"),
        (
            &["--policy-arn", "ReadOnlyAccess"],
            "a policy is written as arn:aws:iam::aws:policy/ReadOnlyAccess",
        ),
        (
            &["--policy-arn", "arn:aws:iam::123456789012:role/Admin"],
            "a policy is written as",
        ),
        (
            &["--policy-arn", READ_ONLY, "-t", "123456"],
            "cannot be used with",
        ),
    ] {
        let run = console(&world, arguments).failed(2, said);
        assert_eq!(run.stdout, "");
    }
    assert_eq!(world.aws.connections(), 0);
}
