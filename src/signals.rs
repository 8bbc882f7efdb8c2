//! What our starter has done about signals: one that it has ignored (`nohup`, `trap ''`) is meant to
//! stay ignored, and taking it over would end that.

/// Whether this process was started with the signal ignored, or has ignored it since. Linux tells;
/// elsewhere nobody does without `unsafe`.
pub fn is_ignored(signal: i32) -> Option<bool> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask & (1 << (signal - 1)) != 0)
}
