//! Several profiles in one run: `-p dev -p stg` and `--all`.

use std::time::Duration;

use serde_json::Value;

use crate::local_aws::{Fault, Mfa, Trust, UserHandle, When};
use crate::one_code::{assumed, calls, key_id, role_profile, user_with_roles};
#[cfg(unix)]
use crate::prompt::wait_for;
use crate::world::{NOTHING, Run, World, section};

const THREE: [&str; 3] = ["dev", "stg", "prod"];

/// Adds to the config file.
pub(crate) fn add(world: &World, text: &str) {
    let config = std::fs::read_to_string(world.config_path()).unwrap_or_default();
    world.write_config(config + text);
}

/// The row of a profile in the table, its columns apart.
#[track_caller]
pub(crate) fn row<'r>(run: &'r Run, profile: &str) -> Vec<&'r str> {
    let line = run.stderr.lines().find(|line| {
        line.strip_prefix(profile)
            .is_some_and(|rest| rest.starts_with("  "))
    });
    let line = line.unwrap_or_else(|| panic!("no row of {profile} in:\n{}", run.stderr));
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

pub(crate) fn actions(document: &Value) -> Vec<[&str; 2]> {
    let rows = document.as_array().unwrap().iter();
    rows.map(|row| [&row["profile"], &row["action"]].map(|value| value.as_str().unwrap()))
        .collect()
}

#[test]
fn one_code_fills_the_sections_of_all_that_are_named() {
    for arguments in [
        &["-p", "dev", "-p", "stg", "-p", "prod"][..],
        &["--all"],
        &["-p", "stg", "--all"],
        &["-p", "default", "--all"],
        &["login", "-p", "dev", "-p", "dev", "-p", "stg", "-p", "prod"],
    ] {
        let world = World::new();
        let (user, mfa) = user_with_roles(&world, &THREE);
        let run = world.sign_in(&mfa, arguments.iter().copied()).succeeded();
        assert_eq!(run.stdout, "");
        for name in THREE {
            let target = format!("{name}-mfa");
            assert_eq!(world.issued_to(&target), assumed(name), "{arguments:?}");
            let cells = row(&run, name);
            let role = format!("arn:aws:iam::123456789012:role/{name}");
            assert_eq!(cells[..3], [name, target.as_str(), role.as_str()]);
            assert!(cells[3].ends_with("(in 1 h)"), "{cells:?}");
        }
        run.said("the session in [default-mfa] opens further roles without a code");
        assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
        assert_eq!(world.aws.count("GetSessionToken"), 1);
        assert_eq!(world.aws.count("GetCallerIdentity"), 1);
        assert_eq!(calls(&world, "AssumeRole").len(), 3);
        // What is good is left alone.
        let before = world.credentials();
        let run = world.run(arguments).succeeded();
        assert!(row(&run, "prod")[3].ends_with(", as before"));
        assert_eq!(world.credentials(), before);
        assert_eq!(world.codes_sent().len(), 1);
    }
}

/// All requests for roles are on their way before the first is answered, so that however many
/// there are, it takes as long as one.
#[test]
fn twenty_roles_are_assumed_at_once_and_written_at_once() {
    const LATENCY: Duration = Duration::from_secs(2);

    let world = World::new();
    let names: Vec<String> = (0..20).map(|number| format!("role{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_, mfa) = user_with_roles(&world, &names);
    world.aws.fault_always("*", Fault::Latency(LATENCY));
    world.sign_in(&mfa, ["--all"]).succeeded();
    let log = world.aws.log();
    assert_eq!(log.len(), 22);
    let waves = [&log[..2], &log[2..]];
    for wave in waves {
        assert!(wave[wave.len() - 1].at - wave[0].at < LATENCY);
    }
    assert!(log[2..].iter().all(|call| call.operation == "AssumeRole"));
    for name in names {
        assert_eq!(world.issued_to(&format!("{name}-mfa")), assumed(name));
    }
}

#[test]
fn the_document_has_a_row_for_each_profile() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &["dev", "stg"]);
    let run = world
        .sign_in(
            &mfa,
            [
                "--output", "json", "-p", "default", "-p", "stg", "-p", "dev",
            ],
        )
        .succeeded();
    let document = run.json();
    assert_eq!(
        actions(&document),
        [
            ["default", "renewed"],
            ["stg", "renewed"],
            ["dev", "renewed"]
        ]
    );
    for (row, section) in
        (document.as_array().unwrap().iter()).zip(["default-mfa", "stg-mfa", "dev-mfa"])
    {
        assert_eq!(row["section"], section);
        assert_eq!(row["access_key_id"], key_id(&world, section).as_str());
        assert_eq!(
            row["expiration"],
            world.value(section, "expiration").unwrap()
        );
        assert_eq!(row["serial_number"], mfa.serial.as_str());
        let session = (section != "default-mfa").then_some("default-mfa");
        assert_eq!(row["session_section"].as_str(), session);
    }
    assert_eq!(world.aws.count("GetSessionToken"), 1);
}

