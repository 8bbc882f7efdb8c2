//! `awsmfa doctor`: what is found, where, what to do about it, and that nothing is touched.

mod account;
mod beside;
mod environment;
mod files;
mod network;
mod profile;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use crate::local_aws::{Mfa, Preset, UserHandle};
use crate::world::{NOTHING, World};

/// What one run has found.
struct Diagnosis {
    code: i32,
    document: Value,
}

/// A finding as a table expects it: id, severity, and parts of the sentence, the place and the
/// first remedy; an empty part is not looked at.
type Expected<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// Every file of the home with its bytes and the time it was last changed; the directories too.
type Snapshot = Vec<(PathBuf, Option<Vec<u8>>, SystemTime)>;

impl World {
    /// Runs the doctor and looks whether it has left everything as it was.
    #[track_caller]
    fn doctor<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Diagnosis {
        let before = snapshot(&self.path(""));
        let all = ["doctor", "--output", "json"].into_iter().chain(arguments);
        let run = self.run(all);
        assert_eq!(snapshot(&self.path("")), before, "{}", run.stderr);
        assert_eq!(run.stderr, "");
        assert_eq!(self.codes_sent(), Vec::<String>::new());
        for violation in self.aws.violations() {
            assert!(violation.starts_with("MissingAuthenticationToken: "));
        }
        Diagnosis {
            code: run.code,
            document: run.json(),
        }
    }

    /// Where there is no key, what is sent is signed by nobody; AWS and the local AWS refuse it
    /// for that.
    fn without_key() -> Self {
        let mut world = Self::new();
        world.lenient = true;
        world
    }

    /// A user who may look after what is their own, with a region and the device in the profile:
    /// nothing to find fault with.
    fn healthy(&mut self) -> (UserHandle, Mfa) {
        let user = self.aws.user("alice").policy(Preset::SelfService);
        let key = self.key(&user);
        let mfa = self.virtual_mfa(&user);
        self.write_credentials(crate::world::section("default", &key));
        self.write_config(format!(
            "[default]\nregion = eu-west-1\nmfa_serial = {}\n",
            mfa.serial
        ));
        private(&self.credentials_path());
        private(&self.config_path());
        (user, mfa)
    }
}

impl Diagnosis {
    fn findings(&self) -> &Vec<Value> {
        self.document["findings"].as_array().unwrap()
    }

    /// Those that are worse than good to know, by their ids.
    fn bad(&self) -> Vec<&str> {
        let findings = self.findings().iter();
        findings
            .filter(|found| ["warning", "problem"].contains(&text(&found["severity"])))
            .map(|found| text(&found["id"]))
            .collect()
    }

    #[track_caller]
    fn finds(&self, expected: Expected<'_>) -> &Self {
        let (id, severity, what, place, next) = expected;
        let fits = |found: &&Value| {
            found["id"] == id
                && found["severity"] == severity
                && text(&found["what"]).contains(what)
                && text(&found["place"]).contains(place)
                && text(&found["next"][0]).contains(next)
        };
        let found = self.findings().iter().find(fits);
        assert!(found.is_some(), "{expected:?} in:\n{:#}", self.document);
        let is_problem = severity == "problem";
        assert!(!is_problem || self.code == 8, "{expected:?}: {}", self.code);
        self
    }

    #[track_caller]
    fn has_no(&self, id: &str) -> &Self {
        let mut findings = self.findings().iter();
        assert!(
            findings.all(|found| found["id"] != id),
            "{id} in:\n{:#}",
            self.document
        );
        self
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn snapshot(directory: &Path) -> Snapshot {
    let mut found = vec![(directory.to_owned(), None, changed(directory))];
    // What may not be looked into cannot have been written to.
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(snapshot(&path));
        } else {
            let bytes = path.is_file().then(|| fs::read(&path).unwrap_or_default());
            found.push((path.clone(), bytes, changed(&path)));
        }
    }
    found.sort();
    found
}

fn changed(path: &Path) -> SystemTime {
    fs::symlink_metadata(path).unwrap().modified().unwrap()
}

/// As `aws configure` leaves a file.
fn private(path: &Path) {
    set_mode(path, 0o600);
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(windows)]
fn set_mode(_: &Path, _: u32) {}

#[test]
fn nothing_is_found_where_all_is_well() {
    let mut world = World::new();
    let (user, mfa) = world.healthy();
    let found = world.doctor([]);
    assert_eq!(found.code, 0);
    assert_eq!(found.bad(), Vec::<&str>::new(), "{:#}", found.document);
    assert_eq!(found.document["severity"], "note");
    let place = format!("{}:2", world.credentials_path().display());
    let device = format!("{} is there and makes codes", mfa.serial);
    for expected in [
        ("awsmfa", "ok", env!("CARGO_PKG_VERSION"), "", ""),
        (
            "file",
            "ok",
            "credentials file has 1 profile",
            "credentials",
            "",
        ),
        ("profile", "ok", "section [default-mfa]", &place, ""),
        ("profile-use", "ok", "long-term key AKIA", &place, ""),
        ("region", "ok", "eu-west-1", "config:2", ""),
        ("sts", "ok", "STS answers in ", &world.aws.endpoint(), ""),
        ("iam", "ok", "IAM answers in ", &world.aws.endpoint(), ""),
        ("clock", "ok", "is right", "", ""),
        ("key", "ok", user.arn.as_str(), &place, ""),
        ("key-age", "ok", "is 0 days old", &place, ""),
        ("device", "ok", &device, "config:3", ""),
    ] {
        found.finds(expected);
    }
    let mut asked = world.aws.operations();
    asked.sort();
    assert_eq!(
        asked,
        ["GetCallerIdentity", "ListAccessKeys", "ListMFADevices"]
    );
}

