//! What others write into the file while a person is being asked for the code: it stays, unless
//! signing in has become something that must not be done.

use std::fs;

use crate::concurrency::foreign;
use crate::local_aws::Mfa;
use crate::pty::Session;
use crate::world::{World, value_of};

/// A run that has read the file and asks for the code.
fn asking(world: &World, arguments: &[&str]) -> Session {
    let mut session = world.terminal(arguments).start();
    session.expect("MFA code");
    session
}

fn with_sections() -> (World, Mfa) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let file = world.credentials();
    world.write_credentials(format!(
        "# one\n{file}[dev]\nx = 1\n[default-mfa]\n# note\n"
    ));
    (world, mfa)
}

/// Both kinds of editor: those that write into the file, and those that rename a new one over it.
#[test]
fn what_an_editor_saves_while_the_code_is_asked_for_stays() {
    for renames in [false, true] {
        let (world, mfa) = with_sections();
        let mut session = asking(&world, &[]);
        let edited = world
            .credentials()
            .replace("# one", "# two\n# three")
            .replace("x = 1", "x = 2\ny = 3")
            .replace(
                "# note\n",
                "# other note\nregion = eu-west-1\n[new]\nz = 1\n",
            );
        if renames {
            let other = world.path(".aws/credentials~");
            fs::write(&other, &edited).unwrap();
            fs::rename(other, world.credentials_path()).unwrap();
        } else {
            world.write_credentials(&edited);
        }
        session.send_line(&world.aws.code(&mfa.serial));
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
        assert!(world.issued_to("default-mfa").is_some());
        assert_eq!(foreign(&world.credentials()), foreign(&edited));
    }
}

/// A deleted file is written anew: the key came from the config file, and nothing else was asked.
#[test]
fn a_file_that_comes_or_goes_while_the_code_is_asked_for_is_taken_as_it_is() {
    let (world, mfa) = with_sections();
    let source = world.credentials();
    world.write_config(source);
    for now in [Some("# new\n[dev]\nx = 1\n"), None] {
        let mut session = asking(&world, &["--force"]);
        fs::remove_file(world.credentials_path()).unwrap();
        if let Some(now) = now {
            world.write_credentials(now);
        }
        session.send_line(&world.aws.code(&mfa.serial));
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
        assert!(
            world
                .credentials()
                .starts_with(now.unwrap_or("[default-mfa]\n"))
        );
        assert!(world.issued_to("default-mfa").is_some());
    }
}

/// What is refused when it is there from the start is refused when it comes late, too.
#[test]
fn what_must_not_be_overwritten_is_safe_even_if_it_comes_while_the_code_is_asked_for() {
    let long_term = "aws_access_key_id = AKIAPRECIOUS00000000\naws_secret_access_key = precious\n";
    let foreign = "aws_access_key_id = ASIAPRECIOUS00000000\naws_secret_access_key = precious\n\
                   aws_session_token = precious\n";
    for (comes, code, reason) in [
        (format!("[default-mfa]\n{long_term}"), 3, "long-term key"),
        (format!("[ default-mfa ]\n{long_term}"), 3, "long-term key"),
        (
            format!("[default-mfa]\n{foreign}"),
            3,
            "another tool has just written",
        ),
        (
            "[default-mfa]\nrole_arn = x\n".to_owned(),
            3,
            "would ignore",
        ),
        (
            "[default-mfa]\nnot a setting\n".to_owned(),
            7,
            "cannot be understood",
        ),
        ("\0".to_owned(), 7, "NUL"),
    ] {
        let (world, mfa) = with_sections();
        let mut session = asking(&world, &[]);
        let edited = world.credentials().replace("[default-mfa]\n", &comes) + &comes;
        world.write_credentials(&edited);
        session.send_line(&world.aws.code(&mfa.serial));
        let finished = world.finish(session);
        assert_eq!(finished.code, code, "{}", finished.shown);
        assert!(finished.shown.contains(reason), "{}", finished.shown);
        // A code is gone, which is said.
        assert!(
            finished.shown.contains("this one is used up"),
            "{}",
            finished.shown
        );
        assert_eq!(world.credentials(), edited);
        assert_eq!(world.names(), ["awsmfa", "credentials", "credentials.lock"]);
    }
}

/// Consent given beforehand is for whatever comes.
#[test]
fn with_consent_temporary_keys_that_come_while_the_code_is_asked_for_are_replaced() {
    let (world, mfa) = with_sections();
    let mut session = asking(&world, &["--yes"]);
    let theirs = "[default-mfa]\naws_access_key_id = ASIAOLDOLDOLDOLDOLD1\n\
                  aws_secret_access_key = oldold\naws_session_token = oldold\n";
    let edited = world.credentials().replace("[default-mfa]\n", theirs);
    world.write_credentials(edited);
    session.send_line(&world.aws.code(&mfa.serial));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert!(world.issued_to("default-mfa").is_some());
    assert!(!world.credentials().contains("old"));
}

/// The person answers, and meanwhile another run of ours has filled in the same section.
#[test]
fn of_two_runs_for_one_section_the_later_one_stays_whole() {
    let (world, mfa) = with_sections();
    let mut session = asking(&world, &[]);
    let code = world.aws.code(&mfa.serial);
    world.run(["-t", &code]).succeeded();
    let first = world.value("default-mfa", "aws_access_key_id").unwrap();
    session.send_line(&world.aws.code(&mfa.serial));
    assert_eq!(world.finish(session).code, 0);
    let file = world.credentials();
    let second = value_of(&file, "default-mfa", "aws_access_key_id").unwrap();
    assert_ne!(first, second);
    assert_eq!(file.matches("ASIA").count(), 1, "{file}");
    assert_eq!(file.matches("aws_session_token").count(), 1, "{file}");
}