#[test]
fn a_plain_profile_among_them_is_the_session_itself() {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev"]);
    let run = world
        .sign_in(&mfa, ["-p", "default", "-p", "dev"])
        .succeeded();
    assert_eq!(row(&run, "default")[..3], ["default", "default-mfa", "-"]);
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    let session = key_id(&world, "default-mfa");
    let run = world.run(["-p", "dev", "-p", "default"]).succeeded();
    assert!(row(&run, "default")[3].ends_with(", as before"));
    // By force it is renewed, and takes a code.
    world
        .run(["-p", "dev", "-p", "default", "--force"])
        .failed(4, "an MFA code is needed");
    assert_eq!(key_id(&world, "default-mfa"), session);
    world
        .sign_in(&mfa, ["-p", "dev", "-p", "default", "--force"])
        .succeeded();
    assert_ne!(key_id(&world, "default-mfa"), session);
}

#[test]
fn a_configured_duration_over_an_hour_is_cut_with_one_note() {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &["dev"]);
    for name in ["long", "longer"] {
        let role = world.aws.role(name).trusts(Trust::new(&user.arn).mfa());
        let role = role.max_duration(43_200);
        add(
            &world,
            &role_profile(name, &role.arn, "default", "duration_seconds = 7200\n"),
        );
    }
    let notes = |run: &Run| -> Vec<String> {
        let lines = run.stderr.lines().filter(|line| line.contains("one hour"));
        lines.map(str::to_owned).collect()
    };
    let told = notes(&world.sign_in(&mfa, ["--all"]).succeeded());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with(": long, longer"), "{told:?}");
    // Nothing is asked for, so nothing is cut.
    let again = world.run(["--all"]).succeeded();
    assert_eq!(notes(&again), Vec::<String>::new());
    world.run(["logout", "-p", "longer"]).succeeded();
    let told = notes(&world.run(["--all"]).succeeded());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with(": longer"), "{told:?}");
    for call in calls(&world, "AssumeRole") {
        assert_eq!(call.parameter("DurationSeconds"), Some("3600"));
    }
}

/// Two users, each with a key, a device and a role.
pub(crate) fn two_sources(world: &World) -> [(UserHandle, Mfa); 2] {
    let mut credentials = String::new();
    let mut config = String::new();
    let users = ["alice", "bob"].map(|name| {
        let user = world.aws.user(name);
        credentials += &section(name, &world.key(&user));
        let mfa = world.virtual_mfa(&user);
        let role = world.aws.role(&format!("of-{name}"));
        let role = role.trusts(Trust::new(&user.arn).mfa());
        config += &format!("[profile {name}]\nmfa_serial = {}\n", mfa.serial);
        config += &role_profile(&format!("for-{name}"), &role.arn, name, "");
        (user, mfa)
    });
    world.write_credentials(credentials);
    world.write_config(config);
    users
}

#[cfg(unix)]
#[test]
fn without_a_code_one_source_is_asked_for_after_the_other() {
    let world = World::new();
    let [(_, alice), (_, bob)] = two_sources(&world);
    let mut session = world.terminal(["-p", "for-alice", "-p", "for-bob"]).start();
    for mfa in [&alice, &bob] {
        session.expect(&format!("MFA code for {} ", mfa.serial));
        session.send_line(&world.aws.code(&mfa.serial));
    }
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    for name in ["alice", "bob"] {
        let opens = format!(" the session in [{name}-mfa] opens further roles without a code");
        let said = finished.shown.matches(&opens).count();
        assert_eq!(said, 1, "{}", finished.shown);
        let owner = world.issued_to(&format!("for-{name}-mfa")).unwrap();
        assert!(owner.contains(&format!("of-{name}")), "{owner}");
        assert!(world.issued_to(&format!("{name}-mfa")).is_some());
    }
}

/// Whoever gives up the first question is asked no second one, and is told what became of each.
#[cfg(unix)]
#[test]
fn ctrl_d_at_one_question_is_no_answer_to_the_next() {
    let world = World::new();
    let [(_, alice), _] = two_sources(&world);
    let mut session = world.terminal(["-p", "for-alice", "-p", "for-bob"]).start();
    session.expect(&format!("MFA code for {} ", alice.serial));
    session.ctrl_d();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    assert_eq!(finished.shown.matches("MFA code for ").count(), 1);
    assert_eq!(finished.shown.matches("failed: ").count(), 2);
    assert_eq!(finished.shown.matches("error: ").count(), 1);
}

