//! Runs that need one section at the same time: one signs in, the others wait and read it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::local_aws::{Mfa, Trust};
use crate::one_code::{assumed, role_profile, user_with_roles};
use crate::pty::Session;
use crate::world::{NOTHING, World, names, not_tested};

/// A user whose device is in the config file, with what else the profile holds.
fn user(world: &World, more: &str) -> Mfa {
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n{more}", mfa.serial));
    mfa
}

/// The profile has its codes from a command, which leaves a line behind each time it is run.
fn user_with_command(world: &World) -> Mfa {
    let mfa = user(world, "mfa_process = echo x >> runs; sleep 0.5; cat code\n");
    fs::write(world.path("code"), world.aws.code(&mfa.serial)).unwrap();
    mfa
}

fn commands_run(world: &World) -> usize {
    let runs = fs::read_to_string(world.path("runs")).unwrap_or_default();
    runs.lines().count()
}

/// The codes of two steps are at hand only as long as the half minute does not end in between.
pub(super) fn with_time_left_in_this_step(seconds: i64) {
    while 30 - jiff::Timestamp::now().as_second().rem_euclid(30) < seconds {
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn sixty_four_at_once_ask_once_and_call_once() {
    let world = World::new();
    user_with_command(&world);
    let children: Vec<Child> = (0..64)
        .map(|_| world.start(["credential-process", "-p", "default"]))
        .collect();
    let runs: Vec<_> = (children.into_iter())
        .map(|child| world.handed_out(child).succeeded())
        .collect();
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(commands_run(&world), 1);
    assert_eq!(world.codes_sent().len(), 1);
    let key = world.value("default-mfa", "aws_access_key_id").unwrap();
    for run in &runs {
        assert_eq!(run.json()["AccessKeyId"], key.as_str());
        assert_eq!(run.stdout, runs[0].stdout);
    }
    // The credentials file and its lock, and the directory of the turns.
    assert_eq!(
        world.names(),
        ["awsmfa", "config", "credentials", "credentials.lock"]
    );
}

/// Different sections, one session: each role is assumed once, and one code is enough for all.
#[test]
fn sixty_four_at_once_for_eight_roles_share_one_session() {
    const ROLES: usize = 8;

    let world = World::new();
    let (alice, _, mfa) = world.default_user("alice");
    let process = "mfa_process = echo x >> runs; sleep 0.5; cat code\n";
    let mut config = format!("[default]\nmfa_serial = {}\n{process}", mfa.serial);
    for number in 0..ROLES {
        let role = world.aws.role(&format!("role{number}"));
        let role = role.trusts(Trust::new(&alice.arn).mfa());
        config += &role_profile(&format!("p{number}"), &role.arn, "default", "");
    }
    world.write_config(config);
    fs::write(world.path("code"), world.aws.code(&mfa.serial)).unwrap();
    let children: Vec<Child> = (0..64)
        .map(|number| {
            let profile = format!("p{}", number % ROLES);
            world.start(["credential-process", "-p", &profile])
        })
        .collect();
    let runs: Vec<_> = (children.into_iter())
        .map(|child| world.handed_out(child).succeeded())
        .collect();
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(world.aws.count("AssumeRole"), ROLES);
    assert_eq!(commands_run(&world), 1);
    for (number, run) in runs.iter().enumerate() {
        let section = format!("p{}-mfa", number % ROLES);
        let id = world.value(&section, "aws_access_key_id").unwrap();
        assert_eq!(run.json()["AccessKeyId"], id.as_str());
    }
}

/// Two roles of one source, two terminals: the second waits for the session and not for a code.
#[test]
fn a_role_waits_for_the_session_that_another_role_asks_for() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev", "stg"]);
    let mut first = world.terminal(["-p", "dev"]).start();
    first.expect("MFA code for ");
    let mut second = world.terminal(["-p", "stg"]).start();
    second.expect("waiting for the sign-in to [default-mfa] of process ");
    first.send_line(&world.aws.code(&mfa.serial));
    for session in [first, second] {
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
    }
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(world.aws.count("AssumeRole"), 2);
}

#[test]
fn who_waits_says_for_whom_and_reads_what_the_other_got() {
    let world = World::new();
    let mfa = user(&world, "");
    let mut first = asking(&world);
    let second = world.start(["credential-process"]);
    let third = world.start(NOTHING);
    std::thread::sleep(Duration::from_millis(700));
    first.send_line(&world.aws.code(&mfa.serial));
    assert_eq!(world.finish(first).code, 0);
    let second = world.handed_out(second).succeeded();
    second.said("note: waiting for the sign-in to [default-mfa] of process ");
    second.said("(awsmfa)");
    let id = world.value("default-mfa", "aws_access_key_id").unwrap();
    assert_eq!(second.json()["AccessKeyId"], id.as_str());
    let third = world.outcome(third).succeeded();
    third.said("waiting for the sign-in to [default-mfa]");
    third.said("[default-mfa] is still good until");
    assert_eq!(world.aws.count("GetSessionToken"), 1);
}

/// On a terminal with the question open.
fn asking(world: &World) -> Session {
    let mut session = world.terminal(NOTHING).start();
    session.expect("MFA code for ");
    session
}

#[test]
fn whoever_dies_or_gives_up_while_asking_lets_the_next_one_ask() {
    for dies in [false, true] {
        let world = World::new();
        let mfa = user(&world, "");
        let mut first = asking(&world);
        let mut second = world.terminal(NOTHING).start();
        second.expect("waiting for the sign-in to [default-mfa] of process ");
        if dies {
            drop(first);
        } else {
            first.ctrl_c();
            assert_eq!(world.finish(first).code, 130);
        }
        second.expect("MFA code for ");
        second.send_line(&world.aws.code(&mfa.serial));
        second.expect("signed in: ");
        assert_eq!(world.finish(second).code, 0);
        assert_eq!(world.aws.count("GetSessionToken"), 1);
    }
}

#[test]
fn ctrl_c_ends_the_waiting_of_one_and_disturbs_nobody() {
    let world = World::new();
    let mfa = user(&world, "");
    let mut first = asking(&world);
    let mut second = world.terminal(NOTHING).start();
    second.expect("waiting for the sign-in to [default-mfa]");
    second.ctrl_c();
    let finished = world.finish(second);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    assert!(
        finished.shown.contains("interrupted; nothing was written"),
        "{}",
        finished.shown
    );
    first.send_line(&world.aws.code(&mfa.serial));
    assert_eq!(world.finish(first).code, 0);
}

/// The question in a forgotten window keeps nobody: a code on a command line is spent at once, and
/// who waits for the window goes on with what it brought.
#[test]
fn a_code_on_the_command_line_waits_for_nobody_and_ends_the_waiting_of_others() {
    let world = World::new();
    let mfa = user(&world, "");
    let mut forgotten = asking(&world);
    let waiting = world.start(["credential-process"]);
    std::thread::sleep(Duration::from_millis(200));
    let begin = Instant::now();
    let run = world.sign_in(&mfa, NOTHING).succeeded();
    assert!(!run.stderr.contains("waiting"), "{}", run.stderr);
    world.handed_out(waiting).succeeded();
    assert!(begin.elapsed() < Duration::from_secs(20));
    forgotten.ctrl_c();
    assert_eq!(world.finish(forgotten).code, 130);
    assert_eq!(world.aws.count("GetSessionToken"), 1);
}

/// The same where the window asks for the session of a role and the code on the command line made
/// it: the role takes no code any more, be somebody there to wait or not.
#[test]
fn a_question_for_a_role_keeps_nobody_once_there_is_a_session() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev"]);
    let mut forgotten = world.terminal(["-p", "dev"]).start();
    forgotten.expect("MFA code for ");
    let mut waiting = world.terminal(["-p", "dev"]).start();
    waiting.expect("waiting for the sign-in to [dev-mfa] of process ");
    let begin = Instant::now();
    world.sign_in(&mfa, NOTHING).succeeded();
    world.run(["exec", "-p", "dev", "--", "true"]).succeeded();
    let waited = world.finish(waiting);
    assert_eq!(waited.code, 0, "{}", waited.shown);
    assert!(!waited.shown.contains("MFA code for "), "{}", waited.shown);
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert_eq!(world.issued_to("dev-mfa"), assumed("dev"));
    // A role that takes a code of its own is another matter.
    let mut other = world
        .terminal(["-p", "dev", "--force", "--no-session"])
        .start();
    other.expect("waiting for the sign-in to [dev-mfa] of process ");
    std::thread::sleep(Duration::from_secs(4));
    other.ctrl_c();
    let finished = world.finish(other);
    assert!(
        !finished.shown.contains("MFA code for "),
        "{}",
        finished.shown
    );
    forgotten.ctrl_c();
    assert_eq!(world.finish(forgotten).code, 130);
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(world.codes_sent().len(), 1);
}

