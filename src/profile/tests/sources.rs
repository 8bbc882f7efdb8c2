//! Which profile, and whose key.

use super::*;

#[test]
fn the_profile_is_named_by_flag_then_by_variables_in_order() {
    let all = [
        ("AWSMFA_PROFILE", "bob"),
        ("AWS_PROFILE", "one"),
        ("AWS_DEFAULT_PROFILE", "two"),
    ];
    let keys = |name| format!("[{name}]\naws_access_key_id={ALICE}\naws_secret_access_key=x\n");
    let credentials: String = ["default", "bob", "one", "two", "flag"].map(keys).concat();
    let table = [
        (Some("flag"), &all[..], "flag", "--profile"),
        (None, &all[..], "bob", "AWSMFA_PROFILE"),
        (None, &all[1..], "one", "AWS_PROFILE"),
        (None, &all[2..], "two", "AWS_DEFAULT_PROFILE"),
        (None, &all[3..], "default", "default"),
    ];
    for (flag, env, expected, origin) in table {
        let plan = World {
            credentials: &credentials,
            env,
            request: Request {
                profile: flag.map(str::to_owned),
                ..Request::default()
            },
            ..World::default()
        }
        .plan();
        assert_eq!(plan.profile.value, expected);
        assert_eq!(plan.profile.origin.to_string(), origin);
        assert_eq!(plan.section.value, format!("{expected}-mfa"));
    }
}

#[test]
fn a_name_that_would_inject_a_section_is_refused_wherever_it_comes_from() {
    for name in ["a]\n[default", "a\nb", "a\0b", "a]"] {
        World {
            credentials: KEYS,
            request: profile(name),
            ..World::default()
        }
        .refused(Kind::Usage, "the profile name", "--profile");
        World {
            credentials: KEYS,
            env: &[("AWS_PROFILE", name)],
            ..World::default()
        }
        .refused(Kind::Configuration, "the profile name", "AWS_PROFILE");
    }
}

#[test]
fn an_unknown_profile_is_told_with_both_files_and_what_was_probably_meant() {
    let world = World {
        config: "[profile work]\nrole_arn = x\n",
        credentials: KEYS,
        request: profile("wrok"),
        ..World::default()
    };
    world.refused(
        Kind::Configuration,
        "no profile `wrok`",
        "config, credentials",
    );
    assert_eq!(
        world.failure().advice(),
        [
            "did you mean `work`?",
            "name a profile with `--profile`: default, bob, work"
        ]
    );
}

#[test]
fn the_word_profile_does_not_belong_to_the_name() {
    let failure = World {
        config: "[profile work]\nregion = eu-west-1\n",
        credentials: KEYS,
        request: profile("profile work"),
        ..World::default()
    }
    .failure();
    assert!(
        failure
            .advice()
            .iter()
            .any(|next| next.contains("`--profile work`")),
        "{failure:?}"
    );
}

#[test]
fn with_nothing_configured_the_way_to_begin_is_shown() {
    let failure = World::default().failure();
    assert_eq!(failure.kind(), Kind::Configuration);
    assert!(
        failure.advice()[0].contains("`aws configure --profile default`"),
        "{failure:?}"
    );
}

#[test]
fn keys_of_the_environment_are_a_source_only_when_nobody_named_a_profile() {
    let keys = ("AWS_ACCESS_KEY_ID", BOB);
    let secret = ("AWS_SECRET_ACCESS_KEY", "bob-secret");
    let token = ("AWS_SESSION_TOKEN", "t");
    let old_token = ("AWS_SECURITY_TOKEN", "t");
    let named = ("AWS_PROFILE", "default");
    let table: [(&[_], &str); 5] = [
        (&[keys, secret], "$"),
        (&[keys, secret, named], "default"),
        (&[keys, secret, token], "default"),
        (&[keys, secret, old_token], "default"),
        (&[], "default"),
    ];
    for (env, expected) in table {
        let plan = World {
            credentials: KEYS,
            env,
            ..World::default()
        }
        .plan();
        assert_eq!(source_name(&plan), expected, "{env:?}");
        let warned = plan
            .shadowed
            .is_some_and(|text| text.contains("AWS_ACCESS_KEY_ID"));
        assert_eq!(warned, !env.is_empty(), "{env:?}");
    }
}

