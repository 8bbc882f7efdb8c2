//! The binary killed in the midst of a sign-in, as by a power cut or the OOM killer: the file is
//! the old one or a new one, complete, byte for byte, and the next run clears up.
//!
//! Every run has a user, a key and a device of its own: AWS may still accept the code of one that
//! is dead already, and no code can be spent twice.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::local_aws::Mfa;
#[cfg(target_os = "linux")]
use crate::world::not_tested;
use crate::world::{Run, World, section};

const ROUNDS: u32 = 50;

/// The exit code of a run that was killed: SIGKILL, or what Windows is told to say.
const KILLED: i32 = if cfg!(windows) { 1 } else { 128 + 9 };

const SECTION: &str = "target";

/// What a kill left behind.
#[derive(Debug, Default)]
struct Tally {
    /// Not every run is slow enough to be killed.
    killed: u32,
    old: u32,
    new: u32,
    leftovers: u32,
}

struct Crashes {
    world: World,
    devices: Vec<Mfa>,
    /// The file without our section: what is before and what is after.
    around: [String; 2],
    /// The file as it was before the present round.
    before: Vec<u8>,
    tally: Tally,
}

impl Crashes {
    /// Ready for so many runs.
    fn new(runs: u32) -> Self {
        let world = World::new();
        let mut around = ["# head\n".to_owned(), "# tail\n".to_owned()];
        let mut devices = Vec::new();
        for number in 0..=runs {
            let user = world.aws.user(&format!("user{number}"));
            devices.push(world.virtual_mfa(&user));
            around[0] += &section(&format!("p{number}"), &world.key(&user));
        }
        for number in devices.len()..200 {
            let lines = "# nobody's business\n".repeat(20);
            around[number % 2] += &format!("[s{number}]\nx = {number}\n{lines}");
        }
        world.write_credentials(format!("{}[{SECTION}]\n{}", around[0], around[1]));
        // What a kill leaves may be the old file, with the mode that it had.
        #[cfg(unix)]
        std::fs::set_permissions(
            world.credentials_path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .unwrap();
        Self {
            before: world.credentials_bytes(),
            world,
            devices,
            around,
            tally: Tally::default(),
        }
    }

    fn arguments(&self, round: u32) -> [String; 8] {
        let serial = &self.devices[round as usize].serial;
        let code = self.world.aws.code(serial);
        let profile = format!("p{round}");
        [
            "-p",
            &profile,
            "--to",
            SECTION,
            "-t",
            &code,
            "--serial-number",
            serial,
        ]
        .map(str::to_owned)
    }

    fn start(&self, round: u32) -> Child {
        self.world.start(self.arguments(round))
    }

    /// One run that is killed after `delay`, counted from the first new sign there is of it, if any
    /// is waited for.
    fn round(&mut self, round: u32, signs: Option<Signs>, delay: Duration) {
        let seen = |world| signs.map_or_else(Vec::new, |signs| signs(world));
        let before = seen(&self.world);
        let mut child = self.start(round);
        while signs.is_some()
            && seen(&self.world).iter().all(|sign| before.contains(sign))
            && child.try_wait().unwrap().is_none()
        {}
        spin(delay);
        child.kill().unwrap();
        let run = self.world.outcome(child);
        self.look(&run);
    }

    fn look(&mut self, run: &Run) {
        assert!(run.code == 0 || run.code == KILLED, "{run:?}");
        self.tally.killed += u32::from(run.code != 0);
        let after = self.world.credentials_bytes();
        if after == self.before {
            self.tally.old += 1;
        } else {
            self.tally.new += 1;
            self.check_complete(&after);
            self.before = after;
        }
        let mut names = self.world.names();
        names.retain(|name| name != "credentials" && name != "credentials.lock");
        self.tally.leftovers += u32::try_from(names.len()).unwrap();
        match &names[..] {
            [] => {}
            [name] if name.starts_with(".credentials.awsmfa-") => self.check_private(name),
            _ => panic!("left behind: {names:?}"),
        }
    }

    /// It may hold the keys of the whole file.
    fn check_private(&self, name: &str) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;

            let path = self.world.path(".aws").join(name);
            let mode = std::fs::metadata(path).unwrap().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
        }
        #[cfg(not(unix))]
        let _ = name;
    }

    fn check_complete(&self, bytes: &[u8]) {
        let file = std::str::from_utf8(bytes).unwrap();
        let rest = file.strip_prefix(&self.around[0]).expect("what is before");
        let section = rest.strip_suffix(&self.around[1]).expect("what is after");
        let owner = self.world.issued_in(section, SECTION);
        assert!(owner.is_some(), "{section}");
        assert!(section.ends_with('\n') && section.matches('[').count() == 1);
    }

    /// A run that nobody kills clears up after those that were killed.
    fn finish(mut self) -> Tally {
        let last = u32::try_from(self.devices.len() - 1).unwrap();
        let run = self.world.outcome(self.start(last)).succeeded();
        assert!(!run.stderr.contains("waiting"), "{}", run.stderr);
        self.check_complete(&self.world.credentials_bytes());
        assert_eq!(self.world.names(), ["credentials", "credentials.lock"]);
        std::mem::take(&mut self.tally)
    }
}

