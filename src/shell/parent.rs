//! The name of the program that started this one.

/// From `/proc`, where it costs nothing.
#[cfg(target_os = "linux")]
pub(super) fn name() -> Option<String> {
    let parent = rustix::process::getppid()?;
    let path = format!("/proc/{}/comm", parent.as_raw_nonzero());
    let name = std::fs::read_to_string(path).ok()?;
    Some(name.trim_end().to_owned())
}

/// From `ps`, which may tell the path.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn name() -> Option<String> {
    let parent = rustix::process::getppid()?;
    let listed = std::process::Command::new("ps")
        .args(["-o", "comm=", "-p", &parent.as_raw_nonzero().to_string()])
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let path = String::from_utf8(listed.stdout).ok()?;
    let name = path.trim().rsplit('/').next()?;
    Some(name.to_owned())
}

/// Windows tells it only to those who walk through all processes.
#[cfg(windows)]
pub(super) fn name() -> Option<String> {
    None
}