/// Another section is another turn.
#[test]
fn a_question_for_one_section_does_not_keep_another_from_being_asked_for() {
    let world = World::new();
    let mfa = user(&world, "");
    let first = asking(&world);
    let mut second = world.terminal(["--to", "other"]).start();
    second.expect("MFA code for ");
    second.send_line(&world.aws.code(&mfa.serial));
    second.expect("signed in: [other]");
    assert_eq!(world.finish(second).code, 0);
    drop(first);
}

/// Two sections of one device, one after the other: the second waits for the next step, and says
/// how long.
#[test]
fn a_code_from_a_command_is_not_sent_twice_in_one_step() {
    let world = World::new();
    let mfa = user_with_command(&world);
    with_time_left_in_this_step(6);
    world.run(NOTHING).succeeded();
    let second = world.start(["login", "--to", "other"]);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(
        commands_run(&world),
        1,
        "it is not asked for a code it gave"
    );
    fs::write(world.path("code"), world.aws.code(&mfa.serial)).unwrap();
    world.outcome(second).succeeded().said(&format!(
        "note: the code that {} shows now was sent before: waiting ",
        mfa.serial
    ));
    assert_eq!(commands_run(&world), 2);
    let steps: Vec<u64> = (world.aws.log().iter())
        .filter(|entry| entry.parameter("TokenCode").is_some())
        .map(|entry| entry.clock / 30)
        .collect();
    assert_eq!(steps.len(), 2);
    assert!(steps[0] < steps[1], "{steps:?}");
}

