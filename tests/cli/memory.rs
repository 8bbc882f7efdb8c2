//! What the memory of a run holds, and what becomes of it when the run crashes.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::env::signed_in;
use crate::local_aws::Trust;
use crate::prompt::PROMPT;
use crate::served::pass_from;
use crate::world::{AWSMFA, World, not_tested};

/// Where the memory of a process holds a text, with what is around it; none if it may not be read.
fn copies(pid: &str, text: &str) -> Option<Vec<String>> {
    let mut memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let mut found = Vec::new();
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with("rw") {
            continue;
        }
        let [start, end] = {
            let (start, end) = range.split_once('-').unwrap();
            [start, end].map(|number| u64::from_str_radix(number, 16).unwrap())
        };
        let mut bytes = Vec::new();
        memory.seek(SeekFrom::Start(start)).unwrap();
        // A mapping may have no pages to read.
        let _ = memory.by_ref().take(end - start).read_to_end(&mut bytes);
        for (at, _) in bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == text.as_bytes()[0])
        {
            if bytes[at..].starts_with(text.as_bytes()) {
                let around = at.saturating_sub(24)..(at + 64).min(bytes.len());
                found.push(format!("{rest}: {}", bytes[around].escape_ascii()));
            }
        }
    }
    Some(found)
}

#[test]
fn one_copy_of_the_long_term_secret_is_there_while_a_code_is_awaited() {
    for role in [false, true] {
        for tls in [false, true] {
            let world = if tls { World::tls() } else { World::new() };
            let (user, key, mfa) = world.default_user("alice");
            let mut config = format!("[default]\nmfa_serial = {}\n", mfa.serial);
            if role {
                let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
                config += &format!("role_arn = {}\nsource_profile = default\n", role.arn);
            }
            world.write_config(config);
            let script = "echo pid=$$.; exec \"$0\" login";
            let mut session = world.shell(["-c", script, AWSMFA]).start();
            session.expect("pid=");
            let pid = session.expect(".");
            session.expect(PROMPT);
            // While a request is on its way, the SDK has a copy of its own.
            let deadline = Instant::now() + Duration::from_secs(30);
            loop {
                match copies(pid.trim_end_matches('.'), &key.secret) {
                    Some(found) if found.len() == 1 => break,
                    Some(found) if Instant::now() > deadline => {
                        panic!("role: {role}, TLS: {tls}: {found:#?}");
                    }
                    Some(_) => thread::sleep(Duration::from_millis(50)),
                    None => {
                        not_tested("the memory of a process cannot be read");
                        break;
                    }
                }
            }
            session.send_line(&world.aws.code(&mfa.serial));
            assert_eq!(world.finish(session).code, 0);
        }
    }
}

/// A command that may dump core, by the limits of this machine.
fn with_core(world: &World, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let script = "ulimit -c unlimited; exec \"$@\"";
    command.args(["-c", script, "sh"]).args(arguments);
    world.furnish(&mut command);
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn dumps(mut child: Child) -> bool {
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
    status.core_dumped()
}

#[test]
fn a_crash_leaves_no_core_but_a_program_under_exec_may() {
    let (world, _) = signed_in();
    let crash = ["sh", "-c", "kill -ABRT $$"];
    let start = |arguments: &[&str]| with_core(&world, arguments).spawn().unwrap();
    if !dumps(start(&crash)) {
        not_tested("no process dumps core here");
        return;
    }
    let mut server = start(&[AWSMFA, "serve", "--output", "json"]);
    pass_from(server.stdout.take().unwrap());
    kill_process(Pid::from_child(&server), Signal::ABORT).unwrap();
    assert!(!dumps(server));
    assert!(dumps(start(
        &[&[AWSMFA, "exec", "--"][..], &crash].concat()
    )));
}
