//! A rotation killed before and after every single request, and with the reply of every request
//! lost, and then run again: no secret is lost, no key is left that nobody knows, and the end is that
//! of a run that nobody disturbed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::local_aws::{Fault, Key, Preset, UserHandle, When};
use crate::world::{NOTHING, Run, World, section};

/// What was there before, and what is run.
#[derive(Clone, Copy, Debug)]
struct Case {
    name: &'static str,
    arrange: fn() -> Scene,
    arguments: &'static [&'static str],
    /// How many requests the undisturbed run makes at least.
    least: usize,
}

struct Scene {
    world: World,
    user: UserHandle,
    /// The key that signs, if it is somebody else's.
    admin: Option<Key>,
    /// It was rotated before.
    rotated: bool,
}

const CASES: [Case; 7] = [
    Case {
        name: "rotate",
        arrange: alone,
        arguments: &["key", "rotate", "--yes"],
        least: 5,
    },
    Case {
        name: "rotate and delete",
        arrange: alone,
        arguments: &["key", "rotate", "--yes", "--delete-old"],
        least: 5,
    },
    Case {
        name: "rotate with an unused second key",
        arrange: with_a_second_key,
        arguments: &["key", "rotate", "--yes"],
        least: 7,
    },
    Case {
        name: "rotate under a policy that wants MFA",
        arrange: behind_mfa,
        arguments: &["key", "rotate", "--yes"],
        least: 5,
    },
    Case {
        name: "rotate for somebody else",
        arrange: as_administrator,
        arguments: &[
            "-p", "admin", "key", "rotate", "--user", "alice", "--to", "default", "--yes",
        ],
        least: 4,
    },
    Case {
        name: "roll back",
        arrange: rotated,
        arguments: &["key", "rotate", "--rollback", "--yes"],
        least: 5,
    },
    Case {
        name: "roll back for somebody else",
        arrange: rotated_as_administrator,
        arguments: &[
            "-p",
            "admin",
            "key",
            "rotate",
            "--rollback",
            "--user",
            "alice",
            "--to",
            "default",
            "--yes",
        ],
        least: 4,
    },
];

fn alone() -> Scene {
    let world = World::new();
    let user = world.aws.user("alice").policy(Preset::SelfService);
    let key = world.key(&user);
    let session = "[default-mfa]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
        aws_secret_access_key = whatever-it-was\naws_session_token = whatever-it-was\n\
        expiration = 2020-01-01T00:00:00Z\nawsmfa_source = default\n";
    world.write_credentials(format!(
        "# head\n{}\n{session}awsmfa_source_key_id = {}\n# tail\n",
        section("default", &key),
        key.id
    ));
    world.write_config(format!("[profile copy]\n{}", lines(&key)));
    Scene {
        world,
        user,
        admin: None,
        rotated: false,
    }
}

fn lines(key: &Key) -> String {
    section("x", key)
        .lines()
        .skip(1)
        .map(|line| format!("{line}\n"))
        .collect()
}

fn with_a_second_key() -> Scene {
    let scene = alone();
    scene.world.key(&scene.user);
    scene
}

fn behind_mfa() -> Scene {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let user = user.policy(Preset::DenyWithoutMfa);
    world.sign_in(&mfa, NOTHING).succeeded();
    Scene {
        world,
        user,
        admin: None,
        rotated: false,
    }
}

fn as_administrator() -> Scene {
    let mut scene = alone();
    let admin = scene.world.aws.user("admin").policy(Preset::Admin);
    let key = scene.world.key(&admin);
    scene
        .world
        .write_credentials(scene.world.credentials() + &section("admin", &key));
    scene.admin = Some(key);
    scene
}

fn rotated() -> Scene {
    let mut scene = alone();
    scene.world.run(["key", "rotate"]).succeeded();
    scene.rotated = true;
    scene
}

fn rotated_as_administrator() -> Scene {
    let scene = as_administrator();
    scene.world.run(CASES[4].arguments).succeeded();
    scene
}

impl Scene {
    /// The end, with whatever differs from run to run named by what it is.
    fn end(&self) -> String {
        let id = self.world.value("default", "aws_access_key_id").unwrap();
        let mut text = format!("{}{}", self.world.credentials(), self.config());
        let mut records = Vec::new();
        for (name, content) in self.records() {
            let record: Value = serde_json::from_str(&content).unwrap();
            let kept = |part: &str| record[part]["secret_access_key"].is_string();
            records.push(json!([name, record["phase"], kept("old"), kept("new")]));
        }
        for (number, (key, _)) in self.user.keys().iter().enumerate() {
            let current = if *key == id { " current" } else { "" };
            text = text.replace(key.as_str(), &format!("<key {number}{current}>"));
            let secret = self.world.aws.secret_of(key).unwrap();
            text = text.replace(&secret, &format!("<secret {number}>"));
        }
        if let Some(admin) = &self.admin {
            text = text.replace(&lines(admin), "<admin>");
        }
        for secret in self.world.aws.issued_secrets() {
            text = text.replace(&secret, "<issued>");
        }
        let volatile = |line: &&str| line.contains("ASIA") || line.starts_with("expiration");
        let text: Vec<&str> = text.lines().filter(|line| !volatile(line)).collect();
        let end = json!({ "aws": self.world.aws.snapshot(), "files": text, "records": records });
        format!("{end:#}")
    }