/// Two runs with one profile in common: the second needs the other's session, and no code.
#[cfg(unix)]
#[test]
fn a_run_for_several_waits_for_another_and_goes_on_with_its_session() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &THREE);
    let mut first = world.terminal(["-p", "stg", "-p", "dev"]).start();
    first.expect("MFA code for ");
    let second = world.start(["-p", "prod", "-p", "dev"]);
    std::thread::sleep(Duration::from_millis(700));
    first.send_line(&world.aws.code(&mfa.serial));
    assert_eq!(world.finish(first).code, 0);
    let run = world.outcome(second).succeeded();
    run.said("waiting for the sign-in to [dev-mfa] of process ");
    assert!(row(&run, "dev")[3].ends_with(", as before"));
    assert_eq!(world.issued_to("prod-mfa"), assumed("prod"));
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(world.aws.count("AssumeRole"), 3);
}

/// What the other has written is found for every profile, and not for the first one alone.
#[cfg(unix)]
#[test]
fn the_same_roles_at_the_same_time_are_assumed_once() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &THREE);
    let mut first = world.terminal(["--all"]).start();
    first.expect("MFA code for ");
    let mut second = world.terminal(["-p", "default", "--all"]).start();
    second.expect("waiting for the sign-in to [dev-mfa] of process ");
    first.send_line(&world.aws.code(&mfa.serial));
    for session in [first, second] {
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
    }
    assert_eq!(world.aws.count("GetSessionToken"), 1);
    assert_eq!(world.aws.count("AssumeRole"), 3);
}

/// A section whose turn is not to be had is one row: what is good stays, what can be assumed is.
#[test]
fn a_section_that_cannot_have_its_turn_fails_alone() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &THREE);
    world.sign_in(&mfa, ["-p", "prod"]).succeeded();
    let good = key_id(&world, "prod-mfa");
    std::fs::create_dir_all(world.path(".aws/awsmfa/section-dev-mfa.lock")).unwrap();
    let run = world.run(["--all", "--output", "json"]);
    let run = run.failed(7, "the lock file cannot be used");
    assert_eq!(
        actions(&run.json()),
        [["dev", "failed"], ["stg", "renewed"], ["prod", "reused"]]
    );
    assert_eq!(world.issued_to("stg-mfa"), assumed("stg"));
    assert_eq!(key_id(&world, "prod-mfa"), good);
    assert_eq!(world.codes_sent().len(), 1);
}

/// The same with somebody at the question of one of them; a minute is waited for all of them
/// together, and for none that is good.
#[cfg(unix)]
#[test]
fn a_question_left_open_fails_those_that_need_its_code_and_no_other() {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &THREE);
    world.sign_in(&mfa, ["-p", "prod"]).succeeded();
    let good = key_id(&world, "prod-mfa");
    world.run(["logout"]).succeeded();
    let mut dev = world.terminal(["-p", "dev"]).start();
    dev.expect("MFA code for ");
    let mut stg = world.terminal(["-p", "stg"]).start();
    stg.expect("waiting for the sign-in to [default-mfa] of process ");
    let begin = std::time::Instant::now();
    let run = world
        .run(["--all"])
        .failed(4, "has not finished its sign-in to [dev-mfa] after 60 s");
    let waited = begin.elapsed();
    run.said("has not finished its sign-in to [stg-mfa] after 60 s");
    assert!(waited < Duration::from_secs(100), "{waited:?}");
    assert!(row(&run, "prod")[3].ends_with(", as before"));
    assert_eq!(key_id(&world, "prod-mfa"), good);
    for session in [stg, dev] {
        session.kill();
    }
}

#[test]
fn what_the_code_has_bought_is_there_after_a_kill_before_the_roles() {
    let world = World::new();
    let (user, mfa) = user_with_roles(&world, &THREE);
    world.aws.fault("AssumeRole", Fault::Hang(When::After));
    let code = world.aws.code(&mfa.serial);
    let mut child = world.start(["--all", "-t", &code]);
    while world.aws.count("AssumeRole") < 3 {
        assert!(child.try_wait().unwrap().is_none());
    }
    child.kill().unwrap();
    world.outcome(child);
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    for name in THREE {
        assert_eq!(world.value(&format!("{name}-mfa"), "expiration"), None);
    }
    world.run(["--all"]).succeeded();
    for name in THREE {
        assert_eq!(world.issued_to(&format!("{name}-mfa")), assumed(name));
    }
    assert_eq!(world.codes_sent().len(), 1);
}

