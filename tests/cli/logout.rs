//! Signing out: what goes, what stays, and that nothing else is touched.

use serde_json::json;

use crate::local_aws::Mfa;
use crate::world::{NOTHING, World, section};

/// Temporary keys of some other tool.
const FOREIGN: &str = "\n[other]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
    aws_secret_access_key = what-another-tool-wrote\n\
    aws_session_token = what-another-tool-wrote\n\
    x_security_token_expires = 2020-01-01T00:00:00Z\n";

const EXPIRED: &str = "\n[old]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
    aws_secret_access_key = long-out-of-use\n\
    aws_session_token = long-out-of-use\n\
    expiration = 2020-01-01T00:00:00Z\nawsmfa_source = default\n";

/// Somebody who has not signed in yet, with this below the long-term key.
fn world(more: &str) -> (World, Mfa, String) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_credentials(world.credentials() + more);
    let before = world.credentials();
    (world, mfa, before)
}

#[test]
fn signing_in_and_out_leaves_the_file_as_it_was() {
    for more in [
        "",
        FOREIGN,
        "# the end\n",
        "\n",
        "\n[b]\nregion = x\n\n\n",
        "\n[b]\nregion = x\r\n",
    ] {
        let (world, mfa, before) = world(more);
        world.sign_in(&mfa, NOTHING).succeeded();
        world.aws.clear_log();
        let run = world.run(["logout"]).succeeded();
        assert_eq!(run.stdout, "");
        assert_eq!(run.stderr, "signed out: section [default-mfa] is removed\n");
        assert_eq!(world.credentials(), before, "{more:?}");
        assert_eq!(world.aws.log().len(), 0, "AWS is not told");
        // The same again has nothing to do, and does nothing.
        let run = world.run(["logout"]).succeeded();
        run.said("nothing to do: section [default-mfa] does not exist");
        assert_eq!(world.credentials(), before);
    }
}

#[test]
fn the_section_is_found_by_its_own_name_and_by_that_of_its_profile() {
    for arguments in [
        &["-p", "default", "logout"][..],
        &["logout", "-p", "short"],
        &["logout"],
    ] {
        let (world, mfa, before) = world("");
        world.write_config("[default]\nawsmfa_profile = short\n");
        world.sign_in(&mfa, NOTHING).succeeded();
        world.run(arguments).succeeded_for(&arguments.join(" "));
        assert_eq!(world.credentials(), before, "{arguments:?}");
    }
}

#[test]
fn a_section_can_be_signed_out_of_when_its_source_is_gone() {
    let world = World::new();
    for name in ["old", "default"] {
        world.write_credentials(EXPIRED);
        world.run(["logout", "-p", name]).succeeded_for(name);
        assert_eq!(world.credentials(), "\n");
    }
    world.write_config("[profile old]\nsso_session = s\n");
    world.write_credentials(EXPIRED);
    world.run(["logout", "-p", "old"]).succeeded();
    assert_eq!(world.credentials(), "\n");
}

#[test]
fn another_tools_section_and_a_long_term_key_are_never_removed() {
    let world = World::new();
    let user = world.aws.user("alice");
    let key = world.key(&user);
    let mine = section("mine", &key) + "awsmfa_source = default\n";
    let file = section("default", &key) + FOREIGN + &mine;
    world.write_credentials(&file);
    for arguments in [
        &["logout", "-p", "other"][..],
        &["logout", "-p", "mine"],
        &["logout"],
        &["logout", "--all"],
        &["logout", "--expired"],
    ] {
        world
            .run(arguments)
            .succeeded_for(&arguments.join(" "))
            .said("nothing to do");
        assert_eq!(world.credentials(), file, "{arguments:?}");
    }
    assert_eq!(world.names(), ["credentials"], "not even a lock");
}

#[test]
fn all_and_expired_take_what_they_say() {
    let (world, mfa, before) = world(FOREIGN);
    world.sign_in(&mfa, NOTHING).succeeded();
    let signed_in = world.credentials();
    world.write_credentials(signed_in.clone() + EXPIRED);
    world
        .run(["logout", "--expired"])
        .succeeded()
        .said("section [old] is removed");
    assert_eq!(world.credentials(), signed_in);
    world.write_credentials(signed_in + EXPIRED);
    let run = world.run(["logout", "--all"]).succeeded();
    run.said("[default-mfa] is removed")
        .said("[old] is removed");
    assert_eq!(world.credentials(), before);
}

/// The sections are gone by then.
#[test]
fn what_was_removed_is_told_where_the_rest_cannot_be_swept() {
    for json in [false, true] {
        let (world, mfa, before) = world("");
        world.sign_in(&mfa, NOTHING).succeeded();
        std::fs::write(world.path(".aws/awsmfa"), "").unwrap();
        let output: &[&str] = if json { &["--output", "json"] } else { &[] };
        let run = world.run([&["logout", "--all"], output].concat());
        assert_eq!(world.credentials(), before);
        if json {
            assert_eq!(run.json()[0]["action"], "removed");
        } else {
            run.said("signed out: section [default-mfa] is removed\nerror: ");
        }
        run.failed(7, ".aws/awsmfa").said("move that file away");
    }
}

