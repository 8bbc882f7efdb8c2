//! What AWS tools use for a profile, what shadows what, and how long sections are good.

#[cfg(unix)]
use std::fs;

use super::Expected;
use crate::world::World;

const KEY: &str =
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = planted-secret\n";
const TEMPORARY: &str = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = planted-secret\naws_session_token = planted-token\n";
const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/x\n";

/// What is found for profile `p` with these two files.
#[track_caller]
fn with(credentials: &str, config: &str) -> super::Diagnosis {
    let world = World::new();
    world.plant("planted-secret");
    world.plant("planted-token");
    world.plant("planted-seed");
    world.write_credentials(credentials);
    world.write_config(config);
    super::private(&world.credentials_path());
    super::private(&world.config_path());
    world.doctor(["--offline", "-p", "p"])
}

#[test]
fn what_is_used_and_what_it_shadows() {
    type Row<'a> = (String, String, &'a [Expected<'a>]);
    let p = |body: &str| format!("[p]\n{body}");
    let profile = |body: &str| format!("[profile p]\n{body}");
    let source = "[source]\naws_access_key_id = AKIA2\naws_secret_access_key = planted-secret\n";
    let table: Vec<Row<'_>> = vec![
        (
            p(KEY),
            String::new(),
            &[(
                "profile-use",
                "ok",
                "the long-term key AKIAIOSFODNN7EXAMPLE",
                "credentials:2",
                "",
            )],
        ),
        (
            p(KEY),
            profile(KEY),
            &[
                (
                    "profile-use",
                    "ok",
                    "the long-term key",
                    "credentials:2",
                    "",
                ),
                (
                    "profile-shadow",
                    "warning",
                    "the long-term key AKIAIOSFODNN7EXAMPLE is not used",
                    "config:2",
                    "remove the one",
                ),
            ],
        ),
        (
            p(KEY),
            profile("sso_session = s\n"),
            &[
                (
                    "profile-use",
                    "ok",
                    "use IAM Identity Center",
                    "config:2",
                    "",
                ),
                (
                    "profile-shadow",
                    "warning",
                    "because IAM Identity Center comes first",
                    "credentials:2",
                    "remove",
                ),
            ],
        ),
        (
            p(KEY),
            profile("role_arn = arn:aws:iam::1:role/x\nweb_identity_token_file = /t\n"),
            &[
                ("profile-use", "ok", "a web identity token", "config:3", ""),
                (
                    "profile-shadow",
                    "warning",
                    "is not used by AWS tools",
                    "credentials:2",
                    "remove",
                ),
            ],
        ),
        (
            p(KEY),
            profile("credential_process = some-tool --key planted-seed\n"),
            &[
                (
                    "profile-use",
                    "ok",
                    "the long-term key",
                    "credentials:2",
                    "",
                ),
                (
                    "profile-shadow",
                    "warning",
                    "`credential_process` is not used",
                    "config:2",
                    "remove",
                ),
                (
                    "command",
                    "problem",
                    "`some-tool`, the credential_process of profile `p`, was not found",
                    "config:2",
                    "install it",
                ),
            ],
        ),
        (
            source.to_owned(),
            profile(&format!("{ROLE}source_profile = source\n")),
            &[(
                "profile-use",
                "ok",
                "role arn:aws:iam::123456789012:role/x, assumed by `source`",
                "config:2",
                "",
            )],
        ),
        (
            p(KEY),
            profile(ROLE),
            &[(
                "role-source",
                "warning",
                "AWS tools refuse profile `p`",
                "config:2",
                "add `source_profile",
            )],
        ),
        (
            format!("{source}[s]\n{TEMPORARY}"),
            profile(&format!("{ROLE}source_profile = s\n")),
            &[(
                "source-wired",
                "ok",
                "with the temporary keys in section [s]",
                "credentials:4",
                "",
            )],
        ),
        (
            p(
                "aws_access_key_id = AKIAIOSFODNN7EXAMPLE # mine\naws_secret_access_key = planted-secret\n",
            ),
            String::new(),
            &[(
                "readers-disagree",
                "warning",
                "`aws_access_key_id`",
                "credentials:2",
                "",
            )],
        ),
        (
            String::new(),
            profile("mfa_process = ./no/such/program planted-seed\nregion = eu-west-1\n"),
            &[
                (
                    "command",
                    "problem",
                    "`./no/such/program`, the mfa_process of profile `p`, was not found",
                    "config:2",
                    "install it",
                ),
                (
                    "profile",
                    "problem",
                    "profile `p` has no access key",
                    "config:1",
                    "aws configure --profile p",
                ),
            ],
        ),
        (
            p(KEY),
            profile("mfa_process = X=planted-seed $TOOL\n"),
            &[(
                "command",
                "note",
                "is for a shell to understand",
                "config:2",
                "",
            )],
        ),
        (
            p("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
            String::new(),
            &[(
                "profile",
                "problem",
                "no aws_secret_access_key",
                "credentials:2",
                "write both into the same file",
            )],
        ),
        (
            String::new(),
            profile(&format!(
                "{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = p\n"
            )),
            &[(
                "profile",
                "problem",
                "lead in a circle: p → q → p",
                "config:6",
                "one of them",
            )],
        ),
    ];
    for (credentials, config, expected) in table {
        let found = with(&credentials, &config);
        for expected in expected {
            found.finds(*expected);
        }
    }
}

#[test]
fn arrangements_that_are_made_on_purpose_are_not_warned_of() {
    let source = "[source]\naws_access_key_id = AKIA2\naws_secret_access_key = planted-secret\n";
    for (credentials, config) in [
        (
            source.to_owned(),
            format!("[profile p]\n{ROLE}source_profile = source\n"),
        ),
        (
            format!("[p]\n{KEY}"),
            format!("[profile p]\n{ROLE}source_profile = p\n"),
        ),
        (
            String::new(),
            format!(
                "[profile p]\n{KEY}credential_process = {} credential-process -p p\n",
                crate::world::AWSMFA
            ),
        ),
        (
            format!("[p-long-term]\n{KEY}[p]\n{TEMPORARY}expiration = 2100-01-01T00:00:00Z\n"),
            String::new(),
        ),
    ] {
        let found = with(&credentials, &config);
        assert_eq!(
            found.bad(),
            Vec::<&str>::new(),
            "{config}\n{:#}",
            found.document
        );
    }
}

#[test]
fn sections_are_told_by_how_long_they_are_good() {
    let section = |name: &str, rest: &str| format!("[{name}]\n{TEMPORARY}{rest}\n");
    let ours = "expiration = 2020-01-01T00:00:00Z\nawsmfa_source = p\nawsmfa_source_key_id = AKIAIOSFODNN7EXAMPLE";
    let credentials = [
        format!("[p]\n{KEY}"),
        section("p-mfa", ours),
        section("old", "expiration = 2020-01-01T00:00:00Z"),
        section("good", "expiration = 2100-01-01T00:00:00Z"),
        section("silent", "region = eu-west-1"),
        "[half]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n".to_owned(),
        section("ignored", "expiration = 2100-01-01T00:00:00Z"),
        section(
            "gone",
            "expiration = 2100-01-01T00:00:00Z\nawsmfa_source = nobody",
        ),
        section(
            "other-key",
            "expiration = 2100-01-01T00:00:00Z\nawsmfa_source = p\nawsmfa_source_key_id = AKIAOLD",
        ),
    ];
    let found = with(
        &credentials.concat(),
        "[profile ignored]\nsso_session = s\n",
    );
    for expected in [
        (
            "section",
            "warning",
            "[p-mfa] expired at 2020-01-01 ",
            "credentials:4",
            "`awsmfa -p p-mfa` renews it",
        ),
        ("section", "note", "[old] expired at ", "credentials:11", ""),
        ("section", "ok", "[good] is good until 2100-01-01 ", "", ""),
        (
            "section",
            "note",
            "[silent] does not say until when",
            "",
            "",
        ),
        (
            "section",
            "warning",
            "[half] is incomplete",
            "",
            "the tool that wrote it",
        ),
        (
            "section-shadow",
            "problem",
            "[ignored], because its profile has `sso_session`",
            "config:2",
            "remove that line",
        ),
        (
            "section",
            "warning",
            "[gone] cannot be renewed: section [gone] was made from profile `nobody`",
            "",
            "name the profile",
        ),
        (
            "section",
            "warning",
            "[other-key] does not fit its profile: the access key of the source has changed",
            "",
            "renews it",
        ),
    ] {
        found.finds(expected);
    }
}

#[test]
fn a_section_that_is_named_before_it_is_there_is_told() {
    let mut world = World::new();
    world.healthy();
    world.set("AWS_PROFILE", "default-mfa");
    world
        .doctor(["--offline"])
        .finds((
            "profile",
            "ok",
            "profile `default` (from `default-mfa`), because AWS_PROFILE names it",
            "",
            "",
        ))
        .finds((
            "profile-use",
            "warning",
            "AWS tools find no credentials for profile `default-mfa` before",
            "",
            "`awsmfa -p default-mfa` signs in",
        ));
}

#[cfg(unix)]
#[test]
fn commands_are_looked_for_and_not_run() {
    let world = World::new();
    world.default_user("alice");
    let tool = world.path("tool");
    fs::write(&tool, "#!/bin/sh\ntouch ran\n").unwrap();
    for (mode, severity, what) in [
        (0o755, "ok", "is there"),
        (0o644, "problem", "cannot be run"),
    ] {
        super::set_mode(&tool, mode);
        world.write_config(format!(
            "[default]\nmfa_process = {0} a\ncredential_process = '{0}'\n",
            tool.display()
        ));
        let found = world.doctor([]);
        for (setting, place) in [
            ("mfa_process", "config:2"),
            ("credential_process", "config:3"),
        ] {
            let what = format!("the {setting} of profile `default`, {what}");
            found.finds(("command", severity, &what, place, ""));
        }
    }
    assert!(!world.path("ran").exists());
}

#[cfg(unix)]
#[test]
fn one_file_that_is_config_and_credentials_does_not_shadow_itself() {
    type Join = fn(&mut World);
    let ways: [Join; 2] = [
        |world| {
            let path = world.credentials_path();
            world.set("AWS_CONFIG_FILE", path.to_str().unwrap());
        },
        |world| std::os::unix::fs::symlink("credentials", world.config_path()).unwrap(),
    ];
    for (body, shadows) in [
        (KEY.to_owned(), 0),
        (format!("{KEY}credential_process = p\n{ROLE}"), 1),
    ] {
        for join in ways {
            let mut world = World::new();
            world.plant("planted-secret");
            world.write_credentials(format!("[default]\n{body}"));
            super::private(&world.credentials_path());
            join(&mut world);
            let found = world.doctor(["--offline"]);
            let told = found.findings().iter();
            let told = told.filter(|found| found["id"] == "profile-shadow").count();
            assert_eq!(told, shadows, "{:#}", found.document);
        }
    }
}
