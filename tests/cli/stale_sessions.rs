//! Sessions that are there and cannot be used, and roles that a session does not open.

use std::process::Child;

use crate::local_aws::{Fault, Mfa, Trust, UserHandle, When};
use crate::one_code::{assumed, key_id, renewed_with_a_note, role_profile, user_with_roles};
use crate::told::Told;
use crate::world::{NOTHING, World};

/// A session in [default-mfa], and a profile `dev` that was not signed in to.
fn signed_in() -> (World, UserHandle, Mfa) {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev"]);
    world.sign_in(&mfa, NOTHING).succeeded();
    world.aws.clear_log();
    (world, user, mfa)
}

/// Writes another value in the place of one.
fn replace(world: &World, section: &str, key: &str, value: &str) {
    let old = world.value(section, key).unwrap();
    let text = world.credentials();
    let (before, after) = text.split_once(&format!("[{section}]\n")).unwrap();
    let line = |value: &str| format!("{key} = {value}\n");
    assert!(after.contains(&line(&old)));
    let after = after.replacen(&line(&old), &line(value), 1);
    world.write_credentials(format!("{before}[{section}]\n{after}"));
}

#[test]
fn a_session_that_is_not_good_enough_is_made_anew_before_a_role_is_asked_for() {
    type Spoil = fn(&World, &UserHandle, &Mfa);
    let table: [(&str, Spoil); 9] = [
        ("expired", |world, _, _| {
            replace(world, "default-mfa", "expiration", "2020-01-01T00:00:00Z");
        }),
        ("no expiry", |world, _, _| {
            replace(world, "default-mfa", "expiration", "soon");
        }),
        ("an end that AWS never grants", |world, _, _| {
            replace(world, "default-mfa", "expiration", "9999-01-01T00:00:00Z");
        }),
        ("a part is gone", |world, _, _| {
            replace(world, "default-mfa", "aws_session_token", "");
        }),
        ("a part in two lines", |world, _, _| {
            let token = world.value("default-mfa", "aws_session_token").unwrap();
            let (one, other) = token.split_at(token.len() / 2);
            let broken = format!("{one}\n  {other}");
            replace(world, "default-mfa", "aws_session_token", &broken);
            let status = world.run(["status"]).stdout;
            assert!(status.contains(" damaged\n"), "{status}");
        }),
        ("another key", |world, user, _| {
            let key = world.key(user);
            replace(world, "default", "aws_access_key_id", &key.id);
            replace(world, "default", "aws_secret_access_key", &key.secret);
        }),
        ("another source", |world, _, _| {
            replace(world, "default-mfa", "awsmfa_source", "somebody");
        }),
        ("another device", |world, _, _| {
            let other = "arn:aws:iam::123456789012:mfa/other";
            replace(world, "default-mfa", "awsmfa_mfa_serial", other);
        }),
        ("a role's", |world, _, _| {
            let text = world.credentials();
            world.write_credentials(text.replacen(
                "awsmfa_mfa_serial",
                "awsmfa_role_arn = arn:aws:iam::123456789012:role/x\nawsmfa_mfa_serial",
                1,
            ));
        }),
    ];
    for (case, spoil) in table {
        let (mut world, user, mfa) = signed_in();
        spoil(&world, &user, &mfa);
        let before = world.credentials();
        world.run(["-p", "dev"]).failed(4, "an MFA code is needed");
        assert_eq!(world.credentials(), before, "{case}");
        assert_eq!(world.aws.log().len(), 0, "{case}");
        world.set("AWSMFA_TOKEN_CODE", &world.aws.code(&mfa.serial));
        world.run(["-p", "dev"]).succeeded_for(case);
        assert_eq!(world.issued_to("default-mfa"), Some(user.arn), "{case}");
        assert_eq!(world.issued_to("dev-mfa"), assumed("dev"), "{case}");
        assert_eq!(world.aws.count("AssumeRole"), 1, "{case}");
    }
}

