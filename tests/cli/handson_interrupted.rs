//! `handson up` and `handson down` cut off at every request, and run again: no secret is lost, nothing
//! is left that nobody knows of, and the second run ends where an undisturbed one does.
//!
//! Before a request, after it was carried out, with its reply lost while the program lives, and denied: for
//! the k-th request, for every k that an undisturbed run has. Requests that are made at once come in
//! any order, and each of them is one of the k.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{Draft, STS};
use crate::handson::{SERIAL, USER, account, administrator, start_up};
use crate::local_aws::{Fault, Stop, When};
use crate::pty::Session;
use crate::world::{Run, World};

/// How a run is cut off at one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    KilledBefore,
    KilledAfter,
    /// The connection ends without a reply; the program goes on as it sees fit.
    ReplyLost,
    /// AWS does not allow it, this time.
    Denied,
}

const CUTS: [Cut; 4] = [
    Cut::KilledBefore,
    Cut::KilledAfter,
    Cut::ReplyLost,
    Cut::Denied,
];

const PATIENCE: Duration = Duration::from_secs(60);

/// What there is at the end: the account, and every file, the key's id and secret left out.
#[derive(Debug, PartialEq, Eq)]
struct End {
    account: Value,
    files: BTreeMap<String, String>,
}

fn world() -> World {
    let world = World::new();
    administrator(&world);
    world.write_config("# mine\n[default]\nregion = eu-west-1\n");
    world
}

fn end(world: &World) -> End {
    let own = [
        world.value("default", "aws_access_key_id"),
        world.value("default", "aws_secret_access_key"),
    ];
    let key = ["aws_access_key_id", "aws_secret_access_key"].map(|key| world.value(USER, key));
    let tidy = |bytes: Vec<u8>| {
        let mut text = String::from_utf8(bytes).unwrap();
        for (secret, name) in own
            .iter()
            .chain(&key)
            .zip(["ID", "SECRET", "KEY-ID", "KEY"])
        {
            if let Some(secret) = secret {
                text = text.replace(secret.as_str(), name);
            }
        }
        text
    };
    let files = world.files().into_iter();
    let mut account = account(&world.aws);
    if let (Some(id), Some(tag)) = (
        &key[0],
        account.pointer_mut(&format!("/users/{USER}/tags/awsmfa:access-key")),
    ) {
        assert_eq!(tag, id);
        *tag = Value::from("KEY-ID");
    }
    End {
        account,
        files: files.map(|(name, bytes)| (name, tidy(bytes))).collect(),
    }
}

/// Answers what is asked until the program ends or `stop` says so.
pub(super) fn drive(world: &World, session: &mut Session, stop: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut answered = 0;
    let step = || i64::try_from(world.aws.now() / 30).unwrap();
    // Of the code that was typed last: a step may end between two questions.
    let mut typed = 0;
    loop {
        assert!(Instant::now() < deadline, "{}", session.shown());
        if session.has_ended() || stop() {
            return;
        }
        let shown = session.shown();
        let asked = shown.matches("ode: ").count();
        if asked == answered || !shown.ends_with("ode: ") {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        answered = asked;
        if shown.ends_with("First code: ") {
            // To the program's clock the codes are those of the step before and of this one. AWS's is at
            // the beginning of the next: a step that ended before they came would be the third, which
            // is a device that is out of step.
            world.aws.advance(30 - (world.aws.now() % 30).cast_signed());
            typed = step() - 2;
        } else {
            typed += 1;
        }
        session.send_line(&world.aws.code_at(SERIAL, typed - step()));
    }
}

/// A run that nothing happens to.
pub(super) fn run(world: &World) {
    let mut session = start_up(world, &["--yes"]);
    drive(world, &mut session, || false);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
}

/// The key that is in the file is the user's, and its secret is the right one.
fn key_works(world: &World) {
    let key = world.credentials_of(USER);
    assert_eq!(world.aws.secret_of(&key.id).as_ref(), Some(&key.secret));
    let reply = Draft::new(&world.aws, STS, "GetCallerIdentity", &[])
        .signed(&key)
        .send(&world.aws);
    assert!(
        reply.body.contains(&format!(":user/{USER}")),
        "{}",
        reply.body
    );
}

fn order(world: &World, number: usize, cut: Cut) -> Option<Stop> {
    let skip = u32::try_from(number).unwrap();
    match cut {
        Cut::KilledBefore => Some(world.aws.stop("*", skip, When::Before)),
        Cut::KilledAfter => Some(world.aws.stop("*", skip, When::After)),
        Cut::ReplyLost => {
            world.aws.fault_after(skip, Fault::Close(When::After));
            None
        }
        Cut::Denied => {
            world.aws.fault_after(skip, Fault::AccessDenied);
            None
        }
    }
}

/// Puts it up, is cut off at request `number`, and puts it up again.
fn cut_up(number: usize, cut: Cut, undisturbed: &End) {
    let world = world();
    let stop = order(&world, number, cut);
    let mut session = start_up(&world, &["--yes"]);
    match stop {
        None => {
            drive(&world, &mut session, || false);
            let finished = world.finish(session);
            if cut == Cut::Denied {
                let made = account(&world.aws)["users"][USER].is_object();
                tells_how_to_go_on(finished.code, &finished.shown, made, "run the same again");
                run(&world);
            } else {
                assert_eq!(finished.code, 0, "{number}: {}", finished.shown);
            }
        }
        Some(stop) => {
            drive(&world, &mut session, || stop.reached().is_some());
            assert!(stop.reached().is_some(), "{number}: {}", session.shown());
            session.kill();
            stop.abandon();
            run(&world);
        }
    }
    assert_eq!(&end(&world), undisturbed, "{number} {cut:?}");
    key_works(&world);
    // And once more there is nothing left to do.
    let (there, files) = (account(&world.aws), world.files());
    world.run(crate::handson::up(&[])).succeeded();
    assert_eq!(account(&world.aws), there);
    assert_eq!(world.files(), files);
}

/// A failure says what was done before it, and how to go on if anything was.
fn tells_how_to_go_on(code: i32, said: &str, something_was_done: bool, again: &str) {
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("may not call "), "{said}");
    assert_eq!(said.contains("  done: "), something_was_done, "{said}");
    assert_eq!(said.contains(again), something_was_done, "{said}");
}

