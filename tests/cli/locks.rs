//! The lock beside the credentials file: who holds it is waited for, for as long as was said, and
//! named; whoever is dead is not.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::local_aws::Mfa;
use crate::world::World;

/// Another program with the lock, until it is told to let go or is dropped.
struct Holder(Child);

impl Holder {
    /// Takes the lock as a script would: `flock(1)`, or Perl's `flock` where there is none.
    fn take(world: &World) -> Self {
        let program = if cfg!(target_os = "linux") {
            "exec 9<>\"$1\" && flock 9 && echo held && read line"
        } else {
            "exec perl -MFcntl=:flock -e 'open F, \"+>>\", shift; flock F, LOCK_EX; \
             $| = 1; print \"held\\n\"; <STDIN>' \"$1\""
        };
        let child = Command::new("sh")
            .args(["-c", program, "sh"])
            .arg(lock(world))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut holder = Self(child.unwrap());
        let mut line = String::new();
        let stdout = holder.0.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        holder
    }

    /// Says in the lock file who it is, as our own runs do.
    fn sign(self, world: &World) -> Self {
        fs::write(lock(world), format!("{} vim\n", self.0.id())).unwrap();
        self
    }

    fn let_go(mut self) {
        self.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        self.0.wait().unwrap();
    }

    /// Killed: it clears nothing.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lock(world: &World) -> std::path::PathBuf {
    world.path(".aws/credentials.lock")
}

fn world() -> (World, Mfa) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    fs::write(lock(&world), "").unwrap();
    (world, mfa)
}

#[test]
fn a_lock_that_stays_held_ends_the_wait_in_time_names_its_holder_and_costs_no_code() {
    let (world, mfa) = world();
    let before = world.credentials_bytes();
    let holder = Holder::take(&world).sign(&world);
    let holder_is = format!("process {} (vim)", holder.0.id());
    let begin = Instant::now();
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["--timeout", "1s", "--token-code", &code]);
    let took = begin.elapsed();
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let run = run.failed(7, &format!("{holder_is} still holds the lock"));
    run.said(lock(&world).to_str().unwrap());
    // Announced while it waited, too.
    run.said(&format!("waiting for {holder_is}"));
    assert_eq!(world.codes_sent().len(), 0);
    assert_eq!(world.credentials_bytes(), before);
    assert_eq!(world.names(), ["credentials", "credentials.lock"]);
    // The code is still good.
    holder.let_go();
    world.run(["--token-code", &code]).succeeded();
}

#[test]
fn signing_out_waits_for_the_lock_too_and_goes_by_what_the_file_says_then() {
    let (world, mfa) = world();
    let before = world.credentials_bytes();
    world.sign_in(&mfa, ["--to", "made"]).succeeded();
    let signed_in = world.credentials_bytes();
    let holder = Holder::take(&world).sign(&world);
    let holder_is = format!("process {} (vim)", holder.0.id());
    world
        .run(["logout", "--all", "--timeout", "1s"])
        .failed(7, &format!("{holder_is} still holds the lock"))
        .said(&format!("waiting for {holder_is}"));
    assert_eq!(world.credentials_bytes(), signed_in);
    let waiting = world.start(["logout", "--all"]);
    std::thread::sleep(Duration::from_millis(500));
    let more = b"\n[more]\nregion = x\n";
    world.write_credentials([&signed_in[..], more].concat());
    holder.let_go();
    world.outcome(waiting).succeeded().said("[made] is removed");
    assert_eq!(world.credentials_bytes(), [&before[..], more].concat());
}

