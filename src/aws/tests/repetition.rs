//! What is sent again, and what is not.

use std::time::{Duration, Instant};

use super::server::{Reaction, Server, error, identity, ok, refused, reply, session};
use super::{NOON_DATE, Reached, run, settings};
use crate::aws::{Refusal, Settings, Situation};

/// For a machine that is busy with other tests.
const LEEWAY: Duration = Duration::from_secs(3);

/// One way in which a request fails.
struct Fault {
    name: &'static str,
    reaction: Reaction,
    /// Whether a request that carried a code is sent again.
    with_code: bool,
}

fn faults() -> Vec<Fault> {
    let fault = |name, reaction, with_code| Fault {
        name,
        reaction,
        with_code,
    };
    let page = "<html>Bad Gateway</html>";
    let whole = reply("200 OK", NOON_DATE, &identity());
    let cut = &whole[..whole.len() - 40];
    let cut_without_length = cut.replace("Content-Length", "X-Length");
    let throttled = || refused("400 Bad Request", "Throttling", "Rate exceeded");
    let failure = || refused("500 Internal Server Error", "InternalFailure", "");
    let busy = || refused("503 Service Unavailable", "ServiceUnavailable", "");
    vec![
        fault("throttled", throttled(), true),
        fault("AWS's own 500", failure(), true),
        fault("AWS's own 503", busy(), true),
        fault(
            "a connection closed in silence",
            Reaction::Last(String::new()),
            false,
        ),
        fault(
            "half a status line",
            Reaction::Last("HTTP/1.1 20".to_owned()),
            false,
        ),
        fault("a body cut short", Reaction::Last(cut.to_owned()), false),
        fault(
            "a body cut short, of no said length",
            Reaction::Last(cut_without_length),
            false,
        ),
        fault(
            "a gateway's 502",
            Reaction::Reply(reply("502 Bad Gateway", NOON_DATE, page)),
            false,
        ),
        fault(
            "a gateway's 504",
            Reaction::Reply(reply("504 Gateway Timeout", NOON_DATE, "")),
            false,
        ),
    ]
}

#[test]
fn without_a_code_everything_transient_is_sent_again() {
    for Fault { name, reaction, .. } in faults() {
        let server = Server::start([reaction, ok(&identity())]);
        let reached = Reached::at(&server.url());
        let identity = run(reached.who());
        assert_eq!(identity.unwrap().account, "123456789012", "{name}");
        assert_eq!(server.received().len(), 2, "{name}");
        assert_eq!(reached.trace().len(), 2, "{name}: one line each");
    }
}

#[test]
fn a_code_is_sent_again_only_after_aws_itself_said_it_did_nothing() {
    for fault in faults() {
        let name = fault.name;
        let server = Server::start([fault.reaction, ok(&session())]);
        let reached = Reached::at(&server.url());
        let outcome = run(reached.session());
        let times = server.received().len();
        assert_eq!(times, if fault.with_code { 2 } else { 1 }, "{name}");
        match outcome {
            Ok(_) => assert!(fault.with_code, "{name}"),
            Err(refusal) => {
                assert!(!fault.with_code, "{name}");
                assert!(refusal.code_may_be_spent, "{name}");
            }
        }
    }
}

#[test]
fn what_is_no_accident_is_not_sent_again() {
    for (code, status) in [
        ("AccessDenied", "403 Forbidden"),
        ("InvalidClientTokenId", "403 Forbidden"),
        ("ExpiredToken", "403 Forbidden"),
        ("SomethingNew", "400 Bad Request"),
    ] {
        let server = Server::start([refused(status, code, "")]);
        let reached = Reached::at(&server.url());
        let refusal = run(reached.who()).unwrap_err();
        assert_eq!(refusal.code.as_deref(), Some(code));
        assert_eq!(refusal.attempts, 1);
    }
}

#[test]
fn a_fault_that_stays_is_asked_about_until_the_budget_is_used() {
    let busy = || refused("503 Service Unavailable", "ServiceUnavailable", "");
    let server = Server::start(std::iter::repeat_with(busy).take(9));
    let settings = Settings {
        budget: Duration::from_secs(4),
        ..settings(&server.url())
    };
    let reached = Reached::with(settings, &[]);
    let started = Instant::now();
    let refusal = run(reached.who()).unwrap_err();
    assert_eq!(refusal.situation, Situation::Unavailable);
    assert_eq!(refusal.attempts as usize, server.received().len());
    // More than what nobody answers is worth.
    assert!(refusal.attempts > 5, "{}", refusal.attempts);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_connection_that_was_never_made_spends_no_code() {
    let reached = Reached::at("http://127.0.0.1:1");
    let refusal = run(reached.session()).unwrap_err();
    assert_eq!(refusal.situation, Situation::Unreachable);
    assert_eq!(refusal.attempts, 5);
    assert!(!refusal.code_may_be_spent);
}

#[test]
fn a_name_that_does_not_resolve_is_said_to_be_one() {
    let reached = Reached::at("http://sts.nowhere.invalid");
    let refusal = run(reached.session()).unwrap_err();
    assert_eq!(refusal.situation, Situation::NameNotFound);
    assert_eq!(refusal.host, "sts.nowhere.invalid");
    assert!(!refusal.code_may_be_spent);
}

fn hang(budget: Duration, code_too: bool) -> (Refusal, Server, Duration) {
    let server = Server::start([Reaction::Hang, Reaction::Hang, Reaction::Hang]);
    let settings = Settings {
        budget,
        ..settings(&server.url())
    };
    let reached = Reached::with(settings, &[]);
    let started = Instant::now();
    let refusal = run(async {
        match code_too {
            true => reached.session().await.map(drop),
            false => reached.who().await.map(drop),
        }
    });
    (refusal.unwrap_err(), server, started.elapsed())
}

#[test]
fn silence_ends_with_the_budget() {
    let budget = Duration::from_millis(600);
    let (refusal, server, took) = hang(budget, false);
    assert_eq!(refusal.situation, Situation::TimedOut);
    assert!(server.received().len() >= 2, "asked again before the end");
    assert!(took < budget + LEEWAY, "{took:?}");

    let (refusal, server, took) = hang(budget, true);
    assert_eq!(refusal.situation, Situation::TimedOut);
    assert!(refusal.code_may_be_spent);
    assert_eq!(server.received().len(), 1);
    assert!(took >= budget && took < budget + LEEWAY, "{took:?}");
}

#[test]
fn a_wrong_code_after_a_repetition_says_so() {
    let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    let busy = refused("503 Service Unavailable", "ServiceUnavailable", "");
    let wrong = Reaction::Reply(reply(
        "403 Forbidden",
        NOON_DATE,
        &error("AccessDenied", message),
    ));
    let server = Server::start([busy, wrong]);
    let reached = Reached::at(&server.url());
    let refusal = run(reached.session()).unwrap_err();
    assert_eq!(refusal.attempts, 2);
    let advice = refusal.failure(&Default::default()).notes().join("\n");
    assert!(advice.contains("sent more than once"), "{advice}");
}
