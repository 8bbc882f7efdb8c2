//! Which sections belong to a hands-on user, and which names are free.

use zeroize::Zeroizing;

use super::*;
use crate::profile::File;

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

fn files(credentials: &str, config: &str) -> Files {
    let file = |path: &str, text: &str, flavor| File {
        path: path.into(),
        document: Document::parse(Zeroizing::new(text.into()), flavor).unwrap(),
    };
    Files {
        config: file("config", config, Flavor::Config),
        credentials: file("credentials", credentials, Flavor::Credentials),
    }
}

fn places() -> Places {
    Places {
        key: "alice".to_owned(),
        role: "dev".to_owned(),
        section: "session-token".to_owned(),
    }
}

const KEY_LINES: &str = "aws_access_key_id = AKIA1\naws_secret_access_key = s\n";
const SESSION: &str = "aws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t\nawsmfa_source = alice\n";

#[test]
fn what_was_made_for_the_user_is_found_by_its_marks() {
    let files = files(
        &format!(
            "[other]\n{KEY_LINES}[alice]\n{MARK} = {ALICE}\n{KEY_LINES}[session-token]\n{SESSION}"
        ),
        &format!("[profile dev]\nrole_arn = r\n{MARK} = {ALICE}\n[profile x]\nrole_arn = r\n"),
    );
    let found = Found::read(&files, ALICE);
    assert_eq!(found.key_in("alice"), Some(Some("AKIA1")));
    assert_eq!(found.key_in("other"), None);
    assert_eq!(found.role_in("dev").unwrap().get("role_arn"), Some("r"));
    assert_eq!(found.sections, ["session-token"]);
    assert_eq!(users(&files), [ALICE]);
    let document = &files.credentials.document;
    let named = |keys: &[&str]| {
        let taken = made(document, Flavor::Credentials, ALICE, keys);
        let names = taken.into_iter().map(|(name, _)| name);
        names.chain(sessions(document, keys)).collect::<Vec<_>>()
    };
    assert_eq!(named(&["alice"]), ["alice", "session-token"]);
    // A profile whose key is not the user's stays, and with it what it has made.
    assert!(named(&[]).is_empty());
}

#[test]
fn a_name_is_free_or_was_given_to_this_user_before() {
    let mark = format!("{MARK} = {ALICE}\n");
    let bob = format!("{MARK} = arn:aws:iam::123456789012:user/bob\n");
    for (credentials, config, flag) in [
        (String::new(), String::new(), None),
        (
            format!("[alice]\n{mark}"),
            format!("[profile dev]\n{mark}"),
            None,
        ),
        (
            format!("[alice]\n{mark}[session-token]\n{SESSION}"),
            String::new(),
            None,
        ),
        (
            "[alice]\nregion = eu-west-1\n".to_owned(),
            String::new(),
            None,
        ),
        (format!("[alice]\n{KEY_LINES}"), String::new(), Some("--to")),
        (
            format!("[alice]\n{bob}{KEY_LINES}"),
            String::new(),
            Some("--to"),
        ),
        (format!("[a]\n{mark}"), String::new(), Some("--to")),
        (
            String::new(),
            "[profile dev]\n".to_owned(),
            Some("--role-profile"),
        ),
        (
            String::new(),
            format!("[profile dev]\n{bob}"),
            Some("--role-profile"),
        ),
        (
            String::new(),
            format!("[profile d]\n{mark}"),
            Some("--role-profile"),
        ),
        (
            format!("[session-token]\n{KEY_LINES}"),
            String::new(),
            Some("--section"),
        ),
        (
            format!("[session-token]\n{}", SESSION.replace("alice", "work")),
            String::new(),
            Some("--section"),
        ),
        (
            String::new(),
            "[profile session-token]\n".to_owned(),
            Some("--section"),
        ),
        // Temporary credentials of another tool, nothing but these, are asked about at the sign-in.
        (
            format!(
                "[session-token]\n{}",
                SESSION.replace("awsmfa_source = alice\n", "")
            ),
            String::new(),
            None,
        ),
        (
            format!(
                "[session-token]\n{}",
                SESSION.replace("awsmfa_source = alice\n", "")
            ),
            "[profile session-token]\n".to_owned(),
            Some("--section"),
        ),
        // Two profiles do not share a section; they may have done so before.
        (
            String::new(),
            format!("[profile d]\nawsmfa_profile = session-token\n{bob}"),
            Some("--section"),
        ),
        (
            String::new(),
            format!(
                "[profile dev]\nawsmfa_profile = session-token\n{mark}[profile d]\nawsmfa_profile = session-token\n{bob}"
            ),
            None,
        ),
    ] {
        let outcome = check_free(&files(&credentials, &config), &places(), ALICE);
        let advice = outcome.map_err(|failure| failure.advice().join(" "));
        match flag {
            None => assert_eq!(advice, Ok(()), "{credentials}{config}"),
            Some(flag) => assert!(
                advice.as_ref().is_err_and(|advice| advice.contains(flag)),
                "{advice:?} {credentials}{config}"
            ),
        }
    }
}

#[test]
fn three_different_names_that_every_tool_reads() {
    places().check().unwrap();
    for change in [
        |places: &mut Places| places.key = "a,b".to_owned(),
        |places: &mut Places| places.role = "alice".to_owned(),
        |places: &mut Places| places.section = "dev".to_owned(),
        |places: &mut Places| places.section = "a b".to_owned(),
    ] {
        let mut places = places();
        change(&mut places);
        assert_eq!(places.check().unwrap_err().kind(), Kind::Usage);
    }
}