#[test]
fn all_is_well_after_a_sign_in_too() {
    let mut world = World::new();
    let (_, mfa) = world.healthy();
    world.sign_in(&mfa, NOTHING).succeeded();
    // The code of the sign-in is none of the doctor's.
    world.aws.clear_log();
    for profile in ["default", "default-mfa"] {
        let found = world.doctor(["-p", profile]);
        assert_eq!(found.bad(), Vec::<&str>::new(), "{:#}", found.document);
        found.finds((
            "section",
            "ok",
            "[default-mfa] is good until ",
            "credentials:",
            "",
        ));
    }
    world
        .doctor(["-p", "default-mfa"])
        .finds((
            "profile",
            "ok",
            "profile `default` (from `default-mfa`)",
            "",
            "",
        ))
        .finds(("profile-use", "ok", "the temporary key ASIA", "", ""));
}

#[test]
fn offline_asks_nobody() {
    let mut world = World::new();
    world.healthy();
    let found = world.doctor(["--offline"]);
    assert_eq!(found.code, 0);
    found
        .finds(("offline", "note", "AWS was not asked", "--offline", ""))
        .finds(("region", "ok", "eu-west-1", "", ""))
        .has_no("sts")
        .has_no("clock")
        .has_no("key");
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn the_text_is_one_line_for_each_finding_and_remedies_below_those_that_need_one() {
    let mut world = World::new();
    let (_, mfa) = world.healthy();
    let serial = mfa.serial.replace("mfa/alice", "mfa/alicia");
    world.write_config(format!(
        "[default]\nregion = eu-west-1\nmfa_serial = {serial}\n"
    ));
    let run = world.run(["doctor"]);
    assert_eq!(run.code, 8);
    let what = format!("{serial} is configured, and the user has no such device");
    assert_eq!(run.stderr, format!("1 problem, no warnings: {what}\n"));
    let problem = format!(
        "device       problem  {what} (~/.aws/config:3)\n\
         \x20                       next: the user has {}: put that there\n",
        mfa.serial
    );
    assert!(
        run.stdout.starts_with(&problem),
        "{problem}\n{}",
        run.stdout
    );
    // What is fine is one line, unless all of it is asked for.
    let fine: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.contains(" ok "))
        .collect();
    assert!(
        fine.len() == 1 && fine[0].ends_with("other checks are fine (-v shows them)"),
        "{fine:?}"
    );
    let all = world.run(["doctor", "-v"]);
    let region = "\nnetwork      ok       the region is eu-west-1 (~/.aws/config:2)\n";
    assert!(
        all.stdout.starts_with(&problem) && all.stdout.contains(region),
        "{}",
        all.stdout
    );
    assert!(run.stdout.is_ascii() && !run.stdout.contains('\u{1b}'));

    let run = world.run(["doctor", "-q"]);
    assert_eq!((run.code, run.stderr.as_str()), (8, ""));
    assert!(
        run.stdout.starts_with("device  problem  "),
        "{}",
        run.stdout
    );
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);

    world.write_config(format!(
        "[default]\nregion = eu-west-1\nmfa_serial = {}\n",
        mfa.serial
    ));
    let run = world.run(["doctor", "-q"]);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (0, "", "")
    );
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_marks_are_coloured() {
    let mut world = World::new();
    world.healthy();
    world.set("TERM", "xterm-256color");
    world.set("AWSMFA_TYPO", "1");
    let session = world.terminal(["doctor", "--offline"]).start();
    let finished = world.finish(session);
    assert!(
        finished.shown.contains("\x1b[32mok\x1b[0m"),
        "{}",
        finished.shown
    );
    assert!(
        finished.shown.contains("\x1b[33mwarning\x1b[0m"),
        "{}",
        finished.shown
    );
    assert_eq!(finished.code, 0);
}

#[test]
fn the_document_has_the_same_fields_for_every_finding() {
    let mut world = World::without_key();
    world.healthy();
    world.write_credentials(b"\xff\xfe");
    let found = world.doctor(["-p", "nobody"]);
    assert_eq!(found.document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(found.document["severity"], "problem");
    let mut subjects = Vec::new();
    for finding in found.findings() {
        let fields: Vec<&String> = finding.as_object().unwrap().keys().collect();
        assert_eq!(
            fields,
            [
                "id", "next", "place", "reason", "severity", "subject", "what"
            ]
        );
        let what = text(&finding["what"]);
        assert!(!what.is_empty() && !what.ends_with('.'), "{what}");
        subjects.push(text(&finding["subject"]));
    }
    subjects.dedup();
    let each: BTreeSet<&str> = subjects.iter().copied().collect();
    assert_eq!(subjects.len(), each.len(), "grouped: {subjects:?}");
}

#[test]
fn the_documentation_lists_every_id_and_no_other() {
    use awsmfa::doctor::Check;
    use clap::ValueEnum;

    let documentation = include_str!("../../docs/doctor.md");
    let rows = documentation
        .lines()
        .filter_map(|line| line.strip_prefix("| `"));
    let listed: Vec<String> = rows
        .map(|row| row.split('`').next().unwrap().to_owned())
        .collect();
    let ids: Vec<String> = Check::value_variants()
        .iter()
        .map(|check| serde_json::to_value(check).unwrap())
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, ids);
}