#[test]
fn a_session_that_aws_does_not_take_any_more_is_made_anew_for_all() {
    let mut world = World::new();
    let (user, mfa) = user_with_roles(&world, &THREE);
    world.sign_in(&mfa, NOTHING).succeeded();
    let token = world.value("default-mfa", "aws_session_token").unwrap();
    world.write_credentials(world.credentials().replace(&token, "edited"));
    world.set("AWSMFA_TOKEN_CODE", &world.aws.code(&mfa.serial));
    let run = world.run(["--all"]).succeeded();
    crate::one_code::renewed_with_a_note(&run);
    assert_eq!(world.issued_to("default-mfa"), Some(user.arn));
    for name in THREE {
        assert_eq!(world.issued_to(&format!("{name}-mfa")), assumed(name));
    }
}

/// Each section has a turn of its own, however long its name is and however little it differs.
#[test]
fn profiles_with_long_names_that_differ_at_their_end_do_not_wait_for_each_other() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("dev").trusts(Trust::new(&user.arn).mfa());
    let mut config = format!("[default]\nmfa_serial = {}\n", mfa.serial);
    let names = ["a", "b"].map(|end| "x".repeat(150) + end);
    for name in &names {
        config += &role_profile(name, &role.arn, "default", "");
    }
    world.write_config(config);
    world.sign_in(&mfa, NOTHING).succeeded();
    let run = world.run(["--all"]).succeeded();
    assert!(!run.stderr.contains("waiting"), "{}", run.stderr);
    for name in &names {
        assert_eq!(world.issued_to(&format!("{name}-mfa")), assumed("dev"));
    }
}

/// Three roles, of which AWS leaves one unanswered, and nobody waits for ever.
#[cfg(unix)]
fn one_of_three_hangs() -> (World, Mfa) {
    let world = World::new();
    let (_, mfa) = user_with_roles(&world, &THREE);
    let hang = Fault::Hang(When::Before);
    world.aws.fault_rule("AssumeRole", hang, 2, Some(1));
    (world, mfa)
}

/// Those of the three whose sections are written.
#[cfg(unix)]
fn written(world: &World) -> Vec<&'static str> {
    let is_written = |name: &&str| world.issued_to(&format!("{name}-mfa")) == assumed(name);
    THREE.into_iter().filter(is_written).collect()
}

#[cfg(unix)]
#[test]
fn a_role_that_is_not_answered_keeps_no_other_from_being_written() {
    let (world, mfa) = one_of_three_hangs();
    let mut session = world.terminal(["--all"]).start();
    session.expect("MFA code for ");
    session.send_line(&world.aws.code(&mfa.serial));
    wait_for(|| written(&world).len() == 2);
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
    let sections = written(&world).into_iter();
    let sections: Vec<String> = sections.map(|name| format!("[{name}-mfa]")).collect();
    for said in [
        "error: interrupted; written before: [",
        &sections[0],
        &sections[1],
        "the session in [default-mfa] is good: no new code is needed",
    ] {
        assert!(finished.shown.contains(said), "{}", finished.shown);
    }
}

/// Somebody else has the file, so that there is time for Ctrl-C in between.
#[cfg(unix)]
#[test]
fn what_was_granted_before_ctrl_c_is_written() {
    for again in [false, true] {
        let (world, mfa) = one_of_three_hangs();
        let latency = Fault::Latency(Duration::from_secs(1));
        world.aws.fault_always("AssumeRole", latency);
        let mut session = world.terminal(["--all"]).start();
        session.expect("MFA code for ");
        session.send_line(&world.aws.code(&mfa.serial));
        wait_for(|| world.aws.count("AssumeRole") == 3);
        let lock = std::fs::File::create(world.path(".aws/credentials.lock")).unwrap();
        lock.lock().unwrap();
        session.expect("the credentials file is locked");
        session.ctrl_c();
        session.expect("writing what was granted; Ctrl-C again ends it at once");
        if again {
            session.ctrl_c();
        } else {
            lock.unlock().unwrap();
        }
        let finished = world.finish(session);
        assert_eq!(finished.code, 130, "{}", finished.shown);
        let names = written(&world);
        assert_eq!(names.len(), if again { 0 } else { 2 }, "{}", finished.shown);
        let interrupted = finished.shown.matches("failed: interrupted").count();
        assert_eq!(interrupted, usize::from(!again), "{}", finished.shown);
        let good = "the session in [default-mfa] is good: no new code is needed";
        assert!(finished.shown.contains(good), "{}", finished.shown);
    }
}
