//! Waiting that must not hold up the rest of the program, nor its end: for a person, a command, a
//! lock, or a long look at a large file.
//!
//! A runtime waits for its own blocking threads when it ends; for these nobody does.

use std::future::Future;
use std::thread;

use tokio::sync::oneshot;

use crate::failure::{Failure, Kind, Result};

/// Runs `work`, which may block for ever, on a plain thread that starts now. Dropping the future
/// leaves the thread to itself, and the process does not wait for it when it exits.
///
/// # Errors
///
/// Those of `work`; [`Kind::Internal`] if there can be no thread, or it ends without a word.
pub fn detached<T, F>(name: &str, work: F) -> impl Future<Output = Result<T>> + use<T, F>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Nobody waits any more where the future was dropped.
        let _ = sender.send(work());
    });
    async move {
        thread.map_err(|error| {
            Failure::new(Kind::Internal, "a thread could not be started").because(error)
        })?;
        receiver.await.unwrap_or_else(|closed| {
            Err(Failure::new(Kind::Internal, "a thread ended early").because(closed))
        })
    }
}
