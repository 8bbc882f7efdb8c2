//! The section to write, and the ones that must not be written.

use super::super::Target;
use super::*;

fn to(section: &str) -> Request {
    Request {
        section: Some(section.to_owned()),
        ..Request::default()
    }
}

#[test]
fn the_section_is_named_by_flag_then_by_the_profile_then_after_it() {
    let config = "[default]\nawsmfa_profile = session\n";
    for (config, request, expected, origin) in [
        (config, to("mine"), "mine", "--to"),
        (config, Request::default(), "session", "config:2"),
        ("", Request::default(), "default-mfa", "default"),
    ] {
        let plan = World {
            config,
            credentials: KEYS,
            request,
            ..World::default()
        }
        .plan();
        assert_eq!(plan.section.value, expected);
        assert_eq!(plan.section.origin.to_string(), origin);
    }
}

#[test]
fn a_section_name_that_some_reader_would_not_take_is_refused() {
    for name in ["profile x", "a]", "a\n[b", "é", "", "a b"] {
        World {
            credentials: KEYS,
            request: to(name),
            ..World::default()
        }
        .refused(Kind::Usage, "not a section name", "--to");
    }
    let failure = World {
        credentials: &KEYS.replace("[bob]", "[bob smith]"),
        request: profile("bob smith"),
        ..World::default()
    }
    .failure();
    assert_eq!(failure.kind(), Kind::Configuration);
    assert!(failure.advice()[0].contains("--to NAME"), "{failure:?}");
}

#[test]
fn a_long_term_key_is_never_in_the_way() {
    World {
        credentials: KEYS,
        request: to("default"),
        ..World::default()
    }
    .refused(Kind::Usage, "holds the key to sign in with", "--to");
    World {
        credentials: KEYS,
        request: to("bob"),
        ..World::default()
    }
    .refused(
        Kind::Configuration,
        "holds a long-term key",
        "credentials:6",
    );
    for lines in [
        "aws_access_key_id = AKIAXXXXXXXXXXXXXXXX\naws_secret_access_key = x\naws_session_token = t",
        "aws_access_key_id = SOMETHINGELSE01234\naws_secret_access_key = x",
        "aws_secret_access_key = x",
        "aws_access_key_id = AKIAXXXXXXXXXXXXXXXX\nawsmfa_source = default",
        "aws_access_key_id = AKIAXXXXXXXXXXXXXXXX\naws_session_token = t\nawsmfa_source = default\nawsmfa_issued_key_id = AKIAYYYYYYYYYYYYYYYY",
        "aws_access_key_id = AKIAXXXXXXXXXXXXXXXX\naws_secret_access_key = x\n[x]\naws_access_key_id = ASIAXXXXXXXXXXXXXXXX\naws_secret_access_key = x\naws_session_token = t",
    ] {
        World {
            credentials: &format!("{KEYS}[x]\n{lines}\n"),
            request: to("x"),
            ..World::default()
        }
        .refused(
            Kind::Configuration,
            "holds a long-term key",
            "credentials:9",
        );
    }
}

#[test]
fn a_key_that_we_were_issued_is_temporary_whatever_it_looks_like() {
    let ours = "aws_access_key_id = AKIAYYYYYYYYYYYYYYYY\naws_secret_access_key = x\naws_session_token = t\nawsmfa_source = default\nawsmfa_issued_key_id = AKIAYYYYYYYYYYYYYYYY\n";
    let plan = World {
        credentials: &format!("{KEYS}[x]\n{ours}"),
        request: to("x"),
        ..World::default()
    }
    .plan();
    assert!(matches!(plan.target, Target::Ours(_)));
}

#[test]
fn a_section_whose_keys_would_be_ignored_is_refused_at_the_line_that_outranks_them() {
    for key in [
        "role_arn",
        "web_identity_token_file",
        "sso_session",
        "sso_account_id",
        "sso_start_url",
    ] {
        for name in ["x", "default"] {
            let header = if name == "x" { "profile x" } else { "default" };
            World {
                config: &format!("[{header}]\noutput = json\n{key} =\n"),
                credentials: &KEYS.replace("[default]", "[alice]"),
                request: Request {
                    profile: Some("alice".into()),
                    ..to(name)
                },
                ..World::default()
            }
            .refused(Kind::Configuration, key, "config:3");
        }
        World {
            credentials: &format!("{KEYS}[x]\n{key} = y\n"),
            request: to("x"),
            ..World::default()
        }
        .refused(Kind::Configuration, key, "credentials:9");
    }
    World {
        config: "[profile default]\nrole_arn = y\n",
        credentials: &KEYS.replace("[default]", "[alice]"),
        request: Request {
            profile: Some("alice".into()),
            ..to("default")
        },
        ..World::default()
    }
    .refused(Kind::Configuration, "role_arn", "config:2");
}

#[test]
fn a_credential_process_beside_our_keys_is_worth_a_warning() {
    let plan = World {
        config: "[profile x]\ncredential_process = y\n",
        credentials: KEYS,
        request: to("x"),
        ..World::default()
    }
    .plan();
    assert!(
        plan.warnings
            .iter()
            .any(|text| text.starts_with("config:2:")),
        "{:?}",
        plan.warnings
    );
    assert!(matches!(plan.target, Target::Absent));
}

#[test]
fn what_is_in_the_section_decides_whether_to_ask() {
    let temporary = "aws_access_key_id = ASIATEMPORARYTEMPO01\naws_secret_access_key = x\naws_session_token = t\n";
    let state = |lines: &str| {
        World {
            credentials: &format!("{KEYS}[x]\n{lines}"),
            request: to("x"),
            ..World::default()
        }
        .plan()
        .target
    };
    assert!(matches!(state("region = eu-west-1\n"), Target::Free));
    assert!(matches!(
        state("aws_access_key_id =\naws_secret_access_key =\n"),
        Target::Free
    ));
    assert!(matches!(
        state(&format!("{temporary}x_security_token_expires = 2026-11-21T22:04:00+01:00\n")),
        Target::Foreign { line: 8, expires: Some(at) } if at.to_string() == "2026-11-21T21:04:00Z"
    ));
    assert!(matches!(
        state(temporary),
        Target::Foreign { expires: None, .. }
    ));
    assert!(matches!(
        state("aws_access_key_id = ASIATEMPORARYTEMPO01\naws_secret_access_key = x\n"),
        Target::Foreign { .. }
    ));
    let Target::Ours(session) = state(&format!(
        "{temporary}expiration = 2026-11-21T21:04:00Z\nawsmfa_source = default\n"
    )) else {
        panic!("the section is ours");
    };
    assert!(session.complete);
    assert_eq!(session.key_id, "ASIATEMPORARYTEMPO01");
    let none = World {
        credentials: KEYS,
        request: to("x"),
        ..World::default()
    };
    assert!(matches!(none.plan().target, Target::Absent));
}