    fn config(&self) -> String {
        std::fs::read_to_string(self.world.config_path()).unwrap_or_default()
    }

    fn records(&self) -> Vec<(String, String)> {
        let directory = self.world.path(".aws/awsmfa");
        let Ok(entries) = std::fs::read_dir(directory) else {
            return Vec::new();
        };
        let mut found: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        found.sort();
        found
    }

    /// What must hold at any time: the profile has a pair that AWS knows and that works; and of every
    /// key that was ever used the secret is somewhere on the disk.
    #[track_caller]
    fn check(&self, point: &str) {
        let credentials = self.world.credentials_of("default");
        let secret = self.world.aws.secret_of(&credentials.id);
        assert_eq!(
            secret.as_ref(),
            Some(&credentials.secret),
            "{point}: the profile's pair"
        );
        let keys = self.user.keys();
        let active = keys
            .iter()
            .any(|(id, active)| *id == credentials.id && *active);
        assert!(active, "{point}: the profile's key is active");
        let kept: String = self
            .records()
            .into_iter()
            .map(|(_, content)| content)
            .collect();
        let everywhere = self.world.credentials() + &self.config() + &kept;
        for (id, _) in &keys {
            let secret = self.world.aws.secret_of(id).unwrap();
            let known = everywhere.contains(id.as_str());
            assert!(
                !known || everywhere.contains(&secret) || everywhere.contains("rolled_back"),
                "{point}: the secret of a key that a file names is lost"
            );
        }
    }

