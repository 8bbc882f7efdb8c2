//! A user's own session: GetSessionToken, and the section it becomes.

use jiff::Timestamp;

use crate::client;
use crate::local_aws::{Mfa, Preset};
use crate::world::{NOTHING, World, keys_of, section};

const KEYS: [&str; 7] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "expiration",
    "awsmfa_source",
    "awsmfa_source_key_id",
    "awsmfa_mfa_serial",
];

/// A user with this policy, their key under `[default]`.
fn user_with(world: &World, policy: Preset) -> Mfa {
    let user = world.aws.user("alice").policy(policy);
    world.write_credentials(section("default", &world.key(&user)));
    world.virtual_mfa(&user)
}

/// What AWS answers to this IAM request, signed with what is in the section.
fn iam(world: &World, section: &str, action: &str) -> String {
    client::iam(&world.aws, &world.credentials_of(section), action, &[]).verdict()
}

#[test]
fn a_user_without_any_permission_or_configuration_signs_in() {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    world.sign_in(&mfa, NOTHING).succeeded().said(&format!(
        "note: this user may not list MFA devices, so {} is a guess",
        mfa.serial
    ));
    assert_eq!(world.keys("default-mfa"), KEYS);
    let value = |key| world.value("default-mfa", key).unwrap();
    assert!(value("aws_access_key_id").starts_with("ASIA"));
    assert_eq!(value("awsmfa_source"), "default");
    assert_eq!(value("awsmfa_source_key_id"), key.id);
    assert_eq!(value("awsmfa_mfa_serial"), mfa.serial);
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    assert!(iam(&world, "default-mfa", "GetUser").starts_with("403 AccessDenied"));
    assert_eq!(
        world.aws.operations()[..3],
        ["ListMFADevices", "GetCallerIdentity", "GetSessionToken"]
    );
}

#[test]
fn the_written_credentials_carry_mfa() {
    for (policy, action) in [
        // IAM refuses sessions without MFA whatever the policy says.
        (Preset::SelfService, "ListMFADevices"),
        (Preset::DenyWithoutMfa, "ListUsers"),
        (Preset::Admin, "ListUsers"),
    ] {
        let world = World::new();
        let mfa = user_with(&world, policy);
        if policy == Preset::DenyWithoutMfa {
            let before = iam(&world, "default", action);
            assert!(before.contains("explicit deny"), "{before}");
        }
        let run = world.sign_in(&mfa, NOTHING).succeeded();
        assert!(!run.stderr.contains("guess"), "{}", run.stderr);
        assert_eq!(iam(&world, "default-mfa", action), "200", "{policy:?}");
    }
}

#[test]
fn the_same_over_tls_with_a_private_authority() {
    let world = World::tls();
    let (user, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, NOTHING).succeeded();
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
}

#[test]
fn the_expiration_is_what_sts_granted() {
    for (arguments, config, seconds) in [
        (&[][..], "", 43_200),
        (&["-d", "900"], "", 900),
        (&["--duration-seconds", "36h"], "", 129_600),
        (
            &["-d", "90m"],
            "[default]\nduration_seconds = 3600\n",
            5_400,
        ),
        (&[], "[default]\nduration_seconds = 3600\n", 3_600),
    ] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.write_config(config);
        let before = world.aws.now();
        world.sign_in(&mfa, arguments.iter().copied()).succeeded();
        let id = world.value("default-mfa", "aws_access_key_id").unwrap();
        let granted = world.aws.expiry_of(&id).unwrap();
        assert!((before + seconds..=world.aws.now() + seconds).contains(&granted));
        let expiration = world.value("default-mfa", "expiration").unwrap();
        let written: Timestamp = expiration.parse().unwrap();
        assert_eq!(written.as_second().unsigned_abs(), granted);
        assert_eq!(expiration.len(), "2026-11-21T21:04:00Z".len());
        assert!(expiration.ends_with('Z'));
        // Only what the command line said has to be remembered for the renewal.
        let recorded = world.value("default-mfa", "awsmfa_duration_seconds");
        let said = arguments.first().map(|_| seconds.to_string());
        assert_eq!(recorded, said);
    }
}

#[test]
fn line_endings_comments_and_order_stay() {
    let world = World::new();
    let (_, key, mfa) = world.default_user("alice");
    let before = format!(
        "# mine; keep\r\n[default]\r\naws_access_key_id={}\r\naws_secret_access_key =   {}\r\n\r\n\
         ; the other account\r\n[other]\r\nregion = eu-west-1\r\n\r\n\r\n# the end",
        key.id, key.secret
    );
    world.write_credentials(&before);
    world.sign_in(&mfa, NOTHING).succeeded();
    let after = world.credentials();
    let news = after
        .strip_prefix(&before)
        .unwrap_or_else(|| panic!("{after}"));
    assert!(news.starts_with("\r\n"), "{news:?}");
    assert_eq!(
        news.matches('\n').count(),
        news.matches("\r\n").count(),
        "{news:?}"
    );
    assert_eq!(keys_of(news, "default-mfa"), KEYS);
}

