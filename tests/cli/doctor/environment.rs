//! Variables: those that count, that contradict each other, that are set to nothing.

use super::Expected;
use crate::world::World;

#[test]
fn variables_are_told_by_what_they_do() {
    type Row<'a> = (&'a [(&'a str, &'a str)], Expected<'a>);
    let table: [Row<'_>; 18] = [
        (
            &[("AWS_PROFILE", "")],
            (
                "variable-empty",
                "problem",
                "a profile without a name",
                "AWS_PROFILE",
                "unset AWS_PROFILE",
            ),
        ),
        (
            &[("AWS_DEFAULT_PROFILE", "")],
            (
                "variable-empty",
                "problem",
                "a profile without a name",
                "AWS_DEFAULT_PROFILE",
                "unset",
            ),
        ),
        (
            &[("AWS_SHARED_CREDENTIALS_FILE", "")],
            (
                "variable-empty",
                "problem",
                "the usual file",
                "AWS_SHARED_CREDENTIALS_FILE",
                "unset",
            ),
        ),
        (
            &[("AWS_REGION", "")],
            (
                "variable-empty",
                "note",
                "counts as unset",
                "AWS_REGION",
                "",
            ),
        ),
        (
            &[("AWSMFA_PROFIL", "x")],
            (
                "variable-unknown",
                "warning",
                "AWSMFA_PROFIL is no variable",
                "AWSMFA_PROFIL",
                "AWSMFA_PROFILE",
            ),
        ),
        (
            &[
                ("AWS_ACCESS_KEY_ID", "\"AKIA\""),
                ("AWS_SECRET_ACCESS_KEY", "sound"),
            ],
            (
                "key-variables",
                "problem",
                "does not look like an access key id",
                "AWS_ACCESS_KEY_ID",
                "",
            ),
        ),
        (
            &[
                ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "not sound"),
            ],
            (
                "key-variables",
                "problem",
                "AWS_SECRET_ACCESS_KEY holds a blank",
                "AWS_SECRET_ACCESS_KEY",
                "unset AWS_SECRET_ACCESS_KEY",
            ),
        ),
        (
            &[("AWS_SESSION_TOKEN", "sound")],
            (
                "key-variables",
                "problem",
                "AWS_SESSION_TOKEN is set and AWS_ACCESS_KEY_ID is not",
                "AWS_SESSION_TOKEN",
                "unset AWS_SESSION_TOKEN",
            ),
        ),
        (
            &[
                ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "sound"),
                ("AWS_SESSION_TOKEN", "sound"),
            ],
            (
                "key-variables",
                "problem",
                "AWS refuses the two together",
                "AWS_SESSION_TOKEN",
                "unset AWS_SESSION_TOKEN",
            ),
        ),
        (
            &[("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")],
            (
                "key-variables",
                "problem",
                "AWS_SECRET_ACCESS_KEY is not",
                "AWS_SECRET_ACCESS_KEY",
                "set both",
            ),
        ),
        (
            &[("AWS_PROFILE", "default"), ("AWS_DEFAULT_PROFILE", "other")],
            (
                "profiles",
                "warning",
                "AWS_PROFILE names `default` and AWS_DEFAULT_PROFILE `other`",
                "AWS_DEFAULT_PROFILE",
                "unset",
            ),
        ),
        (
            &[("AWSMFA_PROFILE", "default"), ("AWS_PROFILE", "other")],
            (
                "profiles",
                "note",
                "AWSMFA_PROFILE names `default` for awsmfa alone; AWS tools use `other`",
                "AWSMFA_PROFILE",
                "",
            ),
        ),
        (
            &[
                ("AWS_REGION", "eu-west-1"),
                ("AWS_DEFAULT_REGION", "us-east-1"),
            ],
            (
                "regions",
                "warning",
                "two regions",
                "AWS_DEFAULT_REGION",
                "unset",
            ),
        ),
        (
            &[("AWSMFA_TOKEN_CODE", "492039")],
            (
                "code-variable",
                "warning",
                "a code is good once",
                "AWSMFA_TOKEN_CODE",
                "unset",
            ),
        ),
        (
            &[("AWS_CA_BUNDLE", "/etc/ssl/ca.pem")],
            ("settings", "note", "certificates", "AWS_CA_BUNDLE", ""),
        ),
        (
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")],
            (
                "settings",
                "note",
                "prefer",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "",
            ),
        ),
        (
            &[("AWS_PROFILE", "a]b")],
            ("profile", "problem", "contains `]`", "AWS_PROFILE", ""),
        ),
        (
            &[("AWS_REGION", "EU WEST")],
            (
                "profile",
                "problem",
                "not the name of an AWS region",
                "AWS_REGION",
                "eu-west-1",
            ),
        ),
    ];
    for (variables, expected) in table {
        let mut world = World::new();
        world.healthy();
        for (name, value) in variables {
            world.set(name, value);
        }
        world.plant("492039");
        world.doctor(["--offline"]).finds(expected);
    }
}

#[test]
fn a_key_in_the_environment_outranks_a_profile_that_a_variable_names() {
    let mut world = World::new();
    world.healthy();
    let bob = world.aws.user("bob");
    let key = world.key(&bob);
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    let used = format!("AWS tools use access key {} of the environment", key.id);
    world
        .doctor(["--offline"])
        .finds(("key-variables", "note", &used, "AWS_ACCESS_KEY_ID", ""))
        .finds(("profile-use", "ok", &used, "AWS_ACCESS_KEY_ID", ""));
    world.set("AWS_PROFILE", "default");
    world
        .doctor(["--offline"])
        .finds((
            "key-variables",
            "warning",
            "and not the profile `default` that AWS_PROFILE names",
            "AWS_ACCESS_KEY_ID",
            "unset AWS_ACCESS_KEY_ID",
        ))
        .finds(("profile-use", "ok", &used, "AWS_ACCESS_KEY_ID", ""));
    // `--profile` is stronger, in the AWS CLI as here.
    world.doctor(["--offline", "-p", "default"]).finds((
        "profile-use",
        "ok",
        "the long-term key AKIA",
        "credentials:2",
        "",
    ));
}

#[test]
fn exported_credentials_that_have_expired_are_told() {
    let mut world = World::new();
    let (_, mfa) = world.healthy();
    world.sign_in(&mfa, ["--to", "made"]).succeeded();
    world.aws.clear_log();
    let made = world.credentials_of("made");
    world.set("AWS_ACCESS_KEY_ID", &made.id);
    world.set("AWS_SECRET_ACCESS_KEY", &made.secret);
    world.set("AWS_SESSION_TOKEN", &made.token.unwrap());
    world.set("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z");
    world.doctor(["--offline"]).finds((
        "key-variables",
        "problem",
        "the credentials in the environment expired at 2020-01-01 ",
        "AWS_CREDENTIAL_EXPIRATION",
        "awsmfa env",
    ));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_told_by_its_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let mut world = World::new();
    world.healthy();
    let mut command = world.command(["doctor", "--offline"]);
    command.env("AWS_PROFILE", OsStr::from_bytes(b"\xff\xfe"));
    let output = command.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    world.search(&[&shown]);
    assert_eq!(output.status.code(), Some(8));
    assert!(shown.contains("not valid Unicode (AWS_PROFILE)"), "{shown}");
}