    fn in_mode(&self, mode: Mode, point: usize, arguments: &[&str]) -> Option<Run> {
        let skip = u32::try_from(point).unwrap();
        let when = match mode {
            Mode::KilledBefore => When::Before,
            Mode::KilledAfter => When::After,
            Mode::Closed => return self.with(skip, Fault::Close(When::After), arguments),
            Mode::Reset => return self.with(skip, Fault::Reset(When::After), arguments),
            Mode::Truncated => return self.with(skip, Fault::Truncate, arguments),
            Mode::Denied => return self.with(skip, Fault::AccessDenied, arguments),
            Mode::Failed => return self.with(skip, Fault::SERVICE_FAILURE, arguments),
        };
        let stop = self.world.aws.stop("*", skip, when);
        let mut child = self.world.start(arguments);
        // A run that ends before it comes so far is not waited for.
        while stop.reached().is_none() {
            if child.try_wait().unwrap().is_some() && stop.reached().is_none() {
                self.world.outcome(child).succeeded();
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        let run = self.world.outcome(child);
        stop.abandon();
        Some(run)
    }

    fn with(&self, skip: u32, fault: Fault, arguments: &[&str]) -> Option<Run> {
        self.world.aws.fault_after(skip, fault);
        let run = self.world.run(arguments);
        self.world.aws.clear_faults();
        Some(run)
    }

    /// Whether a record says that something is left to be done, or nothing was begun.
    #[cfg(target_os = "linux")]
    fn to_be_continued(&self) -> bool {
        let records = self.records();
        let open = |content: &String| {
            content.contains("\"rotating\"") || content.contains("\"rolling_back\"")
        };
        let begun = self.user.keys().len() > 1;
        records.iter().any(|(_, content)| open(content)) || !begun || self.is_as_arranged()
    }

    /// Of a rotation that is to be rolled back.
    #[cfg(target_os = "linux")]
    fn is_as_arranged(&self) -> bool {
        let records = self.records();
        let rotated = |content: &String| content.contains("\"rotated\"");
        self.rotated && records.iter().any(|(_, content)| rotated(content))
    }

    #[track_caller]
    fn ends(&self, end: &str, name: &str, run: &Run) {
        let found = self.end();
        assert!(
            found == end,
            "{name}: {}\n{found}\nand not\n{end}",
            run.stderr
        );
    }
}

/// How a run comes to grief at a request.
#[derive(Clone, Copy, Debug)]
enum Mode {
    KilledBefore,
    KilledAfter,
    /// Carried out, and the reply is lost.
    Closed,
    Reset,
    Truncated,
    /// Not carried out: AWS denies it, or fails by itself. The latter says nothing about whether it
    /// was.
    Denied,
    Failed,
}

const MODES: [Mode; 7] = [
    Mode::KilledBefore,
    Mode::KilledAfter,
    Mode::Closed,
    Mode::Reset,
    Mode::Truncated,
    Mode::Denied,
    Mode::Failed,
];

/// How many requests an undisturbed run makes, and how it ends.
fn undisturbed(case: &Case) -> (usize, String) {
    let scene = (case.arrange)();
    scene.world.aws.clear_log();
    scene.world.run(case.arguments).succeeded_for(case.name);
    scene.check(case.name);
    let requests = scene.world.aws.log().len();
    assert!(requests >= case.least, "{}: {requests} requests", case.name);
    (requests, scene.end())
}

/// Every row of a table on a thread of its own; the sum of what they count.
fn all<T: Sync>(rows: &[T], count: impl Fn(&T) -> usize + Sync) -> usize {
    std::thread::scope(|threads| {
        let count = &count;
        let running: Vec<_> = rows
            .iter()
            .map(|row| threads.spawn(move || count(row)))
            .collect();
        let done = running.into_iter().map(|thread| thread.join().unwrap());
        done.sum()
    })
}

#[test]
fn cut_off_at_any_request_and_run_again_it_ends_as_if_nothing_had_been() {
    let points = all(&CASES, |case| {
        let (requests, end) = undisturbed(case);
        for point in 0..requests {
            for mode in MODES {
                let name = format!("{}, {mode:?} at request {point}", case.name);
                let scene = (case.arrange)();
                let Some(run) = scene.in_mode(mode, point, case.arguments) else {
                    panic!("{name}: the run did not come so far");
                };
                scene.check(&name);
                if run.code != 0 {
                    scene.world.run(case.arguments).succeeded_for(&name);
                    scene.check(&name);
                }
                scene.ends(&end, &name, &run);
            }
        }
        requests * MODES.len()
    });
    counted(points, "requests");
    assert!(points > 250, "{points}");
}

/// The run that is to go on is killed too, at each of its own requests.
#[test]
fn cut_off_twice_it_ends_as_if_nothing_had_been() {
    const TWICE: [Mode; 2] = [Mode::KilledBefore, Mode::KilledAfter];

    let points = all(&[&CASES[0], &CASES[5]], |case| {
        let (requests, end) = undisturbed(case);
        let mut points = 0;
        for first in 0..requests {
            for (mode, again) in TWICE
                .into_iter()
                .flat_map(|mode| TWICE.map(|other| (mode, other)))
            {
                for second in 0.. {
                    let name = format!("{}, {mode:?} {first}, {again:?} {second}", case.name);
                    let scene = (case.arrange)();
                    scene.in_mode(mode, first, case.arguments).unwrap();
                    scene.world.aws.clear_log();
                    let Some(run) = scene.in_mode(again, second, case.arguments) else {
                        break;
                    };
                    points += 1;
                    scene.check(&name);
                    scene.world.run(case.arguments).succeeded_for(&name);
                    scene.check(&name);
                    scene.ends(&end, &name, &run);
                }
            }
        }
        points
    });
    counted(points, "pairs of requests");
    assert!(points > 150, "{points}");
}

/// Not left to chance: every system call that could change something is the last one once. An
/// extra, because `strace` is not everywhere.
#[test]
#[cfg(target_os = "linux")]
fn killed_at_every_call_that_changes_a_file_it_goes_on_where_strace_can_do_it() {
    // Not every architecture has each of them, hence the question mark.
    const CALLS: [&str; 11] = [
        "openat",
        "write",
        "fsync",
        "rename",
        "renameat",
        "renameat2",
        "mkdir",
        "unlink",
        "unlinkat",
        "fchmod",
        "flock",
    ];

    let cases = [&CASES[0], &CASES[5]];
    let rows: Vec<_> = cases
        .iter()
        .flat_map(|case| CALLS.map(|call| (*case, call)))
        .collect();
    let ends = cases.map(undisturbed);
    let points = all(&rows, |(case, call)| {
        let end = &ends[usize::from(case.name != CASES[0].name)].1;
        for when in 1.. {
            let name = format!("{}, killed at {call} {when}", case.name);
            let scene = (case.arrange)();
            let script = format!(
                "exec strace -f -qq -o /dev/null -e inject=?{call}:signal=SIGKILL:when={when} \"$@\""
            );
            let run = scene.world.run_in(&script, case.arguments);
            if run.stderr.contains("strace") {
                crate::world::not_tested(&run.stderr);
                return 0;
            }
            scene.check(&name);
            if run.code == 0 {
                return when - 1;
            }
            assert_eq!(run.code, 128 + 9, "{name}: {}", run.stderr);
            // One that is killed after its last request may have nothing left to be done.
            if scene.to_be_continued() {
                scene.world.run(case.arguments).succeeded_for(&name);
                scene.check(&name);
            }
            scene.ends(end, &name, &run);
        }
        unreachable!("a run ends")
    });
    counted(points, "system calls");
    assert!(points == 0 || points > 60, "{points}");
}

#[expect(clippy::print_stderr, reason = "a number to be read")]
fn counted(points: usize, what: &str) {
    eprintln!("`key rotate` was interrupted at {points} {what}");
}