#[test]
fn a_second_run_replaces_values_in_place() {
    let world = World::new();
    let (_, key, mfa) = world.default_user("alice");
    world.sign_in(&mfa, NOTHING).succeeded();
    let first = world.credentials() + "# below\n\n" + &section("other", &key);
    world.write_credentials(&first);
    world.sign_in(&mfa, NOTHING).succeeded();
    let second = world.credentials();
    let without_values = |file: &str| -> Vec<String> {
        let changing = [
            "aws_access_key_id = ASIA",
            "aws_secret_access_key = ",
            "aws_session_token = ",
            "expiration = ",
        ];
        file.split('\n')
            .map(|line| {
                let changes = changing.iter().find(|start| line.starts_with(**start));
                changes.map_or(line.to_owned(), |start| (*start).to_owned())
            })
            .collect()
    };
    assert_eq!(without_values(&second), without_values(&first));
    assert_ne!(second, first);
    assert!(second.contains(&section("other", &key)));
}

#[test]
fn a_section_s_own_comments_and_settings_stay_and_stale_keys_go() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let before = world.credentials();
    world.write_credentials(format!(
        "{before}\n[default-mfa]\n# written by awsmfa\nAWS_ACCESS_KEY_ID = ASIAOLDOLDOLDOLDOLD0\n\
         aws_secret_access_key = old-secret\naws_session_token = old-token\n\
         aws_security_token = old-token\nx_security_token_expires = 2020-01-01T00:00:00Z\n\
         output = json\nawsmfa_source = default\nawsmfa_role_arn = arn:aws:iam::1:role/Old\n\n\
         [last]\nregion = eu-west-1\n"
    ));
    world.sign_in(&mfa, NOTHING).succeeded();
    let after = world.credentials();
    assert!(after.starts_with(&format!("{before}\n[default-mfa]\n# written by awsmfa\n")));
    assert!(
        after.ends_with("\n\n[last]\nregion = eu-west-1\n"),
        "{after}"
    );
    for gone in [
        "OLDOLD",
        "old-",
        "aws_security_token",
        "expires",
        "role_arn",
    ] {
        assert!(!after.contains(gone), "{gone} in:\n{after}");
    }
    assert_eq!(world.value("default-mfa", "output").unwrap(), "json");
    // Other readers take one of two spellings of a key; there is one left.
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
}

#[test]
fn the_files_may_be_elsewhere_and_the_key_in_the_config_file() {
    let mut world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    let (config, credentials) = (world.path("c.ini"), world.path("deep/er/k.ini"));
    std::fs::write(&config, section("profile work", &key)).unwrap();
    std::fs::create_dir_all(credentials.parent().unwrap()).unwrap();
    world.set("AWS_CONFIG_FILE", config.to_str().unwrap());
    world.set("AWS_SHARED_CREDENTIALS_FILE", "~/deep/er/k.ini");
    world.sign_in(&mfa, ["-p", "work"]).succeeded();
    let written = std::fs::read_to_string(&credentials).unwrap();
    world.search(&[]);
    assert!(written.starts_with("[work-mfa]\n"), "{written}");
    assert_eq!(keys_of(&written, "work-mfa"), KEYS);
    assert!(!world.credentials_path().exists());
    assert!(!world.config_path().exists());
}

#[test]
fn a_user_in_a_path_is_guessed_by_their_name_alone() {
    let world = World::new();
    let user = world.aws.user("team/dev/alice");
    world.write_credentials(section("default", &world.key(&user)));
    let mfa = world.virtual_mfa(&user);
    assert!(mfa.serial.ends_with(":mfa/alice"));
    world.sign_in(&mfa, NOTHING).succeeded();
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
}

#[test]
fn users_of_china_and_govcloud_sign_in() {
    for (partition, region, account) in [
        ("aws-cn", "cn-northwest-1", "111111111111"),
        ("aws-us-gov", "us-gov-east-1", "222222222222"),
    ] {
        let world = World::new();
        let user = world.aws.another_account(account, partition).user("alice");
        let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
        world.write_credentials(section("default", &key));
        world.write_config(format!("[default]\nregion = {region}\n"));
        world.sign_in(&mfa, NOTHING).succeeded();
        assert_eq!(world.issued_to("default-mfa"), Some(user.arn.clone()));
        assert!(
            mfa.serial
                .starts_with(&format!("arn:{partition}:iam::{account}:"))
        );
        // The device alone tells the partition too, where nobody names a region.
        world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
        world.sign_in(&mfa, NOTHING).succeeded();
        assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    }
}