#[test]
fn a_holder_that_has_not_said_who_it_is_is_another_process() {
    let (world, mfa) = world();
    let _holder = Holder::take(&world);
    for text in ["", "1 \x1b[31mred\n"] {
        fs::write(lock(&world), text).unwrap();
        let code = world.aws.code(&mfa.serial);
        let run = world.run(["--timeout", "1s", "-q", "-t", &code]);
        let run = run.failed(7, "error: another process still holds the lock");
        assert!(!run.stderr.contains('\x1b'), "{}", run.stderr);
    }
    assert_eq!(world.codes_sent().len(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_holder_that_has_not_said_who_it_is_is_named_by_the_system() {
    let (world, mfa) = world();
    let held = fs::File::open(lock(&world)).unwrap();
    held.lock().unwrap();
    let code = world.aws.code(&mfa.serial);
    let run = world.run(["--timeout", "1s", "-t", &code]);
    let pid = std::process::id();
    run.failed(7, &format!("error: process {pid} ("));
    assert_eq!(world.codes_sent().len(), 0);
}

#[test]
fn a_lock_that_is_let_go_of_is_taken_and_what_the_holder_wrote_stays() {
    let (world, mfa) = world();
    let holder = Holder::take(&world).sign(&world);
    let code = world.aws.code(&mfa.serial);
    let child = world.start(["--token-code", &code]);
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(world.codes_sent().len(), 0);
    let theirs = format!("# theirs\n{}", world.credentials());
    world.write_credentials(&theirs);
    holder.let_go();
    let run = world.outcome(child).succeeded();
    run.said("waiting for process");
    assert!(world.credentials().starts_with(&theirs));
    assert!(world.issued_to("default-mfa").is_some());
}

#[test]
fn a_holder_that_dies_is_waited_for_no_longer() {
    let (world, mfa) = world();
    let holder = Holder::take(&world).sign(&world);
    let code = world.aws.code(&mfa.serial);
    let child = world.start(["--token-code", &code]);
    std::thread::sleep(Duration::from_millis(100));
    holder.kill();
    world.outcome(child).succeeded();
}

#[test]
fn what_the_dead_left_in_the_lock_file_is_neither_waited_for_nor_believed() {
    let (world, mfa) = world();
    let holder = Holder::take(&world).sign(&world);
    let dead = holder.0.id();
    holder.kill();
    let left = fs::read_to_string(lock(&world)).unwrap();
    assert_eq!(left, format!("{dead} vim\n"));
    // A living holder that has not signed is not taken for the dead one that has.
    let holder = Holder::take(&world);
    let code = world.aws.code(&mfa.serial);
    let run = world
        .run(["--timeout", "1s", "-t", &code])
        .failed(7, "lock");
    run.said("another process");
    assert!(!run.stderr.contains(&dead.to_string()), "{}", run.stderr);
    holder.kill();
    fs::write(lock(&world), left).unwrap();

    let begin = Instant::now();
    let run = world.run(["--token-code", &code]).succeeded();
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert!(!run.stderr.contains("waiting"), "{}", run.stderr);
    assert_eq!(fs::read(lock(&world)).unwrap(), b"", "it cleared up");
}

/// Two runs of ours: the second waits for the first, not for the person who is being asked.
#[test]
#[cfg(unix)]
fn nobody_holds_the_lock_while_a_person_thinks() {
    let (world, mfa) = world();
    let mut session = world.terminal(["--to", "slow"]).start();
    session.expect("MFA code");
    let code = world.aws.code(&mfa.serial);
    let begin = Instant::now();
    world.run(["--to", "fast", "-t", &code]).succeeded();
    assert!(begin.elapsed() < Duration::from_secs(10));
    session.send_line(&world.aws.code(&mfa.serial));
    assert_eq!(world.finish(session).code, 0);
    for section in ["slow", "fast"] {
        assert!(world.issued_to(section).is_some(), "{section}");
    }
}

/// A lock file that leads elsewhere is not ours: what it leads to stays.
#[test]
#[cfg(unix)]
fn a_lock_file_that_cannot_be_one_is_refused_before_a_code_is_spent() {
    let (world, mfa) = world();
    let lock = lock(&world);
    let victim = world.path("victim");
    fs::write(&victim, "precious").unwrap();
    type Make<'m> = &'m dyn Fn();
    let make: [Make<'_>; 4] = [
        &|| std::os::unix::fs::symlink(&victim, &lock).unwrap(),
        &|| std::os::unix::fs::symlink("nowhere", &lock).unwrap(),
        &|| fs::hard_link(&victim, &lock).unwrap(),
        &|| fs::create_dir(&lock).unwrap(),
    ];
    for make in make {
        let _ = fs::remove_file(&lock);
        make();
        let code = world.aws.code(&mfa.serial);
        let run = world.run(["--token-code", &code]);
        run.failed(7, "lock file cannot be used")
            .said("credentials.lock")
            .said("move it away");
        assert_eq!(world.codes_sent().len(), 0);
    }
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert!(!world.path(".aws/nowhere").exists());
}
