//! `handson` and time: what AWS does not know everywhere yet, what is overdue, how many round trips
//! it takes, and two who do it at once.

use std::time::{Duration, Instant};

use crate::handson::{
    ROLE, SERIAL, USER, account, administrator, start_up, type_codes, up, up_by_command,
};
use crate::local_aws::{Fault, Lag, New};
use crate::world::World;

fn world() -> World {
    let world = World::new();
    administrator(&world);
    world
}

#[test]
fn what_aws_does_not_know_everywhere_yet_is_waited_for() {
    let world = world();
    // The user is no principal, the key not accepted, the role not assumed, for some time.
    world.aws.set_lag(New::User, Some(Lag::Requests(2)));
    world.aws.set_lag(New::AccessKey, Some(Lag::Requests(2)));
    world.aws.set_lag(New::Role, Some(Lag::Seconds(8)));
    up_by_command(&world, &["-v"]).succeeded();
    assert_eq!(world.aws.count("CreateRole"), 3);
    let keys = world.aws.log();
    let proofs = keys.iter().filter(|entry| {
        entry.operation == "GetCallerIdentity"
            && entry.key_id == world.value(USER, "aws_access_key_id")
    });
    assert_eq!(proofs.count(), 3);
    world.aws.advance(30);
    world.run(["-p", ROLE, &world.aws.code(SERIAL)]).succeeded();
}

#[test]
fn a_role_that_was_made_this_moment_is_given_time() {
    let world = world();
    world.aws.set_lag(New::Role, Some(Lag::Seconds(8)));
    let mut session = start_up(&world, &["--yes"]);
    type_codes(&world, &mut session);
    let begin = Instant::now();
    session.expect("sign in with the next code");
    assert_eq!(world.finish(session).code, 0);
    assert!(begin.elapsed() > Duration::from_secs(5));
    let code = world.aws.code_at(SERIAL, 1);
    world.run(["-p", ROLE, &code]).succeeded();
}

#[test]
fn what_is_never_known_ends_with_what_was_done_and_is_gone_on_with() {
    let world = world();
    world.aws.set_lag(New::User, Some(Lag::Seconds(3_600)));
    let begin = Instant::now();
    let mut child = world
        .start([&up(&["--seed-command", "cat", "--mfa-process", "cat", "--yes"])[..]].concat());
    while world.aws.count("CreateRole") < 3 {
        assert!(begin.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    world.outcome(child);
    world.aws.set_lag(New::User, None);
    world.aws.advance(3_700);
    up_by_command(&world, &[]).succeeded();
    assert!(account(&world.aws)["roles"][ROLE].is_object());
}

#[test]
fn what_is_overdue_is_shown_to_be() {
    let world = world();
    up_by_command(&world, &["--expires", "8h"]).succeeded();
    // The end is recorded once.
    let again = up_by_command(&world, &["--expires", "8h"]).succeeded();
    assert!(!again.stderr.contains("--expires"), "{}", again.stderr);
    up_by_command(&world, &["--expires", "2d"])
        .succeeded()
        .said("`--expires` changes nothing");
    let listed = world.run(["handson", "list"]).succeeded();
    assert!(listed.stdout.contains("USER") && listed.stdout.contains(USER));
    assert!(!listed.stdout.contains("overdue"), "{}", listed.stdout);
    let none = world.run(["handson", "list", "--overdue"]).succeeded();
    none.said("there is no overdue hands-on user");
    world.aws.advance(8 * 3_600 + 120);
    // The clock of this computer is not asked, and a signature of hours ago is made again.
    let listed = world.run(["handson", "list", "--overdue"]).succeeded();
    assert!(
        listed.stdout.contains("overdue for 2 min"),
        "{}",
        listed.stdout
    );
    let row = world
        .run(["handson", "list", "--output", "json"])
        .succeeded()
        .json();
    assert_eq!(row[0]["overdue"], true);
    assert_eq!(row.as_array().unwrap().len(), 1);
}

#[test]
fn down_takes_five_round_trips() {
    let world = world();
    up_by_command(
        &world,
        &["--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
    )
    .succeeded();
    world.aws.clear_log();
    // Long enough for two of one trip never to be taken for two trips.
    let trip = Duration::from_secs(1);
    world.aws.fault_always("*", Fault::Latency(trip));
    world
        .run(["handson", "down", "--user", USER, "--yes"])
        .succeeded();
    let log = world.aws.log();
    let mut trips = 0;
    let mut last: Option<Instant> = None;
    for entry in &log {
        if last.is_none_or(|last| entry.at.duration_since(last) > trip / 2) {
            trips += 1;
        }
        last = Some(entry.at);
    }
    assert_eq!(trips, 5, "{:?}", world.aws.operations());
    assert_eq!(log.len(), 23);
}

#[test]
fn two_who_put_it_up_at_once_do_it_one_after_the_other() {
    let world = world();
    let mut first = start_up(&world, &["--yes"]);
    first.expect("First code: ");
    let second = world.start(up(&[
        "--seed-command",
        "cat",
        "--mfa-process",
        "cat",
        "--yes",
        "--timeout",
        "1s",
    ]));
    let second = world.outcome(second);
    second.failed(7, "still holds the lock on this file");
    first.send_line(&world.aws.code_at(SERIAL, -1));
    first.expect("Second code: ");
    first.send_line(&world.aws.code_at(SERIAL, 0));
    assert_eq!(world.finish(first).code, 0);
    assert_eq!(world.aws.count("CreateUser"), 1);
}

#[test]
fn ctrl_c_at_a_question_says_what_was_done_and_how_to_go_on() {
    let world = world();
    let mut session = start_up(&world, &["--yes"]);
    session.expect("First code: ");
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130);
    for line in [
        format!("done: user {USER} is created, without permissions"),
        format!("done: device {SERIAL} is created"),
        "next: run the same again: it goes on from there".to_owned(),
    ] {
        assert!(finished.shown.contains(&line), "{}", finished.shown);
    }
    up_by_command(&world, &[]).succeeded();
    // The device whose seed went with the first run was replaced.
    assert_eq!(world.aws.count("DeleteVirtualMFADevice"), 1);
}