#[test]
fn a_comment_at_a_credential_stays_when_that_is_renewed_and_when_it_goes() {
    let (world, mfa, before) = world("");
    world.sign_in(&mfa, NOTHING).succeeded();
    let commented = world
        .credentials()
        .replace("\naws_session_token", "\n  # keep me\naws_session_token");
    world.write_credentials(commented.replace("expiration = ", "# me, too\nexpiration = "));
    world.sign_in(&mfa, NOTHING).succeeded();
    let renewed = world.credentials();
    assert!(
        renewed.contains("\n# keep me\naws_session_token"),
        "{renewed}"
    );
    let behind = renewed.replace("\nawsmfa_source =", " # until then\nawsmfa_source =");
    world.write_credentials(behind);
    world.run(["logout"]).succeeded().said("3 comments");
    let left = before + "\n[default-mfa]\n# keep me\n# me, too\n# until then\n";
    assert_eq!(world.credentials(), left);
}

#[test]
fn what_a_person_added_to_a_section_stays_and_is_said() {
    let (world, mfa, before) = world("");
    world.sign_in(&mfa, NOTHING).succeeded();
    world.write_credentials(
        world
            .credentials()
            .replace("[default-mfa]\n", "[default-mfa]\n# mine\noutput = json\n"),
    );
    let run = world.run(["logout"]).succeeded();
    run.said("[default-mfa] has no credentials any more")
        .said("it also holds `output`, a comment");
    let left = before + "\n[default-mfa]\n# mine\noutput = json\n";
    assert_eq!(world.credentials(), left);
    world.run(["logout"]).succeeded().said("nothing to do");
    // It can be signed in to again.
    world.sign_in(&mfa, NOTHING).succeeded();
    assert!(world.credentials().starts_with(&left));
}

#[test]
fn the_document_lists_what_was_removed() {
    let (world, mfa, _) = world("");
    world.sign_in(&mfa, NOTHING).succeeded();
    let value = |key| world.value("default-mfa", key);
    let expected = json!([{
        "action": "removed",
        "section": "default-mfa",
        "file": world.credentials_path().display().to_string(),
        "role_arn": null,
        "access_key_id": value("aws_access_key_id"),
        "expiration": value("expiration"),
        "kept_keys": [],
        "kept_comments": 0,
    }]);
    let run = world.run(["logout", "--output", "json"]).succeeded();
    assert_eq!((run.json(), run.stderr.as_str()), (expected, ""));
    let run = world.run(["logout", "--output", "json"]).succeeded();
    assert_eq!(run.json(), json!([]));
}

#[test]
fn nobody_named_and_nobody_there_is_nothing_to_do() {
    let world = World::new();
    world
        .run(["logout"])
        .succeeded()
        .said("nothing to do: there is no profile `default`; you are not signed in");
    assert_eq!(world.names(), Vec::<String>::new());
    world.run(["logout", "-p", "nobody"]).failed(3, "`nobody`");
}

/// What is there is named, so that the next try can be the right one.
#[test]
fn signing_out_of_the_wrong_profile_says_who_is_signed_in() {
    let world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    world.write_credentials(section("corp", &key) + &section("side", &key));
    world
        .sign_in(&mfa, ["-p", "corp", "--serial-number", &mfa.serial])
        .succeeded();
    let signed_in = ". Signed in: corp-mfa (sign out of all: awsmfa logout --all)";
    let before = world.credentials();
    for (arguments, why) in [
        (&["logout"][..], "there is no profile `default`"),
        (
            &["logout", "-p", "side"],
            "section [side-mfa] does not exist, or awsmfa did not write it",
        ),
    ] {
        let run = world.run(arguments).succeeded();
        run.said(&format!("nothing to do: {why}{signed_in}"));
    }
    assert_eq!(world.credentials(), before);
    world
        .run(["logout", "-p", "corp"])
        .succeeded()
        .said("[corp-mfa] is removed");
    world
        .run(["logout", "-p", "corp"])
        .succeeded()
        .said("; you are not signed in");
}

#[test]
fn one_section_and_many_contradict_each_other() {
    let (world, _, before) = world(EXPIRED);
    for arguments in [
        &["logout", "--all", "--expired"][..],
        &["logout", "--all", "-p", "old"],
        &["-p", "old", "logout", "--expired"],
    ] {
        assert_eq!(world.run(arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(world.credentials(), before);
}

#[test]
fn a_section_that_cannot_be_understood_is_refused_with_its_line() {
    let (world, _, before) = world(&format!("{EXPIRED}what is this\n"));
    let place = format!(
        "{}:{}",
        world.credentials_path().display(),
        before.lines().count()
    );
    world.run(["logout", "--all"]).failed(7, &place);
    assert_eq!(world.credentials(), before);
}