/// The file with the step of the code that was sent last.
fn step_file(world: &World, mfa: &Mfa) -> PathBuf {
    let device = mfa.serial.replace(':', "%3A").replace('/', "%2F");
    world.path(&format!(".aws/awsmfa/device-{device}"))
}

fn this_step() -> i64 {
    jiff::Timestamp::now().as_second() / 30
}

/// From a clock that was wrong by hours: nobody waits for it, and it is written anew.
#[test]
fn a_step_that_is_far_off_stops_nobody() {
    for text in ["99999999999\n", "1\n"] {
        let world = World::new();
        let mfa = user_with_command(&world);
        fs::create_dir(world.path(".aws/awsmfa")).unwrap();
        let state = step_file(&world, &mfa);
        fs::write(&state, text).unwrap();
        let run = world.run(["--timeout", "5s"]).succeeded();
        assert!(!run.stderr.contains("waiting"), "{text:?}: {}", run.stderr);
        let step: i64 = fs::read_to_string(&state).unwrap().trim().parse().unwrap();
        let now = this_step();
        assert!((now - 1..=now).contains(&step), "{step}");
    }
}

/// What cannot be read may have been the step of a code that was sent just now.
#[test]
fn a_state_file_that_says_nonsense_is_waited_for_and_written_anew() {
    let world = World::new();
    let mfa = user_with_command(&world);
    with_time_left_in_this_step(8);
    world.run(NOTHING).succeeded();
    let state = step_file(&world, &mfa);
    fs::write(&state, "nonsense").unwrap();
    let mut second = world.terminal(["login", "--to", "other"]).start();
    second.expect("does not hold what was written there");
    second.expect("it is written anew");
    let before = this_step();
    second.expect(": waiting ");
    assert_eq!(commands_run(&world), 1);
    fs::write(world.path("code"), world.aws.code(&mfa.serial)).unwrap();
    let finished = world.finish(second);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    let step: i64 = fs::read_to_string(&state).unwrap().trim().parse().unwrap();
    assert!(step > before, "{step}");
    assert_eq!(commands_run(&world), 2);
}

/// The clock was put back by less than a minute: the code of that step is not sent again.
#[test]
fn a_step_that_is_to_come_in_a_moment_is_waited_for() {
    for (text, least) in [("", 0), ("1", 30), ("2", 60)] {
        let world = World::new();
        let mfa = user_with_command(&world);
        fs::create_dir(world.path(".aws/awsmfa")).unwrap();
        let state = step_file(&world, &mfa);
        with_time_left_in_this_step(5);
        if let Ok(ahead) = text.parse::<i64>() {
            fs::write(&state, format!("{}\n", this_step() + ahead)).unwrap();
        } else {
            fs::write(&state, text).unwrap();
        }
        let mut session = world.terminal(NOTHING).start();
        session.expect(&format!(
            "the code that {} shows now was sent before: waiting ",
            mfa.serial
        ));
        let seconds = session.expect(" s for the next one");
        let seconds: i64 = seconds.split(' ').next().unwrap().parse().unwrap();
        assert!((least + 1..=least + 30).contains(&seconds), "{seconds}");
        session.ctrl_c();
        let finished = world.finish(session);
        assert_eq!(finished.code, 130, "{}", finished.shown);
        assert_eq!(commands_run(&world), 0, "{text:?}");
    }
}