fn at_once(points: &[(usize, Cut)], check: impl Fn(usize, Cut) + Sync) {
    std::thread::scope(|scope| {
        for share in 0..4 {
            let check = &check;
            let mine = points.iter().skip(share).step_by(4);
            scope.spawn(move || mine.for_each(|(number, how)| check(*number, *how)));
        }
    });
}

fn all_points(requests: usize) -> Vec<(usize, Cut)> {
    let points = (0..requests).flat_map(|number| CUTS.map(|cut| (number, cut)));
    points.collect()
}

#[test]
fn cut_off_at_every_request_and_run_again_up_ends_as_if_nothing_had_happened() {
    let whole = world();
    run(&whole);
    let undisturbed = end(&whole);
    assert!(undisturbed.files["credentials"].contains("KEY-ID"));
    // Whose key; seven questions at once; user, role, policy, key, its tag, its proof, device, enable.
    let points = all_points(whole.aws.log().len());
    assert_eq!(points.len(), 16 * CUTS.len());
    at_once(&points, |number, how| cut_up(number, how, &undisturbed));
}

fn down(world: &World) -> Run {
    world.run(["handson", "down", "--user", USER, "--yes"])
}

/// Takes it down, is cut off at request `number`, and takes it down again.
fn cut_down(number: usize, cut: Cut, undisturbed: &End) {
    let world = standing();
    let stop = order(&world, number, cut);
    match stop {
        None if cut == Cut::Denied => {
            let denied = down(&world);
            let gone = world.aws.count("DeleteAccessKey") > 0;
            let again = format!("run `awsmfa handson down --user {USER}` again");
            tells_how_to_go_on(denied.code, &denied.stderr, gone, &again);
            down(&world).succeeded();
        }
        None => drop(down(&world).succeeded()),
        Some(stop) => {
            let mut child = world.start(["handson", "down", "--user", USER, "--yes"]);
            assert!(stop.wait(PATIENCE).is_some(), "{number}");
            child.kill().unwrap();
            world.outcome(child);
            stop.abandon();
            down(&world).succeeded();
        }
    }
    assert_eq!(&end(&world), undisturbed, "{number} {cut:?}");
    down(&world).succeeded().said("nothing is left");
}

/// With a hands-on user that was signed in with.
fn standing() -> World {
    let world = world();
    run(&world);
    world
        .run(["-p", "Myhandson-cli-role", &world.aws.code_at(SERIAL, 1)])
        .succeeded();
    world.aws.clear_log();
    world
}

#[test]
fn cut_off_at_every_request_and_run_again_down_leaves_nothing() {
    let before = world();
    let nothing = end(&before);
    let whole = standing();
    down(&whole).succeeded();
    let requests = whole.aws.log().len();
    let mut undisturbed = end(&whole);
    assert_eq!(undisturbed.account, nothing.account);
    for file in ["credentials", "config"] {
        assert_eq!(undisturbed.files[file], nothing.files[file]);
    }
    // What is left is what locks are taken on, and they are empty.
    undisturbed.files.retain(|_, text| !text.is_empty());
    assert_eq!(undisturbed.files, nothing.files);
    let undisturbed = end(&whole);
    // Eleven questions about the user, five about device and role; key, device and policy, device and
    // role, user.
    let points = all_points(requests);
    assert_eq!(points.len(), 22 * CUTS.len());
    at_once(&points, |number, how| cut_down(number, how, &undisturbed));
}
