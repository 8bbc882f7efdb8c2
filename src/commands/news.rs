//! What was made or removed a moment ago is not known to all of AWS at once (IAM User Guide, "Changes
//! that I make are not always immediately visible"): a call that stumbles over it is made again.
//!
//! Only a call that was refused for that reason is; whether it can be the reason, the caller knows.

use std::fmt::Display;

use crate::pauses::Pauses;
use crate::ui::Ui;

/// Waits a while, and says what for once it takes longer than a moment: `AWS does not know user x
/// everywhere yet`. False once that has been long enough.
pub(super) async fn pause(ui: &Ui, pauses: &mut Pauses, waiting: impl Display) -> bool {
    let noted = pauses.are_notable();
    let Some(pause) = pauses.next() else {
        return false;
    };
    if pauses.are_notable() && !noted {
        ui.note(&format!("{waiting}; that takes some seconds"));
    }
    let _working = ui.working(&waiting.to_string());
    tokio::time::sleep(pause).await;
    true
}

/// Makes a call again as long as the obstacle `is_news` and there are pauses left.
pub(super) async fn patiently<T, E>(
    ui: &Ui,
    mut pauses: Pauses,
    waiting: &str,
    is_news: impl Fn(&E) -> bool,
    call: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    loop {
        match call().await {
            Err(obstacle) if is_news(&obstacle) => {
                if !pause(ui, &mut pauses, waiting).await {
                    return Err(obstacle);
                }
            }
            outcome => return outcome,
        }
    }
}