/// Waits more exactly than a sleep does.
fn spin(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// What can be seen of a run from outside.
type Signs = fn(&World) -> Vec<String>;

fn answers(world: &World) -> Vec<String> {
    let log = world.aws.log();
    let answered = log.iter().filter(|entry| entry.carried_out);
    answered.map(|entry| format!("{:?}", entry.at)).collect()
}

fn temporary_files(world: &World) -> Vec<String> {
    let mut names = world.names();
    names.retain(|name| name.starts_with(".credentials.awsmfa-"));
    names
}

#[test]
fn killed_at_any_time_the_file_is_the_old_one_or_the_new_one() {
    let mut crashes = Crashes::new(ROUNDS);
    let begin = Instant::now();
    let run = crashes.world.outcome(crashes.start(0)).succeeded();
    let whole = begin.elapsed();
    crashes.look(&run);
    for round in 1..ROUNDS {
        crashes.round(round, None, whole * round / ROUNDS);
    }
    let tally = crashes.finish();
    assert!(tally.killed > 0, "{tally:?}");
    assert!(tally.old > 0 && tally.new > 0, "{tally:?}");
}

/// From STS's answer on, the rest is the file.
#[test]
fn killed_after_aws_has_answered_the_file_is_the_old_one_or_the_new_one() {
    let mut crashes = Crashes::new(ROUNDS);
    for round in 1..ROUNDS {
        crashes.round(round, Some(answers), Duration::from_micros(100) * round);
    }
    let tally = crashes.finish();
    assert!(tally.killed > 0, "{tally:?}");
    assert!(tally.old > 0 && tally.new > 0, "{tally:?}");
}

#[test]
fn killed_while_the_new_file_is_being_written_nothing_is_lost_and_the_next_run_clears_up() {
    let mut crashes = Crashes::new(ROUNDS);
    for round in 1..ROUNDS {
        let delay = Duration::from_micros(10) * round;
        crashes.round(round, Some(temporary_files), delay);
    }
    let tally = crashes.finish();
    assert!(tally.killed > 0, "{tally:?}");
    assert!(tally.leftovers > 0, "{tally:?}");
}

/// Not left to chance: every system call that could change something is the last one once. An
/// extra, because `strace` is not everywhere.
#[test]
#[cfg(target_os = "linux")]
fn killed_at_every_call_that_changes_a_file_nothing_is_lost_where_strace_can_do_it() {
    // Not every architecture has each of them, hence the question mark.
    const CALLS: [&str; 12] = [
        "openat",
        "write",
        "fsync",
        "rename",
        "renameat",
        "renameat2",
        "ftruncate",
        "unlink",
        "unlinkat",
        "fchmod",
        "flock",
        "close",
    ];
    const RUNS: u32 = 400;

    let mut crashes = Crashes::new(RUNS);
    let mut round = 0;
    for call in CALLS {
        for when in 1.. {
            round += 1;
            let script = format!(
                "exec strace -f -qq -o /dev/null -e inject=?{call}:signal=SIGKILL:when={when} \"$@\""
            );
            let run = crashes.world.run_in(&script, crashes.arguments(round));
            if run.stderr.contains("strace") {
                not_tested(&run.stderr);
                return;
            }
            crashes.look(&run);
            if run.code == 0 {
                break;
            }
        }
    }
    let tally = crashes.finish();
    assert!(tally.old > 20 && tally.new > 12, "{tally:?}");
    assert!(tally.leftovers > 0, "{tally:?}");
}
