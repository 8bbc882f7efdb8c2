//! Whose section it is: what may be replaced, what needs a yes, what is never touched.

use crate::local_aws::{Mfa, UserHandle};
use crate::world::{World, section};

/// A section with temporary credentials of some other tool.
const FOREIGN: &str = "\n[target]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
    aws_secret_access_key = what-another-tool-wrote\n\
    aws_session_token = what-another-tool-wrote\n\
    x_security_token_expires = 2026-01-01T00:00:00+09:00\nowner = saml2aws\n";

fn world_with(more: &str) -> (World, UserHandle, Mfa) {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    world.write_credentials(world.credentials() + more);
    (world, user, mfa)
}

#[test]
fn another_tools_section_is_not_replaced_without_consent() {
    let (world, _, mfa) = world_with(FOREIGN);
    let before = world.credentials();
    world
        .sign_in(&mfa, ["--to", "target", "--force"])
        .failed(
            3,
            "section [target] holds temporary credentials that another tool wrote",
        )
        .said(&format!("at: {}:5", world.credentials_path().display()))
        .said("--yes");
    assert_eq!(world.aws.log().len(), 0, "the code is spent last");
    assert_eq!(world.credentials(), before);
}

#[test]
fn consent_on_the_command_line_replaces_it_and_makes_it_ours() {
    let (world, user, mfa) = world_with(FOREIGN);
    world.sign_in(&mfa, ["--to", "target", "--yes"]).succeeded();
    assert_eq!(world.issued_to("target"), Some(user.arn));
    assert_eq!(world.value("target", "owner").unwrap(), "saml2aws");
    assert_eq!(world.value("target", "x_security_token_expires"), None);
    // Once it is ours nobody is asked again.
    world.sign_in(&mfa, ["--to", "target"]).succeeded();
}

#[cfg(unix)]
#[test]
fn a_person_is_asked_once() {
    for (answer, agreed) in [("y", true), ("yes", true), ("n", false), ("", false)] {
        let (world, user, mfa) = world_with(FOREIGN);
        let before = world.credentials();
        let code = world.aws.code(&mfa.serial);
        let mut session = world.terminal(["--to", "target", &code]).start();
        session.expect(
            "[target] holds temporary credentials that another tool wrote. Replace them? [y/N] ",
        );
        session.send_line(answer);
        let finished = world.finish(session);
        if agreed {
            assert_eq!(finished.code, 0, "{}", finished.shown);
            assert_eq!(world.issued_to("target"), Some(user.arn));
        } else {
            assert_eq!(finished.code, 3, "{}", finished.shown);
            assert!(finished.shown.contains("section [target] was not replaced"));
            assert_eq!(world.credentials(), before);
            assert_eq!(world.aws.log().len(), 0);
        }
    }
}

#[test]
fn a_long_term_key_is_never_overwritten() {
    for target in [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = the-only-copy\n",
        // With what looks like our own marks, or an expiry, or a token left behind.
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = the-only-copy\n\
         awsmfa_source = default\nexpiration = 2020-01-01T00:00:00Z\n",
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = the-only-copy\n\
         aws_session_token = left-behind\n",
        "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=the-only-copy\n",
        // Half a key, and one that does not begin as AWS's do.
        "aws_secret_access_key = the-only-copy\n",
        "aws_access_key_id = minio-root-user-1\naws_secret_access_key = the-only-copy\n",
    ] {
        let (world, _, mfa) = world_with(&format!("\n[target]\n{target}"));
        let before = world.credentials();
        for flags in [
            &["--to", "target"][..],
            &["--to", "target", "--yes", "--force"],
        ] {
            world
                .sign_in(&mfa, flags.iter().copied())
                .failed(3, "[target] holds a long-term key")
                .said(&format!("at: {}:6", world.credentials_path().display()));
        }
        assert_eq!(world.aws.log().len(), 0);
        assert_eq!(world.credentials(), before);
    }
}

#[test]
fn the_key_that_signs_in_is_never_overwritten() {
    let (world, _, mfa) = world_with("");
    let before = world.credentials();
    for flags in [
        &["--to", "default"][..],
        &["--to", "default", "--yes", "--force"],
    ] {
        world
            .sign_in(&mfa, flags.iter().copied())
            .failed(2, "holds the key to sign in with")
            .said("at: --to");
    }
    world.write_config("[default]\nawsmfa_profile = default\n");
    world
        .sign_in(&mfa, ["--yes"])
        .failed(3, "holds the key to sign in with")
        .said(&format!("at: {}:2", world.config_path().display()));
    assert_eq!(world.credentials(), before);
}

