//! Ctrl-C, which would otherwise end the program with a line of the terminal half written.

use tokio::signal;

/// Resolves when the person presses Ctrl-C. From the first call on, the signal no longer ends the
/// program by itself: the exit code is ours to give.
pub(crate) async fn interrupted() {
    if signal::ctrl_c().await.is_err() {
        // Without a handler the signal ends the program as it does by default.
        std::future::pending::<()>().await;
    }
}
