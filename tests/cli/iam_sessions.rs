//! A session that is there, that IAM commands go on with, and that AWS does not take any more.

use crate::local_aws::{Fault, Mfa, Preset, UserHandle};
use crate::world::{World, section};

const NOTE: &str =
    "note: AWS does not take the session in [default-mfa] any more, so a new one is needed";
const ASKED: &str = "an MFA code is needed and there is no terminal to ask for it";

/// Somebody who may do everything with MFA, and is signed in.
fn signed_in(options: &[&str]) -> (World, UserHandle, Mfa) {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::DenyWithoutMfa);
    world.write_credentials(section("default", &world.key(&user)));
    let mfa = world.virtual_mfa(&user);
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    world.sign_in(&mfa, options.to_vec()).succeeded();
    world.aws.clear_log();
    (world, user, mfa)
}

#[cfg(unix)]
const EXPIRED: Fault = Fault::Error {
    status: 403,
    code: "ExpiredToken",
    message: "The security token included in the request is expired",
};

const UNKNOWN: Fault = Fault::Error {
    status: 403,
    code: "InvalidClientTokenId",
    message: "The security token included in the request is invalid.",
};

#[test]
fn where_nobody_can_give_a_code_the_ways_to_give_one_are_named() {
    let (mut world, _, _) = signed_in(&["-d", "900"]);
    world.lenient = true;
    world.aws.advance(1_000);
    let before = world.credentials();
    let run = world.run(["key", "list"]).failed(4, ASKED);
    run.said(NOTE).said("--token-code").said("mfa_process");
    assert!(!run.stderr.contains("sign in again"), "{}", run.stderr);
    assert_eq!(world.credentials(), before);
    assert_eq!(world.aws.count("GetSessionToken"), 0);
}

/// To find out that the key itself is off costs no code.
#[test]
fn a_key_that_is_off_is_told_before_a_code_is_asked_for() {
    let (mut world, _, _) = signed_in(&[]);
    world.lenient = true;
    // Its session lives on, and then AWS does not take that either.
    world.aws.fault_rule("ListAccessKeys", UNKNOWN, 1, Some(1));
    let id = world.value("default", "aws_access_key_id").unwrap();
    world.aws.fault_rule("GetCallerIdentity", UNKNOWN, 1, None);
    let run = world.run(["key", "list"]);
    let run = run.failed(5, &format!("AWS does not accept access key {id}"));
    run.said(NOTE);
    assert_eq!(world.aws.count("GetSessionToken"), 0);
}

#[cfg(unix)]
#[test]
fn a_session_that_aws_takes_for_expired_is_made_anew_and_the_call_made_again() {
    type Spoil = fn(&World);
    let table: [(&str, Spoil); 3] = [
        ("the clock has gone on", |world| world.aws.advance(1_000)),
        ("expired", |world| {
            world.aws.fault_rule("ListAccessKeys", EXPIRED, 1, Some(1));
        }),
        ("not accepted", |world| {
            world.aws.fault_rule("ListAccessKeys", UNKNOWN, 1, Some(1));
        }),
    ];
    for (case, spoil) in table {
        let (mut world, user, mfa) = signed_in(&["-d", "900"]);
        world.lenient = true;
        let before = world.value("default-mfa", "aws_access_key_id");
        spoil(&world);
        let mut session = world.terminal(["key", "list"]).start();
        session.expect("(profile default): ");
        session.send_line(&world.aws.code_at(&mfa.serial, 1));
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{case}: {}", finished.shown);
        assert!(finished.shown.contains(NOTE), "{case}: {}", finished.shown);
        assert_ne!(world.value("default-mfa", "aws_access_key_id"), before);
        assert_eq!(world.issued_to("default-mfa"), Some(user.arn), "{case}");
        assert_eq!(world.aws.count("GetSessionToken"), 1, "{case}");
    }
}

#[cfg(unix)]
#[test]
fn a_session_that_aws_refuses_although_it_is_new_is_not_made_again() {
    let (mut world, _, mfa) = signed_in(&[]);
    world.lenient = true;
    world.aws.fault_rule("ListAccessKeys", UNKNOWN, 1, None);
    let mut session = world.terminal(["key", "list"]).start();
    session.expect("(profile default): ");
    session.send_line(&world.aws.code_at(&mfa.serial, 1));
    let finished = world.finish(session);
    assert_eq!(finished.code, 5, "{}", finished.shown);
    assert!(finished.shown.contains("AWS does not accept the temporary"));
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(world.aws.count("ListAccessKeys"), 3);
}

/// For an administrator the session comes first, and nothing is denied before it.
#[cfg(unix)]
#[test]
fn an_administrator_s_session_is_made_anew_too() {
    let (mut world, _, mfa) = signed_in(&["-d", "900"]);
    world.lenient = true;
    world.aws.user("bob");
    world.aws.advance(1_000);
    let mut session = world.terminal(["key", "list", "--user", "bob"]).start();
    session.expect("(profile default): ");
    session.send_line(&world.aws.code_at(&mfa.serial, 1));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert!(finished.shown.contains(NOTE), "{}", finished.shown);
}

#[cfg(unix)]
#[test]
fn calls_that_are_refused_at_once_sign_in_once() {
    let (mut world, user, mfa) = signed_in(&[]);
    world.lenient = true;
    world.key(&user);
    let twice = Some(2);
    world
        .aws
        .fault_rule("GetAccessKeyLastUsed", EXPIRED, 0, twice);
    let mut session = world.terminal(["key", "list"]).start();
    session.expect("(profile default): ");
    session.send_line(&world.aws.code_at(&mfa.serial, 1));
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(
        finished.shown.matches(NOTE).count(),
        1,
        "{}",
        finished.shown
    );
    assert!(!finished.shown.contains("unknown"), "{}", finished.shown);
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(world.aws.count("GetAccessKeyLastUsed"), 4);
}