#[test]
fn a_second_section_of_the_same_name_cannot_hide_a_long_term_key() {
    for key in [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = the-only-copy\n",
        "aws_access_key_id = minio-root-user-1\naws_secret_access_key = the-only-copy\n",
        "aws_secret_access_key = the-only-copy\n",
    ] {
        let key = format!("\n[target]\n{key}");
        // The last one wins for an SDK; the other is somebody's key all the same.
        for file in [format!("{key}{FOREIGN}"), format!("{FOREIGN}{key}")] {
            let (world, _, mfa) = world_with(&file);
            let before = world.credentials();
            world
                .sign_in(&mfa, ["--to", "target", "--yes"])
                .failed(3, "holds a long-term key");
            assert_eq!(world.aws.log().len(), 0);
            assert_eq!(world.credentials(), before);
        }
    }
}

#[test]
fn a_section_whose_keys_would_be_ignored_is_not_written() {
    for setting in [
        "role_arn = arn:aws:iam::123456789012:role/Admin",
        "sso_session = corp",
        "sso_start_url = https://example.awsapps.com/start",
        "sso_account_id = 123456789012",
        "web_identity_token_file = /var/run/token",
    ] {
        for flags in [
            &["--to", "target"][..],
            &["--to", "target", "--yes", "--force"],
        ] {
            let (world, _, mfa) = world_with("");
            world.write_config(format!("# who\n[profile target]\n{setting}\n"));
            let before = world.credentials();
            let name = setting.split(' ').next().unwrap();
            world
                .sign_in(&mfa, flags.iter().copied())
                .failed(3, "AWS tools would ignore keys in section [target]")
                .said(name)
                .said(&format!("at: {}:3", world.config_path().display()));
            assert_eq!(world.aws.log().len(), 0, "{setting}");
            assert_eq!(world.credentials(), before);
        }
    }
}

#[test]
fn a_role_profile_cannot_be_its_own_section() {
    let (world, _, mfa) = world_with("");
    world.write_config(
        "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/Admin\n\
         source_profile = default\nawsmfa_profile = work\n",
    );
    world
        .sign_in(&mfa, ["-p", "work"])
        .failed(3, "AWS tools would ignore keys in section [work]");
}

#[test]
fn an_empty_section_is_there_for_the_taking() {
    let (world, user, mfa) =
        world_with("\n[target]\n# kept\nregion = eu-west-1\n\n[next]\na = b\n");
    let before = world.credentials();
    world.sign_in(&mfa, ["--to", "target"]).succeeded();
    assert_eq!(world.issued_to("target"), Some(user.arn));
    let after = world.credentials();
    let head = before.split("\n\n[next]").next().unwrap();
    assert!(after.starts_with(head), "{after}");
    assert!(after.ends_with("\n\n[next]\na = b\n"), "{after}");
}

#[test]
fn a_section_name_that_is_no_plain_one_is_refused() {
    for name in [
        "profile x",
        "a]",
        "a]\n[default",
        "a\nb",
        "a#b",
        "é",
        "",
        " a",
        "a b",
        "\"a\"",
        "a\u{1b}[2J",
    ] {
        let (world, _, mfa) = world_with("");
        let before = world.credentials();
        let run = world.sign_in(&mfa, ["--to", name]);
        let run = run.failed(2, "not a section name that every AWS tool reads");
        assert!(!run.stderr.contains('\u{1b}'));
        assert_eq!(world.aws.log().len(), 0, "{name:?}");
        assert_eq!(world.credentials(), before, "{name:?}");
    }
}

#[test]
fn a_profile_whose_name_makes_no_section_gets_one_by_name() {
    let world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    world.write_config(section("profile \"my prof\"", &key));
    world
        .sign_in(&mfa, ["-p", "my prof"])
        .failed(3, "does not make a section name")
        .said("--to NAME");
    world
        .sign_in(&mfa, ["-p", "my prof", "--to", "mine"])
        .succeeded();
    assert_eq!(world.issued_to("mine"), Some(user.arn));
}

/// Only `login` has `--to` and `--yes`, and others meet the same sections.
#[test]
fn what_is_advised_works_for_whoever_ran_another_command() {
    for (target, advised) in [
        (
            "aws_access_key_id = AKIALONGTERM00000000\naws_secret_access_key = k\n",
            &["login", "--to", "mine"][..],
        ),
        (
            "aws_access_key_id = ASIAFOREIGN000000000\naws_secret_access_key = k\n\
             aws_session_token = t\n",
            &["login", "--yes"],
        ),
    ] {
        let (mut world, user, mfa) = world_with(&format!("[default-mfa]\n{target}"));
        world.lenient = true;
        world.set("AWSMFA_TOKEN_CODE", &world.aws.code(&mfa.serial));
        for command in [&["exec", "true"][..], &["credential-process"]] {
            world
                .run(command)
                .failed(3, "section [default-mfa] holds")
                .said(&format!("`awsmfa {}", advised[..2].join(" ")));
        }
        assert_eq!(world.codes_sent().len(), 0);
        let section = advised.get(2).unwrap_or(&"default-mfa");
        world.run(advised).succeeded();
        assert_eq!(world.issued_to(section), Some(user.arn));
    }
}
