//! What was made or removed a moment ago is not known to all of AWS at once (IAM User Guide, "Changes
//! that I make are not always immediately visible"): a call that stumbles over it is made again.
//!
//! Only a call that was refused for that reason is; whether it can be the reason, the caller knows.

use crate::pauses::Pauses;
use crate::ui::Ui;

/// Makes a call again as long as the obstacle `is_news` and there are pauses left. `waiting` says what
/// for, once it takes longer than a moment: `AWS does not know user x everywhere yet`.
pub(super) async fn patiently<T, E>(
    ui: &Ui,
    mut pauses: Pauses,
    waiting: &str,
    is_news: impl Fn(&E) -> bool,
    call: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    let mut told = false;
    loop {
        let obstacle = match call().await {
            Err(obstacle) if is_news(&obstacle) => obstacle,
            outcome => return outcome,
        };
        let Some(pause) = pauses.next() else {
            return Err(obstacle);
        };
        ui.trace(format_args!("{waiting}"));
        if !told && pauses.are_notable() {
            told = true;
            ui.note(waiting);
        }
        tokio::time::sleep(pause).await;
    }
}