/// Who edits the file or puts the clock back by days does not keep a dead key for ever.
#[test]
fn an_end_later_than_aws_grants_is_unknown_and_renewed_with_the_reason() {
    let (world, _, mfa) = signed_in();
    replace(&world, "default-mfa", "expiration", "9999-01-01T00:00:00Z");
    world
        .run(["status", "--check", "1m"])
        .failed(4, "which is later than AWS grants")
        .said("next: `awsmfa -p default-mfa` signs in");
    let row = world.run(["status", "--output", "json"]).succeeded().json();
    assert_eq!(row[0]["state"], "unknown");
    assert!(row[0]["remaining_seconds"].is_null());
    world
        .run(["credential-process"])
        .failed(4, "an MFA code is needed");
    let code = world.aws.code(&mfa.serial);
    world
        .run(["env", "--shell", "json", "--verbose"])
        .failed(4, "an MFA code is needed")
        .said("renewing: their end is later than AWS grants");
    world.sign_in(&mfa, ["-p", "default"]).succeeded();
    assert_eq!(world.codes_sent(), [code]);
    world.run(["status", "--check", "11h"]).succeeded();
}

#[test]
fn a_session_opens_roles_until_five_minutes_before_its_end() {
    let (mut world, _, mfa) = signed_in();
    let id = key_id(&world, "default-mfa");
    let ends_in = |minutes| {
        let end = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
        let end = end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        replace(&world, "default-mfa", "expiration", &end);
    };
    ends_in(6);
    // What is asked of the role is not asked of the session: the role lasts as long as it lasts.
    let long = ["-p", "dev", "--min-ttl", "30m", "-f"];
    world.run(long).succeeded();
    assert_eq!(key_id(&world, "default-mfa"), id);
    ends_in(4);
    let short = ["-p", "dev", "--min-ttl", "1m", "-f"];
    world.run(short).succeeded();
    assert_eq!(key_id(&world, "default-mfa"), id, "asked for less");
    world.set("AWSMFA_TOKEN_CODE", &world.aws.code(&mfa.serial));
    world.run(long).succeeded();
    assert_ne!(key_id(&world, "default-mfa"), id);
}

/// It looks good from here, and AWS knows better.
#[test]
fn a_session_that_aws_does_not_take_any_more_is_made_anew_with_a_code() {
    type Spoil = fn(&World, &UserHandle);
    let table: [(&str, Spoil); 4] = [
        ("an edited token", |world, _| {
            replace(world, "default-mfa", "aws_session_token", "edited");
        }),
        ("an edited secret", |world, _| {
            replace(world, "default-mfa", "aws_secret_access_key", "edited");
        }),
        ("an unknown key", |world, _| {
            replace(
                world,
                "default-mfa",
                "aws_access_key_id",
                "ASIAUNKNOWNUNKNOWN00",
            );
        }),
        // The clock was put back: by it, the session has hours left.
        ("an expired one", |world, _| {
            world.aws.set_clock_offset(50_000);
        }),
    ];
    for named in [false, true] {
        for (case, spoil) in table {
            let (mut world, user, mfa) = signed_in();
            if named {
                // Nothing is asked before the role itself.
                let config = std::fs::read_to_string(world.config_path()).unwrap();
                world.write_config(config + "role_session_name = alice\n");
            }
            world.lenient = true;
            spoil(&world, &user);
            let run = world.run(["-p", "dev"]);
            assert_eq!(run.code, 4, "{case}: {}", run.stderr);
            renewed_with_a_note(&run);
            world.set("AWSMFA_TOKEN_CODE", &world.aws.code(&mfa.serial));
            let run = world.run(["-p", "dev"]).succeeded_for(case);
            renewed_with_a_note(&run);
            assert_eq!(world.issued_to("default-mfa"), Some(user.arn), "{case}");
            assert_eq!(world.issued_to("dev-mfa"), assumed("dev"), "{case}");
        }
    }
}

/// The key's own refusal explains it, and no code is asked for or spent.
#[cfg(unix)]
#[test]
fn a_session_whose_key_was_deactivated_costs_no_code() {
    let (world, user, _) = signed_in();
    let key = world.value("default", "aws_access_key_id").unwrap();
    user.set_key_active(&key, false);
    // As long as AWS takes it, it is good.
    world.run(["-p", "dev"]).succeeded();
    replace(&world, "default-mfa", "aws_session_token", "ended");
    let said = format!("AWS does not accept access key {key} of profile `default`");
    for profiles in [&["-p", "dev", "--force"][..], &["--all", "--force"]] {
        world.run(profiles).failed(5, &said);
    }
    let session = world.terminal(["-p", "dev", "--force"]).start();
    let finished = world.finish(session);
    assert_eq!(finished.code, 5, "{}", finished.shown);
    assert!(finished.shown.contains(&said), "{}", finished.shown);
    assert!(!finished.shown.contains("MFA code"), "{}", finished.shown);
    assert_eq!(world.codes_sent().len(), 0);
}