/// What was there when the runs began is renewed, once for all of them; with a code that was given,
/// in any case.
#[test]
fn force_at_the_same_time_renews_once() {
    for (arguments, section) in [
        (&["--force"][..], "default-mfa"),
        (&["-p", "dev", "--force"], "dev-mfa"),
        (&["-p", "default", "-p", "dev", "--force"], "dev-mfa"),
    ] {
        let world = World::new();
        let (_, mfa) = user_with_roles(&world, &["dev"]);
        let process = "mfa_process = touch asked; until [ -e go ]; do sleep 0.1; done; cat code\n";
        let config = fs::read_to_string(world.config_path()).unwrap();
        world.write_config(config.replacen("mfa_serial", &format!("{process}mfa_serial"), 1));
        fs::write(world.path("code"), world.aws.code_at(&mfa.serial, 1)).unwrap();
        let code = world.aws.code_at(&mfa.serial, 0);
        let first = ["-p", "default", "-p", "dev", "-t", &code];
        world.run(first).succeeded();
        if arguments == ["-p", "dev", "--force"] {
            world.run(["logout", "-p", "default"]).succeeded();
        }
        let before = ["default-mfa", "dev-mfa"].map(|name| world.value(name, "aws_access_key_id"));
        world.aws.clear_log();
        let mut sessions = vec![world.terminal(arguments).start()];
        while !world.path("asked").exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        for _ in 0..3 {
            let mut waiting = world.terminal(arguments).start();
            waiting.expect("waiting for the sign-in to [");
            sessions.push(waiting);
        }
        fs::write(world.path("go"), "").unwrap();
        for session in sessions {
            let finished = world.finish(session);
            assert_eq!(finished.code, 0, "{arguments:?}: {}", finished.shown);
        }
        assert_eq!(world.aws.count("GetSessionToken"), 1, "{arguments:?}");
        let roles = usize::from(section == "dev-mfa");
        assert_eq!(world.aws.count("AssumeRole"), roles, "{arguments:?}");
        assert_ne!(world.value(section, "aws_access_key_id"), before[roles]);
    }
}

/// A code that was given is spent whatever others have done.
#[test]
fn force_with_a_code_renews_though_another_run_just_did() {
    let world = World::new();
    let mfa = user(&world, "");
    let mut first = asking(&world);
    let codes = [0, 1].map(|step| world.aws.code_at(&mfa.serial, step));
    let mut second = world.start(["--force", "-t", "-"]);
    std::thread::sleep(Duration::from_millis(300));
    first.send_line(&codes[0]);
    assert_eq!(world.finish(first).code, 0);
    let mut stdin = second.stdin.take().unwrap();
    stdin.write_all(codes[1].as_bytes()).unwrap();
    drop(stdin);
    world.outcome(second).succeeded().said("signed in: ");
    assert_eq!(world.aws.count("GetSessionToken"), 2);
}

/// With `sudo`, or in a container: the person can go on alone afterwards.
#[test]
fn what_the_superuser_leaves_behind_belongs_to_the_owner_of_the_directory() {
    let world = World::new();
    user_with_command(&world);
    if chown(world.path(".aws"), Some(12_345), Some(23_456)).is_err() {
        not_tested("only root can give a file away");
        return;
    }
    world.run(NOTHING).succeeded();
    let directory = world.path(".aws/awsmfa");
    let names = names(&directory);
    assert_eq!(names.len(), 4, "two locks, a step, .gitignore: {names:?}");
    let mut paths: Vec<_> = names.iter().map(|name| directory.join(name)).collect();
    paths.push(directory);
    for path in paths {
        let owner = fs::metadata(&path).unwrap();
        assert_eq!((owner.uid(), owner.gid()), (12_345, 23_456), "{path:?}");
        assert_eq!(owner.mode() & 0o077, 0, "{path:?}");
    }
}

