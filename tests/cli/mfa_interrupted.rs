//! `mfa setup` cut off at every request, and run again: no device is left that nobody can use, and
//! the second run ends where an undisturbed one does.
//!
//! Before a request, after it was carried out, and with its reply lost while the program lives: the
//! local AWS strikes the k-th request, for every k that an undisturbed run has.

use std::time::{Duration, Instant};

use crate::local_aws::{Fault, LocalAws, Preset, When};
use crate::mfa_setup::{SERIAL, newcomer, next_step_after_enabling};
use crate::pty::Session;
use crate::world::World;

/// How a run is cut off at one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    KilledBefore,
    KilledAfter,
    /// The connection ends without a reply; the program goes on as it sees fit.
    ReplyLost,
}

const CUTS: [Cut; 3] = [Cut::KilledBefore, Cut::KilledAfter, Cut::ReplyLost];

/// What there is at the start.
#[derive(Clone, Copy, Debug)]
enum Start {
    Nothing,
    /// A device that an earlier run has left, its seed lost.
    Leftover,
}

/// What there is at the end: the devices of the account, the config file, whose the section is, and
/// which files there are.
#[derive(Debug, PartialEq, Eq)]
struct End {
    devices: Vec<(String, bool, Option<String>)>,
    config: String,
    signed_in: Option<String>,
    names: Vec<String>,
}

fn world(start: Start) -> World {
    let world = World::new();
    newcomer(&world, Preset::SelfService);
    world.write_config("[default]\nregion = eu-west-1\n");
    if let Start::Leftover = start {
        world.aws.account().unassigned_mfa("alice");
    }
    next_step_after_enabling(&world);
    world
}

/// Answers what is asked until the program ends or `stop` says so.
fn drive(world: &World, session: &mut Session, stop: impl Fn(&LocalAws) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let prompts = ["First code: ", "Second code: ", "(profile default): "];
    let mut answered = 0;
    let mut second = String::new();
    loop {
        assert!(Instant::now() < deadline, "{}", session.shown());
        if session.has_ended() || stop(&world.aws) {
            return;
        }
        let shown = session.shown();
        let open = prompts.iter().find(|prompt| shown.ends_with(*prompt));
        let asked = shown.matches("ode: ").count() + shown.matches("default): ").count();
        let Some(prompt) = open.filter(|_| asked > answered) else {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        };
        answered = asked;
        let code = match *prompt {
            "First code: " => {
                let (first, next) = world.aws.code_pair(SERIAL);
                second = next;
                first
            }
            "Second code: " => second.clone(),
            _ => {
                if shown.matches(*prompt).count() > 1 {
                    // The one before may be spent, and the person waits for the next.
                    world.aws.advance(30);
                }
                world.aws.code(SERIAL)
            }
        };
        session.send_line(&code);
    }
}

fn start(world: &World) -> Session {
    let session = world.terminal(["mfa", "setup", "--yes"]);
    session.size(40, 100).start()
}

/// The seed of the device, if there is one, is in no file.
fn keeps_no_seed(world: &World) {
    let snapshot = world.aws.snapshot().to_string();
    if snapshot.contains(SERIAL) {
        let seed = crate::mfa_setup::seed(world);
        for (name, bytes) in world.files() {
            assert!(!String::from_utf8_lossy(&bytes).contains(&seed), "{name}");
        }
    }
}

/// A run that nothing happens to.
fn run(world: &World) -> String {
    let mut session = start(world);
    drive(world, &mut session, |_| false);
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    finished.shown
}

fn end(world: &World) -> End {
    let run = world.run(["mfa", "list", "--all", "--output", "json"]);
    let devices = run.succeeded().json();
    let devices = devices.as_array().unwrap().iter().map(|device| {
        let text = |name: &str| device[name].as_str().map(str::to_owned);
        let enabled = text("enabled").is_some();
        (text("serial_number").unwrap(), enabled, text("user"))
    });
    End {
        devices: devices.collect(),
        config: std::fs::read_to_string(world.config_path()).unwrap_or_default(),
        signed_in: world.issued_to("default-mfa"),
        names: world.names(),
    }
}

/// Runs, is cut off at request `number`, and runs again.
fn cut(start_with: Start, number: usize, cut: Cut, undisturbed: &End) {
    let world = world(start_with);
    let fault = match cut {
        Cut::KilledBefore => Fault::Hang(When::Before),
        Cut::KilledAfter => Fault::Hang(When::After),
        Cut::ReplyLost => Fault::Close(When::After),
    };
    let skip = u32::try_from(number).unwrap();
    world.aws.fault_rule("*", fault, skip, Some(1));
    let mut session = start(&world);
    let struck = |aws: &LocalAws| {
        let log = aws.log();
        log.iter().any(|entry| entry.outcome.starts_with("hang"))
    };
    drive(&world, &mut session, struck);
    match cut {
        Cut::ReplyLost => {
            let finished = world.finish(session);
            assert_eq!(finished.code, 0, "{}", finished.shown);
        }
        Cut::KilledBefore | Cut::KilledAfter => {
            assert!(struck(&world.aws), "{}", session.shown());
            session.kill();
            keeps_no_seed(&world);
            // A code that was spent in the last moment is not good again.
            world.aws.advance(30);
            run(&world);
        }
    }
    keeps_no_seed(&world);
    let end = end(&world);
    assert_eq!(&end, undisturbed, "{start_with:?} {number} {cut:?}");
    // And once more there is nothing left to do.
    let before = world.files();
    let again = world.run(["mfa", "setup", "--yes"]).succeeded();
    assert!(!again.stderr.contains("created"), "{}", again.stderr);
    assert_eq!(world.files(), before);
}

fn all_points(start: Start) -> usize {
    let whole = world(start);
    run(&whole);
    let undisturbed = end(&whole);
    assert_eq!(
        undisturbed.devices,
        [(SERIAL.to_owned(), true, Some("alice".to_owned()))]
    );
    assert!(undisturbed.signed_in.is_some());
    let log = whole.aws.log();
    // The last one was the list for the test.
    let requests = log.len() - 1;
    let points = (0..requests).flat_map(|number| CUTS.map(|cut| (number, cut)));
    let points: Vec<_> = points.collect();
    std::thread::scope(|scope| {
        for share in points.chunks(points.len().div_ceil(4)) {
            let undisturbed = &undisturbed;
            scope.spawn(move || {
                for (number, how) in share {
                    cut(start, *number, *how, undisturbed);
                }
            });
        }
    });
    points.len()
}

#[test]
fn cut_off_at_every_request_and_run_again_setup_ends_as_if_nothing_had_happened() {
    // Whose key, two lists, create, enable, whose key, credentials.
    assert_eq!(all_points(Start::Nothing), 7 * CUTS.len());
}

#[test]
fn so_does_one_that_replaces_a_device_left_over_from_before() {
    assert_eq!(all_points(Start::Leftover), 8 * CUTS.len());
}