#[test]
fn a_refused_role_leaves_the_new_session_and_says_so() {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev"]);
    let config = std::fs::read_to_string(world.config_path()).unwrap();
    let nobodys = "arn:aws:iam::123456789012:role/Nobodys";
    world.write_config(config + &role_profile("no", nobodys, "default", ""));
    let run = world.sign_in(&mfa, ["-p", "no"]);
    Told(
        5,
        nobodys,
        "[default-mfa]",
        "the session in [default-mfa] is good: no new code is needed",
    )
    .assert(run.code, &run.stderr);
    run.said("this session may not assume")
        .said("`--no-session`, which assumes the role with a code of its own");
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    assert_eq!(world.value("no-mfa", "expiration"), None);
    world.run(["-p", "dev"]).succeeded();
    // A session that was there already is not praised again.
    let run = world.run(["-p", "no"]);
    Told(5, nobodys, "credentials:", "`--no-session`").assert(run.code, &run.stderr);
    assert!(!run.stderr.contains("no new code"), "{}", run.stderr);
}

/// Made a moment ago, and refused all the same: by a proxy to another AWS, or by a region that does
/// not know the account yet.
#[test]
fn a_new_session_that_aws_refuses_is_not_called_good() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    for code in ["ExpiredToken", "InvalidClientTokenId"] {
        world.aws.fault(
            "AssumeRole",
            Fault::Error {
                status: 403,
                code,
                message: "The security token included in the request is invalid.",
            },
        );
        let run = world.sign_in(&mfa, ["-p", "dev"]);
        assert_eq!(run.code, 5, "{}", run.stderr);
        run.said("temporary").said("[default-mfa]");
        assert!(!run.stderr.contains("is good"), "{}", run.stderr);
    }
}

#[test]
fn a_trust_policy_that_wants_a_fresh_code_gets_one_with_no_session() {
    let (world, user, mfa) = signed_in();
    let trust = Trust::new(&user.arn).mfa_younger_than(60);
    let role = world.aws.role("fresh").trusts(trust);
    let config = std::fs::read_to_string(world.config_path()).unwrap();
    world.write_config(config + &role_profile("fresh", &role.arn, "default", ""));
    world.aws.advance(120);
    world
        .run(["-p", "fresh"])
        .failed(5, "may not assume")
        .said("aws:MultiFactorAuthAge")
        .said("`--no-session`");
    world
        .sign_in(&mfa, ["-p", "fresh", "--no-session"])
        .succeeded();
    assert_eq!(world.issued_to("fresh-mfa"), assumed("fresh"));
}

/// Killed, or interrupted, between the session and the role.
#[test]
fn what_the_code_has_bought_is_there_after_a_kill() {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev"]);
    world.aws.fault("AssumeRole", Fault::Hang(When::Before));
    let code = world.aws.code(&mfa.serial);
    let mut child: Child = world.start(["-p", "dev", "-t", &code]);
    while world.aws.count("AssumeRole") == 0 {
        assert!(child.try_wait().unwrap().is_none());
    }
    child.kill().unwrap();
    world.outcome(child);
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    assert_eq!(world.value("dev-mfa", "expiration"), None);
    world.run(["-p", "dev"]).succeeded();
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
    assert_eq!(world.codes_sent().len(), 1);
}

#[cfg(unix)]
#[test]
fn whoever_interrupts_after_the_code_is_told_that_the_session_is_good() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    world.aws.fault("AssumeRole", Fault::Hang(When::Before));
    let mut session = world.terminal(["-p", "dev"]).start();
    session.expect("MFA code for ");
    session.send_line(&world.aws.code(&mfa.serial));
    while world.aws.count("AssumeRole") == 0 {
        std::thread::yield_now();
    }
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    let said = "the session in [default-mfa] is good: no new code is needed";
    assert!(finished.shown.contains(said), "{}", finished.shown);
    world.run(["-p", "dev"]).succeeded();
}
