//! What the program that started this one is called.

/// From `/proc`, where it costs nothing. The second name is looked up only where the first is none
/// that is known: a script that is run by its own name (`./deploy.sh`) is called so, and its
/// interpreter is the first of its arguments, where the kernel puts it (execve(2), "Interpreter
/// scripts").
#[cfg(target_os = "linux")]
pub(super) fn names() -> impl Iterator<Item = String> {
    let parent = rustix::process::getppid().map(rustix::process::Pid::as_raw_nonzero);
    ["comm", "cmdline"].into_iter().filter_map(move |file| {
        let text = std::fs::read(format!("/proc/{}/{file}", parent?)).ok()?;
        let first = text.split(|byte| [b'\0', b'\n'].contains(byte)).next()?;
        let name = first.rsplit(|byte| *byte == b'/').next()?;
        String::from_utf8(name.to_owned()).ok()
    })
}

/// From `ps`, which may tell the path.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn names() -> impl Iterator<Item = String> {
    let name = || {
        let parent = rustix::process::getppid()?;
        let listed = std::process::Command::new("ps")
            .args(["-o", "comm=", "-p", &parent.as_raw_nonzero().to_string()])
            .stdin(std::process::Stdio::null())
            .output()
            .ok()?;
        let path = String::from_utf8(listed.stdout).ok()?;
        let name = path.trim().rsplit('/').next()?;
        Some(name.to_owned())
    };
    name().into_iter()
}

/// Windows tells it only to those who walk through all processes.
#[cfg(windows)]
pub(super) fn names() -> impl Iterator<Item = String> {
    std::iter::empty()
}
