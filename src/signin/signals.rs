//! The signals that would end the program in the middle of something.

use tokio::signal;

/// Resolves when the person presses Ctrl-C. From the first call on, the signal no longer ends the
/// program by itself: the exit code is ours to give.
pub(super) async fn interrupted() {
    if signal::ctrl_c().await.is_err() {
        // Without a handler the signal ends the program as it does by default.
        std::future::pending::<()>().await;
    }
}

/// A write beyond `ulimit -f` raises SIGXFSZ, which kills by default; once somebody listens, the
/// write fails with an error that can be told.
pub(super) fn survive_the_file_size_limit() {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        /// The number on Linux (other than MIPS) and macOS.
        const SIGXFSZ: i32 = 25;
        // Where it cannot be listened to, the old file is still whole after the signal.
        let _ = signal::unix::signal(signal::unix::SignalKind::from_raw(SIGXFSZ));
    }
}
