//! What is sent again, and the code that never is where the first may have been accepted.

use std::time::{Duration, Instant};

use crate::local_aws::{Fault, Mfa, Trust, When};
use crate::told::Told;
use crate::world::{NOTHING, World};

const UNAVAILABLE: Fault = Fault::SERVICE_UNAVAILABLE;

fn user(world: &World) -> Mfa {
    world.default_user("alice").2
}

/// After any of these the request may have been carried out, for all that the client can tell.
fn in_doubt() -> [Fault; 9] {
    [
        Fault::Close(When::Before),
        Fault::Close(When::After),
        Fault::Reset(When::Before),
        Fault::Reset(When::After),
        Fault::Truncate,
        Fault::Hang(When::After),
        Fault::Gateway(502),
        Fault::Gateway(504),
        Fault::CaptivePortal,
    ]
}

/// After these it was not.
fn not_carried_out() -> [Fault; 3] {
    [Fault::THROTTLING, UNAVAILABLE, Fault::INTERNAL_FAILURE]
}

#[test]
fn a_call_without_a_code_is_sent_again_after_anything_transient() {
    let transient = [
        Fault::THROTTLING,
        UNAVAILABLE,
        Fault::INTERNAL_FAILURE,
        Fault::Close(When::Before),
        Fault::Close(When::After),
        Fault::Reset(When::Before),
        Fault::Reset(When::After),
        Fault::Truncate,
        Fault::Gateway(502),
        Fault::Gateway(503),
        Fault::Gateway(504),
    ];
    for fault in transient {
        let world = World::new();
        let mfa = user(&world);
        // Without a serial the devices are listed, and (denied) the caller is asked for.
        for operation in ["ListMFADevices", "GetCallerIdentity"] {
            world.aws.fault_rule(operation, fault.clone(), 0, Some(2));
        }
        let run = world.run([world.aws.code(&mfa.serial)]);
        assert_eq!(run.code, 0, "{fault:?}: {}", run.stderr);
        assert_eq!(world.aws.count("ListMFADevices"), 3, "{fault:?}");
        assert_eq!(world.aws.count("GetCallerIdentity"), 3, "{fault:?}");
        assert_eq!(world.codes_sent().len(), 1, "{fault:?}");
    }
}

#[test]
fn a_lost_reply_leaves_time_to_ask_again() {
    let world = World::new();
    let mfa = user(&world);
    world.aws.fault("ListMFADevices", Fault::Hang(When::Before));
    world
        .run(["--timeout", "2s", &world.aws.code(&mfa.serial)])
        .succeeded();
    assert_eq!(world.aws.count("ListMFADevices"), 2);
}

#[test]
fn a_code_is_sent_again_where_aws_says_that_it_did_nothing() {
    for fault in not_carried_out() {
        let world = World::new();
        let mfa = user(&world);
        world
            .aws
            .fault_rule("GetSessionToken", fault.clone(), 0, Some(2));
        let code = world.aws.code(&mfa.serial);
        let run = world.run(["--serial-number", &mfa.serial, &code]);
        assert_eq!(run.code, 0, "{fault:?}: {}", run.stderr);
        assert_eq!(world.codes_sent(), vec![code; 3], "{fault:?}");
    }
}

#[test]
fn a_code_is_never_sent_twice_where_the_first_may_have_been_accepted() {
    for role in [false, true] {
        for fault in in_doubt() {
            let world = World::new();
            let (user, _, mfa) = world.default_user("alice");
            let mut arguments = vec!["--timeout", "1s", "--serial-number", &mfa.serial];
            let arn = world
                .aws
                .role("Dev")
                .trusts(Trust::new(&user.arn).mfa())
                .arn;
            if role {
                arguments.extend(["--role-arn", &arn]);
            }
            let operation = if role {
                "AssumeRole"
            } else {
                "GetSessionToken"
            };
            world.aws.fault(operation, fault.clone());
            let code = world.aws.code(&mfa.serial);
            arguments.push(&code);
            println!("{fault:?}");
            world.fails(
                &arguments,
                Told(
                    6,
                    "*",
                    "127.0.0.1:",
                    "wait for the next code: this one may be used up",
                ),
            );
            assert_eq!(world.codes_sent(), [code], "{fault:?}");
        }
    }
}

#[test]
fn a_code_that_is_in_doubt_stays_so_when_a_later_try_is_refused_for_sure() {
    // Throttled first, so a second request with the same code is right; that one is lost.
    let world = World::new();
    let mfa = user(&world);
    world.aws.fault("GetSessionToken", Fault::THROTTLING);
    world
        .aws
        .fault("GetSessionToken", Fault::Close(When::After));
    let code = world.aws.code(&mfa.serial);
    world.fails(
        ["--serial-number", &mfa.serial, &code],
        Told(
            6,
            "the connection to AWS broke off",
            "127.0.0.1:",
            "wait for the next code",
        ),
    );
    assert_eq!(world.codes_sent(), vec![code; 2]);
}