/// What is remembered about codes goes with the last section; a code of this very step is not
/// forgotten, and what others have put there stays.
#[test]
fn signing_out_of_all_clears_what_is_of_no_use_any_more() {
    let world = World::new();
    user_with_command(&world);
    world.run(["logout", "--all"]).succeeded();
    assert_eq!(names(&world.path(".aws")), ["config", "credentials"]);
    with_time_left_in_this_step(6);
    world.run(NOTHING).succeeded();
    let state = world.path(".aws/awsmfa");
    let left = || -> Vec<String> {
        let names = names(&state).into_iter();
        names
            .filter(|name| !name.ends_with(".lock") && name != ".gitignore")
            .collect()
    };
    let device = left();
    assert_eq!(device.len(), 1, "{device:?}");
    fs::write(state.join("device-mine"), "a note\n").unwrap();
    fs::write(state.join("notes"), "1\n").unwrap();
    fs::write(state.join("device-of-old"), "1\n").unwrap();
    world.run(["logout", "--all"]).succeeded();
    assert_eq!(
        left(),
        [device[0].as_str(), "device-mine", "notes"],
        "the step of the last code is not over"
    );
    fs::write(state.join(&device[0]), "1\n").unwrap();
    world.run(["logout", "--all"]).succeeded();
    assert_eq!(left(), ["device-mine", "notes"]);
    assert_eq!(world.credentials().matches("awsmfa_").count(), 0);
}

/// A link in the place of our state is not ours: what it leads to is neither read nor written.
#[test]
fn a_link_in_the_place_of_the_state_is_refused_before_a_code_is_asked_for() {
    let world = World::new();
    let mfa = user_with_command(&world);
    let precious = world.path("precious");
    fs::write(&precious, "the only copy\n").unwrap();
    fs::set_permissions(&precious, fs::Permissions::from_mode(0o644)).unwrap();
    let state = world.path(".aws/awsmfa");
    for link in [step_file(&world, &mfa), state.join("section-default-mfa")] {
        let _ = fs::remove_dir_all(&state);
        fs::create_dir(&state).unwrap();
        symlink(&precious, &link).unwrap();
        let run = world.run(NOTHING).failed(7, "this is a symbolic link");
        run.said(&format!("  at: {}", link.display()))
            .said("  next: move it away");
        world.run(["logout", "--all"]).succeeded();
        assert!(link.is_symlink());
    }
    assert_eq!(fs::read_to_string(&precious).unwrap(), "the only copy\n");
    assert_eq!(fs::metadata(&precious).unwrap().mode() & 0o777, 0o644);
    assert_eq!(names(&world.path("")), [".aws", "code", "precious"]);
    assert_eq!(commands_run(&world), 0);
    assert_eq!(world.codes_sent().len(), 0);
}

/// What stands in the place of our state, and cannot be read as that, is named.
#[test]
fn something_else_in_the_place_of_a_lock_or_of_the_state_is_a_failure_that_names_it() {
    let world = World::new();
    let mfa = user_with_command(&world);
    let device = mfa.serial.replace(':', "%3A").replace('/', "%2F");
    let state = world.path(".aws/awsmfa");
    let table: [(&str, &str); 4] = [
        ("", "awsmfa"),
        ("section-default-mfa.lock", "section-default-mfa.lock"),
        (&format!("device-{device}"), &format!("device-{device}")),
        (
            &format!("device-{device}.lock"),
            &format!("device-{device}.lock"),
        ),
    ];
    for (name, said) in table {
        let _ = fs::remove_dir_all(&state);
        let _ = fs::remove_file(&state);
        if name.is_empty() {
            fs::write(&state, "a file").unwrap();
        } else {
            fs::create_dir_all(state.join(name)).unwrap();
        }
        let run = world.run(NOTHING);
        assert_eq!(run.code, 7, "{name}: {}", run.stderr);
        let place = run.stderr.lines().find(|line| line.starts_with("  at: "));
        assert!(
            place.is_some_and(|line| line.contains(said)),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("\n  next: "), "{name}: {}", run.stderr);
        assert_eq!(commands_run(&world), 0, "{name}");
    }
    assert_eq!(world.codes_sent().len(), 0);
    // A good section needs none of it.
    fs::remove_dir_all(&state).unwrap();
    world.run(NOTHING).succeeded();
    fs::remove_dir_all(&state).unwrap();
    fs::write(&state, "a file").unwrap();
    world.run(NOTHING).succeeded().said("still good");
}
