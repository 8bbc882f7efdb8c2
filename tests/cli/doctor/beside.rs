//! What lies beside the files: temporary files, locks, procedures that were cut short.

use std::fs;

#[cfg(unix)]
use super::set_mode;
use crate::world::World;

fn healthy() -> World {
    let mut world = World::new();
    world.healthy();
    world
}

#[test]
fn temporary_files_of_killed_runs_are_told_and_left_alone() {
    let world = healthy();
    for name in [".credentials.awsmfa-Ab12Cd", ".config.awsmfa-000000"] {
        fs::write(world.path(".aws").join(name), "[x]\n").unwrap();
        world.doctor(["--offline"]).finds((
            "leftover",
            "warning",
            "a run that was killed",
            name,
            "the next sign-in",
        ));
    }
    for name in [
        ".credentials.awsmfa-Ab12C",
        ".credentials.awsmfa-Ab12C!",
        ".credentials.swp",
    ] {
        let world = healthy();
        fs::write(world.path(".aws").join(name), "").unwrap();
        world.doctor(["--offline"]).has_no("leftover");
    }
}

#[cfg(unix)]
#[test]
fn locks_are_told_by_who_holds_them() {
    let world = healthy();
    let lock = world.path(".aws/credentials.lock");
    fs::write(&lock, "").unwrap();
    world.doctor(["--offline"]).has_no("lock");
    // No process has this number: the largest that Linux takes is 4194304.
    fs::write(&lock, "1999999999 awsmfa\n").unwrap();
    world
        .doctor(["--offline"])
        .finds(("lock", "note", "was killed", "credentials.lock", ""));
    fs::write(&lock, format!("{} cli\n", std::process::id())).unwrap();
    fs::write(world.path(".aws/.credentials.awsmfa-Ab12Cd"), "").unwrap();
    let holder = format!("process {} (cli) is writing", std::process::id());
    world
        .doctor(["--offline"])
        .finds(("lock", "note", &holder, "credentials.lock", ""))
        .has_no("leftover");
    fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink("elsewhere", &lock).unwrap();
    world.doctor(["--offline"]).finds((
        "lock",
        "problem",
        "cannot be opened",
        "credentials.lock",
        "ls -la",
    ));
}

#[cfg(unix)]
#[test]
fn the_state_directory_and_what_was_cut_short_are_told() {
    let world = healthy();
    world.doctor(["--offline"]).has_no("state");
    let state = world.path(".aws/awsmfa");
    fs::create_dir(&state).unwrap();
    set_mode(&state, 0o700);
    world
        .doctor(["--offline"])
        .finds(("state", "ok", "for its owner alone", "awsmfa", ""))
        .has_no("unfinished");
    set_mode(&state, 0o755);
    fs::write(state.join("mfa-alice.json"), "{}").unwrap();
    fs::write(state.join("mfa-alice.lock"), "").unwrap();
    world
        .doctor(["--offline"])
        .finds(("state", "warning", "open to others", "awsmfa", "chmod 700"))
        .finds((
            "unfinished",
            "warning",
            "cut short",
            "mfa-alice.json",
            "run the same command again",
        ));
    fs::write(
        state.join("mfa-alice.lock"),
        format!("{} cli\n", std::process::id()),
    )
    .unwrap();
    world.doctor(["--offline"]).finds((
        "unfinished",
        "note",
        "is at this now",
        "mfa-alice.json",
        "",
    ));
}

#[test]
fn a_rotation_that_came_to_its_end_is_not_called_cut_short() {
    let mut world = World::new();
    world.healthy();
    let old = world.value("default", "aws_access_key_id").unwrap();
    world.run(["key", "rotate"]).succeeded();
    world
        .doctor(["--offline"])
        .finds((
            "kept",
            "note",
            &format!("access key {old} of alice (profile `default`) is kept"),
            "key-default@alice@123456789012.json",
            &format!("`awsmfa -p default key delete --user alice {old}`"),
        ))
        .has_no("unfinished");
    world.run(["key", "rotate", "--rollback"]).succeeded();
    world
        .doctor(["--offline"])
        .has_no("kept")
        .has_no("unfinished");
}

#[test]
fn a_rotation_that_was_cut_short_is_told_with_its_key() {
    let world = healthy();
    let state = world.path(".aws/awsmfa");
    fs::create_dir(&state).unwrap();
    for (phase, what, next) in [
        (
            "rotating",
            "the rotation of access key AKIAOLD of bob",
            "`awsmfa -p \"my ci\" key rotate` goes on from there; `awsmfa -p \"my ci\" key rotate --rollback`",
        ),
        (
            "rolling_back",
            "bringing back access key AKIAOLD of bob",
            "`awsmfa -p \"my ci\" key rotate --rollback` goes on",
        ),
    ] {
        let record = serde_json::json!({
            "phase": phase, "user": "bob", "account": "123456789012", "profile": "my ci", "begun": 1, "new": null,
            "old": { "access_key_id": "AKIAOLD", "secret_access_key": "kept-secret" },
        });
        fs::write(
            state.join("key-my%20ci@bob@123456789012.json"),
            record.to_string(),
        )
        .unwrap();
        let found = world.doctor(["--offline"]);
        found.finds((
            "unfinished",
            "warning",
            what,
            "key-my%20ci@bob@123456789012.json",
            next,
        ));
        assert!(!found.document.to_string().contains("kept-secret"));
    }
}

/// The commands say the same of it.
#[test]
fn a_file_about_an_earlier_run_that_cannot_be_understood_is_to_be_moved_away() {
    let world = healthy();
    let state = world.path(".aws/awsmfa");
    fs::create_dir(&state).unwrap();
    for (name, content) in [
        ("key-default@alice@123456789012.json", "{\"phase\": \"rot"),
        ("key-default@alice@123456789012.json", "{}"),
        ("create-alice@123456789012.json", "\0"),
    ] {
        fs::write(state.join(name), content).unwrap();
        let found = world.doctor(["--offline"]);
        found.finds((
            "unfinished",
            "problem",
            "and does not",
            name,
            "move it away",
        ));
        fs::remove_file(state.join(name)).unwrap();
    }
}

#[test]
fn a_kept_secret_is_deleted_with_the_profile_that_was_asked_for() {
    let world = healthy();
    let state = world.path(".aws/awsmfa");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("secret-AKIAKEPT.json"), "{}").unwrap();
    for (arguments, next) in [
        (&["--offline"][..], "`awsmfa key delete AKIAKEPT`"),
        (
            &["--offline", "-p", "default"],
            "`awsmfa -p default key delete AKIAKEPT`",
        ),
    ] {
        let found = world.doctor(arguments.iter().copied());
        found.finds(("kept", "note", "AKIAKEPT", "secret-AKIAKEPT.json", next));
    }
}