#[test]
fn the_budget_ends_the_trying() {
    for (operation, fault) in [
        ("ListMFADevices", UNAVAILABLE),
        ("ListMFADevices", Fault::Hang(When::Before)),
        ("GetSessionToken", Fault::THROTTLING),
        ("GetSessionToken", Fault::Hang(When::Before)),
    ] {
        let world = World::new();
        let mfa = user(&world);
        world.aws.fault_always(operation, fault.clone());
        let started = Instant::now();
        let run = world.run(["--timeout", "1s", &world.aws.code(&mfa.serial)]);
        assert!([5, 6].contains(&run.code), "{fault:?}: {}", run.stderr);
        assert!(started.elapsed() < Duration::from_secs(20), "{fault:?}");
        let hangs = matches!(fault, Fault::Hang(_));
        if operation == "GetSessionToken" && hangs {
            assert_eq!(world.codes_sent().len(), 1);
        } else {
            assert!(world.aws.count(operation) > 1, "{fault:?}");
        }
    }
}

#[test]
fn a_slow_answer_within_the_budget_is_waited_for() {
    let world = World::new();
    let mfa = user(&world);
    let slow = Fault::Latency(Duration::from_millis(1_300));
    world.aws.fault_always("GetSessionToken", slow);
    let code = world.aws.code(&mfa.serial);
    world
        .run(["--timeout", "4s", "--serial-number", &mfa.serial, &code])
        .succeeded();
    assert_eq!(world.codes_sent(), [code]);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_next_code_is_asked_for_and_works() {
    for fault in [
        Fault::Close(When::After),
        Fault::Truncate,
        Fault::Gateway(502),
        Fault::CaptivePortal,
    ] {
        let world = World::new();
        let mfa = user(&world);
        world.aws.fault("GetSessionToken", fault.clone());
        let mut session = world.terminal(["--serial-number", &mfa.serial]).start();
        session.expect("MFA code for");
        let first = world.aws.code_at(&mfa.serial, 0);
        session.send_line(&first);
        session.expect("MFA code for");
        // What was perhaps used up is not sent again, even if it is typed again.
        session.send_line(&first);
        session.expect("that code was sent before");
        session.expect("MFA code for");
        session.send_line(&world.aws.code_at(&mfa.serial, 1));
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{fault:?}: {}", finished.shown);
        assert_eq!(world.codes_sent().len(), 2, "{fault:?}");
    }
}

#[cfg(unix)]
#[test]
fn on_a_terminal_a_person_is_told_why_another_code_is_asked_for() {
    let world = World::new();
    let mfa = user(&world);
    world
        .aws
        .fault("GetSessionToken", Fault::Close(When::After));
    let mut session = world.terminal(["--serial-number", &mfa.serial]).start();
    session.expect("MFA code for");
    session.send_line(&world.aws.code_at(&mfa.serial, 0));
    let why = session.expect("MFA code for");
    assert!(why.contains("the connection to AWS broke off"), "{why}");
    assert!(why.contains("wait for the next code"), "{why}");
    session.ctrl_c();
    assert_eq!(world.finish(session).code, 130);
}

/// A kept connection is where an HTTP client is tempted to send a request again by itself.
#[cfg(unix)]
#[test]
fn a_code_that_was_sent_into_a_kept_connection_is_not_sent_into_another() {
    for fault in [
        Fault::Close(When::Before),
        Fault::Close(When::After),
        Fault::Reset(When::Before),
        Fault::Reset(When::After),
    ] {
        for world in [World::new(), World::tls()] {
            let mfa = user(&world);
            world.aws.fault("GetSessionToken", fault.clone());
            let mut session = world.terminal(["--serial-number", &mfa.serial]).start();
            session.expect("MFA code for");
            let deadline = Instant::now() + Duration::from_secs(60);
            while world.aws.count("GetCallerIdentity") == 0 {
                assert!(Instant::now() < deadline, "no warm-up came");
                std::thread::sleep(Duration::from_millis(5));
            }
            session.send_line(&world.aws.code(&mfa.serial));
            session.expect("this one may be used up");
            session.expect("MFA code for");
            session.ctrl_c();
            assert_eq!(world.finish(session).code, 130);
            assert_eq!(world.codes_sent().len(), 1, "{fault:?}");
            assert_eq!(world.aws.connections(), 1, "{fault:?}");
        }
    }
}

/// A 500 of AWS's may come after the code was taken, so the same code is not sent on and on.
#[test]
fn a_code_is_not_sent_on_and_on_where_aws_fails_without_saying_when() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    world
        .aws
        .fault_always("GetSessionToken", Fault::FailureAfter);
    let run = world.sign_in(&mfa, NOTHING);
    assert!([4, 5, 6].contains(&run.code), "{}", run.stderr);
    assert!(
        run.stderr.contains("may be") || run.stderr.contains("may have"),
        "{}",
        run.stderr
    );
    assert_eq!(world.aws.count("GetSessionToken"), 3, "{}", run.stderr);
    assert!(!world.credentials().contains("default-mfa"));
}
