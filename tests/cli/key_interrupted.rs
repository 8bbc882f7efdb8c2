//! A rotation killed before and after every single request, and with the reply of every request
//! lost, and then run again: no secret is lost, no key is left that nobody knows, and the end is that
//! of a run that nobody disturbed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::local_aws::{Fault, Key, Preset, UserHandle, When};
use crate::world::{NOTHING, Run, World, section};

const PATIENCE: Duration = Duration::from_secs(30);

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
        arguments: &["-p", "admin", "key", "rotate", "--user", "alice", "--to", "default", "--yes"],
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
        arguments: &["-p", "admin", "key", "rotate", "--rollback", "--user", "alice", "--to", "default", "--yes"],
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
    }
}

fn lines(key: &Key) -> String {
    section("x", key).lines().skip(1).map(|line| format!("{line}\n")).collect()
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
    let scene = alone();
    scene.world.run(["key", "rotate"]).succeeded();
    scene
}

fn rotated_as_administrator() -> Scene {
    let scene = as_administrator();
    scene.world.run(CASES[4].arguments).succeeded();
    scene
}

impl Scene {
    /// The end, with whatever differs from run to run named by what it is.
    fn end(&self) -> Value {
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
        json!({ "aws": self.world.aws.snapshot(), "files": text, "records": records })
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
        assert_eq!(secret.as_ref(), Some(&credentials.secret), "{point}: the profile's pair");
        let keys = self.user.keys();
        let active = keys.iter().any(|(id, active)| *id == credentials.id && *active);
        assert!(active, "{point}: the profile's key is active");
        let kept: String = self.records().into_iter().map(|(_, content)| content).collect();
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
            Mode::Lost(fault) => {
                self.world.aws.fault_after(skip, fault.clone());
                let run = self.world.run(arguments);
                self.world.aws.clear_faults();
                return Some(run);
            }
        };
        let stop = self.world.aws.stop("*", skip, when);
        let mut child = self.world.start(arguments);
        stop.wait(PATIENCE)?;
        child.kill().unwrap();
        let run = self.world.outcome(child);
        stop.abandon();
        Some(run)
    }
}

#[derive(Clone, Copy, Debug)]
enum Mode<'f> {
    KilledBefore,
    KilledAfter,
    /// Carried out, and the reply comes to grief.
    Lost(&'f Fault),
}

/// How many requests an undisturbed run makes, and how it ends.
fn undisturbed(case: &Case) -> (usize, Value) {
    let scene = (case.arrange)();
    scene.world.aws.clear_log();
    scene.world.run(case.arguments).succeeded_for(case.name);
    scene.check(case.name);
    let requests = scene.world.aws.log().len();
    assert!(requests >= case.least, "{}: {requests} requests", case.name);
    (requests, scene.end())
}

#[test]
fn cut_off_at_any_request_and_run_again_it_ends_as_if_nothing_had_been() {
    let lost = [Fault::Close(When::After), Fault::Reset(When::After), Fault::Truncate];
    let modes = [Mode::KilledBefore, Mode::KilledAfter];
    let modes: Vec<Mode<'_>> = modes.into_iter().chain(lost.iter().map(Mode::Lost)).collect();
    let mut points = 0;
    for case in &CASES {
        let (requests, end) = undisturbed(case);
        for point in 0..requests {
            for &mode in &modes {
                let name = format!("{}, {mode:?} request {point}", case.name);
                let scene = (case.arrange)();
                let Some(run) = scene.in_mode(mode, point, case.arguments) else {
                    panic!("{name}: the run did not come so far");
                };
                points += 1;
                scene.check(&name);
                if run.code != 0 {
                    scene.world.run(case.arguments).succeeded_for(&name);
                    scene.check(&name);
                }
                let (found, end) = (format!("{:#}", scene.end()), format!("{end:#}"));
                assert!(found == end, "{name}: {}\n{found}\nand not\n{end}", run.stderr);
            }
        }
    }
    counted(points);
    assert!(points > 200, "{points}");
}

#[expect(clippy::print_stderr, reason = "a number to be read")]
fn counted(points: usize) {
    eprintln!("{points} interruption points of `key rotate` were tried");
}