#[test]
fn half_a_pair_in_the_environment_is_said() {
    World {
        credentials: KEYS,
        env: &[("AWS_ACCESS_KEY_ID", BOB)],
        ..World::default()
    }
    .refused(
        Kind::Configuration,
        "AWS_SECRET_ACCESS_KEY is not",
        "AWS_SECRET_ACCESS_KEY",
    );
    World {
        credentials: KEYS,
        env: &[("AWS_SECRET_ACCESS_KEY", "hunter2")],
        ..World::default()
    }
    .refused(
        Kind::Configuration,
        "AWS_ACCESS_KEY_ID is not",
        "AWS_ACCESS_KEY_ID",
    );
}

#[test]
fn with_keys_of_the_environment_default_lends_settings_but_neither_role_nor_anothers_device() {
    let config = "[default]\nregion = eu-west-1\nmfa_serial = 123456789\nrole_arn = R1\n";
    let env = [("AWS_ACCESS_KEY_ID", BOB), ("AWS_SECRET_ACCESS_KEY", "x")];
    let of_alice = World {
        config,
        credentials: KEYS,
        env: &env,
        ..World::default()
    }
    .plan();
    assert_eq!(roles(&of_alice), [""; 0]);
    assert_eq!(of_alice.region.unwrap().value, "eu-west-1");
    assert_eq!(of_alice.serial, None);
    let of_nobody = World {
        config: "[default]\nmfa_serial = 123456789\n",
        env: &env,
        ..World::default()
    }
    .plan();
    assert_eq!(of_nobody.serial.unwrap().value, "123456789");
}

#[test]
fn the_credentials_files_pair_wins_and_is_never_mixed_with_the_configs() {
    let config = format!("[default]\naws_access_key_id = {BOB}\naws_secret_access_key = b\n");
    let plan = World {
        config: &config,
        credentials: KEYS,
        ..World::default()
    }
    .plan();
    assert_eq!(source_key(&plan), Some(ALICE));
    World {
        config: &config,
        credentials: "[default]\naws_secret_access_key = hunter2\n",
        ..World::default()
    }
    .refused(Kind::Configuration, "no aws_access_key_id", "credentials:2");
    let plan = World {
        config: &config,
        ..World::default()
    }
    .plan();
    assert_eq!(source_key(&plan), Some(BOB));
}

#[test]
fn a_credential_process_is_asked_before_the_config_files_keys_and_after_the_credentials_files() {
    let config = format!(
        "[default]\ncredential_process = /bin/key --for me\naws_access_key_id = {BOB}\naws_secret_access_key = b\n"
    );
    let process = World {
        config: &config,
        ..World::default()
    }
    .plan();
    assert!(
        matches!(&process.source, Source::Process { command, line: 2, .. } if command.expose() == "/bin/key --for me")
    );
    assert_eq!(process.marks.source_key_id, None);
    let key = World {
        config: &config,
        credentials: KEYS,
        ..World::default()
    }
    .plan();
    assert_eq!(source_key(&key), Some(ALICE));
    for (profile, what) in [
        (" -p default", "is awsmfa itself"),
        ("", "does not plainly say for which profile"),
    ] {
        let config =
            format!("[default]\ncredential_process = awsmfa credential-process{profile}\n");
        World {
            config: &config,
            ..World::default()
        }
        .refused(Kind::Configuration, what, "config:2");
    }
}

#[test]
fn what_cannot_be_a_long_term_key_is_refused_at_its_line_and_never_quoted() {
    let table = [
        (
            "aws_access_key_id = hunter2/\naws_secret_access_key = x",
            "does not look like",
            2,
        ),
        (
            "aws_access_key_id = \"AKIAALICEALICEALICE1\"\naws_secret_access_key = x",
            "does not look like",
            2,
        ),
        (
            "aws_access_key_id =\naws_secret_access_key = hunter2",
            "no aws_access_key_id",
            3,
        ),
        (
            "aws_access_key_id = AKIAALICEALICEALICE1\naws_secret_access_key =",
            "no aws_secret_access_key",
            2,
        ),
        (
            "aws_access_key_id = AKIAALICEALICEALICE1\naws_secret_access_key = hunter2 x",
            "blanks",
            3,
        ),
        (
            "aws_access_key_id = AKIAALICEALICEALICE1\naws_secret_access_key = 'hunter2'",
            "quotes",
            3,
        ),
        (
            "aws_access_key_id = AKIAALICEALICEALICE1\naws_secret_access_key = x\naws_session_token = hunter2",
            "session token of another",
            4,
        ),
        (
            "aws_access_key_id = ASIAALICEALICEALICE1\naws_secret_access_key = x\naws_session_token = hunter2",
            "temporary credentials",
            2,
        ),
        (
            "aws_access_key_id = ASIAALICEALICEALICE1\naws_secret_access_key = hunter2",
            "without its session token",
            2,
        ),
    ];
    for (lines, what, line) in table {
        World {
            credentials: &format!("[default]\n{lines}\n"),
            ..World::default()
        }
        .refused(Kind::Configuration, what, &format!("credentials:{line}"));
    }
}

