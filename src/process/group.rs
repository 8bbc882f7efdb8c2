//! Who is ended when a command takes too long, and how.
//!
//! The terminal decides. Where there is a controlling terminal, the command stays in our process
//! group: it may ask there for a PIN or a password (in a group of its own it would be stopped by
//! SIGTTIN as soon as it read the terminal), and Ctrl-C reaches it as it reaches us. Our group may
//! hold others too, a script around us or the rest of a pipeline, so at the limit the command and
//! its descendants are looked up and ended one by one.
//!
//! Without a terminal nobody can be asked and nobody can press Ctrl-C. Then the command gets a
//! group of its own, and at the limit the whole group is ended.
//!
//! Either way each process first gets the chance to tidy up (the terminal's echo, say). What has
//! made itself a daemon is not found, and is not meant to be.

use std::process::{Child, Command, Stdio};

#[cfg(unix)]
use rustix::process::{Pid, Signal};

/// In whose process group the command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Ours,
    #[cfg(unix)]
    Own,
}

#[cfg(unix)]
impl Group {
    pub(super) fn for_terminal() -> Self {
        match std::fs::File::open("/dev/tty") {
            Ok(_) => Group::Ours,
            Err(_) => Group::Own,
        }
    }

    pub(super) fn apply(self, command: &mut Command) {
        if self == Group::Own {
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
    }

    /// Ends a child that has not been waited for yet: until then, its number is still its own.
    pub(super) fn end(self, child: &mut Child) {
        match self {
            Group::Own => end_group(Pid::from_child(child)),
            Group::Ours => end_family(Pid::from_child(child)),
        }
        let _ = child.wait();
    }
}

/// How long a process has to tidy up before it is killed.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_millis(200);

#[cfg(unix)]
fn end_group(leader: Pid) {
    use rustix::process::kill_process_group;

    let _ = kill_process_group(leader, Signal::TERM);
    std::thread::sleep(GRACE);
    let _ = kill_process_group(leader, Signal::KILL);
}

#[cfg(unix)]
fn end_family(head: Pid) {
    use nix::unistd::getpgrp;
    use rustix::process::kill_process;

    let ours = getpgrp().as_raw();
    let family = family(head, &processes());
    for pid in &family {
        let _ = kill_process(*pid, Signal::TERM);
    }
    std::thread::sleep(GRACE);
    // A number that has become somebody else's since is hardly in our group.
    let still_here = processes();
    for pid in family {
        let is_it = |process: &Process| process.pid == pid && process.group == ours;
        if pid == head || still_here.iter().any(is_it) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

#[cfg(unix)]
struct Process {
    pid: Pid,
    /// 0 where it is outside our container, as the group may be.
    parent: i32,
    group: i32,
}

/// `head` and all its descendants, parents first.
#[cfg(unix)]
fn family(head: Pid, processes: &[Process]) -> Vec<Pid> {
    let mut family = vec![head];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        let children = processes.iter().filter(|process| {
            process.parent == parent.as_raw_pid() && !family.contains(&process.pid)
        });
        let children: Vec<Pid> = children.map(|process| process.pid).collect();
        family.extend(children);
        next += 1;
    }
    family
}

/// Every process, from the one program that knows them on every Unix. Where it is missing (small
/// containers), the list is empty and the command ends alone.
#[cfg(unix)]
fn processes() -> Vec<Process> {
    let listed = Command::new("ps")
        .args(["-A", "-o", "pid=", "-o", "ppid=", "-o", "pgid="])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(listed) = listed else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&listed.stdout);
    text.lines().filter_map(process).collect()
}

#[cfg(unix)]
fn process(line: &str) -> Option<Process> {
    let mut numbers = line
        .split_whitespace()
        .map(|number| number.parse::<i32>().ok());
    Some(Process {
        pid: Pid::from_raw(numbers.next()??)?,
        parent: numbers.next()??,
        group: numbers.next()??,
    })
}

/// Windows knows no such groups; Ctrl-C goes to everything on the console.
#[cfg(windows)]
impl Group {
    pub(super) fn for_terminal() -> Self {
        Group::Ours
    }

    pub(super) fn apply(self, _command: &mut Command) {}

    /// Killing `cmd.exe` alone would leave what it has started; `taskkill` ends the whole tree.
    pub(super) fn end(self, child: &mut Child) {
        let _ = Command::new("taskkill")
            .args(["/T", "/F", "/PID", &child.id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_a_process_and_its_descendants_in_any_order() {
        let listed: Vec<Process> = "  7 5 0\n5 0 0\n 6 5 5\n9 7 9\n8 1 5\nPID what\n0 0 0\n"
            .lines()
            .filter_map(process)
            .collect();
        let family = family(Pid::from_raw(5).unwrap(), &listed);
        let numbers: Vec<i32> = family
            .iter()
            .map(|pid| pid.as_raw_nonzero().get())
            .collect();
        assert_eq!(numbers, [5, 7, 6, 9]);
    }

    #[test]
    fn this_process_is_among_all_processes() {
        let own = rustix::process::getpid();
        let listed = processes();
        let found = listed.iter().find(|process| process.pid == own).unwrap();
        assert_eq!(found.parent, nix::unistd::getppid().as_raw());
        assert_eq!(found.group, nix::unistd::getpgrp().as_raw());
    }
}