#[test]
fn blanks_around_a_value_do_no_harm() {
    let plan = World {
        credentials: "[default]\r\naws_access_key_id =   AKIAALICEALICEALICE1  \r\nAWS_SECRET_ACCESS_KEY=x \r\n",
        ..World::default()
    }
    .plan();
    assert_eq!(source_key(&plan), Some(ALICE));
}

#[test]
fn a_profile_that_signs_in_another_way_is_told_what_to_use() {
    let table = [
        (
            "sso_session = corp\nsso_account_id = 1",
            "IAM Identity Center",
            "aws sso login",
        ),
        (
            "sso_start_url = https://x",
            "IAM Identity Center",
            "aws sso login",
        ),
        (
            "login_session = arn:aws:iam::1:user/a",
            "console",
            "aws login",
        ),
        (
            "web_identity_token_file = /t\nrole_arn = R1",
            "web identity",
            "directly",
        ),
        (
            "role_arn = R1\ncredential_source = Ec2InstanceMetadata",
            "machine it runs on",
            "IAM user",
        ),
        (
            "role_arn = R1\ncredential_source = EcsContainer",
            "machine it runs on",
            "IAM user",
        ),
        (
            "role_arn = R1\ncredential_source = environment",
            "none that AWS tools know",
            "Environment",
        ),
        (
            "role_arn = R1\ncredential_source = Environment",
            "environment, which has none",
            "AWS_ACCESS_KEY_ID",
        ),
        (
            "role_arn = R1",
            "nothing that says whose key",
            "source_profile",
        ),
        ("source_profile = default", "no role_arn", "role_arn"),
        (
            "region = eu-west-1",
            "no access key",
            "aws configure --profile x",
        ),
        (
            "role_arn = R1\nsource_profile = x",
            "its own source_profile",
            "holds the key",
        ),
        (
            "role_arn = R1\nsource_profile = nobody",
            "`nobody` does not exist",
            "",
        ),
        (
            "role_arn = R1\nsource_profile = default\ncredential_source = Environment",
            "both",
            "remove",
        ),
    ];
    for (lines, what, next) in table {
        let failure = World {
            config: &format!("[profile x]\n{lines}\n"),
            credentials: KEYS,
            request: profile("x"),
            ..World::default()
        }
        .failure();
        assert_eq!(failure.kind(), Kind::Configuration);
        assert!(failure.what().contains(what), "{lines:?}: {failure}");
        assert!(
            failure.place().unwrap().starts_with("config:"),
            "{lines:?}: {failure:?}"
        );
        let told = [failure.advice(), failure.notes()].concat();
        let advised = told.iter().any(|text| text.contains(next));
        assert!(advised || next.is_empty(), "{lines:?}: {failure:?}");
    }
}

#[test]
fn a_broken_line_stops_us_in_a_section_in_use_and_nowhere_else() {
    let broken = "[other]\nthis is no setting hunter2\n";
    let plan = World {
        credentials: &format!("{KEYS}{broken}"),
        ..World::default()
    }
    .plan();
    assert_eq!(source_key(&plan), Some(ALICE));
    World {
        credentials: &format!("{KEYS}{broken}"),
        request: profile("other"),
        ..World::default()
    }
    .refused(Kind::File, "[other] cannot be understood", "credentials:9");
    World {
        credentials: &format!("{KEYS}{broken}"),
        request: Request {
            section: Some("other".into()),
            ..Request::default()
        },
        ..World::default()
    }
    .refused(Kind::File, "[other] cannot be understood", "credentials:9");
}

#[test]
fn a_value_that_readers_disagree_about_is_warned_of_once_with_its_line() {
    let plan = World {
        config: "[default]\nregion = eu-west-1 # home\n",
        credentials: KEYS,
        ..World::default()
    }
    .plan();
    let told: Vec<&String> = plan
        .warnings
        .iter()
        .filter(|text| text.starts_with("config:2: `region`"))
        .collect();
    assert_eq!(told.len(), 1, "{:?}", plan.warnings);
}

#[test]
fn the_short_key_ids_of_stand_ins_for_aws_are_taken() {
    let plan = World {
        credentials: "[default]\naws_access_key_id = test\naws_secret_access_key = test\n",
        ..World::default()
    }
    .plan();
    assert_eq!(source_key(&plan), Some("test"));
    let plan = World {
        env: &[
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ],
        ..World::default()
    }
    .plan();
    assert_eq!(source_name(&plan), "$");
}
